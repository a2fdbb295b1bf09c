/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "srtp/srtp-streams.h"

#define SEQUENCE_MEDIAN 0x8000

void
tegata_srtp_stream_init (TegataSrtpStream *self, guint32 ssrc)
{
  *self = (TegataSrtpStream){ .ssrc = ssrc };
  tegata_srtp_window_init (&self->rtp, TEGATA_SRTP_RTP_WINDOW);
  tegata_srtp_window_init (&self->rtcp, TEGATA_SRTP_RTCP_WINDOW);
}

guint32
tegata_srtp_stream_get_roc (const TegataSrtpStream *self)
{
  return self->has_next_roc ? self->next_roc : (guint32) (self->rtp.last >> 16);
}

guint64
tegata_srtp_stream_estimate (const TegataSrtpStream *self, guint16 sequence)
{
  guint32 roc = tegata_srtp_stream_get_roc (self);
  guint16 last = (guint16) self->rtp.last;

  /* A counter that was set is that of the packet. */
  if (!self->has_next_roc)
  {
    if (last >= SEQUENCE_MEDIAN && sequence < last - SEQUENCE_MEDIAN)
    {
      roc++;
    }
    else if (last < SEQUENCE_MEDIAN && sequence > last + SEQUENCE_MEDIAN && roc > 0)
    {
      roc--;
    }
  }
  return (guint64) roc << 16 | sequence;
}

void
tegata_srtp_stream_passed (TegataSrtpStream *self, guint64 index)
{
  tegata_srtp_window_add (&self->rtp, index);
  self->has_next_roc = FALSE;
}

void
tegata_srtp_streams_init (TegataSrtpStreams *self)
{
  *self = (TegataSrtpStreams){ .max = TEGATA_SRTP_DEFAULT_MAX_STREAMS };
  self->table = g_hash_table_new_full (NULL, NULL, NULL, g_free);
}

void
tegata_srtp_streams_clear (TegataSrtpStreams *self)
{
  g_clear_pointer (&self->table, g_hash_table_unref);
  self->last = NULL;
}

TegataSrtpStream *
tegata_srtp_streams_find (TegataSrtpStreams *self, guint32 ssrc)
{
  TegataSrtpStream *stream = self->last;

  if (stream != NULL && stream->ssrc == ssrc)
  {
    return stream;
  }
  stream = g_hash_table_lookup (self->table, GUINT_TO_POINTER (ssrc));
  if (stream != NULL)
  {
    self->last = stream;
  }
  return stream;
}

TegataSrtpStream *
tegata_srtp_streams_add (TegataSrtpStreams *self, const TegataSrtpStream *stream)
{
  TegataSrtpStream *copy;

  if (g_hash_table_size (self->table) >= self->max)
  {
    return NULL;
  }
  copy = g_memdup2 (stream, sizeof *stream);
  g_hash_table_insert (self->table, GUINT_TO_POINTER (stream->ssrc), copy);
  self->last = copy;
  return copy;
}
