/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "inlet.h"
#include "outlet.h"
#include "properties.h"

G_BEGIN_DECLS

#define GST_TYPE_TEGATA_TRANSPORT (gst_tegata_transport_get_type ())
G_DECLARE_FINAL_TYPE (GstTegataTransport,
                      gst_tegata_transport,
                      GST,
                      TEGATA_TRANSPORT,
                      GstElement)

GST_ELEMENT_REGISTER_DECLARE (tegatatransport)

G_END_DECLS
