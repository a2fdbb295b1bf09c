/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client-hello.h"
#include "session-end.h"

#include <string.h>
#include <tegata/listener.h>

#define NOW_US (G_GINT64_CONSTANT (1000) * G_USEC_PER_SEC)
/* What the queue of answers holds at most. */
#define MAX_ANSWERS 64

/* A listener, and what it told: accepted sessions, states, data. */
typedef struct
{
  TegataContext *context;
  TegataListener *listener;
  TegataAddress address;
  TegataFingerprint *expected; /* (nullable): of every peer */
  GQueue datagrams;            /* of Event */
  GString *told;
  GPtrArray *sessions; /* those that were accepted, borrowed */
} Server;

static void
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
}

static void
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

static void
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

static TegataReceived
server_receive (Server *self,
                const TegataAddress *from,
                GBytes *datagram,
                TegataSession **session)
{
  gsize len;
  gconstpointer bytes = g_bytes_get_data (datagram, &len);
  g_autofree guint8 *copy = g_memdup2 (bytes, len);
  TegataSession *ignored;

  return tegata_listener_handle_datagram (self->listener, from, copy, &len, NOW_US,
                                          session != NULL ? session : &ignored);
}

/* Until both are silent; what goes to others than @client is lost. */
static void
shuttle (Server *self, End *client)
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

static void
client_start (End *client, const char *address, Server *server)
{
  end_init (client, address, NULL);
  end_expect (client, tegata_context_get_certificate (server->context));
  end_start (client, TEGATA_ROLE_CLIENT);
  g_clear_pointer (&server->expected, tegata_fingerprint_unref);
  server->expected = tegata_fingerprint_new_for_certificate (
      tegata_context_get_certificate (client->context), TEGATA_HASH_SHA256);
}

static void
client_connect (End *client, const char *address, Server *server)
{
  client_start (client, address, server);
  shuttle (server, client);
  g_assert_cmpint (tegata_session_get_state (client->session), ==,
                   TEGATA_STATE_CONNECTED);
}

static TegataListenerStats
get_stats (Server *server)
{
  TegataListenerStats stats;

  tegata_listener_get_stats (server->listener, &stats);
  return stats;
}

static TegataAddress
stranger (guint number)
{
  TegataAddress self;

  tegata_address_init (&self, &number, sizeof number);
  return self;
}

static GBytes *
make_hello (void)
{
  ClientHello hello = CLIENT_HELLO_INIT;

  return g_byte_array_free_to_bytes (client_hello_datagram (&hello));
}

static void
test_accepts (void)
{
  g_autoptr (GBytes) packet = make_rtp (7);
  g_autoptr (GBytes) protected = NULL;
  TegataSession *session;
  Server server;
  End client;

  server_init (&server, TEGATA_COOKIES_AUTO);
  client_connect (&client, "a", &server);
  g_assert_cmpstr (server.told->str, ==, "accepted connecting connected ");
  g_assert_cmpuint (get_stats (&server).sessions, ==, 1);
  g_assert_cmpuint (get_stats (&server).accepted, ==, 1);
  g_assert_cmpuint (get_stats (&server).cookies_sent, ==, 1);
  g_assert_cmpuint (get_stats (&server).refused[TEGATA_REFUSED_COOKIE], ==, 1);

  protected = end_protect (&client, packet);
  g_assert_cmpint (server_receive (&server, &client.address, protected, &session), ==,
                   TEGATA_RECEIVED_RTP);
  g_assert_true (session == server.sessions->pdata[0]);

  end_clear (&client);
  server_clear (&server);
}

static void
test_without_cookies (void)
{
  Server server;
  End client;

  server_init (&server, TEGATA_COOKIES_NEVER);
  client_connect (&client, "a", &server);
  g_assert_cmpstr (server.told->str, ==, "accepted connecting connected ");
  g_assert_cmpuint (get_stats (&server).cookies_sent, ==, 0);
  end_clear (&client);
  server_clear (&server);
}

/* Neither sessions nor answers grow with the number of sources. */
static void
test_many_strangers (void)
{
  g_autoptr (GBytes) hello = make_hello ();
  TegataListenerStats stats;
  Server server;
  End client;

  server_init (&server, TEGATA_COOKIES_AUTO);
  for (guint i = 0; i < 10000; i++)
  {
    TegataAddress source = stranger (i);
    TegataSession *session;

    g_assert_cmpint (server_receive (&server, &source, hello, &session), ==,
                     TEGATA_RECEIVED_NOTHING);
    g_assert_null (session);
  }
  stats = get_stats (&server);
  g_assert_cmpuint (stats.sessions, ==, 0);
  g_assert_cmpuint (stats.accepted, ==, 0);
  g_assert_cmpuint (stats.refused[TEGATA_REFUSED_COOKIE], ==, MAX_ANSWERS);
  g_assert_cmpuint (stats.refused[TEGATA_REFUSED_OVERFLOW], ==, 10000 - MAX_ANSWERS);
  g_assert_cmpint (tegata_listener_deadline_us (server.listener), ==, -1);

  server_poll (&server);
  g_assert_cmpuint (g_queue_get_length (&server.datagrams), ==, MAX_ANSWERS);
  g_assert_cmpuint (get_stats (&server).cookies_sent, ==, MAX_ANSWERS);

  client_connect (&client, "one of them", &server);
  g_assert_cmpuint (get_stats (&server).sessions, ==, 1);
  end_clear (&client);
  server_clear (&server);
}

static void
test_answer_goes_to_its_source (void)
{
  g_autoptr (GBytes) hello = make_hello ();
  Server server;

  server_init (&server, TEGATA_COOKIES_ALWAYS);
  for (guint i = 0; i < 3; i++)
  {
    TegataAddress source = stranger (i);

    server_receive (&server, &source, hello, NULL);
  }
  server_poll (&server);
  for (guint i = 0; i < 3; i++)
  {
    Event *event = g_queue_pop_head (&server.datagrams);
    TegataAddress source = stranger (i);

    g_assert_true (tegata_address_equal (&event->peer, &source));
    g_assert_cmpuint (g_bytes_get_size (event->bytes), <=, g_bytes_get_size (hello));
    event_free (event);
  }
  server_clear (&server);
}

static const struct
{
  const char *name;
  guint8 bytes[2];
  gsize len;
  TegataRefusal refusal;
} noises[] = {
  { "empty", { 0 }, 0, TEGATA_REFUSED_UNKNOWN },
  { "stun", { 0, 1 }, 2, TEGATA_REFUSED_UNKNOWN },
  { "rtp", { 0x80, 96 }, 2, TEGATA_REFUSED_SOURCE },
  { "rtcp", { 0x80, 200 }, 2, TEGATA_REFUSED_SOURCE },
  { "alert", { 21, 0xfe }, 2, TEGATA_REFUSED_HANDSHAKE },
  { "half-a-hello", { 22, 0xfe }, 2, TEGATA_REFUSED_HANDSHAKE },
};

static void
test_noise (void)
{
  TegataAddress source = stranger (1);
  Server server;

  server_init (&server, TEGATA_COOKIES_NEVER);
  for (gsize i = 0; i < G_N_ELEMENTS (noises); i++)
  {
    g_autoptr (GBytes) datagram = g_bytes_new (noises[i].bytes, noises[i].len);
    guint64 before = get_stats (&server).refused[noises[i].refusal];

    g_test_message ("%s", noises[i].name);
    server_receive (&server, &source, datagram, NULL);
    g_assert_cmpuint (get_stats (&server).refused[noises[i].refusal], ==, before + 1);
  }
  server_poll (&server);
  g_assert_cmpuint (get_stats (&server).sessions, ==, 0);
  g_assert_cmpuint (g_queue_get_length (&server.datagrams), ==, 0);
  server_clear (&server);
}

static void
test_max_sessions (void)
{
  Server server;
  End clients[3];

  server_init (&server, TEGATA_COOKIES_AUTO);
  tegata_listener_set_max_sessions (server.listener, 2);
  client_connect (&clients[0], "a", &server);
  client_connect (&clients[1], "b", &server);
  client_start (&clients[2], "c", &server);
  shuttle (&server, &clients[2]);
  g_assert_cmpuint (get_stats (&server).sessions, ==, 2);
  g_assert_cmpuint (get_stats (&server).refused[TEGATA_REFUSED_OVERFLOW], ==, 1);

  tegata_listener_remove (server.listener, server.sessions->pdata[0]);
  g_assert_cmpuint (get_stats (&server).sessions, ==, 1);
  end_clear (&clients[2]);
  client_connect (&clients[2], "c", &server);
  g_assert_cmpuint (get_stats (&server).sessions, ==, 2);
  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
  {
    end_clear (&clients[i]);
  }
  server_clear (&server);
}

static void
test_cookie_of_another_address (void)
{
  TegataAddress elsewhere = stranger (1);
  Event *event;
  Server server;
  End client;

  server_init (&server, TEGATA_COOKIES_AUTO);
  client_start (&client, "a", &server);
  end_poll (&client);
  event = g_queue_pop_head (&client.datagrams);
  server_receive (&server, &client.address, event->bytes, NULL);
  event_free (event);
  server_poll (&server);
  event = g_queue_pop_head (&server.datagrams);
  end_receive (&client, &server.address, event->bytes, NULL);
  event_free (event);
  end_poll (&client);

  event = g_queue_pop_head (&client.datagrams);
  server_receive (&server, &elsewhere, event->bytes, NULL);
  g_assert_cmpuint (get_stats (&server).sessions, ==, 0);
  g_assert_cmpuint (get_stats (&server).refused[TEGATA_REFUSED_COOKIE], ==, 2);
  server_receive (&server, &client.address, event->bytes, NULL);
  g_assert_cmpuint (get_stats (&server).sessions, ==, 1);
  event_free (event);
  end_clear (&client);
  server_clear (&server);
}

static void
test_ended_session_gives_up_its_address (void)
{
  g_autoptr (GBytes) packet = make_rtp (1);
  TegataSession *session;
  TegataSession *first;
  Server server;
  End client;

  server_init (&server, TEGATA_COOKIES_AUTO);
  client_connect (&client, "a", &server);
  first = server.sessions->pdata[0];
  tegata_session_close (client.session);
  shuttle (&server, &client);
  g_assert_cmpstr (server.told->str, ==, "accepted connecting connected closed ");
  end_clear (&client);

  client_connect (&client, "a", &server);
  g_assert_cmpuint (get_stats (&server).sessions, ==, 2);
  g_autoptr (GBytes) protected = end_protect (&client, packet);

  /* the old one's end leaves the new one its address */
  tegata_listener_remove (server.listener, first);
  g_assert_cmpint (server_receive (&server, &client.address, protected, &session), ==,
                   TEGATA_RECEIVED_RTP);
  g_assert_true (session == server.sessions->pdata[1]);
  tegata_listener_remove (server.listener, session);
  g_assert_cmpuint (get_stats (&server).sessions, ==, 0);
  g_assert_cmpint (server_receive (&server, &client.address, packet, &session), ==,
                   TEGATA_RECEIVED_NOTHING);
  g_assert_null (session);
  end_clear (&client);
  server_clear (&server);
}

static void
test_direct_calls (void)
{
  TegataSession *session;
  Server server;
  End client;

  server_init (&server, TEGATA_COOKIES_AUTO);
  client_connect (&client, "a", &server);
  session = server.sessions->pdata[0];
  server_poll (&server);
  g_assert_cmpuint (g_queue_get_length (&server.datagrams), ==, 0);

  g_assert_true (tegata_session_send_data (session, (const guint8 *) "hello", 5, NULL));
  server_poll (&server);
  g_assert_cmpuint (g_queue_get_length (&server.datagrams), ==, 1);
  tegata_session_close (session);
  shuttle (&server, &client);
  g_autofree char *told = end_describe (&client);
  g_assert_cmpstr (told, ==, "connecting connected data:hello closed");
  g_assert_cmpstr (server.told->str, ==, "accepted connecting connected closed ");
  end_clear (&client);
  server_clear (&server);
}

static void
test_late_fingerprint (void)
{
  Server server;
  End client;

  server_init (&server, TEGATA_COOKIES_AUTO);
  client_start (&client, "a", &server);
  g_autoptr (TegataFingerprint) expected = g_steal_pointer (&server.expected);
  shuttle (&server, &client);
  g_assert_cmpstr (server.told->str, ==, "accepted connecting awaiting-fingerprint ");
  tegata_session_set_peer_fingerprints (server.sessions->pdata[0], &expected, 1);
  server_poll (&server);
  g_assert_cmpstr (server.told->str, ==,
                   "accepted connecting awaiting-fingerprint connected ");
  end_clear (&client);
  server_clear (&server);
}

/* Hands over a ClientHello at @now_us; the flight that answers it starts a timer. */
static void
hello_at (Server *server, guint number, gint64 now_us)
{
  ClientHello settings = CLIENT_HELLO_INIT;
  g_autoptr (GByteArray) hello = client_hello_datagram (&settings);
  TegataAddress source = stranger (number);
  TegataSession *session;
  gsize len = hello->len;

  tegata_listener_handle_datagram (server->listener, &source, hello->data, &len, now_us,
                                   &session);
  g_assert_nonnull (session);
  server_poll (server);
}

/* These hellos offer nothing that can be answered: what remains is the end of the
 * handshake, 30 s after each. */
static void
test_deadlines (void)
{
  static const guint order[] = { 3, 1, 4, 2, 0 };
  const gint64 timeout_us = TEGATA_DEFAULT_HANDSHAKE_TIMEOUT_US;
  Server server;

  server_init (&server, TEGATA_COOKIES_NEVER);
  g_assert_cmpint (tegata_listener_deadline_us (server.listener), ==, -1);
  for (gsize i = 0; i < G_N_ELEMENTS (order); i++)
  {
    hello_at (&server, order[i], NOW_US + order[i] * G_USEC_PER_SEC);
  }
  g_string_truncate (server.told, 0);

  for (guint i = 0; i < G_N_ELEMENTS (order); i++)
  {
    gint64 due_us = NOW_US + i * G_USEC_PER_SEC + timeout_us;

    g_assert_cmpint (tegata_listener_deadline_us (server.listener), ==, due_us);
    tegata_listener_handle_deadline (server.listener, due_us - 1);
    server_poll (&server);
    g_assert_cmpstr (server.told->str, ==, "");
    tegata_listener_handle_deadline (server.listener, due_us);
    server_poll (&server);
    g_assert_cmpstr (server.told->str, ==, "failed ");
    g_string_truncate (server.told, 0);
  }
  g_assert_cmpint (tegata_listener_deadline_us (server.listener), ==, -1);
  server_clear (&server);
}

static void
test_unsupported (void)
{
  g_autoptr (TegataCertificate) certificate
      = tegata_certificate_new (TEGATA_KEY_TYPE_ED25519, NULL);
  g_autoptr (TegataContext) context = tegata_context_new (certificate, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (tegata_listener_new (context, &error));
  g_assert_error (error, TEGATA_ERROR, TEGATA_ERROR_UNSUPPORTED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/listener/accepts/who-shows-a-cookie", test_accepts);
  g_test_add_func ("/listener/accepts/anybody-where-cookies-are-off",
                   test_without_cookies);
  g_test_add_func ("/listener/accepts/no-more-than-it-may", test_max_sessions);
  g_test_add_func ("/listener/strangers/ten-thousand-cost-bounded-memory",
                   test_many_strangers);
  g_test_add_func ("/listener/strangers/are-answered-where-they-are",
                   test_answer_goes_to_its_source);
  g_test_add_func ("/listener/strangers/noise-is-counted", test_noise);
  g_test_add_func ("/listener/strangers/cannot-use-the-cookie-of-another",
                   test_cookie_of_another_address);
  g_test_add_func ("/listener/sessions/ended-ones-give-up-their-address",
                   test_ended_session_gives_up_its_address);
  g_test_add_func ("/listener/sessions/direct-calls-reach-its-poll", test_direct_calls);
  g_test_add_func ("/listener/sessions/late-fingerprint-reaches-its-poll",
                   test_late_fingerprint);
  g_test_add_func ("/listener/deadlines/come-in-order", test_deadlines);
  g_test_add_func ("/listener/new/unsupported-certificate", test_unsupported);

  return g_test_run ();
}
