/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "fragment.h"
#include "options.h"

#include <tegata-nice/tegata-nice.h>

/*
 * The way to one browser: a NiceAgent with one stream of one component, since all media
 * is bundled. Main thread.
 */
typedef struct _GatewayIce GatewayIce;

/* @gathered: our candidates are there; once, and never from within gateway_ice_new()
 * @changed: gateway_ice_get_state() may say something else than before
 *
 * From the main loop; self may be closed from within. */
typedef struct
{
  void (*gathered) (gpointer user_data);
  void (*changed) (gpointer user_data);
} GatewayIceCallbacks;

/* @n_agents: (inout): how many there are: one more until the last of this one is gone,
 * which takes the main loop and, with TURN, an answer of its server. Outlives it */
GatewayIce *gateway_ice_new (const GatewayOptions *options,
                             guint *n_agents,
                             const GatewayIceCallbacks *callbacks,
                             gpointer user_data);

/* How many files one of them may have open at a time. */
guint gateway_ice_count_files (const GatewayOptions *options);

/* Tells nothing any more. The sockets are closed when whoever else had the channel has
 * let go of it, too. */
void gateway_ice_close (GatewayIce *self);

/* Attach to it first, and then gather: nothing is lost. */
TegataDatagramChannel *gateway_ice_get_channel (GatewayIce *self);

/* FALSE with what is missing. With STUN or TURN it takes as long as its servers do, but
 * not more than two seconds. */
gboolean gateway_ice_gather (GatewayIce *self, GError **error);

/* Once gathered: takes what the peer says, checks begin. Its credentials, where it says
 * them; its candidates, in addition to those before. */
void gateway_ice_set_remote (GatewayIce *self, const GatewayIceText *remote);

/* New credentials of ours, and none of the peer's: set those next. Our candidates stay.
 */
void gateway_ice_restart (GatewayIce *self);

/* What we say. */
void gateway_ice_describe (GatewayIce *self, GatewayIceText *ours);

NiceComponentState gateway_ice_get_state (GatewayIce *self);
