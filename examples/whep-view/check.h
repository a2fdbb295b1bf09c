/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "answer.h"

/*
 * One track as it comes: which packets are missing, came twice, are not what was agreed;
 * and what a receiver has to say of it (RFC 3550 appendix A).
 */
typedef struct _Check Check;

Check *check_new (const Track *track);
void check_free (Check *self);

/* Whether that payload type is this track's, retransmission among it. */
gboolean check_is_ours (Check *self, guint8 payload_type);

/* The sender's: 0 where it is not known yet. */
guint32 check_get_ssrc (Check *self);

/*
 * @bytes, @len: (inout): a plain packet. A retransmission is the packet itself behind
 * this: unpacked where it lies
 *
 * Returns: whether it is to be decoded: the first of its number, as agreed
 */
gboolean check_handle_rtp (Check *self,
                           guint8 *bytes,
                           gsize *len,
                           const TegataRtpHeader *header,
                           gint64 now_us);

/* A sender report: @ntp is all 64 bits. */
void check_handle_report (Check *self, guint32 ssrc, guint64 ntp, gint64 now_us);

/* The numbers that are to be asked for now, each once in a while and a few times at most;
 * at most @max of them. 0 for none. */
guint check_get_missing (Check *self, guint16 *numbers, guint max, gint64 now_us);

/* Whether something was given up since it was asked last: only a key frame helps. */
gboolean check_take_is_broken (Check *self);

/* The block of a receiver report; begins a new interval. */
typedef struct
{
  guint32 ssrc;
  guint8 fraction_lost;
  gint32 lost;
  guint32 highest;
  guint32 jitter;
  guint32 last_report;
  guint32 delay; /* since that, in 1/65536 s */
} CheckReport;

/* FALSE: nothing came yet. */
gboolean check_take_report (Check *self, CheckReport *report, gint64 now_us);

typedef struct
{
  guint64 packets; /* retransmissions among them */
  guint64 bytes;   /* of plain RTP */
  guint64 gaps;    /* packets that were missing when a later one came */
  guint64 late;    /* of these: came by themselves */
  guint64 resent;  /* of these: came by retransmission */
  guint64 repeated;
  guint64 wrong; /* neither the SSRC nor the payload type that were agreed */
} CheckStats;

/* What is missing is @gaps less @late and @resent. */
void check_get_stats (Check *self, CheckStats *stats);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Check, check_free)
