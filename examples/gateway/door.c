/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "door.h"

#include <poll.h>

/* Seconds that a request may take to come in, TLS included, and its answer to go. */
#define REQUEST_S 10
#define ANSWER_S 30

/* After an accept() that failed, most of all for too many open files. */
#define PAUSE_MS 200

#define BACKLOG 64

/* Of the address of who comes, which lives as long as the connection does. */
#define VISITOR "gateway-visitor"

/* Reference-counted: a request that waits for its answer may outlive its closing. */
struct _GatewayDoor
{
  SoupServer *server; /* NULL: it is closed */
  GSocket *socket;
  GTlsCertificate *certificate;
  guint max_visitors;
  guint n_visitors;
  GSource *accept_source;
  guint pause_source;
};

typedef struct
{
  GatewayDoor *door;
  GSocket *socket;
  GSocketAddress *local;
  GSocketAddress *remote; /* borrowed: it owns us */
  guint deadline_source;
} Visitor;

static void listen_again (GatewayDoor *self);

/* ---- who has come ---- */

static void
free_visitor (gpointer data)
{
  Visitor *self = data;

  g_clear_handle_id (&self->deadline_source, g_source_remove);
  self->door->n_visitors--;
  g_rc_box_release (self->door);
  g_object_unref (self->socket);
  g_object_unref (self->local);
  g_free (self);
}

/* Whoever waits for this socket sees the end of it. */
static gboolean
on_deadline (gpointer user_data)
{
  Visitor *self = user_data;

  self->deadline_source = 0;
  g_socket_shutdown (self->socket, TRUE, TRUE, NULL);
  return G_SOURCE_REMOVE;
}

static void
set_deadline (Visitor *self, guint seconds)
{
  g_clear_handle_id (&self->deadline_source, g_source_remove);
  self->deadline_source = g_timeout_add_seconds (seconds, on_deadline, self);
}

static Visitor *
find_visitor (SoupServerMessage *message)
{
  GSocketAddress *remote = soup_server_message_get_remote_address (message);

  return remote != NULL ? g_object_get_data (G_OBJECT (remote), VISITOR) : NULL;
}

gboolean
gateway_door_has_left (SoupServerMessage *message)
{
  Visitor *visitor = find_visitor (message);
  struct pollfd file = { .events = POLLRDHUP };

  if (visitor == NULL)
  {
    return TRUE;
  }
  file.fd = g_socket_get_fd (visitor->socket);
  return poll (&file, 1, 0) > 0;
}

static void
on_request_read (SoupServer *server G_GNUC_UNUSED,
                 SoupServerMessage *message,
                 gpointer user_data G_GNUC_UNUSED)
{
  Visitor *visitor = find_visitor (message);

  if (visitor != NULL)
  {
    set_deadline (visitor, ANSWER_S);
  }
}

static void
hand_over (Visitor *self, GIOStream *stream)
{
  if (self->door->server != NULL)
  {
    soup_server_accept_iostream (self->door->server, stream, self->local, self->remote,
                                 NULL);
  }
}

static void
on_handshake (GObject *connection, GAsyncResult *result, gpointer remote)
{
  g_autoptr (GSocketAddress) owner = remote;

  if (g_tls_connection_handshake_finish (G_TLS_CONNECTION (connection), result, NULL))
  {
    hand_over (g_object_get_data (G_OBJECT (owner), VISITOR), G_IO_STREAM (connection));
  }
}

static void
let_in (Visitor *self)
{
  g_autoptr (GIOStream) stream
      = G_IO_STREAM (g_socket_connection_factory_create_connection (self->socket));
  g_autoptr (GIOStream) secured = NULL;
  GTlsCertificate *certificate = self->door->certificate;

  if (certificate == NULL)
  {
    hand_over (self, stream);
    return;
  }
  /* No database: g_tls_server_connection_new() has the machine's whole list of CAs read
   * for each connection, milliseconds of it, though no client shows a certificate. */
  secured = g_initable_new (
      g_tls_backend_get_server_connection_type (g_tls_backend_get_default ()), NULL, NULL,
      "base-io-stream", stream, "certificate", certificate, "database", NULL, NULL);
  if (secured != NULL)
  {
    g_object_set (secured, "require-close-notify", FALSE, NULL);
    g_tls_connection_handshake_async (G_TLS_CONNECTION (secured), G_PRIORITY_DEFAULT,
                                      NULL, on_handshake, g_object_ref (self->remote));
  }
}

static void
welcome (GatewayDoor *self, GSocket *socket)
{
  g_autoptr (GSocketAddress) local = g_socket_get_local_address (socket, NULL);
  g_autoptr (GSocketAddress) remote = g_socket_get_remote_address (socket, NULL);
  Visitor *visitor;

  if (local == NULL || remote == NULL || self->n_visitors >= self->max_visitors)
  {
    g_socket_close (socket, NULL);
    return;
  }
  visitor = g_new0 (Visitor, 1);
  visitor->door = g_rc_box_acquire (self);
  visitor->socket = g_object_ref (socket);
  visitor->local = g_steal_pointer (&local);
  visitor->remote = remote;
  self->n_visitors++;
  g_object_set_data_full (G_OBJECT (remote), VISITOR, visitor, free_visitor);
  set_deadline (visitor, REQUEST_S);
  let_in (visitor);
}

/* ---- the door ---- */

static gboolean
on_pause_over (gpointer user_data)
{
  GatewayDoor *self = user_data;

  self->pause_source = 0;
  listen_again (self);
  return G_SOURCE_REMOVE;
}

static void
stop_listening (GatewayDoor *self)
{
  if (self->accept_source != NULL)
  {
    g_source_destroy (self->accept_source);
    g_clear_pointer (&self->accept_source, g_source_unref);
  }
}

static gboolean
on_knock (GSocket *listener, GIOCondition condition G_GNUC_UNUSED, gpointer user_data)
{
  GatewayDoor *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) socket = g_socket_accept (listener, NULL, &error);

  if (socket != NULL)
  {
    welcome (self, socket);
  }
  else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
  {
    stop_listening (self);
    self->pause_source = g_timeout_add (PAUSE_MS, on_pause_over, self);
    return G_SOURCE_REMOVE;
  }
  return G_SOURCE_CONTINUE;
}

static void
listen_again (GatewayDoor *self)
{
  self->accept_source = g_socket_create_source (self->socket, G_IO_IN, NULL);
  g_source_set_callback (self->accept_source, G_SOURCE_FUNC (on_knock), self, NULL);
  g_source_attach (self->accept_source, NULL);
}

static GSocket *
make_socket (GSocketAddress *address, GError **error)
{
  g_autoptr (GSocket) socket
      = g_socket_new (g_socket_address_get_family (address), G_SOCKET_TYPE_STREAM,
                      G_SOCKET_PROTOCOL_TCP, error);

  if (socket == NULL)
  {
    return NULL;
  }
  g_socket_set_blocking (socket, FALSE);
  g_socket_set_listen_backlog (socket, BACKLOG);
  return g_socket_bind (socket, address, TRUE, error) && g_socket_listen (socket, error)
             ? g_steal_pointer (&socket)
             : NULL;
}

GatewayDoor *
gateway_door_new (SoupServer *server,
                  GInetSocketAddress *address,
                  GTlsCertificate *certificate,
                  guint max_visitors,
                  GError **error)
{
  g_autoptr (GSocket) socket = make_socket (G_SOCKET_ADDRESS (address), error);
  GatewayDoor *self;

  if (socket == NULL)
  {
    g_prefix_error (error, "--listen: take another address or port, 0 for any: ");
    return NULL;
  }
  self = g_rc_box_new0 (GatewayDoor);
  self->server = g_object_ref (server);
  self->socket = g_steal_pointer (&socket);
  self->certificate = certificate != NULL ? g_object_ref (certificate) : NULL;
  self->max_visitors = max_visitors;
  g_signal_connect (server, "request-read", G_CALLBACK (on_request_read), NULL);
  listen_again (self);
  return self;
}

void
gateway_door_close (GatewayDoor *self)
{
  stop_listening (self);
  g_clear_handle_id (&self->pause_source, g_source_remove);
  g_clear_object (&self->server);
  g_clear_object (&self->socket);
  g_clear_object (&self->certificate);
  g_rc_box_release (self);
}

char *
gateway_door_dup_url (GatewayDoor *self)
{
  g_autoptr (GSocketAddress) address = g_socket_get_local_address (self->socket, NULL);
  GInetAddress *host
      = g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address));
  g_autofree char *text = g_inet_address_get_is_any (host)
                              ? g_strdup ("localhost")
                              : g_inet_address_to_string (host);
  gboolean has_colon = strchr (text, ':') != NULL;

  return g_strdup_printf (
      "%s://%s%s%s:%u/", self->certificate != NULL ? "https" : "http",
      has_colon ? "[" : "", text, has_colon ? "]" : "",
      g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address)));
}
