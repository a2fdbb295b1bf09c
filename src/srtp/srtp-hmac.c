/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "srtp/srtp-hmac.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#define BLOCK_LEN 64

/* EVP_MAC would hash both blocks for every packet anew: 150 ns of 275 for a packet of 60
 * bytes. */
struct _TegataSrtpHmac
{
  EVP_MD_CTX *inner; /* has hashed the key with ipad */
  EVP_MD_CTX *outer; /* has hashed the key with opad */
  EVP_MD_CTX *scratch;
};

static EVP_MD_CTX *
hash_key (const guint8 *key, gsize key_len, guint8 pad)
{
  EVP_MD_CTX *ctx = EVP_MD_CTX_new ();
  guint8 block[BLOCK_LEN];

  memset (block, pad, sizeof block);
  for (gsize i = 0; i < key_len; i++)
  {
    block[i] ^= key[i];
  }
  if (ctx != NULL
      && (EVP_DigestInit_ex (ctx, EVP_sha1 (), NULL) != 1
          || EVP_DigestUpdate (ctx, block, sizeof block) != 1))
  {
    EVP_MD_CTX_free (ctx);
    ctx = NULL;
  }
  OPENSSL_cleanse (block, sizeof block);
  return ctx;
}

TegataSrtpHmac *
tegata_srtp_hmac_new (const guint8 *key, gsize key_len)
{
  TegataSrtpHmac *self = g_new0 (TegataSrtpHmac, 1);

  g_assert (key_len <= BLOCK_LEN);
  self->inner = hash_key (key, key_len, 0x36);
  self->outer = hash_key (key, key_len, 0x5c);
  self->scratch = EVP_MD_CTX_new ();
  if (self->inner == NULL || self->outer == NULL || self->scratch == NULL)
  {
    tegata_srtp_hmac_free (self);
    return NULL;
  }
  return self;
}

void
tegata_srtp_hmac_free (TegataSrtpHmac *self)
{
  EVP_MD_CTX_free (self->inner);
  EVP_MD_CTX_free (self->outer);
  EVP_MD_CTX_free (self->scratch);
  g_free (self);
}

gboolean
tegata_srtp_hmac_compute (TegataSrtpHmac *self,
                          const guint8 *bytes,
                          gsize len,
                          const guint8 word[4],
                          guint8 mac[TEGATA_SRTP_SHA1_LEN])
{
  return EVP_MD_CTX_copy_ex (self->scratch, self->inner) == 1
         && EVP_DigestUpdate (self->scratch, bytes, len) == 1
         && EVP_DigestUpdate (self->scratch, word, 4) == 1
         && EVP_DigestFinal_ex (self->scratch, mac, NULL) == 1
         && EVP_MD_CTX_copy_ex (self->scratch, self->outer) == 1
         && EVP_DigestUpdate (self->scratch, mac, TEGATA_SRTP_SHA1_LEN) == 1
         && EVP_DigestFinal_ex (self->scratch, mac, NULL) == 1;
}
