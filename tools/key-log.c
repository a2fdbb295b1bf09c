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

gboolean
key_log_open (TegataContext *context, const char *path, GError **error)
{
  int fd = open (path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

  if (fd < 0 || fchmod (fd, 0600) != 0)
  {
    g_set_error (error, G_FILE_ERROR, (gint) g_file_error_from_errno (errno), "%s: %s",
                 path, g_strerror (errno));
    if (fd >= 0)
    {
      close (fd);
    }
    return FALSE;
  }
  tegata_context_set_key_log (context, append_line, GINT_TO_POINTER (fd), close_file);
  return TRUE;
}
