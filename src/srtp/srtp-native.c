/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "srtp/srtp-backend.h"
#include "srtp/srtp-streams.h"
#include "srtp/srtp-transform.h"

#include <string.h>

/*
 * The backend of our own. What is sent has its index reserved before it is encrypted, so
 * that none is used twice whatever happens then; what is received moves nothing before it
 * is authenticated, and makes no stream.
 */

#define RTCP_HEAD_LEN 8
#define WORD_LEN 4
#define E_BIT 0x80000000u
#define MAX_RTCP_INDEX 0x7fffffffu

typedef struct
{
  const TegataSrtpProfileInfo *info;
  const TegataSrtpTransform *transform;
  gpointer rtp;  /* keyed */
  gpointer rtcp; /* keyed */
  TegataSrtpStreams streams;
} Session;

static void
put_u32 (guint8 *at, guint32 value)
{
  value = GUINT32_TO_BE (value);
  memcpy (at, &value, sizeof value);
}

static guint32
get_u32 (const guint8 *at)
{
  guint32 value;

  memcpy (&value, at, sizeof value);
  return GUINT32_FROM_BE (value);
}

static void
prepare (void)
{
}

static void
free_session (gpointer session)
{
  Session *self = session;

  g_clear_pointer (&self->rtp, self->transform->free_keyed);
  g_clear_pointer (&self->rtcp, self->transform->free_keyed);
  tegata_srtp_streams_clear (&self->streams);
  g_free (self);
}

static gpointer
new_keyed (Session *self, const guint8 *key, gboolean is_rtcp)
{
  TegataSrtpSessionKeys keys;
  gpointer keyed;

  if (!tegata_srtp_session_keys_derive (&keys, self->info, key, is_rtcp))
  {
    return NULL;
  }
  keyed = self->transform->new_keyed (&keys);
  tegata_srtp_session_keys_clear (&keys);
  // cppcheck-suppress returnDanglingLifetime ; it has copied what it needs of them
  return keyed;
}

static gpointer
new_session (const TegataSrtpProfileInfo *info,
             G_GNUC_UNUSED TegataSrtpDirection direction,
             const guint8 *key,
             GError **error)
{
  Session *self = g_new0 (Session, 1);

  self->info = info;
  self->transform = tegata_srtp_is_gcm (info) ? &tegata_srtp_gcm : &tegata_srtp_cm;
  tegata_srtp_streams_init (&self->streams);
  self->rtp = new_keyed (self, key, FALSE);
  self->rtcp = new_keyed (self, key, TRUE);
  if (self->rtp == NULL || self->rtcp == NULL)
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_SRTP,
                 "libcrypto does not offer what %s needs", info->name);
    free_session (self);
    return NULL;
  }
  return self;
}

static gboolean
get_roc (gpointer session, guint32 ssrc, guint32 *roc)
{
  Session *self = session;
  const TegataSrtpStream *stream = tegata_srtp_streams_find (&self->streams, ssrc);

  if (stream == NULL)
  {
    return FALSE;
  }
  *roc = tegata_srtp_stream_get_roc (stream);
  return TRUE;
}

/* The stream of @ssrc, or one that is not there yet in @fresh. */
static TegataSrtpStream *
find_or_init (Session *self, guint32 ssrc, TegataSrtpStream *fresh)
{
  TegataSrtpStream *stream = tegata_srtp_streams_find (&self->streams, ssrc);

  if (stream == NULL)
  {
    tegata_srtp_stream_init (fresh, ssrc);
    stream = fresh;
  }
  return stream;
}

static gboolean
set_roc (gpointer session, guint32 ssrc, guint32 roc)
{
  Session *self = session;
  TegataSrtpStream fresh;
  TegataSrtpStream *stream = find_or_init (self, ssrc, &fresh);
  guint32 current = (guint32) (stream->rtp.last >> 16);

  if (stream == &fresh)
  {
    stream = tegata_srtp_streams_add (&self->streams, &fresh);
  }
  if (stream == NULL || roc < current)
  {
    return FALSE;
  }
  stream->next_roc = roc;
  stream->has_next_roc = roc != current;
  return TRUE;
}

/* Whether an RTP packet may have the index that it says: the last counter is not used at
 * all, since after it every index would come once more (RFC 3711 section 3.3.1). */
static TegataSrtpOutcome
place (const TegataSrtpStream *stream, const guint8 *in, guint64 *index)
{
  guint16 sequence = (guint16) (in[2] << 8 | in[3]);

  if (tegata_srtp_stream_get_roc (stream) == G_MAXUINT32)
  {
    return TEGATA_SRTP_KEY_EXPIRED;
  }
  *index = tegata_srtp_stream_estimate (stream, sequence);
  return tegata_srtp_window_check (&stream->rtp, *index);
}

static void
fill_rtp (Session *self,
          TegataSrtpPacket *packet,
          const TegataRtpHeader *header,
          guint64 index)
{
  packet->head_len = header->header_len;
  packet->ssrc = header->ssrc;
  packet->index = index;
  packet->is_rtcp = FALSE;
  packet->tag_len = self->info->rtp_tag_len;
  put_u32 (packet->word, (guint32) (index >> 16));
}

static TegataSrtpOutcome
protect_rtp (gpointer session,
             const TegataRtpHeader *header,
             const guint8 *in,
             gsize in_len,
             guint8 *out,
             gsize *out_len)
{
  Session *self = session;
  TegataSrtpPacket packet = { .in = in, .out = out, .len = in_len };
  TegataSrtpStream fresh;
  TegataSrtpStream *stream = find_or_init (self, header->ssrc, &fresh);
  guint64 index;
  TegataSrtpOutcome outcome = place (stream, in, &index);

  if (outcome != TEGATA_SRTP_OK)
  {
    return outcome;
  }
  if (stream == &fresh)
  {
    stream = tegata_srtp_streams_add (&self->streams, &fresh);
    if (stream == NULL)
    {
      return TEGATA_SRTP_TOO_MANY_STREAMS;
    }
  }
  tegata_srtp_stream_passed (stream, index);

  fill_rtp (self, &packet, header, index);
  if (!self->transform->protect (self->rtp, &packet, out + in_len))
  {
    return TEGATA_SRTP_AUTH_FAILED;
  }
  *out_len = in_len + packet.tag_len;
  return TEGATA_SRTP_OK;
}

static TegataSrtpOutcome
unprotect_rtp (gpointer session,
               const TegataRtpHeader *header,
               const guint8 *in,
               gsize in_len,
               guint8 *out,
               gsize *out_len)
{
  Session *self = session;
  TegataSrtpPacket packet = { .in = in, .out = out };
  TegataSrtpStream fresh;
  TegataSrtpStream *stream = find_or_init (self, header->ssrc, &fresh);
  guint64 index;
  TegataSrtpOutcome outcome = place (stream, in, &index);

  if (outcome != TEGATA_SRTP_OK)
  {
    return outcome;
  }
  fill_rtp (self, &packet, header, index);
  packet.len = in_len - packet.tag_len;
  if (!self->transform->unprotect (self->rtp, &packet, in + packet.len))
  {
    return TEGATA_SRTP_AUTH_FAILED;
  }

  if (stream == &fresh)
  {
    stream = tegata_srtp_streams_add (&self->streams, &fresh);
    if (stream == NULL)
    {
      return TEGATA_SRTP_TOO_MANY_STREAMS;
    }
  }
  tegata_srtp_stream_passed (stream, index);
  *out_len = packet.len;
  return TEGATA_SRTP_OK;
}

/* Behind the packet, CM has the word and then the tag (RFC 3711 section 3.4), GCM has the
 * tag and then the word (RFC 7714 section 9.2). */
static gsize
word_at (const Session *self, gsize len)
{
  return tegata_srtp_is_gcm (self->info) ? len + self->info->rtcp_tag_len : len;
}

static gsize
tag_at (const Session *self, gsize len)
{
  return tegata_srtp_is_gcm (self->info) ? len : len + WORD_LEN;
}

static void
fill_rtcp (Session *self, TegataSrtpPacket *packet, guint32 ssrc, guint32 index)
{
  packet->head_len = RTCP_HEAD_LEN;
  packet->ssrc = ssrc;
  packet->index = index;
  packet->is_rtcp = TRUE;
  packet->tag_len = self->info->rtcp_tag_len;
  put_u32 (packet->word, E_BIT | index);
}

static TegataSrtpOutcome
protect_rtcp (gpointer session,
              const TegataRtcpHeader *header,
              const guint8 *in,
              gsize in_len,
              guint8 *out,
              gsize *out_len)
{
  Session *self = session;
  TegataSrtpPacket packet = { .in = in, .out = out, .len = in_len };
  TegataSrtpStream fresh;
  TegataSrtpStream *stream = find_or_init (self, header->ssrc, &fresh);

  if (stream->rtcp_index == MAX_RTCP_INDEX)
  {
    return TEGATA_SRTP_KEY_EXPIRED;
  }
  if (stream == &fresh)
  {
    stream = tegata_srtp_streams_add (&self->streams, &fresh);
    if (stream == NULL)
    {
      return TEGATA_SRTP_TOO_MANY_STREAMS;
    }
  }
  stream->rtcp_index++;

  fill_rtcp (self, &packet, header->ssrc, stream->rtcp_index);
  if (!self->transform->protect (self->rtcp, &packet, out + tag_at (self, in_len)))
  {
    return TEGATA_SRTP_AUTH_FAILED;
  }
  memcpy (out + word_at (self, in_len), packet.word, WORD_LEN);
  *out_len = in_len + packet.tag_len + WORD_LEN;
  return TEGATA_SRTP_OK;
}

static TegataSrtpOutcome
unprotect_rtcp (gpointer session,
                const TegataRtcpHeader *header,
                const guint8 *in,
                gsize in_len,
                guint8 *out,
                gsize *out_len)
{
  Session *self = session;
  gsize len = in_len - self->info->rtcp_tag_len - WORD_LEN;
  TegataSrtpPacket packet = { .in = in, .out = out, .len = len };
  TegataSrtpStream fresh;
  TegataSrtpStream *stream = find_or_init (self, header->ssrc, &fresh);
  guint32 index = get_u32 (in + word_at (self, len)) & MAX_RTCP_INDEX;
  TegataSrtpOutcome outcome = tegata_srtp_window_check (&stream->rtcp, index);

  if (outcome != TEGATA_SRTP_OK)
  {
    return outcome;
  }
  fill_rtcp (self, &packet, header->ssrc, index);
  if (!self->transform->unprotect (self->rtcp, &packet, in + tag_at (self, len)))
  {
    return TEGATA_SRTP_AUTH_FAILED;
  }

  if (stream == &fresh)
  {
    stream = tegata_srtp_streams_add (&self->streams, &fresh);
    if (stream == NULL)
    {
      return TEGATA_SRTP_TOO_MANY_STREAMS;
    }
  }
  tegata_srtp_window_add (&stream->rtcp, index);
  *out_len = len;
  return TEGATA_SRTP_OK;
}

const TegataSrtpBackend tegata_srtp_native = {
  .name = "native",
  .prepare = prepare,
  .new_session = new_session,
  .free_session = free_session,
  .protect_rtp = protect_rtp,
  .protect_rtcp = protect_rtcp,
  .unprotect_rtp = unprotect_rtp,
  .unprotect_rtcp = unprotect_rtcp,
  .get_roc = get_roc,
  .set_roc = set_roc,
};
