/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transport/server.h"

#include <string.h>

/* A client on one end of a pair, a listener on the other one. */
typedef struct
{
  PairChannel *client_channel;
  PairChannel *server_channel;
  Party *client;
  Server server;
} Scene;

static void
scene_init (Scene *self)
{
  channel_pair_new (&self->client_channel, &self->server_channel);
  pair_channel_set_address (self->client_channel, "client");
  self->client = party_new (NULL, TEGATA_DATAGRAM_CHANNEL (self->client_channel));
  server_init (&self->server, TEGATA_DATAGRAM_CHANNEL (self->server_channel));
}

static void
scene_shuttle (Scene *self)
{
  channel_pair_shuttle (self->client_channel, self->server_channel);
}

static void
scene_connect (Scene *self)
{
  party_expect_server (self->client, &self->server);
  party_start (self->client, TEGATA_ROLE_CLIENT);
  scene_shuttle (self);
}

static void
scene_clear (Scene *self)
{
  g_clear_pointer (&self->client, party_free);
  server_clear (&self->server);
  g_clear_object (&self->client_channel);
  g_clear_object (&self->server_channel);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Scene, scene_clear)

static Party *
get_party (Scene *self, guint index)
{
  g_assert_cmpuint (index, <, self->server.parties->len);
  return self->server.parties->pdata[index];
}

static void
hands_out_a_transport (void)
{
  g_auto (Scene) scene = { 0 };
  TegataListenerStats stats;
  TegataAddress peer;

  scene_init (&scene);
  scene_connect (&scene);
  g_assert_cmpuint (scene.server.n_incoming, ==, 1);
  party_assert_states (get_party (&scene, 0),
                       "connecting awaiting-fingerprint connected");
  party_assert_states (scene.client, "connecting connected");
  party_assert_sends (scene.client, 1);
  party_assert_sends (get_party (&scene, 0), 2);
  peer = pair_channel_get_last_peer (scene.server_channel);
  g_assert_cmpmem (peer.bytes, peer.len, "client", 6);
  scene_shuttle (&scene);
  g_assert_cmpuint (scene.client->packets->len, ==, 1);
  g_assert_cmpuint (get_party (&scene, 0)->packets->len, ==, 1);
  tegata_transport_listener_get_stats (scene.server.listener, &stats);
  g_assert_cmpuint (stats.cookies_sent, ==, 1);
  g_assert_cmpuint (stats.sessions, ==, 1);
}

static void
forgets_a_transport_that_nobody_keeps (void)
{
  g_auto (Scene) scene = { 0 };

  scene_init (&scene);
  scene.server.keeps = FALSE;
  scene_connect (&scene);
  g_assert_cmpuint (scene.server.n_incoming, ==, 1);
  g_assert_cmpuint (server_count_sessions (&scene.server), ==, 0);
  g_assert_cmpint (party_get_state (scene.client), ==, TEGATA_STATE_CONNECTING);
  /* without a word: no more than the request for a cookie */
  g_assert_cmpuint (pair_channel_get_n_sent (scene.server_channel), ==, 1);
}

static void
forgets_a_transport_that_is_released (void)
{
  g_auto (Scene) scene = { 0 };

  scene_init (&scene);
  scene_connect (&scene);
  g_assert_cmpuint (server_count_sessions (&scene.server), ==, 1);
  party_release (get_party (&scene, 0));
  g_assert_cmpuint (server_count_sessions (&scene.server), ==, 0);
  g_assert_true (pair_channel_is_attached (scene.server_channel));
  party_assert_sends (scene.client, 1);
  scene_shuttle (&scene);
  g_assert_cmpuint (get_party (&scene, 0)->packets->len, ==, 0);
}

/* Everybody's way to be told of the end. */
static void
assert_ends_well (Scene *scene, const char *client_states)
{
  Party *party = get_party (scene, 0);
  g_autofree char *peer = NULL;
  g_autoptr (GBytes) packet = make_rtp (9);
  g_autoptr (GError) error = NULL;

  scene_shuttle (scene);
  party_assert_states (party, "connecting awaiting-fingerprint connected closed");
  party_assert_states (scene->client, client_states);
  g_assert_false (pair_channel_is_attached (scene->server_channel));

  /* what was known stays known */
  g_assert_cmpint (party_get_state (party), ==, TEGATA_STATE_CLOSED);
  g_object_get (party->transport, "peer-fingerprint", &peer, NULL);
  g_assert_nonnull (peer);
  g_assert_nonnull (tegata_transport_get_session (party->transport));
  g_assert_nonnull (tegata_transport_get_peer_certificate (party->transport));
  g_assert_false (tegata_transport_send_rtp (party->transport,
                                             g_bytes_get_data (packet, NULL),
                                             g_bytes_get_size (packet), &error));
  g_assert_error (error, TEGATA_ERROR, TEGATA_ERROR_NOT_CONNECTED);
  tegata_transport_close (party->transport);
  party_release (party);
}

static void
closes_politely (void)
{
  g_auto (Scene) scene = { 0 };

  scene_init (&scene);
  scene_connect (&scene);
  tegata_transport_listener_close (scene.server.listener);
  tegata_transport_listener_close (scene.server.listener);
  assert_ends_well (&scene, "connecting connected closed");
}

static void
may_be_released_before_its_transports (void)
{
  g_auto (Scene) scene = { 0 };
  guint n_sent = 0;

  scene_init (&scene);
  scene_connect (&scene);
  n_sent = pair_channel_get_n_sent (scene.server_channel);
  g_clear_object (&scene.server.listener);
  g_assert_cmpuint (pair_channel_get_n_sent (scene.server_channel), ==, n_sent);
  assert_ends_well (&scene, "connecting connected");
}

static void
may_be_released_after_it_was_closed (void)
{
  g_auto (Scene) scene = { 0 };

  scene_init (&scene);
  scene_connect (&scene);
  tegata_transport_listener_close (scene.server.listener);
  g_clear_object (&scene.server.listener);
  assert_ends_well (&scene, "connecting connected closed");
}

static void
leaves_a_channel_that_another_one_takes (void)
{
  g_auto (Scene) scene = { 0 };
  Server second = { 0 };

  scene_init (&scene);
  scene_connect (&scene);
  tegata_transport_listener_close (scene.server.listener);
  server_init (&second, TEGATA_DATAGRAM_CHANNEL (scene.server_channel));
  scene_shuttle (&scene);
  g_clear_pointer (&scene.client, party_free);
  scene.client = party_new (NULL, TEGATA_DATAGRAM_CHANNEL (scene.client_channel));
  party_expect_server (scene.client, &second);
  party_start (scene.client, TEGATA_ROLE_CLIENT);
  scene_shuttle (&scene);
  g_assert_cmpint (party_get_state (scene.client), ==, TEGATA_STATE_CONNECTED);
  g_assert_cmpuint (second.n_incoming, ==, 1);
  g_clear_object (&scene.server.listener); /* and does not touch it again */
  party_assert_sends (scene.client, 1);
  scene_shuttle (&scene);
  g_assert_cmpuint (((Party *) second.parties->pdata[0])->packets->len, ==, 1);
  server_clear (&second);
}

/* From within its own signal, and from within its transports' call-backs. */

static void
release_listener (gpointer data)
{
  g_clear_object (&((Server *) data)->listener);
}

static void
release_listener_and_transport (gpointer data)
{
  Server *self = data;

  g_clear_object (&self->listener);
  party_release (self->parties->pdata[0]);
}

static void
close_listener (gpointer data)
{
  tegata_transport_listener_close (((Server *) data)->listener);
}

static void
is_released_inside_incoming (void)
{
  static void (*const deeds[]) (gpointer)
      = { release_listener, close_listener, release_listener_and_transport };

  for (guint i = 0; i < G_N_ELEMENTS (deeds); i++)
  {
    g_auto (Scene) scene = { 0 };

    scene_init (&scene);
    scene.server.on_incoming = deeds[i];
    scene_connect (&scene);
    g_assert_cmpuint (scene.server.n_incoming, ==, 1);
    g_assert_false (pair_channel_is_attached (scene.server_channel));
    if (i < 2)
    {
      g_assert_cmpuint (party_count_state (get_party (&scene, 0), TEGATA_STATE_CLOSED),
                        ==, 1);
    }
  }
}

static Server *server_of_callbacks;
static void (*deed_of_callbacks) (gpointer);

static void
do_in_media (Party *self, TegataOutputKind kind)
{
  (void) self;
  if (kind == TEGATA_OUTPUT_RTP)
  {
    deed_of_callbacks (server_of_callbacks);
  }
}

static void
is_released_inside_media (void)
{
  static void (*const deeds[]) (gpointer)
      = { release_listener, close_listener, release_listener_and_transport };

  for (guint i = 0; i < G_N_ELEMENTS (deeds); i++)
  {
    g_auto (Scene) scene = { 0 };
    Party *party = NULL;

    scene_init (&scene);
    scene_connect (&scene);
    server_of_callbacks = &scene.server;
    deed_of_callbacks = deeds[i];
    party = get_party (&scene, 0);
    party->then = do_in_media;
    party_assert_sends (scene.client, 1);
    tegata_transport_send_data (scene.client->transport, (const guint8 *) "x", 1, NULL);
    party_assert_sends (scene.client, 2);
    scene_shuttle (&scene);
    g_assert_cmpuint (party->packets->len, ==, 1);
    g_assert_cmpuint (party_count_state (party, TEGATA_STATE_CLOSED), ==, i < 2 ? 1 : 0);
    g_assert_false (pair_channel_is_attached (scene.server_channel));
    if (scene.server.listener == NULL)
    {
      party_assert_states (scene.client, "connecting connected");
    }
  }
}

static void
serves_who_comes_back (void)
{
  g_auto (Scene) scene = { 0 };

  scene_init (&scene);
  scene_connect (&scene);
  g_clear_pointer (&scene.client, party_free); /* it crashed */
  scene.client = party_new (NULL, TEGATA_DATAGRAM_CHANNEL (scene.client_channel));
  scene_connect (&scene);
  g_assert_cmpuint (scene.server.n_incoming, ==, 2);
  party_assert_states (scene.client, "connecting connected");
  party_assert_states (get_party (&scene, 0),
                       "connecting awaiting-fingerprint connected closed");
  party_assert_states (get_party (&scene, 1),
                       "connecting awaiting-fingerprint connected");
  party_assert_sends (scene.client, 1);
  party_assert_sends (get_party (&scene, 1), 2);
  scene_shuttle (&scene);
  g_assert_cmpuint (get_party (&scene, 0)->packets->len, ==, 0);
  g_assert_cmpuint (get_party (&scene, 1)->packets->len, ==, 1);
  g_assert_cmpuint (scene.client->packets->len, ==, 1);
}

static void
refuses_more_than_its_maximum (void)
{
  g_auto (Scene) scene = { 0 };
  TegataListenerStats stats;

  scene_init (&scene);
  tegata_transport_listener_set_max_sessions (scene.server.listener, 0);
  scene_connect (&scene);
  tegata_transport_listener_get_stats (scene.server.listener, &stats);
  g_assert_cmpuint (scene.server.n_incoming, ==, 0);
  g_assert_cmpuint (stats.refused[TEGATA_REFUSED_OVERFLOW], ==, 1);
}

static void
counts_datagrams_without_a_source (void)
{
  g_auto (Scene) scene = { 0 };
  TegataListenerStats stats;

  scene_init (&scene);
  pair_channel_set_address (scene.client_channel, "");
  scene_connect (&scene);
  tegata_transport_listener_get_stats (scene.server.listener, &stats);
  g_assert_cmpuint (stats.refused[TEGATA_REFUSED_SOURCE], ==, 1);
  g_assert_cmpuint (stats.accepted, ==, 0);
}

static void
tells_media_in_one_call_amid_noise (void)
{
  g_auto (Scene) scene = { 0 };
  guint8 noise[40] = { 0, 1 };
  TegataDatagram datagram = { .bytes = noise, .len = sizeof noise };

  scene_init (&scene);
  scene_connect (&scene);
  for (guint16 i = 0; i < 10; i++)
  {
    party_assert_sends (scene.client, i);
    tegata_datagram_channel_send (TEGATA_DATAGRAM_CHANNEL (scene.client_channel),
                                  &datagram, 1);
  }
  scene_shuttle (&scene);
  g_assert_cmpuint (get_party (&scene, 0)->packets->len, ==, 10);
  g_assert_cmpuint (get_party (&scene, 0)->media_calls->len, ==, 1);
}

static void
copy_error (GObject *object, const GError *error, gpointer user_data)
{
  (void) object;
  *(GError **) user_data = g_error_copy (error);
}

static void
passes_network_errors_on (void)
{
  g_auto (Scene) scene = { 0 };
  g_autoptr (GError) error = g_error_new (G_IO_ERROR, G_IO_ERROR_FAILED, "no");
  g_autoptr (GError) told = NULL;

  scene_init (&scene);
  g_signal_connect (scene.server.listener, "network-error", G_CALLBACK (copy_error),
                    &told);
  pair_channel_tell_error (scene.server_channel, error);
  g_assert_error (told, G_IO_ERROR, G_IO_ERROR_FAILED);
}

static void
cannot_serve_with_every_certificate (void)
{
  g_autoptr (PairChannel) channel = NULL;
  g_autoptr (PairChannel) other = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (TegataCertificate) certificate
      = tegata_certificate_new (TEGATA_KEY_TYPE_ED25519, NULL);
  g_autoptr (TegataContext) context = tegata_context_new (certificate, NULL);

  channel_pair_new (&channel, &other);
  g_assert_null (tegata_transport_listener_new (
      context, TEGATA_DATAGRAM_CHANNEL (channel), party_get_loop (), &error));
  g_assert_error (error, TEGATA_ERROR, TEGATA_ERROR_UNSUPPORTED);
  g_assert_false (pair_channel_is_attached (channel));
}

static void
close_and_release_in_media (Party *self, TegataOutputKind kind)
{
  if (kind == TEGATA_OUTPUT_RTP)
  {
    tegata_transport_close (self->transport);
    party_release (self);
  }
}

static void
says_goodbye_for_who_is_released_behind_the_close (void)
{
  g_auto (Scene) scene = { 0 };

  scene_init (&scene);
  scene_connect (&scene);
  get_party (&scene, 0)->then = close_and_release_in_media;
  party_assert_sends (scene.client, 1);
  scene_shuttle (&scene);
  party_assert_states (scene.client, "connecting connected closed");
  g_assert_cmpuint (server_count_sessions (&scene.server), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func (
      "/transport-listener/says-goodbye-for-who-is-released-behind-the-close",
      says_goodbye_for_who_is_released_behind_the_close);
  g_test_add_func ("/transport-listener/hands-out-a-transport", hands_out_a_transport);
  g_test_add_func ("/transport-listener/forgets-a-transport-that-nobody-keeps",
                   forgets_a_transport_that_nobody_keeps);
  g_test_add_func ("/transport-listener/forgets-a-transport-that-is-released",
                   forgets_a_transport_that_is_released);
  g_test_add_func ("/transport-listener/closes-politely", closes_politely);
  g_test_add_func ("/transport-listener/may-be-released-before-its-transports",
                   may_be_released_before_its_transports);
  g_test_add_func ("/transport-listener/may-be-released-after-it-was-closed",
                   may_be_released_after_it_was_closed);
  g_test_add_func ("/transport-listener/leaves-a-channel-that-another-one-takes",
                   leaves_a_channel_that_another_one_takes);
  g_test_add_func ("/transport-listener/is-released-inside-incoming",
                   is_released_inside_incoming);
  g_test_add_func ("/transport-listener/is-released-inside-media",
                   is_released_inside_media);
  g_test_add_func ("/transport-listener/serves-who-comes-back", serves_who_comes_back);
  g_test_add_func ("/transport-listener/refuses-more-than-its-maximum",
                   refuses_more_than_its_maximum);
  g_test_add_func ("/transport-listener/counts-datagrams-without-a-source",
                   counts_datagrams_without_a_source);
  g_test_add_func ("/transport-listener/tells-media-in-one-call-amid-noise",
                   tells_media_in_one_call_amid_noise);
  g_test_add_func ("/transport-listener/passes-network-errors-on",
                   passes_network_errors_on);
  g_test_add_func ("/transport-listener/cannot-serve-with-every-certificate",
                   cannot_serve_with_every_certificate);
  return g_test_run ();
}
