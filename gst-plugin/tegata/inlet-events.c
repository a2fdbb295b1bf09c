/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "inlet-private.h"

/*
 * Streams on the source pads are ours: they begin with a stream-start and caps of our
 * own. What says when things happen (segment, gap, flush, end) is net_sink's.
 */

static gboolean
is_of_protection (const char *field)
{
  return g_str_has_prefix (field, "srtp-") || g_str_has_prefix (field, "srtcp-")
         || g_str_has_prefix (field, "mki") || g_str_equal (field, "roc");
}

/* What is known of the packets stays; keys and their use are none of the receiver's
 * business. (transfer full) */
static GstCaps *
plain_caps (GstCaps *caps)
{
  GstStructure *structure = gst_caps_get_structure (caps, 0);

  if (!gst_structure_has_name (structure, "application/x-rtp")
      && !gst_structure_has_name (structure, "application/x-srtp"))
  {
    return gst_caps_new_empty_simple ("application/x-rtp");
  }
  structure = gst_structure_copy (structure);
  gst_structure_set_name (structure, "application/x-rtp");
  for (int i = gst_structure_n_fields (structure) - 1; i >= 0; i--)
  {
    g_autofree char *field
        = g_strdup (gst_structure_nth_field_name (structure, (guint) i));

    if (is_of_protection (field))
    {
      gst_structure_remove_field (structure, field);
    }
  }
  return gst_caps_new_full (structure, NULL);
}

static void
take_caps (GstTegataInlet *self, GstEvent *event)
{
  g_autoptr (GstCaps) plain = NULL;
  g_autoptr (GstEvent) plain_event = NULL;
  GstCaps *caps;

  if (self->rtp_src == NULL)
  {
    return;
  }
  gst_event_parse_caps (event, &caps);
  plain = plain_caps (caps);
  plain_event = gst_event_new_caps (plain);
  gst_pad_store_sticky_event (self->rtp_src, plain_event);
}

static void
store_segment (GstTegataInlet *self, const GstSegment *segment)
{
  if (self->rtp_src != NULL)
  {
    gst_tegata_pads_store_segment (self->rtp_src, segment);
  }
  if (self->rtcp_src != NULL)
  {
    gst_tegata_pads_store_segment (self->rtcp_src, segment);
  }
  /* in one with data_src, which may be requested at the same time */
  GST_OBJECT_LOCK (self->element);
  self->segment = *segment;
  if (self->data_src != NULL)
  {
    gst_tegata_pads_store_segment (self->data_src, segment);
  }
  GST_OBJECT_UNLOCK (self->element);
}

static void
take_segment (GstTegataInlet *self, GstEvent *event)
{
  GstSegment segment;

  gst_event_copy_segment (event, &segment);
  if (segment.format != GST_FORMAT_TIME)
  {
    gst_segment_init (&segment, GST_FORMAT_TIME);
  }
  store_segment (self, &segment);
}

static GstSegment
get_segment (GstTegataInlet *self)
{
  GstSegment segment;

  GST_OBJECT_LOCK (self->element);
  segment = self->segment;
  GST_OBJECT_UNLOCK (self->element);
  return segment;
}

void
gst_tegata_inlet_begin (GstTegataInlet *self, GstPad *pad)
{
  GstSegment segment = get_segment (self);
  g_autoptr (GstCaps) caps = NULL;

  if (pad == self->rtp_src)
  {
    caps = gst_caps_new_empty_simple ("application/x-rtp");
  }
  else if (pad == self->rtcp_src)
  {
    caps = gst_caps_new_empty_simple ("application/x-rtcp");
  }
  gst_tegata_pads_begin (pad, self->group_id, caps, &segment);
}

void
gst_tegata_inlet_begin_anew (GstTegataInlet *self, GstPad *pad)
{
  GstSegment segment = get_segment (self);

  if (!gst_tegata_pads_has_ended (self->net_sink))
  {
    gst_tegata_pads_begin_anew (pad, self->group_id, &segment);
  }
}

/* net_sink's stream begins: those that ended with the last one do too. */
static void
begin_all_anew (GstTegataInlet *self)
{
  GstSegment segment = get_segment (self);
  GstPad *data_src = gst_tegata_inlet_ref_data_src (self);

  if (self->rtp_src != NULL)
  {
    gst_tegata_pads_begin_anew (self->rtp_src, self->group_id, &segment);
  }
  if (self->rtcp_src != NULL)
  {
    gst_tegata_pads_begin_anew (self->rtcp_src, self->group_id, &segment);
  }
  if (data_src != NULL)
  {
    gst_tegata_pads_begin_anew (data_src, self->group_id, &segment);
    gst_object_unref (data_src);
  }
}

static void
tell_net_ended (GstTegataInlet *self, gboolean has_ended)
{
  if (self->net_ended != NULL)
  {
    self->net_ended (self->element, has_ended);
  }
}

gboolean
gst_tegata_inlet_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  GstTegataInlet *self = gst_pad_get_element_private (pad);
  GstSegment segment;
  gboolean is_handled;

  switch (GST_EVENT_TYPE (event))
  {
  case GST_EVENT_STREAM_START:
    begin_all_anew (self);
    tell_net_ended (self, FALSE);
    break;
  case GST_EVENT_EOS:
    is_handled = gst_pad_event_default (pad, parent, event);
    tell_net_ended (self, TRUE);
    return is_handled;
  case GST_EVENT_CAPS:
    take_caps (self, event);
    break;
  case GST_EVENT_SEGMENT:
    take_segment (self, event);
    break;
  case GST_EVENT_FLUSH_STOP:
    is_handled = gst_pad_event_default (pad, parent, event);
    /* which the flush took away; the worker may push before there is another one */
    gst_segment_init (&segment, GST_FORMAT_TIME);
    store_segment (self, &segment);
    return is_handled;
  default:
    return gst_pad_event_default (pad, parent, event);
  }
  gst_event_unref (event);
  return TRUE;
}
