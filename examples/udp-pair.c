/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * udp-pair: the simplest use on a network: two TegataTransports, each on a UDP socket of
 * 127.0.0.1, in one main loop. The client sends RTP, the server sends it back.
 *
 *     $ build/examples/udp-pair
 *     server: connecting
 *     client: connecting
 *     server: connected
 *     client: connected
 *     server: RTP, 17 bytes: hello
 *     client: RTP, 17 bytes: hello
 *     client: closed
 *     server: closed
 */
#include <stdio.h>
#include <tegata/tegata.h>

static const guint8 HELLO[17]
    = { 0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 'h', 'e', 'l', 'l', 'o' };

typedef struct
{
  GMainLoop *main_loop;
  TegataTransport *server;
  TegataTransport *client;
} Pair;

static void
on_state_changed (TegataTransport *transport, TegataState state, Pair *pair)
{
  gboolean is_client = transport == pair->client;

  printf ("%s: %s\n", is_client ? "client" : "server", tegata_state_to_string (state));
  if (state == TEGATA_STATE_CONNECTED && is_client)
  {
    tegata_transport_send_rtp (transport, HELLO, sizeof HELLO, NULL);
  }
  if (state == TEGATA_STATE_FAILED)
  {
    printf ("%s\n", tegata_transport_get_error (transport)->message);
  }
  if (state >= TEGATA_STATE_CLOSED && !is_client)
  {
    g_main_loop_quit (pair->main_loop);
  }
}

/* A signal hands out a copy. Who sends much in C takes tegata_transport_set_callbacks().
 */
static void
on_rtp_received (TegataTransport *transport, GBytes *packet, Pair *pair)
{
  gsize len;
  const guint8 *bytes = g_bytes_get_data (packet, &len);
  gboolean is_client = transport == pair->client;

  printf ("%s: RTP, %zu bytes: %.*s\n", is_client ? "client" : "server", len,
          (int) len - 12, (const char *) bytes + 12);
  if (is_client)
  {
    tegata_transport_close (transport);
  }
  else
  {
    tegata_transport_send_rtp (transport, bytes, len, NULL);
  }
}

static TegataTransport *
make_transport (Pair *pair, TegataContext *context, TegataUdpChannel *channel)
{
  TegataTransport *self
      = tegata_transport_new (context, TEGATA_DATAGRAM_CHANNEL (channel), NULL);

  g_signal_connect (self, "state-changed", G_CALLBACK (on_state_changed), pair);
  g_signal_connect (self, "rtp-received", G_CALLBACK (on_rtp_received), pair);
  return self;
}

/* What signalling does: takes the text of a=fingerprint from one peer to the other. */
static gboolean
trust (TegataTransport *self, TegataTransport *peer, GError **error)
{
  g_autofree char *text = NULL;

  g_object_get (peer, "fingerprint", &text, NULL);
  return tegata_transport_set_peer_fingerprint (self, text, error);
}

static gboolean
start (Pair *pair, TegataContext *context, GError **error)
{
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (TegataUdpChannel) listening = tegata_udp_channel_new (any, NULL, error);
  g_autoptr (TegataUdpChannel) calling = NULL;
  GSocketAddress *address;

  if (listening == NULL)
  {
    return FALSE;
  }
  address = tegata_udp_channel_get_local_address (listening);
  calling = tegata_udp_channel_new (NULL, address, error);
  if (calling == NULL)
  {
    return FALSE;
  }
  pair->server = make_transport (pair, context, listening);
  pair->client = make_transport (pair, context, calling);
  return trust (pair->client, pair->server, error)
         && trust (pair->server, pair->client, error)
         && tegata_transport_start (pair->server, TEGATA_ROLE_SERVER, error)
         && tegata_transport_start (pair->client, TEGATA_ROLE_CLIENT, error);
}

int
main (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GMainLoop) main_loop = g_main_loop_new (NULL, FALSE);
  /* each peer has its own in real life; here they share one, and its certificate */
  g_autoptr (TegataContext) context = tegata_context_new (NULL, &error);
  Pair pair = { .main_loop = main_loop };

  if (context != NULL && start (&pair, context, &error))
  {
    g_main_loop_run (main_loop);
  }
  else
  {
    fprintf (stderr, "udp-pair: %s\n", error->message);
  }
  g_clear_object (&pair.client);
  g_clear_object (&pair.server);
  return error == NULL ? 0 : 1;
}
