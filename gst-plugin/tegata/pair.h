/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "association.h"

G_BEGIN_DECLS

/*
 * What the two elements of a pair agree on without knowing each other: how long their
 * association is open, and that it has one encoder. The decoder owns the association;
 * the encoder's run is the session. All of it on any thread, without a lock.
 */
typedef enum
{
  GST_TEGATA_PAIR_DECODER = 1 << 0,
  GST_TEGATA_PAIR_ENCODER = 1 << 1,
} GstTegataPairSide;

/* @encoder is the one of @association until it gives it back. FALSE where it has another
 * one. */
gboolean gst_tegata_pair_claim (GstTegataAssociation *association, gpointer encoder);
void gst_tegata_pair_give_back (GstTegataAssociation *association, gpointer encoder);

/* The decoder is gone: who finds its association now finds it dead. */
void gst_tegata_pair_orphan (GstTegataAssociation *association);
gboolean gst_tegata_pair_is_orphaned (GstTegataAssociation *association);

/* The decoder went back to NULL, where it keeps its connection-id until another one wants
 * it: somebody may have dropped it, while a thread of ours has it for a moment longer. */
void gst_tegata_pair_set_resting (GstTegataAssociation *association, gboolean is_resting);
gboolean gst_tegata_pair_is_resting (GstTegataAssociation *association);

/* READY to PAUSED of @side: open from now on. FALSE also where the decoder has a fixed
 * key and shares its association with an encoder, which has none then. */
gboolean gst_tegata_pair_enter (GstTegataAssociation *association,
                                GstTegataPairSide side,
                                GError **error);

/* PAUSED to READY of @side. The encoder's ends the session, and the association opens
 * anew for a decoder that still listens; the decoder's ends it where no encoder is left.
 */
void gst_tegata_pair_leave (GstTegataAssociation *association, GstTegataPairSide side);

/* pair-join.c: how the two come together, and what they complain of where they cannot. */

/* @decoder is to be found by @id. FALSE with an element error where another one is. */
gboolean gst_tegata_pair_offer (GstElement *decoder,
                                GstTegataAssociation *association,
                                const char *id);
/* The association of the decoder that is found by @id (nullable), claimed for @encoder.
 * (transfer full) (nullable) */
GstTegataAssociation *
gst_tegata_pair_find (const char *id, gpointer encoder, GError **error);
/* READY to PAUSED of the encoder: enters, and starts the handshake. */
gboolean gst_tegata_pair_begin (GstTegataAssociation *association,
                                TegataRole role,
                                GError **error);

G_END_DECLS
