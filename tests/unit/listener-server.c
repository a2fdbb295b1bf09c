/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "listener-server.h"

#include <string.h>

#define NOW_US (G_GINT64_CONSTANT (1000) * G_USEC_PER_SEC)

void
server_init (Server *self, TegataCookies cookies)
{
  g_autoptr (GError) error = NULL;

  memset (self, 0, sizeof *self);
  self->context = tegata_context_new (NULL, &error);
  g_assert_no_error (error);
  tegata_context_set_cookies (self->context, cookies);
  self->listener = tegata_listener_new (self->context, &error);
  g_assert_no_error (error);
  tegata_address_init (&self->address, "server", 6);
  g_queue_init (&self->datagrams);
  self->told = g_string_new (NULL);
  self->sessions = g_ptr_array_new ();
  self->now_us = NOW_US;
}

void
server_clear (Server *self)
{
  tegata_listener_free (self->listener);
  tegata_context_unref (self->context);
  g_clear_pointer (&self->expected, tegata_fingerprint_unref);
  g_queue_clear_full (&self->datagrams, event_free);
  g_string_free (self->told, TRUE);
  g_ptr_array_unref (self->sessions);
}

static void
server_take (Server *self, const TegataOutput *output, TegataSession *session)
{
  Event *event;

  switch (output->kind)
  {
  case TEGATA_OUTPUT_DATAGRAM:
    event = g_new0 (Event, 1);
    event->kind = output->kind;
    event->peer = output->peer;
    event->bytes = g_bytes_new (output->buffer, output->len);
    g_queue_push_tail (&self->datagrams, event);
    break;
  case TEGATA_OUTPUT_ACCEPTED:
    g_assert_nonnull (session);
    g_ptr_array_add (self->sessions, session);
    g_string_append (self->told, "accepted ");
    if (self->expected != NULL)
    {
      tegata_session_set_peer_fingerprints (session, &self->expected, 1);
    }
    break;
  case TEGATA_OUTPUT_STATE:
    g_assert_true (g_ptr_array_find (self->sessions, session, NULL));
    g_string_append_printf (self->told, "%s ", tegata_state_to_string (output->state));
    break;
  case TEGATA_OUTPUT_DATA:
    g_string_append_printf (self->told, "data:%.*s ", (int) output->len,
                            (const char *) output->buffer);
    break;
  case TEGATA_OUTPUT_NONE:
  case TEGATA_OUTPUT_RTP:
  case TEGATA_OUTPUT_RTCP:
  default:
    g_assert_not_reached ();
  }
}

void
server_poll (Server *self)
{
  g_autofree guint8 *buffer = g_malloc (TEGATA_OUTPUT_SIZE);
  TegataOutput output = { .buffer = buffer, .size = TEGATA_OUTPUT_SIZE };
  TegataSession *session;

  while (tegata_listener_poll (self->listener, &output, &session) != TEGATA_OUTPUT_NONE)
  {
    server_take (self, &output, session);
  }
  g_assert_null (session);
}

TegataReceived
server_receive (Server *self,
                const TegataAddress *from,
                GBytes *datagram,
                TegataSession **session)
{
  gsize len;
  gconstpointer bytes = g_bytes_get_data (datagram, &len);
  g_autofree guint8 *copy = g_memdup2 (bytes, len);
  TegataSession *ignored;

  return tegata_listener_handle_datagram (self->listener, from, copy, &len, self->now_us,
                                          session != NULL ? session : &ignored);
}

void
server_shuttle (Server *self, End *client)
{
  gboolean any = TRUE;

  for (guint round = 0; any; round++)
  {
    Event *event;

    g_assert_cmpuint (round, <, 100);
    any = FALSE;
    end_poll (client);
    while ((event = g_queue_pop_head (&client->datagrams)) != NULL)
    {
      any = TRUE;
      server_receive (self, &client->address, event->bytes, NULL);
      event_free (event);
    }
    server_poll (self);
    while ((event = g_queue_pop_head (&self->datagrams)) != NULL)
    {
      any = TRUE;
      if (tegata_address_equal (&event->peer, &client->address))
      {
        end_receive (client, &self->address, event->bytes, NULL);
      }
      event_free (event);
    }
  }
}

void
server_start_client (Server *self, End *client, const char *address)
{
  end_init (client, address, NULL);
  end_expect (client, tegata_context_get_certificate (self->context));
  end_start (client, TEGATA_ROLE_CLIENT);
  g_clear_pointer (&self->expected, tegata_fingerprint_unref);
  self->expected = tegata_fingerprint_new_for_certificate (
      tegata_context_get_certificate (client->context), TEGATA_HASH_SHA256);
}

void
server_connect_client (Server *self, End *client, const char *address)
{
  server_start_client (self, client, address);
  server_shuttle (self, client);
  g_assert_cmpint (tegata_session_get_state (client->session), ==,
                   TEGATA_STATE_CONNECTED);
}

TegataListenerStats
server_get_stats (Server *self)
{
  TegataListenerStats stats;

  tegata_listener_get_stats (self->listener, &stats);
  return stats;
}
