/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * The one clock of a test program. libssl reads gettimeofday() and time() by itself; this
 * file defines both, and a symbol of the program comes before libc's. GLib reads
 * clock_gettime() and goes on with the real time.
 *
 * Until virtual_clock_start() both tell the real time, so that a program which only wants
 * the rest of the test support is left alone.
 */

/* Stops the clock; further calls do nothing. A simulated network does it. */
void virtual_clock_start (void);

/* Microseconds since some moment before the program. Never goes back. */
gint64 virtual_clock_now_us (void);

/* To a moment that is not in the past. */
void virtual_clock_advance_to (gint64 now_us);

/* How often libssl (or anybody else) asked for the time since the start: a test of the
 * interposition itself. */
guint64 virtual_clock_n_reads (void);

G_END_DECLS
