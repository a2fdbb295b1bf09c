/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "srtp/srtp-private.h"
#include "support/srtp-pair.h"

#include <string.h>

#define SSRC 0x11223344u
#define MAX_PAYLOAD 1500

/* tegata_srtp_protect_rtp() and its three siblings */
typedef TegataSrtpOutcome (
    *Transform) (TegataSrtp *, const guint8 *, gsize, guint8 *, gsize, gsize *);

typedef struct
{
  Transform protect;
  Transform unprotect;
  gsize (*get_overhead) (TegataSrtpProfile profile);
  gboolean is_rtcp;
} Kind;

static const Kind kinds[] = {
  { tegata_srtp_protect_rtp, tegata_srtp_unprotect_rtp,
    tegata_srtp_profile_get_rtp_overhead, FALSE },
  { tegata_srtp_protect_rtcp, tegata_srtp_unprotect_rtcp,
    tegata_srtp_profile_get_rtcp_overhead, TRUE },
};

static GByteArray *
new_packet (const Kind *kind, guint16 sequence, gsize size)
{
  return kind->is_rtcp ? srtp_pair_rtcp (SSRC, (guint) (size / 4))
                       : srtp_pair_rtp (SSRC, sequence, size);
}

static void
profile_names_are_parsed (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (srtp_pair_profiles); i++)
  {
    TegataSrtpProfile profile = srtp_pair_profiles[i];
    const char *name = tegata_srtp_profile_to_string (profile);
    g_autofree char *lower = g_ascii_strdown (name + strlen ("SRTP_"), -1);

    g_assert_cmpint (tegata_srtp_profile_parse (name, NULL), ==, profile);
    g_assert_cmpint (tegata_srtp_profile_parse (lower, NULL), ==, profile);
  }
}

static void
malformed_profile_names_are_refused_by_name (void)
{
  static const char *const names[] = {
    "",
    " ",
    "SRTP",
    "SRTP_",
    "AES128_CM_HMAC_SHA1",
    "AES128_CM_HMAC_SHA1_8",
    "AES128_CM_HMAC_SHA1_800",
    "SRTP_AES128_CM_HMAC_SHA1_80 ",
    " SRTP_AES128_CM_HMAC_SHA1_80",
    "SRTP_SRTP_AEAD_AES_128_GCM",
    "AEAD-AES-128-GCM",
    "AEAD_AES_128_GCM:AEAD_AES_256_GCM",
    "SRTP_NULL_HMAC_SHA1_80",
    "NONE",
    "7",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
  {
    g_autoptr (GError) error = NULL;
    g_autofree char *quoted = g_strdup_printf ("\"%s\"", names[i]);

    g_assert_cmpint (tegata_srtp_profile_parse (names[i], &error), ==,
                     TEGATA_SRTP_PROFILE_NONE);
    g_assert_error (error, TEGATA_ERROR, TEGATA_ERROR_PARSE);
    g_assert_nonnull (strstr (error->message, quoted));
    g_assert_nonnull (strstr (error->message, "SRTP_AEAD_AES_128_GCM, "));
  }
}

static void
no_profile_has_no_lengths (void)
{
  static const int unknown[] = { 0, 3, 5, 6, 9, 0xffff };

  for (gsize i = 0; i < G_N_ELEMENTS (unknown); i++)
  {
    TegataSrtpProfile profile = (TegataSrtpProfile) unknown[i];
    g_autoptr (GError) error = NULL;

    g_assert_null (tegata_srtp_profile_to_string (profile));
    g_assert_cmpuint (tegata_srtp_profile_get_key_len (profile), ==, 0);
    g_assert_cmpuint (tegata_srtp_profile_get_salt_len (profile), ==, 0);
    g_assert_cmpuint (tegata_srtp_profile_get_rtp_overhead (profile), ==, 0);
    g_assert_cmpuint (tegata_srtp_profile_get_rtcp_overhead (profile), ==, 0);
    g_assert_null (
        tegata_srtp_new (profile, TEGATA_SRTP_OUTBOUND, srtp_pair_key, 30, &error));
    g_assert_error (error, TEGATA_ERROR, TEGATA_ERROR_INVALID);
  }
}

static void
every_outcome_has_words_of_its_own (void)
{
  for (int i = 0; i < TEGATA_N_SRTP_OUTCOMES; i++)
  {
    for (int j = 0; j < i; j++)
    {
      g_assert_cmpstr (tegata_srtp_outcome_to_string ((TegataSrtpOutcome) i), !=,
                       tegata_srtp_outcome_to_string ((TegataSrtpOutcome) j));
    }
  }
}

static void
key_of_another_length_is_refused (TegataSrtpProfile profile)
{
  guint8 key[TEGATA_SRTP_MAX_KEY_LEN + 1] = { 0 };

  for (gsize len = 0; len <= sizeof key; len++)
  {
    g_autoptr (GError) error = NULL;
    g_autoptr (TegataSrtp) srtp
        = tegata_srtp_new (profile, TEGATA_SRTP_INBOUND, key, len, &error);

    if (len == tegata_srtp_profile_get_key_len (profile))
    {
      g_assert_no_error (error);
      g_assert_cmpint (tegata_srtp_get_profile (srtp), ==, profile);
      continue;
    }
    g_assert_null (srtp);
    g_assert_error (error, TEGATA_ERROR, TEGATA_ERROR_INVALID);
  }
}

/* One packet there and back, in place where @is_in_place. */
static void
round_trip (SrtpPair *pair,
            const Kind *kind,
            const GByteArray *plain,
            gboolean is_in_place)
{
  gsize overhead = kind->get_overhead (tegata_srtp_get_profile (pair->sender));
  gsize room = plain->len + overhead;
  g_autofree guint8 *first = g_malloc0 (room);
  g_autofree guint8 *second = g_malloc0 (room);
  g_autofree guint8 *third = g_malloc0 (room);
  guint8 *protected_bytes = is_in_place ? first : second;
  guint8 *received = is_in_place ? first : third;
  gsize protected_len = 0;
  gsize received_len = 0;

  memcpy (first, plain->data, plain->len);
  srtp_assert_outcome (kind->protect (pair->sender, first, plain->len, protected_bytes,
                                      room, &protected_len),
                       TEGATA_SRTP_OK);
  g_assert_cmpuint (protected_len, ==, room);
  if (!is_in_place)
  {
    g_assert_cmpmem (first, plain->len, plain->data, plain->len);
    memcpy (first, protected_bytes, protected_len);
  }

  srtp_assert_outcome (kind->unprotect (pair->receiver, protected_bytes, protected_len,
                                        received, protected_len, &received_len),
                       TEGATA_SRTP_OK);
  g_assert_cmpmem (received, received_len, plain->data, plain->len);
  if (!is_in_place)
  {
    g_assert_cmpmem (protected_bytes, protected_len, first, protected_len);
  }
}

static void
every_size_passes_in_place_and_between_buffers (TegataSrtpProfile profile)
{
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
  {
    g_autoptr (SrtpPair) pair = srtp_pair_new (profile);

    for (gsize size = 0; size <= MAX_PAYLOAD; size++)
    {
      g_autoptr (GByteArray) one = new_packet (&kinds[i], (guint16) (2 * size), size);
      g_autoptr (GByteArray) other
          = new_packet (&kinds[i], (guint16) (2 * size + 1), size);

      round_trip (pair, &kinds[i], one, TRUE);
      round_trip (pair, &kinds[i], other, FALSE);
    }
  }
}

static void
payload_is_hidden_and_the_header_is_not (TegataSrtpProfile profile)
{
  g_autoptr (SrtpPair) pair = srtp_pair_new (profile);
  g_autoptr (GByteArray) plain = srtp_pair_rtp (SSRC, 1, 64);
  g_autoptr (GByteArray) packet = srtp_pair_protect_rtp (pair->sender, plain);

  g_assert_cmpmem (packet->data, 12, plain->data, 12);
  for (gsize at = 12; at + 8 <= plain->len; at++)
  {
    g_assert_true (memcmp (packet->data + at, plain->data + at, 8) != 0);
  }
}

static void
many_sources_share_a_key (TegataSrtpProfile profile)
{
  g_autoptr (SrtpPair) pair = srtp_pair_new (profile);

  for (guint16 sequence = 0; sequence < 4; sequence++)
  {
    for (guint32 ssrc = 0; ssrc < 300; ssrc++)
    {
      g_autoptr (GByteArray) packet
          = srtp_pair_send_rtp (pair, ssrc * 0x01010101u, sequence);
      g_autoptr (GByteArray) report = srtp_pair_rtcp (ssrc * 0x01010101u, 2);
      g_autoptr (GByteArray) srtcp = srtp_pair_protect_rtcp (pair->sender, report);

      srtp_assert_outcome (srtp_pair_receive_rtp (pair->receiver, packet),
                           TEGATA_SRTP_OK);
      srtp_assert_outcome (srtp_pair_receive_rtcp (pair->receiver, srtcp),
                           TEGATA_SRTP_OK);
      srtp_assert_outcome (srtp_pair_receive_rtp (pair->receiver, packet),
                           TEGATA_SRTP_REPLAYED);
    }
  }
}

/* Nothing is used up by a buffer that is too small: with room the same packet passes. */
static void
small_output_is_refused_and_costs_nothing (TegataSrtpProfile profile)
{
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
  {
    g_autoptr (SrtpPair) pair = srtp_pair_new (profile);
    g_autoptr (GByteArray) plain = new_packet (&kinds[i], 9, 40);
    gsize full = plain->len + kinds[i].get_overhead (profile);
    g_autofree guint8 *packet = g_malloc0 (full);
    g_autofree guint8 *received = g_malloc0 (full);
    gsize len = 77;

    for (gsize room = 0; room < full; room++)
    {
      srtp_assert_outcome (
          kinds[i].protect (pair->sender, plain->data, plain->len, packet, room, &len),
          TEGATA_SRTP_NO_SPACE);
    }
    g_assert_cmpuint (len, ==, 77);
    srtp_assert_outcome (
        kinds[i].protect (pair->sender, plain->data, plain->len, packet, full, &len),
        TEGATA_SRTP_OK);

    for (gsize room = 0; room < full; room++)
    {
      srtp_assert_outcome (
          kinds[i].unprotect (pair->receiver, packet, full, received, room, &len),
          TEGATA_SRTP_NO_SPACE);
    }
    g_assert_cmpuint (len, ==, full);
    srtp_assert_outcome (
        kinds[i].unprotect (pair->receiver, packet, full, received, full, &len),
        TEGATA_SRTP_OK);
    g_assert_cmpmem (received, len, plain->data, plain->len);
  }
}

static void
key_expires_after_its_lifetime (TegataSrtpProfile profile)
{
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
  {
    g_autoptr (SrtpPair) pair = srtp_pair_new (profile);
    g_autoptr (TegataSrtp) late = srtp_pair_new_half (profile, TEGATA_SRTP_OUTBOUND);
    guint8 packet[200];
    guint8 received[200];
    gsize len = 0;

    tegata_srtp_set_lifetime (pair->sender, 5, 5);
    tegata_srtp_set_lifetime (pair->receiver, 5, 5);
    for (guint16 sequence = 0; sequence < 5; sequence++)
    {
      g_autoptr (GByteArray) plain = new_packet (&kinds[i], sequence, 40);

      /* Only what was protected, or was authentic, counts. */
      srtp_assert_outcome (
          kinds[i].protect (pair->sender, plain->data, plain->len, packet, 10, &len),
          TEGATA_SRTP_NO_SPACE);
      srtp_assert_outcome (kinds[i].protect (pair->sender, plain->data, plain->len,
                                             packet, sizeof packet, &len),
                           TEGATA_SRTP_OK);
      packet[len / 2] ^= 1;
      srtp_assert_outcome (
          kinds[i].unprotect (pair->receiver, packet, len, received, len, &len),
          TEGATA_SRTP_AUTH_FAILED);
      packet[len / 2] ^= 1;
      srtp_assert_outcome (
          kinds[i].unprotect (pair->receiver, packet, len, received, len, &len),
          TEGATA_SRTP_OK);
    }

    for (guint16 sequence = 5; sequence < 8; sequence++)
    {
      g_autoptr (GByteArray) plain = new_packet (&kinds[i], sequence, 40);
      gsize late_len = 0;

      memset (received, 0xaa, sizeof received);
      srtp_assert_outcome (kinds[i].protect (pair->sender, plain->data, plain->len,
                                             received, sizeof received, &len),
                           TEGATA_SRTP_KEY_EXPIRED);
      g_assert_cmphex (received[0], ==, 0xaa);
      srtp_assert_outcome (kinds[i].protect (late, plain->data, plain->len, packet,
                                             sizeof packet, &late_len),
                           TEGATA_SRTP_OK);
      srtp_assert_outcome (kinds[i].unprotect (pair->receiver, packet, late_len, received,
                                               sizeof received, &len),
                           TEGATA_SRTP_KEY_EXPIRED);
    }
  }
}

/* RTP and RTCP have keys of their own, so a lifetime each. */
static void
expiry_of_rtcp_leaves_rtp_alone (TegataSrtpProfile profile)
{
  g_autoptr (SrtpPair) pair = srtp_pair_new (profile);
  g_autoptr (GByteArray) packet = NULL;
  g_autoptr (GByteArray) report = srtp_pair_rtcp (SSRC, 2);
  guint8 out[200];
  gsize len;

  tegata_srtp_set_lifetime (pair->sender, 1, 0);
  srtp_assert_outcome (tegata_srtp_protect_rtcp (pair->sender, report->data, report->len,
                                                 out, sizeof out, &len),
                       TEGATA_SRTP_KEY_EXPIRED);
  packet = srtp_pair_send_rtp (pair, SSRC, 1);
  srtp_assert_outcome (srtp_pair_receive_rtp (pair->receiver, packet), TEGATA_SRTP_OK);
}

static void
statistics_count_each_outcome_once (TegataSrtpProfile profile)
{
  g_autoptr (SrtpPair) pair = srtp_pair_new (profile);
  g_autoptr (GByteArray) packet = srtp_pair_send_rtp (pair, SSRC, 1);
  g_autoptr (GByteArray) report = srtp_pair_rtcp (SSRC, 2);
  g_autoptr (GByteArray) srtcp = srtp_pair_protect_rtcp (pair->sender, report);
  TegataSrtpStats expected = { 0 };
  TegataSrtpStats stats;
  guint8 small[1];
  gsize len;

  expected.rtp[TEGATA_SRTP_OK] = expected.rtcp[TEGATA_SRTP_OK] = 1;
  expected.rtp_bytes = packet->len;
  expected.rtcp_bytes = srtcp->len;
  tegata_srtp_get_stats (pair->sender, &stats);
  g_assert_cmpmem (&stats, sizeof stats, &expected, sizeof expected);

  srtp_pair_receive_rtp (pair->receiver, packet);
  srtp_pair_receive_rtp (pair->receiver, packet);
  srtp_pair_receive_rtp (pair->receiver, packet);
  srtp_pair_receive_rtcp (pair->receiver, srtcp);
  srtp_pair_receive_rtcp (pair->receiver, srtcp);
  tegata_srtp_unprotect_rtp (pair->receiver, packet->data, packet->len, small, 1, &len);
  tegata_srtp_unprotect_rtcp (pair->receiver, packet->data, 3, small, 1, &len);
  packet->data[3] += 1;
  srtp_pair_receive_rtp (pair->receiver, packet);

  expected.rtp[TEGATA_SRTP_REPLAYED] = 2;
  expected.rtcp[TEGATA_SRTP_REPLAYED] = 1;
  expected.rtp[TEGATA_SRTP_NO_SPACE] = 1;
  expected.rtcp[TEGATA_SRTP_MALFORMED] = 1;
  expected.rtp[TEGATA_SRTP_AUTH_FAILED] = 1;
  tegata_srtp_get_stats (pair->receiver, &stats);
  g_assert_cmpmem (&stats, sizeof stats, &expected, sizeof expected);
}

typedef struct
{
  TegataSrtp *srtp;
  int is_done; /* atomic */
} Reader;

/* Counts only grow. */
static gpointer
read_statistics (gpointer data)
{
  Reader *reader = data;
  guint64 n_last = 0;
  guint64 n_bytes_last = 0;

  while (!g_atomic_int_get (&reader->is_done))
  {
    TegataSrtpStats stats;

    tegata_srtp_get_stats (reader->srtp, &stats);
    g_assert_cmpuint (stats.rtp[TEGATA_SRTP_OK], >=, n_last);
    g_assert_cmpuint (stats.rtp_bytes, >=, n_bytes_last);
    n_last = stats.rtp[TEGATA_SRTP_OK];
    n_bytes_last = stats.rtp_bytes;
  }
  return NULL;
}

static void
statistics_may_be_read_meanwhile (TegataSrtpProfile profile)
{
  g_autoptr (SrtpPair) pair = srtp_pair_new (profile);
  Reader reader = { pair->sender, FALSE };
  GThread *thread = g_thread_new ("reader", read_statistics, &reader);

  for (guint16 sequence = 0; sequence < 2000; sequence++)
  {
    g_byte_array_unref (srtp_pair_send_rtp (pair, SSRC, sequence));
  }
  g_atomic_int_set (&reader.is_done, TRUE);
  g_thread_join (thread);
}

/* An object of the other direction is a programmer's error, and is not counted. */
static void
wrong_direction_is_a_programmers_error (TegataSrtpProfile profile)
{
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
  {
    g_autoptr (SrtpPair) pair = srtp_pair_new (profile);
    g_autoptr (GByteArray) plain = new_packet (&kinds[i], 1, 40);
    TegataSrtpStats expected = { 0 };
    TegataSrtpStats stats;
    guint8 out[200];
    gsize len;

    g_test_expect_message ("tegata", G_LOG_LEVEL_CRITICAL, "*TEGATA_SRTP_INBOUND*");
    kinds[i].unprotect (pair->sender, plain->data, plain->len, out, sizeof out, &len);
    g_test_assert_expected_messages ();
    g_test_expect_message ("tegata", G_LOG_LEVEL_CRITICAL, "*TEGATA_SRTP_OUTBOUND*");
    kinds[i].protect (pair->receiver, plain->data, plain->len, out, sizeof out, &len);
    g_test_assert_expected_messages ();

    tegata_srtp_get_stats (pair->sender, &stats);
    g_assert_cmpmem (&stats, sizeof stats, &expected, sizeof expected);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/srtp/profile/names-are-parsed", profile_names_are_parsed);
  g_test_add_func ("/srtp/profile/malformed-names-are-refused-by-name",
                   malformed_profile_names_are_refused_by_name);
  g_test_add_func ("/srtp/profile/no-profile-has-no-lengths", no_profile_has_no_lengths);
  g_test_add_func ("/srtp/outcome/every-one-has-words-of-its-own",
                   every_outcome_has_words_of_its_own);
  srtp_pair_add_test ("key-of-another-length-is-refused",
                      key_of_another_length_is_refused);
  srtp_pair_add_test ("every-size-passes-in-place-and-between-buffers",
                      every_size_passes_in_place_and_between_buffers);
  srtp_pair_add_test ("payload-is-hidden-and-the-header-is-not",
                      payload_is_hidden_and_the_header_is_not);
  srtp_pair_add_test ("many-sources-share-a-key", many_sources_share_a_key);
  srtp_pair_add_test ("small-output-is-refused-and-costs-nothing",
                      small_output_is_refused_and_costs_nothing);
  srtp_pair_add_test ("key-expires-after-its-lifetime", key_expires_after_its_lifetime);
  srtp_pair_add_test ("expiry-of-rtcp-leaves-rtp-alone", expiry_of_rtcp_leaves_rtp_alone);
  srtp_pair_add_test ("statistics-count-each-outcome-once",
                      statistics_count_each_outcome_once);
  srtp_pair_add_test ("statistics-may-be-read-meanwhile",
                      statistics_may_be_read_meanwhile);
  srtp_pair_add_test ("wrong-direction-is-a-programmers-error",
                      wrong_direction_is_a_programmers_error);

  return g_test_run ();
}
