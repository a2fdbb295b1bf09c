/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "viewer.h"

/* What is told on standard output, as lines of text or of JSON. */
typedef struct
{
  gboolean is_json;
  gint64 began_us;
} Report;

void report_connected (const Report *self, const ViewerInfo *info);
void report_first_frame (const Report *self, const ViewerInfo *info);
void report_gone (const Report *self, const ViewerInfo *info);

/* All that were to join have decoded what they should, but for those who are gone. */
void report_all_watch (const Report *self, guint n_watching);

/* The sums of what all viewers saw. */
typedef struct
{
  guint n_joined;
  guint n_here;
  guint n_have_seen; /* a frame */
  guint64 n_frames;
  guint64 packets;
  guint64 bytes;
  guint64 missing;
} Totals;
void report_progress (const Report *self, const Totals *totals);

/* @infos: of all viewers */
void report_summary (const Report *self, const ViewerInfo *infos, guint n_infos);

void report_saved (const Report *self, const char *png);
