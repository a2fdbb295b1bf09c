/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "session/outputs.h"
#include "session/session-private.h"

#include "dtls/context-private.h"
#include "dtls/dtls-private.h"
#include "dtls/wire.h"
#include "srtp/srtp-private.h"

#include <string.h>

/*
 * One peer. The association is made at the start, when the role is known; what is set
 * before that waits here. The session's state is the association's: nothing is stored
 * twice, but for a session that is closed before it has one, or whose SRTP could not be
 * made.
 */

gboolean
tegata_session_prepare_context (TegataContext *context, GError **error)
{
  if (!tegata_context_seal (context, error))
  {
    return FALSE;
  }
  if (tegata_context_get_settings (context)->n_profiles > 0)
  {
    tegata_srtp_prepare ();
  }
  return TRUE;
}

TegataSession *
tegata_session_new (TegataContext *context)
{
  TegataSession *self;

  g_return_val_if_fail (context != NULL, NULL);

  self = g_new0 (TegataSession, 1);
  self->context = tegata_context_ref (context);
  self->rtt_us = -1;
  tegata_hold_queue_init (&self->early_dtls, TEGATA_HOLD_DTLS_ITEMS,
                          TEGATA_HOLD_DTLS_BYTES);
  tegata_hold_queue_init (&self->early_media, TEGATA_HOLD_MEDIA_ITEMS,
                          TEGATA_HOLD_MEDIA_BYTES);

  /* Where it cannot be sealed the start says why. */
  tegata_session_prepare_context (context, NULL);
  return self;
}

void
tegata_session_free (TegataSession *self)
{
  if (self == NULL)
  {
    return;
  }
  g_return_if_fail (self->touched == NULL); /* a listener's, who has to remove it */

  tegata_session_set_user_data (self, NULL, NULL);
  tegata_session_drop_settings (self);
  tegata_hold_queue_clear (&self->early_dtls);
  tegata_hold_queue_clear (&self->early_media);
  tegata_srtp_free (self->inbound);
  tegata_srtp_free (g_atomic_pointer_get (&self->outbound));
  tegata_dtls_free (self->dtls);
  tegata_context_unref (self->context);
  g_clear_error (&self->error);
  g_free (self);
}

void
tegata_session_settle (TegataSession *self)
{
  tegata_session_follow (self);
  self->is_touched = TRUE;
  if (self->touched != NULL)
  {
    self->touched (self, self->touched_data);
  }
}

gboolean
tegata_session_is_from_peer (TegataSession *self, const TegataAddress *peer)
{
  return peer == NULL || !self->has_peer || tegata_address_equal (peer, &self->peer);
}

void
tegata_session_refuse (TegataSession *self, TegataRefusal refusal)
{
  self->refused[refusal]++;
}

gboolean
tegata_session_has_accepted_hello (TegataSession *self)
{
  return self->dtls != NULL && tegata_dtls_get_role (self->dtls) == TEGATA_ROLE_SERVER
         && tegata_dtls_has_accepted_hello (self->dtls);
}

/* A server that was told of no peer takes the one whose ClientHello it accepted, and
 * nobody where that came over a path that the caller vouches for. */
static void
receive_dtls (TegataSession *self,
              const TegataAddress *peer,
              const guint8 *bytes,
              gsize len,
              gint64 now_us)
{
  gboolean had_accepted = tegata_session_has_accepted_hello (self);

  tegata_dtls_handle_datagram (self->dtls, peer, bytes, len, now_us);
  if (peer != NULL && !self->has_peer && !had_accepted
      && tegata_session_has_accepted_hello (self))
  {
    tegata_session_set_peer (self, peer);
  }
}

static void
receive_held_dtls (TegataSession *self, gint64 now_us)
{
  while (!tegata_hold_queue_is_empty (&self->early_dtls))
  {
    g_autofree TegataHeldDatagram *held = tegata_hold_queue_pop (&self->early_dtls);
    const TegataAddress *peer = held->has_peer ? &held->peer : NULL;

    if (tegata_session_is_from_peer (self, peer))
    {
      receive_dtls (self, peer, held->bytes, held->len, now_us);
    }
    else
    {
      tegata_session_refuse (self, TEGATA_REFUSED_SOURCE);
    }
  }
}

gboolean
tegata_session_start (TegataSession *self, TegataRole role, gint64 now_us, GError **error)
{
  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (tegata_session_get_state (self) == TEGATA_STATE_NEW, FALSE);

  self->dtls = tegata_dtls_new (self->context, role, error);
  if (self->dtls == NULL)
  {
    return FALSE;
  }

  tegata_session_apply_settings (self);
  tegata_dtls_start (self->dtls, now_us);
  receive_held_dtls (self, now_us);
  tegata_session_settle (self);
  return TRUE;
}

/* Why DTLS is not worth to be held: before the start only a handshake can begin. */
static TegataRefusal
refusal_of_content (guint8 type)
{
  switch (type)
  {
  case TEGATA_CONTENT_ALERT:
    return TEGATA_REFUSED_ALERT;
  case TEGATA_CONTENT_APPLICATION_DATA:
    return TEGATA_REFUSED_DATA;
  default:
    return TEGATA_REFUSED_RECORD;
  }
}

static void
hold_dtls (TegataSession *self, const TegataAddress *peer, const guint8 *bytes, gsize len)
{
  if (tegata_session_has_ended (self))
  {
    tegata_session_refuse (self, TEGATA_REFUSED_ENDED);
  }
  else if (bytes[0] != TEGATA_CONTENT_HANDSHAKE)
  {
    tegata_session_refuse (self, refusal_of_content (bytes[0]));
  }
  else if (tegata_hold_queue_push (&self->early_dtls, TEGATA_PACKET_DTLS, peer, bytes,
                                   len))
  {
    self->held_hellos++;
  }
  else
  {
    tegata_session_refuse (self, TEGATA_REFUSED_OVERFLOW);
  }
}

TegataReceived
tegata_session_handle_datagram (TegataSession *self,
                                const TegataAddress *peer,
                                guint8 *bytes,
                                gsize *len,
                                gint64 now_us)
{
  TegataPacketKind kind;

  g_return_val_if_fail (self != NULL && len != NULL, TEGATA_RECEIVED_NOTHING);
  g_return_val_if_fail (bytes != NULL || *len == 0, TEGATA_RECEIVED_NOTHING);

  self->packets_received++;
  self->bytes_received += *len;
  if (!tegata_session_is_from_peer (self, peer))
  {
    tegata_session_refuse (self, TEGATA_REFUSED_SOURCE);
    return TEGATA_RECEIVED_NOTHING;
  }

  kind = tegata_packet_classify (bytes, *len);
  if (kind == TEGATA_PACKET_RTP || kind == TEGATA_PACKET_RTCP)
  {
    return tegata_session_receive_media (self, kind, peer, bytes, len);
  }
  if (kind != TEGATA_PACKET_DTLS)
  {
    tegata_session_refuse (self, TEGATA_REFUSED_UNKNOWN);
    return TEGATA_RECEIVED_NOTHING;
  }
  if (self->dtls == NULL)
  {
    hold_dtls (self, peer, bytes, *len);
    return TEGATA_RECEIVED_NOTHING;
  }
  receive_dtls (self, peer, bytes, *len, now_us);
  tegata_session_settle (self);
  return TEGATA_RECEIVED_NOTHING;
}

void
tegata_session_handle_deadline (TegataSession *self, gint64 now_us)
{
  g_return_if_fail (self != NULL);

  if (self->dtls != NULL)
  {
    tegata_dtls_handle_deadline (self->dtls, now_us);
    tegata_session_settle (self);
  }
}

gint64
tegata_session_deadline_us (TegataSession *self)
{
  g_return_val_if_fail (self != NULL, -1);

  return self->dtls != NULL ? tegata_dtls_deadline_us (self->dtls) : -1;
}

/* The association names the source of the datagram that it answers. That is right for a
 * challenge to somebody unknown; all else goes to the peer, or where the caller knows. */
static void
direct (TegataSession *self, TegataOutput *output)
{
  gboolean is_challenge = output->kind == TEGATA_OUTPUT_DATAGRAM
                          && tegata_dtls_get_role (self->dtls) == TEGATA_ROLE_SERVER
                          && !tegata_session_has_accepted_hello (self);

  if (output->kind == TEGATA_OUTPUT_DATAGRAM && self->has_peer)
  {
    output->peer = self->peer;
  }
  else if (!is_challenge)
  {
    tegata_address_init (&output->peer, NULL, 0);
  }
}

static TegataOutputKind
poll_dtls (TegataSession *self, TegataOutput *output)
{
  do
  {
    tegata_dtls_poll (self->dtls, output);
  }
  while (self->is_silent && output->kind == TEGATA_OUTPUT_DATAGRAM);
  tegata_session_follow (self);
  direct (self, output);

  if (output->kind == TEGATA_OUTPUT_DATAGRAM)
  {
    self->dtls_packets_sent++;
    self->dtls_bytes_sent += output->len;
  }
  else if (output->kind == TEGATA_OUTPUT_STATE && self->error != NULL)
  {
    output->state = TEGATA_STATE_FAILED;
  }
  return output->kind;
}

static TegataOutputKind
poll_early_close (TegataSession *self, TegataOutput *output)
{
  if (self->early_close == TEGATA_EARLY_CLOSE_UNTOLD)
  {
    self->early_close = TEGATA_EARLY_CLOSE_TOLD;
    output->kind = TEGATA_OUTPUT_STATE;
    output->state = TEGATA_STATE_CLOSED;
  }
  return output->kind;
}

/* The association first: CONNECTED comes before the media that waited for it. */
static TegataOutputKind
poll_association (TegataSession *self, TegataOutput *output)
{
  if (self->dtls == NULL)
  {
    return poll_early_close (self, output);
  }
  if (poll_dtls (self, output) != TEGATA_OUTPUT_NONE)
  {
    return output->kind;
  }
  return tegata_session_poll_media (self, output);
}

TegataOutputKind
tegata_session_poll (TegataSession *self, TegataOutput *output)
{
  g_return_val_if_fail (self != NULL, TEGATA_OUTPUT_NONE);
  g_return_val_if_fail (output != NULL && output->buffer != NULL, TEGATA_OUTPUT_NONE);
  g_return_val_if_fail (output->size >= TEGATA_OUTPUT_SIZE, TEGATA_OUTPUT_NONE);

  output->kind = TEGATA_OUTPUT_NONE;
  output->len = 0;
  tegata_address_init (&output->peer, NULL, 0);

  self->is_touched = poll_association (self, output) != TEGATA_OUTPUT_NONE;
  return output->kind;
}

gboolean
tegata_session_has_outputs (TegataSession *self)
{
  return self->is_touched;
}

gboolean
tegata_session_send_data (TegataSession *self,
                          const guint8 *bytes,
                          gsize len,
                          GError **error)
{
  gboolean sent;

  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (bytes != NULL && len > 0, FALSE);

  if (self->dtls == NULL)
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_NOT_CONNECTED,
                 "data cannot be sent: the session is %s, expected connected",
                 tegata_state_to_string (tegata_session_get_state (self)));
    return FALSE;
  }
  sent = tegata_dtls_send_data (self->dtls, bytes, len, error);
  tegata_session_settle (self);
  return sent;
}

gsize
tegata_session_get_max_data_len (TegataSession *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->dtls != NULL ? tegata_dtls_get_max_data_len (self->dtls) : 0;
}

void
tegata_session_close (TegataSession *self)
{
  g_return_if_fail (self != NULL);

  if (self->dtls != NULL)
  {
    tegata_dtls_close (self->dtls);
  }
  else if (self->early_close == TEGATA_EARLY_CLOSE_NONE)
  {
    self->early_close = TEGATA_EARLY_CLOSE_UNTOLD;
  }
  tegata_session_settle (self);
}

void
tegata_session_end_silently (TegataSession *self)
{
  if (!tegata_session_has_ended (self))
  {
    self->is_silent = TRUE;
    tegata_session_close (self);
  }
}

TegataState
tegata_session_get_state (TegataSession *self)
{
  g_return_val_if_fail (self != NULL, TEGATA_STATE_FAILED);

  if (self->error != NULL)
  {
    return TEGATA_STATE_FAILED;
  }
  if (self->dtls != NULL)
  {
    return tegata_dtls_get_state (self->dtls);
  }
  return self->early_close == TEGATA_EARLY_CLOSE_NONE ? TEGATA_STATE_NEW
                                                      : TEGATA_STATE_CLOSED;
}

gboolean
tegata_session_has_ended (TegataSession *self)
{
  TegataState state = tegata_session_get_state (self);

  return state == TEGATA_STATE_CLOSED || state == TEGATA_STATE_FAILED;
}

const GError *
tegata_session_get_error (TegataSession *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  if (self->error != NULL || self->dtls == NULL)
  {
    return self->error;
  }
  return tegata_dtls_get_error (self->dtls);
}

TegataCertificate *
tegata_session_get_peer_certificate (TegataSession *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->dtls != NULL ? tegata_dtls_get_peer_certificate (self->dtls) : NULL;
}

TegataDtls *
tegata_session_get_dtls (TegataSession *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->dtls;
}
