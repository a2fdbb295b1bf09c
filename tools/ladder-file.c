/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ladder-file.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <unistd.h>

static gboolean
refuse (GError **error, const char *path, const char *what)
{
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "--ladder: %s %s", path, what);
  return FALSE;
}

/* Returns: whether the file has nothing that would be missed: an earlier ladder */
static gboolean
is_drawing (const char *path)
{
  char start[64] = "";
  FILE *file = g_fopen (path, "re");
  gsize n;

  if (file == NULL)
  {
    return FALSE;
  }
  n = fread (start, 1, sizeof start - 1, file);
  fclose (file);
  g_strchug (start);
  return n == 0 || g_str_has_prefix (start, "<?xml") || g_str_has_prefix (start, "<svg");
}

gboolean
ladder_file_check (const char *path, GError **error)
{
  g_autofree char *directory = NULL;
  GStatBuf status;

  if (path == NULL)
  {
    return TRUE;
  }
  directory = g_path_get_dirname (path);
  if (g_access (directory, W_OK) != 0)
  {
    return refuse (error, directory, "takes no file: name one elsewhere");
  }
  if (g_stat (path, &status) != 0)
  {
    return TRUE;
  }
  if (S_ISDIR (status.st_mode))
  {
    return refuse (error, path, "is a directory: name a file");
  }
  return (S_ISREG (status.st_mode) && is_drawing (path))
         || refuse (error, path, "exists, and is no drawing: take another name");
}

gboolean
ladder_file_write (const char *path,
                   Ladder *ladder,
                   const char *local,
                   const char *peer,
                   GError **error)
{
  g_autofree char *svg = ladder_to_svg (ladder, local, peer);

  return g_file_set_contents (path, svg, -1, error);
}
