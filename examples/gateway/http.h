/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sessions.h"

/*
 * The HTTP server: who may do what. Main thread.
 */
typedef struct _GatewayHttp GatewayHttp;

/* @options, @sessions: outlive it. It serves from now on. NULL with what could not be
 * had: the port, a file. */
GatewayHttp *gateway_http_new (const GatewayOptions *options,
                               GatewaySessions *sessions,
                               GError **error);
void gateway_http_free (GatewayHttp *self);

/* Returns: (transfer full): where, as in "http://127.0.0.1:8080/" */
char *gateway_http_dup_url (GatewayHttp *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GatewayHttp, gateway_http_free)
