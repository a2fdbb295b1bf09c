/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "support/forgeries.h"
#include "support/pair.h"

G_BEGIN_DECLS

/*
 * Somebody on the path who reads everything, knows no key, and sends in the name of
 * either side. It takes the network's observe function.
 */

typedef struct _Attacker Attacker;

Attacker *attacker_new (Pair *pair, guint32 seed);
void attacker_free (Attacker *self);

/* What it would send to @victim now. (transfer full) */
GBytes *attacker_forge (Attacker *self, Forgery forgery, TegataRole victim);

/* Sends it to @victim in the name of its peer, ahead of everything else. */
void attacker_strike (Attacker *self, Forgery forgery, TegataRole victim);

/* The same from an address of its own. */
void attacker_strike_from_afar (Attacker *self, Forgery forgery, TegataRole victim);

/* Sends @datagram to @victim in the name of its peer after @delay_us. */
void
attacker_inject (Attacker *self, TegataRole victim, GBytes *datagram, gint64 delay_us);

/* Datagrams seen so far, of both sides. */
guint attacker_n_seen (Attacker *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Attacker, attacker_free)

G_END_DECLS
