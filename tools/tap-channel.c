/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tap-channel.h"

/* RFC 7983 section 7: DTLS is what begins with one of these. */
#define DTLS_FIRST 20
#define DTLS_LAST 63

struct _TapChannel
{
  GObject parent_instance;

  TegataDatagramChannel *wrapped;
  TapFunc func;
  TapHandledFunc handled; /* nullable */
  gpointer func_data;

  const TegataDatagramReceiver *receiver; /* borrowed; NULL: nobody is attached */
  gpointer receiver_data;
};

static void tap_channel_init_interface (TegataDatagramChannelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (TapChannel,
                               tap_channel,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (TEGATA_TYPE_DATAGRAM_CHANNEL,
                                                      tap_channel_init_interface))

static void
tell (TapChannel *self,
      LadderDirection direction,
      const TegataDatagram *datagrams,
      guint n_datagrams)
{
  for (guint i = 0; i < n_datagrams; i++)
  {
    const TegataDatagram *datagram = &datagrams[i];

    if (datagram->len > 0 && datagram->bytes[0] >= DTLS_FIRST
        && datagram->bytes[0] <= DTLS_LAST)
    {
      self->func (direction, datagram, g_get_monotonic_time (), self->func_data);
    }
  }
}

/* Each of these three keeps itself alive: the receiver may release it, or detach it,
 * after which it is told no more. */
static void
handle_received (TegataDatagram *datagrams, guint n_datagrams, gpointer user_data)
{
  g_autoptr (TapChannel) self = g_object_ref (user_data);

  tell (self, LADDER_RECEIVED, datagrams, n_datagrams);
  if (self->receiver != NULL)
  {
    self->receiver->received (datagrams, n_datagrams, self->receiver_data);
  }
  if (self->receiver != NULL && self->handled != NULL)
  {
    self->handled (datagrams, n_datagrams, self->func_data);
  }
}

static void
handle_writable (gpointer user_data)
{
  g_autoptr (TapChannel) self = g_object_ref (user_data);

  if (self->receiver != NULL && self->receiver->writable != NULL)
  {
    self->receiver->writable (self->receiver_data);
  }
}

static void
handle_network_error (const GError *error, gpointer user_data)
{
  g_autoptr (TapChannel) self = g_object_ref (user_data);

  if (self->receiver != NULL && self->receiver->network_error != NULL)
  {
    self->receiver->network_error (error, self->receiver_data);
  }
}

static const TegataDatagramReceiver own_receiver = {
  .received = handle_received,
  .writable = handle_writable,
  .network_error = handle_network_error,
};

static gboolean
tap_channel_attach (TegataDatagramChannel *channel,
                    TegataLoop *loop,
                    const TegataDatagramReceiver *receiver,
                    gpointer user_data)
{
  TapChannel *self = TAP_CHANNEL (channel);

  g_return_val_if_fail (self->receiver == NULL, FALSE);
  if (!tegata_datagram_channel_attach (self->wrapped, loop, &own_receiver, self))
  {
    return FALSE;
  }
  self->receiver = receiver;
  self->receiver_data = user_data;
  return TRUE;
}

static void
tap_channel_detach (TegataDatagramChannel *channel)
{
  TapChannel *self = TAP_CHANNEL (channel);

  if (self->receiver != NULL)
  {
    self->receiver = NULL;
    tegata_datagram_channel_detach (self->wrapped);
  }
}

static gboolean
tap_channel_is_writable (TegataDatagramChannel *channel)
{
  return tegata_datagram_channel_is_writable (TAP_CHANNEL (channel)->wrapped);
}

static guint
tap_channel_send (TegataDatagramChannel *channel,
                  const TegataDatagram *datagrams,
                  guint n_datagrams)
{
  TapChannel *self = TAP_CHANNEL (channel);

  tell (self, LADDER_SENT, datagrams, n_datagrams);
  return tegata_datagram_channel_send (self->wrapped, datagrams, n_datagrams);
}

static gint64
tap_channel_get_rtt_us (TegataDatagramChannel *channel)
{
  return tegata_datagram_channel_get_rtt_us (TAP_CHANNEL (channel)->wrapped);
}

static void
tap_channel_init_interface (TegataDatagramChannelInterface *iface)
{
  iface->attach = tap_channel_attach;
  iface->detach = tap_channel_detach;
  iface->is_writable = tap_channel_is_writable;
  iface->send = tap_channel_send;
  iface->get_rtt_us = tap_channel_get_rtt_us;
}

static void
tap_channel_dispose (GObject *object)
{
  TapChannel *self = TAP_CHANNEL (object);

  if (self->wrapped != NULL)
  {
    tap_channel_detach (TEGATA_DATAGRAM_CHANNEL (self));
  }
  g_clear_object (&self->wrapped);
  G_OBJECT_CLASS (tap_channel_parent_class)->dispose (object);
}

static void
tap_channel_class_init (TapChannelClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = tap_channel_dispose;
}

static void
tap_channel_init (TapChannel *self)
{
  (void) self;
}

TegataDatagramChannel *
tap_channel_new (TegataDatagramChannel *wrapped, TapFunc func, gpointer user_data)
{
  TapChannel *self;

  g_return_val_if_fail (TEGATA_IS_DATAGRAM_CHANNEL (wrapped), NULL);
  g_return_val_if_fail (func != NULL, NULL);
  self = g_object_new (TAP_TYPE_CHANNEL, NULL);
  self->wrapped = g_object_ref (wrapped);
  self->func = func;
  self->func_data = user_data;
  return TEGATA_DATAGRAM_CHANNEL (self);
}

void
tap_channel_set_handled_func (TapChannel *self, TapHandledFunc func)
{
  g_return_if_fail (TAP_IS_CHANNEL (self));
  self->handled = func;
}
