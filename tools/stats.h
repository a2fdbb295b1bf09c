/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "plain-side.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* Counts of one moment: of an association, and of what it shares with others. */
typedef struct
{
  TegataTransport *transport; /* NULL where there is none */
  TegataSessionStats session;
  TegataUdpChannelStats channel;
  TegataListenerStats listener;
  PlainSideStats plain;
  gboolean has_listener;
  gboolean has_plain;
} Stats;

/* All but the channel may be NULL. @self borrows the transport. */
void stats_collect (Stats *self,
                    TegataTransport *transport,
                    TegataUdpChannel *channel,
                    TegataTransportListener *listener,
                    PlainSide *plain);

/* Returns: (transfer full): one line, without its end; what is 0 and no news is left out
 */
char *stats_to_text (const Stats *self);

/* Adds members to the object that is being built: those of RTCTransportStats (W3C
 * webrtc-stats) under their own names, and ours beside them. */
void stats_build_json (const Stats *self, JsonBuilder *builder);

G_END_DECLS
