/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "format.h"

#include <gio/gio.h>
#include <tegata/tegata.h>

/*
 * A browser's camera, to plain RTP. All on the main thread: there is one publisher.
 *
 * To the camera it is the receiver: it reports (RFC 3550), asks for what is missing
 * (NACK), and for a key frame at the start, when too much was lost, and when the plain
 * side asks for one. Plain RTP leaves by a socket for each kind, RTCP for the next port;
 * what the plain side answers there (PLI, FIR, NACK) goes to the camera.
 *
 * Its payload types are the same for every camera, so that who takes plain RTP may wait
 * for one; SSRCs and sequence numbers are the camera's.
 */
#define GATEWAY_PLAIN_VIDEO_PAYLOAD_TYPE 96
#define GATEWAY_PLAIN_AUDIO_PAYLOAD_TYPE 97

typedef struct _GatewayPublisher GatewayPublisher;

/*
 * @transport: connected; referenced. Only the publisher sends on it
 * @formats: GATEWAY_N_KINDS of them
 * @outputs: GATEWAY_N_KINDS of them, where plain RTP goes; NULL drops that kind
 *
 * NULL where a socket cannot be had.
 */
GatewayPublisher *gateway_publisher_new (TegataTransport *transport,
                                         const GatewayFormat *formats,
                                         GInetSocketAddress *const *outputs,
                                         GError **error);
void gateway_publisher_free (GatewayPublisher *self);

/* What came from the camera, plain: sent on from where it lies. */
void gateway_publisher_handle_media (GatewayPublisher *self,
                                     TegataPacket *packets,
                                     guint n_packets);

typedef struct
{
  guint64 packets; /* sent on */
  guint64 bytes;
  guint64 lost;             /* of what came: missing, and not made good */
  guint64 nacks;            /* packets that were asked for */
  guint64 key_frames_asked; /* PLIs sent */
  double jitter_ms;
} GatewayPublisherStats;
void gateway_publisher_get_stats (GatewayPublisher *self,
                                  GatewayKind kind,
                                  GatewayPublisherStats *stats);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GatewayPublisher, gateway_publisher_free)
