/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "couple.h"

#include <string.h>

/* What the streams on the pads of a transport are, from their start to their end. */

#define RTP "application/x-rtp, media=(string)audio, clock-rate=(int)48000, payload=96"

static GstEvent *
sticky (GstElement *element, const char *name, GstEventType type)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (element, name);

  return gst_pad_get_sticky_event (pad, type, 0);
}

static GstSegment
segment_of (Drain *drain)
{
  g_autoptr (GstEvent) event = drain_await_event (drain, GST_EVENT_SEGMENT);
  GstSegment segment;

  gst_event_copy_segment (event, &segment);
  return segment;
}

static void
assert_default_segment (const GstSegment *segment)
{
  g_assert_cmpint (segment->format, ==, GST_FORMAT_TIME);
  g_assert_cmpuint (segment->start, ==, 0);
  g_assert_cmpuint (segment->base, ==, 0);
}

static void
test_net_src_begins_a_stream_of_its_own (void)
{
  g_autoptr (Couple) couple = couple_new ();
  g_autoptr (GstBuffer) hello = NULL;
  GstSegment segment;

  couple_call (couple);
  drain_skip_to_event (couple->sent, GST_EVENT_STREAM_START);
  g_assert_false (drain_has_event (couple->sent, GST_EVENT_CAPS));
  segment = segment_of (couple->sent);
  assert_default_segment (&segment);
  hello = drain_await_any (couple->sent);
  g_assert_false (GST_BUFFER_PTS_IS_VALID (hello) || GST_BUFFER_DTS_IS_VALID (hello));
}

static void
test_streams_of_an_element_share_a_group (void)
{
  static const char *const names[] = { "net_src", "rtp_src", "rtcp_src", "data_src" };
  g_autoptr (Couple) couple = couple_new ();
  g_autoptr (Drain) data = drain_new (couple->caller, "data_src");
  g_autoptr (GHashTable) ids
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  guint first = 0;

  g_assert_true (gst_pad_is_linked (data->pad));
  couple_call (couple);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
  {
    g_autoptr (GstEvent) event
        = sticky (couple->caller, names[i], GST_EVENT_STREAM_START);
    const char *id;
    guint group = 0;

    g_assert_nonnull (event);
    gst_event_parse_stream_start (event, &id);
    g_assert_true (g_hash_table_add (ids, g_strdup (id)));
    g_assert_true (gst_event_parse_group_id (event, &group));
    first = i == 0 ? group : first;
    g_assert_cmpuint (group, ==, first);
  }
}

/* Pushes a packet of @pts, and says what it leaves with. */
static GstClockTime
pts_on_the_wire (Couple *couple, Feed *feed, guint16 sequence, GstClockTime pts)
{
  g_autoptr (GstBuffer) buffer = NULL;

  g_assert_cmpint (feed_push (feed, packet_new (sequence, pts)), ==, GST_FLOW_OK);
  buffer = drain_await_media (couple->sent);
  g_assert_false (GST_BUFFER_DTS_IS_VALID (buffer));
  return GST_BUFFER_PTS (buffer);
}

static void
test_time_stamps_leave_as_running_time (void)
{
  g_autoptr (Couple) couple = couple_new ();
  g_autoptr (Feed) one = feed_new (couple->caller, "rtp_sink_0");
  g_autoptr (Feed) other = feed_new (couple->caller, "rtp_sink_1");
  GstSegment segment;

  couple_connect (couple);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = 10 * GST_SECOND;
  segment.base = 3 * GST_SECOND;
  feed_begin (one, RTP, &segment);
  feed_begin (other, RTP, NULL);
  g_assert_cmpuint (pts_on_the_wire (couple, one, 1, 12 * GST_SECOND), ==,
                    5 * GST_SECOND);
  g_assert_cmpuint (pts_on_the_wire (couple, other, 2, 12 * GST_SECOND), ==,
                    12 * GST_SECOND);
  /* before its segment it has none */
  g_assert_cmpuint (pts_on_the_wire (couple, one, 3, 9 * GST_SECOND), ==,
                    GST_CLOCK_TIME_NONE);
  gst_segment_init (&segment, GST_FORMAT_BYTES);
  feed_begin (one, RTP, &segment);
  g_assert_cmpuint (pts_on_the_wire (couple, one, 4, 12 * GST_SECOND), ==,
                    GST_CLOCK_TIME_NONE);
}

static void
assert_rtp_caps (Couple *couple, const char *from_network, const char *expected)
{
  g_autoptr (GstCaps) wanted = gst_caps_from_string (expected);
  g_autoptr (GstEvent) event = NULL;
  GstCaps *caps;

  if (from_network != NULL)
  {
    feed_begin (couple->answered->onward, from_network, NULL);
  }
  event = sticky (couple->caller, "rtp_src", GST_EVENT_CAPS);
  gst_event_parse_caps (event, &caps);
  if (!gst_caps_is_strictly_equal (caps, wanted))
  {
    g_autofree char *found = gst_caps_to_string (caps);

    g_error ("rtp_src has caps %s, expected %s", found, expected);
  }
}

static void
test_caps_of_the_network_reach_rtp_src_without_keys (void)
{
  g_autoptr (Couple) couple = couple_new ();

  couple_call (couple);
  assert_rtp_caps (couple, NULL, "application/x-rtp");
  assert_rtp_caps (couple, RTP, RTP);
  assert_rtp_caps (couple,
                   "application/x-srtp, payload=(int)96, srtp-key=(buffer)0001, "
                   "srtp-cipher=(string)null, srtcp-auth=(string)null, mki=(buffer)01, "
                   "roc=(uint)7, clock-rate=(int)90000",
                   "application/x-rtp, payload=(int)96, clock-rate=(int)90000");
  assert_rtp_caps (couple, "application/x-unknown, payload=(int)7", "application/x-rtp");
}

static void
test_segment_of_the_network_reaches_all (void)
{
  g_autoptr (Couple) couple = couple_new ();
  g_autoptr (Feed) rtp = feed_new (couple->callee, "rtp_sink_0");
  g_autoptr (Feed) data = feed_new (couple->callee, "data_sink");
  g_autoptr (Drain) rtp_out = drain_new (couple->caller, "rtp_src");
  g_autoptr (Drain) data_out = drain_new (couple->caller, "data_src");
  GstSegment segment;

  couple_connect (couple);
  feed_begin (rtp, RTP, NULL);
  feed_begin (data, NULL, NULL);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.base = 7 * GST_SECOND;
  feed_begin (couple->answered->onward, NULL, &segment);
  feed_push (rtp, packet_new (1, 0));
  feed_push (data, data_new (10));
  segment = segment_of (rtp_out);
  g_assert_cmpuint (segment.base, ==, 7 * GST_SECOND);
  segment = segment_of (data_out);
  g_assert_cmpuint (segment.base, ==, 7 * GST_SECOND);

  /* where the network has bytes, there is a time all the same */
  gst_segment_init (&segment, GST_FORMAT_BYTES);
  feed_begin (couple->answered->onward, NULL, &segment);
  feed_push (rtp, packet_new (2, 0));
  segment = segment_of (rtp_out);
  assert_default_segment (&segment);
}

static void
test_what_describes_a_source_stays (void)
{
  g_autoptr (Couple) couple = couple_new ();
  g_autoptr (Feed) feed = feed_new (couple->caller, "rtp_sink_0");

  couple_connect (couple);
  drain_clear (couple->sent);
  feed_begin (feed, RTP, NULL);
  feed_push_event (feed, gst_event_new_tag (gst_tag_list_new_empty ()));
  feed_push_event (feed, gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM,
                                               gst_structure_new_empty ("test")));
  g_assert_false (drain_has_event (couple->sent, GST_EVENT_STREAM_START));
  g_assert_false (drain_has_event (couple->sent, GST_EVENT_CAPS));
  g_assert_false (drain_has_event (couple->sent, GST_EVENT_SEGMENT));
  g_assert_false (drain_has_event (couple->sent, GST_EVENT_TAG));
  drain_skip_to_event (couple->sent, GST_EVENT_CUSTOM_DOWNSTREAM);
}

static void
test_gaps_go_on_in_running_time (void)
{
  g_autoptr (Couple) couple = couple_new ();
  g_autoptr (Feed) feed = feed_new (couple->caller, "rtp_sink_0");
  g_autoptr (GstEvent) event = NULL;
  GstClockTime time;
  GstClockTime duration;
  GstSegment segment;

  couple_call (couple);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = 10 * GST_SECOND;
  feed_begin (feed, RTP, &segment);
  g_assert_true (feed_push_event (feed, gst_event_new_gap (9 * GST_SECOND, GST_SECOND)));
  g_assert_true (feed_push_event (feed, gst_event_new_gap (12 * GST_SECOND, 5)));
  event = drain_await_event (couple->sent, GST_EVENT_GAP);
  gst_event_parse_gap (event, &time, &duration);
  g_assert_cmpuint (time, ==, 2 * GST_SECOND);
  g_assert_cmpuint (duration, ==, 5);
}

/* A transport that still receives may have to answer a handshake that is repeated. */
static void
test_who_receives_does_not_end (void)
{
  g_autoptr (Couple) couple = couple_new ();
  g_autoptr (Drain) rtp_out = drain_new (couple->caller, "rtp_src");
  g_autoptr (Feed) rtp = feed_new (couple->caller, "rtp_sink_0");
  g_autoptr (Feed) rtcp = feed_new (couple->caller, "rtcp_sink_0");

  g_assert_true (gst_pad_is_linked (rtp_out->pad));
  couple_connect (couple);
  feed_begin (rtp, RTP, NULL);
  feed_begin (rtcp, "application/x-rtcp", NULL);
  g_assert_true (feed_push_event (rtp, gst_event_new_eos ()));
  g_assert_true (feed_push_event (rtcp, gst_event_new_eos ()));

  /* a stream that begins anew goes on */
  feed_begin (rtp, RTP, NULL);
  g_assert_cmpint (feed_push (rtp, packet_new (1, 0)), ==, GST_FLOW_OK);
  drain_skip_to_media (couple->sent);
  g_assert_false (drain_has_event (couple->sent, GST_EVENT_EOS));
  couple_await (couple, couple->caller, "connected");
}

/* Only then have all ended. */
static void
test_who_is_released_is_not_waited_for (void)
{
  g_autoptr (Couple) couple = couple_new ();
  g_autoptr (Feed) stays = feed_new (couple->caller, "rtp_sink_0");
  Feed *goes = feed_new (couple->caller, "rtp_sink_1");

  couple_connect (couple);
  feed_begin (stays, RTP, NULL);
  feed_push_event (stays, gst_event_new_eos ());
  g_assert_false (drain_has_event (couple->sent, GST_EVENT_EOS));
  feed_free (goes);
  drain_skip_to_event (couple->sent, GST_EVENT_EOS);
  couple_await (couple, couple->callee, "closed");
}

static void
test_the_end_of_data_closes (void)
{
  g_autoptr (Couple) couple = couple_new ();
  g_autoptr (Feed) rtp = feed_new (couple->caller, "rtp_sink_0");
  g_autoptr (Feed) data = feed_new (couple->caller, "data_sink");
  g_autoptr (Drain) rtp_out = drain_new (couple->callee, "rtp_src");
  g_autoptr (Drain) data_out = drain_new (couple->callee, "data_src");
  g_autoptr (GstBuffer) buffer = NULL;

  couple_connect (couple);
  feed_begin (rtp, RTP, NULL);
  feed_begin (data, NULL, NULL);
  g_assert_cmpint (feed_push (data, data_new (10)), ==, GST_FLOW_OK);
  buffer = drain_await_any (data_out);
  assert_data (buffer, 10);
  g_assert_true (feed_push_event (data, gst_event_new_eos ()));
  couple_await (couple, couple->callee, "closed");
  drain_skip_to_event (data_out, GST_EVENT_EOS);
  drain_skip_to_event (rtp_out, GST_EVENT_EOS);
  /* media is nobody's any more, but no reason to stop a source */
  g_assert_cmpint (feed_push (rtp, packet_new (1, 0)), ==, GST_FLOW_OK);
  /* behind the close_notify, which the callee has seen */
  drain_skip_to_event (couple->sent, GST_EVENT_EOS);
  g_assert_cmpuint (drain_get_n_media (couple->sent), ==, 0);
}

/* An element that only receives has nobody else to end its net_src. */
static void
test_a_close_of_the_peer_ends_net_src (void)
{
  g_autoptr (Couple) couple = couple_new ();
  g_autoptr (Drain) rtp_out = drain_new (couple->callee, "rtp_src");

  couple_connect (couple);
  g_signal_emit_by_name (couple->caller, "close");
  drain_skip_to_event (rtp_out, GST_EVENT_EOS);
  drain_skip_to_event (couple->answered, GST_EVENT_EOS);
}

/* Where no SRTP profile is common, media has no keys: that is not to go unseen. */
static void
test_media_without_a_profile_is_a_warning (void)
{
  g_autoptr (Couple) couple = couple_new ();
  g_autoptr (Feed) rtp = feed_new (couple->caller, "rtp_sink_0");
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *fingerprint = NULL;

  g_object_set (couple->callee, "profiles", "", NULL);
  /* so that nobody warns of that */
  g_object_get (couple->callee, "fingerprint", &fingerprint, NULL);
  g_object_set (couple->caller, "peer-fingerprint", fingerprint, NULL);
  gst_element_set_bus (couple->caller, bus);
  couple_connect (couple);
  feed_begin (rtp, RTP, NULL);
  for (guint16 i = 0; i < 3; i++)
  {
    g_assert_cmpint (feed_push (rtp, packet_new (i, 0)), ==, GST_FLOW_OK);
  }

  message = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING);
  g_assert_nonnull (message);
  gst_message_parse_warning (message, &error, NULL);
  g_assert_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT);
  g_assert_nonnull (strstr (error->message, "SRTP profile"));
  g_assert_null (gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING));
  g_assert_cmpuint (drain_get_n_media (couple->sent), ==, 0);
  gst_element_set_bus (couple->caller, NULL);
}

static void
test_all_ends_close_where_nothing_is_received (void)
{
  g_autoptr (Couple) couple = couple_new ();
  g_autoptr (Feed) rtp = feed_new (couple->caller, "rtp_sink_0");

  couple_connect (couple);
  feed_begin (rtp, RTP, NULL);
  g_assert_true (feed_push_event (rtp, gst_event_new_eos ()));
  couple_await (couple, couple->callee, "closed");
}

static void
close_by_all_ends (gboolean network_is_first)
{
  g_autoptr (Couple) couple = couple_new ();
  g_autoptr (Drain) rtp_out = drain_new (couple->caller, "rtp_src");
  g_autoptr (Feed) rtp = feed_new (couple->caller, "rtp_sink_0");
  Feed *order[] = { rtp, couple->answered->onward };

  couple_connect (couple);
  feed_begin (rtp, RTP, NULL);
  g_assert_true (feed_push_event (order[network_is_first], gst_event_new_eos ()));
  g_assert_false (drain_has_event (couple->sent, GST_EVENT_EOS));
  g_assert_true (feed_push_event (order[!network_is_first], gst_event_new_eos ()));
  drain_skip_to_event (couple->sent, GST_EVENT_EOS);
  couple_await (couple, couple->callee, "closed");
  drain_skip_to_event (rtp_out, GST_EVENT_EOS);
  /* said by the sinks and by the association, and once on the way */
  g_assert_false (drain_has_event (couple->sent, GST_EVENT_EOS));
}

static void
test_all_ends_close_where_the_network_has_ended (void)
{
  close_by_all_ends (TRUE);
}

static void
test_the_end_of_the_network_closes_where_all_have_ended (void)
{
  close_by_all_ends (FALSE);
}

/* As gst-launch-1.0 -e ends it. */
static void
test_who_only_receives_ends_with_the_network (void)
{
  g_autoptr (Couple) couple = couple_new ();
  g_autoptr (Drain) rtp_out = drain_new (couple->caller, "rtp_src");

  couple_connect (couple);
  g_assert_true (feed_push_event (couple->answered->onward, gst_event_new_eos ()));
  drain_skip_to_event (couple->sent, GST_EVENT_EOS);
  drain_skip_to_event (rtp_out, GST_EVENT_EOS);
  couple_await (couple, couple->callee, "closed");
}

static void
test_who_waits_for_a_fingerprint_says_so (void)
{
  g_autoptr (Couple) couple = couple_new ();
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *own = NULL;

  g_object_set (couple->callee, "require-fingerprint", TRUE, NULL);
  gst_element_set_bus (couple->callee, bus);
  gst_element_set_state (couple->callee, GST_STATE_PLAYING);
  couple_call (couple);
  message = gst_bus_timed_pop_filtered (bus, GST_SECOND * 60, GST_MESSAGE_INFO);
  g_assert_nonnull (message);
  gst_message_parse_info (message, &error, NULL);
  g_object_get (couple->caller, "fingerprint", &own, NULL);
  g_assert_nonnull (strstr (error->message, own));
  g_assert_nonnull (strstr (error->message, "peer-fingerprint"));
  /* and does what it says */
  g_object_set (couple->callee, "peer-fingerprint", own, NULL);
  couple_await (couple, couple->callee, "connected");
  gst_element_set_bus (couple->callee, NULL);
}

/* Whoever hears of the failure may stop the element: the alert is on its way by then. */
static void
stop_on_error (GstBus *bus, GstMessage *message, gpointer element)
{
  (void) bus;
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
  {
    gst_element_set_state (element, GST_STATE_READY);
  }
}

static void
test_an_alert_leaves_before_the_error_is_posted (void)
{
  for (guint i = 0; i < 20; i++)
  {
    g_autoptr (Couple) couple = couple_new ();
    g_autoptr (GstBus) bus = gst_bus_new ();
    g_autofree char *wrong = NULL;
    gboolean has_alert = FALSE;

    g_object_get (couple->caller, "fingerprint", &wrong, NULL);
    g_object_set (couple->caller, "peer-fingerprint", wrong, NULL);
    gst_bus_enable_sync_message_emission (bus);
    g_signal_connect (bus, "sync-message", G_CALLBACK (stop_on_error), couple->caller);
    gst_element_set_bus (couple->caller, bus);
    gst_element_set_state (couple->callee, GST_STATE_PLAYING);
    couple_call (couple);
    gst_message_unref (
        gst_bus_timed_pop_filtered (bus, GST_SECOND * 60, GST_MESSAGE_ERROR));

    while (!has_alert)
    {
      g_autoptr (GstBuffer) buffer = drain_await_any (couple->sent);
      guint8 type = 0;

      gst_buffer_extract (buffer, 0, &type, 1);
      has_alert = type == 21;
    }
    gst_element_set_bus (couple->caller, NULL);
  }
}

static void
assert_latency (Drain *drain, GstClockTime expected)
{
  g_autoptr (GstQuery) query = gst_query_new_latency ();
  GstClockTime min;
  gboolean is_live;

  g_assert_true (gst_pad_peer_query (drain->pad, query));
  gst_query_parse_latency (query, &is_live, &min, NULL);
  g_assert_true (is_live);
  g_assert_cmpuint (min, ==, expected);
}

static void
test_each_direction_has_its_own_latency (void)
{
  g_autoptr (Couple) couple = couple_new ();
  g_autoptr (Drain) rtp_out = drain_new (couple->caller, "rtp_src");
  g_autoptr (Feed) one = feed_new (couple->caller, "rtp_sink_0");
  g_autoptr (Feed) other = feed_new (couple->caller, "rtp_sink_1");

  one->is_live = other->is_live = TRUE;
  one->latency = GST_MSECOND;
  other->latency = 2 * GST_MSECOND;
  couple->answered->onward->is_live = TRUE;
  couple->answered->onward->latency = 40 * GST_MSECOND;
  couple_call (couple);
  assert_latency (couple->sent, 2 * GST_MSECOND);
  assert_latency (rtp_out, 40 * GST_MSECOND);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);

#define ADD(name, func) g_test_add_func ("/gst/pads/" name, func)
  ADD ("net-src-begins-a-stream-of-its-own", test_net_src_begins_a_stream_of_its_own);
  ADD ("streams-of-an-element-share-a-group", test_streams_of_an_element_share_a_group);
  ADD ("time-stamps-leave-as-running-time", test_time_stamps_leave_as_running_time);
  ADD ("caps-of-the-network-reach-rtp-src-without-keys",
       test_caps_of_the_network_reach_rtp_src_without_keys);
  ADD ("segment-of-the-network-reaches-all", test_segment_of_the_network_reaches_all);
  ADD ("what-describes-a-source-stays", test_what_describes_a_source_stays);
  ADD ("gaps-go-on-in-running-time", test_gaps_go_on_in_running_time);
  ADD ("who-receives-does-not-end", test_who_receives_does_not_end);
  ADD ("who-is-released-is-not-waited-for", test_who_is_released_is_not_waited_for);
  ADD ("the-end-of-data-closes", test_the_end_of_data_closes);
  ADD ("a-close-of-the-peer-ends-net-src", test_a_close_of_the_peer_ends_net_src);
  ADD ("media-without-a-profile-is-a-warning", test_media_without_a_profile_is_a_warning);
  ADD ("all-ends-close-where-nothing-is-received",
       test_all_ends_close_where_nothing_is_received);
  ADD ("all-ends-close-where-the-network-has-ended",
       test_all_ends_close_where_the_network_has_ended);
  ADD ("the-end-of-the-network-closes-where-all-have-ended",
       test_the_end_of_the_network_closes_where_all_have_ended);
  ADD ("who-only-receives-ends-with-the-network",
       test_who_only_receives_ends_with_the_network);
  ADD ("who-waits-for-a-fingerprint-says-so", test_who_waits_for_a_fingerprint_says_so);
  ADD ("an-alert-leaves-before-the-error-is-posted",
       test_an_alert_leaves_before_the_error_is_posted);
  ADD ("each-direction-has-its-own-latency", test_each_direction_has_its_own_latency);
  return g_test_run ();
}
