/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "outlet-private.h"

static gboolean
is_any_in_flush (GstTegataOutlet *self)
{
  gboolean is_any = FALSE;

  GST_OBJECT_LOCK (self->element);
  for (GList *l = self->element->sinkpads; l != NULL && !is_any; l = l->next)
  {
    is_any = gst_pad_get_element_private (l->data) == self
             && GST_TEGATA_SINK_PAD (l->data)->is_in_flush;
  }
  GST_OBJECT_UNLOCK (self->element);
  return is_any;
}

/*
 * A flush of one source flushes what lies below net_src, and so loses packets of another
 * one. It must not learn that as FLUSHING, because it would stop, and nobody would tell
 * it to go on: its own pad was never flushed.
 */
static GstFlowReturn
hide_flush_of_others (GstTegataSinkPad *pad, GstFlowReturn flow, int serial)
{
  GstTegataOutlet *outlet = pad->outlet;

  if (flow != GST_FLOW_FLUSHING || g_atomic_int_get (&pad->is_flushing)
      || !g_atomic_int_get (&outlet->is_active))
  {
    return flow;
  }
  if (g_atomic_int_get (&outlet->flush_serial) != serial || is_any_in_flush (outlet))
  {
    return GST_FLOW_OK;
  }
  return flow;
}

GstFlowReturn
gst_tegata_outlet_push (GstTegataSinkPad *pad, GstBuffer *buffer)
{
  GstTegataOutlet *outlet = pad->outlet;
  int serial = g_atomic_int_get (&outlet->flush_serial);
  GstFlowReturn flow;

  GST_PAD_STREAM_LOCK (outlet->net_src);
  flow = gst_pad_push (outlet->net_src, buffer);
  GST_PAD_STREAM_UNLOCK (outlet->net_src);
  return hide_flush_of_others (pad, flow, serial);
}

GstFlowReturn
gst_tegata_outlet_push_list (GstTegataSinkPad *pad, GstBufferList *list)
{
  GstTegataOutlet *outlet = pad->outlet;
  int serial = g_atomic_int_get (&outlet->flush_serial);
  GstFlowReturn flow;

  GST_PAD_STREAM_LOCK (outlet->net_src);
  flow = gst_pad_push_list (outlet->net_src, list);
  GST_PAD_STREAM_UNLOCK (outlet->net_src);
  return hide_flush_of_others (pad, flow, serial);
}

static gboolean
is_closed (GstTegataOutlet *self)
{
  GstTegataFacts facts;

  gst_tegata_association_get_facts (self->association, &facts);
  return facts.state == TEGATA_STATE_CLOSED;
}

/* An end that waited in the queue may have been overtaken by a new beginning, unless all
 * is over; and it may have been said twice, by the sinks and by the association. */
static void
push_event (GstTegataOutlet *self, GstEvent *event)
{
  gboolean is_end = GST_EVENT_TYPE (event) == GST_EVENT_EOS;

  if (is_end
      && (gst_tegata_pads_has_ended (self->net_src)
          || (!gst_tegata_outlet_has_ended (self) && !is_closed (self))))
  {
    gst_event_unref (event);
    return;
  }
  gst_pad_push_event (self->net_src, event);
}

GstFlowReturn
gst_tegata_outlet_drain (GstTegataOutlet *self)
{
  GstFlowReturn flow = GST_FLOW_OK;
  GstMiniObject *object;

  GST_PAD_STREAM_LOCK (self->net_src);
  while ((object = gst_tegata_association_pop_outgoing (self->association)) != NULL)
  {
    if (GST_IS_EVENT (object))
    {
      push_event (self, GST_EVENT_CAST (object));
    }
    else
    {
      /* what is lost of a handshake is sent again */
      flow = gst_pad_push (self->net_src, GST_BUFFER_CAST (object));
    }
  }
  GST_PAD_STREAM_UNLOCK (self->net_src);
  return flow;
}

GstFlowReturn
gst_tegata_outlet_drain_for (GstTegataSinkPad *pad)
{
  int serial = g_atomic_int_get (&pad->outlet->flush_serial);

  return hide_flush_of_others (pad, gst_tegata_outlet_drain (pad->outlet), serial);
}
