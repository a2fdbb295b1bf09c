/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "listener-server.h"

/* What an application does with the sessions of a listener. */

static void
test_ended_session_gives_up_its_address (void)
{
  g_autoptr (GBytes) packet = make_rtp (1);
  TegataSession *session;
  TegataSession *first;
  Server server;
  End client;

  server_init (&server, TEGATA_COOKIES_AUTO);
  server_connect_client (&server, &client, "a");
  first = server.sessions->pdata[0];
  tegata_session_close (client.session);
  server_shuttle (&server, &client);
  g_assert_cmpstr (server.told->str, ==, "accepted connecting connected closed ");
  end_clear (&client);

  server_connect_client (&server, &client, "a");
  g_assert_cmpuint (server_get_stats (&server).sessions, ==, 2);
  g_autoptr (GBytes) protected = end_protect (&client, packet);

  /* the old one's end leaves the new one its address */
  tegata_listener_remove (server.listener, first);
  g_assert_cmpint (server_receive (&server, &client.address, protected, &session), ==,
                   TEGATA_RECEIVED_RTP);
  g_assert_true (session == server.sessions->pdata[1]);
  tegata_listener_remove (server.listener, session);
  g_assert_cmpuint (server_get_stats (&server).sessions, ==, 0);
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
  server_connect_client (&server, &client, "a");
  session = server.sessions->pdata[0];
  server_poll (&server);
  g_assert_cmpuint (g_queue_get_length (&server.datagrams), ==, 0);

  g_assert_true (tegata_session_send_data (session, (const guint8 *) "hello", 5, NULL));
  server_poll (&server);
  g_assert_cmpuint (g_queue_get_length (&server.datagrams), ==, 1);
  tegata_session_close (session);
  server_shuttle (&server, &client);
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
  server_start_client (&server, &client, "a");
  g_autoptr (TegataFingerprint) expected = g_steal_pointer (&server.expected);
  server_shuttle (&server, &client);
  g_assert_cmpstr (server.told->str, ==, "accepted connecting awaiting-fingerprint ");
  tegata_session_set_peer_fingerprints (server.sessions->pdata[0], &expected, 1);
  server_poll (&server);
  g_assert_cmpstr (server.told->str, ==,
                   "accepted connecting awaiting-fingerprint connected ");
  end_clear (&client);
  server_clear (&server);
}

static void
count_one (gpointer data)
{
  guint *count = data;

  (*count)++;
}

/* What is the application's of each session is found by its address, and freed with it.
 */
static void
test_finds_sessions (void)
{
  const char *names[] = { "a", "b", "c" };
  g_autoptr (GPtrArray) sessions = NULL;
  TegataAddress nobody;
  End clients[G_N_ELEMENTS (names)];
  guint n_freed = 0;
  Server server;

  tegata_address_init (&nobody, "nobody", 6);
  server_init (&server, TEGATA_COOKIES_AUTO);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
  {
    server_connect_client (&server, &clients[i], names[i]);
    g_assert_null (tegata_session_get_user_data (server.sessions->pdata[i]));
    tegata_session_set_user_data (server.sessions->pdata[i], &n_freed, count_one);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
  {
    g_assert_true (tegata_listener_lookup (server.listener, &clients[i].address)
                   == server.sessions->pdata[i]);
  }
  g_assert_null (tegata_listener_lookup (server.listener, &nobody));

  sessions = tegata_listener_get_sessions (server.listener);
  g_assert_cmpuint (sessions->len, ==, G_N_ELEMENTS (names));
  for (guint i = 0; i < sessions->len; i++)
  {
    g_assert_true (tegata_session_get_user_data (sessions->pdata[i]) == &n_freed);
    tegata_listener_remove (server.listener, sessions->pdata[i]);
    g_assert_cmpuint (n_freed, ==, i + 1);
    end_clear (&clients[i]);
  }
  g_assert_null (tegata_listener_lookup (server.listener, &clients[0].address));
  server_clear (&server);
}

typedef struct
{
  TegataListener *listener;
  TegataAddress address;
  guint n_left; /* of the listener, when the data went */
} Looker;

static void
look_around (gpointer data)
{
  Looker *self = data;
  g_autoptr (GPtrArray) sessions = tegata_listener_get_sessions (self->listener);

  self->n_left = sessions->len;
  tegata_listener_lookup (self->listener, &self->address);
}

/* An application's data may look at the listener while that is freed. */
static void
test_data_looks_around (void)
{
  Server server;
  End client;
  Looker looker = { .n_left = 99 };

  server_init (&server, TEGATA_COOKIES_AUTO);
  server_connect_client (&server, &client, "a");
  looker.listener = server.listener;
  looker.address = client.address;
  tegata_session_set_user_data (server.sessions->pdata[0], &looker, look_around);
  end_clear (&client);
  server_clear (&server);
  g_assert_cmpuint (looker.n_left, <=, 1);
}

static void
test_replaced_user_data (void)
{
  g_autoptr (TegataContext) context = tegata_context_new (NULL, NULL);
  g_autoptr (TegataSession) session = tegata_session_new (context);
  guint n_first = 0;
  guint n_second = 0;

  tegata_session_set_user_data (session, &n_first, count_one);
  tegata_session_set_user_data (session, &n_second, count_one);
  g_assert_cmpuint (n_first, ==, 1);
  g_assert_true (tegata_session_get_user_data (session) == &n_second);
  tegata_session_set_user_data (session, &n_first, NULL);
  g_assert_cmpuint (n_second, ==, 1);
  tegata_session_set_user_data (session, NULL, NULL);
  g_assert_cmpuint (n_first, ==, 1);
}

/* These would leave the listener with a session that is not there, or not known. */
static void
test_guards_its_sessions (void)
{
  TegataAddress elsewhere;
  Server server;
  End client;

  tegata_address_init (&elsewhere, "elsewhere", 9);
  server_init (&server, TEGATA_COOKIES_AUTO);
  server_connect_client (&server, &client, "a");
  g_test_expect_message ("tegata", G_LOG_LEVEL_CRITICAL, "*set_peer*");
  tegata_session_set_peer (server.sessions->pdata[0], &elsewhere);
  g_test_assert_expected_messages ();
  g_test_expect_message ("tegata", G_LOG_LEVEL_CRITICAL, "*session_free*");
  tegata_session_free (server.sessions->pdata[0]);
  g_test_assert_expected_messages ();
  g_assert_true (tegata_listener_lookup (server.listener, &client.address)
                 == server.sessions->pdata[0]);
  end_clear (&client);
  server_clear (&server);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/listener/sessions/ended-ones-give-up-their-address",
                   test_ended_session_gives_up_its_address);
  g_test_add_func ("/listener/sessions/direct-calls-reach-its-poll", test_direct_calls);
  g_test_add_func ("/listener/sessions/late-fingerprint-reaches-its-poll",
                   test_late_fingerprint);
  g_test_add_func ("/listener/sessions/are-found-with-their-data", test_finds_sessions);
  g_test_add_func ("/listener/sessions/have-data-that-may-look-around",
                   test_data_looks_around);
  g_test_add_func ("/listener/sessions/free-the-data-that-was-replaced",
                   test_replaced_user_data);
  g_test_add_func ("/listener/sessions/are-not-for-others-to-free-or-move",
                   test_guards_its_sessions);

  return g_test_run ();
}
