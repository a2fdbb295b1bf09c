/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rig.h"

#include <string.h>

/*
 * ICE restarts under running media and data: RFC 8842 section 4 has the association live
 * on. Nothing that was sent is lost: libnice goes on with the old pair until there is a
 * new one, and takes what still comes on the old one.
 */

#define SOME 50 /* packets, each way */

/* 127.0.0.2 stands for another network. */
static const IceSettings two_networks = { .addresses = { "127.0.0.1", "127.0.0.2" } };

static void
begin (Rig *rig, const IceSettings *settings, TegataRole role)
{
  rig_init (rig, settings, settings);
  rig_connect (rig, role);
  rig_begin_traffic (rig);
  traffic_await (rig->traffic, SOME);
}

static void
end (Rig *rig)
{
  traffic_await (rig->traffic, SOME);
  rig_end_traffic (rig);
}

static void
test_same_association (void)
{
  g_auto (Rig) rig;

  begin (&rig, NULL, TEGATA_ROLE_CLIENT);
  rig_restart_and_select (&rig);
  end (&rig);
}

static void
test_many (void)
{
  g_auto (Rig) rig;

  begin (&rig, &two_networks, TEGATA_ROLE_SERVER);
  for (guint i = 0; i < 5; i++)
  {
    rig_restart_and_select (&rig);
    traffic_await (rig.traffic, SOME);
  }
  end (&rig);
}

/* Tells only those candidates that are not in the pair by which it went so far. */
static void
tell_others (IcePeer *self, const char *pair, IcePeer *to)
{
  guint n_told = 0;

  for (guint i = 0; i < self->candidates->len; i++)
  {
    const char *line = g_ptr_array_index (self->candidates, i);
    g_auto (GStrv) words = g_strsplit (line, " ", -1); /* RFC 8839 section 5.1 */
    g_autofree char *address = NULL;

    g_assert_cmpuint (g_strv_length (words), >, 5);
    address = g_strdup_printf ("%s:%s ", words[4], words[5]);
    if (strstr (pair, address) == NULL)
    {
      ice_peer_tell_candidate (self, i, to);
      n_told++;
    }
  }
  g_assert_cmpuint (n_told, >, 0);
}

static void
move (Rig *rig)
{
  g_autofree char *pair = ice_peer_dup_pair (rig->offerer);
  g_autofree char *other_pair = NULL;
  guint n_offerer = rig->offerer->n_selected;
  guint n_answerer = rig->answerer->n_selected;

  rig_restart (rig);
  traffic_await (rig->traffic, SOME); /* while there is no way but the old one */
  tell_others (rig->offerer, pair, rig->answerer);
  tell_others (rig->answerer, pair, rig->offerer);
  rig_await_reselected (rig, n_offerer, n_answerer);
  other_pair = ice_peer_dup_pair (rig->offerer);
  g_assert_cmpstr (pair, !=, other_pair);
}

static void
assert_moves (TegataRole role)
{
  g_auto (Rig) rig;
  Association ours, theirs;

  begin (&rig, &two_networks, role);
  association_note (&ours, rig.offerer);
  association_note (&theirs, rig.answerer);
  move (&rig);
  association_assert_same (&ours, rig.offerer);
  association_assert_same (&theirs, rig.answerer);
  traffic_await (rig.traffic, SOME);
  end (&rig);
  association_assert_same (&ours, rig.offerer);
  association_assert_same (&theirs, rig.answerer);
}

static void
test_another_path (void)
{
  assert_moves (TEGATA_ROLE_CLIENT);
  assert_moves (TEGATA_ROLE_SERVER);
}

/* The offer is a long time on its way: until then only one side has restarted. */
static void
test_one_side (void)
{
  g_auto (Rig) rig;
  Association ours, theirs;
  guint n_offerer, n_answerer;

  begin (&rig, NULL, TEGATA_ROLE_CLIENT);
  association_note (&ours, rig.offerer);
  association_note (&theirs, rig.answerer);
  n_offerer = rig.offerer->n_selected;
  n_answerer = rig.answerer->n_selected;

  ice_peer_restart (rig.offerer);
  traffic_await (rig.traffic, SOME);
  ice_peer_restart (rig.answerer);
  ice_peer_tell_credentials (rig.offerer, rig.answerer);
  ice_peer_tell_candidates (rig.offerer, rig.answerer);
  traffic_await (rig.traffic, SOME); /* the answer takes its time, too */
  ice_peer_tell_credentials (rig.answerer, rig.offerer);
  ice_peer_tell_candidates (rig.answerer, rig.offerer);
  rig_await_reselected (&rig, n_offerer, n_answerer);

  end (&rig);
  association_assert_same (&ours, rig.offerer);
  association_assert_same (&theirs, rig.answerer);
}

/* One that comes while the handshake is still under way. */
static void
test_in_the_handshake (void)
{
  g_auto (Rig) rig;

  rig_init (&rig, &two_networks, &two_networks);
  party_start (rig.offerer->party, TEGATA_ROLE_CLIENT);
  rig_signal (&rig);
  wait_until (ice_peer_session_stats (rig.answerer).held_hellos > 0);
  rig_await_ready (&rig);
  rig_restart (&rig);
  party_start (rig.answerer->party, TEGATA_ROLE_SERVER);
  ice_peer_tell_candidates (rig.offerer, rig.answerer);
  ice_peer_tell_candidates (rig.answerer, rig.offerer);
  rig_await_connected (&rig);
  rig_await_ready (&rig);
  party_assert_states (rig.offerer->party, "connecting connected");
  rig_begin_traffic (&rig);
  end (&rig);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/nice/restart/leaves-the-association-and-loses-no-packet",
                   test_same_association);
  g_test_add_func ("/nice/restart/may-come-again-and-again", test_many);
  g_test_add_func ("/nice/restart/moves-an-association-to-another-path",
                   test_another_path);
  g_test_add_func ("/nice/restart/of-one-side-waits-for-the-other-one", test_one_side);
  g_test_add_func ("/nice/restart/in-a-handshake-ends-nothing", test_in_the_handshake);
  return g_test_run ();
}
