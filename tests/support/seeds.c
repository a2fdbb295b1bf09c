/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support/seeds.h"

static guint64
read_number (const char *name, guint64 by_default, guint64 max)
{
  const char *text = g_getenv (name);
  g_autoptr (GError) error = NULL;
  guint64 number;

  if (text == NULL)
  {
    return by_default;
  }
  if (!g_ascii_string_to_unsigned (text, 10, 1, max, &number, &error))
  {
    g_error ("%s: %s", name, error->message);
  }
  return number;
}

guint32
test_first_seed (void)
{
  guint32 seed = (guint32) read_number ("TEGATA_TEST_SEED", 1, G_MAXUINT32);

  g_test_message ("first seed: %u (set TEGATA_TEST_SEED for another)", seed);
  return seed;
}

guint
test_n_seeds (guint by_default)
{
  return (guint) read_number ("TEGATA_TEST_SEEDS", by_default, 1000000);
}
