/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "common.h"
#include "inlet.h"
#include "pads.h"

G_BEGIN_DECLS

/* inlet-chain.c: under the stream lock of net_sink */
GstFlowReturn gst_tegata_inlet_chain (GstPad *pad, GstObject *parent, GstBuffer *buffer);
GstFlowReturn
gst_tegata_inlet_chain_list (GstPad *pad, GstObject *parent, GstBufferList *list);
/* Pushes all that waits to come up. */
GstFlowReturn gst_tegata_inlet_push_incoming (GstTegataInlet *self);

/* inlet-events.c */
gboolean gst_tegata_inlet_event (GstPad *pad, GstObject *parent, GstEvent *event);
/* Stores what begins the stream of a source pad that has just been activated. */
void gst_tegata_inlet_begin (GstTegataInlet *self, GstPad *pad);
/* Lets a stream that had EOS begin again, if net_sink has not. */
void gst_tegata_inlet_begin_anew (GstTegataInlet *self, GstPad *pad);

/* (transfer full) (nullable) */
GstPad *gst_tegata_inlet_ref_data_src (GstTegataInlet *self);

G_END_DECLS
