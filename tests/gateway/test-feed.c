/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "allowance.h"
#include "feed.h"
#include "link.h"
#include "rtcp.h"
#include "track.h"

#include <gst/gst.h>
#include <string.h>

/* What viewers get of a source, and what their requests do. */

#define VIDEO_PT 101
#define RTX_PT 102
#define AUDIO_PT 111

/* Soon they begin anew. */
#define FIRST_SEQUENCE 65500

typedef struct
{
  GatewayFeed *feed;
  Link *link;
  GatewayViewer *viewer;
} Watch;

static Watch *
watch_new (GatewayFeed *feed)
{
  static const guint8 payload_types[] = { VIDEO_PT, AUDIO_PT };
  Watch *self = g_new0 (Watch, 1);
  GatewayFormat formats[GATEWAY_N_KINDS];

  for (guint i = 0; i < GATEWAY_N_KINDS; i++)
  {
    formats[i] = gateway_feed_get_format (feed, i);
    formats[i].payload_type = payload_types[i];
  }
  formats[GATEWAY_VIDEO].rtx_payload_type = RTX_PT;
  formats[GATEWAY_VIDEO].has_nack = TRUE;
  formats[GATEWAY_VIDEO].has_pli = TRUE;
  self->feed = feed;
  self->link = link_new ();
  self->viewer = gateway_feed_add_viewer (feed, self->link->gateway->transport, formats);
  return self;
}

static void
watch_free (Watch *self)
{
  gateway_feed_remove_viewer (self->feed, self->viewer);
  link_free (self->link);
  g_free (self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Watch, watch_free)

static gboolean
is_of (GBytes *packet, guint8 payload_type)
{
  gsize len;
  const guint8 *bytes = g_bytes_get_data (packet, &len);

  return tegata_packet_classify (bytes, len) == TEGATA_PACKET_RTP
         && (bytes[1] & 0x7f) == payload_type;
}

/* Packets of @payload_type that came; (out) (nullable): the last one. */
static guint
count_packets (Watch *self, guint8 payload_type, GBytes **last)
{
  GPtrArray *packets = self->link->peer->packets;
  guint n = 0;

  for (guint i = 0; i < packets->len; i++)
  {
    if (is_of (packets->pdata[i], payload_type))
    {
      n++;
      if (last != NULL)
      {
        *last = packets->pdata[i];
      }
    }
  }
  return n;
}

static guint16
get_16 (const guint8 *bytes)
{
  return (guint16) (bytes[0] << 8 | bytes[1]);
}

static guint32
get_32 (const guint8 *bytes)
{
  return (guint32) get_16 (bytes) << 16 | get_16 (bytes + 2);
}

/* What comes of one SSRC is in order and unbroken, and begins low. */
static void
assert_unbroken (Watch *self, guint8 payload_type, guint32 ssrc)
{
  GPtrArray *packets = self->link->peer->packets;
  guint32 expected = 0x10000;

  for (guint i = 0; i < packets->len; i++)
  {
    const guint8 *bytes = g_bytes_get_data (packets->pdata[i], NULL);

    if (!is_of (packets->pdata[i], payload_type))
    {
      continue;
    }
    if (expected == 0x10000)
    {
      g_assert_cmpuint (get_16 (bytes + 2), <, 0x8000);
      expected = get_16 (bytes + 2);
    }
    g_assert_cmpuint (get_16 (bytes + 2), ==, expected);
    g_assert_cmphex (get_32 (bytes + 8), ==, ssrc);
    expected = (guint16) (expected + 1);
  }
}

static void
watch_report (Watch *self, const GatewayReceiverReport *report)
{
  guint8 bytes[GATEWAY_RTCP_MAX];
  gsize len = gateway_rtcp_write_receiver_report (bytes, report);

  gateway_viewer_handle_rtcp (self->viewer, bytes, len);
}

static GatewayViewerStats
watch_stats (Watch *self)
{
  GatewayViewerStats stats;

  gateway_viewer_get_stats (self->viewer, &stats);
  return stats;
}

/* A feed on UDP ports, and who sends there. */
typedef struct
{
  GatewayFeed *feed;
  guint16 port;
  GSocket *rtp;
  GSocket *rtcp; /* on the port next to it */
  guint16 sequence;
} Rig;

static void
open_source (Rig *self)
{
  guint16 port = find_port_pair ();

  self->rtp = loopback_socket (port);
  self->rtcp = loopback_socket (port + 1);
}

static void
rig_init (Rig *self)
{
  *self = (Rig){ .sequence = FIRST_SEQUENCE };
  while (self->feed == NULL)
  {
    g_autoptr (GError) error = NULL;
    g_autoptr (GSocketAddress) address = NULL;
    GatewayFeedSettings settings = { 0 };

    self->port = find_port_pair ();
    address = loopback_address (self->port);
    settings.video_in = G_INET_SOCKET_ADDRESS (address);
    self->feed = gateway_feed_new (&settings, &error);
    g_assert_true (self->feed != NULL
                   || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE));
  }
  open_source (self);
}

static void
rig_clear (Rig *self)
{
  gateway_feed_free (self->feed);
  g_clear_object (&self->rtp);
  g_clear_object (&self->rtcp);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Rig, rig_clear)

/* A few at once, as a frame is. */
static void
rig_send (Rig *self, guint n)
{
  guint8 bytes[1500];

  for (guint i = 0; i < n; i++)
  {
    guint16 sequence = self->sequence++;
    gsize len = write_rtp (bytes, 120, sequence, 3000u * sequence, 0xabcdef, 1000);

    socket_send (self->rtp, self->port, bytes, len);
  }
}

/* Whether it has the last one that was sent. */
static gboolean
has_all (Rig *self, Watch *watch)
{
  GBytes *last = NULL;

  return count_packets (watch, VIDEO_PT, &last) > 0
         && ((const guint8 *) g_bytes_get_data (last, NULL))[12]
                == (guint8) (self->sequence - 1);
}

/* It is among the viewers: the media thread was asked for that, and has time. */
static void
let_in (Rig *self, Watch *watch)
{
  wait_until ((rig_send (self, 1), count_packets (watch, VIDEO_PT, NULL) > 0));
  wait_until (has_all (self, watch));
}

static guint
rig_count_sent (Rig *self)
{
  return (guint16) (self->sequence - FIRST_SEQUENCE);
}

static void
on_key_frame (guint32 media_ssrc, gpointer user_data)
{
  g_assert_cmphex (media_ssrc, ==, 0xabcdef);
  (*(guint *) user_data)++;
}

/* Returns: how many key frames the source is asked for by what has come there */
static guint
rig_count_requests (Rig *self)
{
  static const GatewayRtcpReader reader = { .key_frame = on_key_frame };
  guint8 bytes[2048];
  guint n = 0;
  gsize len;

  while ((len = socket_receive (self->rtcp, bytes, sizeof bytes, NULL)) > 0)
  {
    g_assert_true (gateway_rtcp_read (bytes, len, &reader, &n));
  }
  return n;
}

static void
the_pattern_reaches_a_viewer (void)
{
  g_autoptr (GError) error = NULL;
  GatewayFeedSettings settings = { 0 };
  g_autoptr (GatewayFeed) feed = gateway_feed_new (&settings, &error);
  g_autoptr (Watch) watch = NULL;

  if (feed == NULL)
  {
    g_test_skip (error->message);
    return;
  }
  watch = watch_new (feed);
  wait_until (count_packets (watch, VIDEO_PT, NULL) > 90);
  wait_until (count_packets (watch, AUDIO_PT, NULL) > 50);
  assert_unbroken (watch, VIDEO_PT, gateway_feed_get_format (feed, GATEWAY_VIDEO).ssrc);
  assert_unbroken (watch, AUDIO_PT, gateway_feed_get_format (feed, GATEWAY_AUDIO).ssrc);
}

/* RFC 7741: the S bit, and the P bit of the frame's first byte is 0. Only a request makes
 * one after the first. */
static guint
count_key_frames (Watch *self)
{
  GPtrArray *packets = self->link->peer->packets;
  guint n = 0;

  for (guint i = 0; i < packets->len; i++)
  {
    gsize len;
    const guint8 *bytes = g_bytes_get_data (packets->pdata[i], &len);
    const guint8 *descriptor = bytes + 12;

    /* X and I with 15 bits: four bytes of descriptor */
    if (is_of (packets->pdata[i], VIDEO_PT) && len > 16 && (descriptor[0] & 0x1f) == 0x10)
    {
      n += (descriptor[4] & 1) == 0;
    }
  }
  return n;
}

static void
the_pattern_makes_a_key_frame_on_request (void)
{
  g_autoptr (GError) error = NULL;
  GatewayFeedSettings settings = { 0 };
  g_autoptr (GatewayFeed) feed = gateway_feed_new (&settings, &error);
  g_autoptr (Watch) watch = NULL;
  GatewayReceiverReport report = { .ssrc = 1, .cname = "x", .wants_key_frame = TRUE };
  guint n_before;

  if (feed == NULL)
  {
    g_test_skip (error->message);
    return;
  }
  watch = watch_new (feed);
  wait_until (count_key_frames (watch) > 0 && count_packets (watch, VIDEO_PT, NULL) > 60);
  n_before = count_key_frames (watch);
  report.media_ssrc = gateway_feed_get_format (feed, GATEWAY_VIDEO).ssrc;
  watch_report (watch, &report);
  wait_until (count_key_frames (watch) > n_before);
}

static void
plain_rtp_reaches_all_viewers_each_in_its_numbers (void)
{
  g_auto (Rig) rig = { 0 };
  g_autoptr (Watch) first = NULL;
  g_autoptr (Watch) second = NULL;
  GatewayTrackStats stats;
  GBytes *last = NULL;
  guint n_first;
  guint n_second;
  gsize len;
  const guint8 *bytes;

  rig_init (&rig);
  first = watch_new (rig.feed);
  second = watch_new (rig.feed);
  let_in (&rig, first);
  let_in (&rig, second);
  n_first = count_packets (first, VIDEO_PT, NULL);
  n_second = count_packets (second, VIDEO_PT, NULL);
  for (guint i = 0; i < 40; i++)
  {
    rig_send (&rig, 5);
    wait_until (has_all (&rig, first) && has_all (&rig, second));
  }
  g_assert_cmpuint (count_packets (first, VIDEO_PT, NULL), ==, n_first + 200);
  g_assert_cmpuint (count_packets (second, VIDEO_PT, &last), ==, n_second + 200);
  assert_unbroken (first, VIDEO_PT,
                   gateway_feed_get_format (rig.feed, GATEWAY_VIDEO).ssrc);
  assert_unbroken (second, VIDEO_PT,
                   gateway_feed_get_format (rig.feed, GATEWAY_VIDEO).ssrc);
  bytes = g_bytes_get_data (last, &len);
  g_assert_cmpuint (len, ==, 1012);
  for (gsize i = 12; i < len; i++)
  {
    g_assert_cmpuint (bytes[i], ==, (guint8) (rig.sequence - 1 + i - 12));
  }
  gateway_feed_get_stats (rig.feed, GATEWAY_VIDEO, &stats);
  g_assert_cmpuint (stats.packets, ==, rig_count_sent (&rig));
  g_assert_cmpuint (stats.refused, ==, 0);
  g_assert_cmpuint (watch_stats (first).packets, ==, n_first + 200);
  g_assert_cmpuint (watch_stats (first).bytes, ==, (n_first + 200) * 1012);
}

static void
what_a_viewer_misses_is_sent_again (void)
{
  g_auto (Rig) rig = { 0 };
  g_autoptr (Watch) watch = NULL;
  GatewayFormat format;
  guint16 missing[2];
  GatewayReceiverReport report
      = { .ssrc = 1, .cname = "x", .missing = missing, .n_missing = 2 };
  GBytes *original = NULL;
  GBytes *again = NULL;
  const guint8 *a;
  const guint8 *b;

  rig_init (&rig);
  format = gateway_feed_get_format (rig.feed, GATEWAY_VIDEO);
  watch = watch_new (rig.feed);
  let_in (&rig, watch);
  rig_send (&rig, 10);
  wait_until (has_all (&rig, watch));
  count_packets (watch, VIDEO_PT, &original);
  a = g_bytes_get_data (original, NULL);
  missing[0] = get_16 (a + 2);
  missing[1] = (guint16) (missing[0] + 5); /* not sent yet */
  report.media_ssrc = format.ssrc;
  watch_report (watch, &report);
  watch_report (watch, &report); /* it is on its way */
  wait_until (watch_stats (watch).nacks == 4
              && count_packets (watch, RTX_PT, &again) > 0);
  g_assert_cmpuint (count_packets (watch, RTX_PT, NULL), ==, 1);
  g_assert_cmpuint (watch_stats (watch).retransmitted, ==, 1);
  b = g_bytes_get_data (again, NULL);
  g_assert_cmphex (get_32 (b + 8), ==, format.rtx_ssrc);
  g_assert_cmphex (get_32 (b + 4), ==, get_32 (a + 4));
  g_assert_cmpuint (get_16 (b + 12), ==, missing[0]);
  g_assert_cmpmem (b + 14, g_bytes_get_size (again) - 14, a + 12,
                   g_bytes_get_size (original) - 12);
}

/* A packet of RTCP as large as any: each of its entries asks for 17 packets.
 * Returns: its length */
static gsize
write_greedy_nack (guint8 *bytes, guint32 ssrc)
{
  gsize len = 1400;

  memset (bytes, 0xff, len);
  bytes[0] = 0x81;
  bytes[1] = 205;
  bytes[2] = (guint8) ((len / 4 - 1) >> 8);
  bytes[3] = (guint8) (len / 4 - 1);
  for (guint i = 0; i < 4; i++)
  {
    bytes[8 + i] = (guint8) (ssrc >> (24 - 8 * i));
  }
  for (gsize i = 12; i < len; i += 4)
  {
    bytes[i] = (guint8) ((i * 17 / 4) >> 8);
    bytes[i + 1] = (guint8) (i * 17 / 4);
  }
  return len;
}

/* It costs the media thread no more than all that is kept, in each span of time. */
static void
a_storm_of_nacks_is_bounded (void)
{
  g_auto (Rig) rig = { 0 };
  g_autoptr (Watch) watch = NULL;
  guint8 bytes[1400];
  gsize len;
  gint64 begin_us;
  guint64 n_taken;
  guint64 n_spans;
  guint64 n_before;
  guint16 missing[] = { 1 };
  GatewayReceiverReport report
      = { .ssrc = 1, .cname = "x", .missing = missing, .n_missing = 1 };

  rig_init (&rig);
  watch = watch_new (rig.feed);
  let_in (&rig, watch);
  report.media_ssrc = gateway_feed_get_format (rig.feed, GATEWAY_VIDEO).ssrc;
  len = write_greedy_nack (bytes, report.media_ssrc);
  begin_us = g_get_monotonic_time ();
  for (guint i = 0; i < 1000; i++)
  {
    gateway_viewer_handle_rtcp (watch->viewer, bytes, len);
  }
  rig_send (&rig, 10);
  wait_until (has_all (&rig, watch));
  n_taken = 1000 - watch_stats (watch).rtcp_dropped;
  wait_until (watch_stats (watch).nacks + watch_stats (watch).nacks_ignored
              == n_taken * (len - 12) / 4 * 17);
  n_spans = (guint64) ((g_get_monotonic_time () - begin_us) / GATEWAY_ALLOWANCE_SPAN_US);
  n_before = watch_stats (watch).nacks;
  g_assert_cmpuint (n_before, <=, (n_spans + 2) * GATEWAY_TRACK_LENGTH);
  g_assert_cmpuint (n_taken, <=, (n_spans + 1) * 5);
  /* and then it is heard again */
  wait_until ((watch_report (watch, &report), watch_stats (watch).nacks > n_before));
}

/* The first packet of a source asks for one, and so does each viewer. */
static void
requests_for_key_frames_are_gathered (void)
{
  g_auto (Rig) rig = { 0 };
  g_autoptr (Watch) watch = NULL;
  GatewayReceiverReport report = { .ssrc = 1, .cname = "x", .wants_key_frame = TRUE };
  GatewayTrackStats stats;
  gint64 begin_us;
  guint n_requests = 0;
  gint64 most;

  rig_init (&rig);
  watch = watch_new (rig.feed);
  rig_send (&rig, 1);
  wait_until ((n_requests += rig_count_requests (&rig)) > 0);
  begin_us = g_get_monotonic_time ();
  report.media_ssrc = gateway_feed_get_format (rig.feed, GATEWAY_VIDEO).ssrc;
  for (guint i = 0; i < 40; i++) /* too early, all of them, for another one */
  {
    watch_report (watch, &report);
  }
  /* and none is forgotten */
  wait_until ((n_requests += rig_count_requests (&rig)) > 1
              && watch_stats (watch).key_frames_asked == 40);
  most = 2 + (g_get_monotonic_time () - begin_us) / (250 * G_TIME_SPAN_MILLISECOND);
  g_assert_cmpint (n_requests, <=, most);
  gateway_feed_get_stats (rig.feed, GATEWAY_VIDEO, &stats);
  g_assert_cmpuint (stats.key_frames_asked, <=, (guint64) most);
}

/* What a stranger sends to the port is no reason to ask them. */
static void
requests_go_to_who_is_heard (void)
{
  g_auto (Rig) rig = { 0 };
  g_autoptr (Watch) watch = NULL;
  g_autoptr (GSocket) stranger = loopback_socket (0);
  GatewayReceiverReport report = { .ssrc = 1, .cname = "x", .wants_key_frame = TRUE };
  GatewayTrackStats stats = { 0 };
  guint n_requests = 0;
  guint8 bytes[100];
  gsize len = write_rtp (bytes, 120, 1, 1, 0x666, 20);

  rig_init (&rig);
  watch = watch_new (rig.feed);
  let_in (&rig, watch);
  wait_until ((n_requests += rig_count_requests (&rig)) > 0);
  wait_until ((rig_send (&rig, 1), socket_send (stranger, rig.port, bytes, len),
               gateway_feed_get_stats (rig.feed, GATEWAY_VIDEO, &stats),
               stats.refused > 0));
  n_requests = rig_count_requests (&rig);
  report.media_ssrc = gateway_feed_get_format (rig.feed, GATEWAY_VIDEO).ssrc;
  watch_report (watch, &report);
  wait_until ((n_requests += rig_count_requests (&rig)) > 0);
}

typedef struct
{
  GatewayReportBlock block; /* that answers it */
  guint n;
} Heard;

static void
on_sender (guint32 ssrc, guint64 ntp, guint32 timestamp, gpointer user_data)
{
  Heard *self = user_data;

  (void) timestamp;
  self->n++;
  self->block.ssrc = ssrc;
  self->block.last_sr = gateway_ntp_get_middle (ntp);
}

static Heard
watch_hear (Watch *self)
{
  static const GatewayRtcpReader reader = { .sender = on_sender };
  Heard heard = { .block = { .fraction_lost = 64 } };

  for (guint i = 0; i < self->link->peer->packets->len; i++)
  {
    gsize len;
    const guint8 *bytes = g_bytes_get_data (self->link->peer->packets->pdata[i], &len);

    if (tegata_packet_classify (bytes, len) == TEGATA_PACKET_RTCP)
    {
      g_assert_true (gateway_rtcp_read (bytes, len, &reader, &heard));
    }
  }
  return heard;
}

static void
reports_tell_the_round_trip (void)
{
  g_auto (Rig) rig = { 0 };
  g_autoptr (Watch) watch = NULL;
  Heard heard;
  GatewayReceiverReport report
      = { .ssrc = 1, .cname = "x", .blocks = &heard.block, .n_blocks = 1 };

  rig_init (&rig);
  watch = watch_new (rig.feed);
  let_in (&rig, watch);
  wait_until (watch_hear (watch).n > 0);
  heard = watch_hear (watch);
  g_assert_cmphex (heard.block.ssrc, ==,
                   gateway_feed_get_format (rig.feed, GATEWAY_VIDEO).ssrc);
  g_assert_cmpint (watch_stats (watch).rtt_us, ==, -1);
  heard.block.last_sr++; /* we have sent no such one */
  watch_report (watch, &report);
  wait_until (watch_stats (watch).fraction_lost > 0);
  g_assert_cmpint (watch_stats (watch).rtt_us, ==, -1);
  heard.block.last_sr--;
  watch_report (watch, &report);
  wait_until (watch_stats (watch).rtt_us >= 0);
  g_assert_cmpfloat (watch_stats (watch).fraction_lost, ==, 0.25);
}

static void
noise_at_the_port_is_counted_and_breaks_nothing (void)
{
  g_auto (Rig) rig = { 0 };
  g_autoptr (Watch) watch = NULL;
  GatewayTrackStats stats = { 0 };

  rig_init (&rig);
  watch = watch_new (rig.feed);
  let_in (&rig, watch);
  for (guint i = 0; i < 2000; i++)
  {
    guint8 bytes[100];

    for (gsize j = 0; j < sizeof bytes; j++)
    {
      bytes[j] = (guint8) g_test_rand_int ();
    }
    socket_send (i % 4 == 0 ? rig.rtcp : rig.rtp, rig.port + i % 2, bytes,
                 (gsize) g_test_rand_int_range (0, sizeof bytes));
    if (i % 50 == 0)
    {
      rig_send (&rig, 1);
      wait_until (has_all (&rig, watch));
    }
  }
  gateway_feed_get_stats (rig.feed, GATEWAY_VIDEO, &stats);
  g_assert_cmpuint (stats.packets, ==, rig_count_sent (&rig));
  g_assert_cmpuint (stats.refused, >, 100);
  assert_unbroken (watch, VIDEO_PT,
                   gateway_feed_get_format (rig.feed, GATEWAY_VIDEO).ssrc);
}

/* Sends as fast as it can until it is told to end. */
typedef struct
{
  Rig *rig;
  gint is_over;
} Load;

static gpointer
run_load (gpointer user_data)
{
  Load *self = user_data;

  while (!g_atomic_int_get (&self->is_over))
  {
    rig_send (self->rig, 8);
    g_usleep (2000); /* lets others have the processor; nothing depends on it */
  }
  return NULL;
}

static void
viewers_come_and_go_under_load (void)
{
  g_auto (Rig) rig = { 0 };
  Load load = { .rig = &rig };
  g_autoptr (Watch) stays = NULL;
  GThread *thread;

  rig_init (&rig);
  stays = watch_new (rig.feed);
  thread = g_thread_new ("load", run_load, &load);
  for (guint i = 0; i < 20; i++)
  {
    g_autoptr (Watch) watch = watch_new (rig.feed);
    GatewayReceiverReport report = { .ssrc = 1, .cname = "x", .wants_key_frame = TRUE };

    report.media_ssrc = gateway_feed_get_format (rig.feed, GATEWAY_VIDEO).ssrc;
    if (i % 3 > 0)
    {
      wait_until (count_packets (watch, VIDEO_PT, NULL) > 10);
    }
    watch_report (watch, &report);
    g_assert_cmpint (watch_stats (watch).rtt_us, ==, -1);
  }
  wait_until (count_packets (stays, VIDEO_PT, NULL) > 500);
  g_atomic_int_set (&load.is_over, 1);
  g_thread_join (thread);
}

/* The transport of who has left is released on this thread, and for good. */
static void
who_has_left_is_forgotten (void)
{
  g_auto (Rig) rig = { 0 };
  Link *link;
  Watch *watch;
  gpointer transport;

  rig_init (&rig);
  watch = watch_new (rig.feed);
  link = watch->link;
  transport = link->gateway->transport;
  g_object_add_weak_pointer (transport, &transport);
  gateway_feed_remove_viewer (rig.feed, watch->viewer);
  link_free (link);
  g_free (watch);
  wait_until (transport == NULL);
}

static void
a_port_that_is_taken_is_named (void)
{
  g_auto (Rig) rig = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketAddress) address = NULL;
  g_autofree char *port = NULL;
  GatewayFeedSettings settings = { 0 };

  rig_init (&rig);
  address = loopback_address (rig.port);
  settings.audio_in = G_INET_SOCKET_ADDRESS (address);
  g_assert_null (gateway_feed_new (&settings, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
  port = g_strdup_printf ("%u", rig.port);
  g_assert_nonnull (strstr (error->message, port));
  g_assert_true (g_str_has_prefix (error->message, "--audio-in"));
}

static void
assert_refused (guint16 video, guint16 audio, const char *said)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketAddress) video_in = loopback_address (video);
  g_autoptr (GSocketAddress) audio_in = loopback_address (audio);
  GatewayFeedSettings settings = {
    .video_in = G_INET_SOCKET_ADDRESS (video_in),
    .audio_in = G_INET_SOCKET_ADDRESS (audio_in),
  };

  g_assert_null (gateway_feed_new (&settings, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (error->message, said));
}

static void
ports_that_cannot_be_are_refused (void)
{
  assert_refused (0, 5006, "--video-in with port 0");
  assert_refused (5004, 65535, "--audio-in with port 65535");
  assert_refused (5004, 5004, "--video-in 5004 and --audio-in 5004");
  assert_refused (5004, 5005, "5004 and 5006");
  assert_refused (5005, 5004, "two apart");
}

/* A source is replaced by one without RTCP: requests go next to where its RTP is from. */
static void
requests_follow_the_source (void)
{
  g_auto (Rig) rig = { 0 };
  g_autoptr (Watch) watch = NULL;
  GatewaySenderReport own = { .ssrc = 0xabcdef, .ntp = 1, .cname = "x" };
  GatewayReceiverReport report = { .ssrc = 1, .cname = "x", .wants_key_frame = TRUE };
  g_autoptr (GSocket) elsewhere
      = loopback_socket (0); /* its RTCP, and not the next port */
  guint8 bytes[GATEWAY_RTCP_MAX];
  gsize len;
  guint n_requests = 0;

  rig_init (&rig);
  watch = watch_new (rig.feed);
  let_in (&rig, watch);
  report.media_ssrc = gateway_feed_get_format (rig.feed, GATEWAY_VIDEO).ssrc;
  len = gateway_rtcp_write_sender_report (bytes, &own);
  socket_send (elsewhere, rig.port + 1, bytes, len);
  wait_until ((watch_report (watch, &report),
               socket_receive (elsewhere, bytes, sizeof bytes, NULL) > 0));
  g_clear_object (&rig.rtp);
  g_clear_object (&rig.rtcp);
  open_source (&rig);
  rig_send (&rig, 10);
  wait_until (has_all (&rig, watch));
  wait_until (
      (watch_report (watch, &report), (n_requests += rig_count_requests (&rig)) > 0));
}

int
main (int argc, char **argv)
{
  gst_init (NULL, NULL);
  g_test_init (&argc, &argv, NULL);
#define ADD(name, test) g_test_add_func ("/gateway/feed/" name, test)
  ADD ("the-pattern-reaches-a-viewer", the_pattern_reaches_a_viewer);
  ADD ("the-pattern-makes-a-key-frame-on-request",
       the_pattern_makes_a_key_frame_on_request);
  ADD ("plain-rtp-reaches-all-viewers-each-in-its-numbers",
       plain_rtp_reaches_all_viewers_each_in_its_numbers);
  ADD ("what-a-viewer-misses-is-sent-again", what_a_viewer_misses_is_sent_again);
  ADD ("a-storm-of-nacks-is-bounded", a_storm_of_nacks_is_bounded);
  ADD ("requests-for-key-frames-are-gathered", requests_for_key_frames_are_gathered);
  ADD ("requests-go-to-who-is-heard", requests_go_to_who_is_heard);
  ADD ("reports-tell-the-round-trip", reports_tell_the_round_trip);
  ADD ("noise-at-the-port-is-counted-and-breaks-nothing",
       noise_at_the_port_is_counted_and_breaks_nothing);
  ADD ("viewers-come-and-go-under-load", viewers_come_and_go_under_load);
  ADD ("who-has-left-is-forgotten", who_has_left_is_forgotten);
  ADD ("a-port-that-is-taken-is-named", a_port_that_is_taken_is_named);
  ADD ("ports-that-cannot-be-are-refused", ports_that_cannot_be_are_refused);
  ADD ("requests-follow-the-source", requests_follow_the_source);
#undef ADD
  return g_test_run ();
}
