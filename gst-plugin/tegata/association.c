/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "association-private.h"

#include "common.h"

/*
 * What is around the session: locks, queues, observers.
 *
 * enter() ... leave() frames everything that may move the session. What happens within
 * is queued; leave() unlocks, and only then tells. States are told by one thread at a
 * time, in order: a thread that finds another one telling leaves its own to it. That
 * something waits in a queue is told by every thread at once: it only wakes a worker, and
 * must not wait until somebody's signal handler returns.
 */

#define UNVERIFIED (-1)

typedef struct
{
  GWeakRef element;
  GstElement *address; /* to find it by, alive or not */
  const GstTegataObserver *observer;
} Watch;

/* An element that is alive, and what to call. */
typedef struct
{
  GstElement *element;
  const GstTegataObserver *observer;
} Listener;

G_DEFINE_TYPE (GstTegataAssociation, gst_tegata_association, GST_TYPE_OBJECT)

static void
watch_free (gpointer data)
{
  Watch *watch = data;

  g_weak_ref_clear (&watch->element);
  g_free (watch);
}

static void
listener_clear (gpointer data)
{
  Listener *listener = data;

  gst_object_unref (listener->element);
}

GstTegataAssociation *
gst_tegata_association_new (void)
{
  return gst_object_ref_sink (g_object_new (GST_TYPE_TEGATA_ASSOCIATION, NULL));
}

void
gst_tegata_association_observe (GstTegataAssociation *self,
                                GstElement *element,
                                const GstTegataObserver *observer)
{
  Watch *watch;

  g_return_if_fail (GST_IS_TEGATA_ASSOCIATION (self) && GST_IS_ELEMENT (element));

  watch = g_new0 (Watch, 1);
  g_weak_ref_init (&watch->element, element);
  watch->address = element;
  watch->observer = observer;

  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->observers, watch);
  g_mutex_unlock (&self->lock);
}

void
gst_tegata_association_unobserve (GstTegataAssociation *self, GstElement *element)
{
  g_return_if_fail (GST_IS_TEGATA_ASSOCIATION (self));

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->observers->len; i++)
  {
    Watch *watch = g_ptr_array_index (self->observers, i);

    if (watch->address == element)
    {
      g_ptr_array_remove_index (self->observers, i);
      break;
    }
  }
  g_mutex_unlock (&self->lock);
}

void
gst_tegata_association_enter (GstTegataAssociation *self)
{
  g_mutex_lock (&self->lock);
}

void
gst_tegata_association_tell_state (GstTegataAssociation *self, TegataState state)
{
  g_cond_broadcast (&self->moved);
  if (state != self->last_telling)
  {
    self->last_telling = state;
    g_queue_push_tail (&self->tellings, GINT_TO_POINTER (state));
  }
}

void
gst_tegata_association_tell_unverified (GstTegataAssociation *self)
{
  g_queue_push_tail (&self->tellings, GINT_TO_POINTER (UNVERIFIED));
}

/* (transfer full) of Listener. To be freed without the lock: a reference in it may be the
 * last one. */
static GArray *
dup_listeners (GstTegataAssociation *self)
{
  GArray *listeners = g_array_new (FALSE, FALSE, sizeof (Listener));

  g_array_set_clear_func (listeners, listener_clear);
  for (guint i = 0; i < self->observers->len; i++)
  {
    Watch *watch = g_ptr_array_index (self->observers, i);
    Listener listener = { g_weak_ref_get (&watch->element), watch->observer };

    if (listener.element != NULL)
    {
      g_array_append_val (listeners, listener);
    }
  }
  return listeners;
}

static void
tell_of_queues (const GArray *listeners, gboolean has_outgoing, gboolean has_incoming)
{
  for (guint i = 0; i < listeners->len; i++)
  {
    const Listener *listener = &g_array_index (listeners, Listener, i);

    if (has_outgoing && listener->observer->outgoing != NULL)
    {
      listener->observer->outgoing (listener->element);
    }
    if (has_incoming && listener->observer->incoming != NULL)
    {
      listener->observer->incoming (listener->element);
    }
  }
}

/* In the order in which they came; but of a failure the last one is told first: of a pair
 * that is the encoder, which sees the alert off before the decoder posts the error. */
static void
tell_one (const GArray *listeners, int telling)
{
  for (guint i = 0; i < listeners->len; i++)
  {
    guint at = telling == TEGATA_STATE_FAILED ? listeners->len - 1 - i : i;
    const Listener *listener = &g_array_index (listeners, Listener, at);

    if (telling == UNVERIFIED && listener->observer->unverified != NULL)
    {
      listener->observer->unverified (listener->element);
    }
    if (telling != UNVERIFIED && listener->observer->changed != NULL)
    {
      listener->observer->changed (listener->element, (TegataState) telling);
    }
  }
}

/* Locked when it is called, and when it returns; not while it tells. */
static void
tell_in_order (GstTegataAssociation *self)
{
  self->is_telling = TRUE;
  while (!g_queue_is_empty (&self->tellings))
  {
    int telling = GPOINTER_TO_INT (g_queue_pop_head (&self->tellings));
    GArray *listeners = dup_listeners (self);

    g_mutex_unlock (&self->lock);
    GST_INFO_OBJECT (self, "%s",
                     telling == UNVERIFIED
                         ? "the peer's certificate was taken as it came"
                         : tegata_state_to_string ((TegataState) telling));
    tell_one (listeners, telling);
    g_array_unref (listeners);
    g_mutex_lock (&self->lock);
  }
  self->is_telling = FALSE;
}

void
gst_tegata_association_leave (GstTegataAssociation *self)
{
  gboolean has_outgoing = self->has_outgoing;
  gboolean has_incoming = self->has_incoming;
  gboolean has_tellings = !self->is_telling && !g_queue_is_empty (&self->tellings);

  self->has_outgoing = FALSE;
  self->has_incoming = FALSE;
  if (!has_outgoing && !has_incoming && !has_tellings)
  {
    g_mutex_unlock (&self->lock);
    return;
  }

  /* a listener may give up the last reference but ours */
  gst_object_ref (self);
  if (has_outgoing || has_incoming)
  {
    GArray *listeners = dup_listeners (self);

    g_mutex_unlock (&self->lock);
    tell_of_queues (listeners, has_outgoing, has_incoming);
    g_array_unref (listeners);
    g_mutex_lock (&self->lock);
  }
  if (!self->is_telling)
  {
    tell_in_order (self);
  }
  g_mutex_unlock (&self->lock);
  gst_object_unref (self);
}

void
gst_tegata_association_push_outgoing (GstTegataAssociation *self, GstMiniObject *object)
{
  if (GST_IS_BUFFER (object)
      && g_queue_get_length (&self->outgoing) >= GST_TEGATA_MAX_OUTGOING)
  {
    self->dropped.outgoing_overflow++;
    gst_mini_object_unref (object);
    return;
  }
  g_queue_push_tail (&self->outgoing, object);
  self->has_outgoing = TRUE;
}

void
gst_tegata_association_queue_event (GstTegataAssociation *self, GstEvent *event)
{
  g_return_if_fail (GST_IS_TEGATA_ASSOCIATION (self) && GST_IS_EVENT (event));

  gst_tegata_association_enter (self);
  if (gst_tegata_association_is_open (self))
  {
    gst_tegata_association_push_outgoing (self, GST_MINI_OBJECT_CAST (event));
  }
  else
  {
    gst_event_unref (event);
  }
  gst_tegata_association_leave (self);
}

GstMiniObject *
gst_tegata_association_pop_outgoing (GstTegataAssociation *self)
{
  GstMiniObject *object;

  g_return_val_if_fail (GST_IS_TEGATA_ASSOCIATION (self), NULL);

  g_mutex_lock (&self->lock);
  object = g_queue_pop_head (&self->outgoing);
  g_mutex_unlock (&self->lock);
  return object;
}

void
gst_tegata_association_push_incoming (GstTegataAssociation *self,
                                      GstTegataIncoming kind,
                                      GstBuffer *buffer)
{
  GstTegataIncomingItem *item = g_new (GstTegataIncomingItem, 1);

  item->kind = kind;
  item->buffer = buffer;
  g_queue_push_tail (&self->incoming, item);
  self->has_incoming = TRUE;
}

static void
incoming_item_free (gpointer data)
{
  GstTegataIncomingItem *item = data;

  gst_clear_buffer (&item->buffer);
  g_free (item);
}

void
gst_tegata_association_clear_incoming (GstTegataAssociation *self)
{
  g_queue_clear_full (&self->incoming, incoming_item_free);
}

GstTegataIncoming
gst_tegata_association_pop_incoming (GstTegataAssociation *self, GstBuffer **buffer)
{
  g_autofree GstTegataIncomingItem *item = NULL;

  g_return_val_if_fail (GST_IS_TEGATA_ASSOCIATION (self), GST_TEGATA_INCOMING_NONE);

  g_mutex_lock (&self->lock);
  item = g_queue_pop_head (&self->incoming);
  g_mutex_unlock (&self->lock);

  *buffer = item != NULL ? item->buffer : NULL;
  return item != NULL ? item->kind : GST_TEGATA_INCOMING_NONE;
}

static gboolean
may_connect (GstTegataAssociation *self)
{
  return self->session != NULL
         && gst_tegata_association_get_state (self) < TEGATA_STATE_CONNECTED;
}

gboolean
gst_tegata_association_wait (GstTegataAssociation *self, const gint *is_flushing)
{
  gboolean may_send;

  g_return_val_if_fail (GST_IS_TEGATA_ASSOCIATION (self), FALSE);

  g_mutex_lock (&self->lock);
  while (may_connect (self) && !g_atomic_int_get (is_flushing))
  {
    g_cond_wait (&self->moved, &self->lock);
  }
  may_send = self->fixed_outbound != NULL
             || gst_tegata_association_get_state (self) == TEGATA_STATE_CONNECTED;
  g_mutex_unlock (&self->lock);
  return may_send;
}

void
gst_tegata_association_wake (GstTegataAssociation *self)
{
  g_return_if_fail (GST_IS_TEGATA_ASSOCIATION (self));

  g_mutex_lock (&self->lock);
  g_cond_broadcast (&self->moved);
  g_mutex_unlock (&self->lock);
}

void
gst_tegata_association_count_dropped (GstTegataAssociation *self, gboolean is_data)
{
  g_return_if_fail (GST_IS_TEGATA_ASSOCIATION (self));

  g_mutex_lock (&self->lock);
  *(is_data ? &self->dropped.data_before_connected
            : &self->dropped.media_before_connected)
      += 1;
  g_mutex_unlock (&self->lock);
}

static void
gst_tegata_association_finalize (GObject *object)
{
  GstTegataAssociation *self = GST_TEGATA_ASSOCIATION (object);

  gst_tegata_association_drop_session (self);
  tegata_srtp_free (self->resting_inbound);
  tegata_srtp_free (self->resting_outbound);
  g_queue_clear_full (&self->outgoing, (GDestroyNotify) gst_mini_object_unref);
  g_queue_clear (&self->tellings);
  g_ptr_array_unref (self->observers);
  g_clear_error (&self->error);
  gst_tegata_settings_clear (&self->settings);
  gst_tegata_worker_clear (&self->tick);
  g_cond_clear (&self->moved);
  g_mutex_clear (&self->media_lock);
  g_mutex_clear (&self->lock);

  G_OBJECT_CLASS (gst_tegata_association_parent_class)->finalize (object);
}

static void
gst_tegata_association_class_init (GstTegataAssociationClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = gst_tegata_association_finalize;
  gst_tegata_debug_init ();
}

static void
gst_tegata_association_init (GstTegataAssociation *self)
{
  g_mutex_init (&self->lock);
  g_mutex_init (&self->media_lock);
  g_cond_init (&self->moved);
  gst_tegata_settings_init (&self->settings);
  g_queue_init (&self->outgoing);
  g_queue_init (&self->incoming);
  g_queue_init (&self->tellings);
  self->observers = g_ptr_array_new_with_free_func (watch_free);
  self->last_telling = TEGATA_STATE_CLOSED;
  self->armed_us = -1;
  gst_tegata_worker_init (&self->tick, self, gst_tegata_association_tick);
  gst_tegata_worker_start (&self->tick);
}
