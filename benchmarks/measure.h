/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * What scripts/bench reads: a measurement is one line of JSON on standard output. What is
 * said to who waits goes to standard error.
 */

/**
 * measure_print:
 * @name: the case: what was done
 * @subject: who did it
 * @metric: what was measured
 * @value: how much; one that is not finite is left out, with a line on standard error
 * @unit: of what; where it ends in "/s" more is better, otherwise less
 * @reference: (nullable): the subject of the same case that it is compared with
 *
 * None of the strings needs escaping: they hold no quotation mark, backslash or control.
 */
void measure_print (const char *name,
                    const char *subject,
                    const char *metric,
                    double value,
                    const char *unit,
                    const char *reference);

/* Sorts @values. */
double measure_median (double *values, gsize n_values);

/* Half the distance between the quartiles, in percent of the median. Sorts @values. */
double measure_spread (double *values, gsize n_values);

/* CPU time of the calling thread: others who keep the machine busy are not in it. */
gint64 measure_cpu_ns (void);

G_END_DECLS
