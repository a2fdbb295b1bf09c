/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "gst-call-media.h"

/* What the command line says. One of the first three is set. */
typedef struct
{
  char *listen;
  char *connect;
  char *ice;  /* "offer" or "answer" */
  char *host; /* NULL for all of our addresses */
  char *offer;
  char *answer;
  gboolean is_offerer;
} Options;

/* Initializes GStreamer, too. */
gboolean
options_parse (Options *self, Media *media, int *argc, char ***argv, GError **error);
void options_clear (Options *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)
