/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "outlet-private.h"

/*
 * rtp-sync: a packet leaves when the element's clock says its running time. The latency
 * of live sources is not added: their packets are late by it already, and go at once.
 */

static gboolean
is_synced (GstTegataSinkPad *self)
{
  gboolean is_synced;

  if (self->stream != GST_TEGATA_STREAM_RTP)
  {
    return FALSE;
  }
  GST_OBJECT_LOCK (self->outlet->element);
  is_synced = self->outlet->syncs_rtp;
  GST_OBJECT_UNLOCK (self->outlet->element);
  return is_synced;
}

/* (transfer full) (nullable) NULL where there is nothing to wait for. */
static GstClockID
new_clock_id (GstTegataSinkPad *self, GstClockTime time)
{
  GstElement *element = self->outlet->element;
  GstClockTime running_time = gst_tegata_sink_pad_get_running_time (self, time);
  GstClockID id = NULL;

  GST_OBJECT_LOCK (element);
  if (GST_ELEMENT_CLOCK (element) != NULL && GST_CLOCK_TIME_IS_VALID (running_time))
  {
    id = gst_clock_new_single_shot_id (GST_ELEMENT_CLOCK (element),
                                       GST_ELEMENT_CAST (element)->base_time
                                           + running_time);
  }
  GST_OBJECT_UNLOCK (element);
  return id;
}

/* FALSE where it must not wait any more. */
static gboolean
show_clock_id (GstTegataSinkPad *self, GstClockID id)
{
  gboolean may_wait;

  GST_OBJECT_LOCK (self);
  may_wait = !g_atomic_int_get (&self->is_flushing);
  self->clock_id = may_wait ? id : NULL;
  GST_OBJECT_UNLOCK (self);
  return may_wait;
}

GstFlowReturn
gst_tegata_sink_pad_sync (GstTegataSinkPad *self, GstBuffer *buffer)
{
  GstClockReturn result = GST_CLOCK_UNSCHEDULED;
  GstClockID id;

  if (!is_synced (self))
  {
    return GST_FLOW_OK;
  }
  id = new_clock_id (self, GST_BUFFER_DTS_OR_PTS (buffer));
  if (id == NULL)
  {
    return GST_FLOW_OK;
  }
  if (show_clock_id (self, id))
  {
    result = gst_clock_id_wait (id, NULL);
  }
  GST_OBJECT_LOCK (self);
  self->clock_id = NULL;
  GST_OBJECT_UNLOCK (self);
  gst_clock_id_unref (id);
  return result == GST_CLOCK_UNSCHEDULED ? GST_FLOW_FLUSHING : GST_FLOW_OK;
}
