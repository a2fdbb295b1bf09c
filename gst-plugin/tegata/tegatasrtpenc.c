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

#include "tegatasrtpenc.h"

#include "pair.h"

typedef struct
{
  GstTegataOutlet outlet;

  /* Object lock. */
  GstTegataAssociation *association; /* NULL in state NULL */
  gboolean is_own;                   /* not a decoder's: for a fixed key */
  char *connection_id;
  gboolean is_client;
  GstTegataFixedKey fixed_key;
} GstTegataSrtpEncPrivate;

enum
{
  PROP_CONNECTION_ID = GST_TEGATA_N_PROPERTIES,
  PROP_IS_CLIENT,
  PROP_RTP_SYNC,
  PROP_FIXED_KEY,
  N_PROPERTIES = PROP_FIXED_KEY + GST_TEGATA_N_FIXED,
};

enum
{
  SIGNAL_ON_KEY_SET,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

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

static GstTegataSrtpEncPrivate *
get_private (gpointer self)
{
  return gst_tegata_srtp_enc_get_instance_private (GST_TEGATA_SRTP_ENC (self));
}

/* (transfer full) (nullable) */
static GstTegataAssociation *
dup_association (GstTegataSrtpEnc *self)
{
  GstTegataSrtpEncPrivate *priv = get_private (self);
  GstTegataAssociation *association = NULL;

  GST_OBJECT_LOCK (self);
  if (priv->association != NULL)
  {
    association = gst_object_ref (priv->association);
  }
  GST_OBJECT_UNLOCK (self);
  return association;
}

static void
on_outgoing (GstElement *element)
{
  gst_tegata_outlet_send (&get_private (element)->outlet);
}

static gboolean
has_srtp (GstTegataSrtpEnc *self)
{
  g_autoptr (GstTegataAssociation) association = dup_association (self);
  GstTegataFacts facts = { .profile = TEGATA_SRTP_PROFILE_NONE };

  if (association != NULL)
  {
    gst_tegata_association_get_facts (association, &facts);
  }
  return facts.profile != TEGATA_SRTP_PROFILE_NONE;
}

static void
on_changed (GstElement *element, TegataState state)
{
  GstTegataSrtpEnc *self = GST_TEGATA_SRTP_ENC (element);

  if (state == TEGATA_STATE_CONNECTED)
  {
    gst_tegata_outlet_connected (&get_private (self)->outlet);
    if (has_srtp (self))
    {
      g_signal_emit (self, signals[SIGNAL_ON_KEY_SET], 0);
    }
  }
  gst_tegata_properties_notify (element, state);
}

static const GstTegataObserver observer = {
  .outgoing = on_outgoing,
  .changed = on_changed,
};

/* @association: (transfer full) (nullable) */
static void
set_association (GstTegataSrtpEnc *self,
                 GstTegataAssociation *association,
                 gboolean is_own)
{
  GstTegataSrtpEncPrivate *priv = get_private (self);
  g_autoptr (GstTegataAssociation) old = NULL;

  GST_OBJECT_LOCK (self);
  old = g_steal_pointer (&priv->association);
  priv->association = association;
  priv->is_own = is_own;
  GST_OBJECT_UNLOCK (self);

  if (old != NULL)
  {
    gst_tegata_association_unobserve (old, GST_ELEMENT (self));
    gst_tegata_pair_give_back (old, self);
  }
  gst_tegata_outlet_set_association (&priv->outlet, association);
  if (association != NULL)
  {
    gst_tegata_association_observe (association, GST_ELEMENT (self), &observer);
  }
}

static gboolean
find_association (GstTegataSrtpEnc *self, const char *id, GError **error)
{
  GstTegataAssociation *association = gst_tegata_pair_find (id, self, error);

  if (association == NULL)
  {
    return FALSE;
  }
  set_association (self, association, FALSE);
  return TRUE;
}

/* Its own, or that of the decoder, as its properties say now. */
static gboolean
choose_association (GstTegataSrtpEnc *self, GError **error)
{
  GstTegataSrtpEncPrivate *priv = get_private (self);
  g_autofree char *id = NULL;
  gboolean wants_own;
  gboolean has_wanted;

  GST_OBJECT_LOCK (self);
  id = g_strdup (priv->connection_id);
  wants_own = gst_tegata_fixed_key_is_set (&priv->fixed_key);
  has_wanted = priv->association != NULL && priv->is_own == wants_own;
  GST_OBJECT_UNLOCK (self);

  if (has_wanted)
  {
    return TRUE;
  }
  if (wants_own)
  {
    set_association (self, gst_tegata_association_new (), TRUE);
    return TRUE;
  }
  return find_association (self, id, error);
}

static gboolean
apply_fixed_key (GstTegataSrtpEnc *self, GError **error)
{
  GstTegataSrtpEncPrivate *priv = get_private (self);
  gboolean is_applied;

  GST_OBJECT_LOCK (self);
  is_applied = !priv->is_own
               || gst_tegata_fixed_key_apply (&priv->fixed_key, priv->association, error);
  GST_OBJECT_UNLOCK (self);
  return is_applied;
}

static gboolean
enter (GstTegataSrtpEnc *self, GError **error)
{
  GstTegataSrtpEncPrivate *priv = get_private (self);
  TegataRole role;

  GST_OBJECT_LOCK (self);
  role = priv->is_client ? TEGATA_ROLE_CLIENT : TEGATA_ROLE_SERVER;
  GST_OBJECT_UNLOCK (self);

  return gst_tegata_pair_begin (priv->association, role, error);
}

static gboolean
prepare (GstTegataSrtpEnc *self)
{
  g_autoptr (GError) error = NULL;

  if (!choose_association (self, &error))
  {
    gst_tegata_post_unusable (GST_ELEMENT (self), error);
    return FALSE;
  }
  return TRUE;
}

/* Before the pads are active: what can fail fails while the element is READY still. */
static gboolean
start (GstTegataSrtpEnc *self)
{
  g_autoptr (GError) error = NULL;

  if (!choose_association (self, &error) || !apply_fixed_key (self, &error)
      || !enter (self, &error))
  {
    gst_tegata_post_unusable (GST_ELEMENT (self), error);
    return FALSE;
  }
  return TRUE;
}

static void
after_state_change (GstTegataSrtpEnc *self,
                    GstStateChange transition,
                    gboolean has_failed)
{
  GstTegataSrtpEncPrivate *priv = get_private (self);

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && has_failed)
  {
    gst_tegata_pair_leave (priv->association, GST_TEGATA_PAIR_ENCODER);
  }
  else if (transition == GST_STATE_CHANGE_READY_TO_PAUSED)
  {
    gst_tegata_outlet_start (&priv->outlet);
    /* what was said before somebody could send it */
    gst_tegata_outlet_send (&priv->outlet);
  }
  else if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
  {
    gst_tegata_outlet_stop (&priv->outlet);
    gst_tegata_pair_leave (priv->association, GST_TEGATA_PAIR_ENCODER);
  }
  else if (transition == GST_STATE_CHANGE_READY_TO_NULL
           || (transition == GST_STATE_CHANGE_NULL_TO_READY && has_failed))
  {
    set_association (self, NULL, FALSE);
  }
}

static GstStateChangeReturn
gst_tegata_srtp_enc_change_state (GstElement *element, GstStateChange transition)
{
  GstTegataSrtpEnc *self = GST_TEGATA_SRTP_ENC (element);
  GstStateChangeReturn result;

  if ((transition == GST_STATE_CHANGE_NULL_TO_READY && !prepare (self))
      || (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !start (self)))
  {
    return GST_STATE_CHANGE_FAILURE;
  }
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
  {
    gst_tegata_outlet_unlock (&get_private (self)->outlet);
  }

  result = GST_ELEMENT_CLASS (gst_tegata_srtp_enc_parent_class)
               ->change_state (element, transition);
  after_state_change (self, transition, result == GST_STATE_CHANGE_FAILURE);
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
  return gst_tegata_outlet_request_pad (&get_private (element)->outlet, templ, name,
                                        stream_of (element, templ));
}

static void
gst_tegata_srtp_enc_release_pad (GstElement *element, GstPad *pad)
{
  gst_tegata_outlet_release_pad (&get_private (element)->outlet, pad);
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
  is_set = set_own (get_private (object), id, value);
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
  g_autoptr (GstTegataAssociation) association = dup_association (self);
  gboolean is_own;

  GST_OBJECT_LOCK (self);
  is_own = get_own (get_private (self), id, value);
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
  set_association (GST_TEGATA_SRTP_ENC (object), NULL, FALSE);
  G_OBJECT_CLASS (gst_tegata_srtp_enc_parent_class)->dispose (object);
}

static void
gst_tegata_srtp_enc_finalize (GObject *object)
{
  GstTegataSrtpEncPrivate *priv = get_private (object);

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
  signals[SIGNAL_ON_KEY_SET]
      = g_signal_new ("on-key-set", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL,
                      NULL, NULL, G_TYPE_NONE, 0);

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
  GstTegataSrtpEncPrivate *priv = get_private (self);
  GstElementClass *klass = GST_ELEMENT_GET_CLASS (self);

  gst_tegata_outlet_init (&priv->outlet, GST_ELEMENT (self),
                          gst_element_class_get_pad_template (klass, "src"));
  priv->outlet.group_id = gst_util_group_id_next ();
}
