/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "srtp/srtp-transform.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

/* AEAD_AES_128_GCM and AEAD_AES_256_GCM by EVP: the key is set once, only the
 * initialisation vector for each packet. */

#define IV_LEN 12
#define SALT_LEN 12

typedef struct
{
  EVP_CIPHER_CTX *ctx;
  guint8 salt[SALT_LEN];
} Keyed;

static void
free_keyed (gpointer keyed)
{
  Keyed *self = keyed;

  EVP_CIPHER_CTX_free (self->ctx);
  OPENSSL_cleanse (self, sizeof *self);
  g_free (self);
}

static gpointer
new_keyed (const TegataSrtpSessionKeys *keys)
{
  const EVP_CIPHER *cipher
      = keys->cipher_key_len == 32 ? EVP_aes_256_gcm () : EVP_aes_128_gcm ();
  Keyed *self = g_new0 (Keyed, 1);

  memcpy (self->salt, keys->salt, sizeof self->salt);
  self->ctx = EVP_CIPHER_CTX_new ();
  if (self->ctx == NULL
      || EVP_EncryptInit_ex (self->ctx, cipher, NULL, keys->cipher_key, NULL) != 1)
  {
    free_keyed (self);
    return NULL;
  }
  return self;
}

/* The vector (RFC 7714 sections 8.1 and 9.1), then the additional data. */
static gboolean
begin (Keyed *self, const TegataSrtpPacket *packet, int encrypts)
{
  guint8 iv[IV_LEN];
  int len;

  tegata_srtp_fill_iv (iv, 2, self->salt, SALT_LEN, packet);
  return EVP_CipherInit_ex (self->ctx, NULL, NULL, NULL, iv, encrypts) == 1
         && EVP_CipherUpdate (self->ctx, NULL, &len, packet->in, (int) packet->head_len)
                == 1
         && (!packet->is_rtcp
             || EVP_CipherUpdate (self->ctx, NULL, &len, packet->word,
                                  sizeof packet->word)
                    == 1);
}

static gboolean
transform (Keyed *self, const TegataSrtpPacket *packet)
{
  gsize body_len = packet->len - packet->head_len;
  int len;

  if (packet->out != packet->in)
  {
    memcpy (packet->out, packet->in, packet->head_len);
  }
  return body_len == 0
         || EVP_CipherUpdate (self->ctx, packet->out + packet->head_len, &len,
                              packet->in + packet->head_len, (int) body_len)
                == 1;
}

static gboolean
protect (gpointer keyed, const TegataSrtpPacket *packet, guint8 *tag)
{
  Keyed *self = keyed;
  guint8 none[EVP_MAX_BLOCK_LENGTH];
  int len;

  return begin (self, packet, 1) && transform (self, packet)
         && EVP_CipherFinal_ex (self->ctx, none, &len) == 1
         && EVP_CIPHER_CTX_ctrl (self->ctx, EVP_CTRL_AEAD_GET_TAG, (int) packet->tag_len,
                                 tag)
                == 1;
}

static gboolean
unprotect (gpointer keyed, const TegataSrtpPacket *packet, const guint8 *tag)
{
  Keyed *self = keyed;
  guint8 expected[TEGATA_SRTP_MAX_TAG_LEN];
  guint8 none[EVP_MAX_BLOCK_LENGTH];
  int len;

  memcpy (expected, tag, packet->tag_len);
  if (begin (self, packet, 0)
      && EVP_CIPHER_CTX_ctrl (self->ctx, EVP_CTRL_AEAD_SET_TAG, (int) packet->tag_len,
                              expected)
             == 1
      && transform (self, packet) && EVP_CipherFinal_ex (self->ctx, none, &len) == 1)
  {
    return TRUE;
  }
  OPENSSL_cleanse (packet->out + packet->head_len, packet->len - packet->head_len);
  return FALSE;
}

const TegataSrtpTransform tegata_srtp_gcm = {
  .new_keyed = new_keyed,
  .free_keyed = free_keyed,
  .protect = protect,
  .unprotect = unprotect,
};
