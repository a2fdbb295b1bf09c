/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/*
 * Addresses as people write them: "127.0.0.1:5000", "[::1]:5000", "example.org:5000".
 */

/*
 * A place of our own, "[HOST:]PORT"; port 0 is any free one.
 *
 * A host that is a name is looked up, which takes its time; IPv4 is taken before IPv6.
 *
 * Returns: (transfer full): an address; NULL with G_OPTION_ERROR_BAD_VALUE for a text
 * that is none, or with a GResolverError where the host is not known. Both name @text
 */
GSocketAddress *
address_parse (const char *text, const char *default_host, GError **error);

/* Likewise a place to send to: without port 0. @default_host: (nullable): none */
GSocketAddress *
address_parse_target (const char *text, const char *default_host, GError **error);

/* Returns: (transfer full): "127.0.0.1:5000" or "[::1]:5000" */
char *address_to_string (GSocketAddress *address);

/* Returns: whether both are one place */
gboolean address_equal (GSocketAddress *a, GSocketAddress *b);

/* Returns: whether it is of this machine alone */
gboolean address_is_loopback (GSocketAddress *address);

G_END_DECLS
