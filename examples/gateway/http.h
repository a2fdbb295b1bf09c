/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "options.h"

#include <libsoup/soup.h>

/*
 * The HTTP server: who may, which route, and how long anybody may take.
 */
typedef struct _GatewayHttp GatewayHttp;

/* It serves from now on. NULL with what could not be had. */
GatewayHttp *gateway_http_new (const GatewayOptions *options, GError **error);
void gateway_http_free (GatewayHttp *self);

/* Returns: (transfer full): where, as in "http://127.0.0.1:8080/" */
char *gateway_http_dup_url (GatewayHttp *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GatewayHttp, gateway_http_free)
