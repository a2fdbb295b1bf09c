/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/*
 * A UDP socket that does not block, bound to @local and connected to @peer; one of them
 * may be NULL. As tegata_udp_channel_new() has it: errors name the address, for people.
 */
GSocket *
tegata_udp_socket_open (GSocketAddress *local, GSocketAddress *peer, GError **error);

G_END_DECLS
