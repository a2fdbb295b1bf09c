/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dtls/openssl-private.h"

#include "identity/certificate-private.h"

#include <openssl/err.h>

#define MODERN_CIPHERS "ECDHE+AESGCM:ECDHE+CHACHA20"
/* DTLS 1.0 has CBC with SHA-1 only, and OpenSSL allows its signatures at level 0 only. */
#define OLD_CIPHERS MODERN_CIPHERS ":ECDHE+AES:@SECLEVEL=0"
#define SESSION_ID_CONTEXT "tegata"
#define MAX_SESSIONS 1024

int
tegata_openssl_version_number (TegataVersion version)
{
  switch (version)
  {
  case TEGATA_VERSION_DTLS_1_0:
    return DTLS1_VERSION;
  case TEGATA_VERSION_DTLS_1_2:
    return DTLS1_2_VERSION;
  case TEGATA_VERSION_DTLS_1_3:
#ifdef DTLS1_3_VERSION
    return DTLS1_3_VERSION;
#else
    return 0;
#endif
  case TEGATA_VERSION_NONE:
  default:
    return 0;
  }
}

gboolean
tegata_openssl_has_version (TegataVersion version)
{
  return tegata_openssl_version_number (version) != 0;
}

gboolean
tegata_openssl_has_groups (const char *groups)
{
  SSL_CTX *ssl_context = SSL_CTX_new (DTLS_method ());
  gboolean known = ssl_context != NULL && SSL_CTX_set1_groups_list (ssl_context, groups);

  SSL_CTX_free (ssl_context);
  ERR_clear_error ();
  return known;
}

gboolean
tegata_openssl_can_serve (TegataContext *context, GError **error)
{
  const TegataContextSettings *settings = tegata_context_get_settings (context);
  TegataKeyType key_type = tegata_certificate_get_key_type (settings->certificate);

  if (key_type == TEGATA_KEY_TYPE_ED25519
      && settings->min_version < TEGATA_VERSION_DTLS_1_3)
  {
    g_set_error_literal (error, TEGATA_ERROR, TEGATA_ERROR_UNSUPPORTED,
                         "an Ed25519 certificate cannot serve: libssl finds no shared "
                         "cipher with it in DTLS 1.2; use an ECDSA P-256 certificate, or "
                         "be the client");
    return FALSE;
  }
  return TRUE;
}

static void
log_key (const SSL *ssl, const char *line)
{
  TegataEngine *engine = tegata_openssl_engine_of (ssl);

  engine->shared->key_log (line, engine->shared->key_log_data);
}

/* libssl asks for a cookie only to be brought past the exchange that was done without
 * state, see tegata_openssl_expect_cookie(): what stands in it is never sent. */
static int
make_cookie (G_GNUC_UNUSED SSL *ssl, unsigned char *cookie, unsigned int *len)
{
  *cookie = 0;
  *len = 1;
  return 1;
}

static int
accept_cookie (G_GNUC_UNUSED SSL *ssl,
               G_GNUC_UNUSED const unsigned char *cookie,
               G_GNUC_UNUSED unsigned int len)
{
  return 1; /* it was judged before it came here */
}

static gboolean
set_identity (SSL_CTX *ssl_context, TegataCertificate *certificate)
{
  return SSL_CTX_use_certificate (ssl_context, tegata_certificate_get_x509 (certificate))
             == 1
         && SSL_CTX_use_PrivateKey (ssl_context,
                                    tegata_certificate_get_private_key (certificate))
                == 1;
}

static gboolean
set_versions (SSL_CTX *ssl_context, const TegataContextSettings *settings)
{
  int min = tegata_openssl_version_number (settings->min_version);
  int max = tegata_openssl_version_number (settings->max_version);
  gboolean old = settings->min_version < TEGATA_VERSION_DTLS_1_2;

  return SSL_CTX_set_min_proto_version (ssl_context, min) == 1
         && SSL_CTX_set_max_proto_version (ssl_context, max) == 1
         && SSL_CTX_set_cipher_list (ssl_context, old ? OLD_CIPHERS : MODERN_CIPHERS) == 1
         && SSL_CTX_set1_groups_list (ssl_context, settings->groups) == 1;
}

static gboolean
set_profiles (SSL_CTX *ssl_context, const TegataContextSettings *settings)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (gsize i = 0; i < settings->n_profiles; i++)
  {
    const char *name = tegata_srtp_profile_to_string (settings->profiles[i]);

    /* libssl has the older two by their names without AES's. */
    if (settings->profiles[i] == TEGATA_SRTP_AES128_CM_HMAC_SHA1_80)
    {
      name = "SRTP_AES128_CM_SHA1_80";
    }
    else if (settings->profiles[i] == TEGATA_SRTP_AES128_CM_HMAC_SHA1_32)
    {
      name = "SRTP_AES128_CM_SHA1_32";
    }
    g_string_append_printf (names, "%s%s", i > 0 ? ":" : "", name);
  }
  /* this one returns 0 where it went well */
  return names->len == 0 || SSL_CTX_set_tlsext_use_srtp (ssl_context, names->str) == 0;
}

static void
set_policy (SSL_CTX *ssl_context)
{
  SSL_CTX_set_options (ssl_context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION
                                        | SSL_OP_NO_QUERY_MTU | SSL_OP_CLEANSE_PLAINTEXT
                                        | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_verify (ssl_context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                      NULL);
  SSL_CTX_set_cert_verify_callback (ssl_context, tegata_openssl_verify, NULL);
  SSL_CTX_set_cookie_generate_cb (ssl_context, make_cookie);
  SSL_CTX_set_cookie_verify_cb (ssl_context, accept_cookie);
  /* a leaf, and perhaps a chain behind it: nobody needs 100 KB */
  SSL_CTX_set_max_cert_list (ssl_context, 16384);
}

static void
set_resumption (TegataOpensslShared *shared, const TegataContextSettings *settings)
{
  if (!settings->resumption)
  {
    SSL_CTX_set_options (shared->ssl_context, SSL_OP_NO_TICKET);
    SSL_CTX_set_session_cache_mode (shared->ssl_context, SSL_SESS_CACHE_OFF);
    return;
  }

  SSL_CTX_set_session_id_context (shared->ssl_context,
                                  (const unsigned char *) SESSION_ID_CONTEXT,
                                  sizeof SESSION_ID_CONTEXT - 1);
  shared->cache = tegata_resumption_cache_new (shared->ssl_context, MAX_SESSIONS);
}

gpointer
tegata_openssl_shared_new (TegataContext *context, GError **error)
{
  const TegataContextSettings *settings = tegata_context_get_settings (context);
  TegataOpensslShared *shared = g_new0 (TegataOpensslShared, 1);

  ERR_clear_error ();
  shared->ssl_context = SSL_CTX_new (DTLS_method ());
  if (shared->ssl_context == NULL
      || !set_identity (shared->ssl_context, settings->certificate)
      || !set_versions (shared->ssl_context, settings)
      || !set_profiles (shared->ssl_context, settings))
  {
    const char *reason = ERR_reason_error_string (ERR_get_error ());

    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_FAILED,
                 "libssl does not take the context's settings: %s",
                 reason != NULL ? reason : "it does not say why");
    ERR_clear_error ();
    tegata_openssl_shared_free (shared);
    return NULL;
  }

  set_policy (shared->ssl_context);
  set_resumption (shared, settings);
  shared->key_log = settings->key_log;
  shared->key_log_data = settings->key_log_data;
  if (shared->key_log != NULL)
  {
    SSL_CTX_set_keylog_callback (shared->ssl_context, log_key);
  }
  return shared;
}

void
tegata_openssl_shared_free (gpointer data)
{
  TegataOpensslShared *shared = data;

  SSL_CTX_free (shared->ssl_context);
  g_clear_pointer (&shared->cache, tegata_resumption_cache_free);
  g_free (shared);
}
