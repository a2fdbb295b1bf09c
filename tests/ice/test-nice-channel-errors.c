/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "ice/nice-node.h"

/* What a channel tells of a network that fails, and of who uses it wrongly. */

#define TOO_LARGE 66000 /* for UDP */

static void
turn_until_errors (NiceNode *a, NiceNode *b, guint n_errors)
{
  while (a->errors->len < n_errors)
  {
    nice_node_turn (a, b);
  }
}

static void
assert_error (NiceNode *self, guint i, GIOErrorEnum code)
{
  g_assert_cmpuint (self->errors->len, >, i);
  g_assert_error ((GError *) g_ptr_array_index (self->errors, i), G_IO_ERROR,
                  (gint) code);
}

/* Checks of @self are over soon, and nobody answers them. */
static void
give_no_way (NiceNode *self, NiceNode *other)
{
  g_object_set (self->agent, "stun-initial-timeout", 20, "stun-max-retransmissions", 1,
                "idle-timeout", 50, NULL);
  nice_node_gather (self);
  nice_node_gather (other);
  nice_node_meet (self, other);
}

static void
test_failed (void)
{
  g_autoptr (NiceNode) a = nice_node_new ("127.0.0.1", TRUE);
  g_autoptr (NiceNode) b = nice_node_new ("127.0.0.1", FALSE);

  nice_node_attach (a);
  give_no_way (a, b);
  turn_until_errors (a, b, 1);
  nice_node_finish (a, b);
  g_assert_cmpuint (a->errors->len, ==, 1);
  assert_error (a, 0, G_IO_ERROR_HOST_UNREACHABLE);
  g_assert_false (nice_node_is_writable (a));
  g_assert_cmpuint (a->n_writable, ==, 0);
}

static void
test_failed_ends_nothing (void)
{
  g_autoptr (NiceNode) a = nice_node_new ("127.0.0.1", TRUE);
  g_autoptr (NiceNode) b = nice_node_new ("127.0.0.1", FALSE);

  nice_node_attach (a);
  give_no_way (a, b);
  turn_until_errors (a, b, 1);
  nice_node_attach (b);
  g_assert_true (nice_agent_restart (a->agent));
  nice_node_meet (a, b);
  nice_node_meet (b, a);
  while (a->n_writable == 0 || b->n_writable == 0)
  {
    nice_node_turn (a, b);
  }
  g_assert_true (nice_node_send (a, "after all"));
  while (b->payloads->len == 0)
  {
    nice_node_turn (a, b);
  }
  nice_node_assert_payload (b, 0, "after all");
}

static void
test_failed_before (void)
{
  g_autoptr (NiceNode) a = nice_node_new ("127.0.0.1", TRUE);
  g_autoptr (NiceNode) b = nice_node_new ("127.0.0.1", FALSE);

  give_no_way (a, b);
  while (nice_agent_get_component_state (a->agent, a->stream_id, 1)
         != NICE_COMPONENT_STATE_FAILED)
  {
    nice_node_turn (a, b);
  }
  nice_node_attach (a);
  g_assert_cmpuint (a->errors->len, ==, 0);
  turn_until_errors (a, b, 1);
  assert_error (a, 0, G_IO_ERROR_HOST_UNREACHABLE);
}

/* The first of them is refused by the kernel, and so are its like; all else goes. */
static void
test_one_of_a_batch (void)
{
  g_autoptr (NiceNode) a = nice_node_new ("127.0.0.1", TRUE);
  g_autoptr (NiceNode) b = nice_node_new ("127.0.0.1", FALSE);
  g_autofree guint8 *large = g_malloc0 (TOO_LARGE);
  TegataDatagram datagrams[] = {
    { .bytes = large, .len = TOO_LARGE },     { .bytes = (guint8 *) "1", .len = 1 },
    { .bytes = (guint8 *) "2", .len = 1 },    { .bytes = large, .len = TOO_LARGE },
    { .bytes = large, .len = TOO_LARGE - 1 }, { .bytes = (guint8 *) "3", .len = 1 },
  };
  TegataNiceChannelStats stats;

  nice_node_connect (a, b);
  g_assert_cmpuint (tegata_datagram_channel_send (TEGATA_DATAGRAM_CHANNEL (a->channel),
                                                  datagrams, G_N_ELEMENTS (datagrams)),
                    ==, 3);
  g_assert_cmpuint (a->errors->len, ==, 0);
  while (b->payloads->len < 3)
  {
    nice_node_turn (a, b);
  }
  nice_node_assert_payload (b, 0, "1");
  nice_node_assert_payload (b, 1, "2");
  nice_node_assert_payload (b, 2, "3");
  tegata_nice_channel_get_stats (a->channel, &stats);
  g_assert_cmpuint (stats.datagrams_sent, ==, 3);
  g_assert_cmpuint (stats.errors, ==, 3);
  g_assert_cmpuint (stats.dropped, ==, 0);
  turn_until_errors (a, b, 1);
  nice_node_finish (a, b);
  g_assert_cmpuint (a->errors->len, ==, 1);
  assert_error (a, 0, G_IO_ERROR_FAILED);
}

static void
test_once_in_a_row (void)
{
  g_autoptr (NiceNode) a = nice_node_new ("127.0.0.1", TRUE);
  g_autoptr (NiceNode) b = nice_node_new ("127.0.0.1", FALSE);
  g_autofree guint8 *large = g_malloc0 (TOO_LARGE);
  TegataDatagram datagram = { .bytes = large, .len = TOO_LARGE };
  gint64 end_us;

  nice_node_connect (a, b);
  end_us = g_get_monotonic_time () + 5 * G_TIME_SPAN_SECOND / 2;
  while (g_get_monotonic_time () < end_us)
  {
    g_assert_cmpuint (
        tegata_datagram_channel_send (TEGATA_DATAGRAM_CHANNEL (a->channel), &datagram, 1),
        ==, 0);
    nice_node_turn (a, b);
    g_assert_cmpuint (a->errors->len, <=, 1);
  }
  /* What goes well ends the row; the last one was told more than a second ago. */
  g_assert_true (nice_node_send (a, "well"));
  tegata_datagram_channel_send (TEGATA_DATAGRAM_CHANNEL (a->channel), &datagram, 1);
  turn_until_errors (a, b, 2);
}

/* @b answers the next check of @a, some seconds later, with a refusal. */
static void
test_consent_taken_back (void)
{
  g_autoptr (NiceNode) a = nice_node_new ("127.0.0.1", TRUE);
  g_autoptr (NiceNode) b = nice_node_new ("127.0.0.1", FALSE);
  TegataNiceChannelStats stats;

  nice_node_connect (a, b);
  nice_node_await_ready (a, b);
  g_assert_true (nice_agent_consent_lost (b->agent, b->stream_id, 1));
  turn_until_errors (a, b, 1);
  assert_error (a, 0, G_IO_ERROR_HOST_UNREACHABLE);
  g_assert_false (nice_node_send (a, "unwanted"));
  g_assert_false (nice_node_send (a, "unwanted, too"));
  turn_until_errors (a, b, 2);
  nice_node_finish (a, b);
  g_assert_cmpuint (a->errors->len, ==, 2);
  assert_error (a, 1, G_IO_ERROR_PERMISSION_DENIED);
  tegata_nice_channel_get_stats (a->channel, &stats);
  g_assert_cmpuint (stats.errors, ==, 2);
}

static void
test_stream_removed (void)
{
  g_autoptr (NiceNode) a = nice_node_new ("127.0.0.1", TRUE);
  g_autoptr (NiceNode) b = nice_node_new ("127.0.0.1", FALSE);

  nice_node_connect (a, b);
  nice_agent_remove_stream (a->agent, a->stream_id);
  g_assert_false (nice_node_is_writable (a));
  g_assert_false (nice_node_send (a, "nowhere"));
  turn_until_errors (a, b, 1);
  assert_error (a, 0, G_IO_ERROR_BROKEN_PIPE);
  nice_node_detach (a);
  g_test_expect_message ("libnice", G_LOG_LEVEL_WARNING, "*ould not find component*");
  g_assert_false (nice_node_try_to_attach (a, a->channel));
  g_test_assert_expected_messages ();
}

/* The channel keeps the agent. */
static void
test_agent_released (void)
{
  g_autoptr (NiceNode) a = nice_node_new ("127.0.0.1", TRUE);
  g_autoptr (NiceNode) b = nice_node_new ("127.0.0.1", FALSE);
  NiceAgent *agent = a->agent;

  nice_node_connect (a, b);
  g_signal_handlers_disconnect_by_data (agent, a);
  g_object_add_weak_pointer (G_OBJECT (agent), (gpointer *) &a->agent);
  g_object_unref (agent);
  g_assert_nonnull (a->agent);
  g_assert_true (nice_node_send (a, "yet"));
  while (b->payloads->len == 0)
  {
    nice_node_turn (a, b);
  }
  g_clear_object (&a->channel);
  g_assert_null (a->agent);
}

/* A receiver that wants data only. */

static void
receive (TegataDatagram *datagrams, guint n_datagrams, gpointer user_data)
{
  guint *n_received = user_data;

  (void) datagrams;
  *n_received += n_datagrams;
}

static void
test_data_only (void)
{
  static const TegataDatagramReceiver receiver = { .received = receive };
  g_autoptr (NiceNode) a = nice_node_new ("127.0.0.1", TRUE);
  g_autoptr (NiceNode) b = nice_node_new ("127.0.0.1", FALSE);
  g_autofree guint8 *large = g_malloc0 (TOO_LARGE);
  TegataDatagram datagram = { .bytes = large, .len = TOO_LARGE };
  TegataDatagramChannel *channel = TEGATA_DATAGRAM_CHANNEL (a->channel);
  guint n_received = 0;

  nice_node_attach (b);
  g_assert_true (
      tegata_datagram_channel_attach (channel, a->loop, &receiver, &n_received));
  nice_node_gather (a);
  nice_node_gather (b);
  nice_node_meet (a, b);
  nice_node_meet (b, a);
  while (!nice_node_is_writable (a) || b->n_writable == 0)
  {
    nice_node_turn (a, b);
  }
  g_assert_cmpuint (tegata_datagram_channel_send (channel, &datagram, 1), ==, 0);
  g_assert_true (nice_node_send (b, "data"));
  while (n_received == 0)
  {
    nice_node_turn (a, b);
  }
  nice_node_finish (a, b);
}

/* Errors of who writes the program. */

static void
test_wrong_arguments (void)
{
  g_autoptr (NiceNode) a = nice_node_new ("127.0.0.1", TRUE);
  NiceAgent *reliable = nice_agent_new_reliable (a->context, NICE_COMPATIBILITY_RFC5245);
  guint stream_id = nice_agent_add_stream (reliable, 1);

  g_test_expect_message ("tegata", G_LOG_LEVEL_CRITICAL, "*has_component*");
  g_assert_null (tegata_nice_channel_new (a->agent, a->stream_id, 2));
  g_test_assert_expected_messages ();
  g_test_expect_message ("tegata", G_LOG_LEVEL_CRITICAL, "*has_component*");
  g_assert_null (tegata_nice_channel_new (a->agent, a->stream_id + 1, 1));
  g_test_assert_expected_messages ();
  g_test_expect_message ("tegata", G_LOG_LEVEL_CRITICAL, "*is_reliable*");
  g_assert_null (tegata_nice_channel_new (reliable, stream_id, 1));
  g_test_assert_expected_messages ();
  g_test_expect_message ("tegata", G_LOG_LEVEL_CRITICAL, "*NICE_IS_AGENT*");
  g_assert_null (tegata_nice_channel_new (NULL, 1, 1));
  g_test_assert_expected_messages ();
  g_assert_finalize_object (reliable);
}

/* It stays as it was: what comes is handed to the first one. */
static void
test_attach_twice (void)
{
  g_autoptr (NiceNode) a = nice_node_new ("127.0.0.1", TRUE);
  g_autoptr (NiceNode) b = nice_node_new ("127.0.0.1", FALSE);
  g_autoptr (TegataNiceChannel) second
      = tegata_nice_channel_new (a->agent, a->stream_id, 1);

  nice_node_connect (a, b);
  g_test_expect_message ("tegata", G_LOG_LEVEL_CRITICAL, "*attachment*");
  g_assert_false (nice_node_try_to_attach (a, a->channel));
  g_test_assert_expected_messages ();
  g_test_expect_message ("tegata", G_LOG_LEVEL_CRITICAL, "*another channel*");
  g_assert_false (nice_node_try_to_attach (a, second));
  g_test_assert_expected_messages ();
  tegata_datagram_channel_detach (TEGATA_DATAGRAM_CHANNEL (second)); /* does nothing */
  g_assert_true (nice_node_send (b, "yet"));
  while (a->payloads->len == 0)
  {
    nice_node_turn (a, b);
  }
  nice_node_detach (a);
  g_assert_true (nice_node_try_to_attach (a, second));
  g_assert_true (nice_node_send (b, "to the second one"));
  while (a->payloads->len == 1)
  {
    nice_node_turn (a, b);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add_func ("/nice/channel/" name, func)
  ADD ("a-component-that-failed-is-told", test_failed);
  ADD ("a-component-that-failed-may-come-back", test_failed_ends_nothing);
  ADD ("a-component-that-failed-before-is-told-later", test_failed_before);
  ADD ("one-that-is-refused-costs-no-other-of-its-batch", test_one_of_a_batch);
  ADD ("what-is-refused-is-told-once-in-a-row", test_once_in_a_row);
  ADD ("consent-that-was-taken-back-is-told", test_consent_taken_back);
  ADD ("outlives-its-stream", test_stream_removed);
  ADD ("keeps-its-agent", test_agent_released);
  ADD ("a-receiver-may-want-data-only", test_data_only);
  ADD ("wrong-arguments-are-told", test_wrong_arguments);
  ADD ("attaching-twice-changes-nothing", test_attach_twice);
#undef ADD
  return g_test_run ();
}
