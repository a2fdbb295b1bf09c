/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "association.h"
#include "worker.h"

G_BEGIN_DECLS

/*
 * The half of an element that receives: net_sink takes datagrams, alone or in lists;
 * rtp_src, rtcp_src and data_src have what was in them. All that goes up does so under
 * the stream lock of net_sink, whoever brings it.
 */
typedef struct
{
  GstElement *element;               /* who embeds it */
  GstTegataAssociation *association; /* referenced; NULL before one is set */
  GstPad *net_sink;
  GstPad *rtp_src;  /* NULL for dtlsdec */
  GstPad *rtcp_src; /* NULL for dtlsdec */
  GstPad *data_src; /* on request: NULL before. Guarded by the element's object lock */
  gboolean has_data_src;          /* or will have, at once. Likewise */
  gboolean ends_with_association; /* the peer's close is EOS on all pads, not on data_src
                                     alone */
  gint rtp_has_begun; /* atomic: a packet has passed rtp_src since it was activated */
  /* (nullable) EOS on net_sink, or a stream that begins there. No lock but net_sink's
   * stream lock is held. */
  void (*net_ended) (GstElement *element, gboolean has_ended);
  guint group_id;     /* of all streams of the element; its own unless set in its init */
  GstSegment segment; /* of net_sink, in TIME. Guarded by the element's object lock */
  GstTegataWorker worker;
} GstTegataInlet;

/* Makes net_sink of @net_template, and rtp_src and rtcp_src of theirs unless they are
 * NULL, and adds them to @element. */
void gst_tegata_inlet_init (GstTegataInlet *self,
                            GstElement *element,
                            GstPadTemplate *net_template,
                            GstPadTemplate *rtp_template,
                            GstPadTemplate *rtcp_template);
void gst_tegata_inlet_clear (GstTegataInlet *self);

/* Not while started. @association: (nullable) */
void gst_tegata_inlet_set_association (GstTegataInlet *self,
                                       GstTegataAssociation *association);

/* data_src, or NULL where it is there already. */
GstPad *gst_tegata_inlet_request_data (GstTegataInlet *self,
                                       GstPadTemplate *data_template,
                                       const char *name);
void gst_tegata_inlet_release_data (GstTegataInlet *self, GstPad *pad);

/* READY to PAUSED, after the pads were activated; PAUSED to READY, after they were
 * deactivated. */
void gst_tegata_inlet_start (GstTegataInlet *self);
void gst_tegata_inlet_stop (GstTegataInlet *self);

/* From the observer's incoming(): never blocks. */
void gst_tegata_inlet_deliver (GstTegataInlet *self);

G_END_DECLS
