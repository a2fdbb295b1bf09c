/* SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-tegatasrtpenc
 * @title: tegatasrtpenc
 * @short_description: the sending half of a DTLS-SRTP association
 * @see_also: tegatasrtpdec, tegatatransport
 *
 * Takes RTP, RTCP and data on rtp_sink_%d, rtcp_sink_%d and data_sink, and gives the
 * datagrams for the peer to its src pad, together with those of the handshake. With a
 * #tegatasrtpdec of the same `connection-id`, which has the certificate and all other
 * settings, it is one DTLS association. It has the pads, properties and behaviour of
 * GStreamer's dtlssrtpenc, so that a pipeline for that one works with the name changed.
 *
 * The handshake starts when it goes from READY to PAUSED, in the role that `is-client`
 * says, and the association ends when it goes back. From there it begins anew. EOS on
 * data_sink closes the association politely. Media of a live source that comes before it
 * is connected is dropped, and the source is asked for a key frame then; another source
 * waits.
 *
 * ## Example pipelines
 *
 * The sender, which calls, and the receiver, which is called on port 5000.
 *
 * |[
 * gst-launch-1.0 udpsrc port=5001 ! tegatasrtpdec connection-id=call \
 *   audiotestsrc is-live=true ! opusenc ! rtpopuspay ! enc.rtp_sink_0 \
 *   tegatasrtpenc name=enc connection-id=call is-client=true \
 *   ! udpsink host=127.0.0.1 port=5000 async=false sync=false
 * ]|
 * |[
 * gst-launch-1.0 udpsrc port=5000 \
 *   caps="application/x-rtp,media=audio,clock-rate=48000,encoding-name=OPUS,payload=96" \
 *   ! tegatasrtpdec name=dec connection-id=call \
 *   dec.rtp_src ! rtpopusdepay ! opusdec ! audioconvert ! autoaudiosink \
 *   tegatasrtpenc connection-id=call \
 *   ! udpsink host=127.0.0.1 port=5001 async=false sync=false
 * ]|
 */

#include "tegatasrtpenc-private.h"

enum
{
  PROP_CONNECTION_ID = GST_TEGATA_N_PROPERTIES,
  PROP_IS_CLIENT,
  PROP_RTP_SYNC,
  PROP_FIXED_KEY,
  N_PROPERTIES = PROP_FIXED_KEY + GST_TEGATA_N_FIXED,
};

#define MEDIA_CAPS "application/x-rtp; application/x-rtcp"

static GstStaticPadTemplate rtp_sink_template
    = GST_STATIC_PAD_TEMPLATE ("rtp_sink_%d",
                               GST_PAD_SINK,
                               GST_PAD_REQUEST,
                               GST_STATIC_CAPS (MEDIA_CAPS));
static GstStaticPadTemplate rtcp_sink_template
    = GST_STATIC_PAD_TEMPLATE ("rtcp_sink_%d",
                               GST_PAD_SINK,
                               GST_PAD_REQUEST,
                               GST_STATIC_CAPS (MEDIA_CAPS));
static GstStaticPadTemplate data_sink_template
    = GST_STATIC_PAD_TEMPLATE ("data_sink",
                               GST_PAD_SINK,
                               GST_PAD_REQUEST,
                               GST_STATIC_CAPS_ANY);
static GstStaticPadTemplate src_template
    = GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

G_DEFINE_TYPE_WITH_PRIVATE (GstTegataSrtpEnc, gst_tegata_srtp_enc, GST_TYPE_ELEMENT)
GST_ELEMENT_REGISTER_DEFINE (tegatasrtpenc,
                             "tegatasrtpenc",
                             GST_RANK_NONE,
                             GST_TYPE_TEGATA_SRTP_ENC)

GstTegataSrtpEncPrivate *
gst_tegata_srtp_enc_get_private (gpointer self)
{
  return gst_tegata_srtp_enc_get_instance_private (GST_TEGATA_SRTP_ENC (self));
}

static GstStateChangeReturn
gst_tegata_srtp_enc_change_state (GstElement *element, GstStateChange transition)
{
  GstTegataSrtpEnc *self = GST_TEGATA_SRTP_ENC (element);
  GstStateChangeReturn result;

  if (!gst_tegata_srtp_enc_before_change (self, transition))
  {
    return GST_STATE_CHANGE_FAILURE;
  }
  result = GST_ELEMENT_CLASS (gst_tegata_srtp_enc_parent_class)
               ->change_state (element, transition);
  gst_tegata_srtp_enc_after_change (self, transition, result == GST_STATE_CHANGE_FAILURE);
  return result;
}

static GstTegataStream
stream_of (GstElement *element, GstPadTemplate *templ)
{
  GstElementClass *klass = GST_ELEMENT_GET_CLASS (element);

  if (templ
      == gst_element_class_get_pad_template (klass, rtp_sink_template.name_template))
  {
    return GST_TEGATA_STREAM_RTP;
  }
  if (templ
      == gst_element_class_get_pad_template (klass, rtcp_sink_template.name_template))
  {
    return GST_TEGATA_STREAM_RTCP;
  }
  return GST_TEGATA_STREAM_DATA;
}

static GstPad *
gst_tegata_srtp_enc_request_new_pad (GstElement *element,
                                     GstPadTemplate *templ,
                                     const char *name,
                                     G_GNUC_UNUSED const GstCaps *caps)
{
  return gst_tegata_outlet_request_pad (
      &gst_tegata_srtp_enc_get_private (element)->outlet, templ, name,
      stream_of (element, templ));
}

static void
gst_tegata_srtp_enc_release_pad (GstElement *element, GstPad *pad)
{
  gst_tegata_outlet_release_pad (&gst_tegata_srtp_enc_get_private (element)->outlet, pad);
}

/* Under the object lock. FALSE: none of the element's own */
static gboolean
set_own (GstTegataSrtpEncPrivate *priv, guint id, const GValue *value)
{
  switch (id)
  {
  case PROP_CONNECTION_ID:
    g_free (priv->connection_id);
    priv->connection_id = g_value_dup_string (value);
    return TRUE;
  case PROP_IS_CLIENT:
    priv->is_client = g_value_get_boolean (value);
    return TRUE;
  case PROP_RTP_SYNC:
    priv->outlet.syncs_rtp = g_value_get_boolean (value);
    return TRUE;
  default:
    if (id >= PROP_FIXED_KEY && id < N_PROPERTIES)
    {
      gst_tegata_fixed_key_set (&priv->fixed_key,
                                (GstTegataFixedProperty) (id - PROP_FIXED_KEY), value);
      return TRUE;
    }
    return FALSE;
  }
}

static gboolean
get_own (GstTegataSrtpEncPrivate *priv, guint id, GValue *value)
{
  switch (id)
  {
  case PROP_CONNECTION_ID:
    g_value_set_string (value, priv->connection_id);
    return TRUE;
  case PROP_IS_CLIENT:
    g_value_set_boolean (value, priv->is_client);
    return TRUE;
  case PROP_RTP_SYNC:
    g_value_set_boolean (value, priv->outlet.syncs_rtp);
    return TRUE;
  default:
    if (id >= PROP_FIXED_KEY && id < N_PROPERTIES)
    {
      gst_tegata_fixed_key_get (&priv->fixed_key,
                                (GstTegataFixedProperty) (id - PROP_FIXED_KEY), value);
      return TRUE;
    }
    return FALSE;
  }
}

static void
gst_tegata_srtp_enc_set_property (GObject *object,
                                  guint id,
                                  const GValue *value,
                                  GParamSpec *pspec)
{
  gboolean is_set;

  GST_OBJECT_LOCK (object);
  is_set = set_own (gst_tegata_srtp_enc_get_private (object), id, value);
  GST_OBJECT_UNLOCK (object);
  if (!is_set)
  {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
gst_tegata_srtp_enc_get_property (GObject *object,
                                  guint id,
                                  GValue *value,
                                  GParamSpec *pspec)
{
  GstTegataSrtpEnc *self = GST_TEGATA_SRTP_ENC (object);
  g_autoptr (GstTegataAssociation) association
      = gst_tegata_srtp_enc_dup_association (self);
  gboolean is_own;

  GST_OBJECT_LOCK (self);
  is_own = get_own (gst_tegata_srtp_enc_get_private (self), id, value);
  GST_OBJECT_UNLOCK (self);
  if (!is_own
      && !gst_tegata_properties_get (GST_ELEMENT (self), association, id, value, pspec))
  {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
gst_tegata_srtp_enc_dispose (GObject *object)
{
  gst_tegata_srtp_enc_forget_association (GST_TEGATA_SRTP_ENC (object));
  G_OBJECT_CLASS (gst_tegata_srtp_enc_parent_class)->dispose (object);
}

static void
gst_tegata_srtp_enc_finalize (GObject *object)
{
  GstTegataSrtpEncPrivate *priv = gst_tegata_srtp_enc_get_private (object);

  gst_tegata_outlet_clear (&priv->outlet);
  g_free (priv->connection_id);
  gst_tegata_fixed_key_clear (&priv->fixed_key);

  G_OBJECT_CLASS (gst_tegata_srtp_enc_parent_class)->finalize (object);
}

static void
install_properties (GObjectClass *klass)
{
  gst_tegata_properties_install (klass, GST_TEGATA_PROPERTIES_ENCODER);
  g_object_class_install_property (
      klass, PROP_CONNECTION_ID,
      g_param_spec_string (
          "connection-id", "Connection id",
          "That of the decoder which this encoder makes an association with. It is "
          "looked "
          "for when the encoder goes from NULL to READY, which fails where no decoder "
          "has "
          "it. NULL, the default, is for a fixed key only",
          NULL, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_DOC_SHOW_DEFAULT));
  g_object_class_install_property (
      klass, PROP_IS_CLIENT,
      g_param_spec_boolean (
          "is-client", "Is client",
          "Whether this side calls (TRUE, a=setup:active) or is called (FALSE, the "
          "default, a=setup:passive). A new value holds from the next time that the "
          "element leaves READY",
          FALSE,
          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY
              | GST_PARAM_DOC_SHOW_DEFAULT));
  g_object_class_install_property (
      klass, PROP_RTP_SYNC,
      g_param_spec_boolean (
          "rtp-sync", "Synchronize RTP",
          "Whether RTP waits for the pipeline's clock, so that it leaves at its time and "
          "in order with RTCP. FALSE, the default, sends it as it comes",
          FALSE,
          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING
              | GST_PARAM_DOC_SHOW_DEFAULT));
  gst_tegata_fixed_key_install (klass, PROP_FIXED_KEY);
}

static void
gst_tegata_srtp_enc_class_init (GstTegataSrtpEncClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  gst_tegata_debug_init ();
  object_class->set_property = gst_tegata_srtp_enc_set_property;
  object_class->get_property = gst_tegata_srtp_enc_get_property;
  object_class->dispose = gst_tegata_srtp_enc_dispose;
  object_class->finalize = gst_tegata_srtp_enc_finalize;
  install_properties (object_class);

  /**
   * GstTegataSrtpEnc::on-key-set:
   * @encoder: the element
   *
   * There are keys, and media passes from now on. Emitted before connection-state is
   * notified as connected, and not at all where the peer takes data only.
   */
  g_signal_new ("on-key-set", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                NULL, G_TYPE_NONE, 0);

  element_class->change_state = GST_DEBUG_FUNCPTR (gst_tegata_srtp_enc_change_state);
  element_class->request_new_pad
      = GST_DEBUG_FUNCPTR (gst_tegata_srtp_enc_request_new_pad);
  element_class->release_pad = GST_DEBUG_FUNCPTR (gst_tegata_srtp_enc_release_pad);
  gst_element_class_add_static_pad_template (element_class, &rtp_sink_template);
  gst_element_class_add_static_pad_template (element_class, &rtcp_sink_template);
  gst_element_class_add_static_pad_template (element_class, &data_sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (
      element_class, "DTLS-SRTP encoder", "Encoder/Network/DTLS/SRTP",
      "Encrypts RTP, RTCP and data for a peer, with the keys of a DTLS handshake",
      "Tegata developers <tegata@example.org>");
}

static void
gst_tegata_srtp_enc_init (GstTegataSrtpEnc *self)
{
  GstTegataSrtpEncPrivate *priv = gst_tegata_srtp_enc_get_private (self);
  GstElementClass *klass = GST_ELEMENT_GET_CLASS (self);

  gst_tegata_outlet_init (&priv->outlet, GST_ELEMENT (self),
                          gst_element_class_get_pad_template (klass, "src"));
  priv->outlet.group_id = gst_util_group_id_next ();
}
