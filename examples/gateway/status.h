/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sessions.h"

/* Returns: (transfer full): all that is counted, as JSON. No secret: no name of a
 * session, no address, no key. */
char *gateway_status_to_json (GatewaySessions *sessions);
