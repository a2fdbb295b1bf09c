/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_TEGATA_DTLS_ENC (gst_tegata_dtls_enc_get_type ())
G_DECLARE_FINAL_TYPE (GstTegataDtlsEnc,
                      gst_tegata_dtls_enc,
                      GST,
                      TEGATA_DTLS_ENC,
                      GstElement)

GST_ELEMENT_REGISTER_DECLARE (dtlsenc)

G_END_DECLS
