/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <tegata/listener.h>
#include <tegata/transport.h>

G_BEGIN_DECLS

/**
 * TegataTransportListener:
 *
 * Many unknown peers on one channel, on a main loop: a #TegataListener that hands out a
 * #TegataTransport for each one who proved by a cookie to be where it says. All are DTLS
 * servers, started, with their peer set; what #TegataListener says of fingerprints, of
 * who comes back, and of how many, holds here.
 *
 * The signal "incoming" (#TegataTransport) tells of a new one, in
 * %TEGATA_STATE_CONNECTING: its handler sets call-backs, and fingerprints where it knows
 * whom to expect, and keeps a reference for as long as the peer is wanted. A transport
 * that nobody keeps is forgotten, without a word to its peer; one that has ended counts
 * towards the maximum until then. The signal "network-error" (a #GError) is a hint for
 * people, as #TegataTransport has it.
 *
 * To admit peers by their certificates, set no fingerprint; in
 * %TEGATA_STATE_AWAITING_FINGERPRINT look tegata_transport_get_peer_certificate() up
 * among those that may come, and name that one by
 * tegata_transport_set_peer_fingerprint(), or tegata_transport_close() it. Nothing passes
 * before. That state has no deadline.
 *
 * One thread: the one that runs the loop's main context; media is sent, and call-backs
 * are called, as #TegataTransport has it.
 */
#define TEGATA_TYPE_TRANSPORT_LISTENER (tegata_transport_listener_get_type ())
TEGATA_API
G_DECLARE_FINAL_TYPE (TegataTransportListener,
                      tegata_transport_listener,
                      TEGATA,
                      TRANSPORT_LISTENER,
                      GObject)

/**
 * tegata_transport_listener_new:
 * @context: (transfer none): what the transports share; sealed by this
 * @channel: (transfer none): what carries their datagrams, each with its peer's address;
 * a channel with one peer only is a programmer's error that shows itself in refused
 * datagrams; for one that is attached to somebody else there is no listener (%NULL,
 * without an error)
 * @loop: (transfer none) (nullable): as for tegata_transport_new()
 * @error: return location for an error
 *
 * Returns: (transfer full) (nullable): a listener that listens, or %NULL with
 * %TEGATA_ERROR_UNSUPPORTED (the engine cannot serve with this certificate)
 */
TEGATA_API TegataTransportListener *
tegata_transport_listener_new (TegataContext *context,
                               TegataDatagramChannel *channel,
                               TegataLoop *loop,
                               GError **error);

/**
 * tegata_transport_listener_set_max_sessions:
 *
 * As tegata_listener_set_max_sessions().
 */
TEGATA_API void tegata_transport_listener_set_max_sessions (TegataTransportListener *self,
                                                            guint max_sessions);

/**
 * tegata_transport_listener_close:
 *
 * Closes every transport politely, which each tells of, and leaves the channel, which may
 * then be given to another one; all of it within this call or, from within a call-back,
 * behind it. Does nothing a second time. Releasing the listener does the same without a
 * word to the peers, and leaves the channel at once.
 */
TEGATA_API void tegata_transport_listener_close (TegataTransportListener *self);

/**
 * tegata_transport_listener_get_stats: (skip)
 *
 * Fills @stats with the counts so far.
 */
TEGATA_API void tegata_transport_listener_get_stats (TegataTransportListener *self,
                                                     TegataListenerStats *stats);

G_END_DECLS
