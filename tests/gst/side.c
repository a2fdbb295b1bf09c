/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "side.h"

#include <string.h>

/* after which something is stuck, also under sanitizers */
#define WAIT_S 60

static void
tell (Side *self, char *telling)
{
  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->told, telling);
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

static const char *
part_of (Side *self, GstElement *element)
{
  return element == self->sender ? "sender" : "receiver";
}

char *
side_dup_state (GstElement *element)
{
  GParamSpec *pspec
      = g_object_class_find_property (G_OBJECT_GET_CLASS (element), "connection-state");
  gint state = -1;

  g_object_get (element, "connection-state", &state, NULL);
  return g_strdup (
      g_enum_get_value (G_PARAM_SPEC_ENUM (pspec)->enum_class, state)->value_nick);
}

static void
on_notify (GstElement *element, GParamSpec *pspec, Side *self)
{
  if (g_str_equal (pspec->name, "connection-state"))
  {
    g_autofree char *state = side_dup_state (element);

    tell (self,
          g_strdup_printf ("%s: connection-state %s", part_of (self, element), state));
  }
  else
  {
    tell (self, g_strdup_printf ("%s: %s", part_of (self, element), pspec->name));
  }
}

static void
on_key_set (GstElement *element, Side *self)
{
  tell (self, g_strdup_printf ("%s: on-key-set", part_of (self, element)));
}

/* The handlers keep it: another thread may be in one of them when it is disconnected. */
static void
side_clear (gpointer side)
{
  Side *self = side;

  g_ptr_array_unref (self->told);
  g_queue_clear_full (&self->errors, (GDestroyNotify) g_error_free);
  g_queue_clear_full (&self->warnings, (GDestroyNotify) g_error_free);
  g_cond_clear (&self->cond);
  g_mutex_clear (&self->lock);
}

static void
side_release (gpointer self, GClosure *closure)
{
  (void) closure;
  g_atomic_rc_box_release_full (self, side_clear);
}

static gulong
listen (Side *self, GstElement *element, const char *signal, GCallback handler)
{
  return g_signal_connect_data (element, signal, handler, g_atomic_rc_box_acquire (self),
                                side_release, 0);
}

/* Keeps what is wanted; the rest would keep its element alive. */
static GstBusSyncReply
on_message (GstBus *bus, GstMessage *message, gpointer user_data)
{
  Side *self = user_data;
  GError *error = NULL;

  (void) bus;
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
  {
    gst_message_parse_error (message, &error, NULL);
  }
  else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_WARNING)
  {
    gst_message_parse_warning (message, &error, NULL);
  }
  if (error != NULL)
  {
    g_mutex_lock (&self->lock);
    g_queue_push_tail (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR ? &self->errors
                                                                       : &self->warnings,
                       error);
    g_cond_broadcast (&self->cond);
    g_mutex_unlock (&self->lock);
  }
  gst_message_unref (message);
  return GST_BUS_DROP;
}

static void
forget_bus (gpointer self)
{
  side_release (self, NULL);
}

static Side *
side_new (GstElement *sender, GstElement *receiver)
{
  Side *self = g_atomic_rc_box_new0 (Side);

  g_assert_nonnull (sender);
  g_assert_nonnull (receiver);
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->told = g_ptr_array_new_with_free_func (g_free);
  g_queue_init (&self->errors);
  g_queue_init (&self->warnings);
  self->bus = gst_bus_new ();
  gst_bus_set_sync_handler (self->bus, on_message, g_atomic_rc_box_acquire (self),
                            forget_bus);
  self->sender = gst_object_ref_sink (sender);
  self->receiver
      = sender == receiver ? gst_object_ref (sender) : gst_object_ref_sink (receiver);
  gst_element_set_bus (sender, self->bus);
  self->handlers[0] = g_signal_connect (sender, "notify", G_CALLBACK (on_notify), self);
  if (receiver != sender)
  {
    gst_element_set_bus (receiver, self->bus);
    self->handlers[1] = listen (self, receiver, "notify", G_CALLBACK (on_notify));
    self->handlers[2] = listen (self, sender, "on-key-set", G_CALLBACK (on_key_set));
  }
  return self;
}

Side *
side_new_pair (const char *id)
{
  Side *self = side_new (gst_element_factory_make ("tegatasrtpenc", NULL),
                         gst_element_factory_make ("tegatasrtpdec", NULL));

  if (id != NULL)
  {
    g_object_set (self->receiver, "connection-id", id, NULL);
    g_object_set (self->sender, "connection-id", id, NULL);
  }
  return self;
}

Side *
side_new_transport (void)
{
  GstElement *element = gst_element_factory_make ("tegatatransport", NULL);

  return side_new (element, element);
}

static void
on_gone (gpointer self, GObject *receiver)
{
  (void) receiver;
  tell (self, g_strdup ("receiver: gone"));
}

void
side_lose_receiver (Side *self)
{
  GstElement *receiver = g_steal_pointer (&self->receiver);

  gst_element_set_state (receiver, GST_STATE_NULL);
  g_signal_handler_disconnect (receiver, self->handlers[1]);
  self->handlers[1] = 0;
  gst_element_set_bus (receiver, NULL);
  g_object_weak_ref (G_OBJECT (receiver), on_gone, self);
  gst_object_unref (receiver);
  /* a worker may have it for a moment longer */
  side_await (self, "receiver: gone");
}

void
side_free (Side *self)
{
  GError *error;

  gst_element_set_state (self->sender, GST_STATE_NULL);
  if (self->receiver != NULL)
  {
    gst_element_set_state (self->receiver, GST_STATE_NULL);
    gst_element_set_bus (self->receiver, NULL);
  }
  gst_element_set_bus (self->sender, NULL);
  error = side_pop_message (self, GST_MESSAGE_ERROR);
  g_assert_no_error (error);

  for (guint i = 0; i < G_N_ELEMENTS (self->handlers); i++)
  {
    if (self->handlers[i] != 0)
    {
      g_signal_handler_disconnect (i == 1 ? self->receiver : self->sender,
                                   self->handlers[i]);
    }
  }
  gst_object_unref (self->sender);
  g_clear_pointer (&self->receiver, gst_object_unref);
  gst_object_unref (self->bus);
  side_release (self, NULL);
}

static void
link_one_way (Side *from, Side *to)
{
  gboolean is_transport = from->sender == from->receiver;
  GstPad *src
      = gst_element_get_static_pad (from->sender, is_transport ? "net_src" : "src");
  GstPad *sink = gst_element_get_static_pad (
      to->receiver, to->sender == to->receiver ? "net_sink" : "sink");

  g_assert_cmpint (gst_pad_link_full (src, sink, GST_PAD_LINK_CHECK_NOTHING), ==,
                   GST_PAD_LINK_OK);
  gst_object_unref (src);
  gst_object_unref (sink);
}

void
side_link (Side *a, Side *b)
{
  link_one_way (a, b);
  link_one_way (b, a);
}

gboolean
side_set_state (Side *self, GstState state)
{
  GstElement *receiver = self->receiver;
  gboolean goes_up = state > GST_STATE (self->sender);
  GstElement *first = goes_up && receiver != NULL ? receiver : self->sender;
  GstElement *second = first == self->sender ? receiver : self->sender;

  if (gst_element_set_state (first, state) != GST_STATE_CHANGE_SUCCESS)
  {
    return FALSE;
  }
  return second == NULL || second == first
         || gst_element_set_state (second, state) == GST_STATE_CHANGE_SUCCESS;
}

/* The caller has the lock. */
static gint
find_telling (Side *self, const char *telling)
{
  guint index;

  if (!g_ptr_array_find_with_equal_func (self->told, telling, g_str_equal, &index))
  {
    return -1;
  }
  return (gint) index;
}

/* Of what was told, the last that is to be shown with a complaint. */
static char *
dup_all (Side *self)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < self->told->len; i++)
  {
    g_string_append_printf (text, "%s\n", (char *) g_ptr_array_index (self->told, i));
  }
  return g_string_free (text, FALSE);
}

void
side_await (Side *self, const char *telling)
{
  gint64 end_us = g_get_monotonic_time () + WAIT_S * G_USEC_PER_SEC;
  gboolean is_late = FALSE;

  g_mutex_lock (&self->lock);
  while (find_telling (self, telling) < 0 && !is_late)
  {
    is_late = !g_cond_wait_until (&self->cond, &self->lock, end_us);
  }
  if (is_late)
  {
    g_autofree char *all = dup_all (self);

    g_error ("\"%s\" was not told, but\n%s", telling, all);
  }
  g_mutex_unlock (&self->lock);
}

gboolean
side_was_told (Side *self, const char *telling)
{
  gboolean was_told;

  g_mutex_lock (&self->lock);
  was_told = find_telling (self, telling) >= 0;
  g_mutex_unlock (&self->lock);
  return was_told;
}

void
side_assert_order (Side *self, const char *first, const char *second)
{
  gint first_index;
  gint second_index;

  g_mutex_lock (&self->lock);
  first_index = find_telling (self, first);
  second_index = find_telling (self, second);
  g_mutex_unlock (&self->lock);
  g_assert_cmpint (first_index, >=, 0);
  g_assert_cmpint (second_index, >=, 0);
  g_assert_cmpint (first_index, <, second_index);
}

void
side_forget (Side *self)
{
  g_mutex_lock (&self->lock);
  g_ptr_array_set_size (self->told, 0);
  g_mutex_unlock (&self->lock);
}

GError *
side_pop_message (Side *self, GstMessageType type)
{
  GQueue *queue = type == GST_MESSAGE_ERROR ? &self->errors : &self->warnings;
  GError *error;

  g_mutex_lock (&self->lock);
  error = g_queue_pop_head (queue);
  g_mutex_unlock (&self->lock);
  return error;
}

void
side_assert_error (Side *self, gint code, const char *word)
{
  g_autoptr (GError) error = NULL;
  gint64 end_us = g_get_monotonic_time () + WAIT_S * G_USEC_PER_SEC;

  g_mutex_lock (&self->lock);
  while (g_queue_is_empty (&self->errors)
         && g_cond_wait_until (&self->cond, &self->lock, end_us))
  {
  }
  error = g_queue_pop_head (&self->errors);
  g_mutex_unlock (&self->lock);

  g_assert_error (error, GST_RESOURCE_ERROR, code);
  if (strstr (error->message, word) == NULL)
  {
    g_error ("no \"%s\" in: %s", word, error->message);
  }
}

GstBuffer *
side_rtp_packet (guint32 ssrc, guint16 sequence)
{
  guint8 bytes[] = { 0x80, 96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 'h', 'e', 'l', 'l', 'o' };

  GST_WRITE_UINT16_BE (bytes + 2, sequence);
  GST_WRITE_UINT32_BE (bytes + 8, ssrc);
  return gst_buffer_new_memdup (bytes, sizeof bytes);
}

GstPad *
side_add_source (Side *self, const char *sink_name, const char *caps)
{
  GstPad *sink = gst_element_request_pad_simple (self->sender, sink_name);
  GstPad *src = gst_pad_new (NULL, GST_PAD_SRC);
  GstSegment segment;
  GstCaps *stream_caps = gst_caps_from_string (caps);

  g_assert_nonnull (sink);
  gst_object_ref_sink (src);
  g_assert_cmpint (gst_pad_link (src, sink), ==, GST_PAD_LINK_OK);
  g_assert_true (gst_pad_set_active (src, TRUE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  g_assert_true (gst_pad_push_event (src, gst_event_new_stream_start (sink_name)));
  g_assert_true (gst_pad_push_event (src, gst_event_new_caps (stream_caps)));
  g_assert_true (gst_pad_push_event (src, gst_event_new_segment (&segment)));
  gst_caps_unref (stream_caps);
  gst_object_unref (sink);
  return src;
}

void
side_remove_source (Side *self, GstPad **source)
{
  GstPad *sink = gst_pad_get_peer (*source);

  gst_pad_set_active (*source, FALSE);
  gst_element_release_request_pad (self->sender, sink);
  gst_object_unref (sink);
  g_clear_pointer (source, gst_object_unref);
}

static GstPadProbeReturn
on_buffer (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Side *self = user_data;

  if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_BUFFER)
  {
    tell (self, g_strdup_printf ("%s: %" G_GSIZE_FORMAT " bytes", GST_PAD_NAME (pad),
                                 gst_buffer_get_size (GST_PAD_PROBE_INFO_BUFFER (info))));
  }
  return GST_PAD_PROBE_OK;
}

void
side_watch_source (Side *self, const char *src_name)
{
  GstPad *pad = gst_element_get_static_pad (self->receiver, src_name);

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_buffer, self, NULL);
  gst_object_unref (pad);
}
