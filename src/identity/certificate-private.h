/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <tegata/certificate.h>

G_BEGIN_DECLS

/* Takes a reference of @x509 (no key). NULL where it cannot be encoded. */
TegataCertificate *tegata_certificate_new_from_x509 (X509 *x509);

/* Likewise with its private key, of which a reference is taken too. */
TegataCertificate *
tegata_certificate_new_from_x509_and_key (X509 *x509, EVP_PKEY *private_key);

/* Reads one certificate that fills @bytes, or says with TEGATA_ERROR_PARSE what is there.
 * (transfer full) */
X509 *tegata_x509_read (const guint8 *bytes, gsize len, GError **error);

/* (transfer none) */
X509 *tegata_certificate_get_x509 (TegataCertificate *self);
EVP_PKEY *tegata_certificate_get_private_key (TegataCertificate *self); /* nullable */

G_END_DECLS
