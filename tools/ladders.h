/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tap-channel.h"

G_BEGIN_DECLS

/*
 * A ladder for each address with which a handshake is under way. Anybody can begin one,
 * also in the name of an address that has an association already: it is nobody's until an
 * association claims it.
 *
 * So there is one bound for all of them. Those that nobody has claimed keep few rows, and
 * give way first, the oldest one before others: a flood of sources costs no handshake of
 * an association its ladder. Of those that are claimed the largest one gives way.
 */
typedef struct _Ladders Ladders;

#define LADDERS_MAX_STRANGERS 64
#define LADDERS_MAX_SIZE ((gsize) 2 * 1024 * 1024) /* bytes */

Ladders *ladders_new (void);
void ladders_free (Ladders *self);

/* A TapFunc; @user_data: the ladders. A ClientHello begins a ladder, all else goes on one
 * that is there. */
void ladders_add (LadderDirection direction,
                  const TegataDatagram *datagram,
                  gint64 now_us,
                  gpointer user_data);

/* The ladder of that address, with what it has so far or empty, is @owner's. Whoever had
 * it before was succeeded, and has none. */
void ladders_claim (Ladders *self, const TegataAddress *peer, gconstpointer owner);

/* Ends the ladder of @owner: it gets no other one unless it claims it.
 * Returns: (transfer full) (nullable): it */
Ladder *ladders_steal (Ladders *self, gconstpointer owner);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Ladders, ladders_free)

G_END_DECLS
