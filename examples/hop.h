/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <signal.h>
#include <tegata/session.h>

/* UDP cannot carry more; protection adds to what comes in on the plain side. */
#define HOP_BUFFER_SIZE (65536 + TEGATA_SRTP_MAX_OVERHEAD)

/**
 * Hop:
 * @session: the one peer
 * @network: the socket of the secured side
 * @plain: the socket of the application's side
 * @plain_out: where plain packets go; its length is 0 where they go nowhere
 * @fingerprint_file: (nullable): where the peer's fingerprint is still to be read from
 * @stats_us: how often counts are printed, or 0
 * @next_stats_us: when they are the next time, or -1
 * @n_unsent: plain packets that could not be protected
 * @buffer: for what comes in on either side, and is protected or unprotected in place
 * @output: for what is polled
 */
typedef struct
{
  TegataSession *session;
  int network;
  int plain;
  TegataAddress plain_out;
  const char *fingerprint_file;
  gint64 stats_us;
  gint64 next_stats_us;
  guint64 n_unsent;
  guint8 buffer[HOP_BUFFER_SIZE];
  guint8 output[TEGATA_OUTPUT_SIZE];
} Hop;

/**
 * hop_set_peer_fingerprints:
 * @lines: "a=fingerprint:" lines or their values
 *
 * Returns: whether they could be read
 */
gboolean hop_set_peer_fingerprints (Hop *hop, char **lines, GError **error);

/**
 * hop_run:
 * @interrupted: set by a signal handler that ends the run
 * @unblocked: the signals to be let in while it waits, and nowhere else
 *
 * Carries packets until the session ends or @interrupted is set, then closes it.
 *
 * Returns: %FALSE where the peer's fingerprint file was wrong
 */
gboolean hop_run (Hop *hop,
                  const volatile sig_atomic_t *interrupted,
                  const sigset_t *unblocked,
                  GError **error);

/** hop_print_counts: what has passed, and what was refused */
void hop_print_counts (Hop *hop, const char *title);
