/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "outlet-private.h"

/*
 * Many streams come in, and one of datagrams leaves: what describes a stream (its start,
 * caps, segment, tags) stays here, and what happens in time goes on, in net_src's time.
 */

/* Element's object lock. */
static gboolean
is_other_in_flush (GstTegataOutlet *self, GstTegataSinkPad *pad)
{
  for (GList *l = self->element->sinkpads; l != NULL; l = l->next)
  {
    if (l->data != pad && gst_pad_get_element_private (l->data) == self
        && GST_TEGATA_SINK_PAD (l->data)->is_in_flush)
    {
      return TRUE;
    }
  }
  return FALSE;
}

/* Element's object lock. @if_none: what it is where there is no request pad. */
static gboolean
have_all_ended (GstTegataOutlet *self, gboolean if_none)
{
  gboolean have_ended = if_none;

  for (GList *l = self->element->sinkpads; l != NULL; l = l->next)
  {
    if (gst_pad_get_element_private (l->data) != self)
    {
      continue;
    }
    have_ended = GST_TEGATA_SINK_PAD (l->data)->has_ended;
    if (!have_ended)
    {
      return FALSE;
    }
  }
  return have_ended;
}

gboolean
gst_tegata_outlet_has_ended (GstTegataOutlet *self)
{
  gboolean has_ended;

  GST_OBJECT_LOCK (self->element);
  has_ended = have_all_ended (self, FALSE);
  GST_OBJECT_UNLOCK (self->element);
  return has_ended;
}

void
gst_tegata_outlet_begin (GstTegataOutlet *self)
{
  g_autoptr (GstCaps) caps = gst_pad_get_pad_template_caps (self->net_src);
  GstSegment segment;

  /* datagrams have none, unless the template says more than ANY */
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_tegata_pads_begin (self->net_src, self->group_id,
                         gst_caps_is_fixed (caps) ? caps : NULL, &segment);
}

/* A GstElementForeachPadFunc: FALSE where somebody takes what comes in. */
static gboolean
is_idle_src (G_GNUC_UNUSED GstElement *element, GstPad *pad, gpointer user_data)
{
  GstTegataOutlet *self = user_data;

  return pad == self->net_src || !gst_pad_is_linked (pad);
}

static gboolean
has_nothing_to_receive (GstTegataOutlet *self)
{
  return g_atomic_int_get (&self->net_has_ended)
         || gst_element_foreach_src_pad (self->element, is_idle_src, self);
}

/* All have ended. The end waits its turn behind the last datagrams. (transfer full) */
static void
end (GstTegataOutlet *self, GstEvent *event)
{
  g_autoptr (GstTegataAssociation) association = gst_tegata_outlet_ref_association (self);

  if (association == NULL || !g_atomic_int_get (&self->is_active))
  {
    gst_event_unref (event);
    return;
  }
  if (!self->closes_when_all_ended)
  {
    gst_tegata_association_queue_event (association, event);
    return;
  }
  if (has_nothing_to_receive (self))
  {
    gst_tegata_association_close (association);
    gst_tegata_association_queue_event (association, gst_event_ref (event));
  }
  /* Who still receives may have to answer a handshake that is repeated. */
  gst_event_unref (event);
}

void
gst_tegata_outlet_set_net_ended (GstTegataOutlet *self, gboolean has_ended)
{
  gboolean is_over;

  g_atomic_int_set (&self->net_has_ended, has_ended);
  GST_OBJECT_LOCK (self->element);
  is_over = has_ended && have_all_ended (self, TRUE);
  GST_OBJECT_UNLOCK (self->element);
  if (is_over)
  {
    end (self, gst_event_new_eos ());
  }
}

void
gst_tegata_outlet_closed (GstTegataOutlet *self)
{
  g_autoptr (GstTegataAssociation) association = gst_tegata_outlet_ref_association (self);
  GstTegataFacts facts = { .is_open = FALSE };

  if (association != NULL)
  {
    gst_tegata_association_get_facts (association, &facts);
  }
  /* told late, it may have been stopped meanwhile, and opened again */
  if (facts.is_open && facts.state == TEGATA_STATE_CLOSED)
  {
    gst_tegata_association_queue_event (association, gst_event_new_eos ());
  }
}

static void
take_end (GstTegataSinkPad *pad, GstEvent *event)
{
  GstTegataOutlet *self = pad->outlet;
  gboolean is_last;

  if (pad->stream == GST_TEGATA_STREAM_DATA && self->association != NULL)
  {
    gst_tegata_association_close (self->association);
  }
  /* in one step, so that one of two that end at once is the last */
  GST_OBJECT_LOCK (self->element);
  is_last = !pad->has_ended;
  pad->has_ended = TRUE;
  is_last = is_last && have_all_ended (self, FALSE);
  GST_OBJECT_UNLOCK (self->element);
  if (is_last)
  {
    end (self, gst_event_ref (event));
  }
}

static void
take_beginning (GstTegataSinkPad *pad)
{
  GstTegataOutlet *self = pad->outlet;
  GstSegment segment;

  gst_segment_init (&pad->segment, GST_FORMAT_TIME);
  pad->knows_live = FALSE;
  pad->has_warned = FALSE;

  GST_OBJECT_LOCK (self->element);
  pad->has_ended = FALSE;
  GST_OBJECT_UNLOCK (self->element);

  /* looked at without the lock too, which others may hold for long */
  if (gst_tegata_pads_has_ended (self->net_src))
  {
    gst_segment_init (&segment, GST_FORMAT_TIME);
    GST_PAD_STREAM_LOCK (self->net_src);
    gst_tegata_pads_begin_anew (self->net_src, self->group_id, &segment);
    GST_PAD_STREAM_UNLOCK (self->net_src);
  }
}

static gboolean
take_gap (GstTegataSinkPad *pad, GstEvent *event)
{
  g_autoptr (GstEvent) own = NULL;
  GstClockTime time;
  GstClockTime duration;
  gboolean is_sent;

  gst_event_parse_gap (event, &time, &duration);
  time = gst_tegata_sink_pad_get_running_time (pad, time);
  if (!GST_CLOCK_TIME_IS_VALID (time))
  {
    return TRUE;
  }
  own = gst_event_new_gap (time, duration);
  gst_event_set_seqnum (own, gst_event_get_seqnum (event));

  GST_PAD_STREAM_LOCK (pad->outlet->net_src);
  is_sent = gst_pad_push_event (pad->outlet->net_src, g_steal_pointer (&own));
  GST_PAD_STREAM_UNLOCK (pad->outlet->net_src);
  return is_sent;
}

/* Of several pads that are flushed at a time, the first begins the flush of net_src (the
 * core drops what others add) and the last ends it. */
static void
begin_flush (GstTegataSinkPad *pad, GstEvent *event)
{
  GstTegataOutlet *self = pad->outlet;

  GST_OBJECT_LOCK (self->element);
  pad->is_in_flush = TRUE;
  GST_OBJECT_UNLOCK (self->element);

  gst_tegata_sink_pad_unlock (pad);
  g_atomic_int_inc (&self->flush_serial);
  gst_pad_push_event (self->net_src, gst_event_ref (event));
}

/* Nobody may push between the flush and the segment that it took away. */
static void
end_flush_of_net_src (GstTegataOutlet *self, GstEvent *event)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  GST_PAD_STREAM_LOCK (self->net_src);
  gst_pad_push_event (self->net_src, gst_event_ref (event));
  gst_tegata_pads_store_segment (self->net_src, &segment);
  g_atomic_int_inc (&self->flush_serial);
  GST_PAD_STREAM_UNLOCK (self->net_src);
}

static void
end_flush (GstTegataSinkPad *pad, GstEvent *event)
{
  GstTegataOutlet *self = pad->outlet;
  gboolean is_last;

  GST_OBJECT_LOCK (self->element);
  is_last = !is_other_in_flush (self, pad);
  pad->is_in_flush = FALSE;
  pad->has_ended = FALSE;
  GST_OBJECT_UNLOCK (self->element);

  gst_segment_init (&pad->segment, GST_FORMAT_TIME);
  g_atomic_int_set (&pad->is_flushing, FALSE);
  if (is_last)
  {
    end_flush_of_net_src (self, event);
  }
}

void
gst_tegata_outlet_forget (GstTegataOutlet *self, GstTegataSinkPad *pad)
{
  gboolean was_in_flush;
  gboolean is_last_to_end;

  GST_OBJECT_LOCK (self->element);
  was_in_flush = pad->is_in_flush && !is_other_in_flush (self, pad);
  is_last_to_end = !pad->has_ended && have_all_ended (self, FALSE);
  pad->is_in_flush = FALSE;
  GST_OBJECT_UNLOCK (self->element);

  if (was_in_flush && g_atomic_int_get (&self->is_active))
  {
    g_autoptr (GstEvent) stop = gst_event_new_flush_stop (TRUE);

    end_flush_of_net_src (self, stop);
  }
  if (is_last_to_end)
  {
    end (self, gst_event_new_eos ());
  }
}

/* In the order of net_src, where it has one. */
static gboolean
forward (GstTegataOutlet *self, GstEvent *event)
{
  gboolean is_sent;

  if (!GST_EVENT_IS_SERIALIZED (event))
  {
    return gst_pad_push_event (self->net_src, gst_event_ref (event));
  }
  GST_PAD_STREAM_LOCK (self->net_src);
  is_sent = gst_pad_push_event (self->net_src, gst_event_ref (event));
  GST_PAD_STREAM_UNLOCK (self->net_src);
  return is_sent;
}

static gboolean
take (GstTegataSinkPad *pad, GstEvent *event)
{
  switch (GST_EVENT_TYPE (event))
  {
  case GST_EVENT_STREAM_START:
    take_beginning (pad);
    return TRUE;
  case GST_EVENT_SEGMENT:
    gst_event_copy_segment (event, &pad->segment);
    return TRUE;
  case GST_EVENT_GAP:
    return take_gap (pad, event);
  case GST_EVENT_EOS:
    take_end (pad, event);
    return TRUE;
  case GST_EVENT_FLUSH_START:
    begin_flush (pad, event);
    return TRUE;
  case GST_EVENT_FLUSH_STOP:
    end_flush (pad, event);
    return TRUE;
  default:
    return GST_EVENT_IS_STICKY (event) || forward (pad->outlet, event);
  }
}

gboolean
gst_tegata_outlet_event (GstPad *pad, G_GNUC_UNUSED GstObject *parent, GstEvent *event)
{
  GstTegataSinkPad *self = GST_TEGATA_SINK_PAD (pad);
  gboolean is_taken = FALSE;

  /* as an inactive pad: what is sticky comes again when it is not */
  if (g_atomic_int_get (&self->outlet->is_active))
  {
    is_taken = take (self, event);
  }
  gst_event_unref (event);
  return is_taken;
}
