/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <signal.h>
#include <tegata/listener.h>

/* UDP cannot carry more; protection adds to what comes in on the plain side. */
#define HOP_BUFFER_SIZE (65536 + TEGATA_SRTP_MAX_OVERHEAD)

/**
 * Hop:
 * @listener: (nullable): where a peer is waited for; %NULL for a client
 * @session: (nullable): the one peer: a client's own session, or the first one of
 * @listener that connected
 * @connect: (nullable): what a client calls, for messages
 * @fingerprints: (element-type TegataFingerprint): the peer's
 * @ended: (element-type TegataSession): sessions of @listener to be removed
 * @network: the socket of the secured side
 * @plain: the socket of the application's side
 * @plain_out: where plain packets go; its length is 0 where they go nowhere
 * @stats_us: how often counts are printed, or 0
 * @next_stats_us: when they are the next time, or -1
 * @told_refused: whether it was said that nobody listens there
 * @told_alert: (nullable): the session whose unauthenticated alert was told last
 * @n_unsent: plain packets that could not be protected
 * @buffer: for what comes in on either side, and is protected or unprotected in place
 * @output: for what is polled
 */
typedef struct
{
  TegataListener *listener;
  TegataSession *session;
  const char *connect;
  GPtrArray *fingerprints;
  GPtrArray *ended;
  int network;
  int plain;
  TegataAddress plain_out;
  gint64 stats_us;
  gint64 next_stats_us;
  gboolean told_refused;
  TegataSession *told_alert;
  guint64 n_unsent;
  guint8 buffer[HOP_BUFFER_SIZE];
  guint8 output[TEGATA_OUTPUT_SIZE];
} Hop;

/**
 * hop_run:
 * @interrupted: set by a signal handler that ends the run
 * @unblocked: the signals to be let in while it waits, and nowhere else
 *
 * Carries packets until the peer closes or fails, or @interrupted is set, and closes. Of
 * those who come to a listener the first one with the right certificate is the peer; who
 * fails before ends nothing.
 */
void
hop_run (Hop *hop, const volatile sig_atomic_t *interrupted, const sigset_t *unblocked);

/** hop_trust_peer: tells @session whose certificate to expect */
void hop_trust_peer (Hop *hop, TegataSession *session);

/** hop_has_failed: whether the peer, once there was one, ended in an error */
gboolean hop_has_failed (Hop *hop);

/** hop_print_counts: what has passed, and what was refused */
void hop_print_counts (Hop *hop, const char *title);
