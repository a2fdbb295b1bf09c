/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sip-media-call.h"

G_BEGIN_DECLS

/*
 * The command line. What --help says is what the program does: so it stands there, and
 * not here. @call is what follows from the rest of it.
 */
typedef struct
{
  char *host;
  char *ports;
  char *codec;
  char *setup;
  gboolean feedback;
  gboolean no_rtcp_mux;
  gboolean offer;
  int timeout_s;
  char *local;
  char *remote;
  char *certificate;
  PlainSideOptions plain;
  SipCallOptions call;
} Options;

/*
 * @options: zeroed
 *
 * Prints --help, and ends the program by it. Returns: FALSE with a GOptionError for what
 * cannot be meant; @options is to be cleared all the same
 */
gboolean options_parse (Options *options, int *argc, char ***argv, GError **error);
void options_clear (Options *options);

G_END_DECLS
