/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "association-pair.h"

#include <string.h>

/* What several threads do to one association at once. */

typedef struct
{
  TestEnd *end;
  gint is_over;     /* atomic */
  gint is_flushing; /* atomic */
} Shared;

static gpointer
protect_always (gpointer data)
{
  Shared *shared = data;

  for (guint16 seq = 0; !g_atomic_int_get (&shared->is_over); seq++)
  {
    GBytes *datagram = test_protect (shared->end, seq % 16 == 0, seq);

    g_clear_pointer (&datagram, g_bytes_unref);
  }
  return NULL;
}

/* Datagrams of every kind, none of which can be the peer's. */
static gpointer
receive_always (gpointer data)
{
  static const guint8 first_bytes[] = { 0x80, 0x16, 0x80, 0x17, 0x80, 0x15, 0x80, 0x00 };
  Shared *shared = data;

  for (guint i = 0; !g_atomic_int_get (&shared->is_over); i++)
  {
    guint8 bytes[60] = { 0 };
    gsize len = sizeof bytes;

    bytes[0] = first_bytes[i % G_N_ELEMENTS (first_bytes)];
    gst_tegata_association_receive (shared->end->association, bytes, &len);
  }
  return NULL;
}

static gpointer
ask_always (gpointer data)
{
  Shared *shared = data;
  GstTegataAssociation *association = shared->end->association;

  while (!g_atomic_int_get (&shared->is_over))
  {
    GstTegataFacts facts;
    TegataSessionStats stats;
    GstTegataDropped dropped;
    GBytes *key = gst_tegata_association_dup_srtp_key (association, TRUE);
    GError *error = gst_tegata_association_dup_error (association);

    g_clear_pointer (&key, g_bytes_unref);
    g_clear_error (&error);
    g_free (gst_tegata_association_dup_peer_pem (association));
    gst_tegata_association_get_facts (association, &facts);
    gst_tegata_association_get_stats (association, &stats, &dropped);
    gst_tegata_association_set_rtt (association, 1000);
    gst_tegata_association_send_data (association, (const guint8 *) "x", 1, NULL);
  }
  return NULL;
}

static gpointer
wait_always (gpointer data)
{
  Shared *shared = data;

  while (!g_atomic_int_get (&shared->is_over))
  {
    gst_tegata_association_wait (shared->end->association, &shared->is_flushing);
  }
  return NULL;
}

static void
connect_and_stop (TestPair *pair, gboolean waits_for_it)
{
  test_pair_trust (pair);
  test_pair_open (pair);
  test_pair_start (pair);
  if (waits_for_it)
  {
    test_pair_run (pair, TEGATA_STATE_CONNECTED, TEGATA_STATE_CONNECTED);
    g_thread_yield ();
  }
  else
  {
    test_pair_pump (pair);
  }
  gst_tegata_association_stop (pair->client.association);
  gst_tegata_association_stop (pair->server.association);
}

static void
test_stop_under_load (void)
{
  TestPair pair;
  Shared shared = { &pair.client, FALSE, FALSE };
  GThread *threads[4];

  test_pair_init (&pair);
  threads[0] = g_thread_new ("protects", protect_always, &shared);
  threads[1] = g_thread_new ("receives", receive_always, &shared);
  threads[2] = g_thread_new ("asks", ask_always, &shared);
  threads[3] = g_thread_new ("waits", wait_always, &shared);
  for (guint i = 0; i < 40; i++)
  {
    connect_and_stop (&pair, i % 2 == 0);
  }

  g_atomic_int_set (&shared.is_over, TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
  {
    g_thread_join (threads[i]);
  }
  test_pair_connect (&pair);
  test_assert_media_both_ways (&pair);
  test_pair_clear (&pair);
}

/* Any of these may fail, since the others do the same. */
static gpointer
live_and_die (gpointer data)
{
  GstTegataAssociation *association = data;

  for (guint i = 0; i < 200; i++)
  {
    gst_tegata_association_open (association, NULL);
    gst_tegata_association_start (association, TEGATA_ROLE_CLIENT, NULL);
    gst_tegata_association_close (association);
    gst_tegata_association_stop (association);
  }
  return NULL;
}

static void
yield_to_others (TestWatcher *watcher, TegataState state)
{
  (void) watcher;
  (void) state;

  g_thread_yield ();
}

static void
assert_follows (const char *word, const char *before)
{
  if (strcmp (word, "connecting") == 0)
  {
    g_assert_cmpstr (before, ==, "new");
  }
  else if (strcmp (word, "new") == 0)
  {
    g_assert_cmpstr (before, ==, "closed");
  }
  else
  {
    g_assert_cmpstr (word, ==, "closed");
    g_assert_cmpstr (before, !=, "closed");
  }
}

/* That never two are told at a time the watcher asserts by itself. */
static void
test_order (void)
{
  TestEnd end;
  GThread *threads[4];
  g_autofree char *told = NULL;
  g_auto (GStrv) words = NULL;
  const char *before = "closed";

  test_end_init (&end);
  end.watcher->react = yield_to_others;
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
  {
    threads[i] = g_thread_new ("lives", live_and_die, end.association);
  }
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
  {
    g_thread_join (threads[i]);
  }

  told = test_watcher_dup_told (end.watcher);
  words = g_strsplit (told, " ", -1);
  g_assert_cmpuint (g_strv_length (words), >=, 400);
  for (char **word = words; *word != NULL; word++)
  {
    assert_follows (*word, before);
    before = *word;
  }
  g_assert_cmpstr (before, ==, "closed");
  test_end_clear (&end);
}

/* In changed() until a gate opens. */
static void
stand_at_gate (TestWatcher *watcher, TegataState state)
{
  Shared *gate = watcher->reaction;
  gint64 end_us = g_get_monotonic_time () + TEST_PATIENCE_US;

  if (state == TEGATA_STATE_CONNECTING)
  {
    while (!g_atomic_int_get (&gate->is_over))
    {
      g_assert_cmpint (g_get_monotonic_time (), <, end_us);
      g_thread_yield ();
    }
  }
}

static gpointer
open_and_start (gpointer data)
{
  g_assert_true (gst_tegata_association_open (data, NULL));
  g_assert_true (gst_tegata_association_start (data, TEGATA_ROLE_CLIENT, NULL));
  return NULL;
}

/* A signal handler that does not return keeps no datagram from the network: the first
 * ones are told of by the thread that starts, the others by the alarm's. */
static void
test_slow_observer (void)
{
  TestEnd end;
  Shared gate = { NULL, FALSE, FALSE };
  GThread *thread;
  guint n_sent = 0;

  test_end_init (&end);
  end.watcher->react = stand_at_gate;
  end.watcher->reaction = &gate;
  thread = g_thread_new ("starts", open_and_start, end.association);
  while (n_sent < 3)
  {
    guint n_known = test_count_tellings ();
    GstMiniObject *object = gst_tegata_association_pop_outgoing (end.association);

    if (object != NULL)
    {
      gst_mini_object_unref (object);
      n_sent++;
      continue;
    }
    test_wait_for_telling (n_known, g_get_monotonic_time () + TEST_PATIENCE_US);
  }
  g_assert_cmpint (test_end_get_state (&end), ==, TEGATA_STATE_CONNECTING);

  g_atomic_int_set (&gate.is_over, TRUE);
  g_thread_join (thread);
  test_end_clear (&end);
}

/* What an association has to say waits behind its slow observer; another one's does not.
 */
static void
test_others_alarms (void)
{
  TestEnd slow;
  TestEnd other;
  Shared gate = { NULL, FALSE, FALSE };
  GThread *thread;
  guint n_known;

  test_end_init (&slow);
  test_end_init (&other);
  slow.watcher->react = stand_at_gate;
  slow.watcher->reaction = &gate;
  gst_tegata_association_set_handshake_timeout (slow.association, 50);
  gst_tegata_association_set_handshake_timeout (other.association, 100);
  thread = g_thread_new ("starts", open_and_start, slow.association);
  open_and_start (other.association);
  do
  {
    n_known = test_count_tellings ();
    if (test_end_get_state (&other) != TEGATA_STATE_FAILED)
    {
      test_wait_for_telling (n_known, g_get_monotonic_time () + TEST_PATIENCE_US);
    }
  }
  while (test_end_get_state (&other) != TEGATA_STATE_FAILED
         || test_end_get_state (&slow) != TEGATA_STATE_FAILED);
  test_watcher_assert_told (slow.watcher, "new connecting");

  g_atomic_int_set (&gate.is_over, TRUE);
  g_thread_join (thread);
  test_watcher_assert_told (slow.watcher, "new connecting failed");
  test_end_clear (&slow);
  test_end_clear (&other);
}

static gpointer
wait_once (gpointer data)
{
  Shared *shared = data;

  return GINT_TO_POINTER (
      gst_tegata_association_wait (shared->end->association, &shared->is_flushing));
}

static gboolean
join_waiter (GThread *thread)
{
  return GPOINTER_TO_INT (g_thread_join (thread));
}

static void
test_wait (void)
{
  TestPair pair;
  Shared shared = { &pair.client, FALSE, FALSE };
  GThread *thread;

  test_pair_init (&pair);
  g_assert_false (wait_once (&shared)); /* nothing will come of it */
  test_pair_open (&pair);
  thread = g_thread_new ("waits", wait_once, &shared);
  test_pair_connect (&pair);
  g_assert_true (join_waiter (thread));
  g_assert_true (wait_once (&shared));

  gst_tegata_association_stop (pair.client.association);
  test_pair_open (&pair);
  thread = g_thread_new ("waits", wait_once, &shared);
  gst_tegata_association_close (pair.client.association);
  g_assert_false (join_waiter (thread));

  gst_tegata_association_stop (pair.client.association);
  test_pair_open (&pair);
  thread = g_thread_new ("waits", wait_once, &shared);
  g_atomic_int_set (&shared.is_flushing, TRUE);
  gst_tegata_association_wake (pair.client.association);
  g_assert_false (join_waiter (thread));

  g_atomic_int_set (&shared.is_flushing, FALSE);
  thread = g_thread_new ("waits", wait_once, &shared);
  gst_tegata_association_stop (pair.client.association);
  g_assert_false (join_waiter (thread));
  test_pair_clear (&pair);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);

  g_test_add_func ("/gst/association/threads/stops-while-all-others-use-it",
                   test_stop_under_load);
  g_test_add_func ("/gst/association/threads/states-are-told-in-order", test_order);
  g_test_add_func ("/gst/association/threads/a-slow-observer-holds-up-no-datagram",
                   test_slow_observer);
  g_test_add_func ("/gst/association/threads/a-slow-observer-holds-up-no-other-alarm",
                   test_others_alarms);
  g_test_add_func ("/gst/association/threads/waits-until-media-may-be-sent-or-never",
                   test_wait);
  return g_test_run ();
}
