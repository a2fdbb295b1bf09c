/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transport/udp-batch.h"

#include <string.h>
#include <tegata/srtp.h>

#include "transport/loop-private.h"
#include "transport/udp-node.h"
#include "transport/udp-socket.h"

/* The kernel's own calls and the portable ones: the same in all that is seen. */
typedef struct
{
  const char *name;
  gint (*receive) (GSocket *socket,
                   gboolean is_connected,
                   guint8 *slots,
                   TegataDatagram *datagrams,
                   GError **error);
  gint (*send) (GSocket *socket,
                gboolean is_connected,
                const TegataDatagram *datagrams,
                guint n_datagrams,
                GError **error);
} Calls;

static const Calls both[] = {
  { "own", tegata_udp_batch_receive, tegata_udp_batch_send },
  { "portable", tegata_udp_batch_receive_portably, tegata_udp_batch_send_portably },
};

typedef struct
{
  GSocket *socket;
  GSocketAddress *address;
} Port;

static Port
open_port (const char *local, GSocketAddress *peer)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketAddress) address = local != NULL ? udp_address (local, 0) : NULL;
  Port self;

  self.socket = tegata_udp_socket_open (address, peer, &error);
  g_assert_no_error (error);
  self.address = g_socket_get_local_address (self.socket, &error);
  g_assert_no_error (error);
  return self;
}

static void
close_port (Port *self)
{
  g_object_unref (self->socket);
  g_object_unref (self->address);
}

/* Returns: which of @ports has @address; their number for none */
static guint
number_of (const TegataAddress *address, const Port *ports, guint n_ports)
{
  for (guint i = 0; i < n_ports; i++)
  {
    TegataAddress candidate;

    g_assert_true (tegata_address_from_socket_address (&candidate, ports[i].address));
    if (tegata_address_equal (&candidate, address))
    {
      return i;
    }
  }
  return n_ports;
}

/* All that has come to @port, in order: each payload, and the number of its peer. */
static char *
receive_all (const Calls *calls, Port *port, const Port *peers, guint n_peers)
{
  g_autofree guint8 *slots = g_malloc ((gsize) TEGATA_BATCH_MAX * TEGATA_BATCH_SLOT_SIZE);
  g_autoptr (GError) error = NULL;
  TegataDatagram datagrams[TEGATA_BATCH_MAX];
  GString *text = g_string_new (NULL);
  gint n;

  while ((n = calls->receive (port->socket, n_peers == 0, slots, datagrams, &error)) > 0)
  {
    for (gint i = 0; i < n; i++)
    {
      g_assert_cmpuint (datagrams[i].size, ==, TEGATA_BATCH_SLOT_SIZE);
      g_string_append_printf (text, "%.*s%u ", (int) datagrams[i].len,
                              (const char *) datagrams[i].bytes,
                              number_of (&datagrams[i].peer, peers, n_peers));
    }
  }
  g_assert_no_error (error);
  g_assert_cmpint (n, ==, 0);
  return g_string_free (text, FALSE);
}

/* One letter to each of @peers, and again: more than a batch of them. */
static void
send_letters (const Calls *calls, Port *from, const Port *peers, guint n_peers, guint n)
{
  g_autoptr (GError) error = NULL;
  TegataDatagram datagrams[TEGATA_BATCH_MAX + 2] = { 0 };
  gint n_sent;

  g_assert_cmpuint (n, <=, G_N_ELEMENTS (datagrams));
  for (guint i = 0; i < n; i++)
  {
    datagrams[i].bytes = (guint8 *) "abcdefghijklmnopqrstuvwxyzABCDEFGHIJ" + i;
    datagrams[i].len = 1;
    g_assert_true (tegata_address_from_socket_address (&datagrams[i].peer,
                                                       peers[i % n_peers].address));
  }
  for (guint i = 0; i < n; i += (guint) n_sent)
  {
    n_sent = calls->send (from->socket, FALSE, datagrams + i, n - i, &error);
    g_assert_no_error (error);
    g_assert_cmpint (n_sent, ==, MIN (n - i, TEGATA_BATCH_MAX));
  }
}

static void
check_peers (const Calls *calls, const char *server_host, const char *host)
{
  Port server = open_port (server_host, NULL);
  guint16 port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (server.address));
  Port there = { .address = udp_address (host, port) };
  Port peers[3];
  g_autofree char *got = NULL;
  g_autofree char *first = NULL;
  g_autofree char *last = NULL;

  for (guint i = 0; i < 3; i++)
  {
    peers[i] = open_port (host, NULL);
  }
  for (guint i = 0; i < 5; i++)
  {
    send_letters (calls, &peers[i % 3], &there, 1, 1 + i / 4);
  }
  got = receive_all (calls, &server, peers, 3);
  g_assert_cmpstr (got, ==, "a0 a1 a2 a0 a1 b1 ");

  send_letters (calls, &server, peers, 3, TEGATA_BATCH_MAX + 2);
  first = receive_all (calls, &peers[0], &there, 1);
  last = receive_all (calls, &peers[2], &there, 1);
  g_assert_true (g_str_has_prefix (first, "a0 d0 g0 "));
  g_assert_true (g_str_has_suffix (first, "E0 H0 "));
  g_assert_true (g_str_has_prefix (last, "c0 f0 "));
  for (guint i = 0; i < 3; i++)
  {
    close_port (&peers[i]);
  }
  g_object_unref (there.address);
  close_port (&server);
}

static void
test_peers (gconstpointer calls)
{
  check_peers (calls, "127.0.0.1", "127.0.0.1");
}

static void
test_peers_ipv6 (gconstpointer calls)
{
  if (!udp_node_skip_without_ipv6 ())
  {
    check_peers (calls, "::1", "::1");
    check_peers (calls, "::", "::1");
    check_peers (calls, "::", "127.0.0.1");
  }
}

static void
test_connected (gconstpointer data)
{
  const Calls *calls = data;
  Port server = open_port ("127.0.0.1", NULL);
  Port client = open_port (NULL, server.address);
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *slots = g_malloc ((gsize) TEGATA_BATCH_MAX * TEGATA_BATCH_SLOT_SIZE);
  TegataDatagram datagrams[TEGATA_BATCH_MAX];
  /* An address that is not to be looked at. */
  TegataDatagram letter = { .bytes = (guint8 *) "x", .len = 1, .peer = { .len = 5 } };
  g_autofree char *got = NULL;

  g_assert_cmpint (calls->send (client.socket, TRUE, &letter, 1, &error), ==, 1);
  got = receive_all (calls, &server, &client, 1);
  g_assert_cmpstr (got, ==, "x0 ");
  send_letters (calls, &server, &client, 1, 1);
  g_assert_cmpint (calls->receive (client.socket, TRUE, slots, datagrams, &error), ==, 1);
  g_assert_cmpmem (datagrams[0].bytes, datagrams[0].len, "a", 1);
  g_assert_cmpuint (datagrams[0].peer.len, ==, 0);

  close_port (&server);
  g_assert_cmpint (calls->send (client.socket, TRUE, &letter, 1, &error), ==, 1);
  g_assert_cmpint (calls->receive (client.socket, TRUE, slots, datagrams, &error), ==,
                   -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
  g_clear_error (&error);
  g_assert_cmpint (calls->receive (client.socket, TRUE, slots, datagrams, &error), ==, 0);
  close_port (&client);
}

/* The longest that there is: 40 bytes of IPv6 header are not in its length. */
static void
test_longest (gconstpointer data)
{
  const gsize len = 65527;
  const Calls *calls = data;
  Port port = { 0 };
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *slots = g_malloc ((gsize) TEGATA_BATCH_MAX * TEGATA_BATCH_SLOT_SIZE);
  g_autofree guint8 *bytes = g_malloc0 (len);
  TegataDatagram datagrams[TEGATA_BATCH_MAX];
  TegataDatagram datagram = { .bytes = bytes, .len = len };

  if (udp_node_skip_without_ipv6 ())
  {
    return;
  }
  port = open_port ("::1", NULL);
  bytes[len - 1] = 'z';
  g_assert_true (tegata_address_from_socket_address (&datagram.peer, port.address));
  g_assert_cmpint (calls->send (port.socket, FALSE, &datagram, 1, &error), ==, 1);
  g_assert_no_error (error);
  g_assert_cmpint (calls->receive (port.socket, FALSE, slots, datagrams, &error), ==, 1);
  g_assert_cmpmem (datagrams[0].bytes, datagrams[0].len, bytes, len);
  g_assert_cmpuint (datagrams[0].size, >=, len + TEGATA_SRTP_MAX_OVERHEAD);
  g_assert_true (datagrams[0].bytes + datagrams[0].size
                 <= slots + (gsize) TEGATA_BATCH_MAX * TEGATA_BATCH_SLOT_SIZE);
  close_port (&port);
}

static void
test_too_long (gconstpointer data)
{
  const Calls *calls = data;
  Port port = open_port ("127.0.0.1", NULL);
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *bytes = g_malloc0 (65508);
  TegataDatagram datagram = { .bytes = bytes, .len = 65508 };

  g_assert_true (tegata_address_from_socket_address (&datagram.peer, port.address));
  g_assert_cmpint (calls->send (port.socket, FALSE, &datagram, 1, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE);
  close_port (&port);
}

static void
add (const char *path, const Calls *calls, GTestDataFunc func)
{
  g_autofree char *whole = g_strconcat ("/udp-batch/", calls->name, path, NULL);

  g_test_add_data_func (whole, calls, func);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (both); i++)
  {
    add ("/datagrams-go-to-their-peers-and-back", &both[i], test_peers);
    add ("/datagrams-go-to-their-peers-and-back-by-ipv6", &both[i], test_peers_ipv6);
    add ("/a-connected-socket-has-one-peer", &both[i], test_connected);
    add ("/the-longest-has-room-to-be-protected", &both[i], test_longest);
    add ("/too-long-is-an-error", &both[i], test_too_long);
  }
  return g_test_run ();
}
