/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * gateway: between plain RTP and browsers.
 *
 *     plain RTP, or a pattern --> gateway == WHEP: HTTP, ICE, DTLS, SRTP ==> browsers
 *     plain RTP               <-- gateway <== WHIP, likewise ==============  a camera
 *
 *   options.c       the command line
 *   http.c          HTTP: who may do what; door.c: connections, and how long they
 *                   may take; origin.c: whose page it is
 *   routes.c        what there is; service.c: WHEP and WHIP; status.c: what is counted
 *   sessions.c      everybody, by name; peer.c: one browser; ice.c: the way to it
 *   description*.c  offers and answers; fragment.c: what trickles in
 *   feed.c          what is shown, and to whom; publisher.c: what is taken
 *
 * One process. Its main thread runs the main loop: HTTP, ICE, handshakes, and all that
 * browsers send. The feed has a thread of its own, which sends to all viewers.
 */

#include "addresses.h"
#include "http.h"
#include "ice.h"

#include <glib-unix.h>
#include <locale.h>
#include <sys/resource.h>

enum
{
  EXIT_ENDED = 0,
  EXIT_MISSING = 1,
  EXIT_OPTIONS = 2,
};

/* GStreamer's, GLib's, and those of who only looks: http.c lets 64 of them in. */
#define N_OTHER_FILES 128

static gboolean
on_signal (gpointer main_loop)
{
  g_main_loop_quit (main_loop);
  return G_SOURCE_CONTINUE;
}

/*
 * GLib ends the program where it finds no file for what wakes a thread, so there are
 * never more sessions than files for them. Each has its agent, and a connection of HTTP.
 */
static void
reserve_files (GatewayOptions *options)
{
  guint n_each = gateway_ice_count_files (options) + 1;
  struct rlimit limit;
  rlim_t n_sessions;

  if (getrlimit (RLIMIT_NOFILE, &limit) != 0)
  {
    return;
  }
  if (limit.rlim_cur < limit.rlim_max)
  {
    limit.rlim_cur = limit.rlim_max;
    setrlimit (RLIMIT_NOFILE, &limit);
    getrlimit (RLIMIT_NOFILE, &limit);
  }
  n_sessions
      = limit.rlim_cur > N_OTHER_FILES ? (limit.rlim_cur - N_OTHER_FILES) / n_each : 0;
  if (n_sessions < options->max_sessions)
  {
    options->max_sessions = (guint) MAX (n_sessions, 1);
    g_printerr ("gateway: %u sessions are all that %u open files are enough for: see "
                "ulimit -n\n",
                options->max_sessions, (guint) limit.rlim_cur);
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

static void
tell_inputs (const GatewayFeedSettings *feed)
{
  GInetSocketAddress *inputs[] = { feed->video_in, feed->audio_in };

  for (guint i = 0; i < G_N_ELEMENTS (inputs); i++)
  {
    g_autofree char *text
        = inputs[i] != NULL ? address_to_string (G_SOCKET_ADDRESS (inputs[i])) : NULL;

    if (text != NULL)
    {
      g_print ("%s: RTP at %s, RTCP at the next port, %s\n", i == 0 ? "video" : "audio",
               text,
               i != 0                      ? "Opus"
               : feed->video_codec != NULL ? feed->video_codec->name
                                           : "VP8");
    }
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
  tell_inputs (&options->feed);
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
    g_printerr ("gateway: %s; see gateway --help\n", error->message);
    return EXIT_OPTIONS;
  }
  reserve_files (&options);
  if (!run (&options, &error))
  {
    g_printerr ("gateway: %s\n", error->message);
    return EXIT_MISSING;
  }
  return EXIT_ENDED;
}
