/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ice/nice-node.h"

#include <gio/gio.h>
#include <string.h>

static void
enter (NiceNode *self)
{
  g_assert_cmpuint (self->depth, ==, 0);
  self->depth++;
  self->thread = g_thread_self ();
}

static void
on_received (TegataDatagram *datagrams, guint n_datagrams, gpointer user_data)
{
  NiceNode *self = user_data;

  enter (self);
  for (guint i = 0; i < n_datagrams; i++)
  {
    g_assert_cmpuint (datagrams[i].size, >=, datagrams[i].len);
    g_assert_cmpuint (datagrams[i].peer.len, ==, 0);
    g_ptr_array_add (self->payloads, g_bytes_new (datagrams[i].bytes, datagrams[i].len));
    /* They are the receiver's to write to, as far as it is said. */
    memset (datagrams[i].bytes, 0xee, datagrams[i].size);
  }
  if (self->on_payload != NULL)
  {
    self->on_payload (self);
  }
  self->depth--;
}

static void
on_writable (gpointer user_data)
{
  NiceNode *self = user_data;

  enter (self);
  self->n_writable++;
  if (self->on_writable != NULL)
  {
    self->on_writable (self);
  }
  self->depth--;
}

static void
on_network_error (const GError *error, gpointer user_data)
{
  NiceNode *self = user_data;

  enter (self);
  g_test_message ("network: %s", error->message);
  g_ptr_array_add (self->errors, g_error_copy (error));
  self->depth--;
}

static const TegataDatagramReceiver receiver = {
  .received = on_received,
  .writable = on_writable,
  .network_error = on_network_error,
};

static void
on_gathered (NiceAgent *agent, guint stream_id, gpointer user_data)
{
  NiceNode *self = user_data;

  (void) agent;
  g_assert_cmpuint (stream_id, ==, self->stream_id);
  self->is_gathered = TRUE;
}

NiceNode *
nice_node_new (const char *host, gboolean is_controlling)
{
  NiceNode *self = g_new0 (NiceNode, 1);
  NiceAddress address;

  self->context = g_main_context_new ();
  self->loop = tegata_loop_new (self->context);
  self->payloads = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  self->errors = g_ptr_array_new_with_free_func ((GDestroyNotify) g_error_free);
  self->agent = nice_agent_new_full (self->context, NICE_COMPATIBILITY_RFC5245,
                                     NICE_AGENT_OPTION_CONSENT_FRESHNESS);
  g_object_set (self->agent, "controlling-mode", is_controlling, "ice-tcp", FALSE, "upnp",
                FALSE, NULL);
  nice_address_init (&address);
  g_assert_true (nice_address_set_from_string (&address, host));
  g_assert_true (nice_agent_add_local_address (self->agent, &address));
  self->stream_id = nice_agent_add_stream (self->agent, 1);
  g_assert_cmpuint (self->stream_id, >, 0);
  g_signal_connect (self->agent, "candidate-gathering-done", G_CALLBACK (on_gathered),
                    self);
  self->channel = tegata_nice_channel_new (self->agent, self->stream_id, 1);
  g_assert_nonnull (self->channel);
  return self;
}

void
nice_node_free (NiceNode *self)
{
  if (self->channel != NULL)
  {
    nice_node_detach (self);
    g_assert_finalize_object (self->channel);
  }
  if (self->agent != NULL)
  {
    g_signal_handlers_disconnect_by_data (self->agent, self);
    g_assert_finalize_object (self->agent);
  }
  tegata_loop_unref (self->loop);
  g_main_context_unref (self->context);
  g_ptr_array_unref (self->payloads);
  g_ptr_array_unref (self->errors);
  g_free (self);
}

gboolean
nice_node_try_to_attach (NiceNode *self, TegataNiceChannel *channel)
{
  return tegata_datagram_channel_attach (TEGATA_DATAGRAM_CHANNEL (channel), self->loop,
                                         &receiver, self);
}

void
nice_node_attach (NiceNode *self)
{
  g_assert_true (nice_node_try_to_attach (self, self->channel));
}

void
nice_node_detach (NiceNode *self)
{
  tegata_datagram_channel_detach (TEGATA_DATAGRAM_CHANNEL (self->channel));
}

void
nice_node_gather (NiceNode *self)
{
  g_assert_true (nice_agent_gather_candidates (self->agent, self->stream_id));
  while (!self->is_gathered)
  {
    g_main_context_iteration (self->context, TRUE);
  }
}

static void
free_candidates (GSList *candidates)
{
  g_slist_free_full (candidates, (GDestroyNotify) nice_candidate_free);
}

void
nice_node_meet (NiceNode *self, NiceNode *other)
{
  GSList *candidates
      = nice_agent_get_local_candidates (other->agent, other->stream_id, 1);
  g_autofree char *ufrag = NULL;
  g_autofree char *password = NULL;

  g_assert_true (nice_agent_get_local_credentials (other->agent, other->stream_id, &ufrag,
                                                   &password));
  g_assert_true (
      nice_agent_set_remote_credentials (self->agent, self->stream_id, ufrag, password));
  g_assert_cmpint (
      nice_agent_set_remote_candidates (self->agent, self->stream_id, 1, candidates), ==,
      (int) g_slist_length (candidates));
  free_candidates (candidates);
}

gboolean
nice_node_is_writable (NiceNode *self)
{
  return tegata_datagram_channel_is_writable (TEGATA_DATAGRAM_CHANNEL (self->channel));
}

void
nice_node_turn (NiceNode *a, NiceNode *b)
{
  gboolean was_busy = g_main_context_iteration (a->context, FALSE);

  was_busy = g_main_context_iteration (b->context, FALSE) || was_busy;
  if (!was_busy)
  {
    g_usleep (500);
  }
}

void
nice_node_finish (NiceNode *a, NiceNode *b)
{
  gint64 end_us = g_get_monotonic_time () + 20 * G_TIME_SPAN_MILLISECOND;

  while (g_get_monotonic_time () < end_us)
  {
    nice_node_turn (a, b);
  }
}

static gboolean
is_ready (NiceNode *self)
{
  return nice_agent_get_component_state (self->agent, self->stream_id, 1)
         == NICE_COMPONENT_STATE_READY;
}

void
nice_node_await_ready (NiceNode *a, NiceNode *b)
{
  while (!is_ready (a) || !is_ready (b))
  {
    nice_node_turn (a, b);
  }
}

void
nice_node_connect (NiceNode *a, NiceNode *b)
{
  nice_node_attach (a);
  nice_node_attach (b);
  nice_node_gather (a);
  nice_node_gather (b);
  nice_node_meet (a, b);
  nice_node_meet (b, a);
  while (a->n_writable == 0 || b->n_writable == 0)
  {
    nice_node_turn (a, b);
  }
}

gboolean
nice_node_send (NiceNode *self, const char *text)
{
  TegataDatagram datagram = { .bytes = (guint8 *) text, .len = strlen (text) };

  return tegata_datagram_channel_send (TEGATA_DATAGRAM_CHANNEL (self->channel), &datagram,
                                       1)
         == 1;
}

void
nice_node_assert_payload (NiceNode *self, guint i, const char *text)
{
  gconstpointer bytes;
  gsize len;

  g_assert_cmpuint (self->payloads->len, >, i);
  bytes = g_bytes_get_data (g_ptr_array_index (self->payloads, i), &len);
  g_assert_cmpmem (bytes, len, text, strlen (text));
}

GSocketAddress *
nice_node_dup_local_address (NiceNode *self)
{
  g_autoptr (GPtrArray) sockets
      = nice_agent_get_sockets (self->agent, self->stream_id, 1);
  g_autoptr (GError) error = NULL;
  GSocketAddress *address;

  g_assert_cmpuint (sockets->len, ==, 1);
  address = g_socket_get_local_address (g_ptr_array_index (sockets, 0), &error);
  g_assert_no_error (error);
  return address;
}

gboolean
nice_node_skip_without_ipv6 (void)
{
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string ("::1", 0);
  g_autoptr (GSocket) socket = g_socket_new (G_SOCKET_FAMILY_IPV6, G_SOCKET_TYPE_DATAGRAM,
                                             G_SOCKET_PROTOCOL_UDP, NULL);
  gboolean has_ipv6 = socket != NULL && g_socket_bind (socket, address, FALSE, NULL);

  if (!has_ipv6)
  {
    g_test_skip ("this machine has no IPv6 loopback address");
  }
  return !has_ipv6;
}
