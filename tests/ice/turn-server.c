/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "turn-server.h"

#include "support/child.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#define PROGRAM "turnserver"
#define STUN_REQUEST_LEN 20
#define ASK_EVERY_US (100 * G_TIME_SPAN_MILLISECOND)
#define START_US (30 * G_TIME_SPAN_SECOND)
#define N_ATTEMPTS 5

struct _TurnServer
{
  char *directory;
  guint16 port;
  Child *child;
};

static GSocket *
new_socket (void)
{
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GError) error = NULL;
  GSocket *self = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM,
                                G_SOCKET_PROTOCOL_UDP, &error);

  g_assert_no_error (error);
  g_socket_bind (self, any, FALSE, &error);
  g_assert_no_error (error);
  return self;
}

static guint16
find_port (void)
{
  g_autoptr (GSocket) socket = new_socket ();
  g_autoptr (GSocketAddress) address = g_socket_get_local_address (socket, NULL);

  return g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));
}

static char *
path_of (TurnServer *self, const char *name)
{
  return g_build_filename (self->directory, name, NULL);
}

/* (transfer full): the path of what was written */
static char *
write_config (TurnServer *self)
{
  static const char *const lines
      = "listening-ip=127.0.0.1\nlistening-port=%u\nrelay-ip=127.0.0.1\n"
        "lt-cred-mech\nuser=" TURN_USER ":" TURN_PASSWORD "\nrealm=tegata.test\n"
        "allow-loopback-peers\nno-tcp\nno-tls\nno-dtls\nno-tcp-relay\nno-cli\n"
        "no-rfc5780\nverbose\nlog-binding\nsimple-log\nno-stdout-log\n"
        "log-file=%s\npidfile=%s\nuserdb=%s\n";
  g_autofree char *log = path_of (self, "log");
  g_autofree char *pid = path_of (self, "pid");
  g_autofree char *database = path_of (self, "users");
  g_autofree char *text = g_strdup_printf (lines, self->port, log, pid, database);
  g_autoptr (GError) error = NULL;
  char *path = path_of (self, "config");

  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
  return path;
}

static void
launch (TurnServer *self)
{
  g_autofree char *config = NULL;

  self->port = find_port ();
  config = write_config (self);
  g_clear_pointer (&self->child, child_free);
  self->child = child_spawn ((const char *const[]){ PROGRAM, "-c", config, NULL });
}

/* Asks for a binding until there is an answer (RFC 8489 section 6). */
static gboolean
await_answer (TurnServer *self)
{
  static const char request[STUN_REQUEST_LEN]
      = { 0, 1, 0, 0, 0x21, 0x12, (char) 0xa4, 0x42, 't', 'e', 'g', 'a', 't', 'a' };
  g_autoptr (GSocket) socket = new_socket ();
  g_autoptr (GSocketAddress) to
      = g_inet_socket_address_new_from_string ("127.0.0.1", self->port);
  gint64 end_us = g_get_monotonic_time () + START_US;

  while (g_get_monotonic_time () < end_us && !self->child->is_mute)
  {
    g_socket_send_to (socket, to, request, sizeof request, NULL, NULL);
    if (g_socket_condition_timed_wait (socket, G_IO_IN, ASK_EVERY_US, NULL, NULL))
    {
      char answer[512];

      if (g_socket_receive (socket, answer, sizeof answer, NULL, NULL) > STUN_REQUEST_LEN)
      {
        return TRUE;
      }
    }
    child_read (self->child);
  }
  return FALSE;
}

TurnServer *
turn_server_new (void)
{
  g_autofree char *program = g_find_program_in_path (PROGRAM);
  g_autoptr (GError) error = NULL;
  TurnServer *self;

  if (program == NULL)
  {
    g_test_skip (PROGRAM " is not installed (Debian has it in coturn)");
    return NULL;
  }
  self = g_new0 (TurnServer, 1);
  self->directory = g_dir_make_tmp ("tegata-turn-XXXXXX", &error);
  g_assert_no_error (error);
  for (guint i = 0; i < N_ATTEMPTS; i++) /* somebody else may take the port */
  {
    launch (self);
    if (await_answer (self))
    {
      return self;
    }
  }
  g_error (PROGRAM " does not answer: %s", self->child->output->str);
}

void
turn_server_free (TurnServer *self)
{
  static const char *const names[] = { "config", "log", "pid", "users" };

  child_free (self->child);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
  {
    g_autofree char *path = path_of (self, names[i]);

    g_unlink (path);
  }
  g_assert_cmpint (g_rmdir (self->directory), ==, 0);
  g_free (self->directory);
  g_free (self);
}

guint16
turn_server_get_port (TurnServer *self)
{
  return self->port;
}

gboolean
turn_server_said (TurnServer *self, const char *words)
{
  g_autofree char *path = path_of (self, "log");
  g_autofree char *text = NULL;

  return g_file_get_contents (path, &text, NULL, NULL) && strstr (text, words) != NULL;
}
