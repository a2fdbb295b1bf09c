/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <tegata/dtls.h>

G_BEGIN_DECLS

/*
 * A simulated network on virtual time. Nodes send datagrams to addresses; each datagram
 * meets its fate (delay, loss, duplication, reordering, corruption), which chance and
 * then the test decide. Nothing happens but in network_run(), and the same seed makes the
 * same network.
 */

typedef struct _Network Network;

/* What a node does; @node is its own. Sending from within is allowed. */
typedef struct
{
  void (*receive) (gpointer node,
                   const TegataAddress *from,
                   const guint8 *bytes,
                   gsize len,
                   gint64 now_us);
  gint64 (*deadline_us) (gpointer node); /* absolute, or -1 */
  void (*handle_deadline) (gpointer node, gint64 now_us);
} NetworkNodeFuncs;

typedef struct
{
  guint from;          /* which node sent it */
  guint serial;        /* its number among those of that node, from 0 */
  const guint8 *bytes; /* borrowed */
  gsize len;
} NetworkDatagram;

typedef struct
{
  guint n_copies;   /* 0: lost; 2: duplicated */
  gint64 delay_us;  /* one way */
  gboolean is_held; /* until the sender's next datagram has gone before it */
  gssize flip_byte; /* which byte to alter; -1: none */
} NetworkFate;

/* Alters the fate that chance chose. */
typedef void (*NetworkFateFunc) (const NetworkDatagram *datagram,
                                 NetworkFate *fate,
                                 gpointer user_data);

/* Sees every datagram before its fate. */
typedef void (*NetworkObserveFunc) (const NetworkDatagram *datagram, gpointer user_data);

typedef struct
{
  gint64 delay_us;  /* one way */
  gint64 jitter_us; /* added at random, up to this: reorders */
  double loss;      /* probabilities: 0 to 1 */
  double duplication;
  double corruption; /* of one byte */
  gsize mtu;         /* asserted of each datagram; 0: not */
} NetworkConditions;

Network *network_new (guint32 seed);
void network_free (Network *self);

/* To be altered in place. 1 ms of delay and nothing else by default. */
NetworkConditions *network_conditions (Network *self);
void network_set_fate_func (Network *self, NetworkFateFunc func, gpointer user_data);
void
network_set_observe_func (Network *self, NetworkObserveFunc func, gpointer user_data);

/* Returns the number of the node: 0, 1 and so on. It has an address of its own. */
guint network_add_node (Network *self, const NetworkNodeFuncs *funcs, gpointer node);
const TegataAddress *network_node_address (Network *self, guint node);
/* Gives it a new one, as a NAT that forgot; what is under way to the old one is lost. */
void network_move_node (Network *self, guint node);
/* Nothing is delivered to it any more, and it is not asked for deadlines. */
void network_remove_node (Network *self, guint node);

void network_send (Network *self,
                   guint from,
                   const TegataAddress *to,
                   const guint8 *bytes,
                   gsize len);

/* As if @from had sent it, and beyond the reach of fate: delivered after @delay_us, ahead
 * of what arrives at the same moment. */
void network_inject (Network *self,
                     const TegataAddress *from,
                     guint to,
                     GBytes *datagram,
                     gint64 delay_us);

gint64 network_now_us (Network *self);

typedef gboolean (*NetworkDoneFunc) (gpointer user_data);

/* Runs until @done says so (NULL: never), or until @duration_us is over. Returns whether
 * it was @done. */
gboolean
network_run (Network *self, gint64 duration_us, NetworkDoneFunc done, gpointer user_data);

/* Of one node: datagrams sent, and those that arrived at it. */
guint network_n_sent (Network *self, guint node);
guint network_n_delivered (Network *self, guint node);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Network, network_free)

G_END_DECLS
