/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "couple.h"

#include <string.h>

#define PATIENCE (60 * G_TIME_SPAN_SECOND)
#define PACKET_LEN 100

static void
on_state (Couple *self)
{
  g_mutex_lock (&self->lock);
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

static GstElement *
new_transport (Couple *self, const char *setup)
{
  GstElement *element = gst_element_factory_make ("tegatatransport", NULL);

  g_assert_nonnull (element);
  gst_object_ref_sink (element);
  gst_util_set_object_arg (G_OBJECT (element), "setup", setup);
  g_object_set (element, "require-fingerprint", FALSE, NULL);
  g_signal_connect_swapped (element, "notify::connection-state", G_CALLBACK (on_state),
                            self);
  return element;
}

/* Behind what is seen on the way, the other one's net_sink. */
static Drain *
new_wire (GstElement *from, GstElement *to)
{
  Drain *drain = drain_new (from, "net_src");

  drain->onward = feed_new (to, "net_sink");
  feed_begin (drain->onward, "application/x-test", NULL);
  return drain;
}

static void
free_wire (Drain *drain)
{
  feed_free (drain->onward);
  drain_free (drain);
}

Couple *
couple_new (void)
{
  Couple *self = g_new0 (Couple, 1);

  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->caller = new_transport (self, "active");
  self->callee = new_transport (self, "passive");
  self->sent = new_wire (self->caller, self->callee);
  self->answered = new_wire (self->callee, self->caller);
  return self;
}

static void
set_state (GstElement *element, GstState state)
{
  g_assert_cmpint (gst_element_set_state (element, state), !=, GST_STATE_CHANGE_FAILURE);
}

void
couple_free (Couple *self)
{
  set_state (self->caller, GST_STATE_NULL);
  set_state (self->callee, GST_STATE_NULL);
  free_wire (self->sent);
  free_wire (self->answered);
  g_signal_handlers_disconnect_by_data (self->caller, self);
  g_signal_handlers_disconnect_by_data (self->callee, self);
  gst_object_unref (self->caller);
  gst_object_unref (self->callee);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self);
}

void
couple_call (Couple *self)
{
  set_state (self->caller, GST_STATE_PLAYING);
}

void
couple_connect (Couple *self)
{
  set_state (self->callee, GST_STATE_PLAYING);
  set_state (self->caller, GST_STATE_PLAYING);
  couple_await (self, self->caller, "connected");
  couple_await (self, self->callee, "connected");
}

gboolean
couple_is_in (GstElement *element, const char *nick)
{
  g_auto (GValue) value = G_VALUE_INIT;
  g_autofree char *found = NULL;

  g_value_init (&value, g_object_class_find_property (G_OBJECT_GET_CLASS (element),
                                                      "connection-state")
                            ->value_type);
  g_object_get_property (G_OBJECT (element), "connection-state", &value);
  found = gst_value_serialize (&value);
  return g_str_equal (found, nick);
}

void
couple_await (Couple *self, GstElement *element, const char *nick)
{
  gint64 deadline = g_get_monotonic_time () + PATIENCE;

  g_mutex_lock (&self->lock);
  while (!couple_is_in (element, nick))
  {
    if (!g_cond_wait_until (&self->cond, &self->lock, deadline))
    {
      g_error ("waited a minute for %s to be %s", GST_ELEMENT_NAME (element), nick);
    }
  }
  g_mutex_unlock (&self->lock);
}

GstBuffer *
packet_new (guint16 sequence, GstClockTime pts)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, PACKET_LEN, NULL);
  GstMapInfo map;

  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_WRITE));
  memset (map.data, 'p', map.size);
  map.data[0] = 0x80;
  map.data[1] = 96;
  GST_WRITE_UINT16_BE (map.data + 2, sequence);
  GST_WRITE_UINT32_BE (map.data + 4, 0);
  GST_WRITE_UINT32_BE (map.data + 8, 0x1234);
  gst_buffer_unmap (buffer, &map);
  GST_BUFFER_PTS (buffer) = pts;
  return buffer;
}

GstBuffer *
data_new (gsize len)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, len, NULL);

  gst_buffer_memset (buffer, 0, 'd', len);
  return buffer;
}

void
assert_data (GstBuffer *buffer, gsize len)
{
  g_assert_cmpuint (gst_buffer_get_size (buffer), ==, len);
  g_assert_cmpint (gst_buffer_memcmp (buffer, 0, "d", 1), ==, 0);
}
