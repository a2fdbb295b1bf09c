/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support/pair.h"

#include <string.h>

#define MS G_TIME_SPAN_MILLISECOND

Pair *
pair_new (EndpointKind kind,
          TegataContext *client_context,
          TegataContext *server_context,
          guint32 seed)
{
  g_autoptr (GError) error = NULL;
  Pair *self = g_new0 (Pair, 1);

  self->network = network_new (seed);
  self->client
      = endpoint_new (self->network, kind, client_context, TEGATA_ROLE_CLIENT, &error);
  g_assert_no_error (error);
  self->server
      = endpoint_new (self->network, kind, server_context, TEGATA_ROLE_SERVER, &error);
  g_assert_no_error (error);
  self->client->peer = *network_node_address (self->network, self->server->node);
  self->server->peer = *network_node_address (self->network, self->client->node);
  return self;
}

Pair *
pair_new_trusting (EndpointKind kind,
                   TegataContext *client_context,
                   TegataContext *server_context,
                   guint32 seed)
{
  Pair *self = pair_new (kind, client_context, server_context, seed);

  pair_trust (self);
  return self;
}

void
pair_free (Pair *self)
{
  endpoint_free (self->client);
  endpoint_free (self->server);
  network_free (self->network);
  g_free (self);
}

void
pair_trust (Pair *self)
{
  endpoint_expect_certificate (self->client,
                               tegata_context_get_certificate (self->server->context));
  endpoint_expect_certificate (self->server,
                               tegata_context_get_certificate (self->client->context));
}

void
pair_start (Pair *self)
{
  endpoint_start (self->server);
  endpoint_start (self->client);
}

void
pair_run (Pair *self, gint64 duration_us)
{
  network_run (self->network, duration_us, NULL, NULL);
}

gboolean
pair_is_connected (Pair *self)
{
  return endpoint_state (self->client) == TEGATA_STATE_CONNECTED
         && endpoint_state (self->server) == TEGATA_STATE_CONNECTED;
}

static gboolean
is_settled (gpointer user_data)
{
  Pair *self = user_data;

  return pair_is_connected (self) || endpoint_is_final (self->client)
         || endpoint_is_final (self->server);
}

gboolean
pair_run_until_connected (Pair *self)
{
  network_run (self->network, 60 * G_TIME_SPAN_SECOND, is_settled, self);
  return pair_is_connected (self);
}

void
pair_connect (Pair *self)
{
  pair_start (self);
  pair_run_until_connected (self);
  pair_assert_works (self);
}

static void
assert_same_keys (Pair *self)
{
  g_autoptr (GError) error = NULL;
  TegataSrtpKeys client, server;
  TegataSrtpProfile profile = tegata_dtls_get_srtp_profile (self->client->dtls);

  if (profile == TEGATA_SRTP_PROFILE_NONE)
  {
    g_assert_false (tegata_dtls_export_srtp_keys (self->client->dtls, &client, &error));
    g_assert_error (error, TEGATA_ERROR, TEGATA_ERROR_NO_PROFILE);
    return;
  }
  tegata_dtls_export_srtp_keys (self->client->dtls, &client, &error);
  g_assert_no_error (error);
  tegata_dtls_export_srtp_keys (self->server->dtls, &server, &error);
  g_assert_no_error (error);

  g_assert_cmpint (client.profile, ==, profile);
  g_assert_cmpuint (client.key_len, ==, tegata_srtp_profile_get_key_len (profile));
  g_assert_cmpmem (client.client, client.key_len, server.client, server.key_len);
  g_assert_cmpmem (client.server, client.key_len, server.server, server.key_len);
  g_assert_true (memcmp (client.client, client.server, client.key_len) != 0);
  tegata_srtp_keys_clear (&client);
  tegata_srtp_keys_clear (&server);
}

static void
assert_agreement (Pair *self)
{
  TegataDtls *client = self->client->dtls;
  TegataDtls *server = self->server->dtls;

  g_assert_cmpint (tegata_dtls_get_version (client), !=, TEGATA_VERSION_NONE);
  g_assert_cmpint (tegata_dtls_get_version (client), ==,
                   tegata_dtls_get_version (server));
  g_assert_nonnull (tegata_dtls_get_cipher (client));
  g_assert_cmpstr (tegata_dtls_get_cipher (client), ==, tegata_dtls_get_cipher (server));
  g_assert_cmpint (tegata_dtls_get_srtp_profile (client), ==,
                   tegata_dtls_get_srtp_profile (server));
}

static void
assert_peer_certificate (Endpoint *self, Endpoint *peer)
{
  TegataCertificate *seen = tegata_dtls_get_peer_certificate (self->dtls);
  gsize seen_len, own_len;

  g_assert_nonnull (seen);
  const guint8 *seen_der = tegata_certificate_get_der (seen, &seen_len);
  const guint8 *own_der = tegata_certificate_get_der (
      tegata_context_get_certificate (peer->context), &own_len);
  g_assert_cmpmem (seen_der, seen_len, own_der, own_len);
}

/* Lets what is under way arrive, and the loss of the wild be over. */
static void
assert_one_way (Pair *self, Endpoint *from, Endpoint *to)
{
  static guint n_texts;
  g_autofree char *text = g_strdup_printf ("hello %u", n_texts++);
  g_autoptr (GError) error = NULL;

  endpoint_send_data (from, text, &error);
  g_assert_no_error (error);
  pair_run (self, network_conditions (self->network)->delay_us + MS);
  g_assert_cmpuint (endpoint_count_data (to, text), ==, 1);
}

void
pair_assert_data_flows (Pair *self)
{
  NetworkConditions saved = *network_conditions (self->network);

  *network_conditions (self->network)
      = (NetworkConditions){ .delay_us = saved.delay_us, .mtu = saved.mtu };
  network_set_fate_func (self->network, NULL, NULL);
  assert_one_way (self, self->client, self->server);
  assert_one_way (self, self->server, self->client);
  *network_conditions (self->network) = saved;
}

void
pair_assert_works (Pair *self)
{
  endpoint_assert_state (self->client, TEGATA_STATE_CONNECTED);
  endpoint_assert_state (self->server, TEGATA_STATE_CONNECTED);
  assert_agreement (self);
  assert_peer_certificate (self->client, self->server);
  assert_peer_certificate (self->server, self->client);
  assert_same_keys (self);
  pair_assert_data_flows (self);
}

static void
assert_nothing_passed (Endpoint *self)
{
  g_assert_false (endpoint_was_in (self, TEGATA_STATE_CONNECTED));
  g_assert_cmpint (endpoint_state (self), !=, TEGATA_STATE_CONNECTED);
  g_assert_cmpuint (self->data->len, ==, 0);
  g_assert_cmpuint (self->rtp->len, ==, 0);
  g_assert_cmpuint (self->rtcp->len, ==, 0);
}

void
pair_assert_nothing_passed (Pair *self)
{
  assert_nothing_passed (self->client);
  assert_nothing_passed (self->server);
}
