/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "source.h"

#include <gio/gio.h>
#include <tegata/tegata.h>

/*
 * Plain RTP of one kind on a UDP port, RTCP on the next one, or on the same (RFC 5761).
 * Anybody who reaches the port may write to it: what comes there is only looked at.
 */
typedef struct _GatewayUdpSource GatewayUdpSource;

/* @locals: GATEWAY_N_KINDS of them; NULL for none. Returns: whether each can have its
 * port and the next one; if not, an error that names the option */
gboolean gateway_udp_source_check (GInetSocketAddress *const *locals, GError **error);

/* Any thread. Opens the ports; @callbacks are called once it was started. */
GatewayUdpSource *gateway_udp_source_new (GatewayKind kind,
                                          GInetSocketAddress *local,
                                          const GatewaySourceCallbacks *callbacks,
                                          gpointer user_data,
                                          GError **error);
void gateway_udp_source_free (GatewayUdpSource *self);

/* Where RTP comes to. */
GSocketAddress *gateway_udp_source_get_address (GatewayUdpSource *self);

/* On the thread of @loop, as what follows. */
void gateway_udp_source_start (GatewayUdpSource *self, TegataLoop *loop);
void gateway_udp_source_stop (GatewayUdpSource *self);

/* By PLI about @media_ssrc, to where RTCP of its sender came from, else to the port next
 * to where RTP came from. Nobody is asked before any came. */
void gateway_udp_source_ask_key_frame (GatewayUdpSource *self,
                                       guint32 media_ssrc,
                                       const char *cname);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GatewayUdpSource, gateway_udp_source_free)
