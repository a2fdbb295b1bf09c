/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "identity/text-private.h"
#include "sdp/sdp-private.h"

#include <tegata/error.h>

const char *
tegata_sdp_line_get_value (const char *line, const char *name, GError **error)
{
  const char *text = tegata_text_skip_blanks (line);
  gsize name_len = strlen (name);

  if (g_ascii_strncasecmp (text, "a=", 2) != 0)
  {
    return text;
  }
  if (g_ascii_strncasecmp (text + 2, name, name_len) != 0 || text[2 + name_len] != ':')
  {
    g_autofree char *quoted = tegata_text_quote (text, strlen (text));

    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_PARSE,
                 "found %s: expected a line of \"a=%s:\", or its value", quoted, name);
    return NULL;
  }
  return tegata_text_skip_blanks (text + 2 + name_len + 1);
}

char *
tegata_sdp_line_dup_value (const char *line, const char *name, GError **error)
{
  const char *value = tegata_sdp_line_get_value (line, name, error);

  return value != NULL ? g_strchomp (g_strdup (value)) : NULL;
}

static TegataFingerprint *
parse_fingerprint (const char *line, TegataFingerprintFlags flags, GError **error)
{
  const char *value = tegata_sdp_line_get_value (line, "fingerprint", error);

  return value != NULL ? tegata_fingerprint_parse (value, flags, error) : NULL;
}

GPtrArray *
tegata_sdp_parse_fingerprints (const char *const *lines,
                               gsize n_lines,
                               TegataFingerprintFlags flags,
                               GError **error)
{
  g_autoptr (GPtrArray) fingerprints = NULL;
  g_autoptr (GError) unsupported = NULL;

  g_return_val_if_fail (lines != NULL || n_lines == 0, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  fingerprints
      = g_ptr_array_new_with_free_func ((GDestroyNotify) tegata_fingerprint_unref);
  for (gsize i = 0; i < n_lines; i++)
  {
    g_autoptr (GError) line_error = NULL;
    TegataFingerprint *fingerprint = parse_fingerprint (lines[i], flags, &line_error);

    if (fingerprint != NULL)
    {
      g_ptr_array_add (fingerprints, fingerprint);
      continue;
    }
    g_prefix_error (&line_error, "fingerprint line %" G_GSIZE_FORMAT ": ", i + 1);
    if (!g_error_matches (line_error, TEGATA_ERROR, TEGATA_ERROR_UNSUPPORTED))
    {
      g_propagate_error (error, g_steal_pointer (&line_error));
      return NULL;
    }
    if (unsupported == NULL)
    {
      unsupported = g_steal_pointer (&line_error);
    }
  }

  if (fingerprints->len > 0)
  {
    return g_steal_pointer (&fingerprints);
  }
  if (unsupported != NULL)
  {
    g_propagate_error (error, g_steal_pointer (&unsupported));
    return NULL;
  }
  g_set_error_literal (error, TEGATA_ERROR, TEGATA_ERROR_PARSE,
                       "found no fingerprint: expected one \"a=fingerprint:\" line at "
                       "least");
  return NULL;
}

char *
tegata_sdp_write_fingerprint (TegataFingerprint *fingerprint)
{
  g_autofree char *value = NULL;

  g_return_val_if_fail (fingerprint != NULL, NULL);

  value = tegata_fingerprint_to_string (fingerprint);
  return g_strconcat ("a=fingerprint:", value, NULL);
}
