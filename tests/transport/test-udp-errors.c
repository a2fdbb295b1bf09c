/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transport/udp-errors.h"
#include "transport/udp-node.h"

/* One byte longer than UDP carries. */
static const guint8 too_long[65508];

/*
 * A port that can be closed and opened with nobody else taking it meanwhile: its socket
 * stays bound, and while it is connected elsewhere, the kernel answers all others that
 * the port is unreachable.
 */
static GSocket *
closed_port_new (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketAddress) any = udp_address ("127.0.0.1", 0);
  GSocket *self = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM,
                                G_SOCKET_PROTOCOL_UDP, &error);

  g_assert_no_error (error);
  g_socket_bind (self, any, FALSE, &error);
  g_assert_no_error (error);
  g_socket_set_timeout (self, 60);
  return self;
}

/* @to: with whom alone it talks; NULL to close it for everybody */
static void
port_connect (GSocket *self, GSocketAddress *to)
{
  g_autoptr (GSocketAddress) nobody = udp_address ("127.0.0.1", 9);
  g_autoptr (GError) error = NULL;

  g_socket_connect (self, to != NULL ? to : nobody, NULL, &error);
  g_assert_no_error (error);
}

static void
port_expect (GSocket *self, const char *bytes, gsize len)
{
  g_autoptr (GError) error = NULL;
  char buffer[16];
  gssize n = g_socket_receive (self, buffer, sizeof buffer, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpmem (buffer, (gsize) n, bytes, len);
}

static void
port_send (GSocket *self, const char *bytes, gsize len)
{
  g_autoptr (GError) error = NULL;

  g_socket_send (self, bytes, len, NULL, &error);
  g_assert_no_error (error);
}

typedef struct
{
  GSocket *port;
  GSocketAddress *address;
  UdpNode *client;
} Refused;

static void
set_up (Refused *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  (void) data;
  self->port = closed_port_new ();
  self->address = g_socket_get_local_address (self->port, &error);
  g_assert_no_error (error);
  self->client = udp_node_new (NULL, self->address);
  port_connect (self->port, NULL);
}

static void
tear_down (Refused *self, gconstpointer data)
{
  (void) data;
  udp_node_free (self->client);
  g_object_unref (self->address);
  g_object_unref (self->port);
}

static void
test_told_once (Refused *self, gconstpointer data)
{
  TegataUdpChannelStats stats;

  (void) data;
  for (guint i = 1; i <= 5; i++)
  {
    g_assert_true (udp_node_send (self->client, NULL, "hello", 5));
    do
    {
      udp_node_drain (self->client);
      tegata_udp_channel_get_stats (self->client->channel, &stats);
    }
    while (stats.errors < i);
  }
  udp_node_await (self->client, 0, 1);
  g_assert_cmpuint (self->client->errors->len, ==, 1);
  udp_node_assert_error (self->client, 0, G_IO_ERROR_CONNECTION_REFUSED, self->address);
  tegata_udp_channel_get_stats (self->client->channel, &stats);
  g_assert_cmpuint (stats.errors, ==, 5);
  g_assert_cmpuint (stats.datagrams_sent, ==, 5);
}

static void
test_nothing_behind_is_lost (Refused *self, gconstpointer data)
{
  guint8 bytes[] = "0123456789";
  TegataDatagram datagrams[10] = { 0 };
  guint n;

  (void) data;
  for (guint i = 0; i < G_N_ELEMENTS (datagrams); i++)
  {
    datagrams[i].bytes = bytes + i;
    datagrams[i].len = 1;
  }
  /* Each of them is answered before the next one goes. */
  n = tegata_datagram_channel_send (TEGATA_DATAGRAM_CHANNEL (self->client->channel),
                                    datagrams, G_N_ELEMENTS (datagrams));
  g_assert_cmpuint (n, ==, G_N_ELEMENTS (datagrams));

  /* The socket still has the last answer, and then datagrams. */
  port_connect (self->port, udp_node_address (self->client));
  port_send (self->port, "a", 1);
  port_send (self->port, "b", 1);
  n = tegata_datagram_channel_send (TEGATA_DATAGRAM_CHANNEL (self->client->channel),
                                    datagrams, G_N_ELEMENTS (datagrams));
  g_assert_cmpuint (n, ==, G_N_ELEMENTS (datagrams));
  for (guint i = 0; i < G_N_ELEMENTS (datagrams); i++)
  {
    port_expect (self->port, (char *) bytes + i, 1);
  }
  udp_node_await (self->client, 2, 1);
  udp_node_assert_payload (self->client, 0, "a", 1);
  udp_node_assert_payload (self->client, 1, "b", 1);
}

static void
test_behind_an_answer (Refused *self, gconstpointer data)
{
  (void) data;
  g_assert_true (udp_node_send (self->client, NULL, "hello", 5));
  port_connect (self->port, udp_node_address (self->client));
  port_send (self->port, "a", 1);
  port_send (self->port, "b", 1);
  udp_node_await (self->client, 2, 1);
  udp_node_assert_payload (self->client, 0, "a", 1);
  udp_node_assert_payload (self->client, 1, "b", 1);
}

static void
test_no_busy_loop (Refused *self, gconstpointer data)
{
  (void) data;
  g_assert_true (udp_node_send (self->client, NULL, "hello", 5));
  udp_node_await (self->client, 0, 1);
  g_assert_cmpuint (udp_node_drain (self->client), <, 10);
  g_assert_false (g_main_context_pending (self->client->context));
}

static gboolean
send_again (gpointer user_data)
{
  udp_node_send (user_data, NULL, "hello", 5);
  return G_SOURCE_CONTINUE;
}

/* A network error is told once a second at most, so this takes as long. */
static void
test_told_again (Refused *self, gconstpointer data)
{
  g_autoptr (GSource) source = g_timeout_source_new (20);

  (void) data;
  g_assert_true (udp_node_send (self->client, NULL, "hello", 5));
  udp_node_await (self->client, 0, 1);
  port_connect (self->port, udp_node_address (self->client));
  port_send (self->port, "a", 1);
  udp_node_await (self->client, 1, 1);
  port_connect (self->port, NULL);

  g_source_set_callback (source, send_again, self->client, NULL);
  g_source_attach (source, self->client->context);
  udp_node_await (self->client, 1, 2);
  udp_node_assert_error (self->client, 1, G_IO_ERROR_CONNECTION_REFUSED, self->address);
  g_source_destroy (source);
}

static void
test_too_long (void)
{
  g_autoptr (UdpNode) server = udp_node_new ("127.0.0.1", NULL);
  g_autoptr (UdpNode) client = udp_node_new (NULL, udp_node_address (server));
  TegataDatagram datagrams[] = { { .bytes = (guint8 *) "a", .len = 1 },
                                 { .bytes = (guint8 *) too_long, .len = sizeof too_long },
                                 { .bytes = (guint8 *) "b", .len = 1 } };
  TegataUdpChannelStats stats;
  guint n = tegata_datagram_channel_send (TEGATA_DATAGRAM_CHANNEL (client->channel),
                                          datagrams, G_N_ELEMENTS (datagrams));

  g_assert_cmpuint (n, ==, 2);
  udp_node_await (server, 2, 0);
  udp_node_assert_payload (server, 0, "a", 1);
  udp_node_assert_payload (server, 1, "b", 1);
  udp_node_await (client, 0, 1);
  udp_node_assert_error (client, 0, G_IO_ERROR_MESSAGE_TOO_LARGE,
                         udp_node_address (server));
  tegata_udp_channel_get_stats (client->channel, &stats);
  g_assert_cmpuint (stats.datagrams_sent, ==, 2);
  g_assert_cmpuint (stats.errors, ==, 1);
  g_assert_cmpuint (stats.dropped, ==, 0);
}

/* What one peer of many is refused, between what the others take. */
static void
test_not_more_than_once_a_second (void)
{
  g_autoptr (UdpNode) server = udp_node_new ("127.0.0.1", NULL);
  g_autoptr (UdpNode) client = udp_node_new ("127.0.0.1", NULL);
  g_autoptr (GSocketAddress) broadcast = udp_address ("127.255.255.255", 5004);
  gint64 begin_us = g_get_monotonic_time ();
  guint n_seconds;

  for (guint i = 0; i < 100; i++)
  {
    g_assert_true (udp_node_send (client, udp_node_address (server), "a", 1));
    g_assert_false (udp_node_send (client, broadcast, "b", 1));
    udp_node_drain (client);
  }
  n_seconds = (guint) ((g_get_monotonic_time () - begin_us) / G_USEC_PER_SEC);
  g_assert_cmpuint (client->errors->len, >=, 1);
  g_assert_cmpuint (client->errors->len, <=, 1 + n_seconds);
  udp_node_assert_error (client, 0, G_IO_ERROR_PERMISSION_DENIED, broadcast);
}

static void
test_no_destination (void)
{
  g_autoptr (UdpNode) node = udp_node_new ("127.0.0.1", NULL);

  g_assert_false (udp_node_send (node, NULL, "a", 1));
  udp_node_await (node, 0, 1);
}

static void
test_nobody_is_told (void)
{
  g_autoptr (UdpNode) node = udp_node_new ("127.0.0.1", NULL);
  TegataUdpChannelStats stats;

  tegata_datagram_channel_detach (TEGATA_DATAGRAM_CHANNEL (node->channel));
  g_assert_false (
      udp_node_send (node, udp_node_address (node), too_long, sizeof too_long));
  udp_node_attach (node, node->loop);
  udp_node_drain (node);
  g_assert_cmpuint (node->errors->len, ==, 0);
  g_assert_false (
      udp_node_send (node, udp_node_address (node), too_long, sizeof too_long));
  tegata_datagram_channel_detach (TEGATA_DATAGRAM_CHANNEL (node->channel));
  udp_node_drain (node);
  g_assert_cmpuint (node->errors->len, ==, 0);
  tegata_udp_channel_get_stats (node->channel, &stats);
  g_assert_cmpuint (stats.errors, ==, 2);
}

static gpointer
send_too_long (gpointer node)
{
  udp_node_send (node, NULL, too_long, sizeof too_long);
  return NULL;
}

static void
test_on_the_loops_thread (void)
{
  g_autoptr (UdpNode) server = udp_node_new ("127.0.0.1", NULL);
  g_autoptr (UdpNode) client = udp_node_new (NULL, udp_node_address (server));
  GThread *thread;

  thread = g_thread_new ("sender", send_too_long, client);
  udp_node_await (client, 0, 1);
  g_assert_true (client->thread == g_thread_self ());
  g_thread_join (thread);
}

/* Returns: whether it is told */
static gboolean
add_error (TegataErrorRow *row, GIOErrorEnum kind, gint64 seconds)
{
  g_autoptr (GError) problem = g_error_new_literal (G_IO_ERROR, (gint) kind, "a problem");
  TegataAddress nobody = { 0 };
  gboolean is_told;

  if (tegata_error_row_has (row, problem))
  {
    return FALSE;
  }
  is_told = tegata_error_row_add (row, problem, &nobody, seconds * G_USEC_PER_SEC);
  if (is_told)
  {
    g_assert_error (row->untold, G_IO_ERROR, (gint) kind);
    g_clear_error (&row->untold);
  }
  return is_told;
}

static void
test_rows (void)
{
  TegataErrorRow row = { 0 };

  tegata_error_row_clear (&row);
  tegata_error_row_end (&row);
  g_assert_true (add_error (&row, G_IO_ERROR_CONNECTION_REFUSED, 0));
  g_assert_false (add_error (&row, G_IO_ERROR_CONNECTION_REFUSED, 10));
  g_assert_true (add_error (&row, G_IO_ERROR_FAILED, 20));
  g_assert_true (add_error (&row, G_IO_ERROR_CONNECTION_REFUSED, 30));
  tegata_error_row_end (&row);
  g_assert_true (add_error (&row, G_IO_ERROR_CONNECTION_REFUSED, 40));

  /* Too soon; and it lasts. */
  tegata_error_row_end (&row);
  g_assert_false (add_error (&row, G_IO_ERROR_CONNECTION_REFUSED, 40));
  g_assert_false (add_error (&row, G_IO_ERROR_FAILED, 40));
  g_assert_true (add_error (&row, G_IO_ERROR_CONNECTION_REFUSED, 41));
  tegata_error_row_clear (&row);
  g_assert_true (add_error (&row, G_IO_ERROR_CONNECTION_REFUSED, 41));
  tegata_error_row_clear (&row);
}

static void
add (const char *path, void (*func) (Refused *, gconstpointer))
{
  g_test_add (path, Refused, NULL, set_up, func, tear_down);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  add ("/udp-channel/refused/is-told-once", test_told_once);
  add ("/udp-channel/refused/loses-nothing-that-is-sent-behind",
       test_nothing_behind_is_lost);
  add ("/udp-channel/refused/loses-nothing-that-comes-behind", test_behind_an_answer);
  add ("/udp-channel/refused/makes-no-busy-loop", test_no_busy_loop);
  add ("/udp-channel/refused/is-told-again-after-the-peer-was-there", test_told_again);
  g_test_add_func ("/udp-channel/errors/are-told-once-in-a-row", test_rows);
  g_test_add_func ("/udp-channel/errors/too-long-costs-only-itself", test_too_long);
  g_test_add_func ("/udp-channel/errors/are-told-once-a-second-at-most",
                   test_not_more_than_once_a_second);
  g_test_add_func ("/udp-channel/errors/no-destination-is-one", test_no_destination);
  g_test_add_func ("/udp-channel/errors/are-not-told-who-is-detached",
                   test_nobody_is_told);
  g_test_add_func ("/udp-channel/errors/are-told-on-the-thread-of-the-loop",
                   test_on_the_loops_thread);
  return g_test_run ();
}
