/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "outlet.h"

G_BEGIN_DECLS

/* A request pad of an outlet, and what it must remember. What does not say otherwise
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
  gboolean has_warned;  /* of data that is too big */
  gint has_dropped;     /* atomic: media, since the start: it wants a key frame */
  gboolean has_ended;   /* EOS. Object lock of the element */
  gboolean is_in_flush; /* between its start and its stop. Object lock of the element */
  gint is_flushing;     /* atomic: in a flush, or inactive: ends waits */
  GstClockID clock_id;  /* object lock of the pad: what rtp-sync waits for */
};

G_END_DECLS
