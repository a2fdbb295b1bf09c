/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plain-side.h"

#include "addresses.h"

/* Packets handed on in one call; more come in several. */
#define BATCH 64

enum
{
  RTP,
  RTCP,
  N_KINDS,
};

/* How one kind of packet comes in and goes out. Channels are shared between kinds and
 * directions where one socket serves. */
typedef struct
{
  TegataUdpChannel *in;
  TegataUdpChannel *out;
  TegataAddress to; /* empty where @out is connected */
} Path;

struct _PlainSide
{
  TegataLoop *loop;
  GPtrArray *channels; /* all that are open, each once */
  Path paths[N_KINDS];
  TegataTransport *transports[N_KINDS];
  PlainSideStats stats;
  PlainSideNoticeFunc notice;
  gpointer notice_data;
  guint mtu;
  gboolean told_early;
  gboolean told_long;
};

static void G_GNUC_PRINTF (2, 3) tell (PlainSide *self, const char *format, ...)
{
  g_autofree char *sentence = NULL;
  va_list arguments;

  if (self->notice == NULL)
  {
    return;
  }
  va_start (arguments, format);
  sentence = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  self->notice (sentence, self->notice_data);
}

static void
tell_early (PlainSide *self)
{
  if (!self->told_early)
  {
    self->told_early = TRUE;
    tell (self, "media came in on the plain side, and there is nobody with keys for it: "
                "dropped and counted until there is");
  }
}

static void
tell_long (PlainSide *self, gsize len)
{
  if (self->mtu > 0 && len > self->mtu && !self->told_long)
  {
    self->told_long = TRUE;
    tell (self,
          "a packet of %" G_GSIZE_FORMAT " bytes is longer than the MTU of %u. It is "
          "sent, and so are others; the network may lose them. Send shorter packets, or "
          "raise --mtu",
          len, self->mtu);
  }
}

static void
count_sent (PlainSide *self, const TegataPacket *packets, guint n_packets, guint n_taken)
{
  guint n_protected = 0;

  for (guint i = 0; i < n_packets; i++)
  {
    switch (packets[i].outcome)
    {
    case TEGATA_SRTP_OK:
      n_protected++;
      tell_long (self, packets[i].len);
      break;
    case TEGATA_SRTP_NO_KEYS:
      self->stats.early++;
      tell_early (self);
      break;
    default:
      self->stats.refused++;
      self->stats.refused_for[packets[i].outcome]++;
      break;
    }
  }
  self->stats.secured += n_taken;
  self->stats.refused += n_protected - MIN (n_taken, n_protected);
}

static void
secure (PlainSide *self, guint kind, TegataPacket *packets, guint n_packets)
{
  guint n_taken;

  if (n_packets == 0)
  {
    return;
  }
  self->stats.received += n_packets;
  if (self->transports[kind] == NULL)
  {
    self->stats.early += n_packets;
    tell_early (self);
    return;
  }
  n_taken = tegata_transport_send_packets (self->transports[kind], packets, n_packets);
  count_sent (self, packets, n_packets, n_taken);
}

/* The channel left room for protection to lengthen it where it lies. */
static TegataPacket
packet_from_datagram (const TegataDatagram *datagram, gboolean is_rtcp)
{
  return (TegataPacket){
    .bytes = datagram->bytes,
    .len = datagram->len,
    .size = datagram->size,
    .is_rtcp = is_rtcp,
    .outcome = TEGATA_SRTP_NO_KEYS,
  };
}

/* The order is kept where both kinds go to one transport: each run of packets that go the
 * same way is one call. */
static void
on_received (TegataDatagram *datagrams, guint n_datagrams, gpointer user_data)
{
  PlainSide *self = user_data;
  TegataPacket packets[BATCH];
  guint n_packets = 0;
  guint to = RTP;

  for (guint i = 0; i < n_datagrams; i++)
  {
    TegataPacketKind kind = tegata_packet_classify (datagrams[i].bytes, datagrams[i].len);
    guint next = kind == TEGATA_PACKET_RTCP ? RTCP : RTP;

    if (kind != TEGATA_PACKET_RTP && kind != TEGATA_PACKET_RTCP)
    {
      self->stats.not_media++;
      continue;
    }
    if (n_packets == BATCH || self->transports[next] != self->transports[to])
    {
      secure (self, to, packets, n_packets);
      n_packets = 0;
    }
    to = next;
    packets[n_packets++] = packet_from_datagram (&datagrams[i], next == RTCP);
  }
  secure (self, to, packets, n_packets);
}

static void
on_network_error (const GError *error, gpointer user_data)
{
  tell (user_data, "plain side: %s; sending on", error->message);
}

static const TegataDatagramReceiver receiver = {
  .received = on_received,
  .network_error = on_network_error,
};

static TegataUdpChannel *
open_channel (PlainSide *self,
              GSocketAddress *local,
              GSocketAddress *peer,
              GError **error)
{
  TegataUdpChannel *channel = tegata_udp_channel_new (local, peer, error);

  if (channel != NULL)
  {
    g_ptr_array_add (self->channels, channel);
    tegata_datagram_channel_attach (TEGATA_DATAGRAM_CHANNEL (channel), self->loop,
                                    &receiver, self);
  }
  return channel;
}

/* A socket of another family cannot send there, and one on the loopback interface has no
 * way off the machine. */
static gboolean
can_send (GSocketAddress *from, GSocketAddress *to)
{
  return g_socket_address_get_family (from) == g_socket_address_get_family (to)
         && (!address_is_loopback (from) || address_is_loopback (to));
}

/* The address of an option that may be missing: NULL then, too. */
static gboolean
parse_optional (GSocketAddress *(*parse) (const char *, const char *, GError **),
                const char *text,
                GSocketAddress **address,
                GError **error)
{
  if (text != NULL)
  {
    *address = parse (text, "127.0.0.1", error);
  }
  return text == NULL || *address != NULL;
}

/* We would find a port in use that is in use by ourselves. */
static gboolean
check_unused (PlainSide *self, GSocketAddress *local, GError **error)
{
  for (guint i = 0; i < self->channels->len; i++)
  {
    GSocketAddress *used
        = tegata_udp_channel_get_local_address (self->channels->pdata[i]);
    g_autofree char *text = address_to_string (used);

    if (address_equal (used, local))
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   "the plain side's %s is named twice: name it once, for RTP, and RTCP "
                   "comes there, too",
                   text);
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
open_path (PlainSide *self, Path *path, const char *in, const char *out, GError **error)
{
  g_autoptr (GSocketAddress) local = NULL;
  g_autoptr (GSocketAddress) peer = NULL;

  if (!parse_optional (address_parse, in, &local, error)
      || !parse_optional (address_parse_target, out, &peer, error)
      || (local != NULL && !check_unused (self, local, error)))
  {
    return FALSE;
  }
  if (local != NULL && (path->in = open_channel (self, local, NULL, error)) == NULL)
  {
    return FALSE;
  }
  if (peer == NULL)
  {
    return TRUE;
  }
  if (local != NULL && can_send (local, peer))
  {
    path->out = path->in;
    return tegata_address_from_socket_address (&path->to, peer);
  }
  path->out = open_channel (self, NULL, peer, error);
  return path->out != NULL;
}

/* What RTCP has no port for goes by those of RTP. */
static void
share_ports (const Path *rtp, Path *rtcp)
{
  if (rtcp->in == NULL)
  {
    rtcp->in = rtp->in;
  }
  if (rtcp->out == NULL)
  {
    rtcp->out = rtp->out;
    rtcp->to = rtp->to;
  }
}

static void
close_channel (gpointer channel)
{
  tegata_datagram_channel_detach (channel);
  g_object_unref (channel);
}

PlainSide *
plain_side_new (TegataLoop *loop, const PlainSideOptions *options, GError **error)
{
  PlainSide *self = g_new0 (PlainSide, 1);

  self->loop = tegata_loop_ref (loop);
  self->channels = g_ptr_array_new_with_free_func (close_channel);
  self->mtu = options->mtu;
  if (open_path (self, &self->paths[RTP], options->in, options->out, error)
      && open_path (self, &self->paths[RTCP], options->rtcp_in, options->rtcp_out, error))
  {
    share_ports (&self->paths[RTP], &self->paths[RTCP]);
    return self;
  }
  plain_side_free (self);
  return NULL;
}

void
plain_side_free (PlainSide *self)
{
  if (self == NULL)
  {
    return;
  }
  plain_side_set_transports (self, NULL, NULL);
  g_ptr_array_unref (self->channels);
  tegata_loop_unref (self->loop);
  g_free (self);
}

void
plain_side_set_notice_func (PlainSide *self, PlainSideNoticeFunc func, gpointer user_data)
{
  self->notice = func;
  self->notice_data = user_data;
}

void
plain_side_set_transports (PlainSide *self, TegataTransport *rtp, TegataTransport *rtcp)
{
  g_set_object (&self->transports[RTP], rtp);
  g_set_object (&self->transports[RTCP], rtcp);
}

static void
send_out (PlainSide *self,
          const Path *path,
          const TegataDatagram *datagrams,
          guint n_datagrams)
{
  guint n_taken = 0;

  if (path->out != NULL && n_datagrams > 0)
  {
    n_taken = tegata_datagram_channel_send (TEGATA_DATAGRAM_CHANNEL (path->out),
                                            datagrams, n_datagrams);
  }
  self->stats.delivered += n_taken;
  self->stats.undelivered += n_datagrams - n_taken;
}

static gboolean
is_same_way (const Path *a, const Path *b)
{
  return a->out == b->out && tegata_address_equal (&a->to, &b->to);
}

void
plain_side_deliver (PlainSide *self, const TegataPacket *packets, guint n_packets)
{
  TegataDatagram datagrams[BATCH];
  const Path *path = &self->paths[RTP];
  guint n_datagrams = 0;

  for (guint i = 0; i < n_packets; i++)
  {
    const Path *next = &self->paths[packets[i].is_rtcp ? RTCP : RTP];

    if (n_datagrams == BATCH || !is_same_way (path, next))
    {
      send_out (self, path, datagrams, n_datagrams);
      n_datagrams = 0;
    }
    path = next;
    datagrams[n_datagrams++] = (TegataDatagram){
      .bytes = packets[i].bytes,
      .len = packets[i].len,
      .peer = path->to,
    };
  }
  send_out (self, path, datagrams, n_datagrams);
}

GSocketAddress *
plain_side_get_local_address (PlainSide *self, gboolean rtcp)
{
  const Path *path = &self->paths[rtcp ? RTCP : RTP];
  TegataUdpChannel *channel = path->in != NULL ? path->in : path->out;

  return channel != NULL ? tegata_udp_channel_get_local_address (channel) : NULL;
}

const PlainSideStats *
plain_side_get_stats (PlainSide *self)
{
  return &self->stats;
}
