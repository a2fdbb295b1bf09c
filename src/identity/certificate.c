/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "identity/certificate-private.h"
#include "identity/openssl-private.h"

#include <openssl/pem.h>
#include <string.h>
#include <tegata/error.h>

struct _TegataCertificate
{
  gatomicrefcount ref_count;
  X509 *x509;
  EVP_PKEY *private_key; /* NULL where it is not our own */
  guint8 *der;           /* of OpenSSL's allocator */
  gsize der_len;
  TegataKeyType key_type;
};

/* GLib hands the functions on in a transparent union, which is no ISO C. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
G_DEFINE_BOXED_TYPE (TegataCertificate,
                     tegata_certificate,
                     tegata_certificate_ref,
                     tegata_certificate_unref)
#pragma GCC diagnostic pop

static TegataKeyType
key_type_of (EVP_PKEY *public_key)
{
  char group[32] = "";

  if (public_key == NULL)
  {
    return TEGATA_KEY_TYPE_OTHER;
  }
  if (EVP_PKEY_is_a (public_key, "ED25519"))
  {
    return TEGATA_KEY_TYPE_ED25519;
  }
  if (EVP_PKEY_is_a (public_key, "RSA") && EVP_PKEY_get_bits (public_key) == 2048)
  {
    return TEGATA_KEY_TYPE_RSA_2048;
  }
  if (EVP_PKEY_is_a (public_key, "EC")
      && EVP_PKEY_get_group_name (public_key, group, sizeof group, NULL)
      && strcmp (group, SN_X9_62_prime256v1) == 0)
  {
    return TEGATA_KEY_TYPE_ECDSA_P256;
  }
  return TEGATA_KEY_TYPE_OTHER;
}

TegataCertificate *
tegata_certificate_new_from_x509_and_key (X509 *x509, EVP_PKEY *private_key)
{
  TegataCertificate *self;
  guint8 *der = NULL;
  int der_len;

  g_return_val_if_fail (x509 != NULL, NULL);

  ERR_clear_error ();
  der_len = i2d_X509 (x509, &der);
  if (der_len <= 0)
  {
    ERR_clear_error ();
    return NULL;
  }

  self = g_new0 (TegataCertificate, 1);
  g_atomic_ref_count_init (&self->ref_count);
  X509_up_ref (x509);
  self->x509 = x509;
  if (private_key != NULL)
  {
    EVP_PKEY_up_ref (private_key);
    self->private_key = private_key;
  }
  self->der = der;
  self->der_len = (gsize) der_len;
  self->key_type = key_type_of (X509_get0_pubkey (x509));
  ERR_clear_error (); /* of a public key that OpenSSL does not know */
  return self;
}

TegataCertificate *
tegata_certificate_new_from_x509 (X509 *x509)
{
  return tegata_certificate_new_from_x509_and_key (x509, NULL);
}

TegataCertificate *
tegata_certificate_ref (TegataCertificate *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
tegata_certificate_unref (TegataCertificate *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->ref_count))
  {
    return;
  }
  EVP_PKEY_free (self->private_key); /* wipes it with OpenSSL's last reference */
  X509_free (self->x509);
  OPENSSL_free (self->der);
  g_free (self);
}

/* OpenSSL says "too long" of a length that goes past the end of what it was given: to a
 * reader that is a certificate that is too short. (transfer none) */
static const char *
take_reason_against_x509 (gsize len)
{
  unsigned long code = ERR_peek_error ();
  gboolean is_cut = ERR_GET_LIB (code) == ERR_LIB_ASN1
                    && (ERR_GET_REASON (code) == ASN1_R_TOO_LONG
                        || ERR_GET_REASON (code) == ASN1_R_HEADER_TOO_LONG);
  const char *reason = tegata_openssl_take_reason ();

  if (len == 0)
  {
    return "nothing there";
  }
  return is_cut ? "a length in them goes past their end: cut off?" : reason;
}

X509 *
tegata_x509_read (const guint8 *bytes, gsize len, GError **error)
{
  g_autoptr (X509) x509 = NULL;
  const guint8 *end = bytes;

  ERR_clear_error ();
  if (len > 0 && len <= G_MAXINT)
  {
    x509 = d2i_X509 (NULL, &end, (long) len);
  }
  if (x509 == NULL)
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_PARSE,
                 "cannot read a certificate in %" G_GSIZE_FORMAT
                 " bytes (%s): expected one X.509 certificate in DER",
                 len, take_reason_against_x509 (len));
    return NULL;
  }
  if (end != bytes + len)
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_PARSE,
                 "found %" G_GSIZE_FORMAT
                 " bytes after the certificate: expected nothing after it",
                 (gsize) (bytes + len - end));
    return NULL;
  }
  return g_steal_pointer (&x509);
}

TegataCertificate *
tegata_certificate_new_from_der (const guint8 *der, gsize len, GError **error)
{
  g_autoptr (X509) x509 = NULL;
  g_autoptr (TegataCertificate) self = NULL;

  g_return_val_if_fail (der != NULL || len == 0, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  x509 = tegata_x509_read (der, len, error);
  if (x509 == NULL)
  {
    return NULL;
  }

  /* OpenSSL reads BER too. A fingerprint would then depend on who encodes. */
  self = tegata_certificate_new_from_x509 (x509);
  if (self == NULL || self->der_len != len || memcmp (self->der, der, len) != 0)
  {
    g_set_error_literal (error, TEGATA_ERROR, TEGATA_ERROR_PARSE,
                         "the certificate is not in DER: expected the one encoding that "
                         "X.690 section 10 allows");
    return NULL;
  }
  return g_steal_pointer (&self);
}

/* The text that was written to @bio. */
static char *
text_of (BIO *bio)
{
  char *bytes = NULL;
  long len = BIO_get_mem_data (bio, &bytes);

  return g_strndup (bytes, (gsize) len);
}

char *
tegata_certificate_to_pem (TegataCertificate *self)
{
  g_autoptr (BIO) bio = NULL;

  g_return_val_if_fail (self != NULL, NULL);

  bio = BIO_new (BIO_s_mem ());
  if (bio == NULL || !PEM_write_bio_X509 (bio, self->x509))
  {
    g_error ("out of memory for a certificate"); /* as GLib does: it was encoded before */
  }
  return text_of (bio);
}

char *
tegata_certificate_key_to_pem (TegataCertificate *self)
{
  g_autoptr (BIO) bio = NULL;

  g_return_val_if_fail (self != NULL, NULL);

  if (self->private_key == NULL)
  {
    return NULL;
  }
  bio = BIO_new (BIO_s_secmem ()); /* wiped when it is freed or grows */
  if (bio == NULL
      || !PEM_write_bio_PKCS8PrivateKey (bio, self->private_key, NULL, NULL, 0, NULL,
                                         NULL))
  {
    ERR_clear_error (); /* a key that a hardware token keeps for itself */
    return NULL;
  }
  return text_of (bio);
}

const guint8 *
tegata_certificate_get_der (TegataCertificate *self, gsize *len)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (len != NULL, NULL);

  *len = self->der_len;
  return self->der;
}

TegataKeyType
tegata_certificate_get_key_type (TegataCertificate *self)
{
  g_return_val_if_fail (self != NULL, TEGATA_KEY_TYPE_OTHER);

  return self->key_type;
}

gboolean
tegata_certificate_has_private_key (TegataCertificate *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return self->private_key != NULL;
}

X509 *
tegata_certificate_get_x509 (TegataCertificate *self)
{
  return self->x509;
}

EVP_PKEY *
tegata_certificate_get_private_key (TegataCertificate *self)
{
  return self->private_key;
}
