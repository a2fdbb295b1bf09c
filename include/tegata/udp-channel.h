/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <tegata/datagram-channel.h>

G_BEGIN_DECLS

/**
 * tegata_address_from_socket_address:
 * @self: (out caller-allocates): an address
 * @socket_address: an IPv4 or IPv6 address with a port
 *
 * What differs without meaning another peer (flow labels, padding, IPv4 written as IPv6)
 * is left out. Any thread.
 *
 * Returns: %FALSE, with @self untouched, for an address of another family
 */
TEGATA_API gboolean tegata_address_from_socket_address (TegataAddress *self,
                                                        GSocketAddress *socket_address);

/**
 * tegata_address_to_socket_address:
 * @self: an address that tegata_address_from_socket_address() made, or that a
 * #TegataUdpChannel handed up
 *
 * Returns: (transfer full) (nullable): the same; %NULL for anything else. Any thread
 */
TEGATA_API GSocketAddress *tegata_address_to_socket_address (const TegataAddress *self);

/**
 * TegataUdpChannel:
 *
 * A UDP socket as a datagram channel: many datagrams a system call, in both directions.
 *
 * With a peer the socket is connected: it receives from that peer alone, and datagrams of
 * both directions have an empty address. Without one, it receives from everybody, each
 * datagram has its source, and each one sent needs a destination. It is always writable;
 * what does not fit the socket's buffer is lost and counted, as on any network.
 *
 * The address "::" is that of both families, where the system lets it: IPv4 peers have
 * IPv4 addresses then, as they have at a socket of their own. On a machine with several
 * addresses bind to the one that peers know: what a channel on all addresses sends leaves
 * from the one that the route has, and a peer may not take it.
 *
 * What it receives, of any length, lies in buffers with room for
 * %TEGATA_SRTP_MAX_OVERHEAD more bytes, as #TegataDatagram says: a plain packet may be
 * protected where it lies.
 *
 * Network errors are told at most once a second each: what the network answered, and what
 * this machine would not send.
 */
#define TEGATA_TYPE_UDP_CHANNEL (tegata_udp_channel_get_type ())
TEGATA_API
G_DECLARE_FINAL_TYPE (TegataUdpChannel, tegata_udp_channel, TEGATA, UDP_CHANNEL, GObject)

/**
 * tegata_udp_channel_new:
 * @local: (nullable): where to receive; port 0 takes a free one. %NULL for a free port on
 * all addresses, of @peer's family
 * @peer: (nullable): with whom alone to talk; %NULL for everybody
 * @error: return location for an error
 *
 * Returns: (transfer full) (nullable): a channel with an open socket, or %NULL with a
 * #GIOErrorEnum (%G_IO_ERROR_ADDRESS_IN_USE, %G_IO_ERROR_INVALID_ARGUMENT where both are
 * %NULL or of different families, ...); the message names the address
 */
TEGATA_API TegataUdpChannel *
tegata_udp_channel_new (GSocketAddress *local, GSocketAddress *peer, GError **error);

/**
 * tegata_udp_channel_get_local_address:
 * @self: a channel
 *
 * Returns: (transfer none): where it receives, with the port that it has. Any thread
 */
TEGATA_API GSocketAddress *tegata_udp_channel_get_local_address (TegataUdpChannel *self);

/**
 * tegata_udp_channel_dup_peer_address:
 * @self: a channel
 *
 * Returns: (transfer full) (nullable): with whom alone it talks; %NULL for everybody. Any
 * thread
 */
TEGATA_API GSocketAddress *tegata_udp_channel_dup_peer_address (TegataUdpChannel *self);

/**
 * TegataUdpChannelStats:
 * @datagrams_sent: taken by the kernel
 * @datagrams_received: handed up
 * @batches_sent: calls that sent one or more
 * @batches_received: calls that received one or more
 * @dropped: not sent, for the socket's buffer was full
 * @errors: not sent, or answered by ICMP: what the receiver's network_error told of
 * @truncated: received in part, so not handed up: longer than UDP can carry
 */
typedef struct
{
  guint64 datagrams_sent;
  guint64 datagrams_received;
  guint64 batches_sent;
  guint64 batches_received;
  guint64 dropped;
  guint64 errors;
  guint64 truncated;
} TegataUdpChannelStats;

/**
 * tegata_udp_channel_get_stats:
 * @self: a channel
 * @stats: (out caller-allocates): the counts so far
 *
 * Fills @stats with the counts so far. Any thread.
 */
TEGATA_API void
tegata_udp_channel_get_stats (TegataUdpChannel *self, TegataUdpChannelStats *stats);

G_END_DECLS
