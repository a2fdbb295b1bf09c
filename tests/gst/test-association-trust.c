/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "association-pair.h"

#include <string.h>

static void
test_fingerprints_during (void)
{
  TestPair pair;

  test_pair_init (&pair);
  test_pair_open (&pair);
  test_pair_start (&pair);
  test_pair_trust (&pair);
  test_pair_run (&pair, TEGATA_STATE_CONNECTED, TEGATA_STATE_CONNECTED);
  test_assert_media_both_ways (&pair);
  test_pair_clear (&pair);
}

static void
test_fingerprints_after (void)
{
  TestPair pair;

  test_pair_init (&pair);
  test_pair_open (&pair);
  test_pair_start (&pair);
  test_pair_run (&pair, TEGATA_STATE_AWAITING_FINGERPRINT,
                 TEGATA_STATE_AWAITING_FINGERPRINT);
  g_assert_cmpint (test_send_rtp (&pair.client, &pair.server, 1), ==,
                   TEGATA_SRTP_NO_KEYS);

  test_pair_trust (&pair);
  test_pair_run (&pair, TEGATA_STATE_CONNECTED, TEGATA_STATE_CONNECTED);
  test_watcher_assert_told (pair.client.watcher,
                            "new connecting awaiting-fingerprint connected");
  test_watcher_assert_told (pair.server.watcher,
                            "new connecting awaiting-fingerprint connected");
  test_assert_media_both_ways (&pair);
  test_pair_clear (&pair);
}

/* As they come in SDP: one that is not the peer's, and one that is. */
static void
test_several_fingerprints (void)
{
  TestPair pair;
  TestEnd stranger;
  g_autofree char *own = NULL;
  g_autofree char *strange = NULL;
  g_autofree char *text = NULL;

  test_pair_init (&pair);
  test_end_init (&stranger);
  test_pair_trust (&pair);
  own = gst_tegata_association_dup_fingerprint (pair.server.association);
  strange = gst_tegata_association_dup_fingerprint (stranger.association);
  text = g_strdup_printf ("a=fingerprint:%s\r\n a=fingerprint:%s ,\r\n", strange, own);
  g_assert_true (
      gst_tegata_association_set_peer_fingerprint (pair.client.association, text, NULL));

  test_pair_open (&pair);
  test_pair_start (&pair);
  test_pair_run (&pair, TEGATA_STATE_CONNECTED, TEGATA_STATE_CONNECTED);
  test_end_clear (&stranger);
  test_pair_clear (&pair);
}

/* @deceived expects @by's own certificate of the peer, which has another one. */
static void
deceive (TestEnd *deceived)
{
  g_autofree char *own = gst_tegata_association_dup_fingerprint (deceived->association);

  g_assert_true (
      gst_tegata_association_set_peer_fingerprint (deceived->association, own, NULL));
}

static void
test_wrong_fingerprint (gconstpointer data)
{
  gboolean is_client = GPOINTER_TO_INT (data);
  TestPair pair;
  TestEnd *deceived;
  g_autoptr (GError) error = NULL;

  test_pair_init (&pair);
  deceived = is_client ? &pair.client : &pair.server;
  test_pair_trust (&pair);
  deceive (deceived);
  test_pair_open (&pair);
  test_pair_start (&pair);
  test_pair_pump (&pair);

  g_assert_cmpint (test_end_get_state (deceived), ==, TEGATA_STATE_FAILED);
  error = gst_tegata_association_dup_error (deceived->association);
  g_assert_error (error, TEGATA_ERROR, TEGATA_ERROR_FINGERPRINT);
  test_watcher_assert_told (deceived->watcher, "new connecting failed");
  test_assert_no_media (&pair);
  test_pair_clear (&pair);
}

static void
test_wrong_fingerprint_late (gconstpointer data)
{
  gboolean is_client = GPOINTER_TO_INT (data);
  TestPair pair;
  TestEnd *deceived;
  g_autoptr (GError) error = NULL;

  test_pair_init (&pair);
  deceived = is_client ? &pair.client : &pair.server;
  test_pair_open (&pair);
  test_pair_start (&pair);
  test_pair_run (&pair, TEGATA_STATE_AWAITING_FINGERPRINT,
                 TEGATA_STATE_AWAITING_FINGERPRINT);
  deceive (deceived);
  test_pair_pump (&pair);

  error = gst_tegata_association_dup_error (deceived->association);
  g_assert_error (error, TEGATA_ERROR, TEGATA_ERROR_FINGERPRINT);
  test_watcher_assert_told (deceived->watcher,
                            "new connecting awaiting-fingerprint failed");
  test_assert_no_media (&pair);
  test_pair_clear (&pair);
}

static void
test_unverified (void)
{
  TestPair pair;

  test_pair_init (&pair);
  gst_tegata_association_set_require_fingerprint (pair.client.association, FALSE);
  gst_tegata_association_set_require_fingerprint (pair.server.association, FALSE);
  test_pair_open (&pair);
  test_pair_start (&pair);
  test_pair_run (&pair, TEGATA_STATE_CONNECTED, TEGATA_STATE_CONNECTED);
  test_watcher_assert_told (pair.client.watcher,
                            "new connecting awaiting-fingerprint unverified connected");
  test_watcher_assert_told (pair.server.watcher,
                            "new connecting awaiting-fingerprint unverified connected");
  test_assert_media_both_ways (&pair);

  /* who is named after all, and is another, is trusted no longer */
  deceive (&pair.client);
  g_assert_cmpint (test_end_get_state (&pair.client), ==, TEGATA_STATE_FAILED);
  test_pair_clear (&pair);
}

/* It comes while the peer is unknown, and is ready to be read when it is another one. */
static void
test_held_media (gconstpointer data)
{
  gboolean fails = GPOINTER_TO_INT (data);
  TestPair pair;

  test_pair_init (&pair);
  test_pair_trust (&pair);
  gst_tegata_association_set_peer_fingerprint (pair.server.association, NULL, NULL);
  test_pair_open (&pair);
  test_pair_start (&pair);
  test_pair_run (&pair, TEGATA_STATE_CONNECTED, TEGATA_STATE_AWAITING_FINGERPRINT);
  test_send_rtp (&pair.client, &pair.server, 1);
  test_send_rtcp (&pair.client, &pair.server);
  g_assert_true (gst_tegata_association_send_data (pair.client.association,
                                                   (const guint8 *) "hello", 5, NULL));
  test_pair_pump (&pair);
  g_assert_cmpuint (pair.server.rtp->len, ==, 0);

  test_pair_trust (&pair);
  g_assert_cmpint (test_end_get_state (&pair.server), ==, TEGATA_STATE_CONNECTED);
  if (fails)
  {
    deceive (&pair.server);
    g_assert_cmpint (test_end_get_state (&pair.server), ==, TEGATA_STATE_FAILED);
  }
  test_end_take_incoming (&pair.server);
  g_assert_cmpuint (pair.server.rtp->len, ==, fails ? 0 : 1);
  g_assert_cmpuint (pair.server.rtcp->len, ==, fails ? 0 : 1);
  g_assert_cmpuint (pair.server.data->len, ==, fails ? 0 : 1);
  test_pair_clear (&pair);
}

static void
require (TestEnd *end, gboolean required)
{
  gst_tegata_association_set_require_fingerprint (end->association, required);
}

/* What was allowed when it was opened, and is no longer. */
static void
test_required_after_open (void)
{
  TestPair pair;

  test_pair_init (&pair);
  test_pair_trust (&pair);
  gst_tegata_association_set_peer_fingerprint (pair.client.association, NULL, NULL);
  require (&pair.client, FALSE);
  test_pair_open (&pair);
  require (&pair.client, TRUE);
  require (&pair.client, FALSE); /* loosened from the next open() on */
  test_pair_start (&pair);
  test_pair_run (&pair, TEGATA_STATE_AWAITING_FINGERPRINT, TEGATA_STATE_CONNECTED);
  g_assert_cmpint (test_send_rtp (&pair.client, &pair.server, 1), ==,
                   TEGATA_SRTP_NO_KEYS);
  test_watcher_assert_told (pair.client.watcher, "new connecting awaiting-fingerprint");

  test_pair_trust (&pair);
  g_assert_cmpint (test_end_get_state (&pair.client), ==, TEGATA_STATE_CONNECTED);
  test_pair_clear (&pair);
}

static void
test_required_after_taken (void)
{
  TestPair pair;
  g_autoptr (GError) error = NULL;

  test_pair_init (&pair);
  require (&pair.client, FALSE);
  require (&pair.server, FALSE);
  test_pair_open (&pair);
  test_pair_start (&pair);
  test_pair_run (&pair, TEGATA_STATE_CONNECTED, TEGATA_STATE_CONNECTED);

  require (&pair.client, TRUE);
  g_assert_cmpint (test_end_get_state (&pair.client), ==, TEGATA_STATE_FAILED);
  error = gst_tegata_association_dup_error (pair.client.association);
  g_assert_error (error, TEGATA_ERROR, TEGATA_ERROR_FINGERPRINT);
  g_assert_nonnull (strstr (error->message, "required"));
  g_assert_cmpint (test_send_rtp (&pair.client, &pair.server, 1), ==,
                   TEGATA_SRTP_NO_KEYS);
  test_pair_clear (&pair);
}

/* Whoever was named and matched stays. */
static void
test_required_after_named (void)
{
  TestPair pair;

  test_pair_init (&pair);
  require (&pair.client, FALSE);
  require (&pair.server, FALSE);
  test_pair_open (&pair);
  test_pair_start (&pair);
  test_pair_run (&pair, TEGATA_STATE_CONNECTED, TEGATA_STATE_CONNECTED);
  test_pair_trust (&pair);
  require (&pair.client, TRUE);
  require (&pair.server, TRUE);
  test_assert_media_both_ways (&pair);
  test_pair_clear (&pair);
}

/* Where one is given it counts, required or not. */
static void
test_not_required (void)
{
  TestPair pair;

  test_pair_init (&pair);
  test_pair_trust (&pair);
  gst_tegata_association_set_require_fingerprint (pair.client.association, FALSE);
  deceive (&pair.client);
  test_pair_open (&pair);
  test_pair_start (&pair);
  test_pair_pump (&pair);
  test_watcher_assert_told (pair.client.watcher, "new connecting failed");
  test_assert_no_media (&pair);
  test_pair_clear (&pair);
}

static void
test_bad_fingerprint_waits (void)
{
  TestPair pair;
  g_autoptr (GError) error = NULL;

  test_pair_init (&pair);
  test_pair_trust (&pair);
  gst_tegata_association_set_peer_fingerprint (pair.client.association, NULL, NULL);
  gst_tegata_association_set_require_fingerprint (pair.client.association, FALSE);
  test_pair_open (&pair);
  g_assert_false (gst_tegata_association_set_peer_fingerprint (
      pair.client.association, "sha-256 nonsense", &error));
  g_assert_error (error, TEGATA_ERROR, TEGATA_ERROR_PARSE);
  test_pair_start (&pair);
  test_pair_run (&pair, TEGATA_STATE_AWAITING_FINGERPRINT, TEGATA_STATE_CONNECTED);
  g_assert_cmpint (test_send_rtp (&pair.client, &pair.server, 1), ==,
                   TEGATA_SRTP_NO_KEYS);

  test_pair_trust (&pair);
  g_assert_cmpint (test_end_get_state (&pair.client), ==, TEGATA_STATE_CONNECTED);
  test_watcher_assert_told (pair.client.watcher,
                            "new connecting awaiting-fingerprint connected");
  test_pair_clear (&pair);
}

/* None is what it was opened with, and not required. */
static void
test_bad_fingerprint_withdrawn (void)
{
  TestPair pair;

  test_pair_init (&pair);
  test_pair_trust (&pair);
  gst_tegata_association_set_peer_fingerprint (pair.client.association, NULL, NULL);
  gst_tegata_association_set_require_fingerprint (pair.client.association, FALSE);
  test_pair_open (&pair);
  gst_tegata_association_set_peer_fingerprint (pair.client.association, ",", NULL);
  test_pair_start (&pair);
  test_pair_run (&pair, TEGATA_STATE_AWAITING_FINGERPRINT, TEGATA_STATE_CONNECTED);

  gst_tegata_association_set_peer_fingerprint (pair.client.association, "", NULL);
  test_watcher_assert_told (pair.client.watcher,
                            "new connecting awaiting-fingerprint unverified connected");
  test_pair_clear (&pair);
}

static void
test_bad_fingerprint_late (void)
{
  TestPair pair;
  g_autoptr (GError) error = NULL;

  test_pair_init (&pair);
  test_pair_connect (&pair);
  g_assert_false (gst_tegata_association_set_peer_fingerprint (pair.server.association,
                                                               "md5 00:11", NULL));
  test_pair_pump (&pair);
  error = gst_tegata_association_dup_error (pair.server.association);
  g_assert_error (error, TEGATA_ERROR, TEGATA_ERROR_FINGERPRINT);
  g_assert_nonnull (strstr (error->message, "md5"));
  test_assert_no_media (&pair);
  test_pair_clear (&pair);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);

  g_test_add_func ("/gst/association/trust/fingerprints-may-come-during-the-handshake",
                   test_fingerprints_during);
  g_test_add_func ("/gst/association/trust/fingerprints-may-come-after-the-handshake",
                   test_fingerprints_after);
  g_test_add_func ("/gst/association/trust/any-of-several-fingerprints-will-do",
                   test_several_fingerprints);
  g_test_add_data_func ("/gst/association/trust/a-wrong-fingerprint-stops-media/client",
                        GINT_TO_POINTER (TRUE), test_wrong_fingerprint);
  g_test_add_data_func ("/gst/association/trust/a-wrong-fingerprint-stops-media/server",
                        GINT_TO_POINTER (FALSE), test_wrong_fingerprint);
  g_test_add_data_func ("/gst/association/trust/a-wrong-fingerprint-may-come-late/client",
                        GINT_TO_POINTER (TRUE), test_wrong_fingerprint_late);
  g_test_add_data_func ("/gst/association/trust/a-wrong-fingerprint-may-come-late/server",
                        GINT_TO_POINTER (FALSE), test_wrong_fingerprint_late);
  g_test_add_func ("/gst/association/trust/takes-anybody-only-where-told-to",
                   test_unverified);
  g_test_add_data_func ("/gst/association/trust/what-was-held-is-read-once-connected",
                        GINT_TO_POINTER (FALSE), test_held_media);
  g_test_add_data_func ("/gst/association/trust/what-was-held-is-dropped-by-a-failure",
                        GINT_TO_POINTER (TRUE), test_held_media);
  g_test_add_func ("/gst/association/trust/required-after-open-holds-at-once",
                   test_required_after_open);
  g_test_add_func ("/gst/association/trust/required-after-all-ends-who-was-taken",
                   test_required_after_taken);
  g_test_add_func ("/gst/association/trust/required-after-all-keeps-who-was-named",
                   test_required_after_named);
  g_test_add_func ("/gst/association/trust/a-fingerprint-that-is-given-counts",
                   test_not_required);
  g_test_add_func ("/gst/association/trust/a-bad-fingerprint-trusts-nobody",
                   test_bad_fingerprint_waits);
  g_test_add_func ("/gst/association/trust/a-bad-fingerprint-can-be-withdrawn",
                   test_bad_fingerprint_withdrawn);
  g_test_add_func ("/gst/association/trust/a-bad-fingerprint-ends-trust",
                   test_bad_fingerprint_late);
  return g_test_run ();
}
