/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ladders.h"

#include <string.h>

/* Of a DTLS record (RFC 6347 section 4.1), and of a handshake message (section 4.2.2). */
#define RECORD_TYPE_HANDSHAKE 22
#define EPOCH_OFFSET 3
#define RECORD_HEADER_LEN 13
#define MESSAGE_TYPE_CLIENT_HELLO 1

typedef struct
{
  TegataAddress peer;
  Ladder *ladder;
  gconstpointer owner; /* NULL: nobody has claimed it */
} Entry;

struct _Ladders
{
  GQueue entries; /* the oldest one first; few enough to be searched */
};

static void
entry_free (gpointer data)
{
  Entry *self = data;

  ladder_free (self->ladder);
  g_free (self);
}

Ladders *
ladders_new (void)
{
  Ladders *self = g_new0 (Ladders, 1);

  g_queue_init (&self->entries);
  return self;
}

void
ladders_free (Ladders *self)
{
  if (self == NULL)
  {
    return;
  }
  g_queue_clear_full (&self->entries, entry_free);
  g_free (self);
}

static gint
compare_peer (gconstpointer entry, gconstpointer peer)
{
  return tegata_address_equal (&((const Entry *) entry)->peer, peer) ? 0 : 1;
}

static gint
compare_owner (gconstpointer entry, gconstpointer owner)
{
  return ((const Entry *) entry)->owner == owner ? 0 : 1;
}

/* (nullable) */
static Entry *
find (Ladders *self, const TegataAddress *peer)
{
  GList *found = g_queue_find_custom (&self->entries, peer, compare_peer);

  return found != NULL ? found->data : NULL;
}

static gboolean
is_client_hello (const TegataDatagram *datagram)
{
  static const guint8 epoch_0[2];

  return datagram->len > RECORD_HEADER_LEN && datagram->bytes[0] == RECORD_TYPE_HANDSHAKE
         && memcmp (datagram->bytes + EPOCH_OFFSET, epoch_0, sizeof epoch_0) == 0
         && datagram->bytes[RECORD_HEADER_LEN] == MESSAGE_TYPE_CLIENT_HELLO;
}

static Entry *
begin (Ladders *self, const TegataAddress *peer)
{
  Entry *entry = g_new0 (Entry, 1);

  if (self->entries.length == LADDERS_MAX)
  {
    entry_free (g_queue_pop_head (&self->entries));
  }
  entry->peer = *peer;
  entry->ladder = ladder_new ();
  g_queue_push_tail (&self->entries, entry);
  return entry;
}

void
ladders_add (LadderDirection direction,
             const TegataDatagram *datagram,
             gint64 now_us,
             gpointer user_data)
{
  Ladders *self = user_data;
  Entry *entry = find (self, &datagram->peer);

  if (entry == NULL && is_client_hello (datagram))
  {
    entry = begin (self, &datagram->peer);
  }
  if (entry != NULL)
  {
    ladder_add (entry->ladder, direction, datagram->bytes, datagram->len, now_us);
  }
}

void
ladders_claim (Ladders *self, const TegataAddress *peer, gconstpointer owner)
{
  Entry *entry = find (self, peer);

  if (entry == NULL)
  {
    entry = begin (self, peer);
  }
  entry->owner = owner;
}

Ladder *
ladders_steal (Ladders *self, gconstpointer owner)
{
  GList *found = g_queue_find_custom (&self->entries, owner, compare_owner);
  Ladder *ladder;

  if (found == NULL)
  {
    return NULL;
  }
  ladder = g_steal_pointer (&((Entry *) found->data)->ladder);
  g_free (found->data);
  g_queue_delete_link (&self->entries, found);
  return ladder;
}
