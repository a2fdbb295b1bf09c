/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "output.h"

#define BATCH_MAX 32

enum
{
  RTP,
  RTCP,
  N_CHANNELS,
};

typedef struct
{
  TegataDatagramChannel *channel;
  TegataDatagram datagrams[BATCH_MAX];
  guint n_datagrams;
} Way;

struct _GatewayOutput
{
  Way ways[N_CHANNELS];
  void (*rtcp) (const guint8 *bytes, gsize len, gpointer user_data);
  gpointer user_data;
};

static void
on_received (TegataDatagram *datagrams, guint n_datagrams, gpointer user_data)
{
  GatewayOutput *self = user_data;

  for (guint i = 0; i < n_datagrams; i++)
  {
    if (tegata_packet_classify (datagrams[i].bytes, datagrams[i].len)
        == TEGATA_PACKET_RTCP)
    {
      self->rtcp (datagrams[i].bytes, datagrams[i].len, self->user_data);
    }
  }
}

static gboolean
open_way (GatewayOutput *self,
          guint which,
          TegataLoop *loop,
          GInetSocketAddress *peer,
          GError **error)
{
  static const TegataDatagramReceiver receiver = { .received = on_received };
  guint port = g_inet_socket_address_get_port (peer) + which;
  g_autoptr (GSocketAddress) address = NULL;
  TegataUdpChannel *channel;

  if (port > G_MAXUINT16)
  {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                         "RTP for port 65535 has no next port for its RTCP: expected at "
                         "most 65534");
    return FALSE;
  }
  address = g_inet_socket_address_new (g_inet_socket_address_get_address (peer),
                                       (guint16) port);
  channel = tegata_udp_channel_new (NULL, address, error);
  if (channel == NULL)
  {
    return FALSE;
  }
  self->ways[which].channel = TEGATA_DATAGRAM_CHANNEL (channel);
  return tegata_datagram_channel_attach (self->ways[which].channel, loop, &receiver,
                                         self);
}

GatewayOutput *
gateway_output_new (TegataLoop *loop,
                    GInetSocketAddress *peer,
                    void (*rtcp) (const guint8 *bytes, gsize len, gpointer user_data),
                    gpointer user_data,
                    GError **error)
{
  GatewayOutput *self = g_new0 (GatewayOutput, 1);

  self->rtcp = rtcp;
  self->user_data = user_data;
  if (!open_way (self, RTP, loop, peer, error)
      || !open_way (self, RTCP, loop, peer, error))
  {
    gateway_output_free (self);
    return NULL;
  }
  return self;
}

void
gateway_output_free (GatewayOutput *self)
{
  for (guint i = 0; i < N_CHANNELS; i++)
  {
    if (self->ways[i].channel != NULL)
    {
      tegata_datagram_channel_detach (self->ways[i].channel);
      g_object_unref (self->ways[i].channel);
    }
  }
  g_free (self);
}

static void
flush (Way *way)
{
  if (way->n_datagrams > 0)
  {
    tegata_datagram_channel_send (way->channel, way->datagrams, way->n_datagrams);
    way->n_datagrams = 0;
  }
}

void
gateway_output_add (GatewayOutput *self, guint8 *bytes, gsize len, gboolean is_rtcp)
{
  Way *way = &self->ways[is_rtcp ? RTCP : RTP];

  way->datagrams[way->n_datagrams++] = (TegataDatagram){ .bytes = bytes, .len = len };
  if (way->n_datagrams == BATCH_MAX)
  {
    flush (way);
  }
}

void
gateway_output_flush (GatewayOutput *self)
{
  flush (&self->ways[RTP]);
  flush (&self->ways[RTCP]);
}
