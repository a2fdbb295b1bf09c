/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rtcp.h"

/*
 * What came of one SSRC, and what did not: the figures of receiver reports (RFC 3550
 * appendices A.1, A.3 and A.8), which packets to ask for again, and whether too much was
 * lost for that. It reads no clock: times are monotonic, in microseconds.
 */
typedef struct _GatewayReception GatewayReception;

/*
 * @GATEWAY_RECEPTION_NEXT: none that came is behind it
 * @GATEWAY_RECEPTION_LATE: it was missing, and is not any more
 * @GATEWAY_RECEPTION_REPEATED: it came before, or was given up
 * @GATEWAY_RECEPTION_STRAY: far from all others; if the next one follows it, numbers have
 * begun anew
 */
typedef enum
{
  GATEWAY_RECEPTION_NEXT,
  GATEWAY_RECEPTION_LATE,
  GATEWAY_RECEPTION_REPEATED,
  GATEWAY_RECEPTION_STRAY,
} GatewayReceptionOutcome;

GatewayReception *gateway_reception_new (guint clock_rate, guint32 ssrc);
void gateway_reception_free (GatewayReception *self);
guint32 gateway_reception_get_ssrc (GatewayReception *self);

GatewayReceptionOutcome gateway_reception_take (GatewayReception *self,
                                                guint16 sequence,
                                                guint32 timestamp,
                                                gint64 now_us);

/* The same of one that came by a retransmission: its delay says nothing of jitter. */
GatewayReceptionOutcome
gateway_reception_take_again (GatewayReception *self, guint16 sequence, gint64 now_us);

void
gateway_reception_note_sender_report (GatewayReception *self, guint64 ntp, gint64 now_us);

/* @block: (out): what happened since the last one */
void gateway_reception_make_block (GatewayReception *self,
                                   GatewayReportBlock *block,
                                   gint64 now_us);

/*
 * @missing: (out): GATEWAY_NACK_MAX
 *
 * Which ones to ask for now: missing for longer than reordering lasts, and not asked for
 * within a round trip, which is how long it took those that came to come. Those that are
 * missing for too long are given up here.
 *
 * Returns: how many
 */
guint gateway_reception_collect_missing (GatewayReception *self,
                                         gint64 now_us,
                                         guint16 *missing);

/* Returns: whether some were given up since it was last asked */
gboolean gateway_reception_take_has_given_up (GatewayReception *self);

/* Returns: whether some are missing that may yet come */
gboolean gateway_reception_is_waiting (GatewayReception *self);

/* Given up so far; and of all that came. */
guint64 gateway_reception_get_lost (GatewayReception *self);
double gateway_reception_get_jitter_ms (GatewayReception *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GatewayReception, gateway_reception_free)
