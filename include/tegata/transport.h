/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <tegata/datagram-channel.h>
#include <tegata/session.h>

G_BEGIN_DECLS

/**
 * TegataTransport:
 *
 * One peer on a main loop: a #TegataSession on a #TegataDatagramChannel, with its
 * deadlines on a #TegataLoop, and properties and signals for bindings.
 *
 * |[<!-- language="C" -->
 *   context = tegata_context_new (NULL, &error);
 *   channel = tegata_udp_channel_new (NULL, peer, &error);
 *   transport = tegata_transport_new (context, TEGATA_DATAGRAM_CHANNEL (channel), NULL);
 *   tegata_transport_set_peer_fingerprint (transport, "sha-256 AB:CD:...", &error);
 *   tegata_transport_start (transport, TEGATA_ROLE_CLIENT, &error);
 *   ...
 *   tegata_transport_send_rtp (transport, packet, len, &error);
 * ]|
 *
 * Threads: everything happens on the thread that runs the loop's main context, and is
 * called there; but tegata_transport_send_rtp(), _send_rtcp() and _send_packets() are for
 * one thread of the caller's choice, which keeps a reference while it calls them. It may
 * drop the last one, too, where the main context is run by a main loop: the channel is
 * then left, and what call-backs had is freed, over there. Run the main context until
 * the @notify of tegata_transport_set_callbacks() was called, or release the transport on
 * its thread: otherwise that is never freed.
 *
 * Call-backs and signals run with no lock held. They do not nest: what is told because of
 * a call from within one of them is told when that one has returned. From within any of
 * them anything may be called, and the transport released: then nothing is told any more,
 * and it leaves its channel behind that call-back. Signals come before the call-back.
 *
 * Let a call-back return: one that runs the main context from within holds up all
 * transports of that loop until it returns. Nothing breaks by it, but what comes in by
 * another source all the same (of another channel, say) is told within that call-back.
 *
 * Properties: "state" (#TegataState), "fingerprint" (ours, as SDP text without
 * "a=fingerprint:"), "peer-fingerprint" (the peer's by SHA-256, once it proved to own it;
 * %NULL before), "dtls-version", "dtls-cipher", "srtp-profile" (names, %NULL before they
 * are negotiated): all for reading. Each is notified of by itself when it changes,
 * "state" behind the others.
 *
 * Signals: "state-changed" (#TegataState), "rtp-received", "rtcp-received" and
 * "data-received" (a #GBytes each, a copy that is only made while somebody is connected),
 * and "network-error" (a #GError: a hint for people; nothing ends by it).
 */
#define TEGATA_TYPE_TRANSPORT (tegata_transport_get_type ())
TEGATA_API
G_DECLARE_FINAL_TYPE (TegataTransport, tegata_transport, TEGATA, TRANSPORT, GObject)

/**
 * TegataPacket: (skip)
 * @bytes: a plain RTP or compound RTCP packet. Sending protects it in place
 * @len: (inout): its length in bytes
 * @size: room at @bytes; to be sent, @len and %TEGATA_SRTP_MAX_OVERHEAD always suffice.
 * One that was received has as much as its channel gave: of a #TegataUdpChannel, enough
 * to be sent on from where it lies
 * @is_rtcp: which of both it is
 * @outcome: (out): when it was sent: what became of it
 */
typedef struct
{
  guint8 *bytes;
  gsize len;
  gsize size;
  gboolean is_rtcp;
  TegataSrtpOutcome outcome;
} TegataPacket;

/**
 * TegataTransportCallbacks: (skip)
 * @state_changed: the association is in another state; in %TEGATA_STATE_FAILED
 * tegata_transport_get_error() says why
 * @media: plain packets have come, in order, as many as came at once. They are the
 * callee's to write to, and gone when it returns. None come after the end was told
 * @data: application data has come, one datagram's worth, borrowed
 * @network_error: as TegataDatagramReceiver has it
 *
 * Every member may be %NULL. The transport comes first, @user_data last.
 */
typedef struct
{
  void (*state_changed) (TegataTransport *self, TegataState state, gpointer user_data);
  void (*media) (TegataTransport *self,
                 TegataPacket *packets,
                 guint n_packets,
                 gpointer user_data);
  void (*data) (TegataTransport *self,
                const guint8 *bytes,
                gsize len,
                gpointer user_data);
  void (*network_error) (TegataTransport *self, const GError *error, gpointer user_data);
} TegataTransportCallbacks;

/**
 * tegata_transport_new:
 * @context: (transfer none): what it shares with others; sealed by this
 * @channel: (transfer none): what carries its datagrams; until the transport is disposed
 * of, it is attached to that. One that is attached to somebody else is a programmer's
 * error: it stays with them, and there is no transport (%NULL)
 * @loop: (transfer none) (nullable): what it shares with others of its main context;
 * %NULL for one of its own on the thread-default one
 *
 * It receives from now on: what comes before the start is held, as #TegataSession has it.
 *
 * Returns: (transfer full): a transport in %TEGATA_STATE_NEW
 */
TEGATA_API TegataTransport *tegata_transport_new (TegataContext *context,
                                                  TegataDatagramChannel *channel,
                                                  TegataLoop *loop);

/**
 * tegata_transport_set_callbacks: (skip)
 * @self: a transport
 * @callbacks: (nullable): copied; %NULL for none
 * @user_data: for each of them
 * @notify: (nullable): frees @user_data when it is replaced or the transport disposed of
 *
 * For C: media comes without a copy. Signals are emitted all the same, to whoever is
 * connected.
 */
TEGATA_API void tegata_transport_set_callbacks (TegataTransport *self,
                                                const TegataTransportCallbacks *callbacks,
                                                gpointer user_data,
                                                GDestroyNotify notify);

/**
 * tegata_transport_set_peer_fingerprint:
 * @self: a transport
 * @text: what signalling named: "sha-256 AB:CD:...", with or without "a=fingerprint:"; of
 * several lines any one of the strongest hash may match (RFC 8122 section 5)
 * @error: return location for an error
 *
 * Before, during or after the handshake, as tegata_session_set_peer_fingerprints() has
 * it.
 *
 * Returns: %FALSE with %TEGATA_ERROR_PARSE or %TEGATA_ERROR_UNSUPPORTED, and nothing set
 */
TEGATA_API gboolean tegata_transport_set_peer_fingerprint (TegataTransport *self,
                                                           const char *text,
                                                           GError **error);

/**
 * tegata_transport_set_peer_fingerprints:
 * @self: a transport
 * @fingerprints: (array length=n_fingerprints): the same, parsed
 * @n_fingerprints: how many, at least one
 */
TEGATA_API void
tegata_transport_set_peer_fingerprints (TegataTransport *self,
                                        TegataFingerprint *const *fingerprints,
                                        gsize n_fingerprints);

/**
 * tegata_transport_set_peer_address:
 * @self: a transport that was not handed out by a listener
 * @peer: (nullable): where the peer is; %NULL forgets it
 *
 * For a channel that knows of no peer, as tegata_session_set_peer() has it: a client
 * needs it; a server without it answers the first one who calls. May change at any time,
 * where signalling says that the peer has moved. An address of another family than IPv4
 * and IPv6 is a programmer's error.
 */
TEGATA_API void
tegata_transport_set_peer_address (TegataTransport *self, GSocketAddress *peer);

/**
 * tegata_transport_set_resumption_name:
 *
 * As tegata_session_set_resumption_name().
 */
TEGATA_API void
tegata_transport_set_resumption_name (TegataTransport *self, const char *name);

/**
 * tegata_transport_start:
 * @self: a transport in %TEGATA_STATE_NEW, not handed out by a listener
 * @role: client (a=setup:active) or server
 * @error: return location for an error
 *
 * The handshake begins, or does as soon as the channel is writable; its timeout runs from
 * there. State changes are told from within this call, too.
 *
 * Returns: %FALSE with %TEGATA_ERROR_UNSUPPORTED or %TEGATA_ERROR_FAILED. Where the
 * channel was not writable yet, such an error comes as %TEGATA_STATE_FAILED later
 */
TEGATA_API gboolean tegata_transport_start (TegataTransport *self,
                                            TegataRole role,
                                            GError **error);

/**
 * tegata_transport_send_rtp:
 * @self: a transport
 * @packet: (array length=len): a plain RTP packet; copied once, into the datagram
 * @len: its length in bytes
 * @error: return location for an error
 *
 * Media thread, from when %TEGATA_STATE_CONNECTED is told. What the network does not take
 * is lost without an error.
 *
 * Returns: %FALSE with %TEGATA_ERROR_NOT_CONNECTED, %TEGATA_ERROR_NO_PROFILE or
 * %TEGATA_ERROR_SRTP; the message says what is wrong with the packet
 */
TEGATA_API gboolean tegata_transport_send_rtp (TegataTransport *self,
                                               const guint8 *packet,
                                               gsize len,
                                               GError **error);

/**
 * tegata_transport_send_rtcp:
 *
 * As tegata_transport_send_rtp(), for a compound RTCP packet.
 */
TEGATA_API gboolean tegata_transport_send_rtcp (TegataTransport *self,
                                                const guint8 *packet,
                                                gsize len,
                                                GError **error);

/**
 * tegata_transport_send_packets: (skip)
 * @self: a transport
 * @packets: (array length=n_packets): plain packets, protected in place, each with its
 * outcome
 * @n_packets: how many
 *
 * Media thread. All that could be protected goes to the network at once: no copy, and one
 * system call where the channel has such.
 *
 * Returns: how many the channel took
 */
TEGATA_API guint tegata_transport_send_packets (TegataTransport *self,
                                                TegataPacket *packets,
                                                guint n_packets);

/**
 * tegata_transport_send_data:
 * @self: a transport
 * @bytes: (array length=len): application data, one datagram's worth
 * @len: its length in bytes
 * @error: return location for an error
 *
 * Network thread.
 *
 * Returns: %FALSE with %TEGATA_ERROR_NOT_CONNECTED or %TEGATA_ERROR_TOO_BIG
 */
TEGATA_API gboolean tegata_transport_send_data (TegataTransport *self,
                                                const guint8 *bytes,
                                                gsize len,
                                                GError **error);

/**
 * tegata_transport_close:
 *
 * Sends close_notify where there is somebody to tell, and goes to %TEGATA_STATE_CLOSED,
 * told from within this call (or, from within a call-back, behind it); does nothing at
 * the end of an association. A transport that is only released says nothing to its peer.
 */
TEGATA_API void tegata_transport_close (TegataTransport *self);

/**
 * tegata_transport_get_state:
 *
 * Returns: where it is now
 */
TEGATA_API TegataState tegata_transport_get_state (TegataTransport *self);

/**
 * tegata_transport_get_error:
 *
 * Returns: (transfer none) (nullable): why it is %TEGATA_STATE_FAILED
 */
TEGATA_API const GError *tegata_transport_get_error (TegataTransport *self);

/**
 * tegata_transport_get_peer_certificate:
 *
 * Returns: (transfer none) (nullable): as tegata_dtls_get_peer_certificate()
 */
TEGATA_API TegataCertificate *
tegata_transport_get_peer_certificate (TegataTransport *self);

/**
 * tegata_transport_dup_peer_address:
 *
 * Returns: (transfer full) (nullable): where the peer is, where it has an IP address that
 * is known here; with a channel that has but one peer, the channel knows:
 * tegata_udp_channel_dup_peer_address()
 */
TEGATA_API GSocketAddress *tegata_transport_dup_peer_address (TegataTransport *self);

/**
 * tegata_transport_get_session: (skip)
 *
 * For all that is only read: statistics, what was negotiated. Its user data is taken.
 *
 * Returns: (transfer none): the session, which lives as long as the transport, also where
 * the listener that handed it out was released first
 */
TEGATA_API TegataSession *tegata_transport_get_session (TegataTransport *self);

/**
 * tegata_transport_dup_stats:
 * @self: a transport
 *
 * What tegata_session_get_stats() counts, as a dictionary ("a{sv}"), for other languages
 * and for JSON: the members of W3C's RTCTransportStats by their names ("dtlsState",
 * "packetsSent", ...; what is not known yet is missing), and ours: "flightsSent",
 * "flightsReceived", "retransmissions", "heldMedia"; "refused", "inbound" and "outbound"
 * are dictionaries of counts themselves ("a{st}"), of which those that are 0 are missing
 * but for "rtp" and "rtcp", the packets that went well. Network thread.
 *
 * Returns: (transfer full): the counts so far
 */
TEGATA_API GVariant *tegata_transport_dup_stats (TegataTransport *self);

G_END_DECLS
