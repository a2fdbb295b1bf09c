/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * webrtc-call caller|callee [BUNDLE-POLICY] [check]
 *
 * Audio, video and a data channel, both ways. Two of these make a call; who starts them
 * carries the lines of each to the other: "offer" and "answer" (base64 of the
 * description) and "candidate". "report" asks for statistics, "quit" ends it.
 */
#include "webrtc-call.h"

#include <gst/sdp/sdp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* how many of each must have been decoded to be told */
#define ENOUGH 10
/* after which what is left at the end stays */
#define WAIT_S ((gint64) 30)

#define SOURCES                                                                          \
  "webrtcbin name=webrtc "                                                               \
  "audiotestsrc is-live=true ! audioconvert ! opusenc ! rtpopuspay pt=97 "               \
  "! application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000,payload=97 "      \
  "! queue ! webrtc. "                                                                   \
  "videotestsrc is-live=true ! video/x-raw,width=160,height=120,framerate=15/1 "         \
  "! vp8enc deadline=1 cpu-used=8 ! rtpvp8pay pt=96 "                                    \
  "! application/x-rtp,media=video,encoding-name=VP8,clock-rate=90000,payload=96 "       \
  "! queue ! webrtc. "

void
call_say (const char *word, const char *text)
{
  flockfile (stdout);
  printf ("%s %s\n", word, text);
  fflush (stdout);
  funlockfile (stdout);
}

/* Descriptions. */

static void
say_description (const char *word, const GstWebRTCSessionDescription *description)
{
  g_autofree char *text = gst_sdp_message_as_text (description->sdp);
  g_autofree char *coded = g_base64_encode ((const guchar *) text, strlen (text));

  call_say (word, coded);
}

static void
on_description_made (GstPromise *promise, gpointer data)
{
  Call *call = data;
  const char *word = call->is_caller ? "offer" : "answer";
  const GstStructure *reply = gst_promise_get_reply (promise);
  g_autoptr (GstWebRTCSessionDescription) description = NULL;

  if (gst_promise_wait (promise) != GST_PROMISE_RESULT_REPLIED
      || !gst_structure_get (reply, word, GST_TYPE_WEBRTC_SESSION_DESCRIPTION,
                             &description, NULL))
  {
    g_autofree char *text = gst_structure_to_string (reply);

    call_say ("error", text);
    return;
  }
  g_signal_emit_by_name (call->webrtc, "set-local-description", description, NULL);
  say_description (word, description);
}

static void
make_description (Call *call)
{
  GstPromise *promise = gst_promise_new_with_change_func (
      on_description_made, call, (GDestroyNotify) gst_promise_unref);

  g_signal_emit_by_name (call->webrtc, call->is_caller ? "create-offer" : "create-answer",
                         NULL, promise);
}

static void
on_negotiation_needed (G_GNUC_UNUSED GstElement *webrtc, gpointer data)
{
  Call *call = data;

  if (call->is_caller)
  {
    make_description (call);
  }
}

static void
on_remote_set (GstPromise *promise, gpointer data)
{
  Call *call = data;

  if (gst_promise_wait (promise) != GST_PROMISE_RESULT_REPLIED)
  {
    call_say ("error", "the remote description was not taken");
  }
  else if (!call->is_caller)
  {
    make_description (call);
  }
}

static void
take_description (Call *call, const char *coded)
{
  gsize len;
  g_autofree guchar *text = g_base64_decode (coded, &len);
  GstSDPMessage *sdp = NULL;
  g_autoptr (GstWebRTCSessionDescription) description = NULL;
  GstWebRTCSDPType type
      = call->is_caller ? GST_WEBRTC_SDP_TYPE_ANSWER : GST_WEBRTC_SDP_TYPE_OFFER;

  gst_sdp_message_new (&sdp);
  if (gst_sdp_message_parse_buffer (text, (guint) len, sdp) != GST_SDP_OK)
  {
    call_say ("error", "the remote description cannot be read");
  }
  description = gst_webrtc_session_description_new (type, sdp);
  call_expect (call, sdp);
  g_signal_emit_by_name (call->webrtc, "set-remote-description", description,
                         gst_promise_new_with_change_func (
                             on_remote_set, call, (GDestroyNotify) gst_promise_unref));
}

static void
on_ice_candidate (G_GNUC_UNUSED GstElement *webrtc,
                  guint section,
                  const char *text,
                  G_GNUC_UNUSED gpointer data)
{
  g_autofree char *line = g_strdup_printf ("%u %s", section, text);

  call_say ("candidate", line);
}

static void
take_candidate (Call *call, const char *line)
{
  char *text;
  guint section = (guint) strtoul (line, &text, 10);

  g_signal_emit_by_name (call->webrtc, "add-ice-candidate", section, text + 1);
}

/* Media. */

static void
on_decoded (GstElement *sink,
            G_GNUC_UNUSED GstBuffer *buffer,
            G_GNUC_UNUSED GstPad *pad,
            gpointer counter)
{
  if (g_atomic_int_add ((gint *) counter, 1) + 1 == ENOUGH)
  {
    call_say ("received", GST_OBJECT_NAME (sink));
  }
}

static void
on_pad_added (G_GNUC_UNUSED GstElement *webrtc, GstPad *pad, gpointer data)
{
  Call *call = data;
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) sink = NULL;
  g_autoptr (GstPad) bin_sink = NULL;
  GstElement *bin;
  gboolean is_audio;

  if (GST_PAD_DIRECTION (pad) != GST_PAD_SRC)
  {
    return;
  }
  is_audio
      = g_strcmp0 (gst_structure_get_string (gst_caps_get_structure (caps, 0), "media"),
                   "audio")
        == 0;
  bin = gst_parse_bin_from_description (
      is_audio ? "rtpopusdepay ! opusdec ! fakesink name=audio signal-handoffs=true"
               : "rtpvp8depay ! vp8dec ! fakesink name=video signal-handoffs=true",
      TRUE, &error);
  g_assert_no_error (error);
  sink = gst_bin_get_by_name (GST_BIN (bin), is_audio ? "audio" : "video");
  g_object_set (sink, "sync", FALSE, "async", FALSE, NULL);
  g_signal_connect (sink, "handoff", G_CALLBACK (on_decoded),
                    is_audio ? &call->n_audio : &call->n_video);
  gst_bin_add (GST_BIN (call->pipeline), bin);
  gst_element_sync_state_with_parent (bin);
  bin_sink = gst_element_get_static_pad (bin, "sink");
  g_assert_cmpint (gst_pad_link (pad, bin_sink), ==, GST_PAD_LINK_OK);
}

/* Data. */

static void
on_message (G_GNUC_UNUSED GObject *channel, const char *text, gpointer data)
{
  Call *call = data;

  g_atomic_int_inc (&call->n_data);
  call_say ("message", text);
}

static void
on_open (GObject *channel, gpointer data)
{
  Call *call = data;

  g_signal_emit_by_name (channel, "send-string",
                         call->is_caller ? "from-caller" : "from-callee");
}

static void
take_channel (Call *call, GObject *channel)
{
  GstWebRTCDataChannelState state;

  call->channel = channel;
  g_signal_connect (channel, "on-message-string", G_CALLBACK (on_message), call);
  g_object_get (channel, "ready-state", &state, NULL);
  if (state == GST_WEBRTC_DATA_CHANNEL_STATE_OPEN)
  {
    on_open (channel, call);
    return;
  }
  g_signal_connect (channel, "on-open", G_CALLBACK (on_open), call);
}

static void
on_data_channel (G_GNUC_UNUSED GstElement *webrtc, GObject *channel, gpointer data)
{
  take_channel (data, g_object_ref (channel));
}

/* The program. */

static gboolean
on_line (GIOChannel *input, G_GNUC_UNUSED GIOCondition condition, gpointer data)
{
  Call *call = data;
  g_autofree char *line = NULL;
  gsize end;

  if (g_io_channel_read_line (input, &line, NULL, &end, NULL) != G_IO_STATUS_NORMAL)
  {
    g_main_loop_quit (call->loop);
    return G_SOURCE_REMOVE;
  }
  line[end] = '\0';
  if (g_str_has_prefix (line, "offer ") || g_str_has_prefix (line, "answer "))
  {
    take_description (call, strchr (line, ' ') + 1);
  }
  else if (g_str_has_prefix (line, "candidate "))
  {
    take_candidate (call, strchr (line, ' ') + 1);
  }
  else if (g_str_equal (line, "report"))
  {
    call_report (call);
  }
  else if (g_str_equal (line, "quit"))
  {
    g_main_loop_quit (call->loop);
  }
  return G_SOURCE_CONTINUE;
}

static gboolean
on_bus (G_GNUC_UNUSED GstBus *bus, GstMessage *message, G_GNUC_UNUSED gpointer data)
{
  g_autoptr (GError) error = NULL;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
  {
    gst_message_parse_error (message, &error, NULL);
    call_say ("error", error->message);
  }
  else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_WARNING)
  {
    gst_message_parse_warning (message, &error, NULL);
    call_say ("warning", error->message);
  }
  return G_SOURCE_CONTINUE;
}

static void
say_plugin (void)
{
  g_autoptr (GstElementFactory) factory = gst_element_factory_find ("dtlssrtpenc");
  g_autoptr (GstPlugin) plugin = NULL;

  if (factory != NULL)
  {
    plugin = gst_plugin_feature_get_plugin (GST_PLUGIN_FEATURE (factory));
  }
  call_say ("plugin", plugin != NULL ? gst_plugin_get_filename (plugin) : "none");
}

/* Loopback alone, so that it needs no other interface and meets no other host. */
static void
stay_on_loopback (GstElement *webrtc)
{
  g_autoptr (GObject) agent = NULL;
  gboolean is_added = FALSE;

  g_object_get (webrtc, "ice-agent", &agent, NULL);
  g_signal_emit_by_name (agent, "add-local-ip-address", "127.0.0.1", &is_added);
  g_assert_true (is_added);
}

static void
begin (Call *call, const char *bundle_policy)
{
  g_autoptr (GError) error = NULL;

  call->pipeline = gst_parse_launch (SOURCES, &error);
  g_assert_no_error (error);
  call->webrtc = gst_bin_get_by_name (GST_BIN (call->pipeline), "webrtc");
  gst_util_set_object_arg (G_OBJECT (call->webrtc), "bundle-policy", bundle_policy);
  stay_on_loopback (call->webrtc);
  call_watch_transports (call);
  g_signal_connect (call->webrtc, "on-negotiation-needed",
                    G_CALLBACK (on_negotiation_needed), call);
  g_signal_connect (call->webrtc, "on-ice-candidate", G_CALLBACK (on_ice_candidate),
                    call);
  g_signal_connect (call->webrtc, "on-data-channel", G_CALLBACK (on_data_channel), call);
  g_signal_connect (call->webrtc, "pad-added", G_CALLBACK (on_pad_added), call);
  gst_element_set_state (call->pipeline, GST_STATE_READY);
  if (call->is_caller)
  {
    GObject *channel = NULL;

    g_signal_emit_by_name (call->webrtc, "create-data-channel", "chat", NULL, &channel);
    g_assert_nonnull (channel);
    take_channel (call, channel);
  }
  gst_element_set_state (call->pipeline, GST_STATE_PLAYING);
}

static void
on_gone (gpointer data, G_GNUC_UNUSED GObject *where)
{
  Call *call = data;

  g_mutex_lock (&call->lock);
  call->n_left--;
  g_cond_signal (&call->gone);
  g_mutex_unlock (&call->lock);
}

/* A thread that has just worked for one of them may have the last reference. */
static void
await_transports_gone (Call *call)
{
  gint64 deadline = g_get_monotonic_time () + WAIT_S * G_USEC_PER_SEC;
  gboolean in_time = TRUE;
  g_autofree char *left = NULL;
  guint i;

  call->n_left = call->transports->len;
  for (i = 0; i < call->transports->len; i++)
  {
    g_object_weak_ref (g_ptr_array_index (call->transports, i), on_gone, call);
  }
  g_ptr_array_set_size (call->transports, 0);
  g_mutex_lock (&call->lock);
  while (call->n_left > 0 && in_time)
  {
    in_time = g_cond_wait_until (&call->gone, &call->lock, deadline);
  }
  left = g_strdup_printf ("%u", call->n_left);
  g_mutex_unlock (&call->lock);
  call_say ("left", left);
}

static void
end (Call *call)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (call->pipeline);

  gst_element_set_state (call->pipeline, GST_STATE_NULL);
  gst_bus_set_flushing (bus, TRUE); /* messages have references, too */
  g_clear_object (&call->channel);
  gst_clear_object (&call->webrtc);
  gst_clear_object (&call->pipeline);
  await_transports_gone (call);
  g_ptr_array_unref (call->transports);
  g_free (call->fingerprints);
  g_cond_clear (&call->gone);
  g_mutex_clear (&call->lock);
}

int
main (int argc, char *argv[])
{
  Call call = { 0 };
  g_autoptr (GIOChannel) input = NULL;
  g_autoptr (GstBus) bus = NULL;

  gst_init (&argc, &argv);
  if (argc < 2)
  {
    fprintf (stderr, "usage: webrtc-call caller|callee [BUNDLE-POLICY] [check]\n");
    return 2;
  }
  say_plugin ();
  call.is_caller = g_str_equal (argv[1], "caller");
  call.checks = argc > 3 && g_str_equal (argv[3], "check");
  call.loop = g_main_loop_new (NULL, FALSE);
  call.transports = g_ptr_array_new_with_free_func (gst_object_unref);
  g_mutex_init (&call.lock);
  g_cond_init (&call.gone);
  input = g_io_channel_unix_new (0);
  g_io_add_watch (input, G_IO_IN | G_IO_HUP, on_line, &call);
  begin (&call, argc > 2 ? argv[2] : "none");
  bus = gst_element_get_bus (call.pipeline);
  gst_bus_add_watch (bus, on_bus, &call);
  g_main_loop_run (call.loop);
  gst_bus_remove_watch (bus);
  end (&call);
  g_main_loop_unref (call.loop);
  call_say ("ended", "");
  return 0;
}
