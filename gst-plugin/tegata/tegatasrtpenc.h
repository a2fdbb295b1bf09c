/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "fixed-key.h"
#include "outlet.h"
#include "properties.h"

G_BEGIN_DECLS

#define GST_TYPE_TEGATA_SRTP_ENC (gst_tegata_srtp_enc_get_type ())
G_DECLARE_DERIVABLE_TYPE (GstTegataSrtpEnc,
                          gst_tegata_srtp_enc,
                          GST,
                          TEGATA_SRTP_ENC,
                          GstElement)

struct _GstTegataSrtpEncClass
{
  GstElementClass parent_class;
};

GST_ELEMENT_REGISTER_DECLARE (tegatasrtpenc)

G_END_DECLS
