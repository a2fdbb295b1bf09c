/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A socket, and who listens to it for the time being. What may be called on any thread
 * touches the socket, the counters, and under the lock what the receiver is to be told.
 * All else belongs to the loop's thread.
 */

#include <stdatomic.h>
#include <tegata/udp-channel.h>

#include "transport/loop-private.h"
#include "transport/udp-batch.h"
#include "transport/udp-errors.h"
#include "transport/udp-socket.h"

/* Calls to the kernel before others of the main context have their turn. */
#define MAX_BATCHES_A_TURN 4

/* How often a datagram is tried. What the kernel says to it may be the answer to an
 * earlier one, and a refused connection is nothing else. */
#define MAX_TRIES 2
#define MAX_TRIES_REFUSED 16

typedef struct
{
  atomic_uint_fast64_t datagrams_sent;
  atomic_uint_fast64_t datagrams_received;
  atomic_uint_fast64_t batches_sent;
  atomic_uint_fast64_t batches_received;
  atomic_uint_fast64_t dropped;
  atomic_uint_fast64_t errors;
  atomic_uint_fast64_t truncated;
} Counters;

/* Kept by both sources, which know the channel weakly: it may be released on another
 * thread while one of them is about to be dispatched. */
typedef struct
{
  GWeakRef channel;
  TegataLoop *loop;
  const TegataDatagramReceiver *receiver;
  gpointer user_data;
} Attachment;

struct _TegataUdpChannel
{
  GObject parent_instance;

  GSocket *socket;
  GSocketAddress *local;
  gboolean is_connected;
  TegataAddress peer; /* to name it; empty where it is not connected */
  Counters counters;

  Attachment *attachment; /* NULL for nobody */
  GSource *socket_source;
  GMutex lock;
  GSource *error_source;   /* under the lock, as both rows */
  TegataErrorRow answers;  /* of the network; a datagram that comes ends the row */
  TegataErrorRow refusals; /* of our own kernel; one that it takes ends the row */
};

static void udp_channel_iface_init (TegataDatagramChannelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (TegataUdpChannel,
                               tegata_udp_channel,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (TEGATA_TYPE_DATAGRAM_CHANNEL,
                                                      udp_channel_iface_init))

static void
count (atomic_uint_fast64_t *counter, guint n)
{
  atomic_fetch_add_explicit (counter, n, memory_order_relaxed);
}

static guint64
look_at (atomic_uint_fast64_t *counter)
{
  return atomic_load_explicit (counter, memory_order_relaxed);
}

/* Told on the loop's thread, and never from within a call of who sends. */
static void
note_error (TegataUdpChannel *self,
            TegataErrorRow *row,
            const GError *problem,
            const TegataAddress *address)
{
  count (&self->counters.errors, 1);
  if (tegata_error_row_has (row, problem))
  {
    return;
  }
  g_mutex_lock (&self->lock);
  if (self->error_source != NULL
      && tegata_error_row_add (row, problem, address, g_get_monotonic_time ()))
  {
    g_source_set_ready_time (self->error_source, 0);
  }
  g_mutex_unlock (&self->lock);
}

/* Returns: (transfer full) (nullable): the channel, if it is attached by @attachment yet.
 * Asked for anew before each call of the receiver, since the last one may have ended it,
 * and held for no longer: releasing it ends it, too. */
static TegataUdpChannel *
hold_channel (Attachment *attachment)
{
  TegataUdpChannel *self = g_weak_ref_get (&attachment->channel);

  if (self != NULL && self->attachment != attachment)
  {
    g_clear_object (&self);
  }
  return self;
}

static void
tell (Attachment *attachment, gboolean is_answer)
{
  g_autoptr (TegataUdpChannel) self = hold_channel (attachment);
  g_autoptr (GError) error = NULL;
  TegataErrorRow *row;

  if (self == NULL)
  {
    return;
  }
  row = is_answer ? &self->answers : &self->refusals;
  g_mutex_lock (&self->lock);
  error = g_steal_pointer (&row->untold);
  g_mutex_unlock (&self->lock);
  if (error != NULL && attachment->receiver->network_error != NULL)
  {
    attachment->receiver->network_error (error, attachment->user_data);
  }
}

static gboolean
on_errors (gpointer user_data)
{
  tell (user_data, TRUE);
  tell (user_data, FALSE);
  return G_SOURCE_CONTINUE;
}

static gboolean
dispatch_errors (GSource *source, GSourceFunc callback, gpointer user_data)
{
  g_source_set_ready_time (source, -1);
  return callback (user_data);
}

static GSourceFuncs error_source_funcs = { .dispatch = dispatch_errors };

/* Receiving. */

static guint
leave_out_truncated (TegataDatagram *datagrams, guint n)
{
  guint n_whole = 0;

  for (guint i = 0; i < n; i++)
  {
    if (datagrams[i].bytes != NULL)
    {
      datagrams[n_whole++] = datagrams[i];
    }
  }
  return n_whole;
}

/* Returns: whether more may wait */
static gboolean
receive_batch (Attachment *attachment, guint8 *slots)
{
  TegataDatagram datagrams[TEGATA_BATCH_MAX];
  g_autoptr (TegataUdpChannel) self = hold_channel (attachment);
  g_autoptr (GError) problem = NULL;
  guint n_whole;
  gint n;

  if (self == NULL)
  {
    return FALSE;
  }
  n = tegata_udp_batch_receive (self->socket, self->is_connected, slots, datagrams,
                                &problem);
  if (n < 0)
  {
    note_error (self, &self->answers, problem, &self->peer);
    return TRUE;
  }
  if (n == 0)
  {
    return FALSE;
  }
  tegata_error_row_end (&self->answers);
  n_whole = leave_out_truncated (datagrams, (guint) n);
  count (&self->counters.batches_received, 1);
  count (&self->counters.datagrams_received, n_whole);
  count (&self->counters.truncated, (guint) n - n_whole);
  if (n_whole > 0)
  {
    attachment->receiver->received (datagrams, n_whole, attachment->user_data);
  }
  return n == TEGATA_BATCH_MAX;
}

static gboolean
on_readable (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  Attachment *attachment = user_data;
  guint8 *slots = tegata_loop_take_slots (attachment->loop);

  for (guint i = 0; i < MAX_BATCHES_A_TURN && receive_batch (attachment, slots); i++)
  {
  }
  tegata_loop_give_slots (attachment->loop, slots);
  if ((condition & G_IO_ERR) != 0)
  {
    /* An error that receiving did not take along would wake us again and again. */
    g_socket_check_connect_result (socket, NULL);
  }
  return G_SOURCE_CONTINUE;
}

/* The interface. */

static void
attachment_clear (gpointer data)
{
  Attachment *self = data;

  g_weak_ref_clear (&self->channel);
  tegata_loop_unref (self->loop);
}

static void
attachment_release (gpointer data)
{
  g_atomic_rc_box_release_full (data, attachment_clear);
}

static Attachment *
attachment_new (TegataUdpChannel *channel,
                TegataLoop *loop,
                const TegataDatagramReceiver *receiver,
                gpointer user_data)
{
  Attachment *self = g_atomic_rc_box_new0 (Attachment);

  g_weak_ref_init (&self->channel, channel);
  self->loop = tegata_loop_ref (loop);
  self->receiver = receiver;
  self->user_data = user_data;
  return self;
}

static void
attach_source (GSource *source,
               const char *name,
               GSourceFunc callback,
               Attachment *attachment)
{
  g_source_set_static_name (source, name);
  g_source_set_callback (source, callback, g_atomic_rc_box_acquire (attachment),
                         attachment_release);
  g_source_attach (source, tegata_loop_get_main_context (attachment->loop));
}

static gboolean
udp_channel_attach (TegataDatagramChannel *channel,
                    TegataLoop *loop,
                    const TegataDatagramReceiver *receiver,
                    gpointer user_data)
{
  TegataUdpChannel *self = TEGATA_UDP_CHANNEL (channel);
  GSource *error_source;

  g_return_val_if_fail (self->attachment == NULL, FALSE);
  self->attachment = attachment_new (self, loop, receiver, user_data);
  error_source = g_source_new (&error_source_funcs, sizeof (GSource));
  attach_source (error_source, "tegata UDP errors", on_errors, self->attachment);
  self->socket_source = g_socket_create_source (self->socket, G_IO_IN, NULL);
  attach_source (self->socket_source, "tegata UDP", G_SOURCE_FUNC (on_readable),
                 self->attachment);
  g_mutex_lock (&self->lock);
  self->error_source = error_source;
  g_mutex_unlock (&self->lock);
  return TRUE;
}

static void
clear_source (GSource **source)
{
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
udp_channel_detach (TegataDatagramChannel *channel)
{
  TegataUdpChannel *self = TEGATA_UDP_CHANNEL (channel);
  GSource *error_source;

  if (self->attachment == NULL)
  {
    return;
  }
  g_mutex_lock (&self->lock);
  error_source = g_steal_pointer (&self->error_source);
  tegata_error_row_clear (&self->answers);
  tegata_error_row_clear (&self->refusals);
  g_mutex_unlock (&self->lock);
  clear_source (&error_source);
  clear_source (&self->socket_source);
  g_clear_pointer (&self->attachment, attachment_release);
}

static gboolean
udp_channel_is_writable (TegataDatagramChannel *channel)
{
  (void) channel;
  return TRUE;
}

static gboolean
is_worth_another_try (const GError *problem, guint n_tries)
{
  gboolean is_refused
      = g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);

  return n_tries < (is_refused ? MAX_TRIES_REFUSED : MAX_TRIES);
}

/* Sends the first ones of @datagrams, and tells of what it met. @n_lost: (out): how many
 * behind them are lost. Returns: how many were taken */
static guint
send_some (TegataUdpChannel *self,
           const TegataDatagram *datagrams,
           guint n_datagrams,
           guint *n_lost)
{
  g_autoptr (GError) earlier = NULL;
  gint n;

  for (guint n_tries = 1;; n_tries++)
  {
    g_autoptr (GError) problem = NULL;

    n = tegata_udp_batch_send (self->socket, self->is_connected, datagrams, n_datagrams,
                               &problem);
    if (n >= 0)
    {
      break;
    }
    if (!is_worth_another_try (problem, n_tries))
    {
      note_error (self, &self->refusals, problem,
                  self->is_connected ? &self->peer : &datagrams[0].peer);
      *n_lost = 1;
      return 0;
    }
    g_clear_error (&earlier);
    earlier = g_steal_pointer (&problem);
  }
  if (earlier != NULL)
  {
    note_error (self, &self->answers, earlier, &self->peer);
  }
  *n_lost = n == 0 ? n_datagrams : 0;
  count (&self->counters.dropped, *n_lost);
  return (guint) n;
}

static guint
udp_channel_send (TegataDatagramChannel *channel,
                  const TegataDatagram *datagrams,
                  guint n_datagrams)
{
  TegataUdpChannel *self = TEGATA_UDP_CHANNEL (channel);
  guint n_sent = 0;

  for (guint i = 0; i < n_datagrams;)
  {
    guint n_lost = 0;
    guint n = send_some (self, datagrams + i, n_datagrams - i, &n_lost);

    if (n > 0)
    {
      tegata_error_row_end (&self->refusals);
      count (&self->counters.batches_sent, 1);
      count (&self->counters.datagrams_sent, n);
    }
    n_sent += n;
    i += n + n_lost;
  }
  return n_sent;
}

static void
udp_channel_iface_init (TegataDatagramChannelInterface *iface)
{
  iface->attach = udp_channel_attach;
  iface->detach = udp_channel_detach;
  iface->is_writable = udp_channel_is_writable;
  iface->send = udp_channel_send;
}

/* The object. */

static void
tegata_udp_channel_dispose (GObject *object)
{
  udp_channel_detach (TEGATA_DATAGRAM_CHANNEL (object));
  G_OBJECT_CLASS (tegata_udp_channel_parent_class)->dispose (object);
}

static void
tegata_udp_channel_finalize (GObject *object)
{
  TegataUdpChannel *self = TEGATA_UDP_CHANNEL (object);

  g_clear_object (&self->local);
  g_clear_object (&self->socket);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (tegata_udp_channel_parent_class)->finalize (object);
}

static void
tegata_udp_channel_class_init (TegataUdpChannelClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = tegata_udp_channel_dispose;
  G_OBJECT_CLASS (klass)->finalize = tegata_udp_channel_finalize;
}

static void
tegata_udp_channel_init (TegataUdpChannel *self)
{
  g_mutex_init (&self->lock);
  tegata_error_row_clear (&self->answers);
  tegata_error_row_clear (&self->refusals);
}

TegataUdpChannel *
tegata_udp_channel_new (GSocketAddress *local, GSocketAddress *peer, GError **error)
{
  g_autoptr (TegataUdpChannel) self = NULL;
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GSocketAddress) own = NULL;

  g_return_val_if_fail (local == NULL || G_IS_SOCKET_ADDRESS (local), NULL);
  g_return_val_if_fail (peer == NULL || G_IS_SOCKET_ADDRESS (peer), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  socket = tegata_udp_socket_open (local, peer, error);
  own = socket != NULL ? g_socket_get_local_address (socket, error) : NULL;
  if (own == NULL)
  {
    return NULL;
  }
  self = g_object_new (TEGATA_TYPE_UDP_CHANNEL, NULL);
  self->socket = g_steal_pointer (&socket);
  self->local = g_steal_pointer (&own);
  self->is_connected = peer != NULL;
  if (peer != NULL)
  {
    tegata_address_from_socket_address (&self->peer, peer);
  }
  return g_steal_pointer (&self);
}

GSocketAddress *
tegata_udp_channel_get_local_address (TegataUdpChannel *self)
{
  g_return_val_if_fail (TEGATA_IS_UDP_CHANNEL (self), NULL);
  return self->local;
}

GSocketAddress *
tegata_udp_channel_dup_peer_address (TegataUdpChannel *self)
{
  g_return_val_if_fail (TEGATA_IS_UDP_CHANNEL (self), NULL);
  return tegata_address_to_socket_address (&self->peer);
}

void
tegata_udp_channel_get_stats (TegataUdpChannel *self, TegataUdpChannelStats *stats)
{
  Counters *counters;

  g_return_if_fail (TEGATA_IS_UDP_CHANNEL (self));
  g_return_if_fail (stats != NULL);
  counters = &self->counters;
  stats->datagrams_sent = look_at (&counters->datagrams_sent);
  stats->datagrams_received = look_at (&counters->datagrams_received);
  stats->batches_sent = look_at (&counters->batches_sent);
  stats->batches_received = look_at (&counters->batches_received);
  stats->dropped = look_at (&counters->dropped);
  stats->errors = look_at (&counters->errors);
  stats->truncated = look_at (&counters->truncated);
}
