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
 * It owns its sessions: tegata_listener_remove() frees one. They are servers, started.
 */
typedef struct _TegataListener TegataListener;

/** TEGATA_LISTENER_DEFAULT_MAX_SESSIONS: sessions that a listener has at most, unless it
 * is told */
#define TEGATA_LISTENER_DEFAULT_MAX_SESSIONS 4096

/**
 * tegata_listener_new:
 * @context: what the sessions share; sealed by this
 * @error: return location for an error
 *
 * Returns: (transfer full) (nullable): a listener, or %NULL with
 * %TEGATA_ERROR_UNSUPPORTED (the engine cannot serve with this certificate)
 */
TEGATA_API TegataListener *tegata_listener_new (TegataContext *context, GError **error);
TEGATA_API void tegata_listener_free (TegataListener *self);

/**
 * tegata_listener_set_max_sessions:
 * @self: a listener
 * @max_sessions: how many sessions there may be at once; further sources are refused
 * until one is removed
 */
TEGATA_API void
tegata_listener_set_max_sessions (TegataListener *self, guint max_sessions);

/**
 * tegata_listener_handle_datagram:
 * @self: a listener
 * @peer: where it came from
 * @bytes: (inout) (array length=len): a datagram in the caller's own buffer; media is
 * unprotected in place
 * @len: (inout): its length in bytes; with media, the plain packet's
 * @now_us: the time
 * @session: (out) (nullable) (transfer none): whose it is; %NULL for a source without a
 * session
 *
 * Returns: what the buffer holds now. Poll afterwards.
 */
TEGATA_API TegataReceived tegata_listener_handle_datagram (TegataListener *self,
                                                           const TegataAddress *peer,
                                                           guint8 *bytes,
                                                           gsize *len,
                                                           gint64 now_us,
                                                           TegataSession **session);

/** tegata_listener_handle_deadline: for all sessions whose deadline has come */
TEGATA_API void tegata_listener_handle_deadline (TegataListener *self, gint64 now_us);

/** tegata_listener_deadline_us: the earliest deadline of its sessions, or -1 */
TEGATA_API gint64 tegata_listener_deadline_us (TegataListener *self);

/**
 * tegata_listener_poll:
 * @self: a listener
 * @output: (inout): the caller's buffer in, an output out
 * @session: (out) (nullable) (transfer none): whose it is; %NULL for an answer to a
 * source without a session
 *
 * A new session is told by %TEGATA_OUTPUT_ACCEPTED before any other output of it: the
 * moment to give it its peer's fingerprints. What was called on a session directly
 * (send_data, close, set_peer_fingerprints) has its outputs here too.
 *
 * Returns: @output's kind; call again until it is %TEGATA_OUTPUT_NONE
 */
TEGATA_API TegataOutputKind tegata_listener_poll (TegataListener *self,
                                                  TegataOutput *output,
                                                  TegataSession **session);

/**
 * tegata_listener_remove:
 * @self: a listener
 * @session: (transfer full): one of its sessions; freed, without a word to its peer
 */
TEGATA_API void tegata_listener_remove (TegataListener *self, TegataSession *session);

/**
 * TegataListenerStats:
 * @sessions: how many there are now
 * @accepted: how many there ever were
 * @cookies_sent: HelloVerifyRequests sent
 * @refused: datagrams of sources without a session that were refused, indexed by
 * #TegataRefusal
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
