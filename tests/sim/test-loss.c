/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Handshakes over paths that lose at random, many of them: how many come through, and how
 * long they take. */

#include "support/pair.h"
#include "support/seeds.h"

#define MS G_TIME_SPAN_MILLISECOND
#define SECOND G_TIME_SPAN_SECOND
#define DELAY_US (25 * MS)
#define RTT_US (2 * DELAY_US)
#define N_SEEDS 1000

typedef struct
{
  const char *path;
  double loss;
  gint64 rtt_us;      /* as ICE would know it; -1: not */
  guint max_failures; /* of 1,000 */
} Scenario;

static const Scenario scenarios[] = {
  { "/loss/10-percent/always-completes", 0.1, -1, 0 },
  { "/loss/20-percent/always-completes", 0.2, -1, 0 },
  { "/loss/30-percent/nearly-always-completes", 0.3, -1, 5 },
  { "/loss/10-percent-with-known-rtt/always-completes", 0.1, RTT_US, 0 },
  { "/loss/20-percent-with-known-rtt/always-completes", 0.2, RTT_US, 0 },
  { "/loss/30-percent-with-known-rtt/nearly-always-completes", 0.3, RTT_US, 5 },
};

/* Both are made once: a context costs more than a handshake. */
static TegataContext *
get_context (void)
{
  static TegataContext *context;

  if (context == NULL)
  {
    context = test_context_new (TEGATA_KEY_TYPE_ECDSA_P256);
  }
  return context;
}

static Pair *
new_pair (double loss, gint64 rtt_us, guint32 seed)
{
  Pair *pair = pair_new_trusting (ENDPOINT_DTLS, get_context (), get_context (), seed);

  network_conditions (pair->network)->delay_us = DELAY_US;
  network_conditions (pair->network)->loss = loss;
  endpoint_set_rtt_us (pair->client, rtt_us);
  endpoint_set_rtt_us (pair->server, rtt_us);
  return pair;
}

static gint
compare_times (gconstpointer a, gconstpointer b)
{
  gint64 x = *(const gint64 *) a;
  gint64 y = *(const gint64 *) b;

  return x < y ? -1 : x > y;
}

static int
percentile_ms (GArray *times, guint percent)
{
  guint index = times->len * percent / 100;

  if (times->len == 0)
  {
    return -1;
  }
  return (int) (g_array_index (times, gint64, MIN (index, times->len - 1)) / MS);
}

static void
report (const Scenario *scenario, GArray *times, guint n_runs, gint64 real_us)
{
  g_array_sort (times, compare_times);
  g_test_message ("%u runs, %.0f %% loss: p50 %d ms, p90 %d ms, p99 %d ms, longest %d "
                  "ms; %u failed; %.1f s of real time",
                  n_runs, scenario->loss * 100, percentile_ms (times, 50),
                  percentile_ms (times, 90), percentile_ms (times, 99),
                  percentile_ms (times, 100), n_runs - times->len,
                  (double) real_us / G_USEC_PER_SEC);
}

static void
run_once (const Scenario *scenario, guint32 seed, GArray *times)
{
  g_autoptr (Pair) pair = new_pair (scenario->loss, scenario->rtt_us, seed);
  const GError *error;

  pair_start (pair);
  if (pair_run_until_connected (pair))
  {
    gint64 took_us = network_now_us (pair->network) - pair->client->started_us;
    g_array_append_val (times, took_us);
    pair_assert_works (pair);
    return;
  }
  error = endpoint_error (pair->client);
  error = error != NULL ? error : endpoint_error (pair->server);
  g_test_message ("seed %u failed: %s", seed,
                  error != NULL ? error->message : "no end within a minute");
}

static void
test_scenario (gconstpointer data)
{
  const Scenario *scenario = data;
  guint32 first_seed = test_first_seed ();
  guint n_runs = test_n_seeds (N_SEEDS);
  g_autoptr (GArray) times = g_array_new (FALSE, FALSE, sizeof (gint64));
  gint64 began_us = g_get_monotonic_time ();

  for (guint i = 0; i < n_runs; i++)
  {
    run_once (scenario, first_seed + i, times);
  }
  report (scenario, times, n_runs, g_get_monotonic_time () - began_us);
  guint max_failures = (n_runs * scenario->max_failures + N_SEEDS - 1) / N_SEEDS;
  g_assert_cmpuint (n_runs - times->len, <=, max_failures);
}

/* A path on which hardly anything arrives: whoever does not come through in time says so,
 * and nobody dies of anything else. */
static void
test_hopeless (void)
{
  guint32 first_seed = test_first_seed ();
  guint n_runs = test_n_seeds (100);
  guint n_connected = 0;

  for (guint i = 0; i < n_runs; i++)
  {
    g_autoptr (Pair) pair = new_pair (0.7, -1, first_seed + i);
    pair_start (pair);
    n_connected += pair_run_until_connected (pair);
    if (endpoint_error (pair->client) != NULL)
    {
      g_assert_error (endpoint_error (pair->client), TEGATA_ERROR, TEGATA_ERROR_TIMEOUT);
    }
    if (endpoint_error (pair->server) != NULL)
    {
      g_assert_error (endpoint_error (pair->server), TEGATA_ERROR, TEGATA_ERROR_TIMEOUT);
    }
  }
  g_test_message ("%u of %u came through", n_connected, n_runs);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (scenarios); i++)
  {
    g_test_add_data_func (scenarios[i].path, &scenarios[i], test_scenario);
  }
  g_test_add_func ("/loss/70-percent/fails-by-timeout-only", test_hopeless);

  return g_test_run ();
}
