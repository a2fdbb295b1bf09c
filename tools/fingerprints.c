/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A file is looked at ten times a second, and when somebody calls: it may lie on any file
 * system, and be written by any program, so there is no event that tells that it is
 * whole. It is taken where its lines can be read and the last one is ended, or where it
 * stays as it is.
 */

#include "fingerprints.h"

#include "fingerprint-lines.h"

#include <gio/gunixinputstream.h>
#include <glib/gstdio.h>
#include <unistd.h>

#define POLL_MS 100
/* Nobody takes that long between two pieces of a file that small. */
#define N_POLLS_UNTIL_HOPELESS 20

typedef struct
{
  char *path;
  char *text;        /* what it had when it was last looked at; NULL for no such file */
  guint n_unchanged; /* how often it was found so */
  gboolean told;
} AwaitedFile;

struct _PeerFingerprints
{
  PeerFingerprintsCallbacks callbacks;
  gpointer user_data;
  GPtrArray *lines; /* one fingerprint each */
  GPtrArray *files; /* those that are still awaited */
  GSource *poll;
  gboolean from_input;
  GDataInputStream *input;
  GCancellable *cancellable;
  GPtrArray *fingerprints; /* NULL until complete */
};

static void
awaited_file_free (gpointer data)
{
  AwaitedFile *self = data;

  g_free (self->path);
  g_free (self->text);
  g_free (self);
}

static GPtrArray *
parse (GPtrArray *lines, GError **error)
{
  return tegata_sdp_parse_fingerprints ((const char *const *) lines->pdata, lines->len,
                                        TEGATA_FINGERPRINT_DEFAULT, error);
}

static void
fail (PeerFingerprints *self, const GError *error)
{
  self->callbacks.failed (error, self->user_data);
}

static void
complete (PeerFingerprints *self)
{
  g_autoptr (GError) error = NULL;

  self->fingerprints = parse (self->lines, &error);
  if (self->fingerprints == NULL)
  {
    fail (self, error);
    return;
  }
  self->callbacks.complete (self->user_data);
}

static void G_GNUC_PRINTF (2, 3) note (PeerFingerprints *self, const char *format, ...)
{
  g_autofree char *sentence = NULL;
  va_list arguments;

  va_start (arguments, format);
  sentence = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  self->callbacks.note (sentence, self->user_data);
}

/* What the file has by now, and whether that is what it had before. */
static gboolean
look_again (AwaitedFile *file, GError **error)
{
  g_autofree char *text = NULL;

  if (!fingerprint_file_read (file->path, &text, error))
  {
    return FALSE;
  }
  file->n_unchanged = g_strcmp0 (text, file->text) == 0 ? file->n_unchanged + 1 : 0;
  g_free (file->text);
  file->text = g_steal_pointer (&text);
  return TRUE;
}

/* Returns: whether it is done with; FALSE with @error where it never will be. */
static gboolean
try_file (PeerFingerprints *self, AwaitedFile *file, GError **error)
{
  g_autoptr (GError) problem = NULL;
  g_autoptr (GPtrArray) lines = NULL;

  if (!look_again (file, error))
  {
    return FALSE;
  }
  if (file->text == NULL || file->text[0] == '\0')
  {
    if (!file->told)
    {
      file->told = TRUE;
      note (self, "for the peer's fingerprint in %s", file->path);
    }
    return FALSE;
  }

  lines = fingerprint_lines_read (file->text, &problem);
  if (lines != NULL && (g_str_has_suffix (file->text, "\n") || file->n_unchanged > 0))
  {
    g_ptr_array_extend_and_steal (self->lines, g_steal_pointer (&lines));
    return TRUE;
  }
  if (lines == NULL && file->n_unchanged >= N_POLLS_UNTIL_HOPELESS)
  {
    g_propagate_prefixed_error (error, g_steal_pointer (&problem), "%s: ", file->path);
  }
  return FALSE;
}

/* Returns: whether files are still awaited, and may come */
static gboolean
try_files (PeerFingerprints *self)
{
  g_autoptr (GError) error = NULL;

  for (guint i = self->files->len; i > 0 && error == NULL; i--)
  {
    if (try_file (self, self->files->pdata[i - 1], &error))
    {
      g_ptr_array_remove_index (self->files, i - 1);
    }
  }
  if (error != NULL)
  {
    fail (self, error);
    return FALSE;
  }
  if (self->files->len > 0)
  {
    return TRUE;
  }
  complete (self);
  return FALSE;
}

static gboolean
on_poll (gpointer user_data)
{
  peer_fingerprints_look (user_data);
  return G_SOURCE_CONTINUE;
}

static void
end_of_input (PeerFingerprints *self)
{
  g_autoptr (GError) error = NULL;

  if (self->lines->len > 0)
  {
    complete (self);
    return;
  }
  g_set_error_literal (&error, G_IO_ERROR, G_IO_ERROR_FAILED,
                       "standard input ended without a fingerprint of the peer. Give it "
                       "by --peer-fingerprint, or paste the a=fingerprint line that the "
                       "peer prints as \"own:\"");
  fail (self, error);
}

static void on_line (GObject *source, GAsyncResult *result, gpointer user_data);

static void
read_on (PeerFingerprints *self)
{
  g_data_input_stream_read_line_async (self->input, G_PRIORITY_DEFAULT, self->cancellable,
                                       on_line, self);
}

/* Returns: whether another line may follow */
static gboolean
take_line (PeerFingerprints *self, char *line)
{
  g_autoptr (GError) error = NULL;
  gboolean is_empty = g_strstrip (line)[0] == '\0';
  const char *fingerprint = fingerprint_line_find (line);

  if (is_empty)
  {
    return self->lines->len == 0;
  }
  if (fingerprint == NULL)
  {
    return TRUE;
  }
  if (fingerprint_line_check (fingerprint, &error))
  {
    g_ptr_array_add (self->lines, g_strdup (fingerprint));
  }
  else
  {
    note (self, "for the peer's fingerprint; a line was passed over: %s", error->message);
  }
  return TRUE;
}

/* Where it was cancelled, @user_data is gone. */
static void
on_line (GObject *source, GAsyncResult *result, gpointer user_data)
{
  PeerFingerprints *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *line = g_data_input_stream_read_line_finish (
      G_DATA_INPUT_STREAM (source), result, NULL, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
  {
    return;
  }
  if (line != NULL && take_line (self, line))
  {
    read_on (self);
    return;
  }
  end_of_input (self);
}

static void
start_reading (PeerFingerprints *self)
{
  g_autoptr (GInputStream) input = g_unix_input_stream_new (STDIN_FILENO, FALSE);

  self->input = g_data_input_stream_new (input);
  self->cancellable = g_cancellable_new ();
  note (self, "for the peer's fingerprint: paste its a=fingerprint lines here, and then "
              "an empty line");
  read_on (self);
}

void
peer_fingerprints_start (PeerFingerprints *self)
{
  if (self->from_input)
  {
    start_reading (self);
    return;
  }
  if (try_files (self))
  {
    self->poll = g_timeout_source_new (POLL_MS);
    g_source_set_callback (self->poll, on_poll, self, NULL);
    g_source_attach (self->poll, NULL);
  }
}

static void
stop_polling (PeerFingerprints *self)
{
  if (self->poll != NULL)
  {
    g_source_destroy (self->poll);
    g_clear_pointer (&self->poll, g_source_unref);
  }
}

void
peer_fingerprints_look (PeerFingerprints *self)
{
  if (self->poll != NULL && !try_files (self))
  {
    stop_polling (self);
  }
}

static gboolean
add_file (PeerFingerprints *self, const char *path, GError **error)
{
  AwaitedFile *file;

  if (path[0] == '\0')
  {
    g_set_error_literal (error, TEGATA_ERROR, TEGATA_ERROR_PARSE,
                         "“@” names no file: expected @FILE");
    return FALSE;
  }
  file = g_new0 (AwaitedFile, 1);
  file->path = g_strdup (path);
  g_ptr_array_add (self->files, file);
  return TRUE;
}

static gboolean
add_line (PeerFingerprints *self, const char *text, GError **error)
{
  g_autofree char *copy = g_strdup (text);
  const char *fingerprint = fingerprint_line_find (copy);

  if (fingerprint == NULL || !fingerprint_line_has_shape (fingerprint))
  {
    g_set_error (
        error, TEGATA_ERROR, TEGATA_ERROR_PARSE,
        "“%s” is none: expected \"sha-256 AB:CD:...\", an a=fingerprint line, or "
        "@FILE",
        text);
    return FALSE;
  }
  g_ptr_array_add (self->lines, g_strdup (fingerprint));
  return fingerprint_line_check (fingerprint, error);
}

/* Without files it is known now whether all of it can be used. */
static gboolean
add_texts (PeerFingerprints *self, const char *const *texts, GError **error)
{
  g_autoptr (GPtrArray) parsed = NULL;

  for (const char *const *text = texts; *text != NULL; text++)
  {
    gboolean added = **text == '@' ? add_file (self, *text + 1, error)
                                   : add_line (self, *text, error);

    if (!added)
    {
      return FALSE;
    }
  }
  if (self->files->len > 0)
  {
    return TRUE;
  }
  parsed = parse (self->lines, error);
  return parsed != NULL;
}

/* A file that is there and will never do is found before anybody is called. What is no
 * plain file, as a pipe, can be read only once, and not now. */
static gboolean
check_files (PeerFingerprints *self, GError **error)
{
  for (guint i = 0; i < self->files->len; i++)
  {
    const char *path = ((AwaitedFile *) self->files->pdata[i])->path;
    g_autofree char *text = NULL;
    GStatBuf status;

    if (g_stat (path, &status) == 0
        && (S_ISREG (status.st_mode) || S_ISDIR (status.st_mode))
        && !fingerprint_file_read (path, &text, error))
    {
      return FALSE;
    }
  }
  return TRUE;
}

PeerFingerprints *
peer_fingerprints_new (const char *const *texts,
                       const PeerFingerprintsCallbacks *callbacks,
                       gpointer user_data,
                       GError **error)
{
  PeerFingerprints *self = g_new0 (PeerFingerprints, 1);
  g_autoptr (GError) problem = NULL;

  self->callbacks = *callbacks;
  self->user_data = user_data;
  self->lines = g_ptr_array_new_with_free_func (g_free);
  self->files = g_ptr_array_new_with_free_func (awaited_file_free);
  self->from_input = texts == NULL;
  if (texts != NULL && !add_texts (self, texts, &problem))
  {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 "--peer-fingerprint: %s", problem->message);
    peer_fingerprints_free (self);
    return NULL;
  }
  if (!check_files (self, error))
  {
    peer_fingerprints_free (self);
    return NULL;
  }
  return self;
}

void
peer_fingerprints_free (PeerFingerprints *self)
{
  if (self == NULL)
  {
    return;
  }
  stop_polling (self);
  if (self->cancellable != NULL)
  {
    g_cancellable_cancel (self->cancellable);
  }
  g_clear_object (&self->cancellable);
  g_clear_object (&self->input);
  g_clear_pointer (&self->fingerprints, g_ptr_array_unref);
  g_ptr_array_unref (self->files);
  g_ptr_array_unref (self->lines);
  g_free (self);
}

GPtrArray *
peer_fingerprints_get (PeerFingerprints *self)
{
  return self->fingerprints;
}
