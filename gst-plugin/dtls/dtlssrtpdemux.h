/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_TEGATA_DTLS_SRTP_DEMUX (gst_tegata_dtls_srtp_demux_get_type ())
G_DECLARE_FINAL_TYPE (GstTegataDtlsSrtpDemux,
                      gst_tegata_dtls_srtp_demux,
                      GST,
                      TEGATA_DTLS_SRTP_DEMUX,
                      GstElement)

GST_ELEMENT_REGISTER_DECLARE (dtlssrtpdemux)

G_END_DECLS
