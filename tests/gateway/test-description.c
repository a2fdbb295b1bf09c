/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Offers as browsers write them, and what is taken of them. */
#include "offer.h"

#include <string.h>

/* ---- browsers ---- */

typedef struct
{
  const char *file;
  GatewayService service;
  const char *video;
  guint8 video_type;
  guint8 video_rtx_type;
  guint8 audio_type;
  const char *const lines[6]; /* of the answer */
} Browser;

static const Browser browsers[] = {
  { "chromium.sdp",
    GATEWAY_WATCH,
    "VP8",
    96,
    97,
    111,
    { "a=group:BUNDLE 0 1\r\n", "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\n",
      "a=ssrc-group:FID 11 12\r\n", "a=sendonly\r\n", "a=rtcp-fb:96 nack pli\r\n" } },
  { "chromium.sdp",
    GATEWAY_WATCH,
    "H264",
    108,
    109,
    111,
    { "a=fmtp:108 level-asymmetry-allowed=1;packetization-mode=1;"
      "profile-level-id=42e01f\r\n",
      "a=fmtp:109 apt=108\r\n" } },
  { "firefox.sdp",
    GATEWAY_WATCH,
    "VP8",
    120,
    124,
    109,
    { "a=group:BUNDLE 0 1\r\n", "m=audio 9 UDP/TLS/RTP/SAVPF 109\r\n",
      "a=ssrc:13 cname:somebody\r\n", "a=msid:gateway audio\r\n" } },
  { "chromium-publish.sdp",
    GATEWAY_PUBLISH,
    "VP8",
    96,
    97,
    111,
    { "a=recvonly\r\n", "a=rtcp-fb:96 ccm fir\r\n", "a=rtcp-mux-only\r\n" } },
  { "firefox-publish.sdp",
    GATEWAY_PUBLISH,
    "VP8",
    120,
    124,
    109,
    { "a=group:BUNDLE 0 1\r\n", "a=setup:passive\r\n", "a=end-of-candidates\r\n" } },
};

static void
test_answers_browsers (gconstpointer data)
{
  const Browser *browser = data;
  g_autofree char *text = offer_read_file (browser->file);
  g_autoptr (GatewayOffer) offer = offer_read (text);
  g_autofree char *answered = NULL;
  g_autoptr (GError) error = NULL;
  GatewayFormat formats[GATEWAY_N_KINDS];

  g_assert_true (offer_choose (offer, browser->service, browser->video, &error));
  g_assert_no_error (error);
  gateway_offer_get_formats (offer, formats);
  g_assert_cmpuint (formats[GATEWAY_VIDEO].payload_type, ==, browser->video_type);
  g_assert_cmpuint (formats[GATEWAY_VIDEO].rtx_payload_type, ==, browser->video_rtx_type);
  g_assert_true (formats[GATEWAY_VIDEO].has_nack);
  g_assert_true (formats[GATEWAY_VIDEO].has_pli);
  g_assert_cmpuint (formats[GATEWAY_AUDIO].payload_type, ==, browser->audio_type);
  g_assert_cmpuint (offer->ice.candidates->len, >, 0);
  answered = offer_answer (offer, browser->service);
  offer_assert_mirrors (offer, answered);
  for (guint i = 0; i < G_N_ELEMENTS (browser->lines) && browser->lines[i] != NULL; i++)
  {
    offer_assert_contains (answered, browser->lines[i]);
  }
}

static void
test_knows_a_camera_by_its_ssrc (void)
{
  g_autofree char *text = offer_read_file ("firefox-publish.sdp");
  g_autoptr (GatewayOffer) offer = offer_read (text);
  GatewayFormat formats[GATEWAY_N_KINDS];

  g_assert_true (offer_choose (offer, GATEWAY_PUBLISH, "VP8", NULL));
  gateway_offer_get_formats (offer, formats);
  g_assert_cmpuint (formats[GATEWAY_VIDEO].ssrc, ==, 4015563797);
  g_assert_cmpuint (formats[GATEWAY_VIDEO].rtx_ssrc, ==, 2138236702);
  g_assert_cmpuint (formats[GATEWAY_AUDIO].ssrc, ==, 3121529201);
  g_assert_cmpuint (formats[GATEWAY_AUDIO].rtx_ssrc, ==, 0);
}

/* ---- what is taken in part ---- */

static char *
watch (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GatewayOffer) offer = offer_read_and_choose (text, GATEWAY_WATCH, &error);
  char *answered;

  g_assert_no_error (error);
  answered = offer_answer (offer, GATEWAY_WATCH);
  offer_assert_mirrors (offer, answered);
  return answered;
}

static void
test_turns_down_what_it_has_not (void)
{
  g_autofree char *text = g_strconcat (
      base_offer, "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:2\r\n",
      AUDIO, NULL);
  g_autofree char *again = NULL, *grouped = NULL, *answered = NULL;
  g_auto (GStrv) parts = g_strsplit (text, "a=mid:1", 3);

  again = g_strconcat (parts[0], "a=mid:1", parts[1], "a=mid:3", parts[2], NULL);
  grouped = offer_replace (again, "BUNDLE 0 1", "BUNDLE 0 1 2 3");
  answered = watch (grouped);
  offer_assert_contains (answered, "a=group:BUNDLE 0 1\r\n");
  offer_assert_contains (answered,
                         "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n");
  offer_assert_contains (answered, "m=audio 0 UDP/TLS/RTP/SAVPF 111\r\n");
}

/* Its candidates and all then stand in the next one: RFC 9143 section 7.3.1. */
static void
test_carries_all_by_the_first_that_it_takes (void)
{
  g_autofree char *text = offer_replace (base_offer, "VP8/90000", "VP7/90000");
  g_autofree char *answered = watch (text);
  const char *audio = strstr (answered, "m=audio 9 ");

  offer_assert_contains (answered, "a=group:BUNDLE 1\r\n");
  offer_assert_contains (answered, "m=video 0 ");
  g_assert_nonnull (audio);
  offer_assert_contains (audio,
                         "a=candidate:1 1 UDP 2015363327 192.0.2.2 47750 typ host\r\n");
  offer_assert_contains (audio, "a=fingerprint:sha-256 ");
}

static void
test_takes_bundle_only_sections (void)
{
  g_autofree char *text = offer_replace (base_offer, "m=audio 9", "m=audio 0");
  g_autofree char *shared = offer_replace (text, "a=mid:1", "a=mid:1\r\na=bundle-only");
  g_autofree char *refused = watch (text);
  g_autofree char *taken = watch (shared);

  offer_assert_contains (refused, "m=audio 0 ");
  offer_assert_contains (taken, "m=audio 9 ");
}

static void
test_takes_one_section_without_a_group (void)
{
  g_autofree char *text = offer_replace (base_offer, AUDIO, "");
  g_autofree char *alone = offer_replace (text, "a=group:BUNDLE 0 1\r\n", "");
  g_autofree char *answered = watch (alone);

  offer_assert_lacks (answered, "a=group");
  offer_assert_lacks (answered, "a=rtcp-mux-only");
}

static void
test_takes_ice_and_dtls_of_the_session (void)
{
  const char *const lines[]
      = { "a=ice-ufrag:abcd\r\n", "a=ice-pwd:" PASSWORD "\r\n",
          "a=fingerprint:" FINGERPRINT "\r\n", "a=setup:actpass\r\n" };
  g_autofree char *text = g_strdup (base_offer);

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
  {
    g_autofree char *without = offer_replace (text, lines[i], "");
    g_autofree char *before = g_strconcat (lines[i], "m=video", NULL);

    g_free (text);
    text = offer_replace (without, "m=video", before);
  }
  g_free (watch (text));
}

static void
test_believes_the_section_before_the_session (void)
{
  g_autofree char *text
      = offer_replace (base_offer, "t=0 0\r\n",
                       "t=0 0\r\na=fingerprint:sha-256 "
                       "00:28:68:DA:DE:D8:03:21:27:71:58:3F:24:3C:4C:27:04:DC:"
                       "73:73:6F:9A:35:CF:3B:D6:B9:D9:4C:02:86:B0\r\n");
  g_autoptr (GatewayOffer) offer = offer_read (text);
  g_autofree char *found = NULL;

  g_assert_cmpuint (offer->fingerprints->len, ==, 1);
  found = tegata_fingerprint_to_string (g_ptr_array_index (offer->fingerprints, 0));
  g_assert_cmpstr (found, ==, FINGERPRINT);
}

static void
test_sends_again_only_as_agreed (void)
{
  g_autofree char *text = offer_replace (base_offer, "a=rtcp-fb:96 nack\r\n", "");
  g_autofree char *without = watch (text);
  g_autofree char *with = watch (base_offer);
  g_autofree char *wildcard_text
      = offer_replace (base_offer, "a=rtcp-fb:96", "a=rtcp-fb:*");
  g_autofree char *wildcard = watch (wildcard_text);

  offer_assert_contains (with, "a=rtpmap:97 rtx/90000\r\n");
  offer_assert_contains (wildcard, "a=rtpmap:97 rtx/90000\r\n");
  offer_assert_lacks (without, "rtx");
  offer_assert_lacks (without, "ssrc-group");
}

/* RFC 5761 section 4. */
static void
test_takes_no_payload_type_that_looks_like_rtcp (void)
{
  g_auto (GStrv) parts = g_strsplit (base_offer, "96", 0);
  g_autofree char *text = g_strjoinv ("72", parts);
  g_autofree char *answered = watch (text);

  offer_assert_contains (answered, "m=video 0 ");
}

/* ---- H.264 ---- */

static void
test_takes_the_h264_that_fits_best (void)
{
  const struct
  {
    const char *fmtp;
    gboolean fits;
  } rows[] = {
    { "packetization-mode=1;profile-level-id=42e01f", TRUE },
    { "profile-level-id=640c34; packetization-mode=1", TRUE },
    { "packetization-mode=0;profile-level-id=42e01f", FALSE },
    { "profile-level-id=42e01f", FALSE },
    { "packetization-mode=1;profile-level-id=42e00a", FALSE }, /* far too small */
    { "packetization-mode=1;profile-level-id=f4001f", FALSE }, /* 4:4:4 */
    { "packetization-mode=1;profile-level-id=nonsense", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
  {
    g_autofree char *line = g_strdup_printf ("H264/90000\r\na=fmtp:96 %s", rows[i].fmtp);
    g_autofree char *text = offer_replace (base_offer, "VP8/90000", line);
    g_autoptr (GatewayOffer) offer = offer_read (text);

    g_test_message ("%s", rows[i].fmtp);
    g_assert_true (offer_choose (offer, GATEWAY_WATCH, "H264", NULL));
    g_assert_cmpint (offer->sections[0].format.codec != NULL, ==, rows[i].fits);
  }
}

/* ---- roles ---- */

static void
test_answers_the_other_role (void)
{
  const struct
  {
    const char *line;
    TegataSetup answered; /* NONE: refused */
    TegataRole role;
  } rows[] = {
    { "a=setup:actpass\r\n", TEGATA_SETUP_PASSIVE, TEGATA_ROLE_SERVER },
    { "a=setup:active\r\n", TEGATA_SETUP_PASSIVE, TEGATA_ROLE_SERVER },
    { "a=setup:passive\r\n", TEGATA_SETUP_ACTIVE, TEGATA_ROLE_CLIENT },
    { "", TEGATA_SETUP_PASSIVE, TEGATA_ROLE_SERVER },
    { "a=setup:holdconn\r\n", TEGATA_SETUP_NONE, TEGATA_ROLE_SERVER },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
  {
    g_autofree char *text
        = offer_replace (base_offer, "a=setup:actpass\r\n", rows[i].line);
    g_autoptr (GatewayOffer) offer = offer_read (text);
    g_autoptr (GError) error = NULL;
    TegataSetup setup;
    TegataRole role;

    if (rows[i].answered == TEGATA_SETUP_NONE)
    {
      g_assert_false (gateway_offer_get_role (offer, &setup, &role, &error));
      g_assert_error (error, GATEWAY_PROBLEM, SOUP_STATUS_UNPROCESSABLE_ENTITY);
      continue;
    }
    g_assert_true (gateway_offer_get_role (offer, &setup, &role, &error));
    g_assert_cmpint (setup, ==, rows[i].answered);
    g_assert_cmpint (role, ==, rows[i].role);
  }
}

static void
test_begins_a_fragment_of_its_own (void)
{
  g_autofree char *text = offer_replace (base_offer, "VP8/90000", "VP7/90000");
  g_autoptr (GatewayOffer) offer = offer_read_and_choose (text, GATEWAY_WATCH, NULL);
  g_autofree char *head = gateway_offer_dup_fragment_head (offer);

  g_assert_cmpstr (
      head, ==,
      "a=ice-options:trickle\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:1\r\n");
}

static void
add_rows (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (browsers); i++)
  {
    g_autofree char *stem = g_strndup (browsers[i].file, strlen (browsers[i].file) - 4);
    g_autofree char *path = g_strdup_printf ("/gateway/description/answers-%s-of-%s",
                                             stem, browsers[i].video);

    g_test_add_data_func (path, &browsers[i], test_answers_browsers);
  }
}

int
main (int argc, char **argv)
{
  const struct
  {
    const char *name;
    GTestFunc function;
  } cases[] = {
    { "knows-a-camera-by-its-ssrc", test_knows_a_camera_by_its_ssrc },
    { "turns-down-what-it-has-not", test_turns_down_what_it_has_not },
    { "carries-all-by-the-first-that-it-takes",
      test_carries_all_by_the_first_that_it_takes },
    { "takes-bundle-only-sections", test_takes_bundle_only_sections },
    { "takes-one-section-without-a-group", test_takes_one_section_without_a_group },
    { "takes-ice-and-dtls-of-the-session", test_takes_ice_and_dtls_of_the_session },
    { "believes-the-section-before-the-session",
      test_believes_the_section_before_the_session },
    { "sends-again-only-as-agreed", test_sends_again_only_as_agreed },
    { "takes-no-payload-type-that-looks-like-rtcp",
      test_takes_no_payload_type_that_looks_like_rtcp },
    { "takes-the-h264-that-fits-best", test_takes_the_h264_that_fits_best },
    { "answers-the-other-role", test_answers_the_other_role },
    { "begins-a-fragment-of-its-own", test_begins_a_fragment_of_its_own },
  };

  g_test_init (&argc, &argv, NULL);
  add_rows ();
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
  {
    g_autofree char *path = g_strconcat ("/gateway/description/", cases[i].name, NULL);

    g_test_add_func (path, cases[i].function);
  }
  return g_test_run ();
}
