/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* `tegata listen`: whoever proves by a cookie to be where it says. */

#include "addresses.h"
#include "endpoint.h"

static gboolean
open_socket (Endpoint *self, GError **error)
{
  g_autoptr (GSocketAddress) local
      = address_parse (self->shared.options->where, "0.0.0.0", error);

  if (local == NULL
      || !endpoint_take_channel (self, tegata_udp_channel_new (local, NULL, error)))
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
