/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/*
 * Addresses as people write them: "127.0.0.1:5000", "[::1]:5000", "example.org:5000".
 */

/*
 * Where @default_host is given, @text is a place of our own, "[HOST:]PORT", and port 0 is
 * any free one. Where it is NULL, @text is a place to send to: HOST:PORT, without port 0.
 * A host that is a name is looked up, which takes its time; IPv4 is taken before IPv6.
 *
 * Returns: (transfer full): an address; NULL with G_OPTION_ERROR_BAD_VALUE for a text
 * that is none, or with a GResolverError where the host is not known. Both name @text
 */
GSocketAddress *
address_parse (const char *text, const char *default_host, GError **error);

/* Returns: (transfer full): "127.0.0.1:5000" or "[::1]:5000" */
char *address_to_string (GSocketAddress *address);

/* Returns: whether it is of this machine alone */
gboolean address_is_loopback (GSocketAddress *address);

G_END_DECLS
