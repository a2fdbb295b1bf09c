/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "association.h"
#include "fingerprints.h"

G_BEGIN_DECLS

/*
 * What `tegata listen` and `tegata connect` have in common: set-up, the main loop,
 * signals, and the end. How datagrams get to associations is connect.c's and listen.c's.
 */
typedef struct _Endpoint Endpoint;

/* @open: opens the socket
 * @start: begins; associations are added from now on
 * @finish: frees what the two have made */
typedef struct
{
  gboolean (*open) (Endpoint *self, GError **error);
  gboolean (*start) (Endpoint *self, GError **error);
  void (*finish) (Endpoint *self);
} EndpointKind;

extern const EndpointKind endpoint_connect;
extern const EndpointKind endpoint_listen;

struct _Endpoint
{
  const EndpointKind *kind;
  AssociationShared shared;
  TegataLoop *loop;
  TegataContext *context;
  TegataDatagramChannel *tap; /* what is attached to: it wraps shared.channel */
  TegataTransport *transport; /* of who connects */
  PeerFingerprints *fingerprints;
  GPtrArray *associations; /* all that have not ended; borrowed, the oldest first */
  Association *current;    /* whose media comes in on the plain side: the newest
                            * connected one. NULL for nobody */
  GHashTable *known; /* of a listener: addresses of peers, and of strangers told of */
  guint64 n_strange; /* of a listener: how much media of strangers was counted */
  gint64 told_strange_us;
  GMainLoop *main_loop;
  guint obstacle_source;
  guint deaf_source;
  char *published; /* the line in the file of our fingerprint; NULL while not there */
  gboolean is_ending;
  const char *ended_by; /* a constant; NULL where no signal has ended us */
  ExitStatus status;
};

/* Returns: the exit status */
ExitStatus endpoint_run (const Options *options);

/* For the kinds: @channel: (transfer full) (nullable): what @open has opened. Returns:
 * whether there is one */
gboolean endpoint_take_channel (Endpoint *self, TegataUdpChannel *channel);

/* @transport: (transfer none): who it is now told of */
void endpoint_add (Endpoint *self, TegataTransport *transport);

G_END_DECLS
