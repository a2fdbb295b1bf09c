/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dtls/openssl-private.h"

#include <openssl/err.h>

/*
 * Flights and their timer. What libssl writes is packed into as few datagrams as the MTU
 * allows, and kept until the peer's answer is whole.
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
/* It looks at its timer with every record that it reads, whoever drives it. */
#define LIBSSL_NEVER_US (3600U * G_USEC_PER_SEC)

static TegataRetransmitAction
tell_machine (TegataEngine *self, TegataRetransmitEvent event)
{
  return tegata_retransmit_handle (&self->machine, event, self->now_us);
}

/* libssl asks how long to wait: 0 before the first wait for a flight, else how long it
 * waited. */
unsigned int
tegata_openssl_set_timer (SSL *ssl, unsigned int waited_us)
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
  if (self->n_libssl_timeouts >= MAX_LIBSSL_TIMEOUTS)
  {
    return LIBSSL_NEVER_US;
  }
  return (unsigned int) tegata_retransmit_timeout_us (&self->machine);
}

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

void
tegata_openssl_flush_late (TegataEngine *self)
{
  pack (self, self->bio.out, self->flight_mtu);
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

/* libssl wrote while it waits for more: a new flight, or one again after a timeout. */
void
tegata_openssl_flush_waiting (TegataEngine *self)
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

void
tegata_openssl_flush_last (TegataEngine *self)
{
  tell_machine (self, TEGATA_RETRANSMIT_FLIGHT_RECEIVED);
  tell_machine (self, TEGATA_RETRANSMIT_FLIGHT_BUFFERED);
  self->stats->flights_sent++;
  self->gate.flight_message = self->gate.next_message;
  flush_flight (self);
  tell_machine (self, TEGATA_RETRANSMIT_LAST_FLIGHT_SENT);
}

void
tegata_openssl_forget_flight (TegataEngine *self)
{
  tell_machine (self, TEGATA_RETRANSMIT_LAST_FLIGHT_RECEIVED);
  g_byte_array_set_size (self->flight, 0);
}

void
tegata_openssl_answer_repetition (TegataEngine *self)
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
    tegata_openssl_flush_waiting (self);
  }
  else
  {
    send_flight_again (self);
  }
}
