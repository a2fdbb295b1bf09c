/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <tegata/error.h>

G_BEGIN_DECLS

/**
 * TegataSrtpProfile:
 * @TEGATA_SRTP_PROFILE_NONE: none negotiated
 * @TEGATA_SRTP_AES128_CM_HMAC_SHA1_80: RFC 5764 section 4.1.2
 * @TEGATA_SRTP_AES128_CM_HMAC_SHA1_32: likewise; SRTCP keeps a tag of 80 bits. Never
 * offered unless named
 * @TEGATA_SRTP_AEAD_AES_128_GCM: RFC 7714 section 14.2
 * @TEGATA_SRTP_AEAD_AES_256_GCM: likewise
 *
 * The SRTP protection profiles, with their numbers in the use_srtp extension.
 */
typedef enum
{
  TEGATA_SRTP_PROFILE_NONE = 0x0000,
  TEGATA_SRTP_AES128_CM_HMAC_SHA1_80 = 0x0001,
  TEGATA_SRTP_AES128_CM_HMAC_SHA1_32 = 0x0002,
  TEGATA_SRTP_AEAD_AES_128_GCM = 0x0007,
  TEGATA_SRTP_AEAD_AES_256_GCM = 0x0008,
} TegataSrtpProfile;

/**
 * TEGATA_SRTP_MAX_OVERHEAD:
 *
 * Bytes that protection adds to a packet at most (SRTCP with GCM).
 */
#define TEGATA_SRTP_MAX_OVERHEAD 20

/**
 * TEGATA_SRTP_MAX_KEY_LEN:
 *
 * Bytes of the longest master key and salt (AEAD_AES_256_GCM).
 */
#define TEGATA_SRTP_MAX_KEY_LEN 44

/**
 * tegata_srtp_profile_to_string:
 * @profile: a profile
 *
 * Returns: (transfer none) (nullable): its registered name ("SRTP_AEAD_AES_128_GCM"), or
 * %NULL for %TEGATA_SRTP_PROFILE_NONE and unknown numbers
 */
TEGATA_API const char *tegata_srtp_profile_to_string (TegataSrtpProfile profile);

/**
 * tegata_srtp_profile_parse:
 * @name: a registered name; "SRTP_" in front may be left out; any case
 * @error: return location for an error
 *
 * Returns: the profile, or %TEGATA_SRTP_PROFILE_NONE with %TEGATA_ERROR_PARSE, which
 * lists the names
 */
TEGATA_API TegataSrtpProfile tegata_srtp_profile_parse (const char *name, GError **error);

/**
 * tegata_srtp_profile_get_key_len:
 * @profile: a profile
 *
 * Returns: bytes of master key and master salt together; 0 for no profile
 */
TEGATA_API gsize tegata_srtp_profile_get_key_len (TegataSrtpProfile profile);

/**
 * tegata_srtp_profile_get_salt_len:
 * @profile: a profile
 *
 * Returns: bytes of the master salt: 14 for CM, 12 for GCM; 0 for no profile
 */
TEGATA_API gsize tegata_srtp_profile_get_salt_len (TegataSrtpProfile profile);

/**
 * tegata_srtp_profile_get_rtp_overhead:
 * @profile: a profile
 *
 * Returns: bytes that protection adds to an RTP packet
 */
TEGATA_API gsize tegata_srtp_profile_get_rtp_overhead (TegataSrtpProfile profile);

/**
 * tegata_srtp_profile_get_rtcp_overhead:
 * @profile: a profile
 *
 * Returns: bytes that protection adds to an RTCP packet
 */
TEGATA_API gsize tegata_srtp_profile_get_rtcp_overhead (TegataSrtpProfile profile);

/**
 * TegataSrtpOutcome:
 * @TEGATA_SRTP_OK: done
 * @TEGATA_SRTP_REPLAYED: this index was seen before (RFC 3711 section 3.3.2). To protect
 *   a sequence number twice is refused too: it would use a nonce twice
 * @TEGATA_SRTP_TOO_OLD: behind the replay window of 1024 packets (SRTCP: 128)
 * @TEGATA_SRTP_AUTH_FAILED: the tag is wrong: altered, forged, or under another key
 * @TEGATA_SRTP_MALFORMED: not an RTP or RTCP packet, too short or longer than a datagram,
 *   or SRTCP that is not encrypted, as every profile here has it
 * @TEGATA_SRTP_NO_KEYS: there are no keys yet, or no more
 * @TEGATA_SRTP_KEY_EXPIRED: the key's lifetime is over: 2^48 RTP or 2^31 RTCP packets
 *   (RFC 3711 section 9.2), counted for the object, or a stream's roll-over counter is
 *   at its end
 * @TEGATA_SRTP_NO_SPACE: the output buffer is too small
 * @TEGATA_SRTP_TOO_MANY_STREAMS: the packet is sound, but of one SSRC more than are kept
 *
 * What became of one packet. On anything but OK no state has moved but the statistics,
 * and what the output buffer holds is not to be used. To protect in place leaves the
 * plain packet as it was.
 */
typedef enum
{
  TEGATA_SRTP_OK,
  TEGATA_SRTP_REPLAYED,
  TEGATA_SRTP_TOO_OLD,
  TEGATA_SRTP_AUTH_FAILED,
  TEGATA_SRTP_MALFORMED,
  TEGATA_SRTP_NO_KEYS,
  TEGATA_SRTP_KEY_EXPIRED,
  TEGATA_SRTP_NO_SPACE,
  TEGATA_SRTP_TOO_MANY_STREAMS,
} TegataSrtpOutcome;

/**
 * TEGATA_N_SRTP_OUTCOMES:
 *
 * How many outcomes there are.
 */
#define TEGATA_N_SRTP_OUTCOMES (TEGATA_SRTP_TOO_MANY_STREAMS + 1)

/**
 * tegata_srtp_outcome_to_string:
 * @outcome: an outcome
 *
 * Returns: (transfer none): a few words for logs ("authentication failed")
 */
TEGATA_API const char *tegata_srtp_outcome_to_string (TegataSrtpOutcome outcome);

/**
 * TegataSrtpDirection:
 * @TEGATA_SRTP_OUTBOUND: protects
 * @TEGATA_SRTP_INBOUND: unprotects
 */
typedef enum
{
  TEGATA_SRTP_OUTBOUND,
  TEGATA_SRTP_INBOUND,
} TegataSrtpDirection;

/**
 * TegataSrtp: (skip)
 *
 * One direction of SRTP and SRTCP under one master key (RFC 3711, RFC 7714), with any
 * number of SSRCs. One thread at a time; two objects share nothing.
 */
typedef struct _TegataSrtp TegataSrtp;

/**
 * TegataSrtpStats:
 * @rtp: RTP packets by outcome, indexed by #TegataSrtpOutcome
 * @rtcp: RTCP packets by outcome
 * @rtp_bytes: bytes of RTP packets that were OK, on the protected side
 * @rtcp_bytes: likewise of RTCP
 */
typedef struct
{
  guint64 rtp[TEGATA_N_SRTP_OUTCOMES];
  guint64 rtcp[TEGATA_N_SRTP_OUTCOMES];
  guint64 rtp_bytes;
  guint64 rtcp_bytes;
} TegataSrtpStats;

/**
 * tegata_srtp_new: (skip)
 * @profile: what was negotiated
 * @direction: whether it protects or unprotects
 * @key: (array length=key_len): master key, then master salt; copied, and wiped with the
 * object
 * @key_len: tegata_srtp_profile_get_key_len() of @profile
 * @error: return location for an error
 *
 * Returns: (transfer full) (nullable): the object, or %NULL with %TEGATA_ERROR_INVALID
 * (key length, unknown profile) or %TEGATA_ERROR_SRTP
 */
TEGATA_API TegataSrtp *tegata_srtp_new (TegataSrtpProfile profile,
                                        TegataSrtpDirection direction,
                                        const guint8 *key,
                                        gsize key_len,
                                        GError **error);

/**
 * tegata_srtp_free: (skip)
 *
 * Wipes the keys.
 */
TEGATA_API void tegata_srtp_free (TegataSrtp *self);

/**
 * tegata_srtp_protect_rtp: (skip)
 * @self: an outbound object
 * @in: (array length=in_len): a plain RTP packet
 * @in_len: its length in bytes
 * @out: (array length=out_size): where the SRTP packet goes; may be @in itself, but may
 * not overlap it otherwise
 * @out_size: room in @out: at least @in_len and the profile's overhead
 * @out_len: (out): the length of the SRTP packet; untouched unless OK
 *
 * Returns: the outcome
 */
TEGATA_API TegataSrtpOutcome tegata_srtp_protect_rtp (TegataSrtp *self,
                                                      const guint8 *in,
                                                      gsize in_len,
                                                      guint8 *out,
                                                      gsize out_size,
                                                      gsize *out_len);

/**
 * tegata_srtp_protect_rtcp: (skip)
 *
 * As tegata_srtp_protect_rtp(), for a compound RTCP packet.
 */
TEGATA_API TegataSrtpOutcome tegata_srtp_protect_rtcp (TegataSrtp *self,
                                                       const guint8 *in,
                                                       gsize in_len,
                                                       guint8 *out,
                                                       gsize out_size,
                                                       gsize *out_len);

/**
 * tegata_srtp_unprotect_rtp: (skip)
 * @self: an inbound object
 * @in: (array length=in_len): an SRTP packet
 * @in_len: its length in bytes
 * @out: (array length=out_size): where the plain packet goes; may be @in itself. Where it
 * is not, @in is left alone. What it holds after an outcome other than OK is not to be
 * used
 * @out_size: room in @out: at least @in_len
 * @out_len: (out): the length of the plain packet; untouched unless OK
 *
 * Returns: the outcome
 */
TEGATA_API TegataSrtpOutcome tegata_srtp_unprotect_rtp (TegataSrtp *self,
                                                        const guint8 *in,
                                                        gsize in_len,
                                                        guint8 *out,
                                                        gsize out_size,
                                                        gsize *out_len);

/**
 * tegata_srtp_unprotect_rtcp: (skip)
 *
 * As tegata_srtp_unprotect_rtp(), for SRTCP.
 */
TEGATA_API TegataSrtpOutcome tegata_srtp_unprotect_rtcp (TegataSrtp *self,
                                                         const guint8 *in,
                                                         gsize in_len,
                                                         guint8 *out,
                                                         gsize out_size,
                                                         gsize *out_len);

/**
 * tegata_srtp_get_roc: (skip)
 * @self: an SRTP object
 * @ssrc: a stream of it
 * @roc: (out): its roll-over counter (RFC 3711 section 3.3.1)
 *
 * Returns: whether the stream is known: a packet of it passed, or its counter was set
 */
TEGATA_API gboolean tegata_srtp_get_roc (TegataSrtp *self, guint32 ssrc, guint32 *roc);

/**
 * tegata_srtp_set_roc: (skip)
 * @self: an SRTP object
 * @ssrc: a stream of it, which need not exist yet
 * @roc: its roll-over counter, for the next packet
 *
 * For a late joiner, or a call that another process hands over. It may be set again, up
 * or down, until the next packet of the stream was OK; it never goes back behind a packet
 * that was.
 *
 * Returns: %FALSE where @roc is behind the stream's counter, or the stream could not be
 * made (out of memory)
 */
TEGATA_API gboolean tegata_srtp_set_roc (TegataSrtp *self, guint32 ssrc, guint32 roc);

/**
 * tegata_srtp_get_profile: (skip)
 *
 * Returns: what it was made with
 */
TEGATA_API TegataSrtpProfile tegata_srtp_get_profile (TegataSrtp *self);

/**
 * tegata_srtp_get_stats: (skip)
 * @self: an SRTP object
 * @stats: (out caller-allocates): the counts so far
 *
 * Any thread, also while another one protects: each count is whole, their sum may be of
 * two moments.
 */
TEGATA_API void tegata_srtp_get_stats (TegataSrtp *self, TegataSrtpStats *stats);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TegataSrtp, tegata_srtp_free)

G_END_DECLS
