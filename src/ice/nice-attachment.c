/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nice-attachment.h"

/* Returns: (transfer full) (nullable): the channel, if it is attached yet. Asked for anew
 * before each call of the receiver, since the last one may have ended it, and held for no
 * longer: releasing it ends it, too. */
static TegataNiceChannel *
hold_channel (TegataNiceAttachment *self)
{
  return atomic_load (&self->is_over) ? NULL : g_weak_ref_get (&self->channel);
}

void
tegata_nice_attachment_receive (TegataNiceAttachment *self, guint8 *bytes, gsize len)
{
  g_autoptr (TegataNiceChannel) channel = hold_channel (self);
  /* libnice does not say how much room is behind, and now and then there is none. */
  TegataDatagram datagram = { .bytes = bytes, .len = len, .size = len };

  if (channel == NULL)
  {
    return;
  }
  atomic_fetch_add_explicit (self->n_received, 1, memory_order_relaxed);
  self->receiver->received (&datagram, 1, self->user_data);
}

static void
tell_way (TegataNiceAttachment *self)
{
  g_autoptr (TegataNiceChannel) channel = hold_channel (self);
  gboolean has_way;

  g_mutex_lock (&self->lock);
  has_way = self->has_way;
  g_mutex_unlock (&self->lock);
  if (channel == NULL || !has_way || self->is_writable)
  {
    return;
  }
  self->is_writable = TRUE;
  if (self->receiver->writable != NULL)
  {
    self->receiver->writable (self->user_data);
  }
}

static void
tell_error (TegataNiceAttachment *self, GError **mailbox)
{
  g_autoptr (TegataNiceChannel) channel = hold_channel (self);
  g_autoptr (GError) error = NULL;

  g_mutex_lock (&self->lock);
  error = g_steal_pointer (mailbox);
  g_mutex_unlock (&self->lock);
  if (channel != NULL && error != NULL && self->receiver->network_error != NULL)
  {
    self->receiver->network_error (error, self->user_data);
  }
}

static gboolean
on_news (gpointer user_data)
{
  TegataNiceAttachment *self = user_data;

  tell_way (self);
  tell_error (self, &self->failure);
  tell_error (self, &self->refusal);
  return G_SOURCE_CONTINUE;
}

static gboolean
dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  g_source_set_ready_time (source, -1);
  return callback (user_data);
}

static GSourceFuncs source_funcs = { .dispatch = dispatch };

/* Under the lock. */
static void
wake (TegataNiceAttachment *self)
{
  if (self->source != NULL)
  {
    g_source_set_ready_time (self->source, 0);
  }
}

void
tegata_nice_attachment_post_way (TegataNiceAttachment *self)
{
  g_mutex_lock (&self->lock);
  self->has_way = TRUE;
  wake (self);
  g_mutex_unlock (&self->lock);
}

void
tegata_nice_attachment_post_failure (TegataNiceAttachment *self)
{
  g_mutex_lock (&self->lock);
  if (self->failure == NULL)
  {
    self->failure = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_HOST_UNREACHABLE,
                                         "ICE failed: the peer answers no connectivity "
                                         "check between any two addresses. An "
                                         "ICE restart, or a TURN server, may find a way");
  }
  wake (self);
  g_mutex_unlock (&self->lock);
}

void
tegata_nice_attachment_post_refusal (TegataNiceAttachment *self, GError *refusal)
{
  g_mutex_lock (&self->lock);
  g_clear_error (&self->refusal);
  self->refusal = refusal;
  wake (self);
  g_mutex_unlock (&self->lock);
}

void
tegata_nice_attachment_begin (TegataNiceAttachment *self,
                              GMainContext *main_context,
                              gboolean is_writable)
{
  g_autoptr (GSource) source = g_source_new (&source_funcs, sizeof (GSource));

  self->is_writable = is_writable;
  g_source_set_static_name (source, "tegata ICE");
  g_source_set_callback (source, on_news, tegata_nice_attachment_ref (self),
                         (GDestroyNotify) tegata_nice_attachment_unref);
  g_source_attach (source, main_context);
  g_mutex_lock (&self->lock);
  self->source = g_source_ref (source);
  if (self->has_way || self->failure != NULL)
  {
    wake (self);
  }
  g_mutex_unlock (&self->lock);
}

void
tegata_nice_attachment_end (TegataNiceAttachment *self)
{
  g_autoptr (GSource) source = NULL;

  atomic_store (&self->is_over, TRUE);
  g_mutex_lock (&self->lock);
  source = g_steal_pointer (&self->source);
  g_mutex_unlock (&self->lock);
  if (source != NULL)
  {
    g_source_destroy (source);
  }
}

TegataNiceAttachment *
tegata_nice_attachment_new (guint64 key,
                            TegataNiceChannel *channel,
                            atomic_uint_fast64_t *n_received,
                            const TegataDatagramReceiver *receiver,
                            gpointer user_data)
{
  TegataNiceAttachment *self = g_atomic_rc_box_new0 (TegataNiceAttachment);

  self->key = key;
  g_weak_ref_init (&self->channel, channel);
  self->n_received = n_received;
  self->receiver = receiver;
  self->user_data = user_data;
  g_mutex_init (&self->lock);
  return self;
}

TegataNiceAttachment *
tegata_nice_attachment_ref (TegataNiceAttachment *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
clear (gpointer data)
{
  TegataNiceAttachment *self = data;

  g_weak_ref_clear (&self->channel);
  g_clear_error (&self->failure);
  g_clear_error (&self->refusal);
  g_mutex_clear (&self->lock);
}

void
tegata_nice_attachment_unref (TegataNiceAttachment *self)
{
  g_atomic_rc_box_release_full (self, clear);
}
