/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * appsrc ! rtpjitterbuffer ! depayloader ! decoder ! appsink. Its threads know the bus
 * alone: what they have to tell is a message there, which the main loop reads. So it may
 * be freed there at any time, and nothing is locked.
 */
#include "decoder.h"

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/video/video.h>

/* Milliseconds that a packet is waited for: time for a retransmission or two. */
#define LATENCY 200

struct _Decoder
{
  const DecoderFuncs *funcs;
  gpointer user_data;
  GstElement *pipeline;
  GstAppSrc *source;
  GstElement *sink;
};

/* The first chain that is there decodes. openh264dec wants the profile, which the stream
   tells and the depayloader does not. */
static const struct
{
  const char *codec;
  const char *depayloader;
  const char *decoder;
  const char *package;
} chains[] = {
  { "VP8", "rtpvp8depay", "vp8dec threads=1", "gstreamer1.0-plugins-good" },
  { "H264", "rtph264depay", "avdec_h264 max-threads=1", "gstreamer1.0-libav" },
  { "H264", "rtph264depay", "h264parse ! openh264dec", "gstreamer1.0-plugins-bad" },
};

static gboolean
is_there (const char *description)
{
  g_auto (GStrv) elements = g_strsplit (description, " ! ", -1);

  for (char **element = elements; *element != NULL; element++)
  {
    g_auto (GStrv) words = g_strsplit (*element, " ", 2);
    g_autoptr (GstElementFactory) factory = gst_element_factory_find (words[0]);

    if (factory == NULL)
    {
      return FALSE;
    }
  }
  return TRUE;
}

static char *
describe_pipeline (const Codec *codec, GError **error)
{
  const char *package = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (chains); i++)
  {
    if (!g_str_equal (chains[i].codec, codec->name))
    {
      continue;
    }
    package = chains[i].package;
    if (is_there (chains[i].depayloader) && is_there (chains[i].decoder))
    {
      return g_strdup_printf (
          "appsrc name=source is-live=true do-timestamp=true format=time "
          "caps=application/x-rtp,media=video,clock-rate=%u,encoding-name=%s,payload=%u "
          "! rtpjitterbuffer latency=%d faststart-min-packets=1 do-lost=true "
          "! %s wait-for-keyframe=true request-keyframe=true ! %s "
          "! appsink name=sink sync=false",
          codec->clock_rate, codec->name, codec->payload_type, LATENCY,
          chains[i].depayloader, chains[i].decoder);
    }
  }
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
               "no element of GStreamer decodes %s here: expected one of %s", codec->name,
               package != NULL ? package : "its packages");
  return NULL;
}

/* ---- on threads of GStreamer's ---- */

static void
post (gpointer element, GstStructure *structure)
{
  gst_element_post_message (
      element, gst_message_new_application (GST_OBJECT (element), structure));
}

static GstFlowReturn
on_sample (GstAppSink *sink, gpointer user_data)
{
  g_autoptr (GstSample) sample = gst_app_sink_pull_sample (sink);
  GstVideoInfo info;

  (void) user_data;
  if (sample == NULL)
  {
    return GST_FLOW_EOS;
  }
  if (gst_video_info_from_caps (&info, gst_sample_get_caps (sample)))
  {
    post (sink, gst_structure_new ("frame", "width", G_TYPE_INT, info.width, "height",
                                   G_TYPE_INT, info.height, NULL));
  }
  return GST_FLOW_OK;
}

/* Depayloader and decoder ask upstream, where the packets come from. */
static GstPadProbeReturn
on_upstream_event (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);

  (void) pad;
  if (gst_video_event_is_force_key_unit (event))
  {
    post (user_data, gst_structure_new_empty ("key-frame-wanted"));
  }
  return GST_PAD_PROBE_OK;
}

/* ---- on the main loop ---- */

static void
handle_application (Decoder *self, GstMessage *message)
{
  const GstStructure *structure = gst_message_get_structure (message);
  int width = 0, height = 0;

  if (gst_message_has_name (message, "key-frame-wanted"))
  {
    self->funcs->key_frame_wanted (self->user_data);
  }
  else if (gst_structure_get_int (structure, "width", &width)
           && gst_structure_get_int (structure, "height", &height))
  {
    self->funcs->frame ((guint) width, (guint) height, self->user_data);
  }
}

static gboolean
on_message (GstBus *bus, GstMessage *message, gpointer user_data)
{
  Decoder *self = user_data;
  g_autoptr (GError) error = NULL;

  (void) bus;
  switch (GST_MESSAGE_TYPE (message))
  {
  case GST_MESSAGE_APPLICATION:
    handle_application (self, message);
    break;
  case GST_MESSAGE_ERROR:
    gst_message_parse_error (message, &error, NULL);
    self->funcs->failed (error, self->user_data);
    break;
  default:
    break;
  }
  return G_SOURCE_CONTINUE;
}

static void
connect_pipeline (Decoder *self)
{
  GstAppSinkCallbacks callbacks = { .new_sample = on_sample };
  g_autoptr (GstBus) bus = gst_element_get_bus (self->pipeline);
  g_autoptr (GstElement) source
      = gst_bin_get_by_name (GST_BIN (self->pipeline), "source");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (source, "src");

  self->source = GST_APP_SRC (g_steal_pointer (&source));
  self->sink = gst_bin_get_by_name (GST_BIN (self->pipeline), "sink");
  gst_app_sink_set_callbacks (GST_APP_SINK (self->sink), &callbacks, NULL, NULL);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, on_upstream_event,
                     self->source, NULL);
  gst_bus_add_watch (bus, on_message, self);
}

Decoder *
decoder_new (const Codec *codec,
             const DecoderFuncs *funcs,
             gpointer user_data,
             GError **error)
{
  g_autofree char *description = describe_pipeline (codec, error);
  GstElement *pipeline
      = description != NULL ? gst_parse_launch (description, error) : NULL;
  Decoder *self;

  if (pipeline == NULL)
  {
    return NULL;
  }
  self = g_new0 (Decoder, 1);
  self->funcs = funcs;
  self->user_data = user_data;
  self->pipeline = pipeline;
  connect_pipeline (self);
  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
  return self;
}

void
decoder_free (Decoder *self)
{
  g_autoptr (GstBus) bus = NULL;

  if (self == NULL)
  {
    return;
  }
  bus = gst_element_get_bus (self->pipeline);
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  gst_bus_remove_watch (bus);
  gst_clear_object (&self->source);
  gst_clear_object (&self->sink);
  gst_clear_object (&self->pipeline);
  g_free (self);
}

void
decoder_push (Decoder *self, const guint8 *bytes, gsize len)
{
  gst_app_src_push_buffer (self->source, gst_buffer_new_memdup (bytes, len));
}

gboolean
decoder_save_png (Decoder *self, const char *path, GError **error)
{
  g_autoptr (GstSample) sample = NULL;
  g_autoptr (GstSample) png = NULL;
  g_autoptr (GstCaps) caps = gst_caps_new_empty_simple ("image/png");
  GstMapInfo map;
  gboolean is_saved;

  g_object_get (self->sink, "last-sample", &sample, NULL);
  if (sample == NULL)
  {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                 "%s: there is no picture to save", path);
    return FALSE;
  }
  png = gst_video_convert_sample (sample, caps, 5 * GST_SECOND, error);
  if (png == NULL || !gst_buffer_map (gst_sample_get_buffer (png), &map, GST_MAP_READ))
  {
    return FALSE;
  }
  /* in its place: that is what was tried at the start */
  is_saved = g_file_set_contents_full (path, (const char *) map.data, (gssize) map.size,
                                       G_FILE_SET_CONTENTS_NONE, 0666, error);
  gst_buffer_unmap (gst_sample_get_buffer (png), &map);
  return is_saved;
}
