/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "outlet.h"

G_BEGIN_DECLS

/* A request pad of an outlet, and what it must remember. Everything but `is_flushing`
 * belongs to its streaming thread. */

#define GST_TYPE_TEGATA_SINK_PAD (gst_tegata_sink_pad_get_type ())
G_DECLARE_FINAL_TYPE (GstTegataSinkPad, gst_tegata_sink_pad, GST, TEGATA_SINK_PAD, GstPad)

struct _GstTegataSinkPad
{
  GstPad parent_instance;

  GstTegataOutlet *outlet;
  GstTegataStream stream;
  GstSegment segment;
  gboolean is_live; /* asked upstream when the first packet came too early */
  gboolean knows_live;
  gint has_dropped;    /* atomic: media, since the start: it wants a key frame */
  gint has_ended;      /* atomic: EOS */
  gint is_flushing;    /* atomic: ends waits */
  GstClockID clock_id; /* object lock of the pad: what rtp-sync waits for */
};

G_END_DECLS
