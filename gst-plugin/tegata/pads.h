/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/*
 * What the pads of an inlet and an outlet have in common. Each has its half as its
 * element private: so pads of an element know which belong together.
 */

/* A pad named as @templ, with links within @half. Not added yet. (transfer floating) */
GstPad *gst_tegata_pads_new (GstPadTemplate *templ, gpointer half);

/* Makes @pad one of @half's, linked within to those of the other direction. */
void gst_tegata_pads_join (GstPad *pad, gpointer half);

/*
 * What begins a stream on a source pad: a stream-start with an id of its own, @caps
 * (nullable), and @segment. Stored, not pushed: the core sends them before the first
 * buffer, so nobody is blocked by them. On a pad that had EOS it begins the next stream.
 */
void gst_tegata_pads_begin (GstPad *pad,
                            guint group_id,
                            GstCaps *caps,
                            const GstSegment *segment);

/* As above, with the caps that it has, where @pad had EOS. */
void gst_tegata_pads_begin_anew (GstPad *pad, guint group_id, const GstSegment *segment);

/* Whether EOS was the last that passed it. Any thread: the core's macro wants a lock. */
gboolean gst_tegata_pads_has_ended (GstPad *pad);

void gst_tegata_pads_store_segment (GstPad *pad, const GstSegment *segment);

G_END_DECLS
