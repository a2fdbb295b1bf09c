/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "source.h"

/*
 * A test pattern that moves, as VP8, and a soft tick each second, as Opus: GStreamer
 * makes them on threads of its own, and posts what it made to the media thread.
 */
typedef struct _GatewayPattern GatewayPattern;

/* @context: where @callbacks are called. NULL with what is missing */
GatewayPattern *gateway_pattern_new (GMainContext *context,
                                     const GatewaySourceCallbacks *callbacks,
                                     gpointer user_data,
                                     GError **error);

/* Any thread. */
void gateway_pattern_ask_key_frame (GatewayPattern *self);

/* It makes nothing any more; what waits on the media thread may yet be handed out. */
void gateway_pattern_stop (GatewayPattern *self);

/* Behind the end of the media thread. */
void gateway_pattern_free (GatewayPattern *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GatewayPattern, gateway_pattern_free)
