/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gst-call-description.h"

#include <string.h>

#define MAX_LEN 16384
#define MAX_CANDIDATES 64

Description *
description_new (void)
{
  Description *self = g_new0 (Description, 1);

  self->fingerprints = g_string_new (NULL);
  self->candidates = g_ptr_array_new_with_free_func (g_free);
  return self;
}

void
description_free (Description *self)
{
  if (self == NULL)
  {
    return;
  }
  g_free (self->call);
  g_free (self->setup);
  g_free (self->host);
  g_free (self->ufrag);
  g_free (self->pwd);
  g_string_free (self->fingerprints, TRUE);
  g_ptr_array_unref (self->candidates);
  g_free (self);
}

char *
description_to_text (const Description *self)
{
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "a=call:%s\na=setup:%s\n", self->call, self->setup);
  g_string_append (text, self->fingerprints->str);
  if (self->host != NULL)
  {
    g_string_append_printf (text, "a=address:%s %u\n", self->host, self->port);
  }
  if (self->ufrag != NULL)
  {
    g_string_append_printf (text, "a=ice-ufrag:%s\na=ice-pwd:%s\n", self->ufrag,
                            self->pwd);
  }
  for (guint i = 0; i < self->candidates->len; i++)
  {
    g_string_append_printf (text, "%s\n", (char *) self->candidates->pdata[i]);
  }
  g_string_append (text, "end\n");
  return g_string_free (text, FALSE);
}

/* ---- the other way ---- */

/* "HOST PORT": an address in digits, so that nothing has to be looked up. */
static void
read_address (Description *self, const char *value)
{
  const char *space = strchr (value, ' ');
  g_autofree char *host = space != NULL ? g_strndup (value, space - value) : NULL;
  guint64 port;

  if (host != NULL && g_hostname_is_ip_address (host)
      && g_ascii_string_to_unsigned (space + 1, 10, 1, G_MAXUINT16, &port, NULL))
  {
    g_free (self->host);
    self->host = g_steal_pointer (&host);
    self->port = (guint16) port;
  }
}

static void
replace (char **place, const char *value)
{
  g_free (*place);
  *place = g_strdup (value);
}

/* As with SDP, a line that is not known is passed over. */
static void
read_line (Description *self, const char *line)
{
  static const char *const NAMES[]
      = { "a=call:", "a=setup:", "a=ice-ufrag:", "a=ice-pwd:" };
  char **places[] = { &self->call, &self->setup, &self->ufrag, &self->pwd };

  for (gsize i = 0; i < G_N_ELEMENTS (NAMES); i++)
  {
    if (g_str_has_prefix (line, NAMES[i]))
    {
      replace (places[i], line + strlen (NAMES[i]));
    }
  }
  if (g_str_has_prefix (line, "a=address:"))
  {
    read_address (self, line + strlen ("a=address:"));
  }
  else if (g_str_has_prefix (line, "a=fingerprint:"))
  {
    g_string_append_printf (self->fingerprints, "%s\n", line);
  }
  else if (g_str_has_prefix (line, "a=candidate:")
           && self->candidates->len < MAX_CANDIDATES)
  {
    g_ptr_array_add (self->candidates, g_strdup (line));
  }
}

static gboolean
read_lines (Description *self, const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
  {
    g_strchomp (lines[i]);
    if (g_str_equal (lines[i], "end"))
    {
      return TRUE;
    }
    read_line (self, lines[i]);
  }
  return FALSE;
}

static gboolean
is_complete (const Description *self, GError **error)
{
  const char *missing = NULL;

  if (self->call == NULL || self->setup == NULL)
  {
    missing = "a=call or a=setup";
  }
  else if (self->fingerprints->len == 0)
  {
    missing = "a=fingerprint: nobody could be told from anybody else";
  }
  else if (self->host == NULL && (self->ufrag == NULL || self->pwd == NULL))
  {
    missing = "a=address, nor a=ice-ufrag and a=ice-pwd";
  }
  if (missing != NULL)
  {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                 "the peer's description has no %s", missing);
  }
  return missing == NULL;
}

/* G_IO_ERROR_PARTIAL_INPUT comes first: what is missing may come yet. */
static gboolean
read_text (Description *self, const char *text, GError **error)
{
  if (strlen (text) > MAX_LEN)
  {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                 "the peer's description is longer than %d bytes", MAX_LEN);
    return FALSE;
  }
  if (!read_lines (self, text))
  {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT,
                 "the peer's description has no line “end”");
    return FALSE;
  }
  return is_complete (self, error);
}

Description *
description_new_from_text (const char *text, GError **error)
{
  Description *self = description_new ();

  if (!read_text (self, text, error))
  {
    g_clear_pointer (&self, description_free);
  }
  return self;
}
