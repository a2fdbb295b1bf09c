/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "srtp/srtp-keys.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

/* RFC 3711 section 4.3.2: the labels of RTP; those of RTCP come behind them in the same
 * order. */
enum
{
  LABEL_CIPHER_KEY,
  LABEL_AUTH_KEY,
  LABEL_SALT,
  N_LABELS,
};

/* The key stream of AES in counter mode, from the salt with the label in its 8th byte. */
static gboolean
derive (EVP_CIPHER_CTX *ctx,
        const TegataSrtpProfileInfo *info,
        const guint8 *master,
        guint8 label,
        guint8 *out,
        gsize out_len)
{
  static const guint8 zeros[32] = { 0 };
  const EVP_CIPHER *cipher
      = info->cipher_key_len == 32 ? EVP_aes_256_ctr () : EVP_aes_128_ctr ();
  guint8 counter[16] = { 0 };
  int len;

  g_assert (out_len <= sizeof zeros);
  memcpy (counter, master + info->cipher_key_len, info->salt_len);
  counter[7] ^= label;
  return EVP_EncryptInit_ex (ctx, cipher, NULL, master, counter) == 1
         && EVP_EncryptUpdate (ctx, out, &len, zeros, (int) out_len) == 1;
}

gboolean
tegata_srtp_session_keys_derive (TegataSrtpSessionKeys *keys,
                                 const TegataSrtpProfileInfo *info,
                                 const guint8 *master,
                                 gboolean is_rtcp)
{
  EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new ();
  guint8 first = is_rtcp ? N_LABELS : 0;
  gboolean is_derived;

  memset (keys, 0, sizeof *keys);
  keys->cipher_key_len = info->cipher_key_len;
  is_derived
      = ctx != NULL
        && derive (ctx, info, master, first + LABEL_CIPHER_KEY, keys->cipher_key,
                   keys->cipher_key_len)
        && derive (ctx, info, master, first + LABEL_AUTH_KEY, keys->auth_key,
                   sizeof keys->auth_key)
        && derive (ctx, info, master, first + LABEL_SALT, keys->salt, info->salt_len);
  EVP_CIPHER_CTX_free (ctx);
  if (!is_derived)
  {
    tegata_srtp_session_keys_clear (keys);
  }
  return is_derived;
}

void
tegata_srtp_session_keys_clear (TegataSrtpSessionKeys *keys)
{
  OPENSSL_cleanse (keys, sizeof *keys);
}
