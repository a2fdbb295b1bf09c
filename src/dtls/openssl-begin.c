/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dtls/openssl-private.h"

#include <openssl/err.h>

/* How a handshake on libssl begins: afresh, as a client, or behind a cookie. */

gboolean
tegata_openssl_renew (TegataEngine *self, GError **error)
{
  SSL *ssl = SSL_new (self->shared->ssl_context);
  BIO *bio = ssl != NULL ? tegata_datagram_bio_new (&self->bio) : NULL;
  gint64 rtt_us;

  if (bio == NULL)
  {
    SSL_free (ssl);
    g_set_error_literal (error, TEGATA_ERROR, TEGATA_ERROR_FAILED,
                         "libssl could not make an association");
    return FALSE;
  }

  SSL_free (self->ssl);
  self->ssl = ssl;
  SSL_set_bio (self->ssl, bio, bio);
  SSL_set_mtu (self->ssl, (long) self->mtu);
  SSL_set_msg_callback (self->ssl, tegata_openssl_note_message);
  SSL_set_msg_callback_arg (self->ssl, self);
  DTLS_set_timer_cb (self->ssl, tegata_openssl_set_timer);
  tegata_resumption_watch (self);
  tegata_openssl_gate_clear (&self->gate);
  tegata_openssl_gate_init (&self->gate, self->role, self->stats);
  self->gate.tickets = (SSL_get_options (self->ssl) & SSL_OP_NO_TICKET) == 0;
  self->flight_begun = FALSE;
  self->n_libssl_timeouts = 0;
  rtt_us = self->machine.rtt_us;
  tegata_retransmit_init (&self->machine);
  tegata_retransmit_set_rtt_us (&self->machine, rtt_us);
  return TRUE;
}

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
  tegata_openssl_pump (self);
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

  if (self->gate.hello_seq > 0)
  {
    return; /* the ClientHello is repeated, or comes in fragments */
  }

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
