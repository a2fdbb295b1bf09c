/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The answer was written by a stranger: gstreamer-sdp splits it into lines and takes
 * nearly anything; all that is used is checked here.
 */
#include "answer.h"

#include <gst/sdp/gstsdpmessage.h>
#include <string.h>

#define MAX_LEN 65536

static GstSDPMessage *
parse_message (const char *text, gsize len, GError **error)
{
  g_autoptr (GstSDPMessage) message = NULL;
  /* gstreamer-sdp reads up to a NUL */
  g_autofree char *terminated = g_strndup (text, MIN (len, MAX_LEN));

  gst_sdp_message_new (&message);
  if (len > MAX_LEN || strlen (terminated) != len
      || gst_sdp_message_parse_buffer ((const guint8 *) terminated, (guint) len, message)
             != GST_SDP_OK
      || g_strcmp0 (gst_sdp_message_get_version (message), "0") != 0)
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_PARSE,
                 "the answer is no SDP: expected text of at most %d bytes that begins "
                 "with v=0",
                 MAX_LEN);
    return NULL;
  }
  if (gst_sdp_message_medias_len (message) != N_TRACKS)
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_PARSE,
                 "the answer has %u m= lines, the offer has %d (RFC 3264 section 6)",
                 gst_sdp_message_medias_len (message), N_TRACKS);
    return NULL;
  }
  return g_steal_pointer (&message);
}

/* What the section says, else what the session says of all its sections. */
static const char *
get_value (const GstSDPMessage *message, const GstSDPMedia *media, const char *name)
{
  const char *value = gst_sdp_media_get_attribute_val (media, name);

  return value != NULL ? value : gst_sdp_message_get_attribute_val (message, name);
}

static gboolean
parse_number (const char *text, guint64 max, guint64 *number)
{
  g_autofree char *digits = g_strndup (text, strspn (text, "0123456789"));

  return g_ascii_string_to_unsigned (digits, 10, 0, max, number, NULL);
}

/* Of the numbers in the m= line the first that is a codec of ours; the rtpmap says again
 * what it is, so that a number that means something else there is no match. */
static const Codec *
find_codec (const GstSDPMedia *media, TrackKind kind)
{
  for (guint i = 0; i < gst_sdp_media_formats_len (media); i++)
  {
    guint64 number;
    const Codec *codec = NULL;
    g_autofree char *expected = NULL;
    const char *rtpmap;

    if (parse_number (gst_sdp_media_get_format (media, i), 127, &number))
    {
      codec = codec_find (kind, (guint8) number);
    }
    if (codec == NULL)
    {
      continue;
    }
    expected = g_strdup_printf ("%u %s/%u", codec->payload_type, codec->name,
                                codec->clock_rate);
    for (guint j = 0;
         (rtpmap = gst_sdp_media_get_attribute_val_n (media, "rtpmap", j)) != NULL; j++)
    {
      if (g_ascii_strncasecmp (rtpmap, expected, strlen (expected)) == 0)
      {
        return codec;
      }
    }
  }
  return NULL;
}

static gboolean
has_format (const GstSDPMedia *media, guint8 payload_type)
{
  for (guint i = 0; payload_type != 0 && i < gst_sdp_media_formats_len (media); i++)
  {
    guint64 number;

    if (parse_number (gst_sdp_media_get_format (media, i), 127, &number)
        && number == payload_type)
    {
      return TRUE;
    }
  }
  return FALSE;
}

/* a=ssrc-group:FID names media, then its retransmission (RFC 5576, RFC 4588). */
static void
read_ssrcs (Track *track, const GstSDPMedia *media)
{
  const char *group = gst_sdp_media_get_attribute_val (media, "ssrc-group");
  const char *ssrc = gst_sdp_media_get_attribute_val (media, "ssrc");
  g_auto (GStrv) words = g_strsplit (group != NULL ? group : "", " ", -1);
  guint64 first = 0, second = 0;

  if (g_strv_length (words) == 3 && g_str_equal (words[0], "FID")
      && parse_number (words[1], G_MAXUINT32, &first)
      && parse_number (words[2], G_MAXUINT32, &second))
  {
    track->ssrc = (guint32) first;
    track->rtx_ssrc = (guint32) second;
  }
  else if (ssrc != NULL && parse_number (ssrc, G_MAXUINT32, &first))
  {
    track->ssrc = (guint32) first;
  }
}

static gboolean
read_track (Answer *self, TrackKind kind, const GstSDPMedia *media, GError **error)
{
  Track *track = &self->tracks[kind];
  const char *expected = track_kind_to_string (kind);
  const char *found = gst_sdp_media_get_media (media);

  if (g_strcmp0 (found, expected) != 0)
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_PARSE,
                 "the answer has m=%s where the offer has m=%s", found, expected);
    return FALSE;
  }
  if (gst_sdp_media_get_port (media) == 0)
  {
    return TRUE;
  }
  track->codec = find_codec (media, kind);
  if (track->codec == NULL)
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_UNSUPPORTED,
                 "the answer's m=%s takes none of the codecs that were offered",
                 expected);
    return FALSE;
  }
  track->has_rtx = has_format (media, track->codec->rtx_payload_type);
  read_ssrcs (track, media);
  return TRUE;
}

static gboolean
read_fingerprints (Answer *self,
                   const GstSDPMessage *message,
                   const GstSDPMedia *media,
                   GError **error)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new ();
  const char *value;

  for (guint i = 0;
       (value = gst_sdp_media_get_attribute_val_n (media, "fingerprint", i)) != NULL; i++)
  {
    g_ptr_array_add (lines, (gpointer) value);
  }
  /* RFC 8122 section 5: the lines of the section stand for those of the session */
  for (guint i = 0, n = lines->len;
       n == 0
       && (value = gst_sdp_message_get_attribute_val_n (message, "fingerprint", i))
              != NULL;
       i++)
  {
    g_ptr_array_add (lines, (gpointer) value);
  }
  self->fingerprints = tegata_sdp_parse_fingerprints ((const char *const *) lines->pdata,
                                                      lines->len, 0, error);
  if (self->fingerprints == NULL)
  {
    g_prefix_error (error, "the answer's a=fingerprint: ");
  }
  return self->fingerprints != NULL;
}

static gboolean
read_role (Answer *self,
           const GstSDPMessage *message,
           const GstSDPMedia *media,
           GError **error)
{
  const char *text = get_value (message, media, "setup");
  TegataSetup setup = TEGATA_SETUP_NONE;

  if ((text != NULL && !tegata_sdp_parse_setup (text, &setup, error))
      || !tegata_sdp_negotiate_role (TEGATA_SETUP_ACTPASS, setup, TRUE, &self->role,
                                     error))
  {
    g_prefix_error (error, "the answer's a=setup: ");
    return FALSE;
  }
  return TRUE;
}

/* One of a kind that libnice does not know, or with a name in place of an address (mDNS)
 * is no error: the peer's checks find us all the same. */
static void
read_candidates (Answer *self,
                 const GstSDPMedia *media,
                 NiceAgent *agent,
                 guint stream_id)
{
  const char *value;

  for (guint i = 0;
       (value = gst_sdp_media_get_attribute_val_n (media, "candidate", i)) != NULL; i++)
  {
    g_autofree char *line = g_strconcat ("a=candidate:", value, NULL);
    NiceCandidate *candidate
        = nice_agent_parse_remote_candidate_sdp (agent, stream_id, line);

    if (candidate != NULL && candidate->component_id == NICE_COMPONENT_TYPE_RTP)
    {
      self->candidates = g_slist_append (self->candidates, candidate);
    }
    else
    {
      g_clear_pointer (&candidate, nice_candidate_free);
    }
  }
}

static gboolean
read_transport (Answer *self,
                const GstSDPMessage *message,
                const GstSDPMedia *media,
                GError **error)
{
  self->ufrag = g_strdup (get_value (message, media, "ice-ufrag"));
  self->password = g_strdup (get_value (message, media, "ice-pwd"));
  if (self->ufrag == NULL || self->password == NULL)
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_PARSE,
                 "the answer has no a=ice-ufrag and a=ice-pwd");
    return FALSE;
  }
  return read_role (self, message, media, error)
         && read_fingerprints (self, message, media, error);
}

static gboolean
read_answer (Answer *self,
             const GstSDPMessage *message,
             NiceAgent *agent,
             guint stream_id,
             GError **error)
{
  const GstSDPMedia *carrier = NULL;

  for (guint i = 0; i < N_TRACKS; i++)
  {
    const GstSDPMedia *media = gst_sdp_message_get_media (message, i);

    if (!read_track (self, (TrackKind) i, media, error))
    {
      return FALSE;
    }
    /* of a bundle the first one that was not turned down (RFC 9143 section 7.3) */
    carrier = carrier == NULL && self->tracks[i].codec != NULL ? media : carrier;
  }
  if (self->tracks[TRACK_VIDEO].codec == NULL)
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_UNSUPPORTED,
                 "the answer has no video: its m=video line has port 0");
    return FALSE;
  }
  read_candidates (self, carrier, agent, stream_id);
  return read_transport (self, message, carrier, error);
}

Answer *
answer_new_from_text (const char *text,
                      gsize len,
                      NiceAgent *agent,
                      guint stream_id,
                      GError **error)
{
  g_autoptr (GstSDPMessage) message = parse_message (text, len, error);
  Answer *self;

  if (message == NULL)
  {
    return NULL;
  }
  self = g_new0 (Answer, 1);
  if (!read_answer (self, message, agent, stream_id, error))
  {
    g_clear_pointer (&self, answer_free);
  }
  return self;
}

void
answer_free (Answer *self)
{
  if (self == NULL)
  {
    return;
  }
  g_clear_pointer (&self->fingerprints, g_ptr_array_unref);
  g_slist_free_full (self->candidates, (GDestroyNotify) nice_candidate_free);
  g_free (self->ufrag);
  g_free (self->password);
  g_free (self);
}
