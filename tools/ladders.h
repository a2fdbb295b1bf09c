/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tap-channel.h"

G_BEGIN_DECLS

/*
 * A ladder for each address with which a handshake is under way. Anybody can begin one,
 * so there is a bound: the oldest one gives way.
 */
typedef struct _Ladders Ladders;

#define LADDERS_MAX 64

Ladders *ladders_new (void);
void ladders_free (Ladders *self);

/* A TapFunc; @user_data: the ladders. A ClientHello begins a ladder, all else goes on one
 * that is there. */
void ladders_add (LadderDirection direction,
                  const TegataDatagram *datagram,
                  gint64 now_us,
                  gpointer user_data);

/* Ends the ladder of an address. Returns: (transfer full) (nullable): it */
Ladder *ladders_steal (Ladders *self, const TegataAddress *peer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Ladders, ladders_free)

G_END_DECLS
