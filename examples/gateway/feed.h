/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "format.h"

#include <gio/gio.h>
#include <tegata/tegata.h>

/*
 * What everybody watches: one video and one sound, and who they go to.
 *
 *   pattern (GStreamer), or plain RTP on UDP ports
 *        |  plain packets, on the media thread
 *        v
 *   a track each: one SSRC and unbroken sequence numbers, whatever the source does;
 *        |        the last packets, for those who miss one
 *        +--> viewer: payload type of its own, protected in a buffer of its own, sent
 *        +--> viewer
 *
 * All below the first line happens on the media thread, the feed's own; what the main
 * thread asks for is posted there, and nothing is locked.
 */
typedef struct _GatewayFeed GatewayFeed;
typedef struct _GatewayViewer GatewayViewer;

/*
 * @video_in, @audio_in: where plain RTP comes to; its RTCP on the next port, where it
 * sends any; requests for key frames go to where that, or else RTP, came from. Both NULL:
 * a test pattern with sound
 * @video_codec, @audio_codec: what comes there; NULL: VP8, OPUS
 */
typedef struct
{
  GInetSocketAddress *video_in;
  GInetSocketAddress *audio_in;
  const GatewayCodec *video_codec;
  const GatewayCodec *audio_codec;
} GatewayFeedSettings;

/* Main thread, as all here. It runs from now on. NULL with what is missing, or in use. */
GatewayFeed *gateway_feed_new (const GatewayFeedSettings *settings, GError **error);

/* After its viewers: ends the media thread, and waits for it. */
void gateway_feed_free (GatewayFeed *self);

/* What it shows of this kind: codec NULL for nothing; else the codec and the SSRCs that
 * viewers are to be told (payload types are the viewers' to choose). */
GatewayFormat gateway_feed_get_format (GatewayFeed *self, GatewayKind kind);

/* RFC 7022: of all that it sends, in RTCP, and in descriptions. As long as the feed. */
const char *gateway_feed_get_cname (GatewayFeed *self);

/* Of one kind: what came, what was wrong with what came. For GET /status. */
typedef struct
{
  guint64 packets;
  guint64 bytes;
  guint64 refused; /* no RTP, or more than fits a viewer's buffer */
  guint64 key_frames_asked;
} GatewayTrackStats;
void
gateway_feed_get_stats (GatewayFeed *self, GatewayKind kind, GatewayTrackStats *stats);

/*
 * @transport: connected; referenced. From now on the media thread is the one that sends
 * on it, and nobody else is
 * @formats: GATEWAY_N_KINDS of them
 *
 * It gets all from now on, and a key frame is asked for.
 */
GatewayViewer *gateway_feed_add_viewer (GatewayFeed *self,
                                        TegataTransport *transport,
                                        const GatewayFormat *formats);

/* @viewer is gone at once for the caller. What the media thread is about to send to it
 * goes out yet; then its transport is released, on this thread. */
void gateway_feed_remove_viewer (GatewayFeed *self, GatewayViewer *viewer);

/* RTCP of that viewer, plain: NACK is answered by retransmission, PLI and FIR by a key
 * frame that the source is asked for, reports are noted. Anything else is counted. */
void gateway_viewer_handle_rtcp (GatewayViewer *viewer, const guint8 *bytes, gsize len);

/* As the viewer's receiver reports say. Any thread. */
typedef struct
{
  guint64 packets; /* sent, retransmissions among them */
  guint64 bytes;
  guint64 retransmitted;
  guint64 nacks;            /* packets that it asked for */
  guint64 nacks_ignored;    /* those beyond all that can be sent again */
  guint64 rtcp_dropped;     /* packets of RTCP: more than anybody has to say */
  guint64 key_frames_asked; /* PLI and FIR */
  gint64 rtt_us;            /* -1: unknown yet */
  double fraction_lost;     /* of the last report, 0 to 1 */
} GatewayViewerStats;
void gateway_viewer_get_stats (GatewayViewer *viewer, GatewayViewerStats *stats);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GatewayFeed, gateway_feed_free)
