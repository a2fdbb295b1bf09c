/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ladder.h"
#include "support/pair.h"

G_BEGIN_DECLS

/*
 * A pair of sessions whose datagrams are kept, so that the ladder of either side can be
 * made once they have run: the network tells what is sent, and what arrives 1 ms later.
 */
typedef struct
{
  Pair *pair;
  GPtrArray *events;    /* in the order of sending */
  NetworkFateFunc lose; /* nullable; to be set before it runs */
} Recorder;

Recorder *recorder_new (TegataContext *client, TegataContext *server);
void recorder_free (Recorder *self);

/* What that side saw. (transfer full) */
Ladder *recorder_make_ladder (Recorder *self, TegataRole role);

/* Those that arrived at or were lost on the way to either side: (element-type GBytes)
 * (transfer container) */
GPtrArray *recorder_get_datagrams (Recorder *self);

/* A datagram a line: "1> ClientHello+... again", a fragment as "Certificate[0,100/240]",
 * a detail in brackets. (transfer full) */
char *describe_ladder (Ladder *ladder);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Recorder, recorder_free)

G_END_DECLS
