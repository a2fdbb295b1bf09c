/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dtls/context-private.h"

#include "dtls/engine.h"

#include <string.h>

#define DEFAULT_PROFILES                                                                 \
  "SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_HMAC_SHA1_80"
#define DEFAULT_GROUPS "X25519:P-256:P-384"

struct _TegataContext
{
  gatomicrefcount ref_count;
  TegataContextSettings settings;
  gsize sealed;           /* a g_once_init: 0 while it may be set up */
  gpointer engine_shared; /* NULL where sealing failed */
  GError *seal_error;
  TegataCookieJar *cookie_jar;
};

/* GLib hands the functions on in a transparent union, which is no ISO C. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
G_DEFINE_BOXED_TYPE (TegataContext,
                     tegata_context,
                     tegata_context_ref,
                     tegata_context_unref)
#pragma GCC diagnostic pop

TegataContext *
tegata_context_new (TegataCertificate *certificate, GError **error)
{
  g_autoptr (TegataContext) self = NULL;
  g_autoptr (TegataCertificate) own = NULL;

  if (certificate == NULL)
  {
    own = tegata_certificate_new (TEGATA_KEY_TYPE_ECDSA_P256, error);
    if (own == NULL)
    {
      return NULL;
    }
  }
  else
  {
    own = tegata_certificate_ref (certificate);
  }
  if (!tegata_certificate_has_private_key (own))
  {
    g_set_error_literal (
        error, TEGATA_ERROR, TEGATA_ERROR_INVALID,
        "the certificate has no private key: expected one of our own (certificate "
        "and key in one text: concatenate the two files)");
    return NULL;
  }

  self = g_new0 (TegataContext, 1);
  g_atomic_ref_count_init (&self->ref_count);
  self->settings.certificate = g_steal_pointer (&own);
  self->settings.min_version = TEGATA_VERSION_DTLS_1_2;
  self->settings.max_version = TEGATA_VERSION_DTLS_1_2;
  self->settings.groups = g_strdup (DEFAULT_GROUPS);
  self->settings.mtu = TEGATA_DEFAULT_MTU;
  self->settings.handshake_timeout_us = TEGATA_DEFAULT_HANDSHAKE_TIMEOUT_US;
  self->settings.cookies = TEGATA_COOKIES_AUTO;
  self->cookie_jar = tegata_cookie_jar_new ();
  if (self->cookie_jar == NULL)
  {
    g_set_error_literal (error, TEGATA_ERROR, TEGATA_ERROR_FAILED,
                         "there is no randomness to be had for cookies");
    return NULL;
  }
  if (!tegata_context_set_srtp_profiles (self, DEFAULT_PROFILES, error))
  {
    return NULL;
  }
  return g_steal_pointer (&self);
}

TegataContext *
tegata_context_ref (TegataContext *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
tegata_context_unref (TegataContext *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
  {
    return;
  }

  if (self->engine_shared != NULL)
  {
    tegata_openssl_engine.shared_free (self->engine_shared);
  }
  if (self->settings.key_log_notify != NULL)
  {
    self->settings.key_log_notify (self->settings.key_log_data);
  }
  tegata_certificate_unref (self->settings.certificate);
  tegata_cookie_jar_free (self->cookie_jar);
  g_clear_error (&self->seal_error);
  g_free (self->settings.groups);
  g_free (self);
}

static gboolean
is_sealed (TegataContext *self)
{
  return g_atomic_pointer_get (&self->sealed) != 0;
}

TegataCertificate *
tegata_context_get_certificate (TegataContext *self)
{
  return self->settings.certificate;
}

gboolean
tegata_context_set_versions (TegataContext *self,
                             TegataVersion min,
                             TegataVersion max,
                             GError **error)
{
  g_return_val_if_fail (!is_sealed (self), FALSE);

  if (min < TEGATA_VERSION_DTLS_1_0 || max > TEGATA_VERSION_DTLS_1_3 || min > max)
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_INVALID,
                 "versions from %s to %s: expected two of DTLS 1.0, 1.2 and 1.3, the "
                 "older one first",
                 tegata_version_to_string (min), tegata_version_to_string (max));
    return FALSE;
  }
  for (TegataVersion version = min; version <= max; version++)
  {
    if (!tegata_openssl_engine.has_version (version))
    {
      g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_UNSUPPORTED,
                   "this libssl has no %s: set another range of versions",
                   tegata_version_to_string (version));
      return FALSE;
    }
  }

  self->settings.min_version = min;
  self->settings.max_version = max;
  return TRUE;
}

/* Appends the profile of @name to @profiles, unless it is there. */
static gboolean
add_profile (TegataSrtpProfile *profiles, gsize *n, const char *name, GError **error)
{
  TegataSrtpProfile profile = tegata_srtp_profile_parse (name, error);

  if (profile == TEGATA_SRTP_PROFILE_NONE)
  {
    return FALSE;
  }
  for (gsize i = 0; i < *n; i++)
  {
    if (profiles[i] == profile)
    {
      g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_INVALID,
                   "SRTP profile %s is named twice: expected each once", name);
      return FALSE;
    }
  }
  profiles[(*n)++] = profile;
  return TRUE;
}

gboolean
tegata_context_set_srtp_profiles (TegataContext *self, const char *names, GError **error)
{
  g_auto (GStrv) words = g_strsplit_set (names != NULL ? names : "", ":, \t", -1);
  TegataSrtpProfile profiles[TEGATA_MAX_PROFILES];
  gsize n_profiles = 0;

  g_return_val_if_fail (!is_sealed (self), FALSE);

  for (char **word = words; *word != NULL; word++)
  {
    if (**word != '\0' && !add_profile (profiles, &n_profiles, *word, error))
    {
      return FALSE;
    }
  }

  if (n_profiles == 0 && names != NULL && *names != '\0')
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_PARSE,
                 "SRTP profiles \"%s\": expected a name, or nothing at all for none",
                 names);
    return FALSE;
  }
  memcpy (self->settings.profiles, profiles, n_profiles * sizeof profiles[0]);
  self->settings.n_profiles = n_profiles;
  return TRUE;
}

void
tegata_context_set_mtu (TegataContext *self, guint mtu)
{
  g_return_if_fail (!is_sealed (self));
  g_return_if_fail (mtu >= TEGATA_MIN_MTU && mtu <= TEGATA_MAX_MTU);

  self->settings.mtu = mtu;
}

guint
tegata_context_get_mtu (TegataContext *self)
{
  return self->settings.mtu;
}

void
tegata_context_set_handshake_timeout_us (TegataContext *self, gint64 timeout_us)
{
  g_return_if_fail (!is_sealed (self));
  g_return_if_fail (timeout_us > 0);

  self->settings.handshake_timeout_us = timeout_us;
}

gboolean
tegata_context_set_groups (TegataContext *self, const char *groups, GError **error)
{
  g_return_val_if_fail (groups != NULL, FALSE);
  g_return_val_if_fail (!is_sealed (self), FALSE);

  /* newer ones take an empty list for their own default */
  if (*groups == '\0' || !tegata_openssl_engine.has_groups (groups))
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_PARSE,
                 "groups \"%s\": expected names that this libssl knows, separated by "
                 "':', as in \"%s\"",
                 groups, DEFAULT_GROUPS);
    return FALSE;
  }

  g_free (self->settings.groups);
  self->settings.groups = g_strdup (groups);
  return TRUE;
}

void
tegata_context_set_cookies (TegataContext *self, TegataCookies cookies)
{
  g_return_if_fail (!is_sealed (self));

  self->settings.cookies = cookies;
}

void
tegata_context_set_resumption (TegataContext *self, gboolean enabled)
{
  g_return_if_fail (!is_sealed (self));

  self->settings.resumption = enabled;
}

void
tegata_context_set_key_log (TegataContext *self,
                            TegataKeyLogFunc func,
                            gpointer user_data,
                            GDestroyNotify notify)
{
  g_return_if_fail (!is_sealed (self));

  if (self->settings.key_log_notify != NULL)
  {
    self->settings.key_log_notify (self->settings.key_log_data);
  }
  self->settings.key_log = func;
  self->settings.key_log_data = user_data;
  self->settings.key_log_notify = notify;
}

const TegataContextSettings *
tegata_context_get_settings (TegataContext *self)
{
  return &self->settings;
}

gboolean
tegata_context_seal (TegataContext *self, GError **error)
{
  if (g_once_init_enter (&self->sealed))
  {
    self->engine_shared = tegata_openssl_engine.shared_new (self, &self->seal_error);
    g_once_init_leave (&self->sealed, 1);
  }
  if (self->engine_shared == NULL)
  {
    g_propagate_error (error, g_error_copy (self->seal_error));
    return FALSE;
  }
  return TRUE;
}

gpointer
tegata_context_get_engine_shared (TegataContext *self)
{
  return self->engine_shared;
}

TegataCookieJar *
tegata_context_get_cookie_jar (TegataContext *self)
{
  return self->cookie_jar;
}

gboolean
tegata_context_can_serve (TegataContext *self, GError **error)
{
  return tegata_openssl_engine.can_serve (self, error);
}

const char *
tegata_version_to_string (TegataVersion version)
{
  switch (version)
  {
  case TEGATA_VERSION_DTLS_1_0:
    return "DTLS 1.0";
  case TEGATA_VERSION_DTLS_1_2:
    return "DTLS 1.2";
  case TEGATA_VERSION_DTLS_1_3:
    return "DTLS 1.3";
  case TEGATA_VERSION_NONE:
  default:
    return "none";
  }
}
