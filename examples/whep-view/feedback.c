/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "feedback.h"

#include <gst/rtp/rtp.h>
#include <string.h>

#define MTU 1200
/* A NACK names a packet, and by a bit each the 16 behind it (RFC 4585 section 6.2.1). */
#define NACK_SPAN 16

void
feedback_init (Feedback *self, TegataTransport *transport)
{
  self->transport = transport;
  do
  {
    self->ssrc = g_random_int ();
  }
  while (self->ssrc == 0);
  g_snprintf (self->name, sizeof self->name, "%08x%08x%04x", g_random_int (),
              g_random_int (), g_random_int () & 0xffff);
}

/* Returns: (transfer full): with the report and the name that all begin with */
static GstBuffer *
begin (Feedback *self, GstRTCPBuffer *rtcp, const CheckReport *reports, guint n_reports)
{
  GstBuffer *buffer = gst_rtcp_buffer_new (MTU);
  GstRTCPPacket packet;

  gst_rtcp_buffer_map (buffer, GST_MAP_READWRITE, rtcp);
  gst_rtcp_buffer_add_packet (rtcp, GST_RTCP_TYPE_RR, &packet);
  gst_rtcp_packet_rr_set_ssrc (&packet, self->ssrc);
  for (guint i = 0; i < n_reports; i++)
  {
    gst_rtcp_packet_add_rb (&packet, reports[i].ssrc, reports[i].fraction_lost,
                            reports[i].lost, reports[i].highest, reports[i].jitter,
                            reports[i].last_report, reports[i].delay);
  }
  gst_rtcp_buffer_add_packet (rtcp, GST_RTCP_TYPE_SDES, &packet);
  gst_rtcp_packet_sdes_add_item (&packet, self->ssrc);
  gst_rtcp_packet_sdes_add_entry (&packet, GST_RTCP_SDES_CNAME,
                                  (guint8) strlen (self->name),
                                  (const guint8 *) self->name);
  return buffer;
}

/* @buffer: (transfer full). What the network does not take is asked for again. */
static void
send_and_free (Feedback *self, GstRTCPBuffer *rtcp, GstBuffer *buffer)
{
  GstMapInfo map;

  gst_rtcp_buffer_unmap (rtcp);
  if (gst_buffer_map (buffer, &map, GST_MAP_READ))
  {
    tegata_transport_send_rtcp (self->transport, map.data, map.size, NULL);
    gst_buffer_unmap (buffer, &map);
  }
  gst_buffer_unref (buffer);
}

void
feedback_send_reports (Feedback *self, const CheckReport *reports, guint n_reports)
{
  GstRTCPBuffer rtcp = GST_RTCP_BUFFER_INIT;
  GstBuffer *buffer = begin (self, &rtcp, reports, n_reports);

  send_and_free (self, &rtcp, buffer);
}

static void
add_feedback (Feedback *self,
              GstRTCPBuffer *rtcp,
              GstRTCPPacket *packet,
              GstRTCPType type,
              GstRTCPFBType format,
              guint32 media_ssrc)
{
  gst_rtcp_buffer_add_packet (rtcp, type, packet);
  gst_rtcp_packet_fb_set_type (packet, format);
  gst_rtcp_packet_fb_set_sender_ssrc (packet, self->ssrc);
  gst_rtcp_packet_fb_set_media_ssrc (packet, media_ssrc);
}

/* Returns: words of @fci that are used */
static guint
write_nacks (guint16 (*fci)[2], const guint16 *numbers, guint n_numbers)
{
  guint n_words = 0;

  for (guint i = 0; i < n_numbers; i++)
  {
    guint16 distance = n_words > 0 ? (guint16) (numbers[i] - fci[n_words - 1][0]) : 0;

    if (n_words > 0 && distance >= 1 && distance <= NACK_SPAN)
    {
      fci[n_words - 1][1] |= (guint16) (1 << (distance - 1));
      continue;
    }
    fci[n_words][0] = numbers[i];
    fci[n_words][1] = 0;
    n_words++;
  }
  return n_words;
}

void
feedback_send_nack (Feedback *self,
                    guint32 media_ssrc,
                    const guint16 *numbers,
                    guint n_numbers)
{
  GstRTCPBuffer rtcp = GST_RTCP_BUFFER_INIT;
  GstBuffer *buffer = begin (self, &rtcp, NULL, 0);
  guint16 words[FEEDBACK_MAX_NACKS][2];
  guint n_words = write_nacks (words, numbers, MIN (n_numbers, FEEDBACK_MAX_NACKS));
  GstRTCPPacket packet;
  guint8 *fci;

  add_feedback (self, &rtcp, &packet, GST_RTCP_TYPE_RTPFB, GST_RTCP_RTPFB_TYPE_NACK,
                media_ssrc);
  gst_rtcp_packet_fb_set_fci_length (&packet, (guint16) n_words);
  fci = gst_rtcp_packet_fb_get_fci (&packet);
  for (guint i = 0; i < n_words; i++)
  {
    GST_WRITE_UINT16_BE (fci, words[i][0]);
    GST_WRITE_UINT16_BE (fci + 2, words[i][1]);
    fci += 4;
  }
  self->nacks += n_numbers;
  send_and_free (self, &rtcp, buffer);
}

void
feedback_send_pli (Feedback *self, guint32 media_ssrc)
{
  GstRTCPBuffer rtcp = GST_RTCP_BUFFER_INIT;
  GstBuffer *buffer = begin (self, &rtcp, NULL, 0);
  GstRTCPPacket packet;

  add_feedback (self, &rtcp, &packet, GST_RTCP_TYPE_PSFB, GST_RTCP_PSFB_TYPE_PLI,
                media_ssrc);
  self->plis++;
  send_and_free (self, &rtcp, buffer);
}

gboolean
feedback_read (guint8 *bytes, gsize len, Check *const *checks, gint64 now_us)
{
  g_autoptr (GstBuffer) buffer = NULL;
  GstRTCPBuffer rtcp = GST_RTCP_BUFFER_INIT;
  GstRTCPPacket packet;
  gboolean is_more;

  if (!gst_rtcp_buffer_validate_data (bytes, (guint) len))
  {
    return FALSE;
  }
  buffer = gst_rtcp_buffer_new_copy_data (bytes, (guint) len);
  gst_rtcp_buffer_map (buffer, GST_MAP_READ, &rtcp);
  for (is_more = gst_rtcp_buffer_get_first_packet (&rtcp, &packet); is_more;
       is_more = gst_rtcp_packet_move_to_next (&packet))
  {
    guint32 ssrc;
    guint64 ntp;

    if (gst_rtcp_packet_get_type (&packet) != GST_RTCP_TYPE_SR)
    {
      continue;
    }
    gst_rtcp_packet_sr_get_sender_info (&packet, &ssrc, &ntp, NULL, NULL, NULL);
    for (guint i = 0; i < N_TRACKS; i++)
    {
      if (checks[i] != NULL)
      {
        check_handle_report (checks[i], ssrc, ntp, now_us);
      }
    }
  }
  gst_rtcp_buffer_unmap (&rtcp);
  return TRUE;
}
