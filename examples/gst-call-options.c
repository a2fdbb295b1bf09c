/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gst-call-options.h"

void
options_clear (Options *self)
{
  g_free (self->listen);
  g_free (self->connect);
  g_free (self->ice);
  g_free (self->host);
  g_free (self->offer);
  g_free (self->answer);
}

static gboolean
options_check (Options *self, GError **error)
{
  int n_ways = (self->listen != NULL) + (self->connect != NULL) + (self->ice != NULL);

  if (n_ways != 1
      || (self->ice != NULL && !g_str_equal (self->ice, "offer")
          && !g_str_equal (self->ice, "answer")))
  {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 "expected one of --listen, --connect, --ice offer, --ice answer");
    return FALSE;
  }
  self->is_offerer = self->listen != NULL || g_strcmp0 (self->ice, "offer") == 0;
  self->offer = self->offer != NULL ? self->offer : g_strdup ("-");
  self->answer = self->answer != NULL ? self->answer : g_strdup ("-");
  return TRUE;
}

gboolean
options_parse (Options *self, Media *media, int *argc, char ***argv, GError **error)
{
  const GOptionEntry entries[] = {
    { "listen", 'l', 0, G_OPTION_ARG_STRING, &self->listen,
      "Over UDP: offer a call, and be called there", "HOST:PORT" },
    { "connect", 'c', 0, G_OPTION_ARG_STRING, &self->connect,
      "Over UDP: answer the offer of who listens there", "HOST:PORT" },
    { "ice", 'i', 0, G_OPTION_ARG_STRING, &self->ice, "Over ICE: offer, or answer",
      "offer|answer" },
    { "host", 0, 0, G_OPTION_ARG_STRING, &self->host,
      "With ICE: our only address (all of them)", "ADDRESS" },
    { "offer", 0, 0, G_OPTION_ARG_FILENAME, &self->offer,
      "Where the offer is put, and found (copy and paste)", "FILE" },
    { "answer", 0, 0, G_OPTION_ARG_FILENAME, &self->answer,
      "Where the answer is put, and found (copy and paste)", "FILE" },
    { "video-only", 0, 0, G_OPTION_ARG_NONE, &media->is_video_only, "Send no sound",
      NULL },
    { "show", 0, 0, G_OPTION_ARG_NONE, &media->is_shown,
      "See and hear what comes, and not count alone", NULL },
    { "frames", 0, 0, G_OPTION_ARG_INT, &media->n_wanted,
      "Hang up after so many decoded frames", "N" },
    { NULL, 0, 0, 0, NULL, NULL, NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_option_context_set_summary (
      context, "A secured call with a test video, by tegatatransport. Ctrl-C ends it.");
  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  return g_option_context_parse (context, argc, argv, error)
         && options_check (self, error);
}
