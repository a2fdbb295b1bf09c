/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dtls/retransmit.h"

#define MS G_TIME_SPAN_MILLISECOND
#define NOW_US (7 * G_TIME_SPAN_SECOND)

#define PREPARING TEGATA_RETRANSMIT_PREPARING
#define SENDING TEGATA_RETRANSMIT_SENDING
#define WAITING TEGATA_RETRANSMIT_WAITING
#define FINISHED TEGATA_RETRANSMIT_FINISHED
#define N_STATES (TEGATA_RETRANSMIT_FINISHED + 1)
#define N_EVENTS (TEGATA_RETRANSMIT_TIMEOUT + 1)

/* One pair of the walk: the machine is in @state since long, so that every deadline and
 * every rate limit has passed. */
typedef struct
{
  TegataRetransmitState state;
  TegataRetransmitEvent event;
  TegataRetransmitAction action;
  TegataRetransmitState next;
} Transition;

/* What is not listed changes nothing. */
static const Transition transitions[] = {
  { PREPARING, TEGATA_RETRANSMIT_FLIGHT_BUFFERED, TEGATA_RETRANSMIT_SEND, SENDING },
  { SENDING, TEGATA_RETRANSMIT_FLIGHT_SENT, TEGATA_RETRANSMIT_NOTHING, WAITING },
  { SENDING, TEGATA_RETRANSMIT_LAST_FLIGHT_SENT, TEGATA_RETRANSMIT_NOTHING, FINISHED },
  { WAITING, TEGATA_RETRANSMIT_FLIGHT_RECEIVED, TEGATA_RETRANSMIT_NOTHING, PREPARING },
  { WAITING, TEGATA_RETRANSMIT_LAST_FLIGHT_RECEIVED, TEGATA_RETRANSMIT_NOTHING,
    FINISHED },
  { WAITING, TEGATA_RETRANSMIT_FLIGHT_REPEATED, TEGATA_RETRANSMIT_SEND, SENDING },
  { WAITING, TEGATA_RETRANSMIT_TIMEOUT, TEGATA_RETRANSMIT_SEND, SENDING },
  { FINISHED, TEGATA_RETRANSMIT_FLIGHT_REPEATED, TEGATA_RETRANSMIT_SEND, FINISHED },
  { FINISHED, TEGATA_RETRANSMIT_LAST_FLIGHT_SENT, TEGATA_RETRANSMIT_NOTHING, FINISHED },
};

static void
handle (TegataRetransmit *machine,
        TegataRetransmitEvent event,
        gint64 now_us,
        TegataRetransmitAction expected)
{
  g_assert_cmpint (tegata_retransmit_handle (machine, event, now_us), ==, expected);
}

static void
send_first_flight (TegataRetransmit *machine, gint64 now_us)
{
  handle (machine, TEGATA_RETRANSMIT_FLIGHT_BUFFERED, now_us, TEGATA_RETRANSMIT_SEND);
  handle (machine, TEGATA_RETRANSMIT_FLIGHT_SENT, now_us, TEGATA_RETRANSMIT_NOTHING);
}

/* Drives a fresh machine into @state at time 0; FINISHED with a last flight of ours. */
static void
enter (TegataRetransmit *machine, TegataRetransmitState state)
{
  tegata_retransmit_init (machine);
  if (state != PREPARING)
  {
    handle (machine, TEGATA_RETRANSMIT_FLIGHT_BUFFERED, 0, TEGATA_RETRANSMIT_SEND);
  }
  if (state == WAITING)
  {
    handle (machine, TEGATA_RETRANSMIT_FLIGHT_SENT, 0, TEGATA_RETRANSMIT_NOTHING);
  }
  if (state == FINISHED)
  {
    handle (machine, TEGATA_RETRANSMIT_LAST_FLIGHT_SENT, 0, TEGATA_RETRANSMIT_NOTHING);
  }
  g_assert_cmpint (machine->state, ==, state);
}

static const Transition *
find_transition (TegataRetransmitState state, TegataRetransmitEvent event)
{
  for (gsize i = 0; i < G_N_ELEMENTS (transitions); i++)
  {
    if (transitions[i].state == state && transitions[i].event == event)
    {
      return &transitions[i];
    }
  }
  return NULL;
}

static void
assert_unchanged (const TegataRetransmit *machine, const TegataRetransmit *before)
{
  g_assert_cmpint (machine->state, ==, before->state);
  g_assert_cmpint (machine->rtt_us, ==, before->rtt_us);
  g_assert_cmpint (machine->sent_us, ==, before->sent_us);
  g_assert_cmpint (machine->deadline_us, ==, before->deadline_us);
  g_assert_cmpuint (machine->n_timeouts, ==, before->n_timeouts);
  g_assert_cmpint (machine->last_is_ours, ==, before->last_is_ours);
}

static void
check_pair (TegataRetransmitState state, TegataRetransmitEvent event)
{
  const Transition *transition = find_transition (state, event);
  TegataRetransmit machine, before;

  enter (&machine, state);
  before = machine;
  TegataRetransmitAction action = tegata_retransmit_handle (&machine, event, NOW_US);
  if (transition == NULL)
  {
    g_assert_cmpint (action, ==, TEGATA_RETRANSMIT_NOTHING);
    assert_unchanged (&machine, &before);
    return;
  }
  g_assert_cmpint (action, ==, transition->action);
  g_assert_cmpint (machine.state, ==, transition->next);
}

static void
test_every_pair (void)
{
  for (guint state = 0; state < N_STATES; state++)
  {
    for (guint event = 0; event < N_EVENTS; event++)
    {
      g_test_message ("state %u, event %u", state, event);
      check_pair ((TegataRetransmitState) state, (TegataRetransmitEvent) event);
    }
  }
}

static void
test_deadline_only_while_waiting (void)
{
  for (guint state = 0; state < N_STATES; state++)
  {
    TegataRetransmit machine;
    enter (&machine, (TegataRetransmitState) state);
    gint64 expected = state == WAITING ? 100 * MS : -1;
    g_assert_cmpint (tegata_retransmit_deadline_us (&machine), ==, expected);
  }

  static const TegataRetransmitEvent leaving[] = {
    TEGATA_RETRANSMIT_FLIGHT_RECEIVED,
    TEGATA_RETRANSMIT_LAST_FLIGHT_RECEIVED,
    TEGATA_RETRANSMIT_FLIGHT_REPEATED,
    TEGATA_RETRANSMIT_TIMEOUT,
  };
  for (gsize i = 0; i < G_N_ELEMENTS (leaving); i++)
  {
    TegataRetransmit machine;
    enter (&machine, WAITING);
    tegata_retransmit_handle (&machine, leaving[i], NOW_US);
    g_assert_cmpint (machine.state, !=, WAITING);
    g_assert_cmpint (tegata_retransmit_deadline_us (&machine), ==, -1);
  }
}

static void
test_timeout_before_deadline (void)
{
  TegataRetransmit machine, before;

  tegata_retransmit_init (&machine);
  send_first_flight (&machine, NOW_US);
  g_assert_cmpint (tegata_retransmit_deadline_us (&machine), ==, NOW_US + 100 * MS);

  before = machine;
  handle (&machine, TEGATA_RETRANSMIT_TIMEOUT, NOW_US + 100 * MS - 1,
          TEGATA_RETRANSMIT_NOTHING);
  assert_unchanged (&machine, &before);

  handle (&machine, TEGATA_RETRANSMIT_TIMEOUT, NOW_US + 100 * MS, TEGATA_RETRANSMIT_SEND);
  g_assert_cmpuint (machine.n_timeouts, ==, 1);
}

typedef struct
{
  gint64 rtt_us;
  gint64 timeouts_ms[10];
} Sequence;

static const Sequence sequences[] = {
  { -1, { 100, 100, 100, 200, 400, 800, 1000, 1000, 1000, 1000 } },
  { 0, { 20, 20, 20, 40, 80, 160, 320, 640, 1000, 1000 } },
  { 50 * MS, { 70, 70, 70, 140, 280, 560, 1000, 1000, 1000, 1000 } },
  { 80 * MS, { 100, 100, 100, 200, 400, 800, 1000, 1000, 1000, 1000 } },
  { 200 * MS, { 250, 250, 250, 500, 1000, 1000, 1000, 1000, 1000, 1000 } },
  { 600 * MS, { 750, 750, 750, 1000, 1000, 1000, 1000, 1000, 1000, 1000 } },
  { 2000 * MS, { 2500, 2500, 2500, 2500, 2500, 2500, 2500, 2500, 2500, 2500 } },
};

/* Lets one flight time out again and again, each time at its deadline. */
static void
check_sequence (TegataRetransmit *machine, const gint64 *timeouts_ms, gint64 now_us)
{
  send_first_flight (machine, now_us);
  for (guint n = 0; n < G_N_ELEMENTS (sequences[0].timeouts_ms); n++)
  {
    g_assert_cmpuint (machine->n_timeouts, ==, n);
    g_assert_cmpint (tegata_retransmit_timeout_us (machine), ==, timeouts_ms[n] * MS);
    g_assert_cmpint (tegata_retransmit_deadline_us (machine), ==,
                     now_us + timeouts_ms[n] * MS);
    g_assert_cmpint (tegata_retransmit_wants_smaller_fragments (machine), ==, n >= 3);

    now_us = tegata_retransmit_deadline_us (machine);
    handle (machine, TEGATA_RETRANSMIT_TIMEOUT, now_us, TEGATA_RETRANSMIT_SEND);
    handle (machine, TEGATA_RETRANSMIT_FLIGHT_SENT, now_us, TEGATA_RETRANSMIT_NOTHING);
  }
}

static void
test_sequences (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (sequences); i++)
  {
    TegataRetransmit machine;
    tegata_retransmit_init (&machine);
    tegata_retransmit_set_rtt_us (&machine, sequences[i].rtt_us);
    check_sequence (&machine, sequences[i].timeouts_ms, NOW_US);

    /* Anew for the next flight. */
    handle (&machine, TEGATA_RETRANSMIT_FLIGHT_RECEIVED, 9 * NOW_US,
            TEGATA_RETRANSMIT_NOTHING);
    g_assert_false (tegata_retransmit_wants_smaller_fragments (&machine));
    check_sequence (&machine, sequences[i].timeouts_ms, 9 * NOW_US);
  }
}

static void
test_long_wait (void)
{
  TegataRetransmit machine;
  gint64 now_us = 0;

  tegata_retransmit_init (&machine);
  send_first_flight (&machine, now_us);
  for (guint n = 0; n < 10000; n++)
  {
    now_us = tegata_retransmit_deadline_us (&machine);
    handle (&machine, TEGATA_RETRANSMIT_TIMEOUT, now_us, TEGATA_RETRANSMIT_SEND);
    handle (&machine, TEGATA_RETRANSMIT_FLIGHT_SENT, now_us, TEGATA_RETRANSMIT_NOTHING);
  }
  g_assert_cmpint (tegata_retransmit_timeout_us (&machine), ==, 1000 * MS);
}

static void
test_odd_rtt (void)
{
  TegataRetransmit machine;

  tegata_retransmit_init (&machine);
  tegata_retransmit_set_rtt_us (&machine, G_MININT64);
  g_assert_cmpint (tegata_retransmit_timeout_us (&machine), ==, 100 * MS);
  tegata_retransmit_set_rtt_us (&machine, G_MAXINT64);
  g_assert_cmpint (tegata_retransmit_timeout_us (&machine), >, 0);
}

static void
test_rtt_learnt_while_waiting (void)
{
  TegataRetransmit machine;

  tegata_retransmit_init (&machine);
  send_first_flight (&machine, 0);
  tegata_retransmit_set_rtt_us (&machine, 40 * MS);
  g_assert_cmpint (tegata_retransmit_deadline_us (&machine), ==, 100 * MS);

  handle (&machine, TEGATA_RETRANSMIT_TIMEOUT, 100 * MS, TEGATA_RETRANSMIT_SEND);
  handle (&machine, TEGATA_RETRANSMIT_FLIGHT_SENT, 100 * MS, TEGATA_RETRANSMIT_NOTHING);
  g_assert_cmpint (tegata_retransmit_deadline_us (&machine), ==, 160 * MS);
}

static void
test_rate_limit_while_waiting (void)
{
  TegataRetransmit machine, before;

  tegata_retransmit_init (&machine);
  tegata_retransmit_set_rtt_us (&machine, 80 * MS);
  send_first_flight (&machine, 0);

  before = machine;
  handle (&machine, TEGATA_RETRANSMIT_FLIGHT_REPEATED, 50 * MS - 1,
          TEGATA_RETRANSMIT_NOTHING);
  assert_unchanged (&machine, &before);

  handle (&machine, TEGATA_RETRANSMIT_FLIGHT_REPEATED, 50 * MS, TEGATA_RETRANSMIT_SEND);
  handle (&machine, TEGATA_RETRANSMIT_FLIGHT_SENT, 50 * MS, TEGATA_RETRANSMIT_NOTHING);
  /* The answer restarts the timer, and is no timeout. */
  g_assert_cmpuint (machine.n_timeouts, ==, 0);
  g_assert_cmpint (tegata_retransmit_deadline_us (&machine), ==, 150 * MS);

  handle (&machine, TEGATA_RETRANSMIT_FLIGHT_REPEATED, 100 * MS - 1,
          TEGATA_RETRANSMIT_NOTHING);
  handle (&machine, TEGATA_RETRANSMIT_FLIGHT_REPEATED, 100 * MS, TEGATA_RETRANSMIT_SEND);
}

static void
test_rate_limit_is_of_first_timeout (void)
{
  TegataRetransmit machine;
  gint64 now_us = 0;

  tegata_retransmit_init (&machine);
  send_first_flight (&machine, now_us);
  for (guint n = 0; n < 8; n++)
  {
    now_us = tegata_retransmit_deadline_us (&machine);
    handle (&machine, TEGATA_RETRANSMIT_TIMEOUT, now_us, TEGATA_RETRANSMIT_SEND);
    handle (&machine, TEGATA_RETRANSMIT_FLIGHT_SENT, now_us, TEGATA_RETRANSMIT_NOTHING);
  }
  g_assert_cmpint (tegata_retransmit_timeout_us (&machine), ==, 1000 * MS);

  handle (&machine, TEGATA_RETRANSMIT_FLIGHT_REPEATED, now_us + 50 * MS - 1,
          TEGATA_RETRANSMIT_NOTHING);
  handle (&machine, TEGATA_RETRANSMIT_FLIGHT_REPEATED, now_us + 50 * MS,
          TEGATA_RETRANSMIT_SEND);
}

static void
test_last_flight_is_answered_for_ever (void)
{
  TegataRetransmit machine;
  gint64 now_us = 0;

  enter (&machine, FINISHED);
  for (guint n = 0; n < 1000; n++)
  {
    handle (&machine, TEGATA_RETRANSMIT_FLIGHT_REPEATED, now_us + 50 * MS - 1,
            TEGATA_RETRANSMIT_NOTHING);
    now_us += 50 * MS;
    handle (&machine, TEGATA_RETRANSMIT_FLIGHT_REPEATED, now_us, TEGATA_RETRANSMIT_SEND);
    handle (&machine, TEGATA_RETRANSMIT_LAST_FLIGHT_SENT, now_us,
            TEGATA_RETRANSMIT_NOTHING);
    g_assert_cmpint (machine.state, ==, FINISHED);
    g_assert_cmpint (tegata_retransmit_deadline_us (&machine), ==, -1);
  }
}

static void
test_peers_last_flight_is_not_answered (void)
{
  TegataRetransmit machine, before;

  enter (&machine, WAITING);
  handle (&machine, TEGATA_RETRANSMIT_LAST_FLIGHT_RECEIVED, 60 * MS,
          TEGATA_RETRANSMIT_NOTHING);
  before = machine;
  for (guint event = 0; event < N_EVENTS; event++)
  {
    handle (&machine, (TegataRetransmitEvent) event, NOW_US + event,
            TEGATA_RETRANSMIT_NOTHING);
    assert_unchanged (&machine, &before);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/dtls/retransmit/walks-every-state-and-event", test_every_pair);
  g_test_add_func ("/dtls/retransmit/has-a-deadline-only-while-waiting",
                   test_deadline_only_while_waiting);
  g_test_add_func ("/dtls/retransmit/ignores-a-timeout-before-the-deadline",
                   test_timeout_before_deadline);
  g_test_add_func ("/dtls/retransmit/times-out-as-the-policy-says", test_sequences);
  g_test_add_func ("/dtls/retransmit/keeps-its-pace-over-many-timeouts", test_long_wait);
  g_test_add_func ("/dtls/retransmit/survives-an-odd-rtt", test_odd_rtt);
  g_test_add_func ("/dtls/retransmit/uses-an-rtt-from-the-next-timeout-on",
                   test_rtt_learnt_while_waiting);
  g_test_add_func ("/dtls/retransmit/limits-the-rate-of-answers",
                   test_rate_limit_while_waiting);
  g_test_add_func ("/dtls/retransmit/limits-the-rate-by-the-first-timeout",
                   test_rate_limit_is_of_first_timeout);
  g_test_add_func ("/dtls/retransmit/answers-with-the-last-flight-for-ever",
                   test_last_flight_is_answered_for_ever);
  g_test_add_func ("/dtls/retransmit/has-no-answer-to-the-peers-last-flight",
                   test_peers_last_flight_is_not_answered);

  return g_test_run ();
}
