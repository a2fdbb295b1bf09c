/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "udp-source.h"

#include "rtcp.h"

static const char *const options[GATEWAY_N_KINDS] = {
  [GATEWAY_VIDEO] = "--video-in",
  [GATEWAY_AUDIO] = "--audio-in",
};

struct _GatewayUdpSource
{
  GatewayKind kind;
  const GatewaySourceCallbacks *callbacks;
  gpointer user_data;
  TegataUdpChannel *rtp;
  TegataUdpChannel *rtcp;
  TegataAddress rtp_peer;  /* of the sender that is heard; empty before */
  TegataAddress rtcp_peer; /* where RTCP of that host came from last */
};

/* Returns: whether both are of one host: who knows how to reach our RTCP port alone does
 * not get to say where requests go. */
static gboolean
is_same_host (const TegataAddress *a, const TegataAddress *b)
{
  g_autoptr (GSocketAddress) first = tegata_address_to_socket_address (a);
  g_autoptr (GSocketAddress) second = tegata_address_to_socket_address (b);

  return first != NULL && second != NULL
         && g_inet_address_equal (
             g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (first)),
             g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (second)));
}

static void
on_sender (guint32 ssrc, guint64 ntp, guint32 timestamp, gpointer user_data)
{
  GatewayUdpSource *self = user_data;

  self->callbacks->sender_report (self->kind, ssrc, ntp, timestamp, self->user_data);
}

static void
handle_rtcp (GatewayUdpSource *self, const TegataDatagram *datagram)
{
  static const GatewayRtcpReader reader = { .sender = on_sender };

  if (tegata_address_equal (&datagram->peer, &self->rtcp_peer)
      || is_same_host (&datagram->peer, &self->rtp_peer))
  {
    self->rtcp_peer = datagram->peer;
    gateway_rtcp_read (datagram->bytes, datagram->len, &reader, self);
  }
}

/* Another sender has RTCP of its own, or none. */
static void
note_sender (GatewayUdpSource *self, const TegataAddress *peer)
{
  if (!tegata_address_equal (&self->rtp_peer, peer))
  {
    self->rtp_peer = *peer;
    self->rtcp_peer = (TegataAddress){ .len = 0 };
  }
}

/* Strangers may write to the port as well: they do not become whom requests go to. */
static void
on_rtp (TegataDatagram *datagrams, guint n_datagrams, gpointer user_data)
{
  GatewayUdpSource *self = user_data;
  gint64 now_us = g_get_monotonic_time ();

  for (guint i = 0; i < n_datagrams; i++)
  {
    const TegataDatagram *datagram = &datagrams[i];

    if (tegata_packet_classify (datagram->bytes, datagram->len) == TEGATA_PACKET_RTCP)
    {
      handle_rtcp (self, datagram);
    }
    else if (self->callbacks->packet (self->kind, datagram->bytes, datagram->len, now_us,
                                      self->user_data))
    {
      note_sender (self, &datagram->peer);
    }
  }
  self->callbacks->flush (self->kind, self->user_data);
}

static void
on_rtcp (TegataDatagram *datagrams, guint n_datagrams, gpointer user_data)
{
  for (guint i = 0; i < n_datagrams; i++)
  {
    if (tegata_packet_classify (datagrams[i].bytes, datagrams[i].len)
        == TEGATA_PACKET_RTCP)
    {
      handle_rtcp (user_data, &datagrams[i]);
    }
  }
}

/* Opening. */

static GSocketAddress *
get_next (GSocketAddress *address)
{
  GInetSocketAddress *inet = G_INET_SOCKET_ADDRESS (address);
  guint16 port = g_inet_socket_address_get_port (inet);

  if (port == G_MAXUINT16)
  {
    return NULL;
  }
  return g_inet_socket_address_new (g_inet_socket_address_get_address (inet),
                                    (guint16) (port + 1));
}

static gboolean
check_port (GatewayKind kind, GInetSocketAddress *local, GError **error)
{
  guint16 port = g_inet_socket_address_get_port (local);

  if (port == 0 || port == G_MAXUINT16)
  {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                 "found %s with port %u: expected one from 1 to 65534, which RTP is sent "
                 "to; its RTCP comes to the next port",
                 options[kind], port);
    return FALSE;
  }
  return TRUE;
}

static gboolean
is_at_same_host (GInetSocketAddress *a, GInetSocketAddress *b)
{
  GInetAddress *first = g_inet_socket_address_get_address (a);
  GInetAddress *second = g_inet_socket_address_get_address (b);

  return g_inet_address_equal (first, second) || g_inet_address_get_is_any (first)
         || g_inet_address_get_is_any (second);
}

gboolean
gateway_udp_source_check (GInetSocketAddress *const *locals, GError **error)
{
  guint16 ports[GATEWAY_N_KINDS];

  for (guint i = 0; i < GATEWAY_N_KINDS; i++)
  {
    if (locals[i] != NULL && !check_port (i, locals[i], error))
    {
      return FALSE;
    }
    ports[i] = locals[i] != NULL ? g_inet_socket_address_get_port (locals[i]) : 0;
  }
  if (locals[GATEWAY_VIDEO] != NULL && locals[GATEWAY_AUDIO] != NULL
      && is_at_same_host (locals[GATEWAY_VIDEO], locals[GATEWAY_AUDIO])
      && ABS (ports[GATEWAY_VIDEO] - ports[GATEWAY_AUDIO]) <= 1)
  {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                 "found --video-in %u and --audio-in %u: expected ports that are two "
                 "apart at least, as RTCP comes to the port behind each: %u and %u",
                 ports[GATEWAY_VIDEO], ports[GATEWAY_AUDIO], ports[GATEWAY_VIDEO],
                 ports[GATEWAY_VIDEO] < G_MAXUINT16 - 2 ? ports[GATEWAY_VIDEO] + 2u
                                                        : ports[GATEWAY_VIDEO] - 2u);
    return FALSE;
  }
  return TRUE;
}

static gboolean
open_ports (GatewayUdpSource *self, GInetSocketAddress *local, GError **error)
{
  g_autoptr (GSocketAddress) next = get_next (G_SOCKET_ADDRESS (local));

  self->rtp = tegata_udp_channel_new (G_SOCKET_ADDRESS (local), NULL, error);
  if (self->rtp == NULL)
  {
    g_prefix_error (error, "%s: ", options[self->kind]);
    return FALSE;
  }
  self->rtcp = tegata_udp_channel_new (next, NULL, error);
  if (self->rtcp == NULL)
  {
    g_prefix_error (error, "%s: its RTCP comes to the next port: ", options[self->kind]);
    return FALSE;
  }
  return TRUE;
}

GatewayUdpSource *
gateway_udp_source_new (GatewayKind kind,
                        GInetSocketAddress *local,
                        const GatewaySourceCallbacks *callbacks,
                        gpointer user_data,
                        GError **error)
{
  GatewayUdpSource *self = g_new0 (GatewayUdpSource, 1);

  self->kind = kind;
  self->callbacks = callbacks;
  self->user_data = user_data;
  if (!open_ports (self, local, error))
  {
    gateway_udp_source_free (self);
    return NULL;
  }
  return self;
}

void
gateway_udp_source_free (GatewayUdpSource *self)
{
  g_clear_object (&self->rtp);
  g_clear_object (&self->rtcp);
  g_free (self);
}

GSocketAddress *
gateway_udp_source_get_address (GatewayUdpSource *self)
{
  return tegata_udp_channel_get_local_address (self->rtp);
}

void
gateway_udp_source_start (GatewayUdpSource *self, TegataLoop *loop)
{
  static const TegataDatagramReceiver rtp_receiver = { .received = on_rtp };
  static const TegataDatagramReceiver rtcp_receiver = { .received = on_rtcp };

  tegata_datagram_channel_attach (TEGATA_DATAGRAM_CHANNEL (self->rtp), loop,
                                  &rtp_receiver, self);
  tegata_datagram_channel_attach (TEGATA_DATAGRAM_CHANNEL (self->rtcp), loop,
                                  &rtcp_receiver, self);
}

void
gateway_udp_source_stop (GatewayUdpSource *self)
{
  tegata_datagram_channel_detach (TEGATA_DATAGRAM_CHANNEL (self->rtp));
  tegata_datagram_channel_detach (TEGATA_DATAGRAM_CHANNEL (self->rtcp));
}

/* Asking. */

static gboolean
get_rtcp_peer (GatewayUdpSource *self, TegataAddress *peer)
{
  g_autoptr (GSocketAddress) rtp = NULL;
  g_autoptr (GSocketAddress) next = NULL;

  if (self->rtcp_peer.len > 0)
  {
    *peer = self->rtcp_peer;
    return TRUE;
  }
  rtp = tegata_address_to_socket_address (&self->rtp_peer);
  next = rtp != NULL ? get_next (rtp) : NULL;
  return next != NULL && tegata_address_from_socket_address (peer, next);
}

void
gateway_udp_source_ask_key_frame (GatewayUdpSource *self,
                                  guint32 media_ssrc,
                                  const char *cname)
{
  guint8 bytes[GATEWAY_RTCP_MAX];
  TegataDatagram datagram = { .bytes = bytes, .size = sizeof bytes };
  GatewayReceiverReport report = {
    .ssrc = 1, /* we send nothing that it could collide with */
    .cname = cname,
    .media_ssrc = media_ssrc,
    .wants_key_frame = TRUE,
  };

  if (!get_rtcp_peer (self, &datagram.peer))
  {
    return;
  }
  report.ssrc = media_ssrc == report.ssrc ? 2 : report.ssrc;
  datagram.len = gateway_rtcp_write_receiver_report (bytes, &report);
  tegata_datagram_channel_send (TEGATA_DATAGRAM_CHANNEL (self->rtcp), &datagram, 1);
}
