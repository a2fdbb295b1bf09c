/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

/* What is sent and what becomes of what comes: a test video and sound, by one RTP session
 * whose packets share one secured transport (RFC 8843). */
typedef struct
{
  gboolean is_video_only; /* send no sound */
  gboolean is_shown;      /* see and hear what comes, and not count alone */
  gint n_frames;          /* atomic: decoded so far */
  gint n_wanted; /* "enough-frames" is an application message then; 0 for never */
} Media;

/* The whole pipeline. @path_elements: what carries the datagrams of "transport". */
GstElement *media_make_pipeline (Media *self, const char *path_elements, GError **error);
