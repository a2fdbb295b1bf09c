/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The timeout and retransmission machine of RFC 6347 section 4.2.4.
 *
 *                        +-----------+
 *         +------------->| PREPARING |
 *         |              +-----------+
 *         |                    |  flight buffered
 *         |                    v
 *         |              +-----------+  last flight sent
 *         |              |  SENDING  |----------------------+
 *         |              +-----------+                      |
 *         |   flight sent  |       ^                        |
 *         |  (timer is set)|       |  timeout, or           |
 *         |                |       |  the peer repeated     |
 *         |                v       |  its flight: send      |
 *         |              +-----------+                      |
 *         +--------------|  WAITING  |                      |
 *   next flight received +-----------+                      |
 *   (timeouts begin anew)      |  last flight received      |
 *                              v                            |
 *                        +-----------+                      |
 *                   +--->| FINISHED  |<---------------------+
 *                   |    +-----------+
 *                   |          |  the peer repeated its flight,
 *                   +----------+  and the last one was ours: send
 *
 * The RFC's way back from FINISHED to PREPARING is renegotiation, which we do not do.
 *
 * The policy is not the RFC's 1 s timer. On the paths that media takes a flight or its
 * answer is either lost or there within a round trip, so waiting longer only adds to the
 * delay of a call: the first three timeouts are as short as the RTT allows, and only then
 * does it back off. A loss is mended by either side's timer, so a peer's repeat is
 * answered at once. Were it answered each time, then two sides whose timers run at the
 * same pace, or an attacker who replays a ClientHello, would double the traffic: half a
 * timeout must have passed since the flight was last sent.
 */

#include "dtls/retransmit.h"

#define UNKNOWN_RTT_TIMEOUT_US (100 * G_TIME_SPAN_MILLISECOND)
#define MIN_MARGIN_US (20 * G_TIME_SPAN_MILLISECOND)
#define MAX_TIMEOUT_US (1 * G_TIME_SPAN_SECOND)
#define N_FLAT_TIMEOUTS 3
/* No path is that long; it keeps the sums below from overflowing. */
#define MAX_RTT_US (60 * G_TIME_SPAN_SECOND)

#define N_STATES (TEGATA_RETRANSMIT_FINISHED + 1)
#define N_EVENTS (TEGATA_RETRANSMIT_TIMEOUT + 1)

typedef TegataRetransmitAction (*Step) (TegataRetransmit *self, gint64 now_us);

static gint64
first_timeout_us (const TegataRetransmit *self)
{
  if (self->rtt_us < 0)
  {
    return UNKNOWN_RTT_TIMEOUT_US;
  }
  return self->rtt_us + MAX (MIN_MARGIN_US, self->rtt_us / 4);
}

static TegataRetransmitAction
begin_flight (TegataRetransmit *self, gint64 now_us G_GNUC_UNUSED)
{
  self->state = TEGATA_RETRANSMIT_SENDING;
  return TEGATA_RETRANSMIT_SEND;
}

static TegataRetransmitAction
await_answer (TegataRetransmit *self, gint64 now_us)
{
  self->state = TEGATA_RETRANSMIT_WAITING;
  self->sent_us = now_us;
  self->deadline_us = now_us + tegata_retransmit_timeout_us (self);
  return TEGATA_RETRANSMIT_NOTHING;
}

static TegataRetransmitAction
finish_with_ours (TegataRetransmit *self, gint64 now_us)
{
  self->state = TEGATA_RETRANSMIT_FINISHED;
  self->last_is_ours = TRUE;
  self->sent_us = now_us;
  return TEGATA_RETRANSMIT_NOTHING;
}

static TegataRetransmitAction
finish_with_theirs (TegataRetransmit *self, gint64 now_us G_GNUC_UNUSED)
{
  self->state = TEGATA_RETRANSMIT_FINISHED;
  self->last_is_ours = FALSE;
  self->deadline_us = -1;
  return TEGATA_RETRANSMIT_NOTHING;
}

static TegataRetransmitAction
prepare_next (TegataRetransmit *self, gint64 now_us G_GNUC_UNUSED)
{
  self->state = TEGATA_RETRANSMIT_PREPARING;
  self->n_timeouts = 0;
  self->sent_us = -1;
  self->deadline_us = -1;
  return TEGATA_RETRANSMIT_NOTHING;
}

static TegataRetransmitAction
send_again (TegataRetransmit *self)
{
  self->state = TEGATA_RETRANSMIT_SENDING;
  self->deadline_us = -1;
  return TEGATA_RETRANSMIT_SEND;
}

static TegataRetransmitAction
time_out (TegataRetransmit *self, gint64 now_us)
{
  if (now_us < self->deadline_us)
  {
    return TEGATA_RETRANSMIT_NOTHING;
  }
  self->n_timeouts++;
  return send_again (self);
}

static gboolean
may_answer_repeat (const TegataRetransmit *self, gint64 now_us)
{
  return now_us - self->sent_us >= first_timeout_us (self) / 2;
}

static TegataRetransmitAction
answer_repeat (TegataRetransmit *self, gint64 now_us)
{
  if (!may_answer_repeat (self, now_us))
  {
    return TEGATA_RETRANSMIT_NOTHING;
  }
  return send_again (self);
}

static TegataRetransmitAction
answer_late_repeat (TegataRetransmit *self, gint64 now_us)
{
  if (!self->last_is_ours || !may_answer_repeat (self, now_us))
  {
    return TEGATA_RETRANSMIT_NOTHING;
  }
  return TEGATA_RETRANSMIT_SEND;
}

static TegataRetransmitAction
note_late_send (TegataRetransmit *self, gint64 now_us)
{
  if (self->last_is_ours)
  {
    self->sent_us = now_us;
  }
  return TEGATA_RETRANSMIT_NOTHING;
}

/* What is not in it changes nothing. */
static const Step steps[N_STATES][N_EVENTS] = {
  [TEGATA_RETRANSMIT_PREPARING] = {
    [TEGATA_RETRANSMIT_FLIGHT_BUFFERED] = begin_flight,
  },
  [TEGATA_RETRANSMIT_SENDING] = {
    [TEGATA_RETRANSMIT_FLIGHT_SENT] = await_answer,
    [TEGATA_RETRANSMIT_LAST_FLIGHT_SENT] = finish_with_ours,
  },
  [TEGATA_RETRANSMIT_WAITING] = {
    [TEGATA_RETRANSMIT_FLIGHT_RECEIVED] = prepare_next,
    [TEGATA_RETRANSMIT_LAST_FLIGHT_RECEIVED] = finish_with_theirs,
    [TEGATA_RETRANSMIT_FLIGHT_REPEATED] = answer_repeat,
    [TEGATA_RETRANSMIT_TIMEOUT] = time_out,
  },
  [TEGATA_RETRANSMIT_FINISHED] = {
    [TEGATA_RETRANSMIT_LAST_FLIGHT_SENT] = note_late_send,
    [TEGATA_RETRANSMIT_FLIGHT_REPEATED] = answer_late_repeat,
  },
};

void
tegata_retransmit_init (TegataRetransmit *self)
{
  *self = (TegataRetransmit){
    .state = TEGATA_RETRANSMIT_PREPARING,
    .rtt_us = -1,
    .sent_us = -1,
    .deadline_us = -1,
  };
}

void
tegata_retransmit_set_rtt_us (TegataRetransmit *self, gint64 rtt_us)
{
  self->rtt_us = CLAMP (rtt_us, -1, MAX_RTT_US);
}

TegataRetransmitAction
tegata_retransmit_handle (TegataRetransmit *self,
                          TegataRetransmitEvent event,
                          gint64 now_us)
{
  g_return_val_if_fail ((guint) event < N_EVENTS, TEGATA_RETRANSMIT_NOTHING);

  Step step = steps[self->state][event];
  return step != NULL ? step (self, now_us) : TEGATA_RETRANSMIT_NOTHING;
}

gint64
tegata_retransmit_deadline_us (const TegataRetransmit *self)
{
  return self->deadline_us;
}

gint64
tegata_retransmit_timeout_us (const TegataRetransmit *self)
{
  gint64 first_us = first_timeout_us (self);
  gint64 cap_us = MAX (first_us, MAX_TIMEOUT_US);
  gint64 timeout_us = first_us;
  for (guint n = N_FLAT_TIMEOUTS; n <= self->n_timeouts && timeout_us < cap_us; n++)
  {
    timeout_us *= 2;
  }
  return MIN (timeout_us, cap_us);
}

gboolean
tegata_retransmit_wants_smaller_fragments (const TegataRetransmit *self)
{
  return self->n_timeouts >= N_FLAT_TIMEOUTS;
}
