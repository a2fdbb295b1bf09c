/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "transport/loop-private.h"
#include "transport/transport-private.h"

G_BEGIN_DECLS

/* The insides of a pump, for its own sources. */

typedef struct _TegataMediaRun TegataMediaRun;

struct _TegataPump
{
  guint ref_count;
  TegataDatagramChannel *channel;
  TegataLoop *loop;
  TegataTimer *timer;       /* NULL once it has left the channel */
  TegataSession *session;   /* NULL where there is a listener */
  TegataListener *listener; /* NULL where there is a session */
  const TegataPumpOwner *functions;
  GWeakRef owner;
  TegataMediaRun *runs; /* all that are under way, the innermost first */
  guint depth; /* how many calls are at work: more than one where a call-back runs the
                * main context, and another source has something for us */
  gboolean leaves_when_idle;
  GPtrArray *let_go; /* of TegataSession, the listener's: they still have to send */
  guint64 unaddressed;
};

/* Live packets of one transport that go up in one call. No reference is held to it: who
 * drops his last one is told no more. */
struct _TegataMediaRun
{
  TegataMediaRun *outer;
  GWeakRef *transport; /* whose they are; NULL where there are none */
  GWeakRef *next;      /* whose packet is to be added */
  TegataPacket packets[TEGATA_BATCH_MAX];
  guint n_packets;
};

void tegata_pump_begin_run (TegataPump *self, TegataMediaRun *run);
void tegata_pump_end_run (TegataPump *self, TegataMediaRun *run);
/* For the transport that is next; what cannot go up with it goes up before. */
void tegata_media_run_add (TegataMediaRun *self, const TegataPacket *packet);
void tegata_media_run_flush (TegataMediaRun *self);

/* (nullable) (transfer none): who is told what @session (nullable) says */
GWeakRef *tegata_pump_transport_of (TegataSession *session);

/* Until there is nothing more, and from within call-backs, too. */
void tegata_pump_poll (TegataPump *self);

G_END_DECLS
