/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ladder-rows.h"

static void
set_number_or_null (JsonObject *object, const char *name, gboolean is_known, gint64 value)
{
  if (is_known)
  {
    json_object_set_int_member (object, name, value);
  }
  else
  {
    json_object_set_null_member (object, name);
  }
}

static JsonObject *
message_to_json (const LadderMessage *message)
{
  JsonObject *object = json_object_new ();
  gboolean is_readable = message->message_seq >= 0;
  g_autofree char *detail = ladder_message_join_details (message);

  json_object_set_string_member (object, "name", message->name);
  json_object_set_string_member (object, "detail", detail[0] != '\0' ? detail : NULL);
  json_object_set_int_member (object, "epoch", message->epoch);
  json_object_set_int_member (object, "len", message->len);
  set_number_or_null (object, "message_seq", is_readable, message->message_seq);
  set_number_or_null (object, "offset", is_readable, message->offset);
  set_number_or_null (object, "total_len", is_readable, message->total_len);
  return object;
}

static JsonObject *
row_to_json (const LadderRow *row)
{
  JsonObject *object = json_object_new ();
  JsonArray *messages = json_array_new ();

  for (guint i = 0; i < row->n_messages; i++)
  {
    json_array_add_object_element (messages, message_to_json (&row->messages[i]));
  }
  json_object_set_int_member (object, "time_us", row->time_us);
  json_object_set_string_member (object, "direction",
                                 row->direction == LADDER_SENT ? "sent" : "received");
  json_object_set_int_member (object, "flight", row->flight);
  json_object_set_int_member (object, "bytes", (gint64) row->len);
  json_object_set_boolean_member (object, "retransmission", row->is_retransmission);
  json_object_set_array_member (object, "messages", messages);
  return object;
}

JsonNode *
ladder_to_json (Ladder *self)
{
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < self->rows->len; i++)
  {
    json_array_add_object_element (array,
                                   row_to_json (g_ptr_array_index (self->rows, i)));
  }
  if (self->n_left_out + self->n_noise > 0)
  {
    JsonObject *last = json_object_new ();

    json_object_set_int_member (last, "left_out",
                                (gint64) (self->n_left_out + self->n_noise));
    json_object_set_int_member (last, "in_no_flight", (gint64) self->n_noise);
    json_array_add_object_element (array, last);
  }
  json_node_take_array (node, array);
  return node;
}
