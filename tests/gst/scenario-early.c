/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scenarios.h"

/*
 * What comes before the association is connected: media from the network, which is held;
 * media of our own, which a live source loses and a file waits with; calls before the
 * role is known.
 */

#define SSRC 0x7e6a7a02U

static gboolean
holds_something (gconstpointer wire)
{
  return wire_get_counts ((Wire *) wire).n_held > 0;
}

/* The server is connected by the client's Finished and sends at once; its own Finished is
 * late, so that the client has no keys yet. */
static void
early_media_is_held_and_comes_out_in_order (gconstpointer rig_case)
{
  const guint n_early = 30;
  Rig *rig = rig_new (rig_case);

  wire_set_predicate (rig->server.wire, rig_hold_finished, NULL);
  rig_end_start (&rig->server);
  rig_end_start (&rig->client);
  rig_end_wait_state (&rig->server, RIG_CONNECTED);
  rig_wait (rig, holds_something, rig->server.wire, "the server's Finished");
  for (guint i = 0; i < n_early; i++)
  {
    rig_end_push (&rig->server, RIG_RTP, rig_rtp (SSRC, 96, (guint16) i));
    rig_end_push (&rig->server, RIG_RTCP, rig_rtcp (SSRC, i));
  }
  rig_end_wait_media (&rig->server, 2 * n_early);
  rig_end_assert_silent (&rig->client);
  g_assert_cmpint (rig_end_get_state (&rig->client), ==, RIG_CONNECTING);

  /* what comes right behind the Finished does not overtake what was held */
  wire_release (rig->server.wire);
  for (guint i = n_early; i < 2 * n_early; i++)
  {
    rig_end_push (&rig->server, RIG_RTP, rig_rtp (SSRC, 96, (guint16) i));
    rig_end_push (&rig->server, RIG_RTCP, rig_rtcp (SSRC, i));
  }
  for (guint i = 0; i < 2 * n_early; i++)
  {
    rig_end_assert_receives (&rig->client, RIG_RTP, rig_rtp (SSRC, 96, (guint16) i));
    rig_end_assert_receives (&rig->client, RIG_RTCP, rig_rtcp (SSRC, i));
  }
  rig_end_wait_state (&rig->client, RIG_CONNECTED);
  rig_free (rig);
}

/* Whoever missed the key frame at the beginning would show nothing until the next. */
static void
await_key_frame_request (RigEnd *end)
{
  gboolean is_asked = FALSE;

  while (!is_asked)
  {
    GstEvent *event = gst_harness_pull_upstream_event (end->in[RIG_RTP].harness);

    g_assert_nonnull (event);
    is_asked = gst_event_has_name (event, "GstForceKeyUnit");
    gst_event_unref (event);
  }
}

static void
live_media_is_dropped_and_a_key_frame_asked_for (gconstpointer rig_case)
{
  Rig *rig = rig_new (rig_case);

  rig_end_start (&rig->client);
  for (guint16 i = 0; i < 10; i++)
  {
    g_assert_cmpint (rig_end_push (&rig->client, RIG_RTP, rig_rtp (SSRC, 96, i)), ==,
                     GST_FLOW_OK);
  }
  g_assert_cmpuint (wire_get_counts (rig->client.wire).n_media, ==, 0);
  rig_connect (rig);
  await_key_frame_request (&rig->client);
  rig_end_push (&rig->client, RIG_RTP, rig_rtp (SSRC, 96, 10));
  rig_end_assert_receives (&rig->server, RIG_RTP, rig_rtp (SSRC, 96, 10));
  rig_free (rig);
}

typedef struct
{
  RigEnd *end;
  RigStream stream;
  guint n;
  gint n_pushed; /* atomic */
  GstFlowReturn flow;
} Pusher;

static GstBuffer *
new_packet (RigStream stream, guint serial)
{
  GstBuffer *packets[] = {
    [RIG_RTP] = rig_rtp (SSRC, 96, (guint16) serial),
    [RIG_RTCP] = rig_rtcp (SSRC, serial),
    [RIG_DATA] = rig_data (serial, 100),
  };

  for (guint i = 0; i < RIG_N_STREAMS; i++)
  {
    if (i != stream)
    {
      gst_buffer_unref (packets[i]);
    }
  }
  return packets[stream];
}

static gpointer
push_all (gpointer data)
{
  Pusher *self = data;

  for (guint i = 0; i < self->n && self->flow == GST_FLOW_OK; i++)
  {
    self->flow = rig_end_push (self->end, self->stream, new_packet (self->stream, i));
    g_atomic_int_inc (&self->n_pushed);
  }
  return NULL;
}

static void
file_waits_until_connected (gconstpointer rig_case)
{
  for (RigStream stream = 0; stream < RIG_N_STREAMS; stream++)
  {
    Rig *rig = rig_new (rig_case);
    Pusher pusher = { &rig->client, stream, 20, 0, GST_FLOW_OK };
    GThread *thread;

    rig_end_start (&rig->client);
    rig_end_make_unlive (&rig->client, stream);
    thread = g_thread_new ("pusher", push_all, &pusher);
    rig_connect (rig);
    for (guint i = 0; i < pusher.n; i++)
    {
      rig_end_assert_receives (&rig->server, stream, new_packet (stream, i));
    }
    g_thread_join (thread);
    g_assert_cmpint (pusher.flow, ==, GST_FLOW_OK);
    rig_free (rig);
  }
}

/* Nobody ever answers: what waits is let go by the element's end. */
static void
waiting_file_is_let_go (gconstpointer rig_case)
{
  for (guint round = 0; round < 10; round++)
  {
    Rig *rig = rig_new (rig_case);
    Pusher pusher = { &rig->client, RIG_RTP, 1, 0, GST_FLOW_OK };
    GThread *thread;

    rig_end_start (&rig->client);
    rig_end_make_unlive (&rig->client, RIG_RTP);
    thread = g_thread_new ("pusher", push_all, &pusher);
    /* half of the rounds find it waiting, the others on its way there */
    while (round % 2 == 0 && !rig_end_is_in_chain (&rig->client, RIG_RTP))
    {
      g_thread_yield ();
    }
    gst_element_set_state (rig->client.sender, GST_STATE_READY);
    g_thread_join (thread);
    g_assert_cmpint (pusher.flow, ==, GST_FLOW_FLUSHING);
    rig_free (rig);
  }
}

/* The flush of a seek must not wait for the peer. */
static void
waiting_file_is_let_go_by_a_flush (gconstpointer rig_case)
{
  Rig *rig = rig_new (rig_case);
  Pusher pusher = { &rig->client, RIG_RTP, 1, 0, GST_FLOW_OK };
  GstSegment segment;
  GThread *thread;

  rig_end_start (&rig->client);
  rig_end_make_unlive (&rig->client, RIG_RTP);
  thread = g_thread_new ("pusher", push_all, &pusher);
  while (!rig_end_is_in_chain (&rig->client, RIG_RTP))
  {
    g_thread_yield ();
  }
  rig_end_push_event (&rig->client, RIG_RTP, gst_event_new_flush_start ());
  g_thread_join (thread);
  g_assert_cmpint (pusher.flow, ==, GST_FLOW_FLUSHING);
  rig_end_push_event (&rig->client, RIG_RTP, gst_event_new_flush_stop (TRUE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  rig_end_push_event (&rig->client, RIG_RTP, gst_event_new_segment (&segment));
  rig_connect (rig);
  rig_assert_media_passes (rig, 10);
  rig_free (rig);
}

/* a=setup:actpass: the peer calls before the answer said who is the server. */
static void
call_before_the_role_is_held (gconstpointer rig_case)
{
  Rig *rig = rig_new (rig_case);

  gst_util_set_object_arg (G_OBJECT (rig->server.receiver), "setup", "actpass");
  rig_end_start (&rig->server);
  rig_end_start (&rig->client);
  rig_wait (rig, rig_end_has_delivered, &rig->client, "a ClientHello");
  g_assert_cmpuint (wire_get_counts (rig->server.wire).n_dtls, ==, 0);
  gst_util_set_object_arg (G_OBJECT (rig->server.receiver), "setup", "passive");
  rig_end_wait_state (&rig->client, RIG_CONNECTED);
  rig_end_wait_state (&rig->server, RIG_CONNECTED);
  rig_assert_media_passes (rig, 10);
  rig_free (rig);
}

static void
caller_begins_when_it_learns_its_role (gconstpointer rig_case)
{
  Rig *rig = rig_new (rig_case);

  gst_util_set_object_arg (G_OBJECT (rig->client.receiver), "setup", "actpass");
  rig_end_start (&rig->server);
  rig_end_start (&rig->client);
  g_assert_cmpint (rig_end_get_state (&rig->client), ==, RIG_NEW);
  g_assert_cmpuint (wire_get_counts (rig->client.wire).n_dtls, ==, 0);
  gst_util_set_object_arg (G_OBJECT (rig->client.receiver), "setup", "active");
  rig_end_wait_state (&rig->client, RIG_CONNECTED);
  rig_end_wait_state (&rig->server, RIG_CONNECTED);
  rig_assert_media_passes (rig, 10);
  rig_free (rig);
}

/* The pair: its decoder is up while its encoder is not yet. */
static void
call_before_the_encoder_is_held (gconstpointer rig_case)
{
  Rig *rig = rig_new (rig_case);
  guint n_hellos;

  g_assert_cmpint (gst_element_set_state (rig->server.receiver, GST_STATE_PLAYING), ==,
                   GST_STATE_CHANGE_SUCCESS);
  rig_end_start (&rig->client);
  rig_wait (rig, rig_end_has_delivered, &rig->client, "a ClientHello");
  /* the one that is held is enough: no other comes */
  wire_set_predicate (rig->client.wire, rig_hold_first_flight, NULL);
  n_hellos = wire_get_counts (rig->client.wire).n_delivered;
  g_assert_cmpuint (n_hellos, >, 0);
  rig_end_start (&rig->server);
  rig_end_wait_state (&rig->client, RIG_CONNECTED);
  rig_end_wait_state (&rig->server, RIG_CONNECTED);
  rig_assert_media_passes (rig, 10);
  rig_free (rig);
}

void
scenarios_add_early (const char *prefix, const RigCase *rig_case)
{
  static const Scenario scenarios[] = {
    { "early-media-is-held-and-comes-out-in-order",
      early_media_is_held_and_comes_out_in_order },
    { "live-media-is-dropped-and-a-key-frame-asked-for",
      live_media_is_dropped_and_a_key_frame_asked_for },
    { "file-waits-until-connected", file_waits_until_connected },
    { "waiting-file-is-let-go", waiting_file_is_let_go },
    { "waiting-file-is-let-go-by-a-flush", waiting_file_is_let_go_by_a_flush },
  };
  /* the pair has two roles, and no setup */
  static const Scenario of_answerers[] = {
    { "call-before-the-role-is-held", call_before_the_role_is_held },
  };
  static const Scenario of_offerers[] = {
    { "caller-begins-when-it-learns-its-role", caller_begins_when_it_learns_its_role },
  };
  /* a transport is up as a whole */
  static const Scenario of_called_pairs[] = {
    { "call-before-the-encoder-is-held", call_before_the_encoder_is_held },
  };

  scenarios_add (prefix, rig_case, scenarios, G_N_ELEMENTS (scenarios));
  if (rig_case->server == RIG_TRANSPORT)
  {
    scenarios_add (prefix, rig_case, of_answerers, G_N_ELEMENTS (of_answerers));
  }
  if (rig_case->client == RIG_TRANSPORT)
  {
    scenarios_add (prefix, rig_case, of_offerers, G_N_ELEMENTS (of_offerers));
  }
  if (rig_case->server == RIG_PAIR)
  {
    scenarios_add (prefix, rig_case, of_called_pairs, G_N_ELEMENTS (of_called_pairs));
  }
}
