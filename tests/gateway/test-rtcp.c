/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rtcp.h"

#include <gst/gst.h>
#include <string.h>

/* Each reads what the other one writes, and neither reads what is not there. */

typedef struct
{
  guint n_senders;
  guint32 ssrc;
  guint64 ntp;
  guint32 timestamp;
  GArray *blocks;  /* GatewayReportBlock */
  GArray *missing; /* guint16 */
  guint32 nack_ssrc;
  GArray *key_frames; /* guint32: SSRC */
} Seen;

static void
on_sender (guint32 ssrc, guint64 ntp, guint32 timestamp, gpointer user_data)
{
  Seen *self = user_data;

  self->n_senders++;
  self->ssrc = ssrc;
  self->ntp = ntp;
  self->timestamp = timestamp;
}

static void
on_block (const GatewayReportBlock *block, gpointer user_data)
{
  g_array_append_val (((Seen *) user_data)->blocks, *block);
}

static void
on_nack (guint32 media_ssrc, guint16 sequence, gpointer user_data)
{
  Seen *self = user_data;

  self->nack_ssrc = media_ssrc;
  g_array_append_val (self->missing, sequence);
}

static void
on_key_frame (guint32 media_ssrc, gpointer user_data)
{
  g_array_append_val (((Seen *) user_data)->key_frames, media_ssrc);
}

static const GatewayRtcpReader reader = {
  .sender = on_sender,
  .block = on_block,
  .nack = on_nack,
  .key_frame = on_key_frame,
};

static void
seen_init (Seen *self)
{
  *self = (Seen){
    .blocks = g_array_new (FALSE, FALSE, sizeof (GatewayReportBlock)),
    .missing = g_array_new (FALSE, FALSE, sizeof (guint16)),
    .key_frames = g_array_new (FALSE, FALSE, sizeof (guint32)),
  };
}

static void
seen_clear (Seen *self)
{
  g_array_unref (self->blocks);
  g_array_unref (self->missing);
  g_array_unref (self->key_frames);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Seen, seen_clear)

static void
a_sender_report_is_as_rfc_3550_has_it (void)
{
  static const guint8 expected[] = {
    0x80,
    200,
    0,
    6,
    1,
    2,
    3,
    4,
    0xe0,
    0,
    0,
    1,
    0x80,
    0,
    0,
    2,
    9,
    8,
    7,
    6,
    0,
    0,
    0,
    5,
    0,
    0,
    1,
    0,
    /* SDES: */ 0x81,
    202,
    0,
    3,
    1,
    2,
    3,
    4,
    1,
    4,
    'n',
    'a',
    'm',
    'e',
    0,
    0,
  };
  GatewaySenderReport report = {
    .ssrc = 0x01020304,
    .ntp = G_GUINT64_CONSTANT (0xe000000180000002),
    .timestamp = 0x09080706,
    .packets = 5,
    .octets = 256,
    .cname = "name",
  };
  guint8 bytes[GATEWAY_RTCP_MAX];
  gsize len = gateway_rtcp_write_sender_report (bytes, &report);
  g_auto (Seen) seen = { 0 };

  seen_init (&seen);
  g_assert_cmpmem (bytes, len, expected, sizeof expected);
  g_assert_true (gateway_rtcp_read (bytes, len, &reader, &seen));
  g_assert_cmpuint (seen.n_senders, ==, 1);
  g_assert_cmphex (seen.ssrc, ==, report.ssrc);
  g_assert_cmphex (seen.ntp, ==, report.ntp);
  g_assert_cmphex (seen.timestamp, ==, report.timestamp);
}

static const GatewayReportBlock blocks[] = {
  { 0x11111111, 64, 77, 0x00010203, 90, 0xabcdef01, 65536 },
  { 0x22222222, 0, -3, 0xffffffff, 0, 0, 0 },
};
static const guint16 missing[] = { 65533, 65534, 65535, 0, 13, 14, 40, 1000 };

static gsize
write_all (guint8 *bytes)
{
  GatewayReceiverReport report = {
    .ssrc = 7,
    .cname = "x",
    .blocks = blocks,
    .n_blocks = G_N_ELEMENTS (blocks),
    .media_ssrc = 0x33333333,
    .missing = missing,
    .n_missing = G_N_ELEMENTS (missing),
    .wants_key_frame = TRUE,
  };

  return gateway_rtcp_write_receiver_report (bytes, &report);
}

static void
assert_block (const GatewayReportBlock *found, const GatewayReportBlock *expected)
{
  g_assert_cmphex (found->ssrc, ==, expected->ssrc);
  g_assert_cmpuint (found->fraction_lost, ==, expected->fraction_lost);
  g_assert_cmpint (found->lost, ==, expected->lost);
  g_assert_cmphex (found->highest, ==, expected->highest);
  g_assert_cmpuint (found->jitter, ==, expected->jitter);
  g_assert_cmphex (found->last_sr, ==, expected->last_sr);
  g_assert_cmpuint (found->delay, ==, expected->delay);
}

static void
what_a_receiver_says_is_read_as_it_was_written (void)
{
  guint8 bytes[GATEWAY_RTCP_MAX];
  gsize len = write_all (bytes);
  g_auto (Seen) seen = { 0 };

  seen_init (&seen);
  g_assert_true (gateway_rtcp_read (bytes, len, &reader, &seen));
  g_assert_cmpuint (seen.n_senders, ==, 0);
  g_assert_cmpuint (seen.blocks->len, ==, 2);
  for (guint i = 0; i < 2; i++)
  {
    assert_block (&g_array_index (seen.blocks, GatewayReportBlock, i), &blocks[i]);
  }
  g_assert_cmphex (seen.nack_ssrc, ==, 0x33333333);
  g_assert_cmpmem (seen.missing->data, seen.missing->len * 2, missing, sizeof missing);
  g_assert_cmpuint (seen.key_frames->len, ==, 1);
  g_assert_cmphex (g_array_index (seen.key_frames, guint32, 0), ==, 0x33333333);
}

static void
as_many_as_may_be_asked_for_fit (void)
{
  guint16 each[GATEWAY_NACK_MAX];
  GatewayReceiverReport report = { .ssrc = 1,
                                   .cname = "0123456789abcdef",
                                   .blocks = blocks,
                                   .n_blocks = 2,
                                   .media_ssrc = 2,
                                   .missing = each,
                                   .n_missing = GATEWAY_NACK_MAX,
                                   .wants_key_frame = TRUE };
  guint8 bytes[GATEWAY_RTCP_MAX];
  g_auto (Seen) seen = { 0 };

  seen_init (&seen);
  for (guint i = 0; i < GATEWAY_NACK_MAX; i++)
  {
    each[i] = (guint16) (i * 17); /* none beside another one in an entry */
  }
  g_assert_true (gateway_rtcp_read (
      bytes, gateway_rtcp_write_receiver_report (bytes, &report), &reader, &seen));
  g_assert_cmpmem (seen.missing->data, seen.missing->len * 2, each, sizeof each);
  g_assert_cmpuint (seen.key_frames->len, ==, 1);
}

/* RFC 5104 section 4.3.1: whom it is about stands in each entry. */
static void
a_fir_asks_for_key_frames (void)
{
  static const guint8 bytes[] = {
    0x84, 206, 0, 6, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0,
    0,    9,   1, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0,
  };
  g_auto (Seen) seen = { 0 };

  seen_init (&seen);
  g_assert_true (gateway_rtcp_read (bytes, sizeof bytes, &reader, &seen));
  g_assert_cmpuint (seen.key_frames->len, ==, 2);
  g_assert_cmpuint (g_array_index (seen.key_frames, guint32, 0), ==, 9);
  g_assert_cmpuint (g_array_index (seen.key_frames, guint32, 1), ==, 8);
}

/* Each says more than it has. In a block of memory of its own, so that reading on is
 * seen. */
static void
what_is_cut_off_is_not_read (void)
{
  static const guint8 packets[][12] = {
    { 8, 0x80, 200, 0, 1, 0, 0, 0, 1 }, /* SR without sender info */
    { 8, 0x9f, 201, 0, 1, 0, 0, 0, 1 }, /* RR with 31 blocks, and none */
    { 4, 0x81, 201, 0, 0 },             /* RR without even an SSRC */
    { 4, 0x81, 205, 0, 0 },             /* NACK of nobody */
    { 8, 0x81, 205, 0, 1, 0, 0, 0, 1 }, /* NACK about nobody */
    { 4, 0x81, 206, 0, 0 },             /* PLI */
    { 8, 0x81, 206, 0, 1, 0, 0, 0, 1 }, /* PLI about nobody */
    { 8, 0x84, 206, 0, 1, 0, 0, 0, 1 }, /* FIR */
    { 8, 0x81, 202, 0, 1, 0, 0, 0, 1 }, /* SDES */
  };

  for (gsize i = 0; i < G_N_ELEMENTS (packets); i++)
  {
    gsize len = packets[i][0];
    g_autofree guint8 *bytes = g_memdup2 (packets[i] + 1, len);
    g_auto (Seen) seen = { 0 };

    seen_init (&seen);
    gateway_rtcp_read (bytes, len, &reader, &seen);
    g_assert_cmpuint (seen.n_senders + seen.blocks->len + seen.missing->len
                          + seen.key_frames->len,
                      ==, 0);
  }
}

static void
noise_breaks_nothing (void)
{
  guint8 whole[GATEWAY_RTCP_MAX];
  gsize whole_len = write_all (whole);
  guint n_read = 0;

  for (guint i = 0; i < 100000; i++)
  {
    gsize len = (gsize) g_test_rand_int_range (0, (gint32) whole_len + 1);
    g_autofree guint8 *bytes = g_memdup2 (whole, whole_len);
    g_autofree guint8 *cut = NULL;
    g_auto (Seen) seen = { 0 };

    seen_init (&seen);
    for (guint j = 0; j < i % 4; j++)
    {
      bytes[g_test_rand_int_range (0, (gint32) whole_len)] = (guint8) g_test_rand_int ();
    }
    cut = g_memdup2 (bytes, i % 2 == 0 ? whole_len : len);
    n_read += gateway_rtcp_read (cut, i % 2 == 0 ? whole_len : len, &reader, &seen);
  }
  g_assert_cmpuint (n_read, >, 10000);
}

static void
ntp_counts_from_1900 (void)
{
  guint64 ntp = gateway_ntp_from_unix_us (G_GINT64_CONSTANT (1000000000500000));

  g_assert_cmphex (ntp >> 32, ==, 1000000000 + G_GUINT64_CONSTANT (2208988800));
  g_assert_cmphex (ntp & 0xffffffff, ==, 0x80000000);
  g_assert_cmphex (gateway_ntp_get_middle (G_GUINT64_CONSTANT (0x0123456789abcdef)), ==,
                   0x456789ab);
}

int
main (int argc, char **argv)
{
  gst_init (NULL, NULL);
  g_test_init (&argc, &argv, NULL);
#define ADD(name, test) g_test_add_func ("/gateway/rtcp/" name, test)
  ADD ("a-sender-report-is-as-rfc-3550-has-it", a_sender_report_is_as_rfc_3550_has_it);
  ADD ("what-a-receiver-says-is-read-as-it-was-written",
       what_a_receiver_says_is_read_as_it_was_written);
  ADD ("as-many-as-may-be-asked-for-fit", as_many_as_may_be_asked_for_fit);
  ADD ("a-fir-asks-for-key-frames", a_fir_asks_for_key_frames);
  ADD ("what-is-cut-off-is-not-read", what_is_cut_off_is_not_read);
  ADD ("noise-breaks-nothing", noise_breaks_nothing);
  ADD ("ntp-counts-from-1900", ntp_counts_from_1900);
#undef ADD
  return g_test_run ();
}
