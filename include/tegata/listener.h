/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <tegata/session.h>

G_BEGIN_DECLS

/**
 * TegataListener:
 *
 * The server's side of one bare UDP socket: many sources, of which most may be noise. A
 * source gets a #TegataSession once it proved by a cookie that it receives at its address
 * (RFC 6347 section 4.2.1); until then nothing is kept of it. Sans-I/O, with the same
 * contract as a session: datagrams and the time go in, the outputs of all its sessions
 * are polled here. One thread, media excepted as for sessions.
 *
 * It owns its sessions, which are servers, started, with their peer set. What may be
 * called on one is: tegata_session_set_peer_fingerprints(), _set_rtt_us(),
 * _set_user_data(), _send_rtp(), _send_rtcp(), _send_data(), _close() and the getters.
 * Never call tegata_session_free(), _start(), _set_peer(), _handle_datagram(),
 * _handle_deadline() or _poll() on one: the listener does, and an output that was polled
 * behind its back is lost to it.
 *
 * The end of a session: first its last datagrams are polled (an alert, a close_notify),
 * then the %TEGATA_OUTPUT_STATE that tells %TEGATA_STATE_CLOSED or %TEGATA_STATE_FAILED.
 * It owns its address no longer, so that the client may come again, but it stays, and
 * counts towards the maximum of sessions, until tegata_listener_remove(). Remove it once
 * tegata_listener_poll() said %TEGATA_OUTPUT_NONE; what was not polled is lost. To end a
 * session politely: tegata_session_close(), poll until %TEGATA_OUTPUT_NONE, remove.
 *
 * Whose certificate: a server that knows who calls sets the fingerprints when it is told
 * of %TEGATA_OUTPUT_ACCEPTED. One that does not know leaves them out, looks
 * tegata_session_get_peer_certificate() up among its users in
 * %TEGATA_STATE_AWAITING_FINGERPRINT, and then sets that user's fingerprint, or closes
 * the session. That state has no deadline: who waits for signalling removes those
 * sessions for which it never comes.
 *
 * How many: allow for more than the peers that are expected, even for one. A client that
 * refuses our certificate says so in the clear, which anybody can forge, so that its
 * session is %TEGATA_STATE_CONNECTING until the handshake timeout; and who comes back
 * needs a second session for a moment.
 *
 * Who comes back (RFC 6347 section 4.2.8): a client that crashed, and begins anew from
 * the same address and port while its old session is %TEGATA_STATE_CONNECTED or
 * %TEGATA_STATE_AWAITING_FINGERPRINT, is asked for a cookie like a stranger and then
 * gets a second session, the old one's successor: one at a time, told by
 * %TEGATA_OUTPUT_ACCEPTED like any other. Media from the address is the old session's
 * until the successor is %TEGATA_STATE_CONNECTED. It then owns the address, and the old
 * session is %TEGATA_STATE_CLOSED, which is told before the successor's
 * %TEGATA_STATE_CONNECTED; it sends no close_notify, for its client has forgotten its
 * keys. A successor that fails, or is closed or removed, leaves the old session
 * as it was. Who comes back while the last try still handshakes has to wait until that
 * one connects or times out, or, where it awaits its fingerprint, is removed. Expect the
 * same certificate of a successor as of the session before: whoever can read what is sent
 * to an address can begin a handshake in its name.
 *
 * Without cookies (%TEGATA_COOKIES_NEVER) the first fragment of any ClientHello makes a
 * session for its source, so that memory is had for forged addresses, up to the maximum;
 * and nobody has a successor: a client that comes back has to wait until the old session
 * was closed or removed.
 */
typedef struct _TegataListener TegataListener;

/**
 * TEGATA_LISTENER_DEFAULT_MAX_SESSIONS:
 *
 * Sessions that a listener has at most, unless it is told.
 */
#define TEGATA_LISTENER_DEFAULT_MAX_SESSIONS 4096

/**
 * tegata_listener_new:
 * @context: (transfer none): what the sessions share; referenced, and sealed by this
 * @error: return location for an error
 *
 * Returns: (transfer full) (nullable): a listener, or %NULL with
 * %TEGATA_ERROR_UNSUPPORTED (the engine cannot serve with this certificate)
 */
TEGATA_API TegataListener *tegata_listener_new (TegataContext *context, GError **error);

/**
 * tegata_listener_free:
 *
 * Frees its sessions too, without a word to their peers.
 */
TEGATA_API void tegata_listener_free (TegataListener *self);

/**
 * tegata_listener_set_max_sessions:
 * @self: a listener
 * @max_sessions: how many sessions there may be at once, those that have ended included
 *
 * A full listener goes on to answer ClientHellos by cookies, which costs nothing, and
 * refuses who shows one, as %TEGATA_REFUSED_OVERFLOW, until a session is removed. No
 * session is ended where there are more than @max_sessions already.
 */
TEGATA_API void
tegata_listener_set_max_sessions (TegataListener *self, guint max_sessions);

/**
 * tegata_listener_handle_datagram:
 * @self: a listener
 * @peer: where it came from; copied
 * @bytes: (inout) (array length=len): a datagram in the caller's own buffer; media is
 * unprotected in place
 * @len: (inout): its length in bytes; with media, the plain packet's
 * @now_us: the time
 * @session: (out) (nullable) (transfer none): whose it is; %NULL for a source without a
 * session. What may be of two sessions at one address is the successor's here. Not
 * optional
 *
 * Media is unprotected at once and is not polled, but for what came before it could be
 * read. Noise is never an error: it is counted, here or by the session.
 *
 * Returns: what the buffer holds now. Poll afterwards.
 */
TEGATA_API TegataReceived tegata_listener_handle_datagram (TegataListener *self,
                                                           const TegataAddress *peer,
                                                           guint8 *bytes,
                                                           gsize *len,
                                                           gint64 now_us,
                                                           TegataSession **session);

/**
 * tegata_listener_handle_deadline:
 *
 * For all sessions whose deadline has come.
 */
TEGATA_API void tegata_listener_handle_deadline (TegataListener *self, gint64 now_us);

/**
 * tegata_listener_deadline_us:
 *
 * The earliest deadline of its sessions, or -1.
 */
TEGATA_API gint64 tegata_listener_deadline_us (TegataListener *self);

/**
 * tegata_listener_poll:
 * @self: a listener
 * @output: (inout): the caller's buffer in, an output out
 * @session: (out) (nullable) (transfer none): whose it is; %NULL for an answer to a
 * source without a session, which asks for a cookie. Not optional
 *
 * A new session is told by %TEGATA_OUTPUT_ACCEPTED before any other output of it, with
 * its source in @output's peer: the moment to give it its peer's fingerprints and
 * tegata_session_set_user_data(). Answers to sources without a session come first; of
 * each session its datagrams come before the state of its end. What was called on a
 * session directly (send_data, close, set_peer_fingerprints) has its outputs here too.
 *
 * Returns: @output's kind; call again until it is %TEGATA_OUTPUT_NONE
 */
TEGATA_API TegataOutputKind tegata_listener_poll (TegataListener *self,
                                                  TegataOutput *output,
                                                  TegataSession **session);

/**
 * tegata_listener_lookup:
 * @self: a listener
 * @address: where a peer is
 *
 * Returns: (transfer none) (nullable): the session that owns @address now: never one that
 * has ended, nor a successor while the old session lives
 */
TEGATA_API TegataSession *
tegata_listener_lookup (TegataListener *self, const TegataAddress *address);

/**
 * tegata_listener_get_sessions:
 * @self: a listener
 *
 * Those that have ended, and those that %TEGATA_OUTPUT_ACCEPTED has not told of yet, are
 * among them. The array is a copy, so sessions may be removed while it is walked.
 *
 * Returns: (transfer container) (element-type TegataSession): all sessions, in no order;
 * free it with g_ptr_array_unref()
 */
TEGATA_API GPtrArray *tegata_listener_get_sessions (TegataListener *self);

/**
 * tegata_listener_remove:
 * @self: a listener
 * @session: (transfer none): one of its sessions, in any state; freed by this, without a
 * word to its peer
 *
 * Outputs of it that were not polled are lost. Its media thread, where it has one, must
 * have left it.
 */
TEGATA_API void tegata_listener_remove (TegataListener *self, TegataSession *session);

/**
 * TegataListenerStats:
 * @sessions: how many there are now
 * @accepted: how many there ever were
 * @cookies_sent: HelloVerifyRequests sent
 * @refused: datagrams that were refused, of sources without a session, and ClientHellos
 * of those who come back, indexed by #TegataRefusal
 */
typedef struct
{
  guint sessions;
  guint64 accepted;
  guint64 cookies_sent;
  guint64 refused[TEGATA_N_REFUSALS];
} TegataListenerStats;

TEGATA_API void
tegata_listener_get_stats (TegataListener *self, TegataListenerStats *stats);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TegataListener, tegata_listener_free)

G_END_DECLS
