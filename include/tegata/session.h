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
 * Threads: tegata_session_send_rtp(), tegata_session_send_rtcp() and the getters that say
 * so may be called by one other (media) thread while the network thread calls the rest.
 * Nobody may call anything while it is freed.
 */
typedef struct _TegataSession TegataSession;

/**
 * tegata_session_new:
 * @context: what it shares with others; sealed by this
 *
 * The role may be unknown yet (an offer of a=setup:actpass): it is given to
 * tegata_session_start(). What comes before that is held: a ClientHello of up to four
 * datagrams.
 *
 * Returns: (transfer full): a session in %TEGATA_STATE_NEW
 */
TEGATA_API TegataSession *tegata_session_new (TegataContext *context);
TEGATA_API void tegata_session_free (TegataSession *self);

/**
 * tegata_session_set_peer:
 * @self: a session
 * @peer: where the peer is
 *
 * Outputs go there from now on, and datagrams from elsewhere are refused. With ICE the
 * selected pair may change this at any time. Without it, outputs carry an empty address
 * (the caller knows the way), or, for a server, the address of the first ClientHello that
 * was accepted, which from then on is the peer's.
 */
TEGATA_API void tegata_session_set_peer (TegataSession *self, const TegataAddress *peer);

/**
 * tegata_session_set_peer_fingerprints:
 * @self: a session
 * @fingerprints: (array length=n_fingerprints): what signalling named
 * @n_fingerprints: how many, at least one
 *
 * As tegata_dtls_set_peer_fingerprints(). Poll afterwards.
 */
TEGATA_API void
tegata_session_set_peer_fingerprints (TegataSession *self,
                                      TegataFingerprint *const *fingerprints,
                                      gsize n_fingerprints);

/** tegata_session_set_rtt_us: as tegata_dtls_set_rtt_us() */
TEGATA_API void tegata_session_set_rtt_us (TegataSession *self, gint64 rtt_us);

/** tegata_session_set_resumption_name: as tegata_dtls_set_resumption_name(), before the
 * start */
TEGATA_API void
tegata_session_set_resumption_name (TegataSession *self, const char *name);

/**
 * tegata_session_start:
 * @self: a session in %TEGATA_STATE_NEW
 * @role: client or server
 * @now_us: the time
 * @error: return location for an error
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
 * @now_us: the time
 *
 * Classifies a datagram once and hands it on. Noise is never an error: it is counted.
 * Poll afterwards.
 *
 * Returns: what the buffer holds now
 */
TEGATA_API TegataReceived tegata_session_handle_datagram (TegataSession *self,
                                                          const TegataAddress *peer,
                                                          guint8 *bytes,
                                                          gsize *len,
                                                          gint64 now_us);

/** tegata_session_handle_deadline: as tegata_dtls_handle_deadline() */
TEGATA_API void tegata_session_handle_deadline (TegataSession *self, gint64 now_us);

/** tegata_session_deadline_us: as tegata_dtls_deadline_us() */
TEGATA_API gint64 tegata_session_deadline_us (TegataSession *self);

/**
 * tegata_session_poll:
 * @self: a session
 * @output: (inout): the caller's buffer in, an output out
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

/** tegata_session_send_rtcp: as tegata_session_send_rtp(), on the same thread as it */
TEGATA_API TegataSrtpOutcome tegata_session_send_rtcp (TegataSession *self,
                                                       const guint8 *in,
                                                       gsize in_len,
                                                       guint8 *out,
                                                       gsize out_size,
                                                       gsize *out_len);

/** tegata_session_send_data: as tegata_dtls_send_data(), on the network thread */
TEGATA_API gboolean tegata_session_send_data (TegataSession *self,
                                              const guint8 *bytes,
                                              gsize len,
                                              GError **error);

/** tegata_session_get_max_data_len: as tegata_dtls_get_max_data_len() */
TEGATA_API gsize tegata_session_get_max_data_len (TegataSession *self);

/** tegata_session_close: as tegata_dtls_close(); media stops in both directions at once
 */
TEGATA_API void tegata_session_close (TegataSession *self);

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
 * Returns: whether it is known
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
 * start
 */
TEGATA_API TegataDtls *tegata_session_get_dtls (TegataSession *self);

/**
 * tegata_session_get_srtp: (skip)
 * @self: a session
 * @direction: which one
 *
 * Returns: (transfer none) (nullable): that direction's SRTP (roll-over counters,
 * statistics); %NULL before %TEGATA_STATE_CONNECTED. The outbound one belongs to the
 * sending thread
 */
TEGATA_API TegataSrtp *
tegata_session_get_srtp (TegataSession *self, TegataSrtpDirection direction);

/**
 * TegataSessionStats:
 * @dtls_state: as W3C RTCTransportStats.dtlsState: "new", "connecting", "connected",
 * "closed", "failed"
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
 * @held_media: early SRTP packets held so far
 * @held_hellos: early DTLS datagrams held so far
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
