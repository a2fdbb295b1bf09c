/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "srtp/srtp-streams.h"
#include "support/srtp-pair.h"

#include <string.h>

#define SSRC 0x0badcafeu
#define E_BIT_MASK 0x80

static gboolean
is_gcm (TegataSrtpProfile profile)
{
  return tegata_srtp_profile_get_salt_len (profile) == 12;
}

/* What a receiver knows must be the same after any number of bad packets: the one that is
 * good still passes, once, and nobody else has become known. */
static void
assert_unmoved (TegataSrtp *receiver, const GByteArray *rtp, const GByteArray *rtcp)
{
  guint32 roc;

  g_assert_false (tegata_srtp_get_roc (receiver, SSRC, &roc));
  srtp_assert_outcome (srtp_pair_receive_rtp (receiver, rtp), TEGATA_SRTP_OK);
  srtp_assert_outcome (srtp_pair_receive_rtp (receiver, rtp), TEGATA_SRTP_REPLAYED);
  srtp_assert_outcome (srtp_pair_receive_rtcp (receiver, rtcp), TEGATA_SRTP_OK);
  srtp_assert_outcome (srtp_pair_receive_rtcp (receiver, rtcp), TEGATA_SRTP_REPLAYED);
  g_assert_true (tegata_srtp_get_roc (receiver, SSRC, &roc));
  g_assert_cmpuint (roc, ==, 0);
}

typedef struct
{
  SrtpPair *pair;
  GByteArray *rtp;
  GByteArray *rtcp;
} Fixture;

static Fixture *
fixture_new (TegataSrtpProfile profile)
{
  Fixture *fixture = g_new0 (Fixture, 1);
  g_autoptr (GByteArray) rtp = srtp_pair_rtp (SSRC, 40000, 60);
  g_autoptr (GByteArray) rtcp = srtp_pair_rtcp (SSRC, 4);

  fixture->pair = srtp_pair_new (profile);
  fixture->rtp = srtp_pair_protect_rtp (fixture->pair->sender, rtp);
  fixture->rtcp = srtp_pair_protect_rtcp (fixture->pair->sender, rtcp);
  return fixture;
}

static void
fixture_free (Fixture *fixture)
{
  srtp_pair_free (fixture->pair);
  g_byte_array_unref (fixture->rtp);
  g_byte_array_unref (fixture->rtcp);
  g_free (fixture);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Fixture, fixture_free)

static void
each_altered_bit_is_refused (TegataSrtpProfile profile)
{
  g_autoptr (Fixture) fixture = fixture_new (profile);
  TegataSrtp *receiver = fixture->pair->receiver;
  GByteArray *rtp = fixture->rtp;
  GByteArray *rtcp = fixture->rtcp;
  gsize e_byte = rtcp->len - 4 - (is_gcm (profile) ? 0 : 10);

  for (gsize bit = 0; bit < 8 * (gsize) rtp->len; bit++)
  {
    gboolean is_version = bit / 8 == 0 && (1 << bit % 8 & 0xc0) != 0;
    TegataSrtpOutcome outcome;

    rtp->data[bit / 8] ^= (guint8) (1 << bit % 8);
    outcome = srtp_pair_receive_rtp (receiver, rtp);
    rtp->data[bit / 8] ^= (guint8) (1 << bit % 8);

    /* A count of CSRCs, or a header extension, that leaves no room for the tag is
     * malformed as well. */
    if (is_version || (bit / 8 == 0 && outcome == TEGATA_SRTP_MALFORMED))
    {
      srtp_assert_outcome (outcome, TEGATA_SRTP_MALFORMED);
      continue;
    }
    srtp_assert_outcome (outcome, TEGATA_SRTP_AUTH_FAILED);
  }

  for (gsize bit = 0; bit < 8 * (gsize) rtcp->len; bit++)
  {
    guint8 mask = (guint8) (1 << bit % 8);
    gboolean is_version = bit / 8 == 0 && (mask & 0xc0) != 0;
    gboolean is_type = bit / 8 == 1;
    gboolean is_e = bit / 8 == e_byte && mask == E_BIT_MASK;
    TegataSrtpOutcome outcome;

    rtcp->data[bit / 8] ^= mask;
    outcome = srtp_pair_receive_rtcp (receiver, rtcp);
    rtcp->data[bit / 8] ^= mask;

    if (is_version || is_e || (is_type && outcome == TEGATA_SRTP_MALFORMED))
    {
      srtp_assert_outcome (outcome, TEGATA_SRTP_MALFORMED);
      continue;
    }
    srtp_assert_outcome (outcome, TEGATA_SRTP_AUTH_FAILED);
  }
  assert_unmoved (receiver, rtp, rtcp);
}

static void
truncated_at_each_length_is_refused (TegataSrtpProfile profile)
{
  g_autoptr (Fixture) fixture = fixture_new (profile);
  TegataSrtp *receiver = fixture->pair->receiver;
  gsize min_rtp = 12 + tegata_srtp_profile_get_rtp_overhead (profile);
  gsize min_rtcp = 8 + tegata_srtp_profile_get_rtcp_overhead (profile);

  for (guint len = 0; len < fixture->rtp->len; len++)
  {
    GByteArray cut = { fixture->rtp->data, len };

    srtp_assert_outcome (srtp_pair_receive_rtp (receiver, &cut),
                         len < min_rtp ? TEGATA_SRTP_MALFORMED : TEGATA_SRTP_AUTH_FAILED);
  }
  for (guint len = 0; len < fixture->rtcp->len; len++)
  {
    GByteArray cut = { fixture->rtcp->data, len };
    TegataSrtpOutcome outcome = srtp_pair_receive_rtcp (receiver, &cut);

    /* Where the cut ends decides what is taken for the E bit. */
    if (len < min_rtcp || outcome == TEGATA_SRTP_MALFORMED)
    {
      srtp_assert_outcome (outcome, TEGATA_SRTP_MALFORMED);
      continue;
    }
    srtp_assert_outcome (outcome, TEGATA_SRTP_AUTH_FAILED);
  }
  assert_unmoved (receiver, fixture->rtp, fixture->rtcp);
}

static void
alien_packets_are_refused (TegataSrtpProfile profile)
{
  g_autoptr (Fixture) fixture = fixture_new (profile);
  TegataSrtp *receiver = fixture->pair->receiver;
  g_autoptr (GByteArray) plain_rtp = srtp_pair_rtp (SSRC, 7, 100);
  g_autoptr (GByteArray) plain_rtcp = srtp_pair_rtcp (SSRC, 7);
  g_autoptr (GByteArray) alien = g_byte_array_new ();

  srtp_assert_outcome (srtp_pair_receive_rtp (receiver, plain_rtp),
                       TEGATA_SRTP_AUTH_FAILED);
  g_assert_cmpint (srtp_pair_receive_rtcp (receiver, plain_rtcp), !=, TEGATA_SRTP_OK);
  /* each for the other */
  g_assert_cmpint (srtp_pair_receive_rtp (receiver, fixture->rtcp), !=, TEGATA_SRTP_OK);
  srtp_assert_outcome (srtp_pair_receive_rtcp (receiver, fixture->rtp),
                       TEGATA_SRTP_MALFORMED);

  g_byte_array_set_size (alien, 200);
  for (guint first = 0; first < 256; first++)
  {
    gboolean is_rtp = first >> 6 == 2;

    memset (alien->data, (int) first, alien->len);
    g_assert_cmpint (srtp_pair_receive_rtp (receiver, alien), !=, TEGATA_SRTP_OK);
    g_assert_cmpint (srtp_pair_receive_rtcp (receiver, alien), !=, TEGATA_SRTP_OK);
    if (!is_rtp)
    {
      srtp_assert_outcome (srtp_pair_receive_rtp (receiver, alien),
                           TEGATA_SRTP_MALFORMED);
      srtp_assert_outcome (srtp_pair_receive_rtcp (receiver, alien),
                           TEGATA_SRTP_MALFORMED);
    }
  }
  assert_unmoved (receiver, fixture->rtp, fixture->rtcp);
}

static void
packet_under_another_key_is_refused (TegataSrtpProfile profile)
{
  g_autoptr (Fixture) fixture = fixture_new (profile);
  gsize key_len = tegata_srtp_profile_get_key_len (profile);

  for (gsize i = 0; i < key_len; i++)
  {
    g_autofree guint8 *key = g_memdup2 (srtp_pair_key, key_len);
    g_autoptr (TegataSrtp) other = NULL;

    key[i] ^= 0x10;
    other = tegata_srtp_new_on (srtp_pair_get_backend (), profile, TEGATA_SRTP_INBOUND,
                                key, key_len, NULL);
    srtp_assert_outcome (srtp_pair_receive_rtp (other, fixture->rtp),
                         TEGATA_SRTP_AUTH_FAILED);
    srtp_assert_outcome (srtp_pair_receive_rtcp (other, fixture->rtcp),
                         TEGATA_SRTP_AUTH_FAILED);
  }
}

/* A forger who knows all but the key: every sequence number and index, many sources. */
static void
forged_packets_make_no_stream_and_move_nothing (TegataSrtpProfile profile)
{
  g_autoptr (Fixture) fixture = fixture_new (profile);
  TegataSrtp *receiver = fixture->pair->receiver;
  g_autoptr (GByteArray) rtp = srtp_pair_rtp (SSRC, 0, 76);
  g_autoptr (GByteArray) rtcp = srtp_pair_rtcp (SSRC, 12);
  TegataSrtpStats stats;
  guint32 roc;

  memset (rtcp->data + 8, 0xff, rtcp->len - 8);
  for (guint i = 0; i < 4096; i++)
  {
    rtp->data[2] = (guint8) (i >> 4);
    rtp->data[3] = (guint8) (i << 4);
    rtp->data[11] = (guint8) (i % 3 + (SSRC & 0xff));
    rtcp->data[rtcp->len - 14] = rtcp->data[rtcp->len - 4]
        = (guint8) (E_BIT_MASK | i >> 5);
    srtp_assert_outcome (srtp_pair_receive_rtp (receiver, rtp), TEGATA_SRTP_AUTH_FAILED);
    srtp_assert_outcome (srtp_pair_receive_rtcp (receiver, rtcp),
                         TEGATA_SRTP_AUTH_FAILED);
  }

  for (guint32 i = 0; i < 3; i++)
  {
    g_assert_false (tegata_srtp_get_roc (receiver, SSRC + i, &roc));
  }
  tegata_srtp_get_stats (receiver, &stats);
  g_assert_cmpuint (stats.rtp[TEGATA_SRTP_AUTH_FAILED], ==, 4096);
  g_assert_cmpuint (stats.rtp_bytes + stats.rtcp_bytes, ==, 0);
  assert_unmoved (receiver, fixture->rtp, fixture->rtcp);
}

/* The same against a stream that is under way: neither the window nor the counter nor a
 * counter that waits for its packet moves. */
static void
forged_packets_do_not_move_a_stream (TegataSrtpProfile profile)
{
  g_autoptr (SrtpPair) pair = srtp_pair_new (profile);
  g_autoptr (GByteArray) first = srtp_pair_send_rtp (pair, SSRC, 65000);
  g_autoptr (GByteArray) second = srtp_pair_send_rtp (pair, SSRC, 65100);
  g_autoptr (GByteArray) later = NULL;
  guint32 roc = 0;

  srtp_assert_outcome (srtp_pair_receive_rtp (pair->receiver, first), TEGATA_SRTP_OK);
  for (guint sequence = 0; sequence < 65536; sequence += 16)
  {
    g_autoptr (GByteArray) forged = srtp_pair_rtp (SSRC, (guint16) sequence, 40);

    g_assert_cmpint (srtp_pair_receive_rtp (pair->receiver, forged), !=, TEGATA_SRTP_OK);
  }
  srtp_assert_outcome (srtp_pair_receive_rtp (pair->receiver, second), TEGATA_SRTP_OK);

  g_assert_true (tegata_srtp_set_roc (pair->sender, SSRC, 9));
  g_assert_true (tegata_srtp_set_roc (pair->receiver, SSRC, 9));
  later = srtp_pair_send_rtp (pair, SSRC, 200);
  for (guint sequence = 0; sequence < 65536; sequence += 64)
  {
    g_autoptr (GByteArray) forged = srtp_pair_rtp (SSRC, (guint16) sequence, 40);

    g_assert_cmpint (srtp_pair_receive_rtp (pair->receiver, forged), !=, TEGATA_SRTP_OK);
  }
  g_assert_true (tegata_srtp_get_roc (pair->receiver, SSRC, &roc));
  g_assert_cmpuint (roc, ==, 9);
  srtp_assert_outcome (srtp_pair_receive_rtp (pair->receiver, later), TEGATA_SRTP_OK);
}

/* SRTCP in the clear, of lengths about 2048: some builds of libsrtp2 never recover from
 * one of them, so it must not get there. */
static void
srtcp_in_the_clear_is_refused_and_harmless (TegataSrtpProfile profile)
{
  g_autoptr (Fixture) fixture = fixture_new (profile);
  g_autoptr (GByteArray) clear = g_byte_array_new ();

  for (guint len = 1900; len < 2200; len++)
  {
    g_byte_array_set_size (clear, len);
    memset (clear->data, 0, len);
    memcpy (clear->data, fixture->rtcp->data, 8);
    srtp_assert_outcome (srtp_pair_receive_rtcp (fixture->pair->receiver, clear),
                         TEGATA_SRTP_MALFORMED);
  }
  assert_unmoved (fixture->pair->receiver, fixture->rtp, fixture->rtcp);
}

/* A header extension of any length, as long as it is a datagram: refused or carried, and
 * the sequence number is used up only if it was carried. */
static void
huge_headers_are_carried_or_cost_nothing (TegataSrtpProfile profile)
{
  static const guint n_words[] = { 1, 500, 508, 509, 510, 511, 600, 4000, 16000 };
  g_autoptr (SrtpPair) pair = srtp_pair_new (profile);

  for (gsize i = 0; i < G_N_ELEMENTS (n_words); i++)
  {
    g_autoptr (GByteArray) plain = srtp_pair_rtp (SSRC, (guint16) i, 4 + 4 * n_words[i]);
    g_autoptr (GByteArray) next = NULL;
    g_autofree guint8 *out = g_malloc (plain->len + TEGATA_SRTP_MAX_OVERHEAD);
    TegataSrtpOutcome outcome;
    gsize len = 0;

    plain->data[0] |= 0x10;
    plain->data[14] = (guint8) (n_words[i] >> 8);
    plain->data[15] = (guint8) n_words[i];
    outcome = tegata_srtp_protect_rtp (pair->sender, plain->data, plain->len, out,
                                       plain->len + TEGATA_SRTP_MAX_OVERHEAD, &len);
    if (srtp_pair_get_backend () == &tegata_srtp_libsrtp2 && is_gcm (profile)
        && 16 + 4 * n_words[i] > 2048)
    {
      srtp_assert_outcome (outcome, TEGATA_SRTP_MALFORMED);
      next = srtp_pair_send_rtp (pair, SSRC, (guint16) i);
    }
    else
    {
      srtp_assert_outcome (outcome, TEGATA_SRTP_OK);
      next = g_byte_array_append (g_byte_array_new (), out, (guint) len);
    }
    srtp_assert_outcome (srtp_pair_receive_rtp (pair->receiver, next), TEGATA_SRTP_OK);
  }
}

static void
longer_than_a_datagram_is_refused (TegataSrtpProfile profile)
{
  g_autoptr (SrtpPair) pair = srtp_pair_new (profile);
  gsize overhead = tegata_srtp_profile_get_rtp_overhead (profile);
  g_autoptr (GByteArray) longest = srtp_pair_rtp (SSRC, 1, 65535 - 12 - overhead);
  g_autoptr (GByteArray) packet = srtp_pair_protect_rtp (pair->sender, longest);
  g_autoptr (GByteArray) longer = srtp_pair_rtp (SSRC, 2, 65536 - 12 - overhead);
  g_autofree guint8 *out = g_malloc (70000);
  gsize len;

  g_assert_cmpuint (packet->len, ==, 65535);
  srtp_assert_outcome (srtp_pair_receive_rtp (pair->receiver, packet), TEGATA_SRTP_OK);
  srtp_assert_outcome (
      tegata_srtp_protect_rtp (pair->sender, longer->data, longer->len, out, 70000, &len),
      TEGATA_SRTP_MALFORMED);
  g_byte_array_set_size (packet, 65536);
  srtp_assert_outcome (srtp_pair_receive_rtp (pair->receiver, packet),
                       TEGATA_SRTP_MALFORMED);
}

static void
malformed_plain_packets_are_refused (TegataSrtpProfile profile)
{
  g_autoptr (SrtpPair) pair = srtp_pair_new (profile);
  g_autoptr (GByteArray) rtp = srtp_pair_rtp (SSRC, 1, 4);
  g_autoptr (GByteArray) rtcp = srtp_pair_rtcp (SSRC, 2);
  g_autoptr (GByteArray) packet = NULL;
  TegataSrtpStats stats;
  guint8 out[200];
  gsize len;

  rtp->data[0] = 0xa0; /* padding, of more bytes than there are */
  rtp->data[15] = 5;
  srtp_assert_outcome (
      tegata_srtp_protect_rtp (pair->sender, rtp->data, rtp->len, out, sizeof out, &len),
      TEGATA_SRTP_MALFORMED);
  srtp_assert_outcome (tegata_srtp_protect_rtcp (pair->sender, rtcp->data, rtcp->len - 1,
                                                 out, sizeof out, &len),
                       TEGATA_SRTP_MALFORMED);
  tegata_srtp_get_stats (pair->sender, &stats);
  g_assert_cmpuint (stats.rtp[TEGATA_SRTP_MALFORMED], ==, 1);
  g_assert_cmpuint (stats.rtcp[TEGATA_SRTP_MALFORMED], ==, 1);

  rtp->data[0] = 0x80;
  packet = srtp_pair_protect_rtp (pair->sender, rtp);
  srtp_assert_outcome (srtp_pair_receive_rtp (pair->receiver, packet), TEGATA_SRTP_OK);
}

/* Our own backend bounds what a peer with the key can make us remember; libsrtp2 does
 * not. Who is known already goes on, and the refused one's packet moves nothing. */
static void
streams_are_bounded (TegataSrtpProfile profile)
{
  g_autoptr (SrtpPair) pair = srtp_pair_new (profile);
  g_autoptr (TegataSrtp) other = srtp_pair_new_half (profile, TEGATA_SRTP_OUTBOUND);
  g_autoptr (GByteArray) plain = srtp_pair_rtp (SSRC, 1, 20);
  g_autoptr (GByteArray) stranger = srtp_pair_protect_rtp (other, plain);
  g_autoptr (GByteArray) known = NULL;
  guint8 out[100];
  gsize len;
  guint32 roc;

  if (srtp_pair_get_backend () == &tegata_srtp_libsrtp2)
  {
    return; /* it has no limit */
  }
  for (guint32 ssrc = 1; ssrc <= TEGATA_SRTP_DEFAULT_MAX_STREAMS; ssrc++)
  {
    g_autoptr (GByteArray) packet = srtp_pair_send_rtp (pair, ssrc, 1);

    srtp_assert_outcome (srtp_pair_receive_rtp (pair->receiver, packet), TEGATA_SRTP_OK);
  }
  srtp_assert_outcome (tegata_srtp_protect_rtp (pair->sender, plain->data, plain->len,
                                                out, sizeof out, &len),
                       TEGATA_SRTP_TOO_MANY_STREAMS);
  srtp_assert_outcome (srtp_pair_receive_rtp (pair->receiver, stranger),
                       TEGATA_SRTP_TOO_MANY_STREAMS);
  g_assert_false (tegata_srtp_get_roc (pair->receiver, SSRC, &roc));
  g_assert_false (tegata_srtp_set_roc (pair->receiver, SSRC, 1));

  known = srtp_pair_send_rtp (pair, 1, 2);
  srtp_assert_outcome (srtp_pair_receive_rtp (pair->receiver, known), TEGATA_SRTP_OK);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  srtp_pair_add_test ("hostile/each-altered-bit-is-refused", each_altered_bit_is_refused);
  srtp_pair_add_test ("hostile/truncated-at-each-length-is-refused",
                      truncated_at_each_length_is_refused);
  srtp_pair_add_test ("hostile/alien-packets-are-refused", alien_packets_are_refused);
  srtp_pair_add_test ("hostile/packet-under-another-key-is-refused",
                      packet_under_another_key_is_refused);
  srtp_pair_add_test ("hostile/forged-packets-make-no-stream-and-move-nothing",
                      forged_packets_make_no_stream_and_move_nothing);
  srtp_pair_add_test ("hostile/forged-packets-do-not-move-a-stream",
                      forged_packets_do_not_move_a_stream);
  srtp_pair_add_test ("hostile/srtcp-in-the-clear-is-refused-and-harmless",
                      srtcp_in_the_clear_is_refused_and_harmless);
  srtp_pair_add_test ("hostile/huge-headers-are-carried-or-cost-nothing",
                      huge_headers_are_carried_or_cost_nothing);
  srtp_pair_add_test ("hostile/longer-than-a-datagram-is-refused",
                      longer_than_a_datagram_is_refused);
  srtp_pair_add_test ("hostile/malformed-plain-packets-are-refused",
                      malformed_plain_packets_are_refused);

  srtp_pair_add_test ("hostile/streams-are-bounded", streams_are_bounded);
  return g_test_run ();
}
