/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "session/hold-queue.h"

#include <string.h>

void
tegata_hold_queue_init (TegataHoldQueue *self, guint max_items, gsize max_bytes)
{
  g_queue_init (&self->items);
  self->n_bytes = 0;
  self->max_items = max_items;
  self->max_bytes = max_bytes;
}

guint
tegata_hold_queue_clear (TegataHoldQueue *self)
{
  guint n_items = g_queue_get_length (&self->items);

  g_queue_clear_full (&self->items, g_free);
  self->n_bytes = 0;
  return n_items;
}

static TegataHeldDatagram *
held_datagram_new (TegataPacketKind kind,
                   const TegataAddress *peer,
                   const guint8 *bytes,
                   gsize len)
{
  TegataHeldDatagram *held = g_malloc0 (sizeof *held + len);

  held->kind = kind;
  held->has_peer = peer != NULL;
  if (peer != NULL)
  {
    held->peer = *peer;
  }
  held->len = len;
  if (len > 0)
  {
    memcpy (held->bytes, bytes, len);
  }
  return held;
}

gboolean
tegata_hold_queue_push (TegataHoldQueue *self,
                        TegataPacketKind kind,
                        const TegataAddress *peer,
                        const guint8 *bytes,
                        gsize len)
{
  if (g_queue_get_length (&self->items) >= self->max_items
      || len > self->max_bytes - self->n_bytes)
  {
    return FALSE;
  }

  g_queue_push_tail (&self->items, held_datagram_new (kind, peer, bytes, len));
  self->n_bytes += len;
  return TRUE;
}

TegataHeldDatagram *
tegata_hold_queue_pop (TegataHoldQueue *self)
{
  TegataHeldDatagram *held = g_queue_pop_head (&self->items);

  if (held != NULL)
  {
    self->n_bytes -= held->len;
  }
  return held;
}

gboolean
tegata_hold_queue_is_empty (const TegataHoldQueue *self)
{
  return self->items.head == NULL;
}
