/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client-hello.h"
#include "listener-return.h"

#include <string.h>

/* Who comes back may be somebody else, or too many. */

static void
record (End *client, GPtrArray *said)
{
  for (GList *link = client->datagrams.head; link != NULL; link = link->next)
  {
    g_ptr_array_add (said, g_bytes_ref (((Event *) link->data)->bytes));
  }
}

static TegataFingerprint *
fingerprint_of (End *end)
{
  return tegata_fingerprint_new_for_certificate (
      tegata_context_get_certificate (end->context), TEGATA_HASH_SHA256);
}

/* All that the old client said, at once and when its cookie is stale. */
static void
test_recording (void)
{
  g_autoptr (GPtrArray) said
      = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  guint64 n_challenges;
  Fixture fixture = { 0 };

  server_init (&fixture.server, TEGATA_COOKIES_AUTO);
  server_start_client (&fixture.server, &fixture.old, "a");
  end_init (&fixture.back, "nobody", NULL);
  for (guint i = 0; i < 3; i++)
  {
    end_poll (&fixture.old);
    record (&fixture.old, said);
    server_deliver (&fixture.server, &fixture.old);
    server_answer (&fixture.server, &fixture.old);
  }
  end_assert_state (&fixture.old, TEGATA_STATE_CONNECTED);
  fixture.first = fixture.server.sessions->pdata[0];
  n_challenges = server_get_stats (&fixture.server).refused[TEGATA_REFUSED_COOKIE];

  for (guint round = 0; round < 2; round++)
  {
    fixture.server.now_us += (gint64) (1 + 180 * round) * G_USEC_PER_SEC;
    for (guint i = 0; i < said->len; i++)
    {
      server_receive (&fixture.server, &fixture.old.address, said->pdata[i], NULL);
    }
    server_poll (&fixture.server);
    /* the last flight, since it seems to be lost */
    g_assert_false (g_queue_is_empty (&fixture.server.datagrams));
    server_answer (&fixture.server, &fixture.old);
  }
  fixture_assert_told (&fixture, "accepted connecting connected ");
  g_assert_cmpuint (server_get_stats (&fixture.server).refused[TEGATA_REFUSED_COOKIE], ==,
                    n_challenges);
  fixture_assert_first_is_served (&fixture);
  fixture_clear (&fixture);
}

/* A session that handshakes is not succeeded, and knows its own ClientHello after it. */
static void
test_early_hello (void)
{
  g_autoptr (GPtrArray) said
      = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  ClientHello hello = CLIENT_HELLO_INIT;
  g_autoptr (GBytes) forged = g_byte_array_free_to_bytes (client_hello_datagram (&hello));
  TegataSession *session;
  Fixture fixture = { 0 };

  server_init (&fixture.server, TEGATA_COOKIES_AUTO);
  server_start_client (&fixture.server, &fixture.old, "a");
  end_init (&fixture.back, "nobody", NULL);
  server_deliver (&fixture.server, &fixture.old);
  server_answer (&fixture.server, &fixture.old);
  end_poll (&fixture.old);
  record (&fixture.old, said);
  server_deliver (&fixture.server, &fixture.old);
  fixture.first = fixture.server.sessions->pdata[0];

  server_receive (&fixture.server, &fixture.old.address, forged, &session);
  g_assert_true (session == fixture.first);
  server_shuttle (&fixture.server, &fixture.old);
  end_assert_state (&fixture.old, TEGATA_STATE_CONNECTED);
  server_receive (&fixture.server, &fixture.old.address, said->pdata[0], &session);
  g_assert_true (session == fixture.first);
  fixture_assert_told (&fixture, "accepted connecting connected ");
  fixture_clear (&fixture);
}

static void
test_forged_hello (void)
{
  ClientHello hello = CLIENT_HELLO_INIT;
  TegataSession *session;
  Fixture fixture;

  fixture_init (&fixture);
  for (guint i = 0; i < 200; i++)
  {
    g_autoptr (GBytes) datagram = NULL;

    hello.random = (guint8) i;
    datagram = g_byte_array_free_to_bytes (client_hello_datagram (&hello));
    server_receive (&fixture.server, &fixture.old.address, datagram, &session);
    g_assert_null (session);
  }
  server_poll (&fixture.server);
  server_answer (&fixture.server, &fixture.old);
  fixture_assert_told (&fixture, "");
  g_assert_cmpuint (server_get_stats (&fixture.server).sessions, ==, 1);
  fixture_assert_first_is_served (&fixture);

  server_shuttle (&fixture.server, &fixture.back);
  end_assert_state (&fixture.back, TEGATA_STATE_CONNECTED);
  fixture_clear (&fixture);
}

/* On the path, so that cookies are read, but without the key of the certificate. */
static void
test_impostor (void)
{
  Fixture fixture;

  fixture_init (&fixture);
  tegata_fingerprint_unref (fixture.server.expected);
  fixture.server.expected = fingerprint_of (&fixture.old);
  server_shuttle (&fixture.server, &fixture.back);
  fixture_assert_told (&fixture, "accepted connecting failed ");
  fixture_assert_first_is_served (&fixture);

  /* its end leaves room for another */
  end_clear (&fixture.back);
  server_start_client (&fixture.server, &fixture.back, "a");
  server_shuttle (&fixture.server, &fixture.back);
  end_assert_state (&fixture.back, TEGATA_STATE_CONNECTED);
  fixture_clear (&fixture);
}

static void
test_silence (void)
{
  Fixture fixture;
  gint64 due_us;

  fixture_init (&fixture);
  fixture_begin (&fixture);
  due_us = fixture.server.now_us + TEGATA_DEFAULT_HANDSHAKE_TIMEOUT_US;
  tegata_listener_handle_deadline (fixture.server.listener, due_us);
  fixture.server.now_us = due_us;
  server_poll (&fixture.server);
  fixture_assert_told (&fixture, "accepted connecting failed ");
  fixture_assert_first_is_served (&fixture);
  fixture_clear (&fixture);
}

static void
test_one_at_a_time (void)
{
  Fixture fixture;
  End third;

  fixture_init (&fixture);
  fixture_begin (&fixture);
  server_forget (&fixture.server);
  server_start_client (&fixture.server, &third, "a");
  server_shuttle (&fixture.server, &third);
  end_assert_state (&third, TEGATA_STATE_CONNECTING);
  g_assert_cmpuint (server_get_stats (&fixture.server).sessions, ==, 2);
  g_assert_cmpuint (server_get_stats (&fixture.server).refused[TEGATA_REFUSED_OVERFLOW],
                    ==, 1);
  fixture_assert_first_is_served (&fixture);
  end_clear (&third);
  fixture_clear (&fixture);
}

/* Media that is wrapped in a datagram which begins as DTLS reaches nobody, or it would be
 * a replay when it comes by itself. */
static void
test_wrapped_media (void)
{
  const guint8 cipher_spec[] = { 20, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1, 1 };
  const guint8 header[12] = { 0x80, 96, 1, 2, 0, 0, 0, 0, 7, 7, 7, 0 };
  g_autoptr (GByteArray) plain = g_byte_array_new ();
  GByteArray *wrapped = g_byte_array_new ();
  g_autoptr (GBytes) packet = NULL;
  g_autoptr (GBytes) genuine = NULL;
  g_autoptr (GBytes) datagram = NULL;
  TegataSession *session;
  Fixture fixture;

  fixture_init (&fixture);
  fixture_begin (&fixture);
  g_byte_array_append (plain, header, sizeof header);
  g_byte_array_set_size (plain, sizeof header + 300);
  memset (plain->data + sizeof header, 0, 300);
  packet = g_bytes_new (plain->data, plain->len);
  genuine = end_protect (&fixture.old, packet);

  g_byte_array_append (wrapped, cipher_spec, sizeof cipher_spec);
  g_byte_array_append (wrapped, g_bytes_get_data (genuine, NULL),
                       (guint) g_bytes_get_size (genuine));
  datagram = g_byte_array_free_to_bytes (wrapped);
  g_assert_cmpint (
      server_receive (&fixture.server, &fixture.old.address, datagram, &session), ==,
      TEGATA_RECEIVED_NOTHING);
  g_assert_cmpint (
      server_receive (&fixture.server, &fixture.old.address, genuine, &session), ==,
      TEGATA_RECEIVED_RTP);
  g_assert_true (session == fixture.first);
  fixture_clear (&fixture);
}

static void
test_full_listener (void)
{
  Fixture fixture;

  fixture_init (&fixture);
  tegata_listener_set_max_sessions (fixture.server.listener, 1);
  server_shuttle (&fixture.server, &fixture.back);
  fixture_assert_told (&fixture, "");
  g_assert_cmpuint (server_get_stats (&fixture.server).refused[TEGATA_REFUSED_OVERFLOW],
                    ==, 1);
  fixture_assert_first_is_served (&fixture);
  fixture_clear (&fixture);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/listener/return/loses-no-media-that-was-wrapped",
                   test_wrapped_media);
  g_test_add_func ("/listener/return/hostile/is-one-at-a-time", test_one_at_a_time);
  g_test_add_func ("/listener/return/hostile/needs-room", test_full_listener);
  g_test_add_func ("/listener/return/hostile/recording-changes-nothing", test_recording);
  g_test_add_func ("/listener/return/hostile/early-hello-changes-nothing",
                   test_early_hello);
  g_test_add_func ("/listener/return/hostile/forged-hello-changes-nothing",
                   test_forged_hello);
  g_test_add_func ("/listener/return/hostile/impostor-ends-nothing", test_impostor);
  g_test_add_func ("/listener/return/hostile/silence-ends-nothing", test_silence);

  return g_test_run ();
}
