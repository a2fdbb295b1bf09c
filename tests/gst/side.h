/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/*
 * One end of a call, to look at its properties and states: two elements that share an
 * association, or one that has its own. Everything that the elements notify is written
 * down, in order. Two sides are linked to each other directly, without a network.
 */
typedef struct
{
  GstElement *sender;
  GstElement *receiver; /* may be the same; NULL after side_lose_receiver() */
  GstBus *bus;
  gulong handlers[3];

  GMutex lock;
  GCond cond;
  GPtrArray *told; /* of char *: "sender: connection-state connected" */
  GQueue errors;   /* of GError *, that were posted */
  GQueue warnings;
} Side;

/* @id: connection-id of both; NULL for none */
Side *side_new_pair (const char *id);
Side *side_new_transport (void);
/* In NULL, and complains of errors that nobody has asked for. */
void side_free (Side *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Side, side_free)

/* Each hears what the other sends. */
void side_link (Side *a, Side *b);
/* Upwards the receiver first, downwards the sender. Whether both got there. */
gboolean side_set_state (Side *self, GstState state);
/* Gives up the last reference. */
void side_lose_receiver (Side *self);

/* "closed", "connecting": by its nick. (transfer full) */
char *side_dup_state (GstElement *element);
/* Until @telling was written down, since the last side_forget(). */
void side_await (Side *self, const char *telling);
gboolean side_was_told (Side *self, const char *telling);
/* Fails unless both were told, @first before @second. */
void side_assert_order (Side *self, const char *first, const char *second);
void side_forget (Side *self);

/* (transfer full) (nullable): the oldest message of @type that was posted */
GError *side_pop_message (Side *self, GstMessageType type);
/* Waits for an error, and fails unless it has that code, and @word in its text. */
void side_assert_error (Side *self, gint code, const char *word);

/* An RTP packet of @ssrc, and the next of its sequence. */
GstBuffer *side_rtp_packet (guint32 ssrc, guint16 sequence);
/* A pad that is linked to a new sink pad of the sender, with caps and segment pushed.
 * (transfer full) */
GstPad *side_add_source (Side *self, const char *sink_name, const char *caps);
/* Gives both pads up. */
void side_remove_source (Side *self, GstPad **source);
/* Of the receiver's pad: each buffer that comes out is written down: "rtp_src: 17 bytes".
 */
void side_watch_source (Side *self, const char *src_name);

G_END_DECLS
