/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A request is judged as soon as its headers are there, so that nobody's body is kept in
 * vain: the route, the token, the method, the length. What is left is served when its
 * body is there.
 */
#include "http.h"

#include "addresses.h"
#include "door.h"
#include "origin.h"
#include "reply.h"
#include "routes.h"
#include "token.h"

/* Besides a connection for each session: those who only look, and those who knock in
 * vain. */
#define MORE_VISITORS 64

struct _GatewayHttp
{
  const GatewayOptions *options;
  GatewaySessions *sessions;
  GatewayToken token;
  SoupServer *server;
  GatewayDoor *door;
};

/* ---- other origins (CORS) ---- */

static void
add_origin (GatewayHttp *self, SoupServerMessage *message)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  const char *allowed = self->options->allow_origin;

  if (allowed == NULL)
  {
    return;
  }
  gateway_reply_add_header (message, "Vary", "Origin");
  if (g_strcmp0 (soup_message_headers_get_one (headers, "Origin"), allowed) != 0)
  {
    return;
  }
  gateway_reply_add_header (message, "Access-Control-Allow-Origin", allowed);
  gateway_reply_add_header (message, "Access-Control-Expose-Headers",
                            "Location, ETag, Link, Accept-Patch, Accept-Post");
  if (soup_message_headers_get_one (headers, "Access-Control-Request-Method") != NULL)
  {
    gateway_reply_add_header (message, "Access-Control-Allow-Methods",
                              "GET, POST, PATCH, DELETE");
    gateway_reply_add_header (message, "Access-Control-Allow-Headers",
                              "Authorization, Content-Type, If-Match");
    gateway_reply_add_header (message, "Access-Control-Max-Age", "600");
  }
}

/* ---- judging ---- */

/* All of it is dropped as it comes, and what is answered stays. */
static void
drop_body (SoupServerMessage *message)
{
  soup_message_body_set_accumulate (soup_server_message_get_request_body (message),
                                    FALSE);
}

static void
refuse_length (SoupServerMessage *message)
{
  g_autofree char *text = g_strdup_printf (
      "the body is too long: expected up to %d bytes", GATEWAY_MAX_DESCRIPTION_LEN);

  drop_body (message);
  gateway_reply_text (message, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE, text);
}

/* Of a body whose length was not told. */
static void
on_chunk (SoupServerMessage *message,
          GBytes *chunk G_GNUC_UNUSED,
          gpointer user_data G_GNUC_UNUSED)
{
  if (soup_server_message_get_status (message) == 0
      && soup_server_message_get_request_body (message)->length
             > GATEWAY_MAX_DESCRIPTION_LEN)
  {
    refuse_length (message);
  }
}

static gboolean
check_token (GatewayHttp *self, const GatewayRoute *route, SoupServerMessage *message)
{
  const char *authorization = soup_message_headers_get_one (
      soup_server_message_get_request_headers (message), "Authorization");

  if ((route != NULL && gateway_route_is_public (route))
      || g_str_equal (soup_server_message_get_method (message), "OPTIONS")
      || gateway_token_matches (&self->token, authorization))
  {
    return TRUE;
  }
  gateway_reply_add_header (message, "WWW-Authenticate",
                            authorization != NULL
                                ? "Bearer realm=\"gateway\", error=\"invalid_token\""
                                : "Bearer realm=\"gateway\"");
  gateway_reply_text (message, SOUP_STATUS_UNAUTHORIZED,
                      "found no token, or a wrong one: expected Authorization: Bearer, "
                      "and the token that the gateway was started with");
  return FALSE;
}

/* A token keeps strangers' pages out, too. */
static gboolean
check_host (GatewayHttp *self, SoupServerMessage *message)
{
  const char *host = soup_message_headers_get_one (
      soup_server_message_get_request_headers (message), "Host");

  if (self->options->token != NULL
      || !address_is_loopback (G_SOCKET_ADDRESS (self->options->listen))
      || gateway_host_is_local (host)
      || gateway_host_is_of_origin (host, self->options->allow_origin))
  {
    return TRUE;
  }
  gateway_reply_text (message, SOUP_STATUS_FORBIDDEN,
                      "found a Host that is not of this machine: expected localhost, an "
                      "address in digits, or that of --allow-origin; or start the "
                      "gateway with --token");
  return FALSE;
}

/* What changes nothing may be asked for: a page of another origin cannot read it. */
static gboolean
check_origin (GatewayHttp *self, SoupServerMessage *message)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  const char *method = soup_server_message_get_method (message);
  const char *const changing[] = { "POST", "PATCH", "DELETE", NULL };
  const char *origin = soup_message_headers_get_one (headers, "Origin");

  if (origin == NULL || !g_strv_contains (changing, method)
      || g_strcmp0 (origin, self->options->allow_origin) == 0
      || gateway_host_is_of_origin (soup_message_headers_get_one (headers, "Host"),
                                    origin))
  {
    return TRUE;
  }
  gateway_reply_text (message, SOUP_STATUS_FORBIDDEN,
                      "found a page of another origin: expected ours, or that of "
                      "--allow-origin");
  return FALSE;
}

static void
judge (GatewayHttp *self, SoupServerMessage *message, const char *path)
{
  const GatewayRoute *route = gateway_route_find (path);

  if (!check_host (self, message) || !check_origin (self, message)
      || !check_token (self, route, message))
  {
    return;
  }
  if (route == NULL)
  {
    gateway_reply_text (message, SOUP_STATUS_NOT_FOUND, "there is nothing here");
    return;
  }
  if (gateway_route_check_method (route, message)
      && soup_message_headers_get_content_length (
             soup_server_message_get_request_headers (message))
             > GATEWAY_MAX_DESCRIPTION_LEN)
  {
    refuse_length (message);
  }
}

static void
on_headers (SoupServer *server G_GNUC_UNUSED,
            SoupServerMessage *message,
            const char *path,
            GHashTable *query G_GNUC_UNUSED,
            gpointer user_data)
{
  GatewayHttp *self = user_data;

  gateway_reply_add_header (message, "Connection", "close");
  gateway_reply_add_header (message, "Cache-Control", "no-store");
  gateway_reply_add_header (message, "X-Content-Type-Options", "nosniff");
  gateway_reply_add_header (message, "Referrer-Policy", "no-referrer");
  add_origin (self, message);
  judge (self, message, path);
  if (soup_server_message_get_status (message) != 0)
  {
    drop_body (message);
  }
  else
  {
    g_signal_connect (message, "got-chunk", G_CALLBACK (on_chunk), NULL);
  }
}

static void
on_request (SoupServer *server G_GNUC_UNUSED,
            SoupServerMessage *message,
            const char *path,
            GHashTable *query G_GNUC_UNUSED,
            gpointer user_data)
{
  GatewayHttp *self = user_data;

  gateway_route_serve (gateway_route_find (path), path, self->sessions,
                       self->options->stun_name, message);
}

/* ---- beginning and end ---- */

static GTlsCertificate *
read_certificate (const GatewayOptions *options, GError **error)
{
  const char *key
      = options->tls_key != NULL ? options->tls_key : options->tls_certificate;
  GTlsCertificate *certificate
      = g_tls_certificate_new_from_files (options->tls_certificate, key, error);

  if (certificate == NULL)
  {
    g_prefix_error (error, "--tls-certificate %s, key %s: ", options->tls_certificate,
                    key);
  }
  return certificate;
}

GatewayHttp *
gateway_http_new (const GatewayOptions *options,
                  GatewaySessions *sessions,
                  GError **error)
{
  g_autoptr (GTlsCertificate) certificate = NULL;
  g_autoptr (SoupServer) server = soup_server_new (NULL, NULL);
  GatewayDoor *door;
  GatewayHttp *self;

  if (options->tls_certificate != NULL)
  {
    certificate = read_certificate (options, error);
    if (certificate == NULL)
    {
      return NULL;
    }
  }
  door = gateway_door_new (server, options->listen, certificate,
                           options->max_sessions + MORE_VISITORS, error);
  if (door == NULL)
  {
    return NULL;
  }
  self = g_new0 (GatewayHttp, 1);
  self->options = options;
  self->sessions = sessions;
  self->server = g_steal_pointer (&server);
  self->door = door;
  gateway_token_init (&self->token, options->token);
  soup_server_add_early_handler (self->server, NULL, on_headers, self, NULL);
  soup_server_add_handler (self->server, NULL, on_request, self, NULL);
  return self;
}

char *
gateway_http_dup_url (GatewayHttp *self)
{
  return gateway_door_dup_url (self->door);
}

void
gateway_http_free (GatewayHttp *self)
{
  gateway_door_close (self->door);
  soup_server_disconnect (self->server);
  g_object_unref (self->server);
  g_free (self);
}
