/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Reads an offer. gstreamer-sdp splits it into lines and takes nearly anything; all that
 * is used is checked here.
 */
#include "description.h"

#include "problem.h"

#include <libsoup/soup.h>
#include <string.h>

#define MAX_SECTIONS 16
#define MAX_FORMATS 128    /* a payload type has 7 bits */
#define MAX_ATTRIBUTES 512 /* of one section; of browsers, 170 */
#define MAX_TOKEN_LEN 32

void
gateway_offer_free (GatewayOffer *self)
{
  for (guint i = 0; i < self->n_sections; i++)
  {
    g_free (self->sections[i].fmtp);
  }
  g_free (self->sections);
  gateway_ice_text_clear (&self->ice);
  g_clear_pointer (&self->fingerprints, g_ptr_array_unref);
  g_clear_pointer (&self->message, gst_sdp_message_free);
  g_free (self);
}

static GstSDPMessage *
parse_message (const char *text, gsize len, GError **error)
{
  g_autoptr (GstSDPMessage) message = NULL;
  /* gstreamer-sdp reads up to a NUL. */
  g_autofree char *terminated = g_strndup (text, len);

  if (len == 0 || strlen (terminated) != len
      || !g_utf8_validate (terminated, (gssize) len, NULL))
  {
    gateway_problem_set (error, SOUP_STATUS_BAD_REQUEST,
                         "the offer is no text: expected SDP in UTF-8 (RFC 8866)");
    return NULL;
  }
  gst_sdp_message_new (&message);
  if (!g_str_has_prefix (terminated, "v=0")
      || gst_sdp_message_parse_buffer ((const guint8 *) terminated, (guint) len, message)
             != GST_SDP_OK
      || gst_sdp_message_get_origin (message)->sess_id == NULL)
  {
    gateway_problem_set (error, SOUP_STATUS_BAD_REQUEST,
                         "the offer is no SDP: expected it to begin with a line v=0 and "
                         "a whole o= line");
    return NULL;
  }
  return g_steal_pointer (&message);
}

/* ---- sections ---- */

/* RFC 8866 section 9; a protocol has slashes, too. */
static gboolean
is_token (const char *text, gboolean with_slashes)
{
  gsize len = text != NULL ? strlen (text) : 0;

  for (gsize i = 0; i < len; i++)
  {
    if (!g_ascii_isalnum (text[i]) && strchr ("!#$%&'*+-.^_`{|}~", text[i]) == NULL
        && !(with_slashes && text[i] == '/'))
    {
      return FALSE;
    }
  }
  return len > 0 && len <= MAX_TOKEN_LEN;
}

/* What an answer repeats. */
static gboolean
has_whole_line (const GstSDPMedia *media)
{
  return is_token (gst_sdp_media_get_media (media), FALSE)
         && is_token (gst_sdp_media_get_proto (media), TRUE)
         && is_token (gst_sdp_media_get_format (media, 0), FALSE);
}

static gboolean
check_section (GatewayOffer *self, guint index, GError **error)
{
  GatewaySection *section = &self->sections[index];

  if (gst_sdp_media_formats_len (section->media) == 0
      || gst_sdp_media_formats_len (section->media) > MAX_FORMATS
      || gst_sdp_media_attributes_len (section->media) > MAX_ATTRIBUTES)
  {
    return gateway_problem_set (error, SOUP_STATUS_BAD_REQUEST,
                                "m= section %u has %u formats and %u attributes: "
                                "expected 1 to %d, and up to %d",
                                index + 1, gst_sdp_media_formats_len (section->media),
                                gst_sdp_media_attributes_len (section->media),
                                MAX_FORMATS, MAX_ATTRIBUTES);
  }
  if (!has_whole_line (section->media))
  {
    return gateway_problem_set (error, SOUP_STATUS_BAD_REQUEST,
                                "the m= line of section %u is malformed: expected tokens "
                                "of up to %d bytes, as in m=video 9 UDP/TLS/RTP/SAVPF 96",
                                index + 1, MAX_TOKEN_LEN);
  }
  if (section->mid != NULL && !is_token (section->mid, FALSE))
  {
    return gateway_problem_set (error, SOUP_STATUS_BAD_REQUEST,
                                "a=mid of m= section %u is malformed: expected a token "
                                "of up to %d bytes",
                                index + 1, MAX_TOKEN_LEN);
  }
  for (guint i = 0; section->mid != NULL && i < index; i++)
  {
    if (g_strcmp0 (self->sections[i].mid, section->mid) == 0)
    {
      return gateway_problem_set (error, SOUP_STATUS_BAD_REQUEST,
                                  "m= sections %u and %u have the same a=mid:%s", i + 1,
                                  index + 1, section->mid);
    }
  }
  return TRUE;
}

static gboolean
read_sections (GatewayOffer *self, GError **error)
{
  guint n_sections = gst_sdp_message_medias_len (self->message);

  if (n_sections == 0 || n_sections > MAX_SECTIONS
      || gst_sdp_message_attributes_len (self->message) > MAX_ATTRIBUTES)
  {
    return gateway_problem_set (error, SOUP_STATUS_BAD_REQUEST,
                                "the offer has %u m= sections and %u attributes of the "
                                "session: expected 1 to %d, and up to %d",
                                n_sections,
                                gst_sdp_message_attributes_len (self->message),
                                MAX_SECTIONS, MAX_ATTRIBUTES);
  }
  self->sections = g_new0 (GatewaySection, n_sections);
  self->n_sections = n_sections;
  for (guint i = 0; i < n_sections; i++)
  {
    const GstSDPMedia *media = gst_sdp_message_get_media (self->message, i);

    self->sections[i].media = media;
    self->sections[i].mid = gst_sdp_media_get_attribute_val (media, "mid");
    self->sections[i].is_offered
        = gst_sdp_media_get_port (media) != 0
          || gst_sdp_media_get_attribute_val (media, "bundle-only") != NULL;
    if (!check_section (self, i, error))
    {
      return FALSE;
    }
  }
  return TRUE;
}

/* ---- BUNDLE ---- */

static GatewaySection *
find_section (GatewayOffer *self, const char *mid)
{
  for (guint i = 0; i < self->n_sections; i++)
  {
    if (g_strcmp0 (self->sections[i].mid, mid) == 0)
    {
      return &self->sections[i];
    }
  }
  return NULL;
}

static gboolean
read_group (GatewayOffer *self, const char *value, GError **error)
{
  g_auto (GStrv) mids = g_strsplit (value + strlen ("BUNDLE"), " ", MAX_SECTIONS + 2);
  gboolean has_tagged = FALSE;

  self->has_bundle = TRUE;
  for (char **mid = mids; *mid != NULL; mid++)
  {
    GatewaySection *section = **mid != '\0' ? find_section (self, *mid) : NULL;

    if (**mid != '\0' && section == NULL)
    {
      return gateway_problem_set (error, SOUP_STATUS_BAD_REQUEST,
                                  "a=group:BUNDLE names %.*s: expected the a=mid of an "
                                  "m= section",
                                  MAX_TOKEN_LEN, *mid);
    }
    if (section != NULL && section->is_offered)
    {
      section->is_bundled = TRUE;
      self->tagged = has_tagged ? self->tagged : (guint) (section - self->sections);
      has_tagged = TRUE;
    }
  }
  return TRUE;
}

static const char *
find_group (GatewayOffer *self)
{
  for (guint i = 0; i < gst_sdp_message_attributes_len (self->message); i++)
  {
    const GstSDPAttribute *attribute = gst_sdp_message_get_attribute (self->message, i);

    if (g_strcmp0 (attribute->key, "group") == 0
        && (g_strcmp0 (attribute->value, "BUNDLE") == 0
            || g_str_has_prefix (attribute->value, "BUNDLE ")))
    {
      return attribute->value;
    }
  }
  return NULL;
}

/* Without a group each section would be a connection of its own: one is fine. */
static gboolean
read_bundle (GatewayOffer *self, GError **error)
{
  const char *value = find_group (self);

  if (value != NULL)
  {
    return read_group (self, value, error);
  }
  for (guint i = 0, n_offered = 0; i < self->n_sections; i++)
  {
    if (!self->sections[i].is_offered)
    {
      continue;
    }
    if (n_offered++ > 0)
    {
      return gateway_problem_set (
          error, SOUP_STATUS_UNPROCESSABLE_ENTITY,
          "the offer has several m= sections and no group of "
          "them: expected a=group:BUNDLE (RFC 9725 section 4.4.1)");
    }
    self->tagged = i;
  }
  return TRUE;
}

/* ---- ICE and DTLS ---- */

static const GstSDPAttribute *
get_attribute (GatewayOffer *self, gboolean of_session, guint i)
{
  const GstSDPMedia *media = self->sections[self->tagged].media;

  return of_session ? gst_sdp_message_get_attribute (self->message, i)
                    : gst_sdp_media_get_attribute (media, i);
}

/* Of the section, or else of the session. Returns: (transfer container): strings of the
 * message's */
static GPtrArray *
list_values (GatewayOffer *self, const char *key)
{
  GPtrArray *values = g_ptr_array_new ();
  guint n_attributes[]
      = { gst_sdp_media_attributes_len (self->sections[self->tagged].media),
          gst_sdp_message_attributes_len (self->message) };

  for (guint place = 0; place < G_N_ELEMENTS (n_attributes) && values->len == 0; place++)
  {
    for (guint i = 0; i < n_attributes[place]; i++)
    {
      const GstSDPAttribute *attribute = get_attribute (self, place == 1, i);

      if (g_strcmp0 (attribute->key, key) == 0 && attribute->value != NULL)
      {
        g_ptr_array_add (values, attribute->value);
      }
    }
  }
  return values;
}

static const char *
get_value (GatewayOffer *self, const char *key)
{
  g_autoptr (GPtrArray) values = list_values (self, key);

  return values->len > 0 ? g_ptr_array_index (values, 0) : NULL;
}

static gboolean
read_ice (GatewayOffer *self, GError **error)
{
  const char *ufrag = get_value (self, "ice-ufrag");
  g_autoptr (GPtrArray) candidates = list_values (self, "candidate");

  if (ufrag == NULL)
  {
    return gateway_problem_set (error, SOUP_STATUS_BAD_REQUEST,
                                "the offer has no a=ice-ufrag in its m= section %u, "
                                "which is to carry all: expected one (RFC 8839)",
                                self->tagged + 1);
  }
  for (guint i = 0; i < candidates->len; i++)
  {
    gateway_ice_text_add_candidate (&self->ice, g_ptr_array_index (candidates, i));
  }
  return gateway_ice_text_set_credentials (&self->ice, ufrag, get_value (self, "ice-pwd"),
                                           error);
}

static gboolean
read_dtls (GatewayOffer *self, GError **error)
{
  g_autoptr (GPtrArray) lines = list_values (self, "fingerprint");
  g_autoptr (GError) problem = NULL;
  const char *setup = get_value (self, "setup");

  if (lines->len == 0)
  {
    return gateway_problem_set (error, SOUP_STATUS_BAD_REQUEST,
                                "the offer has no a=fingerprint line, so nobody could be "
                                "recognized: expected one at least (RFC 5763)");
  }
  self->fingerprints
      = tegata_sdp_parse_fingerprints ((const char *const *) lines->pdata, lines->len,
                                       TEGATA_FINGERPRINT_DEFAULT, &problem);
  if (self->fingerprints == NULL)
  {
    return gateway_problem_set (error, SOUP_STATUS_BAD_REQUEST, "a=fingerprint: %s",
                                problem->message);
  }
  if (setup != NULL && !tegata_sdp_parse_setup (setup, &self->setup, &problem))
  {
    return gateway_problem_set (error, SOUP_STATUS_BAD_REQUEST, "a=setup: %s",
                                problem->message);
  }
  self->has_tls_id = get_value (self, "tls-id") != NULL;
  return TRUE;
}

GatewayOffer *
gateway_offer_new_from_text (const char *text, gsize len, GError **error)
{
  g_autoptr (GatewayOffer) self = g_new0 (GatewayOffer, 1);

  gateway_ice_text_init (&self->ice);
  self->message = parse_message (text, len, error);
  if (self->message == NULL || !read_sections (self, error) || !read_bundle (self, error)
      || !read_ice (self, error) || !read_dtls (self, error))
  {
    return NULL;
  }
  return g_steal_pointer (&self);
}

gboolean
gateway_offer_get_role (GatewayOffer *self,
                        TegataSetup *setup,
                        TegataRole *role,
                        GError **error)
{
  g_autoptr (GError) problem = NULL;

  /* As the server we choose the SRTP profile. */
  *setup = tegata_sdp_answer_setup (self->setup, TEGATA_SETUP_PASSIVE);
  return tegata_sdp_negotiate_role (*setup, self->setup, FALSE, role, &problem)
         || gateway_problem_set (error, SOUP_STATUS_UNPROCESSABLE_ENTITY, "a=setup: %s",
                                 problem->message);
}
