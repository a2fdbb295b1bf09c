/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "settings.h"

#include "key-log.h"

#include <string.h>

void
gst_tegata_settings_init (GstTegataSettings *self)
{
  memset (self, 0, sizeof *self);
  self->min_version = TEGATA_VERSION_DTLS_1_2;
  self->max_version = TEGATA_VERSION_DTLS_1_2;
  self->mtu = TEGATA_DEFAULT_MTU;
  self->handshake_timeout_ms = TEGATA_DEFAULT_HANDSHAKE_TIMEOUT_US / 1000;
  self->requires_fingerprint = TRUE;
}

void
gst_tegata_settings_forget_fixed_key (GstTegataSettings *self)
{
  explicit_bzero (self->fixed_key, sizeof self->fixed_key);
  self->fixed_key_len = 0;
  self->fixed_profile = TEGATA_SRTP_PROFILE_NONE;
}

void
gst_tegata_settings_clear (GstTegataSettings *self)
{
  gst_tegata_settings_forget_fixed_key (self);
  g_clear_pointer (&self->certificate, tegata_certificate_unref);
  g_clear_pointer (&self->fingerprint_text, g_free);
  g_clear_pointer (&self->fingerprints, g_ptr_array_unref);
  g_clear_pointer (&self->profiles, g_free);
  g_clear_pointer (&self->key_log, g_free);
  for (guint i = 0; i < GST_TEGATA_N_CHECKED; i++)
  {
    g_clear_error (&self->problems[i]);
  }
}

void
gst_tegata_settings_note (GstTegataSettings *self,
                          GstTegataChecked setting,
                          GError *problem,
                          GError **error)
{
  g_clear_error (&self->problems[setting]);
  self->problems[setting] = problem;
  if (problem != NULL && error != NULL)
  {
    *error = g_error_copy (problem);
  }
}

gboolean
gst_tegata_settings_check (const GstTegataSettings *self, GError **error)
{
  for (guint i = 0; i < GST_TEGATA_N_CHECKED; i++)
  {
    if (self->problems[i] != NULL)
    {
      g_propagate_error (error, g_error_copy (self->problems[i]));
      return FALSE;
    }
  }
  return TRUE;
}

TegataCertificate *
gst_tegata_settings_get_certificate (GstTegataSettings *self, GError **error)
{
  const GError *problem = self->problems[GST_TEGATA_CHECKED_PEM];

  if (problem != NULL)
  {
    g_propagate_error (error, g_error_copy (problem));
    return NULL;
  }
  if (self->certificate == NULL)
  {
    self->certificate = tegata_certificate_new (TEGATA_KEY_TYPE_ECDSA_P256, error);
  }
  return self->certificate;
}

TegataContext *
gst_tegata_settings_make_context (GstTegataSettings *self, GError **error)
{
  TegataCertificate *certificate = gst_tegata_settings_get_certificate (self, error);
  g_autoptr (TegataContext) context = NULL;

  if (certificate == NULL)
  {
    return NULL;
  }
  context = tegata_context_new (certificate, error);
  if (context == NULL
      || !tegata_context_set_versions (context, self->min_version, self->max_version,
                                       error)
      || (self->profiles != NULL
          && !tegata_context_set_srtp_profiles (context, self->profiles, error))
      || (self->key_log != NULL
          && !gst_tegata_key_log_open (context, self->key_log, error)))
  {
    return NULL;
  }
  tegata_context_set_mtu (context, self->mtu);
  return g_steal_pointer (&context);
}
