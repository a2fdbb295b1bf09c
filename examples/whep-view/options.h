/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

typedef struct
{
  char *url;
  int n_viewers;
  int rate;     /* viewers that join a second */
  int n_frames; /* 0: not told */
  int seconds;  /* likewise */
  int timeout_s;
  char *token; /* without its "@FILE" */
  char *tls_ca;
  char *png;         /* can be written */
  char *ice_address; /* checked */
  gboolean json;
} Options;

/* @options: zeroed. FALSE with what was found and expected. */
gboolean options_parse (Options *options, int *argc, char ***argv, GError **error);
void options_clear (Options *options);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)
