/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gst-rig.h"

#include <stdio.h>

#define AWAIT_US G_GINT64_CONSTANT (10000000)
#define LOOK_AGAIN_US 5000
/* Of upstream's enum and of ours. */
#define CONNECTED 4

/* Events end here: a bare pad has no other side. */
static gboolean
drop_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  (void) pad;
  (void) parent;
  gst_event_unref (event);
  return TRUE;
}

/* A drain takes anything, whatever came before. */
static gboolean
answer_query (GstPad *pad, GstObject *parent, GstQuery *query)
{
  GstCaps *filter;

  (void) pad;
  (void) parent;
  if (GST_QUERY_TYPE (query) == GST_QUERY_ACCEPT_CAPS)
  {
    gst_query_set_accept_caps_result (query, TRUE);
    return TRUE;
  }
  if (GST_QUERY_TYPE (query) == GST_QUERY_CAPS)
  {
    gst_query_parse_caps (query, &filter);
    gst_query_set_caps_result (query, filter != NULL ? filter : GST_CAPS_ANY);
    return TRUE;
  }
  return FALSE;
}

static void
keep (RigSink *self, GstBuffer *buffer)
{
  gsize len = gst_buffer_get_size (buffer);
  guint8 *bytes = g_malloc (len);

  gst_buffer_extract (buffer, 0, bytes, len);
  g_ptr_array_add (self->kept, g_bytes_new_take (bytes, len));
}

static GstFlowReturn
take_buffer (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  RigSink *self = gst_pad_get_element_private (pad);
  RigMode mode = (RigMode) g_atomic_int_get (&self->mode);

  (void) parent;
  if (mode == RIG_FORWARD)
  {
    return gst_pad_push (self->forward, buffer);
  }
  if (mode == RIG_KEEP)
  {
    keep (self, buffer);
  }
  g_atomic_int_inc (&self->n_buffers);
  gst_buffer_unref (buffer);
  return GST_FLOW_OK;
}

static GstFlowReturn
take_list (GstPad *pad, GstObject *parent, GstBufferList *list)
{
  RigSink *self = gst_pad_get_element_private (pad);
  RigMode mode = (RigMode) g_atomic_int_get (&self->mode);
  guint n_buffers = gst_buffer_list_length (list);

  (void) parent;
  if (mode == RIG_FORWARD)
  {
    return gst_pad_push_list (self->forward, list);
  }
  for (guint i = 0; i < n_buffers && mode == RIG_KEEP; i++)
  {
    keep (self, gst_buffer_list_get (list, i));
  }
  g_atomic_int_add (&self->n_buffers, (gint) n_buffers);
  gst_buffer_list_unref (list);
  return GST_FLOW_OK;
}

static GstFlowReturn
pass_buffer (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  (void) parent;
  return gst_pad_push (gst_pad_get_element_private (pad), buffer);
}

static GstFlowReturn
pass_list (GstPad *pad, GstObject *parent, GstBufferList *list)
{
  (void) parent;
  return gst_pad_push_list (gst_pad_get_element_private (pad), list);
}

Rig *
rig_new (void)
{
  Rig *self = g_new0 (Rig, 1);

  self->pads = g_ptr_array_new_with_free_func (gst_object_unref);
  self->bus = gst_bus_new ();
  return self;
}

/* All of them are stopped before any is freed: they talk to each other. */
void
rig_free (Rig *self)
{
  for (guint i = self->n_elements; i > 0; i--)
  {
    gst_element_set_state (self->elements[i - 1], GST_STATE_NULL);
  }
  for (guint i = 0; i < self->pads->len; i++)
  {
    gst_pad_set_active (self->pads->pdata[i], FALSE);
  }
  for (guint i = 0; i < self->n_elements; i++)
  {
    gst_element_set_bus (self->elements[i], NULL);
    gst_object_unref (self->elements[i]);
  }
  g_ptr_array_unref (self->pads);
  gst_object_unref (self->bus);
  g_clear_pointer (&self->wire.kept, g_ptr_array_unref);
  g_clear_pointer (&self->tail.kept, g_ptr_array_unref);
  g_clear_pointer (&self->back.kept, g_ptr_array_unref);
  g_free (self);
}

GstElement *
rig_add (Rig *self, const char *factory)
{
  GstElement *element = gst_element_factory_make (factory, NULL);

  g_assert (self->n_elements < RIG_MAX_ELEMENTS);
  if (element != NULL)
  {
    self->elements[self->n_elements] = gst_object_ref_sink (element);
    self->n_elements++;
    gst_element_set_bus (element, self->bus);
  }
  return element;
}

static GstPad *
add_pad (Rig *self, const char *name, GstPadDirection direction)
{
  GstPad *pad = gst_object_ref_sink (gst_pad_new (name, direction));

  g_ptr_array_add (self->pads, pad);
  gst_pad_set_event_function (pad, drop_event);
  return pad;
}

/* In the order that streams begin with. */
static void
begin_stream (GstPad *src, const char *caps_text)
{
  GstSegment segment;

  gst_pad_set_active (src, TRUE);
  gst_pad_push_event (src, gst_event_new_stream_start (GST_PAD_NAME (src)));
  if (caps_text != NULL)
  {
    g_autoptr (GstCaps) caps = gst_caps_from_string (caps_text);

    gst_pad_push_event (src, gst_event_new_caps (caps));
  }
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (src, gst_event_new_segment (&segment));
}

static GstPad *
find_pad (GstElement *element, const char *name)
{
  GstPad *pad = gst_element_get_static_pad (element, name);

  return pad != NULL ? pad : gst_element_request_pad_simple (element, name);
}

static void
link_pads (GstPad *src, GstPad *sink)
{
  GstPadLinkReturn linked = GST_PAD_LINK_REFUSED;

  if (src != NULL && sink != NULL)
  {
    linked = gst_pad_link (src, sink);
  }
  if (linked != GST_PAD_LINK_OK)
  {
    g_error ("%s and %s cannot be linked: %s", src != NULL ? GST_PAD_NAME (src) : "none",
             sink != NULL ? GST_PAD_NAME (sink) : "none", gst_pad_link_get_name (linked));
  }
}

/* What begins the stream is sticky: it goes with the first buffer. */
static GstPad *
add_feed (Rig *self, const char *caps)
{
  GstPad *src = add_pad (self, "feed", GST_PAD_SRC);

  begin_stream (src, caps);
  return src;
}

GstPad *
rig_feed (Rig *self, GstElement *element, const char *pad_name, const char *caps)
{
  GstPad *src = add_feed (self, caps);
  g_autoptr (GstPad) sink = find_pad (element, pad_name);

  link_pads (src, sink);
  return src;
}

static GstPad *
add_drain (Rig *self, RigSink *sink)
{
  sink->pad = add_pad (self, "drain", GST_PAD_SINK);
  sink->kept = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  gst_pad_set_element_private (sink->pad, sink);
  gst_pad_set_chain_function (sink->pad, take_buffer);
  gst_pad_set_chain_list_function (sink->pad, take_list);
  gst_pad_set_query_function (sink->pad, answer_query);
  gst_pad_set_active (sink->pad, TRUE);
  return sink->pad;
}

void
rig_drain (Rig *self, RigSink *sink, GstElement *element, const char *pad_name)
{
  g_autoptr (GstPad) src = find_pad (element, pad_name);

  link_pads (src, add_drain (self, sink));
}

static GstPad *
pass_to (Rig *self, RigSink *sink)
{
  GstPad *src = add_feed (self, NULL);
  GstPad *middle_in = add_pad (self, "sink", GST_PAD_SINK);
  GstPad *middle_out = add_feed (self, NULL);

  gst_pad_set_element_private (middle_in, middle_out);
  gst_pad_set_chain_function (middle_in, pass_buffer);
  gst_pad_set_chain_list_function (middle_in, pass_list);
  gst_pad_set_active (middle_in, TRUE);
  link_pads (src, middle_in);
  link_pads (middle_out, add_drain (self, sink));
  return src;
}

void
rig_pass_through (Rig *self)
{
  self->head = pass_to (self, &self->wire);
  self->wire_in = pass_to (self, &self->tail);
  rig_sink_set_mode (&self->wire, RIG_COUNT);
  rig_sink_set_mode (&self->tail, RIG_COUNT);
}

void
rig_start (Rig *self)
{
  for (guint i = 0; i < self->n_elements; i++)
  {
    if (gst_element_set_state (self->elements[i], GST_STATE_PLAYING)
        == GST_STATE_CHANGE_FAILURE)
    {
      g_error ("%s does not start", GST_ELEMENT_NAME (self->elements[i]));
    }
  }
}

/* Whether an element has told of an error, which is told to who waits. */
static gboolean
has_failed (Rig *self)
{
  g_autoptr (GstMessage) message = gst_bus_pop_filtered (self->bus, GST_MESSAGE_ERROR);
  g_autoptr (GError) error = NULL;

  if (message == NULL)
  {
    return FALSE;
  }
  gst_message_parse_error (message, &error, NULL);
  fprintf (stderr, "%s: %s\n", GST_MESSAGE_SRC_NAME (message), error->message);
  return TRUE;
}

gboolean
rig_await_connected (Rig *self, GstElement *element)
{
  gint64 until_us = g_get_monotonic_time () + AWAIT_US;
  int state = -1;

  while (g_get_monotonic_time () < until_us && !has_failed (self))
  {
    g_object_get (element, "connection-state", &state, NULL);
    if (state == CONNECTED)
    {
      return TRUE;
    }
    g_usleep (LOOK_AGAIN_US);
  }
  return FALSE;
}

void
rig_sink_set_mode (RigSink *self, RigMode mode)
{
  g_atomic_int_set (&self->mode, mode);
}

guint
rig_sink_take_count (RigSink *self)
{
  guint n_buffers = (guint) g_atomic_int_get (&self->n_buffers);

  g_atomic_int_set (&self->n_buffers, 0);
  return n_buffers;
}

GPtrArray *
rig_sink_take_kept (RigSink *self)
{
  GPtrArray *kept = self->kept;

  self->kept = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  return kept;
}
