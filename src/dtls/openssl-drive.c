/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dtls/openssl-private.h"

#include "base/error-private.h"

#include <openssl/err.h>

/*
 * Driving libssl. A record that the gate let through is fed to it alone; what it writes
 * in answer is a flight of ours, or one again: openssl-flight.c.
 */

#define MAX_LATE_ANSWERS 8    /* libssl counts these as timeouts too, and forever */
#define MAX_DATA_QUEUED 65536 /* bytes of data that nobody has taken, and their keep */
#define READ_SIZE 16384       /* RFC 6347 section 4.1: a record's plaintext */

TegataEngine *
tegata_openssl_engine_of (const SSL *ssl)
{
  return tegata_datagram_bio_get_owner (SSL_get_rbio (ssl));
}

void
tegata_openssl_note_message (int sent,
                             G_GNUC_UNUSED int version,
                             int type,
                             const void *bytes,
                             size_t len,
                             G_GNUC_UNUSED SSL *ssl,
                             void *engine)
{
  TegataEngine *self = engine;
  const guint8 *message = bytes;

  if (type == TEGATA_CONTENT_ALERT && len == 2 && message[1] != SSL3_AD_CLOSE_NOTIFY)
  {
    self->alert = message[1];
    self->alert_received = sent == 0;
  }
  else if (type == TEGATA_CONTENT_CHANGE_CIPHER_SPEC && sent == 0)
  {
    self->saw_cipher_spec = TRUE;
  }
  else if (type == TEGATA_CONTENT_HANDSHAKE && sent == 0)
  {
    tegata_openssl_gate_note_message (&self->gate, message, len);
  }
}

static const char *
version_number (int version)
{
  switch (version)
  {
  case DTLS1_VERSION:
    return "1.0";
  case DTLS1_2_VERSION:
    return "1.2";
  default:
    return "1.3";
  }
}

static char *
describe_versions (TegataEngine *self)
{
  const char *oldest = version_number ((int) SSL_get_min_proto_version (self->ssl));
  const char *newest = version_number ((int) SSL_get_max_proto_version (self->ssl));

  if (g_str_equal (oldest, newest))
  {
    return g_strdup_printf ("no DTLS version in common (here %s alone)", oldest);
  }
  return g_strdup_printf ("no DTLS version in common (here %s to %s)", oldest, newest);
}

/* (transfer full): what libssl has to say, in words of the two that people meet. */
static char *
describe_reason (TegataEngine *self)
{
  unsigned long error = ERR_peek_error ();
  const char *reason = ERR_reason_error_string (error);

  if (ERR_GET_LIB (error) == ERR_LIB_SSL)
  {
    switch (ERR_GET_REASON (error))
    {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_WRONG_VERSION_NUMBER:
      return describe_versions (self);
    case SSL_R_NO_SHARED_CIPHER:
      return g_strdup ("no cipher suite in common: it has to offer ECDHE with AES-GCM, "
                       "for the kind of key that the certificate here has");
    default:
      break;
    }
  }
  return g_strdup (reason != NULL ? reason : "libssl does not say why");
}

/* (transfer full): why libssl gave up. */
static GError *
make_end (TegataEngine *self)
{
  g_autofree char *reason = describe_reason (self);
  g_autofree char *found = NULL;

  if (tegata_verifier_judge (self->verifier) == TEGATA_VERDICT_MISMATCH)
  {
    found = tegata_verifier_describe (self->verifier);
    return tegata_error_new_end (TEGATA_ERROR_FINGERPRINT, TEGATA_FAULT_PEER, self->alert,
                                 "the peer's certificate is not the one that was "
                                 "signalled: %s",
                                 found);
  }
  if (SSL_get_verify_result (self->ssl) == X509_V_ERR_EE_KEY_TOO_SMALL)
  {
    return tegata_error_new_end (TEGATA_ERROR_PROTOCOL, TEGATA_FAULT_PEER, self->alert,
                                 "the key of the peer's certificate is too weak: "
                                 "expected at least RSA with 2048 bits, or P-256");
  }
  if (self->alert_received)
  {
    return tegata_error_new_end (TEGATA_ERROR_ALERT, TEGATA_FAULT_PEER, self->alert,
                                 "the peer ended the association by the alert %s (%d)",
                                 tegata_alert_to_string (self->alert), self->alert);
  }
  return tegata_error_new_end (TEGATA_ERROR_PROTOCOL, TEGATA_FAULT_PEER, self->alert,
                               "the peer's handshake was refused: %s", reason);
}

static void
fail (TegataEngine *self)
{
  if (self->status == TEGATA_ENGINE_ESTABLISHED)
  {
    tegata_resumption_forget (self);
  }
  self->status = TEGATA_ENGINE_FAILED;
  g_clear_error (&self->error);
  self->error = make_end (self);
  ERR_clear_error ();
}

/* A server that has not answered anybody yet forgets a ClientHello that it cannot take:
 * whoever sent it proved nothing, and the peer's own may still come. */
static void
forget_hello (TegataEngine *self)
{
  g_autofree char *reason = describe_reason (self);

  self->stats->refused[TEGATA_REFUSED_HELLO]++;
  g_clear_error (&self->error);
  self->error = g_error_new (TEGATA_ERROR, TEGATA_ERROR_PROTOCOL,
                             "the last ClientHello was refused: %s", reason);
  tegata_openssl_flush (self); /* the alert */
  ERR_clear_error ();

  if (!tegata_openssl_renew (self, NULL))
  {
    self->status = TEGATA_ENGINE_FAILED;
    return;
  }
  SSL_set_accept_state (self->ssl);
}

static void
handle_failure (TegataEngine *self)
{
  if (self->role == TEGATA_ROLE_SERVER && self->status == TEGATA_ENGINE_HANDSHAKING
      && self->stats->flights_sent == 0 && !self->flight_begun)
  {
    forget_hello (self);
    return;
  }
  tegata_openssl_flush (self);
  fail (self);
}

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
  self->was_established = TRUE;
  self->stats->flights_received++;
  g_clear_error (&self->error);
  if (last_is_ours)
  {
    tegata_openssl_flush_last (self);
  }
  else
  {
    tegata_openssl_forget_flight (self);
  }
  SSL_set_mtu (self->ssl, (long) self->mtu);
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
    tegata_openssl_flush_waiting (self);
  }
  else
  {
    handle_failure (self);
  }
}

/* Between two uses of an established association libssl's record buffers are idle: 33 KB.
 * It does not allocate them again by itself. */
void
tegata_openssl_rest (TegataEngine *self)
{
  if (self->status != TEGATA_ENGINE_HANDSHAKING)
  {
    SSL_free_buffers (self->ssl);
  }
  ERR_clear_error ();
}

gsize
tegata_openssl_data_cost (gsize len)
{
  return len + 128; /* a GBytes and its place in a queue, roughly */
}

static void
take_data_in (TegataEngine *self, const guint8 *bytes, gsize len)
{
  gsize cost = tegata_openssl_data_cost (len);

  if (self->data_cost + cost > MAX_DATA_QUEUED)
  {
    self->stats->refused[TEGATA_REFUSED_OVERFLOW]++;
    return;
  }
  self->data_cost += cost;
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
    OPENSSL_cleanse (buffer, (gsize) len);
    len = SSL_read (self->ssl, buffer, sizeof buffer);
  }

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
    tegata_retransmit_handle (&self->machine, TEGATA_RETRANSMIT_LAST_FLIGHT_SENT,
                              self->now_us);
  }
  tegata_openssl_flush_late (self);
}

/* libssl tells of a ChangeCipherSpec before it knows whether it waits for one; one that
 * it drops moves nothing. */
static void
note_cipher_spec (TegataEngine *self)
{
  OSSL_HANDSHAKE_STATE state = SSL_get_state (self->ssl);

  if (self->saw_cipher_spec && (state == TLS_ST_CR_CHANGE || state == TLS_ST_SR_CHANGE))
  {
    self->gate.read_epoch = 1;
  }
  self->saw_cipher_spec = FALSE;
}

/* Once libssl knows what was negotiated. */
static void
note_hello (TegataEngine *self)
{
  const SSL_CIPHER *cipher = SSL_get_pending_cipher (self->ssl);
  int nid;

  if (self->gate.version != 0 || self->gate.next_message <= self->gate.hello_seq
      || cipher == NULL)
  {
    return;
  }
  nid = SSL_CIPHER_get_cipher_nid (cipher);
  tegata_openssl_gate_note_hello (&self->gate, (guint16) SSL_version (self->ssl),
                                  nid == NID_aes_128_gcm || nid == NID_aes_256_gcm);
}

/* Lets libssl read what is in the BIO, and takes what follows from it. */
void
tegata_openssl_pump (TegataEngine *self)
{
  ERR_clear_error ();
  SSL_alloc_buffers (self->ssl);
  if (self->status == TEGATA_ENGINE_HANDSHAKING)
  {
    pump_handshake (self);
  }
  if (self->status == TEGATA_ENGINE_ESTABLISHED)
  {
    pump_established (self);
  }
  tegata_reader_init (&self->bio.in, NULL, 0);
  note_cipher_spec (self);
  note_hello (self);
  tegata_openssl_rest (self);
}

static void
feed (TegataEngine *self, const guint8 *bytes, gsize len)
{
  tegata_reader_init (&self->bio.in, bytes, len);
  tegata_openssl_pump (self);
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
  case TLS_ST_CR_SESSION_TICKET:
    return TRUE;
  case TLS_ST_CW_FINISHED:
    return !self->awaits_ticket;
  case TLS_ST_CR_SRVR_HELLO:
    return SSL_session_reused (self->ssl) == 1 && !self->awaits_ticket;
  default:
    return FALSE;
  }
}

static gboolean
has_ended (TegataEngine *self)
{
  return self->status == TEGATA_ENGINE_CLOSED || self->status == TEGATA_ENGINE_FAILED;
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
    SSL_set_mtu (self->ssl, (long) self->flight_mtu);
    feed (self, record->bytes, record->len);
    SSL_set_mtu (self->ssl, (long) self->mtu);
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

/* What was held while the handshake became complete is late by now. */
static void
feed_record (TegataEngine *self, GBytes *bytes)
{
  TegataReader reader;
  TegataRecord record;

  tegata_reader_init (&reader, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  if (!tegata_record_read (&reader, &record))
  {
    return;
  }
  if (self->status == TEGATA_ENGINE_ESTABLISHED)
  {
    handle_established (self, &record);
  }
  else
  {
    feed (self, record.bytes, record.len);
  }
}

static void
feed_from_gate (TegataEngine *self)
{
  while (!has_ended (self))
  {
    g_autoptr (GBytes) record
        = tegata_openssl_gate_pop (&self->gate, is_cipher_spec_due (self));

    if (record == NULL)
    {
      break;
    }
    feed_record (self, record);
  }
}

static void
handle_record (TegataEngine *self, const TegataRecord *record)
{
  if (self->status == TEGATA_ENGINE_ESTABLISHED)
  {
    handle_established (self, record);
    return;
  }

  if (self->adopt_sequence)
  {
    self->next_sequence = record->sequence;
    self->adopt_sequence = FALSE;
  }
  tegata_openssl_gate_push (&self->gate, record);
  if (self->gate.has_same_role && self->error == NULL)
  {
    self->error = g_error_new (TEGATA_ERROR, TEGATA_ERROR_PROTOCOL,
                               "the peer is a %s too: compare both sides' a=setup",
                               self->role == TEGATA_ROLE_CLIENT ? "client" : "server");
  }
  feed_from_gate (self);
}

void
tegata_openssl_handle_datagram (TegataEngine *self,
                                const guint8 *bytes,
                                gsize len,
                                gint64 now_us)
{
  TegataReader datagram;
  TegataRecord record;

  self->now_us = now_us;
  tegata_reader_init (&datagram, bytes, len);
  while (!has_ended (self) && tegata_openssl_gate_read (&self->gate, &datagram, &record))
  {
    handle_record (self, &record);
  }
  if (!has_ended (self))
  {
    tegata_openssl_answer_repetition (self);
  }
}
