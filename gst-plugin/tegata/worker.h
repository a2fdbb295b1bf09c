/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * GstTegataWork:
 * @owner: whose work it is
 *
 * Does all there is to do, and returns. May block.
 */
typedef void (*GstTegataWork) (gpointer owner);

/**
 * GstTegataWorker:
 *
 * A piece of work that any thread may ask for, and one at a time of a pool that the whole
 * plugin shares does: an element needs no thread of its own while it has nothing to say.
 * To ask never blocks. Embedded in its owner, which is kept alive while it works.
 */
typedef struct
{
  GstObject *owner; /* not referenced, but while it is queued or works */
  GstTegataWork work;
  GMutex lock;
  GCond idle;
  GThread *thread;       /* who works now */
  gboolean is_stopped;   /* asking does nothing */
  gboolean is_asked_for; /* since the work began last */
  gboolean is_busy;      /* queued in the pool, or working */
} GstTegataWorker;

/* Begins stopped. */
void gst_tegata_worker_init (GstTegataWorker *self, gpointer owner, GstTegataWork work);

/* Not while it is busy: its owner would be alive. */
void gst_tegata_worker_clear (GstTegataWorker *self);

void gst_tegata_worker_start (GstTegataWorker *self);

/**
 * gst_tegata_worker_stop:
 *
 * Returns when the work has returned, unless it is itself the work that stops it. Under
 * no lock that the work takes.
 */
void gst_tegata_worker_stop (GstTegataWorker *self);

/* Until it is idle, or @timeout_us have passed. At once for who works himself. */
void gst_tegata_worker_await (GstTegataWorker *self, gint64 timeout_us);

/* Asking does nothing from now on, as after stop(), but who works may still do so when
 * this returns: for work that may wait for something that the caller holds. */
void gst_tegata_worker_dismiss (GstTegataWorker *self);

/* The work is done at least once after this. Any thread, under any lock. */
void gst_tegata_worker_ask (GstTegataWorker *self);

G_END_DECLS
