/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "webrtc-call.h"

static void
say_structure (const char *word, const GstStructure *structure)
{
  g_autofree char *text = gst_structure_to_string (structure);

  call_say (word, text);
}

static gboolean
say_field (G_GNUC_UNUSED GQuark field, const GValue *value, G_GNUC_UNUSED gpointer data)
{
  if (GST_VALUE_HOLDS_STRUCTURE (value))
  {
    say_structure ("webrtc-stats", gst_value_get_structure (value));
  }
  return TRUE;
}

static gboolean
has_property (GstElement *element, const char *name)
{
  return g_object_class_find_property (G_OBJECT_GET_CLASS (element), name) != NULL;
}

static void
report_elements (Call *call)
{
  guint i;

  for (i = 0; i < call->transports->len; i++)
  {
    GstElement *element = g_ptr_array_index (call->transports, i);
    g_autoptr (GstStructure) stats = NULL;

    if (has_property (element, "stats"))
    {
      g_object_get (element, "stats", &stats, NULL);
      say_structure ("element-stats", stats);
    }
  }
}

static void
report_states (Call *call)
{
  g_autoptr (GArray) transceivers = NULL;
  guint i;

  g_signal_emit_by_name (call->webrtc, "get-transceivers", &transceivers);
  for (i = 0; i < transceivers->len; i++)
  {
    GstWebRTCRTPTransceiver *each
        = g_array_index (transceivers, GstWebRTCRTPTransceiver *, i);
    g_autoptr (GstWebRTCRTPReceiver) receiver = NULL;
    g_autoptr (GstWebRTCDTLSTransport) transport = NULL;
    g_autofree char *certificate = NULL;
    GstWebRTCDTLSTransportState state;

    g_object_get (each, "receiver", &receiver, NULL);
    g_object_get (receiver, "transport", &transport, NULL);
    g_object_get (transport, "state", &state, "remote-certificate", &certificate, NULL);
    call_say ("transceiver",
              state == GST_WEBRTC_DTLS_TRANSPORT_STATE_CONNECTED && certificate != NULL
                  ? "connected"
                  : "other");
  }
}

static void
report_received (Call *call)
{
  g_autofree char *text = g_strdup_printf (
      "audio=%d video=%d data=%d", g_atomic_int_get (&call->n_audio),
      g_atomic_int_get (&call->n_video), g_atomic_int_get (&call->n_data));

  call_say ("counts", text);
}

void
call_report (Call *call)
{
  g_autoptr (GstPromise) promise = gst_promise_new ();

  g_signal_emit_by_name (call->webrtc, "get-stats", NULL, promise);
  if (gst_promise_wait (promise) == GST_PROMISE_RESULT_REPLIED)
  {
    gst_structure_foreach (gst_promise_get_reply (promise), say_field, NULL);
  }
  report_elements (call);
  report_states (call);
  report_received (call);
  call_say ("reported", "");
}
