/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "check.h"
#include "decoder.h"

/*
 * What one viewer receives, from when its transport is connected: packets are checked,
 * those of the picture decoded, and the sender is told what is missing, and how it goes.
 */
typedef struct _Reception Reception;

/*
 * @tracks: N_TRACKS of them, of which the video was not turned down
 * @transport: (transfer none): outlives it, or its end
 * @funcs: borrowed; "key_frame_wanted" is not looked at
 *
 * NULL where there is no decoder.
 */
Reception *reception_new (const Track *tracks,
                          TegataTransport *transport,
                          const DecoderFuncs *funcs,
                          gpointer user_data,
                          GError **error);
void reception_free (Reception *self);

/* Packets are only counted and checked from now on. May be called within @funcs. */
void reception_stop_decoding (Reception *self);

/* Sends nothing any more: the transport may go. Also stops decoding. */
void reception_end (Reception *self);

void reception_handle_media (Reception *self, TegataPacket *packets, guint n_packets);

/* To be called often. */
void reception_tick (Reception *self, gint64 now_us);

/* FALSE where there is no picture, or no decoder any more. */
gboolean reception_save_png (Reception *self, const char *path, GError **error);

typedef struct
{
  CheckStats tracks[N_TRACKS];
  guint64 nacks; /* packets that were asked for */
  guint64 plis;
  guint64 strange; /* packets of no track */
} ReceptionStats;
void reception_get_stats (Reception *self, ReceptionStats *stats);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Reception, reception_free)
