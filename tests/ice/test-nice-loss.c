/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lossy-network.h"
#include "rig.h"

#include <string.h>

/* Connectivity checks, handshakes and media on a network that loses, both ways. */

#define SOME 50 /* packets, each way */
#define N_ROUNDS 10

static const char *obstacle; /* NULL: we are in a namespace of our own */

static const IceSettings two_networks
    = { .addresses = { "127.0.0.1", "127.0.0.2" }, .is_persistent = TRUE };

typedef struct
{
  guint64 n_lost;
  guint64 n_arrived;
} Tally;

/* What follows is not lost: a close_notify is sent once. */
static void
end_loss (Tally *tally)
{
  guint64 n_lost, n_arrived;

  lossy_network_count (&n_lost, &n_arrived);
  tally->n_lost += n_lost;
  tally->n_arrived += n_arrived;
  lossy_network_set_loss (0);
}

static void
end_traffic (Rig *rig)
{
  traffic_finish_lossy (rig->traffic);
  g_test_message ("%u of %u packets", traffic_n_received (rig->traffic),
                  traffic_n_sent (rig->traffic));
  g_assert_cmpuint (traffic_n_received (rig->traffic), <, traffic_n_sent (rig->traffic));
  party_assert_states (rig->offerer->party, "connecting connected");
  party_assert_states (rig->answerer->party, "connecting connected");
}

static void
run_round (TegataRole role, guint percent, Tally *tally)
{
  g_auto (Rig) rig;

  lossy_network_set_loss (percent);
  rig_init (&rig, &two_networks, &two_networks);
  rig_connect (&rig, role);
  rig_begin_traffic (&rig);
  traffic_await (rig.traffic, SOME);
  rig_restart_and_select (&rig);
  traffic_await (rig.traffic, SOME);
  end_traffic (&rig);
  end_loss (tally);
}

/* Of hundreds of datagrams, by chance: half of what is asked for, and twice as much, are
 * further off than any run will be. */
static void
assert_loss (guint percent, const Tally *tally)
{
  guint64 n = tally->n_lost + tally->n_arrived;

  g_test_message ("lost %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " datagrams",
                  tally->n_lost, n);
  g_assert_cmpuint (tally->n_lost * 200, >, n * percent);
  g_assert_cmpuint (tally->n_lost * 50, <, n * percent);
}

static void
test_loss (gconstpointer data)
{
  guint percent = GPOINTER_TO_UINT (data);
  Tally tally = { 0 };

  if (obstacle != NULL)
  {
    g_test_skip (obstacle);
    return;
  }
  for (guint i = 0; i < N_ROUNDS; i++)
  {
    run_round (i % 2 == 0 ? TEGATA_ROLE_CLIENT : TEGATA_ROLE_SERVER, percent, &tally);
  }
  assert_loss (percent, &tally);
}

/* No more than libnice's own number of requests here: a component is ready once all
 * checks of better pairs were given up. The network that was chosen goes away, and a
 * restart finds the other one. */
static void
lose_network (void)
{
  const IceSettings settings = { .addresses = { "127.0.0.1", "127.0.0.2" } };
  g_auto (Rig) rig;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  const char *gone;
  Tally tally = { 0 };

  lossy_network_set_loss (0);
  rig_init (&rig, &settings, &settings);
  rig_connect (&rig, TEGATA_ROLE_CLIENT);
  rig_begin_traffic (&rig);
  traffic_await (rig.traffic, SOME);
  before = ice_peer_dup_pair (rig.offerer);
  gone = g_str_has_prefix (before, "127.0.0.1:") ? "127.0.0.1" : "127.0.0.2";
  lossy_network_cut_off (gone);
  rig_restart_and_select (&rig);
  after = ice_peer_dup_pair (rig.offerer);
  g_assert_null (strstr (after, gone));
  traffic_await (rig.traffic, SOME);
  end_traffic (&rig);
  end_loss (&tally);
  g_assert_cmpuint (tally.n_lost, >, 0);
}

static void
test_network_gone (void)
{
  if (obstacle != NULL)
  {
    g_test_skip (obstacle);
    return;
  }
  lose_network ();
}

int
main (int argc, char **argv)
{
  obstacle = lossy_network_enter (argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/nice/loss/of-5-percent-ends-nothing", GUINT_TO_POINTER (5),
                        test_loss);
  g_test_add_data_func ("/nice/loss/of-15-percent-ends-nothing", GUINT_TO_POINTER (15),
                        test_loss);
  g_test_add_func ("/nice/loss/of-a-network-is-mended-by-a-restart", test_network_gone);
  return g_test_run ();
}
