/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <agent.h>
#include <tegata/datagram-channel.h>

G_BEGIN_DECLS

/**
 * TegataNiceChannel:
 *
 * One component of a #NiceAgent's stream as a datagram channel: what ICE carries, DTLS
 * and media secure.
 *
 * |[<!-- language="C" -->
 *   stream_id = nice_agent_add_stream (agent, 1);
 *   channel = tegata_nice_channel_new (agent, stream_id, 1);
 *   transport = tegata_transport_new (context, TEGATA_DATAGRAM_CHANNEL (channel), loop);
 *   nice_agent_gather_candidates (agent, stream_id);
 * ]|
 *
 * The agent stays the application's: candidates, trickling, STUN and TURN servers, lite
 * or full, IPv4 and IPv6, restarts are set up and signalled there, and the channel stands
 * in the way of none of them. It takes the component's data only: nobody else may call
 * nice_agent_attach_recv() or nice_agent_recv() on it. Detached, it leaves libnice
 * reading: connectivity checks and TURN's answers come that way, too. Data is dropped
 * then.
 *
 * libnice reads the component's sockets, its connectivity checks among them, in the main
 * context of the loop that the channel is attached to: give the agent the same context.
 * Make the transport before candidates are gathered: nothing is lost then.
 *
 * What it hands up came over a path that ICE validated: libnice drops what comes from an
 * address whose connectivity check was never authenticated. Data that a peer sends as
 * soon as its own checks are done, before a pair is selected here, is handed up, too. It
 * has an empty address, as all does that is sent: the channel has one peer, whom ICE
 * knows, and whose address may change with the selected pair. It comes one at a time,
 * with no room behind it: libnice lends one buffer for all, and does not tell its size.
 * (nice_agent_set_selected_remote_candidate() has libnice hand up what comes from
 * anybody.)
 *
 * It is writable once a pair is selected, and from then on: an ICE restart goes on with
 * the old pair until there is a new one, so the association survives it without a new
 * handshake (RFC 8842 section 4). That a component has failed is told as a network error
 * (%G_IO_ERROR_HOST_UNREACHABLE), and ends nothing: who wants an end listens to the
 * agent's "component-state-changed". That the peer's consent is gone, for which libnice
 * does not send until a restart has selected a pair, is told as one, too, when something
 * is sent (%G_IO_ERROR_PERMISSION_DENIED).
 *
 * The round-trip time is unknown (-1): libnice measures it in its connectivity checks,
 * and has no interface that tells it. A lost flight of the handshake is then sent again
 * after 100 ms.
 *
 * It may be released on any thread. What was being handed up on the loop's at that moment
 * may be so to its end.
 */
#define TEGATA_TYPE_NICE_CHANNEL (tegata_nice_channel_get_type ())
TEGATA_API
G_DECLARE_FINAL_TYPE (TegataNiceChannel,
                      tegata_nice_channel,
                      TEGATA,
                      NICE_CHANNEL,
                      GObject)

/**
 * tegata_nice_channel_new:
 * @agent: (transfer none): an agent in datagram mode ("reliable" is %FALSE)
 * @stream_id: one of its streams
 * @component_id: one of that stream's components
 *
 * An agent that is reliable, and a stream or component that it does not have, are
 * programmer's errors.
 *
 * Returns: (transfer full): a channel that is attached to nobody. It keeps a reference to
 * the agent
 */
TEGATA_API TegataNiceChannel *
tegata_nice_channel_new (NiceAgent *agent, guint stream_id, guint component_id);

/**
 * TegataNiceChannelStats:
 * @datagrams_sent: taken by libnice
 * @datagrams_received: handed up
 * @batches_sent: calls that sent one or more
 * @dropped: not sent, for there was no way yet or a socket's buffer was full
 * @errors: not sent for another reason
 */
typedef struct
{
  guint64 datagrams_sent;
  guint64 datagrams_received;
  guint64 batches_sent;
  guint64 dropped;
  guint64 errors;
} TegataNiceChannelStats;

/**
 * tegata_nice_channel_get_stats:
 * @self: a channel
 * @stats: (out caller-allocates): the counts so far
 *
 * Fills @stats with the counts so far. Any thread.
 */
TEGATA_API void
tegata_nice_channel_get_stats (TegataNiceChannel *self, TegataNiceChannelStats *stats);

G_END_DECLS
