/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "wire.h"

struct _Wire
{
  GstPad *in;  /* a sink: what we are given */
  GstPad *out; /* a source: what we give */
  GstPad *to;
  void (*pulse) (gpointer user_data);
  gpointer user_data;

  GMutex lock;
  GCond cond;
  GQueue waiting; /* of GstBuffer and GstEvent, to be judged */
  GQueue held;    /* of GstBuffer */
  GQueue judged;  /* of GstBuffer: passed, once they were held */
  WirePredicate predicate;
  gpointer predicate_data;
  WireForm form;
  WireCounts counts;
  guint n_judged;
  gboolean is_over;

  GMutex push_lock; /* while something is on its way to `to` */
  GThread *thread;
};

static GstStaticPadTemplate in_template
    = GST_STATIC_PAD_TEMPLATE ("in", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);
static GstStaticPadTemplate out_template
    = GST_STATIC_PAD_TEMPLATE ("out", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

gboolean
wire_is_dtls (const guint8 *bytes, gsize len)
{
  return len > 0 && bytes[0] >= 20 && bytes[0] <= 63;
}

gboolean
wire_is_media (const guint8 *bytes, gsize len)
{
  return len > 0 && bytes[0] >= 128 && bytes[0] <= 191;
}

/* Under the lock. */
static void
take (Wire *self, GstBuffer *buffer)
{
  GstMapInfo map;

  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
  self->counts.n_datagrams++;
  if (wire_is_dtls (map.data, map.size))
  {
    self->counts.n_dtls++;
    self->counts.longest_dtls = MAX (self->counts.longest_dtls, map.size);
    self->counts.n_tagged += GST_BUFFER_PTS_IS_VALID (buffer) ? 1 : 0;
  }
  if (wire_is_media (map.data, map.size))
  {
    self->counts.n_media++;
  }
  gst_buffer_unmap (buffer, &map);
  g_queue_push_tail (&self->waiting, buffer);
}

static void
unlock_and_tell (Wire *self)
{
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
  self->pulse (self->user_data);
}

static GstFlowReturn
chain (GstPad *pad, G_GNUC_UNUSED GstObject *parent, GstBuffer *buffer)
{
  Wire *self = g_object_get_data (G_OBJECT (pad), "wire");

  g_mutex_lock (&self->lock);
  take (self, buffer);
  unlock_and_tell (self);
  return GST_FLOW_OK;
}

static GstFlowReturn
chain_list (GstPad *pad, G_GNUC_UNUSED GstObject *parent, GstBufferList *list)
{
  Wire *self = g_object_get_data (G_OBJECT (pad), "wire");
  guint n = gst_buffer_list_length (list);

  g_assert_cmpuint (n, >, 0);
  g_mutex_lock (&self->lock);
  self->counts.n_lists++;
  for (guint i = 0; i < n; i++)
  {
    take (self, gst_buffer_ref (gst_buffer_list_get (list, i)));
  }
  unlock_and_tell (self);
  gst_buffer_list_unref (list);
  return GST_FLOW_OK;
}

static gboolean
note_event (GstPad *pad, G_GNUC_UNUSED GstObject *parent, GstEvent *event)
{
  Wire *self = g_object_get_data (G_OBJECT (pad), "wire");

  g_mutex_lock (&self->lock);
  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS)
  {
    self->counts.n_eos++;
  }
  unlock_and_tell (self);
  gst_event_unref (event);
  return TRUE;
}

/* Under the lock. Whether @buffer may go; takes it where it may not. */
static gboolean
judge (Wire *self, GstBuffer *buffer)
{
  WireVerdict verdict = WIRE_PASS;
  GstMapInfo map;

  if (self->predicate != NULL)
  {
    g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
    verdict
        = self->predicate (map.data, map.size, self->n_judged++, self->predicate_data);
    gst_buffer_unmap (buffer, &map);
  }

  if (verdict == WIRE_DROP)
  {
    gst_buffer_unref (buffer);
  }
  if (verdict == WIRE_HOLD)
  {
    g_queue_push_tail (&self->held, buffer);
    self->counts.n_held++;
  }
  return verdict == WIRE_PASS;
}

/* Under the lock. The next that may go; NULL where none is there. */
static GstMiniObject *
next (Wire *self)
{
  GstMiniObject *object = g_queue_pop_head (&self->judged);

  if (object != NULL)
  {
    return object;
  }
  while ((object = g_queue_pop_head (&self->waiting)) != NULL)
  {
    if (!GST_IS_BUFFER (object) || judge (self, GST_BUFFER (object)))
    {
      return object;
    }
  }
  return NULL;
}

/* Memory of our own, so that nothing of the sender's is shared but where we mean it. */
static GstBuffer *
copy (GstBuffer *buffer)
{
  GstBuffer *copied = gst_buffer_copy_deep (buffer);

  gst_buffer_unref (buffer);
  return copied;
}

static GstBuffer *
split (GstBuffer *buffer)
{
  gsize size = gst_buffer_get_size (buffer);
  GstBuffer *tail = gst_buffer_copy_region (buffer, GST_BUFFER_COPY_MEMORY, size / 2,
                                            size - size / 2);
  GstBuffer *head = gst_buffer_copy_region (
      buffer, GST_BUFFER_COPY_MEMORY | GST_BUFFER_COPY_METADATA, 0, size / 2);

  gst_buffer_unref (buffer);
  /* a deep copy of each, or appending would find that they are neighbours and join them
   */
  return gst_buffer_append (copy (head), copy (tail));
}

/* Pushes what is not the receiver's to change, and looks whether it kept from it. */
static GstFlowReturn
push_borrowed (Wire *self, GstBuffer *buffer, WireForm form)
{
  gsize size = gst_buffer_get_size (buffer);
  g_autofree guint8 *before = g_malloc (size);
  GstFlowReturn flow;

  gst_buffer_extract (buffer, 0, before, size);
  flow = gst_pad_push (self->out, form == WIRE_SHARED ? gst_buffer_copy (buffer)
                                                      : gst_buffer_ref (buffer));
  g_assert_cmpuint (gst_buffer_get_size (buffer), ==, size);
  g_assert_cmpint (gst_buffer_memcmp (buffer, 0, before, size), ==, 0);
  gst_buffer_unref (buffer);
  return flow;
}

static void
push_buffer (Wire *self, GstBuffer *buffer, WireForm form)
{
  buffer = copy (buffer);
  if (form == WIRE_READ_ONLY || form == WIRE_SHARED)
  {
    push_borrowed (self, buffer, form);
    return;
  }
  gst_pad_push (self->out, form == WIRE_SPLIT && gst_buffer_get_size (buffer) > 1
                               ? split (buffer)
                               : buffer);
}

/* Under the lock, which it leaves meanwhile. Takes @buffer, and all behind it. */
static void
push_list (Wire *self, GstBuffer *buffer)
{
  GstBufferList *list = gst_buffer_list_new ();
  GstMiniObject *object = GST_MINI_OBJECT (buffer);
  guint n;

  while (object != NULL && GST_IS_BUFFER (object))
  {
    gst_buffer_list_add (list, copy (GST_BUFFER (object)));
    object = next (self);
  }
  if (object != NULL)
  {
    g_queue_push_head (&self->waiting, object);
  }
  n = gst_buffer_list_length (list);

  g_mutex_unlock (&self->lock);
  g_mutex_lock (&self->push_lock);
  gst_pad_push_list (self->out, list);
  g_mutex_unlock (&self->push_lock);
  g_mutex_lock (&self->lock);
  self->counts.n_delivered += n;
}

/* Under the lock, which it leaves meanwhile. */
static void
push_one (Wire *self, GstMiniObject *object)
{
  WireForm form = self->form;
  gboolean is_buffer = GST_IS_BUFFER (object);

  g_mutex_unlock (&self->lock);
  g_mutex_lock (&self->push_lock);
  if (is_buffer)
  {
    push_buffer (self, GST_BUFFER (object), form);
  }
  else
  {
    gst_pad_push_event (self->out, GST_EVENT (object));
  }
  g_mutex_unlock (&self->push_lock);
  g_mutex_lock (&self->lock);
  self->counts.n_delivered += is_buffer ? 1 : 0;
}

static gpointer
carry (gpointer data)
{
  Wire *self = data;

  g_mutex_lock (&self->lock);
  while (!self->is_over)
  {
    GstMiniObject *object = next (self);

    if (object == NULL)
    {
      g_cond_wait (&self->cond, &self->lock);
      continue;
    }
    if (self->form == WIRE_LISTS && GST_IS_BUFFER (object))
    {
      push_list (self, GST_BUFFER (object));
    }
    else
    {
      push_one (self, object);
    }
    g_mutex_unlock (&self->lock);
    self->pulse (self->user_data);
    g_mutex_lock (&self->lock);
  }
  g_mutex_unlock (&self->lock);
  return NULL;
}

static GstPad *
new_pad (Wire *self, GstStaticPadTemplate *static_template)
{
  g_autoptr (GstPadTemplate) templ = gst_static_pad_template_get (static_template);
  GstPad *pad = gst_object_ref_sink (gst_pad_new_from_template (templ, NULL));

  g_object_set_data (G_OBJECT (pad), "wire", self);
  return pad;
}

static void
begin_stream (Wire *self)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (self->out, gst_event_new_stream_start ("wire"));
  gst_pad_push_event (self->out, gst_event_new_segment (&segment));
}

Wire *
wire_new (GstPad *from, GstPad *to, void (*pulse) (gpointer), gpointer user_data)
{
  Wire *self = g_new0 (Wire, 1);

  g_mutex_init (&self->lock);
  g_mutex_init (&self->push_lock);
  g_cond_init (&self->cond);
  self->pulse = pulse;
  self->user_data = user_data;
  self->to = gst_object_ref (to);

  self->in = new_pad (self, &in_template);
  gst_pad_set_chain_function (self->in, chain);
  gst_pad_set_chain_list_function (self->in, chain_list);
  gst_pad_set_event_function (self->in, note_event);
  self->out = new_pad (self, &out_template);
  gst_pad_set_active (self->in, TRUE);
  gst_pad_set_active (self->out, TRUE);
  g_assert_cmpint (gst_pad_link (from, self->in), ==, GST_PAD_LINK_OK);
  g_assert_cmpint (gst_pad_link (self->out, to), ==, GST_PAD_LINK_OK);
  begin_stream (self);

  self->thread = g_thread_new ("wire", carry, self);
  return self;
}

void
wire_free (Wire *self)
{
  g_mutex_lock (&self->lock);
  self->is_over = TRUE;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
  g_thread_join (self->thread);

  gst_pad_set_active (self->in, FALSE);
  gst_pad_set_active (self->out, FALSE);
  gst_pad_unlink (self->out, self->to);
  g_queue_clear_full (&self->waiting, (GDestroyNotify) gst_mini_object_unref);
  g_queue_clear_full (&self->held, (GDestroyNotify) gst_mini_object_unref);
  g_queue_clear_full (&self->judged, (GDestroyNotify) gst_mini_object_unref);
  gst_object_unref (self->in);
  gst_object_unref (self->out);
  gst_object_unref (self->to);
  g_mutex_clear (&self->lock);
  g_mutex_clear (&self->push_lock);
  g_cond_clear (&self->cond);
  g_free (self);
}

void
wire_set_predicate (Wire *self, WirePredicate predicate, gpointer user_data)
{
  g_mutex_lock (&self->lock);
  self->predicate = predicate;
  self->predicate_data = user_data;
  g_mutex_unlock (&self->lock);
}

void
wire_set_form (Wire *self, WireForm form)
{
  g_mutex_lock (&self->lock);
  self->form = form;
  g_mutex_unlock (&self->lock);
}

void
wire_release (Wire *self)
{
  GstMiniObject *object;

  g_mutex_lock (&self->lock);
  self->predicate = NULL;
  while ((object = g_queue_pop_head (&self->held)) != NULL)
  {
    g_queue_push_tail (&self->judged, object);
  }
  self->counts.n_held = 0;
  unlock_and_tell (self);
}

void
wire_push_event (Wire *self, GstEvent *event)
{
  g_mutex_lock (&self->lock);
  g_queue_push_tail (&self->waiting, event);
  unlock_and_tell (self);
}

void
wire_inject (Wire *self, GstBuffer *datagram)
{
  g_mutex_lock (&self->lock);
  g_queue_push_tail (&self->judged, datagram);
  unlock_and_tell (self);
}

void
wire_relink (Wire *self)
{
  g_mutex_lock (&self->push_lock);
  gst_pad_unlink (self->out, self->to);
  g_assert_cmpint (gst_pad_link (self->out, self->to), ==, GST_PAD_LINK_OK);
  g_mutex_unlock (&self->push_lock);
}

WireCounts
wire_get_counts (Wire *self)
{
  WireCounts counts;

  g_mutex_lock (&self->lock);
  counts = self->counts;
  g_mutex_unlock (&self->lock);
  return counts;
}
