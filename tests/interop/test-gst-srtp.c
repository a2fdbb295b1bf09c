/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support/srtp-pair.h"

#include <gst/check/gstharness.h>
#include <gst/gst.h>

/*
 * GStreamer's own SRTP elements, under our keys: what srtpenc protects TegataSrtp
 * unprotects, and what TegataSrtp protects comes out of srtpdec. Buffers go one by one:
 * srtpdec 1.22 corrupts reference counts when it is given a list.
 */

#define SSRC 0x5eed0001u
#define N_PACKETS 200
#define FIRST_SEQUENCE 65500 /* so that the counter rolls over on the way */

/* GStreamer wants no authentication named beside GCM, which brings its own. */
static const struct
{
  TegataSrtpProfile profile;
  const char *cipher;
  const char *rtp_auth;
  const char *rtcp_auth;
} profiles[] = {
  { TEGATA_SRTP_AES128_CM_HMAC_SHA1_80, "aes-128-icm", "hmac-sha1-80", "hmac-sha1-80" },
  { TEGATA_SRTP_AES128_CM_HMAC_SHA1_32, "aes-128-icm", "hmac-sha1-32", "hmac-sha1-80" },
  { TEGATA_SRTP_AEAD_AES_128_GCM, "aes-128-gcm", "null", "null" },
  { TEGATA_SRTP_AEAD_AES_256_GCM, "aes-256-gcm", "null", "null" },
};

typedef struct
{
  gsize i; /* of profiles */
  gboolean is_rtcp;
} Case;

static gboolean
is_missing (const char *element)
{
  g_autoptr (GstElementFactory) factory = gst_element_factory_find (element);

  if (factory != NULL)
  {
    return FALSE;
  }
  g_test_skip ("GStreamer has no srtp plugin here: install gstreamer1.0-plugins-bad");
  return TRUE;
}

static GstBuffer *
new_key (TegataSrtpProfile profile)
{
  return gst_buffer_new_memdup (srtp_pair_key, tegata_srtp_profile_get_key_len (profile));
}

static GByteArray *
new_plain (const Case *test_case, guint i)
{
  return test_case->is_rtcp ? srtp_pair_rtcp (SSRC, i)
                            : srtp_pair_rtp (SSRC, (guint16) (FIRST_SEQUENCE + i), 7 * i);
}

static GstHarness *
new_encoder (const Case *test_case)
{
  GstElement *element = gst_element_factory_make ("srtpenc", NULL);
  g_autoptr (GstBuffer) key = new_key (profiles[test_case->i].profile);
  GstHarness *harness;

  g_object_set (element, "key", key, NULL);
  gst_util_set_object_arg (G_OBJECT (element), "rtp-cipher",
                           profiles[test_case->i].cipher);
  gst_util_set_object_arg (G_OBJECT (element), "rtp-auth",
                           profiles[test_case->i].rtp_auth);
  gst_util_set_object_arg (G_OBJECT (element), "rtcp-cipher",
                           profiles[test_case->i].cipher);
  gst_util_set_object_arg (G_OBJECT (element), "rtcp-auth",
                           profiles[test_case->i].rtcp_auth);

  harness = gst_harness_new_with_element (
      element, test_case->is_rtcp ? "rtcp_sink_0" : "rtp_sink_0",
      test_case->is_rtcp ? "rtcp_src_0" : "rtp_src_0");
  gst_harness_set_src_caps_str (harness, test_case->is_rtcp ? "application/x-rtcp"
                                                            : "application/x-rtp");
  gst_object_unref (element);
  return harness;
}

static GstCaps *
answer_request_key (G_GNUC_UNUSED GstElement *element,
                    G_GNUC_UNUSED guint ssrc,
                    gpointer user_data)
{
  const Case *test_case = user_data;
  g_autoptr (GstBuffer) key = new_key (profiles[test_case->i].profile);

  return gst_caps_new_simple ("application/x-srtp", "srtp-key", GST_TYPE_BUFFER, key,
                              "srtp-cipher", G_TYPE_STRING, profiles[test_case->i].cipher,
                              "srtp-auth", G_TYPE_STRING, profiles[test_case->i].rtp_auth,
                              "srtcp-cipher", G_TYPE_STRING,
                              profiles[test_case->i].cipher, "srtcp-auth", G_TYPE_STRING,
                              profiles[test_case->i].rtcp_auth, NULL);
}

static GstHarness *
new_decoder (const Case *test_case)
{
  GstElement *element = gst_element_factory_make ("srtpdec", NULL);
  GstHarness *harness;

  g_signal_connect (element, "request-key", G_CALLBACK (answer_request_key),
                    (gpointer) test_case);
  harness = gst_harness_new_with_element (element,
                                          test_case->is_rtcp ? "rtcp_sink" : "rtp_sink",
                                          test_case->is_rtcp ? "rtcp_src" : "rtp_src");
  gst_harness_set_src_caps_str (harness, test_case->is_rtcp ? "application/x-srtcp"
                                                            : "application/x-srtp");
  gst_object_unref (element);
  return harness;
}

/* (transfer full): what the element made of @packet; it works within the push, so nothing
 * is waited for. */
static GByteArray *
pass (GstHarness *harness, const GByteArray *packet)
{
  g_autoptr (GstBuffer) out = NULL;
  GByteArray *bytes = g_byte_array_new ();

  g_assert_cmpint (
      gst_harness_push (harness, gst_buffer_new_memdup (packet->data, packet->len)), ==,
      GST_FLOW_OK);
  out = gst_harness_try_pull (harness);
  g_assert_nonnull (out);
  g_byte_array_set_size (bytes, (guint) gst_buffer_get_size (out));
  gst_buffer_extract (out, 0, bytes->data, bytes->len);
  return bytes;
}

static void
srtpenc_is_understood (gconstpointer data)
{
  const Case *test_case = data;
  TegataSrtpProfile profile = profiles[test_case->i].profile;
  g_autoptr (TegataSrtp) receiver = NULL;
  GstHarness *encoder;

  if (is_missing ("srtpenc"))
  {
    return;
  }

  receiver = srtp_pair_new_half (profile, TEGATA_SRTP_INBOUND);
  encoder = new_encoder (test_case);
  for (guint i = 0; i < N_PACKETS; i++)
  {
    g_autoptr (GByteArray) plain = new_plain (test_case, i);
    g_autoptr (GByteArray) packet = pass (encoder, plain);
    gsize overhead = test_case->is_rtcp ? tegata_srtp_profile_get_rtcp_overhead (profile)
                                        : tegata_srtp_profile_get_rtp_overhead (profile);
    gsize len = 0;

    g_assert_cmpuint (packet->len, ==, plain->len + overhead);
    srtp_assert_outcome (
        (test_case->is_rtcp ? tegata_srtp_unprotect_rtcp : tegata_srtp_unprotect_rtp) (
            receiver, packet->data, packet->len, packet->data, packet->len, &len),
        TEGATA_SRTP_OK);
    g_assert_cmpmem (packet->data, len, plain->data, plain->len);
  }
  gst_harness_teardown (encoder);
}

static void
srtpdec_understands (gconstpointer data)
{
  const Case *test_case = data;
  g_autoptr (TegataSrtp) sender = NULL;
  GstHarness *decoder;

  if (is_missing ("srtpdec"))
  {
    return;
  }

  sender = srtp_pair_new_half (profiles[test_case->i].profile, TEGATA_SRTP_OUTBOUND);
  decoder = new_decoder (test_case);
  for (guint i = 0; i < N_PACKETS; i++)
  {
    g_autoptr (GByteArray) plain = new_plain (test_case, i);
    g_autoptr (GByteArray) packet = test_case->is_rtcp
                                        ? srtp_pair_protect_rtcp (sender, plain)
                                        : srtp_pair_protect_rtp (sender, plain);
    g_autoptr (GByteArray) received = pass (decoder, packet);

    g_assert_cmpmem (received->data, received->len, plain->data, plain->len);
  }
  gst_harness_teardown (decoder);
}

static void
add_tests (void)
{
  for (gsize i = 0; i < 2 * G_N_ELEMENTS (profiles); i++)
  {
    Case test_case = { i / 2, i % 2 == 1 };
    const char *name = tegata_srtp_profile_to_string (profiles[test_case.i].profile);
    const char *kind = test_case.is_rtcp ? "rtcp" : "rtp";
    g_autofree char *from
        = g_strdup_printf ("/gst-srtp/srtpenc-is-understood/%s/%s", kind, name);
    g_autofree char *to
        = g_strdup_printf ("/gst-srtp/srtpdec-understands/%s/%s", kind, name);

    g_test_add_data_func_full (from, g_memdup2 (&test_case, sizeof test_case),
                               srtpenc_is_understood, g_free);
    g_test_add_data_func_full (to, g_memdup2 (&test_case, sizeof test_case),
                               srtpdec_understands, g_free);
  }
}

/* A registry of our own: what the user's knows, or fails to know, is none of ours. */
static void
use_private_registry (void)
{
  const char *build_dir = g_getenv ("TEGATA_BUILDDIR");
  g_autofree char *registry = NULL;

  if (build_dir != NULL)
  {
    registry = g_build_filename (build_dir, "tests", "interop", "gst-registry.bin", NULL);
    g_setenv ("GST_REGISTRY", registry, TRUE);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  use_private_registry ();
  gst_init (&argc, &argv);

  add_tests ();

  return g_test_run ();
}
