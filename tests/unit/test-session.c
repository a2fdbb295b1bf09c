/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "session-end.h"

#include <string.h>

static void
assert_crosses (End *from, End *to, GBytes *packet, TegataReceived expected)
{
  g_autoptr (GBytes) protected = end_protect (from, packet);
  g_autoptr (GBytes) plain = NULL;

  g_assert_cmpint (end_receive (to, &from->address, protected, &plain), ==, expected);
  g_assert_true (g_bytes_equal (plain, packet));
}

static const char *const profiles[] = {
  "SRTP_AEAD_AES_128_GCM",
  "SRTP_AEAD_AES_256_GCM",
  "SRTP_AES128_CM_HMAC_SHA1_80",
  "SRTP_AES128_CM_HMAC_SHA1_32",
};

static void
test_profile (gconstpointer data)
{
  g_autoptr (GBytes) rtp = make_rtp (1);
  g_autoptr (GBytes) rtcp = make_rtcp (2);
  TegataSessionStats stats;
  Ends pair;

  ends_init (&pair, data);
  ends_connect (&pair.client, &pair.server);
  assert_crosses (&pair.client, &pair.server, rtp, TEGATA_RECEIVED_RTP);
  assert_crosses (&pair.server, &pair.client, rtp, TEGATA_RECEIVED_RTP);
  assert_crosses (&pair.client, &pair.server, rtcp, TEGATA_RECEIVED_RTCP);
  assert_crosses (&pair.server, &pair.client, rtcp, TEGATA_RECEIVED_RTCP);
  end_send_data (&pair.client, "there");
  end_send_data (&pair.server, "back");
  ends_shuttle (&pair.client, &pair.server);
  end_assert_told (&pair.client, "connecting connected data:back");
  end_assert_told (&pair.server, "connecting connected data:there");
  tegata_session_get_stats (pair.client.session, &stats);
  g_assert_cmpstr (stats.srtp_cipher, ==, data);
  ends_clear (&pair);
}

static void
test_data_only (void)
{
  g_autoptr (GBytes) rtp = make_rtp (1);
  TegataSessionStats stats;
  Ends pair;

  ends_init (&pair, "");
  g_assert_cmpint (end_receive (&pair.server, &pair.client.address, rtp, NULL), ==,
                   TEGATA_RECEIVED_NOTHING);
  ends_connect (&pair.client, &pair.server);
  g_assert_true (end_is_mute (&pair.client));
  g_assert_null (tegata_session_get_srtp (pair.server.session, TEGATA_SRTP_INBOUND));
  g_assert_null (tegata_session_get_srtp (pair.server.session, TEGATA_SRTP_OUTBOUND));
  g_assert_cmpint (end_receive (&pair.server, &pair.client.address, rtp, NULL), ==,
                   TEGATA_RECEIVED_NOTHING);
  end_send_data (&pair.client, "there");
  ends_shuttle (&pair.client, &pair.server);
  end_assert_told (&pair.server, "connecting connected data:there");

  tegata_session_get_stats (pair.server.session, &stats);
  g_assert_null (stats.srtp_cipher);
  g_assert_cmpuint (stats.inbound.rtp[TEGATA_SRTP_NO_KEYS], ==, 2);
  tegata_session_get_stats (pair.client.session, &stats);
  g_assert_cmpuint (stats.outbound.rtp[TEGATA_SRTP_NO_KEYS], ==, 1);
  g_assert_cmpuint (stats.outbound.rtcp[TEGATA_SRTP_NO_KEYS], ==, 1);
  ends_clear (&pair);
}

static void
test_unknown (void)
{
  static const guint8 stun[20] = { 0, 1 };
  g_autoptr (GBytes) datagram = g_bytes_new (stun, sizeof stun);
  g_autoptr (GBytes) empty = g_bytes_new (NULL, 0);
  End end;

  end_init (&end, "a", NULL);
  end_receive (&end, NULL, datagram, NULL);
  end_receive (&end, NULL, empty, NULL);
  g_assert_cmpuint (end_n_refused (&end, TEGATA_REFUSED_UNKNOWN), ==, 2);
  end_clear (&end);
}

static void
test_alien_source (void)
{
  g_autoptr (GBytes) packet = make_rtp (1);
  g_autoptr (GBytes) plain = NULL;
  TegataAddress elsewhere;
  Ends pair;

  tegata_address_init (&elsewhere, "elsewhere", 9);
  ends_init (&pair, NULL);
  tegata_session_set_peer (pair.server.session, &pair.client.address);
  ends_connect (&pair.client, &pair.server);

  g_autoptr (GBytes) protected = end_protect (&pair.client, packet);
  g_assert_cmpint (end_receive (&pair.server, &elsewhere, protected, NULL), ==,
                   TEGATA_RECEIVED_NOTHING);
  g_assert_cmpuint (end_n_refused (&pair.server, TEGATA_REFUSED_SOURCE), ==, 1);
  /* the caller vouches */
  g_assert_cmpint (end_receive (&pair.server, NULL, protected, &plain), ==,
                   TEGATA_RECEIVED_RTP);

  /* ICE chose another pair */
  tegata_session_set_peer (pair.server.session, &elsewhere);
  end_send_rtp (&pair.client, &pair.server, 2, TEGATA_RECEIVED_NOTHING);
  g_assert_cmpuint (end_n_refused (&pair.server, TEGATA_REFUSED_SOURCE), ==, 2);
  end_send_data (&pair.server, "to the new one");
  end_poll (&pair.server);
  Event *event = g_queue_peek_head (&pair.server.datagrams);
  g_assert_true (tegata_address_equal (&event->peer, &elsewhere));
  ends_clear (&pair);
}

static void
test_server_takes_first_source (void)
{
  TegataAddress elsewhere, peer;
  Event *event;
  Ends pair;

  tegata_address_init (&elsewhere, "elsewhere", 9);
  ends_init (&pair, NULL);
  g_assert_false (tegata_session_get_peer (pair.server.session, &peer));
  end_start (&pair.server, TEGATA_ROLE_SERVER);
  end_start (&pair.client, TEGATA_ROLE_CLIENT);
  end_poll (&pair.client);

  /* noise from elsewhere takes nothing */
  static const guint8 noise[] = { 22, 0xfe, 0xfd, 1, 2, 3 };
  g_autoptr (GBytes) datagram = g_bytes_new (noise, sizeof noise);
  end_receive (&pair.server, &elsewhere, datagram, NULL);
  g_assert_false (tegata_session_get_peer (pair.server.session, &peer));

  event = g_queue_pop_head (&pair.client.datagrams);
  g_assert_cmpuint (event->peer.len, ==, 0);
  end_receive (&pair.server, &pair.client.address, event->bytes, NULL);
  g_assert_true (tegata_session_get_peer (pair.server.session, &peer));
  g_assert_true (tegata_address_equal (&peer, &pair.client.address));
  end_receive (&pair.server, &elsewhere, event->bytes, NULL);
  g_assert_cmpuint (end_n_refused (&pair.server, TEGATA_REFUSED_SOURCE), ==, 1);
  event_free (event);

  end_poll (&pair.server);
  event = g_queue_peek_head (&pair.server.datagrams);
  g_assert_nonnull (event);
  g_assert_true (tegata_address_equal (&event->peer, &pair.client.address));
  ends_clear (&pair);
}

/* A server on its own that wants cookies answers each where it is, and takes the address
 * of who proves itself. */
static void
test_cookies_always (void)
{
  TegataAddress elsewhere, peer;
  Event *event;
  Ends pair;

  tegata_address_init (&elsewhere, "elsewhere", 9);
  ends_init (&pair, NULL);
  end_renew_with_cookies (&pair.server);
  end_start (&pair.server, TEGATA_ROLE_SERVER);
  end_start (&pair.client, TEGATA_ROLE_CLIENT);
  end_poll (&pair.client);
  event = g_queue_peek_head (&pair.client.datagrams);
  end_receive (&pair.server, &elsewhere, event->bytes, NULL);
  end_poll (&pair.server);
  event = g_queue_pop_head (&pair.server.datagrams);
  g_assert_true (tegata_address_equal (&event->peer, &elsewhere));
  event_free (event);
  g_assert_false (tegata_session_get_peer (pair.server.session, &peer));

  ends_shuttle (&pair.client, &pair.server);
  g_assert_true (tegata_session_get_peer (pair.server.session, &peer));
  g_assert_true (tegata_address_equal (&peer, &pair.client.address));
  end_assert_state (&pair.server, TEGATA_STATE_AWAITING_FINGERPRINT);
  g_assert_cmpuint (end_n_refused (&pair.server, TEGATA_REFUSED_COOKIE), ==, 2);
  ends_clear (&pair);
}

static void
test_mute_before_connected (void)
{
  guint8 data = 1;
  g_autoptr (GError) error = NULL;
  Ends pair;

  ends_init (&pair, NULL);
  g_assert_true (end_is_mute (&pair.client));
  g_assert_false (tegata_session_send_data (pair.client.session, &data, 1, &error));
  g_assert_error (error, TEGATA_ERROR, TEGATA_ERROR_NOT_CONNECTED);
  ends_connect_server_first (&pair);
  g_assert_true (end_is_mute (&pair.client));
  g_assert_false (end_is_mute (&pair.server));
  g_assert_null (tegata_session_get_srtp (pair.client.session, TEGATA_SRTP_OUTBOUND));
  g_assert_cmpuint (tegata_session_get_max_data_len (pair.client.session), ==, 0);

  /* keys are usable before anything is polled */
  ends_finish_client (&pair);
  g_assert_false (end_is_mute (&pair.client));
  g_assert_nonnull (tegata_session_get_srtp (pair.client.session, TEGATA_SRTP_INBOUND));
  g_assert_cmpuint (tegata_session_get_max_data_len (pair.client.session), >, 1000);
  ends_clear (&pair);
}

static void
test_awaiting_fingerprint (void)
{
  g_autoptr (GError) error = NULL;
  guint8 data = 1;
  Ends pair;

  ends_init (&pair, NULL);
  end_expect (&pair.server, tegata_context_get_certificate (pair.client.context));
  end_start (&pair.server, TEGATA_ROLE_SERVER);
  end_start (&pair.client, TEGATA_ROLE_CLIENT);
  ends_shuttle (&pair.client, &pair.server);
  end_assert_state (&pair.client, TEGATA_STATE_AWAITING_FINGERPRINT);
  end_assert_state (&pair.server, TEGATA_STATE_CONNECTED);

  end_send_rtp (&pair.server, &pair.client, 1, TEGATA_RECEIVED_NOTHING);
  end_send_data (&pair.server, "early");
  ends_shuttle (&pair.client, &pair.server);
  g_assert_true (end_is_mute (&pair.client));
  g_assert_false (tegata_session_send_data (pair.client.session, &data, 1, &error));
  g_assert_error (error, TEGATA_ERROR, TEGATA_ERROR_NOT_CONNECTED);
  end_assert_told (&pair.client, "connecting awaiting-fingerprint");

  end_expect (&pair.client, tegata_context_get_certificate (pair.server.context));
  end_assert_state (&pair.client, TEGATA_STATE_CONNECTED);
  g_assert_false (end_is_mute (&pair.client));
  end_poll (&pair.client);
  end_assert_told (&pair.client,
                   "connecting awaiting-fingerprint connected data:early rtp:1");
  ends_clear (&pair);
}

/* The client expects somebody else. */
static void
assert_client_failed (Ends *pair)
{
  end_assert_state (&pair->client, TEGATA_STATE_FAILED);
  g_assert_error (tegata_session_get_error (pair->client.session), TEGATA_ERROR,
                  TEGATA_ERROR_FINGERPRINT);
  g_assert_true (end_is_mute (&pair->client));
}

static void
test_wrong_fingerprint (void)
{
  g_autoptr (GBytes) packet = make_rtp (1);
  Ends pair;

  ends_init (&pair, NULL);
  end_expect (&pair.client, tegata_context_get_certificate (pair.client.context));
  end_expect (&pair.server, tegata_context_get_certificate (pair.client.context));
  end_receive (&pair.client, &pair.server.address, packet, NULL);
  end_start (&pair.server, TEGATA_ROLE_SERVER);
  end_start (&pair.client, TEGATA_ROLE_CLIENT);
  ends_shuttle (&pair.client, &pair.server);
  assert_client_failed (&pair);
  end_assert_told (&pair.client, "connecting failed");
  g_assert_true (end_is_mute (&pair.server));
  g_assert_null (tegata_session_get_srtp (pair.client.session, TEGATA_SRTP_INBOUND));
  end_receive (&pair.client, &pair.server.address, packet, NULL);
  g_assert_cmpuint (end_n_refused (&pair.client, TEGATA_REFUSED_ENDED), >=, 2);
  ends_clear (&pair);
}

static void
test_wrong_fingerprint_later (void)
{
  Ends pair;

  ends_init (&pair, NULL);
  ends_connect (&pair.client, &pair.server);
  g_assert_false (end_is_mute (&pair.client));
  end_expect (&pair.client, tegata_context_get_certificate (pair.client.context));
  assert_client_failed (&pair);
  end_send_rtp (&pair.server, &pair.client, 1, TEGATA_RECEIVED_NOTHING);
  g_assert_cmpuint (end_n_refused (&pair.client, TEGATA_REFUSED_ENDED), ==, 1);
  end_poll (&pair.client);
  end_assert_told (&pair.client, "connecting connected failed");
  ends_clear (&pair);
}

static void
test_close (void)
{
  Ends pair;

  ends_init (&pair, NULL);
  ends_connect (&pair.client, &pair.server);
  g_autoptr (GBytes) packet = make_rtp (1);
  g_autoptr (GBytes) late = end_protect (&pair.client, packet);
  tegata_session_close (pair.client.session);
  g_assert_true (end_is_mute (&pair.client));
  end_send_rtp (&pair.server, &pair.client, 1, TEGATA_RECEIVED_NOTHING);
  ends_shuttle (&pair.client, &pair.server);
  end_assert_told (&pair.client, "connecting connected closed");
  end_assert_told (&pair.server, "connecting connected closed");
  g_assert_true (end_is_mute (&pair.server));
  g_assert_cmpint (end_receive (&pair.server, &pair.client.address, late, NULL), ==,
                   TEGATA_RECEIVED_NOTHING);
  g_assert_cmpint (tegata_session_deadline_us (pair.client.session), ==, -1);
  tegata_session_close (pair.client.session);
  end_poll (&pair.client);
  end_assert_told (&pair.client, "connecting connected closed");
  ends_clear (&pair);
}

static void
test_close_before_start (void)
{
  g_autoptr (GBytes) packet = make_rtp (1);
  End end;

  end_init (&end, "a", NULL);
  end_receive (&end, NULL, packet, NULL);
  tegata_session_close (end.session);
  end_assert_state (&end, TEGATA_STATE_CLOSED);
  end_receive (&end, NULL, packet, NULL);
  g_assert_cmpuint (end_n_refused (&end, TEGATA_REFUSED_ENDED), ==, 2);
  tegata_session_close (end.session);
  end_poll (&end);
  end_assert_told (&end, "closed");
  end_clear (&end);
}

static void
test_stats_new (void)
{
  TegataSessionStats stats;
  End end;

  end_init (&end, "a", NULL);
  tegata_session_get_stats (end.session, &stats);
  g_assert_cmpstr (stats.dtls_state, ==, "new");
  g_assert_cmpstr (stats.dtls_role, ==, "unknown");
  g_assert_null (stats.tls_version);
  g_assert_null (stats.dtls_cipher);
  g_assert_null (stats.srtp_cipher);
  g_assert_cmpuint (stats.packets_received, ==, 0);
  g_assert_null (tegata_session_get_dtls (end.session));
  g_assert_null (tegata_session_get_peer_certificate (end.session));
  end_clear (&end);
}

static void
test_stats_connected (void)
{
  TegataSessionStats client, server;
  Ends pair;

  ends_init (&pair, NULL);
  ends_connect (&pair.client, &pair.server);
  for (guint16 i = 0; i < 5; i++)
  {
    end_send_rtp (&pair.client, &pair.server, i, TEGATA_RECEIVED_RTP);
  }
  tegata_session_get_stats (pair.client.session, &client);
  tegata_session_get_stats (pair.server.session, &server);
  g_assert_cmpstr (client.dtls_state, ==, "connected");
  g_assert_cmpstr (client.dtls_role, ==, "client");
  g_assert_cmpstr (server.dtls_role, ==, "server");
  g_assert_cmpstr (client.tls_version, ==, "FEFD");
  g_assert_true (g_str_has_prefix (client.dtls_cipher, "TLS_ECDHE_ECDSA_WITH_AES_"));
  g_assert_cmpstr (client.srtp_cipher, ==, "SRTP_AEAD_AES_128_GCM");
  g_assert_cmpuint (client.outbound.rtp[TEGATA_SRTP_OK], ==, 5);
  g_assert_cmpuint (server.inbound.rtp[TEGATA_SRTP_OK], ==, 5);
  /* nothing was lost, so both count the same datagrams and bytes */
  g_assert_cmpuint (client.packets_sent, ==, server.packets_received);
  g_assert_cmpuint (client.bytes_sent, ==, server.bytes_received);
  g_assert_cmpuint (server.packets_sent, ==, client.packets_received);
  g_assert_cmpuint (server.bytes_sent, ==, client.bytes_received);
  g_assert_cmpuint (client.packets_sent, >, 5);
  ends_clear (&pair);
}

static void
test_unsupported (void)
{
  g_autoptr (TegataCertificate) certificate
      = tegata_certificate_new (TEGATA_KEY_TYPE_ED25519, NULL);
  g_autoptr (TegataContext) context = tegata_context_new (certificate, NULL);
  g_autoptr (TegataSession) session = tegata_session_new (context);
  g_autoptr (GError) error = NULL;

  g_assert_false (tegata_session_start (session, TEGATA_ROLE_SERVER, 0, &error));
  g_assert_error (error, TEGATA_ERROR, TEGATA_ERROR_UNSUPPORTED);
  g_assert_cmpint (tegata_session_get_state (session), ==, TEGATA_STATE_NEW);
  g_clear_error (&error);
  g_assert_true (tegata_session_start (session, TEGATA_ROLE_CLIENT, 0, &error));
  g_assert_no_error (error);
}

/* Sends until it is stopped from the network thread. */
static gpointer
send_until_mute (gpointer data)
{
  End *end = data;
  g_autoptr (GBytes) packet = make_rtp (1);
  gsize len;
  const guint8 *bytes = g_bytes_get_data (packet, &len);
  gboolean was_ok = FALSE;

  for (;;)
  {
    guint8 out[64];
    gsize out_len;
    TegataSrtpOutcome outcome
        = tegata_session_send_rtp (end->session, bytes, len, out, sizeof out, &out_len);

    was_ok = was_ok || outcome == TEGATA_SRTP_OK;
    if (was_ok && outcome == TEGATA_SRTP_NO_KEYS)
    {
      return NULL;
    }
  }
}

static gboolean
has_sent (End *end)
{
  TegataSessionStats stats;

  tegata_session_get_stats (end->session, &stats);
  return stats.outbound.rtp[TEGATA_SRTP_OK] > 0;
}

static void
test_media_thread (void)
{
  Ends pair;
  GThread *thread;

  ends_init (&pair, NULL);
  thread = g_thread_new ("media", send_until_mute, &pair.client);
  ends_connect (&pair.client, &pair.server);
  while (!has_sent (&pair.client))
  {
    g_thread_yield ();
  }
  tegata_session_close (pair.client.session);
  g_thread_join (thread);
  ends_clear (&pair);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (profiles); i++)
  {
    g_autofree char *path = g_strdup_printf ("/session/crosses-with/%s", profiles[i]);

    g_test_add_data_func (path, profiles[i], test_profile);
  }
  g_test_add_func ("/session/data-only/carries-data-and-no-media", test_data_only);
  g_test_add_func ("/session/source/unknown-datagrams-are-counted", test_unknown);
  g_test_add_func ("/session/source/aliens-are-refused", test_alien_source);
  g_test_add_func ("/session/source/server-takes-that-of-the-first-accepted-hello",
                   test_server_takes_first_source);
  g_test_add_func ("/session/source/challenges-go-where-the-hello-came-from",
                   test_cookies_always);
  g_test_add_func ("/session/keys/none-before-connected", test_mute_before_connected);
  g_test_add_func ("/session/keys/none-while-awaiting-the-fingerprint",
                   test_awaiting_fingerprint);
  g_test_add_func ("/session/keys/none-with-a-wrong-fingerprint", test_wrong_fingerprint);
  g_test_add_func ("/session/keys/no-more-when-the-fingerprint-changes",
                   test_wrong_fingerprint_later);
  g_test_add_func ("/session/close/stops-media-at-once", test_close);
  g_test_add_func ("/session/close/before-the-start", test_close_before_start);
  g_test_add_func ("/session/start/unsupported-role-leaves-it-new", test_unsupported);
  g_test_add_func ("/session/stats/of-a-new-session", test_stats_new);
  g_test_add_func ("/session/stats/both-ends-count-the-same", test_stats_connected);
  g_test_add_func ("/session/threads/media-thread-is-started-and-stopped",
                   test_media_thread);

  return g_test_run ();
}
