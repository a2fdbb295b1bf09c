/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "offer.h"

#include <string.h>

const char base_offer[] = "v=0\r\n"
                          "o=- 1 1 IN IP4 127.0.0.1\r\n"
                          "s=-\r\n"
                          "t=0 0\r\n"
                          "a=group:BUNDLE 0 1\r\n"
                          "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\n"
                          "c=IN IP4 0.0.0.0\r\n"
                          "a=ice-ufrag:abcd\r\n"
                          "a=ice-pwd:" PASSWORD "\r\n"
                          "a=fingerprint:" FINGERPRINT "\r\n"
                          "a=setup:actpass\r\n"
                          "a=mid:0\r\n"
                          "a=recvonly\r\n"
                          "a=rtcp-mux\r\n"
                          "a=rtpmap:96 VP8/90000\r\n"
                          "a=rtcp-fb:96 nack\r\n"
                          "a=rtpmap:97 rtx/90000\r\n"
                          "a=fmtp:97 apt=96\r\n" AUDIO;

static void
get_formats (const char *video, GatewayFormat *formats)
{
  memset (formats, 0, GATEWAY_N_KINDS * sizeof *formats);
  formats[GATEWAY_VIDEO] = (GatewayFormat){ .codec = gateway_codec_find (video),
                                            .ssrc = 11,
                                            .rtx_ssrc = 12 };
  formats[GATEWAY_AUDIO]
      = (GatewayFormat){ .codec = gateway_codec_find ("OPUS"), .ssrc = 13 };
}

char *
offer_replace (const char *text, const char *from, const char *to)
{
  g_auto (GStrv) parts = g_strsplit (text, from, 2);

  g_assert_cmpuint (g_strv_length (parts), ==, 2);
  return g_strconcat (parts[0], to, parts[1], NULL);
}

GatewayOffer *
offer_read (const char *text)
{
  g_autoptr (GError) error = NULL;
  GatewayOffer *offer = gateway_offer_new_from_text (text, strlen (text), &error);

  g_assert_no_error (error);
  return offer;
}

char *
offer_read_file (const char *name)
{
  g_autofree char *path
      = g_build_filename (g_getenv ("TEGATA_SRCDIR"), "tests/gateway/offers", name, NULL);
  g_autoptr (GError) error = NULL;
  char *text = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  return text;
}

gboolean
offer_choose (GatewayOffer *offer,
              GatewayService service,
              const char *video,
              GError **error)
{
  GatewayFormat formats[GATEWAY_N_KINDS];

  get_formats (video, formats);
  return gateway_offer_choose (offer, service, formats, error);
}

char *
offer_answer (GatewayOffer *offer, GatewayService service)
{
  g_auto (GatewayIceText) ice;
  g_autoptr (TegataFingerprint) fingerprint
      = tegata_fingerprint_parse (FINGERPRINT, TEGATA_FINGERPRINT_DEFAULT, NULL);
  const GatewayAnswerer own = { &ice, fingerprint, "somebody" };

  gateway_ice_text_init (&ice);
  g_assert_true (gateway_ice_text_set_credentials (&ice, "ijkl", PASSWORD, NULL));
  gateway_ice_text_add_candidate (&ice, "1 1 UDP 2015363327 192.0.2.2 47750 typ host");
  return gateway_offer_answer (offer, service, &own);
}

void
offer_assert_contains (const char *text, const char *part)
{
  if (strstr (text, part) == NULL)
  {
    g_test_message ("no \"%s\" in:\n%s", part, text);
    g_test_fail ();
  }
}

void
offer_assert_lacks (const char *text, const char *part)
{
  if (strstr (text, part) != NULL)
  {
    g_test_message ("\"%s\" in:\n%s", part, text);
    g_test_fail ();
  }
}

/* Whatever the offer: the sections in their order, none more and none less. */
void
offer_assert_mirrors (GatewayOffer *offer, const char *text)
{
  g_autoptr (GstSDPMessage) message = NULL;

  g_assert_cmpint (gst_sdp_message_new (&message), ==, GST_SDP_OK);
  g_assert_cmpint (gst_sdp_message_parse_buffer ((const guint8 *) text,
                                                 (guint) strlen (text), message),
                   ==, GST_SDP_OK);
  g_assert_cmpuint (gst_sdp_message_medias_len (message), ==, offer->n_sections);
  for (guint i = 0; i < offer->n_sections; i++)
  {
    const GstSDPMedia *media = gst_sdp_message_get_media (message, i);
    gboolean is_taken = offer->sections[i].format.codec != NULL;

    g_assert_cmpstr (gst_sdp_media_get_media (media), ==,
                     gst_sdp_media_get_media (offer->sections[i].media));
    g_assert_cmpstr (gst_sdp_media_get_attribute_val (media, "mid"), ==,
                     offer->sections[i].mid);
    g_assert_cmpint (gst_sdp_media_get_port (media) != 0, ==, is_taken);
    g_assert_cmpint (gst_sdp_media_get_attribute_val (media, "rtcp-mux") != NULL, ==,
                     is_taken);
  }
}

GatewayOffer *
offer_read_and_choose (const char *text, GatewayService service, GError **error)
{
  g_autoptr (GatewayOffer) offer
      = gateway_offer_new_from_text (text, strlen (text), error);

  return offer != NULL && offer_choose (offer, service, "VP8", error)
             ? g_steal_pointer (&offer)
             : NULL;
}
