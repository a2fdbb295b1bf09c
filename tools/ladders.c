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
  gsize size;          /* that it had when it was last added to */
} Entry;

struct _Ladders
{
  GQueue entries; /* the oldest one first; few enough to be searched */
  guint n_strangers;
  gsize size; /* of all, in bytes */
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

/* Returns: (transfer full): its ladder */
static Ladder *
forget (Ladders *self, GList *link)
{
  g_autofree Entry *entry = link->data;

  self->n_strangers -= entry->owner == NULL;
  self->size -= entry->size;
  g_queue_delete_link (&self->entries, link);
  return entry->ladder;
}

static GList *
find_largest (Ladders *self)
{
  GList *largest = self->entries.head;

  for (GList *link = largest; link != NULL; link = link->next)
  {
    if (((Entry *) link->data)->size > ((Entry *) largest->data)->size)
    {
      largest = link;
    }
  }
  return largest;
}

static void
make_room (Ladders *self)
{
  while (self->n_strangers > LADDERS_MAX_STRANGERS || self->size > LADDERS_MAX_SIZE)
  {
    GList *link = self->n_strangers > 0
                      ? g_queue_find_custom (&self->entries, NULL, compare_owner)
                      : find_largest (self);

    ladder_free (forget (self, link));
  }
}

static void
measure (Ladders *self, Entry *entry)
{
  self->size -= entry->size;
  entry->size = sizeof *entry + ladder_get_size (entry->ladder);
  self->size += entry->size;
}

static Entry *
begin (Ladders *self, const TegataAddress *peer)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->peer = *peer;
  entry->ladder = ladder_new ();
  ladder_set_is_strangers (entry->ladder, TRUE);
  measure (self, entry);
  self->n_strangers++;
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
    measure (self, entry);
    make_room (self);
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
  self->n_strangers -= entry->owner == NULL;
  entry->owner = owner;
  ladder_set_is_strangers (entry->ladder, FALSE);
  make_room (self);
}

Ladder *
ladders_steal (Ladders *self, gconstpointer owner)
{
  GList *found = g_queue_find_custom (&self->entries, owner, compare_owner);

  return found != NULL ? forget (self, found) : NULL;
}
