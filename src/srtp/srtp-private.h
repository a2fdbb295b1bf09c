/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "srtp/srtp-backend.h"

G_BEGIN_DECLS

/* RFC 3711 section 9.2, and what a test lowers. Counted for the object, not for each
 * stream: the safe reading of "a given key". */
#define TEGATA_SRTP_MAX_RTP_PACKETS (G_GUINT64_CONSTANT (1) << 48)
#define TEGATA_SRTP_MAX_RTCP_PACKETS (G_GUINT64_CONSTANT (1) << 31)

void tegata_srtp_set_lifetime (TegataSrtp *self,
                               guint64 max_rtp_packets,
                               guint64 max_rtcp_packets);

/* tegata_srtp_new() on a backend of the caller's choice. */
TegataSrtp *tegata_srtp_new_on (const TegataSrtpBackend *backend,
                                TegataSrtpProfile profile,
                                TegataSrtpDirection direction,
                                const guint8 *key,
                                gsize key_len,
                                GError **error);

/* Does now what the first session of the process would wait for in the middle of its
 * handshake. Any thread, and again. */
void tegata_srtp_prepare (void);

G_END_DECLS
