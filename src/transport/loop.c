/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * One GSource for all deadlines: its ready time is that of the earliest timer. What it
 * touches when it is dispatched stands in the source itself, so that the loop may be
 * released on another thread meanwhile.
 */

#include "transport/loop-private.h"

typedef struct
{
  GSource source;
  GSequence *timers; /* those that are set, the earliest first; borrowed */
  gint64 turn_us;    /* when they had their last turn; 0 before the first */
} LoopSource;

struct _TegataLoop
{
  gatomicrefcount ref_count;
  LoopSource *source;
  GMainContext *main_context;
  guint8 *slots; /* NULL while they are taken, and before they are first wanted */
};

struct _TegataTimer
{
  TegataLoop *loop;
  TegataTimerFunc func;
  gpointer user_data;
  gint64 deadline_us;   /* as it was set */
  gint64 due_us;        /* its place in time: the deadline, but after the last turn */
  GSequenceIter *place; /* NULL where it is not set */
};

/* GLib hands the functions on in a transparent union, which is no ISO C. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
G_DEFINE_BOXED_TYPE (TegataLoop, tegata_loop, tegata_loop_ref, tegata_loop_unref)
#pragma GCC diagnostic pop

static gint
compare_timers (gconstpointer a, gconstpointer b, gpointer user_data)
{
  gint64 a_us = ((const TegataTimer *) a)->due_us;
  gint64 b_us = ((const TegataTimer *) b)->due_us;

  (void) user_data;
  return (a_us > b_us) - (a_us < b_us);
}

static TegataTimer *
earliest (LoopSource *self)
{
  GSequenceIter *begin = g_sequence_get_begin_iter (self->timers);

  return g_sequence_iter_is_end (begin) ? NULL : g_sequence_get (begin);
}

static void
arm (LoopSource *self)
{
  TegataTimer *timer = earliest (self);

  g_source_set_ready_time ((GSource *) self, timer != NULL ? timer->due_us : -1);
}

static void
unset (TegataTimer *timer)
{
  g_clear_pointer (&timer->place, g_sequence_remove);
}

/* What is set meanwhile is due after this turn: one that sets itself into the past comes
 * behind all others that are due, and other sources have their turn. */
static gboolean
dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  LoopSource *self = (LoopSource *) source;
  gint64 turn_us = g_source_get_time (source);
  TegataTimer *timer;

  (void) callback;
  (void) user_data;
  self->turn_us = turn_us;
  while ((timer = earliest (self)) != NULL && timer->due_us <= turn_us)
  {
    unset (timer);
    timer->func (timer->user_data);
  }
  arm (self);
  return G_SOURCE_CONTINUE;
}

static void
finalize (GSource *source)
{
  g_sequence_free (((LoopSource *) source)->timers);
}

static GSourceFuncs source_funcs = { .dispatch = dispatch, .finalize = finalize };

TegataLoop *
tegata_loop_new (GMainContext *main_context)
{
  TegataLoop *self = g_new0 (TegataLoop, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->main_context = main_context != NULL ? g_main_context_ref (main_context)
                                            : g_main_context_ref_thread_default ();
  self->source = (LoopSource *) g_source_new (&source_funcs, sizeof *self->source);
  self->source->timers = g_sequence_new (NULL);
  g_source_set_static_name ((GSource *) self->source, "tegata deadlines");
  g_source_attach ((GSource *) self->source, self->main_context);
  return self;
}

TegataLoop *
tegata_loop_ref (TegataLoop *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
tegata_loop_unref (TegataLoop *self)
{
  g_return_if_fail (self != NULL);
  if (!g_atomic_ref_count_dec (&self->ref_count))
  {
    return;
  }
  g_source_destroy ((GSource *) self->source);
  g_source_unref ((GSource *) self->source);
  g_main_context_unref (self->main_context);
  g_free (self->slots);
  g_free (self);
}

GMainContext *
tegata_loop_get_main_context (TegataLoop *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->main_context;
}

guint8 *
tegata_loop_take_slots (TegataLoop *self)
{
  guint8 *slots = g_steal_pointer (&self->slots);

  return slots != NULL ? slots
                       : g_malloc ((gsize) TEGATA_BATCH_MAX * TEGATA_BATCH_SLOT_SIZE);
}

void
tegata_loop_give_slots (TegataLoop *self, guint8 *slots)
{
  if (self->slots == NULL)
  {
    self->slots = slots;
  }
  else
  {
    g_free (slots);
  }
}

TegataTimer *
tegata_timer_new (TegataLoop *loop, TegataTimerFunc func, gpointer user_data)
{
  TegataTimer *self = g_new0 (TegataTimer, 1);

  self->loop = tegata_loop_ref (loop);
  self->func = func;
  self->user_data = user_data;
  return self;
}

void
tegata_timer_free (TegataTimer *self)
{
  if (self == NULL)
  {
    return;
  }
  tegata_timer_set (self, -1);
  tegata_loop_unref (self->loop);
  g_free (self);
}

void
tegata_timer_set (TegataTimer *self, gint64 deadline_us)
{
  LoopSource *source = self->loop->source;

  if (self->place != NULL ? deadline_us == self->deadline_us : deadline_us < 0)
  {
    return;
  }
  unset (self);
  self->deadline_us = deadline_us;
  self->due_us = MAX (deadline_us, source->turn_us + 1);
  if (deadline_us >= 0)
  {
    self->place = g_sequence_insert_sorted (source->timers, self, compare_timers, NULL);
  }
  arm (source);
}
