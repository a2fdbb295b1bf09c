/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <tegata/certificate.h>
#include <tegata/error.h>
#include <tegata/srtp.h>

G_BEGIN_DECLS

/**
 * TegataContext:
 *
 * What the associations of a process share: certificate, versions, groups, SRTP profiles,
 * MTU, timers, session cache, cookie policy, key log. It is set up by one thread and
 * sealed by its first use (the first association that is made with it); from then on it
 * is immutable for its users, any thread may use it, and a setter is a programmer's
 * error. Reference-counted.
 */
typedef struct _TegataContext TegataContext;

#define TEGATA_TYPE_CONTEXT (tegata_context_get_type ())
TEGATA_API GType tegata_context_get_type (void) G_GNUC_CONST;

/**
 * TegataVersion:
 * @TEGATA_VERSION_NONE: not negotiated yet
 * @TEGATA_VERSION_DTLS_1_0: RFC 4347; deprecated by RFC 8996, never used unless named
 * @TEGATA_VERSION_DTLS_1_2: RFC 6347
 * @TEGATA_VERSION_DTLS_1_3: RFC 9147; where the engine has it
 *
 * The versions of DTLS, oldest first.
 */
typedef enum
{
  TEGATA_VERSION_NONE,
  TEGATA_VERSION_DTLS_1_0,
  TEGATA_VERSION_DTLS_1_2,
  TEGATA_VERSION_DTLS_1_3,
} TegataVersion;

/**
 * TegataCookies:
 * @TEGATA_COOKIES_AUTO: a #TegataListener asks for a cookie, a #TegataSession on its own
 * does not: where ICE validated the path a cookie costs a round trip for nothing
 * @TEGATA_COOKIES_ALWAYS: every server asks for one
 * @TEGATA_COOKIES_NEVER: none does
 *
 * When a server asks a client for a cookie first (RFC 6347 section 4.2.1).
 */
typedef enum
{
  TEGATA_COOKIES_AUTO,
  TEGATA_COOKIES_ALWAYS,
  TEGATA_COOKIES_NEVER,
} TegataCookies;

/**
 * TEGATA_DEFAULT_MTU:
 *
 * Bytes of UDP payload that fit any path in practice.
 */
#define TEGATA_DEFAULT_MTU 1200
/**
 * TEGATA_MIN_MTU:
 *
 * The smallest MTU that can be set, bytes of UDP payload.
 */
#define TEGATA_MIN_MTU 256
/**
 * TEGATA_MAX_MTU:
 *
 * The greatest MTU that can be set, bytes of UDP payload.
 */
#define TEGATA_MAX_MTU 16384
/**
 * TEGATA_DEFAULT_HANDSHAKE_TIMEOUT_US:
 *
 * 30 seconds.
 */
#define TEGATA_DEFAULT_HANDSHAKE_TIMEOUT_US ((gint64) 30 * G_USEC_PER_SEC)

/**
 * tegata_context_new:
 * @certificate: (transfer none) (nullable): who we are, with its private key; referenced.
 * %NULL for a fresh ECDSA P-256 one
 * @error: return location for an error
 *
 * Returns: (transfer full) (nullable): the context, or %NULL with %TEGATA_ERROR_INVALID
 * (no private key in @certificate) or %TEGATA_ERROR_FAILED
 */
TEGATA_API TegataContext *
tegata_context_new (TegataCertificate *certificate, GError **error);
/**
 * tegata_context_ref:
 *
 * Returns: (transfer full): @self. Any thread
 */
TEGATA_API TegataContext *tegata_context_ref (TegataContext *self);
/**
 * tegata_context_unref:
 *
 * The last one frees it. Any thread.
 */
TEGATA_API void tegata_context_unref (TegataContext *self);

/**
 * tegata_context_get_certificate:
 * @self: a context
 *
 * Returns: (transfer none): who we are: its fingerprint goes into signalling
 */
TEGATA_API TegataCertificate *tegata_context_get_certificate (TegataContext *self);

/**
 * tegata_context_set_versions:
 * @self: a context that is not sealed
 * @min: the oldest version to speak
 * @max: the newest version to speak
 * @error: return location for an error
 *
 * The default is DTLS 1.2 alone. DTLS 1.0 must be named as @min; it allows CBC cipher
 * suites and weakens the security level, for this context only.
 *
 * Returns: %FALSE with %TEGATA_ERROR_INVALID (@min above @max) or
 * %TEGATA_ERROR_UNSUPPORTED (the engine has no such version); the setting is then as
 * before
 */
TEGATA_API gboolean tegata_context_set_versions (TegataContext *self,
                                                 TegataVersion min,
                                                 TegataVersion max,
                                                 GError **error);

/**
 * tegata_context_set_srtp_profiles:
 * @self: a context that is not sealed
 * @names: (nullable): names of profiles, the preferred one first, separated by ':', ','
 * or blanks; the empty string or %NULL for none: no use_srtp, data only
 * @error: return location for an error
 *
 * The default is
 * "SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_HMAC_SHA1_80". A client
 * offers them in this order; a server takes its first one that the client offers (RFC
 * 5764 section 4.1).
 *
 * Where nothing is in common, or the peer has no use_srtp, the association connects all
 * the same, for data only, and media has no keys (%TEGATA_SRTP_NO_KEYS): whoever needs
 * media looks at tegata_dtls_get_srtp_profile() in %TEGATA_STATE_CONNECTED.
 *
 * Returns: %FALSE with %TEGATA_ERROR_PARSE (an unknown name, or separators alone) or
 * %TEGATA_ERROR_INVALID (one named twice); the setting is then as before
 */
TEGATA_API gboolean tegata_context_set_srtp_profiles (TegataContext *self,
                                                      const char *names,
                                                      GError **error);

/**
 * tegata_context_set_mtu:
 * @self: a context that is not sealed
 * @mtu: bytes of UDP payload that a datagram of ours may have at most, %TEGATA_MIN_MTU to
 *   %TEGATA_MAX_MTU; %TEGATA_DEFAULT_MTU by default. Handshake and data keep it; media is
 * as long as the application makes it. What a peer sends may be longer
 */
TEGATA_API void tegata_context_set_mtu (TegataContext *self, guint mtu);
/**
 * tegata_context_get_mtu:
 *
 * Returns: the MTU, in bytes of UDP payload. Any thread
 */
TEGATA_API guint tegata_context_get_mtu (TegataContext *self);

/**
 * tegata_context_set_handshake_timeout_us:
 * @self: a context that is not sealed
 * @timeout_us: microseconds, above 0, from start to a complete handshake, after which the
 *   association fails with %TEGATA_ERROR_TIMEOUT; %TEGATA_DEFAULT_HANDSHAKE_TIMEOUT_US by
 * default
 */
TEGATA_API void
tegata_context_set_handshake_timeout_us (TegataContext *self, gint64 timeout_us);

/**
 * tegata_context_set_groups:
 * @self: a context that is not sealed
 * @groups: names as OpenSSL has them, the preferred one first, separated by ':'
 * @error: return location for an error
 *
 * The default is "X25519:P-256:P-384".
 *
 * Returns: %FALSE with %TEGATA_ERROR_PARSE; the setting is then as before
 */
TEGATA_API gboolean tegata_context_set_groups (TegataContext *self,
                                               const char *groups,
                                               GError **error);

/**
 * tegata_context_set_cookies:
 * @self: a context that is not sealed
 * @cookies: when a server asks for a cookie; %TEGATA_COOKIES_AUTO by default
 */
TEGATA_API void tegata_context_set_cookies (TegataContext *self, TegataCookies cookies);

/**
 * tegata_context_set_resumption:
 * @self: a context that is not sealed
 * @enabled: whether sessions may be resumed, by session id and by ticket; %FALSE by
 * default
 *
 * A resumed session keeps the peer's certificate, whose fingerprint is matched again. A
 * session without extended master secret (RFC 7627) is never resumed. A client resumes
 * under the name that tegata_session_set_resumption_name() gave. At most 1024 sessions
 * are kept, the oldest leave first. Tickets are sealed by a secret of the context, which
 * lives as long as it does.
 */
TEGATA_API void tegata_context_set_resumption (TegataContext *self, gboolean enabled);

/**
 * TegataKeyLogFunc:
 * @line: a line in the format of NSS key logs, without its newline
 * @user_data: what was given with the function
 *
 * Called on the thread that drives an association, from within it: it may not call the
 * association, nor free it. Whoever has these lines can read the traffic.
 */
typedef void (*TegataKeyLogFunc) (const char *line, gpointer user_data);

/**
 * tegata_context_set_key_log:
 * @self: a context that is not sealed
 * @func: (scope notified) (nullable) (closure user_data) (destroy notify): where the
 * secrets go; %NULL, the default, for nowhere
 * @user_data: for @func
 * @notify: (nullable): frees @user_data
 *
 * For debugging with Wireshark, opt-in. Nothing else ever logs a secret.
 */
TEGATA_API void tegata_context_set_key_log (TegataContext *self,
                                            TegataKeyLogFunc func,
                                            gpointer user_data,
                                            GDestroyNotify notify);

/**
 * tegata_version_to_string:
 * @version: a version
 *
 * Returns: (transfer none): "DTLS 1.2" and so on; "none" for %TEGATA_VERSION_NONE
 */
TEGATA_API const char *tegata_version_to_string (TegataVersion version);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TegataContext, tegata_context_unref)

G_END_DECLS
