/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A transport is a session's face on a main loop. It stores nothing of the association
 * but what a second thread has to know; all else is asked of the session, which lives as
 * long as the transport, also where the listener that it is of was released before.
 */

#include "transport/transport-private.h"

#include <tegata/sdp.h>
#include <tegata/udp-channel.h>

G_DEFINE_FINAL_TYPE (TegataTransport, tegata_transport, G_TYPE_OBJECT)

/* What a transport leaves, all of which belongs to the network thread. */
typedef struct
{
  TegataPump *pump;
  TegataSession *session;
  gpointer callbacks_data;
  GDestroyNotify destroy_callbacks_data;
} Estate;

static void
settle_estate (gpointer data)
{
  g_autofree Estate *estate = data;

  tegata_pump_forget (estate->pump, estate->session);
  tegata_pump_let_go (estate->pump, estate->session);
  if (estate->destroy_callbacks_data != NULL)
  {
    estate->destroy_callbacks_data (estate->callbacks_data);
  }
  tegata_pump_unref (estate->pump);
}

static void
leave_estate (TegataTransport *self)
{
  Estate *estate = g_new (Estate, 1);

  estate->pump = self->pump;
  estate->session = self->session;
  estate->callbacks_data = self->callbacks_data;
  estate->destroy_callbacks_data = self->destroy_callbacks_data;
  tegata_pump_call_at_home (estate->pump, settle_estate, estate);
}

/* On whatever thread had the last reference. */
static void
tegata_transport_finalize (GObject *object)
{
  TegataTransport *self = TEGATA_TRANSPORT (object);

  if (self->pump != NULL) /* made by a constructor of ours */
  {
    leave_estate (self);
  }
  g_clear_pointer (&self->context, tegata_context_unref);
  g_clear_error (&self->start_error);
  g_mutex_clear (&self->peer_lock);
  G_OBJECT_CLASS (tegata_transport_parent_class)->finalize (object);
}

static void
tegata_transport_class_init (TegataTransportClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = tegata_transport_finalize;
  tegata_transport_class_install (object_class);
}

static void
tegata_transport_init (TegataTransport *self)
{
  g_mutex_init (&self->peer_lock);
}

/* @pump: (transfer full) */
static TegataTransport *
new_transport (TegataContext *context, TegataPump *pump, TegataSession *session)
{
  TegataTransport *self = g_object_new (TEGATA_TYPE_TRANSPORT, NULL);

  self->context = tegata_context_ref (context);
  self->pump = pump;
  self->session = session;
  tegata_pump_bind (session, self);
  return self;
}

static gboolean
begin_session (TegataTransport *self, TegataRole role, GError **error)
{
  TegataDatagramChannel *channel = tegata_pump_get_channel (self->pump);

  tegata_session_set_rtt_us (self->session, tegata_datagram_channel_get_rtt_us (channel));
  return tegata_session_start (self->session, role, g_get_monotonic_time (), error);
}

static void
on_writable (gpointer owner)
{
  g_autoptr (TegataTransport) self = owner;

  if (!self->start_is_pending)
  {
    return;
  }
  self->start_is_pending = FALSE;
  if (tegata_transport_get_state (self) == TEGATA_STATE_NEW
      && !begin_session (self, self->pending_role, &self->start_error))
  {
    tegata_session_close (self->session);
  }
}

static void
on_network_error (const GError *error, gpointer owner)
{
  tegata_transport_tell_network_error (owner, error); /* lets go of it */
}

static const TegataPumpOwner owner_functions
    = { .writable = on_writable, .network_error = on_network_error };

TegataTransport *
tegata_transport_new (TegataContext *context,
                      TegataDatagramChannel *channel,
                      TegataLoop *loop)
{
  TegataSession *session;
  TegataTransport *self;

  g_return_val_if_fail (context != NULL, NULL);
  g_return_val_if_fail (TEGATA_IS_DATAGRAM_CHANNEL (channel), NULL);

  session = tegata_session_new (context);
  self = new_transport (context, NULL, session);
  self->pump = tegata_pump_new (channel, loop, session, NULL, &owner_functions, self);
  if (self->pump == NULL)
  {
    g_clear_object (&self);
  }
  return self;
}

TegataTransport *
tegata_transport_new_for_session (TegataContext *context,
                                  TegataPump *pump,
                                  TegataSession *session,
                                  const TegataAddress *peer)
{
  TegataTransport *self = new_transport (context, tegata_pump_ref (pump), session);

  self->is_of_listener = TRUE;
  tegata_transport_publish_peer (self, peer);
  return self;
}

void
tegata_transport_set_callbacks (TegataTransport *self,
                                const TegataTransportCallbacks *callbacks,
                                gpointer user_data,
                                GDestroyNotify notify)
{
  static const TegataTransportCallbacks none = { NULL, NULL, NULL, NULL };
  GDestroyNotify old_notify;
  gpointer old_data;

  g_return_if_fail (TEGATA_IS_TRANSPORT (self));

  old_notify = self->destroy_callbacks_data;
  old_data = self->callbacks_data;
  self->callbacks = callbacks != NULL ? *callbacks : none;
  self->callbacks_data = user_data;
  self->destroy_callbacks_data = notify;
  if (old_notify != NULL)
  {
    old_notify (old_data);
  }
}

/* (transfer full): the lines of a text, without those that are empty */
static GPtrArray *
split_lines (const char *text)
{
  g_auto (GStrv) parts = g_strsplit_set (text, "\r\n", -1);
  GPtrArray *lines = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; parts[i] != NULL; i++)
  {
    if (*g_strstrip (parts[i]) != '\0')
    {
      g_ptr_array_add (lines, g_strdup (parts[i]));
    }
  }
  return lines;
}

gboolean
tegata_transport_set_peer_fingerprint (TegataTransport *self,
                                       const char *text,
                                       GError **error)
{
  g_autoptr (GPtrArray) lines = NULL;
  g_autoptr (GPtrArray) fingerprints = NULL;

  g_return_val_if_fail (TEGATA_IS_TRANSPORT (self), FALSE);
  g_return_val_if_fail (text != NULL, FALSE);

  lines = split_lines (text);
  fingerprints = tegata_sdp_parse_fingerprints (
      (const char *const *) lines->pdata, lines->len, TEGATA_FINGERPRINT_DEFAULT, error);
  if (fingerprints == NULL)
  {
    return FALSE;
  }
  tegata_transport_set_peer_fingerprints (
      self, (TegataFingerprint *const *) fingerprints->pdata, fingerprints->len);
  return TRUE;
}

void
tegata_transport_set_peer_fingerprints (TegataTransport *self,
                                        TegataFingerprint *const *fingerprints,
                                        gsize n_fingerprints)
{
  g_return_if_fail (TEGATA_IS_TRANSPORT (self));

  tegata_session_set_peer_fingerprints (self->session, fingerprints, n_fingerprints);
  tegata_pump_run (self->pump);
}

void
tegata_transport_publish_peer (TegataTransport *self, const TegataAddress *peer)
{
  g_mutex_lock (&self->peer_lock);
  self->peer = *peer;
  g_mutex_unlock (&self->peer_lock);
}

void
tegata_transport_set_peer_address (TegataTransport *self, GSocketAddress *peer)
{
  TegataAddress address = { 0 };
  gboolean is_known;

  g_return_if_fail (TEGATA_IS_TRANSPORT (self));
  g_return_if_fail (!self->is_of_listener);

  is_known = peer == NULL || tegata_address_from_socket_address (&address, peer);
  g_return_if_fail (is_known);
  tegata_session_set_peer (self->session, &address);
  tegata_transport_publish_peer (self, &address);
}

void
tegata_transport_set_resumption_name (TegataTransport *self, const char *name)
{
  g_return_if_fail (TEGATA_IS_TRANSPORT (self));
  g_return_if_fail (!self->is_of_listener);

  tegata_session_set_resumption_name (self->session, name);
}

gboolean
tegata_transport_start (TegataTransport *self, TegataRole role, GError **error)
{
  g_return_val_if_fail (TEGATA_IS_TRANSPORT (self), FALSE);
  g_return_val_if_fail (!self->is_of_listener && !self->start_is_pending, FALSE);
  g_return_val_if_fail (tegata_transport_get_state (self) == TEGATA_STATE_NEW, FALSE);

  if (!tegata_datagram_channel_is_writable (tegata_pump_get_channel (self->pump)))
  {
    self->start_is_pending = TRUE;
    self->pending_role = role;
    return TRUE;
  }
  if (!begin_session (self, role, error))
  {
    return FALSE;
  }
  tegata_pump_run (self->pump);
  return TRUE;
}

gboolean
tegata_transport_send_data (TegataTransport *self,
                            const guint8 *bytes,
                            gsize len,
                            GError **error)
{
  g_return_val_if_fail (TEGATA_IS_TRANSPORT (self), FALSE);
  g_return_val_if_fail (bytes != NULL && len > 0, FALSE);

  if (!tegata_session_send_data (self->session, bytes, len, error))
  {
    return FALSE;
  }
  tegata_pump_run (self->pump);
  return TRUE;
}

void
tegata_transport_close (TegataTransport *self)
{
  g_return_if_fail (TEGATA_IS_TRANSPORT (self));

  tegata_session_close (self->session);
  tegata_pump_run (self->pump);
}

TegataState
tegata_transport_get_state (TegataTransport *self)
{
  g_return_val_if_fail (TEGATA_IS_TRANSPORT (self), TEGATA_STATE_FAILED);

  return self->start_error == NULL ? tegata_session_get_state (self->session)
                                   : TEGATA_STATE_FAILED;
}

const GError *
tegata_transport_get_error (TegataTransport *self)
{
  g_return_val_if_fail (TEGATA_IS_TRANSPORT (self), NULL);

  return self->start_error == NULL ? tegata_session_get_error (self->session)
                                   : self->start_error;
}

TegataCertificate *
tegata_transport_get_peer_certificate (TegataTransport *self)
{
  g_return_val_if_fail (TEGATA_IS_TRANSPORT (self), NULL);

  return tegata_session_get_peer_certificate (self->session);
}

GSocketAddress *
tegata_transport_dup_peer_address (TegataTransport *self)
{
  TegataAddress peer;

  g_return_val_if_fail (TEGATA_IS_TRANSPORT (self), NULL);

  return tegata_session_get_peer (self->session, &peer)
             ? tegata_address_to_socket_address (&peer)
             : NULL;
}

TegataSession *
tegata_transport_get_session (TegataTransport *self)
{
  g_return_val_if_fail (TEGATA_IS_TRANSPORT (self), NULL);

  return self->session;
}
