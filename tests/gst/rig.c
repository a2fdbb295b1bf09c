/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rig.h"

typedef struct
{
  const char *sender;
  const char *receiver;
  const char *net_src;
  const char *net_sink;
} Names;

static const Names names[] = {
  [RIG_TRANSPORT] = { "tegatatransport", "tegatatransport", "net_src", "net_sink" },
  [RIG_PAIR] = { "tegatasrtpenc", "tegatasrtpdec", "src", "sink" },
  [RIG_UPSTREAM] = { "dtlssrtpenc", "dtlssrtpdec", "src", "sink" },
};

static const char *const sources[] = { "rtp_src", "rtcp_src", "data_src" };

void
rig_init (int *argc, char ***argv)
{
  g_test_init (argc, argv, NULL);
  gst_init (argc, argv);
}

int
rig_run (void)
{
  int status = g_test_run ();

  /* with what it finds alive, this ends the program; leaks.py waits for the line */
  gst_deinit ();
  g_print ("# GStreamer has looked what is alive\n");
  return status;
}

static gboolean
has_element (const char *name)
{
  g_autoptr (GstElementFactory) factory = gst_element_factory_find (name);

  return factory != NULL;
}

gboolean
rig_is_missing (const RigCase *rig_case)
{
  const RigKind kinds[] = { rig_case->client, rig_case->server };

  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
  {
    if (kinds[i] == RIG_UPSTREAM && !has_element (names[kinds[i]].receiver))
    {
      g_test_skip ("GStreamer's own dtls plugin is not here: install "
                   "gstreamer1.0-plugins-bad");
      return TRUE;
    }
  }
  return FALSE;
}

static void
on_notify (G_GNUC_UNUSED GObject *object,
           G_GNUC_UNUSED GParamSpec *pspec,
           gpointer user_data)
{
  rig_pulse (user_data);
}

static GstBusSyncReply
on_message (G_GNUC_UNUSED GstBus *bus,
            G_GNUC_UNUSED GstMessage *message,
            gpointer user_data)
{
  rig_pulse (user_data);
  return GST_BUS_PASS;
}

/* What comes out of a source, lists and the end, before the harness takes it apart. */
static GstPadProbeReturn
note_output (G_GNUC_UNUSED GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  RigPort *port = user_data;

  if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_BUFFER_LIST)
  {
    g_atomic_int_inc (&port->n_lists);
  }
  if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM
      && GST_EVENT_TYPE (gst_pad_probe_info_get_event (info)) == GST_EVENT_EOS)
  {
    g_atomic_int_inc (&port->n_eos);
    rig_pulse (g_object_get_data (G_OBJECT (pad), "rig"));
  }
  return GST_PAD_PROBE_OK;
}

/* A harness that is given a whole element would set it to PLAYING at once: here it has
 * the pads alone. */
static void
add_output (RigEnd *end, RigStream stream)
{
  RigPort *port = &end->out[stream];

  port->pad = stream == RIG_DATA
                  ? gst_element_request_pad_simple (end->receiver, sources[stream])
                  : gst_element_get_static_pad (end->receiver, sources[stream]);
  g_assert_nonnull (port->pad);
  port->harness = gst_harness_new_empty ();
  gst_harness_add_element_src_pad (port->harness, port->pad);
  g_object_set_data (G_OBJECT (port->harness->sinkpad), "rig", end->rig);
  gst_pad_add_probe (port->harness->sinkpad,
                     GST_PAD_PROBE_TYPE_BUFFER_LIST | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
                     note_output, port, NULL);
}

static GstElement *
new_element (const char *factory, GstBus *bus)
{
  GstElement *element = gst_element_factory_make (factory, NULL);

  if (element == NULL)
  {
    g_error ("no element %s: is GST_PLUGIN_PATH set?", factory);
  }
  gst_object_ref_sink (element);
  gst_element_set_bus (element, bus);
  return element;
}

static void
set_up_role (RigEnd *end, gboolean is_client)
{
  static gint last_id;

  if (end->kind != RIG_TRANSPORT)
  {
    g_autofree char *id = g_strdup_printf ("rig-%d", g_atomic_int_add (&last_id, 1));

    g_object_set (end->receiver, "connection-id", id, NULL);
    g_object_set (end->sender, "connection-id", id, NULL);
  }
  g_object_set (end->sender, "is-client", is_client, NULL);
}

static void
end_init (RigEnd *end, Rig *rig, RigKind kind, gboolean is_client)
{
  end->rig = rig;
  end->kind = kind;
  end->bus = gst_bus_new ();
  gst_bus_set_sync_handler (end->bus, on_message, rig, NULL);
  end->receiver = new_element (names[kind].receiver, end->bus);
  end->sender = kind == RIG_TRANSPORT ? gst_object_ref (end->receiver)
                                      : new_element (names[kind].sender, end->bus);
  g_signal_connect (end->receiver, "notify::connection-state", G_CALLBACK (on_notify),
                    rig);
  set_up_role (end, is_client);
  for (guint i = 0; i < RIG_N_STREAMS; i++)
  {
    add_output (end, i);
  }
}

static void
connect_wires (Rig *self, RigEnd *from, RigEnd *to)
{
  g_autoptr (GstPad) src
      = gst_element_get_static_pad (from->sender, names[from->kind].net_src);
  g_autoptr (GstPad) sink
      = gst_element_get_static_pad (to->receiver, names[to->kind].net_sink);

  g_assert_nonnull (src);
  g_assert_nonnull (sink);
  from->wire = wire_new (src, sink, rig_pulse, self);
}

static void
exchange_fingerprint (RigEnd *from, RigEnd *to)
{
  g_autofree char *fingerprint = rig_end_dup_fingerprint (from);

  if (to->kind != RIG_UPSTREAM)
  {
    g_object_set (to->receiver, "peer-fingerprint", fingerprint, NULL);
  }
}

Rig *
rig_new (const RigCase *rig_case)
{
  Rig *self = g_new0 (Rig, 1);

  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  end_init (&self->client, self, rig_case->client, TRUE);
  end_init (&self->server, self, rig_case->server, FALSE);
  connect_wires (self, &self->client, &self->server);
  connect_wires (self, &self->server, &self->client);
  exchange_fingerprint (&self->client, &self->server);
  exchange_fingerprint (&self->server, &self->client);
  return self;
}

static void
remove_output (RigEnd *end, RigStream stream)
{
  RigPort *port = &end->out[stream];

  gst_pad_unlink (port->pad, port->harness->sinkpad);
  gst_harness_teardown (port->harness);
  if (stream == RIG_DATA)
  {
    gst_element_release_request_pad (end->receiver, port->pad);
  }
  gst_object_unref (port->pad);
}

static void
end_clear (RigEnd *end)
{
  for (guint i = 0; i < RIG_N_STREAMS; i++)
  {
    remove_output (end, i);
  }
  g_signal_handlers_disconnect_by_data (end->receiver, end->rig);
  gst_element_set_bus (end->sender, NULL);
  gst_element_set_bus (end->receiver, NULL);
  gst_bus_set_sync_handler (end->bus, NULL, NULL, NULL);
  gst_object_unref (end->sender);
  gst_object_unref (end->receiver);
  gst_object_unref (end->bus);
}

static void
assert_no_error (RigEnd *end, const char *who)
{
  g_autoptr (GstMessage) message = gst_bus_pop_filtered (end->bus, GST_MESSAGE_ERROR);

  if (message != NULL && !end->rig->expects_errors)
  {
    g_autoptr (GError) error = NULL;
    g_autofree char *debug = NULL;

    gst_message_parse_error (message, &error, &debug);
    g_error ("the %s posted: %s (%s)", who, error->message, debug);
  }
}

void
rig_free (Rig *self)
{
  rig_end_stop (&self->client, GST_STATE_NULL);
  rig_end_stop (&self->server, GST_STATE_NULL);
  assert_no_error (&self->client, "client");
  assert_no_error (&self->server, "server");
  wire_free (self->client.wire);
  wire_free (self->server.wire);
  end_clear (&self->client);
  end_clear (&self->server);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self);
}

void
rig_connect (Rig *self)
{
  rig_end_start (&self->server);
  rig_end_start (&self->client);
  rig_end_wait_state (&self->client, RIG_CONNECTED);
  rig_end_wait_state (&self->server, RIG_CONNECTED);
}

static void
set_state (GstElement *element, GstState state)
{
  g_assert_cmpint (gst_element_set_state (element, state), ==, GST_STATE_CHANGE_SUCCESS);
}

void
rig_end_start (RigEnd *end)
{
  set_state (end->receiver, GST_STATE_PLAYING);
  set_state (end->sender, GST_STATE_PLAYING);
}

static void
give_inputs_back (RigEnd *end)
{
  for (guint i = 0; i < RIG_N_STREAMS; i++)
  {
    RigPort *port = &end->in[i];

    if (port->harness != NULL)
    {
      gst_pad_unlink (port->harness->srcpad, port->pad);
      gst_harness_teardown (port->harness);
      gst_element_release_request_pad (end->sender, port->pad);
      gst_object_unref (port->pad);
      *port = (RigPort){ 0 };
    }
  }
}

void
rig_end_stop (RigEnd *end, GstState state)
{
  set_state (end->sender, state);
  set_state (end->receiver, state);
  give_inputs_back (end);
}

void
rig_end_stop_sender (RigEnd *end)
{
  set_state (end->sender, GST_STATE_READY);
  give_inputs_back (end);
}

/* GStreamer's own tell no fingerprint, but their certificate. */
static char *
fingerprint_of_pem (const char *pem)
{
  static const char begin[] = "-----BEGIN CERTIFICATE-----";
  const char *start = strstr (pem, begin);
  g_autofree char *base64 = NULL;
  g_autofree guchar *der = NULL;
  g_autofree char *hex = NULL;
  GString *text = g_string_new ("sha-256 ");
  gsize len;

  g_assert_nonnull (start);
  start += strlen (begin);
  base64 = g_strndup (start, (gsize) (strstr (start, "-----END") - start));
  der = g_base64_decode (base64, &len);
  hex = g_compute_checksum_for_data (G_CHECKSUM_SHA256, der, len);
  for (gsize i = 0; hex[i] != '\0'; i += 2)
  {
    g_string_append_printf (text, "%s%c%c", i > 0 ? ":" : "", g_ascii_toupper (hex[i]),
                            g_ascii_toupper (hex[i + 1]));
  }
  return g_string_free (text, FALSE);
}

char *
rig_end_dup_fingerprint (RigEnd *end)
{
  g_autofree char *pem = NULL;
  char *fingerprint = NULL;

  if (end->kind != RIG_UPSTREAM)
  {
    g_object_get (end->receiver, "fingerprint", &fingerprint, NULL);
    g_assert_nonnull (fingerprint);
    return fingerprint;
  }
  g_object_get (end->receiver, "pem", &pem, NULL);
  return fingerprint_of_pem (pem);
}
