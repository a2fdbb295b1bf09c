/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "support/endpoint.h"

G_BEGIN_DECLS

/* A client (node 0) and a server (node 1) on a network of their own. */
typedef struct
{
  Network *network;
  Endpoint *client;
  Endpoint *server;
} Pair;

/* Both contexts may be the same one. The ends do not know each other's fingerprints. */
Pair *pair_new (EndpointKind kind,
                TegataContext *client_context,
                TegataContext *server_context,
                guint32 seed);
/* The same, which do. */
Pair *pair_new_trusting (EndpointKind kind,
                         TegataContext *client_context,
                         TegataContext *server_context,
                         guint32 seed);
void pair_free (Pair *self);

/* Each expects the other's certificate. */
void pair_trust (Pair *self);
void pair_start (Pair *self);
void pair_run (Pair *self, gint64 duration_us);
/* Until both are CONNECTED, or one is at its end, or a minute is over. Returns whether
 * they are connected. */
gboolean pair_run_until_connected (Pair *self);
/* Starts, runs, and asserts that it worked, with all of pair_assert_works(). */
void pair_connect (Pair *self);

gboolean pair_is_connected (Pair *self);
/* Both are CONNECTED, agree about version, cipher, profile and keys, and data passes both
 * ways. */
void pair_assert_works (Pair *self);
/* Data passes both ways, once each. */
void pair_assert_data_flows (Pair *self);
/* Neither has a key, nor has received anything, nor was ever CONNECTED. */
void pair_assert_nothing_passed (Pair *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Pair, pair_free)

G_END_DECLS
