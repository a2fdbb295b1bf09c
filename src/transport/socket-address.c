/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Addresses of the core are opaque bytes. Here they are what the kernel calls a sockaddr,
 * with all that a peer could differ in without being another one set to zero.
 */

#include <string.h>
#include <tegata/udp-channel.h>

#ifdef G_OS_UNIX
#include <netinet/in.h>
#else
#include <winsock2.h>
#include <ws2tcpip.h>
#endif

G_STATIC_ASSERT (sizeof (struct sockaddr_in6) <= TEGATA_ADDRESS_MAX_LEN);

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
  if (g_socket_address_get_family (socket_address) == G_SOCKET_FAMILY_IPV6)
  {
    memset (native + G_STRUCT_OFFSET (struct sockaddr_in6, sin6_flowinfo), 0,
            sizeof (((struct sockaddr_in6 *) NULL)->sin6_flowinfo));
  }
  tegata_address_init (self, native, (gsize) len);
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
  return g_socket_address_new_from_native (&native, self->len);
}
