/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "listener-return.h"

#include <string.h>

void
fixture_init (Fixture *self)
{
  memset (self, 0, sizeof *self);
  server_init (&self->server, TEGATA_COOKIES_AUTO);
  server_connect_client (&self->server, &self->old, "a");
  self->first = self->server.sessions->pdata[0];
  g_string_truncate (self->server.told, 0);
  server_start_client (&self->server, &self->back, "a");
}

void
fixture_clear (Fixture *self)
{
  end_clear (&self->old);
  end_clear (&self->back);
  server_clear (&self->server);
}

void
server_deliver (Server *server, End *client)
{
  Event *event;

  end_poll (client);
  while ((event = g_queue_pop_head (&client->datagrams)) != NULL)
  {
    server_receive (server, &client->address, event->bytes, NULL);
    event_free (event);
  }
  server_poll (server);
}

void
server_answer (Server *server, End *client)
{
  Event *event;

  while ((event = g_queue_pop_head (&server->datagrams)) != NULL)
  {
    end_receive (client, &server->address, event->bytes, NULL);
    event_free (event);
  }
}

void
server_forget (Server *server)
{
  g_queue_clear_full (&server->datagrams, event_free);
}

void
fixture_begin (Fixture *self)
{
  server_deliver (&self->server, &self->back);
  server_answer (&self->server, &self->back);
  server_deliver (&self->server, &self->back);
  g_assert_cmpuint (self->server.sessions->len, ==, 2);
  self->second = self->server.sessions->pdata[1];
}

void
fixture_assert_told (Fixture *self, const char *expected)
{
  g_assert_cmpstr (self->server.told->str, ==, expected);
}

void
fixture_assert_owner (Fixture *self, TegataSession *expected)
{
  g_assert_true (tegata_listener_lookup (self->server.listener, &self->old.address)
                 == expected);
}

void
fixture_assert_media (Fixture *self, End *from, TegataSession *expected)
{
  static guint16 number;
  g_autoptr (GBytes) packet = make_rtp (++number);
  g_autoptr (GBytes) protected = end_protect (from, packet);
  TegataSession *session;

  g_assert_cmpint (server_receive (&self->server, &from->address, protected, &session),
                   ==, TEGATA_RECEIVED_RTP);
  g_assert_true (session == expected);
}

void
fixture_assert_first_is_served (Fixture *self)
{
  TegataSessionStats stats;

  tegata_session_get_stats (self->first, &stats);
  g_assert_cmpstr (stats.dtls_state, ==, "connected");
  for (guint i = 0; i < TEGATA_N_REFUSALS; i++)
  {
    g_assert_cmpuint (stats.refused[i], ==, 0);
  }
  g_assert_cmpuint (stats.inbound.rtp[TEGATA_SRTP_AUTH_FAILED], ==, 0);
  fixture_assert_owner (self, self->first);
  fixture_assert_media (self, &self->old, self->first);
}
