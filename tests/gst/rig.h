/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "wire.h"

#include <gst/check/gstharness.h>

G_BEGIN_DECLS

/*
 * Two ends that call each other over two wires: a tegatatransport, a pair of ours, or a
 * pair of GStreamer's own, on either side. Media and data are pushed and pulled by
 * harnesses; what waits, waits for an event and a minute at most.
 */

typedef enum
{
  RIG_TRANSPORT,
  RIG_PAIR,
  RIG_UPSTREAM,
} RigKind;

/* "connection-state": the same numbers in all elements */
typedef enum
{
  RIG_NEW,
  RIG_CLOSED,
  RIG_FAILED,
  RIG_CONNECTING,
  RIG_CONNECTED,
} RigState;

typedef enum
{
  RIG_RTP,
  RIG_RTCP,
  RIG_DATA,
  RIG_N_STREAMS,
} RigStream;

typedef struct _Rig Rig;

typedef struct
{
  GstHarness *harness;
  GstPad *pad;  /* the element's */
  gint n_eos;   /* atomic: that came out */
  gint n_lists; /* atomic: that came out */
} RigPort;

typedef struct
{
  Rig *rig;
  RigKind kind;
  GstElement *sender;   /* has the request sinks and net_src */
  GstElement *receiver; /* has net_sink and the sources; may be the same */
  GstBus *bus;
  Wire *wire;                /* what it sends */
  RigPort in[RIG_N_STREAMS]; /* made when first pushed to */
  RigPort out[RIG_N_STREAMS];
  guint n_warnings; /* rig_end_get_n_warnings() */
} RigEnd;

struct _Rig
{
  RigEnd client;
  RigEnd server;
  GMutex lock;
  GCond cond;
  guint64 generation; /* counts what may have changed an answer */
  gboolean expects_errors;
};

/* Which kinds meet. What the cases are called with. */
typedef struct
{
  RigKind client;
  RigKind server;
} RigCase;

/* GLib's test framework and GStreamer, from the beginning to the end: the leaks tracer
 * reports at the end. */
void rig_init (int *argc, char ***argv);
int rig_run (void);

/* Whether elements are missing; then the case is skipped. */
gboolean rig_is_missing (const RigCase *rig_case);

/* Each knows the other's fingerprint, where it has such a property. In NULL. */
Rig *rig_new (const RigCase *rig_case);
/* Fails on an error message that nobody asked for. */
void rig_free (Rig *self);
/* Both, and waits until they are connected. */
void rig_connect (Rig *self);

/* Something happened, so that questions are asked anew. Any thread. */
void rig_pulse (gpointer rig);
typedef gboolean (*RigQuestion) (gconstpointer subject);
/* Until @is_so says yes, asked whenever something happened. @what: for the complaint */
void rig_wait (Rig *self, RigQuestion is_so, gconstpointer subject, const char *what);

void rig_end_start (RigEnd *end);
/* Down to @state, and its input pads are given back. */
void rig_end_stop (RigEnd *end, GstState state);
/* The encoder of a pair alone, to READY. */
void rig_end_stop_sender (RigEnd *end);
char *rig_end_dup_fingerprint (RigEnd *end);
RigState rig_end_get_state (RigEnd *end);
void rig_end_wait_state (RigEnd *end, RigState state);
/* A question for rig_wait(): whether it is CLOSED or FAILED. */
gboolean rig_end_is_over (gconstpointer end);
/* Another one: whether something that it sent has arrived. */
gboolean rig_end_has_delivered (gconstpointer end);
/* The next error message, which rig_free() then does not complain of. */
GError *rig_end_await_error (RigEnd *end);
/* That were posted so far. */
guint rig_end_get_n_warnings (RigEnd *end);

/* (transfer full) for the second. A harness is a live source. */
GstFlowReturn rig_end_push (RigEnd *end, RigStream stream, GstBuffer *buffer);
GstFlowReturn rig_end_push_list (RigEnd *end, RigStream stream, GstBufferList *list);
void rig_end_push_event (RigEnd *end, RigStream stream, GstEvent *event);
/* From now on the source of @stream is a file rather than a microphone. */
void rig_end_make_unlive (RigEnd *end, RigStream stream);

/* Whether a push holds the stream lock of the element's pad. */
gboolean rig_end_is_in_chain (RigEnd *end, RigStream stream);

/* (transfer full): the next that comes out */
GstBuffer *rig_end_pull (RigEnd *end, RigStream stream);
/* The next that comes out is @expected, byte by byte. (transfer full) */
void rig_end_assert_receives (RigEnd *end, RigStream stream, GstBuffer *expected);
/* Nothing came out that was not pulled. */
void rig_end_assert_silent (RigEnd *end);
void rig_end_wait_eos (RigEnd *end, RigStream stream);
/* Waits until @n media packets of it are on the wire. */
void rig_end_wait_media (RigEnd *end, guint n);

/* Packets that tell themselves apart. */
GstBuffer *rig_rtp (guint32 ssrc, guint payload_type, guint16 sequence);
GstBuffer *rig_rtcp (guint32 ssrc, guint serial);
GstBuffer *rig_data (guint serial, gsize len);

/* Both ways, all streams, @n packets of each, compared. */
void rig_assert_media_passes (Rig *self, guint n);
void rig_assert_data_passes (Rig *self);

/* A predicate for both wires: loses @percent of the datagrams, by @seed. */
typedef struct
{
  GRand *rand;
  gint percent;
} RigLoss;
WireVerdict rig_lose (const guint8 *bytes, gsize len, guint serial, gpointer loss);

/* Predicates without data. */
WireVerdict
rig_drop_all (const guint8 *bytes, gsize len, guint serial, gpointer user_data);
WireVerdict
rig_drop_first (const guint8 *bytes, gsize len, guint serial, gpointer user_data);
WireVerdict
rig_hold_media (const guint8 *bytes, gsize len, guint serial, gpointer user_data);
/* ClientHello, first or repeated. */
WireVerdict
rig_hold_first_flight (const guint8 *bytes, gsize len, guint serial, gpointer user_data);
/* A flight that carries a Finished, which makes the other side wait for it. */
WireVerdict
rig_hold_finished (const guint8 *bytes, gsize len, guint serial, gpointer user_data);

G_END_DECLS
