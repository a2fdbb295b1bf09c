/* SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-dtlsdec
 * @title: dtlsdec
 * @short_description: the receiving half of a DTLS association, without media
 * @see_also: dtlsenc, dtlssrtpdec
 *
 * Takes DTLS datagrams on its sink pad, and gives the data in them to src. It has the
 * certificate and the other settings of the association, which a #GstTegataDtlsEnc of the
 * same `connection-id` sends for. For media it hands out `decoder-key`, when
 * "on-key-received" says so, to an SRTP decoder that the application has. #dtlssrtpdec
 * needs none, and keeps its keys to itself.
 *
 * |[
 * gst-launch-1.0 udpsrc port=5000 ! dtlsdec connection-id=call ! fdsink \
 *   fdsrc ! dtlsenc connection-id=call is-client=true \
 *   ! udpsink host=127.0.0.1 port=5001 async=false sync=false
 * ]|
 */

#include "dtlsdec.h"

#include "connections.h"
#include "exported-key.h"
#include "inlet.h"
#include "pair.h"
#include "properties.h"
#include "shared-certificate.h"

#define KEY_NAME "decoder-key"

struct _GstTegataDtlsDec
{
  GstElement parent_instance;

  GstTegataAssociation *association;
  GstTegataInlet inlet;
  char *connection_id; /* object lock */
};

enum
{
  PROP_CONNECTION_ID = GST_TEGATA_N_PROPERTIES,
  PROP_EXPORTED,
  N_PROPERTIES = PROP_EXPORTED + GST_TEGATA_N_EXPORTED,
};

static GstStaticPadTemplate sink_template
    = GST_STATIC_PAD_TEMPLATE ("sink",
                               GST_PAD_SINK,
                               GST_PAD_ALWAYS,
                               GST_STATIC_CAPS ("application/x-dtls"));
static GstStaticPadTemplate src_template
    = GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_REQUEST, GST_STATIC_CAPS_ANY);

G_DEFINE_TYPE (GstTegataDtlsDec, gst_tegata_dtls_dec, GST_TYPE_ELEMENT)
GST_ELEMENT_REGISTER_DEFINE (dtlsdec, "dtlsdec", GST_RANK_NONE, GST_TYPE_TEGATA_DTLS_DEC)

static void
on_incoming (GstElement *element)
{
  gst_tegata_inlet_deliver (&GST_TEGATA_DTLS_DEC (element)->inlet);
}

static void
on_changed (GstElement *element, TegataState state)
{
  GstTegataDtlsDec *self = GST_TEGATA_DTLS_DEC (element);

  if (state == TEGATA_STATE_CONNECTED)
  {
    gst_tegata_exported_key_tell (element, self->association);
  }
  if (state == TEGATA_STATE_FAILED)
  {
    /* before anybody is notified, who may stop the element */
    gst_tegata_post_failure (element, self->association);
  }
  gst_tegata_properties_notify (element, state);
}

static const GstTegataObserver observer = {
  .incoming = on_incoming,
  .changed = on_changed,
  .unverified = gst_tegata_post_unverified,
};

static gboolean
be_found (GstTegataDtlsDec *self)
{
  g_autofree char *id = NULL;

  GST_OBJECT_LOCK (self);
  id = g_strdup (self->connection_id);
  GST_OBJECT_UNLOCK (self);
  return id == NULL || gst_tegata_pair_offer (GST_ELEMENT (self), self->association, id);
}

static void
set_connection_id (GstTegataDtlsDec *self, const char *id)
{
  g_autofree char *old = NULL;

  GST_OBJECT_LOCK (self);
  old = g_steal_pointer (&self->connection_id);
  self->connection_id = g_strdup (id);
  GST_OBJECT_UNLOCK (self);

  if (old != NULL)
  {
    gst_tegata_connections_remove (old, self->association);
  }
  be_found (self);
}

static gboolean
start (GstTegataDtlsDec *self)
{
  g_autoptr (GError) error = NULL;

  if (gst_tegata_pair_enter (self->association, GST_TEGATA_PAIR_DECODER, &error))
  {
    return TRUE;
  }
  gst_tegata_post_unusable (GST_ELEMENT (self), error);
  return FALSE;
}

static GstStateChangeReturn
gst_tegata_dtls_dec_change_state (GstElement *element, GstStateChange transition)
{
  GstTegataDtlsDec *self = GST_TEGATA_DTLS_DEC (element);
  GstStateChangeReturn result;

  if (transition == GST_STATE_CHANGE_NULL_TO_READY)
  {
    gst_tegata_pair_set_resting (self->association, FALSE);
  }
  if ((transition == GST_STATE_CHANGE_NULL_TO_READY && !be_found (self))
      || (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !start (self)))
  {
    return GST_STATE_CHANGE_FAILURE;
  }

  result = GST_ELEMENT_CLASS (gst_tegata_dtls_dec_parent_class)
               ->change_state (element, transition);

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED
      && result == GST_STATE_CHANGE_FAILURE)
  {
    gst_tegata_pair_leave (self->association, GST_TEGATA_PAIR_DECODER);
  }
  else if (transition == GST_STATE_CHANGE_READY_TO_PAUSED)
  {
    gst_tegata_inlet_start (&self->inlet);
    /* what was said before somebody could hear it */
    gst_tegata_inlet_deliver (&self->inlet);
  }
  else if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
  {
    gst_tegata_inlet_stop (&self->inlet);
    gst_tegata_pair_leave (self->association, GST_TEGATA_PAIR_DECODER);
  }
  else if (transition == GST_STATE_CHANGE_READY_TO_NULL)
  {
    gst_tegata_pair_set_resting (self->association, TRUE);
  }
  return result;
}

static GstPad *
gst_tegata_dtls_dec_request_new_pad (GstElement *element,
                                     GstPadTemplate *templ,
                                     const char *name,
                                     G_GNUC_UNUSED const GstCaps *caps)
{
  return gst_tegata_inlet_request_data (&GST_TEGATA_DTLS_DEC (element)->inlet, templ,
                                        name);
}

static void
gst_tegata_dtls_dec_release_pad (GstElement *element, GstPad *pad)
{
  gst_tegata_inlet_release_data (&GST_TEGATA_DTLS_DEC (element)->inlet, pad);
}

static void
gst_tegata_dtls_dec_set_property (GObject *object,
                                  guint id,
                                  const GValue *value,
                                  GParamSpec *pspec)
{
  GstTegataDtlsDec *self = GST_TEGATA_DTLS_DEC (object);

  if (id == PROP_CONNECTION_ID)
  {
    set_connection_id (self, g_value_get_string (value));
  }
  else if (!gst_tegata_properties_set (GST_ELEMENT (self), self->association, id, value))
  {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
gst_tegata_dtls_dec_get_property (GObject *object,
                                  guint id,
                                  GValue *value,
                                  GParamSpec *pspec)
{
  GstTegataDtlsDec *self = GST_TEGATA_DTLS_DEC (object);

  if (id == PROP_CONNECTION_ID)
  {
    GST_OBJECT_LOCK (self);
    g_value_set_string (value, self->connection_id);
    GST_OBJECT_UNLOCK (self);
  }
  else if (id >= PROP_EXPORTED && id < N_PROPERTIES)
  {
    gst_tegata_exported_key_get (self->association, FALSE,
                                 (GstTegataExportedProperty) (id - PROP_EXPORTED), value);
  }
  else if (!gst_tegata_properties_get (GST_ELEMENT (self), self->association, id, value,
                                       pspec))
  {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

/* An encoder may have the association for longer. */
static void
gst_tegata_dtls_dec_dispose (GObject *object)
{
  GstTegataDtlsDec *self = GST_TEGATA_DTLS_DEC (object);

  if (self->connection_id != NULL)
  {
    gst_tegata_connections_remove (self->connection_id, self->association);
  }
  gst_tegata_pair_orphan (self->association);
  gst_tegata_association_unobserve (self->association, GST_ELEMENT (self));

  G_OBJECT_CLASS (gst_tegata_dtls_dec_parent_class)->dispose (object);
}

static void
gst_tegata_dtls_dec_finalize (GObject *object)
{
  GstTegataDtlsDec *self = GST_TEGATA_DTLS_DEC (object);

  gst_tegata_inlet_clear (&self->inlet);
  gst_object_unref (self->association);
  g_free (self->connection_id);

  G_OBJECT_CLASS (gst_tegata_dtls_dec_parent_class)->finalize (object);
}

static void
gst_tegata_dtls_dec_class_init (GstTegataDtlsDecClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  gst_tegata_debug_init ();
  object_class->set_property = gst_tegata_dtls_dec_set_property;
  object_class->get_property = gst_tegata_dtls_dec_get_property;
  object_class->dispose = gst_tegata_dtls_dec_dispose;
  object_class->finalize = gst_tegata_dtls_dec_finalize;

  gst_tegata_properties_install (object_class, GST_TEGATA_PROPERTIES_DECODER);
  g_object_class_install_property (
      object_class, PROP_CONNECTION_ID,
      g_param_spec_string (
          "connection-id", "Connection id",
          "What the encoder of this association finds it by, any text that no other "
          "decoder of the process has. Set it before the encoder goes from NULL to "
          "READY. NULL, the default, is not to be found",
          NULL, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_DOC_SHOW_DEFAULT));
  gst_tegata_exported_key_install (object_class, PROP_EXPORTED, KEY_NAME);

  element_class->change_state = GST_DEBUG_FUNCPTR (gst_tegata_dtls_dec_change_state);
  element_class->request_new_pad
      = GST_DEBUG_FUNCPTR (gst_tegata_dtls_dec_request_new_pad);
  element_class->release_pad = GST_DEBUG_FUNCPTR (gst_tegata_dtls_dec_release_pad);
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (
      element_class, "DTLS decoder by Tegata", "Decoder/Network/DTLS",
      "Decrypts the data of a peer that is known by its fingerprint",
      "Tegata developers <tegata@example.org>");
}

static void
gst_tegata_dtls_dec_init (GstTegataDtlsDec *self)
{
  GstElementClass *klass = GST_ELEMENT_GET_CLASS (self);

  self->association = gst_tegata_association_new ();
  gst_tegata_properties_apply_defaults (self->association, GST_TEGATA_PROPERTIES_DECODER);
  gst_tegata_exported_key_restrict (self->association);
  gst_tegata_share_certificate (self->association);

  gst_tegata_inlet_init (&self->inlet, GST_ELEMENT (self),
                         gst_element_class_get_pad_template (klass, "sink"), NULL, NULL);
  self->inlet.group_id = gst_util_group_id_next ();
  gst_tegata_inlet_set_association (&self->inlet, self->association);
  gst_tegata_association_observe (self->association, GST_ELEMENT (self), &observer);
}
