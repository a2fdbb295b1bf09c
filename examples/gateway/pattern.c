/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pattern.h"

#include "track.h"

#include <gio/gio.h>
#include <gst/app/app.h>
#include <gst/video/video.h>
#include <stdatomic.h>

/* Frames that wait for a media thread that is busy; the rest is lost. */
#define MAX_WAITING 64

/* Bars that move, and a field of noise that a video of 700 kbit/s is needed for. No key
 * frame but at the start and on request: who joins asks for one. */
#define VIDEO                                                                            \
  "videotestsrc is-live=true pattern=smpte horizontal-speed=2 ! "                        \
  "video/x-raw,format=I420,width=640,height=360,framerate=30/1 ! "                       \
  "%s vp8enc deadline=1 cpu-used=8 end-usage=cbr target-bitrate=700000 "                 \
  "error-resilient=default keyframe-max-dist=9000 lag-in-frames=0 ! "                    \
  "rtpvp8pay mtu=1200 pt=96 picture-id-mode=15-bit ! "                                   \
  "appsink name=video sync=false buffer-list=true "
#define TIME "timeoverlay valignment=top halignment=left ! "
#define AUDIO                                                                            \
  "audiotestsrc is-live=true wave=ticks freq=660 volume=0.15 samplesperbuffer=960 ! "    \
  "audio/x-raw,format=S16LE,rate=48000,channels=2 ! opusenc bitrate=32000 ! "            \
  "rtpopuspay mtu=1200 pt=97 ! appsink name=audio sync=false buffer-list=true"

struct _GatewayPattern
{
  GMainContext *context;
  const GatewaySourceCallbacks *callbacks;
  gpointer user_data;
  GstElement *pipeline;
  GstElement *sinks[GATEWAY_N_KINDS];
  atomic_int n_waiting;
};

/* What one streaming thread made, on its way. */
typedef struct
{
  GatewayPattern *pattern;
  GatewayKind kind;
  GstSample *sample;
} Burst;

/* On the media thread. */

/* GStreamer's clock is the one that GLib calls monotonic. */
static gint64
get_capture_us (Burst *burst, GstBuffer *buffer)
{
  const GstSegment *segment = gst_sample_get_segment (burst->sample);
  guint64 running_time
      = gst_segment_to_running_time (segment, GST_FORMAT_TIME, GST_BUFFER_PTS (buffer));

  if (!GST_CLOCK_TIME_IS_VALID (running_time))
  {
    return g_get_monotonic_time ();
  }
  return (gint64) GST_TIME_AS_USECONDS (
      running_time + gst_element_get_base_time (burst->pattern->pipeline));
}

/* A payloader's header and payload lie apart. */
static void
hand_out (Burst *burst, GstBuffer *buffer, gint64 capture_us)
{
  GatewayPattern *self = burst->pattern;
  guint8 bytes[GATEWAY_PACKET_MAX];
  gsize len = gst_buffer_extract (buffer, 0, bytes, sizeof bytes);

  self->callbacks->packet (burst->kind, bytes, len, capture_us, self->user_data);
}

static gboolean
on_burst (gpointer user_data)
{
  Burst *burst = user_data;
  GatewayPattern *self = burst->pattern;
  GstBufferList *list = gst_sample_get_buffer_list (burst->sample);
  GstBuffer *first = list != NULL ? gst_buffer_list_get (list, 0)
                                  : gst_sample_get_buffer (burst->sample);
  gint64 capture_us = get_capture_us (burst, first);

  hand_out (burst, first, capture_us);
  for (guint i = 1; list != NULL && i < gst_buffer_list_length (list); i++)
  {
    hand_out (burst, gst_buffer_list_get (list, i), capture_us);
  }
  self->callbacks->flush (burst->kind, self->user_data);
  return G_SOURCE_REMOVE;
}

static void
free_burst (gpointer data)
{
  Burst *burst = data;

  atomic_fetch_sub (&burst->pattern->n_waiting, 1);
  gst_sample_unref (burst->sample);
  g_free (burst);
}

/* On GStreamer's threads. */

static GstFlowReturn
post_sample (GatewayPattern *self, GatewayKind kind, GstAppSink *sink)
{
  GstSample *sample = gst_app_sink_pull_sample (sink);
  Burst *burst;

  if (sample == NULL)
  {
    return GST_FLOW_EOS;
  }
  if (atomic_fetch_add (&self->n_waiting, 1) >= MAX_WAITING)
  {
    atomic_fetch_sub (&self->n_waiting, 1);
    gst_sample_unref (sample);
    return GST_FLOW_OK;
  }
  burst = g_new0 (Burst, 1);
  burst->pattern = self;
  burst->kind = kind;
  burst->sample = sample;
  g_main_context_invoke_full (self->context, G_PRIORITY_DEFAULT, on_burst, burst,
                              free_burst);
  // cppcheck-suppress memleak ; the source that is attached frees it
  return GST_FLOW_OK;
}

static GstFlowReturn
on_video (GstAppSink *sink, gpointer user_data)
{
  return post_sample (user_data, GATEWAY_VIDEO, sink);
}

static GstFlowReturn
on_audio (GstAppSink *sink, gpointer user_data)
{
  return post_sample (user_data, GATEWAY_AUDIO, sink);
}

/* Nobody reads the bus: errors are told, the rest is dropped. */
static GstBusSyncReply
on_message (GstBus *bus, GstMessage *message, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  (void) bus;
  (void) user_data;
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
  {
    gst_message_parse_error (message, &error, NULL);
    g_warning ("the test pattern has ended: %s", error->message);
  }
  gst_message_unref (message);
  return GST_BUS_DROP;
}

/* Making it. */

static GstElement *
make_pipeline (GError **error)
{
  g_autoptr (GstElementFactory) overlay = gst_element_factory_find ("timeoverlay");
  g_autofree char *video = g_strdup_printf (VIDEO, overlay != NULL ? TIME : "");
  g_autofree char *text = g_strconcat (video, AUDIO, NULL);
  g_autoptr (GError) problem = NULL;
  GstElement *pipeline
      = gst_parse_launch_full (text, NULL, GST_PARSE_FLAG_FATAL_ERRORS, &problem);

  if (pipeline == NULL)
  {
    g_set_error (error, problem->domain, problem->code,
                 "the test pattern cannot be made: %s; it needs GStreamer's good plugins "
                 "(vp8enc, rtpvp8pay) and base plugins (opusenc)",
                 problem->message);
    return NULL;
  }
  return gst_object_ref_sink (pipeline);
}

static void
set_up (GatewayPattern *self)
{
  static const struct
  {
    const char *name;
    GstAppSinkCallbacks callbacks;
  } sinks[GATEWAY_N_KINDS] = {
    [GATEWAY_VIDEO] = { "video", { .new_sample = on_video } },
    [GATEWAY_AUDIO] = { "audio", { .new_sample = on_audio } },
  };
  g_autoptr (GstClock) clock = gst_system_clock_obtain ();
  g_autoptr (GstBus) bus = gst_element_get_bus (self->pipeline);

  gst_pipeline_use_clock (GST_PIPELINE (self->pipeline), clock);
  gst_bus_set_sync_handler (bus, on_message, NULL, NULL);
  for (guint i = 0; i < GATEWAY_N_KINDS; i++)
  {
    GstAppSinkCallbacks callbacks = sinks[i].callbacks;

    self->sinks[i] = gst_bin_get_by_name (GST_BIN (self->pipeline), sinks[i].name);
    gst_app_sink_set_callbacks (GST_APP_SINK (self->sinks[i]), &callbacks, self, NULL);
  }
}

GatewayPattern *
gateway_pattern_new (GMainContext *context,
                     const GatewaySourceCallbacks *callbacks,
                     gpointer user_data,
                     GError **error)
{
  g_autoptr (GatewayPattern) self = NULL;
  g_autoptr (GstElement) pipeline = make_pipeline (error);

  if (pipeline == NULL)
  {
    return NULL;
  }
  self = g_new0 (GatewayPattern, 1);
  self->context = g_main_context_ref (context);
  self->callbacks = callbacks;
  self->user_data = user_data;
  self->pipeline = g_steal_pointer (&pipeline);
  set_up (self);
  if (gst_element_set_state (self->pipeline, GST_STATE_PLAYING)
      == GST_STATE_CHANGE_FAILURE)
  {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED,
                         "the test pattern does not start; GST_DEBUG=3 says why");
    return NULL;
  }
  return g_steal_pointer (&self);
}

void
gateway_pattern_ask_key_frame (GatewayPattern *self)
{
  gst_element_send_event (
      self->sinks[GATEWAY_VIDEO],
      gst_video_event_new_upstream_force_key_unit (GST_CLOCK_TIME_NONE, TRUE, 0));
}

void
gateway_pattern_stop (GatewayPattern *self)
{
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
}

void
gateway_pattern_free (GatewayPattern *self)
{
  gateway_pattern_stop (self);
  for (guint i = 0; i < GATEWAY_N_KINDS; i++)
  {
    g_clear_object (&self->sinks[i]);
  }
  gst_object_unref (self->pipeline);
  g_main_context_unref (self->context);
  g_free (self);
}
