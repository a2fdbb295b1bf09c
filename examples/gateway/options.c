/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "options.h"

#include "addresses.h"

#include <string.h>

#define DEFAULT_LISTEN "127.0.0.1:8080"
#define DEFAULT_MAX_SESSIONS 500
#define MAX_SESSIONS 10000
#define DEFAULT_CONNECT_TIMEOUT_S 30
#define MAX_CONNECT_TIMEOUT_S 600
#define MAX_TOKEN_LEN 1024

static const char summary[]
    = "Shows plain RTP to browsers (by WHEP), and hands a browser's camera on as plain\n"
      "RTP (by WHIP). Start it, and open the address that it prints: without any option\n"
      "that shows a test pattern with sound, to this machine alone.";

static const char description[]
    = "It prints where it is, and a line for who connects and who is gone. Ctrl-C says\n"
      "goodbye to everybody, and ends.\n"
      "\n"
      "A browser gives its camera to pages from this machine or by HTTPS only, so other\n"
      "machines need --tls-certificate. Anybody who reaches it may watch and publish:\n"
      "--token asks them for a password.\n"
      "\n"
      "Exit status: 0 ended by SIGINT or SIGTERM, 1 something could not be had (a port,\n"
      "a file), 2 wrong options.\n"
      "\n"
      "Show a file in browsers:\n"
      "  gateway --video-in 5004\n"
      "  gst-launch-1.0 filesrc location=film.webm ! matroskademux ! rtpvp8pay ! \\\n"
      "    udpsink host=127.0.0.1 port=5004\n"
      "\n"
      "Take a camera, from any machine:\n"
      "  gateway --listen 0.0.0.0:8443 --tls-certificate cert.pem --tls-key key.pem \\\n"
      "    --token @token --video-out 127.0.0.1:5004 --audio-out 127.0.0.1:5006";

/* As they were given, before they are looked at. */
typedef struct
{
  char *listen;
  char *in[GATEWAY_N_KINDS];
  char *out[GATEWAY_N_KINDS];
  char *codec;
  char *token;
  char *turn;
  int max_sessions;
  int connect_timeout_s;
} Texts;

static void
texts_clear (Texts *self)
{
  g_free (self->listen);
  g_free (self->codec);
  g_free (self->token);
  g_free (self->turn);
  for (guint i = 0; i < GATEWAY_N_KINDS; i++)
  {
    g_free (self->in[i]);
    g_free (self->out[i]);
  }
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Texts, texts_clear)

static gboolean G_GNUC_PRINTF (2, 3)
    set_bad_value (GError **error, const char *format, ...)
{
  va_list arguments;

  if (error != NULL)
  {
    va_start (arguments, format);
    *error = g_error_new_valist (G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, format,
                                 arguments);
    va_end (arguments);
  }
  return FALSE;
}

/* ---- addresses ---- */

typedef GSocketAddress *(*AddressParser) (const char *text,
                                          const char *default_host,
                                          GError **error);

static gboolean
parse_address (const char *option,
               const char *text,
               AddressParser parse,
               const char *default_host,
               GInetSocketAddress **address,
               GError **error)
{
  if (text == NULL)
  {
    return TRUE;
  }
  *address = (GInetSocketAddress *) parse (text, default_host, error);
  if (*address == NULL)
  {
    g_prefix_error (error, "%s: ", option);
    return FALSE;
  }
  return TRUE;
}

/* A port that nobody is told of is of no use; and RTCP takes the next one. */
static gboolean
check_inputs (const GatewayOptions *self, GError **error)
{
  GInetSocketAddress *video = self->feed.video_in, *audio = self->feed.audio_in;
  int video_port = video != NULL ? g_inet_socket_address_get_port (video) : -1;
  int audio_port = audio != NULL ? g_inet_socket_address_get_port (audio) : -1;

  if (video_port == 0 || audio_port == 0)
  {
    return set_bad_value (error, "found %s 0: expected a port from 1 to 65534",
                          video_port == 0 ? "--video-in" : "--audio-in");
  }
  if (video != NULL && audio != NULL && ABS (video_port - audio_port) <= 1
      && g_inet_address_equal (g_inet_socket_address_get_address (video),
                               g_inet_socket_address_get_address (audio)))
  {
    return set_bad_value (error,
                          "found --video-in %d and --audio-in %d: expected two ports "
                          "for each, as RTCP comes to the next one",
                          video_port, audio_port);
  }
  return TRUE;
}

static gboolean
parse_places (GatewayOptions *self, const Texts *texts, GError **error)
{
  const char *listen = texts->listen != NULL ? texts->listen : DEFAULT_LISTEN;
  const char *any = "127.0.0.1";

  return parse_address ("--listen", listen, address_parse, any, &self->listen, error)
         && parse_address ("--video-in", texts->in[GATEWAY_VIDEO], address_parse, any,
                           &self->feed.video_in, error)
         && parse_address ("--audio-in", texts->in[GATEWAY_AUDIO], address_parse, any,
                           &self->feed.audio_in, error)
         && parse_address ("--video-out", texts->out[GATEWAY_VIDEO], address_parse_target,
                           any, &self->outputs[GATEWAY_VIDEO], error)
         && parse_address ("--audio-out", texts->out[GATEWAY_AUDIO], address_parse_target,
                           any, &self->outputs[GATEWAY_AUDIO], error)
         && parse_address ("--stun", self->stun_name, address_parse_target, NULL,
                           &self->stun, error);
}

/* The kernel knows: it gives a port of no other address. */
static gboolean
is_ours (GInetAddress *address, GError **error)
{
  g_autoptr (GSocketAddress) any_port = g_inet_socket_address_new (address, 0);
  g_autoptr (GSocket) socket
      = g_socket_new (g_inet_address_get_family (address), G_SOCKET_TYPE_DATAGRAM,
                      G_SOCKET_PROTOCOL_UDP, error);

  return socket != NULL && g_socket_bind (socket, any_port, FALSE, error);
}

static gboolean
check_ice_addresses (GatewayOptions *self, GError **error)
{
  for (char **each = self->ice_addresses; each != NULL && *each != NULL; each++)
  {
    g_autoptr (GInetAddress) address = g_inet_address_new_from_string (*each);

    if (address == NULL || g_inet_address_get_is_any (address))
    {
      return set_bad_value (error,
                            "found --ice-address %s: expected an address of this "
                            "machine, in digits",
                            *each);
    }
    if (!is_ours (address, error))
    {
      g_prefix_error (error,
                      "--ice-address %s: expected an address of this machine: ", *each);
      return FALSE;
    }
  }
  return TRUE;
}

/* "@FILE" is in no list of processes. Returns: (transfer full) */
static char *
read_secret (const char *option, const char *text, GError **error)
{
  char *secret = NULL;

  if (text[0] != '@')
  {
    secret = g_strdup (text);
  }
  else if (!g_file_get_contents (text + 1, &secret, NULL, error))
  {
    g_prefix_error (error, "%s: ", option);
    return NULL;
  }
  return g_strstrip (secret);
}

/* The password may have any character: it ends at the last '@'. Not in any message. */
static gboolean
parse_turn (GatewayOptions *self, const char *option, GError **error)
{
  g_autofree char *text = option != NULL ? read_secret ("--turn", option, error) : NULL;
  const char *user = text != NULL && g_str_has_prefix (text, "turn:") ? text + 5 : NULL;
  const char *colon = user != NULL ? strchr (user, ':') : NULL;
  const char *at = colon != NULL ? strrchr (colon, '@') : NULL;

  if (text == NULL)
  {
    return option == NULL;
  }
  if (at == NULL || colon == user)
  {
    return set_bad_value (error, "found --turn that is not turn:USER:PASSWORD@HOST:PORT");
  }
  self->turn.user = g_strndup (user, (gsize) (colon - user));
  self->turn.password = g_strndup (colon + 1, (gsize) (at - colon - 1));
  return parse_address ("--turn", at + 1, address_parse_target, NULL, &self->turn.address,
                        error);
}

/* ---- the rest ---- */

static gboolean
parse_codec (GatewayOptions *self, const char *name, GError **error)
{
  const GatewayCodec *codec = name != NULL ? gateway_codec_find (name) : NULL;

  if (name == NULL)
  {
    return TRUE;
  }
  if (codec == NULL || codec->kind != GATEWAY_VIDEO)
  {
    return set_bad_value (error, "found --video-codec %s: expected VP8 or H264", name);
  }
  if (self->feed.video_in == NULL)
  {
    return set_bad_value (error,
                          "found --video-codec without --video-in, which it is about");
  }
  self->feed.video_codec = codec;
  return TRUE;
}

/* RFC 6750 section 2.1: what may stand behind "Bearer". */
static gboolean
is_token (const char *text)
{
  gsize len = strspn (text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                            "0123456789-._~+/");

  len += len > 0 ? strspn (text + len, "=") : 0;
  return len > 0 && len <= MAX_TOKEN_LEN && text[len] == '\0';
}

static gboolean
parse_token (GatewayOptions *self, const char *text, GError **error)
{
  if (text == NULL)
  {
    return TRUE;
  }
  self->token = read_secret ("--token", text, error);
  if (self->token == NULL)
  {
    return FALSE;
  }
  return is_token (self->token)
         || set_bad_value (error,
                           "--token: expected 1 to %d letters, digits and any of "
                           "-._~+/, as RFC 6750 has it",
                           MAX_TOKEN_LEN);
}

static gboolean
parse_numbers (GatewayOptions *self, const Texts *texts, GError **error)
{
  if (texts->max_sessions < 1 || texts->max_sessions > MAX_SESSIONS)
  {
    return set_bad_value (error, "found --max-sessions %d: expected 1 to %d",
                          texts->max_sessions, MAX_SESSIONS);
  }
  if (texts->connect_timeout_s < 1 || texts->connect_timeout_s > MAX_CONNECT_TIMEOUT_S)
  {
    return set_bad_value (error, "found --connect-timeout %d: expected seconds, 1 to %d",
                          texts->connect_timeout_s, MAX_CONNECT_TIMEOUT_S);
  }
  self->max_sessions = (guint) texts->max_sessions;
  self->connect_timeout_s = (guint) texts->connect_timeout_s;
  return TRUE;
}

static gboolean
check_files (const GatewayOptions *self, GError **error)
{
  if (self->tls_key != NULL && self->tls_certificate == NULL)
  {
    return set_bad_value (error, "found --tls-key without --tls-certificate");
  }
  /* Compared with what a browser sends as it is, so a path or blank never matches. */
  if (self->allow_origin != NULL
      && (strstr (self->allow_origin, "://") == NULL
          || strchr (strstr (self->allow_origin, "://") + 3, '/') != NULL
          || strpbrk (self->allow_origin, " ,\r\n") != NULL))
  {
    return set_bad_value (error,
                          "found --allow-origin %s: expected one origin, as in "
                          "https://example.org",
                          self->allow_origin);
  }
  return TRUE;
}

static gboolean
parse_texts (GatewayOptions *self, const Texts *texts, GError **error)
{
  return parse_places (self, texts, error) && check_inputs (self, error)
         && check_ice_addresses (self, error) && parse_turn (self, texts->turn, error)
         && parse_codec (self, texts->codec, error)
         && parse_token (self, texts->token, error) && parse_numbers (self, texts, error)
         && check_files (self, error);
}

gboolean
gateway_options_parse (GatewayOptions *self, int *argc, char ***argv, GError **error)
{
  g_auto (Texts) texts = { .max_sessions = DEFAULT_MAX_SESSIONS,
                           .connect_timeout_s = DEFAULT_CONNECT_TIMEOUT_S };
  const GOptionEntry entries[] = {
    { "listen", 0, 0, G_OPTION_ARG_STRING, &texts.listen,
      "where browsers come to (" DEFAULT_LISTEN "); port 0 takes a free one",
      "[ADDRESS:]PORT" },
    { "video-in", 0, 0, G_OPTION_ARG_STRING, &texts.in[GATEWAY_VIDEO],
      "where plain RTP to show comes to; RTCP: the next port", "[HOST:]PORT" },
    { "audio-in", 0, 0, G_OPTION_ARG_STRING, &texts.in[GATEWAY_AUDIO],
      "likewise, Opus (without either: a pattern with a tone)", "[HOST:]PORT" },
    { "video-codec", 0, 0, G_OPTION_ARG_STRING, &texts.codec,
      "what comes to --video-in: VP8 or H264 (VP8)", "NAME" },
    { "video-out", 0, 0, G_OPTION_ARG_STRING, &texts.out[GATEWAY_VIDEO],
      "where a browser's camera goes, as plain RTP", "[HOST:]PORT" },
    { "audio-out", 0, 0, G_OPTION_ARG_STRING, &texts.out[GATEWAY_AUDIO],
      "likewise its microphone", "[HOST:]PORT" },
    { "tls-certificate", 0, 0, G_OPTION_ARG_FILENAME, &self->tls_certificate,
      "serve HTTPS by this certificate, a PEM file", "FILE" },
    { "tls-key", 0, 0, G_OPTION_ARG_FILENAME, &self->tls_key,
      "its key (in the certificate's file)", "FILE" },
    { "token", 0, 0, G_OPTION_ARG_STRING, &texts.token,
      "what clients must know to watch or publish; @FILE reads it", "TOKEN" },
    { "ice-address", 0, 0, G_OPTION_ARG_STRING_ARRAY, &self->ice_addresses,
      "an address of ours for media; may be repeated (all there are)", "ADDRESS" },
    { "stun", 0, 0, G_OPTION_ARG_STRING, &self->stun_name,
      "a STUN server, for us and for browsers", "HOST:PORT" },
    { "turn", 0, 0, G_OPTION_ARG_STRING, &texts.turn,
      "a TURN server for us: turn:USER:PASSWORD@HOST:PORT; @FILE reads it", "SERVER" },
    { "max-sessions", 0, 0, G_OPTION_ARG_INT, &texts.max_sessions,
      "how many may watch and publish at a time (500)", "N" },
    { "connect-timeout", 0, 0, G_OPTION_ARG_INT, &texts.connect_timeout_s,
      "how long a browser has to connect (30)", "SECONDS" },
    { "allow-origin", 0, 0, G_OPTION_ARG_STRING, &self->allow_origin,
      "whose pages may use it, besides ours (nobody's)", "ORIGIN" },
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
  if (*argc > 1)
  {
    return set_bad_value (error, "found \"%s\", which is no option", (*argv)[1]);
  }
  return parse_texts (self, &texts, error);
}

void
gateway_options_clear (GatewayOptions *self)
{
  g_clear_object (&self->listen);
  g_clear_object (&self->feed.video_in);
  g_clear_object (&self->feed.audio_in);
  g_clear_object (&self->outputs[GATEWAY_VIDEO]);
  g_clear_object (&self->outputs[GATEWAY_AUDIO]);
  g_clear_object (&self->stun);
  g_clear_object (&self->turn.address);
  g_free (self->turn.user);
  g_free (self->turn.password);
  g_free (self->tls_certificate);
  g_free (self->tls_key);
  g_free (self->token);
  g_strfreev (self->ice_addresses);
  g_free (self->stun_name);
  g_free (self->allow_origin);
}
