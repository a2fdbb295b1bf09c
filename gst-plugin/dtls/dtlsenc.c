/* SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-dtlsenc
 * @title: dtlsenc
 * @short_description: the sending half of a DTLS association, without media
 * @see_also: dtlsdec, dtlssrtpenc
 *
 * Takes data on sink, and gives the datagrams for the peer to its src pad, together with
 * those of the handshake, which starts when it goes from READY to PAUSED. With a
 * #GstTegataDtlsDec of the same `connection-id` it is one association. For media it hands
 * out `encoder-key`, when "on-key-received" says so, to an SRTP encoder that the
 * application has. #dtlssrtpenc needs none, and keeps its keys to itself.
 *
 * |[
 * gst-launch-1.0 udpsrc port=5000 ! dtlsdec connection-id=call ! fdsink \
 *   fdsrc ! dtlsenc connection-id=call is-client=true \
 *   ! udpsink host=127.0.0.1 port=5001 async=false sync=false
 * ]|
 */

#include "dtlsenc.h"

#include "exported-key.h"
#include "outlet.h"
#include "pair.h"
#include "properties.h"

#define KEY_NAME "encoder-key"

struct _GstTegataDtlsEnc
{
  GstElement parent_instance;

  GstTegataOutlet outlet;

  /* Object lock. */
  GstTegataAssociation *association; /* the decoder's; NULL in state NULL */
  char *connection_id;
  gboolean is_client;
};

enum
{
  PROP_CONNECTION_ID = GST_TEGATA_N_PROPERTIES,
  PROP_IS_CLIENT,
  PROP_EXPORTED,
  N_PROPERTIES = PROP_EXPORTED + GST_TEGATA_N_EXPORTED,
};

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink",
                                                                     GST_PAD_SINK,
                                                                     GST_PAD_REQUEST,
                                                                     GST_STATIC_CAPS_ANY);
static GstStaticPadTemplate src_template
    = GST_STATIC_PAD_TEMPLATE ("src",
                               GST_PAD_SRC,
                               GST_PAD_ALWAYS,
                               GST_STATIC_CAPS ("application/x-dtls"));

G_DEFINE_TYPE (GstTegataDtlsEnc, gst_tegata_dtls_enc, GST_TYPE_ELEMENT)
GST_ELEMENT_REGISTER_DEFINE (dtlsenc, "dtlsenc", GST_RANK_NONE, GST_TYPE_TEGATA_DTLS_ENC)

/* (transfer full) (nullable) */
static GstTegataAssociation *
dup_association (GstTegataDtlsEnc *self)
{
  GstTegataAssociation *association = NULL;

  GST_OBJECT_LOCK (self);
  if (self->association != NULL)
  {
    association = gst_object_ref (self->association);
  }
  GST_OBJECT_UNLOCK (self);
  return association;
}

static void
on_outgoing (GstElement *element)
{
  gst_tegata_outlet_send (&GST_TEGATA_DTLS_ENC (element)->outlet);
}

static void
on_changed (GstElement *element, TegataState state)
{
  GstTegataDtlsEnc *self = GST_TEGATA_DTLS_ENC (element);

  if (state == TEGATA_STATE_CONNECTED)
  {
    g_autoptr (GstTegataAssociation) association = dup_association (self);

    gst_tegata_exported_key_tell (element, association);
  }
  if (state == TEGATA_STATE_FAILED)
  {
    gst_tegata_outlet_failed (&self->outlet);
  }
  gst_tegata_properties_notify (element, state);
}

static const GstTegataObserver observer = {
  .outgoing = on_outgoing,
  .changed = on_changed,
};

/* @association: (transfer full) (nullable) */
static void
set_association (GstTegataDtlsEnc *self, GstTegataAssociation *association)
{
  g_autoptr (GstTegataAssociation) old = NULL;

  GST_OBJECT_LOCK (self);
  old = g_steal_pointer (&self->association);
  self->association = association;
  GST_OBJECT_UNLOCK (self);

  if (old != NULL)
  {
    gst_tegata_association_unobserve (old, GST_ELEMENT (self));
    gst_tegata_pair_give_back (old, self);
  }
  gst_tegata_outlet_set_association (&self->outlet, association);
  if (association != NULL)
  {
    gst_tegata_association_observe (association, GST_ELEMENT (self), &observer);
  }
}

static gboolean
find_association (GstTegataDtlsEnc *self, GError **error)
{
  g_autofree char *id = NULL;
  GstTegataAssociation *association;

  GST_OBJECT_LOCK (self);
  id = g_strdup (self->connection_id);
  GST_OBJECT_UNLOCK (self);

  association = gst_tegata_pair_find (id, self, error);
  if (association == NULL)
  {
    return FALSE;
  }
  set_association (self, association);
  return TRUE;
}

static gboolean
start (GstTegataDtlsEnc *self, GError **error)
{
  TegataRole role;

  GST_OBJECT_LOCK (self);
  role = self->is_client ? TEGATA_ROLE_CLIENT : TEGATA_ROLE_SERVER;
  GST_OBJECT_UNLOCK (self);
  return gst_tegata_pair_begin (self->association, role, error);
}

/* Before the pads are active: what can fail fails while the element is where it was. */
static gboolean
before_state_change (GstTegataDtlsEnc *self, GstStateChange transition)
{
  g_autoptr (GError) error = NULL;

  if ((transition == GST_STATE_CHANGE_NULL_TO_READY && !find_association (self, &error))
      || (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !start (self, &error)))
  {
    gst_tegata_post_unusable (GST_ELEMENT (self), error);
    return FALSE;
  }
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
  {
    gst_tegata_outlet_unlock (&self->outlet);
  }
  return TRUE;
}

static void
after_state_change (GstTegataDtlsEnc *self,
                    GstStateChange transition,
                    gboolean has_failed)
{
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && has_failed)
  {
    gst_tegata_pair_leave (self->association, GST_TEGATA_PAIR_ENCODER);
  }
  else if (transition == GST_STATE_CHANGE_READY_TO_PAUSED)
  {
    gst_tegata_outlet_start (&self->outlet);
    /* what was said before somebody could send it */
    gst_tegata_outlet_send (&self->outlet);
  }
  else if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
  {
    gst_tegata_outlet_stop (&self->outlet);
    gst_tegata_pair_leave (self->association, GST_TEGATA_PAIR_ENCODER);
  }
  else if (transition == GST_STATE_CHANGE_READY_TO_NULL
           || (transition == GST_STATE_CHANGE_NULL_TO_READY && has_failed))
  {
    set_association (self, NULL);
  }
}

static GstStateChangeReturn
gst_tegata_dtls_enc_change_state (GstElement *element, GstStateChange transition)
{
  GstTegataDtlsEnc *self = GST_TEGATA_DTLS_ENC (element);
  GstStateChangeReturn result;

  if (!before_state_change (self, transition))
  {
    return GST_STATE_CHANGE_FAILURE;
  }
  result = GST_ELEMENT_CLASS (gst_tegata_dtls_enc_parent_class)
               ->change_state (element, transition);
  after_state_change (self, transition, result == GST_STATE_CHANGE_FAILURE);
  return result;
}

static GstPad *
gst_tegata_dtls_enc_request_new_pad (GstElement *element,
                                     GstPadTemplate *templ,
                                     const char *name,
                                     G_GNUC_UNUSED const GstCaps *caps)
{
  return gst_tegata_outlet_request_pad (&GST_TEGATA_DTLS_ENC (element)->outlet, templ,
                                        name, GST_TEGATA_STREAM_DATA);
}

static void
gst_tegata_dtls_enc_release_pad (GstElement *element, GstPad *pad)
{
  gst_tegata_outlet_release_pad (&GST_TEGATA_DTLS_ENC (element)->outlet, pad);
}

static void
gst_tegata_dtls_enc_set_property (GObject *object,
                                  guint id,
                                  const GValue *value,
                                  GParamSpec *pspec)
{
  GstTegataDtlsEnc *self = GST_TEGATA_DTLS_ENC (object);

  GST_OBJECT_LOCK (self);
  switch (id)
  {
  case PROP_CONNECTION_ID:
    g_free (self->connection_id);
    self->connection_id = g_value_dup_string (value);
    break;
  case PROP_IS_CLIENT:
    self->is_client = g_value_get_boolean (value);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    break;
  }
  GST_OBJECT_UNLOCK (self);
}

static gboolean
get_own (GstTegataDtlsEnc *self, guint id, GValue *value)
{
  gboolean is_own = TRUE;

  GST_OBJECT_LOCK (self);
  switch (id)
  {
  case PROP_CONNECTION_ID:
    g_value_set_string (value, self->connection_id);
    break;
  case PROP_IS_CLIENT:
    g_value_set_boolean (value, self->is_client);
    break;
  default:
    is_own = FALSE;
    break;
  }
  GST_OBJECT_UNLOCK (self);
  return is_own;
}

static void
gst_tegata_dtls_enc_get_property (GObject *object,
                                  guint id,
                                  GValue *value,
                                  GParamSpec *pspec)
{
  GstTegataDtlsEnc *self = GST_TEGATA_DTLS_ENC (object);
  g_autoptr (GstTegataAssociation) association = dup_association (self);

  if (id >= PROP_EXPORTED && id < N_PROPERTIES)
  {
    gst_tegata_exported_key_get (association, TRUE,
                                 (GstTegataExportedProperty) (id - PROP_EXPORTED), value);
  }
  else if (!get_own (self, id, value)
           && !gst_tegata_properties_get (GST_ELEMENT (self), association, id, value,
                                          pspec))
  {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
gst_tegata_dtls_enc_dispose (GObject *object)
{
  set_association (GST_TEGATA_DTLS_ENC (object), NULL);
  G_OBJECT_CLASS (gst_tegata_dtls_enc_parent_class)->dispose (object);
}

static void
gst_tegata_dtls_enc_finalize (GObject *object)
{
  GstTegataDtlsEnc *self = GST_TEGATA_DTLS_ENC (object);

  gst_tegata_outlet_clear (&self->outlet);
  g_free (self->connection_id);
  G_OBJECT_CLASS (gst_tegata_dtls_enc_parent_class)->finalize (object);
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
          "looked for when the encoder goes from NULL to READY, which fails where no "
          "decoder has it",
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
  gst_tegata_exported_key_install (klass, PROP_EXPORTED, KEY_NAME);
}

static void
gst_tegata_dtls_enc_class_init (GstTegataDtlsEncClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  gst_tegata_debug_init ();
  object_class->set_property = gst_tegata_dtls_enc_set_property;
  object_class->get_property = gst_tegata_dtls_enc_get_property;
  object_class->dispose = gst_tegata_dtls_enc_dispose;
  object_class->finalize = gst_tegata_dtls_enc_finalize;
  install_properties (object_class);

  element_class->change_state = GST_DEBUG_FUNCPTR (gst_tegata_dtls_enc_change_state);
  element_class->request_new_pad
      = GST_DEBUG_FUNCPTR (gst_tegata_dtls_enc_request_new_pad);
  element_class->release_pad = GST_DEBUG_FUNCPTR (gst_tegata_dtls_enc_release_pad);
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (
      element_class, "DTLS encoder by Tegata", "Encoder/Network/DTLS",
      "Encrypts data for a peer, and makes the handshake",
      "Tegata developers <tegata@example.org>");
}

static void
gst_tegata_dtls_enc_init (GstTegataDtlsEnc *self)
{
  GstElementClass *klass = GST_ELEMENT_GET_CLASS (self);

  gst_tegata_outlet_init (&self->outlet, GST_ELEMENT (self),
                          gst_element_class_get_pad_template (klass, "src"));
  self->outlet.group_id = gst_util_group_id_next ();
}
