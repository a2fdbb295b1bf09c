/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "resend.h"

#include "track.h"

/* Less than any round trip over more than a room; and what a track keeps for longer. */
#define MIN_INTERVAL_US (20 * G_TIME_SPAN_MILLISECOND)
#define MAX_INTERVAL_US (250 * G_TIME_SPAN_MILLISECOND)

/* What may always be sent again: a start, or a still picture, has sent little itself. */
#define ALLOWANCE 20000

void
gateway_resend_clear (GatewayResend *self)
{
  g_clear_pointer (&self->when_ms, g_free);
}

static void
roll (GatewayResend *self, gint64 now_us)
{
  gint64 passed_us = now_us - self->window_us;

  if (passed_us < G_TIME_SPAN_SECOND)
  {
    return;
  }
  self->sent_before = passed_us < 2 * G_TIME_SPAN_SECOND ? self->sent : 0;
  self->sent = 0;
  self->resent = 0;
  self->window_us = now_us;
}

void
gateway_resend_note_sent (GatewayResend *self, gsize len, gint64 now_us)
{
  roll (self, now_us);
  self->sent += len;
}

/* Two packets share a place only when so many others were between them that the first one
 * is not kept any more. */
static gboolean
is_on_its_way (GatewayResend *self, guint64 number, gint64 rtt_us, gint64 now_us)
{
  guint32 *when_ms;
  guint32 now_ms = (guint32) (now_us / 1000);
  /* a little less than a round trip: that is when a receiver asks again */
  gint64 interval_us = CLAMP (rtt_us * 3 / 4, MIN_INTERVAL_US, MAX_INTERVAL_US);

  if (self->when_ms == NULL)
  {
    self->when_ms = g_new0 (guint32, GATEWAY_TRACK_LENGTH);
  }
  when_ms = &self->when_ms[number % GATEWAY_TRACK_LENGTH];
  if (*when_ms != 0 && now_ms - *when_ms < (guint32) (interval_us / 1000))
  {
    return TRUE;
  }
  *when_ms = MAX (now_ms, 1);
  return FALSE;
}

gboolean
gateway_resend_take (GatewayResend *self,
                     guint64 number,
                     gsize len,
                     gint64 rtt_us,
                     gint64 now_us)
{
  roll (self, now_us);
  if (self->resent + len > MAX (MAX (self->sent, self->sent_before), ALLOWANCE)
      || is_on_its_way (self, number, rtt_us, now_us))
  {
    return FALSE;
  }
  self->resent += len;
  return TRUE;
}
