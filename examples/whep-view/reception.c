/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reception.h"

#include "feedback.h"

#define REPORT_EVERY_US ((gint64) G_USEC_PER_SEC)
/* A key frame is asked for no more often than this. */
#define KEY_FRAME_EVERY_US ((gint64) G_USEC_PER_SEC / 2)

struct _Reception
{
  const DecoderFuncs *funcs;
  gpointer user_data;
  Check *checks[N_TRACKS]; /* NULL for one that was turned down */
  Feedback feedback;
  gboolean has_ended;
  Decoder *decoder; /* NULL: packets are only checked */
  gboolean has_frame;
  gboolean wants_key_frame;
  gint64 next_key_frame_us;
  gint64 next_report_us;
  guint64 n_strange;
};

/* ---- pictures ---- */

/* What cannot be asked yet is asked by a later tick. */
static void
ask_for_key_frame (Reception *self, gint64 now_us)
{
  guint32 ssrc = check_get_ssrc (self->checks[TRACK_VIDEO]);

  self->wants_key_frame = TRUE;
  if (ssrc != 0 && now_us >= self->next_key_frame_us)
  {
    feedback_send_pli (&self->feedback, ssrc);
    self->next_key_frame_us = now_us + KEY_FRAME_EVERY_US;
    self->wants_key_frame = FALSE;
  }
}

static void
on_frame (guint width, guint height, gpointer user_data)
{
  Reception *self = user_data;

  if (!self->has_frame)
  {
    self->has_frame = TRUE;
    self->wants_key_frame = FALSE;
  }
  self->funcs->frame (width, height, self->user_data);
}

static void
on_key_frame_wanted (gpointer user_data)
{
  ask_for_key_frame (user_data, g_get_monotonic_time ());
}

static void
on_failed (const GError *error, gpointer user_data)
{
  Reception *self = user_data;

  self->funcs->failed (error, self->user_data);
}

static const DecoderFuncs decoder_funcs = {
  .frame = on_frame,
  .key_frame_wanted = on_key_frame_wanted,
  .failed = on_failed,
};

/* ---- packets ---- */

static Check *
find_check (Reception *self, guint8 payload_type, TrackKind *kind)
{
  for (guint i = 0; i < N_TRACKS; i++)
  {
    if (self->checks[i] != NULL && check_is_ours (self->checks[i], payload_type))
    {
      *kind = (TrackKind) i;
      return self->checks[i];
    }
  }
  return NULL;
}

static void
handle_rtp (Reception *self, TegataPacket *packet, gint64 now_us)
{
  TegataRtpHeader header;
  TrackKind kind;
  Check *check = NULL;

  if (tegata_rtp_header_parse (&header, packet->bytes, packet->len))
  {
    check = find_check (self, header.payload_type, &kind);
  }
  if (check == NULL)
  {
    self->n_strange++;
  }
  else if (check_handle_rtp (check, packet->bytes, &packet->len, &header, now_us)
           && kind == TRACK_VIDEO && self->decoder != NULL)
  {
    decoder_push (self->decoder, packet->bytes, packet->len);
  }
}

static void
ask_for_missing (Reception *self, gint64 now_us)
{
  guint16 numbers[FEEDBACK_MAX_NACKS];

  for (guint i = 0; i < N_TRACKS; i++)
  {
    Check *check = self->checks[i];
    guint n = check == NULL
                  ? 0
                  : check_get_missing (check, numbers, G_N_ELEMENTS (numbers), now_us);

    if (n > 0)
    {
      feedback_send_nack (&self->feedback, check_get_ssrc (check), numbers, n);
    }
  }
  if (check_take_is_broken (self->checks[TRACK_VIDEO]) && self->decoder != NULL)
  {
    ask_for_key_frame (self, now_us);
  }
}

void
reception_handle_media (Reception *self, TegataPacket *packets, guint n_packets)
{
  gint64 now_us = g_get_monotonic_time ();

  for (guint i = 0; i < n_packets; i++)
  {
    if (!packets[i].is_rtcp)
    {
      handle_rtp (self, &packets[i], now_us);
    }
    else if (!feedback_read (packets[i].bytes, packets[i].len, self->checks, now_us))
    {
      self->n_strange++;
    }
  }
  ask_for_missing (self, now_us);
}

static void
send_reports (Reception *self, gint64 now_us)
{
  CheckReport reports[N_TRACKS];
  guint n_reports = 0;

  for (guint i = 0; i < N_TRACKS; i++)
  {
    if (self->checks[i] != NULL
        && check_take_report (self->checks[i], &reports[n_reports], now_us))
    {
      n_reports++;
    }
  }
  feedback_send_reports (&self->feedback, reports, n_reports);
  self->next_report_us = now_us + REPORT_EVERY_US;
}

void
reception_tick (Reception *self, gint64 now_us)
{
  if (self->has_ended)
  {
    return;
  }
  ask_for_missing (self, now_us);
  if (now_us >= self->next_report_us)
  {
    send_reports (self, now_us);
  }
  if (self->decoder != NULL && (self->wants_key_frame || !self->has_frame))
  {
    ask_for_key_frame (self, now_us);
  }
}

/* ---- life ---- */

Reception *
reception_new (const Track *tracks,
               TegataTransport *transport,
               const DecoderFuncs *funcs,
               gpointer user_data,
               GError **error)
{
  g_autoptr (Reception) self = g_new0 (Reception, 1);
  gint64 now_us = g_get_monotonic_time ();

  self->funcs = funcs;
  self->user_data = user_data;
  for (guint i = 0; i < N_TRACKS; i++)
  {
    self->checks[i] = tracks[i].codec != NULL ? check_new (&tracks[i]) : NULL;
  }
  feedback_init (&self->feedback, transport);
  self->next_report_us = now_us + REPORT_EVERY_US;
  /* who joins is sent a key frame unasked; but that one may be lost */
  self->next_key_frame_us = now_us + KEY_FRAME_EVERY_US;
  self->decoder = decoder_new (tracks[TRACK_VIDEO].codec, &decoder_funcs, self, error);
  return self->decoder != NULL ? g_steal_pointer (&self) : NULL;
}

void
reception_stop_decoding (Reception *self)
{
  g_clear_pointer (&self->decoder, decoder_free);
}

void
reception_end (Reception *self)
{
  reception_stop_decoding (self);
  self->has_ended = TRUE;
}

void
reception_free (Reception *self)
{
  if (self == NULL)
  {
    return;
  }
  reception_stop_decoding (self);
  for (guint i = 0; i < N_TRACKS; i++)
  {
    g_clear_pointer (&self->checks[i], check_free);
  }
  g_free (self);
}

gboolean
reception_save_png (Reception *self, const char *path, GError **error)
{
  if (self->decoder == NULL)
  {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                 "%s: there is no picture to save", path);
    return FALSE;
  }
  return decoder_save_png (self->decoder, path, error);
}

void
reception_get_stats (Reception *self, ReceptionStats *stats)
{
  for (guint i = 0; i < N_TRACKS; i++)
  {
    stats->tracks[i] = (CheckStats){ 0 };
    if (self->checks[i] != NULL)
    {
      check_get_stats (self->checks[i], &stats->tracks[i]);
    }
  }
  stats->nacks = self->feedback.nacks;
  stats->plis = self->feedback.plis;
  stats->strange = self->n_strange;
}
