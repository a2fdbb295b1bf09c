/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sip-media-signals.h"

#include "sip-media-sdp.h"

#include <glib-unix.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LOOK_INTERVAL_MS 100

struct _SipSignals
{
  SipSignalsCallbacks callbacks;
  gpointer user_data;

  guint input_source;
  GString *line;
  GString *description; /* NULL between two descriptions */

  guint look_source;
  char *remote_file;
  GBytes *seen;  /* what the file had at the last look */
  GBytes *taken; /* what was handed on of it */
};

/* ---- standard input ---- */

/* A byte more than may be read shows that it is too much; nothing more is kept. */
static void
append_bounded (GString *text, const char *bytes, gsize len)
{
  gsize room = SIP_SDP_MAX_LEN + 1 - MIN (text->len, SIP_SDP_MAX_LEN + 1);

  g_string_append_len (text, bytes, (gssize) MIN (len, room));
}

static void
end_description (SipSignals *self)
{
  g_autoptr (GString) description = g_steal_pointer (&self->description);

  if (description != NULL)
  {
    self->callbacks.description (description->str, description->len, self->user_data);
  }
}

static void
handle_line (SipSignals *self)
{
  g_autofree char *word = g_strstrip (g_strdup (self->line->str));

  if (self->description == NULL && g_str_has_prefix (self->line->str, "v="))
  {
    self->description = g_string_new (NULL);
  }
  if (self->description == NULL)
  {
    if (word[0] != '\0')
    {
      self->callbacks.command (word, self->user_data);
    }
  }
  else if (g_str_equal (word, "."))
  {
    end_description (self);
  }
  else
  {
    append_bounded (self->description, self->line->str, self->line->len);
    append_bounded (self->description, "\n", 1);
  }
  g_string_truncate (self->line, 0);
}

static void
handle_bytes (SipSignals *self, const char *bytes, gsize len)
{
  while (len > 0)
  {
    const char *end = memchr (bytes, '\n', len);
    gsize n = end != NULL ? (gsize) (end - bytes) : len;

    append_bounded (self->line, bytes, n);
    if (end != NULL)
    {
      handle_line (self);
      n++;
    }
    bytes += n;
    len -= n;
  }
}

static gboolean
on_input (int fd, GIOCondition condition, gpointer user_data)
{
  SipSignals *self = user_data;
  char bytes[4096];
  gssize len = read (fd, bytes, sizeof bytes);

  (void) condition;
  if (len > 0)
  {
    handle_bytes (self, bytes, (gsize) len);
    return G_SOURCE_CONTINUE;
  }
  self->input_source = 0;
  if (self->line->len > 0)
  {
    handle_line (self);
  }
  end_description (self);
  self->callbacks.end (self->user_data);
  return G_SOURCE_REMOVE;
}

/* ---- the file ---- */

/* NULL where there is none, or nothing in it. */
static GBytes *
read_file (const char *path)
{
  char text[SIP_SDP_MAX_LEN + 1];
  FILE *file = fopen (path, "rb");
  gsize len;

  if (file == NULL)
  {
    return NULL;
  }
  len = fread (text, 1, sizeof text, file);
  fclose (file);
  return len > 0 ? g_bytes_new (text, len) : NULL;
}

static gboolean
is_same (GBytes *a, GBytes *b)
{
  return a != NULL && b != NULL && g_bytes_equal (a, b);
}

static gboolean
on_look (gpointer user_data)
{
  SipSignals *self = user_data;
  g_autoptr (GBytes) now = read_file (self->remote_file);

  if (is_same (now, self->seen) && !is_same (now, self->taken))
  {
    gsize len;
    const char *text = g_bytes_get_data (now, &len);

    g_clear_pointer (&self->taken, g_bytes_unref);
    self->taken = g_bytes_ref (now);
    self->callbacks.description (text, len, self->user_data);
  }
  g_clear_pointer (&self->seen, g_bytes_unref);
  self->seen = g_steal_pointer (&now);
  return G_SOURCE_CONTINUE;
}

SipSignals *
sip_signals_new (const char *remote_file,
                 const SipSignalsCallbacks *callbacks,
                 gpointer user_data)
{
  SipSignals *self = g_new0 (SipSignals, 1);

  self->callbacks = *callbacks;
  self->user_data = user_data;
  self->line = g_string_new (NULL);
  self->input_source
      = g_unix_fd_add (STDIN_FILENO, G_IO_IN | G_IO_HUP | G_IO_ERR, on_input, self);
  if (remote_file != NULL)
  {
    self->remote_file = g_strdup (remote_file);
    self->look_source = g_timeout_add (LOOK_INTERVAL_MS, on_look, self);
  }
  return self;
}

void
sip_signals_free (SipSignals *self)
{
  if (self == NULL)
  {
    return;
  }
  g_clear_handle_id (&self->input_source, g_source_remove);
  g_clear_handle_id (&self->look_source, g_source_remove);
  g_string_free (self->line, TRUE);
  if (self->description != NULL)
  {
    g_string_free (self->description, TRUE);
  }
  g_clear_pointer (&self->seen, g_bytes_unref);
  g_clear_pointer (&self->taken, g_bytes_unref);
  g_free (self->remote_file);
  g_free (self);
}
