/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fingerprint-lines.h"

#include <glib/gstdio.h>
#include <string.h>

/* Some hundred fingerprints: SDP has a few. */
#define MAX_FILE_LEN 65536

#define EXPECTED "expected a=fingerprint lines"

/* "a=fingerprint:...", "fingerprint:..." or "sha-256 ..." */
#define SHAPE "^(a=)?fingerprint:|^(sha|md)-?[0-9]+([ \\t]|$)"

gboolean
fingerprint_line_has_shape (const char *line)
{
  return g_regex_match_simple (SHAPE, line, G_REGEX_CASELESS, 0);
}

const char *
fingerprint_line_find (char *line)
{
  char *text = g_strstrip (line);

  if (g_str_has_prefix (text, "own:"))
  {
    text = g_strchug (text + strlen ("own:"));
  }
  if (text[0] == '\0' || (text[1] == '=' && !fingerprint_line_has_shape (text)))
  {
    return NULL;
  }
  if (g_ascii_strncasecmp (text, "fingerprint:", strlen ("fingerprint:")) == 0)
  {
    return g_strchug (text + strlen ("fingerprint:"));
  }
  return text;
}

gboolean
fingerprint_line_check (const char *line, GError **error)
{
  g_autoptr (GError) problem = NULL;
  g_autoptr (GPtrArray) parsed = NULL;

  if (!fingerprint_line_has_shape (line))
  {
    g_set_error_literal (error, TEGATA_ERROR, TEGATA_ERROR_PARSE,
                         "it does not begin as a fingerprint: " EXPECTED);
    return FALSE;
  }
  parsed = tegata_sdp_parse_fingerprints (&line, 1, TEGATA_FINGERPRINT_DEFAULT, &problem);
  if (parsed != NULL || g_error_matches (problem, TEGATA_ERROR, TEGATA_ERROR_UNSUPPORTED))
  {
    return TRUE;
  }
  g_propagate_error (error, g_steal_pointer (&problem));
  return FALSE;
}

GPtrArray *
fingerprint_lines_read (const char *text, GError **error)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (g_free);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
  {
    const char *fingerprint = fingerprint_line_find (lines[i]);

    if (fingerprint != NULL && !fingerprint_line_check (fingerprint, error))
    {
      g_prefix_error (error, "line %u: ", i + 1);
      return NULL;
    }
    if (fingerprint != NULL)
    {
      g_ptr_array_add (found, g_strdup (fingerprint));
    }
  }
  if (found->len == 0)
  {
    g_set_error_literal (error, TEGATA_ERROR, TEGATA_ERROR_PARSE,
                         "no fingerprint in it: " EXPECTED);
    return NULL;
  }
  return g_steal_pointer (&found);
}

static gboolean
refuse (GError **error, const char *path, const char *what)
{
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s %s", path, what);
  return FALSE;
}

/* A line that is not ended yet may be the beginning of one. */
static gboolean
may_become_line (char *piece)
{
  static const char *const beginnings[]
      = { "a=fingerprint:", "fingerprint:", "own:", "sha-" };
  const char *text = g_strstrip (piece);
  gsize len = strlen (text);

  for (gsize i = 0; i < G_N_ELEMENTS (beginnings); i++)
  {
    if (g_ascii_strncasecmp (text, beginnings[i], MIN (len, strlen (beginnings[i]))) == 0)
    {
      return TRUE;
    }
  }
  return len == 1 || text[1] == '=';
}

/* Lines that are ended stay as they are; a description may have more of them in front of
 * its fingerprint. */
static gboolean
check_text (const char *path, const char *text, GError **error)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  guint n_lines = g_strv_length (lines);

  for (guint i = 0; i + 1 < n_lines; i++)
  {
    const char *fingerprint = fingerprint_line_find (lines[i]);

    if (fingerprint != NULL && !fingerprint_line_check (fingerprint, error))
    {
      g_prefix_error (error, "%s: line %u: ", path, i + 1);
      return FALSE;
    }
  }
  if (n_lines > 0 && !may_become_line (lines[n_lines - 1]))
  {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                 "%s: line %u: it does not begin as a fingerprint: " EXPECTED, path,
                 n_lines);
    return FALSE;
  }
  return TRUE;
}

static gboolean
check_kind (const char *path, const GStatBuf *status, GError **error)
{
  if (S_ISDIR (status->st_mode))
  {
    return refuse (error, path, "is a directory: expected a file of a=fingerprint lines");
  }
  if (S_ISREG (status->st_mode) && status->st_size > MAX_FILE_LEN)
  {
    return refuse (error, path, "is too long for a file of fingerprints: " EXPECTED);
  }
  return TRUE;
}

static gboolean
check_content (const char *path, const char *text, gsize len, GError **error)
{
  if (strstr (text, "-----BEGIN") != NULL)
  {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                 "%s is PEM, not a fingerprint: tegata cert --read %s prints its line",
                 path, path);
    return FALSE;
  }
  if (memchr (text, '\0', len) != NULL)
  {
    return refuse (error, path, "is no text: " EXPECTED);
  }
  return check_text (path, text, error);
}

gboolean
fingerprint_file_read (const char *path, char **text, GError **error)
{
  g_autofree char *found = NULL;
  g_autoptr (GError) problem = NULL;
  GStatBuf status;
  gsize len;

  if (g_stat (path, &status) == 0 && !check_kind (path, &status, error))
  {
    return FALSE;
  }
  if (!g_file_get_contents (path, &found, &len, &problem)
      && !g_error_matches (problem, G_FILE_ERROR, G_FILE_ERROR_NOENT))
  {
    g_propagate_error (error, g_steal_pointer (&problem));
    return FALSE;
  }
  if (found != NULL && !check_content (path, found, len, error))
  {
    return FALSE;
  }
  *text = g_steal_pointer (&found);
  return TRUE;
}

/* All that we have ever written there. */
static gboolean
has_fingerprints_alone (const char *text, gsize len)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (char **line = lines; *line != NULL; line++)
  {
    if (**line != '\0' && !g_str_has_prefix (*line, "a=fingerprint:"))
    {
      return FALSE;
    }
  }
  return strlen (text) == len;
}

/* It would be gone, and may be somebody's only key. */
static gboolean
may_replace (const char *path, GError **error)
{
  g_autofree char *text = NULL;
  GStatBuf status;
  gsize len;

  if (g_stat (path, &status) != 0)
  {
    return TRUE;
  }
  if (S_ISDIR (status.st_mode))
  {
    return refuse (error, path, "is a directory: name a file");
  }
  if (S_ISREG (status.st_mode) && status.st_size <= MAX_FILE_LEN)
  {
    if (!g_file_get_contents (path, &text, &len, error))
    {
      return FALSE;
    }
    if (has_fingerprints_alone (text, len))
    {
      return TRUE;
    }
  }
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_EXIST,
               "%s: exists, and is no file of fingerprints: take another name", path);
  return FALSE;
}

gboolean
fingerprint_file_write (const char *path, const char *line, GError **error)
{
  g_autofree char *text = g_strconcat (line, "\n", NULL);

  return may_replace (path, error) && g_file_set_contents (path, text, -1, error);
}

void
fingerprint_file_remove (const char *path, const char *line)
{
  g_autofree char *expected = g_strconcat (line, "\n", NULL);
  g_autofree char *text = NULL;

  if (g_file_get_contents (path, &text, NULL, NULL) && g_str_equal (text, expected))
  {
    g_unlink (path);
  }
}
