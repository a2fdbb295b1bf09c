/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ladder.h"

#include <tegata/datagram-channel.h>

G_BEGIN_DECLS

/*
 * A datagram channel that wraps another one and tells a function of each DTLS datagram
 * that passes, in both directions. All else, media first of all, passes untold: looking
 * at its first byte is all that it costs.
 *
 * Whoever attaches to it must not attach to the wrapped one, too.
 */

#define TAP_TYPE_CHANNEL (tap_channel_get_type ())
G_DECLARE_FINAL_TYPE (TapChannel, tap_channel, TAP, CHANNEL, GObject)

/* @datagram: borrowed; what is sent is told of before it is sent, what was received
 * before its receiver sees it
 * @now_us: g_get_monotonic_time()
 *
 * Called on the network thread only: media is sent by other threads, but DTLS is not. It
 * may neither detach the channel nor release it, as a receiver may. */
typedef void (*TapFunc) (LadderDirection direction,
                         const TegataDatagram *datagram,
                         gint64 now_us,
                         gpointer user_data);

/* Told of what was received, media too, once its receiver has seen it: who sent it is all
 * that is to be known of it then. */
typedef void (*TapHandledFunc) (const TegataDatagram *datagrams,
                                guint n_datagrams,
                                gpointer user_data);

/* @wrapped: (transfer none): referenced. (transfer full) */
TegataDatagramChannel *
tap_channel_new (TegataDatagramChannel *wrapped, TapFunc func, gpointer user_data);

/* @func: (nullable): with the @user_data of the other one */
void tap_channel_set_handled_func (TapChannel *self, TapHandledFunc func);

G_END_DECLS
