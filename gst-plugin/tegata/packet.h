/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "association.h"

G_BEGIN_DECLS

/*
 * One packet in a GstBuffer. The work is done in place where the buffer, its one memory
 * and (to protect) the room behind it are the caller's alone; otherwise by one copy into
 * one fresh buffer, which has the flags, time stamps and metas of the old one.
 */

/* @buffer: (inout): a plain packet; with OK its protected form, else left as it was */
TegataSrtpOutcome gst_tegata_packet_protect (GstBuffer **buffer,
                                             GstTegataAssociation *association,
                                             gboolean is_rtcp);

/* @buffer: (inout): a datagram; with RTP and RTCP the plain packet, with NOTHING it is
 * of no more use */
TegataReceived
gst_tegata_packet_receive (GstBuffer **buffer, GstTegataAssociation *association);

G_END_DECLS
