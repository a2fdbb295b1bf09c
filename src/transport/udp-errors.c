/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transport/udp-errors.h"

#include <tegata/udp-channel.h>

#define MIN_TELL_INTERVAL_US G_USEC_PER_SEC
#define NO_ERROR (-1)

static const struct
{
  gint kind;
  const char *before; /* the peer's address stands between both */
  const char *behind;
} sentences[] = {
  { G_IO_ERROR_CONNECTION_REFUSED, "Connection refused: nobody listens at ", "" },
  { G_IO_ERROR_NETWORK_UNREACHABLE,
    "Network is unreachable: this machine has no route to ", "" },
  { G_IO_ERROR_HOST_UNREACHABLE, "Host is unreachable: no way leads to ", "" },
  { G_IO_ERROR_PERMISSION_DENIED,
    "Not permitted: a firewall, or the kind of the address, forbids to send to ", "" },
  { G_IO_ERROR_MESSAGE_TOO_LARGE, "Message too long: the network does not carry it to ",
    ". Choose a smaller MTU" },
};

static char *
name_of (const TegataAddress *address)
{
  g_autoptr (GSocketAddress) socket_address = tegata_address_to_socket_address (address);

  return socket_address != NULL
             ? g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (socket_address))
             : g_strdup ("one of the peers");
}

static GError *
describe (const GError *problem, const TegataAddress *address)
{
  g_autofree char *name = name_of (address);

  for (guint i = 0; i < G_N_ELEMENTS (sentences); i++)
  {
    if (g_error_matches (problem, G_IO_ERROR, sentences[i].kind))
    {
      return g_error_new (problem->domain, problem->code, "%s%s%s", sentences[i].before,
                          name, sentences[i].behind);
    }
  }
  return g_error_new (problem->domain, problem->code, "%s: it concerns %s",
                      problem->message, name);
}

void
tegata_error_row_clear (TegataErrorRow *self)
{
  g_atomic_int_set (&self->kind, NO_ERROR);
  self->told_us = -MIN_TELL_INTERVAL_US;
  g_clear_error (&self->untold);
}

gboolean
tegata_error_row_has (TegataErrorRow *self, const GError *problem)
{
  return g_atomic_int_get (&self->kind) == problem->code;
}

void
tegata_error_row_end (TegataErrorRow *self)
{
  if (g_atomic_int_get (&self->kind) != NO_ERROR)
  {
    g_atomic_int_set (&self->kind, NO_ERROR);
  }
}

gboolean
tegata_error_row_add (TegataErrorRow *self,
                      const GError *problem,
                      const TegataAddress *address,
                      gint64 now_us)
{
  if (self->untold != NULL || now_us - self->told_us < MIN_TELL_INTERVAL_US)
  {
    return FALSE;
  }
  g_atomic_int_set (&self->kind, problem->code);
  self->told_us = now_us;
  self->untold = describe (problem, address);
  return TRUE;
}
