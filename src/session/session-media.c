/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "session/session-private.h"

/*
 * The media of a session: keys from the association to SRTP, packets in both directions,
 * and early packets until they can be read.
 *
 * The media thread sees the network thread's work through two words only: the pointer to
 * the outbound SRTP, published once it is whole, and a flag that stops it. Neither is
 * ever taken back, so the object lives until the session is freed and nothing needs a
 * lock.
 */

static gboolean
make_srtp (TegataSession *self, GError **error)
{
  gboolean is_client = tegata_dtls_get_role (self->dtls) == TEGATA_ROLE_CLIENT;
  TegataSrtp *outbound = NULL;
  TegataSrtpKeys keys;

  if (!tegata_dtls_export_srtp_keys (self->dtls, &keys, error))
  {
    return FALSE;
  }

  self->inbound
      = tegata_srtp_new (keys.profile, TEGATA_SRTP_INBOUND,
                         is_client ? keys.server : keys.client, keys.key_len, error);
  if (self->inbound != NULL)
  {
    outbound
        = tegata_srtp_new (keys.profile, TEGATA_SRTP_OUTBOUND,
                           is_client ? keys.client : keys.server, keys.key_len, error);
  }
  tegata_srtp_keys_clear (&keys);

  g_atomic_pointer_set (&self->outbound, outbound);
  return outbound != NULL;
}

/* Without a profile there is nothing to make: data only. */
static void
join (TegataSession *self)
{
  self->has_joined = TRUE;
  if (tegata_dtls_get_srtp_profile (self->dtls) == TEGATA_SRTP_PROFILE_NONE
      || make_srtp (self, &self->error))
  {
    return;
  }

  g_prefix_error (&self->error, "the session has no SRTP: ");
  tegata_dtls_close (self->dtls);
}

static void
stop (TegataSession *self)
{
  g_atomic_int_set (&self->media_stopped, TRUE);
  self->refused[TEGATA_REFUSED_ENDED] += tegata_hold_queue_clear (&self->early_dtls);
  self->refused[TEGATA_REFUSED_ENDED] += tegata_hold_queue_clear (&self->early_media);
}

void
tegata_session_follow (TegataSession *self)
{
  if (tegata_session_get_state (self) == TEGATA_STATE_CONNECTED && !self->has_joined)
  {
    join (self);
  }
  if (tegata_session_has_ended (self))
  {
    stop (self);
  }
}

/* Counts by itself where there is no SRTP that could. */
static gboolean
unprotect (TegataSession *self,
           TegataPacketKind kind,
           const guint8 *in,
           gsize in_len,
           guint8 *out,
           gsize out_size,
           gsize *out_len)
{
  gboolean is_rtp = kind == TEGATA_PACKET_RTP;
  TegataSrtpOutcome outcome;

  if (self->inbound == NULL)
  {
    *(is_rtp ? &self->unreadable.rtp : &self->unreadable.rtcp) += 1;
    return FALSE;
  }

  outcome = is_rtp ? tegata_srtp_unprotect_rtp (self->inbound, in, in_len, out, out_size,
                                                out_len)
                   : tegata_srtp_unprotect_rtcp (self->inbound, in, in_len, out, out_size,
                                                 out_len);
  return outcome == TEGATA_SRTP_OK;
}

static void
hold (TegataSession *self,
      TegataPacketKind kind,
      const TegataAddress *peer,
      const guint8 *bytes,
      gsize len)
{
  if (tegata_hold_queue_push (&self->early_media, kind, peer, bytes, len))
  {
    self->held_media++;
  }
  else
  {
    tegata_session_refuse (self, TEGATA_REFUSED_OVERFLOW);
  }
}

TegataReceived
tegata_session_receive_media (TegataSession *self,
                              TegataPacketKind kind,
                              const TegataAddress *peer,
                              guint8 *bytes,
                              gsize *len)
{
  if (tegata_session_has_ended (self))
  {
    tegata_session_refuse (self, TEGATA_REFUSED_ENDED);
    return TEGATA_RECEIVED_NOTHING;
  }

  /* A packet must not overtake those that still wait to be polled. */
  if (tegata_session_get_state (self) != TEGATA_STATE_CONNECTED
      || !tegata_hold_queue_is_empty (&self->early_media))
  {
    hold (self, kind, peer, bytes, *len);
    return TEGATA_RECEIVED_NOTHING;
  }

  if (!unprotect (self, kind, bytes, *len, bytes, *len, len))
  {
    return TEGATA_RECEIVED_NOTHING;
  }
  return kind == TEGATA_PACKET_RTP ? TEGATA_RECEIVED_RTP : TEGATA_RECEIVED_RTCP;
}

/* The peer may have become known since the packet came. */
static gboolean
release (TegataSession *self, const TegataHeldDatagram *held, TegataOutput *output)
{
  if (!tegata_session_is_from_peer (self, held->has_peer ? &held->peer : NULL))
  {
    tegata_session_refuse (self, TEGATA_REFUSED_SOURCE);
    return FALSE;
  }
  return unprotect (self, held->kind, held->bytes, held->len, output->buffer,
                    output->size, &output->len);
}

/* What cannot be unprotected is counted by SRTP and passed over. */
TegataOutputKind
tegata_session_poll_media (TegataSession *self, TegataOutput *output)
{
  while (tegata_session_get_state (self) == TEGATA_STATE_CONNECTED)
  {
    g_autofree TegataHeldDatagram *held = tegata_hold_queue_pop (&self->early_media);

    if (held == NULL)
    {
      break;
    }
    if (release (self, held, output))
    {
      output->kind
          = held->kind == TEGATA_PACKET_RTP ? TEGATA_OUTPUT_RTP : TEGATA_OUTPUT_RTCP;
      return output->kind;
    }
  }
  return TEGATA_OUTPUT_NONE;
}

void
tegata_session_count_unsent (TegataSession *self, gboolean is_rtcp)
{
  g_atomic_pointer_add (is_rtcp ? &self->unsent_rtcp : &self->unsent_rtp, 1);
}

/* On the media thread: (nullable), which counts as a packet that was not sent. */
static TegataSrtp *
get_outbound (TegataSession *self, gsize *unsent)
{
  TegataSrtp *outbound = NULL;

  if (!g_atomic_int_get (&self->media_stopped))
  {
    outbound = g_atomic_pointer_get (&self->outbound);
  }
  if (outbound == NULL)
  {
    g_atomic_pointer_add (unsent, 1);
  }
  return outbound;
}

TegataSrtpOutcome
tegata_session_send_rtp (TegataSession *self,
                         const guint8 *in,
                         gsize in_len,
                         guint8 *out,
                         gsize out_size,
                         gsize *out_len)
{
  TegataSrtp *outbound;

  g_return_val_if_fail (self != NULL, TEGATA_SRTP_NO_KEYS);

  outbound = get_outbound (self, &self->unsent_rtp);
  if (outbound == NULL)
  {
    return TEGATA_SRTP_NO_KEYS;
  }
  return tegata_srtp_protect_rtp (outbound, in, in_len, out, out_size, out_len);
}

TegataSrtpOutcome
tegata_session_send_rtcp (TegataSession *self,
                          const guint8 *in,
                          gsize in_len,
                          guint8 *out,
                          gsize out_size,
                          gsize *out_len)
{
  TegataSrtp *outbound;

  g_return_val_if_fail (self != NULL, TEGATA_SRTP_NO_KEYS);

  outbound = get_outbound (self, &self->unsent_rtcp);
  if (outbound == NULL)
  {
    return TEGATA_SRTP_NO_KEYS;
  }
  return tegata_srtp_protect_rtcp (outbound, in, in_len, out, out_size, out_len);
}

TegataSrtp *
tegata_session_get_srtp (TegataSession *self, TegataSrtpDirection direction)
{
  g_return_val_if_fail (self != NULL, NULL);

  if (direction == TEGATA_SRTP_INBOUND)
  {
    return self->inbound;
  }
  return g_atomic_pointer_get (&self->outbound);
}
