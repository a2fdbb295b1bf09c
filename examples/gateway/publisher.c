/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "publisher.h"

#include "output.h"
#include "reception.h"

#include <gst/gst.h>
#include <string.h>

/* How exactly what is due is done: what is missing is asked for again. */
#define TICK_MS 20

#define REPORT_INTERVAL_US G_TIME_SPAN_SECOND
#define KEY_FRAME_INTERVAL_US (250 * G_TIME_SPAN_MILLISECOND)

/* A camera that begins anew has another SSRC. Two at once are not one camera. */
#define SILENCE_US (500 * G_TIME_SPAN_MILLISECOND)

typedef struct
{
  GatewayPublisher *publisher;
  GatewayKind kind;
  GatewayFormat format;
  GatewayOutput *output;       /* NULL: this kind is dropped */
  GatewayReception *reception; /* NULL before anything came */
  gint64 heard_us;
  gboolean wants_key_frame;
  gint64 key_frame_us; /* when the last one was asked for */
  guint16 asked[GATEWAY_NACK_MAX];
  guint n_asked; /* by the plain side, of one datagram */
  GatewayPublisherStats stats;
} Flow;

struct _GatewayPublisher
{
  TegataTransport *transport;
  TegataLoop *loop;
  GSource *tick;
  guint32 ssrc; /* ours */
  char *cname;
  gint64 report_us; /* when the next one is due */
  gint64 now_us;    /* while packets are read */
  Flow flows[GATEWAY_N_KINDS];
};

static const guint8 payload_types[GATEWAY_N_KINDS] = {
  [GATEWAY_VIDEO] = GATEWAY_PLAIN_VIDEO_PAYLOAD_TYPE,
  [GATEWAY_AUDIO] = GATEWAY_PLAIN_AUDIO_PAYLOAD_TYPE,
};

/* To the camera. */

static void
send_report (GatewayPublisher *self, const GatewayReceiverReport *report)
{
  guint8 bytes[GATEWAY_RTCP_MAX];
  gsize len = gateway_rtcp_write_receiver_report (bytes, report);

  tegata_transport_send_rtcp (self->transport, bytes, len, NULL);
}

/* Asks for @missing, and for a key frame where one is due. */
static void
ask (Flow *flow, const guint16 *missing, guint n_missing, gint64 now_us)
{
  GatewayPublisher *self = flow->publisher;
  GatewayReceiverReport report = {
    .ssrc = self->ssrc,
    .cname = self->cname,
    .media_ssrc = gateway_reception_get_ssrc (flow->reception),
    .missing = missing,
    .n_missing = flow->format.has_nack ? n_missing : 0,
    .wants_key_frame
    = flow->wants_key_frame && now_us - flow->key_frame_us >= KEY_FRAME_INTERVAL_US,
  };

  if (report.wants_key_frame)
  {
    flow->wants_key_frame = FALSE;
    flow->key_frame_us = now_us;
    flow->stats.key_frames_asked++;
  }
  flow->stats.nacks += report.n_missing;
  if (report.n_missing > 0 || report.wants_key_frame)
  {
    send_report (self, &report);
  }
}

static void
want_key_frame (Flow *flow)
{
  if (flow->kind == GATEWAY_VIDEO && flow->format.has_pli)
  {
    flow->wants_key_frame = TRUE;
  }
}

static void
look_after (Flow *flow, gint64 now_us)
{
  guint16 missing[GATEWAY_NACK_MAX];
  guint n_missing;

  if (flow->reception == NULL)
  {
    return;
  }
  n_missing = gateway_reception_collect_missing (flow->reception, now_us, missing);
  if (gateway_reception_take_has_given_up (flow->reception))
  {
    want_key_frame (flow);
  }
  ask (flow, missing, n_missing, now_us);
}

static void
report_all (GatewayPublisher *self, gint64 now_us)
{
  GatewayReportBlock blocks[GATEWAY_N_KINDS];
  GatewayReceiverReport report
      = { .ssrc = self->ssrc, .cname = self->cname, .blocks = blocks };

  for (guint i = 0; i < GATEWAY_N_KINDS; i++)
  {
    if (self->flows[i].reception != NULL)
    {
      gateway_reception_make_block (self->flows[i].reception, &blocks[report.n_blocks++],
                                    now_us);
    }
  }
  if (report.n_blocks > 0)
  {
    send_report (self, &report);
  }
}

static gboolean
on_tick (gpointer user_data)
{
  GatewayPublisher *self = user_data;
  gint64 now_us = g_get_monotonic_time ();

  for (guint i = 0; i < GATEWAY_N_KINDS; i++)
  {
    look_after (&self->flows[i], now_us);
  }
  if (now_us >= self->report_us)
  {
    report_all (self, now_us);
    self->report_us = now_us + REPORT_INTERVAL_US;
  }
  return G_SOURCE_CONTINUE;
}

/* What the plain side asks for. */

static void
on_plain_nack (guint32 media_ssrc, guint16 sequence, gpointer user_data)
{
  Flow *flow = user_data;

  if (flow->reception != NULL
      && media_ssrc == gateway_reception_get_ssrc (flow->reception)
      && flow->n_asked < GATEWAY_NACK_MAX)
  {
    flow->asked[flow->n_asked++] = sequence;
  }
}

static void
on_plain_key_frame (guint32 media_ssrc, gpointer user_data)
{
  Flow *flow = user_data;

  if (flow->reception != NULL
      && media_ssrc == gateway_reception_get_ssrc (flow->reception))
  {
    want_key_frame (flow);
  }
}

static void
on_plain_rtcp (const guint8 *bytes, gsize len, gpointer user_data)
{
  static const GatewayRtcpReader reader
      = { .nack = on_plain_nack, .key_frame = on_plain_key_frame };
  Flow *flow = user_data;

  flow->n_asked = 0;
  if (gateway_rtcp_read (bytes, len, &reader, flow) && flow->reception != NULL)
  {
    ask (flow, flow->asked, flow->n_asked, g_get_monotonic_time ());
  }
}

/* What comes from the camera. */

static void
send_on (Flow *flow, guint8 *bytes, gsize len)
{
  if (flow->output != NULL)
  {
    bytes[1] = (guint8) ((bytes[1] & 0x80) | payload_types[flow->kind]);
    gateway_output_add (flow->output, bytes, len, FALSE);
    flow->stats.packets++;
    flow->stats.bytes += len;
  }
}

/* Returns: FALSE for a second stream of this kind. It begins with a request: the plain
 * side may not have seen the first key frame, or not all of it. */
static gboolean
choose_reception (Flow *flow, guint32 ssrc, gint64 now_us)
{
  if (flow->reception == NULL || ssrc != gateway_reception_get_ssrc (flow->reception))
  {
    if (flow->reception != NULL && now_us - flow->heard_us < SILENCE_US)
    {
      return FALSE;
    }
    g_clear_pointer (&flow->reception, gateway_reception_free);
    flow->reception = gateway_reception_new (flow->format.codec->clock_rate, ssrc);
    want_key_frame (flow);
  }
  flow->heard_us = now_us;
  return TRUE;
}

static void
handle_rtp (Flow *flow, const TegataPacket *packet, const TegataRtpHeader *header)
{
  gint64 now_us = flow->publisher->now_us;

  if (choose_reception (flow, header->ssrc, now_us))
  {
    gateway_reception_take (flow->reception, header->sequence, header->timestamp, now_us);
    send_on (flow, packet->bytes, packet->len);
  }
}

static void
write_32 (guint8 *bytes, guint32 number)
{
  for (guint i = 0; i < 4; i++)
  {
    bytes[i] = (guint8) (number >> (24 - 8 * i));
  }
}

/* RFC 4588: the number that it had stands before the payload. The header moves up to the
 * payload, and the packet is again what it was. */
static void
handle_rtx (Flow *flow, const TegataPacket *packet, const TegataRtpHeader *header)
{
  guint8 *bytes = packet->bytes;
  guint8 number[2];

  if (flow->reception == NULL || header->payload_len < sizeof number)
  {
    return; /* it tries how much the network takes */
  }
  memcpy (number, bytes + header->header_len, sizeof number);
  if (gateway_reception_take_again (flow->reception,
                                    (guint16) (number[0] << 8 | number[1]),
                                    flow->publisher->now_us)
      != GATEWAY_RECEPTION_LATE)
  {
    return;
  }
  memmove (bytes + sizeof number, bytes, header->header_len);
  bytes += sizeof number;
  memcpy (bytes + 2, number, sizeof number);
  write_32 (bytes + 8, gateway_reception_get_ssrc (flow->reception));
  send_on (flow, bytes, packet->len - sizeof number);
}

static void
on_sender (guint32 ssrc, guint64 ntp, guint32 timestamp, gpointer user_data)
{
  GatewayPublisher *self = user_data;

  (void) timestamp;
  for (guint i = 0; i < GATEWAY_N_KINDS; i++)
  {
    GatewayReception *reception = self->flows[i].reception;

    if (reception != NULL && gateway_reception_get_ssrc (reception) == ssrc)
    {
      gateway_reception_note_sender_report (reception, ntp, self->now_us);
    }
  }
}

/* The plain side gets what is said of the stream that it gets. */
static void
handle_rtcp (GatewayPublisher *self, const TegataPacket *packet)
{
  static const GatewayRtcpReader reader = { .sender = on_sender };
  TegataRtcpHeader header;

  if (!gateway_rtcp_read (packet->bytes, packet->len, &reader, self)
      || !tegata_rtcp_header_parse (&header, packet->bytes, packet->len))
  {
    return;
  }
  for (guint i = 0; i < GATEWAY_N_KINDS; i++)
  {
    Flow *flow = &self->flows[i];

    if (flow->output != NULL && flow->reception != NULL
        && gateway_reception_get_ssrc (flow->reception) == header.ssrc)
    {
      gateway_output_add (flow->output, packet->bytes, packet->len, TRUE);
    }
  }
}

static void
handle_packet (GatewayPublisher *self, const TegataPacket *packet)
{
  TegataRtpHeader header;

  if (packet->is_rtcp)
  {
    handle_rtcp (self, packet);
    return;
  }
  if (!tegata_rtp_header_parse (&header, packet->bytes, packet->len))
  {
    return;
  }
  for (guint i = 0; i < GATEWAY_N_KINDS; i++)
  {
    const GatewayFormat *format = &self->flows[i].format;

    if (format->codec != NULL && header.payload_type == format->payload_type)
    {
      handle_rtp (&self->flows[i], packet, &header);
      return;
    }
    if (format->codec != NULL && format->rtx_payload_type != 0
        && header.payload_type == format->rtx_payload_type)
    {
      handle_rtx (&self->flows[i], packet, &header);
      return;
    }
  }
}

void
gateway_publisher_handle_media (GatewayPublisher *self,
                                TegataPacket *packets,
                                guint n_packets)
{
  self->now_us = g_get_monotonic_time ();
  for (guint i = 0; i < n_packets; i++)
  {
    handle_packet (self, &packets[i]);
  }
  for (guint i = 0; i < GATEWAY_N_KINDS; i++)
  {
    if (self->flows[i].output != NULL)
    {
      gateway_output_flush (self->flows[i].output);
    }
    look_after (&self->flows[i], self->now_us);
  }
}

/* Beginning and end. */

static gboolean
set_up_flow (GatewayPublisher *self,
             GatewayKind kind,
             const GatewayFormat *format,
             GInetSocketAddress *address,
             GError **error)
{
  Flow *flow = &self->flows[kind];

  flow->publisher = self;
  flow->kind = kind;
  flow->format = *format;
  flow->key_frame_us = -KEY_FRAME_INTERVAL_US;
  if (address != NULL)
  {
    flow->output = gateway_output_new (self->loop, address, on_plain_rtcp, flow, error);
  }
  return address == NULL || flow->output != NULL;
}

GatewayPublisher *
gateway_publisher_new (TegataTransport *transport,
                       const GatewayFormat *formats,
                       GInetSocketAddress *const *outputs,
                       GError **error)
{
  g_autoptr (GatewayPublisher) self = NULL;

  if (!gst_init_check (NULL, NULL, error))
  {
    return NULL;
  }
  self = g_new0 (GatewayPublisher, 1);
  self->transport = g_object_ref (transport);
  self->loop = tegata_loop_new (NULL);
  self->ssrc = g_random_int ();
  self->cname = g_strdup_printf ("%08x%08x", g_random_int (), g_random_int ());
  self->tick = g_timeout_source_new (TICK_MS);
  g_source_set_callback (self->tick, on_tick, self, NULL);
  g_source_attach (self->tick, tegata_loop_get_main_context (self->loop));
  for (guint i = 0; i < GATEWAY_N_KINDS; i++)
  {
    if (!set_up_flow (self, i, &formats[i], outputs[i], error))
    {
      return NULL;
    }
  }
  return g_steal_pointer (&self);
}

void
gateway_publisher_free (GatewayPublisher *self)
{
  g_source_destroy (self->tick);
  g_source_unref (self->tick);
  for (guint i = 0; i < GATEWAY_N_KINDS; i++)
  {
    g_clear_pointer (&self->flows[i].output, gateway_output_free);
    g_clear_pointer (&self->flows[i].reception, gateway_reception_free);
  }
  tegata_loop_unref (self->loop);
  g_object_unref (self->transport);
  g_free (self->cname);
  g_free (self);
}

void
gateway_publisher_get_stats (GatewayPublisher *self,
                             GatewayKind kind,
                             GatewayPublisherStats *stats)
{
  Flow *flow = &self->flows[kind];

  *stats = flow->stats;
  if (flow->reception != NULL)
  {
    stats->lost = gateway_reception_get_lost (flow->reception);
    stats->jitter_ms = gateway_reception_get_jitter_ms (flow->reception);
  }
}
