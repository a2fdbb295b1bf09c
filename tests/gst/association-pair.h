/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "association-watcher.h"

G_BEGIN_DECLS

/* Two associations that a test function carries datagrams between. */

typedef struct
{
  GstTegataAssociation *association;
  TestWatcher *watcher;
  guint n_datagrams; /* that it sent */
  gsize longest;     /* of them, in bytes */
  GPtrArray *rtp;    /* of GBytes, that it received, in order */
  GPtrArray *rtcp;
  GPtrArray *data;
  guint n_closed; /* how often it was told that nothing more comes */
} TestEnd;

typedef struct _TestPair TestPair;

/* Whether the @serial-th datagram (from 1 on) of @from arrives. */
typedef gboolean (*TestKeep) (TestPair *pair, TestEnd *from, guint serial);

struct _TestPair
{
  TestEnd client;
  TestEnd server;
  TestKeep keep; /* NULL: all of them */
};

void test_pair_init (TestPair *self);
void test_pair_clear (TestPair *self);

void test_end_init (TestEnd *self);
void test_end_clear (TestEnd *self);

/* Each is told the other's fingerprint. */
void test_pair_trust (TestPair *self);
void test_pair_open (TestPair *self);
void test_pair_start (TestPair *self);
/* Carries what waits, until nothing does. */
void test_pair_pump (TestPair *self);

/* Pumps, and sleeps until somebody is told something, until both are in these states.
 * Fails after a minute. */
void test_pair_run (TestPair *self, TegataState client_state, TegataState server_state);
/* trust, open, start, run to CONNECTED */
void test_pair_connect (TestPair *self);

TegataState test_end_get_state (TestEnd *self);

/* The @seq-th packet of its stream, from @from to @to. */
TegataSrtpOutcome test_send_rtp (TestEnd *from, TestEnd *to, guint16 seq);
TegataSrtpOutcome test_send_rtcp (TestEnd *from, TestEnd *to);
/* Without delivering it. (transfer full) (nullable) */
GBytes *test_protect (TestEnd *from, gboolean is_rtcp, guint16 seq);
void test_deliver (TestEnd *to, GBytes *datagram);
/* What waits to be read. */
void test_end_take_incoming (TestEnd *self);

/* Those of the fresh streams of a pair that has just been connected. */
void test_assert_media_both_ways (TestPair *self);
/* None passes, there are no keys, and there was none. */
void test_assert_no_media (TestPair *self);

void test_assert_rtp (TestEnd *self, guint i, guint16 seq);
void test_assert_data (TestEnd *self, guint i, const char *text);

G_END_DECLS
