/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <tegata/certificate.h>

G_BEGIN_DECLS

/**
 * TegataFingerprint:
 *
 * The hash of a certificate's DER encoding, as signalling carries it (RFC 8122 section
 * 5). Immutable and reference-counted; any thread may use it. All functions here may be
 * called from any thread.
 */
typedef struct _TegataFingerprint TegataFingerprint;

#define TEGATA_TYPE_FINGERPRINT (tegata_fingerprint_get_type ())

/**
 * tegata_fingerprint_get_type:
 *
 * Returns: the boxed type of #TegataFingerprint: %TEGATA_TYPE_FINGERPRINT. Any thread.
 */
TEGATA_API GType tegata_fingerprint_get_type (void) G_GNUC_CONST;

/**
 * TegataHash:
 * @TEGATA_HASH_SHA1: "sha-1"; broken, and refused unless asked for by name
 * @TEGATA_HASH_SHA256: "sha-256"; what everybody sends
 * @TEGATA_HASH_SHA384: "sha-384"
 * @TEGATA_HASH_SHA512: "sha-512"
 *
 * The hash functions of RFC 8122 section 5, weakest first: a greater value is a stronger
 * hash.
 */
typedef enum
{
  TEGATA_HASH_SHA1,
  TEGATA_HASH_SHA256,
  TEGATA_HASH_SHA384,
  TEGATA_HASH_SHA512,
} TegataHash;

/**
 * TegataFingerprintFlags:
 * @TEGATA_FINGERPRINT_DEFAULT: sha-256, sha-384 and sha-512
 * @TEGATA_FINGERPRINT_ALLOW_SHA1: sha-1 too, for old SIP gateways
 */
typedef enum
{
  TEGATA_FINGERPRINT_DEFAULT = 0,
  TEGATA_FINGERPRINT_ALLOW_SHA1 = 1 << 0,
} TegataFingerprintFlags;

/**
 * TEGATA_FINGERPRINT_MAX_LEN:
 *
 * Bytes of the longest hash, SHA-512.
 */
#define TEGATA_FINGERPRINT_MAX_LEN 64

/**
 * tegata_fingerprint_new:
 * @hash: the hash function
 * @bytes: (array length=len): the hash, which is copied
 * @len: its length in bytes, which must be that of @hash
 * @error: return location for an error
 *
 * Returns: (transfer full) (nullable): the fingerprint, or %NULL with
 * %TEGATA_ERROR_INVALID
 */
TEGATA_API TegataFingerprint *
tegata_fingerprint_new (TegataHash hash, const guint8 *bytes, gsize len, GError **error);

/**
 * tegata_fingerprint_new_for_certificate:
 * @certificate: a certificate
 * @hash: the hash function
 *
 * Returns: (transfer full): the fingerprint of @certificate
 */
TEGATA_API TegataFingerprint *
tegata_fingerprint_new_for_certificate (TegataCertificate *certificate, TegataHash hash);

/**
 * tegata_fingerprint_parse:
 * @text: the value of an a=fingerprint line, without "a=fingerprint:": "sha-256
 * AB:CD:..."; any case, blanks around it and between hash and bytes are allowed
 * @flags: what else to accept
 * @error: return location for an error
 *
 * Reads one fingerprint; tegata_sdp_parse_fingerprints() takes whole lines, and several.
 *
 * Returns: (transfer full) (nullable): the fingerprint, or %NULL with %TEGATA_ERROR_PARSE
 * (malformed; the message names what was found and what was expected) or
 * %TEGATA_ERROR_UNSUPPORTED (a hash function that is unknown, or not allowed by @flags)
 */
TEGATA_API TegataFingerprint *
tegata_fingerprint_parse (const char *text, TegataFingerprintFlags flags, GError **error);

/**
 * tegata_fingerprint_to_string:
 * @self: a fingerprint
 *
 * Returns: (transfer full): the canonical text: hash in lower case, one blank, bytes in
 * upper case with colons (RFC 8122 section 5)
 */
TEGATA_API char *tegata_fingerprint_to_string (TegataFingerprint *self);

/**
 * tegata_fingerprint_ref:
 * @self: a fingerprint
 *
 * Returns: (transfer full): @self, with one more reference. Any thread.
 */
TEGATA_API TegataFingerprint *tegata_fingerprint_ref (TegataFingerprint *self);

/**
 * tegata_fingerprint_unref:
 * @self: (transfer full): a fingerprint
 *
 * Gives a reference back; the last one frees it. Any thread.
 */
TEGATA_API void tegata_fingerprint_unref (TegataFingerprint *self);

/**
 * tegata_fingerprint_get_hash:
 * @self: a fingerprint
 *
 * Returns: its hash function. Any thread.
 */
TEGATA_API TegataHash tegata_fingerprint_get_hash (TegataFingerprint *self);

/**
 * tegata_fingerprint_get_bytes:
 * @self: a fingerprint
 * @len: (out): its length in bytes
 *
 * Returns: (transfer none) (array length=len): the hash, @len bytes, valid as long as
 * @self
 */
TEGATA_API const guint8 *
tegata_fingerprint_get_bytes (TegataFingerprint *self, gsize *len);

/**
 * tegata_fingerprint_equal:
 * @a: a fingerprint
 * @b: another one
 *
 * Compares in constant time.
 *
 * Returns: whether hash function and bytes are the same
 */
TEGATA_API gboolean tegata_fingerprint_equal (TegataFingerprint *a, TegataFingerprint *b);

/**
 * tegata_fingerprint_match:
 * @fingerprints: (array length=n_fingerprints) (nullable): what signalling named
 * @n_fingerprints: how many; none matches nothing
 * @certificate: the peer's certificate: the leaf, where it sent a chain
 *
 * Matches as RFC 8122 section 5 says for several lines: of the hash functions among
 * @fingerprints the strongest is taken, and @certificate must match any one of the
 * fingerprints with that hash. Compares in constant time.
 *
 * Returns: whether the certificate is one of those that signalling named
 */
TEGATA_API gboolean tegata_fingerprint_match (TegataFingerprint *const *fingerprints,
                                              gsize n_fingerprints,
                                              TegataCertificate *certificate);

/**
 * tegata_hash_to_string:
 * @hash: a hash function
 *
 * Returns: (transfer none): its name in SDP ("sha-256"), a constant
 */
TEGATA_API const char *tegata_hash_to_string (TegataHash hash);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TegataFingerprint, tegata_fingerprint_unref)

G_END_DECLS
