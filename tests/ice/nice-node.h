/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <tegata-nice/tegata-nice.h>

G_BEGIN_DECLS

/*
 * An agent with one component, a channel over it, and all that this handed up. Nothing of
 * it waits for a time: what never comes ends the test by the harness's limit.
 */
typedef struct _NiceNode NiceNode;

struct _NiceNode
{
  GMainContext *context;
  TegataLoop *loop;
  NiceAgent *agent;
  guint stream_id;
  TegataNiceChannel *channel; /* may be cleared in a hook */
  gboolean is_gathered;
  GPtrArray *payloads; /* GBytes */
  GPtrArray *errors;   /* GError */
  guint n_writable;    /* calls of writable */
  GThread *thread;     /* on which the receiver was called last; NULL before */
  guint depth;         /* of calls that are not over */

  void (*on_payload) (NiceNode *self); /* at the end of each call of received; NULL */
  void (*on_writable) (NiceNode *self);
  gpointer hook_data;
};

/* Attached to nobody yet; its agent has one local address, @host. */
NiceNode *nice_node_new (const char *host, gboolean is_controlling);
/* The channel must be finalized by that, unless it was cleared. */
void nice_node_free (NiceNode *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NiceNode, nice_node_free)

void nice_node_attach (NiceNode *self);
void nice_node_detach (NiceNode *self);
/* @channel, which may be another one. Returns: what the channel says */
gboolean nice_node_try_to_attach (NiceNode *self, TegataNiceChannel *channel);

/* Until it has all its candidates. Needs no peer. */
void nice_node_gather (NiceNode *self);
/* Tells @self of @other's credentials and candidates. */
void nice_node_meet (NiceNode *self, NiceNode *other);
/* Attaches both, gathers, introduces them to each other, and runs until each has selected
 * a pair. */
void nice_node_connect (NiceNode *a, NiceNode *b);

/* Returns: whether the channel took it */
gboolean nice_node_send (NiceNode *self, const char *text);
void nice_node_assert_payload (NiceNode *self, guint i, const char *text);
gboolean nice_node_is_writable (NiceNode *self);

/* One turn of both main contexts; waits a moment where neither has anything to do. */
void nice_node_turn (NiceNode *a, NiceNode *b);

/* Until neither has had anything to do for a while: whatever was sent on this machine has
 * come by then. */
void nice_node_finish (NiceNode *a, NiceNode *b);
/* Until ICE is done on both sides. */
void nice_node_await_ready (NiceNode *a, NiceNode *b);

/* Where its component listens. */
GSocketAddress *nice_node_dup_local_address (NiceNode *self);

gboolean nice_node_skip_without_ipv6 (void);

G_END_DECLS
