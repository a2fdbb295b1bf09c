/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dtls/openssl-private.h"

#include "base/error-private.h"
#include "dtls/alert.h"

#include <openssl/err.h>

/*
 * Driving libssl. A record that the gate let through is fed to it alone; what it writes
 * in answer is a flight, or a repetition of one, and is packed into as few datagrams as
 * the MTU allows.
 *
 * The timer is the retransmission machine's. libssl has one of its own, on the wall
 * clock, which it looks at whenever it reads; it is given the machine's timeouts, so that
 * both agree. Where they do not (the wall clock was set back; libssl would die of its
 * 13th timeout), the flight is sent again as it was: only its records of epoch 0 get new
 * numbers. That is also how a repeated flight of the peer is answered at once. libssl's
 * own repetitions come first, because they are numbered anew in epoch 1 too, and a peer's
 * replay window lets only those pass a second time.
 */

#define MAX_LIBSSL_TIMEOUTS 11 /* it dies of the 13th, and may count one on its own */
#define MAX_LATE_ANSWERS 8     /* libssl counts these as timeouts too, and forever */
#define MAX_DATA_QUEUED 256    /* messages that nobody has taken */
#define READ_SIZE 16384        /* RFC 6347 section 4.1: a record's plaintext */

TegataEngine *
tegata_openssl_engine_of (const SSL *ssl)
{
  return tegata_datagram_bio_get_owner (SSL_get_rbio (ssl));
}

static TegataRetransmitAction
tell_machine (TegataEngine *self, TegataRetransmitEvent event)
{
  return tegata_retransmit_handle (&self->machine, event, self->now_us);
}

/* libssl asks how long to wait: 0 before the first wait for a flight, else how long it
 * waited. */
static unsigned int
set_timer (SSL *ssl, unsigned int waited_us)
{
  TegataEngine *self = tegata_openssl_engine_of (ssl);

  if (waited_us == 0)
  {
    self->flight_begun = TRUE;
    self->n_libssl_timeouts = 0;
    tell_machine (self, TEGATA_RETRANSMIT_FLIGHT_RECEIVED);
    tell_machine (self, TEGATA_RETRANSMIT_FLIGHT_BUFFERED);
  }
  else
  {
    self->n_libssl_timeouts++;
  }
  return (unsigned int) tegata_retransmit_timeout_us (&self->machine);
}

static void
note_message (int sent,
              G_GNUC_UNUSED int version,
              int type,
              const void *bytes,
              size_t len,
              G_GNUC_UNUSED SSL *ssl,
              void *engine)
{
  TegataEngine *self = engine;
  const guint8 *message = bytes;

  if (type == TEGATA_CONTENT_ALERT && len == 2 && message[1] != TEGATA_ALERT_CLOSE_NOTIFY)
  {
    self->alert = message[1];
    self->alert_received = sent == 0;
  }
  else if (type == TEGATA_CONTENT_CHANGE_CIPHER_SPEC && sent == 0)
  {
    self->gate.read_epoch = 1;
  }
  else if (type == TEGATA_CONTENT_HANDSHAKE && sent == 0)
  {
    tegata_openssl_gate_note_message (&self->gate, message, len);
  }
}

gboolean
tegata_openssl_renew (TegataEngine *self, GError **error)
{
  BIO *bio = NULL;

  SSL_free (self->ssl);
  self->ssl = SSL_new (self->shared->ssl_context);
  if (self->ssl != NULL)
  {
    bio = tegata_datagram_bio_new (&self->bio);
  }
  if (bio == NULL)
  {
    g_set_error_literal (error, TEGATA_ERROR, TEGATA_ERROR_FAILED,
                         "libssl could not make an association");
    return FALSE;
  }

  SSL_set_bio (self->ssl, bio, bio);
  SSL_set_mtu (self->ssl, (long) self->mtu);
  SSL_set_msg_callback (self->ssl, note_message);
  SSL_set_msg_callback_arg (self->ssl, self);
  DTLS_set_timer_cb (self->ssl, set_timer);
  tegata_openssl_gate_clear (&self->gate);
  tegata_openssl_gate_init (&self->gate, self->role, self->stats);
  tegata_retransmit_init (&self->machine);
  return TRUE;
}

/* --- what goes out --- */

/* A copy of @record, numbered anew where it is of epoch 0. */
static void
append_record (TegataEngine *self, GByteArray *datagram, const TegataRecord *record)
{
  guint start = datagram->len;

  g_byte_array_append (datagram, record->bytes, (guint) record->len);
  if (record->epoch == 0)
  {
    g_autoptr (GByteArray) header = g_byte_array_sized_new (TEGATA_RECORD_HEADER_LEN);

    tegata_write_u8 (header, record->type);
    tegata_write_u16 (header, record->version);
    tegata_write_u16 (header, 0);
    tegata_write_u48 (header, self->next_sequence++);
    memcpy (datagram->data + start, header->data, header->len);
  }
}

/* Packs records into datagrams of @mtu bytes at most. */
static void
pack (TegataEngine *self, const GByteArray *records, guint mtu)
{
  g_autoptr (GByteArray) datagram = g_byte_array_new ();
  TegataReader reader;
  TegataRecord record;

  tegata_reader_init (&reader, records->data, records->len);
  while (tegata_record_read (&reader, &record))
  {
    if (datagram->len > 0 && datagram->len + record.len > mtu)
    {
      g_queue_push_tail (&self->datagrams,
                         g_byte_array_free_to_bytes (g_steal_pointer (&datagram)));
      datagram = g_byte_array_new ();
    }
    append_record (self, datagram, &record);
  }
  if (datagram->len > 0)
  {
    g_queue_push_tail (&self->datagrams,
                       g_byte_array_free_to_bytes (g_steal_pointer (&datagram)));
  }
}

void
tegata_openssl_flush (TegataEngine *self)
{
  pack (self, self->bio.out, self->mtu);
  g_byte_array_set_size (self->bio.out, 0);
}

/* What libssl wrote is our flight: a new one, or the last one again. */
static void
flush_flight (TegataEngine *self)
{
  GByteArray *written = self->bio.out;

  self->bio.out = self->flight;
  self->flight = written;
  g_byte_array_set_size (self->bio.out, 0);
  pack (self, self->flight, self->flight_mtu);
}

static void
say_sent (TegataEngine *self)
{
  gboolean last = self->machine.state == TEGATA_RETRANSMIT_FINISHED;

  tell_machine (self, last ? TEGATA_RETRANSMIT_LAST_FLIGHT_SENT
                           : TEGATA_RETRANSMIT_FLIGHT_SENT);
}

static void
send_flight_again (TegataEngine *self)
{
  self->stats->retransmissions++;
  pack (self, self->flight, self->flight_mtu);
  say_sent (self);
}

/* --- how it ends --- */

static void
fail (TegataEngine *self)
{
  const char *reason = ERR_reason_error_string (ERR_peek_error ());
  g_autofree char *found = NULL;

  self->status = TEGATA_ENGINE_FAILED;
  g_clear_error (&self->error);
  if (tegata_verifier_judge (self->verifier) == TEGATA_VERDICT_MISMATCH)
  {
    found = tegata_verifier_describe (self->verifier);
    self->error
        = tegata_error_new_end (TEGATA_ERROR_FINGERPRINT, TEGATA_FAULT_PEER, self->alert,
                                "the peer's certificate is not the one that was "
                                "signalled: %s",
                                found);
  }
  else if (self->alert_received)
  {
    self->error
        = tegata_error_new_end (TEGATA_ERROR_ALERT, TEGATA_FAULT_PEER, self->alert,
                                "the peer ended the association by the alert "
                                "%s (%d)",
                                tegata_alert_to_string (self->alert), self->alert);
  }
  else
  {
    self->error
        = tegata_error_new_end (TEGATA_ERROR_PROTOCOL, TEGATA_FAULT_PEER, self->alert,
                                "the peer's handshake was refused: %s",
                                reason != NULL ? reason : "unknown reason");
  }
  ERR_clear_error ();
}

/* A server that has not answered anybody yet forgets a ClientHello that it cannot take:
 * whoever sent it proved nothing, and the peer's own may still come. */
static void
forget_hello (TegataEngine *self)
{
  const char *reason = ERR_reason_error_string (ERR_peek_error ());
  TegataOpensslGate gate = self->gate;

  self->stats->refused[TEGATA_REFUSED_HELLO]++;
  g_clear_error (&self->error);
  self->error = g_error_new (TEGATA_ERROR, TEGATA_ERROR_PROTOCOL,
                             "the last ClientHello was refused: %s",
                             reason != NULL ? reason : "unknown reason");
  tegata_openssl_flush (self); /* the alert */
  ERR_clear_error ();

  if (!tegata_openssl_renew (self, NULL))
  {
    self->status = TEGATA_ENGINE_FAILED;
    return;
  }
  SSL_set_accept_state (self->ssl);
  if (gate.hello_seq > 0)
  {
    tegata_openssl_expect_cookie (self, self->now_us);
  }
}

static void
handle_failure (TegataEngine *self)
{
  if (self->role == TEGATA_ROLE_SERVER && self->status == TEGATA_ENGINE_HANDSHAKING
      && self->stats->flights_sent == 0)
  {
    forget_hello (self);
    return;
  }
  tegata_openssl_flush (self);
  fail (self);
}

/* --- what comes in --- */

static void
finish_handshake (TegataEngine *self)
{
  gboolean last_is_ours = self->bio.out->len > 0;

  if (!tegata_openssl_take_peer_certificate (self))
  {
    handle_failure (self);
    return;
  }

  self->status = TEGATA_ENGINE_ESTABLISHED;
  self->stats->flights_received++;
  g_clear_error (&self->error);
  if (last_is_ours)
  {
    tell_machine (self, TEGATA_RETRANSMIT_FLIGHT_RECEIVED);
    tell_machine (self, TEGATA_RETRANSMIT_FLIGHT_BUFFERED);
    self->stats->flights_sent++;
    self->gate.flight_message = self->gate.next_message;
    flush_flight (self);
    tell_machine (self, TEGATA_RETRANSMIT_LAST_FLIGHT_SENT);
  }
  else
  {
    tell_machine (self, TEGATA_RETRANSMIT_LAST_FLIGHT_RECEIVED);
    g_byte_array_set_size (self->flight, 0);
  }
  SSL_set_mtu (self->ssl, (long) self->mtu);
}

/* libssl wrote while it waits for more: a new flight, or one again after a timeout. */
static void
flush_waiting (TegataEngine *self)
{
  if (self->flight_begun)
  {
    self->flight_begun = FALSE;
    self->stats->flights_sent++;
    self->stats->flights_received += self->gate.next_message > 0;
    self->gate.flight_message = self->gate.next_message;
    flush_flight (self);
    tell_machine (self, TEGATA_RETRANSMIT_FLIGHT_SENT);
  }
  else if (self->bio.out->len > 0)
  {
    self->stats->retransmissions++;
    flush_flight (self);
    tell_machine (self, TEGATA_RETRANSMIT_FLIGHT_SENT);
  }
}

static void
pump_handshake (TegataEngine *self)
{
  int result = SSL_do_handshake (self->ssl);

  if (result == 1)
  {
    finish_handshake (self);
  }
  else if (SSL_get_error (self->ssl, result) == SSL_ERROR_WANT_READ)
  {
    flush_waiting (self);
  }
  else
  {
    handle_failure (self);
  }
}

static void
take_data_in (TegataEngine *self, const guint8 *bytes, gsize len)
{
  if (g_queue_get_length (&self->data) >= MAX_DATA_QUEUED)
  {
    self->stats->refused[TEGATA_REFUSED_OVERFLOW]++;
    return;
  }
  g_queue_push_tail (&self->data, g_bytes_new (bytes, len));
}

static void
pump_established (TegataEngine *self)
{
  guint8 buffer[READ_SIZE];
  int len = SSL_read (self->ssl, buffer, sizeof buffer);

  while (len > 0)
  {
    take_data_in (self, buffer, (gsize) len);
    len = SSL_read (self->ssl, buffer, sizeof buffer);
  }
  OPENSSL_cleanse (buffer, sizeof buffer);

  switch (SSL_get_error (self->ssl, len))
  {
  case SSL_ERROR_WANT_READ:
    break;
  case SSL_ERROR_ZERO_RETURN: /* close_notify, which is answered by ours */
    SSL_shutdown (self->ssl);
    self->status = TEGATA_ENGINE_CLOSED;
    break;
  default:
    handle_failure (self);
    return;
  }

  /* a repeated Finished was answered */
  if (self->bio.out->len > 0 && self->status == TEGATA_ENGINE_ESTABLISHED)
  {
    self->n_late_answers++;
    self->stats->retransmissions++;
  }
  tegata_openssl_flush (self);
}

/* Lets libssl read what is in the BIO, and takes what follows from it. */
static void
pump (TegataEngine *self)
{
  ERR_clear_error ();
  if (self->status == TEGATA_ENGINE_HANDSHAKING)
  {
    pump_handshake (self);
  }
  if (self->status == TEGATA_ENGINE_ESTABLISHED)
  {
    pump_established (self);
  }
  tegata_reader_init (&self->bio.in, NULL, 0);
  ERR_clear_error ();
}

static void
feed (TegataEngine *self, const guint8 *bytes, gsize len)
{
  tegata_reader_init (&self->bio.in, bytes, len);
  pump (self);
}

/* Whether the next thing that libssl waits for is a ChangeCipherSpec: one that overtook
 * the messages before it would be dropped by libssl, and cost a timeout. */
static gboolean
is_cipher_spec_due (TegataEngine *self)
{
  switch (SSL_get_state (self->ssl))
  {
  case TLS_ST_SR_CERT_VRFY:
  case TLS_ST_SW_FINISHED:
  case TLS_ST_CW_FINISHED:
  case TLS_ST_CR_SESSION_TICKET:
    return TRUE;
  case TLS_ST_CR_SRVR_HELLO:
    return SSL_session_reused (self->ssl) == 1;
  default:
    return FALSE;
  }
}

static void
feed_from_gate (TegataEngine *self)
{
  while (self->status == TEGATA_ENGINE_HANDSHAKING
         || self->status == TEGATA_ENGINE_ESTABLISHED)
  {
    g_autoptr (GBytes) record
        = tegata_openssl_gate_pop (&self->gate, is_cipher_spec_due (self));
    const guint8 *bytes;
    gsize len;

    if (record == NULL)
    {
      break;
    }
    bytes = g_bytes_get_data (record, &len);
    feed (self, bytes, len);
  }
}

static void
answer_repetition (TegataEngine *self)
{
  if (!self->gate.repeated)
  {
    return;
  }

  self->gate.repeated = FALSE;
  if (self->flight->len > 0
      && tell_machine (self, TEGATA_RETRANSMIT_FLIGHT_REPEATED) == TEGATA_RETRANSMIT_SEND)
  {
    send_flight_again (self);
  }
}

/* A handshake record of the new epoch, once established: the peer's Finished again, or an
 * invitation to negotiate anew, which libssl is not to see. */
static void
handle_late_handshake (TegataEngine *self, const TegataRecord *record)
{
  if (self->flight->len == 0)
  {
    return; /* the last flight was the peer's: it lacks nothing */
  }
  if (self->n_late_answers < MAX_LATE_ANSWERS)
  {
    feed (self, record->bytes, record->len);
    return;
  }
  self->gate.repeated = TRUE;
}

static void
handle_established (TegataEngine *self, const TegataRecord *record)
{
  if (record->epoch == 0)
  {
    tegata_openssl_gate_judge_late (&self->gate, record);
    return;
  }

  switch (record->type)
  {
  case TEGATA_CONTENT_APPLICATION_DATA:
  case TEGATA_CONTENT_ALERT:
    feed (self, record->bytes, record->len);
    break;
  case TEGATA_CONTENT_HANDSHAKE:
    handle_late_handshake (self, record);
    break;
  default:
    self->stats->refused[TEGATA_REFUSED_RECORD]++;
    break;
  }
}

static void
handle_established_datagram (TegataEngine *self, const guint8 *bytes, gsize len)
{
  TegataReader datagram;

  tegata_reader_init (&datagram, bytes, len);
  while (datagram.len > 0 && self->status == TEGATA_ENGINE_ESTABLISHED)
  {
    TegataRecord record;

    if (!tegata_record_read (&datagram, &record))
    {
      self->stats->refused[TEGATA_REFUSED_RECORD]++;
      return;
    }
    if (tegata_openssl_gate_is_plausible (&record))
    {
      handle_established (self, &record);
    }
    else
    {
      self->stats->refused[TEGATA_REFUSED_RECORD]++;
    }
  }
}

static void
adopt_sequence (TegataEngine *self, const guint8 *bytes, gsize len)
{
  TegataReader datagram;
  TegataRecord record;

  tegata_reader_init (&datagram, bytes, len);
  if (self->adopt_sequence && tegata_record_read (&datagram, &record))
  {
    self->next_sequence = record.sequence;
    self->adopt_sequence = FALSE;
  }
}

void
tegata_openssl_handle_datagram (TegataEngine *self,
                                const guint8 *bytes,
                                gsize len,
                                gint64 now_us)
{
  self->now_us = now_us;
  switch (self->status)
  {
  case TEGATA_ENGINE_HANDSHAKING:
    adopt_sequence (self, bytes, len);
    tegata_openssl_gate_push (&self->gate, bytes, len);
    feed_from_gate (self);
    break;
  case TEGATA_ENGINE_ESTABLISHED:
    handle_established_datagram (self, bytes, len);
    break;
  case TEGATA_ENGINE_CLOSED:
  case TEGATA_ENGINE_FAILED:
  default:
    return;
  }
  answer_repetition (self);
}

/* --- time --- */

static void
use_smaller_fragments (TegataEngine *self)
{
  if (tegata_retransmit_wants_smaller_fragments (&self->machine))
  {
    self->flight_mtu = MAX (self->mtu / 2, TEGATA_MIN_MTU);
    SSL_set_mtu (self->ssl, (long) self->flight_mtu);
  }
}

void
tegata_openssl_handle_deadline (TegataEngine *self, gint64 now_us)
{
  self->now_us = now_us;
  if (self->status != TEGATA_ENGINE_HANDSHAKING
      || tell_machine (self, TEGATA_RETRANSMIT_TIMEOUT) != TEGATA_RETRANSMIT_SEND)
  {
    return;
  }

  use_smaller_fragments (self);
  ERR_clear_error ();
  if (self->n_libssl_timeouts < MAX_LIBSSL_TIMEOUTS)
  {
    DTLSv1_handle_timeout (self->ssl);
  }
  ERR_clear_error ();
  if (self->bio.out->len > 0)
  {
    flush_waiting (self);
  }
  else
  {
    send_flight_again (self);
  }
}

/* --- how it begins --- */

void
tegata_openssl_begin (TegataEngine *self, gint64 now_us)
{
  self->now_us = now_us;
  if (self->role == TEGATA_ROLE_SERVER)
  {
    SSL_set_accept_state (self->ssl);
    return;
  }
  SSL_set_connect_state (self->ssl);
  tegata_resumption_offer (self);
  pump (self);
}

/* The smallest ClientHello that libssl reads: no session, no cookie, one cipher suite. */
static GBytes *
make_first_hello (void)
{
  const guint8 random[TEGATA_RANDOM_LEN] = { 0 };
  const guint16 hello_len = 2 + TEGATA_RANDOM_LEN + 1 + 1 + 2 + 2 + 1 + 1;
  GByteArray *record = g_byte_array_new ();

  tegata_write_u8 (record, TEGATA_CONTENT_HANDSHAKE);
  tegata_write_u16 (record, TEGATA_DTLS_1_0_WIRE);
  tegata_write_u16 (record, 0);
  tegata_write_u48 (record, 0);
  tegata_write_u16 (record, TEGATA_HANDSHAKE_HEADER_LEN + hello_len);

  tegata_write_u8 (record, TEGATA_HANDSHAKE_CLIENT_HELLO);
  tegata_write_u24 (record, hello_len);
  tegata_write_u16 (record, 0); /* message_seq */
  tegata_write_u24 (record, 0);
  tegata_write_u24 (record, hello_len);

  tegata_write_u16 (record, TEGATA_DTLS_1_2_WIRE);
  g_byte_array_append (record, random, sizeof random);
  tegata_write_u8 (record, 0);       /* session id */
  tegata_write_u8 (record, 0);       /* cookie */
  tegata_write_u16 (record, 2);      /* cipher suites */
  tegata_write_u16 (record, 0xc02b); /* RFC 5289: ECDHE_ECDSA with AES_128_GCM */
  tegata_write_u8 (record, 1);       /* compression methods */
  tegata_write_u8 (record, 0);
  return g_byte_array_free_to_bytes (record);
}

/* The exchange of cookies was done without state, so libssl knows nothing of it, and
 * would wait for message 0. It is told the beginning of the story: a ClientHello without
 * a cookie, whose answer nobody gets. Neither enters the transcript (RFC 6347
 * section 4.2.1). */
void
tegata_openssl_expect_cookie (TegataEngine *self, gint64 now_us)
{
  g_autoptr (GBytes) hello = make_first_hello ();
  gsize len;
  const guint8 *bytes = g_bytes_get_data (hello, &len);

  self->now_us = now_us;
  SSL_set_options (self->ssl, SSL_OP_COOKIE_EXCHANGE);
  tegata_reader_init (&self->bio.in, bytes, len);
  SSL_do_handshake (self->ssl);
  ERR_clear_error ();
  tegata_reader_init (&self->bio.in, NULL, 0);
  g_byte_array_set_size (self->bio.out, 0);

  self->flight_begun = FALSE;
  self->gate.next_sequence = 1;
  self->gate.next_message = 1;
  self->gate.hello_seq = 1;
  self->gate.flight_message = 1;
  self->adopt_sequence = TRUE;
}
