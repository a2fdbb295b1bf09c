/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <tegata/datagram-channel.h>

G_DEFINE_INTERFACE (TegataDatagramChannel, tegata_datagram_channel, G_TYPE_OBJECT)

static void
tegata_datagram_channel_default_init (TegataDatagramChannelInterface *iface)
{
  (void) iface;
}

/* A channel of somebody's own may miss some, as one written in another language does. */
static gboolean
is_implemented (TegataDatagramChannel *self)
{
  TegataDatagramChannelInterface *iface = TEGATA_DATAGRAM_CHANNEL_GET_IFACE (self);

  return iface->attach != NULL && iface->detach != NULL && iface->is_writable != NULL
         && iface->send != NULL;
}

gboolean
tegata_datagram_channel_attach (TegataDatagramChannel *self,
                                TegataLoop *loop,
                                const TegataDatagramReceiver *receiver,
                                gpointer user_data)
{
  g_return_val_if_fail (TEGATA_IS_DATAGRAM_CHANNEL (self), FALSE);
  g_return_val_if_fail (is_implemented (self), FALSE);
  g_return_val_if_fail (loop != NULL, FALSE);
  g_return_val_if_fail (receiver != NULL && receiver->received != NULL, FALSE);
  return TEGATA_DATAGRAM_CHANNEL_GET_IFACE (self)->attach (self, loop, receiver,
                                                           user_data);
}

void
tegata_datagram_channel_detach (TegataDatagramChannel *self)
{
  g_return_if_fail (TEGATA_IS_DATAGRAM_CHANNEL (self));
  TEGATA_DATAGRAM_CHANNEL_GET_IFACE (self)->detach (self);
}

gboolean
tegata_datagram_channel_is_writable (TegataDatagramChannel *self)
{
  g_return_val_if_fail (TEGATA_IS_DATAGRAM_CHANNEL (self), FALSE);
  return TEGATA_DATAGRAM_CHANNEL_GET_IFACE (self)->is_writable (self);
}

guint
tegata_datagram_channel_send (TegataDatagramChannel *self,
                              const TegataDatagram *datagrams,
                              guint n_datagrams)
{
  g_return_val_if_fail (TEGATA_IS_DATAGRAM_CHANNEL (self), 0);
  if (n_datagrams == 0)
  {
    return 0;
  }
  return TEGATA_DATAGRAM_CHANNEL_GET_IFACE (self)->send (self, datagrams, n_datagrams);
}

gint64
tegata_datagram_channel_get_rtt_us (TegataDatagramChannel *self)
{
  TegataDatagramChannelInterface *iface;

  g_return_val_if_fail (TEGATA_IS_DATAGRAM_CHANNEL (self), -1);
  iface = TEGATA_DATAGRAM_CHANNEL_GET_IFACE (self);
  return iface->get_rtt_us != NULL ? iface->get_rtt_us (self) : -1;
}
