/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * loopback: what a session is: datagrams and the time go in, outputs are polled. Two
 * peers in one process, without a network or a clock. The first datagram of all gets
 * lost.
 *
 *     $ build/examples/loopback
 *     100 ms without an answer
 *     server: connected
 *     client: connected
 *     server has RTP: ping
 *     client has RTP: pong
 *     server has data: not media
 *     client: closed
 *     server: closed
 *
 * And where signalling names another certificate than the server's:
 *
 *     $ build/examples/loopback wrong
 *     100 ms without an answer
 *     client: failed
 *     the peer's certificate is not the one that was signalled: expected sha-256 ...
 */
#include <stdio.h>
#include <tegata/tegata.h>

static gint64 now_us;     /* time is an argument, so it is what we say it is */
static guint n_datagrams; /* ever sent */

static void
send_rtp (TegataSession *from, const char *to_name, TegataSession *to, const char *text)
{
  guint8 packet[256] = { 0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7 };
  gsize len = 12 + g_strlcpy ((char *) packet + 12, text, 64);

  /* both work in place; a session that is not connected has no keys, and sends nothing */
  if (tegata_session_send_rtp (from, packet, len, packet, sizeof packet, &len)
          == TEGATA_SRTP_OK
      && tegata_session_handle_datagram (to, NULL, packet, &len, now_us)
             == TEGATA_RECEIVED_RTP)
  {
    printf ("%s has RTP: %.*s\n", to_name, (int) len - 12, (char *) packet + 12);
  }
}

/* Takes to one session what the other one has to say. Returns whether there was any. */
static gboolean
carry (TegataSession *from, const char *name, TegataSession *to)
{
  guint8 buffer[TEGATA_OUTPUT_SIZE];
  TegataOutput output = { .buffer = buffer, .size = sizeof buffer };
  guint n_outputs = 0;

  for (; tegata_session_poll (from, &output) != TEGATA_OUTPUT_NONE; n_outputs++)
  {
    if (output.kind == TEGATA_OUTPUT_DATAGRAM && n_datagrams++ > 0)
    {
      tegata_session_handle_datagram (to, NULL, buffer, &output.len, now_us);
    }
    else if (output.kind == TEGATA_OUTPUT_DATA)
    {
      printf ("%s has data: %.*s\n", name, (int) output.len, (char *) buffer);
    }
    else if (output.kind == TEGATA_OUTPUT_STATE && output.state > TEGATA_STATE_CONNECTING)
    {
      printf ("%s: %s\n", name, tegata_state_to_string (output.state));
    }
  }
  return n_outputs > 0;
}

/* Until nobody has anything to say, now or, where a handshake is under way, later. */
static void
run (TegataSession *client, TegataSession *server)
{
  while (carry (client, "client", server) || carry (server, "server", client))
  {
  }
  if (tegata_session_get_state (client) == TEGATA_STATE_CONNECTING)
  {
    now_us = tegata_session_deadline_us (client);
    printf ("%d ms without an answer\n", (int) (now_us / 1000));
    tegata_session_handle_deadline (client, now_us);
    run (client, server);
  }
}

/* Returns a session, and tells it what signalling does: whose certificate to expect. */
static TegataSession *
make_session (TegataContext *context, TegataContext *expected)
{
  TegataSession *self = tegata_session_new (context);
  g_autoptr (TegataFingerprint) fingerprint = tegata_fingerprint_new_for_certificate (
      tegata_context_get_certificate (expected), TEGATA_HASH_SHA256);

  tegata_session_set_peer_fingerprints (self, &fingerprint, 1);
  return self;
}

static gboolean
talk (TegataContext *alice, TegataContext *bob, gboolean wrong, GError **error)
{
  g_autoptr (TegataSession) client = make_session (alice, wrong ? alice : bob);
  g_autoptr (TegataSession) server = make_session (bob, alice);

  if (!tegata_session_start (server, TEGATA_ROLE_SERVER, now_us, error)
      || !tegata_session_start (client, TEGATA_ROLE_CLIENT, now_us, error))
  {
    return FALSE;
  }
  run (client, server);
  if (tegata_session_get_state (client) == TEGATA_STATE_FAILED)
  {
    g_propagate_error (error, g_error_copy (tegata_session_get_error (client)));
    return FALSE;
  }

  send_rtp (client, "server", server, "ping");
  send_rtp (server, "client", client, "pong");
  tegata_session_send_data (client, (const guint8 *) "not media", 9, NULL);
  run (client, server);
  tegata_session_close (client);
  run (client, server);
  return TRUE;
}

int
main (int argc, char **argv)
{
  gboolean wrong = argc > 1 && g_str_equal (argv[1], "wrong");
  g_autoptr (GError) error = NULL;
  g_autoptr (TegataContext) alice = tegata_context_new (NULL, &error);
  g_autoptr (TegataContext) bob
      = alice != NULL ? tegata_context_new (NULL, &error) : NULL;

  if (bob == NULL || !talk (alice, bob, wrong, &error))
  {
    printf ("%s\n", error->message);
    return 1;
  }
  return 0;
}
