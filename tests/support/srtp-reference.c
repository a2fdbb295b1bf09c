/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support/srtp-reference.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#define RTCP_HEADER_LEN 8
#define GCM_IV_LEN 12
#define GCM_TAG_LEN 16
#define E_BIT 0x80000000u

static void
put_number (guint8 *at, gsize n_bytes, guint64 value)
{
  for (gsize i = 0; i < n_bytes; i++)
  {
    at[i] = (guint8) (value >> (8 * (n_bytes - 1 - i)));
  }
}

static void
xor_bytes (guint8 *at, const guint8 *with, gsize len)
{
  for (gsize i = 0; i < len; i++)
  {
    at[i] ^= with[i];
  }
}

/* In place. */
static void
apply_ctr (const guint8 *key,
           gsize key_len,
           const guint8 iv[16],
           guint8 *bytes,
           gsize len)
{
  const EVP_CIPHER *cipher = key_len == 32 ? EVP_aes_256_ctr () : EVP_aes_128_ctr ();
  EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new ();
  int out_len = 0;

  g_assert_true (EVP_EncryptInit_ex (ctx, cipher, NULL, key, iv) == 1);
  g_assert_true (EVP_EncryptUpdate (ctx, bytes, &out_len, bytes, (int) len) == 1);
  g_assert_cmpint (out_len, ==, (int) len);
  EVP_CIPHER_CTX_free (ctx);
}

void
srtp_reference_key_stream (const guint8 *key,
                           gsize key_len,
                           const guint8 iv[16],
                           guint8 *out,
                           gsize out_len)
{
  memset (out, 0, out_len);
  apply_ctr (key, key_len, iv, out, out_len);
}

/* RFC 3711 section 4.3.1 with a key derivation rate of 0; a salt of 96 bits has zeros
 * after it (RFC 7714 section 11). */
void
srtp_reference_derive (const guint8 *master_key,
                       gsize master_key_len,
                       const guint8 *master_salt,
                       gsize master_salt_len,
                       guint8 label,
                       guint8 *out,
                       gsize out_len)
{
  guint8 iv[16] = { 0 };

  memcpy (iv, master_salt, master_salt_len);
  iv[7] ^= label;
  srtp_reference_key_stream (master_key, master_key_len, iv, out, out_len);
}

void
srtp_reference_keys_init (SrtpReferenceKeys *keys,
                          TegataSrtpProfile profile,
                          gboolean is_rtcp,
                          const guint8 *master)
{
  guint8 labels = is_rtcp ? SRTP_REFERENCE_RTCP_LABELS : SRTP_REFERENCE_RTP_LABELS;
  gsize salt_len = tegata_srtp_profile_get_salt_len (profile);
  gsize key_len = tegata_srtp_profile_get_key_len (profile) - salt_len;
  const guint8 *salt = master + key_len;
  gboolean is_short_tag = profile == TEGATA_SRTP_AES128_CM_HMAC_SHA1_32 && !is_rtcp;

  memset (keys, 0, sizeof *keys);
  keys->is_gcm = profile == TEGATA_SRTP_AEAD_AES_128_GCM
                 || profile == TEGATA_SRTP_AEAD_AES_256_GCM;
  keys->cipher_key_len = key_len;
  keys->tag_len = keys->is_gcm ? GCM_TAG_LEN : 10;
  if (is_short_tag)
  {
    keys->tag_len = 4;
  }

  srtp_reference_derive (master, key_len, salt, salt_len, labels, keys->cipher_key,
                         key_len);
  srtp_reference_derive (master, key_len, salt, salt_len, labels + 1, keys->auth_key,
                         sizeof keys->auth_key);
  srtp_reference_derive (master, key_len, salt, salt_len, labels + 2, keys->salt,
                         salt_len);
}

/* RFC 3711 section 4.1.1: salt, SSRC and index, each at its place. */
static void
encrypt_cm (const SrtpReferenceKeys *keys,
            const guint8 *ssrc,
            guint64 index,
            guint8 *bytes,
            gsize len)
{
  guint8 iv[16] = { 0 };

  memcpy (iv + 4, ssrc, 4);
  put_number (iv + 8, 6, index);
  xor_bytes (iv, keys->salt, 14);
  apply_ctr (keys->cipher_key, keys->cipher_key_len, iv, bytes, len);
}

/* Appends the tag of @packet followed by @more. */
static void
append_hmac (const SrtpReferenceKeys *keys, GByteArray *packet, guint32 more)
{
  g_autoptr (GByteArray) signed_part = g_byte_array_new ();
  guint8 word[4];
  guint8 tag[20];
  unsigned int tag_len = 0;

  put_number (word, 4, more);
  g_byte_array_append (signed_part, packet->data, packet->len);
  g_byte_array_append (signed_part, word, sizeof word);
  g_assert_nonnull (HMAC (EVP_sha1 (), keys->auth_key, sizeof keys->auth_key,
                          signed_part->data, signed_part->len, tag, &tag_len));
  g_byte_array_append (packet, tag, (guint) keys->tag_len);
}

/* Encrypts what is in @packet after @header_len and appends the tag. */
static void
seal_gcm (const SrtpReferenceKeys *keys,
          guint8 iv[GCM_IV_LEN],
          GByteArray *packet,
          gsize header_len,
          const guint8 *more_aad,
          gsize more_aad_len)
{
  const EVP_CIPHER *cipher
      = keys->cipher_key_len == 32 ? EVP_aes_256_gcm () : EVP_aes_128_gcm ();
  EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new ();
  guint8 *payload = packet->data + header_len;
  guint8 tag[GCM_TAG_LEN];
  int len = 0;

  xor_bytes (iv, keys->salt, GCM_IV_LEN);
  g_assert_true (EVP_EncryptInit_ex (ctx, cipher, NULL, keys->cipher_key, iv) == 1);
  g_assert_true (EVP_EncryptUpdate (ctx, NULL, &len, packet->data, (int) header_len)
                 == 1);
  if (more_aad_len > 0)
  {
    g_assert_true (EVP_EncryptUpdate (ctx, NULL, &len, more_aad, (int) more_aad_len)
                   == 1);
  }
  g_assert_true (
      EVP_EncryptUpdate (ctx, payload, &len, payload, (int) (packet->len - header_len))
      == 1);
  g_assert_true (EVP_EncryptFinal_ex (ctx, tag, &len) == 1);
  g_assert_true (EVP_CIPHER_CTX_ctrl (ctx, EVP_CTRL_AEAD_GET_TAG, sizeof tag, tag) == 1);
  EVP_CIPHER_CTX_free (ctx);
  g_byte_array_append (packet, tag, sizeof tag);
}

GByteArray *
srtp_reference_protect_rtp (const SrtpReferenceKeys *keys,
                            const guint8 *packet,
                            gsize len,
                            gsize header_len,
                            guint32 roc)
{
  GByteArray *out = g_byte_array_append (g_byte_array_new (), packet, (guint) len);
  guint16 sequence = (guint16) (packet[2] << 8 | packet[3]);
  const guint8 *ssrc = packet + 8;
  guint8 iv[GCM_IV_LEN] = { 0 };

  if (!keys->is_gcm)
  {
    encrypt_cm (keys, ssrc, (guint64) roc << 16 | sequence, out->data + header_len,
                len - header_len);
    append_hmac (keys, out, roc);
    return out;
  }

  /* RFC 7714 section 8.1 */
  memcpy (iv + 2, ssrc, 4);
  put_number (iv + 6, 4, roc);
  put_number (iv + 10, 2, sequence);
  seal_gcm (keys, iv, out, header_len, NULL, 0);
  return out;
}

GByteArray *
srtp_reference_protect_rtcp (const SrtpReferenceKeys *keys,
                             const guint8 *packet,
                             gsize len,
                             guint32 index)
{
  GByteArray *out = g_byte_array_append (g_byte_array_new (), packet, (guint) len);
  const guint8 *ssrc = packet + 4;
  guint8 iv[GCM_IV_LEN] = { 0 };
  guint8 word[4];

  put_number (word, 4, E_BIT | index);
  if (!keys->is_gcm)
  {
    encrypt_cm (keys, ssrc, index, out->data + RTCP_HEADER_LEN, len - RTCP_HEADER_LEN);
    append_hmac (keys, out, E_BIT | index);
    /* RFC 3711 section 3.4: the word stands before its tag. */
    g_byte_array_append (out, word, sizeof word);
    memmove (out->data + len + 4, out->data + len, keys->tag_len);
    memcpy (out->data + len, word, sizeof word);
    return out;
  }

  /* RFC 7714 section 9.1 */
  memcpy (iv + 2, ssrc, 4);
  put_number (iv + 8, 4, index);
  seal_gcm (keys, iv, out, RTCP_HEADER_LEN, word, sizeof word);
  g_byte_array_append (out, word, sizeof word);
  return out;
}
