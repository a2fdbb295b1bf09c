/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reception.h"

#include <string.h>

/* RFC 3550 appendix A.1. */
#define MAX_DROPOUT 3000
#define MAX_MISORDER 100
#define NONE 0x10000u

/* What is missing at once and more cannot be made good by asking. */
#define MAX_MISSING GATEWAY_NACK_MAX

/* One that comes this late was on another way; or this many behind it came already. */
#define REORDER_US (10 * G_TIME_SPAN_MILLISECOND)
#define REORDER_PACKETS 3

/* The round trip: before it is known, and at least. */
#define USUAL_RTT_US (50 * G_TIME_SPAN_MILLISECOND)
#define MIN_RTT_US (20 * G_TIME_SPAN_MILLISECOND)

/* Who decodes has waited long enough, or the path is so long that three tries are over.
 */
#define GIVE_UP_US (200 * G_TIME_SPAN_MILLISECOND)
#define GIVE_UP_TRIES 3

typedef struct
{
  guint32 number; /* extended */
  gint64 since_us;
  gint64 asked_us; /* when last */
  guint n_asked;
} Missing;

struct _GatewayReception
{
  guint clock_rate;
  guint32 ssrc;
  gboolean has_begun;
  guint32 base;    /* extended number of the first one */
  guint32 highest; /* extended */
  guint32 expected_anew;
  guint32 n_received;
  guint32 expected_prior;
  guint32 received_prior;

  gboolean has_transit;
  guint32 transit;
  guint32 jitter; /* times 16, in ticks */

  guint32 report_middle; /* of the NTP time of the last SR; 0 before it */
  gint64 report_us;

  Missing missing[MAX_MISSING]; /* the oldest one first */
  guint n_missing;
  gint64 round_us; /* from asking to getting */
  gboolean has_given_up;
  guint64 lost;
};

GatewayReception *
gateway_reception_new (guint clock_rate, guint32 ssrc)
{
  GatewayReception *self = g_new0 (GatewayReception, 1);

  self->clock_rate = clock_rate;
  self->ssrc = ssrc;
  self->round_us = USUAL_RTT_US;
  return self;
}

void
gateway_reception_free (GatewayReception *self)
{
  g_free (self);
}

guint32
gateway_reception_get_ssrc (GatewayReception *self)
{
  return self->ssrc;
}

/* Missing ones. */

static void
remove_missing (GatewayReception *self, guint i)
{
  self->n_missing--;
  memmove (&self->missing[i], &self->missing[i + 1],
           (self->n_missing - i) * sizeof (Missing));
}

static void
give_up (GatewayReception *self, guint n)
{
  if (n > 0)
  {
    self->lost += n;
    self->has_given_up = TRUE;
  }
}

/* Those between @highest and @number. Where they are too many, all are given up: it needs
 * a key frame anyway. */
static void
add_missing (GatewayReception *self, guint32 number, gint64 now_us)
{
  guint32 n = number - self->highest - 1;

  if (n > MAX_MISSING - self->n_missing)
  {
    give_up (self, n + self->n_missing);
    self->n_missing = 0;
    return;
  }
  for (guint32 i = 0; i < n; i++)
  {
    self->missing[self->n_missing++]
        = (Missing){ .number = self->highest + 1 + i, .since_us = now_us };
  }
}

/* Only what was asked for once tells how long that took. */
static void
follow_round (GatewayReception *self, const Missing *missing, gint64 now_us)
{
  if (missing->n_asked == 1)
  {
    self->round_us += (now_us - missing->asked_us - self->round_us) / 8;
  }
}

static GatewayReceptionOutcome
fill_in (GatewayReception *self, guint32 number, gint64 now_us)
{
  for (guint i = 0; i < self->n_missing; i++)
  {
    if (self->missing[i].number == number)
    {
      follow_round (self, &self->missing[i], now_us);
      remove_missing (self, i);
      self->n_received++;
      return GATEWAY_RECEPTION_LATE;
    }
  }
  return GATEWAY_RECEPTION_REPEATED;
}

/* Figures. */

static void
begin (GatewayReception *self, guint16 sequence)
{
  self->has_begun = TRUE;
  /* one round above 0: what comes late has room below */
  self->base = 0x10000u + sequence;
  self->highest = self->base - 1;
  self->expected_anew = NONE;
  self->n_received = 0;
  self->expected_prior = 0;
  self->received_prior = 0;
  self->has_transit = FALSE;
  give_up (self, self->n_missing);
  self->n_missing = 0;
}

/* Appendix A.8. */
static void
follow_jitter (GatewayReception *self, guint32 timestamp, gint64 now_us)
{
  guint32 arrival
      = (guint32) (now_us / G_TIME_SPAN_SECOND * self->clock_rate
                   + now_us % G_TIME_SPAN_SECOND * self->clock_rate / G_TIME_SPAN_SECOND);
  guint32 transit = arrival - timestamp;
  gint32 change = (gint32) (transit - self->transit);

  if (self->has_transit)
  {
    self->jitter += (guint32) ABS ((gint64) change) - ((self->jitter + 8) >> 4);
  }
  self->transit = transit;
  self->has_transit = TRUE;
}

/* Appendix A.1, but for the probation: SRTP has authenticated it. */
static GatewayReceptionOutcome
place (GatewayReception *self, guint16 sequence, gint64 now_us)
{
  gint16 step = (gint16) (sequence - (guint16) self->highest);
  guint32 number = self->highest + (guint32) step;

  if (step > 0 && step < MAX_DROPOUT)
  {
    add_missing (self, number, now_us);
    self->highest = number;
    self->n_received++;
    self->expected_anew = NONE;
    return GATEWAY_RECEPTION_NEXT;
  }
  if (step <= 0 && step > -MAX_MISORDER)
  {
    return fill_in (self, number, now_us);
  }
  if (sequence != self->expected_anew)
  {
    self->expected_anew = (guint16) (sequence + 1);
    return GATEWAY_RECEPTION_STRAY;
  }
  begin (self, sequence);
  return place (self, sequence, now_us);
}

GatewayReceptionOutcome
gateway_reception_take (GatewayReception *self,
                        guint16 sequence,
                        guint32 timestamp,
                        gint64 now_us)
{
  GatewayReceptionOutcome outcome;

  if (!self->has_begun)
  {
    begin (self, sequence);
  }
  outcome = place (self, sequence, now_us);
  if (outcome == GATEWAY_RECEPTION_NEXT)
  {
    follow_jitter (self, timestamp, now_us);
  }
  return outcome;
}

GatewayReceptionOutcome
gateway_reception_take_again (GatewayReception *self, guint16 sequence, gint64 now_us)
{
  gint16 step = (gint16) (sequence - (guint16) self->highest);

  return self->has_begun ? fill_in (self, self->highest + (guint32) step, now_us)
                         : GATEWAY_RECEPTION_STRAY;
}

void
gateway_reception_note_sender_report (GatewayReception *self, guint64 ntp, gint64 now_us)
{
  self->report_middle = gateway_ntp_get_middle (ntp);
  self->report_us = now_us;
}

/* Appendix A.3. */
void
gateway_reception_make_block (GatewayReception *self,
                              GatewayReportBlock *block,
                              gint64 now_us)
{
  guint32 expected = self->has_begun ? self->highest - self->base + 1 : 0;
  guint32 expected_now = expected - self->expected_prior;
  guint32 received_now = self->n_received - self->received_prior;
  gint64 delay_us = self->report_middle != 0 ? now_us - self->report_us : 0;

  *block = (GatewayReportBlock){
    .ssrc = self->ssrc,
    .lost = CLAMP ((gint32) (expected - self->n_received), -0x800000, 0x7fffff),
    .highest = self->highest - 0x10000u,
    .jitter = self->jitter >> 4,
    .last_sr = self->report_middle,
    .delay = (guint32) (delay_us * 65536 / G_TIME_SPAN_SECOND),
  };
  if (expected_now > received_now)
  {
    block->fraction_lost
        = (guint8) MIN (((expected_now - received_now) << 8) / expected_now, 255);
  }
  self->expected_prior = expected;
  self->received_prior = self->n_received;
}

/* Asking. */

static gboolean
is_due (GatewayReception *self, const Missing *missing, gint64 round_us, gint64 now_us)
{
  if (missing->n_asked > 0)
  {
    return now_us - missing->asked_us >= round_us;
  }
  return self->highest - missing->number >= REORDER_PACKETS
         || now_us - missing->since_us >= REORDER_US;
}

guint
gateway_reception_collect_missing (GatewayReception *self,
                                   gint64 now_us,
                                   guint16 *missing)
{
  gint64 round_us = MAX (self->round_us, MIN_RTT_US);
  gint64 give_up_us = MAX (GIVE_UP_US, GIVE_UP_TRIES * round_us);
  guint n = 0;

  while (self->n_missing > 0 && now_us - self->missing[0].since_us >= give_up_us)
  {
    give_up (self, 1);
    remove_missing (self, 0);
  }
  for (guint i = 0; i < self->n_missing; i++)
  {
    if (is_due (self, &self->missing[i], round_us, now_us))
    {
      self->missing[i].asked_us = now_us;
      self->missing[i].n_asked++;
      missing[n++] = (guint16) self->missing[i].number;
    }
  }
  return n;
}

gboolean
gateway_reception_take_has_given_up (GatewayReception *self)
{
  gboolean has_given_up = self->has_given_up;

  self->has_given_up = FALSE;
  return has_given_up;
}

gboolean
gateway_reception_is_waiting (GatewayReception *self)
{
  return self->n_missing > 0;
}

guint64
gateway_reception_get_lost (GatewayReception *self)
{
  return self->lost;
}

double
gateway_reception_get_jitter_ms (GatewayReception *self)
{
  return (self->jitter >> 4) * 1000.0 / self->clock_rate;
}
