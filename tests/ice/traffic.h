/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "transport/party.h"

G_BEGIN_DECLS

/*
 * RTP, RTCP and data between two parties, both ways at once, from a timer. Whatever
 * arrives must be, byte for byte, what the other side sent, and come once.
 */
typedef struct _Traffic Traffic;

/* Both are connected. Runs at once. */
Traffic *traffic_new (Party *a, Party *b);
void traffic_free (Traffic *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Traffic, traffic_free)

/* Until so many more RTP packets, two RTCP packets and two data messages have come to
 * each side. */
void traffic_await (Traffic *self, guint n_packets);

/* Sends nothing more, and waits until all that was sent has come. */
void traffic_finish (Traffic *self);

/* The same on a network that loses: until a last word has come to both sides. */
void traffic_finish_lossy (Traffic *self);

/* RTP packets of both sides. */
guint traffic_n_sent (Traffic *self);
guint traffic_n_received (Traffic *self);
/* Those that came behind one that was sent later. */
guint traffic_n_late (Traffic *self);

G_END_DECLS
