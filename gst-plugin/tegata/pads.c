/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pads.h"

/* For gst_iterator_filter(): 0 for those that are to stay. */
static gint
is_not_linked (gconstpointer item, gconstpointer user_data)
{
  GstPad *pad = g_value_get_object (user_data);
  GstPad *other = g_value_get_object (item);

  return gst_pad_get_element_private (other) == gst_pad_get_element_private (pad) ? 0 : 1;
}

static GstIterator *
iterate_linked (GstPad *pad, GstObject *parent)
{
  g_auto (GValue) value = G_VALUE_INIT;
  GstIterator *all = NULL;

  if (GST_PAD_IS_SRC (pad))
  {
    all = gst_element_iterate_sink_pads (GST_ELEMENT_CAST (parent));
  }
  else
  {
    all = gst_element_iterate_src_pads (GST_ELEMENT_CAST (parent));
  }
  g_value_init (&value, GST_TYPE_PAD);
  g_value_set_object (&value, pad);
  return gst_iterator_filter (all, is_not_linked, &value);
}

void
gst_tegata_pads_join (GstPad *pad, gpointer half)
{
  gst_pad_set_element_private (pad, half);
  gst_pad_set_iterate_internal_links_function (pad, GST_DEBUG_FUNCPTR (iterate_linked));
}

GstPad *
gst_tegata_pads_new (GstPadTemplate *templ, gpointer half)
{
  GstPad *pad = gst_pad_new_from_template (templ, GST_PAD_TEMPLATE_NAME_TEMPLATE (templ));

  gst_tegata_pads_join (pad, half);
  return pad;
}

void
gst_tegata_pads_store_segment (GstPad *pad, const GstSegment *segment)
{
  g_autoptr (GstEvent) event = gst_event_new_segment (segment);

  gst_pad_store_sticky_event (pad, event);
}

static void
store_stream_start (GstPad *pad, guint group_id)
{
  g_autofree char *id
      = g_strdup_printf ("%08x%08x%08x%08x/%s", g_random_int (), g_random_int (),
                         g_random_int (), g_random_int (), GST_PAD_NAME (pad));
  g_autoptr (GstEvent) event = gst_event_new_stream_start (id);

  gst_event_set_group_id (event, group_id);
  gst_pad_store_sticky_event (pad, event);
}

void
gst_tegata_pads_begin (GstPad *pad,
                       guint group_id,
                       GstCaps *caps,
                       const GstSegment *segment)
{
  store_stream_start (pad, group_id);
  if (caps != NULL)
  {
    g_autoptr (GstEvent) event = gst_event_new_caps (caps);

    gst_pad_store_sticky_event (pad, event);
  }
  gst_tegata_pads_store_segment (pad, segment);
}

gboolean
gst_tegata_pads_has_ended (GstPad *pad)
{
  gboolean has_ended;

  GST_OBJECT_LOCK (pad);
  has_ended = GST_PAD_IS_EOS (pad);
  GST_OBJECT_UNLOCK (pad);
  return has_ended;
}

void
gst_tegata_pads_begin_anew (GstPad *pad, guint group_id, const GstSegment *segment)
{
  if (!gst_tegata_pads_has_ended (pad))
  {
    return;
  }
  store_stream_start (pad, group_id);
  gst_tegata_pads_store_segment (pad, segment);
}
