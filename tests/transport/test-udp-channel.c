/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gio/gunixsocketaddress.h>
#include <string.h>

#include "transport/udp-node.h"

/* More than a channel takes in in one turn, and less than any socket's buffer holds. */
#define N_FLOOD 200

static void
flood (UdpNode *self, GSocketAddress *to)
{
  for (guint8 i = 0; i < N_FLOOD; i++)
  {
    g_assert_true (udp_node_send (self, to, &i, 1));
  }
}

static void
test_batch (void)
{
  g_autoptr (UdpNode) server = udp_node_new ("127.0.0.1", NULL);
  g_autoptr (UdpNode) client = udp_node_new (NULL, udp_node_address (server));
  TegataDatagram datagrams[100] = { 0 };
  guint8 bytes[G_N_ELEMENTS (datagrams)][2];
  TegataUdpChannelStats stats;
  guint n;

  for (guint i = 0; i < G_N_ELEMENTS (datagrams); i++)
  {
    bytes[i][0] = (guint8) i;
    bytes[i][1] = 200;
    datagrams[i].bytes = bytes[i];
    datagrams[i].len = 1 + i % 2;
  }
  n = tegata_datagram_channel_send (TEGATA_DATAGRAM_CHANNEL (client->channel), datagrams,
                                    G_N_ELEMENTS (datagrams));
  g_assert_cmpuint (n, ==, G_N_ELEMENTS (datagrams));
  udp_node_await (server, n, 0);
  for (guint i = 0; i < n; i++)
  {
    udp_node_assert_payload (server, i, datagrams[i].bytes, datagrams[i].len);
  }
  tegata_udp_channel_get_stats (client->channel, &stats);
  g_assert_cmpuint (stats.datagrams_sent, ==, n);
  g_assert_cmpuint (stats.batches_sent, <, 10);
  g_assert_cmpuint (stats.dropped + stats.errors, ==, 0);
  tegata_udp_channel_get_stats (server->channel, &stats);
  g_assert_cmpuint (stats.datagrams_received, ==, n);
  g_assert_cmpuint (stats.batches_received, ==, server->n_batches);
  g_assert_cmpuint (server->n_batches, <, 10);
  g_assert_cmpuint (stats.truncated, ==, 0);
}

static void
test_borders (void)
{
  g_autoptr (UdpNode) server = udp_node_new ("127.0.0.1", NULL);
  g_autoptr (UdpNode) client = udp_node_new (NULL, udp_node_address (server));
  const gsize longest_len = 65507;
  g_autofree guint8 *longest = g_malloc (longest_len);

  for (gsize i = 0; i < longest_len; i++)
  {
    longest[i] = (guint8) (i * 7 + i / 256);
  }
  g_assert_true (udp_node_send (client, NULL, longest, longest_len));
  g_assert_true (udp_node_send (client, NULL, longest, 0));
  g_assert_true (udp_node_send (client, NULL, "abc", 3));
  udp_node_await (server, 3, 0);
  udp_node_assert_payload (server, 0, longest, longest_len);
  udp_node_assert_payload (server, 1, NULL, 0);
  udp_node_assert_payload (server, 2, "abc", 3);
}

static void
test_strangers (void)
{
  g_autoptr (UdpNode) peer = udp_node_new ("127.0.0.1", NULL);
  g_autoptr (UdpNode) self = udp_node_new ("127.0.0.1", udp_node_address (peer));
  g_autoptr (UdpNode) stranger = udp_node_new ("127.0.0.1", NULL);

  udp_node_send (stranger, udp_node_address (self), "no", 2);
  udp_node_send (peer, udp_node_address (self), "yes", 3);
  udp_node_await (self, 1, 0);
  udp_node_drain (self);
  g_assert_cmpuint (self->payloads->len, ==, 1);
  udp_node_assert_payload (self, 0, "yes", 3);
  udp_node_assert_source (self, 0, NULL);
  /* Wherever somebody thinks that it goes. */
  g_assert_true (udp_node_send (self, udp_node_address (stranger), "here", 4));
  udp_node_await (peer, 1, 0);
  udp_node_assert_payload (peer, 0, "here", 4);
}

/* Two clients of a server at @host, by @client_host. */
static void
check_sources (const char *host, const char *client_host)
{
  g_autoptr (UdpNode) server = udp_node_new (host, NULL);
  guint16 port = g_inet_socket_address_get_port (
      G_INET_SOCKET_ADDRESS (udp_node_address (server)));
  g_autoptr (GSocketAddress) there = udp_address (client_host, port);
  g_autoptr (UdpNode) first = udp_node_new (client_host, NULL);
  g_autoptr (UdpNode) second = udp_node_new (client_host, there);

  g_assert_true (udp_node_send (first, there, "1", 1));
  g_assert_true (udp_node_send (second, NULL, "2", 1));
  g_assert_true (udp_node_send (first, there, "3", 1));
  udp_node_await (server, 3, 0);
  udp_node_assert_source (server, 0, udp_node_address (first));
  udp_node_assert_source (server, 1, udp_node_address (second));
  udp_node_assert_source (server, 2, udp_node_address (first));
  g_assert_true (udp_node_send (server, udp_node_address (second), "to 2", 4));
  g_assert_true (udp_node_send (server, udp_node_address (first), "to 1", 4));
  udp_node_await (first, 1, 0);
  udp_node_await (second, 1, 0);
  udp_node_assert_payload (first, 0, "to 1", 4);
  udp_node_assert_source (first, 0, there);
  udp_node_assert_payload (second, 0, "to 2", 4);
}

static void
test_sources (void)
{
  check_sources ("127.0.0.1", "127.0.0.1");
}

static void
test_sources_ipv6 (void)
{
  if (!udp_node_skip_without_ipv6 ())
  {
    check_sources ("::1", "::1");
  }
}

static void
test_both_families (void)
{
  if (!udp_node_skip_without_ipv6 ())
  {
    check_sources ("::", "127.0.0.1");
    check_sources ("::", "::1");
  }
}

static void
release_channel (UdpNode *self)
{
  g_clear_object (&self->channel);
}

static void
test_released_inside (void)
{
  g_autoptr (UdpNode) server = udp_node_new ("127.0.0.1", NULL);
  g_autoptr (UdpNode) client = udp_node_new (NULL, udp_node_address (server));
  GWeakRef released;

  flood (client, NULL);
  g_weak_ref_init (&released, server->channel);
  server->on_batch = release_channel;
  udp_node_await (server, 1, 0);
  g_assert_null (g_weak_ref_get (&released));
  udp_node_drain (server);
  g_assert_cmpuint (server->n_batches, ==, 1);
  g_weak_ref_clear (&released);
}

static void
detach_channel (UdpNode *self)
{
  tegata_datagram_channel_detach (TEGATA_DATAGRAM_CHANNEL (self->channel));
}

static void
test_detached_inside (void)
{
  g_autoptr (UdpNode) server = udp_node_new ("127.0.0.1", NULL);
  g_autoptr (UdpNode) client = udp_node_new (NULL, udp_node_address (server));
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (TegataLoop) loop = tegata_loop_new (context);

  flood (client, NULL);
  server->on_batch = detach_channel;
  udp_node_await (server, 1, 0);
  udp_node_drain (server);
  g_assert_cmpuint (server->n_batches, ==, 1);
  g_assert_cmpuint (server->payloads->len, <, N_FLOOD);

  /* What the first one did not take comes to the second. */
  server->on_batch = NULL;
  udp_node_attach (server, loop);
  while (server->payloads->len < N_FLOOD)
  {
    g_main_context_iteration (context, TRUE);
  }
  for (guint8 i = 0; i < N_FLOOD; i++)
  {
    udp_node_assert_payload (server, i, &i, 1);
  }
}

static void
attach_anew (UdpNode *self)
{
  detach_channel (self);
  udp_node_attach (self, self->loop);
}

static void
test_attached_anew_inside (void)
{
  g_autoptr (UdpNode) server = udp_node_new ("127.0.0.1", NULL);
  g_autoptr (UdpNode) client = udp_node_new (NULL, udp_node_address (server));

  flood (client, NULL);
  server->on_batch = attach_anew;
  udp_node_await (server, N_FLOOD, 0);
  udp_node_drain (server);
  g_assert_cmpuint (server->payloads->len, ==, N_FLOOD);
}

static void
test_attached_twice (void)
{
  g_autoptr (UdpNode) node = udp_node_new ("127.0.0.1", NULL);

  g_test_expect_message ("tegata", G_LOG_LEVEL_CRITICAL, "*attachment == NULL*");
  udp_node_attach (node, node->loop);
  g_test_assert_expected_messages ();
  detach_channel (node);
  detach_channel (node);
}

/* Two channels of one main context: who is flooded takes no turn from the other. */
static void
test_fair (void)
{
  g_autoptr (UdpNode) flooded = udp_node_new ("127.0.0.1", NULL);
  g_autoptr (UdpNode) calm = udp_node_new ("127.0.0.1", NULL);

  detach_channel (calm);
  udp_node_attach (calm, flooded->loop);
  flood (calm, udp_node_address (flooded));
  udp_node_send (flooded, udp_node_address (calm), "x", 1);
  while (calm->payloads->len == 0)
  {
    g_main_context_iteration (flooded->context, TRUE);
  }
  g_assert_cmpuint (flooded->payloads->len, <, N_FLOOD);
  udp_node_await (flooded, N_FLOOD, 0);
}

static void
test_port_in_use (void)
{
  g_autoptr (UdpNode) first = udp_node_new ("127.0.0.1", NULL);
  GSocketAddress *address = udp_node_address (first);
  g_autofree char *text = g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (address));
  g_autoptr (GError) error = NULL;

  g_assert_null (tegata_udp_channel_new (address, NULL, &error));
  g_test_message ("tegata: %s", error->message);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
  g_assert_nonnull (strstr (error->message, text));
}

static void
assert_impossible (GSocketAddress *local,
                   GSocketAddress *peer,
                   gint code,
                   const char *name)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (tegata_udp_channel_new (local, peer, &error));
  g_test_message ("tegata: %s", error->message);
  g_assert_cmpint (error->domain, ==, G_IO_ERROR);
  if (code >= 0)
  {
    g_assert_cmpint (error->code, ==, code);
  }
  g_assert_nonnull (strstr (error->message, name));
}

static void
test_impossible (void)
{
  g_autoptr (GSocketAddress) narrow = udp_address ("127.0.0.1", 5004);
  g_autoptr (GSocketAddress) wide = udp_address ("::1", 5006);
  g_autoptr (GSocketAddress) elsewhere = udp_address ("192.0.2.7", 5008);
  g_autoptr (GSocketAddress) portless = udp_address ("127.0.0.1", 0);
  g_autoptr (GSocketAddress) path = g_unix_socket_address_new ("/nowhere");

  assert_impossible (NULL, NULL, G_IO_ERROR_INVALID_ARGUMENT, "address");
  assert_impossible (narrow, wide, G_IO_ERROR_INVALID_ARGUMENT, "127.0.0.1:5004");
  assert_impossible (wide, narrow, G_IO_ERROR_INVALID_ARGUMENT, "[::1]:5006");
  assert_impossible (path, NULL, G_IO_ERROR_INVALID_ARGUMENT, "IPv4");
  assert_impossible (NULL, path, G_IO_ERROR_INVALID_ARGUMENT, "IPv4");
  assert_impossible (narrow, path, G_IO_ERROR_INVALID_ARGUMENT, "IPv4");
  assert_impossible (NULL, portless, G_IO_ERROR_INVALID_ARGUMENT, "port");
  assert_impossible (elsewhere, NULL, -1, "192.0.2.7:5008");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/udp-channel/a-batch-comes-in-order-and-in-few-calls", test_batch);
  g_test_add_func ("/udp-channel/datagrams-keep-their-borders", test_borders);
  g_test_add_func ("/udp-channel/with-a-peer-strangers-are-not-heard", test_strangers);
  g_test_add_func ("/udp-channel/without-one-sources-are-told/ipv4", test_sources);
  g_test_add_func ("/udp-channel/without-one-sources-are-told/ipv6", test_sources_ipv6);
  g_test_add_func ("/udp-channel/all-addresses-are-those-of-both-families",
                   test_both_families);
  g_test_add_func ("/udp-channel/may-be-released-in-received", test_released_inside);
  g_test_add_func ("/udp-channel/may-be-detached-in-received", test_detached_inside);
  g_test_add_func ("/udp-channel/may-be-attached-anew-in-received",
                   test_attached_anew_inside);
  g_test_add_func ("/udp-channel/is-attached-once-at-a-time", test_attached_twice);
  g_test_add_func ("/udp-channel/a-flood-leaves-others-their-turn", test_fair);
  g_test_add_func ("/udp-channel/a-port-in-use-is-named", test_port_in_use);
  g_test_add_func ("/udp-channel/what-cannot-be-is-told", test_impossible);
  return g_test_run ();
}
