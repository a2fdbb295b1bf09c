/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "association-pair.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Well-formed, and not strong enough. */
#define SHA1_FINGERPRINT                                                                 \
  "sha-1 01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14"

/* That it opens, and is closed again. */
static void
assert_opens (GstTegataAssociation *association)
{
  g_autoptr (GError) error = NULL;

  gst_tegata_association_open (association, &error);
  g_assert_no_error (error);
  gst_tegata_association_stop (association);
}

/* That it does not open, and says what @expected says. */
static void
assert_opens_not (GstTegataAssociation *association, const GError *expected)
{
  g_autoptr (GError) error = NULL;
  GstTegataFacts facts;

  g_assert_nonnull (expected);
  g_assert_false (gst_tegata_association_open (association, &error));
  g_assert_error (error, expected->domain, expected->code);
  g_assert_cmpstr (error->message, ==, expected->message);
  gst_tegata_association_get_facts (association, &facts);
  g_assert_false (facts.is_open);
  g_assert_cmpint (facts.state, ==, TEGATA_STATE_CLOSED);
}

static void
test_pem (void)
{
  g_autoptr (GstTegataAssociation) self = gst_tegata_association_new ();
  g_autoptr (TegataCertificate) made
      = tegata_certificate_new (TEGATA_KEY_TYPE_ECDSA_P256, NULL);
  g_autofree char *certificate = tegata_certificate_to_pem (made);
  g_autofree char *key = tegata_certificate_key_to_pem (made);
  g_autofree char *both = g_strconcat (certificate, key, NULL);
  g_autofree char *kept = NULL;
  g_autofree char *fresh = NULL;
  g_autofree char *fresh_again = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_false (gst_tegata_association_set_pem (self, "nonsense", &error));
  g_assert_error (error, TEGATA_ERROR, TEGATA_ERROR_PARSE);
  assert_opens_not (self, error);
  g_assert_null (gst_tegata_association_dup_pem (self));
  g_assert_null (gst_tegata_association_dup_fingerprint (self));
  g_clear_error (&error);

  g_assert_false (gst_tegata_association_set_pem (self, certificate, &error));
  g_assert_error (error, TEGATA_ERROR, TEGATA_ERROR_INVALID);
  assert_opens_not (self, error);
  g_clear_error (&error);

  g_assert_true (gst_tegata_association_set_pem (self, both, &error));
  g_assert_no_error (error);
  assert_opens (self);
  kept = gst_tegata_association_dup_pem (self);
  g_assert_cmpstr (kept, ==, certificate);

  g_assert_true (gst_tegata_association_set_pem (self, NULL, NULL));
  assert_opens (self);
  fresh = gst_tegata_association_dup_pem (self);
  fresh_again = gst_tegata_association_dup_pem (self);
  g_assert_cmpstr (fresh, ==, fresh_again);
  g_assert_cmpstr (fresh, !=, certificate);
}

static void
test_fingerprint (void)
{
  static const char *const bad[]
      = { "sha-256 AB:CD", "sha-256", "nonsense", " , ", SHA1_FINGERPRINT };
  g_autoptr (GstTegataAssociation) self = gst_tegata_association_new ();
  g_autofree char *good = gst_tegata_association_dup_fingerprint (self);

  gst_tegata_association_set_require_fingerprint (self, FALSE);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
  {
    g_autoptr (GError) error = NULL;
    g_autofree char *text = NULL;

    g_assert_false (gst_tegata_association_set_peer_fingerprint (self, bad[i], &error));
    text = gst_tegata_association_dup_peer_fingerprint (self);
    g_assert_cmpstr (text, ==, bad[i]);
    assert_opens_not (self, error);
  }

  g_assert_true (gst_tegata_association_set_peer_fingerprint (self, good, NULL));
  assert_opens (self);
  g_assert_true (gst_tegata_association_set_peer_fingerprint (self, "", NULL));
  assert_opens (self);
  g_assert_true (gst_tegata_association_set_peer_fingerprint (self, NULL, NULL));
  g_assert_null (gst_tegata_association_dup_peer_fingerprint (self));
  assert_opens (self);
}

static void
test_profiles (void)
{
  g_autoptr (GstTegataAssociation) self = gst_tegata_association_new ();
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_null (gst_tegata_association_dup_profiles (self));
  g_assert_false (
      gst_tegata_association_set_profiles (self, "AEAD_AES_128_GCM:ROT13", &error));
  g_assert_error (error, TEGATA_ERROR, TEGATA_ERROR_PARSE);
  g_assert_nonnull (strstr (error->message, "ROT13"));
  assert_opens_not (self, error);

  g_assert_true (gst_tegata_association_set_profiles (self, "AEAD_AES_128_GCM", NULL));
  text = gst_tegata_association_dup_profiles (self);
  g_assert_cmpstr (text, ==, "AEAD_AES_128_GCM");
  assert_opens (self);
  g_assert_true (gst_tegata_association_set_profiles (self, "", NULL));
  assert_opens (self);
  g_assert_true (gst_tegata_association_set_profiles (self, NULL, NULL));
  assert_opens (self);
}

static void
test_versions (void)
{
  g_autoptr (GstTegataAssociation) self = gst_tegata_association_new ();
  g_autoptr (GError) error = NULL;
  TegataVersion min;
  TegataVersion max;

  gst_tegata_association_set_versions (self, TEGATA_VERSION_DTLS_1_2,
                                       TEGATA_VERSION_DTLS_1_0);
  gst_tegata_association_get_versions (self, &min, &max);
  g_assert_cmpint (min, ==, TEGATA_VERSION_DTLS_1_2);
  g_assert_cmpint (max, ==, TEGATA_VERSION_DTLS_1_0);
  g_assert_false (gst_tegata_association_open (self, &error));
  g_assert_error (error, TEGATA_ERROR, TEGATA_ERROR_INVALID);

  gst_tegata_association_set_versions (self, TEGATA_VERSION_DTLS_1_2,
                                       TEGATA_VERSION_DTLS_1_2);
  assert_opens (self);
}

static void
test_key_log (void)
{
  g_autoptr (GstTegataAssociation) self = gst_tegata_association_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;

  gst_tegata_association_set_key_log (self, "/nowhere/at/all/keys.log");
  path = gst_tegata_association_dup_key_log (self);
  g_assert_cmpstr (path, ==, "/nowhere/at/all/keys.log");
  g_assert_false (gst_tegata_association_open (self, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
  g_assert_nonnull (strstr (error->message, path));

  gst_tegata_association_set_key_log (self, NULL);
  assert_opens (self);
}

static void
assert_no_key_log (const char *path)
{
  g_autoptr (GstTegataAssociation) self = gst_tegata_association_new ();
  g_autoptr (GError) error = NULL;

  gst_tegata_association_set_key_log (self, path);
  g_assert_false (gst_tegata_association_open (self, &error));
  g_assert_nonnull (error);
  g_assert_cmpint (error->domain, ==, G_FILE_ERROR);
  g_assert_nonnull (strstr (error->message, path));
  g_assert_nonnull (strstr (error->message, "expected a regular file"));
}

static void
assert_mode (const char *path, guint mode)
{
  GStatBuf status;

  g_assert_cmpint (g_stat (path, &status), ==, 0);
  g_assert_cmphex (status.st_mode & 0777, ==, mode);
  g_assert_cmpint (status.st_size, ==, 1);
}

static void
test_key_log_elsewhere (void)
{
  g_autofree char *directory = g_dir_make_tmp ("tegata-XXXXXX", NULL);
  g_autofree char *victim = g_build_filename (directory, "victim", NULL);
  g_autofree char *trap = g_build_filename (directory, "trap", NULL);

  g_assert_true (g_file_set_contents (victim, "x", 1, NULL));
  g_assert_cmpint (g_chmod (victim, 0644), ==, 0);
  g_assert_cmpint (symlink (victim, trap), ==, 0);
  assert_no_key_log (trap);
  assert_mode (victim, 0644);
  g_remove (trap);

  g_assert_cmpint (mkfifo (trap, 0600), ==, 0);
  assert_no_key_log (trap);
  g_remove (trap);

  assert_no_key_log ("/dev/null");
  if (geteuid () == 0)
  {
    g_assert_cmpint (chown (victim, 1, 1), ==, 0);
    assert_no_key_log (victim);
    assert_mode (victim, 0644);
  }
  g_remove (victim);
  g_rmdir (directory);
}

static void
test_numbers (void)
{
  g_autoptr (GstTegataAssociation) self = gst_tegata_association_new ();

  g_assert_cmpuint (gst_tegata_association_get_mtu (self), ==, TEGATA_DEFAULT_MTU);
  g_assert_cmpuint (gst_tegata_association_get_handshake_timeout (self), ==, 30000);
  g_assert_cmpuint (gst_tegata_association_get_rtt (self), ==, 0);
  g_assert_true (gst_tegata_association_get_require_fingerprint (self));

  gst_tegata_association_set_mtu (self, 600);
  gst_tegata_association_set_handshake_timeout (self, 1234);
  gst_tegata_association_set_rtt (self, 5678);
  gst_tegata_association_set_require_fingerprint (self, FALSE);
  g_assert_cmpuint (gst_tegata_association_get_mtu (self), ==, 600);
  g_assert_cmpuint (gst_tegata_association_get_handshake_timeout (self), ==, 1234);
  g_assert_cmpuint (gst_tegata_association_get_rtt (self), ==, 5678);
  g_assert_false (gst_tegata_association_get_require_fingerprint (self));
}

static void
test_mtu (void)
{
  TestPair pair;

  test_pair_init (&pair);
  gst_tegata_association_set_mtu (pair.server.association, 256);
  test_pair_connect (&pair);
  g_assert_cmpuint (pair.server.longest, <=, 256);
  g_assert_cmpuint (pair.client.longest, >, 256);
  test_pair_clear (&pair);
}

static void
set_key (TestEnd *end, TegataSrtpProfile profile, guint8 fill)
{
  guint8 key[TEGATA_SRTP_MAX_KEY_LEN];
  g_autoptr (GError) error = NULL;

  memset (key, fill, sizeof key);
  gst_tegata_association_set_fixed_key (
      end->association, profile, key, tegata_srtp_profile_get_key_len (profile), &error);
  g_assert_no_error (error);
}

static void
test_fixed_key (void)
{
  static const TegataSrtpProfile profiles[]
      = { TEGATA_SRTP_AES128_CM_HMAC_SHA1_80, TEGATA_SRTP_AES128_CM_HMAC_SHA1_32,
          TEGATA_SRTP_AEAD_AES_128_GCM, TEGATA_SRTP_AEAD_AES_256_GCM };
  const gint is_flushing = FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (profiles); i++)
  {
    TestPair pair;
    GstTegataFacts facts;

    test_pair_init (&pair);
    set_key (&pair.client, profiles[i], 0x11);
    set_key (&pair.server, profiles[i], 0x11);
    g_assert_true (gst_tegata_association_has_fixed_key (pair.client.association));
    test_assert_no_media (&pair);
    test_pair_open (&pair);
    test_pair_start (&pair);
    g_assert_true (gst_tegata_association_wait (pair.client.association, &is_flushing));
    test_assert_media_both_ways (&pair);

    gst_tegata_association_get_facts (pair.client.association, &facts);
    g_assert_true (facts.is_open);
    g_assert_cmpint (facts.state, ==, TEGATA_STATE_CLOSED);
    g_assert_cmpint (facts.profile, ==, profiles[i]);
    test_watcher_assert_told (pair.client.watcher, "");
    g_assert_null (gst_tegata_association_pop_outgoing (pair.client.association));
    test_pair_clear (&pair);
  }
}

static void
open_anew (TestPair *pair, guint8 fill)
{
  TestEnd *ends[] = { &pair->client, &pair->server };

  for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
  {
    gst_tegata_association_stop (ends[i]->association);
    set_key (ends[i], TEGATA_SRTP_AES128_CM_HMAC_SHA1_80, fill);
  }
  test_pair_open (pair);
}

/* What was sent once is never sent under the same key again, nor read. */
static void
test_same_fixed_key (void)
{
  TestPair pair;
  g_autoptr (GBytes) first = NULL;

  test_pair_init (&pair);
  open_anew (&pair, 0x11);
  first = test_protect (&pair.client, FALSE, 1);
  test_deliver (&pair.server, first);
  g_assert_cmpuint (pair.server.rtp->len, ==, 1);

  open_anew (&pair, 0x11);
  test_deliver (&pair.server, first);
  g_assert_cmpuint (pair.server.rtp->len, ==, 1);
  g_assert_cmpint (test_send_rtp (&pair.client, &pair.server, 1), !=, TEGATA_SRTP_OK);
  g_assert_cmpint (test_send_rtp (&pair.client, &pair.server, 2), ==, TEGATA_SRTP_OK);
  g_assert_cmpuint (pair.server.rtp->len, ==, 2);

  open_anew (&pair, 0x22);
  g_assert_cmpint (test_send_rtp (&pair.client, &pair.server, 1), ==, TEGATA_SRTP_OK);
  g_assert_cmpuint (pair.server.rtp->len, ==, 3);

  /* also where the old one is in use still */
  set_key (&pair.client, TEGATA_SRTP_AES128_CM_HMAC_SHA1_80, 0x33);
  set_key (&pair.server, TEGATA_SRTP_AES128_CM_HMAC_SHA1_80, 0x33);
  open_anew (&pair, 0x33);
  g_assert_cmpint (test_send_rtp (&pair.client, &pair.server, 1), ==, TEGATA_SRTP_OK);
  g_assert_cmpuint (pair.server.rtp->len, ==, 4);
  test_pair_clear (&pair);
}

static void
test_wrong_fixed_key (void)
{
  TestPair pair;

  test_pair_init (&pair);
  set_key (&pair.client, TEGATA_SRTP_AEAD_AES_128_GCM, 0x11);
  set_key (&pair.server, TEGATA_SRTP_AEAD_AES_128_GCM, 0x22);
  test_pair_open (&pair);
  g_assert_cmpint (test_send_rtp (&pair.client, &pair.server, 1), ==, TEGATA_SRTP_OK);
  g_assert_cmpint (test_send_rtcp (&pair.client, &pair.server), ==, TEGATA_SRTP_OK);
  g_assert_cmpuint (pair.server.rtp->len + pair.server.rtcp->len, ==, 0);
  test_pair_clear (&pair);
}

static void
test_bad_fixed_key (void)
{
  TestPair pair;
  guint8 key[16] = { 0 };
  g_autoptr (GError) error = NULL;

  test_pair_init (&pair);
  g_assert_false (gst_tegata_association_set_fixed_key (
      pair.client.association, TEGATA_SRTP_AEAD_AES_128_GCM, key, sizeof key, &error));
  g_assert_error (error, TEGATA_ERROR, TEGATA_ERROR_INVALID);
  assert_opens_not (pair.client.association, error);

  /* back to DTLS */
  set_key (&pair.server, TEGATA_SRTP_AEAD_AES_128_GCM, 0x22);
  gst_tegata_association_set_fixed_key (pair.client.association, TEGATA_SRTP_PROFILE_NONE,
                                        NULL, 0, NULL);
  gst_tegata_association_set_fixed_key (pair.server.association, TEGATA_SRTP_PROFILE_NONE,
                                        NULL, 0, NULL);
  g_assert_false (gst_tegata_association_has_fixed_key (pair.server.association));
  test_pair_connect (&pair);
  test_assert_media_both_ways (&pair);
  test_pair_clear (&pair);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);

  g_test_add_func ("/gst/association/settings/a-bad-pem-can-be-mended", test_pem);
  g_test_add_func ("/gst/association/settings/a-bad-fingerprint-can-be-mended",
                   test_fingerprint);
  g_test_add_func ("/gst/association/settings/bad-profiles-can-be-mended", test_profiles);
  g_test_add_func ("/gst/association/settings/bad-versions-can-be-mended", test_versions);
  g_test_add_func ("/gst/association/settings/a-bad-key-log-can-be-mended", test_key_log);
  g_test_add_func ("/gst/association/settings/the-key-log-is-a-file-of-our-own",
                   test_key_log_elsewhere);
  g_test_add_func ("/gst/association/settings/numbers-are-kept", test_numbers);
  g_test_add_func ("/gst/association/settings/no-datagram-is-longer-than-the-mtu",
                   test_mtu);
  g_test_add_func ("/gst/association/settings/a-fixed-key-needs-no-dtls", test_fixed_key);
  g_test_add_func ("/gst/association/settings/the-same-fixed-key-counts-on",
                   test_same_fixed_key);
  g_test_add_func ("/gst/association/settings/a-wrong-fixed-key-reads-nothing",
                   test_wrong_fixed_key);
  g_test_add_func ("/gst/association/settings/a-bad-fixed-key-can-be-taken-back",
                   test_bad_fixed_key);
  return g_test_run ();
}
