/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support/forgeries.h"

#include "dtls/wire.h"

#include <string.h>

#define MAX_RECORD_SEQ ((G_GUINT64_CONSTANT (1) << 48) - 1)
#define ALERT_LEVEL_WARNING 1
#define ALERT_LEVEL_FATAL 2
#define ALERT_CLOSE_NOTIFY 0
#define ALERT_HANDSHAKE_FAILURE 40
#define ALERT_USER_CANCELED 90
#define TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 0xc02b

static void
write_bytes (GByteArray *array, const void *bytes, gsize len)
{
  g_byte_array_append (array, bytes, (guint) len);
}

static void
write_noise (GByteArray *array, GRand *rand, gsize len)
{
  for (gsize i = 0; i < len; i++)
  {
    tegata_write_u8 (array, (guint8) g_rand_int_range (rand, 0, 256));
  }
}

/* A header, with @len as its length, whatever follows. */
static void
write_record_header (GByteArray *array,
                     guint8 type,
                     guint16 epoch,
                     guint64 sequence,
                     gsize len)
{
  tegata_write_u8 (array, type);
  tegata_write_u16 (array, TEGATA_DTLS_1_2_WIRE);
  tegata_write_u16 (array, epoch);
  tegata_write_u48 (array, sequence);
  tegata_write_u16 (array, (guint16) len);
}

static GBytes *
make_record (guint8 type, guint16 epoch, guint64 sequence, const void *body, gsize len)
{
  GByteArray *array = g_byte_array_new ();

  write_record_header (array, type, epoch, sequence, len);
  write_bytes (array, body, len);
  return g_byte_array_free_to_bytes (array);
}

/* A message in one fragment, whose header claims @claimed_len bytes of message. */
static GBytes *
make_message (const ForgeryView *view,
              guint8 type,
              guint16 message_seq,
              guint32 claimed_len,
              const GByteArray *body)
{
  g_autoptr (GByteArray) fragment = g_byte_array_new ();

  tegata_write_u8 (fragment, type);
  tegata_write_u24 (fragment, claimed_len);
  tegata_write_u16 (fragment, message_seq);
  tegata_write_u24 (fragment, 0);
  tegata_write_u24 (fragment, body->len);
  write_bytes (fragment, body->data, body->len);
  return make_record (TEGATA_CONTENT_HANDSHAKE, 0, view->record_seq, fragment->data,
                      fragment->len);
}

static GBytes *
make_noisy_message (const ForgeryView *view, guint8 type, gsize len)
{
  g_autoptr (GByteArray) body = g_byte_array_new ();

  write_noise (body, view->rand, len);
  return make_message (view, type, view->message_seq, body->len, body);
}

static GBytes *
make_alert (const ForgeryView *view, guint8 level, guint8 description)
{
  const guint8 body[] = { level, description };

  return make_record (TEGATA_CONTENT_ALERT, 0, view->record_seq, body, sizeof body);
}

/* An extension whose content is one vector with a length of its own. */
static void
write_extension (GByteArray *array, guint16 type, const void *content, gsize len)
{
  tegata_write_u16 (array, type);
  tegata_write_u16 (array, (guint16) len);
  write_bytes (array, content, len);
}

static void
write_hello_start (GByteArray *body, const ForgeryView *view)
{
  tegata_write_u16 (body, TEGATA_DTLS_1_2_WIRE);
  write_noise (body, view->rand, TEGATA_RANDOM_LEN);
  tegata_write_u8 (body, 0); /* session id */
}

/* One that a server could well accept: RFC 5246 section 7.4.1.2. */
static GBytes *
make_client_hello (const ForgeryView *view, guint16 message_seq)
{
  static const guint8 groups[] = { 0, 4, 0, 0x1d, 0, 0x17 };
  static const guint8 algorithms[] = { 0, 4, 4, 3, 8, 4 };
  static const guint8 srtp[] = { 0, 4, 0, 7, 0, 1, 0 };
  g_autoptr (GByteArray) extensions = g_byte_array_new ();
  g_autoptr (GByteArray) body = g_byte_array_new ();

  write_extension (extensions, 10, groups, sizeof groups);
  write_extension (extensions, 13, algorithms, sizeof algorithms);
  write_extension (extensions, 14, srtp, sizeof srtp);
  write_extension (extensions, 23, NULL, 0);   /* extended master secret */
  write_extension (extensions, 0xff01, "", 1); /* renegotiation info */

  write_hello_start (body, view);
  tegata_write_u8 (body, 0); /* cookie */
  tegata_write_u16 (body, 2);
  tegata_write_u16 (body, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256);
  tegata_write_u8 (body, 1);
  tegata_write_u8 (body, 0); /* no compression */
  tegata_write_u16 (body, (guint16) extensions->len);
  write_bytes (body, extensions->data, extensions->len);
  return make_message (view, TEGATA_HANDSHAKE_CLIENT_HELLO, message_seq, body->len, body);
}

static GBytes *
make_server_hello (const ForgeryView *view)
{
  g_autoptr (GByteArray) extensions = g_byte_array_new ();
  g_autoptr (GByteArray) body = g_byte_array_new ();

  write_extension (extensions, 23, NULL, 0);
  write_extension (extensions, 0xff01, "", 1);

  write_hello_start (body, view);
  tegata_write_u16 (body, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256);
  tegata_write_u8 (body, 0);
  tegata_write_u16 (body, (guint16) extensions->len);
  write_bytes (body, extensions->data, extensions->len);
  return make_message (view, TEGATA_HANDSHAKE_SERVER_HELLO, view->message_seq, body->len,
                       body);
}

static GBytes *
make_hello_verify_request (const ForgeryView *view)
{
  g_autoptr (GByteArray) body = g_byte_array_new ();

  tegata_write_u16 (body, TEGATA_DTLS_1_0_WIRE);
  tegata_write_u8 (body, 20);
  write_noise (body, view->rand, 20);
  return make_message (view, TEGATA_HANDSHAKE_HELLO_VERIFY_REQUEST, view->message_seq,
                       body->len, body);
}

static GBytes *
make_hello_request (const ForgeryView *view)
{
  g_autoptr (GByteArray) body = g_byte_array_new ();

  return make_message (view, TEGATA_HANDSHAKE_HELLO_REQUEST, view->message_seq, 0, body);
}

/* The very message that the victim waits for, with nonsense in it. */
static GBytes *
make_malformed_message (const ForgeryView *view)
{
  guint8 first = view->victim == TEGATA_ROLE_CLIENT ? TEGATA_HANDSHAKE_SERVER_HELLO
                                                    : TEGATA_HANDSHAKE_CLIENT_HELLO;

  return make_noisy_message (
      view, view->message_seq == 0 ? first : TEGATA_HANDSHAKE_CERTIFICATE, 50);
}

/* The first fragment of a message that would not fit any memory. */
static GBytes *
make_huge_message (const ForgeryView *view)
{
  g_autoptr (GByteArray) body = g_byte_array_new ();

  write_noise (body, view->rand, 100);
  return make_message (view, TEGATA_HANDSHAKE_CERTIFICATE, view->message_seq, 0xffffff,
                       body);
}

/* A fragment that is longer than its message. */
static GBytes *
make_fragment_beyond (const ForgeryView *view)
{
  g_autoptr (GByteArray) body = g_byte_array_new ();

  write_noise (body, view->rand, 100);
  return make_message (view, TEGATA_HANDSHAKE_CERTIFICATE, view->message_seq, 10, body);
}

/* The message that the victim waits for, as far as it can be told. */
static guint8
expected_type (const ForgeryView *view)
{
  static const guint8 from_server[]
      = { TEGATA_HANDSHAKE_SERVER_HELLO, TEGATA_HANDSHAKE_CERTIFICATE,
          TEGATA_HANDSHAKE_SERVER_KEY_EXCHANGE, TEGATA_HANDSHAKE_CERTIFICATE_REQUEST };
  static const guint8 from_client[]
      = { TEGATA_HANDSHAKE_CLIENT_HELLO, TEGATA_HANDSHAKE_CERTIFICATE,
          TEGATA_HANDSHAKE_CLIENT_KEY_EXCHANGE, TEGATA_HANDSHAKE_CERTIFICATE_VERIFY };
  guint place = MIN (view->message_seq, 3);

  return view->victim == TEGATA_ROLE_CLIENT ? from_server[place] : from_client[place];
}

/* libssl drops a record of another version by its header, and takes its body for further
 * records: a bogus header, which begins with the fragment's own, then an alert. */
static GBytes *
make_smuggler (const ForgeryView *view)
{
  const guint8 alert[] = { ALERT_LEVEL_FATAL, ALERT_HANDSHAKE_FAILURE };
  g_autoptr (GByteArray) body = g_byte_array_new ();
  g_autoptr (GByteArray) fragment = g_byte_array_new ();
  GByteArray *record;

  tegata_write_u8 (body, 0); /* the end of the bogus header: no length */
  write_record_header (body, TEGATA_CONTENT_ALERT, 0, view->record_seq + 1, sizeof alert);
  write_bytes (body, alert, sizeof alert);

  tegata_write_u8 (fragment, expected_type (view));
  tegata_write_u24 (fragment, 1000);
  tegata_write_u16 (fragment, view->message_seq);
  tegata_write_u24 (fragment, 900);
  tegata_write_u24 (fragment, body->len);
  write_bytes (fragment, body->data, body->len);
  record = g_bytes_unref_to_array (make_record (
      TEGATA_CONTENT_HANDSHAKE, 0, view->record_seq, fragment->data, fragment->len));
  record->data[2] = TEGATA_DTLS_1_0_WIRE & 0xff;
  return g_byte_array_free_to_bytes (record);
}

static GBytes *
make_huge_ticket (const ForgeryView *view)
{
  g_autoptr (GByteArray) body = g_byte_array_new ();

  write_noise (body, view->rand, 10);
  return make_message (view, TEGATA_HANDSHAKE_NEW_SESSION_TICKET, 4, 20000, body);
}

static GBytes *
make_message_forgery (Forgery forgery, const ForgeryView *view)
{
  switch ((guint) forgery)
  {
  case FORGERY_MESSAGE_MALFORMED:
    return make_malformed_message (view);
  case FORGERY_MESSAGE_UNEXPECTED:
    return make_noisy_message (view, TEGATA_HANDSHAKE_FINISHED, 12);
  case FORGERY_MESSAGE_UNKNOWN:
    return make_noisy_message (view, 99, 12);
  case FORGERY_MESSAGE_HUGE:
    return make_huge_message (view);
  case FORGERY_FRAGMENT_BEYOND:
    return make_fragment_beyond (view);
  case FORGERY_FRAGMENT_SMUGGLES:
    return make_smuggler (view);
  case FORGERY_TICKET_HUGE:
    return make_huge_ticket (view);
  case FORGERY_CLIENT_HELLO:
    return make_client_hello (view, 0);
  case FORGERY_CLIENT_HELLO_NEXT:
    return make_client_hello (view, view->message_seq);
  case FORGERY_SERVER_HELLO:
    return make_server_hello (view);
  case FORGERY_HELLO_REQUEST:
    return make_hello_request (view);
  case FORGERY_HELLO_VERIFY_REQUEST:
    return make_hello_verify_request (view);
  default:
    return NULL;
  }
}

static GBytes *
make_other_version (const ForgeryView *view)
{
  g_autoptr (GBytes) record
      = make_alert (view, ALERT_LEVEL_FATAL, ALERT_HANDSHAKE_FAILURE);
  GByteArray *array = g_bytes_unref_to_array (g_steal_pointer (&record));

  /* TLS 1.2's own number, which no DTLS record has. */
  array->data[1] = 3;
  array->data[2] = 3;
  return g_byte_array_free_to_bytes (array);
}

/* A record of @type whose header promises more than there is. */
static GBytes *
make_truncated (const ForgeryView *view, gsize len)
{
  GByteArray *array = g_byte_array_new ();

  write_record_header (array, TEGATA_CONTENT_HANDSHAKE, 0, view->record_seq, 500);
  write_noise (array, view->rand, 100);
  g_byte_array_set_size (array, (guint) len);
  return g_byte_array_free_to_bytes (array);
}

static GBytes *
make_noise (const ForgeryView *view)
{
  GByteArray *array = g_byte_array_new ();

  /* It gets by the demultiplexer. */
  tegata_write_u8 (array, (guint8) g_rand_int_range (view->rand, 20, 64));
  write_noise (array, view->rand, (gsize) g_rand_int_range (view->rand, 0, 300));
  return g_byte_array_free_to_bytes (array);
}

/* As many as a datagram holds, to fill whatever holds them. */
static GBytes *
make_next_epoch_flood (const ForgeryView *view)
{
  GByteArray *array = g_byte_array_new ();

  for (guint i = 0; i < 40; i++)
  {
    write_record_header (array, TEGATA_CONTENT_HANDSHAKE, 1, 1000 + i, 1);
    write_noise (array, view->rand, 1);
  }
  return g_byte_array_free_to_bytes (array);
}

static GBytes *
make_record_forgery (Forgery forgery, const ForgeryView *view)
{
  static const guint8 text[32] = "this was never encrypted";
  static const guint8 ccs[] = { 1 };
  static const guint8 bad_ccs[] = { 2, 2 };
  guint64 seq = view->record_seq;

  switch ((guint) forgery)
  {
  case FORGERY_ALERT_MALFORMED:
    return make_record (TEGATA_CONTENT_ALERT, 0, seq, text, 1);
  case FORGERY_APPLICATION_DATA:
    return make_record (TEGATA_CONTENT_APPLICATION_DATA, 0, seq, text, sizeof text);
  case FORGERY_RECORD_TYPE:
    return make_record (63, 0, seq, text, sizeof text);
  case FORGERY_RECORD_VERSION:
    return make_other_version (view);
  case FORGERY_RECORD_NUMBER:
    return make_record (TEGATA_CONTENT_HANDSHAKE, 0, MAX_RECORD_SEQ - 1, text, 12);
  case FORGERY_RECORD_TRUNCATED:
    return make_truncated (view, TEGATA_RECORD_HEADER_LEN + 50);
  case FORGERY_RECORD_EMPTY:
    return make_record (TEGATA_CONTENT_HANDSHAKE, 0, seq, NULL, 0);
  case FORGERY_HEADER_TRUNCATED:
    return make_truncated (view, TEGATA_RECORD_HEADER_LEN - 1);
  case FORGERY_NEXT_EPOCH:
    return make_record (TEGATA_CONTENT_HANDSHAKE, 1, 0, text, sizeof text);
  case FORGERY_NEXT_EPOCH_FLOOD:
    return make_next_epoch_flood (view);
  case FORGERY_CCS_EARLY:
    return make_record (TEGATA_CONTENT_CHANGE_CIPHER_SPEC, 0, seq, ccs, sizeof ccs);
  case FORGERY_CCS_MALFORMED:
    return make_record (TEGATA_CONTENT_CHANGE_CIPHER_SPEC, 0, seq, bad_ccs,
                        sizeof bad_ccs);
  default:
    return make_noise (view);
  }
}

GBytes *
forgery_make (Forgery forgery, const ForgeryView *view)
{
  switch ((guint) forgery)
  {
  case FORGERY_ALERT_WARNING:
    return make_alert (view, ALERT_LEVEL_WARNING, ALERT_USER_CANCELED);
  case FORGERY_ALERT_FATAL:
    return make_alert (view, ALERT_LEVEL_FATAL, ALERT_HANDSHAKE_FAILURE);
  case FORGERY_ALERT_CLOSE_NOTIFY:
    return make_alert (view, ALERT_LEVEL_WARNING, ALERT_CLOSE_NOTIFY);
  default:
    break;
  }

  GBytes *message = make_message_forgery (forgery, view);
  return message != NULL ? message : make_record_forgery (forgery, view);
}

const char *
forgery_name (Forgery forgery)
{
  static const char *const names[N_FORGERIES] = {
    [FORGERY_ALERT_WARNING] = "a plaintext alert, warning",
    [FORGERY_ALERT_FATAL] = "a plaintext alert, fatal",
    [FORGERY_ALERT_CLOSE_NOTIFY] = "a plaintext close_notify",
    [FORGERY_ALERT_MALFORMED] = "a malformed alert",
    [FORGERY_MESSAGE_MALFORMED] = "a malformed handshake message",
    [FORGERY_MESSAGE_UNEXPECTED] = "an unexpected handshake message",
    [FORGERY_MESSAGE_UNKNOWN] = "a handshake message of an unknown type",
    [FORGERY_MESSAGE_HUGE] = "a fragment of a message of 16 MB",
    [FORGERY_FRAGMENT_BEYOND] = "a fragment longer than its message",
    [FORGERY_FRAGMENT_SMUGGLES] = "an alert within a record of another version",
    [FORGERY_TICKET_HUGE] = "a fragment of a ticket of 20 KB",
    [FORGERY_APPLICATION_DATA] = "application data in epoch 0",
    [FORGERY_RECORD_TYPE] = "a record of an unknown type",
    [FORGERY_RECORD_VERSION] = "a record of another protocol's version",
    [FORGERY_RECORD_NUMBER] = "a record number near 2^48",
    [FORGERY_RECORD_TRUNCATED] = "a truncated record",
    [FORGERY_RECORD_EMPTY] = "an empty handshake record",
    [FORGERY_HEADER_TRUNCATED] = "a truncated record header",
    [FORGERY_NEXT_EPOCH] = "noise as a record of epoch 1",
    [FORGERY_NEXT_EPOCH_FLOOD] = "a flood of records of epoch 1",
    [FORGERY_CCS_EARLY] = "an early ChangeCipherSpec",
    [FORGERY_CCS_MALFORMED] = "a malformed ChangeCipherSpec",
    [FORGERY_CLIENT_HELLO] = "a forged ClientHello",
    [FORGERY_CLIENT_HELLO_NEXT] = "a forged ClientHello with the next number",
    [FORGERY_SERVER_HELLO] = "a forged ServerHello",
    [FORGERY_HELLO_REQUEST] = "a HelloRequest",
    [FORGERY_HELLO_VERIFY_REQUEST] = "a forged HelloVerifyRequest",
    [FORGERY_NOISE] = "noise",
  };

  g_assert_cmpuint (forgery, <, N_FORGERIES);
  return names[forgery];
}

static void
observe_fragments (ForgeryView *view, TegataReader body)
{
  TegataHandshakeFragment fragment;

  while (tegata_handshake_fragment_read (&body, &fragment))
  {
    view->message_seq = MAX (view->message_seq, fragment.message_seq + 1);
  }
}

void
forgery_view_observe (ForgeryView *view, const guint8 *bytes, gsize len)
{
  TegataReader reader;
  TegataRecord record;

  tegata_reader_init (&reader, bytes, len);
  while (tegata_record_read (&reader, &record) && record.epoch == 0)
  {
    view->record_seq = MAX (view->record_seq, record.sequence + 1);
    if (record.type == TEGATA_CONTENT_HANDSHAKE)
    {
      observe_fragments (view, record.body);
    }
  }
}
