/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"

#include <string.h>
#include <tegata/listener.h>

/*
 * Input: steps of strangers who send from addresses of their choice, the true client's
 * too, but receive nowhere. Nobody but the client may ever have a session, and the
 * listener never has more than it is allowed.
 */

#define MAX_SESSIONS 2

typedef enum
{
  STEP_INJECT,  /* a byte of address, a length of two bytes, and a datagram */
  STEP_ALTER,   /* a byte of address, an offset of two bytes, a length of one, and what
                   stands there instead in a copy of the client's next datagram */
  STEP_DELIVER, /* the next datagram each way */
  STEP_WAIT,    /* for the listener's and the client's next deadline */
  STEP_RETURN,  /* the client has crashed, and begins anew */
  N_STEPS,
} Step;

typedef struct
{
  TegataContext *context;
  TegataListener *listener;
  TegataSession *client;
  GQueue to_listener; /* of GBytes */
  GQueue to_client;
  gint64 now_us;
} Scene;

static const char client_address[] = "client";

static void
drop_datagrams (GQueue *queue)
{
  g_queue_clear_full (queue, (GDestroyNotify) g_bytes_unref);
}

static void
poll_client (Scene *self)
{
  guint8 buffer[TEGATA_OUTPUT_SIZE];
  TegataOutput output = { .buffer = buffer, .size = sizeof buffer };

  while (tegata_session_poll (self->client, &output) != TEGATA_OUTPUT_NONE)
  {
    if (output.kind == TEGATA_OUTPUT_DATAGRAM)
    {
      g_queue_push_tail (&self->to_listener, g_bytes_new (buffer, output.len));
    }
  }
}

static void
poll_listener (Scene *self)
{
  guint8 buffer[TEGATA_OUTPUT_SIZE];
  TegataOutput output = { .buffer = buffer, .size = sizeof buffer };
  TegataAddress client;
  g_autoptr (GPtrArray) ended = g_ptr_array_new ();
  TegataSession *session;
  TegataListenerStats stats;

  tegata_address_init (&client, client_address, strlen (client_address));
  while (tegata_listener_poll (self->listener, &output, &session) != TEGATA_OUTPUT_NONE)
  {
    gboolean is_client = tegata_address_equal (&output.peer, &client);

    g_assert_true (output.kind != TEGATA_OUTPUT_ACCEPTED || is_client);
    g_assert_cmpint (output.kind, !=, TEGATA_OUTPUT_RTP);
    g_assert_cmpint (output.kind, !=, TEGATA_OUTPUT_DATA);
    if (output.kind == TEGATA_OUTPUT_DATAGRAM && is_client)
    {
      g_queue_push_tail (&self->to_client, g_bytes_new (buffer, output.len));
    }
    if (output.kind == TEGATA_OUTPUT_STATE && output.state >= TEGATA_STATE_CLOSED)
    {
      g_ptr_array_add (ended, session);
    }
  }
  for (guint i = 0; i < ended->len; i++)
  {
    tegata_listener_remove (self->listener, ended->pdata[i]);
  }
  tegata_listener_get_stats (self->listener, &stats);
  g_assert_cmpuint (stats.sessions, <=, MAX_SESSIONS);
}

static void
hand_in (Scene *self, const char *from, gsize from_len, const guint8 *bytes, gsize len)
{
  g_autofree guint8 *copy = g_memdup2 (bytes, len);
  TegataAddress peer;
  TegataSession *session;

  tegata_address_init (&peer, from, from_len);
  g_assert_cmpint (tegata_listener_handle_datagram (self->listener, &peer, copy, &len,
                                                    self->now_us, &session),
                   ==, TEGATA_RECEIVED_NOTHING);
  poll_listener (self);
}

/* An even number is the client's address. */
static void
hand_in_as (Scene *self, guint8 address, const guint8 *bytes, gsize len)
{
  if (address % 2 == 0)
  {
    hand_in (self, client_address, strlen (client_address), bytes, len);
  }
  else
  {
    hand_in (self, (const char *) &address, 1, bytes, len);
  }
}

static void
begin_client (Scene *self)
{
  g_autoptr (TegataFingerprint) fingerprint = tegata_fingerprint_new_for_certificate (
      tegata_context_get_certificate (self->context), TEGATA_HASH_SHA256);

  g_clear_pointer (&self->client, tegata_session_free);
  drop_datagrams (&self->to_listener);
  self->client = tegata_session_new (self->context);
  tegata_session_set_peer_fingerprints (self->client, &fingerprint, 1);
  tegata_session_start (self->client, TEGATA_ROLE_CLIENT, self->now_us, NULL);
  poll_client (self);
}

static void
deliver (Scene *self)
{
  g_autoptr (GBytes) from_client = g_queue_pop_head (&self->to_listener);
  g_autoptr (GBytes) from_listener = g_queue_pop_head (&self->to_client);
  gsize len;

  if (from_client != NULL)
  {
    const guint8 *bytes = g_bytes_get_data (from_client, &len);

    hand_in (self, client_address, strlen (client_address), bytes, len);
  }
  if (from_listener != NULL)
  {
    const guint8 *bytes = g_bytes_get_data (from_listener, &len);
    g_autofree guint8 *copy = g_memdup2 (bytes, len);

    tegata_session_handle_datagram (self->client, NULL, copy, &len, self->now_us);
    poll_client (self);
  }
}

static void
await (Scene *self)
{
  gint64 client_us = tegata_session_deadline_us (self->client);
  gint64 listener_us = tegata_listener_deadline_us (self->listener);

  self->now_us = MAX (self->now_us, client_us >= 0 ? client_us : listener_us);
  tegata_session_handle_deadline (self->client, self->now_us);
  tegata_listener_handle_deadline (self->listener, self->now_us);
  poll_client (self);
  poll_listener (self);
}

static void
alter (Scene *self, TegataReader *steps)
{
  GBytes *datagram = g_queue_peek_head (&self->to_listener);
  guint8 address;
  guint16 offset;
  TegataReader bytes;

  if (tegata_reader_u8 (steps, &address) && tegata_reader_u16 (steps, &offset)
      && tegata_reader_sub_u8 (steps, &bytes) && datagram != NULL
      && offset + bytes.len <= g_bytes_get_size (datagram))
  {
    gsize len;
    const guint8 *original = g_bytes_get_data (datagram, &len);
    g_autofree guint8 *copy = g_memdup2 (original, len);

    memcpy (copy + offset, bytes.bytes, bytes.len);
    hand_in_as (self, address, copy, len);
  }
}

static void
take_step (Scene *self, Step step, TegataReader *steps)
{
  guint8 address;
  TegataReader datagram;

  switch (step)
  {
  case STEP_INJECT:
    if (tegata_reader_u8 (steps, &address) && tegata_reader_sub_u16 (steps, &datagram))
    {
      hand_in_as (self, address, datagram.bytes, datagram.len);
    }
    break;
  case STEP_ALTER:
    alter (self, steps);
    break;
  case STEP_DELIVER:
    deliver (self);
    break;
  case STEP_WAIT:
    await (self);
    break;
  case STEP_RETURN:
    begin_client (self);
    break;
  case N_STEPS:
  default:
    g_assert_not_reached ();
  }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static TegataContext *context;
  Scene self = { 0 };
  TegataReader steps;
  guint8 step;

  if (context == NULL)
  {
    context = tegata_context_new (NULL, NULL);
    g_assert_nonnull (context);
  }
  self.context = context;
  self.listener = tegata_listener_new (context, NULL);
  tegata_listener_set_max_sessions (self.listener, MAX_SESSIONS);
  begin_client (&self);
  tegata_reader_init (&steps, data, size);
  while (tegata_reader_u8 (&steps, &step))
  {
    take_step (&self, (Step) (step % N_STEPS), &steps);
  }
  tegata_session_free (self.client);
  tegata_listener_free (self.listener);
  drop_datagrams (&self.to_listener);
  drop_datagrams (&self.to_client);
  return 0;
}
