/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "inlet-private.h"

/*
 * Who pushes: the thread of net_sink, and the worker, for what comes up without a
 * datagram (a fingerprint that came late lets held media through). Both hold net_sink's
 * stream lock and no mutex. How they end: the core deactivates source pads first, which
 * wakes who is blocked on them, then net_sink, which waits for its stream lock; only then
 * the element calls stop(). That does not wait for the worker: where a signal handler on
 * net_sink's thread stops the element, the worker waits for this very thread. What it
 * finds to push afterwards meets pads that take nothing. A released data_src is kept
 * alive by who pushes on it.
 */

static GQuark
inlet_quark (void)
{
  return g_quark_from_static_string ("gst-tegata-inlet");
}

static void
work (gpointer owner)
{
  GstTegataInlet *self = g_object_get_qdata (owner, inlet_quark ());

  GST_PAD_STREAM_LOCK (self->net_sink);
  gst_tegata_inlet_push_incoming (self);
  GST_PAD_STREAM_UNLOCK (self->net_sink);
}

static gboolean
activate_src (GstPad *pad,
              G_GNUC_UNUSED GstObject *parent,
              GstPadMode mode,
              gboolean active)
{
  GstTegataInlet *self = gst_pad_get_element_private (pad);

  if (mode != GST_PAD_MODE_PUSH)
  {
    return FALSE;
  }
  if (active)
  {
    gst_tegata_inlet_begin (self, pad);
  }
  if (pad == self->rtp_src)
  {
    g_atomic_int_set (&self->rtp_has_begun, FALSE);
  }
  return TRUE;
}

static GstPad *
new_src (GstTegataInlet *self, GstPadTemplate *templ)
{
  GstPad *pad = gst_tegata_pads_new (templ, self);

  gst_pad_set_activatemode_function (pad, GST_DEBUG_FUNCPTR (activate_src));
  return pad;
}

static void
add_net_sink (GstTegataInlet *self, GstPadTemplate *templ)
{
  self->net_sink = gst_tegata_pads_new (templ, self);
  gst_pad_set_chain_function (self->net_sink, GST_DEBUG_FUNCPTR (gst_tegata_inlet_chain));
  gst_pad_set_chain_list_function (self->net_sink,
                                   GST_DEBUG_FUNCPTR (gst_tegata_inlet_chain_list));
  gst_pad_set_event_function (self->net_sink, GST_DEBUG_FUNCPTR (gst_tegata_inlet_event));
  gst_element_add_pad (self->element, self->net_sink);
}

void
gst_tegata_inlet_init (GstTegataInlet *self,
                       GstElement *element,
                       GstPadTemplate *net_template,
                       GstPadTemplate *rtp_template,
                       GstPadTemplate *rtcp_template)
{
  self->element = element;
  self->group_id = gst_util_group_id_next ();
  gst_segment_init (&self->segment, GST_FORMAT_TIME);
  g_object_set_qdata (G_OBJECT (element), inlet_quark (), self);
  gst_tegata_worker_init (&self->worker, element, work);

  add_net_sink (self, net_template);
  if (rtp_template != NULL)
  {
    self->rtp_src = new_src (self, rtp_template);
    gst_element_add_pad (element, self->rtp_src);
  }
  if (rtcp_template != NULL)
  {
    self->rtcp_src = new_src (self, rtcp_template);
    gst_element_add_pad (element, self->rtcp_src);
  }
}

void
gst_tegata_inlet_clear (GstTegataInlet *self)
{
  gst_clear_object (&self->association);
  gst_tegata_worker_clear (&self->worker);
}

void
gst_tegata_inlet_set_association (GstTegataInlet *self, GstTegataAssociation *association)
{
  g_set_object (&self->association, association);
}

GstPad *
gst_tegata_inlet_ref_data_src (GstTegataInlet *self)
{
  GstPad *pad = NULL;

  GST_OBJECT_LOCK (self->element);
  if (self->data_src != NULL)
  {
    pad = gst_object_ref (self->data_src);
  }
  GST_OBJECT_UNLOCK (self->element);
  return pad;
}

/* FALSE where there is one. */
static gboolean
reserve_data_src (GstTegataInlet *self)
{
  gboolean is_free;

  GST_OBJECT_LOCK (self->element);
  is_free = !self->has_data_src;
  self->has_data_src = TRUE;
  GST_OBJECT_UNLOCK (self->element);
  return is_free;
}

GstPad *
gst_tegata_inlet_request_data (GstTegataInlet *self,
                               GstPadTemplate *data_template,
                               G_GNUC_UNUSED const char *name)
{
  GstPad *pad;

  if (!reserve_data_src (self))
  {
    return NULL;
  }
  pad = new_src (self, data_template);
  gst_element_add_pad (self->element, pad);

  /* Only now, for its stream must have begun before a segment can follow. One that came
   * meanwhile is here. */
  GST_OBJECT_LOCK (self->element);
  self->data_src = pad;
  gst_tegata_pads_store_segment (pad, &self->segment);
  GST_OBJECT_UNLOCK (self->element);
  return pad;
}

void
gst_tegata_inlet_release_data (GstTegataInlet *self, GstPad *pad)
{
  GST_OBJECT_LOCK (self->element);
  self->data_src = NULL;
  GST_OBJECT_UNLOCK (self->element);

  gst_pad_set_active (pad, FALSE);
  gst_element_remove_pad (self->element, pad);

  GST_OBJECT_LOCK (self->element);
  self->has_data_src = FALSE;
  GST_OBJECT_UNLOCK (self->element);
}

void
gst_tegata_inlet_start (GstTegataInlet *self)
{
  gst_tegata_worker_start (&self->worker);
  /* for what was said before it could hear */
  gst_tegata_worker_ask (&self->worker);
}

void
gst_tegata_inlet_stop (GstTegataInlet *self)
{
  gst_tegata_worker_dismiss (&self->worker);
  GST_OBJECT_LOCK (self->element);
  gst_segment_init (&self->segment, GST_FORMAT_TIME);
  GST_OBJECT_UNLOCK (self->element);
}

void
gst_tegata_inlet_deliver (GstTegataInlet *self)
{
  gst_tegata_worker_ask (&self->worker);
}
