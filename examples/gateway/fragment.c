/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fragment.h"

#include "problem.h"

#include <libsoup/soup.h>
#include <string.h>

/* RFC 8839 section 5.4. */
#define MIN_UFRAG_LEN 4
#define MIN_PASSWORD_LEN 22
#define MAX_CREDENTIAL_LEN 256

#define MAX_CANDIDATE_LEN 512
#define MAX_FOUNDATION_LEN 32

/* Nobody's media comes from a port of a well-known service: no checks go to those. */
#define MIN_PORT 1024

/* Of what is repeated in a message. */
#define MAX_QUOTE 40

/* Where the words of a candidate are: RFC 8839 section 5.1. */
enum
{
  FOUNDATION,
  COMPONENT,
  TRANSPORT,
  PRIORITY,
  ADDRESS,
  PORT,
  TYP,
  TYPE,
  N_WORDS
};

void
gateway_ice_text_init (GatewayIceText *self)
{
  *self = (GatewayIceText){ .candidates = g_ptr_array_new_with_free_func (g_free) };
}

void
gateway_ice_text_clear (GatewayIceText *self)
{
  g_clear_pointer (&self->ufrag, g_free);
  g_clear_pointer (&self->password, g_free);
  g_clear_pointer (&self->candidates, g_ptr_array_unref);
}

/* ---- credentials ---- */

static gboolean
is_ice_text (const char *text, gsize min_len)
{
  gsize len = strlen (text);

  for (gsize i = 0; i < len; i++)
  {
    if (!g_ascii_isalnum (text[i]) && text[i] != '+' && text[i] != '/')
    {
      return FALSE;
    }
  }
  return len >= min_len && len <= MAX_CREDENTIAL_LEN;
}

gboolean
gateway_ice_text_set_credentials (GatewayIceText *self,
                                  const char *ufrag,
                                  const char *password,
                                  GError **error)
{
  if (ufrag == NULL && password == NULL)
  {
    return TRUE;
  }
  if (ufrag == NULL || password == NULL)
  {
    return gateway_problem_set (
        error, SOUP_STATUS_BAD_REQUEST,
        "found a=%s without a=%s: expected both, of one ICE session",
        ufrag != NULL ? "ice-ufrag" : "ice-pwd", ufrag != NULL ? "ice-pwd" : "ice-ufrag");
  }
  /* A password is in no message. */
  if (!is_ice_text (ufrag, MIN_UFRAG_LEN) || !is_ice_text (password, MIN_PASSWORD_LEN))
  {
    return gateway_problem_set (
        error, SOUP_STATUS_BAD_REQUEST,
        "the %s is malformed: expected %d to %d letters, digits, "
        "+ and / (RFC 8839 section 5.4)",
        is_ice_text (ufrag, MIN_UFRAG_LEN) ? "a=ice-pwd" : "a=ice-ufrag",
        is_ice_text (ufrag, MIN_UFRAG_LEN) ? MIN_PASSWORD_LEN : MIN_UFRAG_LEN,
        MAX_CREDENTIAL_LEN);
  }
  g_free (self->ufrag);
  g_free (self->password);
  self->ufrag = g_strdup (ufrag);
  self->password = g_strdup (password);
  return TRUE;
}

/* ---- candidates ---- */

static gboolean
is_somebody (const char *text)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (text);

  return address != NULL && !g_inet_address_get_is_any (address)
         && !g_inet_address_get_is_multicast (address)
         && !g_str_equal (text, "255.255.255.255");
}

static gboolean
is_type (const char *text)
{
  const char *const types[] = { "host", "srflx", "prflx", "relay", NULL };

  return g_strv_contains (types, text);
}

/* libnice reads it once more, and takes words for granted that may be missing. */
static gboolean
is_usable (const char *value)
{
  g_auto (GStrv) words = g_strsplit (value, " ", N_WORDS + 1);

  return strlen (value) <= MAX_CANDIDATE_LEN && g_strv_length (words) >= N_WORDS
         && strlen (words[FOUNDATION]) <= MAX_FOUNDATION_LEN
         && g_str_equal (words[COMPONENT], "1")
         && g_ascii_strcasecmp (words[TRANSPORT], "UDP") == 0
         && g_ascii_string_to_unsigned (words[PRIORITY], 10, 1, G_MAXINT32, NULL, NULL)
         && is_somebody (words[ADDRESS])
         && g_ascii_string_to_unsigned (words[PORT], 10, MIN_PORT, G_MAXUINT16, NULL,
                                        NULL)
         && g_str_equal (words[TYP], "typ") && is_type (words[TYPE]);
}

void
gateway_ice_text_add_candidate (GatewayIceText *self, const char *value)
{
  if (self->candidates->len < GATEWAY_MAX_CANDIDATES && is_usable (value))
  {
    g_ptr_array_add (self->candidates, g_strconcat ("a=candidate:", value, NULL));
  }
}

/* ---- fragments ---- */

/* Of the session, or of the one section that carries all: with BUNDLE only that one has
 * any. */
static gboolean
read_line (GatewayIceText *self,
           char *line,
           const char **ufrag,
           const char **password,
           GError **error)
{
  g_strchomp (line);
  if (g_str_has_prefix (line, "a=candidate:"))
  {
    gateway_ice_text_add_candidate (self, line + strlen ("a=candidate:"));
  }
  else if (g_str_has_prefix (line, "a=ice-ufrag:"))
  {
    *ufrag = line + strlen ("a=ice-ufrag:");
  }
  else if (g_str_has_prefix (line, "a=ice-pwd:"))
  {
    *password = line + strlen ("a=ice-pwd:");
  }
  else if (line[0] != '\0' && !g_str_has_prefix (line, "a=")
           && !g_str_has_prefix (line, "m="))
  {
    return gateway_problem_set (error, SOUP_STATUS_BAD_REQUEST,
                                "found a line \"%.*s\": expected a fragment of SDP, of "
                                "a= and m= lines alone (RFC 8840 section 9.2)",
                                MAX_QUOTE, line);
  }
  return TRUE;
}

gboolean
gateway_ice_text_read_fragment (GatewayIceText *self,
                                const char *text,
                                gsize len,
                                GError **error)
{
  g_autofree char *terminated = g_strndup (text, len);
  g_auto (GStrv) lines = NULL;
  const char *ufrag = NULL, *password = NULL;

  if (len == 0 || strlen (terminated) != len
      || !g_utf8_validate (terminated, (gssize) len, NULL))
  {
    return gateway_problem_set (error, SOUP_STATUS_BAD_REQUEST,
                                "the body is no text: expected a fragment of SDP");
  }
  lines = g_strsplit (terminated, "\n", 0);
  for (char **line = lines; *line != NULL; line++)
  {
    if (!read_line (self, *line, &ufrag, &password, error))
    {
      return FALSE;
    }
  }
  return gateway_ice_text_set_credentials (self, ufrag, password, error);
}

void
gateway_ice_text_write (const GatewayIceText *self,
                        gboolean with_candidates,
                        GString *text)
{
  g_string_append_printf (text, "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\n", self->ufrag,
                          self->password);
  for (guint i = 0; with_candidates && i < self->candidates->len; i++)
  {
    g_string_append_printf (text, "%s\r\n",
                            (const char *) g_ptr_array_index (self->candidates, i));
  }
  if (with_candidates)
  {
    g_string_append (text, "a=end-of-candidates\r\n");
  }
}
