/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "association-pair.h"

#include <string.h>

/* Of the client's first flight nothing arrives. */
static gboolean
lose_the_first (TestPair *pair, TestEnd *from, guint serial)
{
  return from != &pair->client || serial > 1;
}

static guint64
count_retransmissions (TestEnd *end)
{
  TegataSessionStats stats;
  GstTegataDropped dropped;

  g_assert_true (gst_tegata_association_get_stats (end->association, &stats, &dropped));
  return stats.dtls.retransmissions;
}

static void
test_lost_datagram (void)
{
  TestPair pair;
  guint n_told;

  test_pair_init (&pair);
  pair.keep = lose_the_first;
  test_pair_trust (&pair);
  test_pair_open (&pair);
  test_pair_start (&pair);
  test_pair_pump (&pair);
  g_assert_cmpuint (pair.server.n_datagrams, ==, 0);
  n_told = pair.client.watcher->n_outgoing;

  test_pair_run (&pair, TEGATA_STATE_CONNECTED, TEGATA_STATE_CONNECTED);
  g_assert_cmpuint (count_retransmissions (&pair.client), >, 0);
  g_assert_cmpuint (pair.client.watcher->n_outgoing, >, n_told);
  test_assert_media_both_ways (&pair);
  test_pair_clear (&pair);
}

/* Many alarms. By chance: where every other one is lost, it may be the same one of a
 * flight for ever. The seed is GLib's. */
static gboolean
lose_every_third (TestPair *pair, TestEnd *from, guint serial)
{
  (void) pair;
  (void) from;
  (void) serial;

  return g_test_rand_int_range (0, 3) != 0;
}

static void
test_lossy (void)
{
  TestPair pair;

  test_pair_init (&pair);
  gst_tegata_association_set_rtt (pair.client.association, 1000);
  gst_tegata_association_set_rtt (pair.server.association, 1000);
  gst_tegata_association_set_mtu (pair.server.association, 300);
  pair.keep = lose_every_third;
  test_pair_connect (&pair);
  test_assert_media_both_ways (&pair);
  test_pair_clear (&pair);
}

static void
start_client (TestEnd *end, guint timeout_ms)
{
  g_autoptr (GError) error = NULL;

  gst_tegata_association_set_handshake_timeout (end->association, timeout_ms);
  gst_tegata_association_open (end->association, &error);
  g_assert_no_error (error);
  gst_tegata_association_start (end->association, TEGATA_ROLE_CLIENT, &error);
  g_assert_no_error (error);
}

/* Until @end's watcher was told exactly this. */
static void
wait_until_told (TestEnd *end, const char *expected)
{
  gint64 end_us = g_get_monotonic_time () + TEST_PATIENCE_US;

  for (;;)
  {
    guint n_known = test_count_tellings ();
    g_autofree char *told = test_watcher_dup_told (end->watcher);

    if (strcmp (told, expected) == 0)
    {
      return;
    }
    test_wait_for_telling (n_known, end_us);
  }
}

static void
test_timeout (void)
{
  TestEnd client;
  TestEnd patient;
  g_autoptr (GError) error = NULL;

  test_end_init (&client);
  test_end_init (&patient);
  start_client (&patient, 0);
  start_client (&client, 200);
  wait_until_told (&client, "new connecting failed");

  error = gst_tegata_association_dup_error (client.association);
  g_assert_error (error, TEGATA_ERROR, TEGATA_ERROR_TIMEOUT);
  /* 0 is not at once, but never */
  test_watcher_assert_told (patient.watcher, "new connecting");
  g_assert_cmpint (test_end_get_state (&patient), ==, TEGATA_STATE_CONNECTING);
  test_end_clear (&client);
  test_end_clear (&patient);
}

/* No alarm rings that would hold it for a moment. */
static void
stay_silent (TestEnd *end)
{
  gst_tegata_association_set_rtt (end->association, 20 * G_USEC_PER_SEC);
}

/* One that is open holds itself alive by nothing, its alarm included. */
static void
test_let_go (void)
{
  TestEnd client;
  gpointer association;

  test_end_init (&client);
  stay_silent (&client);
  start_client (&client, 30000);
  association = client.association;
  g_object_add_weak_pointer (association, &association);
  test_end_clear (&client);
  g_assert_null (association);
}

static void
test_restart (void)
{
  TestPair pair;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  test_pair_init (&pair);
  before = gst_tegata_association_dup_fingerprint (pair.client.association);
  for (guint i = 0; i < 3; i++)
  {
    test_pair_connect (&pair);
    test_assert_media_both_ways (&pair);
    g_ptr_array_set_size (pair.client.rtp, 0);
    g_ptr_array_set_size (pair.server.rtp, 0);
    g_ptr_array_set_size (pair.client.rtcp, 0);
    g_ptr_array_set_size (pair.server.rtcp, 0);

    gst_tegata_association_stop (pair.client.association);
    gst_tegata_association_stop (pair.server.association);
    gst_tegata_association_stop (pair.server.association);
    g_assert_cmpint (test_end_get_state (&pair.client), ==, TEGATA_STATE_CLOSED);
    g_assert_null (gst_tegata_association_pop_outgoing (pair.client.association));
    test_assert_no_media (&pair);
  }
  test_watcher_assert_told (pair.client.watcher,
                            "new connecting connected closed new connecting connected "
                            "closed new connecting connected closed");

  after = gst_tegata_association_dup_fingerprint (pair.client.association);
  g_assert_cmpstr (before, ==, after);
  test_pair_clear (&pair);
}

static void
test_open_after_the_end (void)
{
  TestPair pair;

  test_pair_init (&pair);
  test_pair_connect (&pair);
  gst_tegata_association_close (pair.client.association);
  test_pair_pump (&pair);

  test_pair_connect (&pair);
  test_watcher_assert_told (pair.client.watcher, "new connecting connected closed new "
                                                 "connecting connected");
  test_assert_media_both_ways (&pair);
  test_pair_clear (&pair);
}

static void
test_open_twice (void)
{
  TestEnd end;
  g_autoptr (GError) error = NULL;

  test_end_init (&end);
  g_assert_false (
      gst_tegata_association_start (end.association, TEGATA_ROLE_CLIENT, &error));
  g_assert_nonnull (error);
  g_clear_error (&error);

  start_client (&end, 30000);
  g_assert_true (gst_tegata_association_open (end.association, NULL));
  test_watcher_assert_told (end.watcher, "new connecting");
  g_assert_false (
      gst_tegata_association_start (end.association, TEGATA_ROLE_SERVER, &error));
  g_assert_nonnull (strstr (error->message, "connecting"));
  test_end_clear (&end);
}

static void
test_close_before_start (void)
{
  TestEnd end;

  test_end_init (&end);
  g_assert_true (gst_tegata_association_open (end.association, NULL));
  gst_tegata_association_close (end.association);
  test_end_take_incoming (&end);
  g_assert_cmpuint (end.n_closed, ==, 1);
  test_watcher_assert_told (end.watcher, "new closed");
  test_end_clear (&end);
}

/* Nobody takes what waits, as behind a pad that blocks. */
static void
test_overflow (void)
{
  TestPair pair;
  TegataSessionStats stats;
  GstTegataDropped dropped;
  GstMiniObject *object;
  guint n_datagrams = 0;
  guint n_told;

  test_pair_init (&pair);
  test_pair_connect (&pair);
  n_told = pair.client.watcher->n_outgoing;
  for (guint i = 0; i < 300; i++)
  {
    g_assert_true (gst_tegata_association_send_data (pair.client.association,
                                                     (const guint8 *) "x", 1, NULL));
  }
  g_assert_cmpuint (pair.client.watcher->n_outgoing, ==, n_told);
  gst_tegata_association_queue_event (pair.client.association, gst_event_new_eos ());
  g_assert_cmpuint (pair.client.watcher->n_outgoing, ==, n_told + 1);
  gst_tegata_association_get_stats (pair.client.association, &stats, &dropped);
  g_assert_cmpuint (dropped.outgoing_overflow, ==, 300 - 256);

  while ((object = gst_tegata_association_pop_outgoing (pair.client.association))
         && GST_IS_BUFFER (object))
  {
    n_datagrams++;
    gst_mini_object_unref (object);
  }
  g_assert_cmpuint (n_datagrams, ==, 256);
  g_assert_true (GST_IS_EVENT (object));
  gst_mini_object_unref (object);
  g_assert_null (gst_tegata_association_pop_outgoing (pair.client.association));
  test_pair_clear (&pair);
}

static void
test_event_of_the_closed (void)
{
  TestEnd end;

  test_end_init (&end);
  gst_tegata_association_queue_event (end.association, gst_event_new_eos ());
  g_assert_null (gst_tegata_association_pop_outgoing (end.association));

  g_assert_true (gst_tegata_association_open (end.association, NULL));
  gst_tegata_association_queue_event (end.association, gst_event_new_eos ());
  gst_tegata_association_stop (end.association);
  g_assert_null (gst_tegata_association_pop_outgoing (end.association));
  test_end_clear (&end);
}

static void
stop_at_once (TestWatcher *watcher, TegataState state)
{
  if (state == (TegataState) GPOINTER_TO_INT (watcher->reaction))
  {
    gst_tegata_association_stop (watcher->association);
  }
}

static void
test_stop_from_within (gconstpointer data)
{
  TestPair pair;
  gint64 end_us = g_get_monotonic_time () + TEST_PATIENCE_US;

  test_pair_init (&pair);
  pair.client.watcher->react = stop_at_once;
  pair.client.watcher->reaction = (gpointer) data;
  test_pair_trust (&pair);
  test_pair_open (&pair);
  gst_tegata_association_start (pair.server.association, TEGATA_ROLE_SERVER, NULL);
  gst_tegata_association_start (pair.client.association, TEGATA_ROLE_CLIENT, NULL);
  while (test_end_get_state (&pair.client) != TEGATA_STATE_CLOSED)
  {
    guint n_known = test_count_tellings ();

    test_pair_pump (&pair);
    if (test_end_get_state (&pair.client) != TEGATA_STATE_CLOSED)
    {
      test_wait_for_telling (n_known, end_us);
    }
  }
  g_assert_null (gst_tegata_association_pop_outgoing (pair.client.association));
  test_pair_clear (&pair);
}

/* An application that throws the call away when it hears of its state. */
static void
let_go (TestWatcher *watcher, TegataState state)
{
  if (state == TEGATA_STATE_CONNECTING)
  {
    gst_object_unref (watcher->association);
    gst_tegata_association_unobserve (watcher->association, GST_ELEMENT (watcher));
    gst_object_unref (watcher);
  }
}

static void
test_let_go_from_within (void)
{
  TestEnd end;
  gpointer association;
  gpointer watcher;

  test_end_init (&end);
  association = end.association;
  watcher = end.watcher;
  g_object_add_weak_pointer (association, &association);
  g_object_add_weak_pointer (watcher, &watcher);
  end.watcher->react = let_go;
  stay_silent (&end);
  start_client (&end, 30000);
  g_assert_null (association);
  g_assert_null (watcher);
  g_ptr_array_unref (end.rtp);
  g_ptr_array_unref (end.rtcp);
  g_ptr_array_unref (end.data);
}

static void
test_unobserve (void)
{
  TestEnd end;
  TestWatcher *other = gst_object_ref_sink (g_object_new (TEST_TYPE_WATCHER, NULL));

  test_end_init (&end);
  gst_tegata_association_observe (end.association, GST_ELEMENT (other), &test_observer);
  g_assert_true (gst_tegata_association_open (end.association, NULL));
  test_watcher_assert_told (other, "new");
  test_watcher_assert_told (end.watcher, "new");

  gst_tegata_association_unobserve (end.association, GST_ELEMENT (end.watcher));
  gst_tegata_association_stop (end.association);
  test_watcher_assert_told (other, "new closed");
  test_watcher_assert_told (end.watcher, "new");

  /* one that dies is not missed */
  gst_object_unref (other);
  g_assert_true (gst_tegata_association_open (end.association, NULL));
  test_end_clear (&end);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);

  g_test_add_func ("/gst/association/life/a-lost-datagram-is-sent-again",
                   test_lost_datagram);
  g_test_add_func ("/gst/association/life/connects-where-much-is-lost", test_lossy);
  g_test_add_func ("/gst/association/life/a-handshake-ends-in-time-unless-it-has-forever",
                   test_timeout);
  g_test_add_func ("/gst/association/life/ends-with-its-last-reference", test_let_go);
  g_test_add_func ("/gst/association/life/begins-anew-after-stop", test_restart);
  g_test_add_func ("/gst/association/life/begins-anew-after-close",
                   test_open_after_the_end);
  g_test_add_func ("/gst/association/life/is-opened-twice-and-started-once",
                   test_open_twice);
  g_test_add_func ("/gst/association/life/can-be-closed-before-its-start",
                   test_close_before_start);
  g_test_add_func ("/gst/association/life/drops-datagrams-of-too-many-and-no-event",
                   test_overflow);
  g_test_add_func ("/gst/association/life/keeps-no-event-for-the-next-session",
                   test_event_of_the_closed);
  g_test_add_data_func ("/gst/association/life/an-observer-may-stop-it/connecting",
                        GINT_TO_POINTER (TEGATA_STATE_CONNECTING), test_stop_from_within);
  g_test_add_data_func ("/gst/association/life/an-observer-may-stop-it/connected",
                        GINT_TO_POINTER (TEGATA_STATE_CONNECTED), test_stop_from_within);
  g_test_add_func ("/gst/association/life/an-observer-may-let-it-go",
                   test_let_go_from_within);
  g_test_add_func ("/gst/association/life/tells-who-observes", test_unobserve);
  return g_test_run ();
}
