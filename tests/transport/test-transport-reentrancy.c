/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transport/party.h"

#include <string.h>

/* What may be done from within call-backs and signals: everything. */

static void
close_when_connected (Party *self, TegataOutputKind kind)
{
  if (kind == TEGATA_OUTPUT_STATE && party_get_state (self) == TEGATA_STATE_CONNECTED)
  {
    tegata_transport_close (self->transport);
    /* told in turn, not from within this call */
    g_assert_cmpuint (party_count_state (self, TEGATA_STATE_CLOSED), ==, 0);
  }
}

static void
close_and_release_when_connected (Party *self, TegataOutputKind kind)
{
  if (kind == TEGATA_OUTPUT_STATE && party_get_state (self) == TEGATA_STATE_CONNECTED)
  {
    tegata_transport_close (self->transport);
    party_release (self);
  }
}

/* A polite end in one stroke: the peer is told. */
static void
says_goodbye_where_it_is_released_behind_the_close (void)
{
  g_auto (Couple) couple = { 0 };

  couple_init (&couple);
  couple.client->then = close_and_release_when_connected;
  couple_connect (&couple);
  party_assert_states (couple.client, "connecting connected");
  party_assert_states (couple.server, "connecting connected closed");
  g_assert_false (pair_channel_is_attached (couple.client_channel));
}

static void
append_state (TegataTransport *transport, TegataState state, gpointer user_data)
{
  (void) transport;
  g_string_append_printf (user_data, "%s ", tegata_state_to_string (state));
}

static void
closes_inside_state_changed (void)
{
  g_auto (Couple) couple = { 0 };
  g_autoptr (GString) signalled = g_string_new (NULL);

  couple_init (&couple);
  couple.client->then = close_when_connected;
  couple_connect (&couple);
  party_assert_states (couple.client, "connecting connected closed");
  party_assert_states (couple.server, "connecting connected closed");
  couple_clear (&couple);

  couple_init (&couple);
  couple.server->then = close_when_connected;
  g_signal_connect_after (couple.server->transport, "state-changed",
                          G_CALLBACK (append_state), signalled);
  couple_connect (&couple);
  party_assert_states (couple.server, "connecting connected closed");
  g_assert_cmpstr (signalled->str, ==, "connecting connected closed ");
}

/* The last flight and a packet behind it, in one batch. */
static void
is_told_nothing_behind_the_close (void)
{
  g_auto (Couple) couple = { 0 };

  couple_init (&couple);
  couple.client->then = close_when_connected;
  party_expect (couple.client, couple.server);
  party_expect (couple.server, couple.client);
  party_start (couple.server, TEGATA_ROLE_SERVER);
  party_start (couple.client, TEGATA_ROLE_CLIENT);
  while (party_get_state (couple.server) != TEGATA_STATE_CONNECTED)
  {
    pair_channel_deliver (couple.client_channel);
    pair_channel_deliver (couple.server_channel);
  }
  party_assert_sends (couple.server, 1);
  couple_shuttle (&couple);
  party_assert_states (couple.client, "connecting connected closed");
  g_assert_cmpuint (couple.client->packets->len, ==, 0);
}

static void
close_in_media (Party *self, TegataOutputKind kind)
{
  if (kind == TEGATA_OUTPUT_RTP)
  {
    tegata_transport_close (self->transport);
  }
}

static void
closes_inside_media (void)
{
  g_auto (Couple) couple = { 0 };

  couple_init (&couple);
  couple.server->then = close_in_media;
  couple_connect (&couple);
  party_assert_sends (couple.client, 1);
  tegata_transport_send_data (couple.client->transport, (const guint8 *) "x", 1, NULL);
  party_assert_sends (couple.client, 2);
  couple_shuttle (&couple);
  g_assert_cmpuint (couple.server->packets->len, ==, 1);
  party_assert_states (couple.server, "connecting connected closed");
  party_assert_states (couple.client, "connecting connected closed");
}

/* What was released is not called again. */
static void
release_in_media (Party *self, TegataOutputKind kind)
{
  g_assert_nonnull (self->transport);
  if (kind == TEGATA_OUTPUT_RTP)
  {
    party_release (self);
  }
}

static void
is_released_inside_media (void)
{
  g_auto (Couple) couple = { 0 };
  guint n_sent = 0;

  couple_init (&couple);
  couple.server->then = release_in_media;
  couple_connect (&couple);
  for (guint16 i = 0; i < 40; i++)
  {
    party_assert_sends (couple.client, i);
    tegata_transport_send_data (couple.client->transport, (const guint8 *) "x", 1, NULL);
  }
  tegata_transport_close (couple.client->transport); /* which has an answer */
  n_sent = pair_channel_get_n_sent (couple.server_channel);
  couple_shuttle (&couple);
  g_assert_cmpuint (couple.server->media_calls->len, ==, 1);
  g_assert_cmpuint (couple.server->data->len, ==, 0);
  g_assert_false (pair_channel_is_attached (couple.server_channel));
  g_assert_cmpuint (pair_channel_get_n_sent (couple.server_channel), ==, n_sent);
}

static void
is_released_inside_held_media (void)
{
  g_auto (Couple) couple = { 0 };

  couple_init (&couple);
  party_expect (couple.client, couple.server);
  couple.server->then = release_in_media;
  party_start (couple.server, TEGATA_ROLE_SERVER);
  party_start (couple.client, TEGATA_ROLE_CLIENT);
  couple_shuttle (&couple);
  for (guint16 i = 0; i < 100; i++)
  {
    party_assert_sends (couple.client, i);
  }
  couple_shuttle (&couple);
  party_expect (couple.server, couple.client);
  g_assert_cmpuint (couple.server->media_calls->len, ==, 1);
  g_assert_null (couple.server->transport);
}

static Couple *nested_couple;

/* As a channel with several sources may, where a call-back runs the main context. */
static void
let_the_network_go_on (Party *self, TegataOutputKind kind)
{
  if (kind == TEGATA_OUTPUT_RTP)
  {
    self->then = NULL;
    party_assert_sends (nested_couple->client, 100);
    pair_channel_deliver (nested_couple->server_channel);
  }
}

static void
keeps_the_order_of_held_media_with_the_network_let_in (void)
{
  g_auto (Couple) couple = { 0 };

  nested_couple = &couple;
  couple_init (&couple);
  party_expect (couple.client, couple.server);
  couple.server->then = let_the_network_go_on;
  party_start (couple.server, TEGATA_ROLE_SERVER);
  party_start (couple.client, TEGATA_ROLE_CLIENT);
  couple_shuttle (&couple);
  for (guint16 i = 0; i < 100; i++)
  {
    party_assert_sends (couple.client, i);
  }
  couple_shuttle (&couple);
  party_expect (couple.server, couple.client);
  for (guint16 i = 0; i <= 100; i++)
  {
    g_autoptr (GBytes) plain = make_rtp (i);

    party_assert_packet (couple.server, i, plain);
  }
}

static TegataState release_in;

static void
release_in_state (Party *self, TegataOutputKind kind)
{
  g_assert_nonnull (self->transport);
  if (kind == TEGATA_OUTPUT_STATE && party_get_state (self) == release_in)
  {
    party_release (self);
  }
}

static void
is_released_inside_state_changed (void)
{
  static const TegataState states[]
      = { TEGATA_STATE_CONNECTING, TEGATA_STATE_CONNECTED, TEGATA_STATE_CLOSED };

  for (guint i = 0; i < G_N_ELEMENTS (states); i++)
  {
    g_auto (Couple) couple = { 0 };

    release_in = states[i];
    couple_init (&couple);
    couple.client->then = release_in_state;
    couple_connect (&couple);
    if (couple.client->transport != NULL)
    {
      tegata_transport_close (couple.client->transport);
    }
    g_assert_null (couple.client->transport);
    g_assert_cmpuint (party_count_state (couple.client, states[i]), ==, 1);
    g_assert_false (pair_channel_is_attached (couple.client_channel));
  }
}

static void
release_by_signal (gpointer transport, gpointer argument, Party *party)
{
  (void) transport;
  (void) argument;
  party_release (party);
}

/* A signal comes first: the call-back must not come behind it. */
static void
is_released_inside_a_signal (void)
{
  static const char *const signals[] = { "notify::state", "state-changed", "rtp-received",
                                         "data-received", "network-error" };

  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
  {
    g_auto (Couple) couple = { 0 };
    g_autoptr (GError) error = g_error_new (G_IO_ERROR, G_IO_ERROR_FAILED, "no");
    guint n_states = i < 2 ? 0 : 2;

    couple_init (&couple);
    g_signal_connect (couple.server->transport, signals[i],
                      G_CALLBACK (release_by_signal), couple.server);
    couple_connect (&couple);
    if (n_states > 0)
    {
      party_assert_sends (couple.client, 1);
      party_assert_sends (couple.client, 2);
      tegata_transport_send_data (couple.client->transport, (const guint8 *) "x", 1,
                                  NULL);
      if (strcmp (signals[i], "network-error") == 0)
      {
        pair_channel_tell_error (couple.server_channel, error);
      }
      couple_shuttle (&couple);
    }
    g_assert_null (couple.server->transport);
    g_assert_cmpuint (couple.server->states->len, ==, n_states);
    g_assert_cmpuint (couple.server->data->len, ==, 0);
    g_assert_cmpuint (couple.server->network_errors->len, ==, 0);
    g_assert_cmpuint (couple.server->packets->len, ==, i == 3 ? 2 : 0);
  }
}

typedef struct
{
  Party *party;
  GString *names; /* of what was notified */
  gboolean releases;
} Notified;

static void
on_notify (GObject *object, GParamSpec *property, gpointer user_data)
{
  Notified *self = user_data;

  (void) object;
  g_string_append_printf (self->names, "%s ", property->name);
  if (self->releases && strcmp (property->name, "dtls-version") == 0)
  {
    party_release (self->party);
  }
}

/* Several change at once: none is notified of behind a release. */
static void
is_released_inside_one_of_several_notifications (void)
{
  for (guint i = 0; i < 2; i++)
  {
    g_auto (Couple) couple = { 0 };
    g_autoptr (GString) names = g_string_new (NULL);
    Notified notified = { .names = names, .releases = i == 1 };

    couple_init (&couple);
    notified.party = couple.client;
    g_signal_connect (couple.client->transport, "notify", G_CALLBACK (on_notify),
                      &notified);
    couple_connect (&couple);
    g_assert_cmpstr (names->str, ==,
                     i == 0 ? "state peer-fingerprint dtls-version dtls-cipher "
                              "srtp-profile state "
                            : "state peer-fingerprint dtls-version ");
    g_assert_cmpuint (couple.client->states->len, ==, i == 0 ? 2 : 1);
    party_release (couple.client);
  }
}

static void
expect_in_state (Party *self, TegataOutputKind kind)
{
  g_autofree char *peer = NULL;
  g_autoptr (GError) error = NULL;

  if (kind == TEGATA_OUTPUT_STATE
      && party_get_state (self) == TEGATA_STATE_AWAITING_FINGERPRINT)
  {
    g_object_get (self->transport, "peer-fingerprint", &peer, NULL);
    tegata_transport_set_peer_fingerprint (self->transport, peer, &error);
    g_assert_no_error (error);
  }
}

static void
takes_the_fingerprint_inside_state_changed (void)
{
  g_auto (Couple) couple = { 0 };

  couple_init (&couple);
  party_expect (couple.client, couple.server);
  couple.server->then = expect_in_state;
  party_start (couple.server, TEGATA_ROLE_SERVER);
  party_start (couple.client, TEGATA_ROLE_CLIENT);
  couple_shuttle (&couple);
  party_assert_states (couple.server, "connecting awaiting-fingerprint connected");
}

static void
echo_data (Party *self, TegataOutputKind kind)
{
  g_autoptr (GError) error = NULL;
  gsize len;
  const guint8 *bytes;

  if (kind == TEGATA_OUTPUT_DATA)
  {
    bytes = g_bytes_get_data (self->data->pdata[self->data->len - 1], &len);
    tegata_transport_send_data (self->transport, bytes, len, &error);
    g_assert_no_error (error);
  }
}

static void
sends_data_inside_data (void)
{
  g_auto (Couple) couple = { 0 };

  couple_init (&couple);
  couple.server->then = echo_data;
  couple_connect (&couple);
  for (guint i = 0; i < 50; i++)
  {
    guint8 byte = (guint8) i;

    tegata_transport_send_data (couple.client->transport, &byte, 1, NULL);
  }
  couple_shuttle (&couple);
  g_assert_cmpuint (couple.client->data->len, ==, 50);
  for (guint i = 0; i < 50; i++)
  {
    const guint8 *byte = g_bytes_get_data (couple.client->data->pdata[i], NULL);

    g_assert_cmpuint (*byte, ==, i);
  }
}

#define N_ANSWERS 100

static void
answer_at_length (Party *self, TegataOutputKind kind)
{
  for (guint i = 0; kind == TEGATA_OUTPUT_DATA && i < N_ANSWERS; i++)
  {
    guint8 byte = (guint8) i;

    tegata_transport_send_data (self->transport, &byte, 1, NULL);
  }
}

/* More than go out at once. */
static void
sends_much_inside_data (void)
{
  g_auto (Couple) couple = { 0 };

  couple_init (&couple);
  couple.server->then = answer_at_length;
  couple_connect (&couple);
  tegata_transport_send_data (couple.client->transport, (const guint8 *) "x", 1, NULL);
  couple_shuttle (&couple);
  g_assert_cmpuint (couple.client->data->len, ==, N_ANSWERS);
}

static gboolean
close_later (gpointer party)
{
  tegata_transport_close (((Party *) party)->transport);
  return G_SOURCE_REMOVE;
}

static gboolean
release_later (gpointer party)
{
  party_release (party);
  return G_SOURCE_REMOVE;
}

static GSourceFunc run_later;

/* A dialogue, say, that runs the main context until it is left. */
static void
run_the_main_context (Party *self, TegataOutputKind kind)
{
  g_assert_nonnull (self->transport);
  if (kind == TEGATA_OUTPUT_STATE && party_get_state (self) == TEGATA_STATE_CONNECTED)
  {
    GSource *source = g_idle_source_new ();

    g_source_set_callback (source, run_later, self, NULL);
    g_source_attach (source, NULL);
    wait_until (g_source_is_destroyed (source));
    g_source_unref (source);
    while (g_main_context_iteration (NULL, FALSE))
    {
    }
    g_assert_cmpuint (party_count_state (self, TEGATA_STATE_CLOSED), ==, 0);
  }
}

/* It holds others up, no more. */
static void
survives_a_callback_that_runs_the_main_context (void)
{
  static const GSourceFunc funcs[] = { close_later, release_later };

  for (guint i = 0; i < G_N_ELEMENTS (funcs); i++)
  {
    g_auto (Couple) couple = { 0 };

    run_later = funcs[i];
    couple_init (&couple);
    couple.server->then = run_the_main_context;
    couple_connect (&couple);
    party_assert_states (couple.server, funcs[i] == close_later
                                            ? "connecting connected closed"
                                            : "connecting connected");
    g_assert_cmpint (pair_channel_is_attached (couple.server_channel), ==,
                     funcs[i] == close_later);
  }
}

static void
replace_callbacks (Party *self, TegataOutputKind kind)
{
  (void) kind;
  tegata_transport_set_callbacks (self->transport, NULL, NULL, NULL);
}

static void
replaces_callbacks_inside_one (void)
{
  g_auto (Couple) couple = { 0 };

  couple_init (&couple);
  couple.client->then = replace_callbacks;
  couple_connect (&couple);
  party_assert_states (couple.client, "connecting");
  g_assert_cmpint (party_get_state (couple.client), ==, TEGATA_STATE_CONNECTED);
}

/* The network's thread runs the main loop; the media's has the last reference. */

static gpointer
drop_last_reference (gpointer transport)
{
  g_object_unref (transport);
  return NULL;
}

static void
is_released_on_another_thread (void)
{
  g_auto (Couple) couple = { 0 };
  gpointer weak = NULL;

  couple_init (&couple);
  couple_connect (&couple);
  weak = couple.client->transport;
  g_object_add_weak_pointer (weak, &weak);
  g_assert_true (g_main_context_acquire (NULL)); /* as a main loop does while it runs */
  g_thread_join (g_thread_new ("media", drop_last_reference,
                               g_steal_pointer (&couple.client->transport)));
  g_assert_true (pair_channel_is_attached (couple.client_channel));
  wait_until (!pair_channel_is_attached (couple.client_channel));
  g_assert_null (weak);
  g_main_context_release (NULL);
}

static void
touch (TegataTransport *transport,
       TegataPacket *packets,
       guint n_packets,
       gpointer user_data)
{
  g_assert_cmpint (tegata_transport_get_state (transport), ==, TEGATA_STATE_CONNECTED);
  memset (packets[n_packets - 1].bytes, 0, packets[n_packets - 1].len);
  (*(guint *) user_data)++;
}

static void
touch_data (TegataTransport *transport,
            const guint8 *bytes,
            gsize len,
            gpointer user_data)
{
  (void) bytes;
  (void) len;
  g_assert_cmpint (tegata_transport_get_state (transport), ==, TEGATA_STATE_CONNECTED);
  (*(guint *) user_data)++;
}

/* The last reference goes while call-backs run, at any moment of theirs. */
static void
is_released_while_it_is_told (void)
{
  static const TegataTransportCallbacks touching = { .media = touch, .data = touch_data };
  guint n_rounds = g_test_thorough () ? 1000 : 50;

  g_assert_true (g_main_context_acquire (NULL));
  for (guint i = 0; i < n_rounds; i++)
  {
    g_auto (Couple) couple = { 0 };
    guint n_told = 0;
    guint16 number = 0;
    GThread *thread = NULL;

    couple_init (&couple);
    couple_connect (&couple);
    tegata_transport_set_callbacks (couple.client->transport, &touching, &n_told, NULL);
    thread = g_thread_new ("media", drop_last_reference,
                           g_steal_pointer (&couple.client->transport));
    while (pair_channel_is_attached (couple.client_channel))
    {
      party_assert_sends (couple.server, number++);
      tegata_transport_send_data (couple.server->transport, (const guint8 *) "x", 1,
                                  NULL);
      pair_channel_deliver (couple.client_channel);
      g_main_context_iteration (NULL, FALSE);
    }
    g_thread_join (thread);
  }
  g_main_context_release (NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func (
      "/transport-reentrancy/says-goodbye-where-it-is-released-behind-the-close",
      says_goodbye_where_it_is_released_behind_the_close);
  g_test_add_func ("/transport-reentrancy/closes-inside-state-changed",
                   closes_inside_state_changed);
  g_test_add_func ("/transport-reentrancy/is-told-nothing-behind-the-close",
                   is_told_nothing_behind_the_close);
  g_test_add_func ("/transport-reentrancy/closes-inside-media", closes_inside_media);
  g_test_add_func ("/transport-reentrancy/is-released-inside-media",
                   is_released_inside_media);
  g_test_add_func ("/transport-reentrancy/is-released-inside-held-media",
                   is_released_inside_held_media);
  g_test_add_func (
      "/transport-reentrancy/keeps-the-order-of-held-media-with-the-network-let-in",
      keeps_the_order_of_held_media_with_the_network_let_in);
  g_test_add_func ("/transport-reentrancy/is-released-inside-state-changed",
                   is_released_inside_state_changed);
  g_test_add_func ("/transport-reentrancy/is-released-inside-a-signal",
                   is_released_inside_a_signal);
  g_test_add_func (
      "/transport-reentrancy/is-released-inside-one-of-several-notifications",
      is_released_inside_one_of_several_notifications);
  g_test_add_func ("/transport-reentrancy/takes-the-fingerprint-inside-state-changed",
                   takes_the_fingerprint_inside_state_changed);
  g_test_add_func ("/transport-reentrancy/sends-data-inside-data",
                   sends_data_inside_data);
  g_test_add_func ("/transport-reentrancy/sends-much-inside-data",
                   sends_much_inside_data);
  g_test_add_func ("/transport-reentrancy/survives-a-callback-that-runs-the-main-context",
                   survives_a_callback_that_runs_the_main_context);
  g_test_add_func ("/transport-reentrancy/replaces-callbacks-inside-one",
                   replaces_callbacks_inside_one);
  g_test_add_func ("/transport-reentrancy/is-released-on-another-thread",
                   is_released_on_another_thread);
  g_test_add_func ("/transport-reentrancy/is-released-while-it-is-told",
                   is_released_while_it_is_told);
  return g_test_run ();
}
