/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "exit-status.h"
#include "ladders.h"
#include "options.h"
#include "report.h"

G_BEGIN_DECLS

/*
 * One peer of the command, from the first datagram to what is printed of its end.
 */
typedef struct _Association Association;

/* What all associations of the command share; borrowed, and longer-lived than they. They
 * write but @had_peer. */
typedef struct
{
  const Options *options;
  Report *report;
  Ladders *ladders;
  TegataUdpChannel *channel;
  char *peer; /* address of the one there is; NULL for a listener */
  TegataTransportListener *listener; /* NULL for who connects */
  PlainSide *plain;                  /* NULL where no media is carried */
  gboolean had_peer;                 /* one was verified in this run */
} AssociationShared;

/* @connected: the peer is the right one, and what was asked for is there
 * @ended: it was closed, or has failed, and was told so. May free the association
 * @has_successor: whether another one is with the same peer by now
 * @get_fingerprints: (nullable): whom to trust, as far as that is known */
typedef struct
{
  void (*connected) (Association *self, gpointer user_data);
  void (*ended) (Association *self, ExitStatus status, gpointer user_data);
  gboolean (*has_successor) (Association *self, gpointer user_data);
  GPtrArray *(*get_fingerprints) (gpointer user_data);
} AssociationCallbacks;

/* @transport: (transfer none): with whom; referenced. Its call-backs are the
 * association's. @callbacks: borrowed for as long as it lives */
Association *association_new (AssociationShared *shared,
                              TegataTransport *transport,
                              const AssociationCallbacks *callbacks,
                              gpointer user_data);

/* Without a word to the peer. */
void association_free (Association *self);

/* Politely; told as closed by @by: a constant. */
void association_close (Association *self, const char *by);

/* Tells the transport whom to trust, once that is known. */
void association_trust (Association *self, GPtrArray *fingerprints);

/* Tells once where somebody says in the clear that the peer refuses, or says what cannot
 * be met here. */
void association_tell_obstacles (Association *self);

void association_report_stats (Association *self);

TegataTransport *association_get_transport (Association *self);
/* Returns: (transfer none): the peer's address */
const char *association_get_peer (Association *self);
gboolean association_was_connected (Association *self);

G_END_DECLS
