/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "addresses.h"

#include <string.h>

static gboolean
refuse (const char *text, const char *what, GError **error)
{
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               "“%s” is not an address: %s", text, what);
  return FALSE;
}

static gboolean
refuse_without_port (const char *text, const char *default_host, GError **error)
{
  const char *expected = default_host != NULL ? "[HOST:]PORT" : "HOST:PORT";

  if (strspn (text, "0123456789") == strlen (text))
  {
    g_autofree char *what = g_strdup_printf ("expected %s", expected);

    return refuse (text, what, error);
  }
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               "“%s” has no port: expected %s, as in %s:5000", text, expected, text);
  return FALSE;
}

/* What stands before the port. The colons of an IPv6 address would be read as the one
 * there. (transfer full) */
static char *
split_host (const char *text, gsize len, GError **error)
{
  if (len > 2 && text[0] == '[' && text[len - 1] == ']')
  {
    return g_strndup (text + 1, len - 2);
  }
  if (memchr (text, ':', len) != NULL)
  {
    refuse (text, "an IPv6 address stands in brackets, as [::1]:5000 does", error);
    return NULL;
  }
  return g_strndup (text, len);
}

static gboolean
split (const char *text,
       const char *default_host,
       char **host,
       const char **port,
       GError **error)
{
  const char *colon = strrchr (text, ':');

  if (text[0] == '[' && g_str_has_suffix (text, "]"))
  {
    return refuse_without_port (text, default_host, error);
  }
  if (colon == NULL)
  {
    if (default_host == NULL || !g_ascii_isdigit (text[0]) || strchr (text, '.') != NULL)
    {
      return refuse_without_port (text, default_host, error);
    }
    *host = g_strdup (default_host);
    *port = text;
    return TRUE;
  }
  if (colon == text)
  {
    return refuse (text,
                   default_host != NULL ? "expected [HOST:]PORT" : "expected HOST:PORT",
                   error);
  }
  *host = split_host (text, (gsize) (colon - text), error);
  *port = colon + 1;
  return *host != NULL;
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

static GSocketAddress *
parse (const char *text, const char *default_host, guint64 lowest, GError **error)
{
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
            lowest == 0 ? "expected a port from 0 to 65535"
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

GSocketAddress *
address_parse (const char *text, const char *default_host, GError **error)
{
  return parse (text, default_host, 0, error);
}

GSocketAddress *
address_parse_target (const char *text, const char *default_host, GError **error)
{
  return parse (text, default_host, 1, error);
}

char *
address_to_string (GSocketAddress *address)
{
  return g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (address));
}

gboolean
address_equal (GSocketAddress *a, GSocketAddress *b)
{
  g_autofree char *a_text = address_to_string (a);
  g_autofree char *b_text = address_to_string (b);

  return g_str_equal (a_text, b_text);
}

gboolean
address_is_loopback (GSocketAddress *address)
{
  return G_IS_INET_SOCKET_ADDRESS (address)
         && g_inet_address_get_is_loopback (
             g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address)));
}
