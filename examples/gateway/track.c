/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "track.h"

#include <string.h>
#include <tegata/tegata.h>

/* Who sends from another SSRC, or another payload type, has to wait for as long as the
 * present one is heard: two senders at one port would tear each other's video. */
#define SILENCE_US (500 * G_TIME_SPAN_MILLISECOND)

/* RFC 3550 appendix A.1: a larger step of sequence numbers is a new start. */
#define MAX_DROPOUT 3000

/* Timestamps that are further from the time that has passed are a new start. */
#define MAX_DRIFT_S 10

/* How fast the idea of when a timestamp was captured follows packets that come late. */
#define SLOWNESS 256

/* No sequence number is this one. */
#define NONE 0x10000u

struct _GatewayTrack
{
  guint clock_rate;
  guint32 ssrc;
  GatewayTrackPacket *packets; /* GATEWAY_TRACK_LENGTH; len 0 where there is none */
  guint64 next_number;

  gboolean has_source;
  guint32 source_ssrc;
  guint8 source_payload_type;
  guint64 first_number; /* of this source, since it began */
  guint16 highest;      /* its sequence number that is next_number - 1 here */
  guint32 expected;     /* where it seems to begin anew; NONE */
  guint32 offset;       /* the track's timestamps are the source's and this */
  gint64 heard_us;

  guint32 anchor; /* a timestamp of the track, and when that is captured */
  gint64 anchor_us;

  gboolean has_report;
  guint64 report_ntp;
  guint32 report_timestamp; /* the track's */
};

GatewayTrack *
gateway_track_new (guint clock_rate, guint32 ssrc, guint32 timestamp)
{
  GatewayTrack *self = g_new0 (GatewayTrack, 1);

  self->clock_rate = clock_rate;
  self->ssrc = ssrc;
  self->packets = g_new0 (GatewayTrackPacket, GATEWAY_TRACK_LENGTH);
  self->expected = NONE;
  self->anchor = timestamp;
  return self;
}

void
gateway_track_free (GatewayTrack *self)
{
  g_free (self->packets);
  g_free (self);
}

guint32
gateway_track_get_ssrc (GatewayTrack *self)
{
  return self->ssrc;
}

static guint32
to_ticks (GatewayTrack *self, gint64 us)
{
  return (guint32) (us / G_TIME_SPAN_SECOND * self->clock_rate
                    + us % G_TIME_SPAN_SECOND * self->clock_rate / G_TIME_SPAN_SECOND);
}

static gint64
to_us (GatewayTrack *self, gint32 ticks)
{
  return (gint64) ticks * G_TIME_SPAN_SECOND / self->clock_rate;
}

guint32
gateway_track_get_timestamp (GatewayTrack *self, gint64 now_us)
{
  return self->anchor + to_ticks (self, now_us - self->anchor_us);
}

/* The source's clock goes on from where the track's would be by now. */
static void
set_offset (GatewayTrack *self, guint32 source_timestamp, gint64 now_us)
{
  guint32 timestamp = self->anchor;

  if (self->next_number > 0)
  {
    timestamp = gateway_track_get_timestamp (self, MAX (now_us, self->anchor_us + 1000));
  }
  self->offset = timestamp - source_timestamp;
  self->anchor = timestamp;
  self->anchor_us = now_us;
  self->has_report = FALSE;
}

static void
begin (GatewayTrack *self, const TegataRtpHeader *header, gint64 now_us)
{
  set_offset (self, header->timestamp, now_us);
  self->has_source = TRUE;
  self->source_ssrc = header->ssrc;
  self->source_payload_type = header->payload_type;
  self->first_number = self->next_number;
  self->highest = (guint16) (header->sequence - 1);
  self->expected = NONE;
}

/* Returns: FALSE where it is another source's, who has to wait. @is_begun: (out): whether
 * it is the first one of a source */
static gboolean
choose_source (GatewayTrack *self,
               const TegataRtpHeader *header,
               gint64 now_us,
               gboolean *is_begun)
{
  *is_begun = FALSE;
  if (!self->has_source || header->ssrc != self->source_ssrc
      || header->payload_type != self->source_payload_type)
  {
    if (self->has_source && now_us - self->heard_us < SILENCE_US)
    {
      return FALSE;
    }
    begin (self, header, now_us);
    *is_begun = TRUE;
  }
  self->heard_us = now_us;
  return TRUE;
}

/* RFC 3550 appendix A.1: two in order behind a jump are a new start.
 * Returns: FALSE where it may be noise yet */
static gboolean
follow_jump (GatewayTrack *self,
             const TegataRtpHeader *header,
             gint64 now_us,
             gboolean *is_begun)
{
  gint16 step = (gint16) (header->sequence - self->highest);

  if (step > -GATEWAY_TRACK_LENGTH && step < MAX_DROPOUT)
  {
    return TRUE;
  }
  if (header->sequence != self->expected)
  {
    self->expected = (guint16) (header->sequence + 1);
    return FALSE;
  }
  begin (self, header, now_us);
  *is_begun = TRUE;
  return TRUE;
}

/* Returns: FALSE where it is older than all that is kept. @is_next: (out): whether none
 * that came is behind it */
static gboolean
find_number (GatewayTrack *self, guint16 sequence, guint64 *number, gboolean *is_next)
{
  gint16 step = (gint16) (sequence - self->highest);

  *is_next = step > 0;
  if (step > 0)
  {
    self->highest = sequence;
    self->next_number += (guint64) step;
    self->expected = NONE;
    *number = self->next_number - 1;
    return TRUE;
  }
  *number = self->next_number - 1 - (guint64) -step;
  return (guint64) -step < self->next_number - self->first_number;
}

static GatewayTrackPacket *
get_slot (GatewayTrack *self, guint64 number)
{
  return &self->packets[number % GATEWAY_TRACK_LENGTH];
}

static void
keep (GatewayTrack *self,
      GatewayTrackPacket *packet,
      const TegataRtpHeader *header,
      const guint8 *bytes)
{
  guint8 *out = packet->bytes;

  packet->timestamp = header->timestamp + self->offset;
  packet->len = GATEWAY_RTP_HEADER_LEN + header->payload_len;
  out[0] = 0x80;
  out[1] = header->marker ? 0x80 : 0;
  memset (out + 2, 0, 2);
  for (guint i = 0; i < 4; i++)
  {
    out[4 + i] = (guint8) (packet->timestamp >> (24 - 8 * i));
    out[8 + i] = (guint8) (self->ssrc >> (24 - 8 * i));
  }
  memcpy (out + GATEWAY_RTP_HEADER_LEN, bytes + header->header_len, header->payload_len);
}

/* A packet that came early tells when its timestamp was captured; one that came late was
 * held up on its way, or the clocks drift. */
static void
follow_clock (GatewayTrack *self, const TegataRtpHeader *header, gint64 now_us)
{
  guint32 timestamp = header->timestamp + self->offset;
  gint32 drift = (gint32) (timestamp - gateway_track_get_timestamp (self, now_us));
  gint64 due_us = self->anchor_us + to_us (self, (gint32) (timestamp - self->anchor));

  if (ABS ((gint64) drift) > (gint64) MAX_DRIFT_S * self->clock_rate)
  {
    set_offset (self, header->timestamp, now_us);
    return;
  }
  self->anchor = timestamp;
  self->anchor_us = now_us < due_us ? now_us : due_us + (now_us - due_us) / SLOWNESS;
}

static GatewayTrackOutcome
place (GatewayTrack *self,
       const TegataRtpHeader *header,
       const guint8 *bytes,
       gint64 now_us,
       const GatewayTrackPacket **packet)
{
  GatewayTrackPacket *slot;
  guint64 number;
  gboolean is_next;

  if (!find_number (self, header->sequence, &number, &is_next))
  {
    return GATEWAY_TRACK_REPEATED;
  }
  slot = get_slot (self, number);
  if (!is_next && slot->len > 0 && slot->number >= number)
  {
    return GATEWAY_TRACK_REPEATED;
  }
  if (is_next)
  {
    follow_clock (self, header, now_us);
  }
  slot->number = number;
  keep (self, slot, header, bytes);
  *packet = slot;
  return GATEWAY_TRACK_TAKEN;
}

GatewayTrackOutcome
gateway_track_take (GatewayTrack *self,
                    const guint8 *bytes,
                    gsize len,
                    gint64 now_us,
                    const GatewayTrackPacket **packet)
{
  TegataRtpHeader header;
  GatewayTrackOutcome outcome;
  gboolean is_begun;

  if (tegata_packet_classify (bytes, len) != TEGATA_PACKET_RTP
      || !tegata_rtp_header_parse (&header, bytes, len)
      || header.payload_len > GATEWAY_PACKET_MAX - GATEWAY_RTP_HEADER_LEN
      || !choose_source (self, &header, now_us, &is_begun)
      || !follow_jump (self, &header, now_us, &is_begun))
  {
    return GATEWAY_TRACK_REFUSED;
  }
  outcome = place (self, &header, bytes, now_us, packet);
  return is_begun && outcome == GATEWAY_TRACK_TAKEN ? GATEWAY_TRACK_BEGUN : outcome;
}

const GatewayTrackPacket *
gateway_track_find (GatewayTrack *self, guint64 number)
{
  GatewayTrackPacket *slot = get_slot (self, number);

  return slot->len > 0 && slot->number == number ? slot : NULL;
}

gboolean
gateway_track_get_source (GatewayTrack *self, guint32 *ssrc)
{
  *ssrc = self->source_ssrc;
  return self->has_source;
}

void
gateway_track_note_report (GatewayTrack *self,
                           guint32 source_ssrc,
                           guint64 ntp,
                           guint32 source_timestamp)
{
  if (self->has_source && source_ssrc == self->source_ssrc && ntp != 0)
  {
    self->has_report = TRUE;
    self->report_ntp = ntp;
    self->report_timestamp = source_timestamp + self->offset;
  }
}

gboolean
gateway_track_get_source_ntp (GatewayTrack *self, gint64 now_us, guint64 *ntp)
{
  gint32 ticks
      = (gint32) (gateway_track_get_timestamp (self, now_us) - self->report_timestamp);

  *ntp = self->report_ntp
         + (guint64) ((gint64) ticks * (G_GINT64_CONSTANT (1) << 32)
                      / (gint64) self->clock_rate);
  return self->has_report;
}
