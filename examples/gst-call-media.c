/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gst-call-media.h"

#define VIDEO_PT 96
#define SOUND_PT 97
#define VIDEO_CAPS                                                                       \
  "application/x-rtp,media=video,encoding-name=VP8,payload=96,clock-rate=90000,"         \
  "rtcp-fb-nack-pli=true"
#define SOUND_CAPS                                                                       \
  "application/x-rtp,media=audio,encoding-name=OPUS,payload=97,clock-rate=48000"

/* rtpbin has the jitter buffer and RTCP; tegatatransport stands between it and the
 * network. The funnel makes video and sound one RTP session. */
#define CORE                                                                             \
  "rtpbin name=rtpbin rtp-profile=avpf latency=100 "                                     \
  "rtpfunnel name=funnel ! rtpbin.send_rtp_sink_0 "                                      \
  "rtpbin.send_rtp_src_0 ! transport.rtp_sink_0 "                                        \
  "rtpbin.send_rtcp_src_0 ! transport.rtcp_sink_0 "

/* A packet grows by 16 bytes on its way, by 20 with RTCP. */
#define VIDEO                                                                            \
  "videotestsrc is-live=true pattern=ball ! "                                            \
  "video/x-raw,width=320,height=240,framerate=30/1 ! "                                   \
  "vp8enc deadline=1 cpu-used=8 target-bitrate=500000 keyframe-max-dist=300 ! "          \
  "rtpvp8pay pt=96 mtu=1180 picture-id-mode=15-bit ! funnel. "
#define SOUND                                                                            \
  "audiotestsrc is-live=true wave=ticks ! audioconvert ! audioresample ! opusenc ! "     \
  "rtpopuspay pt=97 ! funnel. "

#define COUNT "fakesink sync=false async=false"
#define VIDEO_IN "rtpvp8depay ! vp8dec name=decoder ! "
#define SOUND_IN "rtpopusdepay ! opusdec ! "
#define SHOW "queue ! videoconvert ! autovideosink"
#define HEAR "queue ! audioconvert ! audioresample ! autoaudiosink"

static GstPadProbeReturn
on_frame (GstPad *pad, GstPadProbeInfo *info, Media *self)
{
  gint n_frames = g_atomic_int_add (&self->n_frames, 1) + 1;
  g_autoptr (GstElement) decoder = gst_pad_get_parent_element (pad);

  (void) info;
  if (n_frames == self->n_wanted && decoder != NULL)
  {
    gst_element_post_message (
        decoder, gst_message_new_application (GST_OBJECT (decoder),
                                              gst_structure_new_empty ("enough-frames")));
  }
  return GST_PAD_PROBE_OK;
}

static void
count_frames (Media *self, GstBin *branch)
{
  g_autoptr (GstElement) decoder = gst_bin_get_by_name (branch, "decoder");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (decoder, "src");

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, (GstPadProbeCallback) on_frame, self,
                     NULL);
}

static const char *
describe_branch (const Media *self, gboolean is_video)
{
  if (is_video)
  {
    return self->is_shown ? VIDEO_IN SHOW : VIDEO_IN COUNT;
  }
  return self->is_shown ? SOUND_IN HEAR : SOUND_IN COUNT;
}

/* Packets of one source and one payload type, in order and in time. */
static void
on_pad_added (GstElement *rtpbin, GstPad *pad, Media *self)
{
  g_autoptr (GstObject) pipeline = gst_element_get_parent (rtpbin);
  g_autoptr (GstPad) sink = NULL;
  GstElement *branch;
  gboolean is_video;

  /* recv_rtp_src_SESSION_SSRC_PT */
  if (!g_str_has_prefix (GST_PAD_NAME (pad), "recv_rtp_src_"))
  {
    return;
  }
  is_video = g_str_has_suffix (GST_PAD_NAME (pad), "_" G_STRINGIFY (VIDEO_PT));
  branch = gst_parse_bin_from_description (describe_branch (self, is_video), TRUE, NULL);
  if (is_video)
  {
    count_frames (self, GST_BIN (branch));
  }
  gst_bin_add (GST_BIN (pipeline), branch);
  sink = gst_element_get_static_pad (branch, "sink");
  gst_pad_link (pad, sink);
  gst_element_sync_state_with_parent (branch);
}

/* What a payload type means is signalling's to say; here it is fixed. */
static GstCaps *
on_request_pt_map (GstElement *rtpbin, guint session, guint payload_type, Media *self)
{
  (void) rtpbin;
  (void) session;
  (void) self;
  switch (payload_type)
  {
  case VIDEO_PT:
    return gst_caps_from_string (VIDEO_CAPS);
  case SOUND_PT:
    return gst_caps_from_string (SOUND_CAPS);
  default:
    return NULL;
  }
}

/* rtpbin and the transport feed each other. A bin sorts its elements by their links, and
 * complains of a loop where it sees both ways: so the transport is in a bin of its own,
 * and what it receives is linked past the border of that. (tegatasrtpenc and
 * tegatasrtpdec make no loop.) */
static void
link_received (GstElement *pipeline, GstElement *rtpbin)
{
  static const char *const SOURCES[] = { "rtp_src", "rtcp_src" };
  static const char *const SINKS[] = { "recv_rtp_sink_0", "recv_rtcp_sink_0" };
  g_autoptr (GstElement) transport
      = gst_bin_get_by_name (GST_BIN (pipeline), "transport");

  for (gsize i = 0; i < G_N_ELEMENTS (SOURCES); i++)
  {
    g_autoptr (GstPad) source = gst_element_get_static_pad (transport, SOURCES[i]);
    g_autoptr (GstPad) sink = gst_element_request_pad_simple (rtpbin, SINKS[i]);

    gst_pad_link_full (source, sink, GST_PAD_LINK_CHECK_NOTHING);
  }
}

GstElement *
media_make_pipeline (Media *self, const char *path_elements, GError **error)
{
  g_autofree char *text
      = g_strdup_printf ("bin.( tegatatransport name=transport %s ) " CORE VIDEO "%s",
                         path_elements, self->is_video_only ? "" : SOUND);
  g_autoptr (GstElement) rtpbin = NULL;
  g_autoptr (GstElement) pipeline
      = gst_parse_launch_full (text, NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);

  if (pipeline == NULL)
  {
    return NULL;
  }
  rtpbin = gst_bin_get_by_name (GST_BIN (pipeline), "rtpbin");
  g_signal_connect (rtpbin, "pad-added", G_CALLBACK (on_pad_added), self);
  g_signal_connect (rtpbin, "request-pt-map", G_CALLBACK (on_request_pt_map), self);
  link_received (pipeline, rtpbin);
  return g_steal_pointer (&pipeline);
}
