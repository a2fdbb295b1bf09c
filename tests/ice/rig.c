/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rig.h"

#include <string.h>

void
rig_init (Rig *self, const IceSettings *offerer, const IceSettings *answerer)
{
  IceSettings settings[2] = { { 0 }, { 0 } };

  settings[0] = offerer != NULL ? *offerer : settings[0];
  settings[1] = answerer != NULL ? *answerer : settings[1];
  settings[0].is_controlling = TRUE;
  settings[1].is_controlling = FALSE;
  self->offerer = ice_peer_new (&settings[0]);
  self->answerer = ice_peer_new (&settings[1]);
  self->traffic = NULL;
  party_expect (self->offerer->party, self->answerer->party);
  party_expect (self->answerer->party, self->offerer->party);
}

void
rig_clear (Rig *self)
{
  Party *answerer = self->answerer->party;
  gboolean is_connected = party_get_state (answerer) == TEGATA_STATE_CONNECTED;

  g_clear_pointer (&self->traffic, traffic_free);
  tegata_transport_close (self->offerer->party->transport);
  if (is_connected)
  {
    wait_until (party_get_state (answerer) == TEGATA_STATE_CLOSED);
  }
  ice_peer_free (self->offerer);
  ice_peer_free (self->answerer);
}

/* ICE. */

void
rig_gather (Rig *self)
{
  ice_peer_gather (self->offerer);
  ice_peer_gather (self->answerer);
  wait_until (self->offerer->has_gathered && self->answerer->has_gathered);
}

void
rig_tell_credentials (Rig *self)
{
  ice_peer_tell_credentials (self->offerer, self->answerer);
  ice_peer_tell_credentials (self->answerer, self->offerer);
}

static void
tell_candidates (Rig *self)
{
  ice_peer_tell_candidates (self->offerer, self->answerer);
  ice_peer_tell_candidates (self->answerer, self->offerer);
}

void
rig_signal (Rig *self)
{
  rig_gather (self);
  rig_tell_credentials (self);
  tell_candidates (self);
}

void
rig_await_ready (Rig *self)
{
  g_autofree char *ours = NULL;
  g_autofree char *theirs = NULL;

  wait_until (ice_peer_is_ready (self->offerer) && ice_peer_is_ready (self->answerer));
  ours = ice_peer_dup_pair (self->offerer);
  theirs = ice_peer_dup_pair (self->answerer);
  g_test_message ("offerer: %s; answerer: %s", ours, theirs);
}

/* DTLS. */

void
rig_start (Rig *self, TegataRole role)
{
  gboolean is_client = role == TEGATA_ROLE_CLIENT;

  party_start (self->offerer->party, role);
  party_start (self->answerer->party,
               is_client ? TEGATA_ROLE_SERVER : TEGATA_ROLE_CLIENT);
}

/* Why a handshake failed, for who reads a log. */
static void
tell_story (const char *name, IcePeer *peer)
{
  g_autofree char *pair = ice_peer_dup_pair (peer);
  TegataNiceChannelStats stats;

  tegata_nice_channel_get_stats (peer->channel, &stats);
  g_test_message (
      "%s: %s, ICE %s, %s, %" G_GUINT64_FORMAT " sent, %" G_GUINT64_FORMAT " received",
      name, tegata_state_to_string (party_get_state (peer->party)),
      nice_component_state_to_string (
          nice_agent_get_component_state (peer->agent, peer->stream_id, 1)),
      pair != NULL ? pair : "no pair", stats.datagrams_sent, stats.datagrams_received);
}

static gboolean
are_connected (Rig *self)
{
  const GError *ours = tegata_transport_get_error (self->offerer->party->transport);
  const GError *theirs = tegata_transport_get_error (self->answerer->party->transport);

  if (ours != NULL || theirs != NULL)
  {
    tell_story ("offerer", self->offerer);
    tell_story ("answerer", self->answerer);
  }
  g_assert_no_error (ours);
  g_assert_no_error (theirs);
  return party_get_state (self->offerer->party) == TEGATA_STATE_CONNECTED
         && party_get_state (self->answerer->party) == TEGATA_STATE_CONNECTED;
}

void
rig_await_connected (Rig *self)
{
  wait_until (are_connected (self));
}

void
rig_connect (Rig *self, TegataRole role)
{
  rig_signal (self);
  rig_start (self, role);
  rig_await_connected (self);
  rig_await_ready (self);
}

/* Media. */

void
rig_begin_traffic (Rig *self)
{
  g_assert_null (self->traffic);
  self->traffic = traffic_new (self->offerer->party, self->answerer->party);
}

void
rig_end_traffic (Rig *self)
{
  traffic_finish (self->traffic);
  g_test_message ("%u packets, %u of them late", traffic_n_received (self->traffic),
                  traffic_n_late (self->traffic));
  g_clear_pointer (&self->traffic, traffic_free);
  ice_peer_assert_nothing_refused (self->offerer);
  ice_peer_assert_nothing_refused (self->answerer);
}

/* Restarts. */

void
rig_restart (Rig *self)
{
  g_autofree char *before = ice_peer_dup_ufrag (self->offerer);
  g_autofree char *after = NULL;

  ice_peer_restart (self->offerer);
  ice_peer_restart (self->answerer);
  after = ice_peer_dup_ufrag (self->offerer);
  g_assert_cmpstr (before, !=, after);
  rig_tell_credentials (self);
}

void
rig_await_reselected (Rig *self, guint n_selected_offerer, guint n_selected_answerer)
{
  wait_until (self->offerer->n_selected > n_selected_offerer
              && self->answerer->n_selected > n_selected_answerer);
  rig_await_ready (self);
}

void
rig_restart_and_select (Rig *self)
{
  guint n_offerer = self->offerer->n_selected;
  guint n_answerer = self->answerer->n_selected;
  Association ours, theirs;

  association_note (&ours, self->offerer);
  association_note (&theirs, self->answerer);
  rig_restart (self);
  tell_candidates (self);
  rig_await_reselected (self, n_offerer, n_answerer);
  association_assert_same (&ours, self->offerer);
  association_assert_same (&theirs, self->answerer);
}

/* Associations. */

static TegataDtls *
dtls_of (IcePeer *peer)
{
  return tegata_session_get_dtls (tegata_transport_get_session (peer->party->transport));
}

void
association_note (Association *self, IcePeer *peer)
{
  g_autoptr (GError) error = NULL;

  tegata_dtls_get_stats (dtls_of (peer), &self->dtls);
  self->certificate = tegata_transport_get_peer_certificate (peer->party->transport);
  g_assert_nonnull (self->certificate);
  tegata_dtls_export_srtp_keys (dtls_of (peer), &self->keys, &error);
  g_assert_no_error (error);
}

void
association_assert_same (const Association *self, IcePeer *peer)
{
  Association now;

  association_note (&now, peer);
  party_assert_states (peer->party, "connecting connected");
  g_assert_cmpuint (now.dtls.flights_sent, ==, self->dtls.flights_sent);
  g_assert_cmpuint (now.dtls.flights_received, ==, self->dtls.flights_received);
  g_assert_true (now.certificate == self->certificate);
  g_assert_cmpint (now.keys.profile, ==, self->keys.profile);
  g_assert_cmpmem (now.keys.client, now.keys.key_len, self->keys.client,
                   self->keys.key_len);
  g_assert_cmpmem (now.keys.server, now.keys.key_len, self->keys.server,
                   self->keys.key_len);
}

/* Counters. */

TegataSessionStats
ice_peer_session_stats (IcePeer *self)
{
  TegataSessionStats stats;

  tegata_session_get_stats (tegata_transport_get_session (self->party->transport),
                            &stats);
  return stats;
}

void
ice_peer_assert_nothing_refused (IcePeer *self)
{
  TegataSessionStats stats = ice_peer_session_stats (self);
  TegataNiceChannelStats channel;

  for (guint i = 0; i < TEGATA_N_REFUSALS; i++)
  {
    g_assert_cmpuint (stats.refused[i], ==, 0);
  }
  for (guint i = 0; i < TEGATA_N_SRTP_OUTCOMES; i++)
  {
    g_assert_true (i == TEGATA_SRTP_OK || stats.inbound.rtp[i] == 0);
    g_assert_true (i == TEGATA_SRTP_OK || stats.inbound.rtcp[i] == 0);
  }
  tegata_nice_channel_get_stats (self->channel, &channel);
  g_assert_cmpuint (channel.datagrams_received, ==, stats.packets_received);
  g_assert_cmpuint (channel.datagrams_sent, ==, stats.packets_sent);
  g_assert_cmpuint (channel.dropped, ==, 0);
  g_assert_cmpuint (channel.errors, ==, 0);
}
