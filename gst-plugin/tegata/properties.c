/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The properties that elements have of their association, which keeps all values: nothing
 * is stored here. */

#include "properties.h"

static void
set_version (GstTegataAssociation *association, guint id, TegataVersion version)
{
  TegataVersion min;
  TegataVersion max;

  gst_tegata_association_get_versions (association, &min, &max);
  gst_tegata_association_set_versions (association,
                                       id == GST_TEGATA_PROP_MIN_VERSION ? version : min,
                                       id == GST_TEGATA_PROP_MAX_VERSION ? version : max);
}

/* Those that take any value of their type. */
static gboolean
set_plain (GstTegataAssociation *association, guint id, const GValue *value)
{
  switch (id)
  {
  case GST_TEGATA_PROP_REQUIRE_FINGERPRINT:
    gst_tegata_association_set_require_fingerprint (association,
                                                    g_value_get_boolean (value));
    return TRUE;
  case GST_TEGATA_PROP_MIN_VERSION:
  case GST_TEGATA_PROP_MAX_VERSION:
    set_version (association, id, (TegataVersion) g_value_get_enum (value));
    return TRUE;
  case GST_TEGATA_PROP_MTU:
    gst_tegata_association_set_mtu (association, g_value_get_uint (value));
    return TRUE;
  case GST_TEGATA_PROP_HANDSHAKE_TIMEOUT:
    gst_tegata_association_set_handshake_timeout (association, g_value_get_uint (value));
    return TRUE;
  case GST_TEGATA_PROP_RTT:
    gst_tegata_association_set_rtt (association, g_value_get_uint (value));
    return TRUE;
  case GST_TEGATA_PROP_KEY_LOG:
    gst_tegata_association_set_key_log (association, g_value_get_string (value));
    return TRUE;
  default:
    return FALSE;
  }
}

static void
complain (GstElement *element, const char *name, GError *error)
{
  if (error != NULL)
  {
    g_prefix_error (&error, "%s: ", name);
    gst_tegata_post_unusable (element, error);
    g_error_free (error);
  }
}

gboolean
gst_tegata_properties_set (GstElement *element,
                           GstTegataAssociation *association,
                           guint id,
                           const GValue *value)
{
  GError *error = NULL;

  switch (id)
  {
  case GST_TEGATA_PROP_PEM:
    gst_tegata_association_set_pem (association, g_value_get_string (value), &error);
    complain (element, "pem", error);
    return TRUE;
  case GST_TEGATA_PROP_PEER_FINGERPRINT:
    gst_tegata_association_set_peer_fingerprint (association, g_value_get_string (value),
                                                 &error);
    complain (element, "peer-fingerprint", error);
    return TRUE;
  case GST_TEGATA_PROP_PROFILES:
    gst_tegata_association_set_profiles (association, g_value_get_string (value), &error);
    complain (element, "profiles", error);
    return TRUE;
  default:
    return set_plain (association, id, value);
  }
}

static GstTegataConnectionState
to_connection_state (const GstTegataFacts *facts)
{
  if (!facts->is_open)
  {
    return GST_TEGATA_CONNECTION_STATE_CLOSED;
  }
  switch (facts->state)
  {
  case TEGATA_STATE_NEW:
    return GST_TEGATA_CONNECTION_STATE_NEW;
  case TEGATA_STATE_CONNECTING:
  case TEGATA_STATE_AWAITING_FINGERPRINT:
    return GST_TEGATA_CONNECTION_STATE_CONNECTING;
  case TEGATA_STATE_CONNECTED:
    return GST_TEGATA_CONNECTION_STATE_CONNECTED;
  case TEGATA_STATE_FAILED:
    return GST_TEGATA_CONNECTION_STATE_FAILED;
  case TEGATA_STATE_CLOSED:
  default:
    return GST_TEGATA_CONNECTION_STATE_CLOSED;
  }
}

/* RFC 6347 section 4.1: the complement of the number that people say. */
static guint
to_wire_version (TegataVersion version)
{
  switch (version)
  {
  case TEGATA_VERSION_DTLS_1_0:
    return 0xfeff;
  case TEGATA_VERSION_DTLS_1_2:
    return 0xfefd;
  case TEGATA_VERSION_DTLS_1_3:
    return 0xfefc;
  case TEGATA_VERSION_NONE:
  default:
    return 0;
  }
}

static void
take_version (GValue *value, TegataVersion version)
{
  if (G_VALUE_HOLDS_ENUM (value))
  {
    g_value_set_enum (value, (gint) version);
  }
  else
  {
    g_value_set_uint (value, to_wire_version (version));
  }
}

/* What it is. These are there without an association, too. */
static gboolean
get_fact (GstTegataAssociation *association, guint id, GValue *value)
{
  GstTegataFacts facts = { .state = TEGATA_STATE_CLOSED };

  if (association != NULL)
  {
    gst_tegata_association_get_facts (association, &facts);
  }
  switch (id)
  {
  case GST_TEGATA_PROP_CONNECTION_STATE:
    g_value_set_enum (value, (gint) to_connection_state (&facts));
    return TRUE;
  case GST_TEGATA_PROP_DTLS_VERSION:
    take_version (value, facts.version);
    return TRUE;
  case GST_TEGATA_PROP_DTLS_CIPHER:
    g_value_set_static_string (value, facts.cipher);
    return TRUE;
  case GST_TEGATA_PROP_SRTP_PROFILE:
    g_value_set_static_string (value, tegata_srtp_profile_to_string (facts.profile));
    return TRUE;
  case GST_TEGATA_PROP_STATS:
    g_value_take_boxed (value, gst_tegata_dup_stats (association));
    return TRUE;
  default:
    return FALSE;
  }
}

static gboolean
get_text (GstTegataAssociation *association, guint id, GValue *value)
{
  switch (id)
  {
  case GST_TEGATA_PROP_PEM:
    g_value_take_string (value, gst_tegata_association_dup_pem (association));
    return TRUE;
  case GST_TEGATA_PROP_PEER_FINGERPRINT:
    g_value_take_string (value,
                         gst_tegata_association_dup_peer_fingerprint (association));
    return TRUE;
  case GST_TEGATA_PROP_PROFILES:
    g_value_take_string (value, gst_tegata_association_dup_profiles (association));
    return TRUE;
  case GST_TEGATA_PROP_KEY_LOG:
    g_value_take_string (value, gst_tegata_association_dup_key_log (association));
    return TRUE;
  case GST_TEGATA_PROP_FINGERPRINT:
    g_value_take_string (value, gst_tegata_association_dup_fingerprint (association));
    return TRUE;
  case GST_TEGATA_PROP_PEER_PEM:
    g_value_take_string (value, gst_tegata_association_dup_peer_pem (association));
    return TRUE;
  default:
    return FALSE;
  }
}

static gboolean
get_number (GstTegataAssociation *association, guint id, GValue *value)
{
  TegataVersion min;
  TegataVersion max;

  switch (id)
  {
  case GST_TEGATA_PROP_REQUIRE_FINGERPRINT:
    g_value_set_boolean (value,
                         gst_tegata_association_get_require_fingerprint (association));
    return TRUE;
  case GST_TEGATA_PROP_MIN_VERSION:
  case GST_TEGATA_PROP_MAX_VERSION:
    gst_tegata_association_get_versions (association, &min, &max);
    take_version (value, id == GST_TEGATA_PROP_MIN_VERSION ? min : max);
    return TRUE;
  case GST_TEGATA_PROP_MTU:
    g_value_set_uint (value, gst_tegata_association_get_mtu (association));
    return TRUE;
  case GST_TEGATA_PROP_HANDSHAKE_TIMEOUT:
    g_value_set_uint (value, gst_tegata_association_get_handshake_timeout (association));
    return TRUE;
  case GST_TEGATA_PROP_RTT:
    g_value_set_uint (value, gst_tegata_association_get_rtt (association));
    return TRUE;
  default:
    return FALSE;
  }
}

gboolean
gst_tegata_properties_get (G_GNUC_UNUSED GstElement *element,
                           GstTegataAssociation *association,
                           guint id,
                           GValue *value,
                           GParamSpec *pspec)
{
  if (get_fact (association, id, value))
  {
    return TRUE;
  }
  if (association == NULL)
  {
    g_param_value_set_default (pspec, value);
    return id > GST_TEGATA_PROP_0 && id < GST_TEGATA_N_PROPERTIES;
  }
  return get_text (association, id, value) || get_number (association, id, value);
}

static void
notify_if_there (GstElement *element, const char *name)
{
  if (g_object_class_find_property (G_OBJECT_GET_CLASS (element), name) != NULL)
  {
    g_object_notify (G_OBJECT (element), name);
  }
}

static void
notify_peer (GstElement *element)
{
  notify_if_there (element, "peer-pem");
  notify_if_there (element, "dtls-version");
  notify_if_there (element, "dtls-cipher");
  notify_if_there (element, "srtp-profile");
}

void
gst_tegata_properties_notify (GstElement *element, TegataState state)
{
  static const char key[] = "tegata-last-told";
  gboolean was_awaiting = GPOINTER_TO_INT (g_object_get_data (G_OBJECT (element), key))
                          == TEGATA_STATE_AWAITING_FINGERPRINT;

  /* one at a time, so that this needs no lock */
  g_object_set_data (G_OBJECT (element), key, GINT_TO_POINTER (state));
  if (state == TEGATA_STATE_AWAITING_FINGERPRINT
      || (state == TEGATA_STATE_CONNECTED && !was_awaiting))
  {
    notify_peer (element);
  }
  /* to the application it is connecting still, as before */
  if (state != TEGATA_STATE_AWAITING_FINGERPRINT)
  {
    notify_if_there (element, "connection-state");
  }
}
