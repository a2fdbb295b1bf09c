/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "inlet-private.h"

#include "packet.h"

/*
 * Datagrams on their way up. Of a list, the RTP packets stay in it where it is writable,
 * RTCP is moved to another, and the rest leaves it. What the association had held comes
 * up in the middle: from then on RTP goes to a list of its own, so that its order stays.
 */

/* On its way up. Lists may be NULL. */
typedef struct
{
  GstTegataInlet *inlet;
  GstBufferList *rtp;
  GstBufferList *rtcp;
  GstBufferList *data;
  gboolean is_closed; /* nothing comes behind it */
} Load;

/* What ends streaming. Unlinked pads, and those that have no more need of it, are nobody
 * else's business: the handshake must go on. */
static GstFlowReturn
keep_fatal (GstFlowReturn flow)
{
  return flow < GST_FLOW_EOS ? flow : GST_FLOW_OK;
}

static GstFlowReturn
worse (GstFlowReturn a, GstFlowReturn b)
{
  return MIN (a, keep_fatal (b));
}

static void
add (GstBufferList **list, GstBuffer *buffer)
{
  if (*list == NULL)
  {
    *list = gst_buffer_list_new ();
  }
  gst_buffer_list_add (*list, buffer);
}

/*
 * A pad that is deactivated forgets what begins its stream, and may do so between the
 * core's look at that and the packet, which would go down without. The pad's stream lock
 * keeps the two apart.
 */
static GstFlowReturn
push (GstPad *pad, GstBuffer *buffer)
{
  GstFlowReturn flow;

  if (pad == NULL)
  {
    gst_buffer_unref (buffer);
    return GST_FLOW_OK;
  }
  GST_PAD_STREAM_LOCK (pad);
  flow = gst_pad_push (pad, buffer);
  GST_PAD_STREAM_UNLOCK (pad);
  return keep_fatal (flow);
}

/* Once a packet has passed, the beginning has too: most need no lock. */
static GstFlowReturn
push_rtp (GstTegataInlet *self, GstBuffer *buffer)
{
  GstFlowReturn flow;

  if (G_LIKELY (g_atomic_int_get (&self->rtp_has_begun)))
  {
    return keep_fatal (gst_pad_push (self->rtp_src, buffer));
  }
  flow = push (self->rtp_src, buffer);
  g_atomic_int_set (&self->rtp_has_begun, self->rtp_src != NULL && flow == GST_FLOW_OK);
  return flow;
}

static GstFlowReturn
push_list (GstPad *pad, GstBufferList *list)
{
  GstFlowReturn flow;

  if (list == NULL)
  {
    return GST_FLOW_OK;
  }
  if (pad == NULL || gst_buffer_list_length (list) == 0)
  {
    gst_buffer_list_unref (list);
    return GST_FLOW_OK;
  }
  GST_PAD_STREAM_LOCK (pad);
  flow = gst_pad_push_list (pad, list);
  GST_PAD_STREAM_UNLOCK (pad);
  return keep_fatal (flow);
}

/* Everything that waits in the association. */
static void
collect (Load *load)
{
  GstTegataAssociation *association = load->inlet->association;
  GstBuffer *buffer = NULL;

  for (;;)
  {
    switch (gst_tegata_association_pop_incoming (association, &buffer))
    {
    case GST_TEGATA_INCOMING_RTP:
      add (&load->rtp, buffer);
      break;
    case GST_TEGATA_INCOMING_RTCP:
      add (&load->rtcp, buffer);
      break;
    case GST_TEGATA_INCOMING_DATA:
      add (&load->data, buffer);
      break;
    case GST_TEGATA_INCOMING_CLOSED:
      load->is_closed = TRUE;
      break;
    case GST_TEGATA_INCOMING_NONE:
    default:
      return;
    }
  }
}

static void
end_pad (GstPad *pad)
{
  if (pad != NULL)
  {
    gst_pad_push_event (pad, gst_event_new_eos ());
  }
}

static void
end (GstTegataInlet *self, GstPad *data_src)
{
  end_pad (data_src);
  if (self->ends_with_association)
  {
    end_pad (self->rtp_src);
    end_pad (self->rtcp_src);
  }
}

static GstFlowReturn
unload (Load *load)
{
  GstTegataInlet *self = load->inlet;
  GstFlowReturn flow = push_list (self->rtp_src, load->rtp);

  flow = worse (flow, push_list (self->rtcp_src, load->rtcp));
  if (load->data != NULL || load->is_closed)
  {
    GstPad *data_src = gst_tegata_inlet_ref_data_src (self);

    if (load->data != NULL && data_src != NULL)
    {
      /* an association that ended may have been followed by another one */
      gst_tegata_inlet_begin_anew (self, data_src);
    }
    flow = worse (flow, push_list (data_src, load->data));
    if (load->is_closed)
    {
      end (self, data_src);
    }
    gst_clear_object (&data_src);
  }
  return flow;
}

GstFlowReturn
gst_tegata_inlet_push_incoming (GstTegataInlet *self)
{
  Load load = { .inlet = self };

  if (self->association == NULL)
  {
    return GST_FLOW_OK;
  }
  collect (&load);
  return unload (&load);
}

GstFlowReturn
gst_tegata_inlet_chain (GstPad *pad, G_GNUC_UNUSED GstObject *parent, GstBuffer *buffer)
{
  GstTegataInlet *self = gst_pad_get_element_private (pad);

  if (G_UNLIKELY (self->association == NULL))
  {
    gst_buffer_unref (buffer);
    return GST_FLOW_OK;
  }
  switch (gst_tegata_packet_receive (&buffer, self->association))
  {
  case TEGATA_RECEIVED_RTP:
    return push_rtp (self, buffer);
  case TEGATA_RECEIVED_RTCP:
    return push (self->rtcp_src, buffer);
  case TEGATA_RECEIVED_NOTHING:
  default:
    gst_buffer_unref (buffer);
    return gst_tegata_inlet_push_incoming (self);
  }
}

/* A GstBufferListFunc: what is not to stay in the list is taken out. */
static gboolean
sort (GstBuffer **buffer, G_GNUC_UNUSED guint index, gpointer user_data)
{
  Load *load = user_data;

  switch (gst_tegata_packet_receive (buffer, load->inlet->association))
  {
  case TEGATA_RECEIVED_RTP:
    if (load->rtp != NULL)
    {
      add (&load->rtp, g_steal_pointer (buffer));
    }
    break;
  case TEGATA_RECEIVED_RTCP:
    add (&load->rtcp, g_steal_pointer (buffer));
    break;
  case TEGATA_RECEIVED_NOTHING:
  default:
    gst_clear_buffer (buffer);
    collect (load);
    break;
  }
  return TRUE;
}

GstFlowReturn
gst_tegata_inlet_chain_list (GstPad *pad,
                             G_GNUC_UNUSED GstObject *parent,
                             GstBufferList *list)
{
  GstTegataInlet *self = gst_pad_get_element_private (pad);
  Load load = { .inlet = self };
  GstFlowReturn flow;

  if (G_UNLIKELY (self->association == NULL))
  {
    gst_buffer_list_unref (list);
    return GST_FLOW_OK;
  }
  list = gst_buffer_list_make_writable (list);
  gst_buffer_list_foreach (list, sort, &load);
  flow = push_list (self->rtp_src, list);
  return worse (flow, unload (&load));
}
