/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "connections.h"

/* An entry whose association is dead is found by nobody, and overwritten. To sweep the
 * dead out at every look lost: it took references of the living, and so kept one alive
 * that its owner had just let go. */
static GMutex table_lock;
static GHashTable *table; /* id -> GWeakRef; NULL while nobody has one */

static void
weak_ref_free (gpointer data)
{
  GWeakRef *ref = data;

  g_weak_ref_clear (ref);
  g_free (ref);
}

static GWeakRef *
weak_ref_new (GstTegataAssociation *association)
{
  GWeakRef *ref = g_new (GWeakRef, 1);

  g_weak_ref_init (ref, association);
  return ref;
}

/* (transfer full) (nullable). The caller has the lock, and gives the reference back
 * without it. */
static GstTegataAssociation *
look_up (const char *id)
{
  GWeakRef *ref = table != NULL ? g_hash_table_lookup (table, id) : NULL;

  return ref != NULL ? g_weak_ref_get (ref) : NULL;
}

gboolean
gst_tegata_connections_add (const char *id, GstTegataAssociation *association)
{
  g_autoptr (GstTegataAssociation) owner = NULL;

  g_return_val_if_fail (id != NULL && association != NULL, FALSE);

  g_mutex_lock (&table_lock);
  if (table == NULL)
  {
    table = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, weak_ref_free);
  }
  owner = look_up (id);
  if (owner == NULL)
  {
    g_hash_table_insert (table, g_strdup (id), weak_ref_new (association));
  }
  g_mutex_unlock (&table_lock);
  return owner == NULL || owner == association;
}

void
gst_tegata_connections_remove (const char *id, GstTegataAssociation *association)
{
  g_autoptr (GstTegataAssociation) owner = NULL;

  g_return_if_fail (id != NULL && association != NULL);

  g_mutex_lock (&table_lock);
  owner = look_up (id);
  if (owner == association)
  {
    g_hash_table_remove (table, id);
  }
  if (table != NULL && g_hash_table_size (table) == 0)
  {
    g_clear_pointer (&table, g_hash_table_unref);
  }
  g_mutex_unlock (&table_lock);
}

GstTegataAssociation *
gst_tegata_connections_find (const char *id)
{
  GstTegataAssociation *association;

  g_return_val_if_fail (id != NULL, NULL);

  g_mutex_lock (&table_lock);
  association = look_up (id);
  g_mutex_unlock (&table_lock);
  return association;
}
