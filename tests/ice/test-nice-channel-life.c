/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ice/nice-node.h"

/* How a channel ends within calls of its own and of libnice, on one thread. */

static void
await_payload (NiceNode *self, NiceNode *other)
{
  guint n_before = self->payloads->len;

  while (self->payloads->len == n_before)
  {
    nice_node_turn (self, other);
  }
}

/* More comes for @self, and reaches nobody; @other still hears. */
static void
check_is_deaf (NiceNode *self, NiceNode *other)
{
  guint n_payloads = self->payloads->len;
  guint n_writable = self->n_writable;
  guint n_errors = self->errors->len;

  for (guint i = 0; i < 3; i++)
  {
    g_assert_true (nice_node_send (other, "to nobody"));
  }
  nice_node_finish (self, other);
  g_assert_cmpuint (self->payloads->len, ==, n_payloads);
  g_assert_cmpuint (self->n_writable, ==, n_writable);
  g_assert_cmpuint (self->errors->len, ==, n_errors);
}

static void
release (NiceNode *self)
{
  TegataNiceChannel *channel = g_steal_pointer (&self->channel);

  g_object_add_weak_pointer (G_OBJECT (channel), &self->hook_data);
  self->hook_data = channel;
  g_object_unref (channel);
}

static void
test_detach_within (void)
{
  g_autoptr (NiceNode) a = nice_node_new ("127.0.0.1", TRUE);
  g_autoptr (NiceNode) b = nice_node_new ("127.0.0.1", FALSE);

  a->on_payload = nice_node_detach;
  nice_node_connect (a, b);
  for (guint i = 0; i < 3; i++)
  {
    g_assert_true (nice_node_send (b, "three wait at once"));
  }
  await_payload (a, b);
  check_is_deaf (a, b);
  g_assert_cmpuint (a->payloads->len, ==, 1);
  /* What came while nobody was attached is gone; its way is not. */
  a->on_payload = NULL;
  nice_node_attach (a);
  g_assert_true (nice_node_send (b, "again"));
  await_payload (a, b);
  nice_node_assert_payload (a, 1, "again");
}

static void
detach_and_attach (NiceNode *self)
{
  nice_node_detach (self);
  nice_node_attach (self);
}

static void
test_change_within (void)
{
  g_autoptr (NiceNode) a = nice_node_new ("127.0.0.1", TRUE);
  g_autoptr (NiceNode) b = nice_node_new ("127.0.0.1", FALSE);

  a->on_payload = detach_and_attach;
  nice_node_connect (a, b);
  for (guint i = 0; i < 3; i++)
  {
    g_assert_true (nice_node_send (b, "each to another one"));
  }
  while (a->payloads->len < 3)
  {
    nice_node_turn (a, b);
  }
}

static void
test_release_within (void)
{
  g_autoptr (NiceNode) a = nice_node_new ("127.0.0.1", TRUE);
  g_autoptr (NiceNode) b = nice_node_new ("127.0.0.1", FALSE);

  a->on_payload = release;
  nice_node_connect (a, b);
  for (guint i = 0; i < 3; i++)
  {
    g_assert_true (nice_node_send (b, "three wait at once"));
  }
  await_payload (a, b);
  g_assert_null (a->hook_data);
  check_is_deaf (a, b);
  g_assert_cmpuint (a->payloads->len, ==, 1);
}

static void
release_and_remove (NiceNode *self)
{
  release (self);
  nice_agent_remove_stream (self->agent, self->stream_id);
}

static void
test_remove_stream_within (void)
{
  g_autoptr (NiceNode) a = nice_node_new ("127.0.0.1", TRUE);
  g_autoptr (NiceNode) b = nice_node_new ("127.0.0.1", FALSE);

  a->on_payload = release_and_remove;
  nice_node_connect (a, b);
  g_assert_true (nice_node_send (b, "the last one"));
  await_payload (a, b);
  g_assert_null (a->hook_data);
  nice_node_finish (a, b);
  g_assert_cmpuint (a->payloads->len, ==, 1);
}

/* An error waits to be told, and so does that it is writable: the second one to be told
 * finds nobody. */
static void
check_end_in_writable (void (*end) (NiceNode *self))
{
  g_autoptr (NiceNode) a = nice_node_new ("127.0.0.1", TRUE);
  g_autoptr (NiceNode) b = nice_node_new ("127.0.0.1", FALSE);

  a->on_writable = end;
  nice_node_attach (a);
  nice_node_attach (b);
  nice_node_gather (a);
  nice_node_gather (b);
  nice_node_meet (a, b);
  nice_node_meet (b, a);
  while (!nice_node_is_writable (a))
  {
    nice_node_turn (b, b);
    g_main_context_iteration (a->context, FALSE);
  }
  g_assert_cmpuint (a->n_writable, ==, 0);
  g_signal_emit_by_name (a->agent, "component-state-changed", a->stream_id, 1,
                         NICE_COMPONENT_STATE_FAILED);
  while (a->n_writable == 0)
  {
    nice_node_turn (a, b);
  }
  g_assert_null (a->hook_data);
  check_is_deaf (a, b);
  g_assert_cmpuint (a->errors->len, ==, 0);
}

static void
test_release_in_writable (void)
{
  check_end_in_writable (release);
}

static void
test_detach_in_writable (void)
{
  check_end_in_writable (nice_node_detach);
}

/* libnice reads whom to call, leaves its lock, signals what waits, and calls then. The
 * answer to a check, which selects the pair, and data come to @b together; so the handler
 * runs in between. */

static void
on_selected_pair (NiceAgent *agent,
                  guint stream_id,
                  guint component_id,
                  const char *local,
                  const char *remote,
                  gpointer user_data)
{
  NiceNode *self = user_data;

  (void) agent;
  (void) stream_id;
  (void) component_id;
  (void) local;
  (void) remote;
  if (self->channel != NULL)
  {
    release (self);
  }
}

static void
test_release_in_a_signal (void)
{
  g_autoptr (NiceNode) a = nice_node_new ("127.0.0.1", TRUE);
  g_autoptr (NiceNode) b = nice_node_new ("127.0.0.1", FALSE);
  guint n_before = 0;

  g_signal_connect (b->agent, "new-selected-pair", G_CALLBACK (on_selected_pair), b);
  nice_node_attach (a);
  nice_node_attach (b);
  nice_node_gather (a);
  nice_node_gather (b);
  nice_node_meet (a, b);
  while (a->n_writable == 0)
  {
    nice_node_turn (a, b);
  }
  nice_node_meet (b, a);
  while (b->channel != NULL)
  {
    while (g_main_context_iteration (a->context, FALSE))
    {
    }
    g_assert_true (nice_node_send (a, "behind an answer"));
    n_before = b->payloads->len;
    g_main_context_iteration (b->context, FALSE);
  }
  g_assert_null (b->hook_data);
  g_test_message ("%u datagrams before, %u in that turn", n_before,
                  b->payloads->len - n_before);
  check_is_deaf (b, a);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add_func ("/nice/channel/" name, func)
  ADD ("may-be-detached-within-received", test_detach_within);
  ADD ("may-be-attached-anew-within-received", test_change_within);
  ADD ("may-be-released-within-received", test_release_within);
  ADD ("its-stream-may-be-removed-within-received", test_remove_stream_within);
  ADD ("may-be-detached-within-writable", test_detach_in_writable);
  ADD ("may-be-released-within-writable", test_release_in_writable);
  ADD ("may-be-released-in-a-signal-of-the-agent", test_release_in_a_signal);
#undef ADD
  return g_test_run ();
}
