/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Paths that change the order of datagrams, double them, and alter them. */

#include "support/pair.h"
#include "support/seeds.h"

#define MS G_TIME_SPAN_MILLISECOND
#define SECOND G_TIME_SPAN_SECOND
#define DELAY_US (25 * MS)
#define N_SEEDS 200

typedef struct
{
  const char *path;
  guint mtu;
  gint64 jitter_us;
  double duplication;
  double loss;
  /* of all runs; with jitter alone no timer is needed, so it is the jitter of four
   * flights and nothing else */
  gint64 max_us;
} Scenario;

static const Scenario scenarios[] = {
  { "/reorder/mtu-1200/needs-no-timer", 1200, 20 * MS, 0, 0, 4 * 45 * MS },
  { "/reorder/mtu-576/needs-no-timer", 576, 20 * MS, 0, 0, 4 * 45 * MS },
  { "/reorder/mtu-256/needs-no-timer", 256, 20 * MS, 0, 0, 4 * 45 * MS },
  { "/reorder/mtu-256-with-copies/needs-no-timer", 256, 20 * MS, 0.3, 0, 4 * 45 * MS },
  { "/reorder/mtu-256-beyond-the-timer/completes", 256, 300 * MS, 0.3, 0, 5 * SECOND },
  { "/reorder/mtu-256-with-loss/completes", 256, 60 * MS, 0.1, 0.1, 15 * SECOND },
};

static TegataContext *
new_context (guint mtu)
{
  TegataContext *context = test_context_new (TEGATA_KEY_TYPE_ECDSA_P256);

  tegata_context_set_mtu (context, mtu);
  return context;
}

static void
test_scenario (gconstpointer data)
{
  const Scenario *scenario = data;
  guint32 first_seed = test_first_seed ();
  guint n_runs = test_n_seeds (N_SEEDS);
  g_autoptr (TegataContext) context = new_context (scenario->mtu);
  gint64 longest_us = 0;

  for (guint i = 0; i < n_runs; i++)
  {
    g_autoptr (Pair) pair
        = pair_new_trusting (ENDPOINT_DTLS, context, context, first_seed + i);
    NetworkConditions *conditions = network_conditions (pair->network);

    conditions->delay_us = DELAY_US;
    conditions->jitter_us = scenario->jitter_us;
    conditions->duplication = scenario->duplication;
    conditions->loss = scenario->loss;
    pair_start (pair);
    pair_run_until_connected (pair);
    gint64 took_us = network_now_us (pair->network) - pair->client->started_us;
    if (took_us > scenario->max_us || !pair_is_connected (pair))
    {
      g_test_message ("seed %u took %d ms", first_seed + i, (int) (took_us / MS));
    }
    pair_assert_works (pair);
    longest_us = MAX (longest_us, took_us);
  }
  g_test_message ("%u runs, the longest %d ms", n_runs, (int) (longest_us / MS));
  g_assert_cmpint (longest_us, <=, scenario->max_us);
}

/* Data keeps its borders, and comes once, in whatever order. */
static void
test_data (void)
{
  guint32 first_seed = test_first_seed ();
  guint n_runs = test_n_seeds (20);
  g_autoptr (TegataContext) context = new_context (1200);

  for (guint i = 0; i < n_runs; i++)
  {
    g_autoptr (Pair) pair
        = pair_new_trusting (ENDPOINT_DTLS, context, context, first_seed + i);
    g_autoptr (GError) error = NULL;

    pair_connect (pair);
    guint n_before = pair->server->data->len;
    network_conditions (pair->network)->jitter_us = 20 * MS;
    network_conditions (pair->network)->duplication = 0.5;
    for (guint k = 0; k < 30; k++)
    {
      g_autofree char *text = g_strdup_printf ("message %u of 30", k);
      g_assert_true (endpoint_send_data (pair->client, text, &error));
    }
    pair_run (pair, 100 * MS);
    g_assert_cmpuint (pair->server->data->len - n_before, ==, 30);
    for (guint k = 0; k < 30; k++)
    {
      g_autofree char *text = g_strdup_printf ("message %u of 30", k);
      g_assert_cmpuint (endpoint_count_data (pair->server, text), ==, 1);
    }
  }
}

/* UDP's checksum is 16 bits: some of it comes through. A handshake may die of it, but
 * never of two opinions about the keys; an established association does not notice. */
static void
test_corruption (void)
{
  guint32 first_seed = test_first_seed ();
  guint n_runs = test_n_seeds (N_SEEDS);
  g_autoptr (TegataContext) context = new_context (300);
  guint n_connected = 0;

  for (guint i = 0; i < n_runs; i++)
  {
    g_autoptr (Pair) pair
        = pair_new_trusting (ENDPOINT_SESSION, context, context, first_seed + i);

    network_conditions (pair->network)->corruption = 0.1;
    pair_start (pair);
    if (pair_run_until_connected (pair))
    {
      pair_assert_works (pair);
      n_connected++;
    }
  }
  g_test_message ("%u of %u came through", n_connected, n_runs);
  g_assert_cmpuint (n_connected, >, 0);
}

static void
test_corrupted_data (void)
{
  g_autoptr (TegataContext) context = new_context (1200);
  g_autoptr (Pair) pair = pair_new_trusting (ENDPOINT_SESSION, context, context, 1);
  g_autoptr (GError) error = NULL;

  pair_connect (pair);
  guint n_before = pair->server->data->len;
  network_conditions (pair->network)->corruption = 1;
  for (guint i = 0; i < 1000; i++)
  {
    g_assert_true (endpoint_send_data (pair->client, "to be altered", &error));
    g_assert_true (endpoint_send_data (pair->server, "to be altered", &error));
  }
  pair_run (pair, 10 * MS);
  g_assert_cmpuint (pair->server->data->len, ==, n_before);
  pair_assert_works (pair);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (scenarios); i++)
  {
    g_test_add_data_func (scenarios[i].path, &scenarios[i], test_scenario);
  }
  g_test_add_func ("/reorder/data-comes-once", test_data);
  g_test_add_func ("/reorder/corruption/never-splits-the-ends", test_corruption);
  g_test_add_func ("/reorder/corruption/is-dropped-once-connected", test_corrupted_data);

  return g_test_run ();
}
