/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One datagram, read as DTLS 1.0, 1.2 or 1.3 and never trusted: what cannot be read is
 * called so, with all that follows it. */

#include "dtls/wire.h"
#include "ladder-rows.h"

#include <string.h>
#include <tegata/dtls.h>

/* RFC 9147 section 4: the unified header is 001CSLEE. */
#define UNIFIED_MASK 0xe0
#define UNIFIED_BITS 0x20
#define UNIFIED_HAS_CID 0x10
#define UNIFIED_LONG_SEQUENCE 0x08
#define UNIFIED_HAS_LENGTH 0x04
#define UNIFIED_EPOCH_MASK 0x03
#define UNIFIED_EPOCH_HANDSHAKE 2

#define CONTENT_ACK 26                  /* RFC 9147 section 7 */
#define EXTENSION_SUPPORTED_VERSIONS 43 /* RFC 8446 section 4.2.1 */
#define DTLS_1_3_WIRE 0xfefc
#define VERSION_MAJOR 0xfe /* all DTLS, so far */

static const struct
{
  guint8 type;
  const char *name;
} handshake_names[] = {
  { TEGATA_HANDSHAKE_HELLO_REQUEST, "HelloRequest" },
  { TEGATA_HANDSHAKE_CLIENT_HELLO, "ClientHello" },
  { TEGATA_HANDSHAKE_SERVER_HELLO, "ServerHello" },
  { TEGATA_HANDSHAKE_HELLO_VERIFY_REQUEST, "HelloVerifyRequest" },
  { TEGATA_HANDSHAKE_NEW_SESSION_TICKET, "NewSessionTicket" },
  { TEGATA_HANDSHAKE_CERTIFICATE, "Certificate" },
  { TEGATA_HANDSHAKE_SERVER_KEY_EXCHANGE, "ServerKeyExchange" },
  { TEGATA_HANDSHAKE_CERTIFICATE_REQUEST, "CertificateRequest" },
  { TEGATA_HANDSHAKE_SERVER_HELLO_DONE, "ServerHelloDone" },
  { TEGATA_HANDSHAKE_CERTIFICATE_VERIFY, "CertificateVerify" },
  { TEGATA_HANDSHAKE_CLIENT_KEY_EXCHANGE, "ClientKeyExchange" },
  { TEGATA_HANDSHAKE_FINISHED, "Finished" },
  { TEGATA_HANDSHAKE_CERTIFICATE_STATUS, "CertificateStatus" },
};

/* The random of a ServerHello that is a HelloRetryRequest: RFC 8446 section 4.1.3. */
static const guint8 retry_random[TEGATA_RANDOM_LEN] = {
  0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
  0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
  0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
};

static LadderMessage
make_message (LadderKind kind, const char *name, guint16 epoch, gsize len)
{
  LadderMessage message = {
    .kind = kind,
    .name = name,
    .epoch = epoch,
    .len = (guint32) len,
    .message_seq = -1,
  };

  return message;
}

void
ladder_message_add_detail (LadderMessage *message, const char *detail)
{
  for (guint i = 0; i < LADDER_MAX_DETAILS; i++)
  {
    if (message->details[i] == NULL)
    {
      message->details[i] = detail;
      return;
    }
  }
}

static const char *
handshake_name (guint8 type)
{
  for (gsize i = 0; i < G_N_ELEMENTS (handshake_names); i++)
  {
    if (handshake_names[i].type == type)
    {
      return handshake_names[i].name;
    }
  }
  return "unknown message";
}

static const char *
version_name (guint16 wire)
{
  switch (wire)
  {
  case TEGATA_DTLS_1_0_WIRE:
    return "DTLS 1.0";
  case TEGATA_DTLS_1_2_WIRE:
    return "DTLS 1.2";
  case DTLS_1_3_WIRE:
    return "DTLS 1.3";
  default:
    return "unknown version";
  }
}

static void
read_client_hello (TegataReader body, LadderMessage *message)
{
  TegataClientHelloStart hello;

  if (!tegata_client_hello_read_start (body, &hello))
  {
    return;
  }
  tegata_reader_init (&message->random, hello.random, TEGATA_RANDOM_LEN);
  message->session_id = hello.session_id;
  if (hello.cookie.len > 0)
  {
    ladder_message_add_detail (message, "cookie");
  }
  if (hello.session_id.len > 0)
  {
    ladder_message_add_detail (message, "offers a session");
  }
}

/* DTLS 1.3 calls itself 1.2 and tells the truth in an extension. */
static guint16
read_selected_version (TegataReader extensions, guint16 version)
{
  guint16 type;
  TegataReader extension;

  while (tegata_reader_u16 (&extensions, &type)
         && tegata_reader_sub_u16 (&extensions, &extension))
  {
    if (type == EXTENSION_SUPPORTED_VERSIONS && tegata_reader_u16 (&extension, &version))
    {
      break;
    }
  }
  return version;
}

/* RFC 5246 section 7.4.1.3. Says nothing of one that is not whole. */
static void
read_server_hello (TegataReader body, LadderMessage *message)
{
  guint16 version, cipher;
  guint8 compression;
  TegataReader extensions;

  if (!tegata_reader_u16 (&body, &version)
      || !tegata_reader_sub (&body, TEGATA_RANDOM_LEN, &message->random)
      || !tegata_reader_sub_u8 (&body, &message->session_id)
      || !tegata_reader_u16 (&body, &cipher) || !tegata_reader_u8 (&body, &compression))
  {
    return;
  }
  if (tegata_reader_sub_u16 (&body, &extensions))
  {
    version = read_selected_version (extensions, version);
  }
  if (memcmp (message->random.bytes, retry_random, sizeof retry_random) == 0)
  {
    message->name = "HelloRetryRequest";
  }
  ladder_message_add_detail (message, version_name (version));
}

static LadderMessage
read_fragment (const TegataHandshakeFragment *fragment, guint16 epoch)
{
  LadderMessage message = make_message (LADDER_HANDSHAKE, handshake_name (fragment->type),
                                        epoch, fragment->body.len);

  message.type = fragment->type;
  message.message_seq = fragment->message_seq;
  message.offset = fragment->offset;
  message.total_len = fragment->length;
  if (fragment->type == TEGATA_HANDSHAKE_CLIENT_HELLO && fragment->offset == 0)
  {
    read_client_hello (fragment->body, &message);
  }
  if (fragment->type == TEGATA_HANDSHAKE_SERVER_HELLO
      && fragment->body.len == fragment->length)
  {
    read_server_hello (fragment->body, &message);
  }
  return message;
}

static void
append (GArray *messages, LadderMessage message)
{
  g_array_append_val (messages, message);
}

static void
append_unreadable (GArray *messages, guint16 epoch, gsize len)
{
  append (messages, make_message (LADDER_UNREADABLE, "unreadable", epoch, len));
}

static void
read_handshake (TegataReader body, GArray *messages)
{
  TegataHandshakeFragment fragment;

  while (messages->len < LADDER_MAX_MESSAGES
         && tegata_handshake_fragment_read (&body, &fragment))
  {
    append (messages, read_fragment (&fragment, 0));
  }
  if (body.len > 0)
  {
    append_unreadable (messages, 0, body.len);
  }
}

static void
read_alert (TegataReader body, GArray *messages)
{
  LadderMessage message = make_message (LADDER_ALERT, "Alert", 0, body.len);
  guint8 level, description;

  if (!tegata_reader_u8 (&body, &level) || !tegata_reader_u8 (&body, &description)
      || body.len > 0)
  {
    append_unreadable (messages, 0, message.len);
    return;
  }
  ladder_message_add_detail (&message, level == 1 ? "warning" : "fatal");
  ladder_message_add_detail (&message, tegata_alert_to_string (description));
  append (messages, message);
}

/* Of an epoch that has keys: only the type is to be seen. */
static LadderMessage
read_encrypted (const TegataRecord *record)
{
  LadderMessage message
      = make_message (LADDER_UNREADABLE, "unreadable", record->epoch, record->body.len);

  switch (record->type)
  {
  case TEGATA_CONTENT_HANDSHAKE:
    message.kind = LADDER_ENCRYPTED_HANDSHAKE;
    message.name = "Finished";
    break;
  case TEGATA_CONTENT_ALERT:
    message.kind = LADDER_ALERT;
    message.name = "Alert";
    ladder_message_add_detail (&message, "encrypted");
    break;
  case TEGATA_CONTENT_APPLICATION_DATA:
    message.kind = LADDER_DATA;
    message.name = "ApplicationData";
    break;
  default:
    break;
  }
  return message;
}

static void
read_clear (const TegataRecord *record, GArray *messages)
{
  gsize len = record->body.len;

  switch (record->type)
  {
  case TEGATA_CONTENT_HANDSHAKE:
    read_handshake (record->body, messages);
    break;
  case TEGATA_CONTENT_ALERT:
    read_alert (record->body, messages);
    break;
  case TEGATA_CONTENT_CHANGE_CIPHER_SPEC:
    append (messages,
            make_message (LADDER_CHANGE_CIPHER_SPEC, "ChangeCipherSpec", 0, len));
    break;
  case CONTENT_ACK:
    append (messages, make_message (LADDER_ACK, "ACK", 0, len));
    break;
  default:
    append_unreadable (messages, 0, len);
    break;
  }
}

/* RFC 9147 section 4. How long a connection id is, only the two ends know: a record with
 * one is taken to be the rest of the datagram, as one without a length is. */
static gboolean
read_unified (TegataReader *datagram, GArray *messages)
{
  TegataReader rest = *datagram;
  TegataReader body;
  LadderMessage message;
  guint8 first;
  const guint8 *sequence;

  if (!tegata_reader_u8 (&rest, &first))
  {
    return FALSE;
  }
  if (first & UNIFIED_HAS_CID)
  {
    tegata_reader_sub (&rest, rest.len, &body);
  }
  else if (!tegata_reader_bytes (&rest, first & UNIFIED_LONG_SEQUENCE ? 2 : 1, &sequence)
           || !(first & UNIFIED_HAS_LENGTH ? tegata_reader_sub_u16 (&rest, &body)
                                           : tegata_reader_sub (&rest, rest.len, &body)))
  {
    return FALSE;
  }
  message = make_message (LADDER_DATA, "encrypted record", first & UNIFIED_EPOCH_MASK,
                          body.len);
  if (message.epoch == UNIFIED_EPOCH_HANDSHAKE)
  {
    message.kind = LADDER_ENCRYPTED_RECORD;
  }
  append (messages, message);
  *datagram = rest;
  return TRUE;
}

static gboolean
read_record (TegataReader *datagram, GArray *messages)
{
  TegataRecord record;
  TegataReader look = *datagram;
  guint8 first;

  if (tegata_reader_u8 (&look, &first) && (first & UNIFIED_MASK) == UNIFIED_BITS)
  {
    return read_unified (datagram, messages);
  }
  look = *datagram;
  if (!tegata_record_read (&look, &record) || record.version >> 8 != VERSION_MAJOR)
  {
    return FALSE;
  }
  *datagram = look;
  if (record.epoch > 0)
  {
    append (messages, read_encrypted (&record));
  }
  else
  {
    read_clear (&record, messages);
  }
  return TRUE;
}

void
ladder_datagram_read (const guint8 *datagram, gsize len, GArray *messages)
{
  TegataReader rest;

  tegata_reader_init (&rest, datagram, len);
  while (rest.len > 0 && messages->len < LADDER_MAX_MESSAGES
         && read_record (&rest, messages))
  {
  }
  if (rest.len > 0 || messages->len == 0)
  {
    append_unreadable (messages, 0, rest.len);
  }
}
