/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "options.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <gst/gst.h>

#define MAX_VIEWERS 10000
#define MAX_RATE 10000
#define MAX_SECONDS (24 * 60 * 60)
#define MAX_TOKEN_LEN 4096

#define DEFAULT_RATE 20
#define DEFAULT_TIMEOUT_S 30

static const char summary[]
    = "Watches a WHEP endpoint (a gateway's http://HOST:PORT/whep) without a browser,\n"
      "and tells what comes. The gateway's fingerprint is verified, always.";

static const char description[]
    = "One viewer decodes every frame. Of several, each decodes its first one (or as\n"
      "many as --frames says); then packets are counted and checked alone.\n"
      "\n"
      "It ends when all have decoded --frames, or --seconds after all have decoded what\n"
      "they should; with neither, at Ctrl-C, or when the gateway says goodbye.\n"
      "\n"
      "Exit status: 0 every viewer decoded what it should, and stayed for as long;\n"
      "1 one did not; 2 none could begin: an option is wrong, or the endpoint gave no\n"
      "answer to use.";

static gboolean
check_range (const char *name, int found, int min, int max, GError **error)
{
  if (found >= min && found <= max)
  {
    return TRUE;
  }
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               "found --%s %d: expected %d to %d", name, found, min, max);
  return FALSE;
}

/* From a file it is in no list of processes. */
static gboolean
read_token (Options *options, GError **error)
{
  g_autofree char *text = NULL;

  if (options->token == NULL)
  {
    return TRUE;
  }
  if (options->token[0] == '@')
  {
    if (!g_file_get_contents (options->token + 1, &text, NULL, error))
    {
      return FALSE;
    }
    g_free (options->token);
    options->token = g_strdup (g_strstrip (text));
  }
  for (const char *p = options->token; *p != '\0'; p++)
  {
    /* it becomes a header's value */
    if (!g_ascii_isgraph (*p) || p - options->token == MAX_TOKEN_LEN)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   "--token: expected at most %d printable characters without a blank",
                   MAX_TOKEN_LEN);
      return FALSE;
    }
  }
  return TRUE;
}

/* Now, and not after the minutes that it takes to have a picture. */
static gboolean
check_png (const char *path, GError **error)
{
  g_autoptr (GstElementFactory) encoder = gst_element_factory_find ("pngenc");
  gboolean was_there = g_file_test (path, G_FILE_TEST_EXISTS);
  int fd;

  if (encoder == NULL)
  {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
                 "--png: GStreamer has no element pngenc here: "
                 "install gstreamer1.0-plugins-good");
    return FALSE;
  }
  fd = g_open (path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0)
  {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 "--png %s: expected a file that can be written: %s", path,
                 g_strerror (errno));
    return FALSE;
  }
  if (!was_there)
  {
    g_unlink (path);
  }
  return g_close (fd, error);
}

static gboolean
check_options (Options *options, GError **error)
{
  if (options->png != NULL && options->n_viewers != 1)
  {
    g_set_error (
        error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "found --png with --viewers %d: expected one viewer, who has one picture",
        options->n_viewers);
    return FALSE;
  }
  if (options->ice_address != NULL && !g_hostname_is_ip_address (options->ice_address))
  {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 "found --ice-address %s: expected an address of this machine, in digits",
                 options->ice_address);
    return FALSE;
  }
  return check_range ("viewers", options->n_viewers, 1, MAX_VIEWERS, error)
         && check_range ("rate", options->rate, 1, MAX_RATE, error)
         && check_range ("frames", options->n_frames, 0, G_MAXINT, error)
         && check_range ("seconds", options->seconds, 0, MAX_SECONDS, error)
         && check_range ("connect-timeout", options->timeout_s, 1, MAX_SECONDS, error)
         && read_token (options, error)
         && (options->png == NULL || check_png (options->png, error));
}

gboolean
options_parse (Options *options, int *argc, char ***argv, GError **error)
{
  const GOptionEntry entries[] = {
    { "viewers", 'n', 0, G_OPTION_ARG_INT, &options->n_viewers,
      "How many watch, in this one process (1)", "N" },
    { "rate", 0, 0, G_OPTION_ARG_INT, &options->rate,
      "How many of them join a second (20)", "N" },
    { "frames", 0, 0, G_OPTION_ARG_INT, &options->n_frames,
      "End when each has decoded so many", "N" },
    { "seconds", 's', 0, G_OPTION_ARG_INT, &options->seconds,
      "End so long after all have decoded", "S" },
    { "token", 0, 0, G_OPTION_ARG_STRING, &options->token, "The gateway's bearer token",
      "TOKEN|@FILE" },
    { "tls-ca", 0, 0, G_OPTION_ARG_FILENAME, &options->tls_ca,
      "Who may sign an https gateway's certificate, or that one itself (PEM)", "FILE" },
    { "png", 0, 0, G_OPTION_ARG_FILENAME, &options->png, "Save the last frame", "FILE" },
    { "ice-address", 0, 0, G_OPTION_ARG_STRING, &options->ice_address,
      "Our only address (all of this machine)", "ADDRESS" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options->json,
      "Print events as JSON, one a line, and no text", NULL },
    { "connect-timeout", 0, 0, G_OPTION_ARG_INT, &options->timeout_s,
      "How long a viewer may wait for its first frame (30)", "SECONDS" },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("URL");

  options->n_viewers = 1;
  options->rate = DEFAULT_RATE;
  options->timeout_s = DEFAULT_TIMEOUT_S;
  g_option_context_set_summary (context, summary);
  g_option_context_set_description (context, description);
  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  if (!g_option_context_parse (context, argc, argv, error))
  {
    return FALSE;
  }
  if (*argc != 2)
  {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 "expected one URL, such as http://127.0.0.1:8080/whep; see --help");
    return FALSE;
  }
  options->url = g_strdup ((*argv)[1]);
  return check_options (options, error);
}

void
options_clear (Options *options)
{
  g_free (options->url);
  g_free (options->token);
  g_free (options->tls_ca);
  g_free (options->png);
  g_free (options->ice_address);
}
