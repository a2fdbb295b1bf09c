/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client-hello.h"
#include "listener-server.h"

#define NOW_US (G_GINT64_CONSTANT (1000) * G_USEC_PER_SEC)
/* What the queue of answers holds at most. */
#define MAX_ANSWERS 64

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
  server_connect_client (&server, &client, "a");
  g_assert_cmpstr (server.told->str, ==, "accepted connecting connected ");
  g_assert_cmpuint (server_get_stats (&server).sessions, ==, 1);
  g_assert_cmpuint (server_get_stats (&server).accepted, ==, 1);
  g_assert_cmpuint (server_get_stats (&server).cookies_sent, ==, 1);
  g_assert_cmpuint (server_get_stats (&server).refused[TEGATA_REFUSED_COOKIE], ==, 1);

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
  server_connect_client (&server, &client, "a");
  g_assert_cmpstr (server.told->str, ==, "accepted connecting connected ");
  g_assert_cmpuint (server_get_stats (&server).cookies_sent, ==, 0);
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
  stats = server_get_stats (&server);
  g_assert_cmpuint (stats.sessions, ==, 0);
  g_assert_cmpuint (stats.accepted, ==, 0);
  g_assert_cmpuint (stats.refused[TEGATA_REFUSED_COOKIE], ==, MAX_ANSWERS);
  g_assert_cmpuint (stats.refused[TEGATA_REFUSED_OVERFLOW], ==, 10000 - MAX_ANSWERS);
  g_assert_cmpint (tegata_listener_deadline_us (server.listener), ==, -1);

  server_poll (&server);
  g_assert_cmpuint (g_queue_get_length (&server.datagrams), ==, MAX_ANSWERS);
  g_assert_cmpuint (server_get_stats (&server).cookies_sent, ==, MAX_ANSWERS);

  server_connect_client (&server, &client, "one of them");
  g_assert_cmpuint (server_get_stats (&server).sessions, ==, 1);
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
    guint64 before = server_get_stats (&server).refused[noises[i].refusal];

    g_test_message ("%s", noises[i].name);
    server_receive (&server, &source, datagram, NULL);
    g_assert_cmpuint (server_get_stats (&server).refused[noises[i].refusal], ==,
                      before + 1);
  }
  server_poll (&server);
  g_assert_cmpuint (server_get_stats (&server).sessions, ==, 0);
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
  server_connect_client (&server, &clients[0], "a");
  server_connect_client (&server, &clients[1], "b");
  server_start_client (&server, &clients[2], "c");
  server_shuttle (&server, &clients[2]);
  g_assert_cmpuint (server_get_stats (&server).sessions, ==, 2);
  g_assert_cmpuint (server_get_stats (&server).refused[TEGATA_REFUSED_OVERFLOW], ==, 1);

  tegata_listener_remove (server.listener, server.sessions->pdata[0]);
  g_assert_cmpuint (server_get_stats (&server).sessions, ==, 1);
  end_clear (&clients[2]);
  server_connect_client (&server, &clients[2], "c");
  g_assert_cmpuint (server_get_stats (&server).sessions, ==, 2);
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
  server_start_client (&server, &client, "a");
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
  g_assert_cmpuint (server_get_stats (&server).sessions, ==, 0);
  g_assert_cmpuint (server_get_stats (&server).refused[TEGATA_REFUSED_COOKIE], ==, 2);
  server_receive (&server, &client.address, event->bytes, NULL);
  g_assert_cmpuint (server_get_stats (&server).sessions, ==, 1);
  event_free (event);
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
  g_test_add_func ("/listener/deadlines/come-in-order", test_deadlines);
  g_test_add_func ("/listener/new/unsupported-certificate", test_unsupported);

  return g_test_run ();
}
