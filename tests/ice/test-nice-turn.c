/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rig.h"
#include "stranger.h"
#include "turn-server.h"

#include <string.h>

/* By coturn on the loopback interface, with long-term credentials. */

#define SOME 50 /* packets, each way */

static IceSettings
relayed_only (TurnServer *server)
{
  return (IceSettings){ .turn_port = turn_server_get_port (server),
                        .is_relayed_only = TRUE };
}

static void
assert_works (Rig *rig)
{
  rig_begin_traffic (rig);
  traffic_await (rig->traffic, SOME);
  rig_end_traffic (rig);
}

static void
assert_relays (TurnServer *server, TegataRole role)
{
  const IceSettings settings = relayed_only (server);
  g_auto (Rig) rig;

  rig_init (&rig, &settings, &settings);
  rig_connect (&rig, role);
  g_assert_cmpint (ice_peer_local_type (rig.offerer), ==, NICE_CANDIDATE_TYPE_RELAYED);
  g_assert_cmpint (ice_peer_local_type (rig.answerer), ==, NICE_CANDIDATE_TYPE_RELAYED);
  assert_works (&rig);
}

static void
test_both (TurnServer *server)
{

  assert_relays (server, TEGATA_ROLE_CLIENT);
  assert_relays (server, TEGATA_ROLE_SERVER);
}

static void
test_one (TurnServer *server)
{
  const IceSettings settings = relayed_only (server);
  g_auto (Rig) rig;

  rig_init (&rig, &settings, NULL);
  rig_connect (&rig, TEGATA_ROLE_SERVER);
  g_assert_cmpint (ice_peer_local_type (rig.offerer), ==, NICE_CANDIDATE_TYPE_RELAYED);
  g_assert_cmpint (ice_peer_local_type (rig.answerer), ==, NICE_CANDIDATE_TYPE_HOST);
  assert_works (&rig);
}

static void
test_restart (TurnServer *server)
{
  const IceSettings settings = relayed_only (server);
  g_auto (Rig) rig;

  rig_init (&rig, &settings, &settings);
  rig_connect (&rig, TEGATA_ROLE_CLIENT);
  rig_begin_traffic (&rig);
  traffic_await (rig.traffic, SOME);
  rig_restart_and_select (&rig);
  g_assert_cmpint (ice_peer_local_type (rig.offerer), ==, NICE_CANDIDATE_TYPE_RELAYED);
  traffic_await (rig.traffic, SOME);
  rig_end_traffic (&rig);
}

/* A connectivity check without a password is answered by an error, by libnice behind the
 * relay: so what came before it did not stay on the way. */
static void
assert_passes_the_relay (Stranger *stranger, IcePeer *to)
{
  stranger_check (stranger, to);
  wait_until (stranger_has_answer (stranger));
}

/* The relay lets through whoever has the peer's IP address; libnice does not. */
static void
test_attack (TurnServer *server)
{
  g_autoptr (Stranger) stranger = stranger_new ();
  const IceSettings settings = relayed_only (server);
  g_auto (Rig) rig;

  rig_init (&rig, &settings, &settings);
  rig_signal (&rig);
  rig_await_ready (&rig);
  stranger_strike (stranger, rig.answerer, TEGATA_ROLE_SERVER);
  rig_start (&rig, TEGATA_ROLE_CLIENT);
  stranger_strike (stranger, rig.offerer, TEGATA_ROLE_CLIENT);
  stranger_strike (stranger, rig.answerer, TEGATA_ROLE_SERVER);
  rig_await_connected (&rig);
  assert_works (&rig);
  assert_passes_the_relay (stranger, rig.answerer);
  g_assert_cmpuint (ice_peer_session_stats (rig.answerer).packets_received, ==,
                    ice_peer_session_stats (rig.offerer).packets_sent);
  g_assert_cmpuint (ice_peer_session_stats (rig.offerer).packets_received, ==,
                    ice_peer_session_stats (rig.answerer).packets_sent);
}

/* What a server sees on loopback is the host candidate itself: it is left out. */
static void
test_binding (TurnServer *server)
{
  const IceSettings settings = { .stun_port = turn_server_get_port (server) };
  g_auto (Rig) rig;

  rig_init (&rig, &settings, NULL);
  rig_connect (&rig, TEGATA_ROLE_CLIENT);
  g_assert_cmpuint (rig.offerer->candidates->len, ==, 1);
  g_assert_nonnull (strstr (g_ptr_array_index (rig.offerer->candidates, 0), " typ host"));
  assert_works (&rig);
}

typedef void (*ServedFunc) (TurnServer *server);

static const struct
{
  const char *name;
  ServedFunc func;
} cases[] = {
  { "/nice/turn/relays-for-both", test_both },
  { "/nice/turn/relays-for-one", test_one },
  { "/nice/turn/keeps-an-association-over-a-restart", test_restart },
  { "/nice/turn/a-stranger-to-the-relay-is-not-heard", test_attack },
  { "/nice/turn/a-stun-server-stands-in-nobodys-way", test_binding },
};

static void
run_served (gconstpointer data)
{
  const ServedFunc *func = data;
  g_autoptr (TurnServer) server = turn_server_new ();

  if (server != NULL)
  {
    (*func) (server);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
  {
    g_test_add_data_func (cases[i].name, &cases[i].func, run_served);
  }
  return g_test_run ();
}
