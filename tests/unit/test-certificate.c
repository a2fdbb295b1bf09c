/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "identity/certificate-private.h"
#include "unit/certificate-asserts.h"

#define DAY_S (24 * 60 * 60)

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
                   TEGATA_ERROR_PARSE,
                   cut == 0 ? "0 bytes (nothing there): expected one X.509 certificate in"
                            : "bytes (a length in them goes past their end: cut off?): "
                              "expected one X.509 certificate in DER");
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
  ADD ("comes-back-from-der", comes_back_from_der);
  ADD ("refuses-der-that-is-cut-short", refuses_der_that_is_cut_short);
  ADD ("refuses-bytes-after-der", refuses_bytes_after_der);
  ADD ("refuses-ber-that-is-not-der", refuses_ber_that_is_not_der);
  ADD ("is-made-of-a-peers-certificate", is_made_of_a_peers_certificate);
  ADD ("lives-as-long-as-its-last-reference", lives_as_long_as_its_last_reference);
  return g_test_run ();
}
