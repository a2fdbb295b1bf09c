/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The loop of udp-hop. Each turn waits for a datagram or a deadline, hands in what has
 * come, and polls what is to go.
 */

#include "hop.h"

#include "udp-socket.h"

#include <poll.h>
#include <stdio.h>
#include <tegata/sdp.h>

/* How many datagrams of one socket are handled before the other one has its turn. */
#define BATCH 64
#define FINGERPRINT_FILE_INTERVAL_US (50 * 1000)

void
hop_print_counts (Hop *hop, const char *title)
{
  TegataSessionStats stats;
  guint64 n_in = 0;

  tegata_session_get_stats (hop->session, &stats);
  for (guint i = 0; i < TEGATA_N_SRTP_OUTCOMES; i++)
  {
    n_in += i == TEGATA_SRTP_OK ? 0 : stats.inbound.rtp[i] + stats.inbound.rtcp[i];
  }
  printf ("%s: protected %" G_GUINT64_FORMAT " RTP %" G_GUINT64_FORMAT
          " RTCP, unprotected %" G_GUINT64_FORMAT " RTP %" G_GUINT64_FORMAT
          " RTCP, refused %" G_GUINT64_FORMAT " out %" G_GUINT64_FORMAT " in\n",
          title, stats.outbound.rtp[TEGATA_SRTP_OK], stats.outbound.rtcp[TEGATA_SRTP_OK],
          stats.inbound.rtp[TEGATA_SRTP_OK], stats.inbound.rtcp[TEGATA_SRTP_OK],
          hop->n_unsent, n_in);
}

static void
print_connection (Hop *hop)
{
  TegataDtls *dtls = tegata_session_get_dtls (hop->session);
  const char *profile
      = tegata_srtp_profile_to_string (tegata_dtls_get_srtp_profile (dtls));
  g_autoptr (TegataFingerprint) peer = tegata_fingerprint_new_for_certificate (
      tegata_session_get_peer_certificate (hop->session), TEGATA_HASH_SHA256);
  g_autofree char *text = tegata_fingerprint_to_string (peer);

  printf ("connected: %s, %s, %s\n",
          tegata_version_to_string (tegata_dtls_get_version (dtls)),
          tegata_dtls_get_cipher (dtls), profile != NULL ? profile : "no SRTP profile");
  printf ("peer: %s\n", text);
}

static void
deliver (Hop *hop, const guint8 *packet, gsize len)
{
  if (hop->plain_out.len > 0)
  {
    udp_send (hop->plain, packet, len, &hop->plain_out);
  }
}

static void
on_state (Hop *hop, TegataState state)
{
  if (state == TEGATA_STATE_CONNECTED)
  {
    print_connection (hop);
  }
  else if (state == TEGATA_STATE_FAILED)
  {
    fprintf (stderr, "udp-hop: %s\n", tegata_session_get_error (hop->session)->message);
  }
  else
  {
    printf ("%s\n", tegata_state_to_string (state));
  }
}

static void
drain_outputs (Hop *hop)
{
  TegataOutput output = { .buffer = hop->output, .size = sizeof hop->output };

  while (tegata_session_poll (hop->session, &output) != TEGATA_OUTPUT_NONE)
  {
    switch (output.kind)
    {
    case TEGATA_OUTPUT_DATAGRAM:
      udp_send (hop->network, output.buffer, output.len, &output.peer);
      break;
    case TEGATA_OUTPUT_RTP:
    case TEGATA_OUTPUT_RTCP:
      deliver (hop, output.buffer, output.len);
      break;
    case TEGATA_OUTPUT_STATE:
      on_state (hop, output.state);
      break;
    default:
      break;
    }
  }
}

static void
receive_from_network (Hop *hop, gint64 now_us)
{
  for (guint i = 0; i < BATCH; i++)
  {
    TegataAddress from;
    gssize n = udp_receive (hop->network, hop->buffer, sizeof hop->buffer, &from);
    gsize len = (gsize) n;

    if (n < 0)
    {
      return;
    }
    if (tegata_session_handle_datagram (hop->session, &from, hop->buffer, &len, now_us)
        != TEGATA_RECEIVED_NOTHING)
    {
      deliver (hop, hop->buffer, len);
    }
    drain_outputs (hop);
  }
}

static void
receive_from_application (Hop *hop)
{
  TegataAddress peer;

  for (guint i = 0; i < BATCH; i++)
  {
    gssize n = udp_receive (hop->plain, hop->buffer, HOP_BUFFER_SIZE, NULL);
    gsize len = (gsize) n;
    TegataSrtpOutcome outcome;

    if (n < 0)
    {
      return;
    }
    outcome = tegata_packet_classify (hop->buffer, len) == TEGATA_PACKET_RTCP
                  ? tegata_session_send_rtcp (hop->session, hop->buffer, len, hop->buffer,
                                              HOP_BUFFER_SIZE, &len)
                  : tegata_session_send_rtp (hop->session, hop->buffer, len, hop->buffer,
                                             HOP_BUFFER_SIZE, &len);
    if (outcome == TEGATA_SRTP_OK && tegata_session_get_peer (hop->session, &peer))
    {
      udp_send (hop->network, hop->buffer, len, &peer);
    }
    else
    {
      hop->n_unsent++;
    }
  }
}

gboolean
hop_set_peer_fingerprints (Hop *hop, char **lines, GError **error)
{
  g_autoptr (GPtrArray) fingerprints
      = tegata_sdp_parse_fingerprints ((const char *const *) lines, g_strv_length (lines),
                                       TEGATA_FINGERPRINT_DEFAULT, error);

  if (fingerprints == NULL)
  {
    return FALSE;
  }
  tegata_session_set_peer_fingerprints (
      hop->session, (TegataFingerprint *const *) fingerprints->pdata, fingerprints->len);
  return TRUE;
}

/* A fingerprint may come after the handshake: until it is there no media passes. */
static gboolean
look_for_fingerprint_file (Hop *hop, GError **error)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  if (hop->fingerprint_file == NULL
      || !g_file_get_contents (hop->fingerprint_file, &text, NULL, NULL))
  {
    return TRUE;
  }
  lines = g_strsplit (g_strchomp (text), "\n", -1);
  if (!hop_set_peer_fingerprints (hop, lines, error))
  {
    g_prefix_error (error, "%s: ", hop->fingerprint_file);
    return FALSE;
  }
  hop->fingerprint_file = NULL;
  return TRUE;
}

static void
sooner (gint64 *wake_us, gint64 other_us)
{
  if (other_us >= 0 && (*wake_us < 0 || other_us < *wake_us))
  {
    *wake_us = other_us;
  }
}

/* Waits for a datagram, a deadline or a signal, which is let in nowhere else. */
static void
wait_for_event (Hop *hop, const sigset_t *unblocked)
{
  struct pollfd fds[] = { { .fd = hop->network, .events = POLLIN },
                          { .fd = hop->plain, .events = POLLIN } };
  gint64 now_us = g_get_monotonic_time ();
  gint64 wake_us = tegata_session_deadline_us (hop->session);
  struct timespec wait = { 0 };

  sooner (&wake_us, hop->next_stats_us);
  sooner (&wake_us,
          hop->fingerprint_file != NULL ? now_us + FINGERPRINT_FILE_INTERVAL_US : -1);
  if (wake_us > now_us)
  {
    wait.tv_sec = (time_t) ((wake_us - now_us) / G_USEC_PER_SEC);
    wait.tv_nsec = (long) ((wake_us - now_us) % G_USEC_PER_SEC) * 1000L;
  }
  ppoll (fds, G_N_ELEMENTS (fds), wake_us < 0 ? NULL : &wait, unblocked);
}

gboolean
hop_run (Hop *hop,
         const volatile sig_atomic_t *interrupted,
         const sigset_t *unblocked,
         GError **error)
{
  while (tegata_session_get_state (hop->session) < TEGATA_STATE_CLOSED && !*interrupted)
  {
    gint64 now_us;

    drain_outputs (hop);
    wait_for_event (hop, unblocked);
    now_us = g_get_monotonic_time ();
    if (!look_for_fingerprint_file (hop, error))
    {
      return FALSE;
    }
    receive_from_network (hop, now_us);
    receive_from_application (hop);
    tegata_session_handle_deadline (hop->session, now_us);
    if (hop->next_stats_us >= 0 && now_us >= hop->next_stats_us)
    {
      hop->next_stats_us += hop->stats_us;
      hop_print_counts (hop, "so far");
    }
  }
  tegata_session_close (hop->session);
  drain_outputs (hop);
  return TRUE;
}
