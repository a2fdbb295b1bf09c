/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "listener-return.h"

static void
test_is_served (void)
{
  TegataSessionStats before, after;
  Fixture fixture;

  fixture_init (&fixture);
  tegata_session_get_stats (fixture.first, &before);
  server_shuttle (&fixture.server, &fixture.back);
  end_assert_state (&fixture.back, TEGATA_STATE_CONNECTED);
  fixture_assert_told (&fixture, "accepted connecting closed connected ");

  fixture.second = fixture.server.sessions->pdata[1];
  fixture_assert_owner (&fixture, fixture.second);
  fixture_assert_media (&fixture, &fixture.back, fixture.second);
  end_send_data (&fixture.back, "hello");
  server_shuttle (&fixture.server, &fixture.back);
  fixture_assert_told (&fixture, "accepted connecting closed connected data:hello ");

  /* no close_notify */
  tegata_session_get_stats (fixture.first, &after);
  g_assert_cmpuint (after.packets_sent, ==, before.packets_sent);
  g_assert_cmpuint (server_get_stats (&fixture.server).sessions, ==, 2);
  tegata_listener_remove (fixture.server.listener, fixture.first);
  fixture_assert_owner (&fixture, fixture.second);
  fixture_clear (&fixture);
}

static void
test_again_and_again (void)
{
  Fixture fixture;

  fixture_init (&fixture);
  for (guint i = 0; i < 5; i++)
  {
    server_shuttle (&fixture.server, &fixture.back);
    end_assert_state (&fixture.back, TEGATA_STATE_CONNECTED);
    end_clear (&fixture.back);
    server_start_client (&fixture.server, &fixture.back, "a");
  }
  g_assert_cmpuint (server_get_stats (&fixture.server).accepted, ==, 6);
  fixture_assert_owner (&fixture, fixture.server.sessions->pdata[5]);
  fixture_clear (&fixture);
}

static void
test_old_one_is_served_meanwhile (void)
{
  g_autoptr (GBytes) packet = make_rtp (1000);
  TegataSession *session;
  Fixture fixture;

  fixture_init (&fixture);
  fixture_assert_first_is_served (&fixture);
  fixture_begin (&fixture);
  fixture_assert_first_is_served (&fixture);
  end_send_data (&fixture.old, "still here");
  server_deliver (&fixture.server, &fixture.old);
  fixture_assert_told (&fixture, "accepted connecting data:still here ");
  server_answer (&fixture.server, &fixture.back);
  fixture_assert_first_is_served (&fixture);

  server_deliver (&fixture.server, &fixture.back);
  fixture_assert_told (&fixture, "accepted connecting data:still here closed connected ");
  g_autoptr (GBytes) protected = end_protect (&fixture.old, packet);
  g_assert_cmpint (
      server_receive (&fixture.server, &fixture.old.address, protected, &session), ==,
      TEGATA_RECEIVED_NOTHING);
  g_assert_true (session == fixture.second);
  fixture_clear (&fixture);
}

/* The server's last flight is lost, and asked for while another one handshakes: what is
 * in the clear goes to that one, which cannot use it and fails. */
static void
test_old_one_can_finish (void)
{
  Fixture fixture = { 0 };

  server_init (&fixture.server, TEGATA_COOKIES_AUTO);
  server_start_client (&fixture.server, &fixture.old, "a");
  server_deliver (&fixture.server, &fixture.old);
  server_answer (&fixture.server, &fixture.old);
  server_deliver (&fixture.server, &fixture.old);
  server_answer (&fixture.server, &fixture.old);
  server_deliver (&fixture.server, &fixture.old);
  fixture_assert_told (&fixture, "accepted connecting connected ");
  server_forget (&fixture.server);
  end_assert_state (&fixture.old, TEGATA_STATE_CONNECTING);
  server_start_client (&fixture.server, &fixture.back, "a");
  fixture_begin (&fixture);
  server_forget (&fixture.server);

  for (guint i = 0; i < 2; i++)
  {
    fixture.server.now_us += G_USEC_PER_SEC;
    tegata_session_handle_deadline (fixture.old.session, fixture.server.now_us);
    server_deliver (&fixture.server, &fixture.old);
    server_answer (&fixture.server, &fixture.old);
  }
  end_assert_state (&fixture.old, TEGATA_STATE_CONNECTED);
  fixture_clear (&fixture);
}

/* Anybody could send the ClientHello. */
static void
test_without_cookies (void)
{
  Fixture fixture = { 0 };

  server_init (&fixture.server, TEGATA_COOKIES_NEVER);
  server_connect_client (&fixture.server, &fixture.old, "a");
  server_start_client (&fixture.server, &fixture.back, "a");
  server_shuttle (&fixture.server, &fixture.back);
  fixture_assert_told (&fixture, "accepted connecting connected ");
  fixture_assert_owner (&fixture, fixture.server.sessions->pdata[0]);
  fixture_assert_media (&fixture, &fixture.old, fixture.server.sessions->pdata[0]);
  fixture_clear (&fixture);
}

/* Its successor goes on, and has the address. */
static void
test_old_one_ends_meanwhile (gconstpointer removes)
{
  Fixture fixture;

  fixture_init (&fixture);
  fixture_begin (&fixture);
  if (removes != NULL)
  {
    tegata_listener_remove (fixture.server.listener, fixture.first);
  }
  else
  {
    tegata_session_close (fixture.first);
  }
  fixture_assert_owner (&fixture, fixture.second);
  server_shuttle (&fixture.server, &fixture.back);
  end_assert_state (&fixture.back, TEGATA_STATE_CONNECTED);
  fixture_assert_told (&fixture, removes != NULL
                                     ? "accepted connecting connected "
                                     : "accepted connecting closed connected ");
  fixture_assert_media (&fixture, &fixture.back, fixture.second);
  fixture_clear (&fixture);
}

static void
test_removed_successor (void)
{
  Fixture fixture;

  fixture_init (&fixture);
  fixture_begin (&fixture);
  tegata_listener_remove (fixture.server.listener, fixture.second);
  server_forget (&fixture.server);
  fixture_assert_first_is_served (&fixture);

  end_clear (&fixture.back);
  server_start_client (&fixture.server, &fixture.back, "a");
  server_shuttle (&fixture.server, &fixture.back);
  end_assert_state (&fixture.back, TEGATA_STATE_CONNECTED);
  fixture_clear (&fixture);
}

/* Also where the new one has something to tell already: here nothing, after an alert. */
static void
test_old_end_comes_first (void)
{
  static const guint8 alert[] = { 21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 1, 0 };
  g_autoptr (GBytes) datagram = g_bytes_new_static (alert, sizeof alert);
  TegataSession *session;
  Fixture fixture;

  fixture_init (&fixture);
  fixture_begin (&fixture);
  server_answer (&fixture.server, &fixture.back);
  server_receive (&fixture.server, &fixture.back.address, datagram, &session);
  g_assert_true (session == fixture.second);
  server_deliver (&fixture.server, &fixture.back);
  fixture_assert_told (&fixture, "accepted connecting closed connected ");
  fixture_clear (&fixture);
}

/* The ClientHello with the cookie comes once more. */
static void
test_lost_flight (void)
{
  Fixture fixture;

  fixture_init (&fixture);
  fixture_begin (&fixture);
  server_forget (&fixture.server);
  fixture.server.now_us += G_USEC_PER_SEC;
  tegata_session_handle_deadline (fixture.back.session, fixture.server.now_us);
  server_deliver (&fixture.server, &fixture.back);
  g_assert_false (g_queue_is_empty (&fixture.server.datagrams));
  server_shuttle (&fixture.server, &fixture.back);
  end_assert_state (&fixture.back, TEGATA_STATE_CONNECTED);
  g_assert_cmpuint (server_get_stats (&fixture.server).refused[TEGATA_REFUSED_OVERFLOW],
                    ==, 0);
  fixture_clear (&fixture);
}

static void
test_late_fingerprint (void)
{
  g_autoptr (TegataFingerprint) expected = NULL;
  Fixture fixture;

  fixture_init (&fixture);
  expected = g_steal_pointer (&fixture.server.expected);
  server_shuttle (&fixture.server, &fixture.back);
  fixture_assert_told (&fixture, "accepted connecting awaiting-fingerprint ");
  fixture_assert_first_is_served (&fixture);

  tegata_session_set_peer_fingerprints (fixture.server.sessions->pdata[1], &expected, 1);
  server_poll (&fixture.server);
  fixture_assert_told (&fixture,
                       "accepted connecting awaiting-fingerprint closed connected ");
  fixture_assert_media (&fixture, &fixture.back, fixture.server.sessions->pdata[1]);
  fixture_clear (&fixture);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/listener/return/is-served", test_is_served);
  g_test_add_func ("/listener/return/is-served-again-and-again", test_again_and_again);
  g_test_add_func ("/listener/return/waits-for-the-fingerprint", test_late_fingerprint);
  g_test_add_func ("/listener/return/is-answered-again", test_lost_flight);
  g_test_add_func ("/listener/return/is-told-after-the-old-end",
                   test_old_end_comes_first);
  g_test_add_func ("/listener/return/is-ignored-without-cookies", test_without_cookies);
  g_test_add_func ("/listener/return/can-be-removed", test_removed_successor);
  g_test_add_func ("/listener/return/old-one/is-served-meanwhile",
                   test_old_one_is_served_meanwhile);
  g_test_add_func ("/listener/return/old-one/can-finish", test_old_one_can_finish);
  g_test_add_data_func ("/listener/return/old-one/is-closed-meanwhile", NULL,
                        test_old_one_ends_meanwhile);
  g_test_add_data_func ("/listener/return/old-one/is-removed-meanwhile", "removes",
                        test_old_one_ends_meanwhile);

  return g_test_run ();
}
