/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the properties of an association are called, their blurbs and defaults. */

#include "properties.h"

#define TRANSPORT_TIMEOUT_MS 30000

#define READY_FLAGS                                                                      \
  (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY                  \
   | GST_PARAM_DOC_SHOW_DEFAULT)
#define ANYTIME_FLAGS                                                                    \
  (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING                \
   | GST_PARAM_DOC_SHOW_DEFAULT)
#define READ_FLAGS (G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)

static void
install_identity (GObjectClass *klass, gboolean is_transport)
{
  g_object_class_install_property (
      klass, GST_TEGATA_PROP_PEM,
      g_param_spec_string (
          "pem", "Certificate and key",
          "Who we are: a certificate and its private key, as PEM text. NULL, the "
          "default, "
          "makes a fresh ECDSA P-256 one. It reads back as the certificate alone. A new "
          "value holds from the next time that the element leaves READY",
          NULL, READY_FLAGS));
  g_object_class_install_property (
      klass, GST_TEGATA_PROP_PEER_FINGERPRINT,
      g_param_spec_string (
          "peer-fingerprint", "Peer's fingerprint",
          "Whose certificate the peer's must be: \"sha-256 AB:CD:..\" as in "
          "a=fingerprint "
          "of its description, or several, separated by commas or line ends. May be set "
          "at any time, and holds at once: another peer ends the association. NULL, the "
          "default, is unknown: what happens then is said by require-fingerprint",
          NULL, ANYTIME_FLAGS));
  g_object_class_install_property (
      klass, GST_TEGATA_PROP_REQUIRE_FINGERPRINT,
      g_param_spec_boolean (
          "require-fingerprint", "Require a fingerprint",
          is_transport
              ? "Whether nothing passes before peer-fingerprint is set and matches. TRUE "
                "by default; FALSE takes any peer while it is not set, with a warning. "
                "TRUE holds at once, and ends an association with a peer that was taken "
                "so; FALSE from the next time that the element leaves READY"
              : "Whether nothing passes before peer-fingerprint is set and matches. "
                "FALSE by default, as dtlssrtpdec has it: any peer is taken while it is "
                "not set, with a warning. TRUE holds at once, and ends an association "
                "with a peer that was taken so; FALSE from the next time that the "
                "element leaves READY",
          is_transport, ANYTIME_FLAGS));
  g_object_class_install_property (
      klass, GST_TEGATA_PROP_KEY_LOG,
      g_param_spec_string (
          "key-log", "Key log file",
          "Path of a file that the secrets of the handshake are appended to, for "
          "Wireshark. Whoever reads it can read the traffic. NULL, the default, is none",
          NULL, READY_FLAGS));
}

static void
install_protocol (GObjectClass *klass)
{
  g_object_class_install_property (
      klass, GST_TEGATA_PROP_PROFILES,
      g_param_spec_string (
          "profiles", "SRTP profiles",
          "Names of the SRTP profiles to negotiate, the preferred one first, separated "
          "by "
          "':' or ','; \"\" for none, data only. NULL, the default, is "
          "SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_HMAC_SHA1_80; "
          "SRTP_AES128_CM_HMAC_SHA1_32 has to be named",
          NULL, READY_FLAGS));
  g_object_class_install_property (
      klass, GST_TEGATA_PROP_MIN_VERSION,
      g_param_spec_enum (
          "min-version", "Oldest DTLS version",
          "The oldest version of DTLS that is spoken: 1.0, 1.2 (the default) or 1.3. "
          "1.0 is deprecated, and weakens what is accepted",
          GST_TYPE_TEGATA_VERSION, TEGATA_VERSION_DTLS_1_2, READY_FLAGS));
  g_object_class_install_property (
      klass, GST_TEGATA_PROP_MAX_VERSION,
      g_param_spec_enum ("max-version", "Newest DTLS version",
                         "The newest version of DTLS that is spoken: 1.0, 1.2 (the "
                         "default) or 1.3, which needs a libssl that has it",
                         GST_TYPE_TEGATA_VERSION, TEGATA_VERSION_DTLS_1_2, READY_FLAGS));
}

static void
install_network (GObjectClass *klass, gboolean is_transport)
{
  g_object_class_install_property (
      klass, GST_TEGATA_PROP_MTU,
      g_param_spec_uint (
          "mtu", "MTU",
          "Bytes of UDP payload that a datagram of the handshake or of data may have; "
          "the "
          "default of 1200 fits any path. Media is as long as its payloader makes it",
          TEGATA_MIN_MTU, TEGATA_MAX_MTU, TEGATA_DEFAULT_MTU, READY_FLAGS));
  g_object_class_install_property (
      klass, GST_TEGATA_PROP_HANDSHAKE_TIMEOUT,
      g_param_spec_uint (
          "handshake-timeout", "Handshake timeout",
          is_transport
              ? "Milliseconds from the start to a complete handshake, after which the "
                "element fails; 30000 by default. 0 waits for ever"
              : "Milliseconds from the start to a complete handshake, after which the "
                "element fails. 0, the default as with dtlssrtpdec, waits for ever",
          0, G_MAXUINT, is_transport ? TRANSPORT_TIMEOUT_MS : 0, READY_FLAGS));
  g_object_class_install_property (
      klass, GST_TEGATA_PROP_RTT,
      g_param_spec_uint (
          "rtt", "Round-trip time",
          "Round-trip time to the peer in microseconds, where ICE or somebody else "
          "measured it: how soon a lost flight is sent again. May be set at any time. 0, "
          "the default, is unknown: the first time after 100 ms",
          0, G_MAXUINT, 0, ANYTIME_FLAGS));
}

static void
install_state (GObjectClass *klass, gboolean is_transport)
{
  g_object_class_install_property (
      klass, GST_TEGATA_PROP_CONNECTION_STATE,
      g_param_spec_enum (
          "connection-state", "Connection state",
          "How far the association is: closed while the element is not in "
          "use (the default), new, connecting, connected, closed by either "
          "side, or failed. Each change is notified",
          GST_TYPE_TEGATA_CONNECTION_STATE, GST_TEGATA_CONNECTION_STATE_CLOSED,
          READ_FLAGS));
  g_object_class_install_property (
      klass, GST_TEGATA_PROP_DTLS_VERSION,
      is_transport
          ? g_param_spec_enum ("dtls-version", "DTLS version",
                               "The version of DTLS that was negotiated; none before the "
                               "handshake is complete",
                               GST_TYPE_TEGATA_VERSION, TEGATA_VERSION_NONE, READ_FLAGS)
          : g_param_spec_uint ("dtls-version", "DTLS version",
                               "The version of DTLS that was negotiated, as the number "
                               "on the wire: 65277 (0xfefd) for DTLS 1.2; 0 before the "
                               "handshake is complete",
                               0, G_MAXUINT16, 0, READ_FLAGS));
}

static void
install_facts (GObjectClass *klass)
{
  g_object_class_install_property (
      klass, GST_TEGATA_PROP_FINGERPRINT,
      g_param_spec_string (
          "fingerprint", "Own fingerprint",
          "Our own certificate's, as \"sha-256 AB:CD:..\", for a=fingerprint of our "
          "description. It is there from the start on",
          NULL, READ_FLAGS));
  g_object_class_install_property (
      klass, GST_TEGATA_PROP_DTLS_CIPHER,
      g_param_spec_string (
          "dtls-cipher", "DTLS cipher suite",
          "The cipher suite that was negotiated, by its IANA name; NULL before", NULL,
          READ_FLAGS));
  g_object_class_install_property (
      klass, GST_TEGATA_PROP_SRTP_PROFILE,
      g_param_spec_string (
          "srtp-profile", "SRTP profile",
          "The SRTP profile that was negotiated, by its registered name; "
          "NULL before, and where the peer takes data only",
          NULL, READ_FLAGS));
  g_object_class_install_property (
      klass, GST_TEGATA_PROP_PEER_PEM,
      g_param_spec_string (
          "peer-pem", "Peer's certificate",
          "The peer's certificate as PEM text, once it proved to have the key of it; "
          "NULL "
          "before. It is notified before connection-state says connected",
          NULL, READ_FLAGS));
  g_object_class_install_property (
      klass, GST_TEGATA_PROP_STATS,
      g_param_spec_boxed ("stats", "Statistics",
                          "Counts of datagrams, packets and what was refused, with the "
                          "names of RTCTransportStats (W3C webrtc-stats) and the like",
                          GST_TYPE_STRUCTURE, READ_FLAGS));
}

void
gst_tegata_properties_install (GObjectClass *klass, GstTegataPropertySet set)
{
  gboolean is_transport = set == GST_TEGATA_PROPERTIES_TRANSPORT;

  install_state (klass, is_transport);
  if (set != GST_TEGATA_PROPERTIES_ENCODER)
  {
    install_identity (klass, is_transport);
    install_protocol (klass);
    install_network (klass, is_transport);
    install_facts (klass);
  }
}

void
gst_tegata_properties_apply_defaults (GstTegataAssociation *association,
                                      GstTegataPropertySet set)
{
  gboolean is_transport = set == GST_TEGATA_PROPERTIES_TRANSPORT;

  gst_tegata_association_set_require_fingerprint (association, is_transport);
  gst_tegata_association_set_handshake_timeout (association,
                                                is_transport ? TRANSPORT_TIMEOUT_MS : 0);
}
