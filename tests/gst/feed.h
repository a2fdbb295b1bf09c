/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/*
 * Pads around an element, each at one of its pads, with everything in the open that a
 * harness does by itself: when a stream begins, what is answered, and who is blocked.
 * What waits, waits for an event, and fails after a minute.
 */

/* Gives to a sink pad. */
typedef struct
{
  GstPad *pad;
  GstElement *element;
  GstPad *to;         /* the element's */
  gboolean is_wanted; /* @to was requested */

  /* Before it is asked. */
  gboolean is_live;
  GstClockTime latency;

  GMutex lock;
  GCond cond;
  guint n_key_frames; /* asked for */
  GThread *thread;    /* of feed_push_aside() */
  GstFlowReturn flow; /* of the last push aside, when it was joined */
} Feed;

/* Requests the pad @name where there is none. */
Feed *feed_new (GstElement *element, const char *name);
/* Gives the element's pad back. */
void feed_free (Feed *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Feed, feed_free)

/* Stream-start, @caps (nullable) and @segment (NULL: of TIME from 0). */
void feed_begin (Feed *self, const char *caps, const GstSegment *segment);
/* (transfer full) */
GstFlowReturn feed_push (Feed *self, GstBuffer *buffer);
gboolean feed_push_event (Feed *self, GstEvent *event);
/* By a thread, which is joined by feed_join(). */
void feed_push_aside (Feed *self, GstBuffer *buffer);
GstFlowReturn feed_join (Feed *self);
/* Until a push is inside of the element. */
void feed_await_inside (Feed *self);
void feed_await_key_frames (Feed *self, guint n);
/* Back without the pad: somebody else released it. */
void feed_forget_pad (Feed *self);

/* Takes from a source pad, and keeps what came. */
typedef struct
{
  GstPad *pad;
  GstElement *element;
  GstPad *from; /* the element's */
  gboolean is_wanted;
  Feed *onward; /* where buffers go on to; NULL: nowhere */

  GMutex lock;
  GCond cond;
  GQueue came; /* of GstMiniObject: buffers and events */
  gboolean is_blocking;
  gboolean is_flushing;
  guint n_inside;
} Drain;

Drain *drain_new (GstElement *element, const char *name);
void drain_free (Drain *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Drain, drain_free)

/* Whoever pushes stays inside, until a flush, or until it is told FALSE. */
void drain_set_blocking (Drain *self, gboolean is_blocking);
void drain_await_inside (Drain *self);

/* Takes the next that came out of those of @type, and forgets what came before it.
 * (transfer full) */
GstEvent *drain_await_event (Drain *self, GstEventType type);
/* Likewise, of media, or of whatever kind. */
GstBuffer *drain_await_media (Drain *self);
GstBuffer *drain_await_any (Drain *self);
/* Likewise, for those who do not look at it. */
void drain_skip_to_event (Drain *self, GstEventType type);
void drain_skip_to_media (Drain *self);
/* Whether one came that nobody has taken. */
gboolean drain_has_event (Drain *self, GstEventType type);
guint drain_get_n_media (Drain *self);
/* Forgets what came. */
void drain_clear (Drain *self);

G_END_DECLS
