/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transport/party.h"

#include <string.h>

/* RTP and RTCP through a transport: in which order, and in how many calls. */

#define N_PACKETS 6
#define ROOM 128

/* A batch of RTP, the last one RTCP. */
typedef struct
{
  guint8 bytes[N_PACKETS][ROOM];
  TegataPacket packets[N_PACKETS];
  GBytes *plain[N_PACKETS];
} Batch;

static void
batch_init (Batch *self, guint16 first)
{
  for (guint i = 0; i < N_PACKETS; i++)
  {
    gboolean is_rtcp = i == N_PACKETS - 1;
    gsize len;
    gconstpointer bytes;

    self->plain[i] = is_rtcp ? make_rtcp (first) : make_rtp ((guint16) (first + i));
    bytes = g_bytes_get_data (self->plain[i], &len);
    memcpy (self->bytes[i], bytes, len);
    self->packets[i].bytes = self->bytes[i];
    self->packets[i].len = len;
    self->packets[i].size = len + TEGATA_SRTP_MAX_OVERHEAD;
    self->packets[i].is_rtcp = is_rtcp;
  }
}

static void
batch_clear (Batch *self)
{
  for (guint i = 0; i < N_PACKETS; i++)
  {
    g_bytes_unref (self->plain[i]);
  }
}

static void
sends_and_tells_a_batch_in_one_call (void)
{
  g_auto (Couple) couple = { 0 };
  Batch batch;
  guint n_calls = 0;

  couple_init (&couple);
  couple_connect (&couple);
  batch_init (&batch, 100);
  n_calls = pair_channel_get_n_calls (couple.client_channel);
  g_assert_cmpuint (
      tegata_transport_send_packets (couple.client->transport, batch.packets, N_PACKETS),
      ==, N_PACKETS);
  g_assert_cmpuint (pair_channel_get_n_calls (couple.client_channel), ==, n_calls + 1);
  couple_shuttle (&couple);

  g_assert_cmpuint (couple.server->media_calls->len, ==, 1);
  g_assert_cmpuint (couple.server->packets->len, ==, N_PACKETS);
  for (guint i = 0; i < N_PACKETS; i++)
  {
    g_assert_cmpint (batch.packets[i].outcome, ==, TEGATA_SRTP_OK);
    g_assert_cmpuint (batch.packets[i].len, >, g_bytes_get_size (batch.plain[i]));
    party_assert_packet (couple.server, i, batch.plain[i]);
  }
  batch_clear (&batch);
}

static void
sends_what_could_be_protected (void)
{
  g_auto (Couple) couple = { 0 };
  Batch batch;

  couple_init (&couple);
  couple_connect (&couple);
  batch_init (&batch, 100);
  batch.packets[1].len = 3;
  batch.bytes[3][3] = batch.bytes[2][3]; /* the same sequence number twice */
  batch.packets[4].size = batch.packets[4].len;
  g_assert_cmpuint (
      tegata_transport_send_packets (couple.client->transport, batch.packets, N_PACKETS),
      ==, N_PACKETS - 3);
  couple_shuttle (&couple);
  g_assert_cmpuint (couple.server->packets->len, ==, N_PACKETS - 3);
  g_assert_cmpint (batch.packets[1].outcome, ==, TEGATA_SRTP_MALFORMED);
  g_assert_cmpint (batch.packets[3].outcome, ==, TEGATA_SRTP_REPLAYED);
  g_assert_cmpint (batch.packets[4].outcome, ==, TEGATA_SRTP_NO_SPACE);
  party_assert_packet (couple.server, 1, batch.plain[2]);
  batch_clear (&batch);
}

static void
sends_nothing_before_it_is_connected (void)
{
  g_auto (Couple) couple = { 0 };
  Batch batch;

  couple_init (&couple);
  party_expect (couple.client, couple.server);
  party_start (couple.client, TEGATA_ROLE_CLIENT);
  pair_channel_drop (couple.client_channel);
  batch_init (&batch, 100);
  g_assert_cmpuint (
      tegata_transport_send_packets (couple.client->transport, batch.packets, N_PACKETS),
      ==, 0);
  g_assert_cmpint (batch.packets[0].outcome, ==, TEGATA_SRTP_NO_KEYS);
  g_assert_cmpuint (pair_channel_drop (couple.client_channel), ==, 0);
  batch_clear (&batch);
}

static void
collect_bytes (TegataTransport *transport, GBytes *bytes, gpointer user_data)
{
  (void) transport;
  g_ptr_array_add (user_data, g_bytes_ref (bytes));
}

static void
emits_packets_for_bindings (void)
{
  g_auto (Couple) couple = { 0 };
  g_autoptr (GPtrArray) rtp
      = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_autoptr (GPtrArray) rtcp
      = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_autoptr (GPtrArray) data
      = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  Batch batch;

  couple_init (&couple);
  g_signal_connect (couple.server->transport, "rtp-received", G_CALLBACK (collect_bytes),
                    rtp);
  g_signal_connect (couple.server->transport, "rtcp-received", G_CALLBACK (collect_bytes),
                    rtcp);
  g_signal_connect (couple.server->transport, "data-received", G_CALLBACK (collect_bytes),
                    data);
  couple_connect (&couple);
  batch_init (&batch, 7);
  tegata_transport_send_packets (couple.client->transport, batch.packets, N_PACKETS);
  tegata_transport_send_data (couple.client->transport, (const guint8 *) "x", 1, NULL);
  couple_shuttle (&couple);

  g_assert_cmpuint (rtp->len, ==, N_PACKETS - 1);
  g_assert_cmpuint (rtcp->len, ==, 1);
  g_assert_cmpuint (data->len, ==, 1);
  g_assert_true (g_bytes_equal (rtp->pdata[0], batch.plain[0]));
  g_assert_true (g_bytes_equal (rtcp->pdata[0], batch.plain[N_PACKETS - 1]));
  g_assert_cmpuint (couple.server->packets->len, ==, N_PACKETS); /* both ways are told */
  batch_clear (&batch);
}

/* The server may send before its client's fingerprint came to be compared there. */
static void
hands_out_early_media_in_order (void)
{
  g_auto (Couple) couple = { 0 };

  couple_init (&couple);
  party_expect (couple.client, couple.server);
  party_start (couple.server, TEGATA_ROLE_SERVER);
  party_start (couple.client, TEGATA_ROLE_CLIENT);
  couple_shuttle (&couple);
  for (guint16 i = 0; i < 40; i++)
  {
    party_assert_sends (couple.client, i);
    couple_shuttle (&couple);
  }
  g_assert_cmpuint (couple.server->packets->len, ==, 0);
  party_expect (couple.server, couple.client);
  g_assert_cmpuint (couple.server->packets->len, ==, 40);

  party_assert_sends (couple.client, 40);
  couple_shuttle (&couple);
  for (guint16 i = 0; i <= 40; i++)
  {
    g_autoptr (GBytes) plain = make_rtp (i);

    party_assert_packet (couple.server, i, plain);
  }
}

static void
assert_connected (Party *self, TegataOutputKind kind)
{
  if (kind == TEGATA_OUTPUT_RTP)
  {
    party_assert_states (self, "connecting connected");
  }
}

/* They are in one batch. */
static void
comes_behind_the_flight_that_connects (void)
{
  g_auto (Couple) couple = { 0 };

  couple_init (&couple);
  couple.client->then = assert_connected;
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
  party_assert_sends (couple.server, 2);
  g_assert_cmpuint (pair_channel_deliver (couple.client_channel), >=, 3);
  g_assert_cmpuint (couple.client->packets->len, ==, 2);
  g_assert_cmpuint (couple.client->media_calls->len, ==, 1);
}

/* One batch with media, data and the close: all of it comes in order. */
static void
keeps_order_within_a_batch (void)
{
  g_auto (Couple) couple = { 0 };

  couple_init (&couple);
  couple_connect (&couple);
  party_assert_sends (couple.client, 1);
  party_assert_sends (couple.client, 2);
  tegata_transport_send_data (couple.client->transport, (const guint8 *) "x", 1, NULL);
  party_assert_sends (couple.client, 3);
  tegata_transport_close (couple.client->transport);
  couple_shuttle (&couple);
  g_assert_cmpuint (couple.server->media_calls->len, ==, 2);
  g_assert_cmpuint (g_array_index (couple.server->media_calls, guint, 0), ==, 2);
  g_assert_cmpuint (g_array_index (couple.server->media_calls, guint, 1), ==, 1);
  g_assert_cmpuint (couple.server->data->len, ==, 1);
  party_assert_states (couple.server, "connecting connected closed");
}

/* Some of it is of the first bytes that DTLS, SRTP and STUN have. */
static void
goes_on_amid_noise (void)
{
  enum
  {
    N = 200
  };
  static const guint8 first_bytes[] = { 0, 1, 20, 21, 22, 23, 63, 64, 128, 191, 255 };
  g_auto (Couple) couple = { 0 };

  couple_init (&couple);
  couple_connect (&couple);
  for (guint16 i = 0; i < N; i++)
  {
    guint8 noise[40];
    TegataDatagram datagram
        = { .bytes = noise, .len = (gsize) g_test_rand_int_range (0, sizeof noise) };

    for (gsize j = 0; j < sizeof noise; j++)
    {
      noise[j] = (guint8) g_test_rand_int ();
    }
    noise[0] = first_bytes[i % sizeof first_bytes];
    tegata_datagram_channel_send (TEGATA_DATAGRAM_CHANNEL (couple.client_channel),
                                  &datagram, 1);
    party_assert_sends (couple.client, i);
  }
  couple_shuttle (&couple);
  g_assert_cmpuint (couple.server->packets->len, ==, N);
  g_assert_cmpuint (couple.server->data->len, ==, 0);
  party_assert_states (couple.server, "connecting connected");
}

static void
send_noise (PairChannel *channel, guint8 first_byte)
{
  guint8 noise[40] = { first_byte, 200 };
  TegataDatagram datagram = { .bytes = noise, .len = sizeof noise };

  tegata_datagram_channel_send (TEGATA_DATAGRAM_CHANNEL (channel), &datagram, 1);
}

/* STUN, nothing known, and forged media. */
static void
is_told_in_one_call_amid_noise (void)
{
  g_auto (Couple) couple = { 0 };

  couple_init (&couple);
  couple_connect (&couple);
  for (guint16 i = 0; i < 10; i++)
  {
    static const guint8 first_bytes[] = { 0, 255, 0x80 };

    party_assert_sends (couple.client, i);
    send_noise (couple.client_channel, first_bytes[i % sizeof first_bytes]);
  }
  couple_shuttle (&couple);
  g_assert_cmpuint (couple.server->packets->len, ==, 10);
  g_assert_cmpuint (couple.server->media_calls->len, ==, 1);
}

/* (transfer full): both sides have no other profile */
static TegataContext *
context_for (const char *profile)
{
  g_autoptr (GError) error = NULL;
  TegataContext *context = tegata_context_new (NULL, &error);

  g_assert_no_error (error);
  tegata_context_set_srtp_profiles (context, profile, &error);
  g_assert_no_error (error);
  return context;
}

static void
connect_with (Couple *couple, const char *profile)
{
  channel_pair_new (&couple->client_channel, &couple->server_channel);
  couple->client = party_new (context_for (profile),
                              TEGATA_DATAGRAM_CHANNEL (couple->client_channel));
  couple->server = party_new (context_for (profile),
                              TEGATA_DATAGRAM_CHANNEL (couple->server_channel));
  couple_connect (couple);
  g_assert_cmpint (party_get_state (couple->server), ==, TEGATA_STATE_CONNECTED);
}

static void
send_on (TegataTransport *transport,
         TegataPacket *packets,
         guint n_packets,
         gpointer user_data)
{
  (void) transport;
  g_assert_cmpuint (tegata_transport_send_packets (user_data, packets, n_packets), ==,
                    n_packets);
}

/* To somebody whose tags are longer than those of who sent it. */
static void
goes_on_to_another_peer_from_where_it_lies (void)
{
  static const TegataTransportCallbacks sending_on = { .media = send_on };
  g_auto (Couple) from = { 0 };
  g_auto (Couple) to = { 0 };
  g_autoptr (GBytes) plain = make_rtp (1);

  connect_with (&from, "SRTP_AES128_CM_HMAC_SHA1_80");
  connect_with (&to, "SRTP_AEAD_AES_256_GCM");
  tegata_transport_set_callbacks (from.server->transport, &sending_on,
                                  to.client->transport, NULL);
  party_assert_sends (from.client, 1);
  couple_shuttle (&from);
  couple_shuttle (&to);
  party_assert_packet (to.server, 0, plain);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/transport-media/sends-and-tells-a-batch-in-one-call",
                   sends_and_tells_a_batch_in_one_call);
  g_test_add_func ("/transport-media/sends-what-could-be-protected",
                   sends_what_could_be_protected);
  g_test_add_func ("/transport-media/sends-nothing-before-it-is-connected",
                   sends_nothing_before_it_is_connected);
  g_test_add_func ("/transport-media/goes-on-amid-noise", goes_on_amid_noise);
  g_test_add_func ("/transport-media/is-told-in-one-call-amid-noise",
                   is_told_in_one_call_amid_noise);
  g_test_add_func ("/transport-media/emits-packets-for-bindings",
                   emits_packets_for_bindings);
  g_test_add_func ("/transport-media/hands-out-early-media-in-order",
                   hands_out_early_media_in_order);
  g_test_add_func ("/transport-media/comes-behind-the-flight-that-connects",
                   comes_behind_the_flight_that_connects);
  g_test_add_func ("/transport-media/keeps-order-within-a-batch",
                   keeps_order_within_a_batch);
  g_test_add_func ("/transport-media/goes-on-to-another-peer-from-where-it-lies",
                   goes_on_to_another_peer_from_where_it_lies);
  return g_test_run ();
}
