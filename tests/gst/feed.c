/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "feed.h"

#define PATIENCE (60 * G_TIME_SPAN_SECOND)

static void
await (GCond *cond, GMutex *lock, gint64 deadline, const char *what)
{
  if (!g_cond_wait_until (cond, lock, deadline))
  {
    g_error ("waited a minute for %s", what);
  }
}

static gboolean
answer (GstPad *pad, GstObject *parent, GstQuery *query)
{
  Feed *self = gst_pad_get_element_private (pad);

  if (GST_QUERY_TYPE (query) == GST_QUERY_LATENCY)
  {
    gst_query_set_latency (query, self->is_live, self->latency, GST_CLOCK_TIME_NONE);
    return TRUE;
  }
  return gst_pad_query_default (pad, parent, query);
}

static gboolean
hear (GstPad *pad, G_GNUC_UNUSED GstObject *parent, GstEvent *event)
{
  Feed *self = gst_pad_get_element_private (pad);
  gboolean all_headers = FALSE;

  if (gst_event_has_name (event, "GstForceKeyUnit"))
  {
    g_assert_cmpint (GST_EVENT_TYPE (event), ==, GST_EVENT_CUSTOM_UPSTREAM);
    g_assert_true (gst_structure_get_boolean (gst_event_get_structure (event),
                                              "all-headers", &all_headers));
    g_assert_true (all_headers);
    g_mutex_lock (&self->lock);
    self->n_key_frames++;
    g_cond_broadcast (&self->cond);
    g_mutex_unlock (&self->lock);
  }
  gst_event_unref (event);
  return TRUE;
}

/* (transfer full) */
static GstPad *
get_pad (GstElement *element, const char *name, gboolean *is_wanted)
{
  GstPad *pad = gst_element_get_static_pad (element, name);

  *is_wanted = pad == NULL;
  if (pad == NULL)
  {
    pad = gst_element_request_pad_simple (element, name);
  }
  g_assert_nonnull (pad);
  return pad;
}

Feed *
feed_new (GstElement *element, const char *name)
{
  Feed *self = g_new0 (Feed, 1);

  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->element = gst_object_ref (element);
  self->to = get_pad (element, name, &self->is_wanted);
  self->pad = gst_pad_new ("feed", GST_PAD_SRC);
  gst_pad_set_element_private (self->pad, self);
  gst_pad_set_query_function (self->pad, answer);
  gst_pad_set_event_function (self->pad, hear);
  gst_pad_set_active (self->pad, TRUE);
  g_assert_cmpint (gst_pad_link (self->pad, self->to), ==, GST_PAD_LINK_OK);
  return self;
}

void
feed_forget_pad (Feed *self)
{
  self->is_wanted = FALSE;
}

void
feed_free (Feed *self)
{
  g_assert_null (self->thread);
  gst_pad_set_active (self->pad, FALSE);
  gst_pad_unlink (self->pad, self->to);
  if (self->is_wanted)
  {
    gst_element_release_request_pad (self->element, self->to);
  }
  gst_object_unref (self->to);
  gst_object_unref (self->pad);
  gst_object_unref (self->element);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self);
}

void
feed_begin (Feed *self, const char *caps, const GstSegment *segment)
{
  GstSegment whole;

  gst_pad_push_event (self->pad, gst_event_new_stream_start ("feed"));
  if (caps != NULL)
  {
    g_autoptr (GstCaps) parsed = gst_caps_from_string (caps);

    gst_pad_push_event (self->pad, gst_event_new_caps (parsed));
  }
  if (segment == NULL)
  {
    gst_segment_init (&whole, GST_FORMAT_TIME);
    segment = &whole;
  }
  gst_pad_push_event (self->pad, gst_event_new_segment (segment));
}

GstFlowReturn
feed_push (Feed *self, GstBuffer *buffer)
{
  return gst_pad_push (self->pad, buffer);
}

gboolean
feed_push_event (Feed *self, GstEvent *event)
{
  return gst_pad_push_event (self->pad, event);
}

typedef struct
{
  Feed *feed;
  GstBuffer *buffer;
} Aside;

static gpointer
push_aside (gpointer data)
{
  g_autofree Aside *aside = data;

  return GINT_TO_POINTER (gst_pad_push (aside->feed->pad, aside->buffer));
}

void
feed_push_aside (Feed *self, GstBuffer *buffer)
{
  Aside *aside = g_new (Aside, 1);

  g_assert_null (self->thread);
  aside->feed = self;
  aside->buffer = buffer;
  self->thread = g_thread_new ("feed", push_aside, aside);
}

GstFlowReturn
feed_join (Feed *self)
{
  return GPOINTER_TO_INT (g_thread_join (g_steal_pointer (&self->thread)));
}

/* There is no event to wait for but the lock that it takes. */
void
feed_await_inside (Feed *self)
{
  gint64 deadline = g_get_monotonic_time () + PATIENCE;

  while (g_rec_mutex_trylock (GST_PAD_GET_STREAM_LOCK (self->to)))
  {
    GST_PAD_STREAM_UNLOCK (self->to);
    g_assert_cmpint (g_get_monotonic_time (), <, deadline);
    g_thread_yield ();
  }
}

void
feed_await_key_frames (Feed *self, guint n)
{
  gint64 deadline = g_get_monotonic_time () + PATIENCE;

  g_mutex_lock (&self->lock);
  while (self->n_key_frames < n)
  {
    await (&self->cond, &self->lock, deadline, "a key frame to be asked for");
  }
  g_mutex_unlock (&self->lock);
}

static GstFlowReturn
keep_buffer (GstPad *pad, G_GNUC_UNUSED GstObject *parent, GstBuffer *buffer)
{
  Drain *self = gst_pad_get_element_private (pad);
  GstFlowReturn flow = GST_FLOW_OK;

  g_mutex_lock (&self->lock);
  self->n_inside++;
  g_cond_broadcast (&self->cond);
  while (self->is_blocking && !self->is_flushing)
  {
    g_cond_wait (&self->cond, &self->lock);
  }
  self->n_inside--;
  if (self->is_flushing)
  {
    flow = GST_FLOW_FLUSHING;
  }
  else
  {
    g_queue_push_tail (&self->came, gst_buffer_ref (buffer));
    g_cond_broadcast (&self->cond);
  }
  g_mutex_unlock (&self->lock);

  if (flow != GST_FLOW_OK || self->onward == NULL)
  {
    gst_buffer_unref (buffer);
    return flow;
  }
  return feed_push (self->onward, buffer);
}

static gboolean
keep_event (GstPad *pad, G_GNUC_UNUSED GstObject *parent, GstEvent *event)
{
  Drain *self = gst_pad_get_element_private (pad);

  g_mutex_lock (&self->lock);
  if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_START)
  {
    self->is_flushing = TRUE;
  }
  if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP)
  {
    self->is_flushing = FALSE;
  }
  g_queue_push_tail (&self->came, event);
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
  return TRUE;
}

Drain *
drain_new (GstElement *element, const char *name)
{
  Drain *self = g_new0 (Drain, 1);

  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  g_queue_init (&self->came);
  self->element = gst_object_ref (element);
  self->from = get_pad (element, name, &self->is_wanted);
  self->pad = gst_pad_new ("drain", GST_PAD_SINK);
  gst_pad_set_element_private (self->pad, self);
  gst_pad_set_chain_function (self->pad, keep_buffer);
  gst_pad_set_event_function (self->pad, keep_event);
  gst_pad_set_active (self->pad, TRUE);
  g_assert_cmpint (gst_pad_link (self->from, self->pad), ==, GST_PAD_LINK_OK);
  return self;
}

void
drain_free (Drain *self)
{
  drain_set_blocking (self, FALSE);
  gst_pad_set_active (self->pad, FALSE);
  gst_pad_unlink (self->from, self->pad);
  if (self->is_wanted)
  {
    gst_element_release_request_pad (self->element, self->from);
  }
  gst_object_unref (self->from);
  gst_object_unref (self->pad);
  gst_object_unref (self->element);
  drain_clear (self);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self);
}

void
drain_set_blocking (Drain *self, gboolean is_blocking)
{
  g_mutex_lock (&self->lock);
  self->is_blocking = is_blocking;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

void
drain_await_inside (Drain *self)
{
  gint64 deadline = g_get_monotonic_time () + PATIENCE;

  g_mutex_lock (&self->lock);
  while (self->n_inside == 0)
  {
    await (&self->cond, &self->lock, deadline, "somebody to push");
  }
  g_mutex_unlock (&self->lock);
}

/* What to look for: an event of @type, or, where that is UNKNOWN, a buffer whose first
 * byte is in the range. */
typedef struct
{
  GstEventType type;
  guint8 first;
  guint8 last;
} Wish;

static gboolean
is_wished (GstMiniObject *object, const Wish *wish)
{
  guint8 byte = 0;

  if (GST_IS_EVENT (object))
  {
    return GST_EVENT_TYPE (object) == wish->type;
  }
  gst_buffer_extract (GST_BUFFER_CAST (object), 0, &byte, 1);
  return wish->type == GST_EVENT_UNKNOWN && byte >= wish->first && byte <= wish->last;
}

static gpointer
await_wish (Drain *self, Wish wish, const char *what)
{
  gint64 deadline = g_get_monotonic_time () + PATIENCE;
  GstMiniObject *object;

  g_mutex_lock (&self->lock);
  for (;;)
  {
    object = g_queue_pop_head (&self->came);
    if (object == NULL)
    {
      await (&self->cond, &self->lock, deadline, what);
      continue;
    }
    if (is_wished (object, &wish))
    {
      break;
    }
    gst_mini_object_unref (object);
  }
  g_mutex_unlock (&self->lock);
  return object;
}

GstEvent *
drain_await_event (Drain *self, GstEventType type)
{
  Wish wish = { type, 0, 0 };

  return await_wish (self, wish, gst_event_type_get_name (type));
}

GstBuffer *
drain_await_media (Drain *self)
{
  Wish wish = { GST_EVENT_UNKNOWN, 128, 191 };

  return await_wish (self, wish, "media");
}

GstBuffer *
drain_await_any (Drain *self)
{
  Wish wish = { GST_EVENT_UNKNOWN, 0, 255 };

  return await_wish (self, wish, "a buffer");
}

void
drain_skip_to_event (Drain *self, GstEventType type)
{
  gst_event_unref (drain_await_event (self, type));
}

void
drain_skip_to_media (Drain *self)
{
  gst_buffer_unref (drain_await_media (self));
}

static guint
count (Drain *self, Wish wish)
{
  guint n = 0;

  g_mutex_lock (&self->lock);
  for (GList *l = self->came.head; l != NULL; l = l->next)
  {
    n += is_wished (l->data, &wish) ? 1 : 0;
  }
  g_mutex_unlock (&self->lock);
  return n;
}

gboolean
drain_has_event (Drain *self, GstEventType type)
{
  Wish wish = { type, 0, 0 };

  return count (self, wish) > 0;
}

guint
drain_get_n_media (Drain *self)
{
  Wish wish = { GST_EVENT_UNKNOWN, 128, 191 };

  return count (self, wish);
}

void
drain_clear (Drain *self)
{
  g_mutex_lock (&self->lock);
  g_queue_clear_full (&self->came, (GDestroyNotify) gst_mini_object_unref);
  g_mutex_unlock (&self->lock);
}
