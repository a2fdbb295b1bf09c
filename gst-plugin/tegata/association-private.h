/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "association.h"
#include "settings.h"
#include "worker.h"

G_BEGIN_DECLS

/* Datagrams that wait for the network at most. DTLS repeats what is lost. */
#define GST_TEGATA_MAX_OUTGOING 256

typedef struct
{
  GstTegataIncoming kind;
  GstBuffer *buffer; /* NULL for CLOSED */
} GstTegataIncomingItem;

struct _GstTegataAssociation
{
  GstObject parent_instance;

  GMutex lock;
  GMutex media_lock; /* taken second */
  GCond moved;       /* with `lock`: the state, or whether somebody is flushing */

  GstTegataSettings settings;

  /* NULL while it is not open. Written under both locks, so that one is enough to read.
   */
  TegataSession *session;
  TegataSrtp *fixed_inbound; /* with a fixed key, in place of the session */
  TegataSrtp *fixed_outbound;
  /* Those of the last time, while it is not open: under one key no packet index may come
   * twice. Under `lock`. */
  TegataSrtp *resting_inbound;
  TegataSrtp *resting_outbound;
  gboolean has_other_key; /* than the one that it was opened with */

  gboolean requires_fingerprint; /* as it was when the session was opened, or stricter */
  gboolean has_named_peer;       /* the session was told fingerprints */
  gboolean has_taken_anybody;    /* the peer's own, that is, with nobody's word for it */
  GError *error;                 /* why it FAILED; until the next open() */
  GstTegataDropped dropped;
  guint8 *output_buffer; /* TEGATA_OUTPUT_SIZE bytes, while it is open */

  gint64 armed_us;  /* what `alarm` was set to; -1 for never */
  GstClockID alarm; /* NULL: none was set */
  GstTegataWorker tick;

  GQueue outgoing; /* of GstMiniObject */
  GQueue incoming; /* of GstTegataIncomingItem */

  /* What observers are to be told, once the lock is free. */
  GPtrArray *observers;
  GQueue tellings;          /* of states, as pointers, or UNVERIFIED; in order */
  TegataState last_telling; /* the last state that was queued in it */
  gboolean is_telling;      /* some thread is telling: the tellings are its own */
  gboolean has_outgoing;    /* to be told */
  gboolean has_incoming;
};

/* association.c */
void gst_tegata_association_enter (GstTegataAssociation *self);
/* Unlocks, and tells observers what happened since enter(). */
void gst_tegata_association_leave (GstTegataAssociation *self);

/* From here on: under `lock`. */

void gst_tegata_association_tell_state (GstTegataAssociation *self, TegataState state);
void gst_tegata_association_tell_unverified (GstTegataAssociation *self);

/* (transfer full): the object or buffer */
void
gst_tegata_association_push_outgoing (GstTegataAssociation *self, GstMiniObject *object);
void gst_tegata_association_push_incoming (GstTegataAssociation *self,
                                           GstTegataIncoming kind,
                                           GstBuffer *buffer);
void gst_tegata_association_clear_incoming (GstTegataAssociation *self);

/* association-session.c */
gboolean gst_tegata_association_is_open (GstTegataAssociation *self);
TegataState gst_tegata_association_get_state (GstTegataAssociation *self);
/* After every call of the session: its outputs, and its next deadline. */
void gst_tegata_association_drain (GstTegataAssociation *self);
void gst_tegata_association_apply_rtt (GstTegataAssociation *self);
/* The work of `tick`. */
void gst_tegata_association_tick (gpointer association);
/* Frees what open() made, and what came in and was not taken. */
void gst_tegata_association_drop_session (GstTegataAssociation *self);

/* association-trust.c */
/* Tells the session whom to trust, after that was set. */
void gst_tegata_association_apply_fingerprints (GstTegataAssociation *self);
/* Once the peer waits for its fingerprint: takes it as it is, where that is asked for. */
void gst_tegata_association_consider_anybody (GstTegataAssociation *self);
/* From now on, not only from the next open(): ends what was taken as it came. */
void gst_tegata_association_require_fingerprint (GstTegataAssociation *self);

/* association-timer.c: the alarm rings at @deadline_us (-1: never) by asking `tick`. */
void gst_tegata_association_arm (GstTegataAssociation *self, gint64 deadline_us);
void gst_tegata_association_disarm (GstTegataAssociation *self);

/* association-media.c */
gboolean gst_tegata_association_open_fixed (GstTegataAssociation *self, GError **error);
/* (transfer full) (nullable): both, when it closes. */
void gst_tegata_association_rest_fixed (GstTegataAssociation *self,
                                        TegataSrtp *inbound,
                                        TegataSrtp *outbound);
TegataReceived gst_tegata_association_receive_fixed (GstTegataAssociation *self,
                                                     guint8 *bytes,
                                                     gsize *len);

G_END_DECLS
