/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sip-media-signals.h"

#include "sip-media-sdp.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOOK_INTERVAL_MS 100

/*
 * @exists: FALSE where there is no file; the rest is 0 then
 * @inode, @written: tell one description from the same text, written once more
 * @content: NULL where there is nothing in it
 */
typedef struct
{
  gboolean exists;
  ino_t inode;
  struct timespec written;
  GBytes *content;
} Look;

struct _SipSignals
{
  SipSignalsCallbacks callbacks;
  gpointer user_data;

  guint input_source;
  GString *line;
  GString *description; /* NULL between two descriptions */

  guint look_source;
  char *remote_file;
  Look seen;  /* the file at the last look */
  Look taken; /* as it was when it was handed on, or passed over */
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

static void
look_clear (Look *self)
{
  g_clear_pointer (&self->content, g_bytes_unref);
  *self = (Look){ .exists = FALSE };
}

static void
look_copy (Look *self, const Look *other)
{
  look_clear (self);
  *self = *other;
  if (other->content != NULL)
  {
    g_bytes_ref (other->content);
  }
}

/* A FIFO would have to be waited for: it is as a file that is not there. */
static FILE *
open_file (const char *path, struct stat *status)
{
  int fd = open (path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  FILE *file = NULL;

  if (fd < 0)
  {
    return NULL;
  }
  if (fstat (fd, status) == 0 && S_ISREG (status->st_mode))
  {
    file = fdopen (fd, "rb");
  }
  if (file == NULL)
  {
    close (fd);
  }
  return file;
}

static Look
look_at (const char *path)
{
  Look look = { .exists = FALSE };
  char text[SIP_SDP_MAX_LEN + 1];
  struct stat status;
  FILE *file = open_file (path, &status);
  gsize len;

  if (file != NULL)
  {
    len = fread (text, 1, sizeof text, file);
    look = (Look){ TRUE, status.st_ino, status.st_mtim,
                   len > 0 ? g_bytes_new (text, len) : NULL };
    fclose (file);
  }
  return look;
}

static gboolean
is_same (const Look *a, const Look *b)
{
  return a->content != NULL && b->content != NULL && a->inode == b->inode
         && a->written.tv_sec == b->written.tv_sec
         && a->written.tv_nsec == b->written.tv_nsec
         && g_bytes_equal (a->content, b->content);
}

static gboolean
on_look (gpointer user_data)
{
  SipSignals *self = user_data;
  Look now = look_at (self->remote_file);

  if (is_same (&now, &self->seen) && !is_same (&now, &self->taken))
  {
    gsize len;
    const char *text = g_bytes_get_data (now.content, &len);

    look_copy (&self->taken, &now);
    self->callbacks.description (text, len, self->user_data);
  }
  else if (!now.exists && !self->seen.exists && self->taken.exists)
  {
    look_clear (&self->taken);
    self->callbacks.gone (self->user_data);
  }
  look_clear (&self->seen);
  self->seen = now;
  return G_SOURCE_CONTINUE;
}

GBytes *
sip_signals_pass_over (SipSignals *self)
{
  if (self->remote_file != NULL)
  {
    look_clear (&self->taken);
    self->taken = look_at (self->remote_file);
  }
  return self->taken.content;
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
  look_clear (&self->seen);
  look_clear (&self->taken);
  g_free (self->remote_file);
  g_free (self);
}
