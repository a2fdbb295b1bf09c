/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "outlet-private.h"

G_DEFINE_TYPE (GstTegataSinkPad, gst_tegata_sink_pad, GST_TYPE_PAD)

static void
reset (GstTegataSinkPad *self)
{
  /* what its thread alone uses begins with STREAM_START: this may be another thread */
  g_atomic_int_set (&self->has_dropped, FALSE);
  GST_OBJECT_LOCK (self->outlet->element);
  self->has_ended = FALSE;
  self->is_in_flush = FALSE;
  GST_OBJECT_UNLOCK (self->outlet->element);
  g_atomic_int_set (&self->is_flushing, FALSE);
}

void
gst_tegata_sink_pad_unlock (GstTegataSinkPad *self)
{
  g_autoptr (GstTegataAssociation) association = NULL;
  GstClockID id = NULL;

  GST_OBJECT_LOCK (self);
  g_atomic_int_set (&self->is_flushing, TRUE);
  if (self->clock_id != NULL)
  {
    id = gst_clock_id_ref (self->clock_id);
  }
  GST_OBJECT_UNLOCK (self);

  if (id != NULL)
  {
    gst_clock_id_unschedule (id);
    gst_clock_id_unref (id);
  }
  association = gst_tegata_outlet_ref_association (self->outlet);
  if (association != NULL)
  {
    gst_tegata_association_wake (association);
  }
}

/* The core calls this after the pad refuses data, and before it waits for the thread that
 * streams: the place to end waits, whoever deactivates it, and for whatever reason. */
static gboolean
activate_mode (GstPad *pad,
               G_GNUC_UNUSED GstObject *parent,
               GstPadMode mode,
               gboolean active)
{
  GstTegataSinkPad *self = GST_TEGATA_SINK_PAD (pad);

  if (mode != GST_PAD_MODE_PUSH)
  {
    return FALSE;
  }
  if (active)
  {
    reset (self);
  }
  else
  {
    gst_tegata_sink_pad_unlock (self);
  }
  return TRUE;
}

GstClockTime
gst_tegata_sink_pad_get_running_time (GstTegataSinkPad *self, GstClockTime time)
{
  if (self->segment.format != GST_FORMAT_TIME)
  {
    return GST_CLOCK_TIME_NONE;
  }
  return gst_segment_to_running_time (&self->segment, GST_FORMAT_TIME, time);
}

GstTegataSinkPad *
gst_tegata_sink_pad_new (GstTegataOutlet *outlet,
                         GstPadTemplate *templ,
                         const char *name,
                         GstTegataStream stream)
{
  GstTegataSinkPad *self
      = g_object_new (GST_TYPE_TEGATA_SINK_PAD, "name", name, "direction",
                      GST_PAD_TEMPLATE_DIRECTION (templ), "template", templ, NULL);
  GstPad *pad = GST_PAD (self);

  self->outlet = outlet;
  self->stream = stream;
  gst_tegata_pads_join (pad, outlet);
  gst_pad_set_activatemode_function (pad, GST_DEBUG_FUNCPTR (activate_mode));
  gst_pad_set_event_function (pad, GST_DEBUG_FUNCPTR (gst_tegata_outlet_event));
  if (stream == GST_TEGATA_STREAM_DATA)
  {
    /* lists by the core's default, which takes them apart */
    gst_pad_set_chain_function (pad, GST_DEBUG_FUNCPTR (gst_tegata_outlet_chain_data));
    return self;
  }
  gst_pad_set_chain_function (pad, GST_DEBUG_FUNCPTR (gst_tegata_outlet_chain));
  gst_pad_set_chain_list_function (pad, GST_DEBUG_FUNCPTR (gst_tegata_outlet_chain_list));
  return self;
}

static void
gst_tegata_sink_pad_init (GstTegataSinkPad *self)
{
  gst_segment_init (&self->segment, GST_FORMAT_TIME);
}

static void
gst_tegata_sink_pad_class_init (G_GNUC_UNUSED GstTegataSinkPadClass *klass)
{
}
