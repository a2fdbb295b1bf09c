/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <tegata/certificate.h>

G_BEGIN_DECLS

/* Takes a reference of @x509 (no key). NULL where it cannot be encoded. */
TegataCertificate *tegata_certificate_new_from_x509 (X509 *x509);

/* (transfer none) */
X509 *tegata_certificate_get_x509 (TegataCertificate *self);
EVP_PKEY *tegata_certificate_get_private_key (TegataCertificate *self); /* nullable */

G_END_DECLS
