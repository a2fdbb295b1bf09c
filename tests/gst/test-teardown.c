/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rig.h"

#include "support/seeds.h"

/*
 * Two hundred calls that are torn down at a random moment: while they shake hands, while
 * several threads push media and data into them, ask for pads and give them back, and
 * while another thread changes their states. It proves most under a sanitizer: that
 * nothing crashes; here that nothing hangs, and that every element is gone afterwards.
 *
 * The moments are random in time, so a seed repeats what is done, not when.
 */

#define NOBODY                                                                           \
  "sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"                             \
  "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"

#define N_ROUNDS 200
#define MAX_PUSHERS 6
/* a handshake takes about as long */
#define MAX_DELAY_US 25000
#define WAIT_US ((gint64) 60 * G_USEC_PER_SEC)

typedef struct
{
  Rig *rig;
  GRand *rand;
  gint is_over; /* atomic */
} Round;

/* A source of its own: a thread, a pad and, while it has one, a pad of the element. */
typedef struct
{
  Round *round;
  RigEnd *end;
  RigStream stream;
  gboolean is_live;
  gboolean says_good_bye;
  GMutex lock;
  GstPad *source;
  GstPad *sink; /* guarded by the lock: who takes it gives it back */
  GThread *thread;
} Pusher;

static gint n_alive; /* atomic: elements */
/* what the client was when it was torn down */
static guint n_torn[RIG_CONNECTED + 1];

static void
on_gone (G_GNUC_UNUSED gpointer data, G_GNUC_UNUSED GObject *where_it_was)
{
  g_atomic_int_add (&n_alive, -1);
}

static void
watch (GstElement *element)
{
  g_atomic_int_inc (&n_alive);
  g_object_weak_ref (G_OBJECT (element), on_gone, NULL);
}

/* A worker's last reference may outlive ours by a moment. */
static void
assert_all_gone (void)
{
  gint64 deadline = g_get_monotonic_time () + WAIT_US;

  while (g_atomic_int_get (&n_alive) > 0 && g_get_monotonic_time () < deadline)
  {
    g_thread_yield ();
  }
  g_assert_cmpint (g_atomic_int_get (&n_alive), ==, 0);
}

static gboolean
answer_query (GstPad *pad, G_GNUC_UNUSED GstObject *parent, GstQuery *query)
{
  Pusher *self = g_object_get_data (G_OBJECT (pad), "pusher");

  if (GST_QUERY_TYPE (query) == GST_QUERY_LATENCY)
  {
    gst_query_set_latency (query, self->is_live, 0, GST_CLOCK_TIME_NONE);
    return TRUE;
  }
  return FALSE;
}

static void
take_source_away (Pusher *self)
{
  if (self->source != NULL)
  {
    gst_pad_set_active (self->source, FALSE);
    gst_object_unref (self->source);
    self->source = NULL;
  }
}

/* Any thread. */
static void
give_sink_back (Pusher *self)
{
  GstPad *sink;

  g_mutex_lock (&self->lock);
  sink = g_steal_pointer (&self->sink);
  g_mutex_unlock (&self->lock);
  if (sink != NULL)
  {
    gst_element_release_request_pad (self->end->sender, sink);
    gst_object_unref (sink);
  }
}

static void
begin_stream (GstPad *pad)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (pad, gst_event_new_stream_start ("pusher"));
  gst_pad_push_event (pad, gst_event_new_segment (&segment));
}

/* FALSE where the element has one data_sink, and that is another's. */
static gboolean
get_pads (Pusher *self)
{
  static const char *const templates[][RIG_N_STREAMS] = {
    [RIG_TRANSPORT] = { "rtp_sink_%u", "rtcp_sink_%u", "data_sink" },
    [RIG_PAIR] = { "rtp_sink_%d", "rtcp_sink_%d", "data_sink" },
  };
  GstElement *element = self->end->sender;
  GstPadTemplate *templ = gst_element_class_get_pad_template (
      GST_ELEMENT_GET_CLASS (element), templates[self->end->kind][self->stream]);
  GstPad *sink;

  g_assert_nonnull (templ);
  sink = gst_element_request_pad (element, templ, NULL, NULL);
  if (sink == NULL)
  {
    g_assert_cmpint (self->stream, ==, RIG_DATA);
    return FALSE;
  }
  self->source = gst_object_ref_sink (gst_pad_new (NULL, GST_PAD_SRC));
  g_object_set_data (G_OBJECT (self->source), "pusher", self);
  gst_pad_set_query_function (self->source, answer_query);
  gst_pad_set_active (self->source, TRUE);
  g_assert_cmpint (gst_pad_link (self->source, sink), ==, GST_PAD_LINK_OK);
  g_mutex_lock (&self->lock);
  self->sink = sink;
  g_mutex_unlock (&self->lock);
  begin_stream (self->source);
  return TRUE;
}

static GstBuffer *
new_packet (Pusher *self, guint serial)
{
  guint32 ssrc = GPOINTER_TO_UINT (self);

  if (self->stream == RIG_RTP)
  {
    return rig_rtp (ssrc, 96, (guint16) serial);
  }
  return self->stream == RIG_RTCP ? rig_rtcp (ssrc, serial) : rig_data (serial, 300);
}

static GstFlowReturn
push_something (Pusher *self, guint serial)
{
  GstBufferList *list;

  if (serial % 4 != 0)
  {
    return gst_pad_push (self->source, new_packet (self, serial));
  }
  list = gst_buffer_list_new ();
  gst_buffer_list_add (list, new_packet (self, serial));
  gst_buffer_list_add (list, new_packet (self, serial + 1));
  return gst_pad_push_list (self->source, list);
}

/* Until the round is over: pushes, and where it cannot any more, asks for another pad. */
static gpointer
push_on (gpointer data)
{
  Pusher *self = data;
  guint serial = 0;

  while (g_atomic_int_get (&self->round->is_over) == 0)
  {
    gboolean had_enough = serial % 64 == 62;

    if (self->source == NULL && !get_pads (self))
    {
      g_thread_yield ();
      continue;
    }
    if (push_something (self, serial) != GST_FLOW_OK || had_enough)
    {
      if (self->says_good_bye && serial % 128 == 126)
      {
        gst_pad_push_event (self->source, gst_event_new_eos ());
      }
      give_sink_back (self);
      take_source_away (self);
      g_thread_yield ();
    }
    serial += 2;
  }
  give_sink_back (self);
  take_source_away (self);
  return NULL;
}

static gpointer
flip_states (gpointer data)
{
  Round *round = data;
  GstElement *elements[] = { round->rig->client.sender, round->rig->client.receiver,
                             round->rig->server.sender, round->rig->server.receiver };

  /* between states that keep the association: a lower one is the round's to choose */
  for (guint i = 0; g_atomic_int_get (&round->is_over) == 0; i++)
  {
    GstElement *element = elements[i % G_N_ELEMENTS (elements)];
    GstState state;

    GST_STATE_LOCK (element);
    state = GST_STATE (element);
    if (state >= GST_STATE_PAUSED)
    {
      gst_element_set_state (element, state == GST_STATE_PAUSED ? GST_STATE_PLAYING
                                                                : GST_STATE_PAUSED);
    }
    GST_STATE_UNLOCK (element);
    g_thread_yield ();
  }
  return NULL;
}

static gboolean
happens (Round *round, guint one_in)
{
  return g_rand_int_range (round->rand, 0, (gint32) one_in) == 0;
}

static RigEnd *
any_end (Round *round)
{
  return happens (round, 2) ? &round->rig->client : &round->rig->server;
}

static void
start_pusher (Pusher *self, Round *round)
{
  *self = (Pusher){ 0 };
  g_mutex_init (&self->lock);
  self->round = round;
  self->end = any_end (round);
  self->stream = (RigStream) g_rand_int_range (round->rand, 0, RIG_N_STREAMS);
  self->is_live = happens (round, 2);
  self->says_good_bye = happens (round, 4);
  self->thread = g_thread_new ("pusher", push_on, self);
}

static void
join_pusher (Pusher *self)
{
  g_thread_join (self->thread);
  g_mutex_clear (&self->lock);
}

static void
stop_element (GstElement *element)
{
  g_assert_cmpint (gst_element_set_state (element, GST_STATE_NULL), ==,
                   GST_STATE_CHANGE_SUCCESS);
}

static gpointer
stop_end (gpointer data)
{
  RigEnd *end = data;

  stop_element (end->sender);
  stop_element (end->receiver);
  return NULL;
}

/* As pipelines come down: one end after the other or both at once, here or on another
 * thread, with pads given back before or not. */
static void
tear_down (Round *round, Pusher *pushers, guint n_pushers)
{
  RigEnd *first = any_end (round);
  RigEnd *second
      = first == &round->rig->client ? &round->rig->server : &round->rig->client;
  g_autoptr (GThread) other = NULL;

  if (happens (round, 3))
  {
    for (guint i = 0; i < n_pushers; i++)
    {
      give_sink_back (&pushers[i]);
    }
  }
  if (happens (round, 2))
  {
    other = g_thread_new ("stopper", stop_end, first);
    stop_end (second);
    g_thread_join (g_steal_pointer (&other));
    return;
  }
  stop_end (first);
  stop_end (second);
}

static void
prepare (Round *round, RigLoss *loss)
{
  Rig *rig = round->rig;

  rig->expects_errors = TRUE;
  if (happens (round, 5))
  {
    g_object_set (any_end (round)->receiver, "peer-fingerprint", NOBODY, NULL);
  }
  if (happens (round, 5))
  {
    g_object_set (any_end (round)->receiver, "require-fingerprint", FALSE,
                  "peer-fingerprint", NULL, NULL);
  }
  if (happens (round, 3))
  {
    wire_set_predicate (rig->client.wire, rig_lose, loss);
  }
  watch (rig->client.receiver);
  watch (rig->server.receiver);
}

/* A good-bye may come first, and a stranger never begins. */
static gboolean
has_begun_or_ended (gconstpointer subject)
{
  const Rig *rig = subject;

  return rig_end_is_over (&rig->client) || rig_end_is_over (&rig->server)
         || wire_get_counts (rig->client.wire).n_media > 0
         || wire_get_counts (rig->server.wire).n_media > 0
         || rig_end_get_state ((RigEnd *) &rig->client) == RIG_CONNECTED;
}

static void
run_round (guint32 seed)
{
  static const RigCase cases[] = {
    { RIG_TRANSPORT, RIG_TRANSPORT },
    { RIG_PAIR, RIG_PAIR },
    { RIG_TRANSPORT, RIG_PAIR },
    { RIG_PAIR, RIG_TRANSPORT },
  };
  Round round = { .rand = g_rand_new_with_seed (seed) };
  RigLoss loss = { g_rand_new_with_seed (~seed), 20 };
  Pusher pushers[MAX_PUSHERS];
  guint n_pushers = (guint) g_rand_int_range (round.rand, 2, MAX_PUSHERS + 1);
  GThread *flipper;

  round.rig
      = rig_new (&cases[g_rand_int_range (round.rand, 0, (gint32) G_N_ELEMENTS (cases))]);
  prepare (&round, &loss);
  for (guint i = 0; i < n_pushers; i++)
  {
    start_pusher (&pushers[i], &round);
  }
  rig_end_start (any_end (&round));
  flipper = g_thread_new ("flipper", flip_states, &round);
  rig_end_start (&round.rig->client);
  rig_end_start (&round.rig->server);
  if (happens (&round, 2))
  {
    rig_wait (round.rig, has_begun_or_ended, round.rig, "the first media");
  }
  /* the moment, and not what anything depends on */
  g_usleep ((gulong) g_rand_int_range (round.rand, 0, MAX_DELAY_US));

  n_torn[rig_end_get_state (&round.rig->client)]++;
  tear_down (&round, pushers, n_pushers);
  g_atomic_int_set (&round.is_over, 1);
  g_thread_join (flipper);
  for (guint i = 0; i < n_pushers; i++)
  {
    join_pusher (&pushers[i]);
  }
  rig_free (round.rig);
  g_rand_free (round.rand);
  g_rand_free (loss.rand);
  assert_all_gone ();
}

static void
calls_end_at_any_moment (void)
{
  guint32 seed = test_first_seed ();

  for (guint i = 0; i < N_ROUNDS; i++)
  {
    g_test_message ("round %u: TEGATA_TEST_SEED=%u", i, seed + i);
    run_round (seed + i);
  }
  g_test_message ("torn down: %u closed, %u failed, %u connecting, %u connected",
                  n_torn[RIG_CLOSED], n_torn[RIG_FAILED], n_torn[RIG_CONNECTING],
                  n_torn[RIG_CONNECTED]);
  g_assert_cmpuint (n_torn[RIG_CONNECTED], >, N_ROUNDS / 10);
}

int
main (int argc, char **argv)
{
  rig_init (&argc, &argv);
  g_test_add_func ("/gst/teardown/calls-end-at-any-moment", calls_end_at_any_moment);
  return rig_run ();
}
