/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "transport/udp-node.h"

/* One channel, several threads that send. */

#define N_BATCHES 200
#define BATCH_LEN 20
#define MAX_SENDERS 2

typedef struct
{
  UdpNode *node;
  guint8 number;
  guint n_sent;
  gint *n_running; /* atomic */
} Sender;

typedef struct
{
  guint8 sender;
  guint32 serial;
} Payload;

static gpointer
send_all (gpointer data)
{
  Sender *self = data;
  Payload payloads[BATCH_LEN];
  TegataDatagram datagrams[BATCH_LEN] = { 0 };
  guint32 serial = 0;

  memset (payloads, 0, sizeof payloads);
  for (guint i = 0; i < N_BATCHES; i++)
  {
    for (guint k = 0; k < BATCH_LEN; k++)
    {
      payloads[k].sender = self->number;
      payloads[k].serial = serial++;
      datagrams[k].bytes = (guint8 *) &payloads[k];
      datagrams[k].len = sizeof payloads[k];
    }
    self->n_sent += tegata_datagram_channel_send (
        TEGATA_DATAGRAM_CHANNEL (self->node->channel), datagrams, BATCH_LEN);
  }
  g_atomic_int_add (self->n_running, -1);
  return NULL;
}

/* Meanwhile @server, if there is one, takes in what comes. */
static void
run_senders (UdpNode *client, Sender *senders, guint n_senders, UdpNode *server)
{
  GThread *threads[MAX_SENDERS];
  gint n_running = (gint) n_senders;

  for (guint i = 0; i < n_senders; i++)
  {
    senders[i]
        = (Sender){ .node = client, .number = (guint8) i, .n_running = &n_running };
    threads[i] = g_thread_new ("sender", send_all, &senders[i]);
  }
  while (server != NULL && g_atomic_int_get (&n_running) > 0)
  {
    g_main_context_iteration (server->context, FALSE);
  }
  for (guint i = 0; i < n_senders; i++)
  {
    g_thread_join (threads[i]);
  }
}

/* In the order in which each of them sent; a full buffer may have lost some. */
static void
check_order (UdpNode *server, guint n_senders)
{
  guint32 next[MAX_SENDERS] = { 0 };

  for (guint i = 0; i < server->payloads->len; i++)
  {
    gsize len;
    const Payload *payload
        = g_bytes_get_data (g_ptr_array_index (server->payloads, i), &len);

    g_assert_cmpuint (len, ==, sizeof *payload);
    g_assert_cmpuint (payload->sender, <, n_senders);
    g_assert_cmpuint (payload->serial, >=, next[payload->sender]);
    next[payload->sender] = payload->serial + 1;
  }
}

static void
test_senders (void)
{
  g_autoptr (UdpNode) server = udp_node_new ("127.0.0.1", NULL);
  g_autoptr (UdpNode) client = udp_node_new (NULL, udp_node_address (server));
  TegataUdpChannelStats stats;
  Sender senders[MAX_SENDERS];

  run_senders (client, senders, G_N_ELEMENTS (senders), server);
  udp_node_drain (server);
  tegata_udp_channel_get_stats (client->channel, &stats);
  g_assert_cmpuint (stats.datagrams_sent, ==, senders[0].n_sent + senders[1].n_sent);
  g_assert_cmpuint (stats.datagrams_sent + stats.dropped, ==,
                    G_N_ELEMENTS (senders) * N_BATCHES * BATCH_LEN);
  g_assert_cmpuint (stats.batches_sent, <, stats.datagrams_sent);
  tegata_udp_channel_get_stats (server->channel, &stats);
  g_assert_cmpuint (stats.datagrams_received, ==, server->payloads->len);
  g_assert_cmpuint (stats.datagrams_received, >, 0);
  check_order (server, G_N_ELEMENTS (senders));
}

/* Their answers cross: each of the threads meets those to the other one. */
static void
test_refused (void)
{
  g_autoptr (UdpNode) client = NULL;
  g_autoptr (UdpNode) elsewhere = udp_node_new ("127.0.0.1", NULL);
  /* Bound, and deaf for all but one: so nobody listens there for others. */
  g_autoptr (UdpNode) deaf = udp_node_new ("127.0.0.1", udp_node_address (elsewhere));
  TegataUdpChannelStats stats;
  const guint n_all = MAX_SENDERS * N_BATCHES * BATCH_LEN;
  Sender senders[MAX_SENDERS];

  client = udp_node_new (NULL, udp_node_address (deaf));
  run_senders (client, senders, G_N_ELEMENTS (senders), NULL);
  udp_node_await (client, 0, 1);
  udp_node_drain (client);
  udp_node_assert_error (client, 0, G_IO_ERROR_CONNECTION_REFUSED,
                         udp_node_address (deaf));
  tegata_udp_channel_get_stats (client->channel, &stats);
  g_assert_cmpuint (stats.datagrams_sent, ==, senders[0].n_sent + senders[1].n_sent);
  /* A datagram is tried again, but not for ever. */
  g_assert_cmpuint (stats.datagrams_sent, >, n_all * 95 / 100);
  g_assert_cmpuint (stats.dropped, ==, 0);
  g_test_message ("%u of %u sent", (guint) stats.datagrams_sent, n_all);
}

static gpointer
hold_and_send (gpointer data)
{
  g_autoptr (TegataUdpChannel) channel = data;
  guint8 byte = 1;
  TegataDatagram datagram = { .bytes = &byte, .len = 1 };

  for (guint i = 0; i < N_BATCHES; i++)
  {
    tegata_datagram_channel_send (TEGATA_DATAGRAM_CHANNEL (channel), &datagram, 1);
  }
  return NULL;
}

/* While datagrams come and answers are told, detached or not. */
static void
test_released_elsewhere (void)
{
  g_autoptr (UdpNode) elsewhere = udp_node_new ("127.0.0.1", NULL);
  g_autoptr (UdpNode) deaf = udp_node_new ("127.0.0.1", udp_node_address (elsewhere));

  for (guint i = 0; i < 50; i++)
  {
    g_autoptr (UdpNode) client = udp_node_new (NULL, udp_node_address (deaf));
    GThread *thread
        = g_thread_new ("sender", hold_and_send, g_object_ref (client->channel));

    if (i % 2 == 0)
    {
      tegata_datagram_channel_detach (TEGATA_DATAGRAM_CHANNEL (client->channel));
    }
    g_clear_object (&client->channel);
    udp_node_drain (client);
    g_thread_join (thread);
  }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/udp-channel/threads/may-send-at-once", test_senders);
  g_test_add_func ("/udp-channel/threads/may-be-refused-at-once", test_refused);
  g_test_add_func ("/udp-channel/threads/any-may-release-it", test_released_elsewhere);
  return g_test_run ();
}
