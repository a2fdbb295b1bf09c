/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reception.h"
#include "resend.h"
#include "track.h"

/* What a receiver reports and asks for, and how often a sender listens. No clock. */

#define MS G_TIME_SPAN_MILLISECOND
#define START (1000 * MS)

static void
take_many (GatewayReception *self, guint first, guint n)
{
  for (guint i = first; i < first + n; i++)
  {
    gateway_reception_take (self, (guint16) i, 3000 * i, START + i * 33333);
  }
}

static void
a_block_has_the_figures_of_rfc_3550 (void)
{
  g_autoptr (GatewayReception) reception = gateway_reception_new (90000, 42);
  GatewayReportBlock block;

  take_many (reception, 65530, 6);
  take_many (reception, 65536 + 2, 8); /* 0 and 1 are missing, of 16 */
  gateway_reception_note_sender_report (reception,
                                        G_GUINT64_CONSTANT (0x123456789abcdef0), START);
  gateway_reception_make_block (reception, &block, START + 500 * MS);
  g_assert_cmpuint (block.ssrc, ==, 42);
  g_assert_cmpint (block.lost, ==, 2);
  g_assert_cmpuint (block.fraction_lost, ==, 256 * 2 / 16);
  g_assert_cmphex (block.highest, ==, 0x10009);
  g_assert_cmphex (block.last_sr, ==, 0x56789abc);
  g_assert_cmpuint (block.delay, ==, 32768);

  take_many (reception, 65536 + 10, 4);
  gateway_reception_take_again (reception, 0, START);
  gateway_reception_make_block (reception, &block, START);
  g_assert_cmpint (block.lost, ==, 1);
  g_assert_cmpuint (block.fraction_lost, ==, 0);
}

/* Appendix A.8: |D| of 10 ms each time ends at 10 ms. */
static void
jitter_is_the_change_of_delay (void)
{
  g_autoptr (GatewayReception) reception = gateway_reception_new (90000, 42);

  for (guint i = 0; i < 400; i++)
  {
    gateway_reception_take (reception, (guint16) i, 1800 * i,
                            START + i * 20 * MS + (i % 2) * 10 * MS);
  }
  g_assert_cmpfloat_with_epsilon (gateway_reception_get_jitter_ms (reception), 10, 0.2);
}

static void
what_is_missing_is_asked_for_each_round_trip_and_given_up (void)
{
  g_autoptr (GatewayReception) reception = gateway_reception_new (90000, 42);
  guint16 missing[GATEWAY_NACK_MAX];

  gateway_reception_take (reception, 65534, 0, START);
  gateway_reception_take (reception, 1, 0, START);
  g_assert_cmpuint (gateway_reception_collect_missing (reception, START, missing), ==, 0);
  g_assert_cmpuint (
      gateway_reception_collect_missing (reception, START + 10 * MS, missing), ==, 2);
  g_assert_cmpuint (missing[0], ==, 65535);
  g_assert_cmpuint (missing[1], ==, 0);
  g_assert_cmpuint (
      gateway_reception_collect_missing (reception, START + 59 * MS, missing), ==, 0);
  g_assert_cmpuint (
      gateway_reception_collect_missing (reception, START + 60 * MS, missing), ==, 2);
  g_assert_cmpint (gateway_reception_take_again (reception, 0, START + 70 * MS), ==,
                   GATEWAY_RECEPTION_LATE);
  g_assert_cmpint (gateway_reception_take_again (reception, 0, START + 71 * MS), ==,
                   GATEWAY_RECEPTION_REPEATED);
  g_assert_false (gateway_reception_take_has_given_up (reception));
  g_assert_cmpuint (
      gateway_reception_collect_missing (reception, START + 200 * MS, missing), ==, 0);
  g_assert_true (gateway_reception_take_has_given_up (reception));
  g_assert_false (gateway_reception_take_has_given_up (reception));
  g_assert_cmpuint (gateway_reception_get_lost (reception), ==, 1);
  g_assert_false (gateway_reception_is_waiting (reception));
}

static void
what_is_only_out_of_order_is_not_asked_for (void)
{
  g_autoptr (GatewayReception) reception = gateway_reception_new (90000, 42);
  guint16 missing[GATEWAY_NACK_MAX];

  take_many (reception, 0, 3);
  gateway_reception_take (reception, 4, 0, START);
  gateway_reception_take (reception, 5, 0, START);
  g_assert_cmpuint (gateway_reception_collect_missing (reception, START + MS, missing),
                    ==, 0);
  g_assert_cmpint (gateway_reception_take (reception, 3, 0, START + 2 * MS), ==,
                   GATEWAY_RECEPTION_LATE);
  g_assert_cmpuint (
      gateway_reception_collect_missing (reception, START + 50 * MS, missing), ==, 0);

  /* three behind it: it does not take the whole time */
  gateway_reception_take (reception, 7, 0, START + 60 * MS);
  gateway_reception_take (reception, 8, 0, START + 60 * MS);
  gateway_reception_take (reception, 9, 0, START + 60 * MS);
  g_assert_cmpuint (
      gateway_reception_collect_missing (reception, START + 60 * MS, missing), ==, 1);
  g_assert_cmpuint (missing[0], ==, 6);
}

static void
a_long_round_trip_is_learned (void)
{
  g_autoptr (GatewayReception) reception = gateway_reception_new (90000, 42);
  guint16 missing[GATEWAY_NACK_MAX];
  gint64 now_us = START;

  for (guint16 i = 0; i < 120; i += 2) /* each other one is missing, and comes again */
  {
    gateway_reception_take (reception, i, 0, now_us);
    gateway_reception_collect_missing (reception, now_us + 10 * MS, missing);
    now_us += 110 * MS;
    gateway_reception_take_again (reception, (guint16) (i - 1), now_us);
  }
  gateway_reception_take (reception, 120, 0, now_us);
  g_assert_cmpuint (
      gateway_reception_collect_missing (reception, now_us + 10 * MS, missing), ==, 1);
  g_assert_cmpuint (
      gateway_reception_collect_missing (reception, now_us + 90 * MS, missing), ==, 0);
  g_assert_cmpuint (
      gateway_reception_collect_missing (reception, now_us + 115 * MS, missing), ==, 1);
}

static void
too_much_is_given_up_at_once (void)
{
  g_autoptr (GatewayReception) reception = gateway_reception_new (90000, 42);
  guint16 missing[GATEWAY_NACK_MAX];

  gateway_reception_take (reception, 10, 0, START);
  gateway_reception_take (reception, 10 + GATEWAY_NACK_MAX + 2, 0, START);
  g_assert_true (gateway_reception_take_has_given_up (reception));
  g_assert_cmpuint (gateway_reception_get_lost (reception), ==, GATEWAY_NACK_MAX + 1);
  g_assert_cmpuint (
      gateway_reception_collect_missing (reception, START + 50 * MS, missing), ==, 0);
}

static void
numbers_that_begin_anew_are_followed_by_the_second (void)
{
  g_autoptr (GatewayReception) reception = gateway_reception_new (90000, 42);
  GatewayReportBlock block;

  take_many (reception, 100, 10);
  g_assert_cmpint (gateway_reception_take (reception, 30000, 0, START), ==,
                   GATEWAY_RECEPTION_STRAY);
  g_assert_cmpint (gateway_reception_take (reception, 110, 0, START), ==,
                   GATEWAY_RECEPTION_NEXT);
  g_assert_cmpint (gateway_reception_take (reception, 30001, 0, START), ==,
                   GATEWAY_RECEPTION_STRAY);
  g_assert_cmpint (gateway_reception_take (reception, 30002, 0, START), ==,
                   GATEWAY_RECEPTION_NEXT);
  gateway_reception_make_block (reception, &block, START);
  g_assert_cmpint (block.lost, ==, 0);
  g_assert_cmpuint (block.highest, ==, 30002);
}

static void
noise_breaks_nothing (void)
{
  g_autoptr (GatewayReception) reception = gateway_reception_new (48000, 42);
  gint64 now_us = START;
  guint n_missing = 0;

  for (guint i = 0; i < 100000; i++)
  {
    guint16 missing[GATEWAY_NACK_MAX];
    GatewayReportBlock block;
    guint16 near = (guint16) (i + (guint) g_test_rand_int_range (0, 200));

    gateway_reception_take (reception, i % 100 < 90 ? near : (guint16) g_test_rand_int (),
                            (guint32) g_test_rand_int (), now_us);
    gateway_reception_take_again (reception, (guint16) g_test_rand_int (), now_us);
    now_us += g_test_rand_int_range (0, 5) * MS;
    n_missing += gateway_reception_collect_missing (reception, now_us, missing);
    gateway_reception_make_block (reception, &block, now_us);
  }
  g_assert_cmpuint (n_missing, >, 0);
}

static void
a_packet_goes_out_again_once_a_round_trip (void)
{
  GatewayResend resend = { 0 };

  g_assert_true (gateway_resend_take (&resend, 5, 1200, -1, START));
  g_assert_false (gateway_resend_take (&resend, 5, 1200, -1, START + 19 * MS));
  g_assert_true (gateway_resend_take (&resend, 5, 1200, -1, START + 20 * MS));
  g_assert_true (gateway_resend_take (&resend, 6, 1200, 100 * MS, START + 20 * MS));
  g_assert_false (gateway_resend_take (&resend, 6, 1200, 100 * MS, START + 90 * MS));
  g_assert_true (gateway_resend_take (&resend, 6, 1200, 100 * MS, START + 120 * MS));
  /* a round trip that no viewer has, or who says so */
  g_assert_true (gateway_resend_take (&resend, 7, 1200, 3600000 * MS, START));
  g_assert_true (gateway_resend_take (&resend, 7, 1200, 3600000 * MS, START + 250 * MS));
  gateway_resend_clear (&resend);
}

static void
a_storm_of_requests_at_most_doubles_what_goes_out (void)
{
  GatewayResend resend = { 0 };
  gsize sent = 0;
  gsize resent = 0;

  for (guint i = 0; i < 10000; i++) /* ten seconds of a packet each millisecond */
  {
    gint64 now_us = START + i * MS;

    gateway_resend_note_sent (&resend, 1000, now_us);
    sent += 1000;
    for (guint j = 0; j < 100; j++)
    {
      resent += gateway_resend_take (&resend, i >= j ? i - j : 0, 1000, 0, now_us) ? 1000
                                                                                   : 0;
    }
  }
  g_assert_cmpuint (resent, >, sent / 2);
  g_assert_cmpuint (resent, <=, sent + 20000);
  gateway_resend_clear (&resend);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, test) g_test_add_func ("/gateway/reception/" name, test)
  ADD ("a-block-has-the-figures-of-rfc-3550", a_block_has_the_figures_of_rfc_3550);
  ADD ("jitter-is-the-change-of-delay", jitter_is_the_change_of_delay);
  ADD ("what-is-missing-is-asked-for-each-round-trip-and-given-up",
       what_is_missing_is_asked_for_each_round_trip_and_given_up);
  ADD ("what-is-only-out-of-order-is-not-asked-for",
       what_is_only_out_of_order_is_not_asked_for);
  ADD ("a-long-round-trip-is-learned", a_long_round_trip_is_learned);
  ADD ("too-much-is-given-up-at-once", too_much_is_given_up_at_once);
  ADD ("numbers-that-begin-anew-are-followed-by-the-second",
       numbers_that_begin_anew_are_followed_by_the_second);
  ADD ("noise-breaks-nothing", noise_breaks_nothing);
#undef ADD
#define ADD(name, test) g_test_add_func ("/gateway/resend/" name, test)
  ADD ("a-packet-goes-out-again-once-a-round-trip",
       a_packet_goes_out_again_once_a_round_trip);
  ADD ("a-storm-of-requests-at-most-doubles-what-goes-out",
       a_storm_of_requests_at_most_doubles_what_goes_out);
#undef ADD
  return g_test_run ();
}
