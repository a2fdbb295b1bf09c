/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <openssl/err.h>
#include <string.h>
#include <tegata/certificate.h>
#include <tegata/error.h>

static const TegataKeyType key_types[] = {
  TEGATA_KEY_TYPE_ECDSA_P256,
  TEGATA_KEY_TYPE_RSA_2048,
  TEGATA_KEY_TYPE_ED25519,
};

static inline TegataCertificate *
certificate_new (TegataKeyType key_type)
{
  g_autoptr (GError) error = NULL;
  TegataCertificate *certificate = tegata_certificate_new (key_type, &error);

  g_assert_no_error (error);
  g_assert_nonnull (certificate);
  g_assert_cmpuint (ERR_peek_error (), ==, 0);
  return certificate;
}

/* Also that nothing is left in OpenSSL's queue. @error is a pointer to the place, since
 * it is filled by the call that makes @certificate. */
static inline void
assert_failed (TegataCertificate *certificate,
               GError **error,
               TegataError code,
               const char *fragment)
{
  g_assert_null (certificate);
  g_assert_error (*error, TEGATA_ERROR, (int) code);
  if (strstr ((*error)->message, fragment) == NULL)
  {
    g_error ("expected \"%s\" in \"%s\"", fragment, (*error)->message);
  }
  g_assert_cmpuint (ERR_peek_error (), ==, 0);
}

static inline void
assert_same_der (TegataCertificate *a, TegataCertificate *b)
{
  gsize a_len, b_len;
  const guint8 *a_der = tegata_certificate_get_der (a, &a_len);
  const guint8 *b_der = tegata_certificate_get_der (b, &b_len);

  g_assert_cmpmem (a_der, a_len, b_der, b_len);
}
