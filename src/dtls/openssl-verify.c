/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dtls/openssl-private.h"

#include "identity/certificate-private.h"

/*
 * Who the peer is follows from its certificate's fingerprint and from nothing else: no
 * chain, no name and no date is looked at (RFC 8122 section 6.2, RFC 8827 section 5.1).
 * Where signalling has not named the fingerprint yet the handshake goes on, and
 * TegataDtls waits.
 */

/* What a fingerprint is worth is what the key behind it is worth. */
#define MIN_SECURITY_BITS 112 /* RSA-2048, P-224: NIST SP 800-57 part 1 section 5.6.1 */

static gboolean
is_strong (X509 *leaf)
{
  EVP_PKEY *key = X509_get0_pubkey (leaf);

  return key != NULL && EVP_PKEY_get_security_bits (key) >= MIN_SECURITY_BITS;
}

int
tegata_openssl_verify (X509_STORE_CTX *store, G_GNUC_UNUSED void *nothing)
{
  const SSL *ssl
      = X509_STORE_CTX_get_ex_data (store, SSL_get_ex_data_X509_STORE_CTX_idx ());
  TegataEngine *self = tegata_openssl_engine_of (ssl);
  X509 *leaf = X509_STORE_CTX_get0_cert (store);
  g_autoptr (TegataCertificate) certificate = NULL;

  certificate = leaf != NULL ? tegata_certificate_new_from_x509 (leaf) : NULL;
  if (certificate == NULL)
  {
    X509_STORE_CTX_set_error (store, X509_V_ERR_UNSPECIFIED);
    return 0;
  }

  if (!is_strong (leaf))
  {
    X509_STORE_CTX_set_error (store, X509_V_ERR_EE_KEY_TOO_SMALL);
    return 0;
  }
  tegata_verifier_set_certificate (self->verifier, certificate);
  if (tegata_verifier_judge (self->verifier) == TEGATA_VERDICT_MISMATCH)
  {
    X509_STORE_CTX_set_error (store, X509_V_ERR_CERT_REJECTED); /* bad_certificate */
    return 0;
  }
  X509_STORE_CTX_set_error (store, X509_V_OK);
  return 1;
}

gboolean
tegata_openssl_take_peer_certificate (TegataEngine *self)
{
  X509 *leaf = SSL_get0_peer_certificate (self->ssl);
  g_autoptr (TegataCertificate) certificate = NULL;

  certificate = leaf != NULL ? tegata_certificate_new_from_x509 (leaf) : NULL;
  if (certificate == NULL)
  {
    return FALSE;
  }
  tegata_verifier_set_certificate (self->verifier, certificate);
  return TRUE;
}
