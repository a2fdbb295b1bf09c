/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ice/nice-node.h"

static void
test_carries (void)
{
  g_autoptr (NiceNode) a = nice_node_new ("127.0.0.1", TRUE);
  g_autoptr (NiceNode) b = nice_node_new ("127.0.0.1", FALSE);

  nice_node_connect (a, b);
  g_assert_true (nice_node_send (a, "to b"));
  g_assert_true (nice_node_send (b, "to a"));
  while (a->payloads->len < 1 || b->payloads->len < 1)
  {
    nice_node_turn (a, b);
  }
  nice_node_assert_payload (a, 0, "to a");
  nice_node_assert_payload (b, 0, "to b");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/nice/channel/carries-datagrams-both-ways", test_carries);
  return g_test_run ();
}
