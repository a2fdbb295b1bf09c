/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * listener-load: what many sessions behind one listener cost: one UDP socket, one thread.
 *
 *     build/benchmarks/listener-load --sessions 1000 --seconds 10
 *
 * The same twice: with TegataListener in an epoll loop, and with TegataTransportListener
 * in a main loop. Server and clients are a process each, so it wants two cores; CPU and
 * memory are the server's alone. Exit status: 0, or 1 where a handshake failed or nothing
 * could be measured, 2 for wrong options.
 */

#include "load.h"
#include "measure.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Of files, beside one for each client. */
#define SPARE_FILES 64
#define STYLE_BOTH "both"

typedef void (*Role) (LoadRun *run);

static const struct
{
  const char *name;
  Role serve;
} STYLES[LOAD_N_STYLES] = {
  [LOAD_STYLE_EPOLL] = { "epoll", load_serve_by_epoll },
  [LOAD_STYLE_TRANSPORT] = { "transport", load_serve_by_transport },
};

static pid_t
spawn (LoadShared *shared, const char *name, Role role, const int control[2], int which)
{
  LoadRun run = { .shared = shared, .control = control[which] };
  pid_t pid = fork ();

  if (pid < 0)
  {
    load_fail ("no process", g_strerror (errno));
  }
  if (pid == 0)
  {
    close (control[1 - which]); /* so that who waits for a dead one learns of it */
    prctl (PR_SET_NAME, name);
    role (&run);
    exit (0);
  }
  return pid;
}

static gboolean
succeeds (pid_t pid)
{
  int status = 0;

  return waitpid (pid, &status, 0) == pid && WIFEXITED (status)
         && WEXITSTATUS (status) == 0;
}

/* Forks before anything of the library has run, so that each begins with nothing. */
static gboolean
run_style (LoadShared *shared, LoadStyle style)
{
  int control[2];
  pid_t server, clients;
  gboolean clients_succeed;

  fprintf (stderr, "%s: %d sessions\n", STYLES[style].name, shared->options.n_sessions);
  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control) != 0)
  {
    load_fail ("no pair of sockets", g_strerror (errno));
  }
  server = spawn (shared, "load-server", STYLES[style].serve, control, 0);
  clients = spawn (shared, "load-clients", load_clients, control, 1);
  close (control[0]);
  close (control[1]);
  clients_succeed = succeeds (clients);
  return succeeds (server) && clients_succeed && shared->n_failed == 0;
}

static double
seconds (LoadShared *shared, LoadMarkName from, LoadMarkName to)
{
  gint64 us = shared->marks[to].wall_us - shared->marks[from].wall_us;

  return (double) MAX (us, 1) / 1e6;
}

static double
cpu_seconds (LoadShared *shared, LoadMarkName from, LoadMarkName to)
{
  gint64 ns = shared->marks[to].cpu_ns - shared->marks[from].cpu_ns;

  return (double) MAX (ns, 1) / 1e9;
}

static double
handshakes (LoadShared *shared)
{
  return shared->n_connected;
}

static double
handshakes_per_s (LoadShared *shared)
{
  return shared->n_connected / seconds (shared, LOAD_MARK_LISTENING, LOAD_MARK_CONNECTED);
}

static double
handshakes_per_cpu_s (LoadShared *shared)
{
  return shared->n_connected
         / cpu_seconds (shared, LOAD_MARK_LISTENING, LOAD_MARK_CONNECTED);
}

static int
compare_times (gconstpointer a, gconstpointer b)
{
  gint64 first = *(const gint64 *) a;
  gint64 second = *(const gint64 *) b;

  return (first > second) - (first < second);
}

/* Those that failed, at -1, are the first ones. */
static double
handshake_ms (LoadShared *shared, int percent)
{
  int n = shared->options.n_sessions;
  gint64 which = (gint64) (n - 1) * percent / 100;

  qsort (shared->handshake_us, (gsize) n, sizeof shared->handshake_us[0], compare_times);
  return (double) shared->handshake_us[which] / 1e3;
}

static double
median_ms (LoadShared *shared)
{
  return handshake_ms (shared, 50);
}

static double
p99_ms (LoadShared *shared)
{
  return handshake_ms (shared, 99);
}

static double
per_session_kib (LoadShared *shared, gint64 before, gint64 after)
{
  return (double) (after - before) / MAX (shared->n_connected, 1) / 1024;
}

static double
rss_kib (LoadShared *shared)
{
  return per_session_kib (shared, shared->marks[LOAD_MARK_LISTENING].rss,
                          shared->marks[LOAD_MARK_CONNECTED].rss);
}

static double
heap_kib (LoadShared *shared)
{
  return per_session_kib (shared, shared->marks[LOAD_MARK_LISTENING].heap,
                          shared->marks[LOAD_MARK_CONNECTED].heap);
}

static double
packets_sent (LoadShared *shared)
{
  return (double) shared->n_sent;
}

static double
lost_percent (LoadShared *shared)
{
  double n_lost = (double) shared->n_sent - (double) shared->n_received;

  return 100 * n_lost / (double) MAX (shared->n_sent, 1);
}

static double
batch (LoadShared *shared)
{
  return (double) shared->n_received / (double) MAX (shared->n_batches, 1);
}

/* Of the time in which media was sent, which is a little less than between the marks. */
static double
cpu_percent (LoadShared *shared)
{
  return 100 * cpu_seconds (shared, LOAD_MARK_MEDIA, LOAD_MARK_END)
         / shared->options.seconds;
}

static double
ns_per_packet (LoadShared *shared)
{
  return 1e9 * cpu_seconds (shared, LOAD_MARK_MEDIA, LOAD_MARK_END)
         / (double) MAX (shared->n_received, 1);
}

static const struct
{
  const char *name;
  int decimals;
  double (*value) (LoadShared *shared);
  const char *metric; /* for scripts/bench */
  const char *unit;
} ROWS[] = {
  { "handshakes", 0, handshakes, "handshakes", "" },
  { "  per second", 0, handshakes_per_s, "handshake rate", "1/s" },
  { "  per second of the server's CPU", 0, handshakes_per_cpu_s,
    "handshake rate of the server's CPU", "1/s" },
  { "  median time of one, ms", 1, median_ms, "median time of a handshake", "ms" },
  { "  99th percentile, ms", 1, p99_ms, "99th percentile of it", "ms" },
  { "memory of a session, KiB (RSS)", 1, rss_kib, "RSS of a session", "KiB" },
  { "  in use of the heap, KiB", 1, heap_kib, "heap of a session", "KiB" },
  { "media packets sent", 0, packets_sent, "media packets sent", "" },
  { "  lost, %", 3, lost_percent, "lost", "%" },
  { "  received at once, mean", 1, batch, "received at once", "packets" },
  { "the server's CPU, %", 1, cpu_percent, "the server's CPU", "%" },
  { "  ns a packet", 0, ns_per_packet, "CPU time of a media packet", "ns" },
};

static void
print_json (LoadShared *const shared[LOAD_N_STYLES], const LoadOptions *options)
{
  g_autofree char *name = g_strdup_printf ("%d peers, %d packets/s of each",
                                           options->n_sessions, options->rate);

  for (gsize row = 0; row < G_N_ELEMENTS (ROWS); row++)
  {
    for (int i = 0; i < LOAD_N_STYLES; i++)
    {
      if (shared[i] != NULL)
      {
        measure_print (name, STYLES[i].name, ROWS[row].metric,
                       ROWS[row].value (shared[i]), ROWS[row].unit, NULL);
      }
    }
  }
}

static void
print_table (LoadShared *const shared[LOAD_N_STYLES])
{
  printf ("%-34s", "");
  for (int i = 0; i < LOAD_N_STYLES; i++)
  {
    printf ("%12s", shared[i] != NULL ? STYLES[i].name : "");
  }
  for (gsize row = 0; row < G_N_ELEMENTS (ROWS); row++)
  {
    printf ("\n%-34s", ROWS[row].name);
    for (int i = 0; i < LOAD_N_STYLES; i++)
    {
      if (shared[i] != NULL)
      {
        printf ("%12.*f", ROWS[row].decimals, ROWS[row].value (shared[i]));
      }
    }
  }
  printf ("\n");
}

static gboolean
is_wanted (LoadStyle style, const char *wanted)
{
  return g_str_equal (wanted, STYLE_BOTH) || g_str_equal (wanted, STYLES[style].name);
}

static gboolean
parse_options (LoadOptions *options, char **style, int argc, char **argv, GError **error)
{
  const GOptionEntry entries[]
      = { { "sessions", 'n', 0, G_OPTION_ARG_INT, &options->n_sessions,
            "how many clients (1000)", "N" },
          { "concurrency", 'c', 0, G_OPTION_ARG_INT, &options->concurrency,
            "handshakes under way at once (32)", "N" },
          { "seconds", 's', 0, G_OPTION_ARG_INT, &options->seconds, "of media (10)",
            "N" },
          { "rate", 'r', 0, G_OPTION_ARG_INT, &options->rate,
            "packets a second of each client (50)", "N" },
          { "min-len", 0, 0, G_OPTION_ARG_INT, &options->min_len,
            "bytes of the shortest RTP packet (160)", "BYTES" },
          { "max-len", 0, 0, G_OPTION_ARG_INT, &options->max_len,
            "bytes of the longest one (1200)", "BYTES" },
          { "style", 0, 0, G_OPTION_ARG_STRING, style, "epoll, transport or both (both)",
            "STYLE" },
          { "json", 0, 0, G_OPTION_ARG_NONE, &options->prints_json,
            "print lines of JSON, for scripts/bench", NULL },
          { 0 } };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  *style = g_strdup (STYLE_BOTH);
  g_option_context_set_summary (context,
                                "Measures many sessions behind one listener: one UDP "
                                "socket, one thread.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, error))
  {
    return FALSE;
  }
  if (argc > 1 || options->n_sessions < 1 || options->n_sessions > 50000
      || options->concurrency < 1 || options->seconds < 1 || options->rate < 0
      || options->min_len < 12 || options->max_len < options->min_len
      || options->max_len > LOAD_MAX_LEN
      || (!is_wanted (LOAD_STYLE_EPOLL, *style)
          && !is_wanted (LOAD_STYLE_TRANSPORT, *style)))
  {
    g_set_error (
        error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "expected 1 to 50000 sessions, at least 1 second, and packets of 12 to %d "
        "bytes",
        LOAD_MAX_LEN);
    return FALSE;
  }
  return TRUE;
}

/* Each client has a socket. */
static void
allow_files (int n_files)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max < (rlim_t) n_files)
  {
    load_fail ("too few open files are allowed", "raise the hard limit: ulimit -Hn");
  }
  limit.rlim_cur = limit.rlim_max;
  setrlimit (RLIMIT_NOFILE, &limit);
}

int
main (int argc, char **argv)
{
  LoadOptions options = { .n_sessions = 1000,
                          .concurrency = 32,
                          .seconds = 10,
                          .rate = 50,
                          .min_len = 160,
                          .max_len = 1200 };
  g_autofree char *style = NULL;
  g_autoptr (GError) error = NULL;
  LoadShared *shared[LOAD_N_STYLES] = { NULL };
  gboolean succeeded = TRUE;

  if (!parse_options (&options, &style, argc, argv, &error))
  {
    fprintf (stderr, "listener-load: %s\n", error->message);
    return 2;
  }
  allow_files (options.n_sessions + SPARE_FILES);
  for (int i = 0; i < LOAD_N_STYLES && succeeded; i++)
  {
    if (is_wanted ((LoadStyle) i, style))
    {
      shared[i] = load_shared_new (&options);
      succeeded = run_style (shared[i], (LoadStyle) i);
    }
  }
  if (options.prints_json)
  {
    print_json (shared, &options);
  }
  else
  {
    print_table (shared);
  }
  for (int i = 0; i < LOAD_N_STYLES; i++)
  {
    g_clear_pointer (&shared[i], load_shared_free);
  }
  return succeeded ? 0 : 1;
}
