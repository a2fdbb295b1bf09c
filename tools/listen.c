/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* `tegata listen`: whoever proves by a cookie to be where it says. */

#include "addresses.h"
#include "endpoint.h"

#include <string.h>

/* Addresses; all is forgotten then. */
#define MAX_KNOWN 4096
#define TELL_STRANGE_EVERY_US (20 * (gint64) G_USEC_PER_SEC)
#define RTP_VERSION 2 /* RFC 3550 section 5.1: the first two bits */

static TegataUdpChannel *
open_channel (const char *where, const char *default_host, GError **error)
{
  g_autoptr (GSocketAddress) local = address_parse (where, default_host, error);

  return local != NULL ? tegata_udp_channel_new (local, NULL, error) : NULL;
}

/* Without a host all addresses are meant: "::" hears both families. On a machine that has
 * IPv4 alone it cannot be opened. */
static TegataUdpChannel *
open_here (const char *where, GError **error)
{
  g_autoptr (GError) problem = NULL;
  TegataUdpChannel *channel = open_channel (where, "::", &problem);

  if (channel != NULL)
  {
    return channel;
  }
  if (problem->domain == G_IO_ERROR && strchr (where, ':') == NULL
      && !g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE))
  {
    return open_channel (where, "0.0.0.0", error);
  }
  g_propagate_error (error, g_steal_pointer (&problem));
  return NULL;
}

static gboolean
open_socket (Endpoint *self, GError **error)
{
  if (!endpoint_take_channel (self, open_here (self->shared.options->where, error)))
  {
    return FALSE;
  }
  self->shared.listener
      = tegata_transport_listener_new (self->context, self->tap, self->loop, error);
  return self->shared.listener != NULL;
}

/* @address: (transfer full) */
static void
make_known (Endpoint *self, char *address)
{
  if (g_hash_table_size (self->known) >= MAX_KNOWN)
  {
    g_hash_table_remove_all (self->known);
  }
  g_hash_table_add (self->known, address);
}

/* What is under way when a peer has left is no news, so all that ever came are known. */
static void
on_incoming (TegataTransportListener *listener,
             TegataTransport *transport,
             Endpoint *self)
{
  g_autoptr (GSocketAddress) peer = tegata_transport_dup_peer_address (transport);

  (void) listener;
  make_known (self, address_to_string (peer));
  endpoint_add (self, transport);
}

static void
tell_stranger (Endpoint *self, const TegataDatagram *datagram)
{
  g_autoptr (GSocketAddress) peer = tegata_address_to_socket_address (&datagram->peer);
  g_autofree char *address = peer != NULL ? address_to_string (peer) : NULL;
  g_autofree char *sentence = NULL;

  if (address == NULL || g_hash_table_contains (self->known, address))
  {
    return;
  }
  sentence = g_strdup_printf ("media from %s, with whom there is no association (an "
                              "earlier run's?): it has to call again",
                              address);
  report_note (self->shared.report, REPORT_WARNING, address, sentence);
  self->told_strange_us = g_get_monotonic_time ();
  make_known (self, g_steal_pointer (&address));
}

/* Where the listener has counted media of strangers, somebody in there is one. Sources
 * can be forged, so few are told of. */
static void
on_handled (const TegataDatagram *datagrams, guint n_datagrams, gpointer user_data)
{
  Endpoint *self = user_data;
  TegataListenerStats stats;
  guint64 n_strange;

  tegata_transport_listener_get_stats (self->shared.listener, &stats);
  n_strange = stats.refused[TEGATA_REFUSED_SOURCE];
  if (n_strange == self->n_strange)
  {
    return;
  }
  self->n_strange = n_strange;
  for (guint i = 0; i < n_datagrams; i++)
  {
    if (self->told_strange_us > 0
        && g_get_monotonic_time () - self->told_strange_us < TELL_STRANGE_EVERY_US)
    {
      return;
    }
    if (datagrams[i].len > 0 && datagrams[i].bytes[0] >> 6 == RTP_VERSION)
    {
      tell_stranger (self, &datagrams[i]);
    }
  }
}

static void
on_network_error (TegataTransportListener *listener, const GError *error, Endpoint *self)
{
  g_autofree char *sentence = g_strdup_printf ("%s; going on", error->message);

  (void) listener;
  report_note (self->shared.report, REPORT_NETWORK_ERROR, NULL, sentence);
}

static gboolean
start (Endpoint *self, GError **error)
{
  (void) error;
  self->known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  tap_channel_set_handled_func (TAP_CHANNEL (self->tap), on_handled);
  g_signal_connect (self->shared.listener, "incoming", G_CALLBACK (on_incoming), self);
  g_signal_connect (self->shared.listener, "network-error", G_CALLBACK (on_network_error),
                    self);
  return TRUE;
}

static void
finish (Endpoint *self)
{
  g_clear_object (&self->shared.listener);
  g_clear_pointer (&self->known, g_hash_table_unref);
}

const EndpointKind endpoint_listen = {
  .open = open_socket,
  .start = start,
  .finish = finish,
};
