/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <tegata/macros.h>

G_BEGIN_DECLS

/**
 * TegataCertificate:
 *
 * An X.509 certificate, with its private key where it is our own. Immutable and
 * reference-counted; any thread may use it. The private key is wiped with the last
 * reference. All functions here may be called from any thread.
 */
typedef struct _TegataCertificate TegataCertificate;

#define TEGATA_TYPE_CERTIFICATE (tegata_certificate_get_type ())

/**
 * tegata_certificate_get_type:
 *
 * Returns: the boxed type of #TegataCertificate: %TEGATA_TYPE_CERTIFICATE. Any thread.
 */
TEGATA_API GType tegata_certificate_get_type (void) G_GNUC_CONST;

/**
 * TegataKeyType:
 * @TEGATA_KEY_TYPE_ECDSA_P256: ECDSA on P-256; the default, understood by every WebRTC
 * peer (RFC 8827 section 6.5)
 * @TEGATA_KEY_TYPE_RSA_2048: RSA, 2048 bits, for old SIP gateways
 * @TEGATA_KEY_TYPE_ED25519: Ed25519 (RFC 8410); with the openssl engine as DTLS client
 * only
 * @TEGATA_KEY_TYPE_OTHER: a key that was read from PEM and is none of the above
 */
typedef enum
{
  TEGATA_KEY_TYPE_ECDSA_P256,
  TEGATA_KEY_TYPE_RSA_2048,
  TEGATA_KEY_TYPE_ED25519,
  TEGATA_KEY_TYPE_OTHER,
} TegataKeyType;

/**
 * tegata_certificate_new:
 * @key_type: what key to make
 * @error: return location for an error
 *
 * Makes a key and a self-signed certificate with a random subject and a random serial
 * number, so that it tells nothing about its owner, valid from one day ago for one year.
 *
 * Returns: (transfer full) (nullable): the certificate; %NULL with %TEGATA_ERROR_INVALID
 * (@key_type is %TEGATA_KEY_TYPE_OTHER) or %TEGATA_ERROR_FAILED
 */
TEGATA_API TegataCertificate *
tegata_certificate_new (TegataKeyType key_type, GError **error);

/**
 * tegata_certificate_new_full:
 * @key_type: what key to make
 * @common_name: (nullable): the subject's CN, 1 to 64 bytes of UTF-8; %NULL for a random
 * one
 * @not_before_s: start of validity, seconds since 1970-01-01 UTC
 * @not_after_s: end of validity, likewise, inclusive; later than @not_before_s
 * @error: return location for an error
 *
 * As tegata_certificate_new(), with the subject and the validity set. Peers of DTLS-SRTP
 * look at neither (RFC 8122 section 6.2); logs and auditors do.
 *
 * Returns: (transfer full) (nullable): the certificate, or %NULL with
 * %TEGATA_ERROR_INVALID or %TEGATA_ERROR_FAILED
 */
TEGATA_API TegataCertificate *tegata_certificate_new_full (TegataKeyType key_type,
                                                           const char *common_name,
                                                           gint64 not_before_s,
                                                           gint64 not_after_s,
                                                           GError **error);

/**
 * tegata_certificate_new_from_pem:
 * @pem: PEM text: a certificate, and its private key before or after
 * it where it is our own; further certificates are ignored (the leaf is the first)
 * @len: bytes in @pem, or -1 where it is NUL-terminated
 * @error: return location for an error
 *
 * Reads one text that has both: where the certificate and its key are two files,
 * concatenate the two. Without a key it is read as the certificate of somebody else,
 * which tegata_context_new() refuses.
 *
 * Returns: (transfer full) (nullable): the certificate, or %NULL with %TEGATA_ERROR_PARSE
 * (no certificate in it, a block that cannot be read, an encrypted key) or
 * %TEGATA_ERROR_INVALID (the key does not belong to the certificate, a key that is too
 * weak)
 */
TEGATA_API TegataCertificate *
tegata_certificate_new_from_pem (const char *pem, gssize len, GError **error);

/**
 * tegata_certificate_new_from_der:
 * @der: (array length=len): one X.509 certificate, without a key
 * @len: bytes in @der; nothing may follow the certificate
 * @error: return location for an error
 *
 * Returns: (transfer full) (nullable): the certificate, or %NULL with %TEGATA_ERROR_PARSE
 */
TEGATA_API TegataCertificate *
tegata_certificate_new_from_der (const guint8 *der, gsize len, GError **error);

/**
 * tegata_certificate_ref:
 * @self: a certificate
 *
 * Returns: (transfer full): @self, with one more reference. Any thread.
 */
TEGATA_API TegataCertificate *tegata_certificate_ref (TegataCertificate *self);

/**
 * tegata_certificate_unref:
 * @self: (transfer full): a certificate
 *
 * Gives a reference back; the last one frees it, and wipes the private key. Any thread.
 */
TEGATA_API void tegata_certificate_unref (TegataCertificate *self);

/**
 * tegata_certificate_to_pem:
 * @self: a certificate
 *
 * Returns: (transfer full): the certificate alone, as NUL-terminated PEM text
 */
TEGATA_API char *tegata_certificate_to_pem (TegataCertificate *self);

/**
 * tegata_certificate_key_to_pem:
 * @self: a certificate
 *
 * The private key in PKCS #8, unencrypted. Whoever holds it is this endpoint: write it to
 * a file of mode 0600, and wipe it from memory afterwards.
 *
 * Returns: (transfer full) (nullable): NUL-terminated PEM text, or %NULL where there is
 * no private key
 */
TEGATA_API char *tegata_certificate_key_to_pem (TegataCertificate *self);

/**
 * tegata_certificate_get_der:
 * @self: a certificate
 * @len: (out): its length in bytes
 *
 * Returns: (transfer none) (array length=len): the DER encoding, @len bytes, valid as
 * long as @self
 */
TEGATA_API const guint8 *tegata_certificate_get_der (TegataCertificate *self, gsize *len);

/**
 * tegata_certificate_get_key_type:
 * @self: a certificate
 *
 * Returns: what kind of key the certificate is for, whether or not the private one is
 * there. Any thread.
 */
TEGATA_API TegataKeyType tegata_certificate_get_key_type (TegataCertificate *self);

/**
 * tegata_certificate_has_private_key:
 * @self: a certificate
 *
 * Returns: whether it is our own, with its private key. Any thread.
 */
TEGATA_API gboolean tegata_certificate_has_private_key (TegataCertificate *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TegataCertificate, tegata_certificate_unref)

G_END_DECLS
