/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ice-peer.h"

#include "support/forgeries.h"

G_BEGIN_DECLS

/*
 * Somebody who knows where a peer listens, and neither its ICE password nor any key: a
 * socket of 127.0.0.1, and all the forged datagrams that kill a handshake of libssl's.
 */
typedef struct _Stranger Stranger;

/* Its noise follows GTest's seed. */
Stranger *stranger_new (void);
void stranger_free (Stranger *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Stranger, stranger_free)

/* (transfer full): one of them; each turn knows of other record and message numbers */
GBytes *
stranger_forge (Stranger *self, Forgery forgery, TegataRole victim_role, guint turn);

/* One of each to each candidate of @victim's. */
void stranger_strike (Stranger *self, IcePeer *victim, TegataRole victim_role);

/* A connectivity check to @to's first candidate, without ufrag and password. */
void stranger_check (Stranger *self, IcePeer *to);
gboolean stranger_has_answer (Stranger *self);

/* Whether @peer has read all that its sockets have. */
gboolean ice_peer_has_read_all (IcePeer *peer);

/* Datagrams so far. */
guint stranger_n_sent (Stranger *self);

G_END_DECLS
