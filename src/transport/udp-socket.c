/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transport/udp-socket.h"

#include <gio/gnetworking.h>

/* What the kernel may keep for us while we are busy with others. A listener serves
 * thousands: the usual 200 KB, from which the kernel takes its own bookkeeping of each
 * datagram, hold less than 300 small ones. It gives what its administrator allows. */
#define RECEIVE_BUFFER_LEN (1 << 20)

static char *
text_of (GSocketAddress *address)
{
  return g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (address));
}

static gboolean
check_addresses (GSocketAddress *local, GSocketAddress *peer, GError **error)
{
  GSocketAddress *some = local != NULL ? local : peer;

  if (some == NULL)
  {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                         "a UDP channel needs an address of its own, or its peer's");
    return FALSE;
  }
  if (!G_IS_INET_SOCKET_ADDRESS (some)
      || (peer != NULL && !G_IS_INET_SOCKET_ADDRESS (peer)))
  {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                         "a UDP channel needs IPv4 or IPv6 addresses with a port");
    return FALSE;
  }
  if (peer != NULL
      && g_socket_address_get_family (local != NULL ? local : peer)
             != g_socket_address_get_family (peer))
  {
    g_autofree char *local_text = text_of (local);
    g_autofree char *peer_text = text_of (peer);

    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                 "%s cannot talk with %s: one is IPv4, the other one IPv6. Take both of "
                 "the same kind",
                 local_text, peer_text);
    return FALSE;
  }
  if (peer != NULL && g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (peer)) == 0)
  {
    g_autofree char *text = text_of (peer);

    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                 "the peer at %s needs a port", text);
    return FALSE;
  }
  return TRUE;
}

static gboolean
bind_socket (GSocket *socket, GSocketAddress *local, GError **error)
{
  g_autoptr (GError) problem = NULL;

  /* Without reuse: of two sockets that share a UDP port, one hears nothing. */
  if (g_socket_bind (socket, local, FALSE, &problem))
  {
    return TRUE;
  }
  if (g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE))
  {
    g_autofree char *text = text_of (local);

    g_set_error (error, problem->domain, problem->code,
                 "another program receives at %s already. Take another port, or end it",
                 text);
    return FALSE;
  }
  /* GSocket names the address. */
  g_propagate_prefixed_error (error, g_steal_pointer (&problem), "cannot receive: ");
  return FALSE;
}

/* What strangers sent before it was connected goes away, the peer's with it: no socket of
 * a moment ago was told to anybody. */
static void
forget_strangers (GSocket *socket)
{
  char byte;

  while (g_socket_receive (socket, &byte, sizeof byte, NULL, NULL) >= 0)
  {
  }
}

static gboolean
connect_socket (GSocket *socket, GSocketAddress *peer, GError **error)
{
  g_autoptr (GError) problem = NULL;
  g_autofree char *text = NULL;

  if (g_socket_connect (socket, peer, NULL, &problem))
  {
    forget_strangers (socket);
    return TRUE;
  }
  text = text_of (peer);
  g_set_error (error, problem->domain, problem->code, "cannot send to %s: %s", text,
               problem->message);
  return FALSE;
}

GSocket *
tegata_udp_socket_open (GSocketAddress *local, GSocketAddress *peer, GError **error)
{
  g_autoptr (GSocket) self = NULL;
  GSocketFamily family;

  if (!check_addresses (local, peer, error))
  {
    return NULL;
  }
  family = g_socket_address_get_family (local != NULL ? local : peer);
  self = g_socket_new (family, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, error);
  if (self == NULL)
  {
    g_prefix_error (error, "cannot make a UDP socket: ");
    return NULL;
  }
  g_socket_set_blocking (self, FALSE);
  g_socket_set_option (self, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER_LEN, NULL);
  if (family == G_SOCKET_FAMILY_IPV6)
  {
    g_socket_set_option (self, IPPROTO_IPV6, IPV6_V6ONLY, 0, NULL);
  }
  if ((local != NULL && !bind_socket (self, local, error))
      || (peer != NULL && !connect_socket (self, peer, error)))
  {
    return NULL;
  }
  return g_steal_pointer (&self);
}
