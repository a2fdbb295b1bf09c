/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "addresses.h"

static gboolean
refuse (const char *text, const char *what, GError **error)
{
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               "“%s” is not an address: %s", text, what);
  return FALSE;
}

/* The colons of an IPv6 address would be read as the one before the port. */
static gboolean
split (const char *text,
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
    return refuse (text,
                   default_host != NULL ? "expected [HOST:]PORT" : "expected HOST:PORT",
                   error);
  }

  len = (gsize) (colon - text);
  if (len > 2 && text[0] == '[' && text[len - 1] == ']')
  {
    *host = g_strndup (text + 1, len - 2);
  }
  else if (memchr (text, ':', len) != NULL)
  {
    return refuse (text, "an IPv6 address stands in brackets, as [::1]:5000 does", error);
  }
  else
  {
    *host = g_strndup (text, len);
  }
  *port = colon + 1;
  return TRUE;
}

/* A datagram finds out only late that nobody is there, so both families cannot be tried
 * in turn: "localhost" has both, and who listens on one alone mostly does so on IPv4. */
static GInetAddress *
choose (GList *addresses)
{
  for (GList *each = addresses; each != NULL; each = each->next)
  {
    if (g_inet_address_get_family (each->data) == G_SOCKET_FAMILY_IPV4)
    {
      return each->data;
    }
  }
  return addresses->data;
}

static GSocketAddress *
look_up (const char *host, guint16 port, GError **error)
{
  g_autoptr (GResolver) resolver = g_resolver_get_default ();
  GList *found = g_resolver_lookup_by_name (resolver, host, NULL, error);
  GSocketAddress *address;

  if (found == NULL)
  {
    return NULL;
  }
  address = g_inet_socket_address_new (choose (found), port);
  g_resolver_free_addresses (found);
  return address;
}

GSocketAddress *
address_parse (const char *text, const char *default_host, GError **error)
{
  const guint64 lowest = default_host != NULL ? 0 : 1;
  GSocketAddress *address;
  g_autofree char *host = NULL;
  const char *port_text = NULL;
  guint64 port;

  if (!split (text, default_host, &host, &port_text, error))
  {
    return NULL;
  }
  if (!g_ascii_string_to_unsigned (port_text, 10, lowest, G_MAXUINT16, &port, NULL))
  {
    refuse (text,
            default_host != NULL ? "expected a port from 0 to 65535"
                                 : "expected a port from 1 to 65535",
            error);
    return NULL;
  }
  /* it knows scopes, which the look-up of names would lose */
  address = g_inet_socket_address_new_from_string (host, (guint) port);
  if (address == NULL)
  {
    address = look_up (host, (guint16) port, error);
    if (address == NULL)
    {
      g_prefix_error (error, "“%s”: ", text);
    }
  }
  return address;
}

char *
address_to_string (GSocketAddress *address)
{
  return g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (address));
}

gboolean
address_is_loopback (GSocketAddress *address)
{
  return G_IS_INET_SOCKET_ADDRESS (address)
         && g_inet_address_get_is_loopback (
             g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address)));
}
