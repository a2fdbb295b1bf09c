/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transport/party.h"

#include <string.h>

/* The life of a transport, on a pair of channels whose every datagram the test delivers.
 * Only what a timer has to bring takes real time. */

static void
connects (void)
{
  g_auto (Couple) couple = { 0 };

  couple_init (&couple);
  g_assert_cmpint (party_get_state (couple.client), ==, TEGATA_STATE_NEW);
  couple_connect (&couple);
  party_assert_states (couple.client, "connecting connected");
  party_assert_states (couple.server, "connecting connected");
  g_assert_null (tegata_transport_get_error (couple.client->transport));
}

static void
count_notify (GObject *object, GParamSpec *pspec, gpointer user_data)
{
  GHashTable *counts = user_data;
  guint n = GPOINTER_TO_UINT (g_hash_table_lookup (counts, pspec->name));

  (void) object;
  g_hash_table_insert (counts, (gpointer) pspec->name, GUINT_TO_POINTER (n + 1));
}

static guint
get_count (GHashTable *counts, const char *name)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (counts, name));
}

static void
notifies_properties_when_they_change (void)
{
  g_auto (Couple) couple = { 0 };
  g_autoptr (GHashTable) counts = g_hash_table_new (g_str_hash, g_str_equal);
  g_autofree char *server_fingerprint = NULL;
  g_autofree char *peer = NULL;
  g_autofree char *version = NULL;
  g_autofree char *cipher = NULL;
  g_autofree char *profile = NULL;
  TegataState state = TEGATA_STATE_NEW;

  couple_init (&couple);
  g_signal_connect (couple.client->transport, "notify", G_CALLBACK (count_notify),
                    counts);
  g_object_get (couple.client->transport, "peer-fingerprint", &peer, "dtls-version",
                &version, "dtls-cipher", &cipher, "srtp-profile", &profile, NULL);
  g_assert_null (peer);
  g_assert_null (version);
  g_assert_null (cipher);
  g_assert_null (profile);

  couple_connect (&couple);
  g_object_get (couple.client->transport, "state", &state, "peer-fingerprint", &peer,
                "dtls-version", &version, "dtls-cipher", &cipher, "srtp-profile",
                &profile, NULL);
  g_object_get (couple.server->transport, "fingerprint", &server_fingerprint, NULL);
  g_assert_cmpint (state, ==, TEGATA_STATE_CONNECTED);
  g_assert_cmpstr (peer, ==, server_fingerprint);
  g_assert_true (g_str_has_prefix (peer, "sha-256 "));
  g_assert_cmpstr (version, ==, tegata_version_to_string (TEGATA_VERSION_DTLS_1_2));
  g_assert_true (g_str_has_prefix (cipher, "TLS_"));
  g_assert_cmpstr (profile, ==, "SRTP_AEAD_AES_128_GCM");

  tegata_transport_close (couple.client->transport);
  g_assert_cmpuint (get_count (counts, "state"), ==, 3);
  g_assert_cmpuint (get_count (counts, "peer-fingerprint"), ==, 1);
  g_assert_cmpuint (get_count (counts, "dtls-version"), ==, 1);
  g_assert_cmpuint (get_count (counts, "dtls-cipher"), ==, 1);
  g_assert_cmpuint (get_count (counts, "srtp-profile"), ==, 1);
  g_assert_cmpuint (get_count (counts, "fingerprint"), ==, 0);
}

static void
append_state (TegataTransport *transport, TegataState state, gpointer user_data)
{
  (void) transport;
  g_string_append_printf (user_data, "%s ", tegata_state_to_string (state));
}

static void
emits_each_state (void)
{
  g_auto (Couple) couple = { 0 };
  g_autoptr (GString) told = g_string_new (NULL);

  couple_init (&couple);
  g_signal_connect (couple.server->transport, "state-changed", G_CALLBACK (append_state),
                    told);
  couple_connect (&couple);
  tegata_transport_close (couple.client->transport);
  couple_shuttle (&couple);
  g_assert_cmpstr (told->str, ==, "connecting connected closed ");
}

static void
awaits_the_fingerprint (void)
{
  g_auto (Couple) couple = { 0 };
  g_autofree char *peer = NULL;
  g_autofree char *own = NULL;

  couple_init (&couple);
  party_expect (couple.client, couple.server);
  party_start (couple.server, TEGATA_ROLE_SERVER);
  party_start (couple.client, TEGATA_ROLE_CLIENT);
  couple_shuttle (&couple);
  party_assert_states (couple.server, "connecting awaiting-fingerprint");
  g_object_get (couple.server->transport, "peer-fingerprint", &peer, NULL);
  g_object_get (couple.client->transport, "fingerprint", &own, NULL);
  g_assert_cmpstr (peer, ==, own);

  party_expect (couple.server, couple.client);
  party_assert_states (couple.server, "connecting awaiting-fingerprint connected");
}

static void
takes_fingerprints_as_sdp_has_them (void)
{
  g_auto (Couple) couple = { 0 };
  g_autoptr (GError) error = NULL;
  g_autofree char *right = NULL;
  g_autofree char *text = NULL;

  couple_init (&couple);
  g_object_get (couple.server->transport, "fingerprint", &right, NULL);
  text = g_strdup_printf ("a=fingerprint:sha-256 %s\r\n\r\na=fingerprint:%s\r\n",
                          "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
                          "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF",
                          right);
  g_assert_true (
      tegata_transport_set_peer_fingerprint (couple.client->transport, text, &error));
  g_assert_no_error (error);
  g_assert_false (
      tegata_transport_set_peer_fingerprint (couple.server->transport, "\r\n", &error));
  g_assert_error (error, TEGATA_ERROR, TEGATA_ERROR_PARSE);
  g_clear_error (&error);
  g_assert_false (tegata_transport_set_peer_fingerprint (couple.server->transport,
                                                         "sha-256 AB:C", &error));
  g_assert_error (error, TEGATA_ERROR, TEGATA_ERROR_PARSE);

  party_start (couple.server, TEGATA_ROLE_SERVER);
  party_start (couple.client, TEGATA_ROLE_CLIENT);
  couple_shuttle (&couple);
  party_assert_states (couple.client, "connecting connected");
}

/* @late: whether the wrong one is told when the handshake is complete. */
static void
refuse_a_wrong_fingerprint (gboolean wrong_is_client, gboolean late)
{
  g_auto (Couple) couple = { 0 };
  Party *wrong = NULL;
  Party *right = NULL;

  couple_init (&couple);
  wrong = wrong_is_client ? couple.client : couple.server;
  right = wrong_is_client ? couple.server : couple.client;
  party_expect (right, wrong);
  if (!late)
  {
    party_expect (wrong, wrong);
  }
  party_start (couple.server, TEGATA_ROLE_SERVER);
  party_start (couple.client, TEGATA_ROLE_CLIENT);
  couple_shuttle (&couple);
  if (late)
  {
    party_assert_sends (right, 1); /* it is held there */
    couple_shuttle (&couple);
    party_expect (wrong, wrong);
    couple_shuttle (&couple);
  }

  g_assert_cmpint (party_get_state (wrong), ==, TEGATA_STATE_FAILED);
  g_assert_cmpuint (party_count_state (wrong, TEGATA_STATE_FAILED), ==, 1);
  g_assert_cmpuint (party_count_state (wrong, TEGATA_STATE_CONNECTED), ==, 0);
  g_assert_error (tegata_transport_get_error (wrong->transport), TEGATA_ERROR,
                  TEGATA_ERROR_FINGERPRINT);
  g_assert_cmpuint (wrong->packets->len, ==, 0);
}

static void
refuses_a_wrong_fingerprint (void)
{
  refuse_a_wrong_fingerprint (TRUE, FALSE);
  refuse_a_wrong_fingerprint (FALSE, FALSE);
  refuse_a_wrong_fingerprint (TRUE, TRUE);
  refuse_a_wrong_fingerprint (FALSE, TRUE);
}

static void
tells_its_peer_of_the_close (void)
{
  g_auto (Couple) couple = { 0 };

  couple_init (&couple);
  couple_connect (&couple);
  tegata_transport_close (couple.client->transport);
  party_assert_states (couple.client, "connecting connected closed");
  tegata_transport_close (couple.client->transport);
  couple_shuttle (&couple);
  party_assert_states (couple.server, "connecting connected closed");
  party_assert_states (couple.client, "connecting connected closed");
}

static void
says_nothing_when_it_is_released (void)
{
  g_auto (Couple) couple = { 0 };
  guint n_sent = 0;

  couple_init (&couple);
  couple_connect (&couple);
  n_sent = pair_channel_get_n_sent (couple.client_channel);
  party_release (couple.client);
  g_assert_false (pair_channel_is_attached (couple.client_channel));
  g_assert_cmpuint (pair_channel_get_n_sent (couple.client_channel), ==, n_sent);
  g_assert_cmpuint (party_count_state (couple.client, TEGATA_STATE_CLOSED), ==, 0);
}

static void
leaves_a_channel_that_another_one_takes (void)
{
  g_auto (Couple) couple = { 0 };

  couple_init (&couple);
  couple_connect (&couple);
  g_clear_pointer (&couple.client, party_free);
  g_clear_pointer (&couple.server, party_free);
  couple.client = party_new (NULL, TEGATA_DATAGRAM_CHANNEL (couple.client_channel));
  couple.server = party_new (NULL, TEGATA_DATAGRAM_CHANNEL (couple.server_channel));
  couple_connect (&couple);
  party_assert_states (couple.client, "connecting connected");
}

static void
carries_data (void)
{
  g_auto (Couple) couple = { 0 };
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *large = g_malloc0 (4000);

  couple_init (&couple);
  g_assert_false (tegata_transport_send_data (couple.client->transport,
                                              (const guint8 *) "early", 5, &error));
  g_assert_error (error, TEGATA_ERROR, TEGATA_ERROR_NOT_CONNECTED);
  g_clear_error (&error);

  couple_connect (&couple);
  g_assert_true (tegata_transport_send_data (couple.client->transport,
                                             (const guint8 *) "hello", 5, &error));
  g_assert_no_error (error);
  couple_shuttle (&couple);
  g_assert_cmpuint (couple.server->data->len, ==, 1);
  g_assert_cmpmem (g_bytes_get_data (couple.server->data->pdata[0], NULL),
                   g_bytes_get_size (couple.server->data->pdata[0]), "hello", 5);
  g_assert_false (
      tegata_transport_send_data (couple.client->transport, large, 4000, &error));
  g_assert_error (error, TEGATA_ERROR, TEGATA_ERROR_TOO_BIG);
}

static void
copy_error (TegataTransport *transport, const GError *error, gpointer user_data)
{
  (void) transport;
  *(GError **) user_data = g_error_copy (error);
}

static void
passes_network_errors_on_and_goes_on (void)
{
  g_auto (Couple) couple = { 0 };
  g_autoptr (GError) refused
      = g_error_new (G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED, "nobody there");
  g_autoptr (GError) told = NULL;

  couple_init (&couple);
  g_signal_connect (couple.client->transport, "network-error", G_CALLBACK (copy_error),
                    &told);
  party_expect (couple.client, couple.server);
  party_expect (couple.server, couple.client);
  party_start (couple.client, TEGATA_ROLE_CLIENT);
  pair_channel_tell_error (couple.client_channel, refused);
  g_assert_error (told, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
  g_assert_cmpuint (couple.client->network_errors->len, ==, 1);

  party_start (couple.server, TEGATA_ROLE_SERVER);
  couple_shuttle (&couple);
  party_assert_states (couple.client, "connecting connected");
}

static void
frees_what_its_callbacks_had (void)
{
  g_auto (Couple) couple = { 0 };
  gboolean was_freed[2] = { FALSE, FALSE };
  static const TegataTransportCallbacks none = { NULL, NULL, NULL, NULL };

  couple_init (&couple);
  tegata_transport_set_callbacks (couple.client->transport, &none, &was_freed[0],
                                  (GDestroyNotify) g_atomic_int_inc);
  tegata_transport_set_callbacks (couple.client->transport, &none, &was_freed[1],
                                  (GDestroyNotify) g_atomic_int_inc);
  g_assert_true (was_freed[0]);
  g_assert_false (was_freed[1]);
  couple_connect (&couple); /* without any call-back */
  g_assert_cmpint (party_get_state (couple.client), ==, TEGATA_STATE_CONNECTED);
  party_release (couple.client);
  g_assert_true (was_freed[1]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/transport/connects", connects);
  g_test_add_func ("/transport/notifies-properties-when-they-change",
                   notifies_properties_when_they_change);
  g_test_add_func ("/transport/emits-each-state", emits_each_state);
  g_test_add_func ("/transport/awaits-the-fingerprint", awaits_the_fingerprint);
  g_test_add_func ("/transport/takes-fingerprints-as-sdp-has-them",
                   takes_fingerprints_as_sdp_has_them);
  g_test_add_func ("/transport/refuses-a-wrong-fingerprint-in-both-roles",
                   refuses_a_wrong_fingerprint);
  g_test_add_func ("/transport/tells-its-peer-of-the-close", tells_its_peer_of_the_close);
  g_test_add_func ("/transport/says-nothing-when-it-is-released",
                   says_nothing_when_it_is_released);
  g_test_add_func ("/transport/leaves-a-channel-that-another-one-takes",
                   leaves_a_channel_that_another_one_takes);
  g_test_add_func ("/transport/carries-data", carries_data);
  g_test_add_func ("/transport/passes-network-errors-on-and-goes-on",
                   passes_network_errors_on_and_goes_on);
  g_test_add_func ("/transport/frees-what-its-callbacks-had",
                   frees_what_its_callbacks_had);
  return g_test_run ();
}
