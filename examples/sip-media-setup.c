/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sip-media-setup.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* It is written anew, and removed at the end: a key that is named by mistake would be
 * gone. A FIFO is not waited for. */
static gboolean
is_description_or_empty (const char *path)
{
  int fd = open (path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  char start[2];
  struct stat status;
  gboolean is_ours;

  if (fd < 0)
  {
    return errno == ENOENT;
  }
  is_ours = fstat (fd, &status) == 0 && S_ISREG (status.st_mode)
            && (status.st_size == 0
                || (read (fd, start, sizeof start) == sizeof start
                    && strncmp (start, "v=", sizeof start) == 0));
  close (fd);
  return is_ours;
}

/* Told at the start, and not by each description that goes nowhere. */
static gboolean
check_local_file (const char *path, GError **error)
{
  g_autofree char *beside = g_strconcat (path, ".XXXXXX", NULL);
  int fd;

  if (g_file_test (path, G_FILE_TEST_IS_DIR))
  {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_ISDIR,
                 "--local %s is a folder: expected a file in one", path);
    return FALSE;
  }
  if (!is_description_or_empty (path))
  {
    g_set_error (
        error, G_FILE_ERROR, G_FILE_ERROR_EXIST,
        "--local %s is there, and is no description of a call: it would be lost. "
        "Name another file, or remove this one",
        path);
    return FALSE;
  }
  fd = g_mkstemp (beside);
  if (fd < 0)
  {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
                 "--local %s cannot be written: %s", path, g_strerror (errno));
    return FALSE;
  }
  close (fd);
  g_unlink (beside);
  return TRUE;
}

/* It need not be there yet; the folder that it is to be in does. */
static gboolean
check_remote_file (const char *path, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);

  if (g_file_test (path, G_FILE_TEST_IS_DIR))
  {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_ISDIR,
                 "--remote %s is a folder: expected a file in one", path);
    return FALSE;
  }
  if (g_file_test (path, G_FILE_TEST_EXISTS)
      && !g_file_test (path, G_FILE_TEST_IS_REGULAR))
  {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
                 "--remote %s is a pipe or a device: expected a file. Without --remote "
                 "descriptions are read from standard input",
                 path);
    return FALSE;
  }
  if (!g_file_test (folder, G_FILE_TEST_IS_DIR))
  {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
                 "--remote %s can never be there: %s is no folder", path, folder);
    return FALSE;
  }
  return TRUE;
}

gboolean
setup_check_files (const Options *options, GError **error)
{
  return (options->local == NULL || check_local_file (options->local, error))
         && (options->remote == NULL || check_remote_file (options->remote, error));
}

/* A key may be in it. */
static void
wipe (char *text, gsize len)
{
  for (volatile char *each = text; len > 0; len--)
  {
    *each++ = 0;
  }
  g_free (text);
}

static TegataCertificate *
read_certificate (const char *path, GError **error)
{
  TegataCertificate *certificate;
  char *pem;
  gsize len;

  if (!g_file_get_contents (path, &pem, &len, error))
  {
    return NULL;
  }
  certificate = tegata_certificate_new_from_pem (pem, (gssize) len, error);
  wipe (pem, len);
  if (certificate == NULL)
  {
    g_prefix_error (error, "%s: ", path);
  }
  return certificate;
}

/* Returns: (nullable): NULL for a certificate that does not suit */
static TegataContext *
new_context (const char *path, GError **error)
{
  g_autoptr (TegataCertificate) certificate = NULL;
  TegataContext *context;

  if (path == NULL)
  {
    return tegata_context_new (NULL, error);
  }
  certificate = read_certificate (path, error);
  if (certificate == NULL)
  {
    return NULL;
  }
  context = tegata_context_new (certificate, error);
  if (context == NULL)
  {
    g_prefix_error (error, "%s: ", path);
  }
  return context;
}

TegataContext *
setup_new_context (const Options *options, GError **error)
{
  TegataContext *context = new_context (options->certificate, error);

  if (context != NULL)
  {
    tegata_context_set_handshake_timeout_us (context,
                                             options->timeout_s * G_TIME_SPAN_SECOND);
  }
  return context;
}
