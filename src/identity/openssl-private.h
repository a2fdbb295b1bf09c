/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* For this layer's own files only: the clean-up functions below would clash with those of
 * another layer that makes its own. */

#include <glib.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

G_BEGIN_DECLS

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BIGNUM, BN_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BIO, BIO_free_all)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (EVP_PKEY, EVP_PKEY_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (X509, X509_free)

/* What OpenSSL has to say of the failure at hand: the oldest entry of this thread's
 * queue, which names the cause where the later ones name who passed it on. Empties the
 * queue, so that nobody takes our failure for one of his own. The caller empties it
 * before he calls into OpenSSL, for the same reason. (transfer none) */
static inline const char *
tegata_openssl_take_reason (void)
{
  const char *reason = ERR_reason_error_string (ERR_peek_error ());

  ERR_clear_error ();
  return reason != NULL ? reason : "no reason given";
}

G_END_DECLS
