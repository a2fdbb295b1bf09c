/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker.h"

/*
 * Asked for --> queued --> working --> idle, and back to working as long as somebody
 * asked meanwhile. One reference of the owner goes with it from queued to idle.
 *
 * A thread of its own per element lost: a call has several elements, and nearly always
 * none of them has anything to say.
 */

static void
run (gpointer data, gpointer user_data)
{
  GstTegataWorker *self = data;
  GstObject *owner = self->owner;

  (void) user_data;

  g_mutex_lock (&self->lock);
  self->thread = g_thread_self ();
  while (self->is_asked_for)
  {
    self->is_asked_for = FALSE;
    g_mutex_unlock (&self->lock);
    self->work (owner);
    g_mutex_lock (&self->lock);
  }
  self->thread = NULL;
  self->is_busy = FALSE;
  g_cond_broadcast (&self->idle);
  g_mutex_unlock (&self->lock);

  /* maybe the last one: @self is gone then */
  gst_object_unref (owner);
}

/* Without a limit: work may block on a pad, and must not keep others from theirs. */
static gpointer
make_pool (G_GNUC_UNUSED gpointer data)
{
  return g_thread_pool_new (run, NULL, -1, FALSE, NULL);
}

static GThreadPool *
get_pool (void)
{
  static GOnce once = G_ONCE_INIT;

  return g_once (&once, make_pool, NULL);
}

void
gst_tegata_worker_init (GstTegataWorker *self, gpointer owner, GstTegataWork work)
{
  self->owner = owner;
  self->work = work;
  g_mutex_init (&self->lock);
  g_cond_init (&self->idle);
  self->thread = NULL;
  self->is_stopped = TRUE;
  self->is_asked_for = FALSE;
  self->is_busy = FALSE;
}

void
gst_tegata_worker_clear (GstTegataWorker *self)
{
  g_return_if_fail (!self->is_busy);

  g_mutex_clear (&self->lock);
  g_cond_clear (&self->idle);
}

void
gst_tegata_worker_start (GstTegataWorker *self)
{
  g_mutex_lock (&self->lock);
  self->is_stopped = FALSE;
  g_mutex_unlock (&self->lock);
}

void
gst_tegata_worker_await (GstTegataWorker *self, gint64 timeout_us)
{
  gint64 deadline_us = g_get_monotonic_time () + timeout_us;

  g_mutex_lock (&self->lock);
  while (self->is_busy && self->thread != g_thread_self ()
         && g_cond_wait_until (&self->idle, &self->lock, deadline_us))
  {
  }
  g_mutex_unlock (&self->lock);
}

void
gst_tegata_worker_dismiss (GstTegataWorker *self)
{
  g_mutex_lock (&self->lock);
  self->is_stopped = TRUE;
  self->is_asked_for = FALSE;
  g_mutex_unlock (&self->lock);
}

void
gst_tegata_worker_stop (GstTegataWorker *self)
{
  g_mutex_lock (&self->lock);
  self->is_stopped = TRUE;
  self->is_asked_for = FALSE;
  while (self->is_busy && self->thread != g_thread_self ())
  {
    g_cond_wait (&self->idle, &self->lock);
  }
  g_mutex_unlock (&self->lock);
}

void
gst_tegata_worker_ask (GstTegataWorker *self)
{
  gboolean begins = FALSE;

  g_mutex_lock (&self->lock);
  if (!self->is_stopped)
  {
    begins = !self->is_busy;
    self->is_asked_for = TRUE;
    self->is_busy = TRUE;
  }
  g_mutex_unlock (&self->lock);

  if (begins)
  {
    gst_object_ref (self->owner);
    /* Where no thread can be made it stays queued, for the next one that is free. */
    g_thread_pool_push (get_pool (), self, NULL);
  }
}
