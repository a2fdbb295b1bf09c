/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rtcp.h"

#include <gst/rtp/rtp.h>
#include <string.h>

/* Words behind a packet's first one, by its kind: GstRTCPBuffer reads what it is asked
 * for, be it there or not. */
#define SENDER_INFO_WORDS 6
#define RECEIVER_SSRC_WORDS 1
#define BLOCK_WORDS 6
#define FEEDBACK_WORDS 2
#define FIR_ENTRY_WORDS 2

/* From 1900 to 1970. */
#define NTP_UNIX_S G_GUINT64_CONSTANT (2208988800)

typedef struct
{
  const GatewayRtcpReader *reader;
  gpointer user_data;
} Reading;

guint64
gateway_ntp_from_unix_us (gint64 unix_us)
{
  guint64 seconds = (guint64) unix_us / G_USEC_PER_SEC;
  guint64 rest_us = (guint64) unix_us % G_USEC_PER_SEC;

  return ((seconds + NTP_UNIX_S) << 32) + (rest_us << 32) / G_USEC_PER_SEC;
}

guint32
gateway_ntp_get_middle (guint64 ntp)
{
  return (guint32) (ntp >> 16);
}

/* Reading. */

static void
read_blocks (const Reading *reading, GstRTCPPacket *packet, guint words_before)
{
  guint n_blocks = gst_rtcp_packet_get_rb_count (packet);

  if (reading->reader->block == NULL
      || gst_rtcp_packet_get_length (packet) < words_before + n_blocks * BLOCK_WORDS)
  {
    return;
  }
  for (guint i = 0; i < n_blocks; i++)
  {
    GatewayReportBlock block;

    gst_rtcp_packet_get_rb (packet, i, &block.ssrc, &block.fraction_lost, &block.lost,
                            &block.highest, &block.jitter, &block.last_sr, &block.delay);
    reading->reader->block (&block, reading->user_data);
  }
}

static void
read_sender (const Reading *reading, GstRTCPPacket *packet)
{
  guint32 ssrc;
  guint32 timestamp;
  guint64 ntp;

  if (gst_rtcp_packet_get_length (packet) < SENDER_INFO_WORDS)
  {
    return;
  }
  if (reading->reader->sender != NULL)
  {
    gst_rtcp_packet_sr_get_sender_info (packet, &ssrc, &ntp, &timestamp, NULL, NULL);
    reading->reader->sender (ssrc, ntp, timestamp, reading->user_data);
  }
  read_blocks (reading, packet, SENDER_INFO_WORDS);
}

/* RFC 4585 section 6.2.1: a packet, and which of the 16 behind it. */
static void
read_nack (const Reading *reading, guint32 media_ssrc, const guint8 *entry)
{
  guint16 first = GST_READ_UINT16_BE (entry);
  guint16 others = GST_READ_UINT16_BE (entry + 2);

  reading->reader->nack (media_ssrc, first, reading->user_data);
  for (guint i = 0; i < 16; i++)
  {
    if ((others & (1u << i)) != 0)
    {
      reading->reader->nack (media_ssrc, (guint16) (first + 1 + i), reading->user_data);
    }
  }
}

static void
read_transport_feedback (const Reading *reading, GstRTCPPacket *packet)
{
  guint n_words = gst_rtcp_packet_get_length (packet);
  const guint8 *fci = gst_rtcp_packet_fb_get_fci (packet);

  if (gst_rtcp_packet_fb_get_type (packet) != GST_RTCP_RTPFB_TYPE_NACK || fci == NULL
      || reading->reader->nack == NULL)
  {
    return;
  }
  for (guint i = 0; i < n_words - FEEDBACK_WORDS; i++)
  {
    read_nack (reading, gst_rtcp_packet_fb_get_media_ssrc (packet), fci + (gsize) 4 * i);
  }
}

static void
read_payload_feedback (const Reading *reading, GstRTCPPacket *packet)
{
  GstRTCPFBType type = gst_rtcp_packet_fb_get_type (packet);
  guint n_words = gst_rtcp_packet_get_length (packet);
  const guint8 *fci = gst_rtcp_packet_fb_get_fci (packet);

  if (reading->reader->key_frame == NULL)
  {
    return;
  }
  if (type == GST_RTCP_PSFB_TYPE_PLI)
  {
    reading->reader->key_frame (gst_rtcp_packet_fb_get_media_ssrc (packet),
                                reading->user_data);
  }
  for (guint i = FEEDBACK_WORDS;
       type == GST_RTCP_PSFB_TYPE_FIR && fci != NULL && i + FIR_ENTRY_WORDS <= n_words;
       i += FIR_ENTRY_WORDS, fci += (gsize) 4 * FIR_ENTRY_WORDS)
  {
    reading->reader->key_frame (GST_READ_UINT32_BE (fci), reading->user_data);
  }
}

static void
read_packet (const Reading *reading, GstRTCPPacket *packet)
{
  guint n_words = gst_rtcp_packet_get_length (packet);

  switch (gst_rtcp_packet_get_type (packet))
  {
  case GST_RTCP_TYPE_SR:
    read_sender (reading, packet);
    break;
  case GST_RTCP_TYPE_RR:
    read_blocks (reading, packet, RECEIVER_SSRC_WORDS);
    break;
  case GST_RTCP_TYPE_RTPFB:
    if (n_words > FEEDBACK_WORDS)
    {
      read_transport_feedback (reading, packet);
    }
    break;
  case GST_RTCP_TYPE_PSFB:
    if (n_words >= FEEDBACK_WORDS)
    {
      read_payload_feedback (reading, packet);
    }
    break;
  default: /* SDES, BYE, APP, XR: nothing that is acted upon */
    break;
  }
}

gboolean
gateway_rtcp_read (const guint8 *bytes,
                   gsize len,
                   const GatewayRtcpReader *reader,
                   gpointer user_data)
{
  Reading reading = { reader, user_data };
  g_autoptr (GstBuffer) buffer = NULL;
  GstRTCPBuffer rtcp = GST_RTCP_BUFFER_INIT;
  GstRTCPPacket packet;

  if (len == 0 || len > G_MAXUINT16
      || !gst_rtcp_buffer_validate_data_reduced ((guint8 *) bytes, (guint) len))
  {
    return FALSE;
  }
  buffer = gst_buffer_new_wrapped_full (GST_MEMORY_FLAG_READONLY, (gpointer) bytes, len,
                                        0, len, NULL, NULL);
  gst_rtcp_buffer_map (buffer, GST_MAP_READ, &rtcp);
  for (gboolean is_there = gst_rtcp_buffer_get_first_packet (&rtcp, &packet); is_there;
       is_there = gst_rtcp_packet_move_to_next (&packet))
  {
    read_packet (&reading, &packet);
  }
  gst_rtcp_buffer_unmap (&rtcp);
  return TRUE;
}

/* Writing. */

/* Each buffer here has room for all that may be added to it. */
static GstRTCPPacket
add (GstRTCPBuffer *rtcp, GstRTCPType type)
{
  GstRTCPPacket packet;

  gst_rtcp_buffer_add_packet (rtcp, type, &packet);
  return packet;
}

static void
add_name (GstRTCPBuffer *rtcp, guint32 ssrc, const char *cname)
{
  GstRTCPPacket packet = add (rtcp, GST_RTCP_TYPE_SDES);

  gst_rtcp_packet_sdes_add_item (&packet, ssrc);
  gst_rtcp_packet_sdes_add_entry (&packet, GST_RTCP_SDES_CNAME, (guint8) strlen (cname),
                                  (const guint8 *) cname);
}

static void
add_nack (GstRTCPBuffer *rtcp, const GatewayReceiverReport *report)
{
  GstRTCPPacket packet = add (rtcp, GST_RTCP_TYPE_RTPFB);
  guint16 n_entries = 0;

  gst_rtcp_packet_fb_set_type (&packet, GST_RTCP_RTPFB_TYPE_NACK);
  gst_rtcp_packet_fb_set_sender_ssrc (&packet, report->ssrc);
  gst_rtcp_packet_fb_set_media_ssrc (&packet, report->media_ssrc);
  for (guint i = 0; i < report->n_missing;)
  {
    guint16 first = report->missing[i++];
    guint16 others = 0;
    guint8 *entry;

    while (i < report->n_missing && (guint16) (report->missing[i] - first - 1) < 16)
    {
      others |= (guint16) (1u << (guint16) (report->missing[i++] - first - 1));
    }
    gst_rtcp_packet_fb_set_fci_length (&packet, ++n_entries);
    entry = gst_rtcp_packet_fb_get_fci (&packet) + (gsize) 4 * (n_entries - 1);
    GST_WRITE_UINT16_BE (entry, first);
    GST_WRITE_UINT16_BE (entry + 2, others);
  }
}

static void
add_pli (GstRTCPBuffer *rtcp, const GatewayReceiverReport *report)
{
  GstRTCPPacket packet = add (rtcp, GST_RTCP_TYPE_PSFB);

  gst_rtcp_packet_fb_set_type (&packet, GST_RTCP_PSFB_TYPE_PLI);
  gst_rtcp_packet_fb_set_sender_ssrc (&packet, report->ssrc);
  gst_rtcp_packet_fb_set_media_ssrc (&packet, report->media_ssrc);
}

static gsize
extract (GstBuffer *buffer, GstRTCPBuffer *rtcp, guint8 *bytes)
{
  gst_rtcp_buffer_unmap (rtcp);
  return gst_buffer_extract (buffer, 0, bytes, GATEWAY_RTCP_MAX);
}

gsize
gateway_rtcp_write_sender_report (guint8 *bytes, const GatewaySenderReport *report)
{
  g_autoptr (GstBuffer) buffer = gst_rtcp_buffer_new (GATEWAY_RTCP_MAX);
  GstRTCPBuffer rtcp = GST_RTCP_BUFFER_INIT;
  GstRTCPPacket packet;

  gst_rtcp_buffer_map (buffer, GST_MAP_READWRITE, &rtcp);
  packet = add (&rtcp, GST_RTCP_TYPE_SR);
  gst_rtcp_packet_sr_set_sender_info (&packet, report->ssrc, report->ntp,
                                      report->timestamp, report->packets, report->octets);
  add_name (&rtcp, report->ssrc, report->cname);
  return extract (buffer, &rtcp, bytes);
}

gsize
gateway_rtcp_write_receiver_report (guint8 *bytes, const GatewayReceiverReport *report)
{
  g_autoptr (GstBuffer) buffer = gst_rtcp_buffer_new (GATEWAY_RTCP_MAX);
  GstRTCPBuffer rtcp = GST_RTCP_BUFFER_INIT;
  GstRTCPPacket packet;

  gst_rtcp_buffer_map (buffer, GST_MAP_READWRITE, &rtcp);
  packet = add (&rtcp, GST_RTCP_TYPE_RR);
  gst_rtcp_packet_rr_set_ssrc (&packet, report->ssrc);
  for (guint i = 0; i < report->n_blocks; i++)
  {
    const GatewayReportBlock *block = &report->blocks[i];

    gst_rtcp_packet_add_rb (&packet, block->ssrc, block->fraction_lost, block->lost,
                            block->highest, block->jitter, block->last_sr, block->delay);
  }
  add_name (&rtcp, report->ssrc, report->cname);
  if (report->n_missing > 0)
  {
    add_nack (&rtcp, report);
  }
  if (report->wants_key_frame)
  {
    add_pli (&rtcp, report);
  }
  return extract (buffer, &rtcp, bytes);
}
