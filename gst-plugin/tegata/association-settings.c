/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "association-private.h"

gboolean
gst_tegata_association_set_pem (GstTegataAssociation *self,
                                const char *pem,
                                GError **error)
{
  g_autoptr (TegataCertificate) certificate = NULL;
  TegataContext *context = NULL;
  GError *problem = NULL;

  g_return_val_if_fail (GST_IS_TEGATA_ASSOCIATION (self), FALSE);

  if (pem != NULL)
  {
    certificate = tegata_certificate_new_from_pem (pem, -1, &problem);
  }
  if (certificate != NULL)
  {
    /* whether it is of use to us only a context says */
    context = tegata_context_new (certificate, &problem);
    g_clear_pointer (&context, tegata_context_unref);
  }

  g_mutex_lock (&self->lock);
  g_clear_pointer (&self->settings.certificate, tegata_certificate_unref);
  if (problem == NULL)
  {
    self->settings.certificate = g_steal_pointer (&certificate);
  }
  gst_tegata_settings_note (&self->settings, GST_TEGATA_CHECKED_PEM, problem, error);
  g_mutex_unlock (&self->lock);
  return problem == NULL;
}

void
gst_tegata_association_set_certificate (GstTegataAssociation *self,
                                        TegataCertificate *certificate)
{
  g_return_if_fail (GST_IS_TEGATA_ASSOCIATION (self) && certificate != NULL);

  g_mutex_lock (&self->lock);
  g_clear_pointer (&self->settings.certificate, tegata_certificate_unref);
  self->settings.certificate = tegata_certificate_ref (certificate);
  gst_tegata_settings_note (&self->settings, GST_TEGATA_CHECKED_PEM, NULL, NULL);
  g_mutex_unlock (&self->lock);
}

/* (transfer container) (nullable): with @error; without, where @text names none */
static GPtrArray *
parse_fingerprints (const char *text, GError **error)
{
  g_auto (GStrv) lines = NULL;
  gsize n_lines = 0;

  if (text == NULL || *text == '\0')
  {
    return NULL;
  }

  lines = g_strsplit_set (text, ",\r\n", -1);
  for (char **line = lines; *line != NULL; line++)
  {
    char *kept = g_strstrip (*line);

    if (*kept != '\0')
    {
      lines[n_lines++] = kept;
    }
    else
    {
      g_free (kept);
    }
  }
  lines[n_lines] = NULL;

  return tegata_sdp_parse_fingerprints ((const char *const *) lines, n_lines,
                                        TEGATA_FINGERPRINT_DEFAULT, error);
}

gboolean
gst_tegata_association_set_peer_fingerprint (GstTegataAssociation *self,
                                             const char *text,
                                             GError **error)
{
  g_autoptr (GPtrArray) fingerprints = NULL;
  GError *problem = NULL;

  g_return_val_if_fail (GST_IS_TEGATA_ASSOCIATION (self), FALSE);

  fingerprints = parse_fingerprints (text, &problem);

  gst_tegata_association_enter (self);
  g_free (self->settings.fingerprint_text);
  self->settings.fingerprint_text = g_strdup (text);
  g_clear_pointer (&self->settings.fingerprints, g_ptr_array_unref);
  self->settings.fingerprints = g_steal_pointer (&fingerprints);
  gst_tegata_settings_note (&self->settings, GST_TEGATA_CHECKED_FINGERPRINT, problem,
                            error);
  if (self->session != NULL)
  {
    gst_tegata_association_apply_fingerprints (self);
    gst_tegata_association_drain (self);
  }
  gst_tegata_association_leave (self);
  return problem == NULL;
}

gboolean
gst_tegata_association_set_profiles (GstTegataAssociation *self,
                                     const char *names,
                                     GError **error)
{
  g_autoptr (TegataContext) context = NULL;
  GError *problem = NULL;

  g_return_val_if_fail (GST_IS_TEGATA_ASSOCIATION (self), FALSE);

  if (names != NULL)
  {
    /* one to try them on */
    context = tegata_context_new (NULL, &problem);
  }
  if (context != NULL)
  {
    tegata_context_set_srtp_profiles (context, names, &problem);
  }

  g_mutex_lock (&self->lock);
  g_free (self->settings.profiles);
  self->settings.profiles = g_strdup (names);
  gst_tegata_settings_note (&self->settings, GST_TEGATA_CHECKED_PROFILES, problem, error);
  g_mutex_unlock (&self->lock);
  return problem == NULL;
}

void
gst_tegata_association_set_versions (GstTegataAssociation *self,
                                     TegataVersion min,
                                     TegataVersion max)
{
  g_return_if_fail (GST_IS_TEGATA_ASSOCIATION (self));

  g_mutex_lock (&self->lock);
  self->settings.min_version = min;
  self->settings.max_version = max;
  g_mutex_unlock (&self->lock);
}

void
gst_tegata_association_set_mtu (GstTegataAssociation *self, guint mtu)
{
  g_return_if_fail (GST_IS_TEGATA_ASSOCIATION (self));
  g_return_if_fail (mtu >= TEGATA_MIN_MTU && mtu <= TEGATA_MAX_MTU);

  g_mutex_lock (&self->lock);
  self->settings.mtu = mtu;
  g_mutex_unlock (&self->lock);
}

void
gst_tegata_association_set_handshake_timeout (GstTegataAssociation *self,
                                              guint timeout_ms)
{
  g_return_if_fail (GST_IS_TEGATA_ASSOCIATION (self));

  g_mutex_lock (&self->lock);
  self->settings.handshake_timeout_ms = timeout_ms;
  g_mutex_unlock (&self->lock);
}

void
gst_tegata_association_set_rtt (GstTegataAssociation *self, guint rtt_us)
{
  g_return_if_fail (GST_IS_TEGATA_ASSOCIATION (self));

  gst_tegata_association_enter (self);
  self->settings.rtt_us = rtt_us;
  if (self->session != NULL)
  {
    gst_tegata_association_apply_rtt (self);
    gst_tegata_association_drain (self);
  }
  gst_tegata_association_leave (self);
}

void
gst_tegata_association_set_key_log (GstTegataAssociation *self, const char *path)
{
  g_return_if_fail (GST_IS_TEGATA_ASSOCIATION (self));

  g_mutex_lock (&self->lock);
  g_free (self->settings.key_log);
  self->settings.key_log = g_strdup (path);
  g_mutex_unlock (&self->lock);
}

void
gst_tegata_association_set_require_fingerprint (GstTegataAssociation *self,
                                                gboolean required)
{
  g_return_if_fail (GST_IS_TEGATA_ASSOCIATION (self));

  gst_tegata_association_enter (self);
  self->settings.requires_fingerprint = required;
  if (required && self->session != NULL)
  {
    gst_tegata_association_require_fingerprint (self);
    gst_tegata_association_drain (self);
  }
  gst_tegata_association_leave (self);
}

char *
gst_tegata_association_dup_pem (GstTegataAssociation *self)
{
  TegataCertificate *certificate;
  char *pem;

  g_return_val_if_fail (GST_IS_TEGATA_ASSOCIATION (self), NULL);

  g_mutex_lock (&self->lock);
  certificate = gst_tegata_settings_get_certificate (&self->settings, NULL);
  pem = certificate != NULL ? tegata_certificate_to_pem (certificate) : NULL;
  g_mutex_unlock (&self->lock);
  return pem;
}

char *
gst_tegata_association_dup_fingerprint (GstTegataAssociation *self)
{
  g_autoptr (TegataFingerprint) fingerprint = NULL;
  TegataCertificate *certificate;

  g_return_val_if_fail (GST_IS_TEGATA_ASSOCIATION (self), NULL);

  g_mutex_lock (&self->lock);
  certificate = gst_tegata_settings_get_certificate (&self->settings, NULL);
  if (certificate != NULL)
  {
    fingerprint
        = tegata_fingerprint_new_for_certificate (certificate, TEGATA_HASH_SHA256);
  }
  g_mutex_unlock (&self->lock);
  return fingerprint != NULL ? tegata_fingerprint_to_string (fingerprint) : NULL;
}

static char *
dup_string (GstTegataAssociation *self, char *const *setting)
{
  char *copy;

  g_mutex_lock (&self->lock);
  copy = g_strdup (*setting);
  g_mutex_unlock (&self->lock);
  return copy;
}

char *
gst_tegata_association_dup_peer_fingerprint (GstTegataAssociation *self)
{
  g_return_val_if_fail (GST_IS_TEGATA_ASSOCIATION (self), NULL);

  return dup_string (self, &self->settings.fingerprint_text);
}

char *
gst_tegata_association_dup_profiles (GstTegataAssociation *self)
{
  g_return_val_if_fail (GST_IS_TEGATA_ASSOCIATION (self), NULL);

  return dup_string (self, &self->settings.profiles);
}

char *
gst_tegata_association_dup_key_log (GstTegataAssociation *self)
{
  g_return_val_if_fail (GST_IS_TEGATA_ASSOCIATION (self), NULL);

  return dup_string (self, &self->settings.key_log);
}

void
gst_tegata_association_get_versions (GstTegataAssociation *self,
                                     TegataVersion *min,
                                     TegataVersion *max)
{
  g_return_if_fail (GST_IS_TEGATA_ASSOCIATION (self));

  g_mutex_lock (&self->lock);
  *min = self->settings.min_version;
  *max = self->settings.max_version;
  g_mutex_unlock (&self->lock);
}

static guint
get_number (GstTegataAssociation *self, const guint *setting)
{
  guint number;

  g_mutex_lock (&self->lock);
  number = *setting;
  g_mutex_unlock (&self->lock);
  return number;
}

guint
gst_tegata_association_get_mtu (GstTegataAssociation *self)
{
  g_return_val_if_fail (GST_IS_TEGATA_ASSOCIATION (self), 0);

  return get_number (self, &self->settings.mtu);
}

guint
gst_tegata_association_get_handshake_timeout (GstTegataAssociation *self)
{
  g_return_val_if_fail (GST_IS_TEGATA_ASSOCIATION (self), 0);

  return get_number (self, &self->settings.handshake_timeout_ms);
}

guint
gst_tegata_association_get_rtt (GstTegataAssociation *self)
{
  g_return_val_if_fail (GST_IS_TEGATA_ASSOCIATION (self), 0);

  return get_number (self, &self->settings.rtt_us);
}

gboolean
gst_tegata_association_get_require_fingerprint (GstTegataAssociation *self)
{
  gboolean required;

  g_return_val_if_fail (GST_IS_TEGATA_ASSOCIATION (self), TRUE);

  g_mutex_lock (&self->lock);
  required = self->settings.requires_fingerprint;
  g_mutex_unlock (&self->lock);
  return required;
}
