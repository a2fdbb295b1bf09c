/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * Whose page a request comes from. A name that its owner points to 127.0.0.1 (DNS
 * rebinding) makes a stranger's page one of "the same origin": so on this machine only
 * names are believed that nobody can point anywhere.
 */

/* @host: (nullable): "localhost:8080", "127.0.0.1:8080", "[::1]"; also "x.localhost" */
gboolean gateway_host_is_local (const char *host);

/* @origin: (nullable): "https://example.org"; of @host, whether by TLS or not */
gboolean gateway_host_is_of_origin (const char *host, const char *origin);
