/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* coturn on a port of 127.0.0.1 that was free, with files of its own only. It does not
 * outlive the test. */
typedef struct _TurnServer TurnServer;

#define TURN_USER "tester"
#define TURN_PASSWORD "a-word-of-the-test"

/* Answers by then. Returns: (nullable): %NULL, and the test is skipped, where coturn is
 * not installed */
TurnServer *turn_server_new (void);
void turn_server_free (TurnServer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TurnServer, turn_server_free)

guint16 turn_server_get_port (TurnServer *self);
/* Whether its log has a line with @words. */
gboolean turn_server_said (TurnServer *self, const char *words);

G_END_DECLS
