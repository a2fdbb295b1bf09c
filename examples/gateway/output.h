/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "format.h"

#include <gio/gio.h>
#include <tegata/tegata.h>

/*
 * Where plain RTP of one kind goes: a socket for RTP, and one for RTCP, whose answers are
 * read. Both are connected: nobody else is heard. What nobody takes there is lost.
 */
typedef struct _GatewayOutput GatewayOutput;

/* @rtcp: what the plain side says, of any content. On the thread of the loop, as all
 * here. NULL where a socket cannot be had */
GatewayOutput *
gateway_output_new (TegataLoop *loop,
                    GInetSocketAddress *peer,
                    void (*rtcp) (const guint8 *bytes, gsize len, gpointer user_data),
                    gpointer user_data,
                    GError **error);
void gateway_output_free (GatewayOutput *self);

/* Sent from where it lies, by gateway_output_flush() or before: @bytes are borrowed until
 * then. */
void gateway_output_add (GatewayOutput *self, guint8 *bytes, gsize len, gboolean is_rtcp);
void gateway_output_flush (GatewayOutput *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GatewayOutput, gateway_output_free)
