/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sip-media-port.h"

#include "addresses.h"

/* Strangers at most who may handshake at once with a port that waits for one peer. */
#define MAX_CALLERS 32

#define ADVICE                                                                           \
  "; see whether the peer was given our description, and whether its datagrams get "     \
  "through"

struct _SipPort
{
  SipPortShared shared;
  TegataUdpChannel *channel;
  TegataTransportListener *listener;
  GPtrArray *callers; /* TegataTransport: who may become the peer */
  GPtrArray *dropped; /* likewise: who may not, and is not yet told so */
  guint drop_source;
  GPtrArray *expected;        /* TegataFingerprint; NULL while unknown */
  TegataTransport *transport; /* the peer's */
  guint n_dropped;            /* callers who are not the peer */
  GError *failure;            /* it gave up */
};

static gboolean
is_over (TegataTransport *transport)
{
  TegataState state = tegata_transport_get_state (transport);

  return state == TEGATA_STATE_CLOSED || state == TEGATA_STATE_FAILED;
}

static void
release (gpointer transport)
{
  tegata_transport_set_callbacks (transport, NULL, NULL, NULL);
  tegata_transport_close (transport);
  g_object_unref (transport);
}

SipPort *
sip_port_new (const SipPortShared *shared, GSocketAddress *local, GError **error)
{
  TegataUdpChannel *channel = tegata_udp_channel_new (local, NULL, error);
  SipPort *self;

  if (channel == NULL)
  {
    return NULL;
  }
  self = g_new0 (SipPort, 1);
  self->shared = *shared;
  self->channel = channel;
  self->callers = g_ptr_array_new_with_free_func (release);
  self->dropped = g_ptr_array_new_with_free_func (release);
  return self;
}

static void
end_listening (SipPort *self)
{
  g_ptr_array_set_size (self->dropped, 0);
  g_ptr_array_set_size (self->callers, 0);
  if (self->listener != NULL)
  {
    tegata_transport_listener_close (self->listener);
    g_clear_object (&self->listener);
  }
}

void
sip_port_free (SipPort *self)
{
  if (self == NULL)
  {
    return;
  }
  sip_port_hang_up (self);
  end_listening (self);
  g_clear_handle_id (&self->drop_source, g_source_remove);
  g_ptr_array_unref (self->callers);
  g_ptr_array_unref (self->dropped);
  g_object_unref (self->channel);
  g_free (self);
}

guint16
sip_port_get_number (SipPort *self)
{
  GSocketAddress *address = tegata_udp_channel_get_local_address (self->channel);

  return g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));
}

/* ---- the associations ---- */

static void G_GNUC_PRINTF (2, 3) tell (SipPort *self, const char *format, ...)
{
  g_autofree char *sentence = NULL;
  va_list arguments;

  va_start (arguments, format);
  sentence = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  self->shared.callbacks->notice (sentence, self->shared.user_data);
}

static char *
describe_caller (TegataTransport *caller)
{
  g_autoptr (GSocketAddress) address = tegata_transport_dup_peer_address (caller);

  return address != NULL ? address_to_string (address) : g_strdup ("somewhere");
}

static gboolean
on_drop (gpointer user_data)
{
  SipPort *self = user_data;

  self->drop_source = 0;
  g_ptr_array_set_size (self->dropped, 0);
  return G_SOURCE_REMOVE;
}

/* Not within its own call-back: its close_notify would not leave any more. */
static void
drop_later (SipPort *self, guint index)
{
  TegataTransport *caller = g_ptr_array_steal_index_fast (self->callers, index);

  tegata_transport_set_callbacks (caller, NULL, NULL, NULL);
  g_ptr_array_add (self->dropped, caller);
  if (self->drop_source == 0)
  {
    self->drop_source = g_idle_add (on_drop, self);
  }
}

/* @caller proved to be the peer. Whoever else has called is dropped. */
static void
adopt (SipPort *self, TegataTransport *caller)
{
  guint index;

  if (!g_ptr_array_find (self->callers, caller, &index))
  {
    return;
  }
  g_clear_pointer (&self->transport, release);
  self->transport = g_ptr_array_steal_index_fast (self->callers, index);
  while (self->callers->len > 0)
  {
    drop_later (self, 0);
  }
}

static void
drop_caller (SipPort *self, TegataTransport *caller, TegataState state)
{
  const GError *error = tegata_transport_get_error (caller);
  guint index;

  if (error != NULL || state == TEGATA_STATE_CONNECTED)
  {
    g_autofree char *where = describe_caller (caller);

    tell (self, "%s called and is not taken: %s", where,
          error != NULL ? error->message : "the call has its peer");
  }
  if (g_ptr_array_find (self->callers, caller, &index))
  {
    self->n_dropped++;
    drop_later (self, index);
  }
}

/* A peer that crashed calls again from where it was: its old association is closed before
 * the new one is connected. Nobody else takes over a call that has a peer. */
static void
on_caller_changed (SipPort *self, TegataTransport *caller, TegataState state)
{
  if (state == TEGATA_STATE_CONNECTED
      && (self->transport == NULL || is_over (self->transport)))
  {
    adopt (self, caller);
    self->shared.callbacks->changed (self, self->shared.user_data);
  }
  else if (state == TEGATA_STATE_CONNECTED || state == TEGATA_STATE_CLOSED
           || state == TEGATA_STATE_FAILED)
  {
    drop_caller (self, caller, state);
  }
}

static void
on_state_changed (TegataTransport *transport, TegataState state, gpointer user_data)
{
  SipPort *self = user_data;

  if (transport == self->transport)
  {
    self->shared.callbacks->changed (self, self->shared.user_data);
  }
  else
  {
    on_caller_changed (self, transport, state);
  }
}

static void
on_media (TegataTransport *transport,
          TegataPacket *packets,
          guint n_packets,
          gpointer user_data)
{
  SipPort *self = user_data;

  if (transport == self->transport)
  {
    self->shared.callbacks->media (packets, n_packets, self->shared.user_data);
  }
}

static void
on_network_error (TegataTransport *transport, const GError *error, gpointer user_data)
{
  (void) transport;
  tell (user_data, "%s; trying on", error->message);
}

static const TegataTransportCallbacks transport_callbacks = {
  .state_changed = on_state_changed,
  .media = on_media,
  .network_error = on_network_error,
};

static void
set_fingerprints (SipPort *self, TegataTransport *transport)
{
  tegata_transport_set_peer_fingerprints (
      transport, (TegataFingerprint *const *) self->expected->pdata, self->expected->len);
}

static void
on_incoming (TegataTransportListener *listener,
             TegataTransport *caller,
             gpointer user_data)
{
  SipPort *self = user_data;

  (void) listener;
  tegata_transport_set_callbacks (caller, &transport_callbacks, self, NULL);
  g_ptr_array_add (self->callers, g_object_ref (caller));
  if (self->expected != NULL)
  {
    set_fingerprints (self, caller);
  }
}

gboolean
sip_port_listen (SipPort *self, GError **error)
{
  if (self->listener != NULL)
  {
    return TRUE;
  }
  g_clear_pointer (&self->transport, release);
  self->listener = tegata_transport_listener_new (self->shared.context,
                                                  TEGATA_DATAGRAM_CHANNEL (self->channel),
                                                  self->shared.loop, error);
  if (self->listener == NULL)
  {
    return FALSE;
  }
  tegata_transport_listener_set_max_sessions (self->listener, MAX_CALLERS);
  g_signal_connect (self->listener, "incoming", G_CALLBACK (on_incoming), self);
  return TRUE;
}

static void
set_expected (SipPort *self, GPtrArray *fingerprints)
{
  g_clear_pointer (&self->expected, g_ptr_array_unref);
  if (fingerprints != NULL)
  {
    self->expected = g_ptr_array_ref (fingerprints);
  }
}

void
sip_port_expect (SipPort *self, GPtrArray *fingerprints)
{
  g_autoptr (GPtrArray) waiting = g_ptr_array_new_with_free_func (g_object_unref);

  set_expected (self, fingerprints);
  /* Each one that is told may be taken or dropped at once. */
  for (guint i = 0; i < self->callers->len; i++)
  {
    g_ptr_array_add (waiting, g_object_ref (g_ptr_array_index (self->callers, i)));
  }
  for (guint i = 0; fingerprints != NULL && i < waiting->len; i++)
  {
    TegataTransport *caller = g_ptr_array_index (waiting, i);

    if (g_ptr_array_find (self->callers, caller, NULL))
    {
      set_fingerprints (self, caller);
    }
  }
}

gboolean
sip_port_was_called (SipPort *self)
{
  return self->callers->len > 0 || self->transport != NULL;
}

gboolean
sip_port_dial (SipPort *self,
               GSocketAddress *peer,
               GPtrArray *fingerprints,
               GError **error)
{
  end_listening (self);
  g_clear_pointer (&self->transport, release);
  set_expected (self, fingerprints);
  self->transport = tegata_transport_new (
      self->shared.context, TEGATA_DATAGRAM_CHANNEL (self->channel), self->shared.loop);
  tegata_transport_set_callbacks (self->transport, &transport_callbacks, self, NULL);
  tegata_transport_set_peer_address (self->transport, peer);
  set_fingerprints (self, self->transport);
  return tegata_transport_start (self->transport, TEGATA_ROLE_CLIENT, error);
}

gboolean
sip_port_move (SipPort *self, GSocketAddress *peer)
{
  if (self->listener != NULL || self->transport == NULL)
  {
    return FALSE;
  }
  tegata_transport_set_peer_address (self->transport, peer);
  return TRUE;
}

void
sip_port_hang_up (SipPort *self)
{
  g_clear_pointer (&self->transport, release);
  g_clear_error (&self->failure);
  set_expected (self, NULL);
}

void
sip_port_give_up (SipPort *self, guint timeout_s)
{
  if (self->listener == NULL || self->transport != NULL)
  {
    return;
  }
  end_listening (self);
  if (self->n_dropped > 0)
  {
    g_set_error (&self->failure, TEGATA_ERROR, TEGATA_ERROR_TIMEOUT,
                 "port %u was called within %u s, and not by the peer" ADVICE,
                 sip_port_get_number (self), timeout_s);
  }
  else
  {
    g_set_error (&self->failure, TEGATA_ERROR, TEGATA_ERROR_TIMEOUT,
                 "nobody called port %u within %u s" ADVICE, sip_port_get_number (self),
                 timeout_s);
  }
}

void
sip_port_fail (SipPort *self, const GError *error)
{
  end_listening (self);
  sip_port_hang_up (self);
  self->failure = g_error_copy (error);
}

TegataState
sip_port_get_state (SipPort *self)
{
  if (self->failure != NULL)
  {
    return TEGATA_STATE_FAILED;
  }
  return self->transport != NULL ? tegata_transport_get_state (self->transport)
                                 : TEGATA_STATE_CONNECTING;
}

TegataTransport *
sip_port_get_transport (SipPort *self)
{
  return sip_port_get_state (self) == TEGATA_STATE_CONNECTED ? self->transport : NULL;
}

const GError *
sip_port_get_error (SipPort *self)
{
  if (self->failure != NULL)
  {
    return self->failure;
  }
  return self->transport != NULL ? tegata_transport_get_error (self->transport) : NULL;
}
