/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The right and the wrong fingerprint, in each role, at each moment. The endpoint asserts
 * after each step that nothing passes before CONNECTED. */

#include "support/pair.h"

#define MS G_TIME_SPAN_MILLISECOND
#define SECOND G_TIME_SPAN_SECOND

/* More datagrams than any flight has at the MTU below: the handshake is over. */
#define LAST_MOMENT 20
#define MTU 256

/* The judge gets its fingerprint when so many datagrams have arrived at it; 0: before the
 * start. */
typedef struct
{
  EndpointKind kind;
  TegataRole role; /* of the judge */
  guint moment;
} Case;

typedef struct
{
  Pair *pair;
  Endpoint *judge;
  Endpoint *peer;
  guint moment;
} Trial;

static gboolean
has_come (gpointer user_data)
{
  Trial *trial = user_data;

  return network_n_delivered (trial->pair->network, trial->judge->node) >= trial->moment;
}

static TegataCertificate *
certificate_of (Endpoint *endpoint)
{
  return tegata_context_get_certificate (endpoint->context);
}

static void
trial_init (Trial *trial, const Case *row)
{
  g_autoptr (TegataContext) context = test_context_new (TEGATA_KEY_TYPE_ECDSA_P256);

  tegata_context_set_mtu (context, MTU);
  trial->pair = pair_new (row->kind, context, context, 1);
  trial->judge
      = row->role == TEGATA_ROLE_CLIENT ? trial->pair->client : trial->pair->server;
  trial->peer
      = row->role == TEGATA_ROLE_CLIENT ? trial->pair->server : trial->pair->client;
  trial->moment = row->moment;
  endpoint_expect_certificate (trial->peer, certificate_of (trial->judge));
}

/* Runs up to the moment. A peer that is CONNECTED by then speaks at once. */
static void
run_to_moment (Trial *trial)
{
  if (trial->moment == 0)
  {
    return;
  }
  pair_start (trial->pair);
  network_run (trial->pair->network, 5 * SECOND, has_come, trial);
  g_assert_cmpint (endpoint_state (trial->judge), <=, TEGATA_STATE_AWAITING_FINGERPRINT);
  if (endpoint_state (trial->peer) == TEGATA_STATE_CONNECTED)
  {
    g_autoptr (GError) error = NULL;
    g_assert_true (endpoint_send_data (trial->peer, "early", &error));
    network_run (trial->pair->network, 100 * MS, NULL, NULL);
  }
}

static void
run_from_moment (Trial *trial)
{
  if (trial->moment == 0)
  {
    pair_start (trial->pair);
  }
  pair_run_until_connected (trial->pair);
  pair_run (trial->pair, 10 * MS);
}

static void
test_right (gconstpointer data)
{
  Trial trial;

  trial_init (&trial, data);
  run_to_moment (&trial);
  gboolean is_early = endpoint_state (trial.peer) == TEGATA_STATE_CONNECTED;
  endpoint_expect_certificate (trial.judge, certificate_of (trial.peer));
  run_from_moment (&trial);
  pair_assert_works (trial.pair);
  g_assert_cmpuint (endpoint_count_data (trial.judge, "early"), ==, is_early ? 1 : 0);
  pair_free (trial.pair);
}

static void
test_wrong (gconstpointer data)
{
  Trial trial;

  trial_init (&trial, data);
  run_to_moment (&trial);
  gboolean was_complete
      = endpoint_state (trial.judge) == TEGATA_STATE_AWAITING_FINGERPRINT;
  endpoint_expect_certificate (trial.judge, test_other_certificate ());
  run_from_moment (&trial);

  endpoint_assert_failed (trial.judge, TEGATA_ERROR_FINGERPRINT);
  g_assert_false (endpoint_was_in (trial.judge, TEGATA_STATE_CONNECTED));
  g_assert_cmpuint (trial.judge->data->len, ==, 0);
  g_assert_cmpint (tegata_error_get_fault (endpoint_error (trial.judge)), ==,
                   TEGATA_FAULT_PEER);
  /* During the handshake a fatal alert says so, in the clear, which a peer of ours
   * believes only when nothing else comes; after it the peer is told under the key. */
  gboolean has_alert = tegata_error_get_alert (endpoint_error (trial.judge)) > 0;
  g_assert_true (trial.moment > 0 || has_alert);
  g_assert_false (was_complete && has_alert);
  g_assert_true (has_alert || endpoint_is_final (trial.peer));
  pair_run (trial.pair, 40 * SECOND);
  g_assert_true (endpoint_is_final (trial.peer));
  pair_free (trial.pair);
}

static void
test_wrong_after_connected (void)
{
  g_autoptr (TegataContext) context = test_context_new (TEGATA_KEY_TYPE_ECDSA_P256);

  for (guint i = 0; i < 2; i++)
  {
    g_autoptr (Pair) pair = pair_new_trusting (ENDPOINT_SESSION, context, context, 1);
    Endpoint *judge = i == 0 ? pair->client : pair->server;
    Endpoint *peer = i == 0 ? pair->server : pair->client;

    pair_connect (pair);
    endpoint_expect_certificate (judge, certificate_of (peer));
    pair_assert_works (pair);

    endpoint_expect_certificate (judge, test_other_certificate ());
    endpoint_assert_failed (judge, TEGATA_ERROR_FINGERPRINT);
    pair_run (pair, 10 * MS);
    g_assert_true (endpoint_is_final (peer));
  }
}

/* RFC 8122 section 5: any of those with the strongest hash. */
static void
test_several_lines (void)
{
  TegataCertificate *right = test_certificate (TEGATA_KEY_TYPE_ECDSA_P256);
  TegataCertificate *wrong = test_other_certificate ();
  const struct
  {
    TegataCertificate *certificates[3];
    TegataHash hashes[3];
    gsize n;
    gboolean matches;
  } rows[] = {
    { { wrong, right }, { TEGATA_HASH_SHA256, TEGATA_HASH_SHA256 }, 2, TRUE },
    { { right, wrong }, { TEGATA_HASH_SHA256, TEGATA_HASH_SHA256 }, 2, TRUE },
    { { wrong, wrong }, { TEGATA_HASH_SHA256, TEGATA_HASH_SHA256 }, 2, FALSE },
    { { wrong, right }, { TEGATA_HASH_SHA256, TEGATA_HASH_SHA512 }, 2, TRUE },
    { { right, wrong }, { TEGATA_HASH_SHA256, TEGATA_HASH_SHA512 }, 2, FALSE },
    { { wrong, wrong, right },
      { TEGATA_HASH_SHA256, TEGATA_HASH_SHA384, TEGATA_HASH_SHA384 },
      3,
      TRUE },
  };
  g_autoptr (TegataContext) context = test_context_new (TEGATA_KEY_TYPE_ECDSA_P256);

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
  {
    g_autoptr (Pair) pair = pair_new_trusting (ENDPOINT_DTLS, context, context, 1);
    TegataFingerprint *lines[3];

    for (gsize k = 0; k < rows[i].n; k++)
    {
      lines[k] = tegata_fingerprint_new_for_certificate (rows[i].certificates[k],
                                                         rows[i].hashes[k]);
    }
    endpoint_expect_fingerprints (pair->client, lines, rows[i].n);
    for (gsize k = 0; k < rows[i].n; k++)
    {
      tegata_fingerprint_unref (lines[k]);
    }
    if (rows[i].matches)
    {
      pair_connect (pair);
      continue;
    }
    pair_start (pair);
    pair_run_until_connected (pair);
    endpoint_assert_failed (pair->client, TEGATA_ERROR_FINGERPRINT);
    pair_assert_nothing_passed (pair);
  }
}

/* Neither side knows the other: the handshake completes, and both wait for as long as it
 * takes. */
static void
test_both_wait (void)
{
  g_autoptr (TegataContext) context = test_context_new (TEGATA_KEY_TYPE_ECDSA_P256);
  g_autoptr (Pair) pair = pair_new (ENDPOINT_SESSION, context, context, 1);

  pair_start (pair);
  pair_run (pair, 3600 * SECOND);
  endpoint_assert_state (pair->client, TEGATA_STATE_AWAITING_FINGERPRINT);
  endpoint_assert_state (pair->server, TEGATA_STATE_AWAITING_FINGERPRINT);
  g_assert_nonnull (tegata_dtls_get_peer_certificate (pair->client->dtls));
  pair_assert_nothing_passed (pair);

  pair_trust (pair);
  pair_assert_works (pair);
}

static void
add_moments (EndpointKind kind, TegataRole role)
{
  const char *kind_name = kind == ENDPOINT_DTLS ? "dtls" : "session";
  const char *role_name = role == TEGATA_ROLE_CLIENT ? "client" : "server";

  for (guint moment = 0; moment <= LAST_MOMENT; moment++)
  {
    g_autofree char *right = g_strdup_printf (
        "/fingerprint/%s/%s/right-after-datagram-%u", kind_name, role_name, moment);
    g_autofree char *wrong = g_strdup_printf (
        "/fingerprint/%s/%s/wrong-after-datagram-%u", kind_name, role_name, moment);
    const Case row = { kind, role, moment };

    g_test_add_data_func_full (right, g_memdup2 (&row, sizeof row), test_right, g_free);
    g_test_add_data_func_full (wrong, g_memdup2 (&row, sizeof row), test_wrong, g_free);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add_moments (ENDPOINT_DTLS, TEGATA_ROLE_CLIENT);
  add_moments (ENDPOINT_DTLS, TEGATA_ROLE_SERVER);
  add_moments (ENDPOINT_SESSION, TEGATA_ROLE_CLIENT);
  add_moments (ENDPOINT_SESSION, TEGATA_ROLE_SERVER);
  g_test_add_func ("/fingerprint/ends-a-connected-association-with-a-new-description",
                   test_wrong_after_connected);
  g_test_add_func ("/fingerprint/matches-one-of-several-lines", test_several_lines);
  g_test_add_func ("/fingerprint/is-awaited-without-limit", test_both_wait);

  return g_test_run ();
}
