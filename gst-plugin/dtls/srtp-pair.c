/* SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-dtlssrtpenc
 * @title: dtlssrtpenc
 * @short_description: tegatasrtpenc by GStreamer's name
 * @see_also: dtlssrtpdec
 *
 * For applications that make it by this name, as webrtcbin does. All is as
 * tegatasrtpenc has it.
 */

/**
 * SECTION:element-dtlssrtpdec
 * @title: dtlssrtpdec
 * @short_description: tegatasrtpdec by GStreamer's name
 * @see_also: dtlssrtpenc
 *
 * For applications that make it by this name, as webrtcbin does. All is as
 * tegatasrtpdec has it.
 */

#include "srtp-pair.h"

#include "shared-certificate.h"

/* Subclasses, since a GType has one factory. Names of our own: GStreamer's plugin may be
 * loaded in the same process. */
struct _GstTegataDtlsSrtpEnc
{
  GstTegataSrtpEnc parent_instance;
};

struct _GstTegataDtlsSrtpDec
{
  GstTegataSrtpDec parent_instance;
};

G_DEFINE_TYPE (GstTegataDtlsSrtpEnc, gst_tegata_dtls_srtp_enc, GST_TYPE_TEGATA_SRTP_ENC)
G_DEFINE_TYPE (GstTegataDtlsSrtpDec, gst_tegata_dtls_srtp_dec, GST_TYPE_TEGATA_SRTP_DEC)
GST_ELEMENT_REGISTER_DEFINE (dtlssrtpenc,
                             "dtlssrtpenc",
                             GST_RANK_NONE,
                             GST_TYPE_TEGATA_DTLS_SRTP_ENC)
GST_ELEMENT_REGISTER_DEFINE (dtlssrtpdec,
                             "dtlssrtpdec",
                             GST_RANK_NONE,
                             GST_TYPE_TEGATA_DTLS_SRTP_DEC)

static void
gst_tegata_dtls_srtp_enc_class_init (GstTegataDtlsSrtpEncClass *klass)
{
  gst_element_class_set_static_metadata (
      GST_ELEMENT_CLASS (klass), "DTLS-SRTP encoder by Tegata",
      "Encoder/Network/DTLS/SRTP",
      "tegatasrtpenc in the place of GStreamer's own dtlssrtpenc",
      "Tegata developers <tegata@example.org>");
}

static void
gst_tegata_dtls_srtp_enc_init (G_GNUC_UNUSED GstTegataDtlsSrtpEnc *self)
{
}

static void
gst_tegata_dtls_srtp_dec_class_init (GstTegataDtlsSrtpDecClass *klass)
{
  gst_element_class_set_static_metadata (
      GST_ELEMENT_CLASS (klass), "DTLS-SRTP decoder by Tegata",
      "Decoder/Network/DTLS/SRTP",
      "tegatasrtpdec in the place of GStreamer's own dtlssrtpdec",
      "Tegata developers <tegata@example.org>");
}

static void
gst_tegata_dtls_srtp_dec_init (GstTegataDtlsSrtpDec *self)
{
  gst_tegata_share_certificate (
      gst_tegata_srtp_dec_get_association (GST_TEGATA_SRTP_DEC (self)));
}
