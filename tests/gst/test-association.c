/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "association-pair.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

static const char *const PROFILES[] = {
  "SRTP_AEAD_AES_128_GCM",
  "SRTP_AEAD_AES_256_GCM",
  "SRTP_AES128_CM_HMAC_SHA1_80",
  "SRTP_AES128_CM_HMAC_SHA1_32",
};

static void
test_profiles (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (PROFILES); i++)
  {
    TestPair pair;
    GstTegataFacts facts;

    test_pair_init (&pair);
    gst_tegata_association_set_profiles (pair.client.association, PROFILES[i], NULL);
    gst_tegata_association_set_profiles (pair.server.association, PROFILES[i], NULL);
    test_pair_connect (&pair);

    gst_tegata_association_get_facts (pair.server.association, &facts);
    g_assert_true (facts.is_open);
    g_assert_cmpint (facts.version, ==, TEGATA_VERSION_DTLS_1_2);
    g_assert_nonnull (facts.cipher);
    g_assert_cmpstr (tegata_srtp_profile_to_string (facts.profile), ==, PROFILES[i]);
    test_watcher_assert_told (pair.client.watcher, "new connecting connected");
    test_watcher_assert_told (pair.server.watcher, "new connecting connected");
    test_assert_media_both_ways (&pair);
    test_pair_clear (&pair);
  }
}

static void
test_data_only (void)
{
  TestPair pair;

  test_pair_init (&pair);
  gst_tegata_association_set_profiles (pair.server.association, "", NULL);
  test_pair_connect (&pair);

  g_assert_cmpint (test_send_rtp (&pair.client, &pair.server, 1), ==,
                   TEGATA_SRTP_NO_KEYS);
  g_assert_true (gst_tegata_association_send_data (pair.client.association,
                                                   (const guint8 *) "data", 4, NULL));
  test_pair_pump (&pair);
  test_assert_data (&pair.server, 0, "data");
  test_pair_clear (&pair);
}

/* The server's user answers late; the client's media comes at once. */
static void
test_early_media (void)
{
  TestPair pair;
  GBytes *late[2];

  test_pair_init (&pair);
  test_pair_trust (&pair);
  gst_tegata_association_set_peer_fingerprint (pair.server.association, NULL, NULL);
  test_pair_open (&pair);
  test_pair_start (&pair);
  test_pair_run (&pair, TEGATA_STATE_CONNECTED, TEGATA_STATE_AWAITING_FINGERPRINT);
  for (guint16 seq = 1; seq <= 20; seq++)
  {
    g_assert_cmpint (test_send_rtp (&pair.client, &pair.server, seq), ==, TEGATA_SRTP_OK);
  }
  g_assert_cmpuint (pair.server.rtp->len, ==, 0);
  g_assert_cmpuint (pair.server.watcher->n_incoming, ==, 0);

  test_pair_trust (&pair);
  g_assert_cmpuint (pair.server.watcher->n_incoming, >, 0);
  g_assert_cmpuint (pair.server.rtp->len, ==, 0);

  /* what comes before those were fetched waits behind them */
  late[0] = test_protect (&pair.client, FALSE, 21);
  late[1] = test_protect (&pair.client, FALSE, 22);
  test_deliver (&pair.server, late[0]);
  g_assert_cmpuint (pair.server.rtp->len, ==, 21);
  test_deliver (&pair.server, late[1]);
  g_assert_cmpuint (pair.server.rtp->len, ==, 22);
  for (guint16 seq = 1; seq <= 22; seq++)
  {
    test_assert_rtp (&pair.server, seq - 1, seq);
  }
  g_bytes_unref (late[0]);
  g_bytes_unref (late[1]);
  test_pair_clear (&pair);
}

/* a=setup:actpass: the ClientHello is there before the role is known. */
static void
test_late_start (void)
{
  TestPair pair;

  test_pair_init (&pair);
  test_pair_trust (&pair);
  test_pair_open (&pair);
  gst_tegata_association_start (pair.client.association, TEGATA_ROLE_CLIENT, NULL);
  test_pair_pump (&pair);
  g_assert_cmpuint (pair.client.n_datagrams, >, 0);
  g_assert_cmpuint (pair.server.n_datagrams, ==, 0);
  g_assert_cmpint (test_end_get_state (&pair.server), ==, TEGATA_STATE_NEW);

  gst_tegata_association_start (pair.server.association, TEGATA_ROLE_SERVER, NULL);
  test_pair_run (&pair, TEGATA_STATE_CONNECTED, TEGATA_STATE_CONNECTED);
  test_assert_media_both_ways (&pair);
  test_pair_clear (&pair);
}

static void
test_data (void)
{
  TestPair pair;
  g_autoptr (GError) error = NULL;
  guint8 big[2000] = { 0 };

  test_pair_init (&pair);
  g_assert_false (gst_tegata_association_send_data (pair.client.association,
                                                    (const guint8 *) "early", 5, &error));
  g_assert_error (error, TEGATA_ERROR, TEGATA_ERROR_NOT_CONNECTED);
  g_clear_error (&error);
  test_pair_connect (&pair);

  g_assert_false (gst_tegata_association_send_data (pair.client.association, big,
                                                    sizeof big, &error));
  g_assert_error (error, TEGATA_ERROR, TEGATA_ERROR_TOO_BIG);
  g_clear_error (&error);
  g_assert_false (
      gst_tegata_association_send_data (pair.client.association, big, 0, &error));
  g_assert_error (error, TEGATA_ERROR, TEGATA_ERROR_INVALID);

  g_assert_true (gst_tegata_association_send_data (pair.client.association,
                                                   (const guint8 *) "one", 3, NULL));
  g_assert_true (gst_tegata_association_send_data (pair.client.association,
                                                   (const guint8 *) "two", 3, NULL));
  test_pair_pump (&pair);
  test_assert_data (&pair.server, 0, "one");
  test_assert_data (&pair.server, 1, "two");

  /* who receives looks for itself, and who sends empties the queue */
  g_assert_cmpuint (pair.server.watcher->n_incoming, ==, 0);
  test_pair_clear (&pair);
}

static void
test_data_then_close (void)
{
  TestPair pair;

  test_pair_init (&pair);
  test_pair_connect (&pair);
  g_assert_true (gst_tegata_association_send_data (pair.client.association,
                                                   (const guint8 *) "last", 4, NULL));
  gst_tegata_association_close (pair.client.association);
  gst_tegata_association_close (pair.client.association);
  test_pair_pump (&pair);

  test_assert_data (&pair.server, 0, "last");
  g_assert_cmpuint (pair.server.n_closed, ==, 1);
  test_end_take_incoming (&pair.client);
  g_assert_cmpuint (pair.client.n_closed, ==, 1);
  test_watcher_assert_told (pair.server.watcher, "new connecting connected closed");
  test_watcher_assert_told (pair.client.watcher, "new connecting connected closed");
  test_assert_no_media (&pair);
  test_pair_clear (&pair);
}

static void
test_exported_keys (void)
{
  TestPair pair;
  g_autoptr (GBytes) client_out = NULL;
  g_autoptr (GBytes) client_in = NULL;
  g_autoptr (GBytes) server_out = NULL;
  g_autoptr (GBytes) server_in = NULL;

  test_pair_init (&pair);
  g_assert_null (gst_tegata_association_dup_srtp_key (pair.client.association, TRUE));
  test_pair_connect (&pair);
  client_out = gst_tegata_association_dup_srtp_key (pair.client.association, TRUE);
  client_in = gst_tegata_association_dup_srtp_key (pair.client.association, FALSE);
  server_out = gst_tegata_association_dup_srtp_key (pair.server.association, TRUE);
  server_in = gst_tegata_association_dup_srtp_key (pair.server.association, FALSE);
  g_assert_cmpuint (g_bytes_get_size (client_out), ==, 28);
  g_assert_true (g_bytes_equal (client_out, server_in));
  g_assert_true (g_bytes_equal (server_out, client_in));
  g_assert_false (g_bytes_equal (client_out, client_in));
  test_pair_clear (&pair);
}

static void
keep_peer_pem (TestWatcher *watcher, TegataState state)
{
  if (state == TEGATA_STATE_CONNECTED)
  {
    watcher->reaction = gst_tegata_association_dup_peer_pem (watcher->association);
  }
}

static void
test_peer_pem (void)
{
  TestPair pair;
  g_autofree char *pem = NULL;
  g_autofree char *seen = NULL;

  test_pair_init (&pair);
  g_assert_null (gst_tegata_association_dup_peer_pem (pair.client.association));
  pair.client.watcher->react = keep_peer_pem;
  test_pair_connect (&pair);
  pem = gst_tegata_association_dup_pem (pair.server.association);
  seen = pair.client.watcher->reaction;
  g_assert_cmpstr (seen, ==, pem);
  g_assert_null (strstr (pem, "PRIVATE"));
  test_pair_clear (&pair);
}

static void
test_stats (void)
{
  TestPair pair;
  TegataSessionStats stats;
  GstTegataDropped dropped;

  test_pair_init (&pair);
  g_assert_false (
      gst_tegata_association_get_stats (pair.client.association, &stats, &dropped));
  test_pair_connect (&pair);
  test_assert_media_both_ways (&pair);
  gst_tegata_association_count_dropped (pair.client.association, FALSE);
  gst_tegata_association_count_dropped (pair.client.association, FALSE);
  gst_tegata_association_count_dropped (pair.client.association, TRUE);

  g_assert_true (
      gst_tegata_association_get_stats (pair.client.association, &stats, &dropped));
  g_assert_cmpstr (stats.dtls_state, ==, "connected");
  g_assert_cmpstr (stats.dtls_role, ==, "client");
  g_assert_cmpuint (stats.outbound.rtp[TEGATA_SRTP_OK], ==, 3);
  g_assert_cmpuint (stats.inbound.rtcp[TEGATA_SRTP_OK], ==, 1);
  g_assert_cmpuint (dropped.media_before_connected, ==, 2);
  g_assert_cmpuint (dropped.data_before_connected, ==, 1);
  g_assert_cmpuint (dropped.outgoing_overflow, ==, 0);
  test_pair_clear (&pair);
}

static void
assert_key_log (const char *path, guint n_lines)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  GStatBuf status;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, n_lines + 1);
  for (guint i = 0; i < n_lines; i++)
  {
    g_assert_true (g_str_has_prefix (lines[i], "CLIENT_RANDOM "));
  }
  g_assert_cmpint (g_stat (path, &status), ==, 0);
  g_assert_cmpint ((int) (status.st_mode & 0777), ==, 0600);
}

/* Both write to one that others could read until now. */
static void
test_key_log (void)
{
  TestPair pair;
  g_autofree char *directory = g_dir_make_tmp ("tegata-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (directory, "keys.log", NULL);

  g_assert_true (g_file_set_contents (path, "", 0, NULL));
  g_assert_cmpint (g_chmod (path, 0644), ==, 0);
  test_pair_init (&pair);
  gst_tegata_association_set_key_log (pair.client.association, path);
  gst_tegata_association_set_key_log (pair.server.association, path);
  test_pair_connect (&pair);
  assert_key_log (path, 2);
  test_pair_clear (&pair);

  g_unlink (path);
  g_rmdir (directory);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);

  g_test_add_func ("/gst/association/connects-with-every-profile", test_profiles);
  g_test_add_func ("/gst/association/connects-for-data-only", test_data_only);
  g_test_add_func ("/gst/association/early-media-is-held-and-comes-in-order",
                   test_early_media);
  g_test_add_func ("/gst/association/the-role-may-be-told-late", test_late_start);
  g_test_add_func ("/gst/association/carries-data", test_data);
  g_test_add_func ("/gst/association/the-end-comes-behind-the-data",
                   test_data_then_close);
  g_test_add_func ("/gst/association/exports-one-key-per-direction", test_exported_keys);
  g_test_add_func ("/gst/association/knows-the-peer-before-it-says-connected",
                   test_peer_pem);
  g_test_add_func ("/gst/association/counts", test_stats);
  g_test_add_func ("/gst/association/logs-keys-for-its-owner-alone", test_key_log);
  return g_test_run ();
}
