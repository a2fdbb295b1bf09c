/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What one side has sent so far, so that a message that comes again is known. A message
 * that is sent again keeps its number, but not its record's number nor the borders of its
 * fragments (RFC 6347 section 4.2.2): hence ranges of bytes. */

#include "ladder-rows.h"

/* More of either is no handshake but somebody's noise, and is not remembered. */
#define MAX_MESSAGES 32
#define MAX_RANGES 32

typedef struct
{
  guint32 begin;
  guint32 end; /* exclusive */
} Range;

/* A stateless server may use a number for two messages: type and length tell them apart.
 */
typedef struct
{
  LadderKind kind;
  guint8 type;
  gint message_seq;
  guint32 total_len;
  guint flight;
  GArray *ranges; /* (element-type Range): in order, apart from each other */
} Seen;

struct _LadderHistory
{
  GPtrArray *messages; /* (element-type Seen) */
};

static void
seen_free (gpointer data)
{
  Seen *self = data;

  g_array_unref (self->ranges);
  g_free (self);
}

LadderHistory *
ladder_history_new (void)
{
  LadderHistory *self = g_new0 (LadderHistory, 1);

  self->messages = g_ptr_array_new_with_free_func (seen_free);
  return self;
}

void
ladder_history_free (LadderHistory *self)
{
  g_ptr_array_unref (self->messages);
  g_free (self);
}

/* A record that is encrypted is one piece; its length tells a Finished from another. */
static guint32
total_len_of (const LadderMessage *message)
{
  return message->kind == LADDER_HANDSHAKE ? message->total_len : message->len;
}

static Seen *
find (LadderHistory *self, const LadderMessage *message)
{
  for (guint i = 0; i < self->messages->len; i++)
  {
    Seen *seen = g_ptr_array_index (self->messages, i);

    if (seen->kind == message->kind && seen->type == message->type
        && seen->message_seq == message->message_seq
        && seen->total_len == total_len_of (message))
    {
      return seen;
    }
  }
  return NULL;
}

static Seen *
remember (LadderHistory *self, const LadderMessage *message, guint flight)
{
  Seen *seen = g_new0 (Seen, 1);

  seen->kind = message->kind;
  seen->type = message->type;
  seen->message_seq = message->message_seq;
  seen->total_len = total_len_of (message);
  seen->flight = flight;
  seen->ranges = g_array_new (FALSE, FALSE, sizeof (Range));
  g_ptr_array_add (self->messages, seen);
  return seen;
}

static gboolean
covers (const Seen *seen, Range range)
{
  for (guint i = 0; i < seen->ranges->len; i++)
  {
    Range *known = &g_array_index (seen->ranges, Range, i);

    if (known->begin <= range.begin && range.end <= known->end)
    {
      return TRUE;
    }
  }
  return range.begin == range.end;
}

/* Takes in those that it touches, and stands where they stood. */
static void
add_range (Seen *seen, Range range)
{
  guint i = 0;

  while (i < seen->ranges->len
         && g_array_index (seen->ranges, Range, i).end < range.begin)
  {
    i++;
  }
  while (i < seen->ranges->len
         && g_array_index (seen->ranges, Range, i).begin <= range.end)
  {
    Range *known = &g_array_index (seen->ranges, Range, i);

    range.begin = MIN (range.begin, known->begin);
    range.end = MAX (range.end, known->end);
    g_array_remove_index (seen->ranges, i);
  }
  if (seen->ranges->len < MAX_RANGES)
  {
    g_array_insert_val (seen->ranges, i, range);
  }
}

gboolean
ladder_history_add (LadderHistory *self, const LadderMessage *message, guint *flight)
{
  Range range = { message->offset, message->offset + message->len };
  Seen *seen = find (self, message);
  gboolean was_there = seen != NULL && covers (seen, range);

  if (seen == NULL && self->messages->len < MAX_MESSAGES)
  {
    seen = remember (self, message, *flight);
  }
  if (seen != NULL)
  {
    *flight = seen->flight;
    add_range (seen, range);
  }
  return was_there;
}

/* An array has room for up to twice what is in it. */
gsize
ladder_history_get_size (const LadderHistory *self)
{
  gsize size = sizeof *self;

  for (guint i = 0; i < self->messages->len; i++)
  {
    const Seen *seen = g_ptr_array_index (self->messages, i);

    size += sizeof *seen + sizeof (GArray) + 2 * sizeof (gpointer)
            + (gsize) 2 * seen->ranges->len * sizeof (Range);
  }
  return size;
}

gboolean
ladder_history_has_finished (LadderHistory *self)
{
  for (guint i = 0; i < self->messages->len; i++)
  {
    const Seen *seen = g_ptr_array_index (self->messages, i);

    if (seen->kind == LADDER_ENCRYPTED_HANDSHAKE)
    {
      return TRUE;
    }
  }
  return FALSE;
}
