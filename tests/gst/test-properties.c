/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Every property of the elements: what is set is read back, what cannot be used is an
 * error on the bus and keeps the element in READY, and no secret comes out. */

#include "side.h"

#include <glib/gstdio.h>
#include <string.h>
#include <tegata/tegata.h>

static const char *const factories[]
    = { "tegatatransport", "tegatasrtpenc", "tegatasrtpdec" };

/* (transfer full) both parts, as the property takes them */
static char *
make_pem (char **certificate_pem)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TegataCertificate) certificate
      = tegata_certificate_new (TEGATA_KEY_TYPE_ECDSA_P256, &error);
  g_autofree char *key = NULL;
  g_autofree char *text = NULL;

  g_assert_no_error (error);
  key = tegata_certificate_key_to_pem (certificate);
  text = tegata_certificate_to_pem (certificate);
  if (certificate_pem != NULL)
  {
    *certificate_pem = g_strdup (text);
  }
  return g_strconcat (text, key, NULL);
}

static char *
get_text (GstElement *element, const char *name)
{
  char *text = NULL;

  g_object_get (element, name, &text, NULL);
  return text;
}

static gboolean
is_ours (GParamSpec *pspec)
{
  return g_type_is_a (pspec->owner_type, GST_TYPE_ELEMENT)
         && pspec->owner_type != GST_TYPE_ELEMENT;
}

static void
test_blurbs (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (factories); i++)
  {
    GstElement *element
        = gst_object_ref_sink (gst_element_factory_make (factories[i], NULL));
    guint n;
    g_autofree GParamSpec **pspecs
        = g_object_class_list_properties (G_OBJECT_GET_CLASS (element), &n);
    guint n_ours = 0;

    for (guint j = 0; j < n; j++)
    {
      const char *blurb = g_param_spec_get_blurb (pspecs[j]);
      const char *nick = g_param_spec_get_nick (pspecs[j]);

      if (is_ours (pspecs[j]))
      {
        g_assert_cmpuint (strlen (blurb), >=, 20);
        g_assert_cmpint (g_ascii_strcasecmp (blurb, nick), !=, 0);
        g_assert_cmpstr (nick, !=, pspecs[j]->name);
        n_ours++;
      }
    }
    g_assert_cmpuint (n_ours, >=, 10);
    gst_object_unref (element);
  }
}

/* What a new element reads is what its param spec says. */
static void
test_defaults (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (factories); i++)
  {
    GstElement *element
        = gst_object_ref_sink (gst_element_factory_make (factories[i], NULL));
    guint n;
    g_autofree GParamSpec **pspecs
        = g_object_class_list_properties (G_OBJECT_GET_CLASS (element), &n);

    for (guint j = 0; j < n; j++)
    {
      GValue value = G_VALUE_INIT;

      /* these are there from the start on */
      if (is_ours (pspecs[j]) && !g_str_equal (pspecs[j]->name, "fingerprint")
          && !g_str_equal (pspecs[j]->name, "stats")
          && !g_str_equal (pspecs[j]->name, "pem"))
      {
        g_test_message ("%s: %s", factories[i], pspecs[j]->name);
        g_value_init (&value, pspecs[j]->value_type);
        g_object_get_property (G_OBJECT (element), pspecs[j]->name, &value);
        g_assert_true (g_param_value_defaults (pspecs[j], &value));
        g_value_unset (&value);
      }
    }
    gst_object_unref (element);
  }
}

typedef struct
{
  const char *factory;
  const char *name;
  const char *text;
  const char *word;
} Setting;

#define SHA_256                                                                          \
  "sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:"  \
  "99:AA:BB:CC:DD:EE:FF"
#define SHA_384                                                                          \
  "sha-384 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:"  \
  "99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"

static const Setting settings[] = {
  { "tegatatransport", "peer-fingerprint", SHA_256, NULL },
  { "tegatatransport", "peer-fingerprint", SHA_256 ", " SHA_384, NULL },
  { "tegatatransport", "peer-fingerprint", "a=fingerprint:" SHA_256 "\r\n", NULL },
  { "tegatatransport", "require-fingerprint", "false", NULL },
  { "tegatatransport", "profiles", "SRTP_AES128_CM_HMAC_SHA1_32", NULL },
  { "tegatatransport", "profiles", "AEAD_AES_256_GCM:AES128_CM_HMAC_SHA1_80", NULL },
  { "tegatatransport", "min-version", "1.0", NULL },
  { "tegatatransport", "max-version", "1.3", NULL },
  { "tegatatransport", "mtu", "256", NULL },
  { "tegatatransport", "mtu", "16384", NULL },
  { "tegatatransport", "handshake-timeout", "0", NULL },
  { "tegatatransport", "handshake-timeout", "4294967295", NULL },
  { "tegatatransport", "rtt", "35000", NULL },
  { "tegatatransport", "key-log", "keys.txt", NULL },
  { "tegatatransport", "setup", "actpass", NULL },
  { "tegatatransport", "setup", "active", NULL },
  { "tegatatransport", "is-client", "true", NULL },
  { "tegatasrtpdec", "peer-fingerprint", SHA_384, NULL },
  { "tegatasrtpdec", "require-fingerprint", "true", NULL },
  { "tegatasrtpdec", "profiles", "", NULL },
  { "tegatasrtpdec", "min-version", "1.3", NULL },
  { "tegatasrtpdec", "max-version", "1.0", NULL },
  { "tegatasrtpdec", "mtu", "1400", NULL },
  { "tegatasrtpdec", "handshake-timeout", "5000", NULL },
  { "tegatasrtpdec", "rtt", "1", NULL },
  { "tegatasrtpdec", "key-log", "keys.txt", NULL },
  { "tegatasrtpdec", "connection-id", "call", NULL },
  { "tegatasrtpdec", "srtp-cipher", "aes-256-gcm", NULL },
  { "tegatasrtpdec", "srtcp-cipher", "aes-256-gcm", NULL },
  { "tegatasrtpdec", "srtp-auth", "hmac-sha1-32", NULL },
  { "tegatasrtpdec", "srtcp-auth", "hmac-sha1-80", NULL },
  { "tegatasrtpenc", "connection-id", "call", NULL },
  { "tegatasrtpenc", "is-client", "true", NULL },
  { "tegatasrtpenc", "rtp-sync", "true", NULL },
  { "tegatasrtpenc", "srtp-cipher", "aes-128-gcm", NULL },
  { "tegatasrtpenc", "srtcp-cipher", "aes-128-gcm", NULL },
  { "tegatasrtpenc", "srtp-auth", "null", NULL },
  { "tegatasrtpenc", "srtcp-auth", "null", NULL },
};

static void
test_read_back (gconstpointer data)
{
  const Setting *setting = data;
  GstElement *element
      = gst_object_ref_sink (gst_element_factory_make (setting->factory, NULL));
  GParamSpec *pspec
      = g_object_class_find_property (G_OBJECT_GET_CLASS (element), setting->name);
  GValue expected = G_VALUE_INIT;
  GValue value = G_VALUE_INIT;

  g_assert_nonnull (pspec);
  g_value_init (&expected, pspec->value_type);
  g_value_init (&value, pspec->value_type);
  if (pspec->value_type == G_TYPE_STRING)
  {
    g_value_set_string (&expected, setting->text);
  }
  else
  {
    g_assert_true (gst_value_deserialize (&expected, setting->text));
  }

  g_object_set_property (G_OBJECT (element), setting->name, &expected);
  g_object_get_property (G_OBJECT (element), setting->name, &value);
  g_assert_cmpint (gst_value_compare (&value, &expected), ==, GST_VALUE_EQUAL);

  g_value_unset (&value);
  g_value_unset (&expected);
  gst_object_unref (element);
}

static void
test_pem (void)
{
  const char *const with_pem[] = { "tegatatransport", "tegatasrtpdec" };

  for (guint i = 0; i < G_N_ELEMENTS (with_pem); i++)
  {
    GstElement *element
        = gst_object_ref_sink (gst_element_factory_make (with_pem[i], NULL));
    g_autofree char *certificate = NULL;
    g_autofree char *both = make_pem (&certificate);
    g_autofree char *fresh = get_text (element, "pem");
    g_autofree char *read = NULL;

    /* webrtcbin makes the fingerprint of its description of it */
    g_assert_nonnull (fresh);
    g_assert_nonnull (strstr (fresh, "BEGIN CERTIFICATE"));
    g_assert_null (strstr (fresh, "PRIVATE"));

    g_object_set (element, "pem", both, NULL);
    read = get_text (element, "pem");
    g_assert_cmpstr (read, ==, certificate);
    g_assert_null (strstr (read, "PRIVATE"));
    gst_object_unref (element);
  }
}

static void
test_key_is_not_shown (void)
{
  for (guint i = 1; i < G_N_ELEMENTS (factories); i++)
  {
    GstElement *element
        = gst_object_ref_sink (gst_element_factory_make (factories[i], NULL));
    GstBuffer *key = gst_buffer_new_allocate (NULL, 30, NULL);
    GstBuffer *read = key;

    g_object_set (element, "key", key, NULL);
    g_object_get (element, "key", &read, NULL);
    g_assert_null (read);
    gst_buffer_unref (key);
    gst_object_unref (element);
  }
}

static void
test_fingerprint (void)
{
  g_autoptr (Side) side = side_new_transport ();
  g_autofree char *pem = get_text (side->sender, "pem");
  g_autofree char *before = get_text (side->sender, "fingerprint");
  g_autofree char *after = NULL;
  g_autofree char *of_pem = NULL;
  g_autofree char *of_new_pem = NULL;
  g_autofree char *new_pem = make_pem (NULL);
  g_autoptr (TegataCertificate) certificate
      = tegata_certificate_new_from_pem (pem, -1, NULL);
  g_autoptr (TegataFingerprint) fingerprint
      = tegata_fingerprint_new_for_certificate (certificate, TEGATA_HASH_SHA256);

  of_pem = tegata_fingerprint_to_string (fingerprint);
  g_assert_cmpstr (before, ==, of_pem);

  g_assert_true (side_set_state (side, GST_STATE_PLAYING));
  g_assert_true (side_set_state (side, GST_STATE_NULL));
  after = get_text (side->sender, "fingerprint");
  g_assert_cmpstr (after, ==, before);

  g_object_set (side->sender, "pem", new_pem, NULL);
  of_new_pem = get_text (side->sender, "fingerprint");
  g_assert_cmpstr (of_new_pem, !=, before);
}

/* With a word of the complaint when it is to be used. */
static const Setting bad_settings[] = {
  { "tegatatransport", "pem", "certificate.pem", "PEM" },
  { "tegatatransport", "peer-fingerprint", "sha-256 AB:CD", "2 bytes" },
  { "tegatatransport", "peer-fingerprint", "md5 AB:CD", "md5" },
  { "tegatatransport", "profiles", "SRTP_NULL", "SRTP_NULL" },
  { "tegatasrtpdec", "pem", "certificate.pem", "PEM" },
  { "tegatasrtpdec", "peer-fingerprint", "AB:CD", "AB:CD" },
  { "tegatasrtpdec", "profiles", "SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_128_GCM", "GCM" },
};

static Side *
side_of (const char *factory)
{
  return g_str_equal (factory, "tegatatransport") ? side_new_transport ()
                                                  : side_new_pair ("call");
}

/* At once, and again when it is to be used; mended, it is used. */
static void
test_bad_value (gconstpointer data)
{
  const Setting *setting = data;
  g_autoptr (Side) side = side_of (setting->factory);

  g_object_set (side->receiver, setting->name, setting->text, NULL);
  side_assert_error (side, GST_RESOURCE_ERROR_SETTINGS, setting->name);
  g_assert_null (side_pop_message (side, GST_MESSAGE_ERROR));

  g_assert_cmpint (gst_element_set_state (side->receiver, GST_STATE_PAUSED), ==,
                   GST_STATE_CHANGE_FAILURE);
  side_assert_error (side, GST_RESOURCE_ERROR_SETTINGS, setting->word);
  g_assert_cmpint (GST_STATE (side->receiver), ==, GST_STATE_READY);

  g_object_set (side->receiver, setting->name, NULL, NULL);
  g_assert_cmpint (gst_element_set_state (side->receiver, GST_STATE_PAUSED), ==,
                   GST_STATE_CHANGE_SUCCESS);
}

/* One after the other they may cross for a moment. */
static void
test_crossed_versions (void)
{
  g_autoptr (Side) side = side_new_transport ();

  gst_util_set_object_arg (G_OBJECT (side->sender), "max-version", "1.0");
  g_assert_null (side_pop_message (side, GST_MESSAGE_ERROR));
  g_assert_false (side_set_state (side, GST_STATE_PAUSED));
  side_assert_error (side, GST_RESOURCE_ERROR_SETTINGS, "DTLS 1.2 to DTLS 1.0");

  gst_util_set_object_arg (G_OBJECT (side->sender), "min-version", "1.0");
  g_assert_true (side_set_state (side, GST_STATE_PAUSED));
}

static void
test_no_version (void)
{
  g_autoptr (Side) side = side_new_transport ();

  gst_util_set_object_arg (G_OBJECT (side->sender), "min-version", "none");
  g_assert_false (side_set_state (side, GST_STATE_PAUSED));
  side_assert_error (side, GST_RESOURCE_ERROR_SETTINGS, "none");
}

static void
test_bad_key_log (void)
{
  g_autoptr (Side) side = side_new_transport ();

  g_object_set (side->sender, "key-log", "/nowhere/keys.txt", NULL);
  g_assert_false (side_set_state (side, GST_STATE_PAUSED));
  side_assert_error (side, GST_RESOURCE_ERROR_SETTINGS, "/nowhere/keys.txt");
}

typedef struct
{
  const char *cipher;
  const char *rtcp_cipher;
  const char *auth;
  const char *rtcp_auth;
  gsize key_len;
  const char *complaint; /* a word of it; NULL where it can be used */
} FixedKey;

static const FixedKey fixed_keys[] = {
  { NULL, NULL, NULL, NULL, 30, NULL },
  { "aes-128-icm", "aes-128-icm", "hmac-sha1-80", "hmac-sha1-80", 30, NULL },
  { "aes-128-icm", NULL, "hmac-sha1-32", "hmac-sha1-80", 30, NULL },
  { "aes-128-gcm", NULL, NULL, NULL, 28, NULL },
  { "aes-256-gcm", "aes-256-gcm", "null", "null", 44, NULL },
  { NULL, NULL, NULL, NULL, 16, "16 bytes: expected 30" },
  { "aes-256-gcm", NULL, NULL, NULL, 30, "30 bytes: expected 44" },
  { "aes-128-icm", NULL, NULL, NULL, 0, "0 bytes: expected 30" },
  { "null", NULL, "null", NULL, 30, "srtp-cipher null" },
  { "aes-256-icm", NULL, NULL, NULL, 46, "srtp-cipher aes-256-icm" },
  { "aes-128-icm", NULL, "hmac-sha1-32", "hmac-sha1-32", 30, "srtcp-auth hmac-sha1-32" },
  { "aes-128-gcm", "aes-128-icm", NULL, NULL, 28, "srtcp-cipher aes-128-icm" },
  { NULL, NULL, "null", NULL, 30, "srtp-auth null" },
};

static void
set_fixed_key (GstElement *element, const FixedKey *fixed)
{
  g_object_set (element, "srtp-cipher", fixed->cipher, "srtcp-cipher", fixed->rtcp_cipher,
                "srtp-auth", fixed->auth, "srtcp-auth", fixed->rtcp_auth, NULL);
  if (fixed->key_len > 0)
  {
    GstBuffer *key = gst_buffer_new_allocate (NULL, fixed->key_len, NULL);

    gst_buffer_memset (key, 0, 7, fixed->key_len);
    g_object_set (element, "key", key, NULL);
    gst_buffer_unref (key);
  }
}

static void
test_fixed_keys (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (fixed_keys); i++)
  {
    const FixedKey *fixed = &fixed_keys[i];
    g_autoptr (Side) side = side_new_pair (NULL);
    GstElement *elements[] = { side->receiver, side->sender };

    for (guint j = 0; j < G_N_ELEMENTS (elements); j++)
    {
      GstStateChangeReturn result;

      set_fixed_key (elements[j], fixed);
      result = gst_element_set_state (elements[j], GST_STATE_PAUSED);
      if (fixed->complaint != NULL)
      {
        g_assert_cmpint (result, ==, GST_STATE_CHANGE_FAILURE);
        side_assert_error (side, GST_RESOURCE_ERROR_SETTINGS, fixed->complaint);
      }
      else
      {
        g_assert_cmpint (result, ==, GST_STATE_CHANGE_SUCCESS);
      }
    }
  }
}

static void
test_setup_is_client (void)
{
  g_autoptr (Side) side = side_new_transport ();
  gboolean is_client = TRUE;
  gint setup = -1;

  g_object_get (side->sender, "is-client", &is_client, NULL);
  g_assert_false (is_client);
  gst_util_set_object_arg (G_OBJECT (side->sender), "setup", "active");
  g_assert_true (side_was_told (side, "sender: is-client"));
  g_object_get (side->sender, "is-client", &is_client, NULL);
  g_assert_true (is_client);

  side_forget (side);
  g_object_set (side->sender, "is-client", FALSE, NULL);
  g_assert_true (side_was_told (side, "sender: setup"));
  g_object_get (side->sender, "setup", &setup, NULL);
  g_assert_cmpint (setup, ==, 2);
  gst_util_set_object_arg (G_OBJECT (side->sender), "setup", "actpass");
  g_object_get (side->sender, "is-client", &is_client, NULL);
  g_assert_false (is_client);
}

static void
trust (Side *side, Side *peer)
{
  g_autofree char *fingerprint = get_text (peer->receiver, "fingerprint");

  g_object_set (side->receiver, "peer-fingerprint", fingerprint, NULL);
}

static void
connect (Side *client, Side *server)
{
  side_link (client, server);
  trust (client, server);
  trust (server, client);
  g_object_set (client->sender, "is-client", TRUE, NULL);
  g_assert_true (side_set_state (server, GST_STATE_PLAYING));
  g_assert_true (side_set_state (client, GST_STATE_PLAYING));
  side_await (client, "sender: connection-state connected");
  side_await (server, "sender: connection-state connected");
}

/* A caller is heard, and waits until it is decided. */
static void
test_actpass (void)
{
  g_autoptr (Side) client = side_new_transport ();
  g_autoptr (Side) server = side_new_transport ();
  g_autofree char *state = NULL;

  gst_util_set_object_arg (G_OBJECT (server->sender), "setup", "actpass");
  side_link (client, server);
  trust (client, server);
  trust (server, client);
  g_object_set (client->sender, "is-client", TRUE, NULL);
  g_assert_true (side_set_state (server, GST_STATE_PLAYING));
  g_assert_true (side_set_state (client, GST_STATE_PLAYING));
  state = side_dup_state (server->sender);
  g_assert_cmpstr (state, ==, "new");

  gst_util_set_object_arg (G_OBJECT (server->sender), "setup", "passive");
  side_await (client, "sender: connection-state connected");
  side_await (server, "sender: connection-state connected");
  g_object_set (server->sender, "is-client", TRUE, NULL);
  g_assert_null (side_pop_message (server, GST_MESSAGE_ERROR));
}

/* The one action: the peer is told, and the next association is a fresh one. */
static void
test_close (void)
{
  g_autoptr (Side) client = side_new_transport ();
  g_autoptr (Side) server = side_new_transport ();

  connect (client, server);
  g_signal_emit_by_name (client->sender, "close");
  side_await (client, "sender: connection-state closed");
  side_await (server, "sender: connection-state closed");
  g_signal_emit_by_name (client->sender, "close");

  g_assert_true (side_set_state (client, GST_STATE_READY));
  g_assert_true (side_set_state (server, GST_STATE_READY));
  side_forget (client);
  side_forget (server);
  g_assert_true (side_set_state (server, GST_STATE_PLAYING));
  g_assert_true (side_set_state (client, GST_STATE_PLAYING));
  side_await (client, "sender: connection-state connected");
  side_await (server, "sender: connection-state connected");
}

static void
test_negotiated (void)
{
  g_autoptr (Side) client = side_new_transport ();
  g_autoptr (Side) server = side_new_pair ("server");
  g_autofree char *profile = NULL;
  g_autofree char *cipher = NULL;
  g_autofree char *peer_pem = NULL;
  g_autofree char *pem = get_text (server->receiver, "pem");
  gint version = 0;
  guint number = 0;
  guint of_sender = 0;

  connect (client, server);
  g_object_get (client->sender, "dtls-version", &version, NULL);
  g_object_get (server->receiver, "dtls-version", &number, NULL);
  g_object_get (server->sender, "dtls-version", &of_sender, NULL);
  g_assert_cmpint (version, ==, TEGATA_VERSION_DTLS_1_2);
  g_assert_cmphex (number, ==, 0xfefd);
  g_assert_cmphex (of_sender, ==, 0xfefd);

  profile = get_text (client->sender, "srtp-profile");
  cipher = get_text (client->sender, "dtls-cipher");
  peer_pem = get_text (client->sender, "peer-pem");
  g_assert_cmpstr (profile, ==, "SRTP_AEAD_AES_128_GCM");
  g_assert_true (g_str_has_prefix (cipher, "TLS_"));
  g_assert_cmpstr (peer_pem, ==, pem);
}

static guint64
count_of (GstElement *element, const char *part_name, const char *name)
{
  GstStructure *stats = NULL;
  GstStructure *part = NULL;
  guint64 n = 0;

  g_object_get (element, "stats", &stats, NULL);
  g_assert_cmpstr (gst_structure_get_name (stats), ==, "application/x-tegata-stats");
  if (part_name == NULL)
  {
    g_assert_true (gst_structure_get_uint64 (stats, name, &n));
  }
  else
  {
    g_assert_true (gst_structure_get (stats, part_name, GST_TYPE_STRUCTURE, &part, NULL));
    g_assert_true (gst_structure_get_uint64 (part, name, &n));
    gst_structure_free (part);
  }
  gst_structure_free (stats);
  return n;
}

static void
assert_text (GstElement *element, const char *name, const char *expected)
{
  GstStructure *stats = NULL;

  g_object_get (element, "stats", &stats, NULL);
  g_assert_cmpstr (gst_structure_get_string (stats, name), ==, expected);
  gst_structure_free (stats);
}

static void
push_packet (GstPad *source, guint16 sequence)
{
  g_assert_cmpint (gst_pad_push (source, side_rtp_packet (7, sequence)), ==, GST_FLOW_OK);
}

/* A datagram of somebody else's, by its first byte. */
static void
forge (Side *side, guint8 first_byte)
{
  GstPad *pad = gst_element_get_static_pad (side->receiver, "net_sink");
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 60, NULL);

  gst_buffer_memset (buffer, 0, 7, 60);
  gst_buffer_memset (buffer, 0, first_byte, 1);
  g_assert_cmpint (gst_pad_chain (pad, buffer), ==, GST_FLOW_OK);
  gst_object_unref (pad);
}

static void
test_stats (void)
{
  g_autoptr (Side) client = side_new_transport ();
  g_autoptr (Side) server = side_new_transport ();
  GstPad *source;

  assert_text (client->sender, "dtlsState", "closed");
  side_watch_source (server, "rtp_src");
  connect (client, server);
  source = side_add_source (client, "rtp_sink_0", "application/x-rtp");
  push_packet (source, 1);
  /* the same sequence number again would use a nonce twice */
  push_packet (source, 1);
  push_packet (source, 2);
  side_await (server, "rtp_src: 17 bytes");

  assert_text (client->sender, "dtlsState", "connected");
  assert_text (client->sender, "dtlsRole", "client");
  assert_text (server->sender, "dtlsRole", "server");
  assert_text (client->sender, "tlsVersion", "FEFD");
  assert_text (client->sender, "srtpCipher", "SRTP_AEAD_AES_128_GCM");
  g_assert_cmpuint (count_of (client->sender, "outbound", "rtp"), ==, 2);
  g_assert_cmpuint (count_of (client->sender, "outbound", "replayed"), ==, 1);
  g_assert_cmpuint (count_of (server->sender, "inbound", "rtp"), >=, 1);
  g_assert_cmpuint (count_of (server->sender, "inbound", "rtcp"), ==, 0);
  g_assert_cmpuint (count_of (client->sender, NULL, "packetsSent"), >=, 4);
  g_assert_cmpuint (count_of (client->sender, NULL, "bytesSent"), >=, 500);
  g_assert_cmpuint (count_of (client->sender, NULL, "packetsReceived"), >=, 2);
  g_assert_cmpuint (count_of (client->sender, NULL, "flightsSent"), >=, 2);
  g_assert_cmpuint (count_of (client->sender, "dropped", "mediaBeforeConnected"), ==, 0);
  g_assert_cmpuint (count_of (client->sender, "dropped", "dataBeforeConnected"), ==, 0);
  g_assert_cmpuint (count_of (client->sender, "dropped", "outgoingOverflow"), ==, 0);
  side_remove_source (client, &source);
}

/* Counted by the reason: neither DTLS nor SRTP, and SRTP without the key. */
static void
test_stats_of_forgeries (void)
{
  g_autoptr (Side) client = side_new_transport ();
  g_autoptr (Side) server = side_new_transport ();

  connect (client, server);
  forge (server, 200);
  forge (server, 0x80);
  forge (server, 0x80);
  g_assert_cmpuint (count_of (server->sender, "refused", "unknown"), ==, 1);
  g_assert_cmpuint (count_of (server->sender, "inbound", "authFailed"), ==, 2);
  assert_text (server->sender, "dtlsState", "connected");
}

static void
test_key_log (void)
{
  g_autoptr (Side) client = side_new_transport ();
  g_autoptr (Side) server = side_new_transport ();
  g_autofree char *directory = g_dir_make_tmp ("tegata-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (directory, "keys.txt", NULL);
  g_autofree char *text = NULL;
  GStatBuf info;

  g_object_set (client->sender, "key-log", path, NULL);
  connect (client, server);
  g_assert_true (side_set_state (client, GST_STATE_NULL));
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_true (g_str_has_prefix (text, "CLIENT_RANDOM "));
  g_assert_cmpint (g_stat (path, &info), ==, 0);
  g_assert_cmphex (info.st_mode & 0777, ==, 0600);
  g_remove (path);
  g_rmdir (directory);
}

static void
add_settings (const char *what,
              const Setting *each,
              guint n,
              void (*test) (gconstpointer data))
{
  for (guint i = 0; i < n; i++)
  {
    g_autofree char *path = g_strdup_printf ("/gst/properties/%s/%s/%s/%u", what,
                                             each[i].factory, each[i].name, i);

    g_test_add_data_func (path, &each[i], test);
  }
}

static void
add (const char *name, void (*test) (void))
{
  g_autofree char *path = g_strconcat ("/gst/properties/", name, NULL);

  g_test_add_func (path, test);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);

  add ("a-blurb-says-more-than-the-nick", test_blurbs);
  add ("a-new-element-has-the-defaults-that-are-told", test_defaults);
  add_settings ("what-is-set-is-read-back", settings, G_N_ELEMENTS (settings),
                test_read_back);
  add_settings ("what-cannot-be-used-is-an-error", bad_settings,
                G_N_ELEMENTS (bad_settings), test_bad_value);
  add ("pem-never-shows-the-private-key", test_pem);
  add ("a-fixed-key-is-not-shown", test_key_is_not_shown);
  add ("the-fingerprint-is-that-of-the-certificate", test_fingerprint);
  add ("versions-may-cross-until-they-are-used", test_crossed_versions);
  add ("none-is-no-version-to-speak", test_no_version);
  add ("a-key-log-that-cannot-be-written-is-an-error", test_bad_key_log);
  add ("a-fixed-key-fits-its-cipher", test_fixed_keys);
  add ("setup-and-is-client-are-one", test_setup_is_client);
  add ("actpass-waits-for-a-decision", test_actpass);
  add ("close-tells-the-peer", test_close);
  add ("what-was-negotiated-is-read", test_negotiated);
  add ("stats-have-the-names-of-the-w3c", test_stats);
  add ("stats-count-forgeries-by-the-reason", test_stats_of_forgeries);
  add ("the-key-log-is-for-its-owner-alone", test_key_log);
  return g_test_run ();
}
