/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <tegata/context.h>
#include <tegata/fingerprint.h>

G_BEGIN_DECLS

/**
 * TegataRole:
 * @TEGATA_ROLE_CLIENT: sends the ClientHello: a=setup:active
 * @TEGATA_ROLE_SERVER: waits for it: a=setup:passive
 */
typedef enum
{
  TEGATA_ROLE_CLIENT,
  TEGATA_ROLE_SERVER,
} TegataRole;

/**
 * TegataState:
 * @TEGATA_STATE_NEW: not started
 * @TEGATA_STATE_CONNECTING: the handshake is under way
 * @TEGATA_STATE_AWAITING_FINGERPRINT: the handshake is complete, and signalling has not
 * yet said whose certificate it should be: no key and no data passes in either direction.
 * No deadline ends it: an answer may take as long as somebody lets the telephone ring.
 * Who gives up waiting closes it. A server that does not know who calls looks the peer's
 * certificate up here, and then names its fingerprint
 * @TEGATA_STATE_CONNECTED: the fingerprint matched; data flows, and media where an SRTP
 * profile was negotiated
 * @TEGATA_STATE_CLOSED: closed by this side or by the peer
 * @TEGATA_STATE_FAILED: ended by an error
 *
 * The states of an association, in order; the last two are final.
 */
typedef enum
{
  TEGATA_STATE_NEW,
  TEGATA_STATE_CONNECTING,
  TEGATA_STATE_AWAITING_FINGERPRINT,
  TEGATA_STATE_CONNECTED,
  TEGATA_STATE_CLOSED,
  TEGATA_STATE_FAILED,
} TegataState;

/**
 * tegata_state_to_string:
 * @state: a state
 *
 * Returns: (transfer none): "new", "connecting", "awaiting-fingerprint", "connected",
 * "closed", "failed"
 */
TEGATA_API const char *tegata_state_to_string (TegataState state);

/**
 * TEGATA_ADDRESS_MAX_LEN:
 *
 * Bytes of an address at most; a sockaddr_in6 has 28.
 */
#define TEGATA_ADDRESS_MAX_LEN 31

/**
 * TegataAddress:
 * @len: how many of @bytes are used; 0 is the address of nobody in particular
 * @bytes: opaque
 *
 * Where a datagram comes from or goes to. Compared and hashed as bytes, never
 * interpreted: whoever puts a sockaddr in clears what the kernel leaves undefined
 * (sin_zero, flow labels).
 */
typedef struct
{
  guint8 len;
  guint8 bytes[TEGATA_ADDRESS_MAX_LEN];
} TegataAddress;

/**
 * tegata_address_init:
 * @self: (out caller-allocates): an address
 * @bytes: (array length=len) (element-type guint8): what it is
 * @len: 0 to %TEGATA_ADDRESS_MAX_LEN
 */
TEGATA_API void tegata_address_init (TegataAddress *self, gconstpointer bytes, gsize len);

/**
 * tegata_address_equal:
 *
 * For hash tables: whether both are the same, byte for byte.
 */
TEGATA_API gboolean tegata_address_equal (gconstpointer a, gconstpointer b);
/**
 * tegata_address_hash:
 *
 * For hash tables.
 */
TEGATA_API guint tegata_address_hash (gconstpointer address);

/**
 * TegataRefusal:
 * @TEGATA_REFUSED_UNKNOWN: neither DTLS nor SRTP, by its first byte (RFC 7983)
 * @TEGATA_REFUSED_SOURCE: from another address than the peer's
 * @TEGATA_REFUSED_RECORD: not a well-formed DTLS record, or of a version or type that is
 * not spoken (RFC 6347 section 4.1.2.7)
 * @TEGATA_REFUSED_HANDSHAKE: a handshake message that cannot be the peer's now: its type,
 * order, length or fragment
 * @TEGATA_REFUSED_ALERT: an alert that is not authenticated
 * @TEGATA_REFUSED_COOKIE: a ClientHello without a valid cookie, answered by a
 * HelloVerifyRequest
 * @TEGATA_REFUSED_HELLO: a ClientHello that the engine could not accept
 * @TEGATA_REFUSED_DATA: application data before there is a key for it
 * @TEGATA_REFUSED_OVERFLOW: a queue was full
 * @TEGATA_REFUSED_ENDED: the association is closed or failed
 *
 * Why a datagram, or a record in it, was refused. It is counted and dropped; the
 * association goes on.
 */
typedef enum
{
  TEGATA_REFUSED_UNKNOWN,
  TEGATA_REFUSED_SOURCE,
  TEGATA_REFUSED_RECORD,
  TEGATA_REFUSED_HANDSHAKE,
  TEGATA_REFUSED_ALERT,
  TEGATA_REFUSED_COOKIE,
  TEGATA_REFUSED_HELLO,
  TEGATA_REFUSED_DATA,
  TEGATA_REFUSED_OVERFLOW,
  TEGATA_REFUSED_ENDED,
} TegataRefusal;

/**
 * TEGATA_N_REFUSALS:
 *
 * How many reasons there are.
 */
#define TEGATA_N_REFUSALS (TEGATA_REFUSED_ENDED + 1)

/**
 * tegata_refusal_to_string:
 * @refusal: a reason
 *
 * Returns: (transfer none): a word for logs and statistics ("source", "record", ...)
 */
TEGATA_API const char *tegata_refusal_to_string (TegataRefusal refusal);

/**
 * TegataOutputKind:
 * @TEGATA_OUTPUT_NONE: nothing more for now
 * @TEGATA_OUTPUT_DATAGRAM: send @bytes to @peer
 * @TEGATA_OUTPUT_DATA: application data from the peer
 * @TEGATA_OUTPUT_RTP: an early RTP packet that was held, now plain (sessions only)
 * @TEGATA_OUTPUT_RTCP: likewise RTCP
 * @TEGATA_OUTPUT_STATE: the state is now @state
 * @TEGATA_OUTPUT_ACCEPTED: a listener has a new session (listeners only)
 */
typedef enum
{
  TEGATA_OUTPUT_NONE,
  TEGATA_OUTPUT_DATAGRAM,
  TEGATA_OUTPUT_DATA,
  TEGATA_OUTPUT_RTP,
  TEGATA_OUTPUT_RTCP,
  TEGATA_OUTPUT_STATE,
  TEGATA_OUTPUT_ACCEPTED,
} TegataOutputKind;

/**
 * TEGATA_OUTPUT_SIZE:
 *
 * Room, in bytes, that the buffer of an output must have.
 */
#define TEGATA_OUTPUT_SIZE 16640

/**
 * TegataOutput:
 * @buffer: (in): the caller's buffer
 * @size: (in): its size in bytes, at least %TEGATA_OUTPUT_SIZE
 * @kind: (out): what this is
 * @len: (out): how many bytes were written to @buffer; 0 where @kind has none
 * @peer: (out): where a datagram goes: to the peer that was set, or for a server that was
 * told none to the source of the ClientHello that it took; its length is 0 where neither
 * is known, as for a client: the caller knows the way. For %TEGATA_OUTPUT_ACCEPTED the
 * source
 * @state: (out): for %TEGATA_OUTPUT_STATE
 *
 * What tegata_dtls_poll(), tegata_session_poll() and tegata_listener_poll() fill in. It
 * is the caller's own: nothing in it is borrowed. The state of the end comes behind the
 * last datagram (an alert, a close_notify) and the last data.
 */
typedef struct
{
  guint8 *buffer;
  gsize size;
  TegataOutputKind kind;
  gsize len;
  TegataAddress peer;
  TegataState state;
} TegataOutput;

/**
 * TegataDtls: (skip)
 *
 * One DTLS association, sans-I/O. It does no I/O, reads no clock, starts no thread and
 * calls nobody: datagrams and the time go in, outputs are polled. One thread at a time.
 *
 * @now_us, here and everywhere, is a monotonic time in microseconds, 0 or more, whose
 * zero is the caller's choice; it never goes back.
 */
typedef struct _TegataDtls TegataDtls;

/**
 * tegata_dtls_new: (skip)
 * @context: what it shares with others; sealed by this
 * @role: client or server
 * @error: return location for an error
 *
 * Returns: (transfer full) (nullable): an association in %TEGATA_STATE_NEW, or %NULL with
 * %TEGATA_ERROR_UNSUPPORTED (the engine cannot serve with this certificate) or
 * %TEGATA_ERROR_FAILED
 */
TEGATA_API TegataDtls *
tegata_dtls_new (TegataContext *context, TegataRole role, GError **error);

/**
 * tegata_dtls_free: (skip)
 *
 * Sends nothing: tegata_dtls_close() and poll first.
 */
TEGATA_API void tegata_dtls_free (TegataDtls *self);

/**
 * tegata_dtls_set_peer_fingerprints: (skip)
 * @self: an association
 * @fingerprints: (array length=n_fingerprints): what signalling named; copied (by
 * reference)
 * @n_fingerprints: how many, at least one
 *
 * May come before, during or after the handshake, and again with a new description. Where
 * the peer has proved to have the key of a certificate that does not match, the
 * association fails now; during the handshake it fails as soon as the peer has. Ignored
 * at the end of an association.
 */
TEGATA_API void tegata_dtls_set_peer_fingerprints (TegataDtls *self,
                                                   TegataFingerprint *const *fingerprints,
                                                   gsize n_fingerprints);

/**
 * tegata_dtls_set_rtt_us: (skip)
 * @self: an association
 * @rtt_us: round-trip time in microseconds, from ICE or the like; -1 for unknown, the
 * default
 *
 * The first retransmission timeout is then RTT + max (20 ms, RTT / 4), else 100 ms.
 */
TEGATA_API void tegata_dtls_set_rtt_us (TegataDtls *self, gint64 rtt_us);

/**
 * tegata_dtls_set_resumption_name: (skip)
 * @self: a client that was not started
 * @name: (nullable): under which name its session is kept and looked up in the context;
 *   %NULL, the default, for neither
 */
TEGATA_API void tegata_dtls_set_resumption_name (TegataDtls *self, const char *name);

/**
 * tegata_dtls_start: (skip)
 * @self: an association in %TEGATA_STATE_NEW
 * @now_us: the time
 *
 * A client's first flight is ready to be polled; a server accepts ClientHellos from now
 * on. The handshake timeout runs from here.
 */
TEGATA_API void tegata_dtls_start (TegataDtls *self, gint64 now_us);

/**
 * tegata_dtls_handle_datagram: (skip)
 * @self: an association
 * @peer: (nullable): where it came from; %NULL where the caller vouches for the path
 * (ICE)
 * @bytes: (array length=len): a datagram; not kept
 * @len: its length in bytes
 * @now_us: the time
 *
 * Never fails: what cannot be used is counted. Poll afterwards.
 */
TEGATA_API void tegata_dtls_handle_datagram (TegataDtls *self,
                                             const TegataAddress *peer,
                                             const guint8 *bytes,
                                             gsize len,
                                             gint64 now_us);

/**
 * tegata_dtls_handle_deadline: (skip)
 * @self: an association
 * @now_us: the time
 *
 * To be called when tegata_dtls_deadline_us() has come; before, it does nothing. Poll
 * afterwards.
 */
TEGATA_API void tegata_dtls_handle_deadline (TegataDtls *self, gint64 now_us);

/**
 * tegata_dtls_deadline_us: (skip)
 *
 * Returns: when tegata_dtls_handle_deadline() is due, or -1 for never
 */
TEGATA_API gint64 tegata_dtls_deadline_us (TegataDtls *self);

/**
 * tegata_dtls_poll: (skip)
 * @self: an association
 * @output: (inout): the caller's buffer in, an output out
 *
 * Returns: @output's kind; call again until it is %TEGATA_OUTPUT_NONE
 */
TEGATA_API TegataOutputKind tegata_dtls_poll (TegataDtls *self, TegataOutput *output);

/**
 * tegata_dtls_send_data: (skip)
 * @self: an association
 * @bytes: (array length=len): application data: one datagram's worth
 * @len: its length in bytes, at least 1, at most tegata_dtls_get_max_data_len()
 * @error: return location for an error
 *
 * Returns: %FALSE with %TEGATA_ERROR_NOT_CONNECTED or %TEGATA_ERROR_TOO_BIG. Poll
 * afterwards.
 */
TEGATA_API gboolean tegata_dtls_send_data (TegataDtls *self,
                                           const guint8 *bytes,
                                           gsize len,
                                           GError **error);

/**
 * tegata_dtls_get_max_data_len: (skip)
 *
 * Returns: bytes of application data that fit a datagram of the MTU; 0 before
 * %TEGATA_STATE_CONNECTED
 */
TEGATA_API gsize tegata_dtls_get_max_data_len (TegataDtls *self);

/**
 * tegata_dtls_close: (skip)
 *
 * Sends close_notify where there is somebody to tell, and goes to %TEGATA_STATE_CLOSED;
 * does nothing at the end of an association. Poll afterwards.
 */
TEGATA_API void tegata_dtls_close (TegataDtls *self);

/**
 * tegata_dtls_get_state: (skip)
 *
 * Returns: where it is now, told by an output or not
 */
TEGATA_API TegataState tegata_dtls_get_state (TegataDtls *self);
/**
 * tegata_dtls_get_role: (skip)
 *
 * Returns: what it was made as
 */
TEGATA_API TegataRole tegata_dtls_get_role (TegataDtls *self);

/**
 * tegata_dtls_get_error: (skip)
 *
 * Returns: (transfer none) (nullable): why it is %TEGATA_STATE_FAILED
 */
TEGATA_API const GError *tegata_dtls_get_error (TegataDtls *self);

/**
 * tegata_dtls_get_obstacle: (skip)
 *
 * What keeps a handshake from going on, for people: a ClientHello that cannot be met, or
 * a peer of the same role. Nothing of it is authenticated, and the right peer may still
 * come, so it ends nothing; a timeout has it in its message.
 *
 * Returns: (transfer none) (nullable): until the next call of a function of @self
 */
TEGATA_API const char *tegata_dtls_get_obstacle (TegataDtls *self);

/**
 * tegata_dtls_get_peer_certificate: (skip)
 *
 * Returns: (transfer none) (nullable): the certificate (the leaf) whose key the peer
 * proved to have; %NULL before %TEGATA_STATE_AWAITING_FINGERPRINT, and where it failed
 * before
 */
TEGATA_API TegataCertificate *tegata_dtls_get_peer_certificate (TegataDtls *self);

/**
 * tegata_dtls_get_version: (skip)
 *
 * Returns: what was negotiated; %TEGATA_VERSION_NONE before the handshake is complete
 */
TEGATA_API TegataVersion tegata_dtls_get_version (TegataDtls *self);

/**
 * tegata_dtls_get_cipher: (skip)
 *
 * Returns: (transfer none) (nullable): the cipher suite by its IANA name, once negotiated
 */
TEGATA_API const char *tegata_dtls_get_cipher (TegataDtls *self);

/**
 * tegata_dtls_get_srtp_profile: (skip)
 *
 * Returns: what was negotiated; %TEGATA_SRTP_PROFILE_NONE for data only
 */
TEGATA_API TegataSrtpProfile tegata_dtls_get_srtp_profile (TegataDtls *self);

/**
 * TegataSrtpKeys: (skip)
 * @profile: what they are for
 * @key_len: bytes of each: master key, then master salt
 * @client: what the DTLS client protects with
 * @server: what the DTLS server protects with
 *
 * Keying material (RFC 5764 section 4.2). To be wiped with tegata_srtp_keys_clear().
 */
typedef struct
{
  TegataSrtpProfile profile;
  gsize key_len;
  guint8 client[TEGATA_SRTP_MAX_KEY_LEN];
  guint8 server[TEGATA_SRTP_MAX_KEY_LEN];
} TegataSrtpKeys;

/**
 * tegata_srtp_keys_clear: (skip)
 *
 * Wipes @keys.
 */
TEGATA_API void tegata_srtp_keys_clear (TegataSrtpKeys *keys);

/**
 * tegata_dtls_export_srtp_keys: (skip)
 * @self: an association in %TEGATA_STATE_CONNECTED
 * @keys: (out caller-allocates): the keys; untouched on failure
 * @error: return location for an error
 *
 * For who runs SRTP elsewhere; a #TegataSession needs no such call.
 *
 * Returns: %FALSE with %TEGATA_ERROR_NOT_CONNECTED or %TEGATA_ERROR_NO_PROFILE
 */
TEGATA_API gboolean tegata_dtls_export_srtp_keys (TegataDtls *self,
                                                  TegataSrtpKeys *keys,
                                                  GError **error);

/**
 * tegata_alert_to_string:
 * @alert: the number of a TLS alert: tegata_error_get_alert(), or
 * TegataDtlsStats.unauthenticated_alert
 *
 * Returns: (transfer none): its registered name ("bad_certificate"), or "unknown".
 * Any thread
 */
TEGATA_API const char *tegata_alert_to_string (int alert);

/**
 * TegataDtlsStats: (skip)
 * @flights_sent: flights of our own, each counted once
 * @flights_received: flights of the peer
 * @retransmissions: how often a flight was sent again
 * @datagrams_sent: DTLS datagrams handed out
 * @datagrams_received: DTLS datagrams taken in
 * @refused: datagrams or records refused, indexed by #TegataRefusal
 * @unauthenticated_alert: the last alert that was refused for being in the clear, or -1
 * @resumed: whether the handshake was an abbreviated one
 * @extended_master_secret: whether the peer has RFC 7627
 */
typedef struct
{
  guint64 flights_sent;
  guint64 flights_received;
  guint64 retransmissions;
  guint64 datagrams_sent;
  guint64 datagrams_received;
  guint64 refused[TEGATA_N_REFUSALS];
  int unauthenticated_alert;
  gboolean resumed;
  gboolean extended_master_secret;
} TegataDtlsStats;

/**
 * tegata_dtls_get_stats: (skip)
 *
 * Fills @stats with the counts so far.
 */
TEGATA_API void tegata_dtls_get_stats (TegataDtls *self, TegataDtlsStats *stats);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TegataDtls, tegata_dtls_free)

G_END_DECLS
