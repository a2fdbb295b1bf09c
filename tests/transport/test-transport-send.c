/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transport/party.h"

#include <string.h>

/* RTP and RTCP into a transport: what is refused and why, and on which thread. */

#define ROOM 128

static void
sends_batches_of_any_length (void)
{
  enum
  {
    N = 100
  };
  g_auto (Couple) couple = { 0 };
  g_autofree guint8 *room = g_malloc ((gsize) N * ROOM);
  g_autofree TegataPacket *packets = g_new0 (TegataPacket, N);

  couple_init (&couple);
  couple_connect (&couple);
  g_assert_cmpuint (tegata_transport_send_packets (couple.client->transport, packets, 0),
                    ==, 0);
  for (guint i = 0; i < N; i++)
  {
    g_autoptr (GBytes) plain = make_rtp ((guint16) i);

    packets[i].bytes = room + (gsize) i * ROOM;
    packets[i].len = g_bytes_get_size (plain);
    packets[i].size = ROOM;
    memcpy (packets[i].bytes, g_bytes_get_data (plain, NULL), packets[i].len);
  }
  g_assert_cmpuint (tegata_transport_send_packets (couple.client->transport, packets, N),
                    ==, N);
  couple_shuttle (&couple);
  g_assert_cmpuint (couple.server->packets->len, ==, N);
  for (guint i = 0; i < N; i++)
  {
    g_autoptr (GBytes) plain = make_rtp ((guint16) i);

    party_assert_packet (couple.server, i, plain);
  }
}

static void
sends_packets_of_any_length (void)
{
  static const gsize lens[] = { 12, 1200, 2028, 2029, 2040, 9000, 65000 };
  g_auto (Couple) couple = { 0 };
  g_autofree guint8 *packet = g_malloc0 (65000);

  couple_init (&couple);
  couple_connect (&couple);
  packet[0] = 0x80;
  for (guint i = 0; i < G_N_ELEMENTS (lens); i++)
  {
    g_autoptr (GError) error = NULL;

    packet[3] = (guint8) i;
    tegata_transport_send_rtp (couple.client->transport, packet, lens[i], &error);
    g_assert_no_error (error);
    couple_shuttle (&couple);
    g_assert_cmpuint (couple.server->packets->len, ==, i + 1);
    g_assert_cmpuint (g_bytes_get_size (couple.server->packets->pdata[i]), ==, lens[i]);
  }
}

static void
assert_refused (Party *party, const guint8 *packet, gsize len, gint code, const char *why)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (tegata_transport_send_rtp (party->transport, packet, len, &error));
  g_assert_error (error, TEGATA_ERROR, code);
  if (strstr (error->message, why) == NULL)
  {
    g_error ("found \"%s\", expected it to say \"%s\"", error->message, why);
  }
}

static void
says_why_a_packet_was_not_sent (void)
{
  g_auto (Couple) couple = { 0 };
  g_autoptr (GBytes) plain = make_rtp (1);
  gsize len;
  const guint8 *bytes = g_bytes_get_data (plain, &len);

  couple_init (&couple);
  assert_refused (couple.client, bytes, len, TEGATA_ERROR_NOT_CONNECTED,
                  "not connected yet");
  couple_connect (&couple);
  party_assert_sends (couple.client, 1);
  assert_refused (couple.client, bytes, len, TEGATA_ERROR_SRTP, "sequence number");
  assert_refused (couple.client, bytes, 5, TEGATA_ERROR_SRTP, "5 bytes");
  party_assert_sends (couple.client, 3000);
  party_assert_sends (couple.client, 3001);
  assert_refused (couple.client, bytes, len, TEGATA_ERROR_SRTP, "behind");
  tegata_transport_close (couple.client->transport);
  assert_refused (couple.client, bytes, len, TEGATA_ERROR_NOT_CONNECTED, "has ended");
}

static void
sends_rtcp (void)
{
  g_auto (Couple) couple = { 0 };
  g_autoptr (GBytes) plain = make_rtcp (5);
  g_autoptr (GError) error = NULL;
  gsize len;
  const guint8 *bytes = g_bytes_get_data (plain, &len);

  couple_init (&couple);
  couple_connect (&couple);
  g_assert_true (
      tegata_transport_send_rtcp (couple.client->transport, bytes, len, &error));
  g_assert_no_error (error);
  couple_shuttle (&couple);
  party_assert_packet (couple.server, 0, plain);
  g_assert_false (
      tegata_transport_send_rtcp (couple.client->transport, bytes, 3, &error));
  g_assert_error (error, TEGATA_ERROR, TEGATA_ERROR_SRTP);
  g_assert_nonnull (strstr (error->message, "RTCP"));
}

static void
says_that_no_profile_was_negotiated (void)
{
  g_auto (Couple) couple = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) plain = make_rtp (1);
  TegataContext *context = tegata_context_new (NULL, &error);
  g_autofree char *profile = NULL;

  g_assert_no_error (error);
  tegata_context_set_srtp_profiles (context, "AES128_CM_HMAC_SHA1_32", &error);
  g_assert_no_error (error);
  couple_init (&couple);
  party_free (couple.server);
  couple.server = party_new (context, TEGATA_DATAGRAM_CHANNEL (couple.server_channel));
  couple_connect (&couple);
  g_assert_cmpint (party_get_state (couple.client), ==, TEGATA_STATE_CONNECTED);
  assert_refused (couple.client, g_bytes_get_data (plain, NULL), g_bytes_get_size (plain),
                  TEGATA_ERROR_NO_PROFILE, "profile");
  g_object_get (couple.client->transport, "srtp-profile", &profile, NULL);
  g_assert_null (profile);
}

static void
is_addressed_to_the_peer (void)
{
  g_auto (Couple) couple = { 0 };
  TegataAddress peer;

  couple_init (&couple);
  pair_channel_set_address (couple.client_channel, "client");
  couple_connect (&couple);
  party_assert_sends (couple.server, 1);
  peer = pair_channel_get_last_peer (couple.server_channel);
  g_assert_cmpmem (peer.bytes, peer.len, "client", 6);
  couple_shuttle (&couple);
  g_assert_cmpuint (couple.client->packets->len, ==, 1);
  party_assert_sends (couple.client, 1);
  peer = pair_channel_get_last_peer (couple.client_channel);
  g_assert_cmpuint (peer.len, ==, 0);
}

typedef struct
{
  Party *party;
  gboolean
      came; /* the moment behind the flight that connects, of which it was not told */
} Early;

static void
send_early (gpointer user_data)
{
  Early *self = user_data;
  g_autoptr (GBytes) plain = make_rtp (1);
  guint8 bytes[ROOM];
  TegataPacket packet = { .bytes = bytes, .size = sizeof bytes };
  const guint8 *plain_bytes = g_bytes_get_data (plain, &packet.len);

  if (party_get_state (self->party) != TEGATA_STATE_CONNECTED
      || party_count_state (self->party, TEGATA_STATE_CONNECTED) > 0 || self->came)
  {
    return;
  }
  self->came = TRUE;
  memcpy (bytes, plain_bytes, packet.len);
  assert_refused (self->party, plain_bytes, packet.len, TEGATA_ERROR_NOT_CONNECTED,
                  "not connected yet");
  g_assert_cmpuint (tegata_transport_send_packets (self->party->transport, &packet, 1),
                    ==, 0);
  g_assert_cmpint (packet.outcome, ==, TEGATA_SRTP_NO_KEYS);
}

/* There are keys before it is published where the peer is. */
static void
goes_nowhere_before_it_is_told_of_the_connection (void)
{
  g_auto (Couple) couple = { 0 };
  Early early = { 0 };

  couple_init (&couple);
  early.party = couple.server;
  pair_channel_set_address (couple.client_channel, "client");
  pair_channel_set_sent_func (couple.server_channel, send_early, &early);
  couple_connect (&couple);
  pair_channel_set_sent_func (couple.server_channel, NULL, NULL);
  g_assert_true (early.came);
  party_assert_sends (couple.server, 1);
}

typedef struct
{
  TegataTransport *transport;
  guint n_wanted; /* it tries until so many were sent */
  guint n_ok;
  gint stops;   /* atomic: or until it is told to stop */
  gint is_done; /* atomic */
} Sender;

static gpointer
send_media (gpointer data)
{
  Sender *self = data;

  for (guint16 i = 0; self->n_ok < self->n_wanted && !g_atomic_int_get (&self->stops);
       i++)
  {
    g_autoptr (GBytes) plain = make_rtp (i);
    gsize len;
    const guint8 *bytes = g_bytes_get_data (plain, &len);

    self->n_ok += tegata_transport_send_rtp (self->transport, bytes, len, NULL) ? 1 : 0;
  }
  g_atomic_int_set (&self->is_done, TRUE);
  return NULL;
}

static void
goes_out_on_another_thread (void)
{
  g_auto (Couple) couple = { 0 };
  Sender sender = { .n_wanted = 2000 };
  GThread *thread = NULL;

  couple_init (&couple);
  sender.transport = couple.client->transport;
  thread = g_thread_new ("media", send_media, &sender); /* before there are keys */
  couple_connect (&couple);
  while (!g_atomic_int_get (&sender.is_done))
  {
    party_assert_sends (couple.server, (guint16) couple.client->packets->len);
    couple_shuttle (&couple);
  }
  g_thread_join (thread);
  couple_shuttle (&couple);
  g_assert_cmpuint (sender.n_ok, ==, 2000);
  g_assert_cmpuint (couple.server->packets->len, ==, sender.n_ok);

  /* and while it is closed */
  sender.n_wanted = G_MAXUINT;
  thread = g_thread_new ("media", send_media, &sender);
  tegata_transport_close (couple.client->transport);
  couple_shuttle (&couple);
  g_atomic_int_set (&sender.stops, TRUE);
  g_thread_join (thread);
  party_assert_states (couple.server, "connecting connected closed");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/transport-send/sends-batches-of-any-length",
                   sends_batches_of_any_length);
  g_test_add_func ("/transport-send/sends-packets-of-any-length",
                   sends_packets_of_any_length);
  g_test_add_func ("/transport-send/says-why-a-packet-was-not-sent",
                   says_why_a_packet_was_not_sent);
  g_test_add_func ("/transport-send/sends-rtcp", sends_rtcp);
  g_test_add_func ("/transport-send/says-that-no-profile-was-negotiated",
                   says_that_no_profile_was_negotiated);
  g_test_add_func ("/transport-send/is-addressed-to-the-peer", is_addressed_to_the_peer);
  g_test_add_func ("/transport-send/goes-nowhere-before-it-is-told-of-the-connection",
                   goes_nowhere_before_it_is_told_of_the_connection);
  g_test_add_func ("/transport-send/goes-out-on-another-thread",
                   goes_out_on_another_thread);
  return g_test_run ();
}
