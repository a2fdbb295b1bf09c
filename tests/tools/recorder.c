/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/recorder.h"

typedef struct
{
  guint from; /* which node */
  gint64 sent_us;
  gint64 arrived_us; /* -1: lost */
  GBytes *bytes;
} Event;

static void
event_free (gpointer data)
{
  Event *self = data;

  g_bytes_unref (self->bytes);
  g_free (self);
}

static void
record (const NetworkDatagram *datagram, NetworkFate *fate, gpointer user_data)
{
  Recorder *self = user_data;
  Event *event = g_new0 (Event, 1);

  if (self->lose != NULL)
  {
    self->lose (datagram, fate, self);
  }
  event->from = datagram->from;
  event->sent_us = network_now_us (self->pair->network);
  event->arrived_us = fate->n_copies > 0 ? event->sent_us + fate->delay_us : -1;
  event->bytes = g_bytes_new (datagram->bytes, datagram->len);
  g_ptr_array_add (self->events, event);
}

Recorder *
recorder_new (TegataContext *client, TegataContext *server)
{
  Recorder *self = g_new0 (Recorder, 1);

  self->pair = pair_new_trusting (ENDPOINT_SESSION, client, server, 1);
  self->events = g_ptr_array_new_with_free_func (event_free);
  network_set_fate_func (self->pair->network, record, self);
  return self;
}

void
recorder_free (Recorder *self)
{
  pair_free (self->pair);
  g_ptr_array_unref (self->events);
  g_free (self);
}

typedef struct
{
  LadderDirection direction;
  gint64 time_us;
  GBytes *bytes; /* borrowed */
} Seen;

static gint
compare_seen (gconstpointer a, gconstpointer b)
{
  gint64 a_us = (*(const Seen *const *) a)->time_us;
  gint64 b_us = (*(const Seen *const *) b)->time_us;

  return (a_us > b_us) - (a_us < b_us);
}

/* In the order of time; what happens at one moment stays as it was. */
static GPtrArray *
seen_by (Recorder *self, guint node)
{
  GPtrArray *seen = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < self->events->len; i++)
  {
    const Event *event = g_ptr_array_index (self->events, i);
    gboolean is_own = event->from == node;

    if (is_own || event->arrived_us >= 0)
    {
      Seen *one = g_new0 (Seen, 1);
      one->direction = is_own ? LADDER_SENT : LADDER_RECEIVED;
      one->time_us = is_own ? event->sent_us : event->arrived_us;
      one->bytes = event->bytes;
      g_ptr_array_add (seen, one);
    }
  }
  g_ptr_array_sort (seen, compare_seen);
  return seen;
}

Ladder *
recorder_make_ladder (Recorder *self, TegataRole role)
{
  Ladder *ladder = ladder_new ();
  Endpoint *end = role == TEGATA_ROLE_CLIENT ? self->pair->client : self->pair->server;
  g_autoptr (GPtrArray) seen = seen_by (self, end->node);

  for (guint i = 0; i < seen->len; i++)
  {
    const Seen *one = g_ptr_array_index (seen, i);
    gsize len;
    const guint8 *bytes = g_bytes_get_data (one->bytes, &len);

    ladder_add (ladder, one->direction, bytes, len, one->time_us);
  }
  return ladder;
}

GPtrArray *
recorder_get_datagrams (Recorder *self)
{
  GPtrArray *datagrams = g_ptr_array_new ();

  for (guint i = 0; i < self->events->len; i++)
  {
    g_ptr_array_add (datagrams, ((Event *) g_ptr_array_index (self->events, i))->bytes);
  }
  return datagrams;
}

static void
describe_message (GString *text, JsonObject *message)
{
  gint64 len = json_object_get_int_member (message, "len");

  g_string_append (text, json_object_get_string_member (message, "name"));
  if (!json_object_get_null_member (message, "message_seq")
      && len < json_object_get_int_member (message, "total_len"))
  {
    g_string_append_printf (
        text, "[%d,%d/%d]", (int) json_object_get_int_member (message, "offset"),
        (int) len, (int) json_object_get_int_member (message, "total_len"));
  }
  if (!json_object_get_null_member (message, "detail"))
  {
    g_string_append_printf (text, "(%s)",
                            json_object_get_string_member (message, "detail"));
  }
}

static void
describe_row (GString *text, JsonObject *row)
{
  const char *direction = json_object_get_string_member (row, "direction");
  JsonArray *messages = json_object_get_array_member (row, "messages");

  g_string_append_printf (text, "%d%c ", (int) json_object_get_int_member (row, "flight"),
                          g_str_equal (direction, "sent") ? '>' : '<');
  for (guint i = 0; i < json_array_get_length (messages); i++)
  {
    g_string_append (text, i > 0 ? "+" : "");
    describe_message (text, json_array_get_object_element (messages, i));
  }
  if (json_object_get_boolean_member (row, "retransmission"))
  {
    g_string_append (text, " again");
  }
  g_string_append_c (text, '\n');
}

char *
describe_ladder (Ladder *ladder)
{
  g_autoptr (JsonNode) node = ladder_to_json (ladder);
  JsonArray *rows = json_node_get_array (node);
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < json_array_get_length (rows); i++)
  {
    JsonObject *row = json_array_get_object_element (rows, i);

    if (json_object_has_member (row, "left_out"))
    {
      g_string_append_printf (text, "left out: %d\n",
                              (int) json_object_get_int_member (row, "left_out"));
    }
    else
    {
      describe_row (text, row);
    }
  }
  return g_string_free (text, FALSE);
}
