/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "support/pair.h"

G_BEGIN_DECLS

/*
 * Something between the two ends of a pair that cuts handshake messages anew, as a peer
 * with another MTU would: each fragment becomes records of their own, in datagrams of
 * their own, numbered anew. Only epoch 0 is touched, of which nothing but the messages
 * themselves enters the transcript.
 */

typedef struct
{
  TegataRole author; /* whose datagrams are cut; the others pass as they are */
  guint first_cut;   /* bytes of a message in its first fragment */
  guint cut;         /* bytes in each that follows */
  guint shift;       /* added to first_cut with each datagram: borders differ when
                        repeated */
  gboolean reversed; /* the last fragment goes first */
  guint lost_pieces; /* of a datagram that is the first: a set of bits, by number */
  guint overlap;     /* bytes of the one before that a fragment repeats */
} RecutterPlan;

typedef struct _Recutter Recutter;

/* Takes its place between the ends, before they start. */
Recutter *recutter_new (Pair *pair, const RecutterPlan *plan);
void recutter_free (Recutter *self);

/* Pieces that went on so far. */
guint recutter_n_pieces (Recutter *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Recutter, recutter_free)

G_END_DECLS
