/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support/virtual-clock.h"

#include <sys/time.h>
#include <time.h>

/* Not zero, so that nobody mistakes a moment for a duration. */
#define START_US (1000 * G_TIME_SPAN_SECOND)

static gboolean started;
static gint64 monotonic_us = START_US;
static gint64 wall_offset_us;
static guint64 n_reads;

static gint64
real_wall_us (void)
{
  struct timespec now;

  clock_gettime (CLOCK_REALTIME, &now);
  return now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

static gint64
wall_us (void)
{
  if (!started)
  {
    return real_wall_us ();
  }
  n_reads++;
  return monotonic_us + wall_offset_us;
}

void
virtual_clock_start (void)
{
  if (started)
  {
    return;
  }
  /* The date stays today's: certificates are made by other clocks. */
  wall_offset_us = real_wall_us () - monotonic_us;
  started = TRUE;
}

gint64
virtual_clock_now_us (void)
{
  return monotonic_us;
}

void
virtual_clock_advance_to (gint64 now_us)
{
  g_assert_cmpint (now_us, >=, monotonic_us);
  monotonic_us = now_us;
}

guint64
virtual_clock_n_reads (void)
{
  return n_reads;
}

/* Exported, whatever the default of the build is: the dynamic linker must find them. */
#pragma GCC visibility push(default)

int
gettimeofday (struct timeval *restrict tv, void *restrict tz G_GNUC_UNUSED)
{
  gint64 now_us = wall_us ();

  tv->tv_sec = now_us / G_USEC_PER_SEC;
  tv->tv_usec = now_us % G_USEC_PER_SEC;
  return 0;
}

time_t
time (time_t *result)
{
  time_t now = wall_us () / G_USEC_PER_SEC;

  if (result != NULL)
  {
    *result = now;
  }
  return now;
}

#pragma GCC visibility pop
