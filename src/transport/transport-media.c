/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The media thread's half: it may run beside everything else, and touches nothing of the
 * transport but the session's outbound half, the channel, and what was published for it.
 */

#include "session/session-private.h"
#include "transport/loop-private.h"
#include "transport/transport-private.h"

/* Packets of usual size are protected on the stack. */
#define USUAL_SIZE 2048

/* @peer: (out): where media goes. Returns: whether it may. The session has keys a moment
 * before it is published where the peer is, so that is asked first. */
static gboolean
get_path (TegataTransport *self, TegataAddress *peer)
{
  gboolean is_open = g_atomic_int_get (&self->media_path) == TEGATA_MEDIA_OPEN;

  g_mutex_lock (&self->peer_lock);
  *peer = self->peer;
  g_mutex_unlock (&self->peer_lock);
  return is_open;
}

static void
refuse (TegataTransport *self, TegataPacket *packet)
{
  tegata_session_count_unsent (self->session, packet->is_rtcp);
  packet->outcome = TEGATA_SRTP_NO_KEYS;
}

static TegataSrtpOutcome
protect (TegataTransport *self, TegataPacket *packet, const guint8 *plain)
{
  packet->outcome
      = packet->is_rtcp
            ? tegata_session_send_rtcp (self->session, plain, packet->len, packet->bytes,
                                        packet->size, &packet->len)
            : tegata_session_send_rtp (self->session, plain, packet->len, packet->bytes,
                                       packet->size, &packet->len);
  return packet->outcome;
}

/* The session says no more than that there are no keys. */
static void
explain_no_keys (TegataTransport *self, GError **error)
{
  switch ((TegataMediaPath) g_atomic_int_get (&self->media_path))
  {
  case TEGATA_MEDIA_NO_PROFILE:
    g_set_error_literal (error, TEGATA_ERROR, TEGATA_ERROR_NO_PROFILE,
                         "the packet was not sent: no SRTP profile was negotiated, so "
                         "there are no keys for media; compare the profiles of both "
                         "sides");
    break;
  case TEGATA_MEDIA_ENDED:
    g_set_error_literal (error, TEGATA_ERROR, TEGATA_ERROR_NOT_CONNECTED,
                         "the packet was not sent: the association has ended, expected "
                         "connected; a new one needs a new transport");
    break;
  case TEGATA_MEDIA_NOT_YET:
  case TEGATA_MEDIA_OPEN:
  default:
    g_set_error_literal (error, TEGATA_ERROR, TEGATA_ERROR_NOT_CONNECTED,
                         "the packet was not sent: the association is not connected yet; "
                         "wait for the state connected");
  }
}

static const char *
explain_outcome (TegataSrtpOutcome outcome)
{
  switch (outcome)
  {
  case TEGATA_SRTP_REPLAYED:
    return "a packet with its sequence number was sent before; each packet of an SSRC "
           "needs a number of its own";
  case TEGATA_SRTP_TOO_OLD:
    return "its sequence number is more than 1024 behind the last one of its SSRC; "
           "send packets in order";
  case TEGATA_SRTP_MALFORMED:
    return "expected a whole RTP packet, or a compound RTCP packet, that fits a datagram "
           "once it is protected";
  case TEGATA_SRTP_KEY_EXPIRED:
    return "the lifetime of its key is over (RFC 3711 section 9.2); a new association "
           "brings a new key";
  case TEGATA_SRTP_NO_SPACE:
    return "protected it is longer than a datagram can be; send shorter packets";
  case TEGATA_SRTP_OK:
  case TEGATA_SRTP_AUTH_FAILED:
  case TEGATA_SRTP_NO_KEYS:
  default:
    return tegata_srtp_outcome_to_string (outcome);
  }
}

static gboolean
explain (TegataTransport *self, const TegataPacket *packet, GError **error)
{
  if (packet->outcome == TEGATA_SRTP_OK)
  {
    return TRUE;
  }
  if (packet->outcome == TEGATA_SRTP_NO_KEYS)
  {
    explain_no_keys (self, error);
    return FALSE;
  }
  g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_SRTP,
               "the %s packet of %" G_GSIZE_FORMAT " bytes was not sent: %s",
               packet->is_rtcp ? "RTCP" : "RTP", packet->len,
               explain_outcome (packet->outcome));
  return FALSE;
}

static gboolean
send_one (TegataTransport *self,
          const guint8 *plain,
          gsize len,
          gboolean is_rtcp,
          GError **error)
{
  guint8 usual[USUAL_SIZE];
  g_autofree guint8 *large = NULL;
  TegataPacket packet = {
    .bytes = usual, .len = len, .size = len + TEGATA_SRTP_MAX_OVERHEAD, .is_rtcp = is_rtcp
  };
  TegataDatagram datagram = { 0 };

  if (!get_path (self, &datagram.peer))
  {
    refuse (self, &packet);
    return explain (self, &packet, error);
  }
  if (packet.size > sizeof usual)
  {
    large = g_malloc (packet.size);
    packet.bytes = large;
  }
  if (protect (self, &packet, plain) == TEGATA_SRTP_OK)
  {
    datagram.bytes = packet.bytes;
    datagram.len = packet.len;
    tegata_datagram_channel_send (tegata_pump_get_channel (self->pump), &datagram, 1);
  }
  return explain (self, &packet, error);
}

gboolean
tegata_transport_send_rtp (TegataTransport *self,
                           const guint8 *packet,
                           gsize len,
                           GError **error)
{
  g_return_val_if_fail (TEGATA_IS_TRANSPORT (self), FALSE);
  g_return_val_if_fail (packet != NULL || len == 0, FALSE);

  return send_one (self, packet, len, FALSE, error);
}

gboolean
tegata_transport_send_rtcp (TegataTransport *self,
                            const guint8 *packet,
                            gsize len,
                            GError **error)
{
  g_return_val_if_fail (TEGATA_IS_TRANSPORT (self), FALSE);
  g_return_val_if_fail (packet != NULL || len == 0, FALSE);

  return send_one (self, packet, len, TRUE, error);
}

/* Returns: how many of the packets became datagrams */
static guint
protect_batch (TegataTransport *self,
               TegataPacket *packets,
               guint n_packets,
               TegataDatagram *datagrams)
{
  TegataAddress peer;
  gboolean is_open = get_path (self, &peer);
  guint n_datagrams = 0;

  for (guint i = 0; i < n_packets; i++)
  {
    if (!is_open)
    {
      refuse (self, &packets[i]);
    }
    else if (protect (self, &packets[i], packets[i].bytes) == TEGATA_SRTP_OK)
    {
      datagrams[n_datagrams].bytes = packets[i].bytes;
      datagrams[n_datagrams].len = packets[i].len;
      datagrams[n_datagrams].peer = peer;
      n_datagrams++;
    }
  }
  return n_datagrams;
}

guint
tegata_transport_send_packets (TegataTransport *self,
                               TegataPacket *packets,
                               guint n_packets)
{
  TegataDatagram datagrams[TEGATA_BATCH_MAX];
  guint n_taken = 0;

  g_return_val_if_fail (TEGATA_IS_TRANSPORT (self), 0);
  g_return_val_if_fail (packets != NULL || n_packets == 0, 0);

  while (n_packets > 0)
  {
    guint n_batch = MIN (n_packets, G_N_ELEMENTS (datagrams));
    guint n_datagrams = protect_batch (self, packets, n_batch, datagrams);

    n_taken += tegata_datagram_channel_send (tegata_pump_get_channel (self->pump),
                                             datagrams, n_datagrams);
    packets += n_batch;
    n_packets -= n_batch;
  }
  return n_taken;
}
