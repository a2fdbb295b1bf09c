/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "association-private.h"

#include <string.h>
#include <tegata/demux.h>

/*
 * Media on its way out, and the fixed key.
 *
 * Packets go out under `media_lock` alone: who receives, and who handles the timer, is
 * not in their way. The session allows one thread that sends beside the one that does all
 * else.
 */

TegataSrtpOutcome
gst_tegata_association_protect (GstTegataAssociation *self,
                                gboolean is_rtcp,
                                const guint8 *in,
                                gsize in_len,
                                guint8 *out,
                                gsize out_size,
                                gsize *out_len)
{
  TegataSrtpOutcome outcome = TEGATA_SRTP_NO_KEYS;

  g_return_val_if_fail (GST_IS_TEGATA_ASSOCIATION (self), TEGATA_SRTP_NO_KEYS);

  g_mutex_lock (&self->media_lock);
  if (self->session != NULL)
  {
    outcome = (is_rtcp ? tegata_session_send_rtcp : tegata_session_send_rtp) (
        self->session, in, in_len, out, out_size, out_len);
  }
  else if (self->fixed_outbound != NULL)
  {
    outcome = (is_rtcp ? tegata_srtp_protect_rtcp : tegata_srtp_protect_rtp) (
        self->fixed_outbound, in, in_len, out, out_size, out_len);
  }
  g_mutex_unlock (&self->media_lock);
  return outcome;
}

void
gst_tegata_association_rest_fixed (GstTegataAssociation *self,
                                   TegataSrtp *inbound,
                                   TegataSrtp *outbound)
{
  if (inbound == NULL)
  {
    return;
  }
  if (self->has_other_key)
  {
    tegata_srtp_free (inbound);
    tegata_srtp_free (outbound);
    return;
  }
  self->resting_inbound = inbound;
  self->resting_outbound = outbound;
}

static gboolean
is_same_key (const GstTegataSettings *settings,
             TegataSrtpProfile profile,
             const guint8 *key,
             gsize key_len)
{
  return profile == settings->fixed_profile && key_len == settings->fixed_key_len
         && memcmp (key, settings->fixed_key, key_len) == 0;
}

static void
forget_key (GstTegataAssociation *self)
{
  gst_tegata_settings_forget_fixed_key (&self->settings);
  g_clear_pointer (&self->resting_inbound, tegata_srtp_free);
  g_clear_pointer (&self->resting_outbound, tegata_srtp_free);
  self->has_other_key = TRUE;
}

gboolean
gst_tegata_association_set_fixed_key (GstTegataAssociation *self,
                                      TegataSrtpProfile profile,
                                      const guint8 *key,
                                      gsize key_len,
                                      GError **error)
{
  GError *problem = NULL;

  g_return_val_if_fail (GST_IS_TEGATA_ASSOCIATION (self), FALSE);

  if (key != NULL)
  {
    /* says what is wrong with the two, if anything is */
    tegata_srtp_free (
        tegata_srtp_new (profile, TEGATA_SRTP_OUTBOUND, key, key_len, &problem));
  }

  g_mutex_lock (&self->lock);
  if (key == NULL || problem != NULL)
  {
    forget_key (self);
  }
  else if (!is_same_key (&self->settings, profile, key, key_len))
  {
    forget_key (self);
    self->settings.fixed_profile = profile;
    self->settings.fixed_key_len = key_len;
    memcpy (self->settings.fixed_key, key, key_len);
  }
  gst_tegata_settings_note (&self->settings, GST_TEGATA_CHECKED_FIXED_KEY, problem,
                            error);
  g_mutex_unlock (&self->lock);
  return problem == NULL;
}

gboolean
gst_tegata_association_has_fixed_key (GstTegataAssociation *self)
{
  gboolean has_it;

  g_return_val_if_fail (GST_IS_TEGATA_ASSOCIATION (self), FALSE);

  g_mutex_lock (&self->lock);
  has_it = self->settings.fixed_profile != TEGATA_SRTP_PROFILE_NONE;
  g_mutex_unlock (&self->lock);
  return has_it;
}

/* @resting: where it is not there, a fresh one. (transfer full) (nullable): with @error
 */
static TegataSrtp *
wake_fixed (const GstTegataSettings *settings,
            TegataSrtp **resting,
            TegataSrtpDirection direction,
            GError **error)
{
  if (*resting != NULL)
  {
    return g_steal_pointer (resting);
  }
  return tegata_srtp_new (settings->fixed_profile, direction, settings->fixed_key,
                          settings->fixed_key_len, error);
}

gboolean
gst_tegata_association_open_fixed (GstTegataAssociation *self, GError **error)
{
  const GstTegataSettings *settings = &self->settings;
  g_autoptr (TegataSrtp) inbound = NULL;
  g_autoptr (TegataSrtp) outbound = NULL;

  inbound = wake_fixed (settings, &self->resting_inbound, TEGATA_SRTP_INBOUND, error);
  if (inbound == NULL)
  {
    return FALSE;
  }
  outbound = wake_fixed (settings, &self->resting_outbound, TEGATA_SRTP_OUTBOUND, error);
  if (outbound == NULL)
  {
    return FALSE;
  }
  self->has_other_key = FALSE;

  g_mutex_lock (&self->media_lock);
  self->fixed_inbound = g_steal_pointer (&inbound);
  self->fixed_outbound = g_steal_pointer (&outbound);
  g_mutex_unlock (&self->media_lock);
  return TRUE;
}

TegataReceived
gst_tegata_association_receive_fixed (GstTegataAssociation *self,
                                      guint8 *bytes,
                                      gsize *len)
{
  TegataPacketKind kind = tegata_packet_classify (bytes, *len);

  if (kind == TEGATA_PACKET_RTP
      && tegata_srtp_unprotect_rtp (self->fixed_inbound, bytes, *len, bytes, *len, len)
             == TEGATA_SRTP_OK)
  {
    return TEGATA_RECEIVED_RTP;
  }
  if (kind == TEGATA_PACKET_RTCP
      && tegata_srtp_unprotect_rtcp (self->fixed_inbound, bytes, *len, bytes, *len, len)
             == TEGATA_SRTP_OK)
  {
    return TEGATA_RECEIVED_RTCP;
  }
  return TEGATA_RECEIVED_NOTHING;
}
