/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transport/party.h"

#include <string.h>

/* RTP and RTCP through a transport: in which order, in how many calls, and on which
 * thread. */

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
  static const gsize lens[] = { 12, 1200, 2028, 2029, 9000, 65000 };
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
  g_assert_cmpuint (couple.server->media_calls->len, <, 10); /* many at once */

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
  TegataTransport *transport;
  guint n_ok;
  gint is_done; /* atomic */
} Sender;

#define N_THREAD_PACKETS 2000

static gpointer
send_media (gpointer data)
{
  Sender *self = data;

  for (guint16 i = 0; i < N_THREAD_PACKETS; i++)
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
  Sender sender = { 0 };
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
  g_assert_cmpuint (couple.server->packets->len, ==, sender.n_ok);

  /* and while it is closed */
  sender.is_done = FALSE;
  thread = g_thread_new ("media", send_media, &sender);
  tegata_transport_close (couple.client->transport);
  couple_shuttle (&couple);
  g_thread_join (thread);
  party_assert_states (couple.server, "connecting connected closed");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/transport-media/sends-and-tells-a-batch-in-one-call",
                   sends_and_tells_a_batch_in_one_call);
  g_test_add_func ("/transport-media/sends-what-could-be-protected",
                   sends_what_could_be_protected);
  g_test_add_func ("/transport-media/sends-batches-of-any-length",
                   sends_batches_of_any_length);
  g_test_add_func ("/transport-media/sends-packets-of-any-length",
                   sends_packets_of_any_length);
  g_test_add_func ("/transport-media/says-why-a-packet-was-not-sent",
                   says_why_a_packet_was_not_sent);
  g_test_add_func ("/transport-media/says-that-no-profile-was-negotiated",
                   says_that_no_profile_was_negotiated);
  g_test_add_func ("/transport-media/emits-packets-for-bindings",
                   emits_packets_for_bindings);
  g_test_add_func ("/transport-media/hands-out-early-media-in-order",
                   hands_out_early_media_in_order);
  g_test_add_func ("/transport-media/comes-behind-the-flight-that-connects",
                   comes_behind_the_flight_that_connects);
  g_test_add_func ("/transport-media/keeps-order-within-a-batch",
                   keeps_order_within_a_batch);
  g_test_add_func ("/transport-media/is-addressed-to-the-peer", is_addressed_to_the_peer);
  g_test_add_func ("/transport-media/goes-out-on-another-thread",
                   goes_out_on_another_thread);
  return g_test_run ();
}
