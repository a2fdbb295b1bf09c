/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec.h"

#include <agent.h>
#include <tegata/tegata.h>

/*
 * The offer that a viewer posts, with everything in it: ICE has gathered before, and
 * nothing is trickled.
 */

/* @agent: has gathered for @stream_id. Returns: (transfer full): SDP */
char *offer_to_text (NiceAgent *agent, guint stream_id, TegataCertificate *certificate);
