/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Every single datagram of a handshake, lost once, doubled once, swapped with its
 * follower; and the last flight, lost again and again. */

#include "support/pair.h"

#define MS G_TIME_SPAN_MILLISECOND
#define SECOND G_TIME_SPAN_SECOND
#define DELAY_US (25 * MS)

typedef enum
{
  FAULT_NONE,
  FAULT_LOSS,
  FAULT_COPY,
  FAULT_SWAP,
} Fault;

typedef struct
{
  const char *name;
  guint mtu;
  gboolean with_cookie;
} Setting;

static const Setting settings[] = {
  { "mtu-1200", 1200, FALSE },
  { "mtu-1200-with-a-cookie", 1200, TRUE },
  { "mtu-576", 576, FALSE },
  { "mtu-256", 256, FALSE },
  { "mtu-256-with-a-cookie", 256, TRUE },
};

/* What happens to which datagram. */
typedef struct
{
  Fault fault;
  guint node;
  guint serial;
} Plan;

static void
apply_plan (const NetworkDatagram *datagram, NetworkFate *fate, gpointer user_data)
{
  const Plan *plan = user_data;

  if (datagram->from != plan->node || datagram->serial != plan->serial)
  {
    return;
  }
  switch (plan->fault)
  {
  case FAULT_LOSS:
    fate->n_copies = 0;
    break;
  case FAULT_COPY:
    fate->n_copies = 2;
    break;
  case FAULT_SWAP:
    fate->is_held = TRUE;
    break;
  case FAULT_NONE:
  default:
    break;
  }
}

static TegataContext *
new_context (const Setting *setting)
{
  TegataContext *context = test_context_new (TEGATA_KEY_TYPE_ECDSA_P256);

  tegata_context_set_mtu (context, setting->mtu);
  tegata_context_set_cookies (context, setting->with_cookie ? TEGATA_COOKIES_ALWAYS
                                                            : TEGATA_COOKIES_NEVER);
  return context;
}

/* Returns how long it took, and how many datagrams each node sent for it. */
static gint64
run_plan (TegataContext *context, const Plan *plan, guint n_sent[2])
{
  g_autoptr (Pair) pair = pair_new_trusting (ENDPOINT_DTLS, context, context, 1);

  network_conditions (pair->network)->delay_us = DELAY_US;
  network_set_fate_func (pair->network, apply_plan, (gpointer) plan);
  pair_start (pair);
  pair_run_until_connected (pair);
  n_sent[0] = network_n_sent (pair->network, 0);
  n_sent[1] = network_n_sent (pair->network, 1);
  gint64 done_us = network_now_us (pair->network) - pair->client->started_us;
  pair_assert_works (pair);
  return done_us;
}

static void
check_plan (TegataContext *context, const Plan *plan, gint64 clean_us)
{
  /* A copy costs nothing. A loss costs a timeout; more than one where what is lost in a
   * flight is only seen when the rest has come again. A swap costs as much where the
   * follower is the repetition. */
  static const gint64 allowed_us[] = {
    [FAULT_NONE] = 0,
    [FAULT_LOSS] = 300 * MS,
    [FAULT_COPY] = 0,
    [FAULT_SWAP] = 300 * MS,
  };
  guint n_sent[2];

  g_test_message ("fault %d of datagram %u of node %u", plan->fault, plan->serial,
                  plan->node);
  gint64 took_us = run_plan (context, plan, n_sent);
  g_assert_cmpint (took_us - clean_us, <=, allowed_us[plan->fault]);
}

static void
test_every_datagram (gconstpointer data)
{
  const Setting *setting = data;
  g_autoptr (TegataContext) context = new_context (setting);
  const Plan clean = { FAULT_NONE, 0, 0 };
  guint n_sent[2];
  gint64 clean_us = run_plan (context, &clean, n_sent);

  /* Two round trips, or three with a cookie. */
  g_assert_cmpint (clean_us, ==, (setting->with_cookie ? 6 : 4) * DELAY_US);
  for (guint node = 0; node < 2; node++)
  {
    for (guint serial = 0; serial < n_sent[node]; serial++)
    {
      for (Fault fault = FAULT_LOSS; fault <= FAULT_SWAP; fault++)
      {
        const Plan plan = { fault, node, serial };
        check_plan (context, &plan, clean_us);
      }
    }
  }
}

/* A whole flight does not arrive, so many times. */
typedef struct
{
  Pair *pair;
  guint n_lost_repeats; /* of the client, without an answer */
} LastFlight;

static void
lose_last_flight (const NetworkDatagram *datagram, NetworkFate *fate, gpointer user_data)
{
  LastFlight *last = user_data;
  gboolean is_last = endpoint_state (last->pair->server) == TEGATA_STATE_CONNECTED;
  TegataDtlsStats stats;

  endpoint_get_stats (last->pair->client, &stats);
  if (datagram->from == last->pair->server->node && is_last
      && stats.retransmissions < last->n_lost_repeats)
  {
    fate->n_copies = 0;
  }
}

/* The server is done, and the client does not know: its repeats are answered. */
static void
check_lost_last_flight (guint n_lost_repeats)
{
  g_autoptr (TegataContext) context = test_context_new (TEGATA_KEY_TYPE_ECDSA_P256);
  LastFlight last = { .n_lost_repeats = n_lost_repeats };
  TegataDtlsStats stats;

  tegata_context_set_handshake_timeout_us (context, 300 * SECOND);
  g_autoptr (Pair) pair = pair_new_trusting (ENDPOINT_DTLS, context, context, 1);
  last.pair = pair;
  network_conditions (pair->network)->delay_us = DELAY_US;
  network_set_fate_func (pair->network, lose_last_flight, &last);
  pair_start (pair);
  for (guint i = 0; i < 4 && !pair_is_connected (pair); i++)
  {
    pair_run_until_connected (pair);
  }
  pair_assert_works (pair);
  endpoint_get_stats (pair->client, &stats);
  guint64 n_repeats = stats.retransmissions;
  g_assert_cmpuint (n_repeats, >=, n_lost_repeats);
  endpoint_get_stats (pair->server, &stats);
  g_assert_cmpuint (stats.retransmissions, ==, n_repeats); /* one answer to each */
}

static void
test_lost_last_flight (void)
{
  static const guint n_lost_repeats[] = { 1, 2, 3, 5, 11, 12, 13, 14, 40, 100 };

  for (gsize i = 0; i < G_N_ELEMENTS (n_lost_repeats); i++)
  {
    g_test_message ("%u repeats", n_lost_repeats[i]);
    check_lost_last_flight (n_lost_repeats[i]);
  }
}

/* Data that overtakes the last flight, or comes while it is lost, is held or lost, but
 * ends nothing. */
static void
test_data_before_last_flight (void)
{
  g_autoptr (TegataContext) context = test_context_new (TEGATA_KEY_TYPE_ECDSA_P256);
  g_autoptr (Pair) pair = pair_new_trusting (ENDPOINT_DTLS, context, context, 1);
  LastFlight last = { .pair = pair, .n_lost_repeats = 3 };
  g_autoptr (GError) error = NULL;

  network_conditions (pair->network)->delay_us = DELAY_US;
  network_set_fate_func (pair->network, lose_last_flight, &last);
  pair_start (pair);
  pair_run (pair, 4 * DELAY_US);
  endpoint_assert_state (pair->server, TEGATA_STATE_CONNECTED);
  endpoint_assert_state (pair->client, TEGATA_STATE_CONNECTING);
  network_set_fate_func (pair->network, NULL, NULL);
  for (guint i = 0; i < 10; i++)
  {
    g_assert_true (endpoint_send_data (pair->server, "early", &error));
  }
  pair_run_until_connected (pair);
  pair_assert_works (pair);
}

static void
keep_client_datagrams (const NetworkDatagram *datagram, gpointer user_data)
{
  GPtrArray *datagrams = user_data;

  if (datagram->from == 0)
  {
    g_ptr_array_add (datagrams, g_bytes_new (datagram->bytes, datagram->len));
  }
}

/* Everything that the client said comes again, much later and many times: an answer now
 * and then, no more than the rate limit allows, and no harm. */
static void
test_replayed_handshake (void)
{
  g_autoptr (TegataContext) context = test_context_new (TEGATA_KEY_TYPE_ECDSA_P256);
  g_autoptr (Pair) pair = pair_new_trusting (ENDPOINT_DTLS, context, context, 1);
  g_autoptr (GPtrArray) datagrams
      = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);

  network_set_observe_func (pair->network, keep_client_datagrams, datagrams);
  pair_connect (pair);
  network_set_observe_func (pair->network, NULL, NULL);

  guint n_before = network_n_sent (pair->network, pair->server->node);
  for (guint round = 0; round < 200; round++)
  {
    for (guint i = 0; i < datagrams->len; i++)
    {
      network_inject (pair->network, network_node_address (pair->network, 0), 1,
                      g_ptr_array_index (datagrams, i), 0);
    }
    pair_run (pair, 10 * MS);
  }
  guint n_answers = network_n_sent (pair->network, pair->server->node) - n_before;
  /* Two seconds, one answer in 50 ms, of one datagram. */
  g_assert_cmpuint (n_answers, <=, 41);
  pair_assert_works (pair);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (settings); i++)
  {
    g_autofree char *path
        = g_strdup_printf ("/single-faults/%s/survives-each", settings[i].name);
    g_test_add_data_func (path, &settings[i], test_every_datagram);
  }
  g_test_add_func ("/single-faults/last-flight/is-answered-however-often-it-is-lost",
                   test_lost_last_flight);
  g_test_add_func ("/single-faults/last-flight/may-be-overtaken-by-data",
                   test_data_before_last_flight);
  g_test_add_func ("/single-faults/last-flight/limits-answers-to-a-replayed-handshake",
                   test_replayed_handshake);

  return g_test_run ();
}
