/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Self-signed certificates. They carry no extension: peers of DTLS-SRTP look at the
 * fingerprint only, and each extension is one more thing that a picky one could refuse.
 */
#include "identity/certificate-private.h"
#include "identity/openssl-private.h"

#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <string.h>
#include <tegata/error.h>

#define COMMON_NAME_MAX_LEN 64 /* RFC 5280 appendix A.1, ub-common-name */
#define COMMON_NAME_RANDOM_LEN 8
#define SERIAL_BITS 128 /* RFC 5280 section 4.1.2.2: 20 bytes at most, positive */

/* What a Time can say, RFC 5280 section 4.1.2.5: the years 1 to 9999. */
#define MIN_TIME_S (-G_GINT64_CONSTANT (62135596800))
#define MAX_TIME_S G_GINT64_CONSTANT (253402300799)

#define DAY_S (24L * 60 * 60)

/* NULL stands for the default, from yesterday for a year: peers' clocks may be behind. */
typedef struct
{
  gint64 not_before_s; /* since 1970-01-01 UTC */
  gint64 not_after_s;  /* likewise, inclusive */
} Validity;

static EVP_PKEY *
generate_key (TegataKeyType key_type)
{
  switch (key_type)
  {
  case TEGATA_KEY_TYPE_ECDSA_P256:
    return EVP_EC_gen ("P-256");
  case TEGATA_KEY_TYPE_RSA_2048:
    return EVP_RSA_gen (2048);
  case TEGATA_KEY_TYPE_ED25519:
    return EVP_PKEY_Q_keygen (NULL, NULL, "ED25519");
  case TEGATA_KEY_TYPE_OTHER:
  default:
    return NULL;
  }
}

static gboolean
set_serial (X509 *x509)
{
  g_autoptr (BIGNUM) serial = BN_new ();

  return serial != NULL
         && BN_rand (serial, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY)
         && BN_to_ASN1_INTEGER (serial, X509_get_serialNumber (x509)) != NULL;
}

/* (transfer full) (nullable) */
static char *
random_common_name (void)
{
  guint8 bytes[COMMON_NAME_RANDOM_LEN];
  GString *name;

  if (RAND_bytes (bytes, sizeof bytes) != 1)
  {
    return NULL;
  }
  name = g_string_new (NULL);
  for (gsize i = 0; i < sizeof bytes; i++)
  {
    g_string_append_printf (name, "%02x", bytes[i]);
  }
  return g_string_free (name, FALSE);
}

/* Subject and issuer are the same. */
static gboolean
set_names (X509 *x509, const char *common_name)
{
  g_autofree char *chosen
      = common_name != NULL ? g_strdup (common_name) : random_common_name ();
  X509_NAME *name = X509_get_subject_name (x509);

  return chosen != NULL
         && X509_NAME_add_entry_by_txt (name, "CN", MBSTRING_UTF8,
                                        (const unsigned char *) chosen, -1, -1, 0)
         && X509_set_issuer_name (x509, name);
}

static gboolean
set_validity (X509 *x509, const Validity *validity)
{
  ASN1_TIME *not_before = X509_getm_notBefore (x509);
  ASN1_TIME *not_after = X509_getm_notAfter (x509);

  /* libcrypto reads the clock, and we do not: no decision of ours hangs on it. */
  if (validity == NULL)
  {
    return X509_gmtime_adj (not_before, -DAY_S) != NULL
           && X509_gmtime_adj (not_after, 364 * DAY_S) != NULL;
  }
  return ASN1_TIME_adj (not_before, (time_t) validity->not_before_s, 0, 0) != NULL
         && ASN1_TIME_adj (not_after, (time_t) validity->not_after_s, 0, 0) != NULL;
}

static gboolean
fill_and_sign (X509 *x509,
               EVP_PKEY *key,
               const char *common_name,
               const Validity *validity)
{
  /* Ed25519 has its hash within: RFC 8410 section 3. */
  const EVP_MD *digest = EVP_PKEY_is_a (key, "ED25519") ? NULL : EVP_sha256 ();

  return X509_set_version (x509, X509_VERSION_3) && set_serial (x509)
         && set_names (x509, common_name) && set_validity (x509, validity)
         && X509_set_pubkey (x509, key) && X509_sign (x509, key, digest) > 0;
}

static TegataCertificate *
generate (TegataKeyType key_type,
          const char *common_name,
          const Validity *validity,
          GError **error)
{
  g_autoptr (EVP_PKEY) key = NULL;
  g_autoptr (X509) x509 = NULL;
  TegataCertificate *self = NULL;

  ERR_clear_error ();
  key = generate_key (key_type);
  x509 = X509_new ();
  if (key != NULL && x509 != NULL && fill_and_sign (x509, key, common_name, validity))
  {
    self = tegata_certificate_new_from_x509_and_key (x509, key);
  }
  if (self == NULL)
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_FAILED,
                 "cannot make a certificate (%s)", tegata_openssl_take_reason ());
  }
  ERR_clear_error ();
  return self;
}

static gboolean
check_key_type (TegataKeyType key_type, GError **error)
{
  if (key_type == TEGATA_KEY_TYPE_ECDSA_P256 || key_type == TEGATA_KEY_TYPE_RSA_2048
      || key_type == TEGATA_KEY_TYPE_ED25519)
  {
    return TRUE;
  }
  g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_INVALID,
               "found key type %d: expected ECDSA P-256, RSA-2048 or Ed25519",
               (int) key_type);
  return FALSE;
}

static gboolean
check_common_name (const char *common_name, GError **error)
{
  gsize len = strlen (common_name);

  if (len < 1 || len > COMMON_NAME_MAX_LEN)
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_INVALID,
                 "found a common name of %" G_GSIZE_FORMAT " bytes: expected 1 to %d",
                 len, COMMON_NAME_MAX_LEN);
    return FALSE;
  }
  if (!g_utf8_validate (common_name, (gssize) len, NULL))
  {
    g_set_error_literal (error, TEGATA_ERROR, TEGATA_ERROR_INVALID,
                         "found a common name that is not UTF-8: expected UTF-8");
    return FALSE;
  }
  return TRUE;
}

static gboolean
check_validity (const Validity *validity, GError **error)
{
  if (validity->not_before_s < MIN_TIME_S || validity->not_after_s > MAX_TIME_S
      || (gint64) (time_t) validity->not_before_s != validity->not_before_s
      || (gint64) (time_t) validity->not_after_s != validity->not_after_s)
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_INVALID,
                 "found a validity from %" G_GINT64_FORMAT " s to %" G_GINT64_FORMAT
                 " s: expected times of the years 1 to 9999",
                 validity->not_before_s, validity->not_after_s);
    return FALSE;
  }
  if (validity->not_after_s <= validity->not_before_s)
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_INVALID,
                 "found a validity that ends at %" G_GINT64_FORMAT
                 " s: expected an end later than its start at %" G_GINT64_FORMAT " s",
                 validity->not_after_s, validity->not_before_s);
    return FALSE;
  }
  return TRUE;
}

TegataCertificate *
tegata_certificate_new (TegataKeyType key_type, GError **error)
{
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!check_key_type (key_type, error))
  {
    return NULL;
  }
  return generate (key_type, NULL, NULL, error);
}

TegataCertificate *
tegata_certificate_new_full (TegataKeyType key_type,
                             const char *common_name,
                             gint64 not_before_s,
                             gint64 not_after_s,
                             GError **error)
{
  Validity validity = { not_before_s, not_after_s };

  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!check_key_type (key_type, error)
      || (common_name != NULL && !check_common_name (common_name, error))
      || !check_validity (&validity, error))
  {
    return NULL;
  }
  return generate (key_type, common_name, &validity, error);
}
