/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "session-end.h"

#include "dtls/context-private.h"

#include <openssl/ssl.h>
#include <string.h>

/* What a context takes, what it refuses and how it says so; and the key log. */

typedef struct
{
  const char *name;
  const char *text;
  TegataError code;
  const char *says; /* a part of the message */
} Malformed;

static const Malformed profiles[] = {
  { "unknown", "SRTP_NULL_HMAC_SHA1_80", TEGATA_ERROR_PARSE, "SRTP_NULL_HMAC_SHA1_80" },
  { "unknown-lists-the-known", "x", TEGATA_ERROR_PARSE, "SRTP_AES128_CM_HMAC_SHA1_32" },
  { "one-good-one-bad", "AEAD_AES_128_GCM:AEAD_AES_512_GCM", TEGATA_ERROR_PARSE,
    "AEAD_AES_512_GCM" },
  { "twice", "AEAD_AES_128_GCM, SRTP_AEAD_AES_128_GCM", TEGATA_ERROR_INVALID, "twice" },
  { "a-number", "1", TEGATA_ERROR_PARSE, "\"1\"" },
  { "separators-alone", " ,: ", TEGATA_ERROR_PARSE, "nothing at all" },
  { "libssl's-name", "SRTP_AES128_CM_SHA1_80", TEGATA_ERROR_PARSE, "expected" },
};

static const Malformed groups[] = {
  { "unknown", "X25519:P-999", TEGATA_ERROR_PARSE, "P-999" },
  { "empty", "", TEGATA_ERROR_PARSE, "expected" },
  { "a-cipher", "X25519:AES128-GCM", TEGATA_ERROR_PARSE, "AES128-GCM" },
};

static TegataContext *
new_context (void)
{
  g_autoptr (GError) error = NULL;
  TegataContext *context = tegata_context_new (NULL, &error);

  g_assert_no_error (error);
  return context;
}

static void
assert_says (const GError *error, const Malformed *row)
{
  g_assert_error (error, TEGATA_ERROR, (int) row->code);
  g_assert_nonnull (strstr (error->message, row->says));
}

/* What was set before stays. */
static void
test_malformed_profiles (gconstpointer data)
{
  const Malformed *row = data;
  g_autoptr (TegataContext) context = new_context ();
  g_autoptr (GError) error = NULL;

  g_assert_true (tegata_context_set_srtp_profiles (context, "AEAD_AES_256_GCM", NULL));
  g_assert_false (tegata_context_set_srtp_profiles (context, row->text, &error));
  assert_says (error, row);
  g_assert_cmpuint (tegata_context_get_settings (context)->n_profiles, ==, 1);
  g_assert_cmpint (tegata_context_get_settings (context)->profiles[0], ==,
                   TEGATA_SRTP_AEAD_AES_256_GCM);
}

static void
test_malformed_groups (gconstpointer data)
{
  const Malformed *row = data;
  g_autoptr (TegataContext) context = new_context ();
  g_autofree char *before = g_strdup (tegata_context_get_settings (context)->groups);
  g_autoptr (GError) error = NULL;

  g_assert_false (tegata_context_set_groups (context, row->text, &error));
  assert_says (error, row);
  g_assert_cmpstr (tegata_context_get_settings (context)->groups, ==, before);
}

static void
test_profiles (void)
{
  g_autoptr (TegataContext) context = new_context ();
  const TegataContextSettings *settings = tegata_context_get_settings (context);

  g_assert_cmpuint (settings->n_profiles, ==, 3);
  g_assert_cmpint (settings->profiles[0], ==, TEGATA_SRTP_AEAD_AES_128_GCM);
  g_assert_cmpint (settings->profiles[1], ==, TEGATA_SRTP_AEAD_AES_256_GCM);
  g_assert_cmpint (settings->profiles[2], ==, TEGATA_SRTP_AES128_CM_HMAC_SHA1_80);

  g_assert_true (tegata_context_set_srtp_profiles (
      context, " aes128_cm_hmac_sha1_32 ,\tSRTP_AEAD_AES_128_GCM:", NULL));
  g_assert_cmpuint (settings->n_profiles, ==, 2);
  g_assert_cmpint (settings->profiles[0], ==, TEGATA_SRTP_AES128_CM_HMAC_SHA1_32);

  g_assert_true (tegata_context_set_srtp_profiles (context, NULL, NULL));
  g_assert_cmpuint (settings->n_profiles, ==, 0);
}

static void
test_versions (void)
{
  g_autoptr (TegataContext) context = new_context ();
  const TegataContextSettings *settings = tegata_context_get_settings (context);
  g_autoptr (GError) error = NULL;

  g_assert_false (tegata_context_set_versions (context, TEGATA_VERSION_DTLS_1_2,
                                               TEGATA_VERSION_DTLS_1_0, &error));
  g_assert_error (error, TEGATA_ERROR, TEGATA_ERROR_INVALID);
  g_assert_nonnull (strstr (error->message, "from DTLS 1.2 to DTLS 1.0"));
  g_clear_error (&error);

#ifndef DTLS1_3_VERSION
  g_assert_false (tegata_context_set_versions (context, TEGATA_VERSION_DTLS_1_2,
                                               TEGATA_VERSION_DTLS_1_3, &error));
  g_assert_error (error, TEGATA_ERROR, TEGATA_ERROR_UNSUPPORTED);
  g_assert_nonnull (strstr (error->message, "DTLS 1.3"));
#endif
  g_assert_cmpint (settings->min_version, ==, TEGATA_VERSION_DTLS_1_2);
  g_assert_cmpint (settings->max_version, ==, TEGATA_VERSION_DTLS_1_2);
}

static void
test_no_private_key (void)
{
  g_autoptr (TegataCertificate) own = NULL;
  g_autoptr (TegataCertificate) bare = NULL;
  g_autoptr (GError) error = NULL;
  gsize len;
  const guint8 *der;

  own = tegata_certificate_new (TEGATA_KEY_TYPE_ECDSA_P256, &error);
  g_assert_no_error (error);
  der = tegata_certificate_get_der (own, &len);
  bare = tegata_certificate_new_from_der (der, len, &error);
  g_assert_no_error (error);

  g_assert_null (tegata_context_new (bare, &error));
  g_assert_error (error, TEGATA_ERROR, TEGATA_ERROR_INVALID);
  g_assert_nonnull (strstr (error->message, "private key"));
}

/* Whoever sets it later would change associations of other threads under way. */
static void
test_sealed (void)
{
  g_autoptr (TegataContext) context = new_context ();
  g_autoptr (TegataSession) session = tegata_session_new (context);

  g_test_expect_message ("tegata", G_LOG_LEVEL_CRITICAL, "*sealed*");
  tegata_context_set_mtu (context, 600);
  g_test_assert_expected_messages ();
  g_assert_cmpuint (tegata_context_get_mtu (context), ==, TEGATA_DEFAULT_MTU);
  g_assert_nonnull (session);
}

static void
take_line (const char *line, gpointer user_data)
{
  g_ptr_array_add (user_data, g_strdup (line));
}

/* The format of NSS: a label, the client's random, the master secret. */
static void
test_key_log (void)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);
  End client, server;

  end_init (&client, "client", NULL);
  end_init (&server, "server", NULL);
  tegata_session_free (client.session);
  g_clear_pointer (&client.context, tegata_context_unref);
  client.context = new_context ();
  tegata_context_set_key_log (client.context, take_line, lines, NULL);
  client.session = tegata_session_new (client.context);
  ends_connect (&client, &server);

  g_assert_cmpuint (lines->len, ==, 1);
  g_assert_true (g_regex_match_simple ("^CLIENT_RANDOM [0-9a-f]{64} [0-9a-f]{96}$",
                                       lines->pdata[0], G_REGEX_DEFAULT,
                                       G_REGEX_MATCH_DEFAULT));
  end_clear (&client);
  end_clear (&server);
}

static void
count_up (gpointer count)
{
  *(guint *) count += 1;
}

static void
test_key_log_data (void)
{
  TegataContext *context = new_context ();
  guint n_first = 0, n_second = 0;

  tegata_context_set_key_log (context, take_line, &n_first, count_up);
  tegata_context_set_key_log (context, take_line, &n_second, count_up);
  g_assert_cmpuint (n_first, ==, 1);
  g_assert_cmpuint (n_second, ==, 0);
  tegata_context_unref (context);
  g_assert_cmpuint (n_second, ==, 1);
}

static void
add_rows (const char *what,
          const Malformed *rows,
          gsize n_rows,
          void (*test) (gconstpointer row))
{
  for (gsize i = 0; i < n_rows; i++)
  {
    g_autofree char *path
        = g_strdup_printf ("/dtls/context/%s/refuses/%s", what, rows[i].name);

    g_test_add_data_func (path, &rows[i], test);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/dtls/context/profiles/keep-their-order", test_profiles);
  g_test_add_func ("/dtls/context/versions/name-what-is-wrong", test_versions);
  g_test_add_func ("/dtls/context/certificate/needs-a-private-key", test_no_private_key);
  g_test_add_func ("/dtls/context/is-sealed-by-its-first-session", test_sealed);
  g_test_add_func ("/dtls/context/key-log/has-the-format-of-nss", test_key_log);
  g_test_add_func ("/dtls/context/key-log/frees-its-data-once", test_key_log_data);
  add_rows ("profiles", profiles, G_N_ELEMENTS (profiles), test_malformed_profiles);
  add_rows ("groups", groups, G_N_ELEMENTS (groups), test_malformed_groups);
  return g_test_run ();
}
