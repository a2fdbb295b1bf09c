/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transport/server.h"

static void
expect_whoever_comes (Party *self, TegataOutputKind kind)
{
  g_autofree char *fingerprint = NULL;
  g_autoptr (GError) error = NULL;

  if (kind == TEGATA_OUTPUT_STATE
      && party_get_state (self) == TEGATA_STATE_AWAITING_FINGERPRINT)
  {
    g_object_get (self->transport, "peer-fingerprint", &fingerprint, NULL);
    tegata_transport_set_peer_fingerprint (self->transport, fingerprint, &error);
    g_assert_no_error (error);
  }
}

static void
on_incoming (TegataTransportListener *listener,
             TegataTransport *transport,
             gpointer user_data)
{
  Server *self = user_data;

  g_assert_true (listener == self->listener);
  g_assert_cmpint (tegata_transport_get_state (transport), ==, TEGATA_STATE_CONNECTING);
  self->n_incoming++;
  if (self->keeps)
  {
    Party *party = party_new_for_transport (g_object_ref (transport));

    party->then = expect_whoever_comes;
    g_ptr_array_add (self->parties, party);
  }
  if (self->on_incoming != NULL)
  {
    self->on_incoming (self);
  }
}

void
server_init (Server *self, TegataDatagramChannel *channel)
{
  g_autoptr (GError) error = NULL;

  self->context = tegata_context_new (NULL, &error);
  g_assert_no_error (error);
  if (self->without_cookies)
  {
    tegata_context_set_cookies (self->context, TEGATA_COOKIES_NEVER);
  }
  self->listener
      = tegata_transport_listener_new (self->context, channel, party_get_loop (), &error);
  g_assert_no_error (error);
  self->parties = g_ptr_array_new_with_free_func ((GDestroyNotify) party_free);
  self->keeps = TRUE;
  g_signal_connect (self->listener, "incoming", G_CALLBACK (on_incoming), self);
}

void
server_clear (Server *self)
{
  g_clear_object (&self->listener);
  g_clear_pointer (&self->parties, g_ptr_array_unref);
  g_clear_pointer (&self->context, tegata_context_unref);
}

guint
server_count_sessions (Server *self)
{
  TegataListenerStats stats;

  tegata_transport_listener_get_stats (self->listener, &stats);
  return stats.sessions;
}

void
party_expect_server (Party *client, Server *server)
{
  TegataFingerprint *fingerprint = tegata_fingerprint_new_for_certificate (
      tegata_context_get_certificate (server->context), TEGATA_HASH_SHA256);

  tegata_transport_set_peer_fingerprints (client->transport, &fingerprint, 1);
  tegata_fingerprint_unref (fingerprint);
}
