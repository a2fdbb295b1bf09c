/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec.h"

#include <gio/gio.h>

/* Makes pictures of a video track's packets, by GStreamer, on threads of its own. */
typedef struct _Decoder Decoder;

/*
 * Called from the main loop; the decoder may be freed within each.
 * @frame: one more
 * @key_frame_wanted: it cannot go on without one
 * @failed: it is of no use any more
 */
typedef struct
{
  void (*frame) (guint width, guint height, gpointer user_data);
  void (*key_frame_wanted) (gpointer user_data);
  void (*failed) (const GError *error, gpointer user_data);
} DecoderFuncs;

/* NULL where an element is missing: the message says which, and where it is. */
Decoder *decoder_new (const Codec *codec,
                      const DecoderFuncs *funcs,
                      gpointer user_data,
                      GError **error);
void decoder_free (Decoder *self);

/* A plain RTP packet, which is copied. Those in disorder are put in order. */
void decoder_push (Decoder *self, const guint8 *bytes, gsize len);

/* The last picture, as PNG. FALSE where there is none yet, too. */
gboolean decoder_save_png (Decoder *self, const char *path, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Decoder, decoder_free)
