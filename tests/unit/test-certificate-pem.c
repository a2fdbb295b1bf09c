/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "identity/certificate-private.h"
#include "unit/certificate-asserts.h"

#include <openssl/pem.h>
#include <openssl/rsa.h>

#define DAY_S (24L * 60 * 60)

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
                 TEGATA_ERROR_INVALID,
                 "does not belong to the first certificate of the text (key values "
                 "mismatch): expected our own first");
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
                   TEGATA_ERROR_INVALID, "does not belong to the first certificate");
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
    { key_pem, "private key without a certificate: expected a \"-----BEGIN "
               "CERTIFICATE-----\" block beside it (certificate and key in one text: "
               "concatenate the two files)" },
    { BLOCK ("PUBLIC KEY", "AAAA"), "no certificate" },
    { BLOCK ("CERTIFICATE", "AAAA"), "in a \"CERTIFICATE\" block" },
    { BLOCK ("CERTIFICATE", "MAA="), "cannot read a certificate in 2 bytes" },
    { BLOCK ("CERTIFICATE", "MAQ="), "in a \"CERTIFICATE\" block of the PEM text: cannot "
                                     "read a certificate in 2 bytes (a "
                                     "length in them goes past their end: cut off?)" },
    { BLOCK ("CERTIFICATE", "!!!!"), "malformed PEM block (bad base64 decode)" },
    { cut, "malformed PEM block" },
    { no_end, "malformed PEM block (bad end line): expected a \"-----BEGIN\" line" },
    { no_end, "\"-----END\" line of the same name; is the text cut off?" },
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

#define ADD(name, function) g_test_add_func ("/identity/certificate-pem/" name, function)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("comes-back-with-its-key", comes_back_from_pem_with_its_key);
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
  return g_test_run ();
}
