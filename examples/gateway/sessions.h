/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "peer.h"

/*
 * Everybody who watches or publishes, by the secret name that only they know. Prints a
 * line for whatever happens to them. Main thread.
 */
typedef struct _GatewaySessions GatewaySessions;

/* One of them; gone when its peer is. */
typedef struct
{
  guint number; /* of its kind, counted from 1: for people, and no secret */
  char *id;     /* 128 random bits: whoever knows it may end it; never printed */
  GatewayPeer *peer;
} GatewaySession;

typedef struct
{
  guint now;
  guint64 ever;
  guint64 failed;    /* by the peer, or by us */
  guint64 timed_out; /* never connected */
} GatewaySessionsStats;

/* @feed: outlives it. NULL where no certificate can be made. */
GatewaySessions *
gateway_sessions_new (const GatewayOptions *options, GatewayFeed *feed, GError **error);

/* Says goodbye to all, and waits for a moment until the last agent is gone. */
void gateway_sessions_free (GatewaySessions *self);

/* Whether cameras have somewhere to go. */
gboolean gateway_sessions_take_cameras (GatewaySessions *self);

/* Whether there may be one more. FALSE with a GATEWAY_PROBLEM. */
gboolean
gateway_sessions_may_add (GatewaySessions *self, GatewayService service, GError **error);

/* Called once, from the main loop: the answer is there or, with NULL, it is gone. */
typedef void (*GatewayAnswered) (GatewaySession *session, gpointer user_data);

/* @offer: (transfer full). FALSE with a GATEWAY_PROBLEM, and nothing called. */
gboolean gateway_sessions_add (GatewaySessions *self,
                               GatewayService service,
                               GatewayOffer *offer,
                               GatewayAnswered answered,
                               gpointer user_data,
                               GError **error);

/* Of those that were answered. NULL: there is none. */
GatewaySession *
gateway_sessions_find (GatewaySessions *self, GatewayService service, const char *id);

/* Of both services, the oldest first. */
void gateway_sessions_foreach (GatewaySessions *self, GFunc function, gpointer user_data);

GatewayFeed *gateway_sessions_get_feed (GatewaySessions *self);
void gateway_sessions_get_stats (GatewaySessions *self, GatewaySessionsStats *stats);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GatewaySessions, gateway_sessions_free)
