/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dtls/wire.h"

/* RFC 5246 section 7.4.1.2: SessionID is opaque <0..32> */
#define MAX_SESSION_ID_LEN 32

static gboolean
read_record_header (TegataReader *reader, TegataRecord *record)
{
  return tegata_reader_u8 (reader, &record->type)
         && tegata_reader_u16 (reader, &record->version)
         && tegata_reader_u16 (reader, &record->epoch)
         && tegata_reader_u48 (reader, &record->sequence);
}

gboolean
tegata_record_read (TegataReader *datagram, TegataRecord *record)
{
  TegataReader rest = *datagram;
  TegataRecord read;

  if (!read_record_header (&rest, &read) || !tegata_reader_sub_u16 (&rest, &read.body))
  {
    return FALSE;
  }

  read.bytes = datagram->bytes;
  read.len = TEGATA_RECORD_HEADER_LEN + read.body.len;
  *record = read;
  *datagram = rest;
  return TRUE;
}

gboolean
tegata_handshake_fragment_read (TegataReader *body, TegataHandshakeFragment *fragment)
{
  TegataReader rest = *body;
  TegataHandshakeFragment read;
  guint32 fragment_len;

  if (!tegata_reader_u8 (&rest, &read.type) || !tegata_reader_u24 (&rest, &read.length)
      || !tegata_reader_u16 (&rest, &read.message_seq)
      || !tegata_reader_u24 (&rest, &read.offset)
      || !tegata_reader_u24 (&rest, &fragment_len)
      || !tegata_reader_sub (&rest, fragment_len, &read.body))
  {
    return FALSE;
  }

  /* Both have 24 bits: the sum does not wrap. */
  if (read.offset + fragment_len > read.length)
  {
    return FALSE;
  }

  *fragment = read;
  *body = rest;
  return TRUE;
}

gboolean
tegata_client_hello_read_start (TegataReader body, TegataClientHelloStart *hello)
{
  TegataClientHelloStart read;

  if (!tegata_reader_u16 (&body, &read.version)
      || !tegata_reader_bytes (&body, TEGATA_RANDOM_LEN, &read.random)
      || !tegata_reader_sub_u8 (&body, &read.session_id)
      || read.session_id.len > MAX_SESSION_ID_LEN
      || !tegata_reader_sub_u8 (&body, &read.cookie))
  {
    return FALSE;
  }

  *hello = read;
  return TRUE;
}
