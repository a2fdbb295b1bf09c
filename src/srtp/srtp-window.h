/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <tegata/srtp.h>

G_BEGIN_DECLS

#define TEGATA_SRTP_RTP_WINDOW 1024
#define TEGATA_SRTP_RTCP_WINDOW 128

/*
 * A replay window (RFC 3711 section 3.3.2): which of the last indices have passed. It
 * begins as if index 0 were next, as libsrtp2's does: what comes first may have any
 * index.
 */
typedef struct
{
  guint64 last;                              /* the highest index that passed, or 0 */
  guint n_indices;                           /* how far back: a multiple of 64 */
  guint64 bits[TEGATA_SRTP_RTP_WINDOW / 64]; /* a ring: an index has the place that its
                                                lowest bits say */
} TegataSrtpWindow;

/* @n_indices: one of the above */
void tegata_srtp_window_init (TegataSrtpWindow *self, guint n_indices);

/* OK, REPLAYED or TOO_OLD. Moves nothing. */
TegataSrtpOutcome tegata_srtp_window_check (const TegataSrtpWindow *self, guint64 index);

/* After authentication, and only of what check() called OK. */
void tegata_srtp_window_add (TegataSrtpWindow *self, guint64 index);

G_END_DECLS
