/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sessions.h"

#include <libsoup/soup.h>

/*
 * WHEP (draft-ietf-wish-whep) and WHIP (RFC 9725), which differ in who sends: what their
 * endpoints and their sessions do.
 */
#define GATEWAY_SDP "application/sdp"
#define GATEWAY_FRAGMENT "application/trickle-ice-sdpfrag"

/* Pauses @message until there is an answer. @stun: HOST:PORT, or NULL. */
void gateway_service_post (GatewaySessions *sessions,
                           GatewayService service,
                           const char *stun,
                           SoupServerMessage *message);
/* There is nothing to see: RFC 9725 section 4.1. */
void gateway_service_get (SoupServerMessage *message);

void gateway_session_get (GatewaySession *session, SoupServerMessage *message);
void gateway_session_patch (GatewaySession *session, SoupServerMessage *message);
void gateway_session_delete (GatewaySession *session, SoupServerMessage *message);
