/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <tegata/datagram-channel.h>

G_BEGIN_DECLS

/*
 * Two channels in memory, end to end. What one sends waits until the test delivers or
 * drops it. Sending is for any thread; all else is the test's own.
 */
#define TEST_TYPE_PAIR_CHANNEL (pair_channel_get_type ())
G_DECLARE_FINAL_TYPE (PairChannel, pair_channel, TEST, PAIR_CHANNEL, GObject)

/* @a, @b: (out) (transfer full): writable, each the other's only peer */
void channel_pair_new (PairChannel **a, PairChannel **b);

/* From now on what @self sends comes from @address: the other end is no longer one of a
 * channel with one peer. */
void pair_channel_set_address (PairChannel *self, const char *address);
void pair_channel_set_writable (PairChannel *self, gboolean is_writable);
void pair_channel_set_rtt_us (PairChannel *self, gint64 rtt_us);
void pair_channel_tell_error (PairChannel *self, const GError *error);

/* @func: called by each call of sending, on its thread and behind it; NULL for none */
void pair_channel_set_sent_func (PairChannel *self,
                                 void (*func) (gpointer user_data),
                                 gpointer user_data);
gboolean pair_channel_is_attached (PairChannel *self);
/* What the other end has sent so far, as one batch; nobody there loses it. Returns: how
 * many datagrams */
guint pair_channel_deliver (PairChannel *self);
/* What @self has sent so far is lost. Returns: how many datagrams */
guint pair_channel_drop (PairChannel *self);
/* How often @self was asked to send, and how many datagrams */
guint pair_channel_get_n_calls (PairChannel *self);
guint pair_channel_get_n_sent (PairChannel *self);
/* To whom the last one was sent */
TegataAddress pair_channel_get_last_peer (PairChannel *self);

/* Delivers in both directions until both are silent. */
void channel_pair_shuttle (PairChannel *a, PairChannel *b);

G_END_DECLS
