/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "origin.h"

#include <gio/gio.h>
#include <string.h>

/* Returns: (transfer full): without its port, and the brackets of IPv6 */
static char *
dup_name (const char *host)
{
  const char *end = strrchr (host, ':');

  if (host[0] == '[')
  {
    end = strchr (host, ']');
    return end != NULL ? g_strndup (host + 1, (gsize) (end - host - 1)) : g_strdup ("");
  }
  return end != NULL ? g_strndup (host, (gsize) (end - host)) : g_strdup (host);
}

gboolean
gateway_host_is_local (const char *host)
{
  g_autofree char *name = host != NULL ? dup_name (host) : NULL;
  g_autofree char *lower = name != NULL ? g_ascii_strdown (name, -1) : NULL;

  /* RFC 6761 section 6.3 */
  return lower != NULL
         && (g_str_equal (lower, "localhost") || g_str_has_suffix (lower, ".localhost")
             || g_hostname_is_ip_address (lower));
}

gboolean
gateway_host_is_of_origin (const char *host, const char *origin)
{
  const char *scheme = origin != NULL ? strstr (origin, "://") : NULL;

  return host != NULL && scheme != NULL && g_ascii_strcasecmp (scheme + 3, host) == 0;
}
