/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * sip-media: secures the audio of a SIP call by DTLS-SRTP, without ICE, for any SIP stack
 * that can carry a description.
 *
 *     SIP stack  <-- SDP, by standard input and output or two files --> sip-media
 *     softphone  <-- plain RTP and RTCP --> sip-media <== DTLS, SRTP, SRTCP ==> the peer
 *
 *   sip-media.c           what is printed, what comes in, the end
 *   sip-media-options.c   the command line
 *   sip-media-setup.c     files and the certificate, at the start
 *   sip-media-signals.c   commands and descriptions that come in
 *   sip-media-call.c      a call: its offers, media and state
 *   sip-media-exchange.c  what follows from a description
 *   sip-media-sdp*.c      SDP, read and written
 *   sip-media-path.c      the ports of an association: RTP's, and RTCP's
 *   sip-media-port.c      a UDP port: who calls there, or is called from there
 */

#include "addresses.h"
#include "sip-media-setup.h"
#include "sip-media-signals.h"

#include <glib-unix.h>
#include <glib/gstdio.h>
#include <locale.h>
#include <stdio.h>

/* For how long an offer that crossed another one stays, so that the other side learns of
 * it, too: some looks at its file. */
#define CROSSED_MS 1000

enum
{
  EXIT_ENDED = 0,
  EXIT_FAILED = 1,
  EXIT_OPTIONS = 2,
  EXIT_SETUP = 3,
};

typedef struct
{
  const Options *options;
  GMainLoop *main_loop;
  SipCall *call;
  SipSignals *signals;
  char *description; /* our newest one */
  gboolean has_failed;
} Program;

/* ---- what is printed ---- */

static void
print_event (const char *key, const char *value)
{
  printf ("%s: %s\n", key, value);
  fflush (stdout);
}

static gboolean
end_if_over (gpointer user_data)
{
  Program *self = user_data;

  if (sip_call_get_state (self->call) > TEGATA_STATE_CONNECTED)
  {
    g_main_loop_quit (self->main_loop);
  }
  return G_SOURCE_REMOVE;
}

/* Without a file the SIP stack says when a call ends: it may offer something else. */
static void
on_event (const char *key, const char *value, gpointer user_data)
{
  Program *self = user_data;

  print_event (key, value);
  if (self->options->remote != NULL && g_str_equal (key, "state"))
  {
    g_idle_add (end_if_over, self);
  }
}

static void G_GNUC_PRINTF (1, 2) print_notice (const char *format, ...)
{
  g_autofree char *sentence = NULL;
  va_list arguments;

  va_start (arguments, format);
  sentence = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  print_event ("notice", sentence);
}

static void
write_local_file (Program *self)
{
  g_autoptr (GError) error = NULL;

  if (self->options->local != NULL
      && !g_file_set_contents_full (self->options->local, self->description, -1,
                                    G_FILE_SET_CONTENTS_CONSISTENT, 0644, &error))
  {
    print_notice ("%s", error->message);
  }
}

static void
on_description (const char *kind, const char *text, gpointer user_data)
{
  Program *self = user_data;

  g_free (self->description);
  self->description = g_strdup (text);
  write_local_file (self);
  printf ("description: %s\n%s.\n", kind, text);
  fflush (stdout);
}

/* ---- what comes in ---- */

static gboolean
run_command (Program *self, const char *line, GError **error)
{
  static const struct
  {
    const char *name;
    SipOfferKind kind;
  } offers[] = {
    { "offer", SIP_OFFER_AS_IT_IS },
    { "hold", SIP_OFFER_HOLD },
    { "resume", SIP_OFFER_RESUME },
    { "transfer", SIP_OFFER_TRANSFER },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (offers); i++)
  {
    if (g_ascii_strcasecmp (line, offers[i].name) == 0)
    {
      return sip_call_offer (self->call, offers[i].kind, error);
    }
  }
  if (g_ascii_strcasecmp (line, "cancel") == 0)
  {
    return sip_call_cancel (self->call, error);
  }
  if (g_ascii_strcasecmp (line, "bye") == 0)
  {
    g_main_loop_quit (self->main_loop);
    return TRUE;
  }
  g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_PARSE,
               "found \"%.40s\": expected offer, hold, resume, transfer, cancel, bye, or "
               "a description that begins with v=0",
               line);
  return FALSE;
}

static void
on_command (const char *line, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (!run_command (user_data, line, &error))
  {
    print_event ("refused", error->message);
  }
}

static gboolean
on_offers_crossed (gpointer main_loop)
{
  g_main_loop_quit (main_loop);
  return G_SOURCE_REMOVE;
}

/* Nobody would ever answer. */
static void
end_by_crossed_offers (Program *self)
{
  if (!self->has_failed)
  {
    print_event ("error", "both sides offered: one must be started without --offer");
    self->has_failed = TRUE;
    g_timeout_add (CROSSED_MS, on_offers_crossed, self->main_loop);
  }
}

static void
on_remote_description (const char *text, gsize len, gpointer user_data)
{
  Program *self = user_data;
  g_autoptr (GError) error = NULL;

  if (sip_call_take (self->call, text, len, &error))
  {
    return;
  }
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PENDING) && self->options->offer
      && self->options->remote != NULL
      && sip_call_get_state (self->call) == TEGATA_STATE_NEW)
  {
    end_by_crossed_offers (self);
    return;
  }
  print_event ("refused", error->message);
}

static void
on_end_of_input (gpointer user_data)
{
  Program *self = user_data;

  if (self->options->remote == NULL)
  {
    g_main_loop_quit (self->main_loop);
  }
}

/* Who was killed removes what it left when it begins anew, and waits for an offer. So the
 * one of both who is to offer does. */
static void
on_remote_gone (gpointer user_data)
{
  Program *self = user_data;
  const char *remote = self->options->remote;

  if (!self->options->offer)
  {
    print_notice ("%s is gone: the peer has ended, or begins anew", remote);
  }
  else if (sip_call_is_offering (self->call))
  {
    print_notice ("%s is gone: the offer is written once more", remote);
    write_local_file (self);
  }
  else if (sip_call_get_state (self->call) == TEGATA_STATE_NEW)
  {
    print_notice ("%s is gone: \"offer\" begins a call", remote);
  }
  else
  {
    print_notice ("%s is gone: in case the peer begins anew, so do we", remote);
    on_command ("transfer", self);
  }
}

static void
on_plain_notice (const char *sentence, gpointer user_data)
{
  (void) user_data;
  print_event ("notice", sentence);
}

static gboolean
on_signal (gpointer main_loop)
{
  g_main_loop_quit (main_loop);
  return G_SOURCE_CONTINUE;
}

/* ---- the program ---- */

/* With port 0 nobody else knows. */
static void
tell_plain_port (PlainSide *plain, const char *key, gboolean rtcp)
{
  GSocketAddress *address = plain_side_get_local_address (plain, rtcp);

  if (address != NULL)
  {
    g_autofree char *text = address_to_string (address);

    print_event (key, text);
  }
}

static gboolean
is_offer (GBytes *description)
{
  gsize len;
  const char *text = g_bytes_get_data (description, &len);

  return g_strstr_len (text, (gssize) len, "a=setup:actpass") != NULL;
}

/* What an earlier call left is no part of this one. */
static void
pass_over_old_files (Program *self)
{
  const Options *options = self->options;
  gboolean was_killed
      = options->local != NULL && g_file_test (options->local, G_FILE_TEST_EXISTS);
  GBytes *old = options->remote != NULL && (options->offer || was_killed)
                    ? sip_signals_pass_over (self->signals)
                    : NULL;

  if (old == NULL)
  {
    return;
  }
  if (options->offer)
  {
    print_notice (
        "%s was there before the offer: waiting for a newer one%s", options->remote,
        is_offer (old) ? ". It is an offer, too: if its author still waits, one "
                         "of both must be started without --offer"
                       : "");
  }
  else
  {
    print_notice ("%s was there before, and so was %s, left by a run that was killed: "
                  "waiting for a newer %s",
                  options->remote, options->local, options->remote);
  }
}

/* One of an earlier run leads nowhere, and the peer would take it. That it is one was
 * seen at the set-up. */
static void
remove_old_file (const Options *options)
{
  if (options->local != NULL)
  {
    g_unlink (options->local);
  }
}

/* What somebody else put in its place is not ours to remove. */
static void
remove_own_file (const Program *self)
{
  g_autofree char *content = NULL;

  if (self->options->local != NULL && self->description != NULL
      && g_file_get_contents (self->options->local, &content, NULL, NULL)
      && g_str_equal (content, self->description))
  {
    g_unlink (self->options->local);
  }
}

static void
run_main_loop (Program *self)
{
  const SipSignalsCallbacks callbacks
      = { on_command, on_remote_description, on_end_of_input, on_remote_gone };
  guint interrupt = g_unix_signal_add (SIGINT, on_signal, self->main_loop);
  guint hang_up = g_unix_signal_add (SIGHUP, on_signal, self->main_loop);
  guint terminate = g_unix_signal_add (SIGTERM, on_signal, self->main_loop);

  self->signals = sip_signals_new (self->options->remote, &callbacks, self);
  pass_over_old_files (self);
  remove_old_file (self->options);
  if (self->options->offer)
  {
    on_command ("offer", self);
  }
  g_main_loop_run (self->main_loop);
  g_source_remove (interrupt);
  g_source_remove (hang_up);
  g_source_remove (terminate);
  g_clear_pointer (&self->signals, sip_signals_free);
}

/* Returns: the exit status, of what could be begun */
static int
run (const Options *options, GError **error)
{
  const SipCallCallbacks callbacks = { on_event, on_description };
  g_autoptr (TegataLoop) loop = tegata_loop_new (NULL);
  g_autoptr (GMainLoop) main_loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (TegataContext) context
      = setup_check_files (options, error) ? setup_new_context (options, error) : NULL;
  g_autoptr (PlainSide) plain
      = context != NULL ? plain_side_new (loop, &options->plain, error) : NULL;
  Program program = { .options = options, .main_loop = main_loop };

  if (plain == NULL)
  {
    return EXIT_SETUP;
  }
  plain_side_set_notice_func (plain, on_plain_notice, NULL);
  tell_plain_port (plain, "plain", FALSE);
  if (options->plain.rtcp_in != NULL)
  {
    tell_plain_port (plain, "plain-rtcp", TRUE);
  }
  program.call
      = sip_call_new (&options->call, context, loop, plain, &callbacks, &program);
  run_main_loop (&program);
  program.has_failed
      = program.has_failed || sip_call_get_state (program.call) == TEGATA_STATE_FAILED;
  sip_call_free (program.call);
  printf ("carried: %" G_GUINT64_FORMAT " packets to the peer, %" G_GUINT64_FORMAT
          " from it\n",
          plain_side_get_stats (plain)->secured, plain_side_get_stats (plain)->delivered);
  remove_own_file (&program);
  g_free (program.description);
  return program.has_failed ? EXIT_FAILED : EXIT_ENDED;
}

int
main (int argc, char **argv)
{
  Options options = { .plain.mtu = TEGATA_DEFAULT_MTU };
  g_autoptr (GError) error = NULL;
  int status = EXIT_OPTIONS;

  setlocale (LC_ALL, "");
  if (options_parse (&options, &argc, &argv, &error))
  {
    status = run (&options, &error);
  }
  if (error != NULL)
  {
    fprintf (stderr, "sip-media: %s%s\n", error->message,
             status == EXIT_OPTIONS ? ". --help tells more" : "");
  }
  options_clear (&options);
  return status;
}
