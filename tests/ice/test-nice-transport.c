/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rig.h"

#include <string.h>
#include <tegata/error.h>

#define SOME 50 /* packets, each way */
#define STRANGER                                                                         \
  "sha-256 "                                                                             \
  "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"                                     \
  "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"

static void
assert_works (Rig *rig)
{
  rig_begin_traffic (rig);
  traffic_await (rig->traffic, SOME);
  rig_end_traffic (rig);
}

static void
assert_connects (const IceSettings *offerer, const IceSettings *answerer, TegataRole role)
{
  g_auto (Rig) rig;

  rig_init (&rig, offerer, answerer);
  rig_connect (&rig, role);
  assert_works (&rig);
}

static void
test_roles (void)
{
  assert_connects (NULL, NULL, TEGATA_ROLE_CLIENT);
  assert_connects (NULL, NULL, TEGATA_ROLE_SERVER);
}

static void
test_ipv6 (void)
{
  const IceSettings settings = { .addresses = { "::1" } };
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string ("::1", 0);
  g_autoptr (GSocket) socket = g_socket_new (G_SOCKET_FAMILY_IPV6, G_SOCKET_TYPE_DATAGRAM,
                                             G_SOCKET_PROTOCOL_UDP, NULL);

  if (socket == NULL || !g_socket_bind (socket, address, FALSE, NULL))
  {
    g_test_skip ("this machine has no IPv6 loopback address");
    return;
  }
  assert_connects (&settings, &settings, TEGATA_ROLE_CLIENT);
}

/* Where both families go, one is chosen, and either will do. */
static void
test_both_families (void)
{
  const IceSettings both = { .addresses = { "::1", "127.0.0.1" } };

  assert_connects (&both, NULL, TEGATA_ROLE_SERVER);
}

static void
test_lite (void)
{
  const IceSettings lite = { .flags = NICE_AGENT_OPTION_LITE_MODE };
  const IceSettings full = { .flags = NICE_AGENT_OPTION_REGULAR_NOMINATION };

  assert_connects (NULL, &lite, TEGATA_ROLE_CLIENT);
  assert_connects (&full, &lite, TEGATA_ROLE_SERVER);
}

static void
test_consent (void)
{
  const IceSettings settings = { .flags = NICE_AGENT_OPTION_CONSENT_FRESHNESS };

  assert_connects (&settings, &settings, TEGATA_ROLE_CLIENT);
}

/* Each candidate is told as it is found, and DTLS is started before any was. */
static void
test_trickle (void)
{
  const IceSettings settings = { .flags = NICE_AGENT_OPTION_ICE_TRICKLE,
                                 .addresses = { "127.0.0.1", "127.0.0.2" } };
  g_auto (Rig) rig;

  rig_init (&rig, &settings, &settings);
  rig_tell_credentials (&rig);
  rig.offerer->trickle_to = rig.answerer;
  rig.answerer->trickle_to = rig.offerer;
  rig_start (&rig, TEGATA_ROLE_CLIENT);
  rig_gather (&rig);
  rig_await_connected (&rig);
  g_assert_cmpuint (rig.offerer->candidates->len, >=, 2);
  assert_works (&rig);
}

/* The peer's candidates come one by one, each a whole turn behind the last one. */
static void
test_late_candidates (void)
{
  const IceSettings settings = { .addresses = { "127.0.0.2", "127.0.0.1" } };
  g_auto (Rig) rig;

  rig_init (&rig, &settings, &settings);
  rig_gather (&rig);
  rig_tell_credentials (&rig);
  rig_start (&rig, TEGATA_ROLE_SERVER);
  for (guint i = 0; i < rig.offerer->candidates->len; i++)
  {
    ice_peer_tell_candidate (rig.offerer, i, rig.answerer);
    g_main_context_iteration (NULL, FALSE);
    ice_peer_tell_candidate (rig.answerer, i, rig.offerer);
    g_main_context_iteration (NULL, FALSE);
  }
  rig_await_connected (&rig);
  assert_works (&rig);
}

/* A NAT, or an offer with candidates that cannot be read: checks come from nowhere. */
static void
test_peer_reflexive (void)
{
  g_auto (Rig) rig;

  rig_init (&rig, NULL, NULL);
  rig_gather (&rig);
  rig_tell_credentials (&rig);
  ice_peer_tell_candidates (rig.answerer, rig.offerer);
  rig_start (&rig, TEGATA_ROLE_CLIENT);
  rig_await_connected (&rig);
  g_assert_cmpint (ice_peer_remote_type (rig.answerer), ==,
                   NICE_CANDIDATE_TYPE_PEER_REFLEXIVE);
  assert_works (&rig);
}

/* A ClientHello that comes before the answerer knows its role. */
static void
test_early_hello (void)
{
  g_auto (Rig) rig;
  TegataSessionStats stats;

  rig_init (&rig, NULL, NULL);
  party_start (rig.offerer->party, TEGATA_ROLE_CLIENT);
  rig_signal (&rig);
  wait_until (ice_peer_session_stats (rig.answerer).held_hellos > 0);
  party_assert_states (rig.answerer->party, "");
  party_start (rig.answerer->party, TEGATA_ROLE_SERVER);
  rig_await_connected (&rig);
  stats = ice_peer_session_stats (rig.answerer);
  g_assert_cmpuint (stats.refused[TEGATA_REFUSED_OVERFLOW], ==, 0);
  assert_works (&rig);
}

static void
expect_somebody_else (IcePeer *self)
{
  g_autoptr (GError) error = NULL;

  tegata_transport_set_peer_fingerprint (self->party->transport, STRANGER, &error);
  g_assert_no_error (error);
}

static void
begin_to_fail (Rig *rig, TegataRole role)
{
  const IceSettings impatient = { .handshake_timeout_us = 5 * G_TIME_SPAN_SECOND };

  rig_init (rig, NULL, &impatient);
  expect_somebody_else (rig->offerer);
  rig_signal (rig);
  rig_start (rig, role);
}

static void
assert_fails_on_both (Rig *rig)
{
  Party *offerer = rig->offerer->party;
  Party *answerer = rig->answerer->party;
  const GError *theirs;

  wait_until (party_get_state (offerer) == TEGATA_STATE_FAILED
              && party_get_state (answerer) == TEGATA_STATE_FAILED);
  g_assert_error (tegata_transport_get_error (offerer->transport), TEGATA_ERROR,
                  TEGATA_ERROR_FINGERPRINT);
  theirs = tegata_transport_get_error (answerer->transport);
  g_test_message ("answerer: %s", theirs->message);
  g_assert_nonnull (strstr (theirs->message, "bad_certificate"));
  party_assert_states (offerer, "connecting failed");
  party_assert_states (answerer, "connecting failed");
}

/* Before the ciphers change, the refusal is an alert that anybody could have sent: the
 * other side waits for its timeout, and then says what it heard. */
static void
test_wrong_fingerprint (void)
{
  g_auto (Rig) client;
  g_auto (Rig) server;

  begin_to_fail (&client, TEGATA_ROLE_CLIENT);
  begin_to_fail (&server, TEGATA_ROLE_SERVER);
  assert_fails_on_both (&client);
  assert_fails_on_both (&server);
}

static void
test_close (void)
{
  g_auto (Rig) rig;

  rig_init (&rig, NULL, NULL);
  rig_connect (&rig, TEGATA_ROLE_SERVER);
  tegata_transport_close (rig.answerer->party->transport);
  wait_until (party_get_state (rig.offerer->party) == TEGATA_STATE_CLOSED);
  party_assert_states (rig.offerer->party, "connecting connected closed");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/nice/transport/connects-in-either-dtls-role", test_roles);
  g_test_add_func ("/nice/transport/connects-over-ipv6", test_ipv6);
  g_test_add_func ("/nice/transport/connects-where-one-has-both-families",
                   test_both_families);
  g_test_add_func ("/nice/transport/connects-full-to-lite", test_lite);
  g_test_add_func ("/nice/transport/connects-with-consent-freshness", test_consent);
  g_test_add_func ("/nice/transport/connects-by-trickled-candidates", test_trickle);
  g_test_add_func ("/nice/transport/connects-by-candidates-that-come-one-by-one",
                   test_late_candidates);
  g_test_add_func ("/nice/transport/connects-to-whom-it-was-not-told-of",
                   test_peer_reflexive);
  g_test_add_func ("/nice/transport/holds-a-client-hello-until-its-start",
                   test_early_hello);
  g_test_add_func ("/nice/transport/fails-on-both-sides-by-a-wrong-fingerprint",
                   test_wrong_fingerprint);
  g_test_add_func ("/nice/transport/hears-a-close-notify", test_close);
  return g_test_run ();
}
