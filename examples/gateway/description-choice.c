/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is taken of an offer: sections, codecs, and how they are repaired. */
#include "description.h"

#include "description-formats.h"
#include "problem.h"

#include <libsoup/soup.h>
#include <string.h>

/* RFC 6184 section 8.1: what a stream without profile-level-id is. */
#define DEFAULT_PROFILE_LEVEL 0x42000a

#define CONSTRAINT_SET1 0x4000

/* Of an a=fmtp value; browsers say a handful. */
#define MAX_PARAMETERS 32

/* Of what is repeated in a message. */
#define MAX_QUOTE 40

/* ---- attributes of a format ---- */

/* One parameter of an a=fmtp value; NULL where it is missing. */
static char *
dup_parameter (const char *fmtp, const char *name)
{
  g_auto (GStrv) parts = g_strsplit (fmtp != NULL ? fmtp : "", ";", MAX_PARAMETERS);
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
rank_format (const GatewayOfferedFormat *format,
             const GatewayCodec *codec,
             GatewayService service)
{
  if (format->rtpmap == NULL || !is_codec (format->rtpmap, codec))
  {
    return 0;
  }
  return g_str_equal (codec->name, "H264") ? rank_h264 (format->fmtp, codec, service) : 1;
}

/* The best, and of those the one that the peer likes best. FALSE: there is none. */
static gboolean
find_format (const GatewayOfferedFormats *offered,
             const GatewayCodec *codec,
             GatewayService service,
             guint8 *payload_type)
{
  guint best_rank = 0;

  for (guint i = 0; i < offered->n_formats; i++)
  {
    guint rank = rank_format (&offered->formats[offered->order[i]], codec, service);

    if (rank > best_rank)
    {
      best_rank = rank;
      *payload_type = offered->order[i];
    }
  }
  return best_rank > 0;
}

static guint8
find_rtx (const GatewayOfferedFormats *offered, guint8 payload_type)
{
  for (guint i = 0; i < offered->n_formats; i++)
  {
    const GatewayOfferedFormat *format = &offered->formats[offered->order[i]];
    g_autofree char *apt = NULL;
    guint64 number;

    if (format->rtpmap == NULL || g_ascii_strncasecmp (format->rtpmap, "rtx/", 4) != 0)
    {
      continue;
    }
    apt = dup_parameter (format->fmtp, "apt");
    if (apt != NULL && g_ascii_string_to_unsigned (apt, 10, 0, 127, &number, NULL)
        && number == payload_type)
    {
      return offered->order[i];
    }
  }
  return 0;
}

/* ---- sections ---- */

static GatewayDirections
read_session_directions (GatewayOffer *self)
{
  GatewayDirections found = 0;

  for (guint i = 0; i < gst_sdp_message_attributes_len (self->message); i++)
  {
    found |= gateway_direction_from_key (
        gst_sdp_message_get_attribute (self->message, i)->key);
  }
  return found;
}

/* RFC 8866's default is to send and to receive. Of several the least is believed. */
static gboolean
has_direction (GatewayOffer *self,
               const GatewayOfferedFormats *offered,
               GatewayService service)
{
  GatewayDirections found
      = offered->directions != 0 ? offered->directions : read_session_directions (self);
  GatewayDirections wanted
      = service == GATEWAY_WATCH ? GATEWAY_RECVONLY : GATEWAY_SENDONLY;

  return (found & ~(GatewayDirections) (GATEWAY_SENDRECV | wanted)) == 0;
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
find_obstacle (GatewayOffer *self,
               GatewaySection *section,
               const GatewayOfferedFormats *offered,
               GatewayService service)
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
  if (!offered->has_rtcp_mux)
  {
    return "expected a=rtcp-mux";
  }
  if (!has_direction (self, offered, service))
  {
    return service == GATEWAY_WATCH ? "expected a=recvonly, or a=sendrecv"
                                    : "expected a=sendonly, or a=sendrecv";
  }
  return has_kind (self, section->kind) ? "expected one of each kind" : NULL;
}

/* The peer's own SSRCs, where it tells them. */
static void
read_ssrcs (const GatewayOfferedFormats *offered, GatewayFormat *format)
{
  const char *group = offered->ssrc_group;
  const char *first = offered->ssrc;
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
make_fmtp (const char *offered, const GatewayCodec *codec)
{
  g_autofree char *profile_level = NULL;

  if (!g_str_equal (codec->name, "H264"))
  {
    return g_strdup (codec->fmtp);
  }
  profile_level = g_strdup_printf ("%06x", (guint) get_profile_level (offered));
  return g_strdup_printf ("level-asymmetry-allowed=1;packetization-mode=1;"
                          "profile-level-id=%s",
                          profile_level);
}

/* @own: (nullable): what we send; NULL to publish */
static gboolean
take_codec (GatewaySection *section,
            const GatewayOfferedFormats *offered,
            GatewayService service,
            const GatewayCodec *codec,
            const GatewayFormat *own)
{
  GatewayFormat *format = &section->format;
  const GatewayOfferedFormat *found;

  if (!find_format (offered, codec, service, &format->payload_type))
  {
    return FALSE;
  }
  found = &offered->formats[format->payload_type];
  format->codec = codec;
  format->has_nack = found->has_nack;
  format->has_pli = found->has_pli;
  section->has_fir = found->has_fir;
  section->fmtp = make_fmtp (found->fmtp, codec);
  format->rtx_payload_type
      = format->has_nack ? find_rtx (offered, format->payload_type) : 0;
  if (own == NULL)
  {
    read_ssrcs (offered, format);
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

/* The first of the peer's list that passes through. A codec that none of its formats is
 * fit for is not looked for again. */
static gboolean
take_any_codec (GatewaySection *section, const GatewayOfferedFormats *offered)
{
  const GatewayCodec *unfit = NULL;

  for (guint i = 0; i < offered->n_formats; i++)
  {
    const char *rtpmap = offered->formats[offered->order[i]].rtpmap;
    const GatewayCodec *codec
        = rtpmap != NULL ? find_codec (rtpmap, section->kind) : NULL;

    if (codec == NULL || codec == unfit)
    {
      continue;
    }
    if (take_codec (section, offered, GATEWAY_PUBLISH, codec, NULL))
    {
      return TRUE;
    }
    unfit = codec;
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
  GatewayOfferedFormats offered;
  const GatewayFormat *own;
  const char *obstacle;

  gateway_offered_formats_read (&offered, section->media);
  obstacle = find_obstacle (self, section, &offered, service);
  if (obstacle != NULL)
  {
    return g_strdup (obstacle);
  }
  own = service == GATEWAY_WATCH ? &formats[section->kind] : NULL;
  if (own != NULL
          ? own->codec != NULL && take_codec (section, &offered, service, own->codec, own)
          : take_any_codec (section, &offered))
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
