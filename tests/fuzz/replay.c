/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"

#include <stdio.h>

/*
 * Runs a fuzz target over a directory of inputs, or over single ones: what a fuzzer has
 * found, or a corpus as a regression test. TAP, a case a file.
 */

static void
replay_file (gconstpointer data)
{
  const char *path = data;
  g_autofree char *bytes = NULL;
  g_autoptr (GError) error = NULL;
  gsize len;

  g_file_get_contents (path, &bytes, &len, &error);
  g_assert_no_error (error);
  LLVMFuzzerTestOneInput ((const guint8 *) bytes, len);
}

static void
add_file (const char *path)
{
  g_autofree char *directory = g_path_get_dirname (path);
  g_autofree char *target = g_path_get_basename (directory);
  g_autofree char *file = g_path_get_basename (path);
  g_autofree char *name = g_strdup_printf ("/fuzz/%s/%s", target, file);

  g_test_add_data_func_full (name, g_strdup (path), replay_file, g_free);
}

static void
add_directory (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) directory = g_dir_open (path, 0, &error);
  const char *name;

  g_assert_no_error (error);
  while ((name = g_dir_read_name (directory)) != NULL)
  {
    g_autofree char *file = g_build_filename (path, name, NULL);

    add_file (file);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (argc < 2)
  {
    fprintf (stderr, "usage: %s FILE-OR-DIRECTORY...\n", argv[0]);
    return 2;
  }
  for (int i = 1; i < argc; i++)
  {
    if (g_file_test (argv[i], G_FILE_TEST_IS_DIR))
    {
      add_directory (argv[i]);
    }
    else
    {
      add_file (argv[i]);
    }
  }
  return g_test_run ();
}
