/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "measure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

void
measure_print (const char *name,
               const char *subject,
               const char *metric,
               double value,
               const char *unit,
               const char *reference)
{
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  if (!isfinite (value))
  {
    fprintf (stderr, "%s, %s: %s could not be measured\n", name, subject, metric);
    return;
  }
  printf ("{\"case\": \"%s\", \"subject\": \"%s\", \"metric\": \"%s\", \"value\": %s, "
          "\"unit\": \"%s\", \"reference\": ",
          name, subject, metric, g_ascii_formatd (number, sizeof number, "%.6g", value),
          unit);
  if (reference != NULL)
  {
    printf ("\"%s\"}\n", reference);
  }
  else
  {
    printf ("null}\n");
  }
  fflush (stdout);
}

static int
compare (gconstpointer a, gconstpointer b)
{
  double first = *(const double *) a;
  double second = *(const double *) b;

  return (first > second) - (first < second);
}

/* Of sorted values; between two of them it is on the line that joins them. */
static double
quantile (const double *values, gsize n_values, double fraction)
{
  double place = fraction * (double) (n_values - 1);
  gsize below = (gsize) place;
  gsize above = MIN (below + 1, n_values - 1);

  return values[below] + (place - (double) below) * (values[above] - values[below]);
}

double
measure_median (double *values, gsize n_values)
{
  g_return_val_if_fail (n_values > 0, NAN);

  qsort (values, n_values, sizeof *values, compare);
  return quantile (values, n_values, 0.5);
}

double
measure_spread (double *values, gsize n_values)
{
  double median = measure_median (values, n_values);
  double between = quantile (values, n_values, 0.75) - quantile (values, n_values, 0.25);

  return 100 * between / 2 / median;
}

gint64
measure_cpu_ns (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return (gint64) now.tv_sec * 1000000000 + now.tv_nsec;
}
