/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <openssl/err.h>
#include <string.h>
#include <tegata/error.h>
#include <tegata/fingerprint.h>

/* Made by "openssl req -x509 -newkey ed25519", and its fingerprints by "openssl x509
 * -fingerprint". */
static const char vector_pem[]
    = "-----BEGIN CERTIFICATE-----\n"
      "MIIBODCB66ADAgECAhQuSRTwshVh0pp7EYrTPV/id3Cl/jAFBgMrZXAwETEPMA0G\n"
      "A1UEAwwGdmVjdG9yMCAXDTI2MTEyMzEzMzA1MVoYDzIxMjYxMDMwMTMzMDUxWjAR\n"
      "MQ8wDQYDVQQDDAZ2ZWN0b3IwKjAFBgMrZXADIQC4f0uyrQRkM8/g1UnfFaZGBA/G\n"
      "fjwaMSv/du9kNSWNLaNTMFEwHQYDVR0OBBYEFFm6v5Verk6hVaykC7fbElBOd++w\n"
      "MB8GA1UdIwQYMBaAFFm6v5Verk6hVaykC7fbElBOd++wMA8GA1UdEwEB/wQFMAMB\n"
      "Af8wBQYDK2VwA0EAjYKSKlUmOt1PVGxocAEhmPCL/Ze/RDIBlZUT4RVCH/07MV3n\n"
      "LjY8hVtwVbrLoMwiqMqJnNtPvNYzjJumHc2lDQ==\n"
      "-----END CERTIFICATE-----\n";

static const char *const vector_texts[] = {
  [TEGATA_HASH_SHA1]
  = "sha-1 11:8C:F7:24:18:44:B7:26:A2:65:C5:CE:17:77:26:96:B9:E9:69:CF",
  [TEGATA_HASH_SHA256]
  = "sha-256 FF:2C:D8:91:3E:CD:4E:EE:A7:DA:35:51:AE:1E:BD:88:F5:03:BB:E"
    "0:3C:58:65:81:DF:E9:EB:E0:00:9A:47:B9",
  [TEGATA_HASH_SHA384]
  = "sha-384 98:8A:7D:B7:54:5C:A8:7F:92:C8:E7:3A:38:E6:7E:18:76:34:D0:B"
    "C:9C:B9:40:32:DF:AC:C8:56:91:25:3A:45:FD:19:23:FC:CA:B9:BF:D2:2F:2"
    "5:81:A5:CD:40:E6:22",
  [TEGATA_HASH_SHA512]
  = "sha-512 53:68:40:F3:64:13:5A:99:40:8F:B8:4D:5C:06:2D:4F:D2:E6:4C:1"
    "1:BC:E9:FE:C7:CE:87:83:F3:79:D5:57:AA:B8:AB:EA:94:62:04:3C:A6:42:F"
    "4:28:94:C6:E6:29:6F:A9:04:7A:39:E8:4B:31:2F:FE:FA:AD:25:70:21:D4:7"
    "2",
};

#define SHA1_BYTES "00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13"
#define SHA256_BYTES                                                                     \
  "00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:"                                     \
  "10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:FF"
#define SHA256_BYTES_IN_LOWER_CASE                                                       \
  "00:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f:"                                     \
  "10:11:12:13:14:15:16:17:18:19:1a:1b:1c:1d:1e:ff"

static TegataCertificate *
vector_certificate (void)
{
  g_autoptr (GError) error = NULL;
  TegataCertificate *certificate
      = tegata_certificate_new_from_pem (vector_pem, -1, &error);

  g_assert_no_error (error);
  return certificate;
}

static TegataFingerprint *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  TegataFingerprint *fingerprint
      = tegata_fingerprint_parse (text, TEGATA_FINGERPRINT_ALLOW_SHA1, &error);

  g_assert_no_error (error);
  g_assert_nonnull (fingerprint);
  return fingerprint;
}

/* A fingerprint of the right hash that no certificate has. */
static TegataFingerprint *
wrong_fingerprint (TegataHash hash)
{
  static const gsize lens[] = { 20, 32, 48, 64 };
  static const guint8 zeros[TEGATA_FINGERPRINT_MAX_LEN];
  g_autoptr (GError) error = NULL;
  TegataFingerprint *fingerprint
      = tegata_fingerprint_new (hash, zeros, lens[hash], &error);

  g_assert_no_error (error);
  return fingerprint;
}

static void
is_what_others_compute (void)
{
  g_autoptr (TegataCertificate) certificate = vector_certificate ();

  for (int hash = TEGATA_HASH_SHA1; hash <= TEGATA_HASH_SHA512; hash++)
  {
    g_autoptr (TegataFingerprint) fingerprint
        = tegata_fingerprint_new_for_certificate (certificate, (TegataHash) hash);
    g_autofree char *text = tegata_fingerprint_to_string (fingerprint);

    g_assert_cmpstr (text, ==, vector_texts[hash]);
    g_assert_cmpint (tegata_fingerprint_get_hash (fingerprint), ==, hash);
    g_assert_true (g_str_has_prefix (text, tegata_hash_to_string ((TegataHash) hash)));
  }
}

static void
comes_back_from_text (void)
{
  for (int hash = TEGATA_HASH_SHA1; hash <= TEGATA_HASH_SHA512; hash++)
  {
    g_autoptr (TegataFingerprint) fingerprint = parse (vector_texts[hash]);
    g_autofree char *text = tegata_fingerprint_to_string (fingerprint);

    g_assert_cmpstr (text, ==, vector_texts[hash]);
  }
}

static void
keeps_its_bytes (void)
{
  static const guint8 bytes[20] = { 0xff, 1, 2 };
  g_autoptr (TegataFingerprint) fingerprint
      = tegata_fingerprint_new (TEGATA_HASH_SHA1, bytes, sizeof bytes, NULL);
  gsize len;
  const guint8 *kept = tegata_fingerprint_get_bytes (fingerprint, &len);

  g_assert_cmpmem (kept, len, bytes, sizeof bytes);
}

/* All are the same fingerprint. */
static void
ignores_case_and_blanks (void)
{
  static const char *const texts[] = {
    "sha-256 " SHA256_BYTES_IN_LOWER_CASE,
    "SHA-256 " SHA256_BYTES,
    "Sha-256 " SHA256_BYTES_IN_LOWER_CASE,
    " sha-256 " SHA256_BYTES,
    "sha-256  \t " SHA256_BYTES,
    "sha-256\t" SHA256_BYTES "\r\n",
    "\r\n\t sha-256 \r\n " SHA256_BYTES " \t\r\n",
  };
  g_autoptr (TegataFingerprint) expected = parse ("sha-256 " SHA256_BYTES);

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
  {
    g_autoptr (TegataFingerprint) fingerprint = parse (texts[i]);
    g_autofree char *text = tegata_fingerprint_to_string (fingerprint);

    g_assert_true (tegata_fingerprint_equal (fingerprint, expected));
    g_assert_cmpstr (text, ==, "sha-256 " SHA256_BYTES);
  }
}

typedef struct
{
  const char *text;
  TegataError code;
  const char *fragment;
} Malformed;

static const Malformed malformed[] = {
  { "", TEGATA_ERROR_PARSE, "is empty: expected a hash function and bytes" },
  { " \t\r\n", TEGATA_ERROR_PARSE, "is empty" },
  { "rubbish", TEGATA_ERROR_PARSE, "found nothing after \"rubbish\": expected bytes" },
  { "sha-256", TEGATA_ERROR_PARSE, "found nothing after \"sha-256\"" },
  { "sha-256 \r\n", TEGATA_ERROR_PARSE, "found nothing after \"sha-256\"" },
  { SHA256_BYTES, TEGATA_ERROR_PARSE,
    "found \"00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0...\" at the start of the "
    "fingerprint: expected a hash function" },
  { "a=fingerprint:sha-256 " SHA256_BYTES, TEGATA_ERROR_PARSE,
    "found \"a=fingerprint:sha-256\" at the start" },
  { "sha-256:" SHA256_BYTES, TEGATA_ERROR_PARSE, "at the start of the fingerprint" },
  { "sha\x01 00", TEGATA_ERROR_PARSE, "found \"sha\\001\" at the start" },
  { "\xc3\xa9 00", TEGATA_ERROR_PARSE, "found \"\\303\\251\" at the start" },
  { "md5 00:01", TEGATA_ERROR_UNSUPPORTED,
    "unknown hash function \"md5\": expected sha-256, sha-384 or sha-512" },
  { "sha256 " SHA256_BYTES, TEGATA_ERROR_UNSUPPORTED,
    "unknown hash function \"sha256\": did you mean sha-256?" },
  { "SHA1 " SHA1_BYTES, TEGATA_ERROR_UNSUPPORTED,
    "unknown hash function \"SHA1\": did you mean sha-1?" },
  { "sha2567 00", TEGATA_ERROR_UNSUPPORTED,
    "unknown hash function \"sha2567\": expected sha-256" },
  { "sha-2566 " SHA256_BYTES, TEGATA_ERROR_UNSUPPORTED, "\"sha-2566\"" },
  { "sha-25 " SHA256_BYTES, TEGATA_ERROR_UNSUPPORTED, "\"sha-25\"" },
  { "SHA-1 " SHA1_BYTES, TEGATA_ERROR_UNSUPPORTED,
    "sha-1 is broken and not taken: have the peer send sha-256" },
  { "sha-256 00", TEGATA_ERROR_PARSE,
    "found a sha-256 fingerprint of 1 bytes: expected 32" },
  { "sha-256 " SHA1_BYTES, TEGATA_ERROR_PARSE, "of 20 bytes: expected 32" },
  { "sha-384 " SHA256_BYTES, TEGATA_ERROR_PARSE, "of 32 bytes: expected 48" },
  { "sha-256 " SHA256_BYTES ":00", TEGATA_ERROR_PARSE, "of 33 bytes: expected 32" },
  { "sha-256 " SHA256_BYTES ":" SHA256_BYTES ":" SHA256_BYTES, TEGATA_ERROR_PARSE,
    "of 96 bytes: expected 32" },
  { "sha-256 0:01", TEGATA_ERROR_PARSE,
    "found \"0\" at byte 1 of the fingerprint: expected two hexadecimal digits" },
  { "sha-256 00:1", TEGATA_ERROR_PARSE, "found \"1\" at byte 2" },
  { "sha-256 00:1 ", TEGATA_ERROR_PARSE, "found \"1\" at byte 2" },
  { "sha-256 00:", TEGATA_ERROR_PARSE, "found \"\" at byte 2" },
  { "sha-256 00::01", TEGATA_ERROR_PARSE, "found \":\" at byte 2" },
  { "sha-256 :00", TEGATA_ERROR_PARSE, "found \":\" at byte 1" },
  { "sha-256 0001", TEGATA_ERROR_PARSE,
    "found \"0001\" at byte 1 of the fingerprint: expected a colon" },
  { "sha-256 00-01", TEGATA_ERROR_PARSE, "found \"00-01\" at byte 1" },
  { "sha-256 00:GG", TEGATA_ERROR_PARSE, "found \"GG\" at byte 2" },
  { "sha-256 00:0x", TEGATA_ERROR_PARSE, "found \"0x\" at byte 2" },
  { "sha-256 +1:00", TEGATA_ERROR_PARSE, "found \"+1\" at byte 1" },
  { "sha-256 00:\xff", TEGATA_ERROR_PARSE, "found \"\\377\" at byte 2" },
  { "sha-256 00: 01", TEGATA_ERROR_PARSE, "found \" \" at byte 2" },
  { "sha-256 00 :01", TEGATA_ERROR_PARSE,
    "found \":01\" after the fingerprint: expected nothing" },
  { "sha-256 " SHA256_BYTES " rubbish", TEGATA_ERROR_PARSE, "found \"rubbish\" after" },
};

static void
refuses_malformed_text (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (malformed); i++)
  {
    g_autoptr (GError) error = NULL;
    g_autofree char *exact = g_strdup (malformed[i].text); /* for a sanitizer's sake */

    g_assert_null (tegata_fingerprint_parse (exact, TEGATA_FINGERPRINT_DEFAULT, &error));
    g_assert_error (error, TEGATA_ERROR, (int) malformed[i].code);
    if (strstr (error->message, malformed[i].fragment) == NULL)
    {
      g_error ("expected \"%s\" in \"%s\"", malformed[i].fragment, error->message);
    }
    g_assert_true (g_utf8_validate (error->message, -1, NULL));
  }
}

static void
reads_sha1_only_when_it_is_allowed (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TegataFingerprint) allowed = parse ("sha-1 " SHA1_BYTES);

  g_assert_cmpint (tegata_fingerprint_get_hash (allowed), ==, TEGATA_HASH_SHA1);
  g_assert_null (
      tegata_fingerprint_parse ("sha-1 " SHA1_BYTES, TEGATA_FINGERPRINT_DEFAULT, &error));
  g_assert_error (error, TEGATA_ERROR, TEGATA_ERROR_UNSUPPORTED);
}

static void
refuses_bytes_of_another_length (void)
{
  static const guint8 bytes[TEGATA_FINGERPRINT_MAX_LEN + 1];
  static const gsize lens[] = { 20, 32, 48, 64 };

  for (int hash = TEGATA_HASH_SHA1; hash <= TEGATA_HASH_SHA512; hash++)
  {
    for (gsize len = 0; len <= sizeof bytes; len++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (TegataFingerprint) fingerprint
          = tegata_fingerprint_new ((TegataHash) hash, bytes, len, &error);

      g_assert_cmpint (fingerprint != NULL, ==, len == lens[hash]);
      if (fingerprint == NULL)
      {
        g_assert_error (error, TEGATA_ERROR, TEGATA_ERROR_INVALID);
      }
    }
  }
}

static void
refuses_a_hash_that_does_not_exist (void)
{
  static const guint8 bytes[TEGATA_FINGERPRINT_MAX_LEN];
  g_autoptr (GError) error = NULL;

  g_assert_null (tegata_fingerprint_new ((TegataHash) 4, bytes, sizeof bytes, &error));
  g_assert_error (error, TEGATA_ERROR, TEGATA_ERROR_INVALID);
  g_assert_nonnull (strstr (error->message, "hash function number 4"));
}

/* A change of any bit, and of the hash alone, makes another one. */
static void
equals_itself_only (void)
{
  guint8 bytes[32] = { 0 };
  g_autoptr (TegataFingerprint) zero = wrong_fingerprint (TEGATA_HASH_SHA256);
  g_autoptr (TegataFingerprint) longer = wrong_fingerprint (TEGATA_HASH_SHA384);
  g_autoptr (TegataFingerprint) shorter = wrong_fingerprint (TEGATA_HASH_SHA1);

  g_assert_true (tegata_fingerprint_equal (zero, zero));
  g_assert_false (tegata_fingerprint_equal (zero, longer));
  g_assert_false (tegata_fingerprint_equal (zero, shorter));
  for (guint bit = 0; bit < 8 * sizeof bytes; bit++)
  {
    g_autoptr (TegataFingerprint) other = NULL;

    bytes[bit / 8] = (guint8) (1 << bit % 8);
    other = tegata_fingerprint_new (TEGATA_HASH_SHA256, bytes, sizeof bytes, NULL);
    g_assert_false (tegata_fingerprint_equal (zero, other));
    bytes[bit / 8] = 0;
  }
}

/* What signalling names, a letter a line: b, c, d stand for sha-256, sha-384, sha-512, in
 * upper case where the fingerprint is the right one; 1 and 0 are a right and a wrong
 * sha-1. */
static TegataFingerprint *
fingerprint_of_letter (TegataCertificate *certificate, char letter)
{
  static const char right[] = "1BCD";
  static const char wrong[] = "0bcd";
  const char *at = strchr (right, letter);

  if (at != NULL)
  {
    return tegata_fingerprint_new_for_certificate (certificate,
                                                   (TegataHash) (at - right));
  }
  at = strchr (wrong, letter);
  g_assert_nonnull (at);
  return wrong_fingerprint ((TegataHash) (at - wrong));
}

static void
matches_any_one_of_the_strongest_hash (void)
{
  static const struct
  {
    const char *named;
    gboolean matches;
  } rows[] = {
    { "", FALSE },    { "1", TRUE },    { "B", TRUE },      { "C", TRUE },
    { "D", TRUE },    { "0", FALSE },   { "b", FALSE },     { "c", FALSE },
    { "d", FALSE },   { "bB", TRUE },   { "Bb", TRUE },     { "bbB", TRUE },
    { "bbb", FALSE }, { "BB", TRUE },   { "BD", TRUE },     { "Bd", FALSE },
    { "dB", FALSE },  { "bD", TRUE },   { "Db", TRUE },     { "1b", FALSE },
    { "b1", FALSE },  { "0B", TRUE },   { "1BCd", FALSE },  { "0bcD", TRUE },
    { "CdD", TRUE },  { "dCDb", TRUE }, { "1BCdd", FALSE }, { "cC1", TRUE },
  };
  g_autoptr (TegataCertificate) certificate = vector_certificate ();

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
  {
    g_autoptr (GPtrArray) named
        = g_ptr_array_new_with_free_func ((GDestroyNotify) tegata_fingerprint_unref);

    for (const char *letter = rows[i].named; *letter != '\0'; letter++)
    {
      g_ptr_array_add (named, fingerprint_of_letter (certificate, *letter));
    }
    g_test_message ("%s", rows[i].named);
    g_assert_cmpint (tegata_fingerprint_match ((TegataFingerprint *const *) named->pdata,
                                               named->len, certificate),
                     ==, rows[i].matches);
  }
  g_assert_cmpuint (ERR_peek_error (), ==, 0);
}

static void
matches_no_certificate_where_there_is_none (void)
{
  g_autoptr (TegataCertificate) certificate = vector_certificate ();

  g_assert_false (tegata_fingerprint_match (NULL, 0, certificate));
}

static void
matches_in_any_case (void)
{
  g_autoptr (TegataCertificate) certificate = vector_certificate ();
  g_autofree char *lower = g_ascii_strdown (vector_texts[TEGATA_HASH_SHA256], -1);
  g_autofree char *upper = g_ascii_strup (vector_texts[TEGATA_HASH_SHA256], -1);
  g_autoptr (TegataFingerprint) from_lower = parse (lower);
  g_autoptr (TegataFingerprint) from_upper = parse (upper);

  g_assert_true (tegata_fingerprint_equal (from_lower, from_upper));
  g_assert_true (tegata_fingerprint_match (&from_lower, 1, certificate));
  g_assert_true (tegata_fingerprint_match (&from_upper, 1, certificate));
}

static void
does_not_match_another_certificate (void)
{
  g_autoptr (TegataCertificate) certificate = vector_certificate ();
  g_autoptr (TegataCertificate) other
      = tegata_certificate_new (TEGATA_KEY_TYPE_ECDSA_P256, NULL);

  for (int hash = TEGATA_HASH_SHA1; hash <= TEGATA_HASH_SHA512; hash++)
  {
    g_autoptr (TegataFingerprint) fingerprint
        = tegata_fingerprint_new_for_certificate (certificate, (TegataHash) hash);

    g_assert_true (tegata_fingerprint_match (&fingerprint, 1, certificate));
    g_assert_false (tegata_fingerprint_match (&fingerprint, 1, other));
  }
}

static void
lives_as_long_as_its_last_reference (void)
{
  TegataFingerprint *fingerprint = parse ("sha-256 " SHA256_BYTES);
  TegataFingerprint *boxed = g_boxed_copy (TEGATA_TYPE_FINGERPRINT, fingerprint);

  g_assert_true (boxed == fingerprint);
  g_assert_true (tegata_fingerprint_ref (fingerprint) == fingerprint);
  tegata_fingerprint_unref (fingerprint);
  tegata_fingerprint_unref (fingerprint);
  g_assert_true (tegata_fingerprint_equal (boxed, boxed));
  g_boxed_free (TEGATA_TYPE_FINGERPRINT, boxed);
}

#define ADD(name, function) g_test_add_func ("/identity/fingerprint/" name, function)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("is-what-others-compute", is_what_others_compute);
  ADD ("comes-back-from-text", comes_back_from_text);
  ADD ("keeps-its-bytes", keeps_its_bytes);
  ADD ("ignores-case-and-blanks", ignores_case_and_blanks);
  ADD ("refuses-malformed-text", refuses_malformed_text);
  ADD ("reads-sha1-only-when-it-is-allowed", reads_sha1_only_when_it_is_allowed);
  ADD ("refuses-bytes-of-another-length", refuses_bytes_of_another_length);
  ADD ("refuses-a-hash-that-does-not-exist", refuses_a_hash_that_does_not_exist);
  ADD ("equals-itself-only", equals_itself_only);
  ADD ("matches-any-one-of-the-strongest-hash", matches_any_one_of_the_strongest_hash);
  ADD ("matches-no-certificate-where-there-is-none",
       matches_no_certificate_where_there_is_none);
  ADD ("matches-in-any-case", matches_in_any_case);
  ADD ("does-not-match-another-certificate", does_not_match_another_certificate);
  ADD ("lives-as-long-as-its-last-reference", lives_as_long_as_its_last_reference);
  return g_test_run ();
}
