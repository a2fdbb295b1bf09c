/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "ice/nice-node.h"
#include "support/seeds.h"

/* Two agents, each on a thread of its own, and a third thread that sends, signals, or
 * releases what they use. */

#define N_ROUNDS 200
#define N_BATCHES 200
#define BATCH_LEN 10

typedef struct
{
  NiceNode *node;
  GMainLoop *loop;
  GThread *thread;
} Side;

static gpointer
run_loop (gpointer data)
{
  Side *self = data;

  g_main_context_push_thread_default (self->node->context);
  g_main_loop_run (self->loop);
  g_main_context_pop_thread_default (self->node->context);
  return NULL;
}

static void
side_begin (Side *self, NiceNode *node)
{
  self->node = node;
  self->loop = g_main_loop_new (node->context, FALSE);
  self->thread = g_thread_new ("side", run_loop, self);
}

typedef struct
{
  void (*func) (gpointer data);
  gpointer data;
  gint is_done; /* atomic */
} Call;

static gboolean
make_call (gpointer user_data)
{
  Call *call = user_data;

  call->func (call->data);
  g_atomic_int_set (&call->is_done, TRUE);
  return G_SOURCE_REMOVE;
}

/* On its thread; returns when it is over. */
static void
side_call (Side *self, void (*func) (gpointer data), gpointer data)
{
  Call call = { func, data, FALSE };
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, make_call, &call, NULL);
  g_source_attach (source, self->node->context);
  while (!g_atomic_int_get (&call.is_done))
  {
    g_thread_yield ();
  }
}

static void
quit (gpointer data)
{
  g_main_loop_quit (data);
}

static void
side_end (Side *self)
{
  side_call (self, quit, self->loop);
  g_thread_join (self->thread);
  g_main_loop_unref (self->loop);
}

/* Several threads send on one channel. */

typedef struct
{
  TegataNiceChannel *channel;
  guint8 number;
  guint n_sent;
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
    self->n_sent += tegata_datagram_channel_send (TEGATA_DATAGRAM_CHANNEL (self->channel),
                                                  datagrams, BATCH_LEN);
    g_usleep (50); /* others have their turn; nothing depends on it */
  }
  return NULL;
}

/* In the order in which each of them sent; a full buffer may have lost some. */
static void
check_order (NiceNode *node, guint n_senders)
{
  guint32 next[2] = { 0 };

  for (guint i = 0; i < node->payloads->len; i++)
  {
    gsize len;
    const Payload *payload
        = g_bytes_get_data (g_ptr_array_index (node->payloads, i), &len);

    g_assert_cmpuint (len, ==, sizeof *payload);
    g_assert_cmpuint (payload->sender, <, n_senders);
    g_assert_cmpuint (payload->serial, >=, next[payload->sender]);
    next[payload->sender] = payload->serial + 1;
  }
}

static void
test_senders (void)
{
  g_autoptr (NiceNode) a = nice_node_new ("127.0.0.1", TRUE);
  g_autoptr (NiceNode) b = nice_node_new ("127.0.0.1", FALSE);
  Side sides[2];
  Sender senders[2] = { { .number = 0 }, { .number = 1 } };
  GThread *threads[2];
  TegataNiceChannelStats stats;

  nice_node_connect (a, b);
  side_begin (&sides[0], a);
  side_begin (&sides[1], b);
  for (guint i = 0; i < G_N_ELEMENTS (senders); i++)
  {
    senders[i].channel = a->channel;
    threads[i] = g_thread_new ("sender", send_all, &senders[i]);
  }
  for (guint i = 0; i < G_N_ELEMENTS (senders); i++)
  {
    g_thread_join (threads[i]);
  }
  side_end (&sides[0]);
  side_end (&sides[1]);
  nice_node_finish (a, b);
  tegata_nice_channel_get_stats (a->channel, &stats);
  g_assert_cmpuint (stats.datagrams_sent, ==, senders[0].n_sent + senders[1].n_sent);
  g_assert_cmpuint (stats.datagrams_sent + stats.dropped, ==, 2 * N_BATCHES * BATCH_LEN);
  g_assert_cmpuint (stats.errors, ==, 0);
  tegata_nice_channel_get_stats (b->channel, &stats);
  g_assert_cmpuint (stats.datagrams_received, ==, b->payloads->len);
  g_assert_cmpuint (b->payloads->len, >, 0);
  check_order (b, G_N_ELEMENTS (senders));
}

/* One component, and many channels over it, each of which ends in some way, while data
 * comes for it and its agent signals on yet another thread. */

typedef enum
{
  DETACH_ON_LOOP,
  DETACH_WITHIN,
  RELEASE_WITHIN,
  RELEASE_ON_LOOP,
  RELEASE_ELSEWHERE,
  RELEASE_BY_SENDER,
  N_ENDS
} End;

typedef struct
{
  Side *side;
  TegataNiceChannel *channel; /* borrowed once it is attached */
  End end;
  gint after;      /* datagrams */
  gint n_received; /* atomic */
  gint is_over;    /* atomic: nothing may be told any more */
} Round;

static void
enter_round (Round *self)
{
  g_assert_true (g_thread_self () == self->side->thread);
  g_assert_false (g_atomic_int_get (&self->is_over));
}

static void
detach_round (gpointer data)
{
  Round *self = data;

  tegata_datagram_channel_detach (TEGATA_DATAGRAM_CHANNEL (self->channel));
  g_atomic_int_set (&self->is_over, TRUE);
}

static void
release_round (gpointer data)
{
  Round *self = data;

  g_object_unref (self->channel);
  /* By whom else it may be held: by a call on the loop's thread, which is ours. */
  g_atomic_int_set (&self->is_over, TRUE);
}

static void
on_received (TegataDatagram *datagrams, guint n_datagrams, gpointer user_data)
{
  Round *self = user_data;
  gint n_received;

  enter_round (self);
  memset (datagrams[0].bytes, 0xee, datagrams[0].size);
  n_received = g_atomic_int_add (&self->n_received, (gint) n_datagrams) + 1;
  if (self->end == DETACH_WITHIN && n_received == self->after)
  {
    detach_round (self);
  }
  if (self->end == RELEASE_WITHIN && n_received == self->after)
  {
    release_round (self);
  }
}

static void
on_writable (gpointer user_data)
{
  enter_round (user_data);
  g_assert_not_reached (); /* it was writable from the start */
}

static void
on_network_error (const GError *error, gpointer user_data)
{
  enter_round (user_data);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_HOST_UNREACHABLE);
}

static const TegataDatagramReceiver round_receiver = {
  .received = on_received,
  .writable = on_writable,
  .network_error = on_network_error,
};

static void
attach_round (gpointer data)
{
  Round *self = data;

  g_assert_true (tegata_datagram_channel_attach (TEGATA_DATAGRAM_CHANNEL (self->channel),
                                                 self->side->node->loop, &round_receiver,
                                                 self));
}

static gpointer
send_and_release (gpointer data)
{
  g_autoptr (TegataNiceChannel) channel = data;
  guint8 byte = 'x';
  TegataDatagram datagram = { .bytes = &byte, .len = 1 };

  for (guint i = 0; i < BATCH_LEN; i++)
  {
    tegata_datagram_channel_send (TEGATA_DATAGRAM_CHANNEL (channel), &datagram, 1);
  }
  return NULL;
}

static void
end_round (Round *self)
{
  switch (self->end)
  {
  case DETACH_ON_LOOP:
    side_call (self->side, detach_round, self);
    g_object_unref (self->channel);
    break;
  case DETACH_WITHIN:
    g_object_unref (self->channel);
    break;
  case RELEASE_ON_LOOP:
    side_call (self->side, release_round, self);
    break;
  case RELEASE_ELSEWHERE:
    g_object_unref (self->channel);
    break;
  case RELEASE_BY_SENDER:
    g_thread_join (g_thread_new ("sender", send_and_release, self->channel));
    break;
  case RELEASE_WITHIN:
  default:
    break;
  }
}

static void
do_nothing (gpointer data)
{
  (void) data;
}

static void
run_round (Side *side, GRand *rand)
{
  Round round = { .side = side };
  gpointer channel;

  round.end = (End) g_rand_int_range (rand, 0, N_ENDS);
  round.after = g_rand_int_range (rand, 1, 5);
  round.channel = tegata_nice_channel_new (side->node->agent, side->node->stream_id, 1);
  channel = round.channel;
  g_object_add_weak_pointer (channel, &channel);
  side_call (side, attach_round, &round);
  while (g_atomic_int_get (&round.n_received) < round.after)
  {
    g_thread_yield ();
  }
  end_round (&round);
  side_call (side, do_nothing, NULL); /* a call that had begun is over */
  g_assert_null (g_atomic_pointer_get (&channel));
  g_atomic_int_set (&round.is_over, TRUE);
  side_call (side, do_nothing, NULL); /* and another one would be seen here */
}

typedef struct
{
  NiceNode *node;
  gint is_over; /* atomic */
} Noise;

/* What the agent's threads do: libnice emits on whichever leaves its lock. */
static gpointer
make_signals (gpointer data)
{
  Noise *self = data;
  NiceNode *node = self->node;

  while (!g_atomic_int_get (&self->is_over))
  {
    g_signal_emit_by_name (node->agent, "component-state-changed", node->stream_id, 1,
                           NICE_COMPONENT_STATE_FAILED);
    g_signal_emit_by_name (node->agent, "new-selected-pair-full", node->stream_id, 1,
                           NULL, NULL);
    g_usleep (20);
  }
  return NULL;
}

static gpointer
make_data (gpointer data)
{
  Noise *self = data;

  while (!g_atomic_int_get (&self->is_over))
  {
    nice_node_send (self->node, "data");
    g_usleep (20);
  }
  return NULL;
}

static void
test_races (void)
{
  g_autoptr (NiceNode) a = nice_node_new ("127.0.0.1", TRUE);
  g_autoptr (NiceNode) b = nice_node_new ("127.0.0.1", FALSE);
  g_autoptr (GRand) rand = g_rand_new_with_seed (test_first_seed ());
  Noise signals = { .node = a };
  Noise data = { .node = b };
  GThread *threads[2];
  Side sides[2];

  nice_node_connect (a, b);
  nice_node_detach (a);
  side_begin (&sides[0], a);
  side_begin (&sides[1], b);
  threads[0] = g_thread_new ("signals", make_signals, &signals);
  threads[1] = g_thread_new ("data", make_data, &data);
  for (guint i = 0; i < N_ROUNDS; i++)
  {
    run_round (&sides[0], rand);
  }
  g_atomic_int_set (&signals.is_over, TRUE);
  g_atomic_int_set (&data.is_over, TRUE);
  g_thread_join (threads[0]);
  g_thread_join (threads[1]);
  side_end (&sides[0]);
  side_end (&sides[1]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/nice/channel/several-threads-send-in-order-each", test_senders);
  g_test_add_func ("/nice/channel/ends-in-any-way-on-any-thread", test_races);
  return g_test_run ();
}
