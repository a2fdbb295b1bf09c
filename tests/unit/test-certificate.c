/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "identity/certificate-private.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <string.h>
#include <tegata/error.h>

#define DAY_S (24 * 60 * 60)

static const TegataKeyType key_types[] = {
  TEGATA_KEY_TYPE_ECDSA_P256,
  TEGATA_KEY_TYPE_RSA_2048,
  TEGATA_KEY_TYPE_ED25519,
};

static TegataCertificate *
certificate_new (TegataKeyType key_type)
{
  g_autoptr (GError) error = NULL;
  TegataCertificate *certificate = tegata_certificate_new (key_type, &error);

  g_assert_no_error (error);
  g_assert_nonnull (certificate);
  g_assert_cmpuint (ERR_peek_error (), ==, 0);
  return certificate;
}

static TegataCertificate *
read_pem (const char *pem)
{
  g_autoptr (GError) error = NULL;
  TegataCertificate *certificate = tegata_certificate_new_from_pem (pem, -1, &error);

  g_assert_no_error (error);
  g_assert_nonnull (certificate);
  g_assert_cmpuint (ERR_peek_error (), ==, 0);
  return certificate;
}

/* Also that nothing is left in OpenSSL's queue. @error is a pointer to the place, since
 * it is filled by the call that makes @certificate. */
static void
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

static void
assert_same_der (TegataCertificate *a, TegataCertificate *b)
{
  gsize a_len, b_len;
  const guint8 *a_der = tegata_certificate_get_der (a, &a_len);
  const guint8 *b_der = tegata_certificate_get_der (b, &b_len);

  g_assert_cmpmem (a_der, a_len, b_der, b_len);
}

static char *
text_of (BIO *bio)
{
  char *bytes = NULL;
  long len = BIO_get_mem_data (bio, &bytes);
  char *text = g_strndup (bytes, (gsize) len);

  BIO_free (bio);
  return text;
}

/* As users' own tools write them: PKCS #8, or the older form; encrypted or not. */
static char *
key_to_pkcs8 (EVP_PKEY *key, const EVP_CIPHER *cipher)
{
  BIO *bio = BIO_new (BIO_s_mem ());

  g_assert_true (PEM_write_bio_PKCS8PrivateKey (bio, key, cipher,
                                                cipher != NULL ? "secret" : NULL,
                                                cipher != NULL ? 6 : 0, NULL, NULL));
  return text_of (bio);
}

static char *
key_to_traditional (EVP_PKEY *key, const EVP_CIPHER *cipher)
{
  BIO *bio = BIO_new (BIO_s_mem ());

  g_assert_true (PEM_write_bio_PrivateKey_traditional (
      bio, key, cipher, (const unsigned char *) (cipher != NULL ? "secret" : NULL),
      cipher != NULL ? 6 : 0, NULL, NULL));
  return text_of (bio);
}

/* A certificate for a key that Tegata does not make; takes @key. */
static char *
foreign_pem (EVP_PKEY *key, gboolean with_key)
{
  g_autofree char *certificate_pem = NULL;
  g_autofree char *key_pem = NULL;
  X509 *x509 = X509_new ();
  BIO *bio = BIO_new (BIO_s_mem ());

  g_assert_nonnull (key);
  X509_set_version (x509, X509_VERSION_3);
  ASN1_INTEGER_set (X509_get_serialNumber (x509), 1);
  X509_gmtime_adj (X509_getm_notBefore (x509), 0);
  X509_gmtime_adj (X509_getm_notAfter (x509), DAY_S);
  g_assert_true (X509_set_pubkey (x509, key));
  g_assert_cmpint (X509_sign (x509, key, EVP_sha256 ()), >, 0);
  g_assert_true (PEM_write_bio_X509 (bio, x509));
  certificate_pem = text_of (bio);
  key_pem = with_key ? key_to_pkcs8 (key, NULL) : g_strdup ("");
  X509_free (x509);
  EVP_PKEY_free (key);
  return g_strconcat (certificate_pem, key_pem, NULL);
}

static void
has_the_key_that_was_asked_for (void)
{
  static const int signatures[]
      = { NID_ecdsa_with_SHA256, NID_sha256WithRSAEncryption, NID_ED25519 };

  for (gsize i = 0; i < G_N_ELEMENTS (key_types); i++)
  {
    g_autoptr (TegataCertificate) certificate = certificate_new (key_types[i]);
    X509 *x509 = tegata_certificate_get_x509 (certificate);

    g_assert_cmpint (tegata_certificate_get_key_type (certificate), ==, key_types[i]);
    g_assert_true (tegata_certificate_has_private_key (certificate));
    g_assert_cmpint (X509_get_signature_nid (x509), ==, signatures[i]);
    g_assert_cmpint (X509_get_version (x509), ==, X509_VERSION_3);
    g_assert_cmpint (X509_verify (x509, X509_get0_pubkey (x509)), ==, 1);
    g_assert_true (
        X509_check_private_key (x509, tegata_certificate_get_private_key (certificate)));
  }
}

/* RFC 8422 section 5.4: peers refuse a curve that is spelt out. */
static void
names_its_curve (void)
{
  g_autoptr (TegataCertificate) certificate
      = certificate_new (TEGATA_KEY_TYPE_ECDSA_P256);
  X509 *x509 = tegata_certificate_get_x509 (certificate);
  X509_ALGOR *algorithm = NULL;
  const void *curve = NULL;
  int type = 0;

  g_assert_true (
      X509_PUBKEY_get0_param (NULL, NULL, NULL, &algorithm, X509_get_X509_PUBKEY (x509)));
  X509_ALGOR_get0 (NULL, &type, &curve, algorithm);
  g_assert_cmpint (type, ==, V_ASN1_OBJECT);
  g_assert_cmpint (OBJ_obj2nid (curve), ==, NID_X9_62_prime256v1);
}

static char *
common_name_of (TegataCertificate *certificate)
{
  X509 *x509 = tegata_certificate_get_x509 (certificate);
  X509_NAME *subject = X509_get_subject_name (x509);
  int index = X509_NAME_get_index_by_NID (subject, NID_commonName, -1);
  unsigned char *utf8 = NULL;
  char *name;

  g_assert_cmpint (X509_NAME_entry_count (subject), ==, 1);
  g_assert_cmpint (X509_NAME_cmp (subject, X509_get_issuer_name (x509)), ==, 0);
  g_assert_cmpint (ASN1_STRING_to_UTF8 (&utf8, X509_NAME_ENTRY_get_data (
                                                   X509_NAME_get_entry (subject, index))),
                   >=, 0);
  name = g_strdup ((const char *) utf8);
  OPENSSL_free (utf8);
  return name;
}

static char *
serial_of (TegataCertificate *certificate)
{
  X509 *x509 = tegata_certificate_get_x509 (certificate);
  BIGNUM *serial = ASN1_INTEGER_to_BN (X509_get0_serialNumber (x509), NULL);
  char *hex = BN_bn2hex (serial);
  char *text = g_strdup (hex);

  g_assert_false (BN_is_negative (serial));
  g_assert_cmpint (BN_num_bits (serial), >=, 64);
  g_assert_cmpint (BN_num_bits (serial), <=, 159);
  OPENSSL_free (hex);
  BN_free (serial);
  return text;
}

static void
tells_nothing_of_its_owner (void)
{
  g_autoptr (GHashTable) seen
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < 50; i++)
  {
    g_autoptr (TegataCertificate) certificate
        = certificate_new (TEGATA_KEY_TYPE_ECDSA_P256);
    char *common_name = common_name_of (certificate);

    g_assert_cmpuint (strlen (common_name), ==, 16);
    g_assert_cmpuint (strspn (common_name, "0123456789abcdef"), ==, 16);
    g_assert_true (g_hash_table_add (seen, common_name));
    g_assert_true (g_hash_table_add (seen, serial_of (certificate)));
    g_assert_true (g_hash_table_add (seen, tegata_certificate_key_to_pem (certificate)));
  }
}

static void
is_valid_from_yesterday_for_a_year (void)
{
  g_autoptr (TegataCertificate) certificate
      = certificate_new (TEGATA_KEY_TYPE_ECDSA_P256);
  X509 *x509 = tegata_certificate_get_x509 (certificate);
  gint64 yesterday_s = g_get_real_time () / G_USEC_PER_SEC - DAY_S;
  int days = 0, seconds = 0;

  g_assert_true (ASN1_TIME_diff (&days, &seconds, X509_get0_notBefore (x509),
                                 X509_get0_notAfter (x509)));
  g_assert_cmpint (days, ==, 365);
  g_assert_cmpint (seconds, ==, 0);
  g_assert_cmpint (
      ASN1_TIME_cmp_time_t (X509_get0_notBefore (x509), (time_t) (yesterday_s - 60)), >=,
      0);
  g_assert_cmpint (
      ASN1_TIME_cmp_time_t (X509_get0_notBefore (x509), (time_t) (yesterday_s + 60)), <=,
      0);
}

static void
says_what_it_was_told_to (void)
{
  static const struct
  {
    const char *common_name;
    gint64 not_before_s, not_after_s;
  } rows[] = {
    { "gateway", 0, 1 },
    { "a", 1000000000, 1100000000 },
    { "\xe6\x89\x8b\xe5\xbd\xa2", -62135596800, 253402300799 },
    { "0123456789012345678901234567890123456789012345678901234567890123", -1,
      4102444800 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
  {
    g_autoptr (GError) error = NULL;
    g_autoptr (TegataCertificate) certificate
        = tegata_certificate_new_full (TEGATA_KEY_TYPE_ECDSA_P256, rows[i].common_name,
                                       rows[i].not_before_s, rows[i].not_after_s, &error);
    g_autofree char *common_name = NULL;
    X509 *x509;

    g_assert_no_error (error);
    x509 = tegata_certificate_get_x509 (certificate);
    common_name = common_name_of (certificate);
    g_assert_cmpstr (common_name, ==, rows[i].common_name);
    g_assert_cmpint (
        ASN1_TIME_cmp_time_t (X509_get0_notBefore (x509), (time_t) rows[i].not_before_s),
        ==, 0);
    g_assert_cmpint (
        ASN1_TIME_cmp_time_t (X509_get0_notAfter (x509), (time_t) rows[i].not_after_s),
        ==, 0);
  }
}

static void
refuses_what_no_certificate_can_say (void)
{
  static const struct
  {
    int key_type;
    const char *common_name;
    gint64 not_before_s, not_after_s;
    const char *fragment;
  } rows[] = {
    { TEGATA_KEY_TYPE_OTHER, "a", 0, 1, "key type 3: expected ECDSA P-256" },
    { 77, "a", 0, 1, "key type 77" },
    { 0, "", 0, 1, "common name of 0 bytes: expected 1 to 64" },
    { 0, "01234567890123456789012345678901234567890123456789012345678901234", 0, 1,
      "common name of 65 bytes" },
    { 0, "\xff\xfe", 0, 1, "not UTF-8" },
    { 0, "a", 1, 1, "ends at 1 s: expected an end later than its start at 1 s" },
    { 0, "a", 2, 1, "ends at 1 s" },
    { 0, "a", -62135596801, 1, "-62135596801 s to 1 s: expected times of the years" },
    { 0, "a", 0, 253402300800, "253402300800" },
    { 0, "a", G_MININT64, G_MAXINT64, "expected times of the years 1 to 9999" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
  {
    g_autoptr (GError) error = NULL;

    assert_failed (tegata_certificate_new_full ((TegataKeyType) rows[i].key_type,
                                                rows[i].common_name, rows[i].not_before_s,
                                                rows[i].not_after_s, &error),
                   &error, TEGATA_ERROR_INVALID, rows[i].fragment);
  }
}

static void
does_not_make_a_key_of_no_type (void)
{
  g_autoptr (GError) error = NULL;

  assert_failed (tegata_certificate_new (TEGATA_KEY_TYPE_OTHER, &error), &error,
                 TEGATA_ERROR_INVALID, "expected ECDSA P-256");
}

static void
comes_back_from_pem_with_its_key (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (key_types); i++)
  {
    g_autoptr (TegataCertificate) certificate = certificate_new (key_types[i]);
    g_autofree char *pem = tegata_certificate_to_pem (certificate);
    g_autofree char *key_pem = tegata_certificate_key_to_pem (certificate);
    g_autofree char *key_last = g_strconcat (pem, key_pem, NULL);
    g_autofree char *key_first = g_strconcat (key_pem, pem, NULL);
    const char *orders[] = { key_last, key_first };

    g_assert_true (g_str_has_prefix (key_pem, "-----BEGIN PRIVATE KEY-----\n"));
    g_assert_null (strstr (pem, "PRIVATE"));
    for (gsize j = 0; j < G_N_ELEMENTS (orders); j++)
    {
      g_autoptr (TegataCertificate) read = read_pem (orders[j]);
      g_autofree char *read_key_pem = tegata_certificate_key_to_pem (read);

      assert_same_der (read, certificate);
      g_assert_cmpint (tegata_certificate_get_key_type (read), ==, key_types[i]);
      g_assert_true (tegata_certificate_has_private_key (read));
      g_assert_cmpstr (read_key_pem, ==, key_pem);
    }
  }
}

static void
is_read_without_a_key (void)
{
  g_autoptr (TegataCertificate) certificate
      = certificate_new (TEGATA_KEY_TYPE_ECDSA_P256);
  g_autofree char *pem = tegata_certificate_to_pem (certificate);
  g_autoptr (TegataCertificate) read = read_pem (pem);

  assert_same_der (read, certificate);
  g_assert_false (tegata_certificate_has_private_key (read));
  g_assert_null (tegata_certificate_key_to_pem (read));
  g_assert_null (tegata_certificate_get_private_key (read));
}

static void
is_read_from_text_that_does_not_end_in_nul (void)
{
  g_autoptr (TegataCertificate) certificate
      = certificate_new (TEGATA_KEY_TYPE_ECDSA_P256);
  g_autofree char *pem = tegata_certificate_to_pem (certificate);
  gsize len = strlen (pem);
  g_autofree char *exact = g_memdup2 (pem, len); /* a sanitizer sees a read past it */
  g_autoptr (TegataCertificate) read
      = tegata_certificate_new_from_pem (exact, (gssize) len, NULL);

  g_assert_nonnull (read);
  assert_same_der (read, certificate);
}

/* As ecparam -genkey writes a key, with the line ends of another system and remarks. */
static void
is_read_among_other_blocks (void)
{
  g_autoptr (TegataCertificate) certificate
      = certificate_new (TEGATA_KEY_TYPE_ECDSA_P256);
  g_autofree char *pem = tegata_certificate_to_pem (certificate);
  g_autofree char *key_pem
      = key_to_traditional (tegata_certificate_get_private_key (certificate), NULL);
  g_autofree char *text
      = g_strconcat ("subject=gateway\n-----BEGIN EC PARAMETERS-----\n"
                     "BggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n",
                     key_pem, "\n\nissuer=gateway\n", pem, "bye\n", NULL);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_autofree char *crlf = g_strjoinv ("\r\n", lines);
  g_autoptr (TegataCertificate) read = read_pem (text);
  g_autoptr (TegataCertificate) read_crlf = read_pem (crlf);

  g_assert_nonnull (strstr (text, "BEGIN EC PRIVATE KEY"));
  assert_same_der (read, certificate);
  assert_same_der (read_crlf, certificate);
  g_assert_true (tegata_certificate_has_private_key (read_crlf));
}

static void
is_the_first_of_a_chain (void)
{
  g_autoptr (TegataCertificate) leaf = certificate_new (TEGATA_KEY_TYPE_ECDSA_P256);
  g_autoptr (TegataCertificate) issuer = certificate_new (TEGATA_KEY_TYPE_ECDSA_P256);
  g_autofree char *leaf_pem = tegata_certificate_to_pem (leaf);
  g_autofree char *issuer_pem = tegata_certificate_to_pem (issuer);
  g_autofree char *issuer_key_pem = tegata_certificate_key_to_pem (issuer);
  g_autofree char *chain = g_strconcat (leaf_pem, issuer_pem, NULL);
  g_autofree char *with_issuer_key = g_strconcat (chain, issuer_key_pem, NULL);
  g_autoptr (TegataCertificate) read = read_pem (chain);
  g_autoptr (GError) error = NULL;

  assert_same_der (read, leaf);
  assert_failed (tegata_certificate_new_from_pem (with_issuer_key, -1, &error), &error,
                 TEGATA_ERROR_INVALID, "does not belong to the certificate");
}

static void
has_another_type_for_other_keys (void)
{
  EVP_PKEY *keys[] = { EVP_EC_gen ("P-384"), EVP_EC_gen ("P-521"), EVP_RSA_gen (3072) };

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
  {
    g_autofree char *pem = foreign_pem (keys[i], TRUE);
    g_autoptr (TegataCertificate) certificate = read_pem (pem);

    g_assert_cmpint (tegata_certificate_get_key_type (certificate), ==,
                     TEGATA_KEY_TYPE_OTHER);
    g_assert_true (tegata_certificate_has_private_key (certificate));
  }
}

static void
refuses_a_key_that_is_too_weak (void)
{
  const struct
  {
    EVP_PKEY *key;
    gboolean with_key;
    const char *fragment;
  } rows[] = {
    { EVP_RSA_gen (1024), TRUE, "found RSA of 1024 bits, expected 2048 at least" },
    { EVP_RSA_gen (2040), FALSE, "found RSA of 2040 bits, expected 2048 at least" },
    { EVP_EC_gen ("prime192v1"), TRUE, "found EC with a strength of 80 bits" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
  {
    g_autofree char *pem = foreign_pem (rows[i].key, rows[i].with_key);
    g_autoptr (GError) error = NULL;

    assert_failed (tegata_certificate_new_from_pem (pem, -1, &error), &error,
                   TEGATA_ERROR_INVALID, rows[i].fragment);
  }
}

static void
refuses_an_encrypted_key_without_asking (void)
{
  g_autoptr (TegataCertificate) certificate
      = certificate_new (TEGATA_KEY_TYPE_ECDSA_P256);
  EVP_PKEY *key = tegata_certificate_get_private_key (certificate);
  g_autofree char *pem = tegata_certificate_to_pem (certificate);
  g_autofree char *pkcs8 = key_to_pkcs8 (key, EVP_aes_128_cbc ());
  g_autofree char *traditional = key_to_traditional (key, EVP_aes_128_cbc ());
  const char *keys[] = { pkcs8, traditional };

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
  {
    g_autofree char *key_last = g_strconcat (pem, keys[i], NULL);
    g_autofree char *key_first = g_strconcat (keys[i], pem, NULL);
    g_autoptr (GError) error = NULL;
    g_autoptr (GError) other_error = NULL;

    g_assert_nonnull (strstr (keys[i], "ENCRYPTED"));
    assert_failed (tegata_certificate_new_from_pem (key_last, -1, &error), &error,
                   TEGATA_ERROR_PARSE, "is encrypted: expected one that is not");
    assert_failed (tegata_certificate_new_from_pem (key_first, -1, &other_error),
                   &other_error, TEGATA_ERROR_PARSE, "is encrypted");
  }
}

static void
refuses_the_key_of_another (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (key_types); i++)
  {
    g_autoptr (TegataCertificate) certificate
        = certificate_new (TEGATA_KEY_TYPE_ECDSA_P256);
    g_autoptr (TegataCertificate) other = certificate_new (key_types[i]);
    g_autofree char *pem = tegata_certificate_to_pem (certificate);
    g_autofree char *key_pem = tegata_certificate_key_to_pem (other);
    g_autofree char *text = g_strconcat (key_pem, pem, NULL);
    g_autoptr (GError) error = NULL;

    assert_failed (tegata_certificate_new_from_pem (text, -1, &error), &error,
                   TEGATA_ERROR_INVALID, "does not belong to the certificate");
  }
}

#define BLOCK(name, body) "-----BEGIN " name "-----\n" body "\n-----END " name "-----\n"

static void
refuses_malformed_pem (void)
{
  g_autoptr (TegataCertificate) certificate
      = certificate_new (TEGATA_KEY_TYPE_ECDSA_P256);
  g_autofree char *pem = tegata_certificate_to_pem (certificate);
  g_autofree char *key_pem = tegata_certificate_key_to_pem (certificate);
  g_autofree char *cut = g_strndup (pem, strlen (pem) / 2);
  g_autofree char *no_end = g_strndup (pem, strlen (pem) - 10);
  g_autofree char *two_keys = g_strconcat (pem, key_pem, key_pem, NULL);
  g_autofree char *bad_key = g_strconcat (pem, BLOCK ("PRIVATE KEY", "AAAA"), NULL);
  g_autofree char *odd_key
      = g_strconcat (pem, BLOCK ("OPENSSH PRIVATE KEY", "AAAA"), NULL);
  g_autofree char *bad_chain
      = g_strconcat (pem, "-----BEGIN CERTIFICATE-----\n?\n", NULL);
  const struct
  {
    const char *pem;
    const char *fragment;
  } rows[] = {
    { "", "no certificate in the PEM text: expected a \"-----BEGIN CERTIFICATE-----\"" },
    { "rubbish", "no certificate in the PEM text" },
    { "-----BEGIN CERTIFICATE", "no certificate in the PEM text" },
    { key_pem, "private key without a certificate: expected" },
    { BLOCK ("PUBLIC KEY", "AAAA"), "no certificate" },
    { BLOCK ("CERTIFICATE", "AAAA"), "in a \"CERTIFICATE\" block" },
    { BLOCK ("CERTIFICATE", "MAA="), "cannot read a certificate in 2 bytes" },
    { BLOCK ("CERTIFICATE", "!!!!"), "malformed PEM block (bad base64 decode)" },
    { cut, "malformed PEM block" },
    { no_end, "malformed PEM block (bad end line)" },
    { bad_chain, "malformed PEM block" },
    { bad_key, "cannot read the private key in a \"PRIVATE KEY\" block" },
    { odd_key, "cannot read the private key in a \"OPENSSH PRIVATE KEY\" block" },
    { two_keys, "second private key: expected one at most" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
  {
    g_autoptr (GError) error = NULL;

    assert_failed (tegata_certificate_new_from_pem (rows[i].pem, -1, &error), &error,
                   TEGATA_ERROR_PARSE, rows[i].fragment);
  }
}

static void
blames_no_older_failure_of_openssl (void)
{
  g_autoptr (GError) error = NULL;

  ERR_raise (ERR_LIB_USER, ERR_R_MALLOC_FAILURE);
  assert_failed (
      tegata_certificate_new_from_pem (BLOCK ("CERTIFICATE", "!!!!"), -1, &error), &error,
      TEGATA_ERROR_PARSE, "bad base64 decode");
}

static void
comes_back_from_der (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (key_types); i++)
  {
    g_autoptr (TegataCertificate) certificate = certificate_new (key_types[i]);
    g_autoptr (TegataCertificate) read = NULL;
    g_autoptr (GError) error = NULL;
    gsize len;
    const guint8 *der = tegata_certificate_get_der (certificate, &len);

    read = tegata_certificate_new_from_der (der, len, &error);
    g_assert_no_error (error);
    assert_same_der (read, certificate);
    g_assert_cmpint (tegata_certificate_get_key_type (read), ==, key_types[i]);
    g_assert_false (tegata_certificate_has_private_key (read));
  }
}

static void
refuses_der_that_is_cut_short (void)
{
  g_autoptr (TegataCertificate) certificate
      = certificate_new (TEGATA_KEY_TYPE_ECDSA_P256);
  gsize len;
  const guint8 *der = tegata_certificate_get_der (certificate, &len);

  for (gsize cut = 0; cut < len; cut++)
  {
    g_autofree guint8 *exact = g_memdup2 (der, cut);
    g_autoptr (GError) error = NULL;

    assert_failed (tegata_certificate_new_from_der (exact, cut, &error), &error,
                   TEGATA_ERROR_PARSE, "expected one X.509 certificate in DER");
  }
}

static void
refuses_bytes_after_der (void)
{
  g_autoptr (TegataCertificate) certificate
      = certificate_new (TEGATA_KEY_TYPE_ECDSA_P256);
  gsize len;
  const guint8 *der = tegata_certificate_get_der (certificate, &len);
  g_autofree guint8 *longer = g_malloc0 (2 * len);
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) chain_error = NULL;

  memcpy (longer, der, len);
  assert_failed (tegata_certificate_new_from_der (longer, len + 1, &error), &error,
                 TEGATA_ERROR_PARSE, "found 1 bytes after the certificate");
  memcpy (longer + len, der, len);
  assert_failed (tegata_certificate_new_from_der (longer, 2 * len, &chain_error),
                 &chain_error, TEGATA_ERROR_PARSE, "bytes after the certificate");
}

/* The same certificate with its outermost length in three bytes in place of two. */
static void
refuses_ber_that_is_not_der (void)
{
  g_autoptr (TegataCertificate) certificate
      = certificate_new (TEGATA_KEY_TYPE_ECDSA_P256);
  gsize len;
  const guint8 *der = tegata_certificate_get_der (certificate, &len);
  g_autofree guint8 *ber = g_malloc (len + 1);
  g_autoptr (GError) error = NULL;

  g_assert_cmphex (der[1], ==, 0x82);
  ber[0] = der[0];
  ber[1] = 0x83;
  ber[2] = 0;
  memcpy (ber + 3, der + 2, len - 2);
  assert_failed (tegata_certificate_new_from_der (ber, len + 1, &error), &error,
                 TEGATA_ERROR_PARSE, "not in DER");
}

static void
is_made_of_a_peers_certificate (void)
{
  g_autoptr (TegataCertificate) certificate
      = certificate_new (TEGATA_KEY_TYPE_ECDSA_P256);
  g_autoptr (TegataCertificate) peer
      = tegata_certificate_new_from_x509 (tegata_certificate_get_x509 (certificate));

  g_assert_nonnull (peer);
  assert_same_der (peer, certificate);
  g_assert_cmpint (tegata_certificate_get_key_type (peer), ==,
                   TEGATA_KEY_TYPE_ECDSA_P256);
  g_assert_false (tegata_certificate_has_private_key (peer));
}

static void
lives_as_long_as_its_last_reference (void)
{
  TegataCertificate *certificate = certificate_new (TEGATA_KEY_TYPE_ECDSA_P256);
  TegataCertificate *boxed = g_boxed_copy (TEGATA_TYPE_CERTIFICATE, certificate);

  g_assert_true (boxed == certificate);
  g_assert_true (tegata_certificate_ref (certificate) == certificate);
  tegata_certificate_unref (certificate);
  tegata_certificate_unref (certificate);
  g_assert_true (tegata_certificate_has_private_key (boxed));
  g_boxed_free (TEGATA_TYPE_CERTIFICATE, boxed);
}

#define ADD(name, function) g_test_add_func ("/identity/certificate/" name, function)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("has-the-key-that-was-asked-for", has_the_key_that_was_asked_for);
  ADD ("names-its-curve", names_its_curve);
  ADD ("tells-nothing-of-its-owner", tells_nothing_of_its_owner);
  ADD ("is-valid-from-yesterday-for-a-year", is_valid_from_yesterday_for_a_year);
  ADD ("says-what-it-was-told-to", says_what_it_was_told_to);
  ADD ("refuses-what-no-certificate-can-say", refuses_what_no_certificate_can_say);
  ADD ("does-not-make-a-key-of-no-type", does_not_make_a_key_of_no_type);
  ADD ("comes-back-from-pem-with-its-key", comes_back_from_pem_with_its_key);
  ADD ("is-read-without-a-key", is_read_without_a_key);
  ADD ("is-read-from-text-that-does-not-end-in-nul",
       is_read_from_text_that_does_not_end_in_nul);
  ADD ("is-read-among-other-blocks", is_read_among_other_blocks);
  ADD ("is-the-first-of-a-chain", is_the_first_of_a_chain);
  ADD ("has-another-type-for-other-keys", has_another_type_for_other_keys);
  ADD ("refuses-a-key-that-is-too-weak", refuses_a_key_that_is_too_weak);
  ADD ("refuses-an-encrypted-key-without-asking",
       refuses_an_encrypted_key_without_asking);
  ADD ("refuses-the-key-of-another", refuses_the_key_of_another);
  ADD ("refuses-malformed-pem", refuses_malformed_pem);
  ADD ("blames-no-older-failure-of-openssl", blames_no_older_failure_of_openssl);
  ADD ("comes-back-from-der", comes_back_from_der);
  ADD ("refuses-der-that-is-cut-short", refuses_der_that_is_cut_short);
  ADD ("refuses-bytes-after-der", refuses_bytes_after_der);
  ADD ("refuses-ber-that-is-not-der", refuses_ber_that_is_not_der);
  ADD ("is-made-of-a-peers-certificate", is_made_of_a_peers_certificate);
  ADD ("lives-as-long-as-its-last-reference", lives_as_long_as_its_last_reference);
  return g_test_run ();
}
