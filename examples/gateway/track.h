/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * One kind of media as all viewers are to see it: one SSRC, numbers without a break and a
 * clock that never jumps, whatever the source does. It keeps the last packets, so that
 * they can be sent again.
 *
 * Header extensions, CSRCs and padding are taken off here, once for all viewers: none of
 * them has agreed to what they mean. What is left is a header of 12 bytes and the
 * payload; payload type and sequence number are the viewer's to fill in.
 *
 * It reads no clock: times are monotonic, in microseconds, and handed in.
 */
typedef struct _GatewayTrack GatewayTrack;

/* Of a plain packet, as it is kept: what is behind it (2 bytes of RFC 4588, the tag of
 * SRTP, UDP and IPv4) still fits the 1500 bytes of an Ethernet. */
#define GATEWAY_PACKET_MAX 1450

#define GATEWAY_RTP_HEADER_LEN 12

/* Packets that are kept: two seconds of 5 Mbit/s. */
#define GATEWAY_TRACK_LENGTH 1024

typedef struct
{
  guint64 number; /* from 0; one lost on the way from the source has one, too */
  guint32 timestamp;
  gsize len;
  guint8 bytes[GATEWAY_PACKET_MAX];
} GatewayTrackPacket;

/*
 * @GATEWAY_TRACK_BEGUN: taken, the first one of a source, or of one that began anew: a
 * viewer needs a key frame
 * @GATEWAY_TRACK_REPEATED: had already, or so late that nobody can use it
 * @GATEWAY_TRACK_REFUSED: no RTP, too long, or of another source than the one that is
 * heard
 */
typedef enum
{
  GATEWAY_TRACK_TAKEN,
  GATEWAY_TRACK_BEGUN,
  GATEWAY_TRACK_REPEATED,
  GATEWAY_TRACK_REFUSED,
} GatewayTrackOutcome;

/* @timestamp: of its first packet */
GatewayTrack *gateway_track_new (guint clock_rate, guint32 ssrc, guint32 timestamp);
void gateway_track_free (GatewayTrack *self);
guint32 gateway_track_get_ssrc (GatewayTrack *self);

/*
 * @bytes: anything that came where plain RTP is expected
 * @now_us: when it was captured, or else when it came
 * @packet: (out): where it is kept, until as many others came; set where it was taken
 */
GatewayTrackOutcome gateway_track_take (GatewayTrack *self,
                                        const guint8 *bytes,
                                        gsize len,
                                        gint64 now_us,
                                        const GatewayTrackPacket **packet);

/* Returns: (nullable): the packet of that number, if it came and is still kept */
const GatewayTrackPacket *gateway_track_find (GatewayTrack *self, guint64 number);

/* Returns: whether there is a source, and (out) its SSRC as it writes it */
gboolean gateway_track_get_source (GatewayTrack *self, guint32 *ssrc);

/* The source says at which time of its clock it captured what. Other sources' reports
 * are ignored. */
void gateway_track_note_report (GatewayTrack *self,
                                guint32 source_ssrc,
                                guint64 ntp,
                                guint32 source_timestamp);

/* Returns: the track's timestamp of what is captured at @now_us */
guint32 gateway_track_get_timestamp (GatewayTrack *self, gint64 now_us);

/* Returns: whether the source has reported; (out): the NTP time of its clock at @now_us
 */
gboolean gateway_track_get_source_ntp (GatewayTrack *self, gint64 now_us, guint64 *ntp);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GatewayTrack, gateway_track_free)
