/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rig.h"
#include "stranger.h"

#include <tegata/error.h>

/*
 * Everybody may send to a candidate's address: who did not pass ICE's checks is not
 * handed up, so not one of the datagrams that end a handshake of libssl's is even read by
 * it. docs/libssl-limits.md has what they would do; the control cases here show that they
 * are dangerous in the right peer's name.
 */

#define SOME 50        /* packets, each way */
#define N_MIN_BURSTS 2 /* the client alone gets two flights */
#define MAX_UNREAD 4

static TegataRole
other (TegataRole role)
{
  return role == TEGATA_ROLE_CLIENT ? TEGATA_ROLE_SERVER : TEGATA_ROLE_CLIENT;
}

/* An attack on both ends of a rig. */
typedef struct
{
  Stranger *stranger;
  TegataRole role; /* the offerer's */
  guint n_unread;  /* bursts since both had read all */
  guint n_bursts;
} Attack;

/* As much as possible, and so little that nothing genuine is crowded out of a socket's
 * buffer. */
static void
strike (Attack *self, Rig *rig)
{
  if (ice_peer_has_read_all (rig->offerer) && ice_peer_has_read_all (rig->answerer))
  {
    self->n_unread = 0;
  }
  if (self->n_unread < MAX_UNREAD)
  {
    stranger_strike (self->stranger, rig->offerer, self->role);
    stranger_strike (self->stranger, rig->answerer, other (self->role));
    self->n_unread++;
    self->n_bursts++;
  }
}

static gboolean
are_in_state (Rig *rig, TegataState state)
{
  return party_get_state (rig->offerer->party) == state
         && party_get_state (rig->answerer->party) == state;
}

/* All that the peer's session sent was handed up, and nothing else. */
static void
assert_nobody_else_was_heard (IcePeer *self, IcePeer *peer)
{
  g_assert_cmpuint (ice_peer_session_stats (self).packets_received, ==,
                    ice_peer_session_stats (peer).packets_sent);
  ice_peer_assert_nothing_refused (self);
}

static void
assert_survives (Rig *rig, Stranger *stranger)
{
  wait_until (ice_peer_has_read_all (rig->offerer)
              && ice_peer_has_read_all (rig->answerer));
  party_assert_states (rig->offerer->party, "connecting connected");
  party_assert_states (rig->answerer->party, "connecting connected");
  rig_begin_traffic (rig);
  traffic_await (rig->traffic, SOME);
  rig_end_traffic (rig);
  assert_nobody_else_was_heard (rig->offerer, rig->answerer);
  assert_nobody_else_was_heard (rig->answerer, rig->offerer);
  g_test_message ("%u forged datagrams", stranger_n_sent (stranger));
}

static void
strike_until_connected (Attack *self, Rig *rig)
{
  guint n_before = self->n_bursts;
  gint64 end_us = wait_begin ();

  while (!are_in_state (rig, TEGATA_STATE_CONNECTED))
  {
    strike (self, rig);
    wait_turn (end_us, "both are connected");
  }
  g_assert_cmpuint (self->n_bursts, >=, n_before + N_MIN_BURSTS);
}

/* From the moment on that there are sockets, until the handshake is complete. */
static void
attack_everything (TegataRole role)
{
  g_autoptr (Stranger) stranger = stranger_new ();
  Attack attack = { .stranger = stranger, .role = role };
  g_auto (Rig) rig;

  rig_init (&rig, NULL, NULL);
  rig_signal (&rig);
  rig_start (&rig, role);
  strike_until_connected (&attack, &rig);
  strike (&attack, &rig);
  assert_survives (&rig, stranger);
}

static void
test_ice_and_handshake (void)
{
  attack_everything (TEGATA_ROLE_CLIENT);
  attack_everything (TEGATA_ROLE_SERVER);
}

/* ICE is done, the client has called, and the server has not begun: both ends are where a
 * forged ClientHello or ServerHello does the most harm. */
static void
test_handshake (void)
{
  g_autoptr (Stranger) stranger = stranger_new ();
  Attack attack = { .stranger = stranger, .role = TEGATA_ROLE_CLIENT };
  g_auto (Rig) rig;

  rig_init (&rig, NULL, NULL);
  rig_signal (&rig);
  rig_await_ready (&rig);
  strike (&attack, &rig);
  party_start (rig.offerer->party, TEGATA_ROLE_CLIENT);
  wait_until (ice_peer_session_stats (rig.answerer).held_hellos > 0);
  strike (&attack, &rig);
  party_start (rig.answerer->party, TEGATA_ROLE_SERVER);
  strike_until_connected (&attack, &rig);
  assert_survives (&rig, stranger);
}

/* In the name of @self, from the very address that its peer's ICE validated. */
static void
send_raw (IcePeer *self, IcePeer *to, GBytes *bytes)
{
  g_autoptr (GSocket) socket
      = nice_agent_get_selected_socket (self->agent, self->stream_id, 1);
  NiceCandidate *local, *remote;
  char host[NICE_ADDRESS_STRING_LEN];
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GError) error = NULL;
  gsize len;
  const char *data = g_bytes_get_data (bytes, &len);

  g_assert_true (
      nice_agent_get_selected_pair (to->agent, to->stream_id, 1, &local, &remote));
  nice_address_to_string (&local->addr, host);
  address = g_inet_socket_address_new_from_string (host,
                                                   nice_address_get_port (&local->addr));
  g_socket_send_to (socket, address, data, len, NULL, &error);
  g_assert_no_error (error);
}

/* Whether @self was handed all that its peer's session sent, and @n more. */
static gboolean
has_heard_more (IcePeer *self, IcePeer *peer, guint n)
{
  return ice_peer_session_stats (self).packets_received
         == ice_peer_session_stats (peer).packets_sent + n;
}

/* So the counts above would have told. */
static void
test_control_counts (void)
{
  g_autoptr (Stranger) stranger = stranger_new ();
  g_auto (Rig) rig;

  rig_init (&rig, NULL, NULL);
  rig_connect (&rig, TEGATA_ROLE_CLIENT);
  for (guint forgery = 0; forgery < N_FORGERIES; forgery++)
  {
    g_autoptr (GBytes) bytes
        = stranger_forge (stranger, (Forgery) forgery, TEGATA_ROLE_SERVER, forgery);

    send_raw (rig.offerer, rig.answerer, bytes);
    wait_until (has_heard_more (rig.answerer, rig.offerer, forgery + 1));
  }
  party_assert_states (rig.answerer->party, "connecting connected");
}

/* So the attack would have worked: the server answers a ClientHello that its own client
 * never sent, and has nobody who can finish that handshake. */
static void
test_control_ends (void)
{
  const IceSettings impatient = { .handshake_timeout_us = 5 * G_TIME_SPAN_SECOND };
  g_autoptr (Stranger) stranger = stranger_new ();
  g_autoptr (GBytes) hello
      = stranger_forge (stranger, FORGERY_CLIENT_HELLO, TEGATA_ROLE_SERVER, 0);
  g_auto (Rig) rig;

  rig_init (&rig, &impatient, &impatient);
  rig_signal (&rig);
  rig_await_ready (&rig);
  party_start (rig.answerer->party, TEGATA_ROLE_SERVER);
  send_raw (rig.offerer, rig.answerer, hello);
  wait_until (ice_peer_session_stats (rig.answerer).packets_received == 1);
  party_start (rig.offerer->party, TEGATA_ROLE_CLIENT);
  wait_until (are_in_state (&rig, TEGATA_STATE_FAILED));
  g_test_message ("server: %s",
                  tegata_transport_get_error (rig.answerer->party->transport)->message);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/nice/attack/by-a-stranger-from-the-first-check-on-is-not-heard",
                   test_ice_and_handshake);
  g_test_add_func ("/nice/attack/by-a-stranger-in-a-handshake-is-not-heard",
                   test_handshake);
  g_test_add_func ("/nice/attack/in-the-name-of-the-peer-is-counted",
                   test_control_counts);
  g_test_add_func ("/nice/attack/in-the-name-of-the-peer-ends-a-handshake",
                   test_control_ends);
  return g_test_run ();
}
