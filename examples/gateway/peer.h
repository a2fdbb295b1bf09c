/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "description.h"
#include "feed.h"
#include "options.h"
#include "publisher.h"

/* What all peers share: one of each. */
typedef struct
{
  const GatewayOptions *options;
  TegataContext *context;
  TegataLoop *loop;
  GatewayFeed *feed;
  guint n_agents; /* of ICE, those that are being closed among them */
} GatewayShared;

/*
 * One browser, from its offer to its end. Main thread.
 *
 *   GATHERING -> ANSWERED -> CONNECTED -> GONE
 *       |            |                     ^
 *       +------------+---------------------+  deadline, goodbye, failure
 */
typedef enum
{
  GATEWAY_PEER_GATHERING, /* our candidates, before there is an answer */
  GATEWAY_PEER_ANSWERED,  /* ICE and DTLS are under way */
  GATEWAY_PEER_CONNECTED, /* media flows */
  GATEWAY_PEER_GONE,
} GatewayPeerState;

typedef struct _GatewayPeer GatewayPeer;

/* @answered: gateway_peer_get_answer() is there
 * @changed: it is connected, or gone; where it is gone, free it
 *
 * From the main loop, never from within a function of this file but
 * gateway_peer_end(). */
typedef struct
{
  void (*answered) (GatewayPeer *self, gpointer user_data);
  void (*changed) (GatewayPeer *self, gpointer user_data);
} GatewayPeerCallbacks;

/* @offer: (transfer full): with what is taken of it chosen. NULL with a GATEWAY_PROBLEM.
 */
GatewayPeer *gateway_peer_new (GatewayShared *shared,
                               GatewayService service,
                               GatewayOffer *offer,
                               const GatewayPeerCallbacks *callbacks,
                               gpointer user_data,
                               GError **error);

/* Ended, or not: then it ends without a word to anybody but the browser. */
void gateway_peer_free (GatewayPeer *self);

/* Says goodbye; gone from now on. @why: the end of "gone: ..." */
void gateway_peer_end (GatewayPeer *self, const char *why);

/* Once answered: the SDP answer. */
const char *gateway_peer_get_answer (GatewayPeer *self);

/* The strong entity tag of the ICE session: RFC 9725 section 4.3.1. */
const char *gateway_peer_get_etag (GatewayPeer *self);

/* @remote: with candidates that trickle in, or a new ICE session's credentials
 * @fragment: (out) (transfer full): NULL, or the answer to an ICE restart
 *
 * FALSE with a GATEWAY_PROBLEM; all is then as it was. */
gboolean gateway_peer_patch (GatewayPeer *self,
                             const GatewayIceText *remote,
                             char **fragment,
                             GError **error);

GatewayService gateway_peer_get_service (GatewayPeer *self);
GatewayPeerState gateway_peer_get_state (GatewayPeer *self);
/* What was agreed, GATEWAY_N_KINDS of them. */
const GatewayFormat *gateway_peer_get_formats (GatewayPeer *self);
TegataTransport *gateway_peer_get_transport (GatewayPeer *self);
/* NULL: it does not watch, or is not connected. */
GatewayViewer *gateway_peer_get_viewer (GatewayPeer *self);
/* NULL: it does not publish, or is not connected. */
GatewayPublisher *gateway_peer_get_publisher (GatewayPeer *self);

/* Where it is gone: why; and whose fault that was. */
const char *gateway_peer_get_reason (GatewayPeer *self);
gboolean gateway_peer_has_failed (GatewayPeer *self);
gboolean gateway_peer_has_timed_out (GatewayPeer *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GatewayPeer, gateway_peer_free)
