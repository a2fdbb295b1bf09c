/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "session/first-look.h"

#include <string.h>

gboolean
tegata_first_look_hello (const guint8 *bytes, gsize len, guint8 random[TEGATA_RANDOM_LEN])
{
  TegataReader datagram;
  TegataRecord record;
  TegataHandshakeFragment fragment;
  TegataClientHelloStart hello;

  tegata_reader_init (&datagram, bytes, len);
  if (!tegata_record_read (&datagram, &record) || record.type != TEGATA_CONTENT_HANDSHAKE
      || record.epoch != 0 || !tegata_handshake_fragment_read (&record.body, &fragment)
      || fragment.type != TEGATA_HANDSHAKE_CLIENT_HELLO || fragment.offset != 0
      || !tegata_client_hello_read_start (fragment.body, &hello))
  {
    return FALSE;
  }

  memcpy (random, hello.random, TEGATA_RANDOM_LEN);
  return TRUE;
}

gsize
tegata_first_look_protected (const guint8 *bytes, gsize len)
{
  TegataReader datagram;
  TegataRecord record;

  tegata_reader_init (&datagram, bytes, len);
  while (tegata_record_read (&datagram, &record))
  {
    if (record.epoch > 0)
    {
      return len - datagram.len - record.len;
    }
  }
  return len;
}
