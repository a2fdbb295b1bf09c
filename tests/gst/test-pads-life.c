/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "couple.h"

/* Who waits, who is blocked, and what ends it. Each case that would hang is one that
 * fails: nothing here sleeps. */

#define RTP "application/x-rtp"

static void
test_a_live_source_is_dropped_and_asked_for_a_key_frame (void)
{
  g_autoptr (Couple) couple = couple_new ();
  g_autoptr (Feed) rtp = feed_new (couple->caller, "rtp_sink_0");
  g_autoptr (Feed) idle = feed_new (couple->caller, "rtp_sink_1");
  g_autoptr (GstBuffer) buffer = NULL;

  rtp->is_live = idle->is_live = TRUE;
  couple_call (couple);
  feed_begin (rtp, RTP, NULL);
  feed_begin (idle, RTP, NULL);
  g_assert_cmpint (feed_push (rtp, packet_new (1, 0)), ==, GST_FLOW_OK);
  g_assert_cmpint (feed_push (rtp, packet_new (2, 0)), ==, GST_FLOW_OK);
  g_assert_cmpuint (drain_get_n_media (couple->sent), ==, 0);
  g_assert_cmpuint (rtp->n_key_frames, ==, 0);

  couple_connect (couple);
  feed_await_key_frames (rtp, 1);
  g_assert_cmpint (feed_push (rtp, packet_new (3, GST_SECOND)), ==, GST_FLOW_OK);
  buffer = drain_await_media (couple->sent);
  g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, GST_SECOND);
  /* who had lost nothing is not bothered */
  g_assert_cmpuint (idle->n_key_frames, ==, 0);
  g_assert_cmpuint (rtp->n_key_frames, ==, 1);
}

static void
test_a_source_that_is_not_live_waits (void)
{
  g_autoptr (Couple) couple = couple_new ();
  g_autoptr (Feed) rtp = feed_new (couple->caller, "rtp_sink_0");
  g_autoptr (Feed) data = feed_new (couple->caller, "data_sink");
  g_autoptr (Drain) data_out = drain_new (couple->callee, "data_src");
  g_autoptr (GstBuffer) buffer = NULL;
  g_autoptr (GstBuffer) text = NULL;

  couple_call (couple);
  feed_begin (rtp, RTP, NULL);
  feed_begin (data, NULL, NULL);
  feed_push_aside (rtp, packet_new (1, GST_SECOND));
  feed_push_aside (data, data_new (7));
  feed_await_inside (rtp);
  feed_await_inside (data);
  couple_connect (couple);
  g_assert_cmpint (feed_join (rtp), ==, GST_FLOW_OK);
  g_assert_cmpint (feed_join (data), ==, GST_FLOW_OK);
  buffer = drain_await_media (couple->sent);
  g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, GST_SECOND);
  text = drain_await_any (data_out);
  assert_data (text, 7);
  g_assert_cmpuint (rtp->n_key_frames, ==, 0);
}

/* A source that waits for the association. */
static Feed *
new_waiting (Couple *couple)
{
  Feed *rtp = feed_new (couple->caller, "rtp_sink_0");

  couple_call (couple);
  feed_begin (rtp, RTP, NULL);
  feed_push_aside (rtp, packet_new (1, 0));
  feed_await_inside (rtp);
  return rtp;
}

static void
test_a_flush_ends_a_wait (void)
{
  g_autoptr (Couple) couple = couple_new ();
  g_autoptr (Feed) rtp = new_waiting (couple);
  g_autoptr (GstBuffer) buffer = NULL;

  g_assert_true (feed_push_event (rtp, gst_event_new_flush_start ()));
  g_assert_cmpint (feed_join (rtp), ==, GST_FLOW_FLUSHING);
  g_assert_true (feed_push_event (rtp, gst_event_new_flush_stop (TRUE)));
  feed_begin (rtp, RTP, NULL);

  /* and the next one begins as if nothing had been */
  feed_push_aside (rtp, packet_new (2, GST_SECOND));
  feed_await_inside (rtp);
  couple_connect (couple);
  g_assert_cmpint (feed_join (rtp), ==, GST_FLOW_OK);
  buffer = drain_await_media (couple->sent);
  g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, GST_SECOND);
}

static void
test_a_release_ends_a_wait (void)
{
  g_autoptr (Couple) couple = couple_new ();
  g_autoptr (Feed) rtp = new_waiting (couple);

  feed_forget_pad (rtp);
  gst_element_release_request_pad (couple->caller, rtp->to);
  g_assert_cmpint (feed_join (rtp), ==, GST_FLOW_FLUSHING);
}

static void
test_a_stop_ends_a_wait (void)
{
  g_autoptr (Couple) couple = couple_new ();
  g_autoptr (Feed) rtp = new_waiting (couple);

  gst_element_set_state (couple->caller, GST_STATE_READY);
  g_assert_cmpint (feed_join (rtp), ==, GST_FLOW_FLUSHING);

  /* and it can be begun anew */
  couple_call (couple);
  feed_push_aside (rtp, packet_new (2, 0));
  feed_await_inside (rtp);
  couple_connect (couple);
  g_assert_cmpint (feed_join (rtp), ==, GST_FLOW_OK);
  drain_skip_to_media (couple->sent);
}

static void
test_a_close_ends_a_wait (void)
{
  g_autoptr (Couple) couple = couple_new ();
  g_autoptr (Feed) rtp = new_waiting (couple);

  g_signal_emit_by_name (couple->caller, "close");
  /* what it has to send goes nowhere, which is no reason to stop */
  g_assert_cmpint (feed_join (rtp), ==, GST_FLOW_OK);
}

static GstPadProbeReturn
block (G_GNUC_UNUSED GstPad *pad,
       G_GNUC_UNUSED GstPadProbeInfo *info,
       G_GNUC_UNUSED gpointer user_data)
{
  return GST_PAD_PROBE_OK;
}

static gulong
block_net_src (Couple *couple)
{
  return gst_pad_add_probe (couple->sent->from, GST_PAD_PROBE_TYPE_BLOCK_DOWNSTREAM,
                            block, NULL, NULL);
}

static void
test_a_blocked_net_src_does_not_hold_up_what_comes_in (void)
{
  g_autoptr (Couple) couple = couple_new ();
  g_autoptr (Feed) rtp = feed_new (couple->caller, "rtp_sink_0");
  g_autoptr (Feed) from_peer = feed_new (couple->callee, "rtp_sink_0");
  g_autoptr (Drain) rtp_out = drain_new (couple->caller, "rtp_src");
  gulong id;

  couple_connect (couple);
  feed_begin (rtp, RTP, NULL);
  feed_begin (from_peer, RTP, NULL);
  id = block_net_src (couple);
  feed_push_aside (rtp, packet_new (1, 0));
  feed_await_inside (rtp);
  g_assert_cmpint (feed_push (from_peer, packet_new (1, 0)), ==, GST_FLOW_OK);
  drain_skip_to_media (rtp_out);
  g_assert_cmpuint (drain_get_n_media (couple->sent), ==, 0);
  gst_pad_remove_probe (couple->sent->from, id);
  g_assert_cmpint (feed_join (rtp), ==, GST_FLOW_OK);
  drain_skip_to_media (couple->sent);
}

/* There is no event to wait for. */
static void
await_blocked (Couple *couple)
{
  gint64 deadline = g_get_monotonic_time () + 60 * G_TIME_SPAN_SECOND;

  while (!gst_pad_is_blocking (couple->sent->from))
  {
    g_assert_cmpint (g_get_monotonic_time (), <, deadline);
    g_thread_yield ();
  }
}

/* One source is inside of the push, and another, and DTLS, wait for their turn. */
static void
test_a_stop_ends_all_pushes_on_a_blocked_net_src (void)
{
  g_autoptr (Couple) couple = couple_new ();
  g_autoptr (Feed) rtp = feed_new (couple->caller, "rtp_sink_0");
  g_autoptr (Feed) other = feed_new (couple->caller, "rtp_sink_1");
  gulong id;

  couple_connect (couple);
  feed_begin (rtp, RTP, NULL);
  feed_begin (other, RTP, NULL);
  id = block_net_src (couple);
  feed_push_aside (rtp, packet_new (1, 0));
  await_blocked (couple);
  feed_push_aside (other, packet_new (2, 0));
  feed_await_inside (other);
  g_signal_emit_by_name (couple->caller, "close");
  gst_element_set_state (couple->caller, GST_STATE_READY);
  g_assert_cmpint (feed_join (rtp), ==, GST_FLOW_FLUSHING);
  /* dropped, or flushed: by how far it had come */
  g_assert_cmpint (feed_join (other), <=, GST_FLOW_OK);
  gst_pad_remove_probe (couple->sent->from, id);
}

static void
test_a_flush_reaches_who_is_blocked_below (void)
{
  g_autoptr (Couple) couple = couple_new ();
  g_autoptr (Feed) rtp = feed_new (couple->caller, "rtp_sink_0");
  g_autoptr (GstBuffer) buffer = NULL;

  couple_connect (couple);
  feed_begin (rtp, RTP, NULL);
  drain_set_blocking (couple->sent, TRUE);
  feed_push_aside (rtp, packet_new (1, 0));
  drain_await_inside (couple->sent);
  g_assert_true (feed_push_event (rtp, gst_event_new_flush_start ()));
  g_assert_cmpint (feed_join (rtp), ==, GST_FLOW_FLUSHING);
  drain_set_blocking (couple->sent, FALSE);
  g_assert_true (feed_push_event (rtp, gst_event_new_flush_stop (TRUE)));
  feed_begin (rtp, RTP, NULL);
  g_assert_cmpint (feed_push (rtp, packet_new (2, GST_SECOND)), ==, GST_FLOW_OK);
  /* the segment that the flush took away is there again */
  drain_skip_to_event (couple->sent, GST_EVENT_FLUSH_STOP);
  drain_skip_to_event (couple->sent, GST_EVENT_SEGMENT);
  buffer = drain_await_media (couple->sent);
  g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, GST_SECOND);
}

static void
test_a_flush_of_one_source_stops_no_other (void)
{
  g_autoptr (Couple) couple = couple_new ();
  g_autoptr (Feed) one = feed_new (couple->caller, "rtp_sink_0");
  g_autoptr (Feed) other = feed_new (couple->caller, "rtp_sink_1");
  g_autoptr (GstBuffer) buffer = NULL;

  couple_connect (couple);
  feed_begin (one, RTP, NULL);
  feed_begin (other, RTP, NULL);
  drain_set_blocking (couple->sent, TRUE);
  feed_push_aside (other, packet_new (1, 0));
  drain_await_inside (couple->sent);
  g_assert_true (feed_push_event (one, gst_event_new_flush_start ()));
  /* its packet is lost, but nobody would ever tell it to go on */
  g_assert_cmpint (feed_join (other), ==, GST_FLOW_OK);
  g_assert_cmpint (feed_push (other, packet_new (2, 0)), ==, GST_FLOW_OK);
  drain_set_blocking (couple->sent, FALSE);
  g_assert_true (feed_push_event (one, gst_event_new_flush_stop (TRUE)));
  g_assert_cmpint (feed_push (other, packet_new (3, GST_SECOND)), ==, GST_FLOW_OK);
  buffer = drain_await_media (couple->sent);
  g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, GST_SECOND);
}

static void
test_flushes_of_two_sources_are_one (void)
{
  g_autoptr (Couple) couple = couple_new ();
  g_autoptr (Feed) one = feed_new (couple->caller, "rtp_sink_0");
  Feed *other = feed_new (couple->caller, "rtp_sink_1");

  couple_connect (couple);
  feed_begin (one, RTP, NULL);
  g_assert_true (feed_push_event (one, gst_event_new_flush_start ()));
  g_assert_true (feed_push_event (other, gst_event_new_flush_start ()));
  drain_skip_to_event (couple->sent, GST_EVENT_FLUSH_START);
  g_assert_false (drain_has_event (couple->sent, GST_EVENT_FLUSH_START));
  g_assert_true (feed_push_event (one, gst_event_new_flush_stop (TRUE)));
  g_assert_false (drain_has_event (couple->sent, GST_EVENT_FLUSH_STOP));
  /* who goes in the middle of it does not take net_src along */
  feed_free (other);
  drain_skip_to_event (couple->sent, GST_EVENT_FLUSH_STOP);
  feed_begin (one, RTP, NULL);
  g_assert_cmpint (feed_push (one, packet_new (1, 0)), ==, GST_FLOW_OK);
  drain_skip_to_media (couple->sent);
}

/* Without a name. */
static GstPad *
request_any (GstElement *element, const char *name_template)
{
  GstPadTemplate *templ = gst_element_get_pad_template (element, name_template);

  return gst_element_request_pad (element, templ, NULL, NULL);
}

typedef struct
{
  Couple *couple;
  const char *name;
  gint is_over; /* atomic */
} Stream;

/* A pad that comes, sends, and goes, over and over. */
static gpointer
come_and_go (gpointer data)
{
  Stream *stream = data;

  for (guint16 i = 0; i < 100; i++)
  {
    Feed *feed = feed_new (stream->couple->caller, stream->name);

    feed_begin (feed, RTP, NULL);
    g_assert_cmpint (feed_push (feed, packet_new (i, 0)), ==, GST_FLOW_OK);
    feed_push_aside (feed, packet_new (i, 0));
    feed_forget_pad (feed);
    gst_element_release_request_pad (stream->couple->caller, feed->to);
    feed_join (feed);
    feed_free (feed);
  }
  return NULL;
}

static gpointer
stay (gpointer data)
{
  Stream *stream = data;
  Feed *feed = feed_new (stream->couple->callee, "data_sink");
  guint n = 0;

  feed_begin (feed, NULL, NULL);
  while (!g_atomic_int_get (&stream->is_over))
  {
    g_assert_cmpint (feed_push (feed, data_new (++n % 100 + 1)), ==, GST_FLOW_OK);
  }
  feed_free (feed);
  return NULL;
}

static void
test_pads_come_and_go_while_others_stream (void)
{
  g_autoptr (Couple) couple = couple_new ();
  Stream streams[] = { { couple, "rtp_sink_%u", 0 }, { couple, "rtcp_sink_7", 0 } };
  Stream staying = { couple, NULL, 0 };
  GThread *threads[3];

  couple_connect (couple);
  threads[0] = g_thread_new ("rtp", come_and_go, &streams[0]);
  threads[1] = g_thread_new ("rtcp", come_and_go, &streams[1]);
  threads[2] = g_thread_new ("data", stay, &staying);
  for (guint i = 0; i < 100; i++)
  {
    g_autoptr (Drain) data_out = drain_new (couple->caller, "data_src");
    g_autoptr (GstBuffer) buffer = drain_await_any (data_out);

    g_assert_cmpuint (gst_buffer_get_size (buffer), >, 0);
    g_assert_null (request_any (couple->caller, "data_src"));
    drain_clear (couple->sent);
    drain_clear (couple->answered);
  }
  g_thread_join (threads[0]);
  g_thread_join (threads[1]);
  g_atomic_int_set (&staying.is_over, TRUE);
  g_thread_join (threads[2]);
}

static void
test_names_are_the_next_free_number (void)
{
  g_autoptr (GstElement) element = gst_element_factory_make ("tegatatransport", NULL);
  GstPad *pads[3];

  gst_object_ref_sink (element);
  pads[0] = gst_element_request_pad_simple (element, "rtp_sink_1");
  pads[1] = request_any (element, "rtp_sink_%u");
  pads[2] = request_any (element, "rtp_sink_%u");
  g_assert_cmpstr (GST_PAD_NAME (pads[1]), ==, "rtp_sink_0");
  g_assert_cmpstr (GST_PAD_NAME (pads[2]), ==, "rtp_sink_2");
  for (guint i = 0; i < G_N_ELEMENTS (pads); i++)
  {
    gst_element_release_request_pad (element, pads[i]);
    gst_object_unref (pads[i]);
  }
}

typedef struct
{
  GstElement *element;
  gint n_ready; /* atomic: how many stand at the line */
} Race;

static gpointer
request_data (gpointer data)
{
  Race *race = data;

  g_atomic_int_inc (&race->n_ready);
  while (g_atomic_int_get (&race->n_ready) < 2)
  {
    g_thread_yield ();
  }
  return request_any (race->element, "data_sink");
}

static void
test_one_of_two_who_ask_at_once_gets_the_pad (void)
{
  g_autoptr (GstElement) element = gst_element_factory_make ("tegatatransport", NULL);

  gst_object_ref_sink (element);
  for (guint i = 0; i < 3000; i++)
  {
    Race race = { element, 0 };
    GThread *thread = g_thread_new ("other", request_data, &race);
    g_autoptr (GstPad) mine = request_data (&race);
    g_autoptr (GstPad) others = g_thread_join (thread);

    g_assert_true ((mine == NULL) != (others == NULL));
    gst_element_release_request_pad (element, mine != NULL ? mine : others);
  }
}

typedef struct
{
  Couple *couple;
  gboolean is_done; /* couple's lock */
} Stopper;

static void
stop_when_connected (GstElement *element, G_GNUC_UNUSED GParamSpec *pspec, Stopper *self)
{
  if (!couple_is_in (element, "connected"))
  {
    return;
  }
  gst_element_set_state (element, GST_STATE_NULL);
  g_mutex_lock (&self->couple->lock);
  self->is_done = TRUE;
  g_cond_broadcast (&self->couple->cond);
  g_mutex_unlock (&self->couple->lock);
}

/* It runs on a thread that streams, whose locks a worker may be waiting for. */
static void
test_a_handler_may_stop_its_element (void)
{
  for (guint i = 0; i < 40; i++)
  {
    g_autoptr (Couple) couple = couple_new ();
    Stopper stopper = { couple, FALSE };
    GstElement *element = i % 2 == 0 ? couple->caller : couple->callee;
    gint64 deadline = g_get_monotonic_time () + G_TIME_SPAN_MINUTE;

    g_signal_connect (element, "notify::connection-state",
                      G_CALLBACK (stop_when_connected), &stopper);
    gst_element_set_state (couple->callee, GST_STATE_PLAYING);
    gst_element_set_state (couple->caller, GST_STATE_PLAYING);

    g_mutex_lock (&couple->lock);
    while (!stopper.is_done)
    {
      g_assert_true (g_cond_wait_until (&couple->cond, &couple->lock, deadline));
    }
    g_mutex_unlock (&couple->lock);
    g_signal_handlers_disconnect_by_data (element, &stopper);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);

#define ADD(name, func) g_test_add_func ("/gst/pads/" name, func)
  ADD ("a-live-source-is-dropped-and-asked-for-a-key-frame",
       test_a_live_source_is_dropped_and_asked_for_a_key_frame);
  ADD ("a-source-that-is-not-live-waits", test_a_source_that_is_not_live_waits);
  ADD ("a-flush-ends-a-wait", test_a_flush_ends_a_wait);
  ADD ("a-release-ends-a-wait", test_a_release_ends_a_wait);
  ADD ("a-stop-ends-a-wait", test_a_stop_ends_a_wait);
  ADD ("a-handler-may-stop-its-element", test_a_handler_may_stop_its_element);
  ADD ("a-close-ends-a-wait", test_a_close_ends_a_wait);
  ADD ("a-blocked-net-src-does-not-hold-up-what-comes-in",
       test_a_blocked_net_src_does_not_hold_up_what_comes_in);
  ADD ("a-stop-ends-all-pushes-on-a-blocked-net-src",
       test_a_stop_ends_all_pushes_on_a_blocked_net_src);
  ADD ("a-flush-reaches-who-is-blocked-below", test_a_flush_reaches_who_is_blocked_below);
  ADD ("a-flush-of-one-source-stops-no-other", test_a_flush_of_one_source_stops_no_other);
  ADD ("flushes-of-two-sources-are-one", test_flushes_of_two_sources_are_one);
  ADD ("pads-come-and-go-while-others-stream", test_pads_come_and_go_while_others_stream);
  ADD ("one-of-two-who-ask-at-once-gets-the-pad",
       test_one_of_two_who_ask_at_once_gets_the_pad);
  ADD ("names-are-the-next-free-number", test_names_are_the_next_free_number);
  return g_test_run ();
}
