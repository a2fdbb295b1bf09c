/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transport/channel-pair.h"

#include <string.h>
#include <tegata/srtp.h>

/* Two ends, and what is on its way from each: it outlives either of them. */
typedef struct
{
  GMutex lock;
  GQueue queues[2]; /* of GBytes, by sender */
} Wire;

struct _PairChannel
{
  GObject parent_instance;

  Wire *wire; /* atomically reference-counted */
  guint end;
  PairChannel *other; /* borrowed, to read its address only; NULL when it is gone */
  TegataAddress address;
  gboolean is_writable;
  gint64 rtt_us;
  const TegataDatagramReceiver *receiver; /* NULL for nobody */
  gpointer user_data;
  void (*sent_func) (gpointer user_data); /* NULL for none */
  gpointer sent_data;
  guint n_calls; /* under the wire's lock, as what follows */
  guint n_sent;
  TegataAddress last_peer;
};

static void channel_iface_init (TegataDatagramChannelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (PairChannel,
                               pair_channel,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (TEGATA_TYPE_DATAGRAM_CHANNEL,
                                                      channel_iface_init))

static void
wire_clear (gpointer data)
{
  Wire *wire = data;

  g_queue_clear_full (&wire->queues[0], (GDestroyNotify) g_bytes_unref);
  g_queue_clear_full (&wire->queues[1], (GDestroyNotify) g_bytes_unref);
  g_mutex_clear (&wire->lock);
}

static void
finalize (GObject *object)
{
  PairChannel *self = TEST_PAIR_CHANNEL (object);

  g_assert_null (self->receiver);
  if (self->other != NULL)
  {
    self->other->other = NULL;
  }
  g_atomic_rc_box_release_full (self->wire, wire_clear);
  G_OBJECT_CLASS (pair_channel_parent_class)->finalize (object);
}

static void
pair_channel_class_init (PairChannelClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = finalize;
}

static void
pair_channel_init (PairChannel *self)
{
  self->is_writable = TRUE;
  self->rtt_us = -1;
}

static gboolean
attach (TegataDatagramChannel *channel,
        TegataLoop *loop,
        const TegataDatagramReceiver *receiver,
        gpointer user_data)
{
  PairChannel *self = TEST_PAIR_CHANNEL (channel);

  g_assert_nonnull (loop);
  g_return_val_if_fail (self->receiver == NULL, FALSE);
  self->receiver = receiver;
  self->user_data = user_data;
  return TRUE;
}

static void
detach (TegataDatagramChannel *channel)
{
  TEST_PAIR_CHANNEL (channel)->receiver = NULL;
}

static gboolean
is_writable (TegataDatagramChannel *channel)
{
  return TEST_PAIR_CHANNEL (channel)->is_writable;
}

static guint
send_datagrams (TegataDatagramChannel *channel,
                const TegataDatagram *datagrams,
                guint n_datagrams)
{
  PairChannel *self = TEST_PAIR_CHANNEL (channel);

  g_mutex_lock (&self->wire->lock);
  self->n_calls++;
  self->n_sent += n_datagrams;
  for (guint i = 0; i < n_datagrams; i++)
  {
    self->last_peer = datagrams[i].peer;
    g_queue_push_tail (&self->wire->queues[self->end],
                       g_bytes_new (datagrams[i].bytes, datagrams[i].len));
  }
  g_mutex_unlock (&self->wire->lock);
  if (self->sent_func != NULL)
  {
    self->sent_func (self->sent_data);
  }
  return n_datagrams;
}

static gint64
get_rtt_us (TegataDatagramChannel *channel)
{
  return TEST_PAIR_CHANNEL (channel)->rtt_us;
}

static void
channel_iface_init (TegataDatagramChannelInterface *iface)
{
  iface->attach = attach;
  iface->detach = detach;
  iface->is_writable = is_writable;
  iface->send = send_datagrams;
  iface->get_rtt_us = get_rtt_us;
}

void
channel_pair_new (PairChannel **a, PairChannel **b)
{
  Wire *wire = g_atomic_rc_box_new0 (Wire);

  g_mutex_init (&wire->lock);
  *a = g_object_new (TEST_TYPE_PAIR_CHANNEL, NULL);
  *b = g_object_new (TEST_TYPE_PAIR_CHANNEL, NULL);
  (*a)->wire = wire;
  (*b)->wire = g_atomic_rc_box_acquire (wire);
  (*b)->end = 1;
  (*a)->other = *b;
  (*b)->other = *a;
}

void
pair_channel_set_address (PairChannel *self, const char *address)
{
  tegata_address_init (&self->address, address, strlen (address));
}

void
pair_channel_set_writable (PairChannel *self, gboolean writable)
{
  gboolean was_writable = self->is_writable;

  self->is_writable = writable;
  if (writable && !was_writable && self->receiver != NULL)
  {
    self->receiver->writable (self->user_data);
  }
}

void
pair_channel_set_rtt_us (PairChannel *self, gint64 rtt_us)
{
  self->rtt_us = rtt_us;
}

void
pair_channel_tell_error (PairChannel *self, const GError *error)
{
  self->receiver->network_error (error, self->user_data);
}

void
pair_channel_set_sent_func (PairChannel *self,
                            void (*func) (gpointer user_data),
                            gpointer user_data)
{
  self->sent_func = func;
  self->sent_data = user_data;
}

gboolean
pair_channel_is_attached (PairChannel *self)
{
  return self->receiver != NULL;
}

/* (transfer full): what @end has sent */
static GPtrArray *
take (Wire *wire, guint end)
{
  GPtrArray *taken = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  GBytes *bytes;

  g_mutex_lock (&wire->lock);
  while ((bytes = g_queue_pop_head (&wire->queues[end])) != NULL)
  {
    g_ptr_array_add (taken, bytes);
  }
  g_mutex_unlock (&wire->lock);
  return taken;
}

/* Each in a buffer of its own, with room to be protected, so that a sanitizer sees who
 * leaves it. */
guint
pair_channel_deliver (PairChannel *self)
{
  g_autoptr (GPtrArray) taken = take (self->wire, !self->end);
  g_autoptr (GPtrArray) buffers = g_ptr_array_new_with_free_func (g_free);
  g_autofree TegataDatagram *batch = g_new0 (TegataDatagram, taken->len + 1);

  for (guint i = 0; i < taken->len; i++)
  {
    gconstpointer bytes = g_bytes_get_data (taken->pdata[i], &batch[i].len);

    batch[i].size = batch[i].len + TEGATA_SRTP_MAX_OVERHEAD;
    batch[i].bytes = g_malloc (batch[i].size);
    if (bytes != NULL) /* an empty datagram has none */
    {
      memcpy (batch[i].bytes, bytes, batch[i].len);
    }
    if (self->other != NULL)
    {
      batch[i].peer = self->other->address;
    }
    g_ptr_array_add (buffers, batch[i].bytes);
  }
  if (taken->len > 0 && self->receiver != NULL)
  {
    g_object_ref (self); /* the receiver may release it */
    self->receiver->received (batch, taken->len, self->user_data);
    g_object_unref (self);
  }
  return taken->len;
}

guint
pair_channel_drop (PairChannel *self)
{
  g_autoptr (GPtrArray) taken = take (self->wire, self->end);

  return taken->len;
}

guint
pair_channel_get_n_calls (PairChannel *self)
{
  return self->n_calls;
}

guint
pair_channel_get_n_sent (PairChannel *self)
{
  return self->n_sent;
}

TegataAddress
pair_channel_get_last_peer (PairChannel *self)
{
  return self->last_peer;
}

void
channel_pair_shuttle (PairChannel *a, PairChannel *b)
{
  while (pair_channel_deliver (a) + pair_channel_deliver (b) > 0)
  {
  }
}
