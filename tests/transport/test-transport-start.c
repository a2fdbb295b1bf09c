/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transport/party.h"

/* How a transport begins: early, late, without a way to send, or not at all. */

static void
keeps_a_client_hello_that_comes_before_the_start (void)
{
  g_auto (Couple) couple = { 0 };
  TegataSessionStats stats;

  couple_init (&couple);
  party_expect (couple.client, couple.server);
  party_expect (couple.server, couple.client);
  party_start (couple.client, TEGATA_ROLE_CLIENT);
  couple_shuttle (&couple);
  g_assert_cmpuint (couple.server->states->len, ==, 0);

  party_start (couple.server, TEGATA_ROLE_SERVER);
  couple_shuttle (&couple);
  party_assert_states (couple.client, "connecting connected");
  /* by its retransmissions it would connect too, later: they are the real clock's */
  tegata_session_get_stats (tegata_transport_get_session (couple.server->transport),
                            &stats);
  g_assert_cmpuint (stats.held_hellos, >, 0);
}

static void
starts_when_the_channel_is_writable (void)
{
  g_auto (Couple) couple = { 0 };

  couple_init (&couple);
  party_expect (couple.client, couple.server);
  party_expect (couple.server, couple.client);
  pair_channel_set_writable (couple.client_channel, FALSE);
  party_start (couple.server, TEGATA_ROLE_SERVER);
  party_start (couple.client, TEGATA_ROLE_CLIENT);
  couple_shuttle (&couple);
  g_assert_cmpint (party_get_state (couple.client), ==, TEGATA_STATE_NEW);
  g_assert_cmpuint (pair_channel_get_n_sent (couple.client_channel), ==, 0);

  pair_channel_set_writable (couple.client_channel, TRUE);
  couple_shuttle (&couple);
  party_assert_states (couple.client, "connecting connected");
}

static void
starts_no_more_where_it_was_closed_before_it_could (void)
{
  g_auto (Couple) couple = { 0 };

  couple_init (&couple);
  pair_channel_set_writable (couple.client_channel, FALSE);
  party_start (couple.client, TEGATA_ROLE_CLIENT);
  tegata_transport_close (couple.client->transport);
  pair_channel_set_writable (couple.client_channel, TRUE);
  party_assert_states (couple.client, "closed");
  g_assert_cmpuint (pair_channel_get_n_sent (couple.client_channel), ==, 0);
}

/* An Ed25519 certificate cannot serve with libssl. */
static Party *
new_party_that_cannot_serve (PairChannel *channel)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TegataCertificate) certificate
      = tegata_certificate_new (TEGATA_KEY_TYPE_ED25519, &error);
  TegataContext *context = NULL;

  g_assert_no_error (error);
  context = tegata_context_new (certificate, &error);
  g_assert_no_error (error);
  return party_new (context, TEGATA_DATAGRAM_CHANNEL (channel));
}

static void
says_at_once_what_it_cannot_start (void)
{
  g_autoptr (PairChannel) channel = NULL;
  g_autoptr (PairChannel) other = NULL;
  g_autoptr (Party) party = NULL;
  g_autoptr (GError) error = NULL;

  channel_pair_new (&channel, &other);
  party = new_party_that_cannot_serve (channel);
  g_assert_false (tegata_transport_start (party->transport, TEGATA_ROLE_SERVER, &error));
  g_assert_error (error, TEGATA_ERROR, TEGATA_ERROR_UNSUPPORTED);
  party_assert_states (party, "");
}

static void
fails_where_a_start_that_waited_cannot_be (void)
{
  g_autoptr (PairChannel) channel = NULL;
  g_autoptr (PairChannel) other = NULL;
  g_autoptr (Party) party = NULL;

  channel_pair_new (&channel, &other);
  party = new_party_that_cannot_serve (channel);
  pair_channel_set_writable (channel, FALSE);
  party_start (party, TEGATA_ROLE_SERVER);
  pair_channel_set_writable (channel, TRUE);
  party_assert_states (party, "failed");
  g_assert_cmpint (party_get_state (party), ==, TEGATA_STATE_FAILED);
  g_assert_error (tegata_transport_get_error (party->transport), TEGATA_ERROR,
                  TEGATA_ERROR_UNSUPPORTED);
}

static void
sends_a_lost_flight_again (void)
{
  g_auto (Couple) couple = { 0 };

  couple_init (&couple);
  party_expect (couple.client, couple.server);
  party_expect (couple.server, couple.client);
  pair_channel_set_rtt_us (couple.client_channel, 0);
  party_start (couple.server, TEGATA_ROLE_SERVER);
  party_start (couple.client, TEGATA_ROLE_CLIENT);
  g_assert_cmpuint (pair_channel_drop (couple.client_channel), >, 0);
  wait_until (pair_channel_deliver (couple.server_channel) > 0);
  couple_shuttle (&couple);
  g_assert_cmpint (party_get_state (couple.client), ==, TEGATA_STATE_CONNECTED);
}

/* RTT + RTT / 4 instead of 100 ms, so that a long path is not flooded. */
static void
waits_as_long_as_the_path_is (void)
{
  g_auto (Couple) couple = { 0 };
  gint64 before_us = g_get_monotonic_time ();
  TegataSession *session = NULL;

  couple_init (&couple);
  pair_channel_set_rtt_us (couple.client_channel, 400 * (gint64) 1000);
  party_start (couple.client, TEGATA_ROLE_CLIENT);
  session = tegata_transport_get_session (couple.client->transport);
  g_assert_cmpint (tegata_session_deadline_us (session) - before_us, >=, 500 * 1000);
}

static void
waits_longer_where_the_path_turns_out_long (void)
{
  g_auto (Couple) couple = { 0 };
  gint64 before_us = 0;
  TegataSession *session = NULL;

  couple_init (&couple);
  party_start (couple.client, TEGATA_ROLE_CLIENT);
  before_us = g_get_monotonic_time ();
  pair_channel_set_rtt_us (couple.client_channel, 10 * (gint64) G_USEC_PER_SEC);
  wait_until (pair_channel_get_n_sent (couple.client_channel) >= 2);
  session = tegata_transport_get_session (couple.client->transport);
  g_assert_cmpint (tegata_session_deadline_us (session) - before_us, >=,
                   10 * (gint64) G_USEC_PER_SEC);
}

static void
gives_up_after_the_handshake_timeout (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PairChannel) channel = NULL;
  g_autoptr (PairChannel) other = NULL;
  g_autoptr (Party) party = NULL;
  TegataContext *context = tegata_context_new (NULL, &error);

  g_assert_no_error (error);
  tegata_context_set_handshake_timeout_us (context, 200 * (gint64) 1000);
  channel_pair_new (&channel, &other);
  party = party_new (context, TEGATA_DATAGRAM_CHANNEL (channel));
  party_start (party, TEGATA_ROLE_CLIENT);
  wait_until (party_get_state (party) != TEGATA_STATE_CONNECTING);
  party_assert_states (party, "connecting failed");
  g_assert_error (tegata_transport_get_error (party->transport), TEGATA_ERROR,
                  TEGATA_ERROR_TIMEOUT);
}

/* Without a loop of the caller's: where the calling thread has its sources. */
static void
lives_on_the_thread_default_context (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GMainContext) main_context = g_main_context_new ();
  g_autoptr (TegataContext) context = tegata_context_new (NULL, &error);
  g_autoptr (PairChannel) channel = NULL;
  g_autoptr (PairChannel) other = NULL;
  g_autoptr (TegataTransport) transport = NULL;

  g_assert_no_error (error);
  tegata_context_set_handshake_timeout_us (context, 50 * (gint64) 1000);
  channel_pair_new (&channel, &other);
  g_main_context_push_thread_default (main_context);
  transport = tegata_transport_new (context, TEGATA_DATAGRAM_CHANNEL (channel), NULL);
  g_assert_true (tegata_transport_start (transport, TEGATA_ROLE_CLIENT, &error));
  while (tegata_transport_get_state (transport) != TEGATA_STATE_FAILED)
  {
    g_main_context_iteration (main_context, TRUE);
  }
  g_clear_object (&transport);
  g_main_context_pop_thread_default (main_context);
}

static void
sends_a_flight_at_once (void)
{
  g_auto (Couple) couple = { 0 };
  g_autoptr (GError) error = NULL;
  TegataContext *context = tegata_context_new (NULL, &error);

  g_assert_no_error (error);
  tegata_context_set_mtu (context, 300); /* so that the server's flight is several */
  couple_init (&couple);
  party_free (couple.server);
  couple.server = party_new (context, TEGATA_DATAGRAM_CHANNEL (couple.server_channel));
  party_start (couple.server, TEGATA_ROLE_SERVER);
  party_start (couple.client, TEGATA_ROLE_CLIENT);
  pair_channel_deliver (couple.server_channel);
  g_assert_cmpuint (pair_channel_get_n_sent (couple.server_channel), >=, 2);
  g_assert_cmpuint (pair_channel_get_n_calls (couple.server_channel), ==, 1);
}

/* Who comes second gets nothing, and takes nothing. */
static void
has_a_channel_to_itself (void)
{
  g_auto (Couple) couple = { 0 };
  TegataDatagramChannel *channel = NULL;
  g_autoptr (GError) error = NULL;

  couple_init (&couple);
  channel = TEGATA_DATAGRAM_CHANNEL (couple.client_channel);
  for (guint i = 0; i < 2; i++)
  {
    g_test_expect_message ("tegata", G_LOG_LEVEL_CRITICAL, "*receiver == NULL*");
  }
  g_assert_null (tegata_transport_new (couple.client->context, channel, NULL));
  g_assert_null (
      tegata_transport_listener_new (couple.client->context, channel, NULL, &error));
  g_assert_no_error (error);
  g_test_assert_expected_messages ();
  g_assert_true (pair_channel_is_attached (couple.client_channel));
  couple_connect (&couple);
  party_assert_states (couple.client, "connecting connected");
}

/* A channel whose author forgot all of it, or wrote it in a language that cannot. */
typedef GObject HollowChannel;
typedef GObjectClass HollowChannelClass;

static GType hollow_channel_get_type (void);

G_DEFINE_TYPE_WITH_CODE (HollowChannel,
                         hollow_channel,
                         G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (TEGATA_TYPE_DATAGRAM_CHANNEL, NULL))

static void
hollow_channel_class_init (HollowChannelClass *klass)
{
  (void) klass;
}

static void
hollow_channel_init (HollowChannel *self)
{
  (void) self;
}

static void
refuses_a_channel_that_cannot_carry (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TegataContext) context = tegata_context_new (NULL, &error);
  g_autoptr (GObject) channel = g_object_new (hollow_channel_get_type (), NULL);

  g_assert_no_error (error);
  g_test_expect_message ("tegata", G_LOG_LEVEL_CRITICAL, "*is_implemented*");
  g_assert_null (tegata_transport_new (context, TEGATA_DATAGRAM_CHANNEL (channel), NULL));
  g_test_assert_expected_messages ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/transport-start/keeps-a-client-hello-that-comes-before-the-start",
                   keeps_a_client_hello_that_comes_before_the_start);
  g_test_add_func ("/transport-start/has-a-channel-to-itself", has_a_channel_to_itself);
  g_test_add_func ("/transport-start/refuses-a-channel-that-cannot-carry",
                   refuses_a_channel_that_cannot_carry);
  g_test_add_func ("/transport-start/starts-when-the-channel-is-writable",
                   starts_when_the_channel_is_writable);
  g_test_add_func ("/transport-start/starts-no-more-where-it-was-closed-before-it-could",
                   starts_no_more_where_it_was_closed_before_it_could);
  g_test_add_func ("/transport-start/says-at-once-what-it-cannot-start",
                   says_at_once_what_it_cannot_start);
  g_test_add_func ("/transport-start/fails-where-a-start-that-waited-cannot-be",
                   fails_where_a_start_that_waited_cannot_be);
  g_test_add_func ("/transport-start/sends-a-lost-flight-again",
                   sends_a_lost_flight_again);
  g_test_add_func ("/transport-start/waits-as-long-as-the-path-is",
                   waits_as_long_as_the_path_is);
  g_test_add_func ("/transport-start/waits-longer-where-the-path-turns-out-long",
                   waits_longer_where_the_path_turns_out_long);
  g_test_add_func ("/transport-start/gives-up-after-the-handshake-timeout",
                   gives_up_after_the_handshake_timeout);
  g_test_add_func ("/transport-start/lives-on-the-thread-default-context",
                   lives_on_the_thread_default_context);
  g_test_add_func ("/transport-start/sends-a-flight-at-once", sends_a_flight_at_once);
  return g_test_run ();
}
