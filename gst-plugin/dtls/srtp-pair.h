/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tegatasrtpdec.h"
#include "tegatasrtpenc.h"

G_BEGIN_DECLS

#define GST_TYPE_TEGATA_DTLS_SRTP_ENC (gst_tegata_dtls_srtp_enc_get_type ())
G_DECLARE_FINAL_TYPE (GstTegataDtlsSrtpEnc,
                      gst_tegata_dtls_srtp_enc,
                      GST,
                      TEGATA_DTLS_SRTP_ENC,
                      GstTegataSrtpEnc)

#define GST_TYPE_TEGATA_DTLS_SRTP_DEC (gst_tegata_dtls_srtp_dec_get_type ())
G_DECLARE_FINAL_TYPE (GstTegataDtlsSrtpDec,
                      gst_tegata_dtls_srtp_dec,
                      GST,
                      TEGATA_DTLS_SRTP_DEC,
                      GstTegataSrtpDec)

GST_ELEMENT_REGISTER_DECLARE (dtlssrtpenc)
GST_ELEMENT_REGISTER_DECLARE (dtlssrtpdec)

G_END_DECLS
