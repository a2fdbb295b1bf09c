/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * gateway: between plain RTP and browsers.
 *
 *     plain RTP, or a pattern --> gateway == WHEP: HTTP, ICE, DTLS, SRTP ==> browsers
 *     plain RTP               <-- gateway <== WHIP, likewise ==============  a camera
 *
 *   options.c       the command line
 *   http.c          HTTP: who may do what; door.c: connections, and how long they may
 * take routes.c        what there is; service.c: WHEP and WHIP; status.c: what is counted
 *   sessions.c      everybody, by name; peer.c: one browser; ice.c: the way to it
 *   description*.c  offers and answers; fragment.c: what trickles in
 *   feed.c          what is shown, and to whom; publisher.c: what is taken
 *
 * One process. Its main thread runs the main loop: HTTP, ICE, handshakes, and all that
 * browsers send. The feed has a thread of its own, which sends to all viewers.
 */

#include "addresses.h"
#include "http.h"

#include <glib-unix.h>
#include <locale.h>
#include <sys/resource.h>

enum
{
  EXIT_ENDED = 0,
  EXIT_MISSING = 1,
  EXIT_OPTIONS = 2,
};

static gboolean
on_signal (gpointer main_loop)
{
  g_main_loop_quit (main_loop);
  return G_SOURCE_CONTINUE;
}

/* A session takes a socket for each of our addresses, and more with TURN. */
static void
allow_files (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max)
  {
    limit.rlim_cur = limit.rlim_max;
    setrlimit (RLIMIT_NOFILE, &limit);
  }
}

/* Whom it lets in without a question, and whom it does not. */
static void
tell_openness (const GatewayOptions *options)
{
  if (address_is_loopback (G_SOCKET_ADDRESS (options->listen)))
  {
    return;
  }
  if (options->token == NULL)
  {
    g_printerr ("gateway: anybody who reaches it may watch and publish: see --token\n");
  }
  if (options->tls_certificate == NULL)
  {
    g_printerr ("gateway: it speaks plain HTTP: browsers on other machines will not give "
                "their camera, and %s: see --tls-certificate\n",
                options->token != NULL ? "the token can be read on the way"
                                       : "what is agreed can be changed on the way");
  }
}

static gboolean
run (const GatewayOptions *options, GError **error)
{
  g_autoptr (GMainLoop) main_loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GatewayFeed) feed = gateway_feed_new (&options->feed, error);
  g_autoptr (GatewaySessions) sessions
      = feed != NULL ? gateway_sessions_new (options, feed, error) : NULL;
  g_autoptr (GatewayHttp) http
      = sessions != NULL ? gateway_http_new (options, sessions, error) : NULL;
  g_autofree char *url = NULL;

  if (http == NULL)
  {
    return FALSE;
  }
  g_unix_signal_add (SIGINT, on_signal, main_loop);
  g_unix_signal_add (SIGTERM, on_signal, main_loop);
  tell_openness (options);
  url = gateway_http_dup_url (http);
  g_print ("gateway: %s\n", url);
  g_main_loop_run (main_loop);
  return TRUE;
}

int
main (int argc, char **argv)
{
  g_auto (GatewayOptions) options = { 0 };
  g_autoptr (GError) error = NULL;

  setlocale (LC_ALL, "");
  if (!gateway_options_parse (&options, &argc, &argv, &error))
  {
    g_printerr ("gateway: %s\n", error->message);
    return EXIT_OPTIONS;
  }
  allow_files ();
  if (!run (&options, &error))
  {
    g_printerr ("gateway: %s\n", error->message);
    return EXIT_MISSING;
  }
  return EXIT_ENDED;
}
