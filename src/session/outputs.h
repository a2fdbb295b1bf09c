/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <tegata/listener.h>

G_BEGIN_DECLS

/* Whether polling is worth it. Cheap, and now and then yes where there is nothing: DTLS
 * that was refused may have left something. */
gboolean tegata_session_has_outputs (TegataSession *self);
gboolean tegata_listener_has_outputs (TegataListener *self);

G_END_DECLS
