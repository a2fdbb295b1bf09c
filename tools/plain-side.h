/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <tegata/tegata.h>

G_BEGIN_DECLS

/*
 * The plain side of a secured call: local UDP ports where an application (a player, an
 * encoder, a softphone) sends and receives RTP and RTCP in the clear. What comes in goes
 * to a TegataTransport, protected in place in the buffer that it was received in; what
 * a transport unprotected goes out, as many packets a system call as came at once.
 *
 * One thread: the loop's.
 */
typedef struct _PlainSide PlainSide;

/*
 * @in: [HOST:]PORT, where the application sends to; on 127.0.0.1 by default
 * @out: [HOST:]PORT, where it receives. What goes there comes from @in, where one socket
 * can do both, as symmetric RTP wants it
 * @rtcp_in, @rtcp_out: likewise for RTCP. Without them both kinds share the ports, told
 * apart by their second byte (RFC 5761 section 4)
 * @mtu: a packet that is longer on the wire is told once; 0 for never
 *
 * All may be NULL.
 */
typedef struct
{
  const char *in;
  const char *out;
  const char *rtcp_in;
  const char *rtcp_out;
  guint mtu;
} PlainSideOptions;

/*
 * @received: packets of the application. Of these are
 * @secured: sent by a transport
 * @early: dropped, for there was nobody with keys for them
 * @refused: dropped, for they could not be protected, or be sent
 * @refused_for: the former of these, by outcome
 * @not_media: datagrams that are neither RTP nor RTCP: dropped
 * @delivered: packets of the peer that went out
 * @undelivered: packets of the peer that had nowhere to go, or did not get there
 */
typedef struct
{
  guint64 received;
  guint64 secured;
  guint64 early;
  guint64 refused;
  guint64 refused_for[TEGATA_N_SRTP_OUTCOMES];
  guint64 not_media;
  guint64 delivered;
  guint64 undelivered;
} PlainSideStats;

/* Something that the user wants to know, and that ends nothing. It may not free the side.
 */
typedef void (*PlainSideNoticeFunc) (const char *sentence, gpointer user_data);

/*
 * Returns: (transfer full): open ports; NULL with what address_parse() or
 * tegata_udp_channel_new() say
 */
PlainSide *
plain_side_new (TegataLoop *loop, const PlainSideOptions *options, GError **error);
void plain_side_free (PlainSide *self);

void plain_side_set_notice_func (PlainSide *self,
                                 PlainSideNoticeFunc func,
                                 gpointer user_data);

/*
 * Where RTP and RTCP of the application go from now on: referenced. NULL for nowhere; the
 * same one twice where RTCP is multiplexed with RTP.
 */
void
plain_side_set_transports (PlainSide *self, TegataTransport *rtp, TegataTransport *rtcp);

/* Sends out what a transport received. The packets are only read. */
void plain_side_deliver (PlainSide *self, const TegataPacket *packets, guint n_packets);

/*
 * Returns: (transfer none): where it receives RTP, or RTCP; of a side that only sends,
 * where it sends from. NULL where it does neither
 */
GSocketAddress *plain_side_get_local_address (PlainSide *self, gboolean rtcp);

/* Returns: (transfer none): its counts, which go on. */
const PlainSideStats *plain_side_get_stats (PlainSide *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PlainSide, plain_side_free)

G_END_DECLS
