/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "feed.h"

G_BEGIN_DECLS

/* Two transports that hear each other. What they send is seen on its way. */
typedef struct
{
  GstElement *caller;
  GstElement *callee;
  Drain *sent;     /* by the caller */
  Drain *answered; /* by the callee */
  GMutex lock;
  GCond cond;
} Couple;

/* In NULL. */
Couple *couple_new (void);
/* Nothing of theirs may be blocked any more. */
void couple_free (Couple *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Couple, couple_free)

/* The caller alone to PLAYING: nobody answers. */
void couple_call (Couple *self);
/* Both to PLAYING, and waits until they are connected. */
void couple_connect (Couple *self);
/* Of "connection-state", by its nick. */
gboolean couple_is_in (GstElement *element, const char *nick);
void couple_await (Couple *self, GstElement *element, const char *nick);

/* An RTP packet of 100 bytes. */
GstBuffer *packet_new (guint16 sequence, GstClockTime pts);
GstBuffer *data_new (gsize len);
void assert_data (GstBuffer *buffer, gsize len);

G_END_DECLS
