/* SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-dtlssrtpdemux
 * @title: dtlssrtpdemux
 * @short_description: tells DTLS from SRTP
 * @see_also: dtlsdec, dtlssrtpdec
 *
 * Sorts the datagrams of one socket by their first two bytes (RFC 7983 as updated by RFC
 * 9443): SRTP and SRTCP go to rtp_src, DTLS to dtls_src, anything else is dropped.
 * dtlssrtpdec needs no such element: it does this itself.
 *
 * |[
 * gst-launch-1.0 udpsrc port=5000 ! dtlssrtpdemux name=demux \
 *   demux.rtp_src ! fakesink demux.dtls_src ! fakesink dump=true
 * ]|
 */

#include "dtlssrtpdemux.h"

#include "common.h"

#include <gst/base/gstflowcombiner.h>

struct _GstTegataDtlsSrtpDemux
{
  GstElement parent_instance;

  GstPad *sink;
  GstPad *rtp_src;
  GstPad *dtls_src;
  GstFlowCombiner *combiner; /* streaming thread */
};

static GstStaticPadTemplate sink_template
    = GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);
static GstStaticPadTemplate rtp_src_template = GST_STATIC_PAD_TEMPLATE (
    "rtp_src",
    GST_PAD_SRC,
    GST_PAD_ALWAYS,
    GST_STATIC_CAPS ("application/x-rtp; application/x-rtcp; application/x-srtp; "
                     "application/x-srtcp"));
static GstStaticPadTemplate dtls_src_template
    = GST_STATIC_PAD_TEMPLATE ("dtls_src",
                               GST_PAD_SRC,
                               GST_PAD_ALWAYS,
                               GST_STATIC_CAPS ("application/x-dtls"));

G_DEFINE_TYPE (GstTegataDtlsSrtpDemux, gst_tegata_dtls_srtp_demux, GST_TYPE_ELEMENT)
GST_ELEMENT_REGISTER_DEFINE (dtlssrtpdemux,
                             "dtlssrtpdemux",
                             GST_RANK_NONE,
                             GST_TYPE_TEGATA_DTLS_SRTP_DEMUX)

/* NULL: to nobody */
static GstPad *
choose_pad (GstTegataDtlsSrtpDemux *self, GstBuffer *buffer)
{
  guint8 head[2];
  gsize len = gst_buffer_extract (buffer, 0, head, sizeof head);

  switch (tegata_packet_classify (head, len))
  {
  case TEGATA_PACKET_DTLS:
    return self->dtls_src;
  case TEGATA_PACKET_RTP:
  case TEGATA_PACKET_RTCP:
    return self->rtp_src;
  case TEGATA_PACKET_UNKNOWN:
  case TEGATA_PACKET_STUN:
  case TEGATA_PACKET_ZRTP:
  case TEGATA_PACKET_TURN_CHANNEL:
  case TEGATA_PACKET_QUIC:
  default:
    GST_LOG_OBJECT (self, "neither DTLS nor SRTP: %" GST_PTR_FORMAT, (gpointer) buffer);
    return NULL;
  }
}

static GstFlowReturn
gst_tegata_dtls_srtp_demux_chain (G_GNUC_UNUSED GstPad *pad,
                                  GstObject *parent,
                                  GstBuffer *buffer)
{
  GstTegataDtlsSrtpDemux *self = GST_TEGATA_DTLS_SRTP_DEMUX (parent);
  GstPad *chosen = choose_pad (self, buffer);

  if (chosen == NULL)
  {
    gst_buffer_unref (buffer);
    return GST_FLOW_OK;
  }
  return gst_flow_combiner_update_pad_flow (self->combiner, chosen,
                                            gst_pad_push (chosen, buffer));
}

typedef struct
{
  GstTegataDtlsSrtpDemux *demux;
  GstBufferList *rtp;  /* NULL while there is none */
  GstBufferList *dtls; /* likewise */
} Sorting;

/* Moves the buffers, so that none has two owners, and is writable further down. */
static gboolean
sort_one (GstBuffer **buffer, G_GNUC_UNUSED guint index, gpointer data)
{
  Sorting *sorting = data;
  GstPad *chosen = choose_pad (sorting->demux, *buffer);
  GstBufferList **list;

  if (chosen == NULL)
  {
    gst_clear_buffer (buffer);
    return TRUE;
  }
  list = chosen == sorting->demux->rtp_src ? &sorting->rtp : &sorting->dtls;
  if (*list == NULL)
  {
    *list = gst_buffer_list_new ();
  }
  gst_buffer_list_add (*list, g_steal_pointer (buffer));
  return TRUE;
}

static GstFlowReturn
push_list (GstTegataDtlsSrtpDemux *self, GstPad *pad, GstBufferList *list)
{
  if (list == NULL)
  {
    return GST_FLOW_OK;
  }
  return gst_flow_combiner_update_pad_flow (self->combiner, pad,
                                            gst_pad_push_list (pad, list));
}

static GstFlowReturn
gst_tegata_dtls_srtp_demux_chain_list (G_GNUC_UNUSED GstPad *pad,
                                       GstObject *parent,
                                       GstBufferList *list)
{
  GstTegataDtlsSrtpDemux *self = GST_TEGATA_DTLS_SRTP_DEMUX (parent);
  Sorting sorting = { .demux = self };
  GstFlowReturn dtls_flow;
  GstFlowReturn rtp_flow;

  list = gst_buffer_list_make_writable (list);
  gst_buffer_list_foreach (list, sort_one, &sorting);
  gst_buffer_list_unref (list);

  /* first what brings the keys for the other */
  dtls_flow = push_list (self, self->dtls_src, sorting.dtls);
  rtp_flow = push_list (self, self->rtp_src, sorting.rtp);
  return sorting.rtp != NULL ? rtp_flow : dtls_flow;
}

/* Two streams of one group, where one came in. */
static void
begin_stream (GstTegataDtlsSrtpDemux *self, GstPad *pad, guint group_id)
{
  g_autofree char *id
      = gst_pad_create_stream_id (pad, GST_ELEMENT (self), GST_PAD_NAME (pad));
  GstEvent *event = gst_event_new_stream_start (id);

  gst_event_set_group_id (event, group_id);
  gst_pad_push_event (pad, event);
}

static gboolean
begin_streams (GstTegataDtlsSrtpDemux *self, GstEvent *event)
{
  guint group_id;

  if (!gst_event_parse_group_id (event, &group_id))
  {
    group_id = gst_util_group_id_next ();
  }
  gst_event_unref (event);
  begin_stream (self, self->rtp_src, group_id);
  begin_stream (self, self->dtls_src, group_id);
  return TRUE;
}

/* Whoever sends says what it is as a whole; here it becomes two. */
static gboolean
forward_caps (GstTegataDtlsSrtpDemux *self, GstEvent *event)
{
  g_autoptr (GstCaps) dtls = gst_caps_new_empty_simple ("application/x-dtls");
  g_autoptr (GstCaps) possible = gst_pad_get_pad_template_caps (self->rtp_src);
  GstCaps *caps = NULL;
  gboolean is_taken = TRUE;

  gst_event_parse_caps (event, &caps);
  if (gst_caps_can_intersect (caps, possible))
  {
    is_taken = gst_pad_push_event (self->rtp_src, gst_event_ref (event));
  }
  gst_pad_push_event (self->dtls_src, gst_event_new_caps (dtls));
  gst_event_unref (event);
  return is_taken;
}

static gboolean
gst_tegata_dtls_srtp_demux_sink_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  GstTegataDtlsSrtpDemux *self = GST_TEGATA_DTLS_SRTP_DEMUX (parent);

  if (GST_EVENT_TYPE (event) == GST_EVENT_STREAM_START)
  {
    return begin_streams (self, event);
  }
  if (GST_EVENT_TYPE (event) == GST_EVENT_CAPS)
  {
    return forward_caps (self, event);
  }
  if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP)
  {
    gst_flow_combiner_reset (self->combiner);
  }
  return gst_pad_event_default (pad, parent, event);
}

static GstStateChangeReturn
gst_tegata_dtls_srtp_demux_change_state (GstElement *element, GstStateChange transition)
{
  GstTegataDtlsSrtpDemux *self = GST_TEGATA_DTLS_SRTP_DEMUX (element);

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED)
  {
    gst_flow_combiner_reset (self->combiner);
  }
  return GST_ELEMENT_CLASS (gst_tegata_dtls_srtp_demux_parent_class)
      ->change_state (element, transition);
}

static void
gst_tegata_dtls_srtp_demux_finalize (GObject *object)
{
  gst_flow_combiner_free (GST_TEGATA_DTLS_SRTP_DEMUX (object)->combiner);
  G_OBJECT_CLASS (gst_tegata_dtls_srtp_demux_parent_class)->finalize (object);
}

static void
gst_tegata_dtls_srtp_demux_class_init (GstTegataDtlsSrtpDemuxClass *klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  gst_tegata_debug_init ();
  G_OBJECT_CLASS (klass)->finalize = gst_tegata_dtls_srtp_demux_finalize;
  element_class->change_state
      = GST_DEBUG_FUNCPTR (gst_tegata_dtls_srtp_demux_change_state);
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &rtp_src_template);
  gst_element_class_add_static_pad_template (element_class, &dtls_src_template);
  gst_element_class_set_static_metadata (
      element_class, "DTLS-SRTP demultiplexer by Tegata", "DTLS/SRTP/Demux",
      "Tells DTLS from SRTP, by the first bytes of a datagram",
      "Tegata developers <tegata@example.org>");
}

static GstPad *
add_src (GstTegataDtlsSrtpDemux *self, GstStaticPadTemplate *templ)
{
  GstPad *pad = gst_pad_new_from_static_template (templ, templ->name_template);

  gst_flow_combiner_add_pad (self->combiner, pad);
  gst_element_add_pad (GST_ELEMENT (self), pad);
  return pad;
}

static void
gst_tegata_dtls_srtp_demux_init (GstTegataDtlsSrtpDemux *self)
{
  self->combiner = gst_flow_combiner_new ();
  self->sink = gst_pad_new_from_static_template (&sink_template, "sink");
  gst_pad_set_chain_function (self->sink,
                              GST_DEBUG_FUNCPTR (gst_tegata_dtls_srtp_demux_chain));
  gst_pad_set_chain_list_function (
      self->sink, GST_DEBUG_FUNCPTR (gst_tegata_dtls_srtp_demux_chain_list));
  gst_pad_set_event_function (self->sink,
                              GST_DEBUG_FUNCPTR (gst_tegata_dtls_srtp_demux_sink_event));
  gst_element_add_pad (GST_ELEMENT (self), self->sink);
  self->rtp_src = add_src (self, &rtp_src_template);
  self->dtls_src = add_src (self, &dtls_src_template);
}
