/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "settings.h"

#include "key-log.h"

#include <openssl/crypto.h>
#include <string.h>

static TegataCertificate *
read_certificate (const char *path, GError **error)
{
  TegataCertificate *certificate;
  char *pem = NULL;
  gsize len;

  if (!g_file_get_contents (path, &pem, &len, error))
  {
    return NULL;
  }
  certificate = tegata_certificate_new_from_pem (pem, (gssize) len, error);
  OPENSSL_cleanse (pem, len);
  g_free (pem);
  if (certificate == NULL)
  {
    g_prefix_error (error, "%s: ", path);
  }
  return certificate;
}

static TegataContext *
make_plain_context (const Options *options, GError **error)
{
  g_autoptr (TegataCertificate) certificate = NULL;
  TegataContext *context;

  if (options->certificate_file != NULL)
  {
    certificate = read_certificate (options->certificate_file, error);
    if (certificate == NULL)
    {
      return NULL;
    }
  }
  context = tegata_context_new (certificate, error);
  if (context == NULL && options->certificate_file != NULL)
  {
    g_prefix_error (error, "%s: ", options->certificate_file);
  }
  return context;
}

/* What the library says of a value that the user gave is said of the option. */
static gboolean
blame_option (const char *option, GError *problem, GError **error)
{
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s: %s", option,
               problem->message);
  g_error_free (problem);
  return FALSE;
}

static gboolean
apply (const Options *options, TegataContext *context, GError **error)
{
  GError *problem = NULL;

  if (!tegata_context_set_versions (context, options->min_version, options->max_version,
                                    &problem))
  {
    return blame_option ("--min-version, --max-version", problem, error);
  }
  if (options->profiles != NULL
      && !tegata_context_set_srtp_profiles (context, options->profiles, &problem))
  {
    return blame_option ("--profiles", problem, error);
  }
  tegata_context_set_mtu (context, (guint) options->mtu);
  tegata_context_set_handshake_timeout_us (
      context, MAX (1, (gint64) (options->timeout_s * (double) G_USEC_PER_SEC)));
  return options->key_log_file == NULL
         || key_log_open (context, options->key_log_file, error);
}

TegataContext *
settings_make_context (const Options *options, GError **error)
{
  g_autoptr (TegataContext) context = make_plain_context (options, error);

  if (context == NULL || !apply (options, context, error))
  {
    return NULL;
  }
  return g_steal_pointer (&context);
}

char *
settings_write_fingerprint (TegataContext *context)
{
  g_autoptr (TegataFingerprint) fingerprint = tegata_fingerprint_new_for_certificate (
      tegata_context_get_certificate (context), TEGATA_HASH_SHA256);

  return tegata_sdp_write_fingerprint (fingerprint);
}

char **
settings_write_sdp (const Options *options, TegataContext *context)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autofree char *tls_id = tegata_sdp_new_tls_id ();
  g_autofree char *setup = tegata_sdp_write_setup (
      options->role == TEGATA_ROLE_CLIENT ? TEGATA_SETUP_ACTIVE : TEGATA_SETUP_PASSIVE);
  g_autofree char *tls_id_line = tegata_sdp_write_tls_id (tls_id);
  g_autofree char *fingerprint = settings_write_fingerprint (context);

  g_strv_builder_add_many (builder, setup, tls_id_line, fingerprint, NULL);
  return g_strv_builder_end (builder);
}
