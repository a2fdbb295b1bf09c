/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The answer to an offer (RFC 9429 section 5.3.1). */
#include "description.h"

#define STREAM_NAME "gateway"

static void G_GNUC_PRINTF (2, 3) append (GString *text, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_string_append_vprintf (text, format, arguments);
  va_end (arguments);
  g_string_append (text, "\r\n");
}

static gboolean
is_taken (const GatewaySection *section)
{
  return section->format.codec != NULL;
}

static void
append_session (GatewayOffer *self, GString *text)
{
  append (text, "v=0");
  append (text, "o=- %u 1 IN IP4 127.0.0.1", g_random_int ());
  append (text, "s=-");
  append (text, "t=0 0");
  if (self->has_bundle)
  {
    g_string_append (text, "a=group:BUNDLE");
    for (guint i = 0; i < self->n_sections; i++)
    {
      if (is_taken (&self->sections[i]) && self->sections[i].is_bundled)
      {
        g_string_append_printf (text, " %s", self->sections[i].mid);
      }
    }
    g_string_append (text, "\r\n");
  }
  append (text, "a=ice-options:trickle");
}

static void
append_refused (const GatewaySection *section, GString *text)
{
  /* RFC 3264 section 6: the formats do not matter, but there must be one. */
  append (text, "m=%s 0 %s %s", gst_sdp_media_get_media (section->media),
          gst_sdp_media_get_proto (section->media),
          gst_sdp_media_get_format (section->media, 0));
  append (text, "c=IN IP4 0.0.0.0");
  if (section->mid != NULL)
  {
    append (text, "a=mid:%s", section->mid);
  }
  append (text, "a=inactive");
}

static void
append_codec (const GatewaySection *section, GString *text)
{
  const GatewayFormat *format = &section->format;
  const GatewayCodec *codec = format->codec;
  guint payload_type = format->payload_type;

  g_string_append_printf (text, "a=rtpmap:%u %s/%u", payload_type, codec->name,
                          codec->clock_rate);
  if (codec->channels != 0)
  {
    g_string_append_printf (text, "/%u", codec->channels);
  }
  g_string_append (text, "\r\n");
  if (section->fmtp != NULL)
  {
    append (text, "a=fmtp:%u %s", payload_type, section->fmtp);
  }
  if (format->has_nack)
  {
    append (text, "a=rtcp-fb:%u nack", payload_type);
  }
  if (format->has_pli)
  {
    append (text, "a=rtcp-fb:%u nack pli", payload_type);
  }
  if (section->has_fir)
  {
    append (text, "a=rtcp-fb:%u ccm fir", payload_type);
  }
  if (format->rtx_payload_type != 0)
  {
    append (text, "a=rtpmap:%u rtx/%u", format->rtx_payload_type, codec->clock_rate);
    append (text, "a=fmtp:%u apt=%u", format->rtx_payload_type, payload_type);
  }
}

/* What we send: RFC 9725 and WHEP want one stream, and of each kind a track. */
static void
append_source (const GatewaySection *section, const char *cname, GString *text)
{
  const GatewayFormat *format = &section->format;

  append (text, "a=msid:" STREAM_NAME " %s",
          section->kind == GATEWAY_VIDEO ? "video" : "audio");
  if (format->rtx_ssrc != 0)
  {
    append (text, "a=ssrc-group:FID %u %u", format->ssrc, format->rtx_ssrc);
  }
  append (text, "a=ssrc:%u cname:%s", format->ssrc, cname);
  if (format->rtx_ssrc != 0)
  {
    append (text, "a=ssrc:%u cname:%s", format->rtx_ssrc, cname);
  }
}

/* In each section, although the group has one connection: so do the examples of WHEP, and
 * GStreamer's webrtcbin insists on it. */
static void
append_dtls (GatewayOffer *self, TegataFingerprint *fingerprint, GString *text)
{
  TegataSetup setup = tegata_sdp_answer_setup (self->setup, TEGATA_SETUP_PASSIVE);
  g_autofree char *fingerprint_line = tegata_sdp_write_fingerprint (fingerprint);
  g_autofree char *setup_line = tegata_sdp_write_setup (setup);

  append (text, "%s", fingerprint_line);
  append (text, "%s", setup_line);
}

static void
append_taken (GatewayOffer *self,
              const GatewaySection *section,
              GatewayService service,
              const char *cname,
              GString *text)
{
  const GatewayFormat *format = &section->format;

  g_string_append_printf (text, "m=%s 9 %s %u", gst_sdp_media_get_media (section->media),
                          gst_sdp_media_get_proto (section->media), format->payload_type);
  if (format->rtx_payload_type != 0)
  {
    g_string_append_printf (text, " %u", format->rtx_payload_type);
  }
  g_string_append (text, "\r\nc=IN IP4 0.0.0.0\r\n");
  if (section->mid != NULL)
  {
    append (text, "a=mid:%s", section->mid);
  }
  append (text, service == GATEWAY_WATCH ? "a=sendonly" : "a=recvonly");
  append (text, "a=rtcp-mux");
  if (self->has_bundle)
  {
    append (text, "a=rtcp-mux-only");
  }
  append_codec (section, text);
  if (service == GATEWAY_WATCH)
  {
    append_source (section, cname, text);
  }
}

/* The answer is tagged by the first section that is taken: RFC 9143 section 7.3.1. */
char *
gateway_offer_answer (GatewayOffer *self,
                      GatewayService service,
                      const GatewayAnswerer *own)
{
  GString *text = g_string_new (NULL);
  gboolean has_candidates = FALSE;

  append_session (self, text);
  for (guint i = 0; i < self->n_sections; i++)
  {
    const GatewaySection *section = &self->sections[i];

    if (!is_taken (section))
    {
      append_refused (section, text);
      continue;
    }
    append_taken (self, section, service, own->cname, text);
    append_dtls (self, own->fingerprint, text);
    if (!has_candidates && self->has_tls_id)
    {
      g_autofree char *tls_id = tegata_sdp_new_tls_id ();
      g_autofree char *line = tegata_sdp_write_tls_id (tls_id);

      append (text, "%s", line);
    }
    gateway_ice_text_write (own->ice, !has_candidates, text);
    has_candidates = TRUE;
  }
  return g_string_free (text, FALSE);
}

char *
gateway_offer_dup_fragment_head (GatewayOffer *self)
{
  GString *text = g_string_new ("a=ice-options:trickle\r\n");

  for (guint i = 0; i < self->n_sections; i++)
  {
    const GatewaySection *section = &self->sections[i];

    if (is_taken (section))
    {
      append (text, "m=%s 9 %s %u", gst_sdp_media_get_media (section->media),
              gst_sdp_media_get_proto (section->media), section->format.payload_type);
      if (section->mid != NULL)
      {
        append (text, "a=mid:%s", section->mid);
      }
      break;
    }
  }
  return g_string_free (text, FALSE);
}
