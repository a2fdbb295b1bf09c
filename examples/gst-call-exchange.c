/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gst-call-exchange.h"

#include <glib-unix.h>
#include <stdio.h>
#include <unistd.h>

/* milliseconds */
#define LOOK_INTERVAL 100

struct _Exchange
{
  char *file; /* NULL: standard input */
  ExchangeFunc func;
  gpointer user_data;
  GString *text; /* what was pasted so far */
  guint source;
};

gboolean
exchange_publish (const char *file, const Description *description, GError **error)
{
  g_autofree char *text = description_to_text (description);

  if (g_str_equal (file, "-"))
  {
    printf ("give this to the peer:\n\n%s\n", text);
    return fflush (stdout) == 0;
  }
  return g_file_set_contents (file, text, -1, error);
}

/* Whether there is nothing more to wait for. */
static gboolean
handle_text (Exchange *self, const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Description) description = description_new_from_text (text, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT))
  {
    return FALSE;
  }
  if (self->func (description, error, self->user_data))
  {
    return TRUE;
  }
  g_string_truncate (self->text, 0);
  return FALSE;
}

static gboolean
on_look (gpointer user_data)
{
  Exchange *self = user_data;
  g_autofree char *text = NULL;

  if (g_file_get_contents (self->file, &text, NULL, NULL) && handle_text (self, text))
  {
    self->source = 0;
    return G_SOURCE_REMOVE;
  }
  return G_SOURCE_CONTINUE;
}

static gboolean
on_input (int fd, GIOCondition condition, gpointer user_data)
{
  Exchange *self = user_data;
  char bytes[4096];
  gssize len = read (fd, bytes, sizeof bytes);

  (void) condition;
  if (len > 0)
  {
    g_string_append_len (self->text, bytes, len);
    if (!handle_text (self, self->text->str))
    {
      return G_SOURCE_CONTINUE;
    }
  }
  else
  {
    g_autoptr (GError) error = g_error_new (
        G_IO_ERROR, G_IO_ERROR_CLOSED,
        "standard input ended before the peer's description, whose last line is “end”");

    self->func (NULL, error, self->user_data);
  }
  self->source = 0;
  return G_SOURCE_REMOVE;
}

Exchange *
exchange_new (const char *file, ExchangeFunc func, gpointer user_data)
{
  Exchange *self = g_new0 (Exchange, 1);

  self->func = func;
  self->user_data = user_data;
  self->text = g_string_new (NULL);
  if (g_str_equal (file, "-"))
  {
    self->source = g_unix_fd_add (STDIN_FILENO, G_IO_IN | G_IO_HUP, on_input, self);
  }
  else
  {
    self->file = g_strdup (file);
    self->source = g_timeout_add (LOOK_INTERVAL, on_look, self);
  }
  return self;
}

void
exchange_free (Exchange *self)
{
  if (self == NULL)
  {
    return;
  }
  g_clear_handle_id (&self->source, g_source_remove);
  g_string_free (self->text, TRUE);
  g_free (self->file);
  g_free (self);
}
