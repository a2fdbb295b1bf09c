/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "association.h"

G_BEGIN_DECLS

/*
 * All decoders of this plugin have one certificate until "pem" is set, as GStreamer's own
 * have: webrtcbin refuses a description whose sections differ in their fingerprints, and
 * makes a decoder for each section that is not bundled.
 */
void gst_tegata_share_certificate (GstTegataAssociation *association);

G_END_DECLS
