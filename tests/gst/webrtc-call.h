/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include <gst/sdp/sdp.h>
#include <gst/webrtc/webrtc.h>

G_BEGIN_DECLS

/*
 * One end of a call between two webrtcbins, as an application writes it: it knows the
 * elements of a transport by their factories' names only.
 */
typedef struct
{
  GMainLoop *loop;
  GstElement *pipeline;
  GstElement *webrtc;
  GObject *channel;   /* the data channel; NULL before there is one */
  gboolean is_caller; /* it offers */
  gboolean checks;    /* hands fingerprints to the decoders */
  gint n_audio;       /* atomic: decoded buffers */
  gint n_video;       /* atomic: decoded pictures */
  gint n_data;        /* atomic: messages */
  GMutex lock;        /* guards what follows; never held while calling out */
  char
      *fingerprints; /* of the remote description, a line each; NULL before it is known */
  GPtrArray *transports; /* the elements "dtlssrtpdec" and "dtlssrtpenc" */
  guint n_left;          /* of them, at the end */
  GCond gone;
} Call;

/* A line to the test: "WORD TEXT". Any thread. */
void call_say (const char *word, const char *text);

/* webrtc-peer.c: what there is to know about the peer's identity. */

/* Every dtlssrtpdec that comes is watched, and told whom to expect. */
void call_watch_transports (Call *call);
/* The remote description is known. */
void call_expect (Call *call, const GstSDPMessage *remote);

/* webrtc-report.c: the statistics, of webrtcbin and of the elements, then "reported". */
void call_report (Call *call);

G_END_DECLS
