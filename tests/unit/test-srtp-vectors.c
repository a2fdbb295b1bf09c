/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rfc3711.h"
#include "rfc7714.h"
#include "support/srtp-pair.h"
#include "support/srtp-reference.h"

#include <string.h>

#define SSRC 0x4d617273u

static GByteArray *
from_hex (const char *hex)
{
  GByteArray *bytes = g_byte_array_new ();

  for (const char *at = hex; *at != '\0'; at += 2)
  {
    guint8 byte
        = (guint8) (g_ascii_xdigit_value (at[0]) << 4 | g_ascii_xdigit_value (at[1]));

    g_byte_array_append (bytes, &byte, 1);
  }
  return bytes;
}

static void
assert_bytes (const GByteArray *bytes, const GByteArray *expected)
{
  g_assert_cmpmem (bytes->data, bytes->len, expected->data, expected->len);
}

static void
key_stream_is_that_of_rfc3711 (void)
{
  g_autoptr (GByteArray) key = from_hex (RFC3711_B2_KEY);
  g_autoptr (GByteArray) iv = from_hex (RFC3711_B2_IV);
  gsize len = 0xff02 * 16;
  g_autofree guint8 *stream = g_malloc (len);

  srtp_reference_key_stream (key->data, key->len, iv->data, stream, len);
  for (gsize i = 0; i < G_N_ELEMENTS (rfc3711_b2); i++)
  {
    g_autoptr (GByteArray) expected = from_hex (rfc3711_b2[i].key_stream);

    g_assert_cmpmem (stream + 16 * rfc3711_b2[i].block, 16, expected->data,
                     expected->len);
  }
}

static void
derivation_is_that_of_rfc3711 (void)
{
  g_autoptr (GByteArray) key = from_hex (RFC3711_B3_MASTER_KEY);
  g_autoptr (GByteArray) salt = from_hex (RFC3711_B3_MASTER_SALT);

  for (gsize i = 0; i < G_N_ELEMENTS (rfc3711_b3); i++)
  {
    g_autoptr (GByteArray) expected = from_hex (rfc3711_b3[i].derived);
    guint8 derived[94];

    srtp_reference_derive (key->data, key->len, salt->data, salt->len,
                           rfc3711_b3[i].label, derived, expected->len);
    g_assert_cmpmem (derived, expected->len, expected->data, expected->len);
  }
}

static void
gcm_is_that_of_rfc7714 (void)
{
  g_autoptr (GByteArray) key = from_hex (RFC7714_KEY);
  g_autoptr (GByteArray) salt = from_hex (RFC7714_SALT);
  g_autoptr (GByteArray) rtp = from_hex (RFC7714_RTP);
  g_autoptr (GByteArray) rtcp = from_hex (RFC7714_RTCP);

  for (gsize i = 0; i < G_N_ELEMENTS (rfc7714); i++)
  {
    g_autoptr (GByteArray) srtp = from_hex (rfc7714[i].srtp);
    g_autoptr (GByteArray) srtcp = from_hex (rfc7714[i].srtcp);
    g_autoptr (GByteArray) sealed_rtp = NULL;
    g_autoptr (GByteArray) sealed_rtcp = NULL;
    SrtpReferenceKeys keys = { .is_gcm = TRUE, .tag_len = 16 };

    keys.cipher_key_len = rfc7714[i].key_len;
    memcpy (keys.cipher_key, key->data, keys.cipher_key_len);
    memcpy (keys.salt, salt->data, salt->len);
    sealed_rtp = srtp_reference_protect_rtp (&keys, rtp->data, rtp->len, 12, 0);
    sealed_rtcp
        = srtp_reference_protect_rtcp (&keys, rtcp->data, rtcp->len, RFC7714_RTCP_INDEX);
    assert_bytes (sealed_rtp, srtp);
    assert_bytes (sealed_rtcp, srtcp);
  }
}

/* Two CSRCs and a header extension of one word: all of it stays readable. */
static GByteArray *
rtp_with_long_header (guint16 sequence)
{
  GByteArray *packet = from_hex ("9260000000000000"
                                 "4d617273"
                                 "0000000a0000000b"
                                 "bede000110aa0000"
                                 "0123456789abcdef0011");

  packet->data[2] = (guint8) (sequence >> 8);
  packet->data[3] = (guint8) sequence;
  return packet;
}

static void
rtp_is_byte_for_byte_the_reference (TegataSrtpProfile profile)
{
  static const guint32 rocs[] = { 0, 1, 0x1234567 };
  SrtpReferenceKeys keys;

  srtp_reference_keys_init (&keys, profile, FALSE, srtp_pair_key);
  for (gsize i = 0; i < G_N_ELEMENTS (rocs); i++)
  {
    g_autoptr (SrtpPair) pair = srtp_pair_new (profile);
    g_autoptr (GByteArray) plain = srtp_pair_rtp (SSRC, 0x8123, 333);
    g_autoptr (GByteArray) plain_long = rtp_with_long_header (0x8124);
    g_autoptr (GByteArray) expected = NULL;
    g_autoptr (GByteArray) expected_long = NULL;
    g_autoptr (GByteArray) ours = NULL;
    g_autoptr (GByteArray) ours_long = NULL;

    g_assert_true (tegata_srtp_set_roc (pair->sender, SSRC, rocs[i]));
    g_assert_true (tegata_srtp_set_roc (pair->receiver, SSRC, rocs[i]));
    expected = srtp_reference_protect_rtp (&keys, plain->data, plain->len, 12, rocs[i]);
    expected_long = srtp_reference_protect_rtp (&keys, plain_long->data, plain_long->len,
                                                28, rocs[i]);
    ours = srtp_pair_protect_rtp (pair->sender, plain);
    ours_long = srtp_pair_protect_rtp (pair->sender, plain_long);
    assert_bytes (ours, expected);
    assert_bytes (ours_long, expected_long);
    srtp_assert_outcome (srtp_pair_receive_rtp (pair->receiver, expected),
                         TEGATA_SRTP_OK);
    srtp_assert_outcome (srtp_pair_receive_rtp (pair->receiver, expected_long),
                         TEGATA_SRTP_OK);
  }
}

/* RFC 3711 lets the index begin at 0; ours, as that of every libsrtp, begins at 1. */
static void
rtcp_is_byte_for_byte_the_reference (TegataSrtpProfile profile)
{
  g_autoptr (SrtpPair) pair = srtp_pair_new (profile);
  SrtpReferenceKeys keys;

  srtp_reference_keys_init (&keys, profile, TRUE, srtp_pair_key);
  for (guint32 index = 1; index <= 40; index++)
  {
    g_autoptr (GByteArray) plain = srtp_pair_rtcp (SSRC, index);
    g_autoptr (GByteArray) expected
        = srtp_reference_protect_rtcp (&keys, plain->data, plain->len, index);
    g_autoptr (GByteArray) ours = srtp_pair_protect_rtcp (pair->sender, plain);

    assert_bytes (ours, expected);
    srtp_assert_outcome (srtp_pair_receive_rtcp (pair->receiver, expected),
                         TEGATA_SRTP_OK);
  }
}

/* The last index there is, and 0, which a peer may begin with. */
static void
rtcp_takes_the_whole_range_of_indices (TegataSrtpProfile profile)
{
  static const guint32 indices[] = { 0, 1, 0x10000, 0x7ffffffe, 0x7fffffff };
  g_autoptr (TegataSrtp) receiver = srtp_pair_new_half (profile, TEGATA_SRTP_INBOUND);
  SrtpReferenceKeys keys;

  srtp_reference_keys_init (&keys, profile, TRUE, srtp_pair_key);
  for (gsize i = 0; i < G_N_ELEMENTS (indices); i++)
  {
    g_autoptr (GByteArray) plain = srtp_pair_rtcp (SSRC, 3);
    g_autoptr (GByteArray) packet
        = srtp_reference_protect_rtcp (&keys, plain->data, plain->len, indices[i]);

    srtp_assert_outcome (srtp_pair_receive_rtcp (receiver, packet), TEGATA_SRTP_OK);
    srtp_assert_outcome (srtp_pair_receive_rtcp (receiver, packet), TEGATA_SRTP_REPLAYED);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/srtp/reference/key-stream-is-that-of-rfc3711",
                   key_stream_is_that_of_rfc3711);
  g_test_add_func ("/srtp/reference/derivation-is-that-of-rfc3711",
                   derivation_is_that_of_rfc3711);
  g_test_add_func ("/srtp/reference/gcm-is-that-of-rfc7714", gcm_is_that_of_rfc7714);
  srtp_pair_add_test ("rtp-is-byte-for-byte-the-reference",
                      rtp_is_byte_for_byte_the_reference);
  srtp_pair_add_test ("rtcp-is-byte-for-byte-the-reference",
                      rtcp_is_byte_for_byte_the_reference);
  srtp_pair_add_test ("rtcp-takes-the-whole-range-of-indices",
                      rtcp_takes_the_whole_range_of_indices);

  return g_test_run ();
}
