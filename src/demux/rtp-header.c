/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/bytes.h"

#include <tegata/demux.h>

/* RFC 3550 section 5.1: the first byte of RTP */
#define VERSION(first) ((first) >> 6)
#define HAS_PADDING(first) (((first) &0x20) != 0)
#define HAS_EXTENSION(first) (((first) &0x10) != 0)
#define CSRC_COUNT(first) ((first) &0x0f)
#define RTP_VERSION 2
#define WORD_LEN 4

/* RFC 3550 section 6.4: the first byte of RTCP; RFC 5761 section 4: its types */
#define RTCP_COUNT(first) ((first) &0x1f)
#define RTCP_FIRST_TYPE 192
#define RTCP_LAST_TYPE 223
#define RTCP_MIN_LEN 8 /* a header, and the SSRC that SRTCP leaves readable */

static gboolean
read_extension (TegataReader *reader, const guint8 *start, TegataRtpHeader *header)
{
  const guint8 *data;
  guint16 n_words;

  if (!tegata_reader_u16 (reader, &header->extension_profile)
      || !tegata_reader_u16 (reader, &n_words)
      || !tegata_reader_bytes (reader, (gsize) n_words * WORD_LEN, &data))
  {
    return FALSE;
  }

  header->has_extension = TRUE;
  header->extension_offset = (gsize) (data - start);
  header->extension_len = (gsize) n_words * WORD_LEN;
  return TRUE;
}

/* All that is before the payload. What is left in @reader is the rest; @first is the byte
 * with the P bit. */
static gboolean
read_rtp (TegataReader *reader, TegataRtpHeader *header, guint8 *first)
{
  const guint8 *start = reader->bytes;
  const guint8 *csrcs;
  gsize len = reader->len;
  guint8 second;

  if (!tegata_reader_u8 (reader, first) || VERSION (*first) != RTP_VERSION
      || !tegata_reader_u8 (reader, &second)
      || !tegata_reader_u16 (reader, &header->sequence)
      || !tegata_reader_u32 (reader, &header->timestamp)
      || !tegata_reader_u32 (reader, &header->ssrc))
  {
    return FALSE;
  }

  header->marker = (second & 0x80) != 0;
  header->payload_type = second & 0x7f;
  header->n_csrcs = CSRC_COUNT (*first);
  if (!tegata_reader_bytes (reader, (gsize) header->n_csrcs * WORD_LEN, &csrcs))
  {
    return FALSE;
  }
  if (HAS_EXTENSION (*first) && !read_extension (reader, start, header))
  {
    return FALSE;
  }

  header->header_len = len - reader->len;
  header->payload_len = reader->len;
  return TRUE;
}

/* The last byte counts the padding, itself included: RFC 3550 section 5.1. What is left
 * in
 * @reader is what may be padding. */
static gboolean
read_padding_len (const TegataReader *reader, gsize *padding_len)
{
  TegataReader rest = *reader;
  const guint8 *before;
  guint8 count;

  if (rest.len == 0 || !tegata_reader_bytes (&rest, rest.len - 1, &before)
      || !tegata_reader_u8 (&rest, &count) || count == 0 || count > reader->len)
  {
    return FALSE;
  }
  *padding_len = count;
  return TRUE;
}

gboolean
tegata_rtp_header_parse (TegataRtpHeader *header, const guint8 *bytes, gsize len)
{
  TegataRtpHeader parsed = { 0 };
  TegataReader reader;
  guint8 first;

  g_return_val_if_fail (header != NULL, FALSE);
  g_return_val_if_fail (bytes != NULL || len == 0, FALSE);

  tegata_reader_init (&reader, bytes, len);
  if (!read_rtp (&reader, &parsed, &first))
  {
    return FALSE;
  }
  if (HAS_PADDING (first) && !read_padding_len (&reader, &parsed.padding_len))
  {
    return FALSE;
  }

  parsed.payload_len -= parsed.padding_len;
  *header = parsed;
  return TRUE;
}

gboolean
tegata_rtp_header_parse_protected (TegataRtpHeader *header,
                                   const guint8 *bytes,
                                   gsize len)
{
  TegataRtpHeader parsed = { 0 };
  TegataReader reader;
  guint8 first;

  g_return_val_if_fail (header != NULL, FALSE);
  g_return_val_if_fail (bytes != NULL || len == 0, FALSE);

  tegata_reader_init (&reader, bytes, len);
  if (!read_rtp (&reader, &parsed, &first))
  {
    return FALSE;
  }

  *header = parsed;
  return TRUE;
}

/* One header of a compound, without its SSRC, which not every type has. */
static gboolean
read_rtcp (TegataReader *reader, TegataRtcpHeader *header, guint8 *first)
{
  guint16 n_words;

  if (!tegata_reader_u8 (reader, first) || VERSION (*first) != RTP_VERSION
      || !tegata_reader_u8 (reader, &header->packet_type)
      || !tegata_reader_u16 (reader, &n_words))
  {
    return FALSE;
  }

  header->count = RTCP_COUNT (*first);
  header->packet_len = ((gsize) n_words + 1) * WORD_LEN;
  return header->packet_type >= RTCP_FIRST_TYPE && header->packet_type <= RTCP_LAST_TYPE;
}

/* One packet of a compound. Only the last may be padded: RFC 3550 section 6.4.1. */
static gboolean
skip_rtcp (TegataReader *reader)
{
  TegataRtcpHeader header;
  TegataReader body;
  gsize padding_len = 0;
  guint8 first;

  if (!read_rtcp (reader, &header, &first)
      || !tegata_reader_sub (reader, header.packet_len - WORD_LEN, &body))
  {
    return FALSE;
  }
  if (!HAS_PADDING (first))
  {
    return TRUE;
  }
  return reader->len == 0 && read_padding_len (&body, &padding_len)
         && padding_len % WORD_LEN == 0;
}

gboolean
tegata_rtcp_header_parse_protected (TegataRtcpHeader *header,
                                    const guint8 *bytes,
                                    gsize len)
{
  TegataRtcpHeader parsed = { 0 };
  TegataReader reader;
  guint8 first;

  g_return_val_if_fail (header != NULL, FALSE);
  g_return_val_if_fail (bytes != NULL || len == 0, FALSE);

  tegata_reader_init (&reader, bytes, len);
  if (!read_rtcp (&reader, &parsed, &first) || !tegata_reader_u32 (&reader, &parsed.ssrc))
  {
    return FALSE;
  }

  *header = parsed;
  return TRUE;
}

gboolean
tegata_rtcp_header_parse (TegataRtcpHeader *header, const guint8 *bytes, gsize len)
{
  TegataRtcpHeader parsed;
  TegataReader reader;

  g_return_val_if_fail (header != NULL, FALSE);

  if (!tegata_rtcp_header_parse_protected (&parsed, bytes, len)
      || parsed.packet_len < RTCP_MIN_LEN)
  {
    return FALSE;
  }

  tegata_reader_init (&reader, bytes, len);
  while (reader.len > 0)
  {
    if (!skip_rtcp (&reader))
    {
      return FALSE;
    }
  }

  *header = parsed;
  return TRUE;
}
