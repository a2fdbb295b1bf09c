/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <tegata/demux.h>
#include <tegata/dtls.h>
#include <tegata/srtp.h>

G_BEGIN_DECLS

/**
 * TegataSession:
 *
 * One peer: a DTLS association, SRTP in both directions, the demultiplexer that joins
 * them, and the queues that hold what comes too early. Sans-I/O: datagrams and the time
 * go in, outputs are polled.
 *
 * Threads: one thread, the network's, calls everything. Another one (or the same) sends
 * media: it calls tegata_session_send_rtp(), tegata_session_send_rtcp(), and for its
 * counters tegata_srtp_get_stats() on the outbound #TegataSrtp. It learns from their
 * outcome whether it may send, and from the network thread where to. Nobody may call
 * anything while the session is freed.
 */
typedef struct _TegataSession TegataSession;

/**
 * tegata_session_new:
 * @context: (transfer none): what it shares with others; referenced, and sealed by this
 *
 * The role may be unknown yet (an offer of a=setup:actpass): it is given to
 * tegata_session_start(). What comes before that is held: a ClientHello of up to four
 * datagrams and 8 KB. Early SRTP is held until %TEGATA_STATE_CONNECTED: up to 128 packets
 * and 192 KB. What comes when a queue is full is refused (%TEGATA_REFUSED_OVERFLOW).
 *
 * Returns: (transfer full): a session in %TEGATA_STATE_NEW
 */
TEGATA_API TegataSession *tegata_session_new (TegataContext *context);

/**
 * tegata_session_free:
 * @self: (nullable): a session, in any state
 *
 * Sends nothing: tegata_session_close() and poll first, to be polite. What was not polled
 * is lost.
 */
TEGATA_API void tegata_session_free (TegataSession *self);

/**
 * tegata_session_set_peer:
 * @self: a session
 * @peer: where the peer is; copied. A length of 0 forgets it
 *
 * Outputs go there from now on, and datagrams from elsewhere are refused, unless they are
 * handed in without an address. With ICE the selected pair may change this at any time.
 * Without it, outputs carry an empty address (the caller knows the way), or, for a
 * server, the address of the first ClientHello that was accepted, which from then on is
 * the peer's. Not for a session of a #TegataListener, which knows it by its source.
 */
TEGATA_API void tegata_session_set_peer (TegataSession *self, const TegataAddress *peer);

/**
 * tegata_session_set_peer_fingerprints:
 * @self: a session
 * @fingerprints: (array length=n_fingerprints): what signalling named
 * @n_fingerprints: how many, at least one
 *
 * May come before, during or after the handshake. Until it came, a complete handshake
 * stays in %TEGATA_STATE_AWAITING_FINGERPRINT, without a deadline. A set that does not
 * match a peer whose handshake is complete ends the session: where a new description
 * brings other fingerprints, ask tegata_sdp_is_new_association(), and make a new session
 * for them. Ignored at the end of a session. Poll afterwards.
 */
TEGATA_API void
tegata_session_set_peer_fingerprints (TegataSession *self,
                                      TegataFingerprint *const *fingerprints,
                                      gsize n_fingerprints);

/**
 * tegata_session_set_user_data:
 * @self: a session
 * @data: (nullable): the caller's own: a call, a user, a socket
 * @destroy: (nullable): frees @data when it is replaced or the session is freed; it may
 * not call the session
 *
 * On the network thread. Never looked at here.
 */
TEGATA_API void
tegata_session_set_user_data (TegataSession *self, gpointer data, GDestroyNotify destroy);

/**
 * tegata_session_get_user_data:
 *
 * Returns: (transfer none) (nullable): what was set
 */
TEGATA_API gpointer tegata_session_get_user_data (TegataSession *self);

/**
 * tegata_session_set_rtt_us:
 *
 * As tegata_dtls_set_rtt_us().
 */
TEGATA_API void tegata_session_set_rtt_us (TegataSession *self, gint64 rtt_us);

/**
 * tegata_session_set_resumption_name:
 *
 * As tegata_dtls_set_resumption_name(), before the start.
 */
TEGATA_API void
tegata_session_set_resumption_name (TegataSession *self, const char *name);

/**
 * tegata_session_start:
 * @self: a session in %TEGATA_STATE_NEW
 * @role: client or server
 * @now_us: the time
 * @error: return location for an error
 *
 * Any other state is a programmer's error. The handshake timeout runs from here, for a
 * server too: who waits for strangers on a bare socket wants a #TegataListener.
 *
 * Returns: %FALSE with %TEGATA_ERROR_UNSUPPORTED or %TEGATA_ERROR_FAILED, as
 * tegata_dtls_new() has it; the session is then still NEW. Poll afterwards.
 */
TEGATA_API gboolean tegata_session_start (TegataSession *self,
                                          TegataRole role,
                                          gint64 now_us,
                                          GError **error);

/**
 * TegataReceived:
 * @TEGATA_RECEIVED_NOTHING: consumed, held or refused; nothing for the application
 * @TEGATA_RECEIVED_RTP: the buffer now holds a plain RTP packet
 * @TEGATA_RECEIVED_RTCP: the buffer now holds a plain compound RTCP packet
 *
 * What tegata_session_handle_datagram() left in the caller's buffer.
 */
typedef enum
{
  TEGATA_RECEIVED_NOTHING,
  TEGATA_RECEIVED_RTP,
  TEGATA_RECEIVED_RTCP,
} TegataReceived;

/**
 * tegata_session_handle_datagram:
 * @self: a session
 * @peer: (nullable): where it came from; %NULL where the caller vouches for the path
 * @bytes: (inout) (array length=len): a datagram, in the caller's own buffer, which may
 * be written: media is unprotected in place, without a copy
 * @len: (inout): its length in bytes; with media, the plain packet's
 * @now_us: the time; only DTLS looks at it, so 0 will do for media
 *
 * Classifies a datagram once and hands it on. Noise is never an error: it is counted.
 * Poll afterwards: while early media waits to be polled, later media waits behind it.
 *
 * Returns: what the buffer holds now
 */
TEGATA_API TegataReceived tegata_session_handle_datagram (TegataSession *self,
                                                          const TegataAddress *peer,
                                                          guint8 *bytes,
                                                          gsize *len,
                                                          gint64 now_us);

/**
 * tegata_session_handle_deadline:
 *
 * As tegata_dtls_handle_deadline().
 */
TEGATA_API void tegata_session_handle_deadline (TegataSession *self, gint64 now_us);

/**
 * tegata_session_deadline_us:
 *
 * As tegata_dtls_deadline_us().
 */
TEGATA_API gint64 tegata_session_deadline_us (TegataSession *self);

/**
 * tegata_session_poll:
 * @self: a session
 * @output: (inout): the caller's buffer in, an output out
 *
 * Outputs come in this order: datagrams; a state up to %TEGATA_STATE_CONNECTED; data; a
 * state that is the end, so behind its alert; media that was held.
 *
 * Returns: @output's kind; call again until it is %TEGATA_OUTPUT_NONE
 */
TEGATA_API TegataOutputKind tegata_session_poll (TegataSession *self,
                                                 TegataOutput *output);

/**
 * tegata_session_send_rtp:
 * @self: a session
 * @in: (array length=in_len): a plain RTP packet
 * @in_len: its length in bytes
 * @out: (array length=out_size): where the SRTP packet goes, ready to be sent to the
 * peer; may be
 *   @in itself
 * @out_size: room in @out: @in_len and %TEGATA_SRTP_MAX_OVERHEAD always suffice
 * @out_len: (out): length of the SRTP packet; untouched unless OK
 *
 * One thread, which need not be the network's.
 *
 * Returns: the outcome; %TEGATA_SRTP_NO_KEYS unless the session is
 * %TEGATA_STATE_CONNECTED with a profile
 */
TEGATA_API TegataSrtpOutcome tegata_session_send_rtp (TegataSession *self,
                                                      const guint8 *in,
                                                      gsize in_len,
                                                      guint8 *out,
                                                      gsize out_size,
                                                      gsize *out_len);

/**
 * tegata_session_send_rtcp:
 *
 * As tegata_session_send_rtp(), on the same thread as it.
 */
TEGATA_API TegataSrtpOutcome tegata_session_send_rtcp (TegataSession *self,
                                                       const guint8 *in,
                                                       gsize in_len,
                                                       guint8 *out,
                                                       gsize out_size,
                                                       gsize *out_len);

/**
 * tegata_session_send_data:
 *
 * As tegata_dtls_send_data(), on the network thread.
 */
TEGATA_API gboolean tegata_session_send_data (TegataSession *self,
                                              const guint8 *bytes,
                                              gsize len,
                                              GError **error);

/**
 * tegata_session_get_max_data_len:
 *
 * As tegata_dtls_get_max_data_len().
 */
TEGATA_API gsize tegata_session_get_max_data_len (TegataSession *self);

/**
 * tegata_session_close:
 *
 * As tegata_dtls_close(); media stops in both directions at once.
 */
TEGATA_API void tegata_session_close (TegataSession *self);

/**
 * tegata_session_get_state:
 *
 * Returns: where it is now, told by a %TEGATA_OUTPUT_STATE or not. Network thread
 */
TEGATA_API TegataState tegata_session_get_state (TegataSession *self);

/**
 * tegata_session_get_error:
 *
 * Returns: (transfer none) (nullable): why it is %TEGATA_STATE_FAILED
 */
TEGATA_API const GError *tegata_session_get_error (TegataSession *self);

/**
 * tegata_session_get_peer:
 * @self: a session
 * @peer: (out caller-allocates): where the peer is
 *
 * Returns: whether it is known. Network thread
 */
TEGATA_API gboolean tegata_session_get_peer (TegataSession *self, TegataAddress *peer);

/**
 * tegata_session_get_peer_certificate:
 *
 * Returns: (transfer none) (nullable): as tegata_dtls_get_peer_certificate()
 */
TEGATA_API TegataCertificate *tegata_session_get_peer_certificate (TegataSession *self);

/**
 * tegata_session_get_dtls: (skip)
 *
 * Returns: (transfer none) (nullable): the association, to be read only; %NULL before the
 * start. Network thread
 */
TEGATA_API TegataDtls *tegata_session_get_dtls (TegataSession *self);

/**
 * tegata_session_get_srtp: (skip)
 * @self: a session
 * @direction: which one
 *
 * For its roll-over counters and statistics; packets go through the session, which knows
 * whether they may.
 *
 * Returns: (transfer none) (nullable): that direction's SRTP; %NULL until
 * %TEGATA_STATE_CONNECTED, and without an SRTP profile. The outbound one belongs to the
 * sending thread
 */
TEGATA_API TegataSrtp *
tegata_session_get_srtp (TegataSession *self, TegataSrtpDirection direction);

/**
 * TegataSessionStats:
 * @dtls_state: as W3C RTCTransportStats.dtlsState: "new", "connecting" (also where only
 * the fingerprint is missing), "connected", "closed", "failed"
 * @dtls_role: dtlsRole: "client", "server", or "unknown" before the start
 * @tls_version: tlsVersion: "FEFD" for DTLS 1.2; %NULL before it is negotiated
 * @dtls_cipher: dtlsCipher, by IANA name; %NULL before
 * @srtp_cipher: srtpCipher, by registered name; %NULL before, and for data only
 * @packets_sent: packetsSent: datagrams of ours, DTLS and media
 * @packets_received: packetsReceived: datagrams that were handed in
 * @bytes_sent: bytesSent: bytes of UDP payload in them
 * @bytes_received: bytesReceived
 * @dtls: the handshake's own counts
 * @inbound: SRTP received, by outcome
 * @outbound: SRTP sent, by outcome
 * @refused: datagrams refused before they reached DTLS or SRTP, indexed by
 * #TegataRefusal, and what DTLS refused
 * @held_media: early SRTP packets that were ever held
 * @held_hellos: early DTLS datagrams that were ever held
 *
 * The members of RTCTransportStats (W3C webrtc-stats) under their own names, and ours.
 * Strings are static or live as long as the session.
 */
typedef struct
{
  const char *dtls_state;
  const char *dtls_role;
  const char *tls_version;
  const char *dtls_cipher;
  const char *srtp_cipher;
  guint64 packets_sent;
  guint64 packets_received;
  guint64 bytes_sent;
  guint64 bytes_received;
  TegataDtlsStats dtls;
  TegataSrtpStats inbound;
  TegataSrtpStats outbound;
  guint64 refused[TEGATA_N_REFUSALS];
  guint64 held_media;
  guint64 held_hellos;
} TegataSessionStats;

/**
 * tegata_session_get_stats:
 * @self: a session
 * @stats: (out caller-allocates): the counts so far
 *
 * On the network thread.
 */
TEGATA_API void tegata_session_get_stats (TegataSession *self, TegataSessionStats *stats);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TegataSession, tegata_session_free)

G_END_DECLS
