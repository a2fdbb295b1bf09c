/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Sessions that are taken up again, by ticket between two of our own; what two of our own
 * do not do (ids, no extended master secret) is in test-resumption-openssl.c. */

#include "support/pair.h"

#include <string.h>

#define MS G_TIME_SPAN_MILLISECOND
#define SECOND G_TIME_SPAN_SECOND
#define NAME "peer at the other end"

static TegataContext *
new_context (TegataCertificate *certificate)
{
  g_autoptr (GError) error = NULL;
  TegataContext *context = tegata_context_new (certificate, &error);

  g_assert_no_error (error);
  tegata_context_set_resumption (context, TRUE);
  return context;
}

static TegataContext *
new_usual_context (void)
{
  return new_context (test_certificate (TEGATA_KEY_TYPE_ECDSA_P256));
}

static Pair *
new_pair (EndpointKind kind,
          TegataContext *client,
          TegataContext *server,
          const char *name)
{
  Pair *pair = pair_new (kind, client, server, 1);

  endpoint_set_resumption_name (pair->client, name);
  return pair;
}

/* Connects, and returns whether it was a resumption; both must think so. */
static gboolean
connect_pair (Pair *pair)
{
  TegataDtlsStats client, server;

  pair_trust (pair);
  pair_connect (pair);
  endpoint_get_stats (pair->client, &client);
  endpoint_get_stats (pair->server, &server);
  g_assert_cmpint (client.resumed, ==, server.resumed);
  g_assert_true (client.extended_master_secret);
  return client.resumed;
}

static gboolean
connect_once (TegataContext *client, TegataContext *server, const char *name)
{
  g_autoptr (Pair) pair = new_pair (ENDPOINT_DTLS, client, server, name);

  return connect_pair (pair);
}

static void
get_keys (Pair *pair, TegataSrtpKeys *keys)
{
  g_autoptr (GError) error = NULL;

  tegata_dtls_export_srtp_keys (pair->client->dtls, keys, &error);
  g_assert_no_error (error);
}

static void
test_by_ticket (void)
{
  for (EndpointKind kind = ENDPOINT_DTLS; kind <= ENDPOINT_SESSION; kind++)
  {
    g_autoptr (TegataContext) client = new_usual_context ();
    g_autoptr (TegataContext) server = new_usual_context ();
    g_autoptr (Pair) first = new_pair (kind, client, server, NAME);
    TegataSrtpKeys first_keys, keys;

    g_assert_false (connect_pair (first));
    get_keys (first, &first_keys);
    for (guint i = 0; i < 3; i++)
    {
      g_autoptr (Pair) again = new_pair (kind, client, server, NAME);
      g_assert_true (connect_pair (again));
      get_keys (again, &keys);
      g_assert_true (memcmp (keys.client, first_keys.client, keys.key_len) != 0);
      /* One round trip and a half. */
      g_assert_cmpint (again->client->connected_us - again->client->started_us, ==,
                       2 * MS);
      g_assert_cmpint (again->server->connected_us - again->client->started_us, ==,
                       3 * MS);
    }
  }
}

static void
test_by_name_only (void)
{
  g_autoptr (TegataContext) client = new_usual_context ();
  g_autoptr (TegataContext) server = new_usual_context ();

  g_assert_false (connect_once (client, server, NAME));
  g_assert_false (connect_once (client, server, NULL));
  g_assert_false (connect_once (client, server, "another name"));
  g_assert_true (connect_once (client, server, "another name"));
  g_assert_true (connect_once (client, server, NAME));
}

static void
test_both_must_want_it (void)
{
  for (guint who = 0; who < 3; who++)
  {
    g_autoptr (TegataContext) client = test_context_new (TEGATA_KEY_TYPE_ECDSA_P256);
    g_autoptr (TegataContext) server = test_context_new (TEGATA_KEY_TYPE_ECDSA_P256);

    tegata_context_set_resumption (client, who == 1);
    tegata_context_set_resumption (server, who == 2);
    g_assert_false (connect_once (client, server, NAME));
    g_assert_false (connect_once (client, server, NAME));
  }
}

static void
test_new_server (void)
{
  g_autoptr (TegataContext) client = new_usual_context ();
  g_autoptr (TegataContext) server = new_usual_context ();
  g_autoptr (TegataContext) restarted = new_usual_context ();
  g_autoptr (TegataContext) stranger = new_context (test_other_certificate ());

  g_assert_false (connect_once (client, server, NAME));
  g_assert_false (connect_once (client, restarted, NAME));
  g_assert_true (connect_once (client, restarted, NAME));
  g_assert_false (connect_once (client, stranger, NAME));
  g_assert_true (connect_once (client, stranger, NAME));
}

/* The server forgets within a day, or the client does. */
static void
test_old_session (void)
{
  g_autoptr (TegataContext) client = new_usual_context ();
  g_autoptr (TegataContext) server = new_usual_context ();
  g_autoptr (Pair) waiting = pair_new (ENDPOINT_DTLS, client, server, 1);

  g_assert_false (connect_once (client, server, NAME));
  pair_run (waiting, 25 * 3600 * SECOND);
  g_assert_false (connect_once (client, server, NAME));
}

/* The right peer's session is there, and signalling names another one. */
static void
check_other_fingerprint (TegataRole judge_role)
{
  g_autoptr (TegataContext) client = new_usual_context ();
  g_autoptr (TegataContext) server = new_usual_context ();

  g_assert_false (connect_once (client, server, NAME));
  g_autoptr (Pair) pair = new_pair (ENDPOINT_SESSION, client, server, NAME);
  Endpoint *judge = judge_role == TEGATA_ROLE_CLIENT ? pair->client : pair->server;

  pair_trust (pair);
  endpoint_expect_certificate (judge, test_other_certificate ());
  pair_start (pair);
  pair_run (pair, 40 * SECOND);
  endpoint_assert_failed (judge, TEGATA_ERROR_FINGERPRINT);
  pair_assert_nothing_passed (pair);
}

static void
test_other_fingerprint (void)
{
  check_other_fingerprint (TEGATA_ROLE_CLIENT);
  check_other_fingerprint (TEGATA_ROLE_SERVER);
}

/* A resumed session waits for its fingerprint as a new one does. */
static void
check_late_fingerprint (TegataRole judge_role, gboolean right)
{
  g_autoptr (TegataContext) client = new_usual_context ();
  g_autoptr (TegataContext) server = new_usual_context ();

  g_assert_false (connect_once (client, server, NAME));
  g_autoptr (Pair) pair = new_pair (ENDPOINT_SESSION, client, server, NAME);
  Endpoint *judge = judge_role == TEGATA_ROLE_CLIENT ? pair->client : pair->server;
  Endpoint *peer = judge_role == TEGATA_ROLE_CLIENT ? pair->server : pair->client;
  TegataCertificate *certificate = tegata_context_get_certificate (client);
  TegataDtlsStats stats;

  endpoint_expect_certificate (peer, certificate);
  pair_start (pair);
  pair_run (pair, 1 * SECOND);
  endpoint_assert_state (judge, TEGATA_STATE_AWAITING_FINGERPRINT);
  endpoint_assert_state (peer, TEGATA_STATE_CONNECTED);
  endpoint_get_stats (judge, &stats);
  g_assert_true (stats.resumed);
  g_assert_nonnull (tegata_dtls_get_peer_certificate (judge->dtls));

  endpoint_expect_certificate (judge, right ? certificate : test_other_certificate ());
  if (right)
  {
    pair_assert_works (pair);
    return;
  }
  endpoint_assert_failed (judge, TEGATA_ERROR_FINGERPRINT);
  g_assert_false (endpoint_was_in (judge, TEGATA_STATE_CONNECTED));
  pair_run (pair, 10 * MS);
  g_assert_true (endpoint_is_final (peer));
}

static void
test_late_fingerprint (void)
{
  check_late_fingerprint (TEGATA_ROLE_CLIENT, TRUE);
  check_late_fingerprint (TEGATA_ROLE_CLIENT, FALSE);
  check_late_fingerprint (TEGATA_ROLE_SERVER, TRUE);
  check_late_fingerprint (TEGATA_ROLE_SERVER, FALSE);
}

typedef struct
{
  guint node;
  guint serial;
  guint n_copies;
  gboolean is_held;
} Plan;

static void
apply_plan (const NetworkDatagram *datagram, NetworkFate *fate, gpointer user_data)
{
  const Plan *plan = user_data;

  if (datagram->from == plan->node && datagram->serial == plan->serial)
  {
    fate->n_copies = plan->n_copies;
    fate->is_held = plan->is_held;
  }
}

/* The full handshake, whose server announced a ticket: anything of it may be lost or
 * late, the ticket too. */
static void
check_first_plan (TegataCertificate *certificate, guint mtu, const Plan *plan)
{
  g_autoptr (TegataContext) client = new_context (certificate);
  g_autoptr (TegataContext) server = new_context (certificate);

  tegata_context_set_mtu (client, mtu);
  tegata_context_set_mtu (server, mtu);
  g_autoptr (Pair) pair = new_pair (ENDPOINT_DTLS, client, server, NAME);
  network_set_fate_func (pair->network, apply_plan, (gpointer) plan);
  g_assert_false (connect_pair (pair));
}

static void
test_single_faults_before_a_ticket (void)
{
  static const TegataKeyType key_types[]
      = { TEGATA_KEY_TYPE_ECDSA_P256, TEGATA_KEY_TYPE_RSA_2048 };
  static const guint mtus[] = { 256, 576, 1200 };

  for (guint i = 0; i < G_N_ELEMENTS (key_types) * G_N_ELEMENTS (mtus) * 2 * 16; i++)
  {
    Plan plan = { .node = i % 2, .serial = i / 2 % 16, .n_copies = 0 };
    TegataCertificate *certificate = test_certificate (key_types[i / 32 % 2]);

    check_first_plan (certificate, mtus[i / 64], &plan);
    plan.n_copies = 1;
    plan.is_held = TRUE;
    check_first_plan (certificate, mtus[i / 64], &plan);
  }
}

static void
check_plan (TegataContext *client, TegataContext *server, const Plan *plan)
{
  g_autoptr (Pair) pair = new_pair (ENDPOINT_DTLS, client, server, NAME);

  network_set_fate_func (pair->network, apply_plan, (gpointer) plan);
  g_assert_true (connect_pair (pair));
  g_assert_cmpint (network_now_us (pair->network) - pair->client->started_us, <=,
                   320 * MS);
}

static void
test_single_faults (void)
{
  static const guint mtus[] = { 256, 1200 };
  static const Plan kinds[]
      = { { 0, 0, 0, FALSE }, { 0, 0, 2, FALSE }, { 0, 0, 1, TRUE } };

  for (gsize i = 0; i < G_N_ELEMENTS (mtus); i++)
  {
    g_autoptr (TegataContext) client = new_usual_context ();
    g_autoptr (TegataContext) server = new_usual_context ();

    tegata_context_set_mtu (client, mtus[i]);
    tegata_context_set_mtu (server, mtus[i]);
    g_assert_false (connect_once (client, server, NAME));
    for (guint n = 0; n < G_N_ELEMENTS (kinds) * 2 * 6; n++)
    {
      Plan plan = kinds[n / 12];
      plan.node = n / 6 % 2;
      plan.serial = n % 6;
      check_plan (client, server, &plan);
    }
  }
}

/* The last flight is the client's here. */
static void
lose_after_connected (const NetworkDatagram *datagram,
                      NetworkFate *fate,
                      gpointer user_data)
{
  Pair *pair = user_data;
  TegataDtlsStats stats;

  endpoint_get_stats (pair->server, &stats);
  if (datagram->from == pair->client->node
      && endpoint_state (pair->client) == TEGATA_STATE_CONNECTED
      && stats.retransmissions < 40)
  {
    fate->n_copies = 0;
  }
}

static void
test_lost_last_flight (void)
{
  g_autoptr (TegataContext) client = new_usual_context ();
  g_autoptr (TegataContext) server = new_usual_context ();

  tegata_context_set_handshake_timeout_us (server, 300 * SECOND);
  g_assert_false (connect_once (client, server, NAME));
  g_autoptr (Pair) pair = new_pair (ENDPOINT_DTLS, client, server, NAME);
  network_set_fate_func (pair->network, lose_after_connected, pair);
  pair_trust (pair);
  pair_start (pair);
  pair_run (pair, 100 * SECOND);
  pair_assert_works (pair);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/resumption/gets-its-ticket-whatever-is-lost-or-late",
                   test_single_faults_before_a_ticket);
  g_test_add_func ("/resumption/works-by-ticket", test_by_ticket);
  g_test_add_func ("/resumption/works-by-name-only", test_by_name_only);
  g_test_add_func ("/resumption/is-off-unless-both-want-it", test_both_must_want_it);
  g_test_add_func ("/resumption/falls-back-where-the-server-is-new", test_new_server);
  g_test_add_func ("/resumption/falls-back-where-the-session-is-old", test_old_session);
  g_test_add_func ("/resumption/never-connects-to-another-fingerprint",
                   test_other_fingerprint);
  g_test_add_func ("/resumption/awaits-a-late-fingerprint", test_late_fingerprint);
  g_test_add_func ("/resumption/survives-each-fault", test_single_faults);
  g_test_add_func ("/resumption/answers-with-the-clients-last-flight",
                   test_lost_last_flight);

  return g_test_run ();
}
