/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <tegata/udp-channel.h>

G_BEGIN_DECLS

/*
 * A UDP channel on a main context of its own, and all that it handed up. Nothing of it
 * waits for a time: what never comes ends the test by the harness's limit.
 */
typedef struct _UdpNode UdpNode;

struct _UdpNode
{
  GMainContext *context;
  TegataLoop *loop;
  TegataUdpChannel *channel; /* may be cleared in @on_batch */
  GPtrArray *payloads;       /* GBytes */
  GArray *sources;           /* TegataAddress, one for each payload */
  GPtrArray *errors;         /* GError */
  guint n_batches;           /* calls of received */
  GThread *thread;           /* on which it was called last; NULL before */

  void (*on_batch) (UdpNode *self); /* at the end of each call of received; NULL */
};

/* @local: a host, or NULL for any; @peer: NULL for everybody. Attached. */
UdpNode *udp_node_new (const char *local, GSocketAddress *peer);
void udp_node_free (UdpNode *self);
void udp_node_attach (UdpNode *self, TegataLoop *loop);

/* Returns: (transfer none) */
GSocketAddress *udp_node_address (UdpNode *self);

/* @to: NULL on a connected one. Returns: whether the channel took it */
gboolean
udp_node_send (UdpNode *self, GSocketAddress *to, gconstpointer bytes, gsize len);

/* Until there are so many of each since the beginning. */
void udp_node_await (UdpNode *self, guint n_payloads, guint n_errors);
/* All that is there already. Returns: how many turns of the main context it took */
guint udp_node_drain (UdpNode *self);

void udp_node_assert_payload (UdpNode *self, guint i, gconstpointer bytes, gsize len);
/* @source: NULL for an empty address */
void udp_node_assert_source (UdpNode *self, guint i, GSocketAddress *source);
/* The error has @address in its message, unless that is NULL. */
void udp_node_assert_error (UdpNode *self,
                            guint i,
                            GIOErrorEnum code,
                            GSocketAddress *address);

/* Says why it skips the test where this machine has no IPv6. */
gboolean udp_node_skip_without_ipv6 (void);

GSocketAddress *udp_address (const char *host, guint16 port);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpNode, udp_node_free)

G_END_DECLS
