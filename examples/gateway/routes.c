/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "routes.h"

#include "reply.h"
#include "service.h"
#include "status.h"

#include <string.h>

/* The page loads nothing from elsewhere, and is nowhere shown within another one. */
#define PAGE_POLICY                                                                      \
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "      \
  "connect-src 'self'; media-src 'self'; base-uri 'none'; form-action 'none'; "          \
  "frame-ancestors 'none'"

typedef enum
{
  PAGE,
  STATUS,
  ENDPOINT,
  SESSION,
} Kind;

struct _GatewayRoute
{
  const char *path; /* NULL: whatever is a file of the page */
  Kind kind;
  GatewayService service;
};

/* By kind. */
static const struct
{
  const char *methods; /* in the form of Allow */
} kinds[] = {
  [PAGE] = { "GET, HEAD, OPTIONS" },
  [STATUS] = { "GET, HEAD, OPTIONS" },
  [ENDPOINT] = { "GET, HEAD, POST, OPTIONS" },
  [SESSION] = { "GET, HEAD, PATCH, DELETE, OPTIONS" },
};

/* A path that ends in a slash has the name of a session behind it. */
static const GatewayRoute routes[] = {
  { "/status", STATUS, GATEWAY_WATCH },   { "/whep", ENDPOINT, GATEWAY_WATCH },
  { "/whip", ENDPOINT, GATEWAY_PUBLISH }, { "/whep/", SESSION, GATEWAY_WATCH },
  { "/whip/", SESSION, GATEWAY_PUBLISH },
};

static const GatewayRoute page_route = { NULL, PAGE, GATEWAY_WATCH };

/* ---- the page ---- */

static const struct
{
  const char *suffix;
  const char *type;
} types[] = {
  { ".html", "text/html; charset=utf-8" },
  { ".js", "text/javascript; charset=utf-8" },
  { ".css", "text/css; charset=utf-8" },
  { ".svg", "image/svg+xml" },
};

static char *
make_resource_name (const char *path)
{
  return g_strconcat ("/page", g_str_equal (path, "/") ? "/index.html" : path, NULL);
}

static void
serve_page (const char *path, SoupServerMessage *message)
{
  g_autofree char *name = make_resource_name (path);
  g_autoptr (GBytes) bytes = g_resources_lookup_data (name, 0, NULL);
  gsize len;
  const char *text = g_bytes_get_data (bytes, &len);
  const char *type = "application/octet-stream";

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
  {
    type = g_str_has_suffix (name, types[i].suffix) ? types[i].type : type;
  }
  gateway_reply_add_header (message, "Content-Security-Policy", PAGE_POLICY);
  gateway_reply_add_header (message, "Permissions-Policy",
                            "camera=(self), microphone=(self)");
  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
  soup_server_message_set_response (message, type, SOUP_MEMORY_COPY, text, len);
}

/* GResource takes a slash at the end for nothing; the page has no folders. */
static gboolean
is_file (const char *path)
{
  g_autofree char *name = make_resource_name (path);

  return strchr (path + 1, '/') == NULL
         && g_resources_get_info (name, 0, NULL, NULL, NULL);
}

/* ---- finding ---- */

const GatewayRoute *
gateway_route_find (const char *path)
{
  for (guint i = 0; i < G_N_ELEMENTS (routes); i++)
  {
    gboolean is_equal = g_str_equal (path, routes[i].path);

    if (routes[i].kind == SESSION ? !is_equal && g_str_has_prefix (path, routes[i].path)
                                  : is_equal)
    {
      return &routes[i];
    }
  }
  return is_file (path) ? &page_route : NULL;
}

gboolean
gateway_route_is_public (const GatewayRoute *self)
{
  return self->kind == PAGE;
}

static gboolean
has_method (const GatewayRoute *self, const char *method)
{
  g_auto (GStrv) methods = g_strsplit (kinds[self->kind].methods, ", ", 0);

  return g_strv_contains ((const char *const *) methods, method);
}

/* RFC 9725 sections 4.2 and 4.3.1: what may be sent here. */
static void
add_accepted (const GatewayRoute *self, SoupServerMessage *message)
{
  if (self->kind == ENDPOINT)
  {
    gateway_reply_add_header (message, "Accept-Post", GATEWAY_SDP);
  }
  if (self->kind == SESSION)
  {
    gateway_reply_add_header (message, "Accept-Patch", GATEWAY_FRAGMENT);
  }
}

gboolean
gateway_route_check_method (const GatewayRoute *self, SoupServerMessage *message)
{
  const char *method = soup_server_message_get_method (message);
  g_autofree char *text = NULL;

  if (g_str_equal (method, "OPTIONS"))
  {
    gateway_reply_add_header (message, "Allow", kinds[self->kind].methods);
    add_accepted (self, message);
    soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
    return FALSE;
  }
  if (!has_method (self, method))
  {
    text = g_strdup_printf ("found a method that is none of %s",
                            kinds[self->kind].methods);
    gateway_reply_add_header (message, "Allow", kinds[self->kind].methods);
    gateway_reply_text (message, SOUP_STATUS_METHOD_NOT_ALLOWED, text);
    return FALSE;
  }
  return TRUE;
}

/* ---- serving ---- */

static void
serve_session (const GatewayRoute *self,
               const char *path,
               GatewaySessions *sessions,
               SoupServerMessage *message)
{
  const char *method = soup_server_message_get_method (message);
  GatewaySession *session
      = gateway_sessions_find (sessions, self->service, path + strlen (self->path));

  if (session == NULL)
  {
    gateway_reply_text (message, SOUP_STATUS_NOT_FOUND,
                        "there is no such session, or it has ended");
  }
  else if (g_str_equal (method, "PATCH"))
  {
    gateway_session_patch (session, message);
  }
  else if (g_str_equal (method, "DELETE"))
  {
    gateway_session_delete (session, message);
  }
  else
  {
    gateway_session_get (session, message);
  }
}

void
gateway_route_serve (const GatewayRoute *self,
                     const char *path,
                     GatewaySessions *sessions,
                     const char *stun,
                     SoupServerMessage *message)
{
  g_autofree char *json = NULL;

  switch (self->kind)
  {
  case PAGE:
    serve_page (path, message);
    break;
  case STATUS:
    json = gateway_status_to_json (sessions);
    gateway_reply (message, SOUP_STATUS_OK, "application/json", json);
    break;
  case ENDPOINT:
    if (g_str_equal (soup_server_message_get_method (message), "POST"))
    {
      gateway_service_post (sessions, self->service, stun, message);
    }
    else
    {
      gateway_service_get (message);
    }
    break;
  case SESSION:
    serve_session (self, path, sessions, message);
    break;
  }
}
