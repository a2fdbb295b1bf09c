/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "transport/party.h"

#include <tegata-nice/tegata-nice.h>

G_BEGIN_DECLS

/* How an agent is made. All zero: full, controlled, on 127.0.0.1. */
typedef struct
{
  NiceAgentOption flags;
  gboolean is_controlling;
  const char *addresses[2]; /* NULL: the first one is 127.0.0.1, no second one */
  guint16 stun_port;        /* on 127.0.0.1; 0 for none */
  guint16 turn_port;        /* likewise, of a TurnServer */
  gboolean is_relayed_only;
  gboolean is_persistent;      /* repeats checks sooner, and more often */
  gint64 handshake_timeout_us; /* 0 for the library's own */
} IceSettings;

/*
 * An agent with one stream of one component, its channel, and a transport on that. The
 * agent and all of its signals are on the default main context, as the parties are.
 */
typedef struct _IcePeer IcePeer;
struct _IcePeer
{
  NiceAgent *agent;
  guint stream_id;
  TegataNiceChannel *channel;
  Party *party;
  GPtrArray *candidates; /* our own, as SDP text, as they were found */
  gboolean has_gathered;
  guint n_selected;    /* how often a pair was */
  IcePeer *trickle_to; /* borrowed: is told each candidate as it is found; NULL */
};

/* It gathers once it is told to, or its candidates are trickled. */
IcePeer *ice_peer_new (const IceSettings *settings);
void ice_peer_free (IcePeer *self);

void ice_peer_gather (IcePeer *self);

/* What signalling carries, as text. */
void ice_peer_tell_credentials (IcePeer *self, IcePeer *to);
void ice_peer_tell_candidate (IcePeer *self, guint index, IcePeer *to);
void ice_peer_tell_candidates (IcePeer *self, IcePeer *to);
void ice_peer_tell_end_of_candidates (IcePeer *self, IcePeer *to);

/* New credentials; candidates that were told to it are forgotten. */
void ice_peer_restart (IcePeer *self);

/* (transfer full) */
char *ice_peer_dup_ufrag (IcePeer *self);
/* "127.0.0.1:5000 (host) to 127.0.0.1:5001 (relayed)"; NULL for no pair. (transfer full)
 */
char *ice_peer_dup_pair (IcePeer *self);
NiceCandidateType ice_peer_local_type (IcePeer *self);
NiceCandidateType ice_peer_remote_type (IcePeer *self);
/* Whether a pair was selected, and checks are over. */
gboolean ice_peer_is_ready (IcePeer *self);

G_END_DECLS
