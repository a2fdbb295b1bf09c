/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "session-end.h"

#include <tegata/listener.h>

G_BEGIN_DECLS

/* A listener, and what it told: accepted sessions, states, data. */
typedef struct
{
  TegataContext *context;
  TegataListener *listener;
  TegataAddress address;
  TegataFingerprint *expected; /* (nullable): of every peer */
  GQueue datagrams;            /* of Event */
  GString *told;
  GPtrArray *sessions; /* those that were accepted, borrowed */
  gint64 now_us;
} Server;

void server_init (Server *self, TegataCookies cookies);
void server_clear (Server *self);

/* Polls until there is nothing more. */
void server_poll (Server *self);

/* Hands it a datagram; does not poll. @session: (out) (optional) (nullable) */
TegataReceived server_receive (Server *self,
                               const TegataAddress *from,
                               GBytes *datagram,
                               TegataSession **session);

/* Until both are silent; what goes to others than @client is lost. */
void server_shuttle (Server *self, End *client);

/* Makes a client that has said nothing yet; from now on its certificate is expected. */
void server_start_client (Server *self, End *client, const char *address);
void server_connect_client (Server *self, End *client, const char *address);

TegataListenerStats server_get_stats (Server *self);

G_END_DECLS
