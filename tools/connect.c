/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* `tegata connect`: one peer on a connected socket. */

#include "addresses.h"
#include "endpoint.h"

static const char *
any_host_like (GSocketAddress *peer)
{
  return g_socket_address_get_family (peer) == G_SOCKET_FAMILY_IPV6 ? "::" : "0.0.0.0";
}

/* The kernel would send our own words back to us. */
static gboolean
check_bind (GSocketAddress *local, GSocketAddress *peer, GError **error)
{
  if (address_equal (local, peer))
  {
    g_autofree char *text = address_to_string (peer);

    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 "--bind: the peer is at %s: that is ourselves. Take another port", text);
    return FALSE;
  }
  return TRUE;
}

static gboolean
open_socket (Endpoint *self, GError **error)
{
  const Options *options = self->shared.options;
  g_autoptr (GSocketAddress) peer = address_parse_target (options->where, NULL, error);
  g_autoptr (GSocketAddress) local = NULL;

  if (peer == NULL)
  {
    return FALSE;
  }
  if (options->bind != NULL)
  {
    local = address_parse (options->bind, any_host_like (peer), error);
    if (local == NULL || !check_bind (local, peer, error))
    {
      return FALSE;
    }
  }
  self->shared.peer = address_to_string (peer);
  return endpoint_take_channel (self, tegata_udp_channel_new (local, peer, error));
}

static gboolean
start (Endpoint *self, GError **error)
{
  self->transport = tegata_transport_new (self->context, self->tap, self->loop);
  endpoint_add (self, self->transport);
  return tegata_transport_start (self->transport, self->shared.options->role, error);
}

static void
finish (Endpoint *self)
{
  g_clear_object (&self->transport);
}

const EndpointKind endpoint_connect = {
  .open = open_socket,
  .start = start,
  .finish = finish,
};
