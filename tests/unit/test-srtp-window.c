/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support/srtp-pair.h"

#include <string.h>

#define SSRC 0xcafe0001u
#define WINDOW 1024
#define RTCP_WINDOW 128

static void
assert_roc (TegataSrtp *srtp, guint32 expected)
{
  guint32 roc = 0xdeadbeef;

  g_assert_true (tegata_srtp_get_roc (srtp, SSRC, &roc));
  g_assert_cmphex (roc, ==, expected);
}

/* Packets @first to @first + @n - 1, modulo 2^16. */
static GPtrArray *
send_packets (SrtpPair *pair, guint16 first, guint n)
{
  GPtrArray *packets
      = g_ptr_array_new_with_free_func ((GDestroyNotify) g_byte_array_unref);

  for (guint i = 0; i < n; i++)
  {
    g_ptr_array_add (packets, srtp_pair_send_rtp (pair, SSRC, (guint16) (first + i)));
  }
  return packets;
}

static void
assert_received (SrtpPair *pair, GPtrArray *packets, guint i, TegataSrtpOutcome outcome)
{
  srtp_assert_outcome (srtp_pair_receive_rtp (pair->receiver, packets->pdata[i]),
                       outcome);
}

static void
replayed_and_too_old_are_told_apart (TegataSrtpProfile profile)
{
  g_autoptr (SrtpPair) pair = srtp_pair_new (profile);
  g_autoptr (GPtrArray) packets = send_packets (pair, 100, WINDOW + 2);

  assert_received (pair, packets, WINDOW + 1, TEGATA_SRTP_OK);
  assert_received (pair, packets, WINDOW + 1, TEGATA_SRTP_REPLAYED);
  assert_received (pair, packets, 0, TEGATA_SRTP_TOO_OLD);
  assert_received (pair, packets, 1, TEGATA_SRTP_TOO_OLD);
  assert_received (pair, packets, 2, TEGATA_SRTP_OK); /* the oldest of the window */
  assert_received (pair, packets, 2, TEGATA_SRTP_REPLAYED);
}

/* In a seeded order; each twice. */
static void
any_order_within_the_window_passes_once (TegataSrtpProfile profile)
{
  g_autoptr (SrtpPair) pair = srtp_pair_new (profile);
  g_autoptr (GPtrArray) packets = send_packets (pair, 65000, WINDOW);

  /* The first to arrive tells the counter: with one from after the wrap, it would be
   * taken for counter 0. */
  assert_received (pair, packets, 0, TEGATA_SRTP_OK);
  for (guint i = packets->len - 1; i > 1; i--)
  {
    guint other = (guint) g_test_rand_int_range (1, (gint32) i + 1);
    gpointer kept = packets->pdata[i];

    packets->pdata[i] = packets->pdata[other];
    packets->pdata[other] = kept;
  }
  for (guint i = 1; i < packets->len; i++)
  {
    assert_received (pair, packets, i, TEGATA_SRTP_OK);
  }
  for (guint i = 0; i < packets->len; i++)
  {
    assert_received (pair, packets, i, TEGATA_SRTP_REPLAYED);
  }
  assert_roc (pair->receiver, 1);
}

static void
sender_refuses_a_sequence_number_twice (TegataSrtpProfile profile)
{
  g_autoptr (SrtpPair) pair = srtp_pair_new (profile);
  g_autoptr (GByteArray) plain = srtp_pair_rtp (SSRC, 2000, 20);
  g_autoptr (GByteArray) old = srtp_pair_rtp (SSRC, 2000 - WINDOW, 20);
  g_autoptr (GByteArray) packet = srtp_pair_protect_rtp (pair->sender, plain);
  g_autoptr (GByteArray) next = NULL;
  g_autofree guint8 *in_place = g_malloc0 (plain->len + TEGATA_SRTP_MAX_OVERHEAD);
  gsize room = plain->len + TEGATA_SRTP_MAX_OVERHEAD;
  gsize len = 0;

  memcpy (in_place, plain->data, plain->len);
  srtp_assert_outcome (
      tegata_srtp_protect_rtp (pair->sender, in_place, plain->len, in_place, room, &len),
      TEGATA_SRTP_REPLAYED);
  g_assert_cmpmem (in_place, plain->len, plain->data, plain->len);
  srtp_assert_outcome (
      tegata_srtp_protect_rtp (pair->sender, old->data, old->len, in_place, room, &len),
      TEGATA_SRTP_TOO_OLD);
  g_assert_cmpuint (len, ==, 0);

  next = srtp_pair_send_rtp (pair, SSRC, 2001);
  srtp_assert_outcome (srtp_pair_receive_rtp (pair->receiver, packet), TEGATA_SRTP_OK);
  srtp_assert_outcome (srtp_pair_receive_rtp (pair->receiver, next), TEGATA_SRTP_OK);
}

static void
counter_rolls_over_at_each_wrap (TegataSrtpProfile profile)
{
  g_autoptr (SrtpPair) pair = srtp_pair_new (profile);

  for (guint i = 0; i < 5 * 65536; i += 8192)
  {
    g_autoptr (GByteArray) packet
        = srtp_pair_send_rtp (pair, SSRC, (guint16) (65000 + i));

    srtp_assert_outcome (srtp_pair_receive_rtp (pair->receiver, packet), TEGATA_SRTP_OK);
    assert_roc (pair->sender, (65000 + i) >> 16);
    assert_roc (pair->receiver, (65000 + i) >> 16);
  }
}

/* The packets around the wrap are lost, or come late. */
static void
wrap_survives_loss_and_reordering (TegataSrtpProfile profile)
{
  static const guint lost[] = { 1, 2, 100, 1000, 20000, 32000 };

  for (gsize i = 0; i < G_N_ELEMENTS (lost); i++)
  {
    g_autoptr (SrtpPair) pair = srtp_pair_new (profile);
    g_autoptr (GPtrArray) before = send_packets (pair, 65530, 6);
    g_autoptr (GPtrArray) after = send_packets (pair, (guint16) (lost[i] - 1), 3);

    assert_received (pair, before, 3, TEGATA_SRTP_OK);
    assert_received (pair, after, 0, TEGATA_SRTP_OK);
    assert_roc (pair->receiver, 1);
    assert_received (pair, before, 5,
                     lost[i] < WINDOW ? TEGATA_SRTP_OK : TEGATA_SRTP_TOO_OLD);
    assert_received (pair, before, 3,
                     lost[i] < WINDOW - 2 ? TEGATA_SRTP_REPLAYED : TEGATA_SRTP_TOO_OLD);
    assert_roc (pair->receiver, 1);
    assert_received (pair, after, 2, TEGATA_SRTP_OK);
    assert_received (pair, after, 1, TEGATA_SRTP_OK);
  }
}

static void
late_joiner_is_told_the_counter (TegataSrtpProfile profile)
{
  g_autoptr (SrtpPair) pair = srtp_pair_new (profile);
  g_autoptr (GByteArray) packet = NULL;
  g_autoptr (GByteArray) report = srtp_pair_rtcp (SSRC, 1);
  g_autoptr (GByteArray) srtcp = NULL;

  g_assert_true (tegata_srtp_set_roc (pair->sender, SSRC, 3));
  packet = srtp_pair_send_rtp (pair, SSRC, 500);
  srtcp = srtp_pair_protect_rtcp (pair->sender, report);

  /* A wrong guess may be mended, up or down. */
  srtp_assert_outcome (srtp_pair_receive_rtp (pair->receiver, packet),
                       TEGATA_SRTP_AUTH_FAILED);
  g_assert_true (tegata_srtp_set_roc (pair->receiver, SSRC, 2));
  srtp_assert_outcome (srtp_pair_receive_rtp (pair->receiver, packet),
                       TEGATA_SRTP_AUTH_FAILED);
  g_assert_true (tegata_srtp_set_roc (pair->receiver, SSRC, 4));
  srtp_assert_outcome (srtp_pair_receive_rtp (pair->receiver, packet),
                       TEGATA_SRTP_AUTH_FAILED);
  assert_roc (pair->receiver, 4);
  g_assert_true (tegata_srtp_set_roc (pair->receiver, SSRC, 3));
  srtp_assert_outcome (srtp_pair_receive_rtp (pair->receiver, packet), TEGATA_SRTP_OK);
  srtp_assert_outcome (srtp_pair_receive_rtp (pair->receiver, packet),
                       TEGATA_SRTP_REPLAYED);
  srtp_assert_outcome (srtp_pair_receive_rtcp (pair->receiver, srtcp), TEGATA_SRTP_OK);
  srtp_assert_outcome (srtp_pair_receive_rtcp (pair->receiver, srtcp),
                       TEGATA_SRTP_REPLAYED);
}

static void
counter_that_was_set_is_told_at_once (TegataSrtpProfile profile)
{
  static const guint32 rocs[] = { 1, 7, 0x7fffffff, 0x80000001, 5, 0, 9 };
  g_autoptr (SrtpPair) pair = srtp_pair_new (profile);
  guint32 roc = 77;

  g_assert_false (tegata_srtp_get_roc (pair->sender, SSRC, &roc));
  g_assert_cmpuint (roc, ==, 77);
  for (gsize i = 0; i < G_N_ELEMENTS (rocs); i++)
  {
    g_assert_true (tegata_srtp_set_roc (pair->sender, SSRC, rocs[i]));
    assert_roc (pair->sender, rocs[i]);
    g_assert_false (tegata_srtp_get_roc (pair->sender, SSRC + 1, &roc));
  }
}

static void
pass_index (SrtpPair *pair, guint64 index)
{
  g_autoptr (GByteArray) packet = srtp_pair_send_rtp (pair, SSRC, (guint16) index);

  srtp_assert_outcome (srtp_pair_receive_rtp (pair->receiver, packet), TEGATA_SRTP_OK);
  assert_roc (pair->sender, (guint32) (index >> 16));
  assert_roc (pair->receiver, (guint32) (index >> 16));
}

/* Also where it is what the stream has anyway, or the very next one. */
static void
counter_that_was_set_rolls_over_afterwards (TegataSrtpProfile profile)
{
  static const guint32 steps[] = { 0, 1, 2, 1000 };

  for (gsize i = 0; i < G_N_ELEMENTS (steps); i++)
  {
    g_autoptr (SrtpPair) pair = srtp_pair_new (profile);
    guint32 roc = 3 + steps[i];
    guint64 index = 3 << 16 | 60000;

    g_assert_true (tegata_srtp_set_roc (pair->sender, SSRC, 3));
    g_assert_true (tegata_srtp_set_roc (pair->receiver, SSRC, 3));
    pass_index (pair, index);

    g_assert_true (tegata_srtp_set_roc (pair->sender, SSRC, roc));
    g_assert_true (tegata_srtp_set_roc (pair->receiver, SSRC, roc));
    index = MAX (index + 1, (guint64) roc << 16 | 10);
    for (guint n = 0; n < 40; n++)
    {
      pass_index (pair, index);
      index += 5000;
    }
  }
}

/* The next packet may be the one that wraps. */
static void
counter_set_to_what_it_is_changes_nothing (TegataSrtpProfile profile)
{
  g_autoptr (SrtpPair) pair = srtp_pair_new (profile);
  guint64 index = 65000;

  pass_index (pair, index);
  g_assert_true (tegata_srtp_set_roc (pair->sender, SSRC, 0));
  g_assert_true (tegata_srtp_set_roc (pair->receiver, SSRC, 0));
  pass_index (pair, index += 1000);
  pass_index (pair, index += 30000);
  pass_index (pair, index += 30000);
  g_assert_true (tegata_srtp_set_roc (pair->sender, SSRC, 1));
  g_assert_true (tegata_srtp_set_roc (pair->receiver, SSRC, 1));
  pass_index (pair, index += 10000);
}

static void
counter_never_goes_back_behind_a_packet (TegataSrtpProfile profile)
{
  g_autoptr (SrtpPair) pair = srtp_pair_new (profile);
  g_autoptr (GByteArray) packet = NULL;
  g_autoptr (GByteArray) next = NULL;

  g_assert_true (tegata_srtp_set_roc (pair->sender, SSRC, 5));
  g_assert_true (tegata_srtp_set_roc (pair->receiver, SSRC, 5));
  packet = srtp_pair_send_rtp (pair, SSRC, 10);
  srtp_assert_outcome (srtp_pair_receive_rtp (pair->receiver, packet), TEGATA_SRTP_OK);

  for (guint32 roc = 0; roc < 5; roc++)
  {
    g_assert_false (tegata_srtp_set_roc (pair->sender, SSRC, roc));
    g_assert_false (tegata_srtp_set_roc (pair->receiver, SSRC, roc));
  }
  assert_roc (pair->sender, 5);
  next = srtp_pair_send_rtp (pair, SSRC, 11);
  srtp_assert_outcome (srtp_pair_receive_rtp (pair->receiver, next), TEGATA_SRTP_OK);
}

/* After the last counter every index would be used again. */
static void
last_counter_ends_the_key (TegataSrtpProfile profile)
{
  g_autoptr (SrtpPair) pair = srtp_pair_new (profile);
  g_autoptr (GByteArray) plain = srtp_pair_rtp (SSRC, 3, 20);
  g_autoptr (GByteArray) packet = NULL;
  g_autoptr (GByteArray) wrapped = NULL;
  g_autoptr (GByteArray) other = NULL;
  guint8 out[100];
  gsize len = 0;

  g_assert_true (tegata_srtp_set_roc (pair->sender, SSRC, G_MAXUINT32 - 1));
  g_assert_true (tegata_srtp_set_roc (pair->receiver, SSRC, G_MAXUINT32 - 1));
  packet = srtp_pair_send_rtp (pair, SSRC, 65000);
  wrapped = srtp_pair_send_rtp (pair, SSRC, 2);
  assert_roc (pair->sender, G_MAXUINT32);
  srtp_assert_outcome (tegata_srtp_protect_rtp (pair->sender, plain->data, plain->len,
                                                out, sizeof out, &len),
                       TEGATA_SRTP_KEY_EXPIRED);

  srtp_assert_outcome (srtp_pair_receive_rtp (pair->receiver, packet), TEGATA_SRTP_OK);
  srtp_assert_outcome (srtp_pair_receive_rtp (pair->receiver, wrapped), TEGATA_SRTP_OK);
  srtp_assert_outcome (srtp_pair_receive_rtp (pair->receiver, packet),
                       TEGATA_SRTP_KEY_EXPIRED);

  other = srtp_pair_send_rtp (pair, SSRC + 1, 65000);
  srtp_assert_outcome (srtp_pair_receive_rtp (pair->receiver, other), TEGATA_SRTP_OK);
}

static void
rtcp_window_tells_replayed_and_too_old_apart (TegataSrtpProfile profile)
{
  g_autoptr (SrtpPair) pair = srtp_pair_new (profile);
  g_autoptr (GPtrArray) packets
      = g_ptr_array_new_with_free_func ((GDestroyNotify) g_byte_array_unref);
  g_autoptr (GByteArray) report = srtp_pair_rtcp (SSRC, 2);

  for (guint i = 0; i < 2 * RTCP_WINDOW; i++)
  {
    g_ptr_array_add (packets, srtp_pair_protect_rtcp (pair->sender, report));
  }

  for (guint i = 0; i < RTCP_WINDOW; i++)
  {
    guint last = 2 * RTCP_WINDOW - 1;

    srtp_assert_outcome (
        srtp_pair_receive_rtcp (pair->receiver, packets->pdata[last - i]),
        TEGATA_SRTP_OK);
    srtp_assert_outcome (
        srtp_pair_receive_rtcp (pair->receiver, packets->pdata[last - i]),
        TEGATA_SRTP_REPLAYED);
  }
  for (guint i = 0; i < RTCP_WINDOW; i++)
  {
    srtp_assert_outcome (srtp_pair_receive_rtcp (pair->receiver, packets->pdata[i]),
                         TEGATA_SRTP_TOO_OLD);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  srtp_pair_add_test ("window/replayed-and-too-old-are-told-apart",
                      replayed_and_too_old_are_told_apart);
  srtp_pair_add_test ("window/any-order-within-it-passes-once",
                      any_order_within_the_window_passes_once);
  srtp_pair_add_test ("window/sender-refuses-a-sequence-number-twice",
                      sender_refuses_a_sequence_number_twice);
  srtp_pair_add_test ("window/rtcp-tells-replayed-and-too-old-apart",
                      rtcp_window_tells_replayed_and_too_old_apart);
  srtp_pair_add_test ("counter/rolls-over-at-each-wrap", counter_rolls_over_at_each_wrap);
  srtp_pair_add_test ("counter/survives-loss-and-reordering-at-the-wrap",
                      wrap_survives_loss_and_reordering);
  srtp_pair_add_test ("counter/is-told-to-a-late-joiner",
                      late_joiner_is_told_the_counter);
  srtp_pair_add_test ("counter/that-was-set-is-told-at-once",
                      counter_that_was_set_is_told_at_once);
  srtp_pair_add_test ("counter/that-was-set-rolls-over-afterwards",
                      counter_that_was_set_rolls_over_afterwards);
  srtp_pair_add_test ("counter/set-to-what-it-is-changes-nothing",
                      counter_set_to_what_it_is_changes_nothing);
  srtp_pair_add_test ("counter/never-goes-back-behind-a-packet",
                      counter_never_goes_back_behind_a_packet);
  srtp_pair_add_test ("counter/at-its-end-ends-the-key", last_counter_ends_the_key);

  return g_test_run ();
}
