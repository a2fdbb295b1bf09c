/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "identity/certificate-private.h"
#include "identity/openssl-private.h"
#include "identity/text-private.h"

#include <openssl/crypto.h>
#include <string.h>
#include <tegata/error.h>
#include <tegata/fingerprint.h>

struct _TegataFingerprint
{
  gatomicrefcount ref_count;
  TegataHash hash;
  gsize len;
  guint8 bytes[TEGATA_FINGERPRINT_MAX_LEN];
};

/* GLib hands the functions on in a transparent union, which is no ISO C. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
G_DEFINE_BOXED_TYPE (TegataFingerprint,
                     tegata_fingerprint,
                     tegata_fingerprint_ref,
                     tegata_fingerprint_unref)
#pragma GCC diagnostic pop

typedef struct
{
  TegataHash hash;
  const char *name; /* in SDP: RFC 8122 section 5 */
  gsize len;        /* bytes */
  const EVP_MD *(*digest) (void);
} HashInfo;

static const HashInfo hashes[] = {
  { TEGATA_HASH_SHA1, "sha-1", 20, EVP_sha1 },
  { TEGATA_HASH_SHA256, "sha-256", 32, EVP_sha256 },
  { TEGATA_HASH_SHA384, "sha-384", 48, EVP_sha384 },
  { TEGATA_HASH_SHA512, "sha-512", 64, EVP_sha512 },
};

#define EXPECTED_HASHES "sha-256, sha-384 or sha-512"

/* (nullable) */
static const HashInfo *
hash_info (TegataHash hash)
{
  for (gsize i = 0; i < G_N_ELEMENTS (hashes); i++)
  {
    if (hashes[i].hash == hash)
    {
      return &hashes[i];
    }
  }
  return NULL;
}

const char *
tegata_hash_to_string (TegataHash hash)
{
  const HashInfo *info = hash_info (hash);

  g_return_val_if_fail (info != NULL, NULL);

  return info->name;
}

static TegataFingerprint *
fingerprint_new (const HashInfo *info, const guint8 *bytes)
{
  TegataFingerprint *self = g_new0 (TegataFingerprint, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->hash = info->hash;
  self->len = info->len;
  memcpy (self->bytes, bytes, info->len);
  return self;
}

TegataFingerprint *
tegata_fingerprint_new (TegataHash hash, const guint8 *bytes, gsize len, GError **error)
{
  const HashInfo *info = hash_info (hash);

  g_return_val_if_fail (bytes != NULL || len == 0, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (info == NULL)
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_INVALID,
                 "found hash function number %d: expected a TegataHash", (int) hash);
    return NULL;
  }
  if (len != info->len)
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_INVALID,
                 "found a %s fingerprint of %" G_GSIZE_FORMAT
                 " bytes: expected %" G_GSIZE_FORMAT,
                 info->name, len, info->len);
    return NULL;
  }
  return fingerprint_new (info, bytes);
}

/* Hashes the DER encoding into @bytes, which has room for any hash. */
static gboolean
hash_certificate (TegataCertificate *certificate, const HashInfo *info, guint8 *bytes)
{
  gsize der_len;
  const guint8 *der = tegata_certificate_get_der (certificate, &der_len);
  gboolean done;

  done = EVP_Digest (der, der_len, bytes, NULL, info->digest (), NULL) == 1;
  if (!done)
  {
    g_critical ("libcrypto cannot compute %s (%s)", info->name,
                tegata_openssl_take_reason ());
  }
  return done;
}

TegataFingerprint *
tegata_fingerprint_new_for_certificate (TegataCertificate *certificate, TegataHash hash)
{
  const HashInfo *info = hash_info (hash);
  guint8 bytes[TEGATA_FINGERPRINT_MAX_LEN];

  g_return_val_if_fail (certificate != NULL, NULL);
  g_return_val_if_fail (info != NULL, NULL);

  return hash_certificate (certificate, info, bytes) ? fingerprint_new (info, bytes)
                                                     : NULL;
}

/* The characters of a token: RFC 8866 section 9. A colon is none, so that bytes without
 * a hash function before them, or a whole SDP line, are seen to be malformed. */
static gboolean
is_token (const char *text, gsize len)
{
  for (gsize i = 0; i < len; i++)
  {
    if (!g_ascii_isalnum (text[i]) && strchr ("!#$%&'*+-.^_`{|}~", text[i]) == NULL)
    {
      return FALSE;
    }
  }
  return len > 0;
}

/* "sha256" is what other programs call it. (nullable) */
static const HashInfo *
find_similar (const char *name, gsize len)
{
  for (gsize i = 0; i < G_N_ELEMENTS (hashes); i++)
  {
    const char *digits = strchr (hashes[i].name, '-') + 1;

    if (len == strlen ("sha") + strlen (digits)
        && g_ascii_strncasecmp (name, "sha", strlen ("sha")) == 0
        && strncmp (name + strlen ("sha"), digits, strlen (digits)) == 0)
    {
      return &hashes[i];
    }
  }
  return NULL;
}

static void
set_unknown_hash_error (GError **error, const char *name, gsize len)
{
  const HashInfo *similar = find_similar (name, len);
  g_autofree char *quoted = tegata_text_quote (name, len);

  if (similar != NULL)
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_UNSUPPORTED,
                 "unknown hash function %s: did you mean %s?", quoted, similar->name);
    return;
  }
  g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_UNSUPPORTED,
               "unknown hash function %s: expected " EXPECTED_HASHES, quoted);
}

/* Looks up the @len bytes at @name. */
static const HashInfo *
find_hash (const char *name, gsize len, TegataFingerprintFlags flags, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (hashes); i++)
  {
    if (strlen (hashes[i].name) != len
        || g_ascii_strncasecmp (hashes[i].name, name, len) != 0)
    {
      continue;
    }
    if (hashes[i].hash == TEGATA_HASH_SHA1
        && (flags & TEGATA_FINGERPRINT_ALLOW_SHA1) == 0)
    {
      g_set_error_literal (error, TEGATA_ERROR, TEGATA_ERROR_UNSUPPORTED,
                           "sha-1 is broken and not taken: have the peer send sha-256");
      return NULL;
    }
    return &hashes[i];
  }
  set_unknown_hash_error (error, name, len);
  return NULL;
}

/* Reads the hash function, and leaves @text at what follows it. */
static const HashInfo *
parse_hash (const char **text, TegataFingerprintFlags flags, GError **error)
{
  const char *name = tegata_text_skip_blanks (*text);
  gsize len = strcspn (name, TEGATA_BLANKS);
  const char *rest = tegata_text_skip_blanks (name + len);

  if (len == 0)
  {
    g_set_error_literal (error, TEGATA_ERROR, TEGATA_ERROR_PARSE,
                         "the fingerprint is empty: expected a hash function and bytes, "
                         "as in \"sha-256 AB:CD:...\"");
    return NULL;
  }
  if (!is_token (name, len))
  {
    g_autofree char *quoted = tegata_text_quote (name, len);

    g_set_error (
        error, TEGATA_ERROR, TEGATA_ERROR_PARSE,
        "found %s at the start of the fingerprint: expected a hash function such "
        "as sha-256",
        quoted);
    return NULL;
  }
  if (*rest == '\0')
  {
    g_autofree char *quoted = tegata_text_quote (name, len);

    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_PARSE,
                 "found nothing after %s: expected bytes, as in \"sha-256 AB:CD:...\"",
                 quoted);
    return NULL;
  }

  *text = rest;
  return find_hash (name, len, flags, error);
}

static gboolean
is_end_of_bytes (char c)
{
  return c == '\0' || strchr (TEGATA_BLANKS, c) != NULL;
}

/* Names what stands at @text in place of byte @n, counted from zero. */
static void
set_byte_error (GError **error, const char *text, gsize n, const char *expected)
{
  gsize len = strcspn (text, TEGATA_BLANKS ":");
  g_autofree char *quoted = tegata_text_quote (text, MAX (len, 1) * (*text != '\0'));

  g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_PARSE,
               "found %s at byte %" G_GSIZE_FORMAT " of the fingerprint: expected %s",
               quoted, n + 1, expected);
}

/* Reads bytes and colons up to a blank or the end, and leaves @text there. Counts all of
 * them in @n_bytes, also those that @bytes has no room for. */
static gboolean
parse_bytes (const char **text, guint8 *bytes, gsize *n_bytes, GError **error)
{
  const char *at = *text;
  gsize n = 0;

  for (;; n++)
  {
    int high = g_ascii_xdigit_value (at[0]);
    int low = high >= 0 ? g_ascii_xdigit_value (at[1]) : -1;

    if (low < 0)
    {
      set_byte_error (error, at, n, "two hexadecimal digits");
      return FALSE;
    }
    if (n < TEGATA_FINGERPRINT_MAX_LEN)
    {
      bytes[n] = (guint8) (high << 4 | low);
    }
    if (is_end_of_bytes (at[2]))
    {
      break;
    }
    if (at[2] != ':')
    {
      set_byte_error (error, at, n, "a colon after two hexadecimal digits");
      return FALSE;
    }
    at += 3;
  }

  *text = at + 2;
  *n_bytes = n + 1;
  return TRUE;
}

TegataFingerprint *
tegata_fingerprint_parse (const char *text, TegataFingerprintFlags flags, GError **error)
{
  const HashInfo *info;
  guint8 bytes[TEGATA_FINGERPRINT_MAX_LEN];
  gsize n_bytes;

  g_return_val_if_fail (text != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  info = parse_hash (&text, flags, error);
  if (info == NULL || !parse_bytes (&text, bytes, &n_bytes, error))
  {
    return NULL;
  }

  text = tegata_text_skip_blanks (text);
  if (*text != '\0')
  {
    g_autofree char *quoted = tegata_text_quote (text, strlen (text));

    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_PARSE,
                 "found %s after the fingerprint: expected nothing", quoted);
    return NULL;
  }
  if (n_bytes != info->len)
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_PARSE,
                 "found a %s fingerprint of %" G_GSIZE_FORMAT
                 " bytes: expected %" G_GSIZE_FORMAT,
                 info->name, n_bytes, info->len);
    return NULL;
  }
  return fingerprint_new (info, bytes);
}

char *
tegata_fingerprint_to_string (TegataFingerprint *self)
{
  GString *text;

  g_return_val_if_fail (self != NULL, NULL);

  text = g_string_new (tegata_hash_to_string (self->hash));
  for (gsize i = 0; i < self->len; i++)
  {
    g_string_append_printf (text, "%c%02X", i == 0 ? ' ' : ':', self->bytes[i]);
  }
  return g_string_free (text, FALSE);
}

TegataFingerprint *
tegata_fingerprint_ref (TegataFingerprint *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
tegata_fingerprint_unref (TegataFingerprint *self)
{
  g_return_if_fail (self != NULL);

  if (g_atomic_ref_count_dec (&self->ref_count))
  {
    g_free (self);
  }
}

TegataHash
tegata_fingerprint_get_hash (TegataFingerprint *self)
{
  g_return_val_if_fail (self != NULL, TEGATA_HASH_SHA256);

  return self->hash;
}

const guint8 *
tegata_fingerprint_get_bytes (TegataFingerprint *self, gsize *len)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (len != NULL, NULL);

  *len = self->len;
  return self->bytes;
}

gboolean
tegata_fingerprint_equal (TegataFingerprint *a, TegataFingerprint *b)
{
  g_return_val_if_fail (a != NULL, FALSE);
  g_return_val_if_fail (b != NULL, FALSE);

  return a->hash == b->hash && CRYPTO_memcmp (a->bytes, b->bytes, a->len) == 0;
}

static TegataHash
strongest_hash (TegataFingerprint *const *fingerprints, gsize n_fingerprints)
{
  TegataHash strongest = fingerprints[0]->hash;

  for (gsize i = 1; i < n_fingerprints; i++)
  {
    strongest = MAX (strongest, fingerprints[i]->hash);
  }
  return strongest;
}

gboolean
tegata_fingerprint_match (TegataFingerprint *const *fingerprints,
                          gsize n_fingerprints,
                          TegataCertificate *certificate)
{
  const HashInfo *info;
  guint8 bytes[TEGATA_FINGERPRINT_MAX_LEN];
  guint n_matches = 0;

  g_return_val_if_fail (certificate != NULL, FALSE);
  g_return_val_if_fail (fingerprints != NULL || n_fingerprints == 0, FALSE);

  if (n_fingerprints == 0)
  {
    return FALSE;
  }
  info = hash_info (strongest_hash (fingerprints, n_fingerprints));
  if (!hash_certificate (certificate, info, bytes))
  {
    return FALSE;
  }

  /* All of them, also after a match: how long it takes tells nothing. Which hash each
   * has is no secret. */
  for (gsize i = 0; i < n_fingerprints; i++)
  {
    if (fingerprints[i]->hash == info->hash)
    {
      n_matches += CRYPTO_memcmp (fingerprints[i]->bytes, bytes, info->len) == 0;
    }
  }
  return n_matches > 0;
}
