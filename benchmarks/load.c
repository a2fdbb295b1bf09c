/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "load.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static gsize
shared_size (const LoadOptions *options)
{
  return sizeof (LoadShared) + (gsize) options->n_sessions * sizeof (gint64);
}

LoadShared *
load_shared_new (const LoadOptions *options)
{
  LoadShared *shared = mmap (NULL, shared_size (options), PROT_READ | PROT_WRITE,
                             MAP_SHARED | MAP_ANONYMOUS, -1, 0);

  if (shared == MAP_FAILED)
  {
    load_fail ("no shared memory", g_strerror (errno));
  }
  shared->options = *options;
  return shared;
}

void
load_shared_free (LoadShared *shared)
{
  munmap (shared, shared_size (&shared->options));
}

void
load_fail (const char *what, const char *why)
{
  fprintf (stderr, "listener-load: %s: %s\n", what, why);
  exit (1);
}

static gint64
read_rss (void)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) fields = NULL;

  if (!g_file_get_contents ("/proc/self/statm", &text, NULL, NULL))
  {
    return 0;
  }
  fields = g_strsplit (text, " ", 3);
  return g_ascii_strtoll (fields[1], NULL, 10) * sysconf (_SC_PAGESIZE);
}

void
load_mark (LoadRun *run, LoadMarkName name)
{
  LoadMark *mark = &run->shared->marks[name];
  struct mallinfo2 heap = mallinfo2 ();
  struct timespec cpu;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &cpu);
  mark->wall_us = g_get_monotonic_time ();
  mark->cpu_ns = (gint64) cpu.tv_sec * 1000000000 + cpu.tv_nsec;
  mark->rss = read_rss ();
  mark->heap = (gint64) (heap.uordblks + heap.hblkhd);
}

void
load_tell (LoadRun *run, LoadTurn turn)
{
  char byte = (char) turn;

  if (write (run->control, &byte, 1) != 1)
  {
    load_fail ("the other process is gone", g_strerror (errno));
  }
}

static char
hear (LoadRun *run)
{
  char byte;
  gssize n = read (run->control, &byte, 1);

  if (n != 1)
  {
    load_fail ("the other process is gone", n == 0 ? "it ended" : g_strerror (errno));
  }
  return byte;
}

void
load_await (LoadRun *run, LoadTurn turn)
{
  char byte = hear (run);

  if (byte != (char) turn)
  {
    load_fail ("the other process is out of step", "this is a bug");
  }
}

gboolean
load_server_next (LoadRun *run)
{
  if (hear (run) == LOAD_TURN_END)
  {
    load_mark (run, LOAD_MARK_END);
    return FALSE;
  }
  load_mark (run, LOAD_MARK_CONNECTED);
  /* what the first mark costs is not the media's */
  load_mark (run, LOAD_MARK_MEDIA);
  run->shared->n_received = 0;
  run->shared->n_batches = 0;
  load_tell (run, LOAD_TURN_MEDIA);
  return TRUE;
}

TegataContext *
load_context_new (char fingerprint[LOAD_FINGERPRINT_SIZE])
{
  g_autoptr (GError) error = NULL;
  TegataContext *context = tegata_context_new (NULL, &error);
  g_autoptr (TegataFingerprint) own = NULL;
  g_autofree char *text = NULL;

  if (context == NULL)
  {
    load_fail ("no certificate", error->message);
  }
  own = tegata_fingerprint_new_for_certificate (tegata_context_get_certificate (context),
                                                TEGATA_HASH_SHA256);
  text = tegata_fingerprint_to_string (own);
  g_strlcpy (fingerprint, text, LOAD_FINGERPRINT_SIZE);
  return context;
}

void
load_trust (TegataSession *session, const char *fingerprint)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TegataFingerprint) parsed
      = tegata_fingerprint_parse (fingerprint, TEGATA_FINGERPRINT_DEFAULT, &error);

  if (parsed == NULL)
  {
    load_fail ("the other process' fingerprint", error->message);
  }
  tegata_session_set_peer_fingerprints (session, &parsed, 1);
}
