/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "offer.h"

#include <gst/sdp/gstsdpmessage.h>
#include <string.h>

/* Of all candidates the sections need nobody's: RFC 8839 section 4.2.1.1. */
#define NO_PORT 9
#define NO_ADDRESS "0.0.0.0"

static void
add_feedback (GstSDPMedia *media, guint8 payload_type)
{
  g_autofree char *nack = g_strdup_printf ("%u nack", payload_type);
  g_autofree char *pli = g_strdup_printf ("%u nack pli", payload_type);

  gst_sdp_media_add_attribute (media, "rtcp-fb", nack);
  gst_sdp_media_add_attribute (media, "rtcp-fb", pli);
}

/* RFC 4588 section 8.1. */
static void
add_rtx (GstSDPMedia *media, const Codec *codec)
{
  g_autofree char *format = g_strdup_printf ("%u", codec->rtx_payload_type);
  g_autofree char *rtpmap
      = g_strdup_printf ("%u rtx/%u", codec->rtx_payload_type, codec->clock_rate);
  g_autofree char *fmtp
      = g_strdup_printf ("%u apt=%u", codec->rtx_payload_type, codec->payload_type);

  gst_sdp_media_add_format (media, format);
  gst_sdp_media_add_attribute (media, "rtpmap", rtpmap);
  gst_sdp_media_add_attribute (media, "fmtp", fmtp);
}

static void
add_codec (GstSDPMedia *media, const Codec *codec)
{
  g_autofree char *format = g_strdup_printf ("%u", codec->payload_type);
  g_autoptr (GString) rtpmap = g_string_new (format);

  g_string_append_printf (rtpmap, " %s/%u", codec->name, codec->clock_rate);
  if (codec->channels > 0)
  {
    g_string_append_printf (rtpmap, "/%u", codec->channels);
  }
  gst_sdp_media_add_format (media, format);
  gst_sdp_media_add_attribute (media, "rtpmap", rtpmap->str);
  if (codec->fmtp != NULL)
  {
    g_autofree char *fmtp = g_strconcat (format, " ", codec->fmtp, NULL);

    gst_sdp_media_add_attribute (media, "fmtp", fmtp);
  }
  if (codec->rtx_payload_type != 0)
  {
    add_feedback (media, codec->payload_type);
    add_rtx (media, codec);
  }
}

static void
add_line (GstSDPMedia *media, const char *line)
{
  g_auto (GStrv) parts = g_strsplit (line + strlen ("a="), ":", 2);

  gst_sdp_media_add_attribute (media, parts[0], parts[1]);
}

static void
add_association (GstSDPMedia *media, TegataCertificate *certificate)
{
  g_autoptr (TegataFingerprint) fingerprint
      = tegata_fingerprint_new_for_certificate (certificate, TEGATA_HASH_SHA256);
  g_autofree char *setup = tegata_sdp_write_setup (TEGATA_SETUP_ACTPASS);
  g_autofree char *line = tegata_sdp_write_fingerprint (fingerprint);

  add_line (media, setup);
  add_line (media, line);
}

static void
add_credentials (GstSDPMedia *media, NiceAgent *agent, guint stream_id)
{
  g_autofree char *ufrag = NULL;
  g_autofree char *password = NULL;

  nice_agent_get_local_credentials (agent, stream_id, &ufrag, &password);
  gst_sdp_media_add_attribute (media, "ice-ufrag", ufrag);
  gst_sdp_media_add_attribute (media, "ice-pwd", password);
}

static void
add_candidates (GstSDPMedia *media, NiceAgent *agent, guint stream_id)
{
  GSList *candidates
      = nice_agent_get_local_candidates (agent, stream_id, NICE_COMPONENT_TYPE_RTP);

  for (GSList *item = candidates; item != NULL; item = item->next)
  {
    g_autofree char *line
        = nice_agent_generate_local_candidate_sdp (agent, (NiceCandidate *) item->data);

    add_line (media, line);
  }
  gst_sdp_media_add_attribute (media, "end-of-candidates", NULL);
  g_slist_free_full (candidates, (GDestroyNotify) nice_candidate_free);
}

static void
add_track (GstSDPMessage *message,
           TrackKind kind,
           NiceAgent *agent,
           guint stream_id,
           TegataCertificate *certificate)
{
  g_autofree char *mid = g_strdup_printf ("%d", (int) kind);
  GstSDPMedia *media;

  gst_sdp_media_new (&media);
  gst_sdp_media_set_media (media, track_kind_to_string (kind));
  gst_sdp_media_set_port_info (media, NO_PORT, 1);
  gst_sdp_media_set_proto (media, "UDP/TLS/RTP/SAVPF");
  gst_sdp_media_add_connection (media, "IN", "IP4", NO_ADDRESS, 0, 0);
  gst_sdp_media_add_attribute (media, "mid", mid);
  gst_sdp_media_add_attribute (media, "recvonly", NULL);
  gst_sdp_media_add_attribute (media, "rtcp-mux", NULL);
  for (guint i = 0; i < N_CODECS; i++)
  {
    if (codec_get (i)->kind == kind)
    {
      add_codec (media, codec_get (i));
    }
  }
  add_association (media, certificate);
  add_credentials (media, agent, stream_id);
  /* in each: the one that would carry the bundle may be turned down */
  add_candidates (media, agent, stream_id);
  gst_sdp_message_add_media (message, media);
  gst_sdp_media_free (media);
}

char *
offer_to_text (NiceAgent *agent, guint stream_id, TegataCertificate *certificate)
{
  g_autoptr (GstSDPMessage) message = NULL;
  /* RFC 9429 section 5.2.1: 63 random bits */
  guint64 session_id = ((guint64) g_random_int () << 32 | g_random_int ()) & G_MAXINT64;
  g_autofree char *session_text = g_strdup_printf ("%" G_GUINT64_FORMAT, session_id);

  gst_sdp_message_new (&message);
  gst_sdp_message_set_version (message, "0");
  gst_sdp_message_set_origin (message, "-", session_text, "1", "IN", "IP4", NO_ADDRESS);
  gst_sdp_message_set_session_name (message, "-");
  gst_sdp_message_add_time (message, "0", "0", NULL);
  gst_sdp_message_add_attribute (message, "group", "BUNDLE 0 1");
  for (guint i = 0; i < N_TRACKS; i++)
  {
    add_track (message, (TrackKind) i, agent, stream_id, certificate);
  }
  return gst_sdp_message_as_text (message);
}
