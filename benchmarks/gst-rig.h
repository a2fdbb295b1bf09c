/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "gst-packets.h"

G_BEGIN_DECLS

/*
 * Elements between bare pads: what is pushed into `head` goes through an encoder to
 * `wire`; what is pushed into `wire_in` goes through a decoder to `tail`. There is no
 * pipeline, no queue and no thread in between, so that a push returns when its work is
 * done. Where keys come from a handshake there is a way `back` too, for its answers.
 */

typedef enum
{
  RIG_FORWARD, /* on to the other side, at once: the handshake */
  RIG_COUNT,   /* counted and freed */
  RIG_KEEP,    /* the bytes are kept */
} RigMode;

typedef struct
{
  GstPad *pad;
  GstPad *forward;
  gint mode;       /* atomic: a RigMode */
  gint n_buffers;  /* atomic */
  GPtrArray *kept; /* GBytes */
} RigSink;

#define RIG_MAX_ELEMENTS 4

typedef struct
{
  GstElement *elements[RIG_MAX_ELEMENTS]; /* in the order in which they start */
  guint n_elements;
  GstBus *bus;     /* of all of them */
  GPtrArray *pads; /* ours, to be let go of in the end */
  GstPad *head;
  RigSink wire;
  GstPad *wire_in;
  RigSink tail;
  RigSink back;
} Rig;

Rig *rig_new (void);
void rig_free (Rig *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Rig, rig_free)

/* (transfer none): of the rig; NULL where there is no such element. */
GstElement *rig_add (Rig *self, const char *factory);

/* Bare pads, linked to a pad of @element, which is requested if need be. @caps: NULL for
 * none. They abort where that cannot be. */
GstPad *rig_feed (Rig *self, GstElement *element, const char *pad_name, const char *caps);
void rig_drain (Rig *self, RigSink *sink, GstElement *element, const char *pad_name);

/* What goes from `head` to `wire`, and from `wire_in` to `tail`, with nothing between but
 * a pad that passes it on, as the plainest of elements does. */
void rig_pass_through (Rig *self);

/* To PLAYING, the first one first. */
void rig_start (Rig *self);

/* Waits until "connection-state" of @element says so, and no longer than is decent.
 * Tells what went wrong. */
gboolean rig_await_connected (Rig *self, GstElement *element);

void rig_sink_set_mode (RigSink *self, RigMode mode);
/* How many came since it was asked last. */
guint rig_sink_take_count (RigSink *self);
/* (transfer full): the same in GBytes, with RIG_KEEP. */
GPtrArray *rig_sink_take_kept (RigSink *self);

G_END_DECLS
