/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "check.h"

/*
 * RTCP of a viewer: compound packets, each with a report and a name in front (RFC 3550
 * section 6.1), and one thing more at most (RFC 4585). Plain, and sent by its transport.
 */
typedef struct
{
  TegataTransport *transport;
  guint32 ssrc;  /* ours */
  char name[24]; /* CNAME: of random bits (RFC 7022 section 4.2) */
  guint64 nacks; /* packets that were asked for */
  guint64 plis;
} Feedback;

/* @transport: (transfer none): outlives it; sent on from when it is connected. */
void feedback_init (Feedback *self, TegataTransport *transport);

void feedback_send_reports (Feedback *self, const CheckReport *reports, guint n_reports);

/* @numbers: in order, one at least, FEEDBACK_MAX_NACKS at most. */
#define FEEDBACK_MAX_NACKS 64
void feedback_send_nack (Feedback *self,
                         guint32 media_ssrc,
                         const guint16 *numbers,
                         guint n_numbers);
void feedback_send_pli (Feedback *self, guint32 media_ssrc);

/* Hands sender reports to @checks, which may be NULL each. FALSE: no RTCP. */
gboolean feedback_read (guint8 *bytes, gsize len, Check *const *checks, gint64 now_us);
