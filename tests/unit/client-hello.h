/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "dtls/wire.h"

/*
 * The bytes of a ClientHello as a client of libssl would send it, with every field that a
 * test may want to be wrong as a setting.
 */

typedef struct
{
  guint8 type;              /* of the record */
  guint16 version;          /* of the record */
  guint16 epoch;            /* of the record */
  guint64 sequence;         /* of the record */
  guint8 message;           /* type of the message */
  guint16 message_seq;      /* of the message */
  guint32 offset;           /* of the fragment */
  guint16 hello_version;    /* in the ClientHello */
  guint8 random;            /* each byte of the random */
  guint8 session_id_len;    /* how many bytes of session id */
  const GByteArray *cookie; /* (nullable): none */
  guint32 missing;          /* how many bytes of the message are in later fragments */
} ClientHello;

#define CLIENT_HELLO_INIT                                                                \
  {                                                                                      \
    .type = TEGATA_CONTENT_HANDSHAKE, .version = TEGATA_DTLS_1_0_WIRE,                   \
    .message = TEGATA_HANDSHAKE_CLIENT_HELLO, .hello_version = TEGATA_DTLS_1_2_WIRE,     \
    .random = 0x5a,                                                                      \
  }

static inline GByteArray *
client_hello_body (const ClientHello *hello)
{
  static const guint8 rest[] = { 0, 2, 0xc0, 0x2b, 1, 0 };
  GByteArray *body = g_byte_array_new ();

  tegata_write_u16 (body, hello->hello_version);
  for (guint i = 0; i < TEGATA_RANDOM_LEN; i++)
  {
    tegata_write_u8 (body, hello->random);
  }
  tegata_write_u8 (body, hello->session_id_len);
  for (guint i = 0; i < hello->session_id_len; i++)
  {
    tegata_write_u8 (body, 0x1d);
  }
  tegata_write_u8 (body, hello->cookie != NULL ? (guint8) hello->cookie->len : 0);
  if (hello->cookie != NULL)
  {
    g_byte_array_append (body, hello->cookie->data, hello->cookie->len);
  }
  g_byte_array_append (body, rest, sizeof rest);
  return body;
}

/* A whole datagram. */
static inline GByteArray *
client_hello_datagram (const ClientHello *hello)
{
  g_autoptr (GByteArray) body = client_hello_body (hello);
  GByteArray *datagram = g_byte_array_new ();

  tegata_write_u8 (datagram, hello->type);
  tegata_write_u16 (datagram, hello->version);
  tegata_write_u16 (datagram, hello->epoch);
  tegata_write_u48 (datagram, hello->sequence);
  tegata_write_u16 (datagram, (guint16) (TEGATA_HANDSHAKE_HEADER_LEN + body->len));
  tegata_write_u8 (datagram, hello->message);
  tegata_write_u24 (datagram, hello->offset + body->len + hello->missing);
  tegata_write_u16 (datagram, hello->message_seq);
  tegata_write_u24 (datagram, hello->offset);
  tegata_write_u24 (datagram, body->len);
  g_byte_array_append (datagram, body->data, body->len);
  return datagram;
}
