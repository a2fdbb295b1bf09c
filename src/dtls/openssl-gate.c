/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dtls/openssl-gate.h"

#define MAX_HELD 16          /* records of the next epoch; a flight has two or three */
#define MAX_MESSAGES_AHEAD 8 /* a flight has five messages at most */
/* What libssl reads whole, with the suites that are offered. RFC 5246 section 6.2.3
 * allows more, which libssl would drop by the header, to read the body as further
 * records. */
#define MAX_RECORD_LEN (16384 + 256)
#define AEAD_TAG_LEN 16       /* the shortest that anything here adds */
#define MAX_VERIFY_REQUESTS 2 /* a second one where the server's secret has changed */
#define CIPHER_SPEC_LEN 1
#define ALERT_LEN 2

/* Where a message may stand, counted from the peer's Hello, as a set of bits, and how
 * long it may be: RFC 6347 section 4.2.4 figures 1 and 2, with certificates on both
 * sides. */
#define PLACE(n) (1U << (n))

typedef struct
{
  guint8 type;
  guint8 places;
  guint32 min_len;
  guint32 max_len;
} MessageRule;

static const MessageRule from_client[] = {
  { TEGATA_HANDSHAKE_CLIENT_HELLO, PLACE (0), 41, 16384 },
  { TEGATA_HANDSHAKE_CERTIFICATE, PLACE (1), 3, 16384 },
  { TEGATA_HANDSHAKE_CLIENT_KEY_EXCHANGE, PLACE (2), 1, 2048 },
  { TEGATA_HANDSHAKE_CERTIFICATE_VERIFY, PLACE (3), 4, 2048 },
};

static const MessageRule from_server[] = {
  { TEGATA_HANDSHAKE_HELLO_VERIFY_REQUEST, PLACE (0), 3, 258 },
  { TEGATA_HANDSHAKE_SERVER_HELLO, PLACE (0), 38, 16384 },
  { TEGATA_HANDSHAKE_CERTIFICATE, PLACE (1), 3, 16384 },
  { TEGATA_HANDSHAKE_SERVER_KEY_EXCHANGE, PLACE (2), 8, 4096 },
  { TEGATA_HANDSHAKE_CERTIFICATE_REQUEST, PLACE (3), 4, 16384 },
  { TEGATA_HANDSHAKE_SERVER_HELLO_DONE, PLACE (3) | PLACE (4), 0, 0 },
  /* in an abbreviated handshake at once, else behind the Done */
  { TEGATA_HANDSHAKE_NEW_SESSION_TICKET, PLACE (1) | PLACE (4) | PLACE (5), 6, 16384 },
};

void
tegata_openssl_gate_init (TegataOpensslGate *self,
                          TegataRole role,
                          TegataDtlsStats *stats)
{
  *self = (TegataOpensslGate){ .role = role,
                               .stats = stats,
                               .min_protected_len = AEAD_TAG_LEN + 1 };
  g_queue_init (&self->ready);
  g_queue_init (&self->held);
}

static void
free_bytes (gpointer bytes)
{
  g_bytes_unref (bytes);
}

void
tegata_openssl_gate_clear (TegataOpensslGate *self)
{
  g_queue_clear_full (&self->ready, free_bytes);
  g_queue_clear_full (&self->held, free_bytes);
}

static void
refuse (TegataOpensslGate *self, TegataRefusal reason)
{
  self->stats->refused[reason]++;
}

/* Records of epoch 0 are not authenticated, so nothing is lost where they are numbered
 * anew, and libssl's replay window cannot be moved by a forged number. */
static void
make_ready (TegataOpensslGate *self,
            guint8 type,
            guint16 version,
            const guint8 *body,
            gsize len)
{
  GByteArray *record = g_byte_array_sized_new ((guint) (TEGATA_RECORD_HEADER_LEN + len));

  tegata_write_u8 (record, type);
  tegata_write_u16 (record, version);
  tegata_write_u16 (record, 0);
  tegata_write_u48 (record, self->next_sequence++);
  tegata_write_u16 (record, (guint16) len);
  g_byte_array_append (record, body, (guint) len);
  g_queue_push_tail (&self->ready, g_byte_array_free_to_bytes (record));
}

static const MessageRule *
find_rule (TegataOpensslGate *self, guint8 type)
{
  gboolean client = self->role == TEGATA_ROLE_CLIENT;
  const MessageRule *rules = client ? from_server : from_client;
  gsize n_rules = client ? G_N_ELEMENTS (from_server) : G_N_ELEMENTS (from_client);

  for (gsize i = 0; i < n_rules; i++)
  {
    if (rules[i].type == type)
    {
      return &rules[i];
    }
  }
  return NULL;
}

/* What nobody asked for, or more often than anybody needs. */
static gboolean
is_welcome (TegataOpensslGate *self, guint8 type)
{
  switch (type)
  {
  case TEGATA_HANDSHAKE_NEW_SESSION_TICKET:
    return self->tickets;
  case TEGATA_HANDSHAKE_HELLO_VERIFY_REQUEST:
    return self->n_verify_requests < MAX_VERIFY_REQUESTS;
  default:
    return TRUE;
  }
}

static gboolean
is_length_possible (const MessageRule *rule, const TegataHandshakeFragment *fragment)
{
  return fragment->length >= rule->min_len && fragment->length <= rule->max_len;
}

static gboolean
is_place_possible (TegataOpensslGate *self,
                   const MessageRule *rule,
                   const TegataHandshakeFragment *fragment)
{
  guint place;

  if (fragment->message_seq < self->hello_seq)
  {
    return FALSE;
  }
  /* A client says nothing more before it was answered. */
  if (self->role == TEGATA_ROLE_SERVER && self->next_message <= self->hello_seq
      && fragment->message_seq > self->hello_seq)
  {
    return FALSE;
  }
  place = (guint) (fragment->message_seq - self->hello_seq);
  return place < 8 && (rule->places & PLACE (place)) != 0;
}

static guint8
own_hello (const TegataOpensslGate *self)
{
  return self->role == TEGATA_ROLE_CLIENT ? TEGATA_HANDSHAKE_CLIENT_HELLO
                                          : TEGATA_HANDSHAKE_SERVER_HELLO;
}

/* A fragment that reads well: can it be the peer's, and is it new? */
static void
judge_fragment (TegataOpensslGate *self,
                guint16 version,
                const TegataHandshakeFragment *fragment,
                const guint8 *bytes,
                gsize len)
{
  const MessageRule *rule = find_rule (self, fragment->type);

  self->has_same_role |= fragment->type == own_hello (self);
  if (rule == NULL || !is_length_possible (rule, fragment)
      || fragment->message_seq > self->next_message + MAX_MESSAGES_AHEAD)
  {
    refuse (self, TEGATA_REFUSED_HANDSHAKE);
  }
  else if (fragment->message_seq < self->flight_message)
  {
    self->repeated = TRUE;
  }
  else if (!is_welcome (self, fragment->type)
           || !is_place_possible (self, rule, fragment))
  {
    refuse (self, TEGATA_REFUSED_HANDSHAKE);
  }
  else if (self->version != 0 && version != self->version)
  {
    refuse (self, TEGATA_REFUSED_RECORD);
  }
  else if (fragment->message_seq >= self->next_message)
  {
    make_ready (self, TEGATA_CONTENT_HANDSHAKE, version, bytes, len);
  }
}

static void
judge_handshake (TegataOpensslGate *self, const TegataRecord *record)
{
  TegataReader body = record->body;

  while (body.len > 0)
  {
    const guint8 *start = body.bytes;
    gsize before = body.len;
    TegataHandshakeFragment fragment;

    if (!tegata_handshake_fragment_read (&body, &fragment))
    {
      refuse (self, TEGATA_REFUSED_HANDSHAKE);
      return;
    }
    judge_fragment (self, record->version, &fragment, start, before - body.len);
  }
}

static void
note_alert (TegataOpensslGate *self, const TegataRecord *record)
{
  TegataReader body = record->body;
  guint8 level, description;

  if (body.len == ALERT_LEN && tegata_reader_u8 (&body, &level)
      && tegata_reader_u8 (&body, &description))
  {
    self->stats->unauthenticated_alert = description;
  }
  refuse (self, TEGATA_REFUSED_ALERT);
}

static void
judge_clear_record (TegataOpensslGate *self, const TegataRecord *record)
{
  switch (record->type)
  {
  case TEGATA_CONTENT_HANDSHAKE:
    judge_handshake (self, record);
    break;
  case TEGATA_CONTENT_CHANGE_CIPHER_SPEC:
    if (record->body.len == CIPHER_SPEC_LEN && record->body.bytes[0] == 1)
    {
      self->has_cipher_spec = TRUE;
    }
    else
    {
      refuse (self, TEGATA_REFUSED_RECORD);
    }
    break;
  case TEGATA_CONTENT_ALERT:
    note_alert (self, record);
    break;
  case TEGATA_CONTENT_APPLICATION_DATA:
    refuse (self, TEGATA_REFUSED_DATA);
    break;
  default:
    refuse (self, TEGATA_REFUSED_RECORD);
    break;
  }
}

/* Nothing of epoch 0 goes to an established libssl. */
void
tegata_openssl_gate_judge_late (TegataOpensslGate *self, const TegataRecord *record)
{
  judge_clear_record (self, record);
  g_queue_clear_full (&self->ready, free_bytes);
}

/* The oldest leaves where there is no more room: the peer's own comes again, and what
 * came last is what its peer's last flight ends with. */
static void
judge_next_epoch (TegataOpensslGate *self, const TegataRecord *record)
{
  gboolean is_readable = self->read_epoch == record->epoch;

  if (!is_readable && g_queue_get_length (&self->held) >= MAX_HELD)
  {
    refuse (self, TEGATA_REFUSED_OVERFLOW);
    g_bytes_unref (g_queue_pop_head (&self->held));
  }
  g_queue_push_tail (is_readable ? &self->ready : &self->held,
                     g_bytes_new (record->bytes, record->len));
}

static gboolean
is_plausible (TegataOpensslGate *self, const TegataRecord *record)
{
  gboolean is_dtls = record->version == TEGATA_DTLS_1_0_WIRE
                     || record->version == TEGATA_DTLS_1_2_WIRE;
  /* A ClientHello says DTLS 1.0 until it was answered, also when it is repeated. */
  gboolean is_hello = record->epoch == 0 && record->type == TEGATA_CONTENT_HANDSHAKE
                      && self->role == TEGATA_ROLE_SERVER;
  gboolean is_ours = self->version == 0 || record->version == self->version;
  gsize min_len = record->epoch == 0 ? 1 : self->min_protected_len;

  return is_dtls && (is_ours || is_hello) && record->epoch <= 1
         && record->body.len >= min_len && record->body.len <= MAX_RECORD_LEN;
}

void
tegata_openssl_gate_note_hello (TegataOpensslGate *self,
                                guint16 version,
                                gboolean has_explicit_nonce)
{
  const gsize nonce_len = 8; /* RFC 5288 section 3 */

  self->version = version;
  self->min_protected_len = AEAD_TAG_LEN + 1 + (has_explicit_nonce ? nonce_len : 0);
}

gboolean
tegata_openssl_gate_read (TegataOpensslGate *self,
                          TegataReader *datagram,
                          TegataRecord *record)
{
  while (datagram->len > 0)
  {
    if (!tegata_record_read (datagram, record))
    {
      refuse (self, TEGATA_REFUSED_RECORD);
      return FALSE;
    }
    if (is_plausible (self, record))
    {
      return TRUE;
    }
    refuse (self, TEGATA_REFUSED_RECORD);
  }
  return FALSE;
}

void
tegata_openssl_gate_push (TegataOpensslGate *self, const TegataRecord *record)
{
  if (record->epoch > 0)
  {
    judge_next_epoch (self, record);
  }
  else
  {
    judge_clear_record (self, record);
  }
}

/* A record of the next epoch that came before the version was known is judged now. */
static GBytes *
pop_held (TegataOpensslGate *self)
{
  GBytes *bytes;

  while ((bytes = g_queue_pop_head (&self->held)) != NULL)
  {
    TegataReader reader;
    TegataRecord record;

    tegata_reader_init (&reader, g_bytes_get_data (bytes, NULL),
                        g_bytes_get_size (bytes));
    if (tegata_openssl_gate_read (self, &reader, &record))
    {
      return bytes;
    }
    g_bytes_unref (bytes);
  }
  return NULL;
}

GBytes *
tegata_openssl_gate_pop (TegataOpensslGate *self, gboolean cipher_spec_due)
{
  const guint8 cipher_spec[] = { 1 };

  if (g_queue_is_empty (&self->ready) && self->read_epoch == 0 && cipher_spec_due
      && self->has_cipher_spec)
  {
    make_ready (self, TEGATA_CONTENT_CHANGE_CIPHER_SPEC, self->version, cipher_spec,
                sizeof cipher_spec);
    self->has_cipher_spec = FALSE;
  }
  if (g_queue_is_empty (&self->ready) && self->read_epoch == 1)
  {
    return pop_held (self);
  }
  return g_queue_pop_head (&self->ready);
}

void
tegata_openssl_gate_note_message (TegataOpensslGate *self, const guint8 *bytes, gsize len)
{
  TegataReader message;
  TegataHandshakeFragment fragment;

  tegata_reader_init (&message, bytes, len);
  if (!tegata_handshake_fragment_read (&message, &fragment))
  {
    return;
  }

  self->next_message = (guint16) (fragment.message_seq + 1);
  if (fragment.type == TEGATA_HANDSHAKE_HELLO_VERIFY_REQUEST)
  {
    self->hello_seq = self->next_message;
    self->n_verify_requests++;
  }
}
