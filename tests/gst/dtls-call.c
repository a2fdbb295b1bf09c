/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dtls-call.h"

/* after which something is stuck, also under sanitizers */
#define WAIT_S ((gint64) 60)

static void
tell (End *self, char *text)
{
  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->told, text);
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

static const char *
part_of (End *self, GstElement *element)
{
  return element == self->encoder ? "encoder" : "decoder";
}

static void
on_state (GstElement *element, GParamSpec *pspec, gpointer data)
{
  int state = -1;

  (void) pspec;
  g_object_get (element, "connection-state", &state, NULL);
  tell (data, g_strdup_printf ("%s state %d", part_of (data, element), state));
}

static void
on_key (GstElement *element, gpointer data)
{
  tell (data, g_strdup_printf ("%s key", part_of (data, element)));
}

static gboolean
has (End *self, const char *text)
{
  return g_ptr_array_find_with_equal_func (self->told, text, g_str_equal, NULL);
}

gboolean
end_was_told (End *self, const char *text)
{
  gboolean was_told;

  g_mutex_lock (&self->lock);
  was_told = has (self, text);
  g_mutex_unlock (&self->lock);
  return was_told;
}

/* What went wrong, for the complaint. (transfer full) */
static char *
dup_posted (End *self)
{
  g_autoptr (GstMessage) message = gst_bus_pop_filtered (self->bus, GST_MESSAGE_ERROR);
  g_autoptr (GError) error = NULL;

  if (message == NULL)
  {
    return g_strdup ("nothing");
  }
  gst_message_parse_error (message, &error, NULL);
  return g_strdup (error->message);
}

void
end_await (End *self, const char *text)
{
  gint64 deadline = g_get_monotonic_time () + WAIT_S * G_USEC_PER_SEC;

  g_mutex_lock (&self->lock);
  while (!has (self, text))
  {
    if (!g_cond_wait_until (&self->cond, &self->lock, deadline))
    {
      g_autofree char *posted = dup_posted (self);

      g_error ("waited in vain for \"%s\"; on the bus: %s", text, posted);
    }
  }
  g_mutex_unlock (&self->lock);
}

void
end_forget (End *self)
{
  g_mutex_lock (&self->lock);
  g_ptr_array_set_size (self->told, 0);
  g_mutex_unlock (&self->lock);
}

void
end_assert_told_in_order (End *self, const char *first, const char *second)
{
  guint earlier = G_MAXUINT;
  guint later = 0;

  g_mutex_lock (&self->lock);
  g_assert_true (
      g_ptr_array_find_with_equal_func (self->told, first, g_str_equal, &earlier));
  g_assert_true (
      g_ptr_array_find_with_equal_func (self->told, second, g_str_equal, &later));
  g_assert_cmpuint (earlier, <, later);
  g_mutex_unlock (&self->lock);
}

static GstElement *
make (End *self, const char *factory)
{
  GstElement *element = gst_element_factory_make (factory, NULL);

  g_assert_nonnull (element);
  gst_object_ref_sink (element);
  gst_element_set_bus (element, self->bus);
  g_signal_connect (element, "notify::connection-state", G_CALLBACK (on_state), self);
  if (g_signal_lookup ("on-key-received", G_OBJECT_TYPE (element)) != 0)
  {
    g_signal_connect (element, "on-key-received", G_CALLBACK (on_key), self);
  }
  return element;
}

static void
begin_stream (GstPad *pad)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (pad, gst_event_new_stream_start ("data"));
  gst_pad_push_event (pad, gst_event_new_segment (&segment));
}

static void
link_pads (GstPad *src, GstPad *sink)
{
  g_assert_cmpint (gst_pad_link_full (src, sink, GST_PAD_LINK_CHECK_CAPS), ==,
                   GST_PAD_LINK_OK);
}

static End *
end_new (const Kind *kind, const char *id, gboolean is_client)
{
  End *self = g_new0 (End, 1);
  g_autoptr (GstPad) data_sink = NULL;

  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->told = g_ptr_array_new_with_free_func (g_free);
  self->bus = gst_bus_new ();
  self->decoder = make (self, kind->decoder);
  self->encoder = make (self, kind->encoder);
  g_object_set (self->decoder, "connection-id", id, NULL);
  g_object_set (self->encoder, "connection-id", id, "is-client", is_client, NULL);

  data_sink = gst_element_request_pad_simple (self->encoder, kind->data_sink);
  self->data_in = gst_pad_new ("data", GST_PAD_SRC);
  link_pads (self->data_in, data_sink);
  self->data_out = gst_element_request_pad_simple (self->decoder, kind->data_src);
  self->harness = gst_harness_new_empty ();
  gst_harness_add_element_src_pad (self->harness, self->data_out);
  return self;
}

static void
set_state (GstElement *element, GstState state)
{
  g_assert_cmpint (gst_element_set_state (element, state), ==, GST_STATE_CHANGE_SUCCESS);
}

void
end_start (End *self)
{
  set_state (self->decoder, GST_STATE_PLAYING);
  set_state (self->encoder, GST_STATE_PLAYING);
  gst_pad_set_active (self->data_in, TRUE);
  begin_stream (self->data_in);
}

void
end_stop (End *self)
{
  gst_pad_set_active (self->data_in, FALSE);
  set_state (self->encoder, GST_STATE_NULL);
  set_state (self->decoder, GST_STATE_NULL);
}

static void
on_gone (gpointer data, GObject *where)
{
  (void) where;
  tell (data, g_strdup ("gone"));
}

/* The last reference may be that of a thread which has just worked for it. */
static void
give_up (End *self, GstElement *element)
{
  end_forget (self);
  g_object_weak_ref (G_OBJECT (element), on_gone, self);
  gst_object_unref (element);
  end_await (self, "gone");
}

static void
end_free (End *self)
{
  gst_pad_unlink (self->data_out, self->harness->sinkpad);
  gst_harness_teardown (self->harness);
  gst_element_release_request_pad (self->decoder, self->data_out);
  gst_object_unref (self->data_out);
  g_signal_handlers_disconnect_by_data (self->encoder, self);
  g_signal_handlers_disconnect_by_data (self->decoder, self);
  gst_element_set_bus (self->encoder, NULL);
  gst_element_set_bus (self->decoder, NULL);
  gst_bus_set_flushing (self->bus, TRUE); /* messages have references, too */
  give_up (self, self->encoder);
  give_up (self, self->decoder);
  gst_object_unref (self->data_in);
  gst_object_unref (self->bus);
  g_ptr_array_unref (self->told);
  g_cond_clear (&self->cond);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static void
link_ends (End *from, End *to)
{
  g_autoptr (GstPad) src = gst_element_get_static_pad (from->encoder, "src");
  g_autoptr (GstPad) sink = gst_element_get_static_pad (to->decoder, "sink");

  link_pads (src, sink);
}

Call
call_new (const Kind *client, const Kind *server)
{
  Call self = { end_new (client, "client", TRUE), end_new (server, "server", FALSE) };

  link_ends (self.client, self.server);
  link_ends (self.server, self.client);
  return self;
}

/* Each knows the other. */
void
call_introduce (Call *self)
{
  g_autofree char *client = NULL;
  g_autofree char *server = NULL;

  g_object_get (self->client->decoder, "fingerprint", &client, NULL);
  g_object_get (self->server->decoder, "fingerprint", &server, NULL);
  g_object_set (self->client->decoder, "peer-fingerprint", server, NULL);
  g_object_set (self->server->decoder, "peer-fingerprint", client, NULL);
}

void
call_connect (Call *self)
{
  End *ends[] = { self->server, self->client };
  guint i;

  call_introduce (self);
  for (i = 0; i < G_N_ELEMENTS (ends); i++)
  {
    end_start (ends[i]);
  }
  for (i = 0; i < G_N_ELEMENTS (ends); i++)
  {
    end_await (ends[i], "encoder state 4");
    end_await (ends[i], "decoder state 4");
  }
}

void
call_free (Call *self)
{
  end_stop (self->client);
  end_stop (self->server);
  end_free (self->client);
  end_free (self->server);
}
