/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ice-peer.h"
#include "traffic.h"

G_BEGIN_DECLS

/* Two peers of one process: the first one offers and is ICE's controlling side. */
typedef struct
{
  IcePeer *offerer;
  IcePeer *answerer;
  Traffic *traffic; /* NULL while there is none */
} Rig;

/* @offerer, @answerer: NULL for all zero; who controls is set here. Each expects the
 * other one's certificate. */
void rig_init (Rig *self, const IceSettings *offerer, const IceSettings *answerer);
/* close_notify from the offerer, if it is connected, arrives; and nothing is left. */
void rig_clear (Rig *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Rig, rig_clear)

/* Candidates of both are gathered. */
void rig_gather (Rig *self);
void rig_tell_credentials (Rig *self);
/* Gathers, and tells everything at once. */
void rig_signal (Rig *self);
/* ICE is done on both sides. */
void rig_await_ready (Rig *self);

/* The handshake of both begins; the offerer's role is given. */
void rig_start (Rig *self, TegataRole role);
void rig_await_connected (Rig *self);
/* All of the above. */
void rig_connect (Rig *self, TegataRole role);

void rig_begin_traffic (Rig *self);
/* All has come, in order; none was refused. */
void rig_end_traffic (Rig *self);

/* Both restart, at once, and are told each other's new credentials, not candidates. */
void rig_restart (Rig *self);
/* Both have selected anew since they had those counts. */
void
rig_await_reselected (Rig *self, guint n_selected_offerer, guint n_selected_answerer);
/* A whole restart with all candidates, and whatever it must leave as it is. */
void rig_restart_and_select (Rig *self);

/* What one association has for itself, and a new handshake would change. */
typedef struct
{
  TegataDtlsStats dtls;
  TegataCertificate *certificate; /* borrowed */
  TegataSrtpKeys keys;
} Association;

void association_note (Association *self, IcePeer *peer);
/* There was no handshake since: no state, flight, certificate or key is another one. */
void association_assert_same (const Association *self, IcePeer *peer);

TegataSessionStats ice_peer_session_stats (IcePeer *self);
/* No datagram was refused, and no packet was other than sound. */
void ice_peer_assert_nothing_refused (IcePeer *self);

G_END_DECLS
