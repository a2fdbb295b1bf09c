/* SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-tegatatransport
 * @title: tegatatransport
 * @short_description: one DTLS-SRTP association, both directions
 * @see_also: tegatasrtpenc, tegatasrtpdec
 *
 * A DTLS-SRTP association in one element: datagrams of the network come in by net_sink
 * and leave by net_src; RTP, RTCP and data go in by rtp_sink_%u, rtcp_sink_%u and
 * data_sink, and what the peer sent comes out of rtp_src, rtcp_src and data_src. One
 * rtp_sink takes any number of SSRCs. All pads take and make buffer lists, and media is
 * encrypted in its own buffer where that is writable.
 *
 * The peer is known by the fingerprint of its certificate: give `peer-fingerprint`
 * what its description has in a=fingerprint, and put `fingerprint` into ours. Nothing
 * passes before it matched, in neither direction; another certificate, or a handshake
 * that does not end in time, is an element error on the bus that says which and why.
 * Media of a live source that comes before is dropped, and the source is asked for a key
 * frame then; another source waits.
 *
 * Who calls is `setup`: `active` in one of the two, and `passive`, the
 * default, in the other. It may be set while the element runs, where it was `actpass`.
 *
 * To end politely, send EOS to data_sink, or emit #GstTegataTransport::close: the peer is
 * told, and its pads end with EOS. Going to READY ends at once and silently; from there
 * the element begins anew.
 *
 * ## Example pipelines
 *
 * The receiver, which is called on port 5000, and the sender, which calls. In earnest,
 * `require-fingerprint=false` is left out of both, and `peer-fingerprint` given.
 *
 * |[
 * gst-launch-1.0 udpsrc port=5000 \
 *   caps="application/x-rtp,media=audio,clock-rate=48000,encoding-name=OPUS,payload=96" \
 *   ! t.net_sink tegatatransport name=t require-fingerprint=false \
 *   t.net_src ! udpsink host=127.0.0.1 port=5001 async=false sync=false \
 *   t.rtp_src ! rtpopusdepay ! opusdec ! audioconvert ! autoaudiosink
 * ]|
 * |[
 * gst-launch-1.0 audiotestsrc is-live=true ! opusenc ! rtpopuspay ! t.rtp_sink_0 \
 *   udpsrc port=5001 ! t.net_sink \
 *   tegatatransport name=t setup=active require-fingerprint=false \
 *   t.net_src ! udpsink host=127.0.0.1 port=5000 async=false sync=false
 * ]|
 */

#include "tegatatransport.h"

struct _GstTegataTransport
{
  GstElement parent_instance;

  GstTegataAssociation *association;
  GstTegataInlet inlet;
  GstTegataOutlet outlet;

  /* Object lock. */
  GstTegataSetup setup;
  gboolean is_open;     /* from READY to PAUSED on */
  gboolean has_started; /* the role of this association was told */
};

enum
{
  PROP_SETUP = GST_TEGATA_N_PROPERTIES,
  PROP_IS_CLIENT,
};

#define TEMPLATE(variable, name, direction, presence, caps)                              \
  static GstStaticPadTemplate variable                                                   \
      = GST_STATIC_PAD_TEMPLATE (name, direction, presence, GST_STATIC_CAPS (caps))

TEMPLATE (net_sink_template, "net_sink", GST_PAD_SINK, GST_PAD_ALWAYS, "ANY");
TEMPLATE (net_src_template, "net_src", GST_PAD_SRC, GST_PAD_ALWAYS, "ANY");
TEMPLATE (rtp_src_template, "rtp_src", GST_PAD_SRC, GST_PAD_ALWAYS, "application/x-rtp");
TEMPLATE (rtcp_src_template,
          "rtcp_src",
          GST_PAD_SRC,
          GST_PAD_ALWAYS,
          "application/x-rtcp");
TEMPLATE (data_src_template, "data_src", GST_PAD_SRC, GST_PAD_REQUEST, "ANY");
TEMPLATE (rtp_sink_template,
          "rtp_sink_%u",
          GST_PAD_SINK,
          GST_PAD_REQUEST,
          "application/x-rtp; application/x-rtcp");
TEMPLATE (rtcp_sink_template,
          "rtcp_sink_%u",
          GST_PAD_SINK,
          GST_PAD_REQUEST,
          "application/x-rtp; application/x-rtcp");
TEMPLATE (data_sink_template, "data_sink", GST_PAD_SINK, GST_PAD_REQUEST, "ANY");

G_DEFINE_TYPE (GstTegataTransport, gst_tegata_transport, GST_TYPE_ELEMENT)
GST_ELEMENT_REGISTER_DEFINE (tegatatransport,
                             "tegatatransport",
                             GST_RANK_NONE,
                             GST_TYPE_TEGATA_TRANSPORT)

static void
on_outgoing (GstElement *element)
{
  gst_tegata_outlet_send (&GST_TEGATA_TRANSPORT (element)->outlet);
}

static void
on_incoming (GstElement *element)
{
  gst_tegata_inlet_deliver (&GST_TEGATA_TRANSPORT (element)->inlet);
}

static void
on_net_ended (GstElement *element, gboolean has_ended)
{
  gst_tegata_outlet_set_net_ended (&GST_TEGATA_TRANSPORT (element)->outlet, has_ended);
}

/* Who only receives would never learn of it otherwise. */
static void
warn_of_no_profile (GstTegataTransport *self)
{
  GstTegataFacts facts;

  gst_tegata_association_get_facts (self->association, &facts);
  if (facts.state == TEGATA_STATE_CONNECTED && facts.profile == TEGATA_SRTP_PROFILE_NONE)
  {
    gst_tegata_post_no_profile (GST_ELEMENT (self));
  }
}

static void
on_changed (GstElement *element, TegataState state)
{
  GstTegataTransport *self = GST_TEGATA_TRANSPORT (element);

  if (state == TEGATA_STATE_CONNECTED)
  {
    gst_tegata_outlet_connected (&self->outlet);
  }
  if (state == TEGATA_STATE_CLOSED)
  {
    gst_tegata_outlet_closed (&self->outlet);
  }
  if (state == TEGATA_STATE_FAILED)
  {
    gst_tegata_outlet_failed (&self->outlet);
    /* before anybody is notified, who may stop the element */
    gst_tegata_post_failure (element, self->association);
  }
  gst_tegata_properties_notify (element, state);
  if (state == TEGATA_STATE_AWAITING_FINGERPRINT)
  {
    gst_tegata_post_awaiting (element, self->association);
  }
  if (state == TEGATA_STATE_CONNECTED && gst_pad_is_linked (self->inlet.rtp_src))
  {
    warn_of_no_profile (self);
  }
}

static const GstTegataObserver observer = {
  .outgoing = on_outgoing,
  .incoming = on_incoming,
  .changed = on_changed,
  .unverified = gst_tegata_post_unverified,
};

/* Once for each time that it is open, as soon as the role is known. */
static gboolean
start_if_decided (GstTegataTransport *self, GError **error)
{
  g_autoptr (GError) problem = NULL;
  gboolean is_due;
  TegataRole role;

  GST_OBJECT_LOCK (self);
  is_due = self->is_open && !self->has_started && self->setup != GST_TEGATA_SETUP_ACTPASS;
  role = self->setup == GST_TEGATA_SETUP_ACTIVE ? TEGATA_ROLE_CLIENT : TEGATA_ROLE_SERVER;
  self->has_started |= is_due;
  GST_OBJECT_UNLOCK (self);

  if (!is_due || gst_tegata_association_start (self->association, role, &problem))
  {
    return TRUE;
  }
  /* "setup" was set while another thread stopped the element, or started it anew */
  if (g_error_matches (problem, TEGATA_ERROR, TEGATA_ERROR_NOT_CONNECTED)
      || g_error_matches (problem, TEGATA_ERROR, TEGATA_ERROR_INVALID))
  {
    return TRUE;
  }
  g_propagate_error (error, g_steal_pointer (&problem));
  return FALSE;
}

static void
stop (GstTegataTransport *self)
{
  GST_OBJECT_LOCK (self);
  self->is_open = FALSE;
  self->has_started = FALSE;
  GST_OBJECT_UNLOCK (self);
  gst_tegata_association_stop (self->association);
}

/* Before the pads are active: what can fail fails while the element is READY still. */
static gboolean
start (GstTegataTransport *self)
{
  g_autoptr (GError) error = NULL;

  if (!gst_tegata_association_open (self->association, &error))
  {
    gst_tegata_post_unusable (GST_ELEMENT (self), error);
    return FALSE;
  }
  GST_OBJECT_LOCK (self);
  self->is_open = TRUE;
  GST_OBJECT_UNLOCK (self);
  if (!start_if_decided (self, &error))
  {
    stop (self);
    gst_tegata_post_unusable (GST_ELEMENT (self), error);
    return FALSE;
  }
  return TRUE;
}

static GstStateChangeReturn
gst_tegata_transport_change_state (GstElement *element, GstStateChange transition)
{
  GstTegataTransport *self = GST_TEGATA_TRANSPORT (element);
  GstStateChangeReturn result;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !start (self))
  {
    return GST_STATE_CHANGE_FAILURE;
  }
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
  {
    gst_tegata_outlet_unlock (&self->outlet);
  }

  result = GST_ELEMENT_CLASS (gst_tegata_transport_parent_class)
               ->change_state (element, transition);

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED
      && result == GST_STATE_CHANGE_FAILURE)
  {
    stop (self);
  }
  else if (transition == GST_STATE_CHANGE_READY_TO_PAUSED)
  {
    gst_tegata_inlet_start (&self->inlet);
    gst_tegata_outlet_start (&self->outlet);
    /* what was said before somebody could hear it */
    gst_tegata_inlet_deliver (&self->inlet);
    gst_tegata_outlet_send (&self->outlet);
  }
  else if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
  {
    gst_tegata_inlet_stop (&self->inlet);
    gst_tegata_outlet_stop (&self->outlet);
    stop (self);
  }
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
gst_tegata_transport_request_new_pad (GstElement *element,
                                      GstPadTemplate *templ,
                                      const char *name,
                                      G_GNUC_UNUSED const GstCaps *caps)
{
  GstTegataTransport *self = GST_TEGATA_TRANSPORT (element);

  if (GST_PAD_TEMPLATE_DIRECTION (templ) == GST_PAD_SRC)
  {
    return gst_tegata_inlet_request_data (&self->inlet, templ, name);
  }
  return gst_tegata_outlet_request_pad (&self->outlet, templ, name,
                                        stream_of (element, templ));
}

static void
gst_tegata_transport_release_pad (GstElement *element, GstPad *pad)
{
  GstTegataTransport *self = GST_TEGATA_TRANSPORT (element);

  if (GST_PAD_IS_SRC (pad))
  {
    gst_tegata_inlet_release_data (&self->inlet, pad);
  }
  else
  {
    gst_tegata_outlet_release_pad (&self->outlet, pad);
  }
}

/* @other: the property that says the same */
static void
set_setup (GstTegataTransport *self, GstTegataSetup setup, const char *other)
{
  g_autoptr (GError) error = NULL;

  GST_OBJECT_LOCK (self);
  self->setup = setup;
  GST_OBJECT_UNLOCK (self);
  g_object_notify (G_OBJECT (self), other);

  if (!start_if_decided (self, &error))
  {
    gst_tegata_post_unusable (GST_ELEMENT (self), error);
  }
}

static void
gst_tegata_transport_set_property (GObject *object,
                                   guint id,
                                   const GValue *value,
                                   GParamSpec *pspec)
{
  GstTegataTransport *self = GST_TEGATA_TRANSPORT (object);

  if (id == PROP_SETUP)
  {
    set_setup (self, (GstTegataSetup) g_value_get_enum (value), "is-client");
  }
  else if (id == PROP_IS_CLIENT)
  {
    set_setup (self,
               g_value_get_boolean (value) ? GST_TEGATA_SETUP_ACTIVE
                                           : GST_TEGATA_SETUP_PASSIVE,
               "setup");
  }
  else if (!gst_tegata_properties_set (GST_ELEMENT (self), self->association, id, value))
  {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
gst_tegata_transport_get_property (GObject *object,
                                   guint id,
                                   GValue *value,
                                   GParamSpec *pspec)
{
  GstTegataTransport *self = GST_TEGATA_TRANSPORT (object);
  GstTegataSetup setup;

  GST_OBJECT_LOCK (self);
  setup = self->setup;
  GST_OBJECT_UNLOCK (self);

  if (id == PROP_SETUP)
  {
    g_value_set_enum (value, (gint) setup);
  }
  else if (id == PROP_IS_CLIENT)
  {
    g_value_set_boolean (value, setup == GST_TEGATA_SETUP_ACTIVE);
  }
  else if (!gst_tegata_properties_get (GST_ELEMENT (self), self->association, id, value,
                                       pspec))
  {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
gst_tegata_transport_close (GstTegataTransport *self)
{
  gst_tegata_association_close (self->association);
}

static void
gst_tegata_transport_finalize (GObject *object)
{
  GstTegataTransport *self = GST_TEGATA_TRANSPORT (object);

  gst_tegata_inlet_clear (&self->inlet);
  gst_tegata_outlet_clear (&self->outlet);
  gst_tegata_association_unobserve (self->association, GST_ELEMENT (self));
  gst_object_unref (self->association);

  G_OBJECT_CLASS (gst_tegata_transport_parent_class)->finalize (object);
}

static void
install_properties (GObjectClass *klass)
{
  gst_tegata_properties_install (klass, GST_TEGATA_PROPERTIES_TRANSPORT);
  g_object_class_install_property (
      klass, PROP_SETUP,
      g_param_spec_enum (
          "setup", "Setup",
          "Who calls, as a=setup has it: active, this side; passive, the peer (the "
          "default); actpass, not decided yet: the peer's call is held until active or "
          "passive is set. May be set at any time; once started, a new value holds from "
          "the next time that the element leaves READY",
          GST_TYPE_TEGATA_SETUP, GST_TEGATA_SETUP_PASSIVE,
          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING
              | GST_PARAM_DOC_SHOW_DEFAULT));
  g_object_class_install_property (
      klass, PROP_IS_CLIENT,
      g_param_spec_boolean (
          "is-client", "Is client",
          "The same as setup, as dtlssrtpenc has it: TRUE for active, this side calls; "
          "FALSE, the default, for passive, it is called",
          FALSE,
          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING
              | GST_PARAM_DOC_SHOW_DEFAULT));
}

static void
gst_tegata_transport_class_init (GstTegataTransportClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  gst_tegata_debug_init ();
  object_class->set_property = gst_tegata_transport_set_property;
  object_class->get_property = gst_tegata_transport_get_property;
  object_class->finalize = gst_tegata_transport_finalize;
  install_properties (object_class);

  /**
   * GstTegataTransport::close:
   * @transport: the element
   *
   * Sends close_notify behind all that waits, and ends the association: media and data
   * stop in both directions, and the pads that receive end with EOS.
   */
  g_signal_new_class_handler (
      "close", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION,
      G_CALLBACK (gst_tegata_transport_close), NULL, NULL, NULL, G_TYPE_NONE, 0);

  element_class->change_state = GST_DEBUG_FUNCPTR (gst_tegata_transport_change_state);
  element_class->request_new_pad
      = GST_DEBUG_FUNCPTR (gst_tegata_transport_request_new_pad);
  element_class->release_pad = GST_DEBUG_FUNCPTR (gst_tegata_transport_release_pad);
  gst_element_class_add_static_pad_template (element_class, &net_sink_template);
  gst_element_class_add_static_pad_template (element_class, &net_src_template);
  gst_element_class_add_static_pad_template (element_class, &rtp_src_template);
  gst_element_class_add_static_pad_template (element_class, &rtcp_src_template);
  gst_element_class_add_static_pad_template (element_class, &data_src_template);
  gst_element_class_add_static_pad_template (element_class, &rtp_sink_template);
  gst_element_class_add_static_pad_template (element_class, &rtcp_sink_template);
  gst_element_class_add_static_pad_template (element_class, &data_sink_template);
  gst_element_class_set_static_metadata (
      element_class, "DTLS-SRTP transport", "Codec/Network/DTLS/SRTP",
      "Encrypts and decrypts RTP, RTCP and data for one peer, which is known by its "
      "fingerprint",
      "Tegata developers <tegata@example.org>");
}

static void
gst_tegata_transport_init (GstTegataTransport *self)
{
  GstElement *element = GST_ELEMENT (self);
  GstElementClass *klass = GST_ELEMENT_GET_CLASS (self);

  self->setup = GST_TEGATA_SETUP_PASSIVE;
  self->association = gst_tegata_association_new ();
  gst_tegata_properties_apply_defaults (self->association,
                                        GST_TEGATA_PROPERTIES_TRANSPORT);

  gst_tegata_inlet_init (&self->inlet, element,
                         gst_element_class_get_pad_template (klass, "net_sink"),
                         gst_element_class_get_pad_template (klass, "rtp_src"),
                         gst_element_class_get_pad_template (klass, "rtcp_src"));
  gst_tegata_outlet_init (&self->outlet, element,
                          gst_element_class_get_pad_template (klass, "net_src"));
  self->inlet.ends_with_association = TRUE;
  self->outlet.closes_when_all_ended = TRUE;
  self->inlet.group_id = gst_util_group_id_next ();
  self->outlet.group_id = self->inlet.group_id;

  self->inlet.net_ended = on_net_ended;
  gst_tegata_inlet_set_association (&self->inlet, self->association);
  gst_tegata_outlet_set_association (&self->outlet, self->association);
  gst_tegata_association_observe (self->association, element, &observer);
}
