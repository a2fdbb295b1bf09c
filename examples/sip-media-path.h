/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sip-media-port.h"
#include "sip-media-sdp.h"

G_BEGIN_DECLS

/*
 * What carries a call's audio: a port for RTP, and the next one for RTCP until both
 * descriptions agree to multiplex. Each of the two has an association of its own
 * (RFC 5764 section 3), and both have one a=tls-id.
 *
 * A new association gets a new path, with ports that were not used before: nothing else
 * tells its datagrams from late ones of the old association (RFC 8842 section 5.1).
 */
typedef struct _SipPath SipPath;

/*
 * @host: our address, in digits
 * @first_port, @last_port: where to look for a free pair of ports; 0 for anywhere
 */
typedef struct
{
  const char *host;
  guint16 first_port;
  guint16 last_port;
} SipPathPlace;

/* Returns: (transfer full) (nullable): an open pair of ports, the even one for RTP; NULL
 * where there is none */
SipPath *
sip_path_new (const SipPortShared *shared, const SipPathPlace *place, GError **error);

/* Says goodbye to the peer. */
void sip_path_free (SipPath *self);

const char *sip_path_get_tls_id (SipPath *self);

/* Returns: (transfer none) (nullable): NULL for RTCP where it is multiplexed */
SipPort *sip_path_get_port (SipPath *self, gboolean rtcp);

/* The description agreed to multiplex: RTCP needs no port. */
void sip_path_multiplex (SipPath *self);

/* Lets the peer call before its description is there (RFC 5763 section 5). */
gboolean sip_path_listen (SipPath *self, GError **error);

/*
 * Whether callers are told apart by the description that they have by now, or have to
 * wait for the next one: NULL.
 */
void sip_path_expect (SipPath *self, const SipDescription *remote);

/* Makes the associations that both descriptions ask for. A path that had others has to
 * hang up first. Where it cannot, its state is TEGATA_STATE_FAILED. */
void sip_path_begin (SipPath *self, TegataRole role, const SipDescription *remote);

/* Returns: whether somebody has called on any of its ports */
gboolean sip_path_was_called (SipPath *self);

/* The peer has another address, and keeps its association: FALSE where it cannot. */
gboolean sip_path_move (SipPath *self, const SipDescription *remote);

/* Ports where the peer has not called by now wait no longer. */
void sip_path_give_up (SipPath *self, guint timeout_s);

void sip_path_hang_up (SipPath *self);

/* Returns: how far the least of its associations is */
TegataState sip_path_get_state (SipPath *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SipPath, sip_path_free)

G_END_DECLS
