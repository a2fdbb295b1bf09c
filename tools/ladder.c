/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The model: which flight a datagram belongs to, and whether it was there before.
 *
 * Flights are numbered as RFC 6347 figures 1 and 2 do it: each time that the other side
 * says something new, a new one begins. So they are 6 with a cookie, 4 without, 3 where a
 * session is resumed. What is sent again keeps the number that it had.
 */

#include "dtls/wire.h"
#include "ladder-rows.h"

#include <string.h>

#define LADDER_STRANGER_NOISE 2

static void
row_free (gpointer data)
{
  LadderRow *self = data;

  g_free (self->messages);
  g_free (self);
}

Ladder *
ladder_new (void)
{
  Ladder *self = g_new0 (Ladder, 1);

  self->rows = g_ptr_array_new_with_free_func (row_free);
  self->began_us = -1;
  for (guint i = 0; i < G_N_ELEMENTS (self->history); i++)
  {
    self->history[i] = ladder_history_new ();
    self->client_random[i] = g_byte_array_new ();
    self->client_session_id[i] = g_byte_array_new ();
  }
  return self;
}

void
ladder_free (Ladder *self)
{
  g_ptr_array_unref (self->rows);
  for (guint i = 0; i < G_N_ELEMENTS (self->history); i++)
  {
    ladder_history_free (self->history[i]);
    g_byte_array_unref (self->client_random[i]);
    g_byte_array_unref (self->client_session_id[i]);
  }
  g_free (self);
}

void
ladder_set_is_strangers (Ladder *self, gboolean is_strangers)
{
  self->is_strangers = is_strangers;
}

gsize
ladder_get_size (const Ladder *self)
{
  return sizeof *self + self->rows_size
         + ladder_history_get_size (self->history[LADDER_SENT])
         + ladder_history_get_size (self->history[LADDER_RECEIVED]);
}

static gboolean
holds (const GByteArray *bytes, const TegataReader *reader)
{
  return bytes->len == reader->len
         && (reader->len == 0 || memcmp (bytes->data, reader->bytes, reader->len) == 0);
}

static void
hold (GByteArray *bytes, const TegataReader *reader)
{
  g_byte_array_set_size (bytes, 0);
  g_byte_array_append (bytes, reader->bytes, (guint) reader->len);
}

static void
begin_anew (Ladder *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->history); i++)
  {
    ladder_history_free (self->history[i]);
    self->history[i] = ladder_history_new ();
  }
  self->flight = 0;
}

static void
forget_rows (Ladder *self)
{
  g_ptr_array_set_size (self->rows, 0);
  self->rows_size = 0;
  self->began_us = -1;
  self->n_left_out = 0;
  self->n_noise_rows = 0;
  self->n_noise = 0;
  self->n_data[LADDER_SENT] = 0;
  self->n_data[LADDER_RECEIVED] = 0;
}

/* All ClientHellos of one handshake have the same random, also behind a cookie (RFC 6347
 * section 4.2.1): another one is a client that has begun anew. Where both
 * sides are clients, by a mistake, each has its own. Of a stranger so does the
 * first one that has any: what was there before is no part of it. */
static void
look_at_client_hello (Ladder *self, LadderDirection direction, LadderMessage *message)
{
  GByteArray *before = self->client_random[direction];
  gboolean is_other = !holds (before, &message->random);

  if (is_other && self->is_strangers)
  {
    begin_anew (self);
    forget_rows (self);
  }
  else if (is_other && before->len > 0)
  {
    begin_anew (self);
    ladder_message_add_detail (message, "begins anew");
  }
  hold (before, &message->random);
  hold (self->client_session_id[direction], &message->session_id);
}

static void
look_at_hello (Ladder *self, LadderDirection direction, LadderMessage *message)
{
  LadderDirection other = direction == LADDER_SENT ? LADDER_RECEIVED : LADDER_SENT;

  if (message->random.len == 0)
  {
    return;
  }
  if (message->type == TEGATA_HANDSHAKE_CLIENT_HELLO)
  {
    look_at_client_hello (self, direction, message);
  }
  /* RFC 5246 section 7.4.1.3: the server says the client's session id back */
  else if (message->session_id.len > 0
           && holds (self->client_session_id[other], &message->session_id))
  {
    ladder_message_add_detail (message, "resumes it");
  }
}

static gboolean
is_in_flight (const LadderMessage *message)
{
  switch (message->kind)
  {
  case LADDER_HANDSHAKE:
  case LADDER_ENCRYPTED_HANDSHAKE:
  case LADDER_CHANGE_CIPHER_SPEC:
  case LADDER_ENCRYPTED_RECORD:
    return TRUE;
  case LADDER_ALERT:
  case LADDER_ACK:
  case LADDER_DATA:
  case LADDER_UNREADABLE:
  default:
    return FALSE;
  }
}

static void
place_in_flight (Ladder *self, LadderRow *row, LadderMessage *message)
{
  LadderHistory *history = self->history[row->direction];
  gboolean is_turn = self->flight == 0 || row->direction != self->flight_direction;
  gboolean had_finished = ladder_history_has_finished (history);
  guint flight = is_turn ? self->flight + 1 : self->flight;
  /* An encrypted record of DTLS 1.3 that comes again looks like any other. */
  gboolean was_there = message->kind != LADDER_ENCRYPTED_RECORD
                       && ladder_history_add (history, message, &flight);

  if (flight > self->flight)
  {
    self->flight = flight;
    self->flight_direction = row->direction;
  }
  if (message->kind == LADDER_ENCRYPTED_HANDSHAKE && had_finished && !was_there)
  {
    message->name = "encrypted message";
  }
  row->flight = row->flight == 0 ? flight : row->flight;
  row->is_retransmission |= was_there;
}

static void
look_at_alert (Ladder *self, LadderMessage *message)
{
  if (message->epoch > 0 && ladder_history_has_finished (self->history[LADDER_SENT])
      && ladder_history_has_finished (self->history[LADDER_RECEIVED]))
  {
    ladder_message_add_detail (message, "most likely close_notify");
  }
}

/* Returns: whether there was anything but application data. */
static gboolean
look_at_messages (Ladder *self, LadderRow *row)
{
  gboolean is_worth_a_row = FALSE;

  for (guint i = 0; i < row->n_messages; i++)
  {
    LadderMessage *message = &row->messages[i];

    look_at_hello (self, row->direction, message);
    if (is_in_flight (message))
    {
      place_in_flight (self, row, message);
    }
    if (message->kind == LADDER_ALERT)
    {
      look_at_alert (self, message);
    }
    is_worth_a_row |= message->kind != LADDER_DATA;
    tegata_reader_init (&message->random, NULL, 0);
    tegata_reader_init (&message->session_id, NULL, 0);
  }
  return is_worth_a_row;
}

/* What we sent is no noise: our alert is worth its row. */
static gboolean
is_noise (const LadderRow *row)
{
  return row->direction == LADDER_RECEIVED && row->flight == 0;
}

/* With the pointer to it, for which the array of rows may have twice the room. */
static gsize
size_of (const LadderRow *row)
{
  return sizeof *row + row->n_messages * sizeof *row->messages + 2 * sizeof (gpointer);
}

static gboolean
has_room (Ladder *self, const LadderRow *row)
{
  guint max_noise = self->is_strangers ? LADDER_STRANGER_NOISE : LADDER_MAX_NOISE;
  guint max_rows = self->is_strangers ? LADDER_STRANGER_ROWS : LADDER_MAX_ROWS;

  if (is_noise (row) && self->n_noise_rows >= max_noise)
  {
    self->n_noise++;
    return FALSE;
  }
  if (self->rows->len >= max_rows
      || ladder_get_size (self) + size_of (row) > LADDER_MAX_SIZE)
  {
    self->n_left_out++;
    return FALSE;
  }
  return TRUE;
}

static void
keep (Ladder *self, const LadderRow *row)
{
  LadderRow *kept = g_memdup2 (row, sizeof *row);

  kept->messages = g_memdup2 (row->messages, row->n_messages * sizeof *row->messages);
  g_ptr_array_add (self->rows, kept);
  self->rows_size += size_of (row);
  self->n_noise_rows += is_noise (row);
}

void
ladder_add (Ladder *self,
            LadderDirection direction,
            const guint8 *datagram,
            gsize len,
            gint64 now_us)
{
  g_autoptr (GArray) messages = g_array_new (FALSE, TRUE, sizeof (LadderMessage));
  LadderRow row = { .direction = direction, .len = len };
  gboolean is_worth_a_row;

  g_return_if_fail (self != NULL);
  g_return_if_fail (direction == LADDER_SENT || direction == LADDER_RECEIVED);
  g_return_if_fail (datagram != NULL || len == 0);

  ladder_datagram_read (datagram, len, messages);
  row.messages = (LadderMessage *) (gpointer) messages->data;
  row.n_messages = messages->len;
  is_worth_a_row = look_at_messages (self, &row);
  if (self->began_us < 0)
  {
    self->began_us = now_us;
  }
  row.time_us = now_us - self->began_us;
  if (!is_worth_a_row)
  {
    self->n_data[direction]++;
  }
  else if (has_room (self, &row))
  {
    keep (self, &row);
  }
}
