/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "feed.h"

/* A TURN server, and who we are there. */
typedef struct
{
  GInetSocketAddress *address; /* NULL: none */
  char *user;
  char *password;
} GatewayTurn;

/* The command line, checked: files are not read yet, but for the token's. */
typedef struct
{
  GInetSocketAddress *listen;
  GatewayFeedSettings feed;
  GInetSocketAddress *outputs[GATEWAY_N_KINDS]; /* NULL: that kind is dropped */
  char *tls_certificate;                        /* PEM files; NULL: plain HTTP */
  char *tls_key;                                /* NULL: in the same file */
  char *token;                                  /* NULL: everybody may */
  char **ice_addresses;                         /* in digits; NULL: what there is */
  GInetSocketAddress *stun;
  char *stun_name; /* HOST:PORT, as browsers are told */
  GatewayTurn turn;
  guint max_sessions;
  guint connect_timeout_s;
  char *allow_origin; /* NULL: none but our own */
} GatewayOptions;

/* FALSE with what was found, and what was expected. Clear @self in any case. */
gboolean
gateway_options_parse (GatewayOptions *self, int *argc, char ***argv, GError **error);
void gateway_options_clear (GatewayOptions *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GatewayOptions, gateway_options_clear)
