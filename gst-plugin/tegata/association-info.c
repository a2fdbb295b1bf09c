/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "association-private.h"

#include <string.h>

/* What is read of an association, on any thread. */

void
gst_tegata_association_get_facts (GstTegataAssociation *self, GstTegataFacts *facts)
{
  TegataDtls *dtls = NULL;

  g_return_if_fail (GST_IS_TEGATA_ASSOCIATION (self) && facts != NULL);

  memset (facts, 0, sizeof *facts);
  g_mutex_lock (&self->lock);
  facts->is_open = gst_tegata_association_is_open (self);
  facts->state = gst_tegata_association_get_state (self);
  if (self->session != NULL)
  {
    dtls = tegata_session_get_dtls (self->session);
  }
  if (dtls != NULL)
  {
    facts->version = tegata_dtls_get_version (dtls);
    facts->cipher = tegata_dtls_get_cipher (dtls);
    facts->profile = tegata_dtls_get_srtp_profile (dtls);
  }
  else if (self->fixed_inbound != NULL)
  {
    facts->profile = tegata_srtp_get_profile (self->fixed_inbound);
  }
  g_mutex_unlock (&self->lock);
}

gboolean
gst_tegata_association_get_stats (GstTegataAssociation *self,
                                  TegataSessionStats *stats,
                                  GstTegataDropped *dropped)
{
  gboolean has_session;

  g_return_val_if_fail (GST_IS_TEGATA_ASSOCIATION (self), FALSE);
  g_return_val_if_fail (stats != NULL && dropped != NULL, FALSE);

  g_mutex_lock (&self->lock);
  has_session = self->session != NULL;
  if (has_session)
  {
    /* the outbound counts are the sending thread's */
    g_mutex_lock (&self->media_lock);
    tegata_session_get_stats (self->session, stats);
    g_mutex_unlock (&self->media_lock);
    *dropped = self->dropped;
  }
  g_mutex_unlock (&self->lock);
  return has_session;
}

char *
gst_tegata_association_dup_peer_pem (GstTegataAssociation *self)
{
  TegataCertificate *certificate = NULL;
  char *pem;

  g_return_val_if_fail (GST_IS_TEGATA_ASSOCIATION (self), NULL);

  g_mutex_lock (&self->lock);
  if (self->session != NULL)
  {
    certificate = tegata_session_get_peer_certificate (self->session);
  }
  pem = certificate != NULL ? tegata_certificate_to_pem (certificate) : NULL;
  g_mutex_unlock (&self->lock);
  return pem;
}

GError *
gst_tegata_association_dup_error (GstTegataAssociation *self)
{
  GError *error;

  g_return_val_if_fail (GST_IS_TEGATA_ASSOCIATION (self), NULL);

  g_mutex_lock (&self->lock);
  error = self->error != NULL ? g_error_copy (self->error) : NULL;
  g_mutex_unlock (&self->lock);
  return error;
}

typedef struct
{
  gsize len;
  guint8 bytes[TEGATA_SRTP_MAX_KEY_LEN];
} Key;

static void
key_free (gpointer data)
{
  explicit_bzero (data, sizeof (Key));
  g_free (data);
}

static Key *
key_new (const guint8 *bytes, gsize len)
{
  Key *key = g_new (Key, 1);

  key->len = len;
  memcpy (key->bytes, bytes, len);
  return key;
}

GBytes *
gst_tegata_association_dup_srtp_key (GstTegataAssociation *self, gboolean is_outbound)
{
  TegataDtls *dtls = NULL;
  TegataSrtpKeys keys;
  Key *key = NULL;

  g_return_val_if_fail (GST_IS_TEGATA_ASSOCIATION (self), NULL);

  g_mutex_lock (&self->lock);
  if (self->session != NULL)
  {
    dtls = tegata_session_get_dtls (self->session);
  }
  if (dtls != NULL && tegata_dtls_export_srtp_keys (dtls, &keys, NULL))
  {
    gboolean is_client = tegata_dtls_get_role (dtls) == TEGATA_ROLE_CLIENT;

    key = key_new (is_client == is_outbound ? keys.client : keys.server, keys.key_len);
    tegata_srtp_keys_clear (&keys);
  }
  g_mutex_unlock (&self->lock);

  if (key == NULL)
  {
    return NULL;
  }
  return g_bytes_new_with_free_func (key->bytes, key->len, key_free, key);
}
