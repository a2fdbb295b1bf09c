/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "transport/party.h"

G_BEGIN_DECLS

/* A listener, and the transports that it handed out. They expect whoever comes. */
typedef struct
{
  TegataContext *context;
  TegataTransportListener *listener; /* NULL once it was released */
  GPtrArray *parties;                /* of Party: those that were kept */
  guint n_incoming;
  gboolean without_cookies;              /* set before it is made */
  gboolean keeps;                        /* TRUE, unless a test is careless of them */
  void (*on_incoming) (gpointer server); /* NULL for none */
} Server;

void server_init (Server *self, TegataDatagramChannel *channel);
void server_clear (Server *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Server, server_clear)

guint server_count_sessions (Server *self);
void party_expect_server (Party *client, Server *server);

G_END_DECLS
