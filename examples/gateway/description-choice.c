/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is taken of an offer: sections, codecs, and how they are repaired. */
#include "description.h"
#include "problem.h"

#include <libsoup/soup.h>
#include <string.h>

/* RFC 6184 section 8.1: what a stream without profile-level-id is. */
#define DEFAULT_PROFILE_LEVEL 0x42000a

#define CONSTRAINT_SET1 0x4000

/* Of what is repeated in a message. */
#define MAX_QUOTE 40

/* ---- attributes of a format ---- */

/* "a=KEY:<payload type> <value>"; @wildcard: "*" stands for every payload type. */
static const char *
find_value (const GstSDPMedia *media,
            const char *key,
            const char *payload_type,
            gboolean wildcard,
            guint *from)
{
  gsize len = strlen (payload_type);
  const char *value;

  while ((value = gst_sdp_media_get_attribute_val_n (media, key, *from)) != NULL)
  {
    *from += 1;
    if (strncmp (value, payload_type, len) == 0 && value[len] == ' ')
    {
      return value + len + 1;
    }
    if (wildcard && g_str_has_prefix (value, "* "))
    {
      return value + 2;
    }
  }
  return NULL;
}

static const char *
get_format_value (const GstSDPMedia *media, const char *key, const char *payload_type)
{
  guint from = 0;

  return find_value (media, key, payload_type, FALSE, &from);
}

static gboolean
has_feedback (const GstSDPMedia *media, const char *payload_type, const char *wanted)
{
  guint from = 0;
  const char *value;

  while ((value = find_value (media, "rtcp-fb", payload_type, TRUE, &from)) != NULL)
  {
    if (g_ascii_strcasecmp (value, wanted) == 0)
    {
      return TRUE;
    }
  }
  return FALSE;
}

/* One parameter of an a=fmtp value; NULL where it is missing. */
static char *
dup_parameter (const char *fmtp, const char *name)
{
  g_auto (GStrv) parts = g_strsplit (fmtp != NULL ? fmtp : "", ";", 0);
  gsize len = strlen (name);

  for (char **part = parts; *part != NULL; part++)
  {
    char *text = g_strstrip (*part);

    if (g_ascii_strncasecmp (text, name, len) == 0 && text[len] == '=')
    {
      return g_strdup (text + len + 1);
    }
  }
  return NULL;
}

/* RFC 5761 section 4: with RTCP on the same port 64 to 95 would look like it. */
static gboolean
parse_payload_type (const char *text, guint8 *payload_type)
{
  guint64 number;

  if (!g_ascii_string_to_unsigned (text, 10, 0, 127, &number, NULL)
      || (number >= 64 && number <= 95))
  {
    return FALSE;
  }
  *payload_type = (guint8) number;
  return TRUE;
}

/* ---- codecs ---- */

/* "VP8/90000", "opus/48000/2" */
static gboolean
is_codec (const char *rtpmap, const GatewayCodec *codec)
{
  g_auto (GStrv) parts = g_strsplit (rtpmap, "/", 3);
  guint64 clock_rate, channels = codec->channels;

  return g_strv_length (parts) >= 2 && g_ascii_strcasecmp (parts[0], codec->name) == 0
         && g_ascii_string_to_unsigned (parts[1], 10, 1, G_MAXUINT32, &clock_rate, NULL)
         && clock_rate == codec->clock_rate
         && (parts[2] == NULL || codec->channels == 0
             || g_ascii_string_to_unsigned (parts[2], 10, 1, 255, &channels, NULL))
         && channels == codec->channels;
}

/* Whatever passes through. */
static const GatewayCodec *
find_codec (const char *rtpmap, GatewayKind kind)
{
  g_auto (GStrv) parts = g_strsplit (rtpmap, "/", 2);
  const GatewayCodec *codec = parts[0] != NULL ? gateway_codec_find (parts[0]) : NULL;

  return codec != NULL && codec->kind == kind && is_codec (rtpmap, codec) ? codec : NULL;
}

static guint64
get_profile_level (const char *fmtp)
{
  g_autofree char *text = dup_parameter (fmtp, "profile-level-id");
  guint64 number = DEFAULT_PROFILE_LEVEL;

  return text == NULL || g_ascii_string_to_unsigned (text, 16, 0, 0xffffff, &number, NULL)
             ? number
             : 0;
}

/*
 * How well an offered H.264 fits, 0 for not at all. A decoder of one of these profiles
 * takes constrained baseline, which everybody has; the nearest one is taken. To those who
 * watch, the level is what they can take.
 */
static guint
rank_h264 (const char *fmtp, const GatewayCodec *codec, GatewayService service)
{
  const guint profiles[] = { 0x64, 0x4d, 0x42 };
  g_autofree char *mode = dup_parameter (fmtp, "packetization-mode");
  guint64 theirs = get_profile_level (fmtp);
  guint64 ours = get_profile_level (codec->fmtp);

  if (g_strcmp0 (mode, "1") != 0
      || (service == GATEWAY_WATCH && (theirs & 0xff) < (ours & 0xff)))
  {
    return 0;
  }
  for (guint i = 0; i < G_N_ELEMENTS (profiles); i++)
  {
    if (theirs >> 16 == profiles[i])
    {
      return 2 * i + ((theirs & CONSTRAINT_SET1) != 0 ? 2 : 1);
    }
  }
  return 0;
}

static guint
rank_format (const GstSDPMedia *media,
             const char *payload_type,
             const GatewayCodec *codec,
             GatewayService service)
{
  const char *rtpmap = get_format_value (media, "rtpmap", payload_type);

  if (rtpmap == NULL || !is_codec (rtpmap, codec))
  {
    return 0;
  }
  return g_str_equal (codec->name, "H264")
             ? rank_h264 (get_format_value (media, "fmtp", payload_type), codec, service)
             : 1;
}

/* The best, and of those the one that the peer likes best. */
static const char *
find_format (const GstSDPMedia *media,
             const GatewayCodec *codec,
             GatewayService service,
             guint8 *payload_type)
{
  const char *best = NULL;
  guint best_rank = 0;

  for (guint i = 0; i < gst_sdp_media_formats_len (media); i++)
  {
    const char *text = gst_sdp_media_get_format (media, i);
    guint rank = rank_format (media, text, codec, service);
    guint8 number;

    if (rank > best_rank && parse_payload_type (text, &number))
    {
      best = text;
      best_rank = rank;
      *payload_type = number;
    }
  }
  return best;
}

static guint8
find_rtx (const GstSDPMedia *media, const char *payload_type)
{
  for (guint i = 0; i < gst_sdp_media_formats_len (media); i++)
  {
    const char *text = gst_sdp_media_get_format (media, i);
    const char *rtpmap = get_format_value (media, "rtpmap", text);
    g_autofree char *apt = dup_parameter (get_format_value (media, "fmtp", text), "apt");
    guint8 number;

    if (rtpmap != NULL && g_ascii_strncasecmp (rtpmap, "rtx/", 4) == 0
        && g_strcmp0 (apt, payload_type) == 0 && parse_payload_type (text, &number))
    {
      return number;
    }
  }
  return 0;
}

/* ---- sections ---- */

/* RFC 4566's default is to send and to receive. */
static gboolean
has_direction (GatewayOffer *self, const GatewaySection *section, GatewayService service)
{
  const char *const directions[] = { "sendrecv", "sendonly", "recvonly", "inactive" };
  const char *found = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (directions); i++)
  {
    if (gst_sdp_media_get_attribute_val (section->media, directions[i]) != NULL)
    {
      found = directions[i];
    }
  }
  for (guint i = 0; found == NULL && i < G_N_ELEMENTS (directions); i++)
  {
    if (gst_sdp_message_get_attribute_val (self->message, directions[i]) != NULL)
    {
      found = directions[i];
    }
  }
  return found == NULL || g_str_equal (found, "sendrecv")
         || g_str_equal (found, service == GATEWAY_WATCH ? "recvonly" : "sendonly");
}

static gboolean
has_kind (GatewayOffer *self, GatewayKind kind)
{
  for (guint i = 0; i < self->n_sections; i++)
  {
    if (self->sections[i].format.codec != NULL && self->sections[i].kind == kind)
    {
      return TRUE;
    }
  }
  return FALSE;
}

/* Why it cannot be taken whatever its codecs are, as the end of a sentence; NULL: it can.
 */
static const char *
find_obstacle (GatewayOffer *self, GatewaySection *section, GatewayService service)
{
  const char *media = gst_sdp_media_get_media (section->media);
  const char *proto = gst_sdp_media_get_proto (section->media);

  if (g_strcmp0 (media, "video") != 0 && g_strcmp0 (media, "audio") != 0)
  {
    return "expected m=video or m=audio";
  }
  section->kind = g_str_equal (media, "video") ? GATEWAY_VIDEO : GATEWAY_AUDIO;
  if (g_strcmp0 (proto, "UDP/TLS/RTP/SAVPF") != 0
      && g_strcmp0 (proto, "UDP/TLS/RTP/SAVP") != 0)
  {
    return "expected UDP/TLS/RTP/SAVPF in its m= line: media is secured by DTLS-SRTP";
  }
  if (self->has_bundle && !section->is_bundled)
  {
    return "expected it in a=group:BUNDLE";
  }
  if (gst_sdp_media_get_attribute_val (section->media, "rtcp-mux") == NULL)
  {
    return "expected a=rtcp-mux";
  }
  if (!has_direction (self, section, service))
  {
    return service == GATEWAY_WATCH ? "expected a=recvonly, or a=sendrecv"
                                    : "expected a=sendonly, or a=sendrecv";
  }
  return has_kind (self, section->kind) ? "expected one of each kind" : NULL;
}

/* The peer's own SSRCs, where it tells them. */
static void
read_ssrcs (const GstSDPMedia *media, GatewayFormat *format)
{
  const char *group = gst_sdp_media_get_attribute_val (media, "ssrc-group");
  const char *first = gst_sdp_media_get_attribute_val (media, "ssrc");
  g_auto (GStrv) parts
      = g_strsplit (group != NULL && g_str_has_prefix (group, "FID ") ? group + 4
                    : first != NULL                                   ? first
                                                                      : "",
                    " ", 3);
  guint64 number;

  if (parts[0] != NULL
      && g_ascii_string_to_unsigned (parts[0], 10, 1, G_MAXUINT32, &number, NULL))
  {
    format->ssrc = (guint32) number;
  }
  if (group != NULL && parts[0] != NULL && parts[1] != NULL
      && g_ascii_string_to_unsigned (parts[1], 10, 1, G_MAXUINT32, &number, NULL))
  {
    format->rtx_ssrc = (guint32) number;
  }
}

/* RFC 6184 section 8.2.2: the profile of an answer is the offer's. */
static char *
make_fmtp (const GstSDPMedia *media, const char *payload_type, const GatewayCodec *codec)
{
  g_autofree char *profile_level = NULL;

  if (!g_str_equal (codec->name, "H264"))
  {
    return g_strdup (codec->fmtp);
  }
  profile_level = g_strdup_printf (
      "%06x", (guint) get_profile_level (get_format_value (media, "fmtp", payload_type)));
  return g_strdup_printf ("level-asymmetry-allowed=1;packetization-mode=1;"
                          "profile-level-id=%s",
                          profile_level);
}

/* @own: (nullable): what we send; NULL to publish */
static gboolean
take_codec (GatewaySection *section,
            GatewayService service,
            const GatewayCodec *codec,
            const GatewayFormat *own)
{
  GatewayFormat *format = &section->format;
  const char *payload_type
      = find_format (section->media, codec, service, &format->payload_type);

  if (payload_type == NULL)
  {
    return FALSE;
  }
  format->codec = codec;
  format->has_nack = has_feedback (section->media, payload_type, "nack");
  format->has_pli = has_feedback (section->media, payload_type, "nack pli");
  section->has_fir = has_feedback (section->media, payload_type, "ccm fir");
  section->fmtp = make_fmtp (section->media, payload_type, codec);
  format->rtx_payload_type
      = format->has_nack ? find_rtx (section->media, payload_type) : 0;
  if (own == NULL)
  {
    read_ssrcs (section->media, format);
    return TRUE;
  }
  format->ssrc = own->ssrc;
  format->rtx_ssrc = format->rtx_payload_type != 0 ? own->rtx_ssrc : 0;
  if (format->rtx_ssrc == 0)
  {
    format->rtx_payload_type = 0;
  }
  return TRUE;
}

/* The first of the peer's list that passes through. */
static gboolean
take_any_codec (GatewaySection *section)
{
  for (guint i = 0; i < gst_sdp_media_formats_len (section->media); i++)
  {
    const char *rtpmap = get_format_value (section->media, "rtpmap",
                                           gst_sdp_media_get_format (section->media, i));
    const GatewayCodec *codec
        = rtpmap != NULL ? find_codec (rtpmap, section->kind) : NULL;

    if (codec != NULL && take_codec (section, GATEWAY_PUBLISH, codec, NULL))
    {
      return TRUE;
    }
  }
  return FALSE;
}

/* @own: (nullable): what we send of it; NULL to publish */
static char *
describe_missing (const GatewaySection *section, const GatewayFormat *own)
{
  const GatewayCodec *codec = own != NULL ? own->codec : NULL;

  if (own == NULL)
  {
    return g_strdup (section->kind == GATEWAY_VIDEO
                         ? "expected VP8, or H264 of packetization-mode=1"
                         : "expected opus/48000/2");
  }
  return codec == NULL
             ? g_strdup ("there is none to watch")
             : g_strdup_printf (
                 "expected %s/%u%s", codec->name, codec->clock_rate,
                 g_str_equal (codec->name, "H264") ? " of packetization-mode=1" : "");
}

/* Returns: (transfer full): NULL where it is taken, else why it is not */
static char *
take_section (GatewayOffer *self,
              GatewaySection *section,
              GatewayService service,
              const GatewayFormat *formats)
{
  const char *obstacle = find_obstacle (self, section, service);
  const GatewayFormat *own;

  if (obstacle != NULL)
  {
    return g_strdup (obstacle);
  }
  own = service == GATEWAY_WATCH ? &formats[section->kind] : NULL;
  if (own != NULL ? own->codec != NULL && take_codec (section, service, own->codec, own)
                  : take_any_codec (section))
  {
    return NULL;
  }
  return describe_missing (section, own);
}

gboolean
gateway_offer_choose (GatewayOffer *self,
                      GatewayService service,
                      const GatewayFormat *formats,
                      GError **error)
{
  g_autofree char *first_reason = NULL;

  for (guint i = 0; i < self->n_sections; i++)
  {
    GatewaySection *section = &self->sections[i];
    g_autofree char *reason
        = section->is_offered ? take_section (self, section, service, formats) : NULL;

    if (reason != NULL && first_reason == NULL)
    {
      first_reason
          = g_strdup_printf ("m= section %u (%.*s) cannot be taken: %s", i + 1, MAX_QUOTE,
                             gst_sdp_media_get_media (section->media), reason);
    }
  }
  if (service == GATEWAY_PUBLISH && first_reason != NULL)
  {
    return gateway_problem_set (error, SOUP_STATUS_UNPROCESSABLE_ENTITY, "%s",
                                first_reason);
  }
  if (!has_kind (self, GATEWAY_VIDEO) && !has_kind (self, GATEWAY_AUDIO))
  {
    return gateway_problem_set (error, SOUP_STATUS_UNPROCESSABLE_ENTITY, "%s",
                                first_reason != NULL
                                    ? first_reason
                                    : "every m= section has port 0: expected video or "
                                      "audio");
  }
  return TRUE;
}

void
gateway_offer_get_formats (GatewayOffer *self, GatewayFormat *formats)
{
  memset (formats, 0, GATEWAY_N_KINDS * sizeof *formats);
  for (guint i = 0; i < self->n_sections; i++)
  {
    if (self->sections[i].format.codec != NULL)
    {
      formats[self->sections[i].kind] = self->sections[i].format;
    }
  }
}
