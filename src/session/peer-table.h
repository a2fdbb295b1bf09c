/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "dtls/wire.h"

#include <tegata/session.h>

G_BEGIN_DECLS

/*
 * The sessions of a listener, in three orders: by address for what comes in, by deadline
 * for the clock, and in a list of those that may have outputs for who polls. Nothing here
 * ever walks all sessions. A session tells through its touched function that it moved,
 * whoever called it.
 *
 * An address has one session that owns it, and one more at most: a successor, that of a
 * client which lost its association and came back (RFC 6347 section 4.2.8). A successor
 * that connects takes the address over and ends the old one; until then, and where it
 * fails, it changes nothing.
 */

typedef struct _TegataPeerTable TegataPeerTable;

typedef struct _TegataPeer TegataPeer;

struct _TegataPeer
{
  TegataPeerTable *table;
  TegataSession *session; /* owned */
  TegataAddress address;
  TegataPeer *successor;            /* (nullable): only of the address' owner */
  TegataPeer *predecessor;          /* (nullable): the owner, whose successor this is */
  guint8 random[TEGATA_RANDOM_LEN]; /* of the ClientHello that it took */
  gint64 deadline_us;               /* as it stands in the table; of no meaning without */
  GSequenceIter *deadline;          /* NULL: it has none */
  GList ready_link;
  gboolean is_ready; /* it may have outputs */
  gboolean was_told; /* the application knows of it */
};

struct _TegataPeerTable
{
  GHashTable *sessions;   /* TegataSession -> TegataPeer, owned */
  GHashTable *by_address; /* TegataAddress (in the TegataPeer) -> TegataPeer */
  GSequence *deadlines;   /* of TegataPeer with a deadline, earliest first */
  GQueue ready;           /* of TegataPeer, by its own link */
};

void tegata_peer_table_init (TegataPeerTable *self);
void tegata_peer_table_clear (TegataPeerTable *self);

/* Takes @session, whose peer is at @address: that of nobody, or of @predecessor
 * (nullable), which has no successor yet. It is ready. */
TegataPeer *tegata_peer_table_add (TegataPeerTable *self,
                                   TegataSession *session,
                                   const TegataAddress *address,
                                   TegataPeer *predecessor);

/* Frees @session. Returns: FALSE where it is none of these */
gboolean tegata_peer_table_remove (TegataPeerTable *self, TegataSession *session);

/* (nullable): the owner. A session that has ended owns its address no longer, nor is it a
 * successor. */
TegataPeer *
tegata_peer_table_look_up (TegataPeerTable *self, const TegataAddress *address);

/* (transfer container): all sessions, in no order. */
GPtrArray *tegata_peer_table_get_sessions (TegataPeerTable *self);

guint tegata_peer_table_get_size (TegataPeerTable *self);

/* The earliest, absolute; -1 for none. */
gint64 tegata_peer_table_deadline_us (TegataPeerTable *self);

/* (transfer container): the sessions whose deadline has come. */
GPtrArray *tegata_peer_table_get_due (TegataPeerTable *self, gint64 now_us);

/* (nullable): the next one that may have outputs; it stays until it is said to have none.
 */
TegataPeer *tegata_peer_table_peek_ready (TegataPeerTable *self);
void tegata_peer_set_idle (TegataPeer *self);

G_END_DECLS
