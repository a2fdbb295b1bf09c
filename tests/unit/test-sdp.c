/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <tegata/error.h>
#include <tegata/sdp.h>

#define A_BYTES                                                                          \
  "AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:"                                     \
  "AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA"
#define A_BYTES_IN_LOWER_CASE                                                            \
  "aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:"                                     \
  "aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa"
#define B_BYTES                                                                          \
  "BB:BB:BB:BB:BB:BB:BB:BB:BB:BB:BB:BB:BB:BB:BB:BB:"                                     \
  "BB:BB:BB:BB:BB:BB:BB:BB:BB:BB:BB:BB:BB:BB:BB:BB"
#define SHA1_BYTES "00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13"

#define A_LINE "a=fingerprint:sha-256 " A_BYTES
#define B_LINE "a=fingerprint:sha-256 " B_BYTES
#define SHA1_LINE "a=fingerprint:sha-1 " SHA1_BYTES
#define MD5_LINE "a=fingerprint:md5 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F"

static void
assert_message (const GError *error, TegataError code, const char *fragment)
{
  g_assert_error (error, TEGATA_ERROR, (int) code);
  if (strstr (error->message, fragment) == NULL)
  {
    g_error ("expected \"%s\" in \"%s\"", fragment, error->message);
  }
}

/* Up to four lines; the first NULL ends them. */
typedef struct
{
  const char *lines[4];
  TegataFingerprintFlags flags;
} Lines;

static GPtrArray *
parse_lines (const Lines *self, GError **error)
{
  gsize n_lines = 0;

  while (n_lines < G_N_ELEMENTS (self->lines) && self->lines[n_lines] != NULL)
  {
    n_lines++;
  }
  return tegata_sdp_parse_fingerprints (self->lines, n_lines, self->flags, error);
}

static void
reads_the_fingerprints_that_it_knows (void)
{
  static const struct
  {
    Lines lines;
    const char *expected; /* their canonical lines, joined by blanks */
  } rows[] = {
    { { { A_LINE }, 0 }, A_LINE },
    { { { "sha-256 " A_BYTES }, 0 }, A_LINE },
    { { { "  A=Fingerprint: SHA-256\t" A_BYTES_IN_LOWER_CASE "\r\n" }, 0 }, A_LINE },
    { { { A_LINE, B_LINE }, 0 }, A_LINE " " B_LINE },
    { { { MD5_LINE, A_LINE }, 0 }, A_LINE },
    { { { A_LINE, MD5_LINE, SHA1_LINE }, 0 }, A_LINE },
    { { { "a=fingerprint:sha3-256 anything", A_LINE }, 0 }, A_LINE },
    { { { SHA1_LINE, A_LINE }, TEGATA_FINGERPRINT_ALLOW_SHA1 }, SHA1_LINE " " A_LINE },
    { { { SHA1_LINE }, TEGATA_FINGERPRINT_ALLOW_SHA1 }, SHA1_LINE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
  {
    g_autoptr (GError) error = NULL;
    g_autoptr (GPtrArray) fingerprints = parse_lines (&rows[i].lines, &error);
    g_autoptr (GString) written = g_string_new (NULL);

    g_assert_no_error (error);
    for (guint j = 0; j < fingerprints->len; j++)
    {
      g_autofree char *line = tegata_sdp_write_fingerprint (fingerprints->pdata[j]);

      g_string_append_printf (written, "%s%s", j > 0 ? " " : "", line);
    }
    g_assert_cmpstr (written->str, ==, rows[i].expected);
  }
}

static void
refuses_malformed_fingerprint_lines (void)
{
  static const struct
  {
    Lines lines;
    TegataError code;
    const char *fragment;
  } rows[] = {
    { { { NULL }, 0 }, TEGATA_ERROR_PARSE, "found no fingerprint: expected one" },
    { { { "" }, 0 }, TEGATA_ERROR_PARSE, "line 1: the fingerprint is empty" },
    { { { "a=fingerprint:" }, 0 },
      TEGATA_ERROR_PARSE,
      "line 1: the fingerprint is empty" },
    { { { "a=setup:active" }, 0 },
      TEGATA_ERROR_PARSE,
      "found \"a=setup:active\": expected a line of \"a=fingerprint:\"" },
    { { { "a=fingerprints:sha-256 " A_BYTES }, 0 },
      TEGATA_ERROR_PARSE,
      "expected a line" },
    { { { "a=" }, 0 }, TEGATA_ERROR_PARSE, "found \"a=\"" },
    { { { "fingerprint:sha-256 " A_BYTES }, 0 },
      TEGATA_ERROR_PARSE,
      "found \"fingerprint:sha-256\" at the start" },
    { { { A_LINE, "a=fingerprint:sha-256 AA" }, 0 },
      TEGATA_ERROR_PARSE,
      "line 2: found a sha-256 fingerprint of 1 bytes: expected 32" },
    { { { MD5_LINE, "a=fingerprint:sha-256 A" }, 0 },
      TEGATA_ERROR_PARSE,
      "line 2: found \"A\" at byte 1" },
    { { { MD5_LINE }, 0 },
      TEGATA_ERROR_UNSUPPORTED,
      "line 1: unknown hash function \"md5\"" },
    { { { SHA1_LINE }, 0 },
      TEGATA_ERROR_UNSUPPORTED,
      "line 1: sha-1 is broken and not taken: have the peer send sha-256" },
    { { { MD5_LINE, SHA1_LINE }, 0 }, TEGATA_ERROR_UNSUPPORTED, "line 1: unknown" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
  {
    g_autoptr (GError) error = NULL;

    g_assert_null (parse_lines (&rows[i].lines, &error));
    assert_message (error, rows[i].code, rows[i].fragment);
  }
}

static void
reads_and_writes_setup (void)
{
  static const struct
  {
    const char *line;
    TegataSetup setup;
    const char *written;
  } rows[] = {
    { "a=setup:active", TEGATA_SETUP_ACTIVE, "a=setup:active" },
    { "a=setup:passive", TEGATA_SETUP_PASSIVE, "a=setup:passive" },
    { "a=setup:actpass", TEGATA_SETUP_ACTPASS, "a=setup:actpass" },
    { "a=setup:holdconn", TEGATA_SETUP_HOLDCONN, "a=setup:holdconn" },
    { "active", TEGATA_SETUP_ACTIVE, "a=setup:active" },
    { "ActPass", TEGATA_SETUP_ACTPASS, "a=setup:actpass" },
    { " \tA=SETUP: PASSIVE \r\n", TEGATA_SETUP_PASSIVE, "a=setup:passive" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
  {
    g_autoptr (GError) error = NULL;
    g_autofree char *written = NULL;
    TegataSetup setup = TEGATA_SETUP_NONE;

    g_assert_true (tegata_sdp_parse_setup (rows[i].line, &setup, &error));
    g_assert_no_error (error);
    g_assert_cmpint (setup, ==, rows[i].setup);
    written = tegata_sdp_write_setup (setup);
    g_assert_cmpstr (written, ==, rows[i].written);
  }
}

static void
refuses_malformed_setup (void)
{
  static const struct
  {
    const char *line;
    const char *fragment;
  } rows[] = {
    { "", "found setup \"\": expected active, passive, actpass or holdconn" },
    { "a=setup:", "found setup \"\"" },
    { "a=setup", "found \"a=setup\": expected a line of \"a=setup:\"" },
    { "a=setup:none", "found setup \"none\"" },
    { "a=setup:act", "found setup \"act\"" },
    { "a=setup:actives", "found setup \"actives\"" },
    { "a=setup:active passive", "found setup \"active passive\"" },
    { "setup:active", "found setup \"setup:active\"" },
    { "a=tls-id:active", "found \"a=tls-id:active\": expected" },
    { "a=setup:\x01\nactive", "found setup \"\\001\\nactive\"" },
    { "a=setup:0123456789012345678901234567890123456789x",
      "\"0123456789012345678901234567890123456789...\"" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
  {
    g_autoptr (GError) error = NULL;
    TegataSetup setup = TEGATA_SETUP_HOLDCONN;

    g_assert_false (tegata_sdp_parse_setup (rows[i].line, &setup, &error));
    assert_message (error, TEGATA_ERROR_PARSE, rows[i].fragment);
    g_assert_cmpint (setup, ==, TEGATA_SETUP_HOLDCONN);
  }
}

static void
answers_each_offer (void)
{
  static const struct
  {
    TegataSetup offered, preferred, answer;
  } rows[] = {
    { TEGATA_SETUP_NONE, TEGATA_SETUP_ACTIVE, TEGATA_SETUP_PASSIVE },
    { TEGATA_SETUP_NONE, TEGATA_SETUP_PASSIVE, TEGATA_SETUP_PASSIVE },
    { TEGATA_SETUP_ACTIVE, TEGATA_SETUP_ACTIVE, TEGATA_SETUP_PASSIVE },
    { TEGATA_SETUP_ACTIVE, TEGATA_SETUP_PASSIVE, TEGATA_SETUP_PASSIVE },
    { TEGATA_SETUP_PASSIVE, TEGATA_SETUP_ACTIVE, TEGATA_SETUP_ACTIVE },
    { TEGATA_SETUP_PASSIVE, TEGATA_SETUP_PASSIVE, TEGATA_SETUP_ACTIVE },
    { TEGATA_SETUP_ACTPASS, TEGATA_SETUP_ACTIVE, TEGATA_SETUP_ACTIVE },
    { TEGATA_SETUP_ACTPASS, TEGATA_SETUP_PASSIVE, TEGATA_SETUP_PASSIVE },
    { TEGATA_SETUP_HOLDCONN, TEGATA_SETUP_ACTIVE, TEGATA_SETUP_HOLDCONN },
    { TEGATA_SETUP_HOLDCONN, TEGATA_SETUP_PASSIVE, TEGATA_SETUP_HOLDCONN },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
  {
    g_assert_cmpint (tegata_sdp_answer_setup (rows[i].offered, rows[i].preferred), ==,
                     rows[i].answer);
  }
}

/* A row an offer, a column an answer (none, active, passive, actpass, holdconn): whether
 * the offerer becomes c(lient) or s(erver), or - where no association follows. */
static const char *const offerer_roles[] = {
  [TEGATA_SETUP_NONE] = "csc--",     [TEGATA_SETUP_ACTIVE] = "csc--",
  [TEGATA_SETUP_PASSIVE] = "csc--",  [TEGATA_SETUP_ACTPASS] = "csc--",
  [TEGATA_SETUP_HOLDCONN] = "-----",
};

static void
agrees_on_roles_from_both_sides (void)
{
  for (int offer = TEGATA_SETUP_NONE; offer <= TEGATA_SETUP_HOLDCONN; offer++)
  {
    for (int answer = TEGATA_SETUP_NONE; answer <= TEGATA_SETUP_HOLDCONN; answer++)
    {
      char expected = offerer_roles[offer][answer];
      g_autoptr (GError) error = NULL;
      g_autoptr (GError) other_error = NULL;
      TegataRole offerer = (TegataRole) 77, answerer = (TegataRole) 77;
      gboolean done = tegata_sdp_negotiate_role (
          (TegataSetup) offer, (TegataSetup) answer, TRUE, &offerer, &error);

      g_assert_cmpint (done, ==,
                       tegata_sdp_negotiate_role ((TegataSetup) answer,
                                                  (TegataSetup) offer, FALSE, &answerer,
                                                  &other_error));
      g_assert_cmpint (done, ==, expected != '-');
      if (!done)
      {
        g_assert_error (error, TEGATA_ERROR, TEGATA_ERROR_INVALID);
        g_assert_error (other_error, TEGATA_ERROR, TEGATA_ERROR_INVALID);
        g_assert_cmpint (offerer, ==, 77);
        g_assert_cmpint (answerer, ==, 77);
        continue;
      }
      g_assert_cmpint (offerer, ==,
                       expected == 'c' ? TEGATA_ROLE_CLIENT : TEGATA_ROLE_SERVER);
      g_assert_cmpint (answerer, ==,
                       expected == 'c' ? TEGATA_ROLE_SERVER : TEGATA_ROLE_CLIENT);
    }
  }
}

static void
names_both_setups_where_no_role_follows (void)
{
  static const struct
  {
    TegataSetup offer, answer;
    const char *fragment;
  } rows[] = {
    { TEGATA_SETUP_ACTPASS, TEGATA_SETUP_ACTPASS,
      "offer of setup \"actpass\" and an answer of setup \"actpass\": expected" },
    { TEGATA_SETUP_HOLDCONN, TEGATA_SETUP_ACTIVE,
      "offer of setup \"holdconn\" and an answer of setup \"active\"" },
    { TEGATA_SETUP_NONE, TEGATA_SETUP_HOLDCONN,
      "offer of no setup (so \"active\") and an answer of setup \"holdconn\"" },
    { TEGATA_SETUP_HOLDCONN, TEGATA_SETUP_NONE,
      "offer of setup \"holdconn\" and an answer of no setup (so \"passive\")" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
  {
    g_autoptr (GError) error = NULL;
    g_autoptr (GError) other_error = NULL;
    TegataRole role;

    g_assert_false (
        tegata_sdp_negotiate_role (rows[i].offer, rows[i].answer, TRUE, &role, &error));
    assert_message (error, TEGATA_ERROR_INVALID, rows[i].fragment);
    g_assert_false (tegata_sdp_negotiate_role (rows[i].answer, rows[i].offer, FALSE,
                                               &role, &other_error));
    assert_message (other_error, TEGATA_ERROR_INVALID, rows[i].fragment);
  }
}

static void
prefers_a_fixed_role_only (void)
{
  static const TegataSetup setups[]
      = { TEGATA_SETUP_NONE, TEGATA_SETUP_ACTPASS, TEGATA_SETUP_HOLDCONN };

  for (gsize i = 0; i < G_N_ELEMENTS (setups); i++)
  {
    g_test_expect_message ("tegata", G_LOG_LEVEL_CRITICAL, "*preferred*");
    g_assert_cmpint (tegata_sdp_answer_setup (TEGATA_SETUP_ACTPASS, setups[i]), ==,
                     TEGATA_SETUP_HOLDCONN);
    g_test_assert_expected_messages ();
  }
}

#define TLS_ID_20 "abcdefghij0123456789"
#define TLS_ID_255                                                                       \
  "0123456789012345678901234567890123456789012345678901234567890123456789"               \
  "0123456789012345678901234567890123456789012345678901234567890123456789"               \
  "0123456789012345678901234567890123456789012345678901234567890123456789"               \
  "0123456789012345678901234567890123456789ABCDE"

static void
reads_and_writes_tls_id (void)
{
  static const struct
  {
    const char *line;
    const char *tls_id;
  } rows[] = {
    { "a=tls-id:" TLS_ID_20, TLS_ID_20 },
    { TLS_ID_20, TLS_ID_20 },
    { "a=tls-id:" TLS_ID_255 "\r\n", TLS_ID_255 },
    { " a=TLS-ID: ABCDEFGHIJabcdefghij+/-_ ", "ABCDEFGHIJabcdefghij+/-_" },
  };

  g_assert_cmpuint (strlen (TLS_ID_255), ==, 255);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
  {
    g_autoptr (GError) error = NULL;
    g_autofree char *tls_id = tegata_sdp_parse_tls_id (rows[i].line, &error);
    g_autofree char *written = NULL;
    g_autofree char *expected = g_strconcat ("a=tls-id:", rows[i].tls_id, NULL);

    g_assert_no_error (error);
    g_assert_cmpstr (tls_id, ==, rows[i].tls_id);
    written = tegata_sdp_write_tls_id (tls_id);
    g_assert_cmpstr (written, ==, expected);
  }
}

static void
refuses_malformed_tls_id (void)
{
  static const struct
  {
    const char *line;
    const char *fragment;
  } rows[] = {
    { "", "found a tls-id of 0 characters: expected 20 to 255" },
    { "a=tls-id:", "of 0 characters" },
    { "a=tls-id:abcdefghij012345678", "of 19 characters: expected 20 to 255" },
    { "a=tls-id:" TLS_ID_255 "x", "of 256 characters" },
    { "a=tls-id:" TLS_ID_20 "!", "found \"!\" in a tls-id: expected letters, digits" },
    { "a=tls-id:" TLS_ID_20 " b", "found \" b\" in a tls-id" },
    { "a=tls-id:" TLS_ID_20 "\xc3\xa9", "found \"\\303\\251\" in a tls-id" },
    { "tls-id:" TLS_ID_20, "found \":abcdefghij" },
    { "a=setup:" TLS_ID_20, "found \"a=setup:" TLS_ID_20 "\": expected a line of" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
  {
    g_autoptr (GError) error = NULL;

    g_assert_null (tegata_sdp_parse_tls_id (rows[i].line, &error));
    assert_message (error, TEGATA_ERROR_PARSE, rows[i].fragment);
  }
}

static void
writes_no_tls_id_that_it_would_not_read (void)
{
  static const struct
  {
    const char *tls_id;
    const char *message;
  } rows[] = {
    { "x\r\ny", "*TLS_ID_CHARS*" },
    { TLS_ID_20 "\r\na=setup:active", "*TLS_ID_CHARS*" },
    { TLS_ID_20 " ", "*TLS_ID_CHARS*" },
    { "", "*is_tls_id_len*" },
    { "abcdefghij012345678", "*is_tls_id_len*" },
    { TLS_ID_255 "x", "*is_tls_id_len*" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
  {
    g_test_expect_message ("tegata", G_LOG_LEVEL_CRITICAL, rows[i].message);
    g_assert_null (tegata_sdp_write_tls_id (rows[i].tls_id));
    g_test_assert_expected_messages ();
  }
}

static void
makes_a_tls_id_that_is_new_each_time (void)
{
  g_autoptr (GHashTable) seen
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < 1000; i++)
  {
    g_autoptr (GError) error = NULL;
    g_autofree char *tls_id = tegata_sdp_new_tls_id ();
    char *parsed = tegata_sdp_parse_tls_id (tls_id, &error);

    g_assert_no_error (error);
    g_assert_cmpstr (parsed, ==, tls_id);
    g_assert_true (g_hash_table_add (seen, parsed));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/sdp/fingerprint/reads-those-that-it-knows",
                   reads_the_fingerprints_that_it_knows);
  g_test_add_func ("/sdp/fingerprint/refuses-malformed-lines",
                   refuses_malformed_fingerprint_lines);
  g_test_add_func ("/sdp/setup/comes-back-from-text", reads_and_writes_setup);
  g_test_add_func ("/sdp/setup/refuses-malformed-lines", refuses_malformed_setup);
  g_test_add_func ("/sdp/setup/answers-each-offer", answers_each_offer);
  g_test_add_func ("/sdp/setup/prefers-a-fixed-role-only", prefers_a_fixed_role_only);
  g_test_add_func ("/sdp/setup/agrees-on-roles-from-both-sides",
                   agrees_on_roles_from_both_sides);
  g_test_add_func ("/sdp/setup/names-both-setups-where-no-role-follows",
                   names_both_setups_where_no_role_follows);
  g_test_add_func ("/sdp/tls-id/comes-back-from-text", reads_and_writes_tls_id);
  g_test_add_func ("/sdp/tls-id/refuses-malformed-lines", refuses_malformed_tls_id);
  g_test_add_func ("/sdp/tls-id/is-not-written-where-malformed",
                   writes_no_tls_id_that_it_would_not_read);
  g_test_add_func ("/sdp/tls-id/is-new-each-time", makes_a_tls_id_that_is_new_each_time);
  return g_test_run ();
}
