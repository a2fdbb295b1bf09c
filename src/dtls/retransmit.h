/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * The timeout and retransmission machine of RFC 6347 section 4.2.4, for any engine. It
 * owns no flight and no clock: it is told what happens, and answers whether the flight is
 * to be sent.
 */

typedef enum
{
  TEGATA_RETRANSMIT_PREPARING,
  TEGATA_RETRANSMIT_SENDING,
  TEGATA_RETRANSMIT_WAITING,
  TEGATA_RETRANSMIT_FINISHED,
} TegataRetransmitState;

typedef enum
{
  TEGATA_RETRANSMIT_FLIGHT_BUFFERED,  /* our next flight is whole */
  TEGATA_RETRANSMIT_FLIGHT_SENT,      /* it was handed out, and an answer is awaited */
  TEGATA_RETRANSMIT_LAST_FLIGHT_SENT, /* it was handed out, and none is awaited */
  TEGATA_RETRANSMIT_FLIGHT_RECEIVED,  /* the peer's next flight is whole */
  TEGATA_RETRANSMIT_LAST_FLIGHT_RECEIVED, /* likewise, and it ends the handshake */
  TEGATA_RETRANSMIT_FLIGHT_REPEATED,      /* the peer sent its flight before that again */
  TEGATA_RETRANSMIT_TIMEOUT,              /* somebody looked at the clock */
} TegataRetransmitEvent;

typedef enum
{
  TEGATA_RETRANSMIT_NOTHING,
  TEGATA_RETRANSMIT_SEND, /* send the flight, then say FLIGHT_SENT (or LAST_FLIGHT_SENT)
                           */
} TegataRetransmitAction;

typedef struct
{
  TegataRetransmitState state;
  gint64 rtt_us;      /* -1: unknown */
  gint64 sent_us;     /* when the flight was last sent; -1: not yet */
  gint64 deadline_us; /* absolute; -1: none */
  guint n_timeouts;   /* of this flight */
  gboolean
      last_is_ours; /* in FINISHED: whether the last flight was ours, to be repeated */
} TegataRetransmit;

void tegata_retransmit_init (TegataRetransmit *self);
void tegata_retransmit_set_rtt_us (TegataRetransmit *self, gint64 rtt_us);

/* The transition. An event that has no place in the state changes nothing. */
TegataRetransmitAction tegata_retransmit_handle (TegataRetransmit *self,
                                                 TegataRetransmitEvent event,
                                                 gint64 now_us);

/* Absolute, or -1. */
gint64 tegata_retransmit_deadline_us (const TegataRetransmit *self);

/* The timeout of the flight as it stands, relative: RTT + max (20 ms, RTT / 4), else 100
 * ms; flat for the first three, then doubling, up to 1 s or the first timeout where that
 * is longer. */
gint64 tegata_retransmit_timeout_us (const TegataRetransmit *self);

/* Whether fragments should be made smaller: from the third timeout of a flight on (RFC
 * 6347 section 4.1.1.1). */
gboolean tegata_retransmit_wants_smaller_fragments (const TegataRetransmit *self);

G_END_DECLS
