/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "association-private.h"

/*
 * Whom a session is told to trust: whose fingerprint was set; where none was, and none is
 * required, whoever it is that comes; nobody where what was set cannot be used.
 */

/* What no certificate has: a peer that was trusted before is so no longer. */
static const guint8 hash_of_nobody[32];

/* The peer proved to have the key of this certificate. That it is the right one nobody
 * said, and nobody wanted to know. */
static void
trust_peer_as_it_is (GstTegataAssociation *self)
{
  TegataCertificate *certificate = tegata_session_get_peer_certificate (self->session);
  g_autoptr (TegataFingerprint) fingerprint
      = tegata_fingerprint_new_for_certificate (certificate, TEGATA_HASH_SHA256);

  tegata_session_set_peer_fingerprints (self->session, &fingerprint, 1);
  self->has_named_peer = TRUE;
  self->has_taken_anybody = TRUE;
  gst_tegata_association_tell_unverified (self);
}

/* The state may be over that was told. */
void
gst_tegata_association_consider_anybody (GstTegataAssociation *self)
{
  if (!self->requires_fingerprint && !self->has_named_peer
      && self->settings.problems[GST_TEGATA_CHECKED_FINGERPRINT] == NULL
      && gst_tegata_association_get_state (self) == TEGATA_STATE_AWAITING_FINGERPRINT)
  {
    trust_peer_as_it_is (self);
  }
}

static void
trust_nobody (GstTegataAssociation *self)
{
  g_autoptr (TegataFingerprint) nobody = tegata_fingerprint_new (
      TEGATA_HASH_SHA256, hash_of_nobody, sizeof hash_of_nobody, NULL);

  tegata_session_set_peer_fingerprints (self->session, &nobody, 1);
}

void
gst_tegata_association_require_fingerprint (GstTegataAssociation *self)
{
  self->requires_fingerprint = TRUE;
  if (self->has_taken_anybody)
  {
    trust_nobody (self);
  }
}

/* While a text is set that cannot be used, nobody is trusted: a session that was told of
 * somebody before is told of nobody, and one that was not waits until it is mended. */
void
gst_tegata_association_apply_fingerprints (GstTegataAssociation *self)
{
  const GstTegataSettings *settings = &self->settings;

  if (self->session == NULL)
  {
    return;
  }
  if (settings->fingerprints != NULL)
  {
    tegata_session_set_peer_fingerprints (
        self->session, (TegataFingerprint *const *) settings->fingerprints->pdata,
        settings->fingerprints->len);
    self->has_named_peer = TRUE;
    self->has_taken_anybody = FALSE;
  }
  else if (settings->problems[GST_TEGATA_CHECKED_FINGERPRINT] != NULL
           && self->has_named_peer)
  {
    trust_nobody (self);
  }
  else
  {
    gst_tegata_association_consider_anybody (self);
  }
}
