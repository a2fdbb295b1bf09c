/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "fixed-key.h"
#include "inlet.h"
#include "properties.h"

G_BEGIN_DECLS

#define GST_TYPE_TEGATA_SRTP_DEC (gst_tegata_srtp_dec_get_type ())
G_DECLARE_DERIVABLE_TYPE (GstTegataSrtpDec,
                          gst_tegata_srtp_dec,
                          GST,
                          TEGATA_SRTP_DEC,
                          GstElement)

struct _GstTegataSrtpDecClass
{
  GstElementClass parent_class;
};

/* For subclasses, to change its defaults. (transfer none) */
GstTegataAssociation *gst_tegata_srtp_dec_get_association (GstTegataSrtpDec *self);

GST_ELEMENT_REGISTER_DECLARE (tegatasrtpdec)

G_END_DECLS
