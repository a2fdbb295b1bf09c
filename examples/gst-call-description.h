/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/* What one side of a call tells the other before it: a few lines in the manner of SDP. A
 * real application has SDP here, and takes it over a channel that it trusts: whoever can
 * alter a=fingerprint on the way can be in the middle. */
typedef struct
{
  char *call;            /* a=call: random; the answer repeats the offer's */
  char *setup;           /* a=setup: actpass, active or passive */
  GString *fingerprints; /* whole a=fingerprint lines */
  char *host;            /* a=address: over UDP; NULL with ICE */
  guint16 port;
  char *ufrag; /* a=ice-ufrag: NULL over UDP */
  char *pwd;
  GPtrArray *candidates; /* whole a=candidate lines */
} Description;

Description *description_new (void);
void description_free (Description *self);

char *description_to_text (const Description *self);

/* NULL with what is wrong. G_IO_ERROR_PARTIAL_INPUT: its last line is not there yet. */
Description *description_new_from_text (const char *text, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Description, description_free)
