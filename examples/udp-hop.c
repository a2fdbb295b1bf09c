/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * udp-hop: carries RTP and RTCP between a plain local UDP port and a secured one.
 *
 *     application <-- plain UDP --> udp-hop <== DTLS, SRTP, SRTCP ==> udp-hop <-- ...
 *
 * TegataSession and TegataListener on plain sockets and ppoll(2): one thread, no main
 * loop. This file reads options and sets up; the loop is hop.c. Certificates are verified
 * by fingerprints, which cross by files or on the command line: who carries them is what
 * signalling is in a real application.
 *
 * Exit status: 0 closed by a signal or by the peer, 1 the association failed,
 * 2 the options or the set-up were wrong.
 */

#include "hop.h"
#include "udp-socket.h"

#include <glib/gstdio.h>
#include <poll.h>
#include <stdio.h>
#include <tegata/tegata.h>
#include <unistd.h>

enum
{
  EXIT_CLOSED = 0,
  EXIT_FAILED = 1,
  EXIT_SETUP = 2,
};

typedef struct
{
  char *connect;
  char *listen;
  char *plain_in;
  char *plain_out;
  char *certificate_file;
  char *fingerprint_out;
  char *peer_fingerprint_file;
  char **peer_fingerprints;
  int stats_s;
} Options;

static volatile sig_atomic_t interrupted;

static void
on_signal (int signal_number)
{
  (void) signal_number;
  interrupted = 1;
}

/* What the file has by now: "" where there is no such file yet, or whoever copies it has
 * only begun. */
static char *
read_file (const char *path, GError **error)
{
  g_autoptr (GError) problem = NULL;
  char *text = NULL;

  if (g_file_get_contents (path, &text, NULL, &problem))
  {
    return g_strchomp (text);
  }
  if (g_error_matches (problem, G_FILE_ERROR, G_FILE_ERROR_NOENT))
  {
    return g_strdup ("");
  }
  g_propagate_error (error, g_steal_pointer (&problem));
  return NULL;
}

/* Waits for the file, which the peer's side may write after it was told our fingerprint.
 * Returns NULL with an error, or without one where a signal ended the wait. */
static char *
await_file (const char *path, const sigset_t *unblocked, GError **error)
{
  const struct timespec interval = { .tv_nsec = 50000000 };
  g_autofree char *text = read_file (path, error);

  if (text != NULL && text[0] == '\0')
  {
    printf ("waiting for %s\n", path);
  }
  while (text != NULL && text[0] == '\0')
  {
    ppoll (NULL, 0, &interval, unblocked);
    if (interrupted)
    {
      return NULL;
    }
    g_free (text);
    text = read_file (path, error);
  }
  return g_steal_pointer (&text);
}

/* NULL without an error where a signal ended the wait for them. */
static GPtrArray *
read_peer_fingerprints (const Options *options, const sigset_t *unblocked, GError **error)
{
  g_auto (GStrv) lines = NULL;

  if (options->peer_fingerprints != NULL)
  {
    lines = g_strdupv (options->peer_fingerprints);
  }
  else
  {
    g_autofree char *text = await_file (options->peer_fingerprint_file, unblocked, error);

    if (text == NULL)
    {
      return NULL;
    }
    lines = g_strsplit (text, "\n", -1);
  }
  return tegata_sdp_parse_fingerprints ((const char *const *) lines,
                                        g_strv_length (lines), TEGATA_FINGERPRINT_DEFAULT,
                                        error);
}

static TegataContext *
make_context (const Options *options, GError **error)
{
  g_autoptr (TegataCertificate) certificate = NULL;

  if (options->certificate_file != NULL)
  {
    g_autofree char *pem = NULL;

    if (!g_file_get_contents (options->certificate_file, &pem, NULL, error))
    {
      return NULL;
    }
    certificate = tegata_certificate_new_from_pem (pem, -1, error);
    if (certificate == NULL)
    {
      g_prefix_error (error, "%s: ", options->certificate_file);
      return NULL;
    }
  }
  return tegata_context_new (certificate, error);
}

static gboolean
publish_fingerprint (const Options *options, TegataContext *context, GError **error)
{
  g_autoptr (TegataFingerprint) fingerprint = tegata_fingerprint_new_for_certificate (
      tegata_context_get_certificate (context), TEGATA_HASH_SHA256);
  g_autofree char *text = tegata_sdp_write_fingerprint (fingerprint);
  g_autofree char *line = g_strconcat (text, "\n", NULL);

  printf ("own: %s", line);
  return options->fingerprint_out == NULL
         || g_file_set_contents (options->fingerprint_out, line, -1, error);
}

static gboolean
open_plain_side (Hop *hop, const Options *options, GError **error)
{
  TegataAddress local;
  g_autofree char *name = NULL;

  if (options->plain_out != NULL
      && !udp_resolve (options->plain_out, NULL, &hop->plain_out, error))
  {
    return FALSE;
  }
  if (options->plain_in == NULL)
  {
    hop->plain = udp_open (&hop->plain_out, FALSE, error);
    return hop->plain >= 0;
  }

  if (!udp_resolve (options->plain_in, "127.0.0.1", &local, error))
  {
    return FALSE;
  }
  if (hop->plain_out.len != 0 && hop->plain_out.len != local.len)
  {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 "--plain-in and --plain-out are one socket: both IPv4 or both IPv6");
    return FALSE;
  }
  hop->plain = udp_open (&local, TRUE, error);
  if (hop->plain < 0)
  {
    return FALSE;
  }
  name = udp_local_name (hop->plain);
  printf ("plain: %s\n", name);
  return TRUE;
}

/* Anybody can send to a port that listens: a listener keeps nothing of who has not proved
 * by a cookie that it is where it says. */
static gboolean
listen_to_network (Hop *hop, TegataContext *context, const char *where, GError **error)
{
  TegataAddress address;
  g_autofree char *name = NULL;

  hop->listener = tegata_listener_new (context, error);
  if (hop->listener == NULL || !udp_resolve (where, "0.0.0.0", &address, error))
  {
    return FALSE;
  }
  hop->network = udp_open (&address, TRUE, error);
  if (hop->network < 0)
  {
    return FALSE;
  }
  name = udp_local_name (hop->network);
  printf ("listening: %s\n", name);
  return TRUE;
}

static gboolean
connect_to_network (Hop *hop, TegataContext *context, const char *where, GError **error)
{
  TegataAddress address;

  if (!udp_resolve (where, NULL, &address, error))
  {
    return FALSE;
  }
  hop->connect = where;
  hop->session = tegata_session_new (context);
  tegata_session_set_peer (hop->session, &address);
  hop->network = udp_open (&address, FALSE, error);
  return hop->network >= 0 && udp_connect (hop->network, &address, error);
}

/* The time runs once it is known whom to expect; who was earlier waits in the socket.
 * Returns FALSE with an error, or without one where a signal came first. */
static gboolean
start (Hop *hop, const Options *options, const sigset_t *unblocked, GError **error)
{
  gint64 now_us;

  hop->fingerprints = read_peer_fingerprints (options, unblocked, error);
  if (hop->fingerprints == NULL)
  {
    return FALSE;
  }
  now_us = g_get_monotonic_time ();
  hop->stats_us = (gint64) options->stats_s * G_USEC_PER_SEC;
  hop->next_stats_us = options->stats_s > 0 ? now_us + hop->stats_us : -1;
  if (hop->session == NULL)
  {
    return TRUE;
  }
  hop_trust_peer (hop, hop->session);
  return tegata_session_start (hop->session, TEGATA_ROLE_CLIENT, now_us, error);
}

/* Who finds our fingerprint may call: it is published when all the rest is open. */
static gboolean
set_up (Hop *hop, const Options *options, GError **error)
{
  g_autoptr (TegataContext) context = make_context (options, error);
  gboolean open;

  if (context == NULL || !open_plain_side (hop, options, error))
  {
    return FALSE;
  }
  open = options->listen != NULL
             ? listen_to_network (hop, context, options->listen, error)
             : connect_to_network (hop, context, options->connect, error);
  return open && publish_fingerprint (options, context, error);
}

/* Returns the exit status. */
static int
run (Hop *hop, const Options *options, const sigset_t *unblocked, GError **error)
{
  int status;

  if (!set_up (hop, options, error))
  {
    return EXIT_SETUP;
  }
  if (start (hop, options, unblocked, error))
  {
    hop_run (hop, &interrupted, unblocked);
    hop_print_counts (hop, "total");
    status = hop_has_failed (hop) ? EXIT_FAILED : EXIT_CLOSED;
  }
  else
  {
    status = *error != NULL ? EXIT_SETUP : EXIT_CLOSED;
  }
  /* the certificate ends with us, or may: the peer's next run shall not find this one */
  if (options->fingerprint_out != NULL)
  {
    g_unlink (options->fingerprint_out);
  }
  return status;
}

static void
tear_down (Hop *hop)
{
  if (hop->listener == NULL)
  {
    g_clear_pointer (&hop->session, tegata_session_free);
  }
  g_clear_pointer (&hop->listener, tegata_listener_free);
  g_clear_pointer (&hop->fingerprints, g_ptr_array_unref);
  g_ptr_array_unref (hop->ended);
  if (hop->network >= 0)
  {
    close (hop->network);
  }
  if (hop->plain >= 0)
  {
    close (hop->plain);
  }
  g_free (hop);
}

static gboolean
check_options (const Options *options, GError **error)
{
  const char *wrong = NULL;

  if ((options->connect == NULL) == (options->listen == NULL))
  {
    wrong = "expected one of --connect and --listen";
  }
  else if (options->plain_in == NULL && options->plain_out == NULL)
  {
    wrong = "nothing to carry: expected --plain-in, --plain-out or both";
  }
  else if ((options->peer_fingerprints == NULL)
           == (options->peer_fingerprint_file == NULL))
  {
    wrong = "whose certificate is the peer's? Expected --peer-fingerprint or "
            "--peer-fingerprint-file";
  }
  else if (options->stats_s < 0)
  {
    wrong = "--stats cannot be negative";
  }
  if (wrong != NULL)
  {
    g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, wrong);
  }
  return wrong == NULL;
}

static gboolean
parse_options (Options *options, int *argc, char ***argv, GError **error)
{
  const GOptionEntry entries[] = {
    { "connect", 'c', 0, G_OPTION_ARG_STRING, &options->connect,
      "Be the client of the hop that listens there", "HOST:PORT" },
    { "listen", 'l', 0, G_OPTION_ARG_STRING, &options->listen,
      "Be the server, of one peer; port 0 takes a free one", "[HOST:]PORT" },
    { "plain-in", 'i', 0, G_OPTION_ARG_STRING, &options->plain_in,
      "Protect what comes here; 127.0.0.1 by default", "[HOST:]PORT" },
    { "plain-out", 'o', 0, G_OPTION_ARG_STRING, &options->plain_out,
      "Send there what was unprotected", "HOST:PORT" },
    { "peer-fingerprint", 'p', 0, G_OPTION_ARG_STRING_ARRAY, &options->peer_fingerprints,
      "\"sha-256 AB:CD:...\" of the peer; may be repeated", "TEXT" },
    { "peer-fingerprint-file", 'P', 0, G_OPTION_ARG_FILENAME,
      &options->peer_fingerprint_file, "Wait for this file, which has it", "FILE" },
    { "fingerprint-out", 'f', 0, G_OPTION_ARG_FILENAME, &options->fingerprint_out,
      "Write our own to this file, and remove it at the end", "FILE" },
    { "cert", 0, 0, G_OPTION_ARG_FILENAME, &options->certificate_file,
      "PEM file with certificate and key; a fresh one by default", "FILE" },
    { "stats", 's', 0, G_OPTION_ARG_INT, &options->stats_s, "Print counts this often",
      "SECONDS" },
    { NULL, 0, 0, 0, NULL, NULL, NULL },
  };
  g_autoptr (GOptionContext) parser = g_option_context_new (NULL);

  g_option_context_set_summary (
      parser, "Carries RTP and RTCP between a plain UDP port and a secured one.");
  g_option_context_set_description (
      parser, "Exit status: 0 closed by a signal or by the peer, 1 the association "
              "failed, 2 wrong options or set-up.");
  g_option_context_add_main_entries (parser, entries, NULL);
  return g_option_context_parse (parser, argc, argv, error)
         && check_options (options, error);
}

static void
options_clear (Options *options)
{
  g_free (options->connect);
  g_free (options->listen);
  g_free (options->plain_in);
  g_free (options->plain_out);
  g_free (options->certificate_file);
  g_free (options->fingerprint_out);
  g_free (options->peer_fingerprint_file);
  g_strfreev (options->peer_fingerprints);
}

/* Signals stay blocked but while the loop waits: none is lost between test and wait. */
static void
catch_signals (sigset_t *unblocked)
{
  struct sigaction action = { .sa_handler = on_signal };
  sigset_t blocked;

  sigemptyset (&blocked);
  sigaddset (&blocked, SIGINT);
  sigaddset (&blocked, SIGTERM);
  sigprocmask (SIG_BLOCK, &blocked, unblocked);
  sigaction (SIGINT, &action, NULL);
  sigaction (SIGTERM, &action, NULL);
}

int
main (int argc, char **argv)
{
  Options options = { 0 };
  Hop *hop = g_new0 (Hop, 1);
  g_autoptr (GError) error = NULL;
  sigset_t unblocked;
  int status;

  hop->network = hop->plain = -1;
  hop->ended = g_ptr_array_new ();
  setvbuf (stdout, NULL, _IOLBF, 0);
  catch_signals (&unblocked);
  status = parse_options (&options, &argc, &argv, &error)
               ? run (hop, &options, &unblocked, &error)
               : EXIT_SETUP;
  if (error != NULL)
  {
    fprintf (stderr, "udp-hop: %s\n", error->message);
  }
  tear_down (hop);
  options_clear (&options);
  return status;
}
