/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Addresses of the core are opaque bytes. Here they are what the kernel calls a sockaddr,
 * with all that a peer could differ in without being another one set to zero. IPv4 that
 * comes to an IPv6 socket is IPv4: it is what GSocketAddress makes of it, what people and
 * SDP write, and what such a socket also takes to send to.
 */

#include "transport/socket-address.h"

#include <string.h>
#include <tegata/udp-channel.h>

#ifdef G_OS_UNIX
#include <netinet/in.h>
#else
#include <winsock2.h>
#include <ws2tcpip.h>
#endif

G_STATIC_ASSERT (sizeof (struct sockaddr_in6) <= TEGATA_ADDRESS_MAX_LEN);

void
tegata_address_normalize (TegataAddress *self)
{
  struct sockaddr_in6 wide;
  struct sockaddr_in narrow = { .sin_family = AF_INET };

  if (self->len != sizeof wide)
  {
    return;
  }
  memcpy (&wide, self->bytes, sizeof wide);
  if (!IN6_IS_ADDR_V4MAPPED (&wide.sin6_addr))
  {
    wide.sin6_flowinfo = 0;
    memcpy (self->bytes, &wide, sizeof wide);
    return;
  }
  narrow.sin_port = wide.sin6_port;
  memcpy (&narrow.sin_addr, wide.sin6_addr.s6_addr + 12, sizeof narrow.sin_addr);
  tegata_address_init (self, &narrow, sizeof narrow);
}

gboolean
tegata_address_from_socket_address (TegataAddress *self, GSocketAddress *socket_address)
{
  guint8 native[TEGATA_ADDRESS_MAX_LEN] = { 0 };
  gssize len;

  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (G_IS_SOCKET_ADDRESS (socket_address), FALSE);
  if (!G_IS_INET_SOCKET_ADDRESS (socket_address))
  {
    return FALSE;
  }
  len = g_socket_address_get_native_size (socket_address);
  if (len <= 0 || (gsize) len > sizeof native
      || !g_socket_address_to_native (socket_address, native, sizeof native, NULL))
  {
    return FALSE;
  }
  tegata_address_init (self, native, (gsize) len);
  tegata_address_normalize (self);
  return TRUE;
}

GSocketAddress *
tegata_address_to_socket_address (const TegataAddress *self)
{
  struct sockaddr_storage native = { 0 };

  g_return_val_if_fail (self != NULL, NULL);
  if (self->len != sizeof (struct sockaddr_in)
      && self->len != sizeof (struct sockaddr_in6))
  {
    return NULL;
  }
  memcpy (&native, self->bytes, self->len);
  /* A family that is neither would give an address of another kind. */
  if (native.ss_family != AF_INET && native.ss_family != AF_INET6)
  {
    return NULL;
  }
  return g_socket_address_new_from_native (&native, self->len);
}
