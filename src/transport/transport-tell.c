/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a transport tells, and to whom: properties and signals for bindings, call-backs
 * for C. Signals come first, since a call-back may write to the packets that it gets.
 *
 * Any of them may drop the last reference, and so may another thread. So each is called
 * with one of our own, which is let go before the next one: who has released a transport,
 * and freed what its call-backs need, is not called again.
 */

#include "transport/transport-private.h"

#include <tegata/enum-types.h>

enum
{
  PROP_0,
  PROP_STATE,
  PROP_FINGERPRINT,
  PROP_PEER_FINGERPRINT,
  PROP_DTLS_VERSION,
  PROP_DTLS_CIPHER,
  PROP_SRTP_PROFILE,
  N_PROPERTIES,
};

enum
{
  SIGNAL_STATE_CHANGED,
  SIGNAL_RTP_RECEIVED,
  SIGNAL_RTCP_RECEIVED,
  SIGNAL_DATA_RECEIVED,
  SIGNAL_NETWORK_ERROR,
  N_SIGNALS,
};

static GParamSpec *properties[N_PROPERTIES];
static guint signals[N_SIGNALS];

/* (transfer full) (nullable) */
static char *
describe_certificate (TegataCertificate *certificate)
{
  g_autoptr (TegataFingerprint) fingerprint = NULL;

  if (certificate == NULL)
  {
    return NULL;
  }
  fingerprint = tegata_fingerprint_new_for_certificate (certificate, TEGATA_HASH_SHA256);
  return tegata_fingerprint_to_string (fingerprint);
}

static const char *
get_version (TegataDtls *dtls)
{
  TegataVersion version = tegata_dtls_get_version (dtls);

  return version != TEGATA_VERSION_NONE ? tegata_version_to_string (version) : NULL;
}

/* Those that appear in time. (transfer full) (nullable) */
static char *
dup_late_property (TegataTransport *self, guint id)
{
  TegataDtls *dtls = tegata_session_get_dtls (self->session);

  if (dtls == NULL)
  {
    return NULL;
  }
  switch (id)
  {
  case PROP_PEER_FINGERPRINT:
    return describe_certificate (tegata_dtls_get_peer_certificate (dtls));
  case PROP_DTLS_VERSION:
    return g_strdup (get_version (dtls));
  case PROP_DTLS_CIPHER:
    return g_strdup (tegata_dtls_get_cipher (dtls));
  case PROP_SRTP_PROFILE:
  default:
    return g_strdup (tegata_srtp_profile_to_string (tegata_dtls_get_srtp_profile (dtls)));
  }
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  TegataTransport *self = TEGATA_TRANSPORT (object);

  switch (id)
  {
  case PROP_STATE:
    g_value_set_enum (value, (gint) tegata_transport_get_state (self));
    break;
  case PROP_FINGERPRINT:
    g_value_take_string (
        value, describe_certificate (tegata_context_get_certificate (self->context)));
    break;
  case PROP_PEER_FINGERPRINT:
  case PROP_DTLS_VERSION:
  case PROP_DTLS_CIPHER:
  case PROP_SRTP_PROFILE:
    g_value_take_string (value, dup_late_property (self, id));
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

/* The media thread knows first, and where to send to. */
static void
publish (TegataTransport *self, TegataState state)
{
  TegataDtls *dtls = tegata_session_get_dtls (self->session);
  TegataMediaPath path = TEGATA_MEDIA_NOT_YET;
  TegataAddress peer;

  if (state == TEGATA_STATE_CLOSED || state == TEGATA_STATE_FAILED)
  {
    path = TEGATA_MEDIA_ENDED;
  }
  else if (state == TEGATA_STATE_CONNECTED)
  {
    path = tegata_dtls_get_srtp_profile (dtls) != TEGATA_SRTP_PROFILE_NONE
               ? TEGATA_MEDIA_OPEN
               : TEGATA_MEDIA_NO_PROFILE;
    if (tegata_session_get_peer (self->session, &peer))
    {
      tegata_transport_publish_peer (self, &peer);
    }
  }
  g_atomic_int_set (&self->media_path, (gint) path);
}

/* Between two that are told something. Returns: whether anybody still wants it */
static gboolean
is_wanted (TegataTransport **self)
{
  GWeakRef weak;

  g_weak_ref_init (&weak, *self);
  g_object_unref (*self);
  *self = g_weak_ref_get (&weak);
  g_weak_ref_clear (&weak);
  return *self != NULL;
}

/* One by one, what is new before the state. @self: (inout): as is_wanted() has it */
static void
notify_properties (TegataTransport **self)
{
  for (guint id = PROP_PEER_FINGERPRINT; id < N_PROPERTIES && *self != NULL; id++)
  {
    g_autofree char *text = dup_late_property (*self, id);

    if (text != NULL && ((*self)->told_properties & (1u << id)) == 0)
    {
      (*self)->told_properties |= 1u << id;
      g_object_notify_by_pspec (G_OBJECT (*self), properties[id]);
      is_wanted (self);
    }
  }
  if (*self != NULL)
  {
    g_object_notify_by_pspec (G_OBJECT (*self), properties[PROP_STATE]);
    is_wanted (self);
  }
}

void
tegata_transport_tell_state (TegataTransport *self, TegataState state)
{
  if (self->start_error != NULL)
  {
    state = TEGATA_STATE_FAILED;
  }
  publish (self, state);
  notify_properties (&self);
  if (self != NULL)
  {
    g_signal_emit (self, signals[SIGNAL_STATE_CHANGED], 0, (gint) state);
  }
  if (self != NULL && is_wanted (&self) && self->callbacks.state_changed != NULL)
  {
    self->callbacks.state_changed (self, state, self->callbacks_data);
  }
  g_clear_object (&self);
}

static void
emit_bytes (TegataTransport *self, guint signal, const guint8 *bytes, gsize len)
{
  if (g_signal_has_handler_pending (self, signals[signal], 0, TRUE))
  {
    g_autoptr (GBytes) copy = g_bytes_new (bytes, len);

    g_signal_emit (self, signals[signal], 0, copy);
  }
}

static void
emit_media (TegataTransport **self, const TegataPacket *packets, guint n_packets)
{
  for (guint i = 0; i < n_packets && *self != NULL; i++)
  {
    emit_bytes (*self, packets[i].is_rtcp ? SIGNAL_RTCP_RECEIVED : SIGNAL_RTP_RECEIVED,
                packets[i].bytes, packets[i].len);
    is_wanted (self);
  }
}

static gboolean
has_media_handlers (TegataTransport *self)
{
  return g_signal_has_handler_pending (self, signals[SIGNAL_RTP_RECEIVED], 0, TRUE)
         || g_signal_has_handler_pending (self, signals[SIGNAL_RTCP_RECEIVED], 0, TRUE);
}

void
tegata_transport_tell_media (TegataTransport *self,
                             TegataPacket *packets,
                             guint n_packets)
{
  if (g_atomic_int_get (&self->media_path) == TEGATA_MEDIA_ENDED)
  {
    n_packets = 0; /* they came just before it was closed: nothing comes after the end */
  }
  if (n_packets > 0 && has_media_handlers (self))
  {
    emit_media (&self, packets, n_packets);
  }
  if (n_packets > 0 && self != NULL && self->callbacks.media != NULL)
  {
    self->callbacks.media (self, packets, n_packets, self->callbacks_data);
  }
  g_clear_object (&self);
}

void
tegata_transport_tell_data (TegataTransport *self, const guint8 *bytes, gsize len)
{
  emit_bytes (self, SIGNAL_DATA_RECEIVED, bytes, len);
  if (is_wanted (&self) && self->callbacks.data != NULL)
  {
    self->callbacks.data (self, bytes, len, self->callbacks_data);
  }
  g_clear_object (&self);
}

void
tegata_transport_tell_network_error (TegataTransport *self, const GError *error)
{
  g_signal_emit (self, signals[SIGNAL_NETWORK_ERROR], 0, error);
  if (is_wanted (&self) && self->callbacks.network_error != NULL)
  {
    self->callbacks.network_error (self, error, self->callbacks_data);
  }
  g_clear_object (&self);
}

static guint
install_signal (GObjectClass *object_class, const char *name, GType argument)
{
  return g_signal_new_class_handler (name, G_OBJECT_CLASS_TYPE (object_class),
                                     G_SIGNAL_RUN_LAST, NULL, NULL, NULL, NULL,
                                     G_TYPE_NONE, 1, argument);
}

static GParamSpec *
text_property (const char *name)
{
  return g_param_spec_string (name, NULL, NULL, NULL,
                              G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY
                                  | G_PARAM_STATIC_STRINGS);
}

void
tegata_transport_class_install (GObjectClass *object_class)
{
  object_class->get_property = get_property;

  properties[PROP_STATE] = g_param_spec_enum (
      "state", NULL, NULL, TEGATA_TYPE_STATE, TEGATA_STATE_NEW,
      G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  properties[PROP_FINGERPRINT] = text_property ("fingerprint");
  properties[PROP_PEER_FINGERPRINT] = text_property ("peer-fingerprint");
  properties[PROP_DTLS_VERSION] = text_property ("dtls-version");
  properties[PROP_DTLS_CIPHER] = text_property ("dtls-cipher");
  properties[PROP_SRTP_PROFILE] = text_property ("srtp-profile");
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);

  signals[SIGNAL_STATE_CHANGED]
      = install_signal (object_class, "state-changed", TEGATA_TYPE_STATE);
  signals[SIGNAL_RTP_RECEIVED]
      = install_signal (object_class, "rtp-received", G_TYPE_BYTES);
  signals[SIGNAL_RTCP_RECEIVED]
      = install_signal (object_class, "rtcp-received", G_TYPE_BYTES);
  signals[SIGNAL_DATA_RECEIVED]
      = install_signal (object_class, "data-received", G_TYPE_BYTES);
  signals[SIGNAL_NETWORK_ERROR]
      = install_signal (object_class, "network-error", G_TYPE_ERROR);
}
