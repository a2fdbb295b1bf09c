/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "transport/party.h"

#include <gio/gio.h>

/* The gateway's transport to somebody, and theirs, over UDP on the loopback interface. */
typedef struct
{
  Party *gateway;
  Party *peer;
} Link;

/* Connected when it returns. */
Link *link_new (void);
void link_free (Link *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Link, link_free)

/* (transfer full): of 127.0.0.1; port 0: a free one */
GSocketAddress *loopback_address (guint16 port);
/* (transfer full): bound to it */
GSocket *loopback_socket (guint16 port);
guint16 socket_port (GSocket *socket);
/* A port that is free, as the next one is, a moment ago. */
guint16 find_port_pair (void);
/* Does not wait. Returns: the length; 0 for nothing there */
gsize socket_receive (GSocket *socket, guint8 *bytes, gsize size, GSocketAddress **from);
void socket_send (GSocket *socket, guint16 port, gconstpointer bytes, gsize len);

/* A plain packet without extras. Returns: its length */
gsize write_rtp (guint8 *bytes,
                 guint8 payload_type,
                 guint16 sequence,
                 guint32 timestamp,
                 guint32 ssrc,
                 gsize payload_len);
