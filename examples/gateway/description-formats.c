/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "description-formats.h"

#include <string.h>

/* RFC 5761 section 4: with RTCP on the same port 64 to 95 would look like it. */
static gboolean
parse_payload_type (const char *text, guint8 *payload_type)
{
  guint64 number;

  if (!g_ascii_string_to_unsigned (text, 10, 0, GATEWAY_N_PAYLOAD_TYPES - 1, &number,
                                   NULL)
      || (number >= 64 && number <= 95))
  {
    return FALSE;
  }
  *payload_type = (guint8) number;
  return TRUE;
}

static void
read_order (GatewayOfferedFormats *self, const GstSDPMedia *media)
{
  gboolean is_known[GATEWAY_N_PAYLOAD_TYPES] = { FALSE };

  for (guint i = 0; i < gst_sdp_media_formats_len (media); i++)
  {
    guint8 number;

    if (parse_payload_type (gst_sdp_media_get_format (media, i), &number)
        && !is_known[number])
    {
      is_known[number] = TRUE;
      self->order[self->n_formats++] = number;
    }
  }
}

/* "<payload type> <value>". NULL: it is of none that may be. */
static const char *
split_value (const char *value, guint8 *payload_type)
{
  const char *blank = strchr (value, ' ');
  char text[4]; /* of three digits */

  if (blank == NULL || (gsize) (blank - value) >= sizeof text)
  {
    return NULL;
  }
  g_strlcpy (text, value, (gsize) (blank - value) + 1);
  return parse_payload_type (text, payload_type) ? blank + 1 : NULL;
}

static void
add_feedback (GatewayOfferedFormat *format, const char *name)
{
  format->has_nack = format->has_nack || g_ascii_strcasecmp (name, "nack") == 0;
  format->has_pli = format->has_pli || g_ascii_strcasecmp (name, "nack pli") == 0;
  format->has_fir = format->has_fir || g_ascii_strcasecmp (name, "ccm fir") == 0;
}

/* @of_all: what "*" says of every payload type */
static void
read_format_line (GatewayOfferedFormats *self,
                  const GstSDPAttribute *attribute,
                  GatewayOfferedFormat *of_all)
{
  gboolean is_feedback = g_str_equal (attribute->key, "rtcp-fb");
  guint8 number = 0;
  const char *value = split_value (attribute->value, &number);
  GatewayOfferedFormat *format = &self->formats[number];

  if (is_feedback && g_str_has_prefix (attribute->value, "* "))
  {
    add_feedback (of_all, attribute->value + 2);
  }
  else if (value == NULL)
  {
    return;
  }
  else if (is_feedback)
  {
    add_feedback (format, value);
  }
  else if (g_str_equal (attribute->key, "rtpmap"))
  {
    format->rtpmap = format->rtpmap != NULL ? format->rtpmap : value;
  }
  else if (g_str_equal (attribute->key, "fmtp"))
  {
    format->fmtp = format->fmtp != NULL ? format->fmtp : value;
  }
}

static void
read_attribute (GatewayOfferedFormats *self,
                const GstSDPAttribute *attribute,
                GatewayOfferedFormat *of_all)
{
  self->directions |= gateway_direction_from_key (attribute->key);
  if (g_str_equal (attribute->key, "rtcp-mux"))
  {
    self->has_rtcp_mux = TRUE;
  }
  else if (g_str_equal (attribute->key, "ssrc"))
  {
    self->ssrc = self->ssrc != NULL ? self->ssrc : attribute->value;
  }
  else if (g_str_equal (attribute->key, "ssrc-group"))
  {
    self->ssrc_group = self->ssrc_group != NULL ? self->ssrc_group : attribute->value;
  }
  else
  {
    read_format_line (self, attribute, of_all);
  }
}

void
gateway_offered_formats_read (GatewayOfferedFormats *self, const GstSDPMedia *media)
{
  GatewayOfferedFormat of_all = { 0 };

  *self = (GatewayOfferedFormats){ 0 };
  read_order (self, media);
  for (guint i = 0; i < gst_sdp_media_attributes_len (media); i++)
  {
    const GstSDPAttribute *attribute = gst_sdp_media_get_attribute (media, i);

    if (attribute->key != NULL && attribute->value != NULL)
    {
      read_attribute (self, attribute, &of_all);
    }
  }
  for (guint i = 0; i < GATEWAY_N_PAYLOAD_TYPES; i++)
  {
    self->formats[i].has_nack = self->formats[i].has_nack || of_all.has_nack;
    self->formats[i].has_pli = self->formats[i].has_pli || of_all.has_pli;
    self->formats[i].has_fir = self->formats[i].has_fir || of_all.has_fir;
  }
}

GatewayDirections
gateway_direction_from_key (const char *key)
{
  return g_strcmp0 (key, "sendrecv") == 0   ? GATEWAY_SENDRECV
         : g_strcmp0 (key, "sendonly") == 0 ? GATEWAY_SENDONLY
         : g_strcmp0 (key, "recvonly") == 0 ? GATEWAY_RECVONLY
         : g_strcmp0 (key, "inactive") == 0 ? GATEWAY_INACTIVE
                                            : 0;
}
