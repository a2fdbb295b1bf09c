/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/bytes.h"

G_BEGIN_DECLS

/* RFC 6347 section 4.1, RFC 5246 section 6.2.1 */
typedef enum
{
  TEGATA_CONTENT_CHANGE_CIPHER_SPEC = 20,
  TEGATA_CONTENT_ALERT = 21,
  TEGATA_CONTENT_HANDSHAKE = 22,
  TEGATA_CONTENT_APPLICATION_DATA = 23,
} TegataContentType;

/* RFC 5246 section 7.4, RFC 6347 section 4.3.2, RFC 5077 section 3.3 */
typedef enum
{
  TEGATA_HANDSHAKE_HELLO_REQUEST = 0,
  TEGATA_HANDSHAKE_CLIENT_HELLO = 1,
  TEGATA_HANDSHAKE_SERVER_HELLO = 2,
  TEGATA_HANDSHAKE_HELLO_VERIFY_REQUEST = 3,
  TEGATA_HANDSHAKE_NEW_SESSION_TICKET = 4,
  TEGATA_HANDSHAKE_CERTIFICATE = 11,
  TEGATA_HANDSHAKE_SERVER_KEY_EXCHANGE = 12,
  TEGATA_HANDSHAKE_CERTIFICATE_REQUEST = 13,
  TEGATA_HANDSHAKE_SERVER_HELLO_DONE = 14,
  TEGATA_HANDSHAKE_CERTIFICATE_VERIFY = 15,
  TEGATA_HANDSHAKE_CLIENT_KEY_EXCHANGE = 16,
  TEGATA_HANDSHAKE_FINISHED = 20,
  TEGATA_HANDSHAKE_CERTIFICATE_STATUS = 22,
} TegataHandshakeType;

#define TEGATA_DTLS_1_0_WIRE 0xfeff
#define TEGATA_DTLS_1_2_WIRE 0xfefd
#define TEGATA_RECORD_HEADER_LEN 13
#define TEGATA_HANDSHAKE_HEADER_LEN 12
#define TEGATA_RANDOM_LEN 32

/* A record as it stands in a datagram: RFC 6347 section 4.1. */
typedef struct
{
  guint8 type;
  guint16 version;
  guint16 epoch;
  guint64 sequence;    /* 48 bits */
  const guint8 *bytes; /* borrowed: header and body */
  gsize len;           /* of both */
  TegataReader body;
} TegataRecord;

/* Reads the next record of @datagram; FALSE, and nothing read, where it is not whole.
 * Says nothing about type and version. */
gboolean tegata_record_read (TegataReader *datagram, TegataRecord *record);

/* A handshake fragment: RFC 6347 section 4.2.2. */
typedef struct
{
  guint8 type;
  guint32 length; /* of the whole message */
  guint16 message_seq;
  guint32 offset;
  TegataReader body; /* of this fragment */
} TegataHandshakeFragment;

/* Reads the next fragment of a record's body; FALSE, and nothing read, where it is not
 * whole or reaches beyond its message. */
gboolean
tegata_handshake_fragment_read (TegataReader *body, TegataHandshakeFragment *fragment);

/* The start of a ClientHello, up to its cookie: RFC 6347 section 4.2.1. */
typedef struct
{
  guint16 version;
  const guint8 *random; /* borrowed, TEGATA_RANDOM_LEN bytes */
  TegataReader session_id;
  TegataReader cookie;
} TegataClientHelloStart;

/* Reads it from the first fragment of a message; what follows may be missing. */
gboolean
tegata_client_hello_read_start (TegataReader body, TegataClientHelloStart *hello);

G_END_DECLS
