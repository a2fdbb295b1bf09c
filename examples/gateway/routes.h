/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sessions.h"

#include <libsoup/soup.h>

/*
 * What there is, and by which methods:
 *
 *   /, /gateway.js, ...    the page
 *   /status                what is counted
 *   /whep, /whip           who wants to watch, or to publish
 *   /whep/ID, /whip/ID     one who does
 */
typedef struct _GatewayRoute GatewayRoute;

/* NULL: there is nothing. */
const GatewayRoute *gateway_route_find (const char *path);

/* Whether everybody may see it, who has a token or not. */
gboolean gateway_route_is_public (const GatewayRoute *self);

/* Answered by another method than those that it has, or OPTIONS: FALSE, and it is
 * answered. */
gboolean
gateway_route_check_method (const GatewayRoute *self, SoupServerMessage *message);

/* Answers what passed the check, now or later. */
void gateway_route_serve (const GatewayRoute *self,
                          const char *path,
                          GatewaySessions *sessions,
                          const char *stun,
                          SoupServerMessage *message);
