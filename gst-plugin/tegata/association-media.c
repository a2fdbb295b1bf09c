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
  gst_tegata_settings_forget_fixed_key (&self->settings);
  if (key != NULL && problem == NULL)
  {
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

gboolean
gst_tegata_association_open_fixed (GstTegataAssociation *self, GError **error)
{
  const GstTegataSettings *settings = &self->settings;
  g_autoptr (TegataSrtp) inbound = NULL;
  g_autoptr (TegataSrtp) outbound = NULL;

  inbound = tegata_srtp_new (settings->fixed_profile, TEGATA_SRTP_INBOUND,
                             settings->fixed_key, settings->fixed_key_len, error);
  if (inbound == NULL)
  {
    return FALSE;
  }
  outbound = tegata_srtp_new (settings->fixed_profile, TEGATA_SRTP_OUTBOUND,
                              settings->fixed_key, settings->fixed_key_len, error);
  if (outbound == NULL)
  {
    return FALSE;
  }

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
