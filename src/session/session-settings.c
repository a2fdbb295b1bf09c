/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "session/session-private.h"

#include "dtls/dtls-private.h"

/* What a session is told: before the start it waits here, later it goes on to the
 * association. */

void
tegata_session_drop_settings (TegataSession *self)
{
  g_clear_pointer (&self->fingerprints, g_ptr_array_unref);
  g_clear_pointer (&self->resumption_name, g_free);
}

void
tegata_session_set_touched_func (TegataSession *self,
                                 TegataSessionTouchedFunc touched,
                                 gpointer user_data)
{
  self->touched = touched;
  self->touched_data = user_data;
}

void
tegata_session_set_wants_cookie (TegataSession *self, gboolean wants_cookie)
{
  g_return_if_fail (self->dtls == NULL);

  self->wants_cookie = wants_cookie;
}

void
tegata_session_set_user_data (TegataSession *self, gpointer data, GDestroyNotify destroy)
{
  gpointer old_data;
  GDestroyNotify old_destroy;

  g_return_if_fail (self != NULL);

  old_data = self->user_data;
  old_destroy = self->destroy_user_data;
  self->user_data = data;
  self->destroy_user_data = destroy;
  if (old_destroy != NULL)
  {
    old_destroy (old_data);
  }
}

gpointer
tegata_session_get_user_data (TegataSession *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->user_data;
}

/* A listener's session is where it was accepted. */
void
tegata_session_set_peer (TegataSession *self, const TegataAddress *peer)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (self->touched == NULL);
  g_return_if_fail (peer != NULL && peer->len <= TEGATA_ADDRESS_MAX_LEN);

  self->peer = *peer;
  self->has_peer = peer->len > 0;
}

gboolean
tegata_session_get_peer (TegataSession *self, TegataAddress *peer)
{
  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (peer != NULL, FALSE);

  if (self->has_peer)
  {
    *peer = self->peer;
  }
  return self->has_peer;
}

static GPtrArray *
copy_fingerprints (TegataFingerprint *const *fingerprints, gsize n_fingerprints)
{
  GPtrArray *copies
      = g_ptr_array_new_with_free_func ((GDestroyNotify) tegata_fingerprint_unref);

  for (gsize i = 0; i < n_fingerprints; i++)
  {
    g_ptr_array_add (copies, tegata_fingerprint_ref (fingerprints[i]));
  }
  return copies;
}

void
tegata_session_set_peer_fingerprints (TegataSession *self,
                                      TegataFingerprint *const *fingerprints,
                                      gsize n_fingerprints)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (fingerprints != NULL && n_fingerprints > 0);

  if (self->dtls == NULL)
  {
    g_clear_pointer (&self->fingerprints, g_ptr_array_unref);
    self->fingerprints = copy_fingerprints (fingerprints, n_fingerprints);
    return;
  }
  tegata_dtls_set_peer_fingerprints (self->dtls, fingerprints, n_fingerprints);
  tegata_session_settle (self);
}

void
tegata_session_set_rtt_us (TegataSession *self, gint64 rtt_us)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (rtt_us >= -1);

  if (self->dtls == NULL)
  {
    self->rtt_us = rtt_us;
    return;
  }
  tegata_dtls_set_rtt_us (self->dtls, rtt_us);
  tegata_session_settle (self);
}

void
tegata_session_set_resumption_name (TegataSession *self, const char *name)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (self->dtls == NULL);

  g_free (self->resumption_name);
  self->resumption_name = g_strdup (name);
}

void
tegata_session_apply_settings (TegataSession *self)
{
  if (self->fingerprints != NULL)
  {
    tegata_dtls_set_peer_fingerprints (
        self->dtls, (TegataFingerprint *const *) self->fingerprints->pdata,
        self->fingerprints->len);
  }
  if (self->rtt_us >= 0)
  {
    tegata_dtls_set_rtt_us (self->dtls, self->rtt_us);
  }
  if (self->resumption_name != NULL
      && tegata_dtls_get_role (self->dtls) == TEGATA_ROLE_CLIENT)
  {
    tegata_dtls_set_resumption_name (self->dtls, self->resumption_name);
  }
  if (self->wants_cookie)
  {
    tegata_dtls_set_wants_cookie (self->dtls, TRUE);
  }
  tegata_session_drop_settings (self);
}
