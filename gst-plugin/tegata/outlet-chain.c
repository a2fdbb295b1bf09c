/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "outlet-private.h"

#include "packet.h"
#include "properties.h"

/* net_src has one segment for all, so a packet carries its running time. */
static void
stamp (GstTegataSinkPad *self, GstBuffer *buffer)
{
  GST_BUFFER_PTS (buffer)
      = gst_tegata_sink_pad_get_running_time (self, GST_BUFFER_PTS (buffer));
  GST_BUFFER_DTS (buffer)
      = gst_tegata_sink_pad_get_running_time (self, GST_BUFFER_DTS (buffer));
}

static TegataSrtpOutcome
protect (GstTegataSinkPad *self, GstBuffer **buffer)
{
  return gst_tegata_packet_protect (buffer, self->outlet->association,
                                    self->stream == GST_TEGATA_STREAM_RTCP);
}

/* Connected, and no keys: the peer, or "profiles", wants no media. */
static void
warn_of_no_profile (GstTegataSinkPad *self)
{
  GstTegataFacts facts;

  gst_tegata_association_get_facts (self->outlet->association, &facts);
  if (facts.state == TEGATA_STATE_CONNECTED && !self->has_warned)
  {
    self->has_warned = TRUE;
    gst_tegata_post_no_profile (self->outlet->element);
  }
}

/* Only where it is not connected does it ask why. FALSE for what cannot be sent. */
static gboolean
protect_when_connected (GstTegataSinkPad *self, GstBuffer **buffer)
{
  TegataSrtpOutcome outcome = protect (self, buffer);

  if (outcome == TEGATA_SRTP_NO_KEYS && gst_tegata_sink_pad_may_send (self))
  {
    outcome = protect (self, buffer);
    if (outcome == TEGATA_SRTP_NO_KEYS)
    {
      warn_of_no_profile (self);
    }
  }
  if (outcome != TEGATA_SRTP_OK)
  {
    GST_LOG_OBJECT (self, "drops a packet: %s", tegata_srtp_outcome_to_string (outcome));
    return FALSE;
  }
  stamp (self, *buffer);
  return TRUE;
}

/* What became of packets that were dropped: a flush is told upwards, a loss is not. */
static GstFlowReturn
flow_of_dropped (GstTegataSinkPad *self)
{
  return g_atomic_int_get (&self->is_flushing) ? GST_FLOW_FLUSHING : GST_FLOW_OK;
}

/* An active pad of an element that is not, by when it was requested, refuses all. */
static gboolean
may_stream (GstTegataSinkPad *self)
{
  return g_atomic_int_get (&self->outlet->is_active) && self->outlet->association != NULL;
}

GstFlowReturn
gst_tegata_outlet_chain (GstPad *pad, G_GNUC_UNUSED GstObject *parent, GstBuffer *buffer)
{
  GstTegataSinkPad *self = GST_TEGATA_SINK_PAD (pad);
  GstFlowReturn flow = GST_FLOW_FLUSHING;

  if (may_stream (self))
  {
    flow = gst_tegata_sink_pad_sync (self, buffer);
  }
  if (flow == GST_FLOW_OK && protect_when_connected (self, &buffer))
  {
    return gst_tegata_outlet_push (self, buffer);
  }
  gst_buffer_unref (buffer);
  return MIN (flow, flow_of_dropped (self));
}

/* A GstBufferListFunc: what cannot be sent leaves the list. */
static gboolean
protect_in_list (GstBuffer **buffer, G_GNUC_UNUSED guint index, gpointer user_data)
{
  if (!protect_when_connected (user_data, buffer))
  {
    gst_clear_buffer (buffer);
  }
  return TRUE;
}

GstFlowReturn
gst_tegata_outlet_chain_list (GstPad *pad,
                              G_GNUC_UNUSED GstObject *parent,
                              GstBufferList *list)
{
  GstTegataSinkPad *self = GST_TEGATA_SINK_PAD (pad);
  GstFlowReturn flow = may_stream (self) ? GST_FLOW_OK : GST_FLOW_FLUSHING;

  if (flow == GST_FLOW_OK && gst_buffer_list_length (list) > 0)
  {
    /* the packets of a list belong together: the first one's time is that of all */
    flow = gst_tegata_sink_pad_sync (self, gst_buffer_list_get (list, 0));
  }
  if (flow == GST_FLOW_OK)
  {
    list = gst_buffer_list_make_writable (list);
    gst_buffer_list_foreach (list, protect_in_list, self);
    if (gst_buffer_list_length (list) > 0)
    {
      return gst_tegata_outlet_push_list (self, list);
    }
  }
  gst_buffer_list_unref (list);
  return MIN (flow, flow_of_dropped (self));
}

static void
warn_of_data (GstTegataSinkPad *self, const GError *error)
{
  if (!g_error_matches (error, TEGATA_ERROR, TEGATA_ERROR_TOO_BIG))
  {
    GST_DEBUG_OBJECT (self, "drops data: %s", error->message);
    return;
  }
  if (!self->has_warned)
  {
    self->has_warned = TRUE;
    GST_ELEMENT_WARNING (
        self->outlet->element, STREAM, FORMAT,
        ("Data is too long for one datagram, and is dropped; send less at a time."),
        ("%s", error->message));
  }
}

static void
send (GstTegataSinkPad *self, GstBuffer *buffer)
{
  g_autoptr (GError) error = NULL;
  GstMapInfo map;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
  {
    GST_WARNING_OBJECT (self, "drops data whose memory cannot be mapped");
    return;
  }
  if (map.size > 0
      && !gst_tegata_association_send_data (self->outlet->association, map.data, map.size,
                                            &error))
  {
    warn_of_data (self, error);
  }
  gst_buffer_unmap (buffer, &map);
}

GstFlowReturn
gst_tegata_outlet_chain_data (GstPad *pad,
                              G_GNUC_UNUSED GstObject *parent,
                              GstBuffer *buffer)
{
  GstTegataSinkPad *self = GST_TEGATA_SINK_PAD (pad);
  GstFlowReturn flow = GST_FLOW_FLUSHING;

  if (may_stream (self) && gst_tegata_sink_pad_may_send (self))
  {
    send (self, buffer);
    flow = gst_tegata_outlet_drain_for (self);
  }
  else if (may_stream (self))
  {
    flow = flow_of_dropped (self);
  }
  gst_buffer_unref (buffer);
  return flow;
}
