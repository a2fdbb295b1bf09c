/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* `tegata listen`: whoever proves by a cookie to be where it says. */

#include "addresses.h"
#include "endpoint.h"

#include <string.h>

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

static void
on_incoming (TegataTransportListener *listener,
             TegataTransport *transport,
             Endpoint *self)
{
  (void) listener;
  endpoint_add (self, transport);
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
  g_signal_connect (self->shared.listener, "incoming", G_CALLBACK (on_incoming), self);
  g_signal_connect (self->shared.listener, "network-error", G_CALLBACK (on_network_error),
                    self);
  return TRUE;
}

static void
finish (Endpoint *self)
{
  g_clear_object (&self->shared.listener);
}

const EndpointKind endpoint_listen = {
  .open = open_socket,
  .start = start,
  .finish = finish,
};
