/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support/pair.h"

#include <string.h>

#define MS G_TIME_SPAN_MILLISECOND
#define SECOND G_TIME_SPAN_SECOND

static const struct
{
  EndpointKind kind;
  const char *name;
} kinds[] = {
  { ENDPOINT_DTLS, "dtls" },
  { ENDPOINT_SESSION, "session" },
};

typedef struct
{
  EndpointKind kind;
  TegataKeyType client;
  TegataKeyType server;
} Keys;

static void
test_keys (gconstpointer data)
{
  const Keys *keys = data;
  g_autoptr (TegataContext) client = test_context_new (keys->client);
  g_autoptr (TegataContext) server = test_context_new (keys->server);
  g_autoptr (Pair) pair = pair_new_trusting (keys->kind, client, server, 1);

  pair_connect (pair);
  g_assert_cmpint (tegata_dtls_get_version (pair->client->dtls), ==,
                   TEGATA_VERSION_DTLS_1_2);
  g_assert_cmpint (tegata_dtls_get_srtp_profile (pair->client->dtls), ==,
                   TEGATA_SRTP_AEAD_AES_128_GCM);
}

static void
test_ed25519_server (void)
{
  g_autoptr (TegataContext) context = test_context_new (TEGATA_KEY_TYPE_ED25519);
  g_autoptr (GError) error = NULL;
  g_autoptr (TegataSession) session = tegata_session_new (context);

  g_assert_null (tegata_dtls_new (context, TEGATA_ROLE_SERVER, &error));
  g_assert_error (error, TEGATA_ERROR, TEGATA_ERROR_UNSUPPORTED);
  g_assert_nonnull (strstr (error->message, "Ed25519"));
  g_clear_error (&error);

  g_assert_false (tegata_session_start (session, TEGATA_ROLE_SERVER, 0, &error));
  g_assert_error (error, TEGATA_ERROR, TEGATA_ERROR_UNSUPPORTED);
  g_assert_cmpint (tegata_session_get_state (session), ==, TEGATA_STATE_NEW);
}

static TegataContext *
new_context_with_profiles (const char *names)
{
  TegataContext *context = test_context_new (TEGATA_KEY_TYPE_ECDSA_P256);
  g_autoptr (GError) error = NULL;

  tegata_context_set_srtp_profiles (context, names, &error);
  g_assert_no_error (error);
  return context;
}

typedef struct
{
  const char *name; /* of the test */
  const char *client;
  const char *server;
  TegataSrtpProfile negotiated;
} Profiles;

static const Profiles profiles[] = {
  { "aead-128", "SRTP_AEAD_AES_128_GCM", NULL, TEGATA_SRTP_AEAD_AES_128_GCM },
  { "aead-256", "SRTP_AEAD_AES_256_GCM", NULL, TEGATA_SRTP_AEAD_AES_256_GCM },
  { "cm-80", "SRTP_AES128_CM_HMAC_SHA1_80", NULL, TEGATA_SRTP_AES128_CM_HMAC_SHA1_80 },
  { "cm-32", "SRTP_AES128_CM_HMAC_SHA1_32", NULL, TEGATA_SRTP_AES128_CM_HMAC_SHA1_32 },
  { "data-only", "", NULL, TEGATA_SRTP_PROFILE_NONE },
  { "the-servers-order-wins", "AEAD_AES_128_GCM:AES128_CM_HMAC_SHA1_80",
    "AES128_CM_HMAC_SHA1_80:AEAD_AES_128_GCM", TEGATA_SRTP_AES128_CM_HMAC_SHA1_80 },
  { "the-only-common-one", "AEAD_AES_256_GCM,AES128_CM_HMAC_SHA1_32",
    "AEAD_AES_128_GCM AES128_CM_HMAC_SHA1_32", TEGATA_SRTP_AES128_CM_HMAC_SHA1_32 },
  { "a-client-without-media", "", "AEAD_AES_128_GCM", TEGATA_SRTP_PROFILE_NONE },
  { "a-server-without-media", "AEAD_AES_128_GCM", "", TEGATA_SRTP_PROFILE_NONE },
};

static void
test_profiles (gconstpointer data)
{
  const Profiles *row = data;
  const char *server_names = row->server != NULL ? row->server : row->client;

  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
  {
    g_autoptr (TegataContext) client = new_context_with_profiles (row->client);
    g_autoptr (TegataContext) server = new_context_with_profiles (server_names);
    g_autoptr (Pair) pair = pair_new_trusting (kinds[i].kind, client, server, 1);

    pair_connect (pair);
    g_assert_cmpint (tegata_dtls_get_srtp_profile (pair->client->dtls), ==,
                     row->negotiated);
  }
}

static TegataContext *
new_context_with_versions (TegataVersion min, TegataVersion max)
{
  TegataContext *context = test_context_new (TEGATA_KEY_TYPE_ECDSA_P256);
  g_autoptr (GError) error = NULL;

  tegata_context_set_versions (context, min, max, &error);
  g_assert_no_error (error);
  return context;
}

typedef struct
{
  TegataVersion client_min, client_max, server_min, server_max;
  TegataVersion negotiated; /* NONE: they do not come together */
} Versions;

static const Versions versions[] = {
  { TEGATA_VERSION_DTLS_1_0, TEGATA_VERSION_DTLS_1_0, TEGATA_VERSION_DTLS_1_0,
    TEGATA_VERSION_DTLS_1_0, TEGATA_VERSION_DTLS_1_0 },
  { TEGATA_VERSION_DTLS_1_0, TEGATA_VERSION_DTLS_1_2, TEGATA_VERSION_DTLS_1_0,
    TEGATA_VERSION_DTLS_1_0, TEGATA_VERSION_DTLS_1_0 },
  { TEGATA_VERSION_DTLS_1_0, TEGATA_VERSION_DTLS_1_0, TEGATA_VERSION_DTLS_1_0,
    TEGATA_VERSION_DTLS_1_2, TEGATA_VERSION_DTLS_1_0 },
  { TEGATA_VERSION_DTLS_1_0, TEGATA_VERSION_DTLS_1_2, TEGATA_VERSION_DTLS_1_0,
    TEGATA_VERSION_DTLS_1_2, TEGATA_VERSION_DTLS_1_2 },
  { TEGATA_VERSION_DTLS_1_0, TEGATA_VERSION_DTLS_1_0, TEGATA_VERSION_DTLS_1_2,
    TEGATA_VERSION_DTLS_1_2, TEGATA_VERSION_NONE },
  { TEGATA_VERSION_DTLS_1_2, TEGATA_VERSION_DTLS_1_2, TEGATA_VERSION_DTLS_1_0,
    TEGATA_VERSION_DTLS_1_0, TEGATA_VERSION_NONE },
};

static void
test_versions (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (versions); i++)
  {
    const Versions *row = &versions[i];
    g_autoptr (TegataContext) client
        = new_context_with_versions (row->client_min, row->client_max);
    g_autoptr (TegataContext) server
        = new_context_with_versions (row->server_min, row->server_max);
    g_autoptr (Pair) pair = pair_new_trusting (ENDPOINT_DTLS, client, server, 1);

    g_test_message ("row %" G_GSIZE_FORMAT, i);
    if (row->negotiated == TEGATA_VERSION_NONE)
    {
      pair_start (pair);
      pair_run (pair, 40 * SECOND);
      pair_assert_nothing_passed (pair);
      endpoint_assert_state (pair->client, TEGATA_STATE_FAILED);
      endpoint_assert_state (pair->server, TEGATA_STATE_FAILED);
      continue;
    }
    pair_connect (pair);
    g_assert_cmpint (tegata_dtls_get_version (pair->client->dtls), ==, row->negotiated);
  }
}

static void
test_close (gconstpointer data)
{
  const Keys *keys = data;
  g_autoptr (TegataContext) context = test_context_new (TEGATA_KEY_TYPE_ECDSA_P256);

  for (guint closer = 0; closer < 2; closer++)
  {
    g_autoptr (Pair) pair = pair_new_trusting (keys->kind, context, context, 1);
    Endpoint *first = closer == 0 ? pair->client : pair->server;
    Endpoint *second = closer == 0 ? pair->server : pair->client;
    g_autoptr (GError) error = NULL;

    pair_connect (pair);
    g_assert_true (endpoint_send_data (first, "the last word", &error));
    endpoint_close (first);
    endpoint_assert_state (first, TEGATA_STATE_CLOSED);
    pair_run (pair, 10 * MS);
    endpoint_assert_state (second, TEGATA_STATE_CLOSED);
    g_assert_null (endpoint_error (second));
    g_assert_cmpuint (endpoint_count_data (second, "the last word"), ==, 1);

    g_assert_false (endpoint_send_data (second, "too late", &error));
    g_assert_error (error, TEGATA_ERROR, TEGATA_ERROR_NOT_CONNECTED);
    endpoint_close (second);
    endpoint_close (first);
    pair_run (pair, 60 * SECOND);
    endpoint_assert_state (first, TEGATA_STATE_CLOSED);
    endpoint_assert_state (second, TEGATA_STATE_CLOSED);
  }
}

static void
test_close_while_connecting (void)
{
  g_autoptr (TegataContext) context = test_context_new (TEGATA_KEY_TYPE_ECDSA_P256);
  g_autoptr (Pair) pair = pair_new_trusting (ENDPOINT_DTLS, context, context, 1);

  pair_start (pair);
  pair_run (pair, 1 * MS);
  endpoint_close (pair->client);
  endpoint_assert_state (pair->client, TEGATA_STATE_CLOSED);
  pair_run (pair, 60 * SECOND);
  pair_assert_nothing_passed (pair);
  endpoint_assert_state (pair->server, TEGATA_STATE_FAILED);
}

static void
lose_everything (const NetworkDatagram *datagram G_GNUC_UNUSED,
                 NetworkFate *fate,
                 gpointer user_data G_GNUC_UNUSED)
{
  fate->n_copies = 0;
}

static void
check_timeout (EndpointKind kind, gint64 timeout_us)
{
  g_autoptr (TegataContext) context = test_context_new (TEGATA_KEY_TYPE_ECDSA_P256);
  g_autoptr (Pair) pair = NULL;

  if (timeout_us != TEGATA_DEFAULT_HANDSHAKE_TIMEOUT_US)
  {
    tegata_context_set_handshake_timeout_us (context, timeout_us);
  }
  pair = pair_new_trusting (kind, context, context, 1);
  network_set_fate_func (pair->network, lose_everything, NULL);
  pair_start (pair);
  pair_run (pair, timeout_us - 1);
  endpoint_assert_state (pair->client, TEGATA_STATE_CONNECTING);
  endpoint_assert_state (pair->server, TEGATA_STATE_CONNECTING);
  pair_run (pair, 1);
  endpoint_assert_failed (pair->client, TEGATA_ERROR_TIMEOUT);
  endpoint_assert_failed (pair->server, TEGATA_ERROR_TIMEOUT);
  g_assert_cmpint (tegata_error_get_fault (endpoint_error (pair->client)), ==,
                   TEGATA_FAULT_NETWORK);

  guint n_sent = network_n_sent (pair->network, pair->client->node);
  pair_run (pair, 100 * SECOND);
  g_assert_cmpuint (network_n_sent (pair->network, pair->client->node), ==, n_sent);
}

static void
test_timeout (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
  {
    check_timeout (kinds[i].kind, TEGATA_DEFAULT_HANDSHAKE_TIMEOUT_US);
    check_timeout (kinds[i].kind, 500 * MS);
    check_timeout (kinds[i].kind, 300 * SECOND);
  }
}

typedef struct
{
  Endpoint *endpoint;
  GString *moments; /* milliseconds since the start, with a blank each */
} Pace;

static void
note_moment (const NetworkDatagram *datagram, gpointer user_data)
{
  Pace *pace = user_data;
  Endpoint *endpoint = pace->endpoint;
  gint64 since_us = network_now_us (endpoint->network) - endpoint->started_us;

  if (datagram->from == endpoint->node)
  {
    g_string_append_printf (pace->moments, "%d ", (int) (since_us / MS));
  }
}

/* The timer is that of the retransmission machine, not libssl's second. */
static void
check_pace (gint64 rtt_us, const char *expected)
{
  g_autoptr (TegataContext) context = test_context_new (TEGATA_KEY_TYPE_ECDSA_P256);
  g_autoptr (Pair) pair = pair_new_trusting (ENDPOINT_DTLS, context, context, 1);
  Pace pace = { pair->client, g_string_new (NULL) };

  network_set_fate_func (pair->network, lose_everything, NULL);
  network_set_observe_func (pair->network, note_moment, &pace);
  endpoint_set_rtt_us (pair->client, rtt_us);
  pair_start (pair);
  pair_run (pair, 4000 * MS);
  g_assert_cmpstr (pace.moments->str, ==, expected);
  g_string_free (pace.moments, TRUE);
}

static void
test_pace (void)
{
  check_pace (-1, "0 100 200 300 500 900 1700 2700 3700 ");
  check_pace (50 * MS, "0 70 140 210 350 630 1190 2190 3190 ");
  check_pace (1200 * MS, "0 1500 3000 ");
}

static void
add_for_each_kind (const char *format,
                   GTestDataFunc func,
                   TegataKeyType client,
                   TegataKeyType server)
{
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
  {
    g_autofree char *path = g_strdup_printf ("/handshake/%s/%s", kinds[i].name, format);
    Keys *keys = g_new0 (Keys, 1);

    *keys = (Keys){ kinds[i].kind, client, server };
    g_test_add_data_func_full (path, keys, func, g_free);
  }
}

static void
add_profiles (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (profiles); i++)
  {
    g_autofree char *path = g_strdup_printf ("/handshake/profile/%s", profiles[i].name);
    g_test_add_data_func (path, &profiles[i], test_profiles);
  }
}

int
main (int argc, char **argv)
{
  const TegataKeyType ecdsa = TEGATA_KEY_TYPE_ECDSA_P256;
  const TegataKeyType rsa = TEGATA_KEY_TYPE_RSA_2048;
  const TegataKeyType ed25519 = TEGATA_KEY_TYPE_ED25519;

  g_test_init (&argc, &argv, NULL);

  add_for_each_kind ("joins-ecdsa-and-ecdsa", test_keys, ecdsa, ecdsa);
  add_for_each_kind ("joins-rsa-and-rsa", test_keys, rsa, rsa);
  add_for_each_kind ("joins-ecdsa-client-and-rsa-server", test_keys, ecdsa, rsa);
  add_for_each_kind ("joins-rsa-client-and-ecdsa-server", test_keys, rsa, ecdsa);
  add_for_each_kind ("joins-ed25519-client-and-ecdsa-server", test_keys, ed25519, ecdsa);
  add_for_each_kind ("joins-ed25519-client-and-rsa-server", test_keys, ed25519, rsa);
  add_for_each_kind ("closes-from-either-side", test_close, ecdsa, ecdsa);
  g_test_add_func ("/handshake/says-that-an-ed25519-server-is-unsupported",
                   test_ed25519_server);
  add_profiles ();
  g_test_add_func ("/handshake/speaks-dtls-1.0-by-name-only", test_versions);
  g_test_add_func ("/handshake/closes-while-connecting", test_close_while_connecting);
  g_test_add_func ("/handshake/times-out-to-the-microsecond", test_timeout);
  g_test_add_func ("/handshake/repeats-at-the-pace-of-the-policy", test_pace);

  return g_test_run ();
}
