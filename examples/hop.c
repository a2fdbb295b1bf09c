/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The loop of udp-hop. Each turn waits for a datagram or a deadline, hands in what has
 * come, and polls what is to go.
 */

#include "hop.h"

#include "udp-socket.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>

/* How many datagrams of one socket are handled before the other one has its turn. */
#define BATCH 64

void
hop_print_counts (Hop *hop, const char *title)
{
  TegataSessionStats stats = { 0 };
  guint64 n_in = 0;

  if (hop->session != NULL)
  {
    tegata_session_get_stats (hop->session, &stats);
  }
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
print_connection (TegataSession *session)
{
  TegataDtls *dtls = tegata_session_get_dtls (session);
  const char *profile
      = tegata_srtp_profile_to_string (tegata_dtls_get_srtp_profile (dtls));
  g_autoptr (TegataFingerprint) peer = tegata_fingerprint_new_for_certificate (
      tegata_session_get_peer_certificate (session), TEGATA_HASH_SHA256);
  g_autofree char *text = tegata_fingerprint_to_string (peer);

  printf ("connected: %s, %s, %s\n",
          tegata_version_to_string (tegata_dtls_get_version (dtls)),
          tegata_dtls_get_cipher (dtls), profile != NULL ? profile : "no SRTP profile");
  printf ("peer: %s\n", text);
}

static void
deliver (Hop *hop, TegataSession *session, const guint8 *packet, gsize len)
{
  if (session == hop->session && hop->plain_out.len > 0)
  {
    udp_send (hop->plain, packet, len, &hop->plain_out);
  }
}

void
hop_trust_peer (Hop *hop, TegataSession *session)
{
  tegata_session_set_peer_fingerprints (
      session, (TegataFingerprint *const *) hop->fingerprints->pdata,
      hop->fingerprints->len);
}

static gboolean
is_over (Hop *hop)
{
  return hop->session != NULL
         && tegata_session_get_state (hop->session) >= TEGATA_STATE_CLOSED;
}

/* Who comes to a listener first is not yet the peer: who has its certificate is. A peer
 * that crashed and comes back has ended its old session by that. */
static void
on_connected (Hop *hop, TegataSession *session)
{
  if (is_over (hop))
  {
    g_ptr_array_add (hop->ended, hop->session);
  }
  else if (hop->session != NULL && hop->session != session)
  {
    tegata_session_close (session);
    return;
  }
  hop->session = session;
  print_connection (session);
}

static void
on_state (Hop *hop, TegataSession *session, TegataState state)
{
  if (state == TEGATA_STATE_CONNECTED)
  {
    on_connected (hop, session);
  }
  else if (state == TEGATA_STATE_FAILED)
  {
    fprintf (stderr, "udp-hop: %s\n", tegata_session_get_error (session)->message);
  }
  else if (session == hop->session)
  {
    printf ("%s\n", tegata_state_to_string (state));
  }
  if (state >= TEGATA_STATE_CLOSED && session != hop->session)
  {
    g_ptr_array_add (hop->ended, session);
  }
}

static void
handle_output (Hop *hop, TegataSession *session, const TegataOutput *output)
{
  switch (output->kind)
  {
  case TEGATA_OUTPUT_DATAGRAM:
    udp_send (hop->network, output->buffer, output->len, &output->peer);
    break;
  case TEGATA_OUTPUT_RTP:
  case TEGATA_OUTPUT_RTCP:
    deliver (hop, session, output->buffer, output->len);
    break;
  case TEGATA_OUTPUT_STATE:
    on_state (hop, session, output->state);
    break;
  case TEGATA_OUTPUT_ACCEPTED:
    hop_trust_peer (hop, session);
    break;
  default:
    break;
  }
}

static TegataOutputKind
poll_output (Hop *hop, TegataOutput *output, TegataSession **session)
{
  *session = hop->session;
  return hop->listener == NULL ? tegata_session_poll (hop->session, output)
                               : tegata_listener_poll (hop->listener, output, session);
}

static void
drain_outputs (Hop *hop)
{
  TegataOutput output = { .buffer = hop->output, .size = sizeof hop->output };
  TegataSession *session;

  while (poll_output (hop, &output, &session) != TEGATA_OUTPUT_NONE)
  {
    handle_output (hop, session, &output);
  }
  /* not before: they may have had an alert to send */
  for (guint i = 0; i < hop->ended->len; i++)
  {
    tegata_listener_remove (hop->listener, hop->ended->pdata[i]);
    hop->told_alert = NULL;
  }
  g_ptr_array_set_size (hop->ended, 0);
}

static TegataReceived
handle_datagram (Hop *hop,
                 const TegataAddress *from,
                 gsize *len,
                 gint64 now_us,
                 TegataSession **session)
{
  *session = hop->session;
  return hop->listener == NULL
             ? tegata_session_handle_datagram (hop->session, from, hop->buffer, len,
                                               now_us)
             : tegata_listener_handle_datagram (hop->listener, from, hop->buffer, len,
                                                now_us, session);
}

static void
handle_deadline (Hop *hop, gint64 now_us)
{
  if (hop->listener == NULL)
  {
    tegata_session_handle_deadline (hop->session, now_us);
  }
  else
  {
    tegata_listener_handle_deadline (hop->listener, now_us);
  }
}

static gint64
deadline_us (Hop *hop)
{
  return hop->listener == NULL ? tegata_session_deadline_us (hop->session)
                               : tegata_listener_deadline_us (hop->listener);
}

static gboolean
is_connecting (TegataSession *session)
{
  return session != NULL && tegata_session_get_state (session) == TEGATA_STATE_CONNECTING;
}

/* A handshake goes on where nobody answers, and after an alert that anybody could have
 * forged. Whoever waits for it wants to know. */
static void
tell_refused (Hop *hop)
{
  if (!hop->told_refused && is_connecting (hop->session))
  {
    hop->told_refused = TRUE;
    printf ("nobody listens at %s yet; trying on\n", hop->connect);
  }
}

static void
tell_alert (Hop *hop, TegataSession *session)
{
  TegataSessionStats stats;
  int alert;

  if (!is_connecting (session) || session == hop->told_alert)
  {
    return;
  }
  tegata_session_get_stats (session, &stats);
  alert = stats.dtls.unauthenticated_alert;
  if (alert >= 0)
  {
    hop->told_alert = session;
    printf ("the peer says %s (%d), unauthenticated; trying on\n",
            tegata_alert_to_string (alert), alert);
  }
}

static void
receive_from_network (Hop *hop, gint64 now_us)
{
  for (guint i = 0; i < BATCH; i++)
  {
    TegataAddress from;
    TegataSession *session;
    gssize n = udp_receive (hop->network, hop->buffer, sizeof hop->buffer, &from);
    gsize len = (gsize) n;

    if (n < 0)
    {
      if (errno == ECONNREFUSED)
      {
        tell_refused (hop);
      }
      return;
    }
    if (handle_datagram (hop, &from, &len, now_us, &session) != TEGATA_RECEIVED_NOTHING)
    {
      deliver (hop, session, hop->buffer, len);
    }
    tell_alert (hop, session);
    drain_outputs (hop);
  }
}

static TegataSrtpOutcome
protect (Hop *hop, gsize *len)
{
  if (hop->session == NULL)
  {
    return TEGATA_SRTP_NO_KEYS;
  }
  if (tegata_packet_classify (hop->buffer, *len) == TEGATA_PACKET_RTCP)
  {
    return tegata_session_send_rtcp (hop->session, hop->buffer, *len, hop->buffer,
                                     HOP_BUFFER_SIZE, len);
  }
  return tegata_session_send_rtp (hop->session, hop->buffer, *len, hop->buffer,
                                  HOP_BUFFER_SIZE, len);
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
    outcome = protect (hop, &len);
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
  gint64 wake_us = deadline_us (hop);
  struct timespec wait = { 0 };

  sooner (&wake_us, hop->next_stats_us);
  if (wake_us > now_us)
  {
    wait.tv_sec = (time_t) ((wake_us - now_us) / G_USEC_PER_SEC);
    wait.tv_nsec = (long) ((wake_us - now_us) % G_USEC_PER_SEC) * 1000L;
  }
  ppoll (fds, G_N_ELEMENTS (fds), wake_us < 0 ? NULL : &wait, unblocked);
}

gboolean
hop_has_failed (Hop *hop)
{
  return hop->session != NULL
         && tegata_session_get_state (hop->session) == TEGATA_STATE_FAILED;
}

void
hop_run (Hop *hop, const volatile sig_atomic_t *interrupted, const sigset_t *unblocked)
{
  while (!is_over (hop) && !*interrupted)
  {
    gint64 now_us;

    drain_outputs (hop);
    wait_for_event (hop, unblocked);
    now_us = g_get_monotonic_time ();
    receive_from_network (hop, now_us);
    receive_from_application (hop);
    handle_deadline (hop, now_us);
    if (hop->next_stats_us >= 0 && now_us >= hop->next_stats_us)
    {
      hop->next_stats_us += hop->stats_us;
      hop_print_counts (hop, "so far");
    }
  }
  if (hop->session != NULL)
  {
    tegata_session_close (hop->session);
  }
  drain_outputs (hop);
}
