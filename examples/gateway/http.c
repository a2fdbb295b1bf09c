/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "http.h"

struct _GatewayHttp
{
  const GatewayOptions *options;
  SoupServer *server;
};

static void
on_request (SoupServer *server G_GNUC_UNUSED,
            SoupServerMessage *message,
            const char *path,
            GHashTable *query G_GNUC_UNUSED,
            gpointer user_data G_GNUC_UNUSED)
{
  g_autofree char *name
      = g_strdup_printf ("/page%s", g_str_equal (path, "/") ? "/index.html" : path);
  g_autoptr (GBytes) bytes = g_resources_lookup_data (name, 0, NULL);

  if (bytes == NULL)
  {
    soup_server_message_set_status (message, SOUP_STATUS_NOT_FOUND, NULL);
    return;
  }
  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
  soup_message_headers_set_content_type (
      soup_server_message_get_response_headers (message),
      g_str_has_suffix (name, ".html")  ? "text/html; charset=utf-8"
      : g_str_has_suffix (name, ".css") ? "text/css; charset=utf-8"
                                        : "text/javascript; charset=utf-8",
      NULL);
  soup_message_body_append_bytes (soup_server_message_get_response_body (message), bytes);
}

GatewayHttp *
gateway_http_new (const GatewayOptions *options, GError **error)
{
  g_autoptr (GatewayHttp) self = g_new0 (GatewayHttp, 1);

  self->options = options;
  self->server = soup_server_new (NULL, NULL);
  soup_server_add_handler (self->server, NULL, on_request, self, NULL);
  if (!soup_server_listen (self->server, G_SOCKET_ADDRESS (options->listen), 0, error))
  {
    return NULL;
  }
  return g_steal_pointer (&self);
}

char *
gateway_http_dup_url (GatewayHttp *self)
{
  GSList *urls = soup_server_get_uris (self->server);
  char *url = g_uri_to_string (urls->data);

  g_slist_free_full (urls, (GDestroyNotify) g_uri_unref);
  return url;
}

void
gateway_http_free (GatewayHttp *self)
{
  soup_server_disconnect (self->server);
  g_object_unref (self->server);
  g_free (self);
}
