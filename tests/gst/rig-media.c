/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rig.h"

#define RTP_LEN 200
#define PAYLOAD_TYPE 96

static const char *const sinks[] = { "rtp_sink_0", "rtcp_sink_0", "data_sink" };
static const char *const caps[]
    = { "application/x-rtp", "application/x-rtcp", "application/octet-stream" };

/* What a harness tells only to an element that it has as a whole. */
static void
begin_stream (GstPad *pad, const char *media_type)
{
  g_autoptr (GstCaps) media_caps = gst_caps_from_string (media_type);
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  g_assert_true (gst_pad_push_event (pad, gst_event_new_stream_start (media_type)));
  g_assert_true (gst_pad_push_event (pad, gst_event_new_caps (media_caps)));
  g_assert_true (gst_pad_push_event (pad, gst_event_new_segment (&segment)));
}

static RigPort *
get_input (RigEnd *end, RigStream stream)
{
  RigPort *port = &end->in[stream];

  if (port->harness == NULL)
  {
    port->pad = gst_element_request_pad_simple (end->sender, sinks[stream]);
    g_assert_nonnull (port->pad);
    port->harness = gst_harness_new_empty ();
    gst_harness_add_element_sink_pad (port->harness, port->pad);
    begin_stream (port->harness->srcpad, caps[stream]);
  }
  return port;
}

GstFlowReturn
rig_end_push (RigEnd *end, RigStream stream, GstBuffer *buffer)
{
  return gst_pad_push (get_input (end, stream)->harness->srcpad, buffer);
}

GstFlowReturn
rig_end_push_list (RigEnd *end, RigStream stream, GstBufferList *list)
{
  return gst_pad_push_list (get_input (end, stream)->harness->srcpad, list);
}

void
rig_end_push_event (RigEnd *end, RigStream stream, GstEvent *event)
{
  g_assert_true (gst_harness_push_event (get_input (end, stream)->harness, event));
}

gboolean
rig_end_is_in_chain (RigEnd *end, RigStream stream)
{
  GstPad *pad = get_input (end, stream)->pad;

  if (!g_rec_mutex_trylock (GST_PAD_GET_STREAM_LOCK (pad)))
  {
    return TRUE;
  }
  GST_PAD_STREAM_UNLOCK (pad);
  return FALSE;
}

static GstPadProbeReturn
answer_latency (G_GNUC_UNUSED GstPad *pad,
                GstPadProbeInfo *info,
                G_GNUC_UNUSED gpointer user_data)
{
  GstQuery *query = gst_pad_probe_info_get_query (info);

  if (GST_QUERY_TYPE (query) != GST_QUERY_LATENCY)
  {
    return GST_PAD_PROBE_OK;
  }
  gst_query_set_latency (query, FALSE, 0, GST_CLOCK_TIME_NONE);
  return GST_PAD_PROBE_HANDLED;
}

void
rig_end_make_unlive (RigEnd *end, RigStream stream)
{
  gst_pad_add_probe (get_input (end, stream)->harness->srcpad,
                     GST_PAD_PROBE_TYPE_QUERY_UPSTREAM | GST_PAD_PROBE_TYPE_PUSH,
                     answer_latency, NULL, NULL);
}

GstBuffer *
rig_end_pull (RigEnd *end, RigStream stream)
{
  GstBuffer *buffer = gst_harness_pull (end->out[stream].harness);

  if (buffer == NULL)
  {
    g_error ("nothing came out of %s of the %s", sinks[stream],
             end == &end->rig->client ? "client" : "server");
  }
  return buffer;
}

void
rig_end_assert_receives (RigEnd *end, RigStream stream, GstBuffer *expected)
{
  g_autoptr (GstBuffer) buffer = rig_end_pull (end, stream);
  GstMapInfo got, wanted;

  g_assert_true (gst_buffer_map (buffer, &got, GST_MAP_READ));
  g_assert_true (gst_buffer_map (expected, &wanted, GST_MAP_READ));
  g_assert_cmpmem (got.data, got.size, wanted.data, wanted.size);
  gst_buffer_unmap (buffer, &got);
  gst_buffer_unmap (expected, &wanted);
  gst_buffer_unref (expected);
}

void
rig_end_assert_silent (RigEnd *end)
{
  for (guint i = 0; i < RIG_N_STREAMS; i++)
  {
    g_assert_cmpuint (gst_harness_buffers_in_queue (end->out[i].harness), ==, 0);
  }
}

static gboolean
has_eos (gconstpointer subject)
{
  RigPort *port = (RigPort *) subject;

  return g_atomic_int_get (&port->n_eos) > 0;
}

void
rig_end_wait_eos (RigEnd *end, RigStream stream)
{
  rig_wait (end->rig, has_eos, &end->out[stream], "an end of stream");
}

typedef struct
{
  Wire *wire;
  guint n;
} MediaQuestion;

static gboolean
has_media (gconstpointer subject)
{
  const MediaQuestion *question = subject;

  return wire_get_counts (question->wire).n_media >= question->n;
}

void
rig_end_wait_media (RigEnd *end, guint n)
{
  MediaQuestion question = { end->wire, n };

  rig_wait (end->rig, has_media, &question, "media on the wire");
}

/* Takes @bytes, and has room behind them, as good payloaders leave it. */
static GstBuffer *
with_room (guint8 *bytes, gsize len, gsize room)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, len + room, NULL);

  gst_buffer_fill (buffer, 0, bytes, len);
  gst_buffer_set_size (buffer, (gssize) len);
  g_free (bytes);
  return buffer;
}

GstBuffer *
rig_rtp (guint32 ssrc, guint payload_type, guint16 sequence)
{
  /* every second one is packed as tightly as it can be */
  gsize room = sequence % 2 == 0 ? 32 : 0;
  gsize len = RTP_LEN + sequence % 7;
  guint8 *bytes = g_malloc0 (len);

  bytes[0] = 0x80;
  bytes[1] = (guint8) payload_type;
  GST_WRITE_UINT16_BE (bytes + 2, sequence);
  GST_WRITE_UINT32_BE (bytes + 4, 3000U * sequence);
  GST_WRITE_UINT32_BE (bytes + 8, ssrc);
  memset (bytes + 12, sequence & 0xff, len - 12);
  return with_room (bytes, len, room);
}

GstBuffer *
rig_rtcp (guint32 ssrc, guint serial)
{
  guint8 *bytes = g_malloc0 (28);

  bytes[0] = 0x80;
  bytes[1] = 200; /* a sender report */
  GST_WRITE_UINT16_BE (bytes + 2, 6);
  GST_WRITE_UINT32_BE (bytes + 4, ssrc);
  GST_WRITE_UINT32_BE (bytes + 20, serial);
  return with_room (bytes, 28, serial % 2 == 0 ? 32 : 0);
}

GstBuffer *
rig_data (guint serial, gsize len)
{
  guint8 *bytes = g_malloc (len);

  memset (bytes, (int) ('a' + serial % 26), len);
  return with_room (bytes, len, 0);
}

static void
assert_media_passes (RigEnd *from, RigEnd *to, guint n)
{
  static guint16 last_sequence;
  guint32 ssrc = GPOINTER_TO_UINT (from);
  guint16 first = last_sequence;

  last_sequence = (guint16) (last_sequence + n);
  for (guint i = 0; i < n; i++)
  {
    guint16 sequence = (guint16) (first + i);

    g_assert_cmpint (rig_end_push (from, RIG_RTP, rig_rtp (ssrc, PAYLOAD_TYPE, sequence)),
                     ==, GST_FLOW_OK);
    g_assert_cmpint (rig_end_push (from, RIG_RTCP, rig_rtcp (ssrc, sequence)), ==,
                     GST_FLOW_OK);
  }
  for (guint i = 0; i < n; i++)
  {
    guint16 sequence = (guint16) (first + i);

    rig_end_assert_receives (to, RIG_RTP, rig_rtp (ssrc, PAYLOAD_TYPE, sequence));
    rig_end_assert_receives (to, RIG_RTCP, rig_rtcp (ssrc, sequence));
  }
}

void
rig_assert_media_passes (Rig *self, guint n)
{
  assert_media_passes (&self->client, &self->server, n);
  assert_media_passes (&self->server, &self->client, n);
}

void
rig_assert_data_passes (Rig *self)
{
  for (guint i = 0; i < 3; i++)
  {
    rig_end_push (&self->client, RIG_DATA, rig_data (i, 100 + i));
    rig_end_assert_receives (&self->server, RIG_DATA, rig_data (i, 100 + i));
    rig_end_push (&self->server, RIG_DATA, rig_data (i + 9, 200 + i));
    rig_end_assert_receives (&self->client, RIG_DATA, rig_data (i + 9, 200 + i));
  }
}

WireVerdict
rig_lose (G_GNUC_UNUSED const guint8 *bytes,
          G_GNUC_UNUSED gsize len,
          G_GNUC_UNUSED guint serial,
          gpointer loss)
{
  RigLoss *self = loss;

  return g_rand_int_range (self->rand, 0, 100) < self->percent ? WIRE_DROP : WIRE_PASS;
}

WireVerdict
rig_drop_all (G_GNUC_UNUSED const guint8 *bytes,
              G_GNUC_UNUSED gsize len,
              G_GNUC_UNUSED guint serial,
              G_GNUC_UNUSED gpointer user_data)
{
  return WIRE_DROP;
}

WireVerdict
rig_drop_first (G_GNUC_UNUSED const guint8 *bytes,
                G_GNUC_UNUSED gsize len,
                guint serial,
                G_GNUC_UNUSED gpointer user_data)
{
  return serial == 0 ? WIRE_DROP : WIRE_PASS;
}

WireVerdict
rig_hold_media (const guint8 *bytes,
                gsize len,
                G_GNUC_UNUSED guint serial,
                G_GNUC_UNUSED gpointer user_data)
{
  return wire_is_media (bytes, len) ? WIRE_HOLD : WIRE_PASS;
}

WireVerdict
rig_hold_first_flight (const guint8 *bytes,
                       gsize len,
                       G_GNUC_UNUSED guint serial,
                       G_GNUC_UNUSED gpointer user_data)
{
  const guint8 handshake = 22;
  const guint8 client_hello = 1;
  const gsize header_len = 13;

  return len > header_len && bytes[0] == handshake && bytes[header_len] == client_hello
             ? WIRE_HOLD
             : WIRE_PASS;
}

/* GStreamer's own macro reads numbers where they are not aligned. */
static guint
read_u16 (const guint8 *bytes)
{
  return (guint) bytes[0] << 8 | bytes[1];
}

WireVerdict
rig_hold_finished (const guint8 *bytes,
                   gsize len,
                   G_GNUC_UNUSED guint serial,
                   G_GNUC_UNUSED gpointer user_data)
{
  const gsize header_len = 13;
  gsize at = 0;

  while (wire_is_dtls (bytes, len) && at + header_len <= len)
  {
    /* a record of epoch 1: behind ChangeCipherSpec */
    if (read_u16 (bytes + at + 3) > 0)
    {
      return WIRE_HOLD;
    }
    at += header_len + read_u16 (bytes + at + 11);
  }
  return WIRE_PASS;
}
