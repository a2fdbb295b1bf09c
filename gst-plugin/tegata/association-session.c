/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "association-private.h"

#include "common.h"

#include <string.h>

/*
 * The life of the session. Whoever moves it drains it before the lock is free again: what
 * it has to say is in our queues then, its state is the one that was queued to be told,
 * and the alarm is set.
 */

/* DTLS knows no association without a timeout. This one is not set as an alarm. */
#define CENTURY_US (G_GINT64_CONSTANT (36525) * 24 * 3600 * G_USEC_PER_SEC)

gboolean
gst_tegata_association_is_open (GstTegataAssociation *self)
{
  return self->session != NULL || self->fixed_inbound != NULL;
}

TegataState
gst_tegata_association_get_state (GstTegataAssociation *self)
{
  return self->session != NULL ? tegata_session_get_state (self->session)
                               : TEGATA_STATE_CLOSED;
}

static gboolean
has_ended (GstTegataAssociation *self)
{
  return self->session != NULL
         && gst_tegata_association_get_state (self) >= TEGATA_STATE_CLOSED;
}

void
gst_tegata_association_apply_rtt (GstTegataAssociation *self)
{
  guint rtt_us = self->settings.rtt_us;

  if (self->session != NULL)
  {
    tegata_session_set_rtt_us (self->session, rtt_us > 0 ? (gint64) rtt_us : -1);
  }
}

/* Why nobody is trusted, where nobody is. */
static const char *
explain_mistrust (GstTegataAssociation *self)
{
  const GError *problem = self->settings.problems[GST_TEGATA_CHECKED_FINGERPRINT];

  if (problem != NULL)
  {
    return problem->message;
  }
  return self->has_taken_anybody ? "a fingerprint is required, and none was given when "
                                   "the peer was taken as it came"
                                 : NULL;
}

static void
keep_error (GstTegataAssociation *self)
{
  const GError *error = tegata_session_get_error (self->session);
  const char *explanation = explain_mistrust (self);

  g_clear_error (&self->error);
  if (error != NULL)
  {
    self->error = g_error_copy (error);
    if (explanation != NULL
        && g_error_matches (error, TEGATA_ERROR, TEGATA_ERROR_FINGERPRINT))
    {
      g_prefix_error (&self->error, "%s: ", explanation);
    }
  }
}

static void
follow (GstTegataAssociation *self, TegataState state)
{
  if (state == TEGATA_STATE_FAILED)
  {
    keep_error (self);
    /* that it was held for a fingerprint is no reason to read it now */
    gst_tegata_association_clear_incoming (self);
  }
  if (state == TEGATA_STATE_CLOSED)
  {
    gst_tegata_association_push_incoming (self, GST_TEGATA_INCOMING_CLOSED, NULL);
  }

  gst_tegata_association_tell_state (self, state);

  if (state == TEGATA_STATE_AWAITING_FINGERPRINT)
  {
    gst_tegata_association_consider_anybody (self);
  }
}

/* What a peer said that turned out to be another one is for nobody, also where it was
 * ready to be read before. */
static void
push_received (GstTegataAssociation *self,
               GstTegataIncoming kind,
               const TegataOutput *output)
{
  if (gst_tegata_association_get_state (self) != TEGATA_STATE_FAILED)
  {
    gst_tegata_association_push_incoming (
        self, kind, gst_buffer_new_memdup (output->buffer, output->len));
  }
}

static void
take_output (GstTegataAssociation *self, const TegataOutput *output)
{
  switch (output->kind)
  {
  case TEGATA_OUTPUT_DATAGRAM:
    gst_tegata_association_push_outgoing (
        self, GST_MINI_OBJECT_CAST (gst_buffer_new_memdup (output->buffer, output->len)));
    break;
  case TEGATA_OUTPUT_RTP:
    push_received (self, GST_TEGATA_INCOMING_RTP, output);
    break;
  case TEGATA_OUTPUT_RTCP:
    push_received (self, GST_TEGATA_INCOMING_RTCP, output);
    break;
  case TEGATA_OUTPUT_DATA:
    push_received (self, GST_TEGATA_INCOMING_DATA, output);
    break;
  case TEGATA_OUTPUT_STATE:
    follow (self, output->state);
    break;
  case TEGATA_OUTPUT_NONE:
  case TEGATA_OUTPUT_ACCEPTED: /* a listener's */
  default:
    break;
  }
}

void
gst_tegata_association_drain (GstTegataAssociation *self)
{
  TegataOutput output = { .buffer = self->output_buffer, .size = TEGATA_OUTPUT_SIZE };
  gint64 deadline_us;

  while (tegata_session_poll (self->session, &output) != TEGATA_OUTPUT_NONE)
  {
    take_output (self, &output);
  }

  deadline_us = tegata_session_deadline_us (self->session);
  if (deadline_us - g_get_monotonic_time () > CENTURY_US / 2)
  {
    deadline_us = -1;
  }
  gst_tegata_association_arm (self, deadline_us);
}

void
gst_tegata_association_tick (gpointer association)
{
  GstTegataAssociation *self = association;

  gst_tegata_association_enter (self);
  if (self->session != NULL)
  {
    /* it rang, and so must be set anew even for the same time */
    gst_tegata_association_disarm (self);
    tegata_session_handle_deadline (self->session, g_get_monotonic_time ());
    gst_tegata_association_drain (self);
  }
  gst_tegata_association_leave (self);
}

void
gst_tegata_association_drop_session (GstTegataAssociation *self)
{
  TegataSession *session;
  TegataSrtp *fixed_inbound;
  TegataSrtp *fixed_outbound;

  gst_tegata_association_disarm (self);
  gst_tegata_association_clear_incoming (self);
  g_clear_pointer (&self->output_buffer, g_free);

  g_mutex_lock (&self->media_lock);
  session = g_steal_pointer (&self->session);
  fixed_inbound = g_steal_pointer (&self->fixed_inbound);
  fixed_outbound = g_steal_pointer (&self->fixed_outbound);
  g_mutex_unlock (&self->media_lock);

  tegata_session_free (session);
  gst_tegata_association_rest_fixed (self, fixed_inbound, fixed_outbound);
}

static gboolean
open_session (GstTegataAssociation *self, GError **error)
{
  g_autoptr (TegataContext) context
      = gst_tegata_settings_make_context (&self->settings, error);

  if (context == NULL)
  {
    return FALSE;
  }
  tegata_context_set_handshake_timeout_us (
      context, self->settings.handshake_timeout_ms > 0
                   ? (gint64) self->settings.handshake_timeout_ms * 1000
                   : CENTURY_US);

  g_mutex_lock (&self->media_lock);
  self->session = tegata_session_new (context);
  g_mutex_unlock (&self->media_lock);

  self->output_buffer = g_malloc (TEGATA_OUTPUT_SIZE);
  self->has_named_peer = FALSE;
  self->has_taken_anybody = FALSE;
  self->requires_fingerprint = self->settings.requires_fingerprint;
  gst_tegata_association_apply_fingerprints (self);
  gst_tegata_association_apply_rtt (self);
  gst_tegata_association_tell_state (self, TEGATA_STATE_NEW);
  return TRUE;
}

static gboolean
open_locked (GstTegataAssociation *self, GError **error)
{
  if (has_ended (self))
  {
    gst_tegata_association_drop_session (self);
  }
  if (gst_tegata_association_is_open (self))
  {
    return TRUE;
  }
  if (!gst_tegata_settings_check (&self->settings, error))
  {
    return FALSE;
  }

  g_clear_error (&self->error);
  memset (&self->dropped, 0, sizeof self->dropped);
  if (self->settings.fixed_profile != TEGATA_SRTP_PROFILE_NONE)
  {
    return gst_tegata_association_open_fixed (self, error);
  }
  return open_session (self, error);
}

gboolean
gst_tegata_association_open (GstTegataAssociation *self, GError **error)
{
  gboolean is_open;

  g_return_val_if_fail (GST_IS_TEGATA_ASSOCIATION (self), FALSE);

  gst_tegata_association_enter (self);
  is_open = open_locked (self, error);
  gst_tegata_association_leave (self);
  return is_open;
}

static gboolean
start_locked (GstTegataAssociation *self, TegataRole role, GError **error)
{
  if (self->fixed_inbound != NULL)
  {
    return TRUE;
  }
  if (self->session == NULL)
  {
    g_set_error_literal (error, TEGATA_ERROR, TEGATA_ERROR_NOT_CONNECTED,
                         "the association cannot start: it is not open");
    return FALSE;
  }
  if (gst_tegata_association_get_state (self) != TEGATA_STATE_NEW)
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_INVALID,
                 "the association cannot start: it is %s, expected new",
                 tegata_state_to_string (gst_tegata_association_get_state (self)));
    return FALSE;
  }
  if (!tegata_session_start (self->session, role, g_get_monotonic_time (), error))
  {
    return FALSE;
  }
  gst_tegata_association_drain (self);
  return TRUE;
}

gboolean
gst_tegata_association_start (GstTegataAssociation *self, TegataRole role, GError **error)
{
  gboolean has_started;

  g_return_val_if_fail (GST_IS_TEGATA_ASSOCIATION (self), FALSE);

  gst_tegata_association_enter (self);
  has_started = start_locked (self, role, error);
  gst_tegata_association_leave (self);
  return has_started;
}

void
gst_tegata_association_close (GstTegataAssociation *self)
{
  g_return_if_fail (GST_IS_TEGATA_ASSOCIATION (self));

  gst_tegata_association_enter (self);
  if (self->session != NULL)
  {
    tegata_session_close (self->session);
    gst_tegata_association_drain (self);
  }
  gst_tegata_association_leave (self);
}

static void
stop_locked (GstTegataAssociation *self)
{
  if (gst_tegata_association_is_open (self))
  {
    gst_tegata_association_drop_session (self);
    g_queue_clear_full (&self->outgoing, (GDestroyNotify) gst_mini_object_unref);
    gst_tegata_association_tell_state (self, TEGATA_STATE_CLOSED);
  }
}

void
gst_tegata_association_stop (GstTegataAssociation *self)
{
  g_return_if_fail (GST_IS_TEGATA_ASSOCIATION (self));

  gst_tegata_association_enter (self);
  stop_locked (self);
  gst_tegata_association_leave (self);
}

void
gst_tegata_association_stop_unless_started (GstTegataAssociation *self)
{
  g_return_if_fail (GST_IS_TEGATA_ASSOCIATION (self));

  gst_tegata_association_enter (self);
  if (self->session == NULL
      || gst_tegata_association_get_state (self) == TEGATA_STATE_NEW)
  {
    stop_locked (self);
  }
  gst_tegata_association_leave (self);
}

/* Media that was held waits in our queue: what comes in now goes behind it. */
static TegataReceived
keep_order (GstTegataAssociation *self,
            TegataReceived received,
            const guint8 *bytes,
            gsize len)
{
  if (received == TEGATA_RECEIVED_NOTHING || g_queue_is_empty (&self->incoming))
  {
    return received;
  }
  gst_tegata_association_push_incoming (self,
                                        received == TEGATA_RECEIVED_RTP
                                            ? GST_TEGATA_INCOMING_RTP
                                            : GST_TEGATA_INCOMING_RTCP,
                                        gst_buffer_new_memdup (bytes, len));
  return TEGATA_RECEIVED_NOTHING;
}

/* Only DTLS looks at the clock, and to read it costs more than the way through a pad. */
static gint64
time_for (const guint8 *bytes, gsize len)
{
  return tegata_packet_classify (bytes, len) == TEGATA_PACKET_DTLS
             ? g_get_monotonic_time ()
             : 0;
}

static TegataReceived
receive_locked (GstTegataAssociation *self, guint8 *bytes, gsize *len)
{
  TegataReceived received;

  if (self->fixed_inbound != NULL)
  {
    return gst_tegata_association_receive_fixed (self, bytes, len);
  }
  if (self->session == NULL)
  {
    return TEGATA_RECEIVED_NOTHING;
  }

  /* Media that can be read moves nothing else. */
  received = tegata_session_handle_datagram (self->session, NULL, bytes, len,
                                             time_for (bytes, *len));
  if (received == TEGATA_RECEIVED_NOTHING)
  {
    gst_tegata_association_drain (self);
  }
  return keep_order (self, received, bytes, *len);
}

TegataReceived
gst_tegata_association_receive (GstTegataAssociation *self, guint8 *bytes, gsize *len)
{
  TegataReceived received;

  g_return_val_if_fail (GST_IS_TEGATA_ASSOCIATION (self), TEGATA_RECEIVED_NOTHING);

  gst_tegata_association_enter (self);
  received = receive_locked (self, bytes, len);
  /* the caller looks by itself */
  self->has_incoming = FALSE;
  gst_tegata_association_leave (self);
  return received;
}

static gboolean
send_data_locked (GstTegataAssociation *self,
                  const guint8 *bytes,
                  gsize len,
                  GError **error)
{
  gboolean is_sent;

  if (self->session == NULL)
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_NOT_CONNECTED,
                 "data cannot be sent: the association is not open");
    return FALSE;
  }
  if (len == 0)
  {
    g_set_error_literal (error, TEGATA_ERROR, TEGATA_ERROR_INVALID,
                         "data of 0 bytes: expected at least one");
    return FALSE;
  }
  is_sent = tegata_session_send_data (self->session, bytes, len, error);
  gst_tegata_association_drain (self);
  return is_sent;
}

gboolean
gst_tegata_association_send_data (GstTegataAssociation *self,
                                  const guint8 *bytes,
                                  gsize len,
                                  GError **error)
{
  gboolean is_sent;

  g_return_val_if_fail (GST_IS_TEGATA_ASSOCIATION (self), FALSE);

  gst_tegata_association_enter (self);
  is_sent = send_data_locked (self, bytes, len, error);
  /* the caller sends what waits by itself */
  self->has_outgoing = FALSE;
  gst_tegata_association_leave (self);
  return is_sent;
}
