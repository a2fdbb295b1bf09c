/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a description says, and what it misses: reading of SDP that a stranger wrote.
 * gstreamer-sdp splits it into lines and takes nearly anything; all that is used is
 * checked here.
 */
#include "sip-media-sdp.h"

#include <gio/gio.h>
#include <gst/sdp/gstsdpmessage.h>
#include <string.h>

/* Of the name of a hash that is repeated in a sentence. */
#define MAX_HASH_LEN 40

static gboolean
is_secured (const GstSDPMedia *media)
{
  const char *proto = gst_sdp_media_get_proto (media);

  return g_strcmp0 (proto, "UDP/TLS/RTP/SAVP") == 0
         || g_strcmp0 (proto, "UDP/TLS/RTP/SAVPF") == 0;
}

static gboolean
is_audio (const GstSDPMedia *media)
{
  return g_strcmp0 (gst_sdp_media_get_media (media), "audio") == 0;
}

static GstSDPMessage *
parse_message (const char *text, gsize len, GError **error)
{
  g_autoptr (GstSDPMessage) message = NULL;
  /* gstreamer-sdp reads up to a NUL. */
  g_autofree char *terminated = g_strndup (text, len);

  if (len > SIP_SDP_MAX_LEN)
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_TOO_BIG,
                 "the description has more than %d bytes, so it is not read",
                 SIP_SDP_MAX_LEN);
    return NULL;
  }
  if (strlen (terminated) != len || !g_utf8_validate (terminated, (gssize) len, NULL))
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_PARSE,
                 "the description is no text: expected SDP in UTF-8 (RFC 8866)");
    return NULL;
  }
  gst_sdp_message_new (&message);
  if (gst_sdp_message_parse_buffer ((const guint8 *) terminated, (guint) len, message)
          != GST_SDP_OK
      || g_strcmp0 (gst_sdp_message_get_version (message), "0") != 0
      || gst_sdp_message_get_origin (message)->sess_id == NULL)
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_PARSE,
                 "the description is no SDP: expected a line v=0, and a whole o= line");
    return NULL;
  }
  return g_steal_pointer (&message);
}

/* Where audio is offered several times, secured and not, the secured one. */
static gboolean
find_audio (const GstSDPMessage *message, guint *index, GError **error)
{
  guint n_media = gst_sdp_message_medias_len (message);
  const GstSDPMedia *audio = NULL;

  for (guint i = 0; i < n_media; i++)
  {
    const GstSDPMedia *media = gst_sdp_message_get_media (message, i);

    if (is_audio (media) && is_secured (media) && gst_sdp_media_get_port (media) != 0)
    {
      *index = i;
      return TRUE;
    }
    audio = audio == NULL && is_audio (media) ? media : audio;
  }
  if (audio == NULL)
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_UNSUPPORTED,
                 "the description has no audio: expected an m=audio line");
  }
  else if (!is_secured (audio))
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_UNSUPPORTED,
                 "the audio is not secured by DTLS-SRTP: found %s in its m= line, "
                 "expected UDP/TLS/RTP/SAVP or UDP/TLS/RTP/SAVPF. Switch DTLS-SRTP on in "
                 "the other agent",
                 gst_sdp_media_get_proto (audio));
  }
  else
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_UNSUPPORTED,
                 "the audio is turned down: its m= line has port 0");
  }
  return FALSE;
}

static void
read_refused (SipDescription *self, const GstSDPMessage *message, guint audio)
{
  self->n_before = audio;
  for (guint i = 0; i < gst_sdp_message_medias_len (message); i++)
  {
    const GstSDPMedia *media = gst_sdp_message_get_media (message, i);
    g_autoptr (GString) formats = g_string_new (NULL);

    for (guint j = 0; i != audio && j < gst_sdp_media_formats_len (media); j++)
    {
      g_string_append_printf (formats, "%s%s", j > 0 ? " " : "",
                              gst_sdp_media_get_format (media, j));
    }
    if (i != audio)
    {
      sip_description_add_refused (self, gst_sdp_media_get_media (media),
                                   gst_sdp_media_get_proto (media), formats->str);
    }
  }
}

/* NULL, without an error, for 0.0.0.0 and ::. */
static gboolean
read_host (const char *text, char **host, GError **error)
{
  g_autoptr (GInetAddress) address = NULL;

  if (text != NULL)
  {
    address = g_inet_address_new_from_string (text);
  }
  if (address == NULL || g_inet_address_get_is_multicast (address))
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_PARSE,
                 "found %s as where the audio goes: expected a c= line with the address "
                 "of one machine, in digits: names are not looked up, since the call's "
                 "media would wait for that",
                 text != NULL ? text : "nothing");
    return FALSE;
  }
  *host = g_inet_address_get_is_any (address) ? NULL : g_inet_address_to_string (address);
  return TRUE;
}

/* a=rtcp:53020, or a=rtcp:53020 IN IP4 126.16.64.4 (RFC 3605 section 2.1). Without it,
 * the next port. */
static gboolean
read_rtcp (SipDescription *self, const GstSDPMedia *media, GError **error)
{
  const char *text = gst_sdp_media_get_attribute_val (media, "rtcp");
  g_auto (GStrv) words = NULL;
  guint64 port;

  self->rtcp_port = (guint16) (self->port + 1);
  self->rtcp_host = g_strdup (self->host);
  if (text == NULL)
  {
    return TRUE;
  }
  words = g_strsplit (text, " ", -1);
  if (words[0] == NULL
      || !g_ascii_string_to_unsigned (words[0], 10, 1, G_MAXUINT16, &port, NULL)
      || (words[1] != NULL && g_strv_length (words) != 4))
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_PARSE,
                 "found a=rtcp:%s: expected a port, and maybe an address (RFC 3605)",
                 text);
    return FALSE;
  }
  self->rtcp_port = (guint16) port;
  if (words[1] == NULL || self->is_unreachable)
  {
    return TRUE;
  }
  g_clear_pointer (&self->rtcp_host, g_free);
  if (!read_host (words[3], &self->rtcp_host, error))
  {
    return FALSE;
  }
  if (self->rtcp_host == NULL)
  {
    /* WebRTC's "a=rtcp:9 IN IP4 0.0.0.0" stays where a gateway fills in the rest. */
    self->rtcp_host = g_strdup (self->host);
  }
  return TRUE;
}

static gboolean
read_addresses (SipDescription *self,
                const GstSDPMessage *message,
                const GstSDPMedia *media,
                GError **error)
{
  const GstSDPConnection *connection = gst_sdp_media_connections_len (media) > 0
                                           ? gst_sdp_media_get_connection (media, 0)
                                           : gst_sdp_message_get_connection (message);
  guint port = gst_sdp_media_get_port (media);

  if (port > G_MAXUINT16)
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_PARSE,
                 "found port %u in the m=audio line: expected 1 to 65535", port);
    return FALSE;
  }
  if (!read_host (connection->address, &self->host, error))
  {
    return FALSE;
  }
  self->port = (guint16) port;
  self->is_unreachable = self->host == NULL;
  self->rtcp_mux = gst_sdp_media_get_attribute_val (media, "rtcp-mux") != NULL;
  return read_rtcp (self, media, error);
}

/* What the section says, else what the session says of all its sections. */
static const char *
get_value (const GstSDPMessage *message, const GstSDPMedia *media, const char *name)
{
  const char *value = gst_sdp_media_get_attribute_val (media, name);

  return value != NULL ? value : gst_sdp_message_get_attribute_val (message, name);
}

static gboolean
is_direction (const GstSDPAttribute *attribute, SipDirection *direction)
{
  static const SipDirection all[]
      = { SIP_SENDRECV, SIP_SENDS, SIP_RECEIVES, SIP_INACTIVE };

  for (gsize i = 0; i < G_N_ELEMENTS (all); i++)
  {
    if (g_str_equal (attribute->key, sip_direction_to_string (all[i])))
    {
      *direction = all[i];
      return TRUE;
    }
  }
  return FALSE;
}

static SipDirection
read_direction (const GstSDPMessage *message, const GstSDPMedia *media)
{
  SipDirection direction = SIP_SENDRECV;

  for (guint i = 0; i < gst_sdp_message_attributes_len (message); i++)
  {
    is_direction (gst_sdp_message_get_attribute (message, i), &direction);
  }
  for (guint i = 0; i < gst_sdp_media_attributes_len (media); i++)
  {
    is_direction (gst_sdp_media_get_attribute (media, i), &direction);
  }
  return direction;
}

static gboolean
read_fingerprints (SipDescription *self,
                   const GstSDPMessage *message,
                   const GstSDPMedia *media,
                   GError **error)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new ();
  g_autoptr (GPtrArray) fingerprints = NULL;
  g_autoptr (GError) problem = NULL;
  const char *value;

  for (guint i = 0;
       (value = gst_sdp_media_get_attribute_val_n (media, "fingerprint", i)) != NULL; i++)
  {
    g_ptr_array_add (lines, (gpointer) value);
  }
  /* RFC 8122 section 5: the lines of the section stand for those of the session. */
  for (guint i = 0, n = lines->len;
       n == 0
       && (value = gst_sdp_message_get_attribute_val_n (message, "fingerprint", i))
              != NULL;
       i++)
  {
    g_ptr_array_add (lines, (gpointer) value);
  }
  if (lines->len == 0)
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_UNSUPPORTED,
                 "the description has no a=fingerprint line, so nobody could be "
                 "recognized: expected one at least (RFC 5763)");
    return FALSE;
  }
  fingerprints = tegata_sdp_parse_fingerprints ((const char *const *) lines->pdata,
                                                lines->len, 0, &problem);
  if (g_error_matches (problem, TEGATA_ERROR, TEGATA_ERROR_UNSUPPORTED))
  {
    const char *hash = g_ptr_array_index (lines, 0);

    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_UNSUPPORTED,
                 "no a=fingerprint line has a hash that still proves anything: found "
                 "%.*s, expected sha-256, sha-384 or sha-512. Set the other agent to one "
                 "of these; sha-256 is what RFC 8122 has",
                 (int) MIN (strcspn (hash, " "), MAX_HASH_LEN), hash);
    return FALSE;
  }
  if (fingerprints == NULL)
  {
    g_propagate_prefixed_error (error, g_steal_pointer (&problem), "a=fingerprint: ");
    return FALSE;
  }
  g_ptr_array_unref (self->fingerprints);
  self->fingerprints = g_steal_pointer (&fingerprints);
  return TRUE;
}

static gboolean
read_association (SipDescription *self,
                  const GstSDPMessage *message,
                  const GstSDPMedia *media,
                  GError **error)
{
  const char *setup = get_value (message, media, "setup");
  const char *tls_id = gst_sdp_media_get_attribute_val (media, "tls-id");

  if (!read_fingerprints (self, message, media, error))
  {
    return FALSE;
  }
  if (setup != NULL && !tegata_sdp_parse_setup (setup, &self->setup, error))
  {
    g_prefix_error (error, "a=setup: ");
    return FALSE;
  }
  if (tls_id != NULL)
  {
    self->tls_id = tegata_sdp_parse_tls_id (tls_id, error);
  }
  return tls_id == NULL || self->tls_id != NULL;
}

static const char *
find_rtpmap (const GstSDPMedia *media, const char *payload_type)
{
  const char *value;

  for (guint i = 0;
       (value = gst_sdp_media_get_attribute_val_n (media, "rtpmap", i)) != NULL; i++)
  {
    gsize len = strlen (payload_type);

    if (strncmp (value, payload_type, len) == 0 && value[len] == ' ')
    {
      return value + len + 1;
    }
  }
  return NULL;
}

static void
read_formats (SipDescription *self, const GstSDPMedia *media)
{
  for (guint i = 0; i < gst_sdp_media_formats_len (media); i++)
  {
    const char *payload_type = gst_sdp_media_get_format (media, i);
    SipFormat format;

    if (sip_format_parse (payload_type, find_rtpmap (media, payload_type), &format))
    {
      g_array_append_val (self->formats, format);
    }
  }
}

SipDescription *
sip_description_new_from_text (const char *text, gsize len, GError **error)
{
  g_autoptr (SipDescription) self = sip_description_new ();
  g_autoptr (GstSDPMessage) message = parse_message (text, len, error);
  const GstSDPMedia *media;
  guint audio;

  if (message == NULL || !find_audio (message, &audio, error))
  {
    return NULL;
  }
  media = gst_sdp_message_get_media (message, audio);
  self->has_ice = get_value (message, media, "ice-ufrag") != NULL
                  || get_value (message, media, "candidate") != NULL;
  self->has_feedback = g_str_has_suffix (gst_sdp_media_get_proto (media), "SAVPF");
  read_refused (self, message, audio);
  self->direction = read_direction (message, media);
  read_formats (self, media);
  if (!read_addresses (self, message, media, error)
      || !read_association (self, message, media, error))
  {
    return NULL;
  }
  return g_steal_pointer (&self);
}
