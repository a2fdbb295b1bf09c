/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

/* What a user reads. Lines on standard output are "key: value". */

G_GNUC_PRINTF (2, 3) void report (const char *key, const char *format, ...);

/* Whether all elements that a call needs are there; else which packages have them. */
gboolean report_missing_elements (void);

/* @is_over: an error, which ends the call */
void report_problem (GstMessage *message, gboolean is_over);

/* What was negotiated. */
void report_connection (GstElement *transport);
void report_stats (GstElement *transport);
