/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/*
 * One direction of a network between elements: what a pad pushes is queued, and a thread
 * pushes it to another pad, unless a predicate loses it or holds it. Events of the first
 * pad are noted and end here, as they do at a socket.
 */
typedef struct _Wire Wire;

typedef enum
{
  WIRE_PASS,
  WIRE_DROP,
  WIRE_HOLD, /* until wire_release() */
} WireVerdict;

/* @serial: counts the datagrams of this direction from 0. On the wire's thread. */
typedef WireVerdict (*WirePredicate) (const guint8 *bytes,
                                      gsize len,
                                      guint serial,
                                      gpointer user_data);

/* How a datagram is handed to the other side. */
typedef enum
{
  WIRE_AS_IT_COMES, /* one by one, writable */
  WIRE_LISTS,       /* what waits goes as one list */
  WIRE_READ_ONLY,   /* somebody else has a reference to the buffer */
  WIRE_SHARED,      /* the buffer is the receiver's alone, its memory is not */
  WIRE_SPLIT,       /* in two memories */
  WIRE_N_FORMS,
} WireForm;

typedef struct
{
  guint n_datagrams; /* that came in */
  guint n_lists;     /* that came in */
  guint n_dtls;
  guint n_media;      /* SRTP and SRTCP */
  guint n_delivered;  /* datagrams */
  guint n_held;       /* that are held now */
  guint n_eos;        /* that the first pad pushed */
  guint n_tagged;     /* DTLS datagrams with a time stamp, which they should not have */
  gsize longest_dtls; /* bytes */
} WireCounts;

/* @pulse: called without a lock whenever the counts may have changed */
Wire *wire_new (GstPad *from, GstPad *to, void (*pulse) (gpointer), gpointer user_data);
/* While the pads still are, and after what pushes on them has stopped. */
void wire_free (Wire *self);

/* NULL passes everything. What is on its way already is judged by the new one. */
void wire_set_predicate (Wire *self, WirePredicate predicate, gpointer user_data);
void wire_set_form (Wire *self, WireForm form);
/* What was held goes its way, in order, and before what comes now. */
void wire_release (Wire *self);
/* Behind the datagrams that wait. (transfer full) */
void wire_push_event (Wire *self, GstEvent *event);
/* A datagram of the tester's own. (transfer full) */
void wire_inject (Wire *self, GstBuffer *datagram);
/* Links anew, so that a receiver that began anew is told stream and segment again. */
void wire_relink (Wire *self);
WireCounts wire_get_counts (Wire *self);

/* RFC 7983 */
gboolean wire_is_dtls (const guint8 *bytes, gsize len);
gboolean wire_is_media (const guint8 *bytes, gsize len);

G_END_DECLS
