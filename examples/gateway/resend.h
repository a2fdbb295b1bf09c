/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * Which packets a viewer may be sent again: it asks, and is not to be believed. Each
 * packet but once in the time that it needs to arrive; and within a second no more bytes
 * than it was sent for the first time in the second before, so that a storm of NACKs at
 * most doubles what goes out. No clock: time is handed in, in microseconds.
 */
typedef struct
{
  gint64 window_us;  /* when this second began */
  gsize sent;        /* bytes of this second, sent for the first time */
  gsize sent_before; /* of the last one */
  gsize resent;      /* again */
  guint32 *when_ms;  /* of each packet that is kept by the track; NULL before the first */
} GatewayResend;

void gateway_resend_clear (GatewayResend *self);
void gateway_resend_note_sent (GatewayResend *self, gsize len, gint64 now_us);

/*
 * @number: of the packet in its track
 * @rtt_us: -1: unknown
 *
 * Returns: whether it goes out again; it counts as if it did
 */
gboolean gateway_resend_take (GatewayResend *self,
                              guint64 number,
                              gsize len,
                              gint64 rtt_us,
                              gint64 now_us);
