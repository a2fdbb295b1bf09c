/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * sip-media: secures the audio of a SIP call by DTLS-SRTP, without ICE, for any SIP stack
 * that can carry a description.
 *
 *     SIP stack  <-- SDP, by standard input and output or two files --> sip-media
 *     softphone  <-- plain RTP and RTCP --> sip-media <== DTLS, SRTP, SRTCP ==> the peer
 *
 *   sip-media.c           options, what is printed, the end
 *   sip-media-signals.c   commands and descriptions that come in
 *   sip-media-call.c      a call: its offers, media and state
 *   sip-media-exchange.c  what follows from a description
 *   sip-media-sdp*.c      SDP, read and written
 *   sip-media-path.c      the ports of an association: RTP's, and RTCP's
 *   sip-media-port.c      a UDP port: who calls there, or is called from there
 */

#include "addresses.h"
#include "sip-media-call.h"
#include "sip-media-signals.h"

#include <glib-unix.h>
#include <glib/gstdio.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

enum
{
  EXIT_ENDED = 0,
  EXIT_FAILED = 1,
  EXIT_OPTIONS = 2,
  EXIT_SETUP = 3,
};

typedef struct
{
  char *host;
  char *ports;
  char *codec;
  char *setup;
  gboolean feedback;
  gboolean no_rtcp_mux;
  gboolean offer;
  char *local;
  char *remote;
  PlainSideOptions plain;
} Options;

typedef struct
{
  const Options *options;
  GMainLoop *main_loop;
  SipCall *call;
} Program;

static const char summary[]
    = "Secures the audio of a SIP call by DTLS-SRTP (RFC 5763), without ICE. It makes "
      "and\n"
      "answers descriptions; a SIP stack, a script or a person carries them.";

static const char description[]
    = "Standard input takes one command a line:\n"
      "  offer      print an offer: the first one, or what there is once more\n"
      "  hold       offer to hold the call; the association is kept\n"
      "  resume     offer to go on\n"
      "  transfer   offer a new association, to whoever is given this offer\n"
      "  cancel     the offer was refused: go on as before\n"
      "  bye        end the call, and the program\n"
      "and descriptions of the peer: from the line v=0 to a line with a dot alone. One\n"
      "that comes while an offer of ours has no answer is the answer; any other is an\n"
      "offer, and is answered at once.\n"
      "\n"
      "Standard output has our descriptions, after \"description: offer\" or \"... "
      "answer\"\n"
      "and up to a line with a dot alone, and what happens, one \"key: value\" a line:\n"
      "  plain        where the plain side is; plain-rtcp: likewise for RTCP\n"
      "  state        connecting, connected, closed (by the peer), failed\n"
      "  association  new or kept, after each exchange; then role, media, codec, rtcp\n"
      "  secured      what, with whom, and how; then peer: its fingerprint\n"
      "  refused      a command or a description that was not taken, and why; the call\n"
      "               goes on as it was. A SIP stack answers such an offer by 488\n"
      "  error        why the state is failed\n"
      "  notice       anything else that is worth a look\n"
      "  carried      packets of media in each direction, at the end\n"
      "\n"
      "With --remote the end of standard input is no matter, and a call that the peer\n"
      "ends, or that fails, ends the program; without, only \"bye\" or the end of input "
      "do.\n"
      "\n"
      "Exit status: 0 ended, 1 the association had failed, 2 wrong options, 3 a port, "
      "an\n"
      "address or a file could not be had.\n"
      "\n"
      "Two calls on one machine, by files:\n"
      "  sip-media --offer --local a.sdp --remote b.sdp --plain-in 7000\n"
      "  sip-media --local b.sdp --remote a.sdp --plain-out 127.0.0.1:6000";

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

static void
on_description (const char *kind, const char *text, gpointer user_data)
{
  const Options *options = ((Program *) user_data)->options;
  g_autoptr (GError) error = NULL;

  if (options->local != NULL
      && !g_file_set_contents_full (options->local, text, -1,
                                    G_FILE_SET_CONTENTS_CONSISTENT, 0644, &error))
  {
    print_event ("notice", error->message);
  }
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
    if (g_str_equal (line, offers[i].name))
    {
      return sip_call_offer (self->call, offers[i].kind, error);
    }
  }
  if (g_str_equal (line, "cancel"))
  {
    return sip_call_cancel (self->call, error);
  }
  if (g_str_equal (line, "bye"))
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

static void
on_remote_description (const char *text, gsize len, gpointer user_data)
{
  Program *self = user_data;
  g_autoptr (GError) error = NULL;

  if (!sip_call_take (self->call, text, len, &error))
  {
    print_event ("refused", error->message);
  }
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

/* ---- options ---- */

static gboolean
parse_ports (const char *text, SipPathPlace *place, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, "-", 2);
  const char *last = parts[0] != NULL && parts[1] != NULL ? parts[1] : NULL;
  guint64 first_port = 0, last_port = 0;

  if (last == NULL
      || !g_ascii_string_to_unsigned (parts[0], 10, 1024, G_MAXUINT16, &first_port, NULL)
      || !g_ascii_string_to_unsigned (last, 10, first_port + 1, G_MAXUINT16, &last_port,
                                      NULL))
  {
    g_set_error (
        error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "found --ports %s: expected FIRST-LAST, from 1024 to 65535, two at least", text);
    return FALSE;
  }
  place->first_port = (guint16) first_port;
  place->last_port = (guint16) last_port;
  return TRUE;
}

static gboolean
parse_call_options (const Options *options, SipCallOptions *call, GError **error)
{
  g_autoptr (GInetAddress) host = g_inet_address_new_from_string (options->host);

  if (host == NULL || g_inet_address_get_is_any (host))
  {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 "found --host %s: expected an address of this machine, in digits, where "
                 "the peer can reach it",
                 options->host);
    return FALSE;
  }
  if (options->ports != NULL && !parse_ports (options->ports, &call->place, error))
  {
    return FALSE;
  }
  if (!tegata_sdp_parse_setup (options->setup, &call->setup, NULL)
      || call->setup == TEGATA_SETUP_HOLDCONN)
  {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 "found --setup %s: expected actpass, active or passive", options->setup);
    return FALSE;
  }
  call->formats = sip_formats_from_names (options->codec, error);
  call->place.host = options->host;
  call->has_feedback = options->feedback;
  call->multiplexes = !options->no_rtcp_mux;
  return call->formats != NULL;
}

static void
set_default (char **option, const char *value)
{
  if (*option == NULL)
  {
    *option = g_strdup (value);
  }
}

static gboolean
parse_command_line (Options *options,
                    SipCallOptions *call,
                    int *argc,
                    char ***argv,
                    GError **error)
{
  const GOptionEntry entries[] = {
    { "host", 0, 0, G_OPTION_ARG_STRING, &options->host,
      "our address, in digits (127.0.0.1)", "ADDRESS" },
    { "ports", 0, 0, G_OPTION_ARG_STRING, &options->ports,
      "where to take ports from, two an association (any)", "FIRST-LAST" },
    { "codec", 0, 0, G_OPTION_ARG_STRING, &options->codec,
      "what the plain side speaks, of " SIP_CODEC_NAMES " (pcmu,pcma)", "LIST" },
    { "setup", 0, 0, G_OPTION_ARG_STRING, &options->setup,
      "what to offer: actpass, active or passive (actpass)", "ROLE" },
    { "feedback", 0, 0, G_OPTION_ARG_NONE, &options->feedback,
      "offer UDP/TLS/RTP/SAVPF, not SAVP", NULL },
    { "no-rtcp-mux", 0, 0, G_OPTION_ARG_NONE, &options->no_rtcp_mux,
      "keep RTCP on a port of its own", NULL },
    { "plain-in", 0, 0, G_OPTION_ARG_STRING, &options->plain.in,
      "where the application sends RTP to", "[HOST:]PORT" },
    { "plain-out", 0, 0, G_OPTION_ARG_STRING, &options->plain.out,
      "where the application receives RTP", "HOST:PORT" },
    { "plain-rtcp-in", 0, 0, G_OPTION_ARG_STRING, &options->plain.rtcp_in,
      "likewise for RTCP (the port for RTP)", "[HOST:]PORT" },
    { "plain-rtcp-out", 0, 0, G_OPTION_ARG_STRING, &options->plain.rtcp_out,
      "likewise for RTCP (the port for RTP)", "HOST:PORT" },
    { "local", 0, 0, G_OPTION_ARG_FILENAME, &options->local,
      "write our newest description there, and remove it at the end", "FILE" },
    { "remote", 0, 0, G_OPTION_ARG_FILENAME, &options->remote,
      "read the peer's descriptions from there, as they come", "FILE" },
    { "offer", 0, 0, G_OPTION_ARG_NONE, &options->offer, "begin with an offer", NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_option_context_set_summary (context, summary);
  g_option_context_set_description (context, description);
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, argc, argv, error))
  {
    return FALSE;
  }
  set_default (&options->host, "127.0.0.1");
  set_default (&options->codec, "pcmu,pcma");
  set_default (&options->setup, "actpass");
  if (*argc > 1)
  {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 "found \"%s\", which is no option", (*argv)[1]);
    return FALSE;
  }
  return parse_call_options (options, call, error);
}

static void
free_options (Options *options, SipCallOptions *call)
{
  g_free (options->host);
  g_free (options->ports);
  g_free (options->codec);
  g_free (options->setup);
  g_free ((char *) options->plain.in);
  g_free ((char *) options->plain.out);
  g_free ((char *) options->plain.rtcp_in);
  g_free ((char *) options->plain.rtcp_out);
  g_free (options->local);
  g_free (options->remote);
  g_clear_pointer (&call->formats, g_array_unref);
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

static void
run_main_loop (Program *self)
{
  const SipSignalsCallbacks callbacks
      = { on_command, on_remote_description, on_end_of_input };
  g_autoptr (SipSignals) signals
      = sip_signals_new (self->options->remote, &callbacks, self);
  guint interrupt = g_unix_signal_add (SIGINT, on_signal, self->main_loop);
  guint terminate = g_unix_signal_add (SIGTERM, on_signal, self->main_loop);

  if (self->options->offer)
  {
    on_command ("offer", self);
  }
  g_main_loop_run (self->main_loop);
  g_source_remove (interrupt);
  g_source_remove (terminate);
}

/* Returns: the exit status, of what could be begun */
static int
run (const Options *options, const SipCallOptions *call_options, GError **error)
{
  const SipCallCallbacks callbacks = { on_event, on_description };
  g_autoptr (TegataLoop) loop = tegata_loop_new (NULL);
  g_autoptr (GMainLoop) main_loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (TegataContext) context = tegata_context_new (NULL, error);
  g_autoptr (PlainSide) plain
      = context != NULL ? plain_side_new (loop, &options->plain, error) : NULL;
  Program program = { options, main_loop, NULL };
  TegataState state;

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
  program.call = sip_call_new (call_options, context, loop, plain, &callbacks, &program);
  run_main_loop (&program);
  state = sip_call_get_state (program.call);
  sip_call_free (program.call);
  printf ("carried: %" G_GUINT64_FORMAT " packets to the peer, %" G_GUINT64_FORMAT
          " from it\n",
          plain_side_get_stats (plain)->secured, plain_side_get_stats (plain)->delivered);
  if (options->local != NULL)
  {
    g_unlink (options->local);
  }
  return state == TEGATA_STATE_FAILED ? EXIT_FAILED : EXIT_ENDED;
}

int
main (int argc, char **argv)
{
  Options options = { .plain.mtu = TEGATA_DEFAULT_MTU };
  SipCallOptions call_options = { .formats = NULL };
  g_autoptr (GError) error = NULL;
  int status = EXIT_OPTIONS;

  setlocale (LC_ALL, "");
  if (parse_command_line (&options, &call_options, &argc, &argv, &error))
  {
    status = run (&options, &call_options, &error);
  }
  if (error != NULL)
  {
    fprintf (stderr, "sip-media: %s%s\n", error->message,
             status == EXIT_OPTIONS ? ". --help tells more" : "");
  }
  free_options (&options, &call_options);
  return status;
}
