/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "session/peer-table.h"

#include "session/session-private.h"

static void
unlink_ready (TegataPeer *self)
{
  if (self->is_ready)
  {
    g_queue_unlink (&self->table->ready, &self->ready_link);
    self->is_ready = FALSE;
  }
}

static void
peer_free (gpointer data)
{
  TegataPeer *self = data;

  if (self->deadline != NULL)
  {
    g_sequence_remove (self->deadline);
  }
  unlink_ready (self);
  tegata_session_set_touched_func (self->session, NULL, NULL);
  tegata_session_free (self->session);
  g_free (self);
}

void
tegata_peer_table_init (TegataPeerTable *self)
{
  self->sessions = g_hash_table_new_full (NULL, NULL, NULL, peer_free);
  self->by_address = g_hash_table_new (tegata_address_hash, tegata_address_equal);
  self->deadlines = g_sequence_new (NULL);
  g_queue_init (&self->ready);
}

void
tegata_peer_table_clear (TegataPeerTable *self)
{
  GHashTableIter iter;
  gpointer session;

  /* one by one: an application's data may look at the listener as it goes */
  while (g_hash_table_iter_init (&iter, self->sessions),
         g_hash_table_iter_next (&iter, &session, NULL))
  {
    tegata_peer_table_remove (self, session);
  }
  g_hash_table_unref (self->by_address);
  g_hash_table_unref (self->sessions);
  g_sequence_free (self->deadlines);
}

/* Ties are broken by address in memory: any order will do, but it must be one. */
static int
compare_deadlines (gconstpointer a, gconstpointer b, gpointer user_data)
{
  const TegataPeer *first = a;
  const TegataPeer *second = b;

  (void) user_data;
  if (first->deadline_us != second->deadline_us)
  {
    return first->deadline_us < second->deadline_us ? -1 : 1;
  }
  return (first > second) - (first < second);
}

static void
peer_sort (TegataPeer *self)
{
  gint64 deadline_us = tegata_session_deadline_us (self->session);

  if (self->deadline != NULL && deadline_us == self->deadline_us)
  {
    return;
  }
  g_clear_pointer (&self->deadline, g_sequence_remove);
  self->deadline_us = deadline_us;
  if (deadline_us >= 0)
  {
    self->deadline = g_sequence_insert_sorted (self->table->deadlines, self,
                                               compare_deadlines, NULL);
  }
}

static void
drop_successor (TegataPeer *self)
{
  self->successor->predecessor = NULL;
  self->successor = NULL;
}

/* To its successor. */
static void
hand_on_address (TegataPeer *self)
{
  TegataPeer *heir = self->successor;

  drop_successor (self);
  g_hash_table_replace (self->table->by_address, &heir->address, heir);
}

/* The old one's end is told first: who keeps a table of their own by address can drop the
 * old before the new one is connected. */
static void
take_over (TegataPeer *self)
{
  TegataPeer *old = self->predecessor;

  hand_on_address (old);
  unlink_ready (self);
  tegata_session_end_silently (old->session);
}

static void
peer_touched (TegataSession *session, gpointer user_data)
{
  TegataPeer *self = user_data;

  if (self->predecessor != NULL
      && tegata_session_get_state (session) == TEGATA_STATE_CONNECTED)
  {
    take_over (self);
  }
  if (!self->is_ready)
  {
    self->is_ready = TRUE;
    g_queue_push_tail_link (&self->table->ready, &self->ready_link);
  }
  peer_sort (self);
}

TegataPeer *
tegata_peer_table_add (TegataPeerTable *self,
                       TegataSession *session,
                       const TegataAddress *address,
                       TegataPeer *predecessor)
{
  TegataPeer *peer = g_new0 (TegataPeer, 1);

  peer->table = self;
  peer->session = session;
  peer->address = *address;
  peer->ready_link.data = peer;
  g_hash_table_insert (self->sessions, session, peer);
  if (predecessor != NULL)
  {
    predecessor->successor = peer;
    peer->predecessor = predecessor;
  }
  else
  {
    g_hash_table_insert (self->by_address, &peer->address, peer);
  }
  tegata_session_set_touched_func (session, peer_touched, peer);
  peer_touched (session, peer);
  return peer;
}

/* @self is to be found by its address no more; its successor is, where it has one. */
static void
leave_address (TegataPeer *self)
{
  GHashTable *by_address = self->table->by_address;

  if (self->predecessor != NULL)
  {
    drop_successor (self->predecessor);
  }
  else if (self->successor != NULL)
  {
    hand_on_address (self);
  }
  else if (g_hash_table_lookup (by_address, &self->address) == self)
  {
    g_hash_table_remove (by_address, &self->address);
  }
}

gboolean
tegata_peer_table_remove (TegataPeerTable *self, TegataSession *session)
{
  TegataPeer *peer = g_hash_table_lookup (self->sessions, session);

  if (peer == NULL)
  {
    return FALSE;
  }
  leave_address (peer);
  g_hash_table_remove (self->sessions, session);
  return TRUE;
}

TegataPeer *
tegata_peer_table_look_up (TegataPeerTable *self, const TegataAddress *address)
{
  TegataPeer *peer = g_hash_table_lookup (self->by_address, address);

  if (peer == NULL)
  {
    return NULL;
  }

  if (peer->successor != NULL && tegata_session_has_ended (peer->successor->session))
  {
    drop_successor (peer);
  }
  if (tegata_session_has_ended (peer->session))
  {
    leave_address (peer);
    return g_hash_table_lookup (self->by_address, address);
  }
  return peer;
}

GPtrArray *
tegata_peer_table_get_sessions (TegataPeerTable *self)
{
  GPtrArray *sessions = g_ptr_array_sized_new (g_hash_table_size (self->sessions));
  GHashTableIter iter;
  gpointer session;

  g_hash_table_iter_init (&iter, self->sessions);
  while (g_hash_table_iter_next (&iter, &session, NULL))
  {
    g_ptr_array_add (sessions, session);
  }
  return sessions;
}

guint
tegata_peer_table_get_size (TegataPeerTable *self)
{
  return g_hash_table_size (self->sessions);
}

gint64
tegata_peer_table_deadline_us (TegataPeerTable *self)
{
  GSequenceIter *first = g_sequence_get_begin_iter (self->deadlines);

  if (g_sequence_iter_is_end (first))
  {
    return -1;
  }
  return ((TegataPeer *) g_sequence_get (first))->deadline_us;
}

GPtrArray *
tegata_peer_table_get_due (TegataPeerTable *self, gint64 now_us)
{
  GPtrArray *due = g_ptr_array_new ();

  for (GSequenceIter *iter = g_sequence_get_begin_iter (self->deadlines);
       !g_sequence_iter_is_end (iter); iter = g_sequence_iter_next (iter))
  {
    TegataPeer *peer = g_sequence_get (iter);

    if (peer->deadline_us > now_us)
    {
      break;
    }
    g_ptr_array_add (due, peer->session);
  }
  return due;
}

TegataPeer *
tegata_peer_table_peek_ready (TegataPeerTable *self)
{
  return g_queue_peek_head (&self->ready);
}

/* A session that was polled may have begun to wait. */
void
tegata_peer_set_idle (TegataPeer *self)
{
  unlink_ready (self);
  peer_sort (self);
}
