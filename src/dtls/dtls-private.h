/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <tegata/dtls.h>

G_BEGIN_DECLS

/* Before the start: whether a server takes ClientHellos with a valid cookie only,
 * whatever the context's policy makes of a server on its own. Addresses are needed then.
 */
void tegata_dtls_set_wants_cookie (TegataDtls *self, gboolean wants_cookie);

/* Before the end of a server's first flight: whether a ClientHello was accepted by now.
 */
gboolean tegata_dtls_has_accepted_hello (TegataDtls *self);

G_END_DECLS
