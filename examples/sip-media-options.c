/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sip-media-options.h"

#define DEFAULT_TIMEOUT_S 30
#define MAX_TIMEOUT_S 3600

static const char summary[]
    = "Secures the audio of a SIP call by DTLS-SRTP (RFC 5763), without ICE. It makes "
      "and\n"
      "answers descriptions; a SIP stack, a script or a person carries them.";

static const char description[]
    = "Standard input takes one command a line, in any case:\n"
      "  offer      print an offer: the first one, or what there is once more\n"
      "  hold       offer to hold the call; the association is kept\n"
      "  resume     offer to go on\n"
      "  transfer   offer a new association, to whoever is given this offer\n"
      "  cancel     the offer was refused: go on as before\n"
      "  bye        end the call, and the program\n"
      "and descriptions of the peer: from the line v=0 to a line with a dot alone. One\n"
      "that comes while an offer of ours has no answer is the answer; the last answer\n"
      "once more is nothing; any other is an offer, and is answered at once.\n"
      "\n"
      "Standard output has our descriptions, after \"description: offer\" or \"...\n"
      "answer\" and up to a line with a dot alone, and what happens, one \"key: value\"\n"
      "a line:\n"
      "  plain        where the plain side is; plain-rtcp: likewise for RTCP\n"
      "  state        connecting, connected, closed (by the peer), failed\n"
      "  association  new or kept, after each exchange; then role, media, codec,\n"
      "               digits (of a telephone-event, where both have it), rtcp\n"
      "  secured      what, with whom, and how; then peer: its fingerprint\n"
      "  refused      a command or a description that was not taken, and why; the\n"
      "               call goes on as it was. A SIP stack answers such an offer by 488\n"
      "  error        why the state is failed, or the program ends\n"
      "  notice       anything else that is worth a look\n"
      "  carried      packets of media in each direction, at the end\n"
      "\n"
      "With --remote the end of standard input is no matter, and a call that the\n"
      "peer ends, or that fails, ends the program; without, only \"bye\" or the end of\n"
      "input do.\n"
      "\n"
      "Files stay for as long as the call does. Start one side of both by --offer: it\n"
      "also offers anew when the peer's file goes, since the peer may have crashed.\n"
      "What is there before a call is passed over: an answer, by who offers; anything,\n"
      "where the file of --local was left by a run that was killed.\n"
      "\n"
      "Exit status: 0 ended, 1 the association had failed, or both sides were started\n"
      "with --offer, 2 wrong options, 3 a port, an address or a file could not be had.\n"
      "\n"
      "Two calls on one machine, by files:\n"
      "  sip-media --offer --local a.sdp --remote b.sdp --plain-in 7000\n"
      "  sip-media --local b.sdp --remote a.sdp --plain-out 127.0.0.1:6000";

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
parse_call_options (Options *options, GError **error)
{
  SipCallOptions *call = &options->call;
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
  if (options->local != NULL && g_strcmp0 (options->local, options->remote) == 0)
  {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 "found --local and --remote %s: expected two files, one each way",
                 options->remote);
    return FALSE;
  }
  if (options->timeout_s < 1 || options->timeout_s > MAX_TIMEOUT_S)
  {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 "found --timeout %d: expected seconds, 1 to %d", options->timeout_s,
                 MAX_TIMEOUT_S);
    return FALSE;
  }
  call->timeout_s = (guint) options->timeout_s;
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

gboolean
options_parse (Options *options, int *argc, char ***argv, GError **error)
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
    { "cert", 0, 0, G_OPTION_ARG_FILENAME, &options->certificate,
      "PEM of our certificate and its key (a new one)", "FILE" },
    { "timeout", 0, 0, G_OPTION_ARG_INT, &options->timeout_s,
      "how long the peer has to call, or to answer our call (30)", "SECONDS" },
    { "local", 0, 0, G_OPTION_ARG_FILENAME, &options->local,
      "write our newest description there, and remove it at the end", "FILE" },
    { "remote", 0, 0, G_OPTION_ARG_FILENAME, &options->remote,
      "read the peer's descriptions from there, as they come", "FILE" },
    { "offer", 0, 0, G_OPTION_ARG_NONE, &options->offer, "begin with an offer", NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  options->timeout_s = DEFAULT_TIMEOUT_S;
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
  return parse_call_options (options, error);
}

void
options_clear (Options *options)
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
  g_free (options->certificate);
  g_clear_pointer (&options->call.formats, g_array_unref);
}
