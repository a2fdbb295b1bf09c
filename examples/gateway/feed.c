/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "feed.h"

/* A place-holder: it shows nothing. */
struct _GatewayFeed
{
  GatewayFormat formats[GATEWAY_N_KINDS];
};

struct _GatewayViewer
{
  TegataTransport *transport;
};

GatewayFeed *
gateway_feed_new (const GatewayFeedSettings *settings, GError **error G_GNUC_UNUSED)
{
  GatewayFeed *self = g_new0 (GatewayFeed, 1);
  const GatewayCodec *video = settings->video_codec;

  self->formats[GATEWAY_VIDEO] = (GatewayFormat){
    .codec = video != NULL ? video : gateway_codec_find ("VP8"),
    .ssrc = 1,
    .rtx_ssrc = 2,
  };
  self->formats[GATEWAY_AUDIO] = (GatewayFormat){
    .codec = gateway_codec_find ("OPUS"),
    .ssrc = 3,
  };
  return self;
}

void
gateway_feed_free (GatewayFeed *self)
{
  g_free (self);
}

GatewayFormat
gateway_feed_get_format (GatewayFeed *self, GatewayKind kind)
{
  return self->formats[kind];
}

void
gateway_feed_get_stats (GatewayFeed *self G_GNUC_UNUSED,
                        GatewayKind kind G_GNUC_UNUSED,
                        GatewayTrackStats *stats)
{
  *stats = (GatewayTrackStats){ 0 };
}

GatewayViewer *
gateway_feed_add_viewer (GatewayFeed *self G_GNUC_UNUSED,
                         TegataTransport *transport,
                         const GatewayFormat *formats G_GNUC_UNUSED)
{
  GatewayViewer *viewer = g_new0 (GatewayViewer, 1);

  viewer->transport = g_object_ref (transport);
  return viewer;
}

void
gateway_feed_remove_viewer (GatewayFeed *self G_GNUC_UNUSED, GatewayViewer *viewer)
{
  g_object_unref (viewer->transport);
  g_free (viewer);
}

void
gateway_viewer_handle_rtcp (GatewayViewer *viewer G_GNUC_UNUSED,
                            const guint8 *bytes G_GNUC_UNUSED,
                            gsize len G_GNUC_UNUSED)
{
}

void
gateway_viewer_get_stats (GatewayViewer *viewer G_GNUC_UNUSED, GatewayViewerStats *stats)
{
  *stats = (GatewayViewerStats){ .rtt_us = -1 };
}
