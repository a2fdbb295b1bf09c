/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transport/party.h"

#include <string.h>

/* Transports on sockets of the loopback interface. */

static GSocketAddress *
loopback (guint16 port)
{
  return g_inet_socket_address_new_from_string ("127.0.0.1", port);
}

/* (transfer full) (nullable): NULL where @port is taken */
static TegataUdpChannel *
new_channel (guint16 port, GSocketAddress *peer)
{
  g_autoptr (GSocketAddress) local = loopback (port);

  return tegata_udp_channel_new (local, peer, NULL);
}

static guint16
port_of (TegataUdpChannel *channel)
{
  return g_inet_socket_address_get_port (
      G_INET_SOCKET_ADDRESS (tegata_udp_channel_get_local_address (channel)));
}

static Party *
new_party (TegataUdpChannel *channel)
{
  return party_new (NULL, TEGATA_DATAGRAM_CHANNEL (channel));
}

static void
await_media (Party *client, Party *server)
{
  wait_until (party_get_state (client) == TEGATA_STATE_CONNECTED);
  wait_until (party_get_state (server) == TEGATA_STATE_CONNECTED);
  party_assert_sends (client, 1);
  party_assert_sends (server, 2);
  wait_until (server->packets->len == 1 && client->packets->len == 1);
}

/* The server is told of no peer: it answers the first one who calls, media included. */
static void
connects_over_udp (void)
{
  g_autoptr (TegataUdpChannel) server_channel = new_channel (0, NULL);
  g_autoptr (TegataUdpChannel) client_channel
      = new_channel (0, tegata_udp_channel_get_local_address (server_channel));
  g_autoptr (Party) server = new_party (server_channel);
  g_autoptr (Party) client = new_party (client_channel);
  g_autoptr (GSocketAddress) peer = NULL;
  g_autofree char *text = NULL;
  g_autofree char *expected = NULL;

  party_expect (client, server);
  party_expect (server, client);
  g_assert_null (tegata_transport_dup_peer_address (server->transport));
  party_start (server, TEGATA_ROLE_SERVER);
  party_start (client, TEGATA_ROLE_CLIENT);
  await_media (client, server);

  peer = tegata_transport_dup_peer_address (server->transport);
  text = g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (peer));
  expected = g_socket_connectable_to_string (
      G_SOCKET_CONNECTABLE (tegata_udp_channel_get_local_address (client_channel)));
  g_assert_cmpstr (text, ==, expected);

  tegata_transport_close (server->transport);
  wait_until (party_get_state (client) == TEGATA_STATE_CLOSED);
}

/* Both sockets are open to everybody. */
static void
goes_where_it_is_told (void)
{
  g_autoptr (TegataUdpChannel) server_channel = new_channel (0, NULL);
  g_autoptr (TegataUdpChannel) client_channel = new_channel (0, NULL);
  g_autoptr (Party) server = new_party (server_channel);
  g_autoptr (Party) client = new_party (client_channel);

  party_expect (client, server);
  party_expect (server, client);
  tegata_transport_set_peer_address (
      client->transport, tegata_udp_channel_get_local_address (server_channel));
  party_start (server, TEGATA_ROLE_SERVER);
  party_start (client, TEGATA_ROLE_CLIENT);
  await_media (client, server);
}

/* Signalling tells of the peer's new port in the middle of a call. */
static void
follows_a_peer_that_moves (void)
{
  g_autoptr (TegataUdpChannel) server_channel = new_channel (0, NULL);
  g_autoptr (TegataUdpChannel) client_channel = new_channel (0, NULL);
  g_autoptr (Party) server = new_party (server_channel);
  g_autoptr (Party) client = new_party (client_channel);
  g_autoptr (TegataUdpChannel) elsewhere = NULL;
  TegataUdpChannelStats stats;

  party_expect (client, server);
  party_expect (server, client);
  tegata_transport_set_peer_address (
      client->transport, tegata_udp_channel_get_local_address (server_channel));
  party_start (server, TEGATA_ROLE_SERVER);
  party_start (client, TEGATA_ROLE_CLIENT);
  await_media (client, server);

  elsewhere = new_channel (0, NULL);
  tegata_transport_set_peer_address (client->transport,
                                     tegata_udp_channel_get_local_address (elsewhere));
  tegata_udp_channel_get_stats (server_channel, &stats);
  party_assert_sends (client, 3);
  party_assert_sends (server, 4); /* from where the peer no longer is */
  tegata_transport_set_peer_address (
      client->transport, tegata_udp_channel_get_local_address (server_channel));
  party_assert_sends (client, 5);
  wait_until (server->packets->len == 2);
  {
    g_autoptr (GBytes) last = make_rtp (5);

    party_assert_packet (server, 1, last);
  }
}

/* ICMP says that nobody is there: a hint for people, and trying goes on. */
static void
starts_before_the_server_listens (void)
{
  g_autoptr (TegataUdpChannel) server_channel = new_channel (0, NULL);
  g_autoptr (TegataUdpChannel) client_channel
      = new_channel (0, tegata_udp_channel_get_local_address (server_channel));
  guint16 port = port_of (server_channel);
  g_autoptr (Party) server = NULL;
  g_autoptr (Party) client = new_party (client_channel);

  g_clear_object (&server_channel); /* the port is closed */
  party_start (client, TEGATA_ROLE_CLIENT);
  wait_until (client->network_errors->len > 0);
  g_assert_error ((const GError *) client->network_errors->pdata[0], G_IO_ERROR,
                  G_IO_ERROR_CONNECTION_REFUSED);
  g_assert_cmpint (party_get_state (client), ==, TEGATA_STATE_CONNECTING);

  server_channel = new_channel (port, NULL);
  if (server_channel == NULL)
  {
    g_test_skip ("another program took the port meanwhile");
    return;
  }
  server = new_party (server_channel);
  party_expect (client, server);
  party_expect (server, client);
  party_start (server, TEGATA_ROLE_SERVER);
  await_media (client, server);
}

static void
goes_on_after_the_peer_is_gone (void)
{
  g_autoptr (TegataUdpChannel) server_channel = new_channel (0, NULL);
  g_autoptr (TegataUdpChannel) client_channel
      = new_channel (0, tegata_udp_channel_get_local_address (server_channel));
  g_autoptr (Party) server = new_party (server_channel);
  g_autoptr (Party) client = new_party (client_channel);

  party_expect (client, server);
  party_expect (server, client);
  party_start (server, TEGATA_ROLE_SERVER);
  party_start (client, TEGATA_ROLE_CLIENT);
  await_media (client, server);
  g_clear_pointer (&server, party_free);
  g_clear_object (&server_channel);
  party_assert_sends (client, 3);
  wait_until (client->network_errors->len > 0);
  party_assert_sends (client, 4); /* lost without an error */
  g_assert_cmpint (party_get_state (client), ==, TEGATA_STATE_CONNECTED);
}

/* Released by its own call-back, while the channel is about to hand up more. */
static void
release (Party *self, TegataOutputKind kind)
{
  if (kind == TEGATA_OUTPUT_RTP)
  {
    party_release (self);
  }
}

static void
is_released_with_its_channel_inside_media (void)
{
  g_autoptr (TegataUdpChannel) server_channel = new_channel (0, NULL);
  g_autoptr (TegataUdpChannel) client_channel
      = new_channel (0, tegata_udp_channel_get_local_address (server_channel));
  g_autoptr (Party) server = new_party (server_channel);
  g_autoptr (Party) client = new_party (client_channel);

  party_expect (client, server);
  party_expect (server, client);
  party_start (server, TEGATA_ROLE_SERVER);
  party_start (client, TEGATA_ROLE_CLIENT);
  await_media (client, server);
  server->then = release;
  g_clear_object (&server_channel); /* the transport's reference is the last one */
  for (guint16 i = 10; i < 80; i++)
  {
    party_assert_sends (client, i);
  }
  wait_until (server->transport == NULL);
  g_assert_cmpuint (server->media_calls->len, ==, 2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/transport-udp/connects", connects_over_udp);
  g_test_add_func ("/transport-udp/goes-where-it-is-told", goes_where_it_is_told);
  g_test_add_func ("/transport-udp/follows-a-peer-that-moves", follows_a_peer_that_moves);
  g_test_add_func ("/transport-udp/starts-before-the-server-listens",
                   starts_before_the_server_listens);
  g_test_add_func ("/transport-udp/goes-on-after-the-peer-is-gone",
                   goes_on_after_the_peer_is_gone);
  g_test_add_func ("/transport-udp/is-released-with-its-channel-inside-media",
                   is_released_with_its_channel_inside_media);
  return g_test_run ();
}
