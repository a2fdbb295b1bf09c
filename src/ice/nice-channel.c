/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A component of an agent, who listens to it for the time being, and what was counted.
 * libnice's own calls go to the hub, and from there to the attachment.
 */

#include <tegata-nice/nice-channel.h>

#include "nice-hub.h"

/* Datagrams that go to libnice in one call: what it and GLib make of each of them stands
 * on the stack. */
#define MAX_BATCH 64

#define MIN_TELL_INTERVAL_US G_USEC_PER_SEC
#define NO_ERROR (-1)

typedef struct
{
  atomic_uint_fast64_t datagrams_sent;
  atomic_uint_fast64_t datagrams_received;
  atomic_uint_fast64_t batches_sent;
  atomic_uint_fast64_t dropped;
  atomic_uint_fast64_t errors;
} Counters;

struct _TegataNiceChannel
{
  GObject parent_instance;

  NiceAgent *agent;
  guint stream_id;
  guint component_id;
  Counters counters;
  atomic_int refusal; /* GIOErrorEnum of the row that we are in, or NO_ERROR */
  GMutex lock;
  TegataNiceAttachment *attachment; /* under the lock; NULL for nobody */
  gint64 refused_us;                /* under the lock: when a refusal was last told */
};

static void nice_channel_iface_init (TegataDatagramChannelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (TegataNiceChannel,
                               tegata_nice_channel,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (TEGATA_TYPE_DATAGRAM_CHANNEL,
                                                      nice_channel_iface_init))

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

/* Attaching. */

static gboolean
nice_channel_is_writable (TegataDatagramChannel *channel)
{
  TegataNiceChannel *self = TEGATA_NICE_CHANNEL (channel);
  NiceCandidate *local;
  NiceCandidate *remote;

  return nice_agent_get_selected_pair (self->agent, self->stream_id, self->component_id,
                                       &local, &remote);
}

static gboolean
nice_channel_attach (TegataDatagramChannel *channel,
                     TegataLoop *loop,
                     const TegataDatagramReceiver *receiver,
                     gpointer user_data)
{
  TegataNiceChannel *self = TEGATA_NICE_CHANNEL (channel);
  GMainContext *main_context = tegata_loop_get_main_context (loop);
  g_autoptr (TegataNiceAttachment) attachment = NULL;

  g_return_val_if_fail (self->attachment == NULL, FALSE);
  attachment = tegata_nice_attachment_new (
      tegata_nice_hub_key (self->stream_id, self->component_id), self,
      &self->counters.datagrams_received, receiver, user_data);
  if (!tegata_nice_hub_add (self->agent, self->stream_id, self->component_id,
                            main_context, attachment))
  {
    return FALSE;
  }
  tegata_nice_attachment_begin (attachment, main_context,
                                nice_channel_is_writable (channel));
  if (nice_agent_get_component_state (self->agent, self->stream_id, self->component_id)
      == NICE_COMPONENT_STATE_FAILED)
  {
    tegata_nice_attachment_post_failure (attachment);
  }
  g_mutex_lock (&self->lock);
  self->attachment = g_steal_pointer (&attachment);
  self->refused_us = -MIN_TELL_INTERVAL_US;
  atomic_store (&self->refusal, NO_ERROR);
  g_mutex_unlock (&self->lock);
  return TRUE;
}

static void
nice_channel_detach (TegataDatagramChannel *channel)
{
  TegataNiceChannel *self = TEGATA_NICE_CHANNEL (channel);
  g_autoptr (TegataNiceAttachment) attachment = NULL;

  g_mutex_lock (&self->lock);
  attachment = g_steal_pointer (&self->attachment);
  g_mutex_unlock (&self->lock);
  if (attachment != NULL)
  {
    tegata_nice_attachment_end (attachment);
    tegata_nice_hub_remove (self->agent, attachment);
  }
}

/* Sending. */

static GError *
describe (const GError *problem)
{
  switch (problem->code)
  {
  case G_IO_ERROR_PERMISSION_DENIED:
    return g_error_new_literal (
        G_IO_ERROR, problem->code,
        "ICE may not send: the peer does not answer consent checks any more, or took its "
        "consent back (RFC 7675). It is gone, or an ICE restart has to find it again");
  case G_IO_ERROR_BROKEN_PIPE:
    return g_error_new_literal (G_IO_ERROR, problem->code,
                                "ICE cannot send: the agent has no such stream any more");
  default:
    return g_error_new (problem->domain, problem->code,
                        "ICE cannot send: %s libnice does not say why: a network that is "
                        "gone, a firewall, or a datagram that is too large",
                        problem->message);
  }
}

/* Told on the loop's thread, once for each kind in a row, and not more than once a
 * second. */
static void
note_refusal (TegataNiceChannel *self, const GError *problem)
{
  g_autoptr (TegataNiceAttachment) attachment = NULL;
  gint64 now_us;

  if (atomic_load (&self->refusal) == problem->code)
  {
    return;
  }
  now_us = g_get_monotonic_time ();
  g_mutex_lock (&self->lock);
  if (self->attachment != NULL && now_us - self->refused_us >= MIN_TELL_INTERVAL_US)
  {
    attachment = tegata_nice_attachment_ref (self->attachment);
    self->refused_us = now_us;
    atomic_store (&self->refusal, problem->code);
  }
  g_mutex_unlock (&self->lock);
  if (attachment != NULL)
  {
    tegata_nice_attachment_post_refusal (attachment, describe (problem));
  }
}

static void
end_row (TegataNiceChannel *self)
{
  if (atomic_load_explicit (&self->refusal, memory_order_relaxed) != NO_ERROR)
  {
    atomic_store (&self->refusal, NO_ERROR);
  }
}

/* Sends the first ones of @datagrams. @n_lost: (out): how many behind them are lost.
 * Returns: how many were taken */
static guint
send_some (TegataNiceChannel *self,
           const TegataDatagram *datagrams,
           guint n_datagrams,
           guint *n_lost)
{
  GOutputVector vectors[MAX_BATCH];
  NiceOutputMessage messages[MAX_BATCH];
  g_autoptr (GError) problem = NULL;
  guint n_tried = MIN (n_datagrams, MAX_BATCH);
  gint n;

  for (guint i = 0; i < n_tried; i++)
  {
    vectors[i] = (GOutputVector){ datagrams[i].bytes, datagrams[i].len };
    messages[i] = (NiceOutputMessage){ &vectors[i], 1 };
  }
  n = nice_agent_send_messages_nonblocking (self->agent, self->stream_id,
                                            self->component_id, messages, n_tried, NULL,
                                            &problem);
  if (n > 0)
  {
    *n_lost = 0;
    return (guint) n;
  }
  if (g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
  {
    *n_lost = n_datagrams;
    count (&self->counters.dropped, n_datagrams);
    return 0;
  }
  /* What a socket says is about one datagram, and all else about the component. */
  *n_lost = g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_FAILED) ? 1 : n_datagrams;
  count (&self->counters.errors, *n_lost);
  note_refusal (self, problem);
  return 0;
}

static guint
nice_channel_send (TegataDatagramChannel *channel,
                   const TegataDatagram *datagrams,
                   guint n_datagrams)
{
  TegataNiceChannel *self = TEGATA_NICE_CHANNEL (channel);
  guint n_sent = 0;

  for (guint i = 0; i < n_datagrams;)
  {
    guint n_lost;
    guint n = send_some (self, datagrams + i, n_datagrams - i, &n_lost);

    if (n > 0)
    {
      end_row (self);
      count (&self->counters.batches_sent, 1);
      count (&self->counters.datagrams_sent, n);
    }
    n_sent += n;
    i += n + n_lost;
  }
  return n_sent;
}

static void
nice_channel_iface_init (TegataDatagramChannelInterface *iface)
{
  iface->attach = nice_channel_attach;
  iface->detach = nice_channel_detach;
  iface->is_writable = nice_channel_is_writable;
  iface->send = nice_channel_send;
}

/* The object. */

static void
tegata_nice_channel_dispose (GObject *object)
{
  nice_channel_detach (TEGATA_DATAGRAM_CHANNEL (object));
  G_OBJECT_CLASS (tegata_nice_channel_parent_class)->dispose (object);
}

static void
tegata_nice_channel_finalize (GObject *object)
{
  TegataNiceChannel *self = TEGATA_NICE_CHANNEL (object);

  g_clear_object (&self->agent);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (tegata_nice_channel_parent_class)->finalize (object);
}

static void
tegata_nice_channel_class_init (TegataNiceChannelClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = tegata_nice_channel_dispose;
  G_OBJECT_CLASS (klass)->finalize = tegata_nice_channel_finalize;
}

static void
tegata_nice_channel_init (TegataNiceChannel *self)
{
  g_mutex_init (&self->lock);
  atomic_init (&self->refusal, NO_ERROR);
  self->refused_us = -MIN_TELL_INTERVAL_US;
}

static gboolean
is_reliable (NiceAgent *agent)
{
  gboolean reliable;

  g_object_get (agent, "reliable", &reliable, NULL);
  return reliable;
}

static gboolean
has_component (NiceAgent *agent, guint stream_id, guint component_id)
{
  g_autoptr (GPtrArray) sockets = nice_agent_get_sockets (agent, stream_id, component_id);

  return sockets != NULL;
}

TegataNiceChannel *
tegata_nice_channel_new (NiceAgent *agent, guint stream_id, guint component_id)
{
  TegataNiceChannel *self;

  g_return_val_if_fail (NICE_IS_AGENT (agent), NULL);
  g_return_val_if_fail (!is_reliable (agent), NULL);
  g_return_val_if_fail (has_component (agent, stream_id, component_id), NULL);

  self = g_object_new (TEGATA_TYPE_NICE_CHANNEL, NULL);
  self->agent = g_object_ref (agent);
  self->stream_id = stream_id;
  self->component_id = component_id;
  return self;
}

void
tegata_nice_channel_get_stats (TegataNiceChannel *self, TegataNiceChannelStats *stats)
{
  Counters *counters;

  g_return_if_fail (TEGATA_IS_NICE_CHANNEL (self));
  g_return_if_fail (stats != NULL);
  counters = &self->counters;
  stats->datagrams_sent = look_at (&counters->datagrams_sent);
  stats->datagrams_received = look_at (&counters->datagrams_received);
  stats->batches_sent = look_at (&counters->batches_sent);
  stats->dropped = look_at (&counters->dropped);
  stats->errors = look_at (&counters->errors);
}
