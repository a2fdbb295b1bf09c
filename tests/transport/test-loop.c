/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transport/loop-private.h"

static void
note_call (gpointer user_data)
{
  ++*(guint *) user_data;
}

static void
test_once (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (TegataLoop) loop = tegata_loop_new (context);
  guint n_calls = 0;
  g_autoptr (TegataTimer) timer = tegata_timer_new (loop, note_call, &n_calls);

  tegata_timer_set (timer, 0);
  while (n_calls == 0)
  {
    g_main_context_iteration (context, TRUE);
  }
  while (g_main_context_iteration (context, FALSE))
  {
  }
  g_assert_cmpuint (n_calls, ==, 1);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/loop/timer/is-called-once", test_once);
  return g_test_run ();
}
