/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What an association counts, as a GstStructure: the members of RTCTransportStats (W3C
 * webrtc-stats) under their own names, and ours in the same style. The transport of the
 * library has the same names in its GVariant. */

#include "properties.h"

#include <tegata/enum-types.h>

static void
add_text (GstStructure *stats, const char *name, const char *text)
{
  if (text != NULL)
  {
    gst_structure_set (stats, name, G_TYPE_STRING, text, NULL);
  }
}

static void
add_count (GstStructure *stats, const char *name, guint64 n)
{
  gst_structure_set (stats, name, G_TYPE_UINT64, n, NULL);
}

/* @part: (transfer full) */
static void
add_part (GstStructure *stats, const char *name, GstStructure *part)
{
  gst_structure_set (stats, name, GST_TYPE_STRUCTURE, part, NULL);
  gst_structure_free (part);
}

static void
add_refused (GstStructure *stats, const guint64 *refused)
{
  GstStructure *part = gst_structure_new_empty ("refused");

  for (guint i = 0; i < TEGATA_N_REFUSALS; i++)
  {
    if (refused[i] > 0)
    {
      add_count (part, tegata_refusal_to_string ((TegataRefusal) i), refused[i]);
    }
  }
  add_part (stats, "refused", part);
}

/* "auth-failed" is authFailed beside the names of the W3C. (transfer full) */
static char *
to_camel_case (const char *nick)
{
  GString *text = g_string_new (NULL);
  gboolean begins_word = FALSE;

  for (; *nick != '\0'; nick++)
  {
    if (*nick == '-')
    {
      begins_word = TRUE;
      continue;
    }
    g_string_append_c (text, begins_word ? g_ascii_toupper (*nick) : *nick);
    begins_word = FALSE;
  }
  return g_string_free (text, FALSE);
}

/* Packets that passed, RTP and RTCP, and those that did not, by the reason. */
static void
add_srtp (GstStructure *stats, const char *name, const TegataSrtpStats *srtp)
{
  GEnumClass *outcomes = g_type_class_ref (TEGATA_TYPE_SRTP_OUTCOME);
  GstStructure *part = gst_structure_new_empty (name);

  add_count (part, "rtp", srtp->rtp[TEGATA_SRTP_OK]);
  add_count (part, "rtcp", srtp->rtcp[TEGATA_SRTP_OK]);
  for (guint i = TEGATA_SRTP_OK + 1; i < TEGATA_N_SRTP_OUTCOMES; i++)
  {
    guint64 n = srtp->rtp[i] + srtp->rtcp[i];

    if (n > 0)
    {
      g_autofree char *outcome
          = to_camel_case (g_enum_get_value (outcomes, (gint) i)->value_nick);

      add_count (part, outcome, n);
    }
  }
  add_part (stats, name, part);
  g_type_class_unref (outcomes);
}

static void
add_dropped (GstStructure *stats, const GstTegataDropped *dropped)
{
  GstStructure *part = gst_structure_new_empty ("dropped");

  add_count (part, "mediaBeforeConnected", dropped->media_before_connected);
  add_count (part, "dataBeforeConnected", dropped->data_before_connected);
  add_count (part, "outgoingOverflow", dropped->outgoing_overflow);
  add_part (stats, "dropped", part);
}

static void
add_session (GstStructure *stats, const TegataSessionStats *session)
{
  add_text (stats, "dtlsState", session->dtls_state);
  add_text (stats, "dtlsRole", session->dtls_role);
  add_text (stats, "tlsVersion", session->tls_version);
  add_text (stats, "dtlsCipher", session->dtls_cipher);
  add_text (stats, "srtpCipher", session->srtp_cipher);
  add_count (stats, "packetsSent", session->packets_sent);
  add_count (stats, "packetsReceived", session->packets_received);
  add_count (stats, "bytesSent", session->bytes_sent);
  add_count (stats, "bytesReceived", session->bytes_received);
  add_count (stats, "flightsSent", session->dtls.flights_sent);
  add_count (stats, "flightsReceived", session->dtls.flights_received);
  add_count (stats, "retransmissions", session->dtls.retransmissions);
  add_count (stats, "heldMedia", session->held_media);
  add_refused (stats, session->refused);
  add_srtp (stats, "outbound", &session->outbound);
  add_srtp (stats, "inbound", &session->inbound);
}

GstStructure *
gst_tegata_dup_stats (GstTegataAssociation *association)
{
  GstStructure *stats = gst_structure_new_empty ("application/x-tegata-stats");
  TegataSessionStats session;
  GstTegataDropped dropped;

  if (association != NULL
      && gst_tegata_association_get_stats (association, &session, &dropped))
  {
    add_session (stats, &session);
    add_dropped (stats, &dropped);
  }
  else
  {
    add_text (stats, "dtlsState", tegata_state_to_string (TEGATA_STATE_CLOSED));
  }
  return stats;
}
