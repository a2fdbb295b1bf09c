/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"

#include <string.h>
#include <tegata/sdp.h>

/* Input: lines of a description. What is understood is the same when it is written and
 * read again. */

static void
read_fingerprint (const char *line, TegataFingerprintFlags flags)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TegataFingerprint) fingerprint
      = tegata_fingerprint_parse (line, flags, &error);

  g_assert_true ((fingerprint == NULL) == (error != NULL));
  if (fingerprint != NULL)
  {
    g_autofree char *text = tegata_fingerprint_to_string (fingerprint);
    g_autoptr (TegataFingerprint) again = tegata_fingerprint_parse (text, flags, NULL);

    g_assert_true (tegata_fingerprint_equal (fingerprint, again));
  }
}

static void
read_setup (const char *line)
{
  g_autoptr (GError) error = NULL;
  TegataSetup setup, again;

  if (tegata_sdp_parse_setup (line, &setup, &error))
  {
    g_autofree char *text = tegata_sdp_write_setup (setup);

    g_assert_true (tegata_sdp_parse_setup (text, &again, NULL));
    g_assert_cmpint (again, ==, setup);
  }
  g_assert_true (error == NULL || error->message != NULL);
}

static void
read_tls_id (const char *line)
{
  g_autofree char *tls_id = tegata_sdp_parse_tls_id (line, NULL);

  if (tls_id != NULL)
  {
    g_autofree char *text = tegata_sdp_write_tls_id (tls_id);
    g_autofree char *again = tegata_sdp_parse_tls_id (text, NULL);

    g_assert_cmpstr (again, ==, tls_id);
  }
}

static void
read_fingerprints (char **lines, TegataFingerprintFlags flags)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) fingerprints = tegata_sdp_parse_fingerprints (
      (const char *const *) lines, g_strv_length (lines), flags, &error);

  g_assert_true ((fingerprints == NULL) == (error != NULL));
  g_assert_true (fingerprints == NULL || fingerprints->len > 0);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (char **line = lines; *line != NULL; line++)
  {
    read_fingerprint (*line, TEGATA_FINGERPRINT_DEFAULT);
    read_fingerprint (*line, TEGATA_FINGERPRINT_ALLOW_SHA1);
    read_setup (*line);
    read_tls_id (*line);
  }
  read_fingerprints (lines, TEGATA_FINGERPRINT_DEFAULT);
  read_fingerprints (lines, TEGATA_FINGERPRINT_ALLOW_SHA1);
  return 0;
}
