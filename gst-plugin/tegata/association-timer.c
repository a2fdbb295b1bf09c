/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "association-private.h"

/*
 * One alarm per association, on a clock that all of the plugin share. The clock's thread
 * only asks a worker: to tell observers may take long, and other alarms may not wait for
 * it.
 *
 * The system clock of GStreamer would do, but for applications that replace it by one
 * whose time stands still, as tests do.
 */

static GstClock *
get_clock (void)
{
  static GstClock *clock = NULL;

  if (g_once_init_enter (&clock))
  {
    GstClock *made = g_object_new (GST_TYPE_SYSTEM_CLOCK, "name", "tegata-alarms",
                                   "clock-type", GST_CLOCK_TYPE_MONOTONIC, NULL);

    GST_OBJECT_FLAG_SET (made, GST_OBJECT_FLAG_MAY_BE_LEAKED);
    g_once_init_leave (&clock, gst_object_ref_sink (made));
  }
  return clock;
}

static gboolean
ring (GstClock *clock, GstClockTime time, GstClockID id, gpointer user_data)
{
  g_autoptr (GstTegataAssociation) self = g_weak_ref_get (user_data);

  (void) clock;
  (void) time;
  (void) id;

  if (self != NULL)
  {
    gst_tegata_worker_ask (&self->tick);
  }
  return TRUE;
}

static void
weak_ref_free (gpointer data)
{
  GWeakRef *ref = data;

  g_weak_ref_clear (ref);
  g_free (ref);
}

void
gst_tegata_association_disarm (GstTegataAssociation *self)
{
  if (self->alarm != NULL)
  {
    gst_clock_id_unschedule (self->alarm);
    g_clear_pointer (&self->alarm, gst_clock_id_unref);
  }
  self->armed_us = -1;
}

void
gst_tegata_association_arm (GstTegataAssociation *self, gint64 deadline_us)
{
  gint64 delay_us = deadline_us - g_get_monotonic_time ();
  GWeakRef *ref;

  if (deadline_us == self->armed_us)
  {
    return;
  }
  gst_tegata_association_disarm (self);
  if (deadline_us < 0)
  {
    return;
  }

  ref = g_new (GWeakRef, 1);
  g_weak_ref_init (ref, self);
  self->armed_us = deadline_us;
  self->alarm = gst_clock_new_single_shot_id (
      get_clock (),
      gst_clock_get_time (get_clock ()) + (guint64) MAX (delay_us, 0) * GST_USECOND);
  gst_clock_id_wait_async (self->alarm, ring, ref, weak_ref_free);
}
