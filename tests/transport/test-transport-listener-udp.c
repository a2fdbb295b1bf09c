/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transport/server.h"

/* Many clients on sockets of their own, one listener on one socket. */

#define N_CLIENTS 50

typedef struct
{
  Server server;
  TegataUdpChannel *channel;
  guint n_clients;
  Party *clients[N_CLIENTS];
  Party *peers[N_CLIENTS]; /* borrowed: who serves each of them */
} Crowd;

static TegataUdpChannel *
new_channel (GSocketAddress *peer)
{
  g_autoptr (GSocketAddress) local
      = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GError) error = NULL;
  TegataUdpChannel *channel = tegata_udp_channel_new (local, peer, &error);

  g_assert_no_error (error);
  return channel;
}

static char *
describe (GSocketAddress *address)
{
  return g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (address));
}

static Party *
find_peer (Crowd *self, TegataUdpChannel *client_channel)
{
  g_autofree char *wanted
      = describe (tegata_udp_channel_get_local_address (client_channel));

  for (guint i = 0; i < self->server.parties->len; i++)
  {
    Party *party = self->server.parties->pdata[i];
    g_autoptr (GSocketAddress) address
        = tegata_transport_dup_peer_address (party->transport);
    g_autofree char *text = describe (address);

    if (g_str_equal (text, wanted))
    {
      return party;
    }
  }
  return NULL;
}

static gboolean
all_are_connected (Crowd *self)
{
  for (guint i = 0; i < self->n_clients; i++)
  {
    if (party_get_state (self->clients[i]) != TEGATA_STATE_CONNECTED)
    {
      return FALSE;
    }
  }
  return TRUE;
}

/* Of one context, so that there are fewer certificates to be made. */
static void
crowd_init (Crowd *self, guint n_clients)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TegataContext) context = tegata_context_new (NULL, &error);

  g_assert_no_error (error);
  self->channel = new_channel (NULL);
  self->n_clients = n_clients;
  server_init (&self->server, TEGATA_DATAGRAM_CHANNEL (self->channel));
  for (guint i = 0; i < n_clients; i++)
  {
    g_autoptr (TegataUdpChannel) channel
        = new_channel (tegata_udp_channel_get_local_address (self->channel));

    self->clients[i]
        = party_new (tegata_context_ref (context), TEGATA_DATAGRAM_CHANNEL (channel));
    party_expect_server (self->clients[i], &self->server);
    party_start (self->clients[i], TEGATA_ROLE_CLIENT);
    wait_until ((self->peers[i] = find_peer (self, channel)) != NULL);
  }
  wait_until (all_are_connected (self));
}

static void
crowd_clear (Crowd *self)
{
  server_clear (&self->server);
  for (guint i = 0; i < self->n_clients; i++)
  {
    g_clear_pointer (&self->clients[i], party_free);
  }
  g_clear_object (&self->channel);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Crowd, crowd_clear)

static gboolean
all_have_packets (Party *const *parties, guint n_parties, guint n_packets)
{
  for (guint i = 0; i < n_parties; i++)
  {
    if (parties[i] != NULL && parties[i]->packets->len < n_packets)
    {
      return FALSE;
    }
  }
  return TRUE;
}

static void
assert_packet (Party *party, guint index, guint16 number)
{
  g_autoptr (GBytes) packet = make_rtp (number);

  party_assert_packet (party, index, packet);
}

static void
serves_many_on_one_socket (void)
{
  g_auto (Crowd) crowd = { 0 };

  crowd_init (&crowd, N_CLIENTS);
  g_assert_cmpuint (crowd.server.n_incoming, ==, N_CLIENTS);
  g_assert_cmpuint (server_count_sessions (&crowd.server), ==, N_CLIENTS);
  for (guint i = 0; i < N_CLIENTS; i++)
  {
    party_assert_sends (crowd.clients[i], (guint16) (1000 + i));
    party_assert_sends (crowd.peers[i], (guint16) (2000 + i));
  }
  wait_until (all_have_packets (crowd.clients, N_CLIENTS, 1)
              && all_have_packets (crowd.peers, N_CLIENTS, 1));
  for (guint i = 0; i < N_CLIENTS; i++)
  {
    assert_packet (crowd.peers[i], 0, (guint16) (1000 + i));
    assert_packet (crowd.clients[i], 0, (guint16) (2000 + i));
  }
}

static void
forgets_one_and_serves_the_others (void)
{
  g_auto (Crowd) crowd = { 0 };

  crowd_init (&crowd, 3);
  party_release (crowd.peers[1]);
  g_assert_cmpuint (server_count_sessions (&crowd.server), ==, 2);
  for (guint i = 0; i < 3; i++)
  {
    party_assert_sends (crowd.clients[i], (guint16) (1000 + i));
  }
  wait_until (crowd.peers[0]->packets->len == 1 && crowd.peers[2]->packets->len == 1);
  g_assert_cmpuint (crowd.peers[1]->packets->len, ==, 0);
}

static void
closes_all_politely (void)
{
  g_auto (Crowd) crowd = { 0 };

  crowd_init (&crowd, 5);
  tegata_transport_listener_close (crowd.server.listener);
  for (guint i = 0; i < 5; i++)
  {
    g_assert_cmpuint (party_count_state (crowd.peers[i], TEGATA_STATE_CLOSED), ==, 1);
    wait_until (party_get_state (crowd.clients[i]) == TEGATA_STATE_CLOSED);
  }
}

static void
answers_a_batch_by_a_batch (void)
{
  enum
  {
    N = 8
  };
  Server server = { 0 };
  g_autoptr (TegataUdpChannel) server_channel = new_channel (NULL);
  g_autoptr (GPtrArray) clients
      = g_ptr_array_new_with_free_func ((GDestroyNotify) party_free);
  TegataUdpChannelStats stats = { 0 };

  server_init (&server, TEGATA_DATAGRAM_CHANNEL (server_channel));
  for (guint i = 0; i < N; i++)
  {
    g_autoptr (TegataUdpChannel) channel
        = new_channel (tegata_udp_channel_get_local_address (server_channel));
    Party *client = party_new (NULL, TEGATA_DATAGRAM_CHANNEL (channel));

    g_ptr_array_add (clients, client);
  }
  for (guint i = 0; i < N; i++)
  {
    party_start (clients->pdata[i], TEGATA_ROLE_CLIENT);
  }
  while (stats.datagrams_received == 0)
  {
    g_main_context_iteration (NULL, TRUE);
    tegata_udp_channel_get_stats (server_channel, &stats);
  }
  if (stats.datagrams_received == N && stats.batches_received == 1)
  {
    g_assert_cmpuint (stats.datagrams_sent, ==, N);
    g_assert_cmpuint (stats.batches_sent, ==, 1);
  }
  else
  {
    g_test_skip ("the kernel did not hand over the batch at once");
  }
  server_clear (&server);
}

static Party *victim;

static void
release_victim (Party *self, TegataOutputKind kind)
{
  (void) self;
  if (kind == TEGATA_OUTPUT_RTP)
  {
    party_release (victim);
  }
}

/* Its packets are in the same batch, behind those that bring about its end. */
static void
tells_nothing_to_whom_another_one_released (void)
{
  g_auto (Crowd) crowd = { 0 };

  crowd_init (&crowd, 2);
  victim = crowd.peers[1];
  crowd.peers[0]->then = release_victim;
  for (guint16 i = 0; i < 10; i++)
  {
    party_assert_sends (crowd.clients[0], i);
    party_assert_sends (crowd.clients[0], (guint16) (100 + i));
    party_assert_sends (crowd.clients[1], i);
  }
  wait_until (crowd.peers[0]->packets->len == 20);
  g_assert_cmpuint (crowd.peers[1]->packets->len, ==, 0);
  g_assert_cmpuint (g_array_index (crowd.peers[0]->media_calls, guint, 0), ==, 2);
  g_assert_cmpuint (server_count_sessions (&crowd.server), ==, 1);
}

static Server *server_to_close;

static void
close_server (Party *self, TegataOutputKind kind)
{
  (void) self;
  if (kind == TEGATA_OUTPUT_RTP)
  {
    tegata_transport_listener_close (server_to_close->listener);
  }
}

/* A packet, whose call-back closes the listener, and a newcomer in one batch. */
static void
takes_nobody_in_who_comes_as_it_closes (void)
{
  g_auto (Crowd) crowd = { .server.without_cookies = TRUE };
  g_autoptr (TegataUdpChannel) channel = NULL;
  g_autoptr (Party) newcomer = NULL;

  crowd_init (&crowd, 1);
  server_to_close = &crowd.server;
  crowd.peers[0]->then = close_server;
  channel = new_channel (tegata_udp_channel_get_local_address (crowd.channel));
  newcomer = party_new (NULL, TEGATA_DATAGRAM_CHANNEL (channel));
  party_assert_sends (crowd.clients[0], 1);
  party_start (newcomer, TEGATA_ROLE_CLIENT);
  wait_until (party_count_state (crowd.peers[0], TEGATA_STATE_CLOSED) == 1);
  g_assert_cmpuint (crowd.server.n_incoming, ==, 1);
  g_assert_cmpuint (server_count_sessions (&crowd.server), ==, 1);
}

typedef struct
{
  TegataTransport *transport; /* a reference of its own */
  guint first;
  gint is_done; /* atomic */
} Sender;

static gpointer
send_media (gpointer data)
{
  Sender *self = data;

  for (guint i = 0; i < 1000; i++)
  {
    g_autoptr (GBytes) packet = make_rtp ((guint16) (self->first + i));

    tegata_transport_send_rtp (self->transport, g_bytes_get_data (packet, NULL),
                               g_bytes_get_size (packet), NULL);
  }
  g_object_unref (self->transport);
  g_atomic_int_set (&self->is_done, TRUE);
  return NULL;
}

/* The listener goes while they send, and they drop the last references. */
static void
may_be_released_while_media_threads_send (void)
{
  g_auto (Crowd) crowd = { 0 };
  Sender senders[4] = { 0 };
  GThread *threads[4];

  crowd_init (&crowd, 4);
  for (guint i = 0; i < 4; i++)
  {
    senders[i].transport = g_object_ref (crowd.peers[i]->transport);
    threads[i] = g_thread_new ("media", send_media, &senders[i]);
  }
  wait_until (crowd.clients[0]->packets->len > 0);
  g_assert_true (g_main_context_acquire (NULL)); /* as a main loop does */
  g_clear_object (&crowd.server.listener);
  for (guint i = 0; i < 4; i++)
  {
    g_assert_cmpint (party_get_state (crowd.peers[i]), ==, TEGATA_STATE_CLOSED);
    party_free (crowd.peers[i]);
  }
  g_ptr_array_set_free_func (crowd.server.parties, NULL);
  g_ptr_array_set_size (crowd.server.parties, 0);
  for (guint i = 0; i < 4; i++)
  {
    wait_until (g_atomic_int_get (&senders[i].is_done));
    g_thread_join (threads[i]);
  }
  while (g_main_context_iteration (NULL, FALSE))
  {
  }
  g_main_context_release (NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/transport-listener-udp/serves-many-on-one-socket",
                   serves_many_on_one_socket);
  g_test_add_func ("/transport-listener-udp/forgets-one-and-serves-the-others",
                   forgets_one_and_serves_the_others);
  g_test_add_func ("/transport-listener-udp/closes-all-politely", closes_all_politely);
  g_test_add_func ("/transport-listener-udp/answers-a-batch-by-a-batch",
                   answers_a_batch_by_a_batch);
  g_test_add_func ("/transport-listener-udp/tells-nothing-to-whom-another-one-released",
                   tells_nothing_to_whom_another_one_released);
  g_test_add_func ("/transport-listener-udp/takes-nobody-in-who-comes-as-it-closes",
                   takes_nobody_in_who_comes_as_it_closes);
  g_test_add_func ("/transport-listener-udp/may-be-released-while-media-threads-send",
                   may_be_released_while_media_threads_send);
  return g_test_run ();
}
