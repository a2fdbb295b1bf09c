/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "feed.h"
#include "track.h"

/*
 * One who watches, as the media thread sees it. What is sent is numbered anew for each
 * viewer, from a low number: SRTP counts how often sequence numbers began anew, and a
 * receiver that joined just before that, and lost what it was sent first, would never
 * decipher anything (RFC 3711 section 3.3.1).
 *
 * References are for any thread; the rest is the media thread's, but what feed.h says.
 */

/* Packets of one viewer on their way to its transport. One for all viewers: the network
 * has copied them when they are sent. */
#define GATEWAY_BATCH_MAX 32
#define GATEWAY_BATCH_ROOM (GATEWAY_PACKET_MAX + 2 + TEGATA_SRTP_MAX_OVERHEAD)

typedef struct
{
  guint8 bytes[GATEWAY_BATCH_MAX][GATEWAY_BATCH_ROOM];
  TegataPacket packets[GATEWAY_BATCH_MAX];
  guint n_packets;
} GatewayBatch;

/* What the media thread lends to all viewers. */
typedef struct
{
  GMainContext *context;
  GatewayTrack *tracks[GATEWAY_N_KINDS]; /* NULL: nothing of this kind */
  GatewayBatch *batch;
  char *cname;
  gboolean has_source_clock; /* each track's source has told its time */
  void (*ask_key_frame) (gpointer user_data);
  gpointer user_data;
} GatewayViewerShared;

/* Any thread. @shared: borrowed until the transport was taken away */
GatewayViewer *gateway_viewer_new (const GatewayViewerShared *shared,
                                   TegataTransport *transport,
                                   const GatewayFormat *formats);
GatewayViewer *gateway_viewer_ref (GatewayViewer *self);
void gateway_viewer_unref (GatewayViewer *self);

/* Nothing is sent any more. Returns: (transfer full) (nullable): where that went, to be
 * released on its own thread */
TegataTransport *gateway_viewer_take_transport (GatewayViewer *self);

/* @packets: of the track of @kind, as they came */
void gateway_viewer_send (GatewayViewer *self,
                          GatewayKind kind,
                          const GatewayTrackPacket *const *packets,
                          guint n_packets,
                          gint64 now_us);

/* Sends its reports where they are due: one a second. */
void gateway_viewer_tick (GatewayViewer *self, gint64 now_us, gint64 unix_us);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GatewayViewer, gateway_viewer_unref)
