/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "couple.h"

/* Lists, on their way out and in. */

#define RTP "application/x-rtp"

/* A packet with room behind it, and where its bytes are. */
static GstBuffer *
roomy_packet (guint16 sequence, const guint8 **bytes)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 200, NULL);
  g_autoptr (GstBuffer) packet = packet_new (sequence, GST_SECOND);
  GstMapInfo map;

  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_WRITE));
  gst_buffer_extract (packet, 0, map.data, map.size);
  *bytes = map.data;
  gst_buffer_unmap (buffer, &map);
  gst_buffer_set_size (buffer, (gssize) gst_buffer_get_size (packet));
  GST_BUFFER_PTS (buffer) = GST_SECOND;
  return buffer;
}

static void
assert_bytes_at (GstBuffer *buffer, const guint8 *bytes)
{
  GstMapInfo map;

  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
  g_assert_true (map.data == bytes);
  gst_buffer_unmap (buffer, &map);
}

static void
test_packets_of_a_list_stay_where_they_are (void)
{
  g_autoptr (Couple) couple = couple_new ();
  g_autoptr (Feed) rtp = feed_new (couple->caller, "rtp_sink_0");
  GstBufferList *list = gst_buffer_list_new ();
  const guint8 *bytes[3];

  couple_connect (couple);
  feed_begin (rtp, RTP, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (bytes); i++)
  {
    gst_buffer_list_add (list, roomy_packet ((guint16) i, &bytes[i]));
  }
  g_assert_cmpint (gst_pad_push_list (rtp->pad, list), ==, GST_FLOW_OK);
  for (guint i = 0; i < G_N_ELEMENTS (bytes); i++)
  {
    g_autoptr (GstBuffer) buffer = drain_await_media (couple->sent);

    assert_bytes_at (buffer, bytes[i]);
    g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, GST_SECOND);
  }
}

static GstBuffer *
rtcp_new (void)
{
  static const guint8 report[8] = { 0x80, 201, 0, 1, 0, 0, 0, 1 };

  return gst_buffer_new_memdup (report, sizeof report);
}

/* Pushes a packet on @feed, and takes its datagram off the wire, before it arrives. */
static GstBuffer *
intercept (Couple *couple, Feed *feed, GstBuffer *packet)
{
  g_autoptr (GstBuffer) seen = NULL;

  g_assert_cmpint (feed_push (feed, packet), ==, GST_FLOW_OK);
  seen = drain_await_media (couple->sent);
  return gst_buffer_copy_deep (seen);
}

static void
test_a_list_of_all_kinds_is_sorted (void)
{
  g_autoptr (Couple) couple = couple_new ();
  g_autoptr (Feed) rtp = feed_new (couple->caller, "rtp_sink_0");
  g_autoptr (Feed) rtcp = feed_new (couple->caller, "rtcp_sink_0");
  g_autoptr (Drain) rtp_out = drain_new (couple->callee, "rtp_src");
  g_autoptr (Drain) rtcp_out = drain_new (couple->callee, "rtcp_src");
  Feed *network = couple->sent->onward;
  GstBufferList *list = gst_buffer_list_new ();

  couple_connect (couple);
  feed_begin (rtp, RTP, NULL);
  feed_begin (rtcp, "application/x-rtcp", NULL);
  couple->sent->onward = NULL;
  gst_buffer_list_add (list, intercept (couple, rtp, packet_new (1, 0)));
  gst_buffer_list_add (list, intercept (couple, rtcp, rtcp_new ()));
  gst_buffer_list_add (list, data_new (50));
  gst_buffer_list_add (list, intercept (couple, rtp, packet_new (2, 0)));
  couple->sent->onward = network;
  g_assert_cmpint (gst_pad_push_list (network->pad, list), ==, GST_FLOW_OK);
  g_assert_cmpuint (drain_get_n_media (rtp_out), ==, 2);
  g_assert_cmpuint (drain_get_n_media (rtcp_out), ==, 1);
}

static GstBufferList *
list_new (guint n)
{
  GstBufferList *list = gst_buffer_list_new ();

  for (guint i = 0; i < n; i++)
  {
    gst_buffer_list_add (list, packet_new ((guint16) i, GST_SECOND));
  }
  return list;
}

static void
test_an_early_list_is_dropped (void)
{
  g_autoptr (Couple) couple = couple_new ();
  g_autoptr (Feed) rtp = feed_new (couple->caller, "rtp_sink_0");

  rtp->is_live = TRUE;
  couple_call (couple);
  feed_begin (rtp, RTP, NULL);
  g_assert_cmpint (gst_pad_push_list (rtp->pad, list_new (3)), ==, GST_FLOW_OK);
  couple_connect (couple);
  feed_await_key_frames (rtp, 1);
  g_assert_cmpint (gst_pad_push_list (rtp->pad, list_new (2)), ==, GST_FLOW_OK);
  g_assert_cmpuint (drain_get_n_media (couple->sent), ==, 2);
}

static gpointer
push_list (gpointer data)
{
  Feed *rtp = data;

  g_assert_cmpint (gst_pad_push_list (rtp->pad, list_new (5)), ==, GST_FLOW_OK);
  return NULL;
}

static void
test_a_list_that_waits_goes_whole (void)
{
  g_autoptr (Couple) couple = couple_new ();
  g_autoptr (Feed) rtp = feed_new (couple->caller, "rtp_sink_0");
  GThread *thread;

  couple_call (couple);
  feed_begin (rtp, RTP, NULL);
  thread = g_thread_new ("list", push_list, rtp);
  feed_await_inside (rtp);
  couple_connect (couple);
  g_thread_join (thread);
  g_assert_cmpuint (drain_get_n_media (couple->sent), ==, 5);
}

/* Which must not meet the border of the queue to the network. */
static void
test_data_in_a_list (void)
{
  g_autoptr (Couple) couple = couple_new ();
  g_autoptr (Feed) data = feed_new (couple->caller, "data_sink");
  g_autoptr (Drain) out = drain_new (couple->callee, "data_src");
  GstBufferList *list = gst_buffer_list_new ();

  couple_connect (couple);
  feed_begin (data, NULL, NULL);
  for (guint i = 1; i <= 1000; i++)
  {
    gst_buffer_list_add (list, data_new (i));
  }
  g_assert_cmpint (gst_pad_push_list (data->pad, list), ==, GST_FLOW_OK);
  for (guint i = 1; i <= 1000; i++)
  {
    g_autoptr (GstBuffer) buffer = drain_await_any (out);

    assert_data (buffer, i);
  }
}

/* There may be others: that nobody vouched for the peer. */
static guint
count_format_warnings (GstBus *bus)
{
  GstMessage *message;
  guint n = 0;

  while ((message = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING)) != NULL)
  {
    g_autoptr (GError) error = NULL;

    gst_message_parse_warning (message, &error, NULL);
    n += g_error_matches (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT) ? 1 : 0;
    gst_message_unref (message);
  }
  return n;
}

static void
test_too_much_data_is_warned_of_once (void)
{
  g_autoptr (Couple) couple = couple_new ();
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (Feed) data = feed_new (couple->caller, "data_sink");
  g_autoptr (Drain) out = drain_new (couple->callee, "data_src");
  g_autoptr (GstBuffer) buffer = NULL;

  couple_connect (couple);
  feed_begin (data, NULL, NULL);
  gst_element_set_bus (couple->caller, bus);
  g_assert_cmpint (feed_push (data, data_new (5000)), ==, GST_FLOW_OK);
  g_assert_cmpint (feed_push (data, data_new (5000)), ==, GST_FLOW_OK);
  g_assert_cmpint (feed_push (data, data_new (5)), ==, GST_FLOW_OK);
  gst_element_set_bus (couple->caller, NULL);
  buffer = drain_await_any (out);
  assert_data (buffer, 5);
  g_assert_cmpuint (count_format_warnings (bus), ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);

#define ADD(name, func) g_test_add_func ("/gst/pads/" name, func)
  ADD ("packets-of-a-list-stay-where-they-are",
       test_packets_of_a_list_stay_where_they_are);
  ADD ("a-list-of-all-kinds-is-sorted", test_a_list_of_all_kinds_is_sorted);
  ADD ("a-live-source-s-list-is-dropped-and-the-next-sent",
       test_an_early_list_is_dropped);
  ADD ("a-list-that-waits-goes-whole", test_a_list_that_waits_goes_whole);
  ADD ("data-in-a-list-is-sent-one-by-one", test_data_in_a_list);
  ADD ("too-much-data-is-warned-of-once", test_too_much_data_is_warned_of_once);
  return g_test_run ();
}
