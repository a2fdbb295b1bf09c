/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check.h"

#include <string.h>

#define RTX_HEADER_LEN 2 /* the original sequence number (RFC 4588 section 4) */

/* A packet is asked for this often, and so long apart; then it is given up. */
#define MAX_TRIES 10
#define RETRY_US ((gint64) 60 * 1000)
/* A longer gap is a new beginning, and nothing that could be sent again. */
#define MAX_GAP 512

typedef struct
{
  guint32 number; /* extended by its roll-overs */
  guint n_tries;
  gint64 next_us;
} Missing;

struct _Check
{
  Track track;
  gboolean has_begun;
  guint32 first;   /* extended, as below */
  guint32 highest; /* RFC 3550's extended highest sequence number */
  GArray *missing; /* Missing, in order */
  gboolean is_broken;
  CheckStats stats;

  /* of the track's own packets, without what was sent again (RFC 4588 section 4) */
  guint64 n_received;
  guint64 n_expected_before;
  guint64 n_received_before;
  double jitter; /* in units of the clock */
  gint64 transit;
  gboolean has_transit;
  guint32 last_report; /* middle 32 bits of the NTP time; 0: none */
  gint64 last_report_us;
};

Check *
check_new (const Track *track)
{
  Check *self = g_new0 (Check, 1);

  self->track = *track;
  self->missing = g_array_new (FALSE, FALSE, sizeof (Missing));
  return self;
}

void
check_free (Check *self)
{
  if (self != NULL)
  {
    g_array_unref (self->missing);
    g_free (self);
  }
}

static gboolean
is_rtx (Check *self, guint8 payload_type)
{
  return self->track.has_rtx && payload_type == self->track.codec->rtx_payload_type;
}

gboolean
check_is_ours (Check *self, guint8 payload_type)
{
  return payload_type == self->track.codec->payload_type || is_rtx (self, payload_type);
}

guint32
check_get_ssrc (Check *self)
{
  return self->track.ssrc;
}

/* Where the answer names nobody, the first one who sends. */
static gboolean
is_agreed (guint32 *agreed, guint32 ssrc)
{
  if (*agreed == 0)
  {
    *agreed = ssrc;
  }
  return *agreed == ssrc;
}

/* RFC 3550 section 6.4.1. */
static void
measure_jitter (Check *self, guint32 timestamp, gint64 now_us)
{
  gint64 arrival = now_us * self->track.codec->clock_rate / G_USEC_PER_SEC;
  gint64 transit = (gint32) ((guint32) arrival - timestamp);
  gint64 difference = (gint32) (transit - self->transit);

  if (self->has_transit)
  {
    self->jitter += ((double) ABS (difference) - self->jitter) / 16;
  }
  self->transit = transit;
  self->has_transit = TRUE;
}

static void
begin_at (Check *self, guint32 number)
{
  self->has_begun = TRUE;
  self->first = number;
  self->highest = number;
  self->n_received = 0;
  self->n_expected_before = 0;
  self->n_received_before = 0;
  g_array_set_size (self->missing, 0);
}

static void
note_gap (Check *self, guint32 number, gint64 now_us)
{
  for (guint32 i = self->highest + 1; i != number; i++)
  {
    Missing missing = { .number = i, .next_us = now_us };

    g_array_append_val (self->missing, missing);
    self->stats.gaps++;
  }
}

/* Returns: whether it was missing */
static gboolean
fill_gap (Check *self, guint32 number)
{
  for (guint i = 0; i < self->missing->len; i++)
  {
    if (g_array_index (self->missing, Missing, i).number == number)
    {
      g_array_remove_index (self->missing, i);
      return TRUE;
    }
  }
  return FALSE;
}

/* Returns: whether it is new */
static gboolean
note_number (Check *self, guint16 sequence, gboolean is_resent, gint64 now_us)
{
  gint16 step = (gint16) (sequence - (guint16) self->highest);
  guint32 number = self->highest + (guint32) (gint32) step;

  if (!self->has_begun && is_resent)
  {
    return FALSE;
  }
  /* one roll-over up, so that what is older than the first is not below zero */
  if (!self->has_begun)
  {
    begin_at (self, (guint32) sequence + 0x10000);
    return TRUE;
  }
  if (step > 0 && step <= MAX_GAP)
  {
    note_gap (self, number, now_us);
    self->highest = number;
    return TRUE;
  }
  if (step > MAX_GAP)
  {
    self->stats.gaps += (guint64) step - 1;
    begin_at (self, number);
    self->is_broken = TRUE;
    return TRUE;
  }
  if (!fill_gap (self, number))
  {
    self->stats.repeated++;
    return FALSE;
  }
  *(is_resent ? &self->stats.resent : &self->stats.late) += 1;
  return TRUE;
}

static void
write_u16 (guint8 *bytes, guint16 value)
{
  bytes[0] = (guint8) (value >> 8);
  bytes[1] = (guint8) value;
}

/* RFC 4588 section 4: the number it had stands before its payload. FALSE for one without
 * a payload, which is sent to measure the path. */
static gboolean
unpack_rtx (Check *self,
            guint8 *bytes,
            gsize *len,
            const TegataRtpHeader *header,
            guint16 *sequence)
{
  guint8 *payload = bytes + header->header_len;
  guint32 ssrc = GUINT32_TO_BE (self->track.ssrc);

  if (header->payload_len <= RTX_HEADER_LEN)
  {
    return FALSE;
  }
  *sequence = (guint16) (payload[0] << 8 | payload[1]);
  write_u16 (bytes + 2, *sequence);
  memcpy (bytes + 8, &ssrc, sizeof ssrc);
  bytes[1] = (guint8) ((bytes[1] & 0x80) | self->track.codec->payload_type);
  memmove (payload, payload + RTX_HEADER_LEN, *len - header->header_len - RTX_HEADER_LEN);
  *len -= RTX_HEADER_LEN;
  return TRUE;
}

gboolean
check_handle_rtp (Check *self,
                  guint8 *bytes,
                  gsize *len,
                  const TegataRtpHeader *header,
                  gint64 now_us)
{
  gboolean is_resent = is_rtx (self, header->payload_type);
  guint16 sequence = header->sequence;
  guint32 *agreed = is_resent ? &self->track.rtx_ssrc : &self->track.ssrc;

  self->stats.packets++;
  self->stats.bytes += *len;
  if (!is_agreed (agreed, header->ssrc))
  {
    self->stats.wrong++;
    return FALSE;
  }
  if (is_resent)
  {
    return unpack_rtx (self, bytes, len, header, &sequence)
           && note_number (self, sequence, TRUE, now_us);
  }
  measure_jitter (self, header->timestamp, now_us);
  if (!note_number (self, sequence, FALSE, now_us))
  {
    return FALSE;
  }
  self->n_received++;
  return header->payload_len > 0;
}

void
check_handle_report (Check *self, guint32 ssrc, guint64 ntp, gint64 now_us)
{
  if (ssrc == self->track.ssrc)
  {
    self->last_report = (guint32) (ntp >> 16);
    self->last_report_us = now_us;
  }
}

guint
check_get_missing (Check *self, guint16 *numbers, guint max, gint64 now_us)
{
  guint n = 0;

  for (guint i = 0; i < self->missing->len && n < max;)
  {
    Missing *missing = &g_array_index (self->missing, Missing, i);

    if (missing->next_us > now_us)
    {
      i++;
      continue;
    }
    if (!self->track.has_rtx || missing->n_tries == MAX_TRIES)
    {
      g_array_remove_index (self->missing, i);
      self->is_broken = TRUE;
      continue;
    }
    numbers[n++] = (guint16) missing->number;
    missing->n_tries++;
    missing->next_us = now_us + RETRY_US;
    i++;
  }
  return n;
}

gboolean
check_take_is_broken (Check *self)
{
  gboolean is_broken = self->is_broken;

  self->is_broken = FALSE;
  return is_broken;
}

/* RFC 3550 appendix A.3. */
gboolean
check_take_report (Check *self, CheckReport *report, gint64 now_us)
{
  guint64 n_expected = (guint64) (self->highest - self->first) + 1;
  gint64 n_new = (gint64) (n_expected - self->n_expected_before);
  gint64 n_lost = n_new - (gint64) (self->n_received - self->n_received_before);

  if (!self->has_begun)
  {
    return FALSE;
  }
  report->ssrc = self->track.ssrc;
  report->fraction_lost = (guint8) (n_lost > 0 ? MIN (n_lost * 256 / n_new, 255) : 0);
  report->lost = (gint32) CLAMP ((gint64) n_expected - (gint64) self->n_received,
                                 -0x800000, 0x7fffff);
  report->highest = self->highest - 0x10000;
  report->jitter = (guint32) self->jitter;
  report->last_report = self->last_report;
  report->delay = 0;
  if (self->last_report != 0)
  {
    report->delay = (guint32) ((now_us - self->last_report_us) * 65536 / G_USEC_PER_SEC);
  }
  self->n_expected_before = n_expected;
  self->n_received_before = self->n_received;
  return TRUE;
}

void
check_get_stats (Check *self, CheckStats *stats)
{
  *stats = self->stats;
}
