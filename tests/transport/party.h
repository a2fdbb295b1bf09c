/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "transport/channel-pair.h"

#include <tegata/tegata.h>

G_BEGIN_DECLS

/* A transport, and all that its call-backs told. Every transport of a test program lives
 * on one loop of the default main context. */
typedef struct _Party Party;
struct _Party
{
  TegataContext *context;
  TegataTransport *transport; /* NULL once a call-back released it */
  GArray *states;             /* of TegataState */
  GPtrArray *packets;         /* of GBytes */
  GArray *media_calls;        /* of guint: packets of each */
  GPtrArray *data;            /* of GBytes */
  GPtrArray *network_errors;  /* of GError */
  /* A test's own, called last by each call-back; NULL for none. @kind: what was told */
  void (*then) (Party *self, TegataOutputKind kind);
};

/* @context: (transfer full) (nullable): NULL for one of its own */
Party *party_new (TegataContext *context, TegataDatagramChannel *channel);
/* @transport: (transfer full) */
Party *party_new_for_transport (TegataTransport *transport);
void party_free (Party *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Party, party_free)

TegataLoop *party_get_loop (void);
/* It is told whose certificate to expect, before, during or after the handshake. */
void party_expect (Party *self, Party *peer);
void party_start (Party *self, TegataRole role);
TegataState party_get_state (Party *self);
/* How often it was told of @state */
guint party_count_state (Party *self, TegataState state);
void party_assert_states (Party *self, const char *expected);
void party_assert_sends (Party *self, guint16 number);
void party_assert_packet (Party *self, guint index, GBytes *expected);
/* Drops the party's reference. */
void party_release (Party *self);

/* Two on a pair of channels, who expect each other, and connected. */
typedef struct
{
  PairChannel *client_channel;
  PairChannel *server_channel;
  Party *client;
  Party *server;
} Couple;

void couple_init (Couple *self);
void couple_connect (Couple *self);
void couple_shuttle (Couple *self);
void couple_clear (Couple *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Couple, couple_clear)

/* (transfer full): small packets with @number in them */
GBytes *make_rtp (guint16 number);
GBytes *make_rtcp (guint32 number);

/* Runs the main context until @condition holds; a test that waits for nothing fails after
 * a time that no machine needs. */
#define wait_until(condition)                                                            \
  G_STMT_START                                                                           \
  {                                                                                      \
    gint64 wait_end_us = wait_begin ();                                                  \
    while (!(condition))                                                                 \
    {                                                                                    \
      wait_turn (wait_end_us, #condition);                                               \
    }                                                                                    \
  }                                                                                      \
  G_STMT_END
gint64 wait_begin (void);
void wait_turn (gint64 wait_end_us, const char *condition);

G_END_DECLS
