/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "association.h"
#include "worker.h"

G_BEGIN_DECLS

typedef enum
{
  GST_TEGATA_STREAM_RTP,
  GST_TEGATA_STREAM_RTCP,
  GST_TEGATA_STREAM_DATA,
  GST_TEGATA_N_STREAMS,
} GstTegataStream;

/*
 * The half of an element that sends: RTP, RTCP and data come in by request pads, and
 * datagrams leave by net_src, alone or in lists. Media is pushed by the thread that
 * brought it; what DTLS has to say, by a worker. Pushes on net_src are serialized by its
 * stream lock.
 *
 * Time stamps on net_src are running times in one segment of its own, so that streams
 * with different segments can share it.
 */
typedef struct
{
  GstElement *element;               /* who embeds it */
  GstTegataAssociation *association; /* referenced; NULL before one is set */
  GstPad *net_src;
  gboolean syncs_rtp; /* rtp-sync: RTP waits for the clock. Object lock */
  /* net_src ends with the association, which is closed when all sinks have had EOS and
   * there is nobody to receive for. Otherwise it ends with the sinks. */
  gboolean closes_when_all_ended;
  guint group_id; /* of all streams of the element; its own unless set in its init */
  GstTegataWorker worker;
  gint net_has_ended; /* atomic: nothing more can be received */
  gint is_active;     /* atomic: net_src is: before and after, nothing is sent */
  GSList *promised;   /* names of pads that are being added. Element's object lock */
  gint next_number[GST_TEGATA_N_STREAMS]; /* atomic: of the next request pad */
  gint flush_serial;     /* atomic: changes when a flush of net_src begins or ends */
  gint wants_key_frames; /* atomic: the worker asks upstream for them */
} GstTegataOutlet;

/* Makes net_src of its template and adds it to @element. */
void gst_tegata_outlet_init (GstTegataOutlet *self,
                             GstElement *element,
                             GstPadTemplate *net_template);
void gst_tegata_outlet_clear (GstTegataOutlet *self);

/* Not while started. @association: (nullable) */
void gst_tegata_outlet_set_association (GstTegataOutlet *self,
                                        GstTegataAssociation *association);

/* A sink pad, active and added to the element. @name: NULL for the next free number of
 * the template's name. NULL where that name is taken. */
GstPad *gst_tegata_outlet_request_pad (GstTegataOutlet *self,
                                       GstPadTemplate *templ,
                                       const char *name,
                                       GstTegataStream stream);
void gst_tegata_outlet_release_pad (GstTegataOutlet *self, GstPad *pad);

/* Ends waits for the association. Before PAUSED to READY deactivates the pads. */
void gst_tegata_outlet_unlock (GstTegataOutlet *self);

/* READY to PAUSED, after the pads were activated; PAUSED to READY, after they were
 * deactivated. */
void gst_tegata_outlet_start (GstTegataOutlet *self);
void gst_tegata_outlet_stop (GstTegataOutlet *self);

/* From the observer's outgoing(): never blocks. */
void gst_tegata_outlet_send (GstTegataOutlet *self);

/* From the observer's changed(), on CLOSED: nothing is sent any more, so net_src ends
 * behind what waits. Never blocks. */
void gst_tegata_outlet_closed (GstTegataOutlet *self);

/* From the observer's changed(), on FAILED, before anybody is told: gives the alert a
 * moment to leave, since who hears of the failure may stop the element. */
void gst_tegata_outlet_failed (GstTegataOutlet *self);

/* Whether the network has had EOS. Any thread. */
void gst_tegata_outlet_set_net_ended (GstTegataOutlet *self, gboolean has_ended);

/* From the observer's changed(), on CONNECTED: sources whose media was dropped until now
 * are asked for a key frame. Never blocks. */
void gst_tegata_outlet_connected (GstTegataOutlet *self);

G_END_DECLS
