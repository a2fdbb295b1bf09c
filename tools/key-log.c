/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "key-log.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* NSS key logs have lines of up to some 200 bytes. */
#define MAX_LINE_LEN 1024

static void
append_line (const char *line, gpointer user_data)
{
  char buffer[MAX_LINE_LEN];
  int n = g_snprintf (buffer, sizeof buffer, "%s\n", line);

  if (n >= (int) sizeof buffer
      || write (GPOINTER_TO_INT (user_data), buffer, (gsize) n) != n)
  {
    fprintf (stderr, "tegata: a line of the key log could not be written\n");
  }
  OPENSSL_cleanse (buffer, sizeof buffer);
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
key_log_open (TegataContext *context, const char *path, GError **error)
{
  int flags
      = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK | O_CLOEXEC;
  int fd = open (path, flags, 0600);
  int number;

  if (fd >= 0 && is_own_file (fd) && fchmod (fd, 0600) == 0)
  {
    tegata_context_set_key_log (context, append_line, GINT_TO_POINTER (fd), close_file);
    return TRUE;
  }

  number = errno;
  g_set_error (error, G_FILE_ERROR, (gint) g_file_error_from_errno (number),
               "%s: %s; expected a regular file of this user, not a link, or none yet",
               path, g_strerror (number));
  if (fd >= 0)
  {
    close (fd);
  }
  return FALSE;
}
