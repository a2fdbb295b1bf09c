/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "udp-socket.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static gboolean
split_host_port (const char *text,
                 const char *default_host,
                 char **host,
                 const char **port,
                 GError **error)
{
  const char *colon = strrchr (text, ':');
  gsize len;

  if (colon == NULL && default_host != NULL)
  {
    *host = g_strdup (default_host);
    *port = text;
    return TRUE;
  }
  if (colon == NULL || colon == text)
  {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "expected HOST:PORT");
    return FALSE;
  }

  len = (gsize) (colon - text);
  if (len > 2 && text[0] == '[' && text[len - 1] == ']')
  {
    *host = g_strndup (text + 1, len - 2);
  }
  else
  {
    *host = g_strndup (text, len);
  }
  *port = colon + 1;
  return TRUE;
}

/* Addresses are compared as bytes, so what the kernel leaves undefined is cleared. */
static void
address_from_sockaddr (TegataAddress *address, const struct sockaddr_storage *from)
{
  if (from->ss_family == AF_INET6)
  {
    struct sockaddr_in6 in6;

    memcpy (&in6, from, sizeof in6);
    in6.sin6_flowinfo = 0;
    tegata_address_init (address, &in6, sizeof in6);
  }
  else
  {
    struct sockaddr_in in;

    memcpy (&in, from, sizeof in);
    memset (in.sin_zero, 0, sizeof in.sin_zero);
    tegata_address_init (address, &in, sizeof in);
  }
}

static socklen_t
address_to_sockaddr (const TegataAddress *address, struct sockaddr_storage *to)
{
  memset (to, 0, sizeof *to);
  memcpy (to, address->bytes, address->len);
  return address->len;
}

gboolean
udp_resolve (const char *text,
             const char *default_host,
             TegataAddress *address,
             GError **error)
{
  struct addrinfo hints
      = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICSERV };
  struct addrinfo *found = NULL;
  struct sockaddr_storage storage = { 0 };
  g_autofree char *host = NULL;
  const char *port = NULL;
  int failure;

  /* getaddrinfo() takes a number beyond 16 bits, and cuts it */
  if (!split_host_port (text, default_host, &host, &port, error)
      || !g_ascii_string_to_unsigned (port, 10, 0, G_MAXUINT16, NULL, error))
  {
    g_prefix_error (error, "“%s” is not an address of UDP: ", text);
    return FALSE;
  }
  failure = getaddrinfo (host, port, &hints, &found);
  if (failure != 0)
  {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 "“%s” is not an address of UDP: %s", text, gai_strerror (failure));
    return FALSE;
  }
  memcpy (&storage, found->ai_addr, found->ai_addrlen);
  freeaddrinfo (found);
  address_from_sockaddr (address, &storage);
  return TRUE;
}

int
udp_open (const TegataAddress *address, gboolean bind_to_it, GError **error)
{
  struct sockaddr_storage storage;
  socklen_t len = address_to_sockaddr (address, &storage);
  int fd = socket (storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

  if (fd >= 0 && (!bind_to_it || bind (fd, (struct sockaddr *) &storage, len) == 0))
  {
    return fd;
  }
  g_set_error (error, G_FILE_ERROR, (gint) g_file_error_from_errno (errno),
               "no UDP socket: %s", g_strerror (errno));
  if (fd >= 0)
  {
    close (fd);
  }
  return -1;
}

gboolean
udp_connect (int fd, const TegataAddress *to, GError **error)
{
  struct sockaddr_storage storage;
  socklen_t len = address_to_sockaddr (to, &storage);

  if (connect (fd, (struct sockaddr *) &storage, len) == 0)
  {
    return TRUE;
  }
  g_set_error (error, G_FILE_ERROR, (gint) g_file_error_from_errno (errno),
               "no way to the peer: %s", g_strerror (errno));
  return FALSE;
}

char *
udp_local_name (int fd)
{
  struct sockaddr_storage storage = { 0 };
  socklen_t len = sizeof storage;
  char host[NI_MAXHOST];
  char port[NI_MAXSERV];

  if (getsockname (fd, (struct sockaddr *) &storage, &len) != 0
      || getnameinfo ((struct sockaddr *) &storage, len, host, sizeof host, port,
                      sizeof port, NI_NUMERICHOST | NI_NUMERICSERV)
             != 0)
  {
    return g_strdup ("?");
  }
  return g_strdup_printf (storage.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host,
                          port);
}

gssize
udp_receive (int fd, guint8 *buffer, gsize size, TegataAddress *from)
{
  struct sockaddr_storage storage = { 0 };
  socklen_t len = sizeof storage;
  gssize n
      = recvfrom (fd, buffer, size, MSG_DONTWAIT, (struct sockaddr *) &storage, &len);

  if (n >= 0 && from != NULL)
  {
    address_from_sockaddr (from, &storage);
  }
  return n;
}

void
udp_send (int fd, const guint8 *bytes, gsize len, const TegataAddress *to)
{
  struct sockaddr_storage storage;
  socklen_t storage_len = address_to_sockaddr (to, &storage);

  (void) sendto (fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL,
                 (struct sockaddr *) &storage, storage_len);
}
