/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "listener-server.h"

G_BEGIN_DECLS

/*
 * A client that lost its association and comes back from the same address and port: RFC
 * 6347 section 4.2.8. In all of these the first session of the server is connected, to a
 * client that may be gone, and another client begins at its address.
 */

typedef struct
{
  Server server;
  End old;
  End back;              /* who comes back */
  TegataSession *first;  /* the server's, of old */
  TegataSession *second; /* the server's, of back, once it has one */
} Fixture;

void fixture_init (Fixture *self);
void fixture_clear (Fixture *self);

/* One way: what @client has to say, and the server polled. And back. */
void server_deliver (Server *server, End *client);
void server_answer (Server *server, End *client);

/* Loses what the server sent. */
void server_forget (Server *server);

/* Until who comes back has a session that handshakes. */
void fixture_begin (Fixture *self);

void fixture_assert_told (Fixture *self, const char *expected);

/* Whose the address is. */
void fixture_assert_owner (Fixture *self, TegataSession *expected);

/* A packet of @from is unprotected by @expected. */
void fixture_assert_media (Fixture *self, End *from, TegataSession *expected);

/* The first session is as if nobody had come. */
void fixture_assert_first_is_served (Fixture *self);

G_END_DECLS
