/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support/srtp-pair.h"

#include "base/bytes.h"

static const TegataSrtpBackend *const backends[]
    = { &tegata_srtp_libsrtp2, &tegata_srtp_native };

/* Whose turn it is. */
static const TegataSrtpBackend *current = &tegata_srtp_libsrtp2;

const TegataSrtpProfile srtp_pair_profiles[4] = {
  TEGATA_SRTP_AEAD_AES_128_GCM,
  TEGATA_SRTP_AEAD_AES_256_GCM,
  TEGATA_SRTP_AES128_CM_HMAC_SHA1_80,
  TEGATA_SRTP_AES128_CM_HMAC_SHA1_32,
};

const guint8 srtp_pair_key[TEGATA_SRTP_MAX_KEY_LEN] = {
  0x5a, 0x01, 0xc3, 0x84, 0x15, 0xe6, 0x97, 0x28, 0xf9, 0x0a, 0x5b,
  0xdc, 0x3d, 0xee, 0x6f, 0x40, 0xb1, 0x72, 0x03, 0x94, 0x45, 0x36,
  0xc7, 0x88, 0x29, 0xfa, 0x1b, 0x6c, 0xad, 0x5e, 0x0f, 0xd0, 0x31,
  0xe2, 0x83, 0x14, 0xa5, 0x76, 0x47, 0xb8, 0xc9, 0x9a, 0x2b, 0x6d,
};

TegataSrtp *
srtp_pair_new_half (TegataSrtpProfile profile, TegataSrtpDirection direction)
{
  g_autoptr (GError) error = NULL;
  TegataSrtp *half
      = tegata_srtp_new_on (current, profile, direction, srtp_pair_key,
                            tegata_srtp_profile_get_key_len (profile), &error);

  g_assert_no_error (error);
  g_assert_nonnull (half);
  return half;
}

SrtpPair *
srtp_pair_new (TegataSrtpProfile profile)
{
  SrtpPair *pair = g_new0 (SrtpPair, 1);

  pair->sender = srtp_pair_new_half (profile, TEGATA_SRTP_OUTBOUND);
  pair->receiver = srtp_pair_new_half (profile, TEGATA_SRTP_INBOUND);
  return pair;
}

void
srtp_pair_free (SrtpPair *pair)
{
  tegata_srtp_free (pair->sender);
  tegata_srtp_free (pair->receiver);
  g_free (pair);
}

typedef struct
{
  const TegataSrtpBackend *backend;
  SrtpPairTest test;
  TegataSrtpProfile profile;
} TestCase;

static void
run_test (gconstpointer data)
{
  const TestCase *test_case = data;

  current = test_case->backend;
  test_case->test (test_case->profile);
}

const TegataSrtpBackend *
srtp_pair_get_backend (void)
{
  return current;
}

static void
add_case (const TegataSrtpBackend *backend,
          const char *name,
          SrtpPairTest test,
          TegataSrtpProfile profile)
{
  TestCase *test_case = g_new0 (TestCase, 1);
  g_autofree char *path = g_strdup_printf ("/srtp/%s/%s/%s", backend->name, name,
                                           tegata_srtp_profile_to_string (profile));

  test_case->backend = backend;
  test_case->test = test;
  test_case->profile = profile;
  g_test_add_data_func_full (path, test_case, run_test, g_free);
}

void
srtp_pair_add_test (const char *name, SrtpPairTest test)
{
  for (gsize i = 0; i < G_N_ELEMENTS (backends) * G_N_ELEMENTS (srtp_pair_profiles); i++)
  {
    add_case (backends[i / G_N_ELEMENTS (srtp_pair_profiles)], name, test,
              srtp_pair_profiles[i % G_N_ELEMENTS (srtp_pair_profiles)]);
  }
}

static void
write_u32 (GByteArray *array, guint32 value)
{
  tegata_write_u16 (array, (guint16) (value >> 16));
  tegata_write_u16 (array, (guint16) value);
}

GByteArray *
srtp_pair_rtp (guint32 ssrc, guint16 sequence, gsize payload_len)
{
  GByteArray *packet = g_byte_array_new ();

  tegata_write_u8 (packet, 0x80);
  tegata_write_u8 (packet, 96);
  tegata_write_u16 (packet, sequence);
  write_u32 (packet, sequence * 3000u);
  write_u32 (packet, ssrc);
  for (gsize i = 0; i < payload_len; i++)
  {
    tegata_write_u8 (packet, (guint8) (sequence + 7 * i));
  }
  return packet;
}

GByteArray *
srtp_pair_rtcp (guint32 ssrc, guint n_words)
{
  GByteArray *packet = g_byte_array_new ();

  tegata_write_u8 (packet, 0x80);
  tegata_write_u8 (packet, 200);
  tegata_write_u16 (packet, 6);
  write_u32 (packet, ssrc);
  for (guint32 i = 0; i < 5; i++)
  {
    write_u32 (packet, 0x01020304u * i);
  }
  tegata_write_u8 (packet, 0x81);
  tegata_write_u8 (packet, 202);
  tegata_write_u16 (packet, (guint16) n_words);
  for (guint i = 0; i < n_words; i++)
  {
    write_u32 (packet, ssrc + i);
  }
  return packet;
}

typedef TegataSrtpOutcome (
    *Transform) (TegataSrtp *, const guint8 *, gsize, guint8 *, gsize, gsize *);

static GByteArray *
protect (TegataSrtp *sender, Transform transform, const GByteArray *plain)
{
  GByteArray *out = g_byte_array_new ();
  gsize len = 0;

  g_byte_array_set_size (out, plain->len + TEGATA_SRTP_MAX_OVERHEAD);
  srtp_assert_outcome (
      transform (sender, plain->data, plain->len, out->data, out->len, &len),
      TEGATA_SRTP_OK);
  g_byte_array_set_size (out, (guint) len);
  return out;
}

GByteArray *
srtp_pair_protect_rtp (TegataSrtp *sender, const GByteArray *plain)
{
  return protect (sender, tegata_srtp_protect_rtp, plain);
}

GByteArray *
srtp_pair_protect_rtcp (TegataSrtp *sender, const GByteArray *plain)
{
  return protect (sender, tegata_srtp_protect_rtcp, plain);
}

GByteArray *
srtp_pair_send_rtp (SrtpPair *pair, guint32 ssrc, guint16 sequence)
{
  g_autoptr (GByteArray) plain = srtp_pair_rtp (ssrc, sequence, 20);

  return srtp_pair_protect_rtp (pair->sender, plain);
}

/* The copies are as long as the packet, so that a sanitizer sees a read beyond it. */
static TegataSrtpOutcome
receive (TegataSrtp *receiver, Transform transform, const GByteArray *packet)
{
  g_autofree guint8 *in = g_memdup2 (packet->data, packet->len);
  g_autofree guint8 *out = g_malloc0 (MAX (packet->len, 1));
  gsize len = 0;

  return transform (receiver, in, packet->len, out, packet->len, &len);
}

TegataSrtpOutcome
srtp_pair_receive_rtp (TegataSrtp *receiver, const GByteArray *packet)
{
  return receive (receiver, tegata_srtp_unprotect_rtp, packet);
}

TegataSrtpOutcome
srtp_pair_receive_rtcp (TegataSrtp *receiver, const GByteArray *packet)
{
  return receive (receiver, tegata_srtp_unprotect_rtcp, packet);
}
