/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * gateway: between plain RTP and browsers.
 *
 *     plain RTP, or a pattern --> gateway == WHEP: HTTP, ICE, DTLS, SRTP ==> browsers
 *     plain RTP               <-- gateway <== WHIP, likewise ==============  a camera
 *
 * One process. Its main thread runs the main loop: HTTP, ICE, handshakes, and all that
 * browsers send. The feed has a thread of its own, which sends to all viewers.
 */

#include "http.h"

#include <glib-unix.h>
#include <locale.h>
#include <stdio.h>

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

static gboolean
run (const GatewayOptions *options, GError **error)
{
  g_autoptr (GMainLoop) main_loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GatewayFeed) feed = gateway_feed_new (&options->feed, error);
  g_autoptr (GatewayHttp) http = feed != NULL ? gateway_http_new (options, error) : NULL;
  g_autofree char *url = NULL;

  if (http == NULL)
  {
    return FALSE;
  }
  g_unix_signal_add (SIGINT, on_signal, main_loop);
  g_unix_signal_add (SIGTERM, on_signal, main_loop);
  url = gateway_http_dup_url (http);
  printf ("gateway: %s\n", url);
  fflush (stdout);
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
  if (!run (&options, &error))
  {
    g_printerr ("gateway: %s\n", error->message);
    return EXIT_MISSING;
  }
  return EXIT_ENDED;
}
