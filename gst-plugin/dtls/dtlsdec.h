/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_TEGATA_DTLS_DEC (gst_tegata_dtls_dec_get_type ())
G_DECLARE_FINAL_TYPE (GstTegataDtlsDec,
                      gst_tegata_dtls_dec,
                      GST,
                      TEGATA_DTLS_DEC,
                      GstElement)

GST_ELEMENT_REGISTER_DECLARE (dtlsdec)

G_END_DECLS
