/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Where signalling reaches us: lines of standard input, and a file. A line is a command,
 * unless it begins a description, "v=0", which goes on to a line with a dot alone. The
 * file is a description; it is looked at ten times a second, and taken when it is another
 * one than before, or the same text written once more, and was the same twice: so also
 * where nobody writes it atomically.
 */
typedef struct _SipSignals SipSignals;

/*
 * @command: a line, without blanks around it; never an empty one
 * @description: at most a byte more of it than SIP_SDP_MAX_LEN
 * @end: standard input has ended
 * @gone: the file was there, and is no more
 *
 * None may free the signals.
 */
typedef struct
{
  void (*command) (const char *line, gpointer user_data);
  void (*description) (const char *text, gsize len, gpointer user_data);
  void (*end) (gpointer user_data);
  void (*gone) (gpointer user_data);
} SipSignalsCallbacks;

/*
 * @remote_file: (nullable): what to look at
 * @callbacks: copied; called on the default main context
 */
SipSignals *sip_signals_new (const char *remote_file,
                             const SipSignalsCallbacks *callbacks,
                             gpointer user_data);
/*
 * What the file has now is of an earlier call: only what is written from here on is
 * taken.
 *
 * Returns: (transfer none) (nullable): what it has; NULL for nothing
 */
GBytes *sip_signals_pass_over (SipSignals *self);

void sip_signals_free (SipSignals *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SipSignals, sip_signals_free)

G_END_DECLS
