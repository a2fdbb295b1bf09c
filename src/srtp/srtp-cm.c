/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "srtp/srtp-hmac.h"
#include "srtp/srtp-transform.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

/*
 * AES in counter mode with HMAC-SHA1 (RFC 3711 sections 4.1.1 and 4.2.1). The key stream
 * is made by AES-ECB over the counters, which needs no new initialisation for a packet:
 * EVP's CTR mode does, at 60 ns and more each.
 */

#define BLOCK_LEN 16
#define CHUNK_BLOCKS 96 /* of the longest usual packet, in one go */

typedef struct
{
  EVP_CIPHER_CTX *ecb;
  TegataSrtpHmac *hmac;
  guint8 salt[TEGATA_SRTP_MAX_SALT_LEN];
} Keyed;

static void
free_keyed (gpointer keyed)
{
  Keyed *self = keyed;

  EVP_CIPHER_CTX_free (self->ecb);
  if (self->hmac != NULL)
  {
    tegata_srtp_hmac_free (self->hmac);
  }
  OPENSSL_cleanse (self, sizeof *self);
  g_free (self);
}

static gpointer
new_keyed (const TegataSrtpSessionKeys *keys)
{
  Keyed *self = g_new0 (Keyed, 1);

  memcpy (self->salt, keys->salt, sizeof self->salt);
  self->ecb = EVP_CIPHER_CTX_new ();
  self->hmac = tegata_srtp_hmac_new (keys->auth_key, sizeof keys->auth_key);
  if (self->ecb == NULL || self->hmac == NULL
      || EVP_EncryptInit_ex (self->ecb, EVP_aes_128_ecb (), NULL, keys->cipher_key, NULL)
             != 1
      || EVP_CIPHER_CTX_set_padding (self->ecb, 0) != 1)
  {
    free_keyed (self);
    return NULL;
  }
  return self;
}

static void
xor_stream (guint8 *out, const guint8 *in, const guint8 *stream, gsize len)
{
  gsize i = 0;

  for (; i + sizeof (guint64) <= len; i += sizeof (guint64))
  {
    guint64 word;
    guint64 with;

    memcpy (&word, in + i, sizeof word);
    memcpy (&with, stream + i, sizeof with);
    word ^= with;
    memcpy (out + i, &word, sizeof word);
  }
  for (; i < len; i++)
  {
    /* The analyser does not see EVP write it. */
    out[i]
        = in[i] ^ stream[i]; // NOLINT(clang-analyzer-core.UndefinedBinaryOperatorResult)
  }
}

/* Encrypts or decrypts what follows the head. A datagram has less than 2^16 blocks. */
static gboolean
apply_stream (Keyed *self, const TegataSrtpPacket *packet)
{
  guint8 iv[BLOCK_LEN] = { 0 };
  guint8 stream[CHUNK_BLOCKS * BLOCK_LEN];
  guint block = 0;
  gsize at = packet->head_len;
  gboolean is_done = TRUE;

  tegata_srtp_fill_iv (iv, 4, self->salt, sizeof self->salt, packet);
  while (at < packet->len && is_done)
  {
    gsize n = MIN (packet->len - at, sizeof stream);
    int stream_len = (int) ((n + BLOCK_LEN - 1) / BLOCK_LEN * BLOCK_LEN);
    int len;

    for (int i = 0; i < stream_len; i += BLOCK_LEN, block++)
    {
      memcpy (stream + i, iv, BLOCK_LEN);
      stream[i + 14] = (guint8) (block >> 8);
      stream[i + 15] = (guint8) block;
    }
    is_done = EVP_EncryptUpdate (self->ecb, stream, &len, stream, stream_len) == 1;
    if (is_done)
    {
      xor_stream (packet->out + at, packet->in + at, stream, n);
    }
    at += n;
  }
  return is_done;
}

static void
copy_head (const TegataSrtpPacket *packet)
{
  if (packet->out != packet->in)
  {
    memcpy (packet->out, packet->in, packet->head_len);
  }
}

static gboolean
protect (gpointer keyed, const TegataSrtpPacket *packet, guint8 *tag)
{
  Keyed *self = keyed;
  guint8 mac[TEGATA_SRTP_SHA1_LEN];

  copy_head (packet);
  if (!apply_stream (self, packet)
      || !tegata_srtp_hmac_compute (self->hmac, packet->out, packet->len, packet->word,
                                    mac))
  {
    return FALSE;
  }
  memcpy (tag, mac, packet->tag_len);
  return TRUE;
}

static gboolean
unprotect (gpointer keyed, const TegataSrtpPacket *packet, const guint8 *tag)
{
  Keyed *self = keyed;
  guint8 mac[TEGATA_SRTP_SHA1_LEN];

  if (!tegata_srtp_hmac_compute (self->hmac, packet->in, packet->len, packet->word, mac)
      || CRYPTO_memcmp (mac, tag, packet->tag_len) != 0)
  {
    return FALSE;
  }
  copy_head (packet);
  return apply_stream (self, packet);
}

const TegataSrtpTransform tegata_srtp_cm = {
  .new_keyed = new_keyed,
  .free_keyed = free_keyed,
  .protect = protect,
  .unprotect = unprotect,
};
