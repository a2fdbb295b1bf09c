/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "common.h"
#include "outlet.h"
#include "pads.h"
#include "sink-pad.h"

G_BEGIN_DECLS

/* outlet.c */
typedef void (*GstTegataSinkPadFunc) (GstTegataSinkPad *pad, gpointer user_data);
/* Of every request pad that there is now, without a lock. */
void gst_tegata_outlet_foreach (GstTegataOutlet *self,
                                GstTegataSinkPadFunc func,
                                gpointer user_data);
/* For threads that do not stream. (transfer full) (nullable) */
GstTegataAssociation *gst_tegata_outlet_ref_association (GstTegataOutlet *self);

/* sink-pad.c */
GstTegataSinkPad *gst_tegata_sink_pad_new (GstTegataOutlet *outlet,
                                           GstPadTemplate *templ,
                                           const char *name,
                                           GstTegataStream stream);
/* Ends its waits, and keeps new ones from beginning until it is active again, or
 * flushed. */
void gst_tegata_sink_pad_unlock (GstTegataSinkPad *self);
/* TIME, by its segment; NONE for what is not in it. */
GstClockTime
gst_tegata_sink_pad_get_running_time (GstTegataSinkPad *self, GstClockTime time);

/* outlet-chain.c */
GstFlowReturn gst_tegata_outlet_chain (GstPad *pad, GstObject *parent, GstBuffer *buffer);
GstFlowReturn
gst_tegata_outlet_chain_list (GstPad *pad, GstObject *parent, GstBufferList *list);
GstFlowReturn
gst_tegata_outlet_chain_data (GstPad *pad, GstObject *parent, GstBuffer *buffer);

/* outlet-events.c */
gboolean gst_tegata_outlet_event (GstPad *pad, GstObject *parent, GstEvent *event);
/* @pad is gone: what others waited for of it will not come. */
void gst_tegata_outlet_forget (GstTegataOutlet *self, GstTegataSinkPad *pad);
/* Whether all request pads have had EOS, and there is one. */
gboolean gst_tegata_outlet_has_ended (GstTegataOutlet *self);
/* Stores what begins the stream of net_src. */
void gst_tegata_outlet_begin (GstTegataOutlet *self);

/* outlet-push.c: (transfer full) */
GstFlowReturn gst_tegata_outlet_push (GstTegataSinkPad *pad, GstBuffer *buffer);
GstFlowReturn gst_tegata_outlet_push_list (GstTegataSinkPad *pad, GstBufferList *list);
/* What waits in the association. */
GstFlowReturn gst_tegata_outlet_drain (GstTegataOutlet *self);
/* The same, by the thread of a pad, which is held up by it. */
GstFlowReturn gst_tegata_outlet_drain_for (GstTegataSinkPad *pad);

/* outlet-sync.c: FLUSHING where the wait was ended. */
GstFlowReturn gst_tegata_sink_pad_sync (GstTegataSinkPad *self, GstBuffer *buffer);

/* outlet-wait.c: what came before it could be sent: waits until it can be, if the source
 * is not live. FALSE for what must be dropped. */
gboolean gst_tegata_sink_pad_may_send (GstTegataSinkPad *self);

G_END_DECLS
