/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

/*
 * Where connections come in. A #SoupServer could listen by itself, but then stops for
 * good when files run out once, and waits for ever for who sends slowly: so connections
 * are taken here, are counted and timed, and then handed to it. Each is for one request.
 */
typedef struct _GatewayDoor GatewayDoor;

/* @certificate: (nullable): TLS. NULL where the address cannot be had. */
GatewayDoor *gateway_door_new (SoupServer *server,
                               GInetSocketAddress *address,
                               GTlsCertificate *certificate,
                               guint max_visitors,
                               GError **error);

/* Nobody else comes in. After it disconnect the server. */
void gateway_door_close (GatewayDoor *self);

/* Whether who asked has closed the connection: a server that waits for an answer to give
 * does not look. */
gboolean gateway_door_has_left (SoupServerMessage *message);

/* Returns: (transfer full): as in "http://127.0.0.1:8080/", with the port that it is */
char *gateway_door_dup_url (GatewayDoor *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GatewayDoor, gateway_door_close)
