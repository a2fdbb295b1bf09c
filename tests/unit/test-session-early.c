/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "session-end.h"

#include "session/hold-queue.h"

/* What comes to a session before it can be used. */

static void
test_early_media (void)
{
  TegataSessionStats stats;
  Ends pair;

  ends_init (&pair, NULL);
  ends_connect_server_first (&pair);
  for (guint16 i = 1; i <= 3; i++)
  {
    end_send_rtp (&pair.server, &pair.client, i, TEGATA_RECEIVED_NOTHING);
  }
  g_autoptr (GBytes) rtcp = make_rtcp (9);
  g_autoptr (GBytes) protected = end_protect (&pair.server, rtcp);
  end_receive (&pair.client, &pair.server.address, protected, NULL);
  ends_finish_client (&pair);

  /* keys are there, but those that wait go first */
  end_send_rtp (&pair.server, &pair.client, 4, TEGATA_RECEIVED_NOTHING);
  end_poll (&pair.client);
  end_send_rtp (&pair.server, &pair.client, 5, TEGATA_RECEIVED_RTP);
  end_assert_told (&pair.client, "connecting connected rtp:1 rtp:2 rtp:3 rtcp:9 rtp:4");

  tegata_session_get_stats (pair.client.session, &stats);
  g_assert_cmpuint (stats.held_media, ==, 5);
  g_assert_cmpuint (stats.inbound.rtp[TEGATA_SRTP_OK], ==, 5);
  g_assert_cmpuint (stats.refused[TEGATA_REFUSED_OVERFLOW], ==, 0);
  ends_clear (&pair);
}

static void
test_early_media_bounded (void)
{
  Ends pair;

  ends_init (&pair, NULL);
  ends_connect_server_first (&pair);
  for (guint16 i = 1; i <= TEGATA_HOLD_MEDIA_ITEMS + 7; i++)
  {
    end_send_rtp (&pair.server, &pair.client, i, TEGATA_RECEIVED_NOTHING);
  }
  g_assert_cmpuint (end_n_refused (&pair.client, TEGATA_REFUSED_OVERFLOW), ==, 7);
  ends_finish_client (&pair);
  end_poll (&pair.client);

  /* the first were kept; two states come before them */
  g_assert_cmpuint (pair.client.told->len, ==, 2 + TEGATA_HOLD_MEDIA_ITEMS);
  Event *last = pair.client.told->pdata[pair.client.told->len - 1];
  g_autoptr (GBytes) expected = make_rtp (TEGATA_HOLD_MEDIA_ITEMS);
  g_assert_true (g_bytes_equal (last->bytes, expected));
  ends_clear (&pair);
}

static void
test_early_media_bounded_bytes (void)
{
  g_autofree guint8 *large = g_malloc0 (64 * 1024);
  g_autoptr (GBytes) packet = NULL;
  End end;

  large[0] = 0x80;
  packet = g_bytes_new (large, 64 * 1024);
  end_init (&end, "a", NULL);
  for (guint i = 0; i < 4; i++)
  {
    end_receive (&end, NULL, packet, NULL);
  }
  g_assert_cmpuint (end_n_refused (&end, TEGATA_REFUSED_OVERFLOW), ==, 1);
  end_clear (&end);
}

static void
test_early_media_forged (void)
{
  g_autoptr (GBytes) forged = make_rtp (2);
  TegataAddress elsewhere;
  TegataSessionStats stats;
  Ends pair;

  tegata_address_init (&elsewhere, "elsewhere", 9);
  ends_init (&pair, NULL);
  ends_connect_server_first (&pair);
  end_send_rtp (&pair.server, &pair.client, 1, TEGATA_RECEIVED_NOTHING);
  end_receive (&pair.client, &pair.server.address, forged, NULL);
  end_receive (&pair.client, &elsewhere, forged, NULL);
  end_send_rtp (&pair.server, &pair.client, 2, TEGATA_RECEIVED_NOTHING);
  ends_finish_client (&pair);
  tegata_session_set_peer (pair.client.session, &pair.server.address);
  end_poll (&pair.client);
  end_assert_told (&pair.client, "connecting connected rtp:1 rtp:2");

  tegata_session_get_stats (pair.client.session, &stats);
  g_assert_cmpuint (stats.inbound.rtp[TEGATA_SRTP_OK], ==, 2);
  g_assert_cmpuint (stats.inbound.rtp[TEGATA_SRTP_AUTH_FAILED]
                        + stats.inbound.rtp[TEGATA_SRTP_MALFORMED],
                    ==, 1);
  g_assert_cmpuint (stats.refused[TEGATA_REFUSED_SOURCE], ==, 1);
  ends_clear (&pair);
}

static void
test_early_media_dropped (void)
{
  Ends pair;

  ends_init (&pair, NULL);
  ends_connect_server_first (&pair);
  end_send_rtp (&pair.server, &pair.client, 1, TEGATA_RECEIVED_NOTHING);
  tegata_session_close (pair.client.session);
  end_poll (&pair.client);
  end_assert_told (&pair.client, "connecting closed");
  g_assert_cmpuint (end_n_refused (&pair.client, TEGATA_REFUSED_ENDED), ==, 1);
  end_send_rtp (&pair.server, &pair.client, 2, TEGATA_RECEIVED_NOTHING);
  g_assert_cmpuint (end_n_refused (&pair.client, TEGATA_REFUSED_ENDED), ==, 2);
  ends_clear (&pair);
}

static void
test_early_hello (void)
{
  TegataSessionStats stats;
  Event *event;
  Ends pair;

  ends_init (&pair, NULL);
  end_expect (&pair.client, tegata_context_get_certificate (pair.server.context));
  end_expect (&pair.server, tegata_context_get_certificate (pair.client.context));
  end_start (&pair.client, TEGATA_ROLE_CLIENT);
  end_poll (&pair.client);
  g_assert_cmpuint (g_queue_get_length (&pair.client.datagrams), ==, 1);
  event = g_queue_pop_head (&pair.client.datagrams);
  end_receive (&pair.server, &pair.client.address, event->bytes, NULL);
  event_free (event);
  end_assert_state (&pair.server, TEGATA_STATE_NEW);

  end_start (&pair.server, TEGATA_ROLE_SERVER);
  ends_shuttle (&pair.client, &pair.server);
  end_assert_state (&pair.client, TEGATA_STATE_CONNECTED);
  end_assert_state (&pair.server, TEGATA_STATE_CONNECTED);
  tegata_session_get_stats (pair.server.session, &stats);
  g_assert_cmpuint (stats.held_hellos, ==, 1);
  g_assert_cmpuint (stats.dtls.retransmissions, ==, 0);
  ends_clear (&pair);
}

static void
test_early_dtls_bounded (void)
{
  static const struct
  {
    guint8 type;
    TegataRefusal refusal;
  } refused[] = {
    { 20, TEGATA_REFUSED_RECORD }, { 21, TEGATA_REFUSED_ALERT },
    { 23, TEGATA_REFUSED_DATA },   { 25, TEGATA_REFUSED_RECORD },
    { 63, TEGATA_REFUSED_RECORD },
  };
  guint8 bytes[16] = { 22, 0xfe, 0xfd };
  g_autoptr (GBytes) handshake = g_bytes_new (bytes, sizeof bytes);
  End end;

  end_init (&end, "a", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (refused); i++)
  {
    guint64 before = end_n_refused (&end, refused[i].refusal);

    bytes[0] = refused[i].type;
    g_autoptr (GBytes) datagram = g_bytes_new (bytes, sizeof bytes);
    end_receive (&end, NULL, datagram, NULL);
    g_assert_cmpuint (end_n_refused (&end, refused[i].refusal), ==, before + 1);
  }
  for (guint i = 0; i < TEGATA_HOLD_DTLS_ITEMS + 3; i++)
  {
    end_receive (&end, NULL, handshake, NULL);
  }
  g_assert_cmpuint (end_n_refused (&end, TEGATA_REFUSED_OVERFLOW), ==, 3);
  end_clear (&end);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/session/early-media/is-held-in-order", test_early_media);
  g_test_add_func ("/session/early-media/is-bounded", test_early_media_bounded);
  g_test_add_func ("/session/early-media/is-bounded-in-bytes",
                   test_early_media_bounded_bytes);
  g_test_add_func ("/session/early-media/forged-is-passed-over", test_early_media_forged);
  g_test_add_func ("/session/early-media/ends-with-the-session",
                   test_early_media_dropped);
  g_test_add_func ("/session/early-hello/is-held-until-the-start", test_early_hello);
  g_test_add_func ("/session/early-hello/is-bounded", test_early_dtls_bounded);

  return g_test_run ();
}
