/* SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-tegatasrtpdec
 * @title: tegatasrtpdec
 * @short_description: the receiving half of a DTLS-SRTP association
 * @see_also: tegatasrtpenc, tegatatransport
 *
 * Takes the datagrams of a peer on its sink pad, and gives RTP, RTCP and data to
 * rtp_src, rtcp_src and data_src. With a #tegatasrtpenc of the same `connection-id` it is
 * one DTLS association: what the handshake has to say leaves by the encoder. It has the
 * pads, properties and behaviour of GStreamer's dtlssrtpdec, so that a pipeline for that
 * one works with the name changed.
 *
 * It needs its `connection-id` before the encoder goes from NULL to READY. From PAUSED on
 * it takes datagrams, and holds those of a handshake that its encoder has not started.
 *
 * Unlike dtlssrtpdec it can check who the peer is: set `peer-fingerprint` to what the
 * peer's description has in a=fingerprint. Without it any peer is taken, with a warning
 * on the bus, unless `require-fingerprint` is TRUE. An association that fails is an
 * element error of this element, which says which and why.
 *
 * ## Example pipelines
 *
 * The receiver, which is called on port 5000, and the sender, which calls.
 *
 * |[
 * gst-launch-1.0 udpsrc port=5000 \
 *   caps="application/x-rtp,media=audio,clock-rate=48000,encoding-name=OPUS,payload=96" \
 *   ! tegatasrtpdec name=dec connection-id=call \
 *   dec.rtp_src ! rtpopusdepay ! opusdec ! audioconvert ! autoaudiosink \
 *   tegatasrtpenc connection-id=call \
 *   ! udpsink host=127.0.0.1 port=5001 async=false sync=false
 * ]|
 * |[
 * gst-launch-1.0 udpsrc port=5001 ! tegatasrtpdec connection-id=call \
 *   audiotestsrc is-live=true ! opusenc ! rtpopuspay ! enc.rtp_sink_0 \
 *   tegatasrtpenc name=enc connection-id=call is-client=true \
 *   ! udpsink host=127.0.0.1 port=5000 async=false sync=false
 * ]|
 */

#include "tegatasrtpdec.h"

#include "connections.h"
#include "pair.h"

typedef struct
{
  GstTegataAssociation *association;
  GstTegataInlet inlet;

  /* Object lock. */
  char *connection_id;
  GstTegataFixedKey fixed_key;
} GstTegataSrtpDecPrivate;

enum
{
  PROP_CONNECTION_ID = GST_TEGATA_N_PROPERTIES,
  PROP_FIXED_KEY,
  N_PROPERTIES = PROP_FIXED_KEY + GST_TEGATA_N_FIXED,
};

static GstStaticPadTemplate sink_template
    = GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);
static GstStaticPadTemplate rtp_src_template
    = GST_STATIC_PAD_TEMPLATE ("rtp_src",
                               GST_PAD_SRC,
                               GST_PAD_ALWAYS,
                               GST_STATIC_CAPS ("application/x-rtp"));
static GstStaticPadTemplate rtcp_src_template
    = GST_STATIC_PAD_TEMPLATE ("rtcp_src",
                               GST_PAD_SRC,
                               GST_PAD_ALWAYS,
                               GST_STATIC_CAPS ("application/x-rtcp"));
static GstStaticPadTemplate data_src_template
    = GST_STATIC_PAD_TEMPLATE ("data_src",
                               GST_PAD_SRC,
                               GST_PAD_REQUEST,
                               GST_STATIC_CAPS_ANY);

G_DEFINE_TYPE_WITH_PRIVATE (GstTegataSrtpDec, gst_tegata_srtp_dec, GST_TYPE_ELEMENT)
GST_ELEMENT_REGISTER_DEFINE (tegatasrtpdec,
                             "tegatasrtpdec",
                             GST_RANK_NONE,
                             GST_TYPE_TEGATA_SRTP_DEC)

static GstTegataSrtpDecPrivate *
get_private (gpointer self)
{
  return gst_tegata_srtp_dec_get_instance_private (GST_TEGATA_SRTP_DEC (self));
}

GstTegataAssociation *
gst_tegata_srtp_dec_get_association (GstTegataSrtpDec *self)
{
  return get_private (self)->association;
}

static void
on_incoming (GstElement *element)
{
  gst_tegata_inlet_deliver (&get_private (element)->inlet);
}

static void
on_changed (GstElement *element, TegataState state)
{
  if (state == TEGATA_STATE_FAILED)
  {
    /* before anybody is notified, who may stop the element */
    gst_tegata_post_failure (element, get_private (element)->association);
  }
  gst_tegata_properties_notify (element, state);
  if (state == TEGATA_STATE_AWAITING_FINGERPRINT)
  {
    gst_tegata_post_awaiting (element, get_private (element)->association);
  }
}

static const GstTegataObserver observer = {
  .incoming = on_incoming,
  .changed = on_changed,
  .unverified = gst_tegata_post_unverified,
};

/* (transfer full) (nullable): none with a fixed key, which nobody shares */
static char *
dup_shared_id (GstTegataSrtpDec *self)
{
  GstTegataSrtpDecPrivate *priv = get_private (self);
  char *id = NULL;

  GST_OBJECT_LOCK (self);
  if (!gst_tegata_fixed_key_is_set (&priv->fixed_key))
  {
    id = g_strdup (priv->connection_id);
  }
  GST_OBJECT_UNLOCK (self);
  return id;
}

/* That its encoder may find it. */
static gboolean
be_found (GstTegataSrtpDec *self)
{
  g_autofree char *id = dup_shared_id (self);

  return id == NULL
         || gst_tegata_pair_offer (GST_ELEMENT (self), get_private (self)->association,
                                   id);
}

static void
set_connection_id (GstTegataSrtpDec *self, const char *id)
{
  GstTegataSrtpDecPrivate *priv = get_private (self);
  g_autofree char *old = NULL;

  GST_OBJECT_LOCK (self);
  old = g_steal_pointer (&priv->connection_id);
  priv->connection_id = g_strdup (id);
  GST_OBJECT_UNLOCK (self);

  if (old != NULL)
  {
    gst_tegata_connections_remove (old, priv->association);
  }
  be_found (self);
}

static gboolean
apply_fixed_key (GstTegataSrtpDec *self, GError **error)
{
  GstTegataSrtpDecPrivate *priv = get_private (self);
  gboolean is_applied;

  GST_OBJECT_LOCK (self);
  if (gst_tegata_fixed_key_is_set (&priv->fixed_key))
  {
    if (priv->connection_id != NULL)
    {
      gst_tegata_connections_remove (priv->connection_id, priv->association);
    }
    is_applied = gst_tegata_fixed_key_apply (&priv->fixed_key, priv->association, error);
  }
  else
  {
    is_applied = gst_tegata_association_set_fixed_key (
        priv->association, TEGATA_SRTP_PROFILE_NONE, NULL, 0, error);
  }
  GST_OBJECT_UNLOCK (self);
  return is_applied;
}

static gboolean
start (GstTegataSrtpDec *self)
{
  g_autoptr (GError) error = NULL;

  if (!apply_fixed_key (self, &error)
      || !gst_tegata_pair_enter (get_private (self)->association, GST_TEGATA_PAIR_DECODER,
                                 &error))
  {
    gst_tegata_post_unusable (GST_ELEMENT (self), error);
    return FALSE;
  }
  return TRUE;
}

static GstStateChangeReturn
gst_tegata_srtp_dec_change_state (GstElement *element, GstStateChange transition)
{
  GstTegataSrtpDec *self = GST_TEGATA_SRTP_DEC (element);
  GstTegataSrtpDecPrivate *priv = get_private (self);
  GstStateChangeReturn result;

  if (transition == GST_STATE_CHANGE_NULL_TO_READY)
  {
    gst_tegata_pair_set_resting (priv->association, FALSE);
  }
  if ((transition == GST_STATE_CHANGE_NULL_TO_READY && !be_found (self))
      || (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !start (self)))
  {
    return GST_STATE_CHANGE_FAILURE;
  }

  result = GST_ELEMENT_CLASS (gst_tegata_srtp_dec_parent_class)
               ->change_state (element, transition);

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED
      && result == GST_STATE_CHANGE_FAILURE)
  {
    gst_tegata_pair_leave (priv->association, GST_TEGATA_PAIR_DECODER);
  }
  else if (transition == GST_STATE_CHANGE_READY_TO_PAUSED)
  {
    gst_tegata_inlet_start (&priv->inlet);
    /* what was said before somebody could hear it */
    gst_tegata_inlet_deliver (&priv->inlet);
  }
  else if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
  {
    gst_tegata_inlet_stop (&priv->inlet);
    gst_tegata_pair_leave (priv->association, GST_TEGATA_PAIR_DECODER);
  }
  else if (transition == GST_STATE_CHANGE_READY_TO_NULL)
  {
    gst_tegata_pair_set_resting (priv->association, TRUE);
  }
  return result;
}

static GstPad *
gst_tegata_srtp_dec_request_new_pad (GstElement *element,
                                     GstPadTemplate *templ,
                                     const char *name,
                                     G_GNUC_UNUSED const GstCaps *caps)
{
  return gst_tegata_inlet_request_data (&get_private (element)->inlet, templ, name);
}

static void
gst_tegata_srtp_dec_release_pad (GstElement *element, GstPad *pad)
{
  gst_tegata_inlet_release_data (&get_private (element)->inlet, pad);
}

static void
gst_tegata_srtp_dec_set_property (GObject *object,
                                  guint id,
                                  const GValue *value,
                                  GParamSpec *pspec)
{
  GstTegataSrtpDec *self = GST_TEGATA_SRTP_DEC (object);
  GstTegataSrtpDecPrivate *priv = get_private (self);

  if (id == PROP_CONNECTION_ID)
  {
    set_connection_id (self, g_value_get_string (value));
  }
  else if (id >= PROP_FIXED_KEY && id < N_PROPERTIES)
  {
    GST_OBJECT_LOCK (self);
    gst_tegata_fixed_key_set (&priv->fixed_key,
                              (GstTegataFixedProperty) (id - PROP_FIXED_KEY), value);
    GST_OBJECT_UNLOCK (self);
  }
  else if (!gst_tegata_properties_set (GST_ELEMENT (self), priv->association, id, value))
  {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
gst_tegata_srtp_dec_get_property (GObject *object,
                                  guint id,
                                  GValue *value,
                                  GParamSpec *pspec)
{
  GstTegataSrtpDec *self = GST_TEGATA_SRTP_DEC (object);
  GstTegataSrtpDecPrivate *priv = get_private (self);

  if (id == PROP_CONNECTION_ID)
  {
    GST_OBJECT_LOCK (self);
    g_value_set_string (value, priv->connection_id);
    GST_OBJECT_UNLOCK (self);
  }
  else if (id >= PROP_FIXED_KEY && id < N_PROPERTIES)
  {
    GST_OBJECT_LOCK (self);
    gst_tegata_fixed_key_get (&priv->fixed_key,
                              (GstTegataFixedProperty) (id - PROP_FIXED_KEY), value);
    GST_OBJECT_UNLOCK (self);
  }
  else if (!gst_tegata_properties_get (GST_ELEMENT (self), priv->association, id, value,
                                       pspec))
  {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

/* An encoder may have the association for longer. */
static void
gst_tegata_srtp_dec_dispose (GObject *object)
{
  GstTegataSrtpDecPrivate *priv = get_private (object);

  if (priv->connection_id != NULL)
  {
    gst_tegata_connections_remove (priv->connection_id, priv->association);
  }
  gst_tegata_pair_orphan (priv->association);
  gst_tegata_association_unobserve (priv->association, GST_ELEMENT (object));

  G_OBJECT_CLASS (gst_tegata_srtp_dec_parent_class)->dispose (object);
}

static void
gst_tegata_srtp_dec_finalize (GObject *object)
{
  GstTegataSrtpDecPrivate *priv = get_private (object);

  gst_tegata_inlet_clear (&priv->inlet);
  gst_object_unref (priv->association);
  g_free (priv->connection_id);
  gst_tegata_fixed_key_clear (&priv->fixed_key);

  G_OBJECT_CLASS (gst_tegata_srtp_dec_parent_class)->finalize (object);
}

static void
gst_tegata_srtp_dec_class_init (GstTegataSrtpDecClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  gst_tegata_debug_init ();
  object_class->set_property = gst_tegata_srtp_dec_set_property;
  object_class->get_property = gst_tegata_srtp_dec_get_property;
  object_class->dispose = gst_tegata_srtp_dec_dispose;
  object_class->finalize = gst_tegata_srtp_dec_finalize;

  gst_tegata_properties_install (object_class, GST_TEGATA_PROPERTIES_DECODER);
  g_object_class_install_property (
      object_class, PROP_CONNECTION_ID,
      g_param_spec_string (
          "connection-id", "Connection id",
          "What the encoder of this association finds it by, any text that no other "
          "decoder of the process has. Set it before the encoder goes from NULL to "
          "READY. NULL, the default, is not to be found",
          NULL, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_DOC_SHOW_DEFAULT));
  gst_tegata_fixed_key_install (object_class, PROP_FIXED_KEY);

  element_class->change_state = GST_DEBUG_FUNCPTR (gst_tegata_srtp_dec_change_state);
  element_class->request_new_pad
      = GST_DEBUG_FUNCPTR (gst_tegata_srtp_dec_request_new_pad);
  element_class->release_pad = GST_DEBUG_FUNCPTR (gst_tegata_srtp_dec_release_pad);
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &rtp_src_template);
  gst_element_class_add_static_pad_template (element_class, &rtcp_src_template);
  gst_element_class_add_static_pad_template (element_class, &data_src_template);
  gst_element_class_set_static_metadata (
      element_class, "DTLS-SRTP decoder", "Decoder/Network/DTLS/SRTP",
      "Decrypts RTP, RTCP and data of a peer that is known by its fingerprint",
      "Tegata developers <tegata@example.org>");
}

static void
gst_tegata_srtp_dec_init (GstTegataSrtpDec *self)
{
  GstTegataSrtpDecPrivate *priv = get_private (self);
  GstElement *element = GST_ELEMENT (self);
  GstElementClass *klass = GST_ELEMENT_GET_CLASS (self);

  priv->association = gst_tegata_association_new ();
  gst_tegata_properties_apply_defaults (priv->association, GST_TEGATA_PROPERTIES_DECODER);

  gst_tegata_inlet_init (&priv->inlet, element,
                         gst_element_class_get_pad_template (klass, "sink"),
                         gst_element_class_get_pad_template (klass, "rtp_src"),
                         gst_element_class_get_pad_template (klass, "rtcp_src"));
  priv->inlet.group_id = gst_util_group_id_next ();
  gst_tegata_inlet_set_association (&priv->inlet, priv->association);
  gst_tegata_association_observe (priv->association, element, &observer);
}
