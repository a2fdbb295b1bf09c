/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "load.h"

#include <glib-unix.h>

/* The server as a GLib program writes it: TegataTransportListener on a GMainLoop. */

typedef struct
{
  LoadRun *run;
  GMainLoop *main_loop;
  GPtrArray *transports;
} Server;

static void
on_state_changed (TegataTransport *transport, TegataState state, gpointer user_data)
{
  Server *self = user_data;

  (void) transport;
  self->run->shared->n_connected += state == TEGATA_STATE_CONNECTED ? 1 : 0;
}

static void
on_media (TegataTransport *transport,
          TegataPacket *packets,
          guint n_packets,
          gpointer user_data)
{
  Server *self = user_data;

  (void) transport;
  (void) packets;
  self->run->shared->n_received += n_packets;
}

static void
on_incoming (TegataTransportListener *listener, TegataTransport *transport, Server *self)
{
  const TegataTransportCallbacks callbacks
      = { .state_changed = on_state_changed, .media = on_media };
  g_autoptr (GError) error = NULL;

  (void) listener;
  g_ptr_array_add (self->transports, g_object_ref (transport));
  tegata_transport_set_callbacks (transport, &callbacks, self, NULL);
  if (!tegata_transport_set_peer_fingerprint (
          transport, self->run->shared->client_fingerprint, &error))
  {
    load_fail ("the other process' fingerprint", error->message);
  }
}

static gboolean
on_control (int fd, GIOCondition condition, gpointer user_data)
{
  Server *self = user_data;

  (void) fd;
  (void) condition;
  if (load_server_next (self->run))
  {
    return G_SOURCE_CONTINUE;
  }
  g_main_loop_quit (self->main_loop);
  return G_SOURCE_REMOVE;
}

static TegataUdpChannel *
open_channel (LoadShared *shared)
{
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GError) error = NULL;
  TegataUdpChannel *channel = tegata_udp_channel_new (any, NULL, &error);
  GSocketAddress *address;

  if (channel == NULL)
  {
    load_fail ("no socket", error->message);
  }
  address = tegata_udp_channel_get_local_address (channel);
  shared->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));
  return channel;
}

void
load_serve_by_transport (LoadRun *run)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GMainLoop) main_loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GPtrArray) transports = g_ptr_array_new_with_free_func (g_object_unref);
  Server self = { .run = run, .main_loop = main_loop, .transports = transports };
  g_autoptr (TegataContext) context = load_context_new (run->shared->server_fingerprint);
  g_autoptr (TegataUdpChannel) channel = open_channel (run->shared);
  g_autoptr (TegataTransportListener) listener = tegata_transport_listener_new (
      context, TEGATA_DATAGRAM_CHANNEL (channel), NULL, &error);
  TegataUdpChannelStats stats;

  if (listener == NULL)
  {
    load_fail ("no listener", error->message);
  }
  g_signal_connect (listener, "incoming", G_CALLBACK (on_incoming), &self);
  g_unix_fd_add_full (G_PRIORITY_LOW, run->control, G_IO_IN, on_control, &self, NULL);
  load_await (run, LOAD_TURN_CLIENTS_READY);
  load_mark (run, LOAD_MARK_LISTENING);
  load_tell (run, LOAD_TURN_SERVER_READY);
  g_main_loop_run (main_loop);
  tegata_udp_channel_get_stats (channel, &stats);
  run->shared->n_batches = stats.batches_received;
}
