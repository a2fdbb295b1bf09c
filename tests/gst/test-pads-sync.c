/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "couple.h"

#include <gst/check/gsttestclock.h>

/* rtp-sync, under a clock that stands still until it is told. The encoder has a fixed
 * key, so it can send at once. */

#define RTP "application/x-rtp"
#define KEY_LEN 30
#define BASE_TIME (100 * GST_SECOND)

typedef struct
{
  GstElement *encoder;
  GstTestClock *clock;
  Feed *rtp;
  Feed *rtcp;
  Drain *wire;
} Bench;

static void
bench_start (Bench *self)
{
  gst_element_set_base_time (self->encoder, BASE_TIME);
  g_assert_cmpint (gst_element_set_state (self->encoder, GST_STATE_PLAYING), !=,
                   GST_STATE_CHANGE_FAILURE);
  feed_begin (self->rtp, RTP, NULL);
  feed_begin (self->rtcp, "application/x-rtcp", NULL);
}

static void
bench_init (Bench *self, G_GNUC_UNUSED gconstpointer data)
{
  g_autoptr (GstBuffer) key = gst_buffer_new_allocate (NULL, KEY_LEN, NULL);

  gst_buffer_memset (key, 0, 'k', KEY_LEN);
  self->encoder = gst_element_factory_make ("tegatasrtpenc", NULL);
  g_assert_nonnull (self->encoder);
  gst_object_ref_sink (self->encoder);
  g_object_set (self->encoder, "key", key, "rtp-sync", TRUE, NULL);
  self->clock = GST_TEST_CLOCK (gst_test_clock_new_with_start_time (BASE_TIME));
  gst_element_set_clock (self->encoder, GST_CLOCK (self->clock));
  self->rtp = feed_new (self->encoder, "rtp_sink_0");
  self->rtcp = feed_new (self->encoder, "rtcp_sink_0");
  self->wire = drain_new (self->encoder, "src");
  bench_start (self);
}

static void
bench_clear (Bench *self, G_GNUC_UNUSED gconstpointer data)
{
  gst_element_set_state (self->encoder, GST_STATE_NULL);
  feed_free (self->rtp);
  feed_free (self->rtcp);
  drain_free (self->wire);
  gst_object_unref (self->clock);
  gst_object_unref (self->encoder);
}

/* Until somebody waits for @time, and for nothing else. */
static void
await_waiting (Bench *self, GstClockTime time)
{
  GstClockID id = NULL;

  gst_test_clock_wait_for_next_pending_id (self->clock, &id);
  g_assert_cmpuint (gst_clock_id_get_time (id), ==, BASE_TIME + time);
  g_assert_cmpuint (gst_test_clock_peek_id_count (self->clock), ==, 1);
  gst_clock_id_unref (id);
}

static void
let_time_come (Bench *self, GstClockTime time)
{
  GstClockID id;

  gst_test_clock_set_time (self->clock, BASE_TIME + time);
  id = gst_test_clock_process_next_clock_id (self->clock);
  g_assert_nonnull (id);
  gst_clock_id_unref (id);
}

static void
test_rtp_leaves_when_its_time_comes (Bench *bench, G_GNUC_UNUSED gconstpointer data)
{
  g_autoptr (GstBuffer) buffer = NULL;

  feed_push_aside (bench->rtp, packet_new (1, GST_SECOND));
  await_waiting (bench, GST_SECOND);
  g_assert_cmpuint (drain_get_n_media (bench->wire), ==, 0);
  let_time_come (bench, GST_SECOND);
  g_assert_cmpint (feed_join (bench->rtp), ==, GST_FLOW_OK);
  buffer = drain_await_media (bench->wire);
  g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, GST_SECOND);

  /* what has no time goes at once */
  g_assert_cmpint (feed_push (bench->rtp, packet_new (2, GST_CLOCK_TIME_NONE)), ==,
                   GST_FLOW_OK);
}

static GstBuffer *
rtcp_new (void)
{
  static const guint8 receiver_report[8] = { 0x80, 201, 0, 1, 0, 0, 0, 1 };
  GstBuffer *buffer = gst_buffer_new_memdup (receiver_report, sizeof receiver_report);

  GST_BUFFER_PTS (buffer) = 9 * GST_SECOND;
  return buffer;
}

static void
test_rtcp_does_not_wait (Bench *bench, G_GNUC_UNUSED gconstpointer data)
{
  feed_push_aside (bench->rtp, packet_new (1, GST_SECOND));
  await_waiting (bench, GST_SECOND);
  /* neither for its own time, nor for those who do */
  g_assert_cmpint (feed_push (bench->rtcp, rtcp_new ()), ==, GST_FLOW_OK);
  drain_skip_to_media (bench->wire);
  let_time_come (bench, GST_SECOND);
  g_assert_cmpint (feed_join (bench->rtp), ==, GST_FLOW_OK);
}

static gpointer
push_list (gpointer data)
{
  Bench *bench = data;
  GstBufferList *list = gst_buffer_list_new ();

  gst_buffer_list_add (list, packet_new (1, GST_SECOND));
  gst_buffer_list_add (list, packet_new (2, 2 * GST_SECOND));
  g_assert_cmpint (gst_pad_push_list (bench->rtp->pad, list), ==, GST_FLOW_OK);
  return NULL;
}

static void
test_a_list_waits_for_its_first_packet (Bench *bench, G_GNUC_UNUSED gconstpointer data)
{
  GThread *thread = g_thread_new ("list", push_list, bench);

  await_waiting (bench, GST_SECOND);
  let_time_come (bench, GST_SECOND);
  g_thread_join (thread);
  g_assert_cmpuint (drain_get_n_media (bench->wire), ==, 2);
}

static void
test_a_flush_ends_it (Bench *bench, G_GNUC_UNUSED gconstpointer data)
{
  feed_push_aside (bench->rtp, packet_new (1, GST_SECOND));
  await_waiting (bench, GST_SECOND);
  feed_push_event (bench->rtp, gst_event_new_flush_start ());
  g_assert_cmpint (feed_join (bench->rtp), ==, GST_FLOW_FLUSHING);
  feed_push_event (bench->rtp, gst_event_new_flush_stop (TRUE));
  feed_begin (bench->rtp, RTP, NULL);
  feed_push_aside (bench->rtp, packet_new (2, GST_SECOND));
  await_waiting (bench, GST_SECOND);
  let_time_come (bench, GST_SECOND);
  g_assert_cmpint (feed_join (bench->rtp), ==, GST_FLOW_OK);
}

static void
test_a_stop_ends_it (Bench *bench, G_GNUC_UNUSED gconstpointer data)
{
  feed_push_aside (bench->rtp, packet_new (1, GST_SECOND));
  await_waiting (bench, GST_SECOND);
  gst_element_set_state (bench->encoder, GST_STATE_READY);
  g_assert_cmpint (feed_join (bench->rtp), ==, GST_FLOW_FLUSHING);
  bench_start (bench);
  feed_push_aside (bench->rtp, packet_new (2, GST_SECOND));
  await_waiting (bench, GST_SECOND);
  let_time_come (bench, GST_SECOND);
  g_assert_cmpint (feed_join (bench->rtp), ==, GST_FLOW_OK);
}

static void
test_a_release_ends_it (Bench *bench, G_GNUC_UNUSED gconstpointer data)
{
  feed_push_aside (bench->rtp, packet_new (1, GST_SECOND));
  await_waiting (bench, GST_SECOND);
  feed_forget_pad (bench->rtp);
  gst_element_release_request_pad (bench->encoder, bench->rtp->to);
  g_assert_cmpint (feed_join (bench->rtp), ==, GST_FLOW_FLUSHING);
}

static void
test_without_it_nothing_waits (Bench *bench, G_GNUC_UNUSED gconstpointer data)
{
  g_object_set (bench->encoder, "rtp-sync", FALSE, NULL);
  g_assert_cmpint (feed_push (bench->rtp, packet_new (1, GST_SECOND)), ==, GST_FLOW_OK);
  g_assert_cmpuint (drain_get_n_media (bench->wire), ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);

#define ADD(name, func)                                                                  \
  g_test_add ("/gst/rtp-sync/" name, Bench, NULL, bench_init, func, bench_clear)
  ADD ("rtp-leaves-when-its-time-comes", test_rtp_leaves_when_its_time_comes);
  ADD ("rtcp-does-not-wait", test_rtcp_does_not_wait);
  ADD ("a-list-waits-for-its-first-packet", test_a_list_waits_for_its_first_packet);
  ADD ("a-flush-ends-it", test_a_flush_ends_it);
  ADD ("a-stop-ends-it", test_a_stop_ends_it);
  ADD ("a-release-ends-it", test_a_release_ends_it);
  ADD ("without-it-nothing-waits", test_without_it_nothing_waits);
  return g_test_run ();
}
