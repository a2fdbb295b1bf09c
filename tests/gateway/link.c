/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "link.h"

#include <string.h>

GSocketAddress *
loopback_address (guint16 port)
{
  return g_inet_socket_address_new_from_string ("127.0.0.1", port);
}

GSocket *
loopback_socket (guint16 port)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketAddress) address = loopback_address (port);
  GSocket *socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM,
                                  G_SOCKET_PROTOCOL_UDP, &error);

  g_assert_no_error (error);
  g_socket_bind (socket, address, FALSE, &error);
  g_assert_no_error (error);
  g_socket_set_blocking (socket, FALSE);
  return socket;
}

guint16
socket_port (GSocket *socket)
{
  g_autoptr (GSocketAddress) address = g_socket_get_local_address (socket, NULL);

  return g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));
}

guint16
find_port_pair (void)
{
  for (;;)
  {
    g_autoptr (GSocket) first = loopback_socket (0);
    g_autoptr (GSocket) second = NULL;
    g_autoptr (GSocketAddress) next = NULL;
    guint16 port = socket_port (first);

    if (port == G_MAXUINT16)
    {
      continue;
    }
    next = loopback_address (port + 1);
    second = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM,
                           G_SOCKET_PROTOCOL_UDP, NULL);
    if (g_socket_bind (second, next, FALSE, NULL))
    {
      return port;
    }
  }
}

gsize
socket_receive (GSocket *socket, guint8 *bytes, gsize size, GSocketAddress **from)
{
  gssize len = g_socket_receive_from (socket, from, (char *) bytes, size, NULL, NULL);

  return len > 0 ? (gsize) len : 0;
}

void
socket_send (GSocket *socket, guint16 port, gconstpointer bytes, gsize len)
{
  g_autoptr (GSocketAddress) address = loopback_address (port);

  g_assert_cmpint (g_socket_send_to (socket, address, bytes, len, NULL, NULL), ==, len);
}

gsize
write_rtp (guint8 *bytes,
           guint8 payload_type,
           guint16 sequence,
           guint32 timestamp,
           guint32 ssrc,
           gsize payload_len)
{
  bytes[0] = 0x80;
  bytes[1] = payload_type;
  bytes[2] = (guint8) (sequence >> 8);
  bytes[3] = (guint8) sequence;
  for (guint i = 0; i < 4; i++)
  {
    bytes[4 + i] = (guint8) (timestamp >> (24 - 8 * i));
    bytes[8 + i] = (guint8) (ssrc >> (24 - 8 * i));
  }
  for (gsize i = 0; i < payload_len; i++)
  {
    bytes[12 + i] = (guint8) (sequence + i);
  }
  return 12 + payload_len;
}

Link *
link_new (void)
{
  Link *self = g_new0 (Link, 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketAddress) any = loopback_address (0);
  g_autoptr (TegataUdpChannel) listening = tegata_udp_channel_new (any, NULL, &error);
  g_autoptr (TegataUdpChannel) calling = NULL;

  g_assert_no_error (error);
  calling = tegata_udp_channel_new (
      NULL, tegata_udp_channel_get_local_address (listening), &error);
  g_assert_no_error (error);
  self->gateway = party_new (NULL, TEGATA_DATAGRAM_CHANNEL (listening));
  self->peer = party_new (NULL, TEGATA_DATAGRAM_CHANNEL (calling));
  party_expect (self->gateway, self->peer);
  party_expect (self->peer, self->gateway);
  party_start (self->gateway, TEGATA_ROLE_SERVER);
  party_start (self->peer, TEGATA_ROLE_CLIENT);
  wait_until (party_get_state (self->gateway) == TEGATA_STATE_CONNECTED
              && party_get_state (self->peer) == TEGATA_STATE_CONNECTED);
  return self;
}

void
link_free (Link *self)
{
  party_free (self->gateway);
  party_free (self->peer);
  g_free (self);
}
