/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "srtp/srtp-window.h"

G_BEGIN_DECLS

/* More sources than any call has; what is above is refused (RFC 3711 leaves it open). */
#define TEGATA_SRTP_DEFAULT_MAX_STREAMS 1024

/* What is known of one SSRC. */
typedef struct
{
  guint32 ssrc;
  guint32 next_roc; /* was set, for the next packet */
  gboolean has_next_roc;
  guint32 rtcp_index;    /* outbound: of the last SRTCP packet; the first has 1 */
  TegataSrtpWindow rtp;  /* of 48-bit indices: the counter is what is above 16 bits */
  TegataSrtpWindow rtcp; /* inbound */
} TegataSrtpStream;

/* The counter that the stream's next packet is taken to have. */
guint32 tegata_srtp_stream_get_roc (const TegataSrtpStream *self);

/* Which index a packet has (RFC 3711 section 3.3.1 and appendix A). */
guint64 tegata_srtp_stream_estimate (const TegataSrtpStream *self, guint16 sequence);

/* An RTP packet with this index has passed. */
void tegata_srtp_stream_passed (TegataSrtpStream *self, guint64 index);

/* As it is before anything came of it. */
void tegata_srtp_stream_init (TegataSrtpStream *self, guint32 ssrc);

/* The streams of one direction. */
typedef struct
{
  GHashTable *table;      /* SSRC to stream, which it owns */
  TegataSrtpStream *last; /* who came last mostly comes next */
  guint max;
} TegataSrtpStreams;

void tegata_srtp_streams_init (TegataSrtpStreams *self);
void tegata_srtp_streams_clear (TegataSrtpStreams *self);

/* (transfer none) (nullable) */
TegataSrtpStream *tegata_srtp_streams_find (TegataSrtpStreams *self, guint32 ssrc);

/* (transfer none) (nullable): a copy of @stream, which is of an SSRC that is not there
 * yet, or NULL where there are as many as may be. */
TegataSrtpStream *
tegata_srtp_streams_add (TegataSrtpStreams *self, const TegataSrtpStream *stream);

G_END_DECLS
