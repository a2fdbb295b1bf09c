/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "key-log.h"

#include "common.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Longer than any line of an NSS key log: a label and two numbers in hexadecimal. */
#define MAX_LINE_LEN 1024

/* One write() per line, so that those of several associations in a file do not mix. */
static gboolean
write_line (int fd, const char *line)
{
  char text[MAX_LINE_LEN];
  gsize len = g_strlcpy (text, line, sizeof text);
  gboolean is_written = FALSE;

  if (len < sizeof text)
  {
    text[len++] = '\n';
    is_written = write (fd, text, len) == (gssize) len;
  }
  explicit_bzero (text, sizeof text);
  return is_written;
}

static void
append_line (const char *line, gpointer user_data)
{
  if (!write_line (GPOINTER_TO_INT (user_data), line))
  {
    GST_WARNING ("a line is missing in the key log: it could not be written");
  }
}

static void
close_file (gpointer user_data)
{
  close (GPOINTER_TO_INT (user_data));
}

/* A path may be in a folder that others write to: neither what a link of theirs leads to
 * nor a file that is theirs gets our secrets, and a pipe does not make us wait. */
static gboolean
is_own_file (int fd)
{
  struct stat status;

  if (fstat (fd, &status) != 0)
  {
    return FALSE;
  }
  if (!S_ISREG (status.st_mode) || status.st_uid != geteuid ())
  {
    errno = EPERM;
    return FALSE;
  }
  return TRUE;
}

gboolean
gst_tegata_key_log_open (TegataContext *context, const char *path, GError **error)
{
  int flags
      = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK | O_CLOEXEC;
  int fd = open (path, flags, 0600);
  int number;

  /* the mode also where it was there, and for others to read */
  if (fd >= 0 && is_own_file (fd) && fchmod (fd, 0600) == 0)
  {
    tegata_context_set_key_log (context, append_line, GINT_TO_POINTER (fd), close_file);
    return TRUE;
  }

  number = errno;
  g_set_error (error, G_FILE_ERROR, (gint) g_file_error_from_errno (number),
               "the key log %s cannot be written: %s; expected a regular file of this "
               "user, not a link, or none yet",
               path, g_strerror (number));
  if (fd >= 0)
  {
    close (fd);
  }
  return FALSE;
}
