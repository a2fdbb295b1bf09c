/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "viewer.h"

#include "allowance.h"
#include "resend.h"
#include "rtcp.h"

#include <stdatomic.h>
#include <string.h>

#define REPORT_INTERVAL_US G_TIME_SPAN_SECOND

/* Sender reports that are remembered: for a round trip of as many seconds. */
#define N_SENT_REPORTS 4

/* RTCP of one viewer that waits for the media thread, and what it may say in the span of
 * an allowance: a hundred times what an honest one does. More than that is dropped before
 * it costs the media thread anything, and is lost for the viewer. */
#define MAX_WAITING 64
#define MAX_SAID 8192   /* bytes */
#define PACKET_COST 100 /* bytes that each packet counts as, beside its own */

/* Packets that it may ask for in that span: all that can be sent again. */
#define MAX_ASKED GATEWAY_TRACK_LENGTH

typedef struct
{
  GatewayFormat format;
  gboolean has_begun;
  guint64 first_number; /* in the track, of the first one that was sent */
  guint64 next_number;
  guint16 first_sequence; /* the viewer's number of that */
  guint16 rtx_sequence;
  guint32 packets; /* as sender reports count them */
  guint32 octets;
  GatewayResend resend;
  struct
  {
    guint32 middle; /* of its NTP time */
    gint64 sent_us;
  } reports[N_SENT_REPORTS];
  guint n_reports;
} Flow;

struct _GatewayViewer
{
  gatomicrefcount n_refs;
  const GatewayViewerShared *shared;
  TegataTransport *transport; /* NULL once it was taken away */
  Flow flows[GATEWAY_N_KINDS];
  gint64 report_us; /* when the next ones are due */
  gint64 rtt_us;    /* -1: unknown */
  gint64 now_us;    /* while RTCP is read */
  guint n_asked;    /* then: of NACKs */
  guint n_ignored;  /* then: beyond what it may ask for */
  GatewayAllowance asking;
  GatewayAllowance saying; /* the main thread's */
  atomic_int n_waiting;
  GMutex lock;
  GatewayViewerStats stats; /* under the lock */
};

/* RTCP on its way to the media thread. */
typedef struct
{
  GatewayViewer *viewer;
  gsize len;
  guint8 bytes[];
} Message;

GatewayViewer *
gateway_viewer_new (const GatewayViewerShared *shared,
                    TegataTransport *transport,
                    const GatewayFormat *formats)
{
  GatewayViewer *self = g_new0 (GatewayViewer, 1);

  g_atomic_ref_count_init (&self->n_refs);
  g_mutex_init (&self->lock);
  self->shared = shared;
  self->transport = g_object_ref (transport);
  self->rtt_us = -1;
  self->stats.rtt_us = -1;
  for (guint i = 0; i < GATEWAY_N_KINDS; i++)
  {
    self->flows[i].format = formats[i];
    self->flows[i].first_sequence = (guint16) g_random_int_range (0, 0x8000);
    self->flows[i].rtx_sequence = (guint16) g_random_int_range (0, 0x8000);
  }
  return self;
}

GatewayViewer *
gateway_viewer_ref (GatewayViewer *self)
{
  g_atomic_ref_count_inc (&self->n_refs);
  return self;
}

void
gateway_viewer_unref (GatewayViewer *self)
{
  if (!g_atomic_ref_count_dec (&self->n_refs))
  {
    return;
  }
  for (guint i = 0; i < GATEWAY_N_KINDS; i++)
  {
    gateway_resend_clear (&self->flows[i].resend);
  }
  g_mutex_clear (&self->lock);
  g_free (self);
}

TegataTransport *
gateway_viewer_take_transport (GatewayViewer *self)
{
  return g_steal_pointer (&self->transport);
}

void
gateway_viewer_get_stats (GatewayViewer *viewer, GatewayViewerStats *stats)
{
  g_mutex_lock (&viewer->lock);
  *stats = viewer->stats;
  g_mutex_unlock (&viewer->lock);
}

/* Sending. */

static TegataPacket *
add_packet (GatewayBatch *batch)
{
  guint8 *bytes = batch->bytes[batch->n_packets];
  TegataPacket *packet = &batch->packets[batch->n_packets++];

  *packet = (TegataPacket){ .bytes = bytes, .size = GATEWAY_BATCH_ROOM };
  return packet;
}

static void
write_16 (guint8 *bytes, guint16 number)
{
  bytes[0] = (guint8) (number >> 8);
  bytes[1] = (guint8) number;
}

/* What is sent counts, be it lost here or on its way: a receiver sees that it is missing.
 * @lens: plain ones: protecting makes them longer */
static void
flush (GatewayViewer *self)
{
  GatewayBatch *batch = self->shared->batch;

  if (batch->n_packets > 0)
  {
    tegata_transport_send_packets (self->transport, batch->packets, batch->n_packets);
    batch->n_packets = 0;
  }
}

static void
count_sent (GatewayViewer *self, guint n_packets, gsize n_bytes, guint n_again)
{
  g_mutex_lock (&self->lock);
  self->stats.packets += n_packets;
  self->stats.bytes += n_bytes;
  self->stats.retransmitted += n_again;
  g_mutex_unlock (&self->lock);
}

static guint16
get_sequence (const Flow *flow, guint64 number)
{
  return (guint16) (number - flow->first_number + flow->first_sequence);
}

/* What is older than the first one that was sent has no number. */
static gboolean
is_for (Flow *flow, const GatewayTrackPacket *packet)
{
  if (!flow->has_begun)
  {
    flow->has_begun = TRUE;
    flow->first_number = packet->number;
    flow->next_number = packet->number;
  }
  if (packet->number < flow->first_number)
  {
    return FALSE;
  }
  flow->next_number = MAX (flow->next_number, packet->number + 1);
  return TRUE;
}

static void
add_media (Flow *flow, GatewayBatch *batch, const GatewayTrackPacket *packet)
{
  TegataPacket *out = add_packet (batch);

  memcpy (out->bytes, packet->bytes, packet->len);
  out->bytes[1] |= flow->format.payload_type;
  write_16 (out->bytes + 2, get_sequence (flow, packet->number));
  out->len = packet->len;
}

void
gateway_viewer_send (GatewayViewer *self,
                     GatewayKind kind,
                     const GatewayTrackPacket *const *packets,
                     guint n_packets,
                     gint64 now_us)
{
  Flow *flow = &self->flows[kind];
  guint n_sent = 0;
  gsize n_bytes = 0;

  if (flow->format.codec == NULL || self->transport == NULL)
  {
    return;
  }
  for (guint i = 0; i < n_packets; i++)
  {
    if (is_for (flow, packets[i]))
    {
      add_media (flow, self->shared->batch, packets[i]);
      n_sent++;
      n_bytes += packets[i]->len;
    }
    if (self->shared->batch->n_packets == GATEWAY_BATCH_MAX)
    {
      flush (self);
    }
  }
  flush (self);
  flow->packets += n_sent;
  flow->octets += (guint32) (n_bytes - (gsize) n_sent * GATEWAY_RTP_HEADER_LEN);
  gateway_resend_note_sent (&flow->resend, n_bytes, now_us);
  count_sent (self, n_sent, n_bytes, 0);
}

/* Once more (RFC 4588): a stream of its own, where the payload begins with the number
 * that the packet had. */
static gsize
add_again (Flow *flow, GatewayBatch *batch, const GatewayTrackPacket *packet)
{
  TegataPacket *out = add_packet (batch);
  gsize payload_len = packet->len - GATEWAY_RTP_HEADER_LEN;
  guint32 ssrc = g_htonl (flow->format.rtx_ssrc);

  memcpy (out->bytes, packet->bytes, GATEWAY_RTP_HEADER_LEN);
  out->bytes[1] |= flow->format.rtx_payload_type;
  write_16 (out->bytes + 2, flow->rtx_sequence++);
  memcpy (out->bytes + 8, &ssrc, sizeof ssrc);
  write_16 (out->bytes + GATEWAY_RTP_HEADER_LEN, get_sequence (flow, packet->number));
  memcpy (out->bytes + GATEWAY_RTP_HEADER_LEN + 2, packet->bytes + GATEWAY_RTP_HEADER_LEN,
          payload_len);
  out->len = packet->len + 2;
  return out->len;
}

/* Reports. */

static void
remember_report (Flow *flow, guint64 ntp, gint64 now_us)
{
  guint i = flow->n_reports++ % N_SENT_REPORTS;

  flow->reports[i].middle = gateway_ntp_get_middle (ntp);
  flow->reports[i].sent_us = now_us;
}

/* Both kinds by one clock: that is what lips and voice are matched by. */
static void
add_report (GatewayViewer *self, GatewayKind kind, gint64 now_us, gint64 unix_us)
{
  Flow *flow = &self->flows[kind];
  GatewayTrack *track = self->shared->tracks[kind];
  GatewaySenderReport report = {
    .ssrc = flow->format.ssrc,
    .ntp = gateway_ntp_from_unix_us (unix_us),
    .timestamp = gateway_track_get_timestamp (track, now_us),
    .packets = flow->packets,
    .octets = flow->octets,
    .cname = self->shared->cname,
  };
  TegataPacket *out = add_packet (self->shared->batch);

  if (self->shared->has_source_clock)
  {
    gateway_track_get_source_ntp (track, now_us, &report.ntp);
  }
  out->is_rtcp = TRUE;
  out->len = gateway_rtcp_write_sender_report (out->bytes, &report);
  remember_report (flow, report.ntp, now_us);
}

void
gateway_viewer_tick (GatewayViewer *self, gint64 now_us, gint64 unix_us)
{
  if (self->transport == NULL || now_us < self->report_us)
  {
    return;
  }
  for (guint i = 0; i < GATEWAY_N_KINDS; i++)
  {
    if (self->flows[i].has_begun)
    {
      add_report (self, i, now_us, unix_us);
    }
  }
  /* Those who came together are told apart: no burst each second. */
  self->report_us
      = now_us + REPORT_INTERVAL_US
        + g_random_int_range (-REPORT_INTERVAL_US / 10, REPORT_INTERVAL_US / 10);
  flush (self);
}

/* What the viewer says. */

static Flow *
find_flow (GatewayViewer *self, guint32 ssrc)
{
  for (guint i = 0; i < GATEWAY_N_KINDS; i++)
  {
    if (self->flows[i].format.codec != NULL && self->flows[i].format.ssrc == ssrc)
    {
      return &self->flows[i];
    }
  }
  return NULL;
}

/* RFC 3550 section 6.4.1. By our own clock: what a viewer writes is looked up only. */
static void
measure_rtt (GatewayViewer *self, const Flow *flow, const GatewayReportBlock *block)
{
  for (guint i = 0; i < MIN (flow->n_reports, N_SENT_REPORTS); i++)
  {
    gint64 rtt_us = self->now_us - flow->reports[i].sent_us
                    - (gint64) block->delay * G_USEC_PER_SEC / 65536;

    if (block->last_sr == flow->reports[i].middle && rtt_us >= 0)
    {
      self->rtt_us = rtt_us;
      return;
    }
  }
}

static void
on_block (const GatewayReportBlock *block, gpointer user_data)
{
  GatewayViewer *self = user_data;
  Flow *flow = find_flow (self, block->ssrc);

  if (flow == NULL)
  {
    return;
  }
  if (block->last_sr != 0)
  {
    measure_rtt (self, flow, block);
  }
  g_mutex_lock (&self->lock);
  self->stats.rtt_us = self->rtt_us;
  self->stats.fraction_lost = block->fraction_lost / 256.0;
  g_mutex_unlock (&self->lock);
}

static void
send_again (GatewayViewer *self, Flow *flow, guint64 number)
{
  GatewayTrack *track = self->shared->tracks[flow->format.codec->kind];
  const GatewayTrackPacket *packet = gateway_track_find (track, number);
  gsize len;

  if (packet == NULL
      || !gateway_resend_take (&flow->resend, number, packet->len, self->rtt_us,
                               self->now_us))
  {
    return;
  }
  len = add_again (flow, self->shared->batch, packet);
  if (self->shared->batch->n_packets == GATEWAY_BATCH_MAX)
  {
    flush (self);
  }
  count_sent (self, 1, len, 1);
}

static void
on_nack (guint32 media_ssrc, guint16 sequence, gpointer user_data)
{
  GatewayViewer *self = user_data;
  Flow *flow;
  guint16 age;

  /* first, and cheap: one packet of RTCP has room for 6000 of them */
  if (!gateway_allowance_take (&self->asking, 1, MAX_ASKED, self->now_us))
  {
    self->n_ignored++;
    return;
  }
  flow = find_flow (self, media_ssrc);
  if (flow == NULL || !flow->has_begun)
  {
    return;
  }
  self->n_asked++;
  age = (guint16) (get_sequence (flow, flow->next_number) - sequence);
  if (flow->format.rtx_payload_type != 0 && age > 0
      && age <= flow->next_number - flow->first_number)
  {
    send_again (self, flow, flow->next_number - age);
  }
}

static void
on_key_frame (guint32 media_ssrc, gpointer user_data)
{
  GatewayViewer *self = user_data;

  if (find_flow (self, media_ssrc) == &self->flows[GATEWAY_VIDEO])
  {
    g_mutex_lock (&self->lock);
    self->stats.key_frames_asked++;
    g_mutex_unlock (&self->lock);
    self->shared->ask_key_frame (self->shared->user_data);
  }
}

static void
read_message (GatewayViewer *self, const Message *message)
{
  static const GatewayRtcpReader reader = {
    .block = on_block,
    .nack = on_nack,
    .key_frame = on_key_frame,
  };

  self->now_us = g_get_monotonic_time ();
  self->n_asked = 0;
  self->n_ignored = 0;
  gateway_rtcp_read (message->bytes, message->len, &reader, self);
  flush (self);
  g_mutex_lock (&self->lock);
  self->stats.nacks += self->n_asked;
  self->stats.nacks_ignored += self->n_ignored;
  g_mutex_unlock (&self->lock);
}

static gboolean
on_message (gpointer user_data)
{
  Message *message = user_data;
  GatewayViewer *self = message->viewer;

  atomic_fetch_sub (&self->n_waiting, 1);
  if (self->transport != NULL)
  {
    read_message (self, message);
  }
  return G_SOURCE_REMOVE;
}

static void
free_message (gpointer data)
{
  Message *self = data;

  gateway_viewer_unref (self->viewer);
  g_free (self);
}

static gboolean
may_say (GatewayViewer *self, gsize len)
{
  if (len > MAX_SAID
      || !gateway_allowance_take (&self->saying, (guint) len + PACKET_COST, MAX_SAID,
                                  g_get_monotonic_time ()))
  {
    return FALSE;
  }
  if (atomic_fetch_add (&self->n_waiting, 1) >= MAX_WAITING)
  {
    atomic_fetch_sub (&self->n_waiting, 1);
    return FALSE;
  }
  return TRUE;
}

void
gateway_viewer_handle_rtcp (GatewayViewer *viewer, const guint8 *bytes, gsize len)
{
  Message *message;

  if (!may_say (viewer, len))
  {
    g_mutex_lock (&viewer->lock);
    viewer->stats.rtcp_dropped++;
    g_mutex_unlock (&viewer->lock);
    return;
  }
  message = g_malloc (sizeof *message + len);
  message->viewer = gateway_viewer_ref (viewer);
  message->len = len;
  memcpy (message->bytes, bytes, len);
  g_main_context_invoke_full (viewer->shared->context, G_PRIORITY_DEFAULT, on_message,
                              message, free_message);
  // cppcheck-suppress memleak ; the source that is attached frees it
}
