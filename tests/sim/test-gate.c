/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the engine on libssl must not let happen, beyond the table of test-attack.c:
 * limits on what an unverified source can cost, and on what leaves after a mismatch. */

#include "support/attacker.h"
#include "support/seeds.h"

#include "dtls/openssl-private.h"
#include "identity/certificate-private.h"

#include <openssl/rsa.h>

#define MS G_TIME_SPAN_MILLISECOND

static Pair *
new_pair (void)
{
  g_autoptr (TegataContext) context = test_context_new (TEGATA_KEY_TYPE_ECDSA_P256);

  return pair_new_trusting (ENDPOINT_DTLS, context, context, 1);
}

/* Each costs the server whose client is asked a longer answer than it cost the attacker.
 */
static void
test_verify_requests (void)
{
  g_autoptr (Pair) pair = new_pair ();
  g_autoptr (Attacker) attacker = attacker_new (pair, 7);
  guint n_sent;

  network_conditions (pair->network)->delay_us = 200 * MS; /* no answer meanwhile */
  pair_start (pair);
  for (guint i = 0; i < 1000; i++)
  {
    attacker_strike (attacker, FORGERY_HELLO_VERIFY_REQUEST, TEGATA_ROLE_CLIENT);
    pair_run (pair, 10);
  }
  n_sent = network_n_sent (pair->network, pair->client->node);
  g_assert_cmpuint (n_sent, <=, 4);
}

/* Sends @context's peer as many messages as it likes, before anybody knows it. */
static void
test_early_data_is_bounded (void)
{
  g_autoptr (TegataContext) context = test_context_new (TEGATA_KEY_TYPE_ECDSA_P256);
  g_autoptr (Pair) pair = pair_new (ENDPOINT_DTLS, context, context, 1);
  g_autofree char *text = g_strnfill (1000, 'x');
  g_autoptr (GError) error = NULL;
  TegataDtlsStats stats;

  endpoint_expect_certificate (pair->client, tegata_context_get_certificate (context));
  pair_start (pair);
  pair_run (pair, 20 * MS);
  endpoint_assert_state (pair->server, TEGATA_STATE_AWAITING_FINGERPRINT);
  for (guint i = 0; i < 100; i++)
  {
    g_assert_true (endpoint_send_data (pair->client, text, &error));
    pair_run (pair, 2 * MS);
  }
  endpoint_get_stats (pair->server, &stats);
  g_assert_cmpuint (stats.refused[TEGATA_REFUSED_OVERFLOW], ==, 100 - 58);

  endpoint_expect_certificate (pair->server, tegata_context_get_certificate (context));
  endpoint_poll (pair->server);
  g_assert_cmpuint (endpoint_count_data (pair->server, text), ==, 58);
}

/* Many small messages are dear too. */
static void
test_small_early_data_is_bounded (void)
{
  g_autoptr (TegataContext) context = test_context_new (TEGATA_KEY_TYPE_ECDSA_P256);
  g_autoptr (Pair) pair = pair_new (ENDPOINT_DTLS, context, context, 1);
  g_autoptr (GError) error = NULL;
  TegataDtlsStats stats;

  endpoint_expect_certificate (pair->client, tegata_context_get_certificate (context));
  pair_start (pair);
  pair_run (pair, 20 * MS);
  for (guint i = 0; i < 2000; i++)
  {
    g_assert_true (endpoint_send_data (pair->client, "x", &error));
  }
  pair_run (pair, 20 * MS);
  endpoint_get_stats (pair->server, &stats);
  g_assert_cmpuint (stats.refused[TEGATA_REFUSED_OVERFLOW], >, 1000);
}

static void
append_datagrams (TegataDtls *dtls, GByteArray *all)
{
  guint8 buffer[TEGATA_OUTPUT_SIZE];
  TegataOutput output = { .buffer = buffer, .size = sizeof buffer };

  while (tegata_dtls_poll (dtls, &output) != TEGATA_OUTPUT_NONE)
  {
    if (output.kind == TEGATA_OUTPUT_DATAGRAM)
    {
      g_byte_array_append (all, buffer, (guint) output.len);
    }
  }
}

static void
hand_over (TegataDtls *from, TegataDtls *to)
{
  g_autoptr (GByteArray) datagram = g_byte_array_new ();

  append_datagrams (from, datagram);
  if (datagram->len > 0)
  {
    tegata_dtls_handle_datagram (to, NULL, datagram->data, datagram->len, 0);
  }
}

static char *
describe_outputs (TegataDtls *dtls)
{
  guint8 buffer[TEGATA_OUTPUT_SIZE];
  TegataOutput output = { .buffer = buffer, .size = sizeof buffer };
  GString *text = g_string_new (NULL);

  while (tegata_dtls_poll (dtls, &output) != TEGATA_OUTPUT_NONE)
  {
    if (output.kind == TEGATA_OUTPUT_STATE)
    {
      g_string_append_printf (text, "%s ", tegata_state_to_string (output.state));
    }
    else if (output.kind == TEGATA_OUTPUT_DATA)
    {
      g_string_append (text, "data ");
    }
  }
  return g_string_free (text, FALSE);
}

/* The server's Finished, its data and its close_notify in one datagram. */
static void
test_all_at_once (gconstpointer data)
{
  gboolean is_known = GPOINTER_TO_INT (data);
  g_autoptr (TegataContext) context = test_context_new (TEGATA_KEY_TYPE_ECDSA_P256);
  g_autoptr (TegataFingerprint) fingerprint
      = test_fingerprint (tegata_context_get_certificate (context));
  g_autoptr (TegataDtls) client = tegata_dtls_new (context, TEGATA_ROLE_CLIENT, NULL);
  g_autoptr (TegataDtls) server = tegata_dtls_new (context, TEGATA_ROLE_SERVER, NULL);
  g_autofree char *told = NULL;

  tegata_dtls_set_peer_fingerprints (server, &fingerprint, 1);
  if (is_known)
  {
    tegata_dtls_set_peer_fingerprints (client, &fingerprint, 1);
  }
  tegata_dtls_start (server, 0);
  tegata_dtls_start (client, 0);
  hand_over (client, server);
  hand_over (server, client);
  hand_over (client, server);
  g_assert_true (tegata_dtls_send_data (server, (const guint8 *) "hello", 5, NULL));
  tegata_dtls_close (server);
  hand_over (server, client);

  if (!is_known)
  {
    tegata_dtls_set_peer_fingerprints (client, &fingerprint, 1);
  }
  told = describe_outputs (client);
  g_assert_cmpstr (told, ==, is_known ? "connected data closed " : "closed ");
  g_assert_nonnull (tegata_dtls_get_peer_certificate (client));
}

/* Whoever changes his mind about the peer must not find that data left all the same. */
static void
test_data_after_a_mismatch (void)
{
  g_autoptr (Pair) pair = new_pair ();
  g_autoptr (TegataFingerprint) wrong = test_fingerprint (test_other_certificate ());
  guint8 buffer[TEGATA_OUTPUT_SIZE];
  TegataOutput output = { .buffer = buffer, .size = sizeof buffer };
  TegataDtls *dtls = pair->client->dtls;

  pair_connect (pair);
  g_assert_true (tegata_dtls_send_data (dtls, (const guint8 *) "secret", 6, NULL));
  tegata_dtls_set_peer_fingerprints (dtls, &wrong, 1);
  while (tegata_dtls_poll (dtls, &output) != TEGATA_OUTPUT_NONE)
  {
    if (output.kind == TEGATA_OUTPUT_DATAGRAM)
    {
      g_assert_cmpuint (buffer[0], ==, TEGATA_CONTENT_ALERT);
    }
  }
  g_assert_cmpint (tegata_dtls_get_state (dtls), ==, TEGATA_STATE_FAILED);
}

/* A certificate is public: that somebody showed it proves nothing. */
static void
test_unproven_certificate (void)
{
  g_autoptr (TegataContext) context = test_context_new (TEGATA_KEY_TYPE_ECDSA_P256);
  g_autoptr (Pair) pair = pair_new (ENDPOINT_DTLS, context, context, 1);

  endpoint_expect_certificate (pair->client, test_other_certificate ());
  pair_start (pair);
  pair_run (pair, 20 * MS);
  endpoint_assert_state (pair->client, TEGATA_STATE_FAILED);
  g_assert_null (tegata_dtls_get_peer_certificate (pair->client->dtls));
}

/* (transfer full): a certificate that our own readers refuse. */
static TegataCertificate *
make_weak_certificate (void)
{
  EVP_PKEY *key = EVP_RSA_gen (1024);
  X509 *x509 = X509_new ();
  X509_NAME *name = X509_get_subject_name (x509);
  TegataCertificate *certificate;

  X509_set_version (x509, X509_VERSION_3);
  ASN1_INTEGER_set (X509_get_serialNumber (x509), 1);
  X509_NAME_add_entry_by_txt (name, "CN", MBSTRING_UTF8, (const guint8 *) "weak", -1, -1,
                              0);
  X509_set_issuer_name (x509, name);
  X509_gmtime_adj (X509_getm_notBefore (x509), -1000);
  X509_gmtime_adj (X509_getm_notAfter (x509), 100000);
  X509_set_pubkey (x509, key);
  g_assert_cmpint (X509_sign (x509, key, EVP_sha256 ()), >, 0);
  certificate = tegata_certificate_new_from_x509_and_key (x509, key);
  X509_free (x509);
  EVP_PKEY_free (key);
  return certificate;
}

/* A context of somebody who does not care. */
static TegataContext *
new_careless_context (TegataCertificate *certificate, gboolean is_server)
{
  TegataContext *context = test_context_new (TEGATA_KEY_TYPE_ECDSA_P256);
  g_autoptr (GError) error = NULL;
  TegataOpensslShared *shared;

  tegata_context_seal (context, &error);
  g_assert_no_error (error);
  shared = tegata_context_get_engine_shared (context);
  SSL_CTX_set_security_level (shared->ssl_context, 0);
  SSL_CTX_use_certificate (shared->ssl_context,
                           tegata_certificate_get_x509 (certificate));
  SSL_CTX_use_PrivateKey (shared->ssl_context,
                          tegata_certificate_get_private_key (certificate));
  if (is_server)
  {
    /* or it would take the context's own certificate */
    SSL_CTX_set_cipher_list (shared->ssl_context, "ECDHE+aRSA");
  }
  return context;
}

/* Whoever factors the key is the fingerprint's owner. */
static void
test_weak_key (gconstpointer data)
{
  gboolean client_is_weak = GPOINTER_TO_INT (data);
  g_autoptr (TegataCertificate) weak = make_weak_certificate ();
  g_autoptr (TegataContext) good = test_context_new (TEGATA_KEY_TYPE_ECDSA_P256);
  g_autoptr (TegataContext) careless = new_careless_context (weak, !client_is_weak);
  g_autoptr (Pair) pair = client_is_weak ? pair_new (ENDPOINT_DTLS, careless, good, 1)
                                         : pair_new (ENDPOINT_DTLS, good, careless, 1);
  Endpoint *honest = client_is_weak ? pair->server : pair->client;
  Endpoint *other = client_is_weak ? pair->client : pair->server;

  endpoint_expect_certificate (honest, weak);
  endpoint_expect_certificate (other, tegata_context_get_certificate (good));
  pair_start (pair);
  g_assert_false (pair_run_until_connected (pair));
  g_assert_error (endpoint_error (honest), TEGATA_ERROR, TEGATA_ERROR_PROTOCOL);
  g_assert_nonnull (strstr (endpoint_error (honest)->message, "too weak"));
  pair_assert_nothing_passed (pair);
}

/* Records that look like those of the association, and are none of it. */
static void
test_established_flood (void)
{
  static const guint8 types[] = { 20, 21, 22, 23, 24 };
  g_autoptr (Pair) pair = new_pair ();
  g_autoptr (GRand) rand = g_rand_new_with_seed (test_first_seed ());

  pair_connect (pair);
  for (guint i = 0; i < 20000; i++)
  {
    g_autoptr (GByteArray) record = g_byte_array_new ();
    guint8 len = (guint8) g_rand_int_range (rand, 1, 64);

    tegata_write_u8 (record, types[i % G_N_ELEMENTS (types)]);
    tegata_write_u16 (record, TEGATA_DTLS_1_2_WIRE);
    tegata_write_u16 (record, i % 7 == 0 ? 0 : 1);
    tegata_write_u48 (record, g_rand_int (rand));
    tegata_write_u16 (record, len);
    for (guint n = 0; n < len; n++)
    {
      tegata_write_u8 (record, (guint8) g_rand_int (rand));
    }
    tegata_dtls_handle_datagram (pair->client->dtls, NULL, record->data, record->len,
                                 network_now_us (pair->network));
    tegata_dtls_handle_datagram (pair->server->dtls, NULL, record->data, record->len,
                                 network_now_us (pair->network));
  }
  pair_assert_works (pair);
}

/* The commonest mistake of signalling, so the error names it. */
static void
test_same_role (void)
{
  g_autoptr (TegataContext) context = test_context_new (TEGATA_KEY_TYPE_ECDSA_P256);
  g_autoptr (Network) network = network_new (1);
  g_autoptr (Endpoint) one = NULL;
  g_autoptr (Endpoint) other = NULL;
  g_autoptr (GError) error = NULL;

  one = endpoint_new (network, ENDPOINT_DTLS, context, TEGATA_ROLE_CLIENT, &error);
  g_assert_no_error (error);
  other = endpoint_new (network, ENDPOINT_DTLS, context, TEGATA_ROLE_CLIENT, &error);
  g_assert_no_error (error);
  one->peer = *network_node_address (network, other->node);
  other->peer = *network_node_address (network, one->node);
  g_assert_null (tegata_dtls_get_obstacle (one->dtls));
  endpoint_start (one);
  g_assert_null (tegata_dtls_get_obstacle (one->dtls));
  endpoint_start (other);
  network_run (network, G_TIME_SPAN_SECOND, NULL, NULL);
  g_assert_cmpint (endpoint_state (one), ==, TEGATA_STATE_CONNECTING);
  g_assert_nonnull (strstr (tegata_dtls_get_obstacle (one->dtls), "a=setup"));
  network_run (network, 40 * G_TIME_SPAN_SECOND, NULL, NULL);
  g_assert_null (tegata_dtls_get_obstacle (one->dtls));
  g_assert_error (endpoint_error (one), TEGATA_ERROR, TEGATA_ERROR_TIMEOUT);
  g_assert_nonnull (strstr (endpoint_error (one)->message, "a=setup"));
}

/* In words, and while it may still be mended. */
static void
test_no_version (void)
{
  g_autoptr (TegataContext) old = test_context_new (TEGATA_KEY_TYPE_ECDSA_P256);
  g_autoptr (TegataContext) context = test_context_new (TEGATA_KEY_TYPE_ECDSA_P256);
  g_autoptr (Pair) pair = NULL;
  g_autoptr (GError) error = NULL;

  tegata_context_set_versions (old, TEGATA_VERSION_DTLS_1_0, TEGATA_VERSION_DTLS_1_0,
                               &error);
  g_assert_no_error (error);
  pair = pair_new_trusting (ENDPOINT_DTLS, old, context, 1);
  pair_start (pair);
  pair_run (pair, G_TIME_SPAN_SECOND);
  g_assert_cmpstr (tegata_dtls_get_obstacle (pair->server->dtls), ==,
                   "the last ClientHello was refused: no DTLS version in common (here "
                   "1.2 alone)");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/dtls/gate/answers-two-verify-requests-and-no-more",
                   test_verify_requests);
  g_test_add_func ("/dtls/gate/bounds-data-of-somebody-unverified",
                   test_early_data_is_bounded);
  g_test_add_func ("/dtls/gate/bounds-small-data-of-somebody-unverified",
                   test_small_early_data_is_bounded);
  g_test_add_data_func ("/dtls/gate/tells-connected-before-what-comes-with-it",
                        GINT_TO_POINTER (TRUE), test_all_at_once);
  g_test_add_data_func ("/dtls/gate/hands-out-nothing-that-ended-unverified",
                        GINT_TO_POINTER (FALSE), test_all_at_once);
  g_test_add_func ("/dtls/gate/lets-no-data-leave-after-a-mismatch",
                   test_data_after_a_mismatch);
  g_test_add_func ("/dtls/gate/hands-out-no-certificate-that-is-not-proven",
                   test_unproven_certificate);
  g_test_add_func ("/dtls/gate/stands-a-flood-once-established", test_established_flood);
  g_test_add_func ("/dtls/gate/tells-when-both-are-clients", test_same_role);
  g_test_add_func ("/dtls/gate/tells-when-no-version-is-in-common", test_no_version);
  g_test_add_data_func ("/dtls/gate/refuses-a-server-with-a-weak-key",
                        GINT_TO_POINTER (FALSE), test_weak_key);
  g_test_add_data_func ("/dtls/gate/refuses-a-client-with-a-weak-key",
                        GINT_TO_POINTER (TRUE), test_weak_key);
  return g_test_run ();
}
