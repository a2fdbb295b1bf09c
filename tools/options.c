/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "options.h"

#include "exit-status.h"

#include <math.h>

#define DEFAULT_TIMEOUT_S                                                                \
  ((double) TEGATA_DEFAULT_HANDSHAKE_TIMEOUT_US / (double) G_USEC_PER_SEC)
/* Longer than anybody waits, and far from where microseconds overflow. */
#define MAX_SECONDS 1e6
/* Until it is named: 0, or what is below, may be named. */
#define NO_STATS (-G_MAXDOUBLE)

#define END_OF_ENTRIES                                                                   \
  {                                                                                      \
    NULL, 0, 0, 0, NULL, NULL, NULL                                                      \
  }

static const char listen_summary[]
    = "Is a DTLS-SRTP server on a UDP port, for whoever has the right certificate, and\n"
      "carries RTP and RTCP between that peer and plain local UDP ports. Without a host "
      "it\n"
      "listens on all addresses, IPv6 and IPv4; port 0 takes a free one. Goes on when a\n"
      "peer has left; the newest one that is there gets what comes in.";

static const char notes[] = "The peer's fingerprint is \"sha-256 AB:CD:...\", or its "
                            "whole a=fingerprint line, which\n"
                            "it prints as \"own:\"; or @FILE: the lines of that file, "
                            "which may come later. Of\n"
                            "several any one may match. Without the option they are read "
                            "from standard input, up\n"
                            "to an empty line: paste the peer's SDP. The handshake does "
                            "not wait for that; nothing\n"
                            "passes before it is there.\n\n"
                            "Profiles: " OPTIONS_DEFAULT_PROFILES " by default; and\n"
                            "AES128_CM_HMAC_SHA1_32.\n\n";

static const char listen_examples[]
    = "Examples:\n"
      "  tegata listen 5000\n"
      "      prints its SDP lines, and reads the peer's from standard input\n"
      "  tegata listen 192.0.2.1:5000 --peer-fingerprint @peer.txt \\\n"
      "      --fingerprint-out own.txt --plain-out 127.0.0.1:6000\n"
      "      waits for peer.txt, and sends the peer's media to port 6000\n\n";

static const char connect_summary[]
    = "Calls a DTLS-SRTP peer over UDP, verifies it by its fingerprint, and carries RTP\n"
      "and RTCP between it and plain local UDP ports. Goes on trying while nobody "
      "listens\n"
      "there yet.";

static const char connect_examples[]
    = "Examples:\n"
      "  tegata connect --once example.org:5000 --peer-fingerprint \"sha-256 "
      "AB:CD:...\"\n"
      "      shows the handshake, and ends\n"
      "  tegata connect 192.0.2.1:5000 --peer-fingerprint @peer.txt \\\n"
      "      --plain-in 7000 --plain-out 127.0.0.1:6000\n"
      "      secures what is sent to port 7000; the peer's media comes to port 6000\n\n";

static gboolean
refuse (GError **error, const char *sentence)
{
  g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, sentence);
  return FALSE;
}

static void
add_group (GOptionContext *parser,
           const char *name,
           const char *title,
           const GOptionEntry *entries)
{
  GOptionGroup *group = g_option_group_new (name, title, title, NULL, NULL);

  g_option_group_add_entries (group, entries);
  g_option_context_add_group (parser, group);
}

static void
add_identity_entries (Options *self, GOptionContext *parser)
{
  const GOptionEntry entries[] = {
    { "peer-fingerprint", 'p', 0, G_OPTION_ARG_STRING_ARRAY, &self->peer_fingerprints,
      "Of its certificate, as below; repeatable", "TEXT" },
    { "cert", 'c', 0, G_OPTION_ARG_FILENAME, &self->certificate_file,
      "Ours, with its key, from tegata cert; else a fresh one", "FILE" },
    { "fingerprint-out", 'f', 0, G_OPTION_ARG_FILENAME, &self->fingerprint_out,
      "Write ours there once all is open; removed at the end", "FILE" },
    END_OF_ENTRIES,
  };

  add_group (parser, "identity", "Who is who:", entries);
}

static void
add_handshake_entries (Options *self, GOptionContext *parser)
{
  const GOptionEntry entries[] = {
    { "profiles", 0, 0, G_OPTION_ARG_STRING, &self->profiles,
      "Of SRTP, as below, the preferred one first; \"\" for none", "LIST" },
    { "min-version", 0, 0, G_OPTION_ARG_STRING, &self->min_version_name,
      "Oldest DTLS to speak: 1.0, 1.2 or 1.3; 1.2 by default", "VERSION" },
    { "max-version", 0, 0, G_OPTION_ARG_STRING, &self->max_version_name,
      "Newest DTLS to speak; 1.2 by default", "VERSION" },
    { "mtu", 'm', 0, G_OPTION_ARG_INT, &self->mtu,
      "Of UDP payload, 256 to 16384; 1200 by default", "BYTES" },
    { "timeout", 't', 0, G_OPTION_ARG_DOUBLE, &self->timeout_s,
      "Give a handshake up after this long; 30 by default", "SECONDS" },
    { "key-log", 0, 0, G_OPTION_ARG_FILENAME, &self->key_log_file,
      "Append its secrets, for Wireshark; who has it reads all", "FILE" },
    END_OF_ENTRIES,
  };

  add_group (parser, "handshake", "Handshake:", entries);
}

static void
add_connect_entries (Options *self, GOptionContext *parser)
{
  const GOptionEntry entries[] = {
    { "bind", 'b', 0, G_OPTION_ARG_STRING, &self->bind,
      "Where to send from; else a free port", "[HOST:]PORT" },
    { "role", 0, 0, G_OPTION_ARG_STRING, &self->role_name,
      "Of DTLS: client by default; a server awaits the client", "client|server" },
    END_OF_ENTRIES,
  };

  add_group (parser, "connect", "Connection:", entries);
}

static void
add_media_entries (Options *self, GOptionContext *parser)
{
  const GOptionEntry entries[] = {
    { "plain-in", 'i', 0, G_OPTION_ARG_STRING, &self->plain_in,
      "Secure the RTP and RTCP that comes here", "[HOST:]PORT" },
    { "plain-out", 'o', 0, G_OPTION_ARG_STRING, &self->plain_out,
      "Send the RTP and RTCP of the peer there", "[HOST:]PORT" },
    { "plain-rtcp-in", 0, 0, G_OPTION_ARG_STRING, &self->plain_rtcp_in,
      "Another port for RTCP that comes in", "[HOST:]PORT" },
    { "plain-rtcp-out", 0, 0, G_OPTION_ARG_STRING, &self->plain_rtcp_out,
      "Another one for RTCP of the peer", "[HOST:]PORT" },
    END_OF_ENTRIES,
  };

  add_group (parser, "media", "Media (a host that is left out is 127.0.0.1):", entries);
}

static void
add_output_entries (Options *self, gboolean *wants_help, GOptionContext *parser)
{
  const GOptionEntry entries[] = {
    { "ladder", 'l', 0, G_OPTION_ARG_FILENAME, &self->ladder_file,
      "Draw the handshake to this file", "FILE.svg" },
    { "stats", 's', 0, G_OPTION_ARG_DOUBLE, &self->stats_s, "Show counts this often",
      "SECONDS" },
    { "json", 'j', 0, G_OPTION_ARG_NONE, &self->json,
      "Print events as JSON, an object a line", NULL },
    { "once", '1', 0, G_OPTION_ARG_NONE, &self->once,
      self->is_listener ? "Serve one caller and end with it, whoever it is"
                        : "End after the handshake, politely",
      NULL },
    { "help", 'h', 0, G_OPTION_ARG_NONE, wants_help, "This text", NULL },
    END_OF_ENTRIES,
  };

  add_group (parser, "output", "Output:", entries);
}

static gboolean
parse_version (const char *name, TegataVersion *version, GError **error)
{
  static const struct
  {
    const char *name;
    TegataVersion version;
  } rows[] = {
    { "1.0", TEGATA_VERSION_DTLS_1_0 },
    { "1.2", TEGATA_VERSION_DTLS_1_2 },
    { "1.3", TEGATA_VERSION_DTLS_1_3 },
  };

  if (name == NULL)
  {
    return TRUE;
  }
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
  {
    if (g_str_equal (name, rows[i].name))
    {
      *version = rows[i].version;
      return TRUE;
    }
  }
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               "“%s” is no version of DTLS: expected 1.0, 1.2 or 1.3", name);
  return FALSE;
}

/* One end that was named moves the other one along. */
static gboolean
check_versions (Options *self, GError **error)
{
  self->min_version = self->max_version = TEGATA_VERSION_DTLS_1_2;
  if (!parse_version (self->min_version_name, &self->min_version, error)
      || !parse_version (self->max_version_name, &self->max_version, error))
  {
    return FALSE;
  }
  if (self->max_version_name == NULL)
  {
    self->max_version = MAX (self->min_version, self->max_version);
  }
  return TRUE;
}

static gboolean
check_role (Options *self, GError **error)
{
  self->role = self->is_listener ? TEGATA_ROLE_SERVER : TEGATA_ROLE_CLIENT;
  if (self->role_name == NULL || g_str_equal (self->role_name, "client"))
  {
    return TRUE;
  }
  self->role = TEGATA_ROLE_SERVER;
  return g_str_equal (self->role_name, "server")
         || refuse (error, "--role: expected client or server");
}

static gboolean
is_time (double seconds)
{
  return isfinite (seconds) && seconds > 0 && seconds <= MAX_SECONDS;
}

static gboolean
check_file_names (Options *self, GError **error)
{
  const struct
  {
    const char *option;
    const char *file;
  } rows[] = {
    { "--cert", self->certificate_file },
    { "--fingerprint-out", self->fingerprint_out },
    { "--key-log", self->key_log_file },
    { "--ladder", self->ladder_file },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
  {
    if (rows[i].file != NULL && rows[i].file[0] == '\0')
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   "%s: expected the name of a file", rows[i].option);
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
take_where (Options *self, char **rest, GError **error)
{
  if (rest[0] == NULL)
  {
    return refuse (error, self->is_listener
                              ? "where to listen? Expected one [HOST:]PORT"
                              : "where is the peer? Expected one HOST:PORT");
  }
  if (rest[1] != NULL)
  {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 "“%s” is too much: expected one address", rest[1]);
    return FALSE;
  }
  self->where = g_strdup (rest[0]);
  return TRUE;
}

static gboolean
check (Options *self, char **rest, GError **error)
{
  if (!take_where (self, rest, error))
  {
    return FALSE;
  }
  if (self->mtu < TEGATA_MIN_MTU || self->mtu > TEGATA_MAX_MTU)
  {
    return refuse (error, "--mtu: expected 256 to 16384 bytes of UDP payload");
  }
  if (!is_time (self->timeout_s))
  {
    return refuse (error, "--timeout: expected seconds, more than 0 and up to 1000000");
  }
  if (self->stats_s == NO_STATS)
  {
    self->stats_s = 0;
  }
  else if (!is_time (self->stats_s))
  {
    return refuse (error, "--stats: expected seconds, more than 0 and up to 1000000");
  }
  if (self->profiles != NULL && self->profiles[0] == '\0' && options_have_media (self))
  {
    return refuse (error, "--profiles: there is no media without an SRTP profile: name "
                          "one, or leave the --plain options away");
  }
  return check_file_names (self, error) && check_versions (self, error)
         && check_role (self, error);
}

static GOptionContext *
make_parser (Options *self, gboolean *wants_help)
{
  GOptionContext *parser
      = g_option_context_new (self->is_listener ? "[HOST:]PORT" : "HOST:PORT");
  g_autofree char *description
      = g_strconcat (notes, self->is_listener ? listen_examples : connect_examples,
                     EXIT_STATUS_TABLE, NULL);

  g_option_context_set_help_enabled (parser, FALSE);
  g_option_context_set_summary (parser,
                                self->is_listener ? listen_summary : connect_summary);
  g_option_context_set_description (parser, description);
  add_identity_entries (self, parser);
  add_handshake_entries (self, parser);
  if (!self->is_listener)
  {
    add_connect_entries (self, parser);
  }
  add_media_entries (self, parser);
  add_output_entries (self, wants_help, parser);
  return parser;
}

gboolean
options_parse (Options *self, char **argv, GError **error)
{
  g_autoptr (GOptionContext) parser = NULL;
  g_auto (GStrv) rest = g_strdupv (argv);
  gboolean wants_help = FALSE;

  *self = (Options){
    .is_listener = g_str_equal (argv[0], "listen"),
    .mtu = TEGATA_DEFAULT_MTU,
    .timeout_s = DEFAULT_TIMEOUT_S,
    .stats_s = NO_STATS,
  };
  parser = make_parser (self, &wants_help);
  if (!g_option_context_parse_strv (parser, &rest, error))
  {
    return FALSE;
  }
  if (wants_help)
  {
    self->help = g_option_context_get_help (parser, FALSE, NULL);
    return TRUE;
  }
  return check (self, rest + 1, error);
}

void
options_clear (Options *self)
{
  g_free (self->help);
  g_free (self->where);
  g_free (self->bind);
  g_free (self->role_name);
  g_strfreev (self->peer_fingerprints);
  g_free (self->certificate_file);
  g_free (self->fingerprint_out);
  g_free (self->profiles);
  g_free (self->min_version_name);
  g_free (self->max_version_name);
  g_free (self->key_log_file);
  g_free (self->plain_in);
  g_free (self->plain_out);
  g_free (self->plain_rtcp_in);
  g_free (self->plain_rtcp_out);
  g_free (self->ladder_file);
}

gboolean
options_have_media (const Options *self)
{
  return self->plain_in != NULL || self->plain_out != NULL || self->plain_rtcp_in != NULL
         || self->plain_rtcp_out != NULL;
}
