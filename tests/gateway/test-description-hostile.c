/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Offers as nobody should write them. */
#include "offer.h"

#include <string.h>

/* ---- what is refused ---- */

typedef struct
{
  const char *name;
  const char *from; /* in base_offer; NULL: the end */
  const char *to;
  GatewayService service;
  guint status;
  const char *reason;
} Refusal;

#define BAD SOUP_STATUS_BAD_REQUEST
#define UNFIT SOUP_STATUS_UNPROCESSABLE_ENTITY

static const Refusal refusals[] = {
  { "no-version", "v=0\r\n", "", GATEWAY_WATCH, BAD, "v=0" },
  { "no-origin", "o=- 1 1 IN IP4 127.0.0.1\r\n", "", GATEWAY_WATCH, BAD, "o=" },
  { "broken-utf-8", "s=-", "s=\xff", GATEWAY_WATCH, BAD, "UTF-8" },
  { "no-credentials", "a=ice-ufrag:abcd\r\n", "", GATEWAY_WATCH, BAD, "a=ice-ufrag" },
  { "no-password", "a=ice-pwd:" PASSWORD "\r\n", "", GATEWAY_WATCH, BAD, "a=ice-pwd" },
  { "short-ufrag", "abcd", "abc", GATEWAY_WATCH, BAD, "a=ice-ufrag is malformed" },
  { "short-password", PASSWORD, "short", GATEWAY_WATCH, BAD, "a=ice-pwd is malformed" },
  { "no-fingerprint", "a=fingerprint:" FINGERPRINT "\r\n", "", GATEWAY_WATCH, BAD,
    "no a=fingerprint" },
  { "broken-fingerprint", "FC:28", "FC:2", GATEWAY_WATCH, BAD, "a=fingerprint" },
  { "sha-1-alone", FINGERPRINT,
    "sha-1 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13", GATEWAY_WATCH,
    BAD, "sha-1" },
  { "unknown-setup", "actpass", "sideways", GATEWAY_WATCH, BAD, "a=setup" },
  { "no-kind-of-media", "m=audio", "m=", GATEWAY_WATCH, BAD, "m= line of section 2" },
  { "odd-protocol", "UDP/TLS", "UDP(TLS", GATEWAY_WATCH, BAD, "m= line of section 1" },
  { "same-mid-twice", "a=mid:1", "a=mid:0", GATEWAY_WATCH, BAD, "same a=mid" },
  { "mid-of-blanks", "a=mid:1", "a=mid:1 1", GATEWAY_WATCH, BAD, "a=mid" },
  { "group-of-strangers", "BUNDLE 0 1", "BUNDLE 0 2", GATEWAY_WATCH, BAD, "BUNDLE" },
  { "no-group", "a=group:BUNDLE 0 1\r\n", "", GATEWAY_WATCH, UNFIT, "a=group:BUNDLE" },
  { "group-of-another-kind", "BUNDLE 0", "LS 0", GATEWAY_WATCH, UNFIT, "a=group:BUNDLE" },
  { "publishes-to-watch", "a=recvonly", "a=sendonly", GATEWAY_PUBLISH, UNFIT,
    "section 2 (audio) cannot be taken: expected a=sendonly" },
  { "a-third-section", NULL, "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n",
    GATEWAY_PUBLISH, UNFIT, "cannot be taken" },
};

static void
test_refuses (gconstpointer data)
{
  const Refusal *refusal = data;
  g_autofree char *text = refusal->from != NULL
                              ? offer_replace (base_offer, refusal->from, refusal->to)
                              : g_strconcat (base_offer, refusal->to, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (offer_read_and_choose (text, refusal->service, &error));
  g_assert_error (error, GATEWAY_PROBLEM, (int) refusal->status);
  offer_assert_contains (error->message, refusal->reason);
}

/* Both sections, so that nothing is left. */
static const Refusal nothing_left[] = {
  { "not-secured", "UDP/TLS/RTP/SAVPF", "RTP/AVPF", GATEWAY_WATCH, UNFIT, "DTLS-SRTP" },
  { "sends", "recvonly", "sendonly", GATEWAY_WATCH, UNFIT, "a=recvonly" },
  { "inactive", "recvonly", "inactive", GATEWAY_WATCH, UNFIT, "a=recvonly" },
  { "no-rtcp-mux", "rtcp-mux", "rtcp-rsize", GATEWAY_WATCH, UNFIT, "a=rtcp-mux" },
  { "unknown-codec", "rtpmap", "x-rtpmap", GATEWAY_WATCH, UNFIT, "expected VP8/90000" },
  { "port-0", " 9 ", " 0 ", GATEWAY_WATCH, UNFIT, "port 0" },
};

static void
test_refuses_where_nothing_is_left (gconstpointer data)
{
  const Refusal *refusal = data;
  g_auto (GStrv) parts = g_strsplit (base_offer, refusal->from, 0);
  g_autofree char *text = g_strjoinv (refusal->to, parts);
  g_autoptr (GError) error = NULL;

  g_assert_null (offer_read_and_choose (text, refusal->service, &error));
  g_assert_error (error, GATEWAY_PROBLEM, (int) refusal->status);
  offer_assert_contains (error->message, refusal->reason);
}

static void
test_refuses_what_is_no_text (void)
{
  const struct
  {
    const char *bytes;
    gsize len;
  } rows[] = {
    { "", 0 }, { "v=0\0\r\n", 6 }, { base_offer, strlen (base_offer) + 1 }, { "v=0", 3 }
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
  {
    g_autoptr (GError) error = NULL;

    g_assert_null (gateway_offer_new_from_text (rows[i].bytes, rows[i].len, &error));
    g_assert_error (error, GATEWAY_PROBLEM, BAD);
  }
}

static void
test_refuses_more_than_it_counts (void)
{
  g_autoptr (GString) sections = g_string_new (base_offer);
  g_autoptr (GString) formats = g_string_new ("UDP/TLS/RTP/SAVPF 96");
  g_autoptr (GString) attributes = g_string_new (base_offer);
  g_autofree char *many_formats = NULL;
  const char *texts[3];

  for (guint i = 0; i < 15; i++)
  {
    g_string_append (sections, "m=video 0 UDP/TLS/RTP/SAVPF 96\r\n");
  }
  for (guint i = 0; i < 128; i++)
  {
    g_string_append_printf (formats, " %u", i);
  }
  for (guint i = 0; i < 3000; i++)
  {
    g_string_append (attributes, "a=x\r\n");
  }
  many_formats = offer_replace (base_offer, "UDP/TLS/RTP/SAVPF 96", formats->str);
  texts[0] = sections->str;
  texts[1] = many_formats;
  texts[2] = attributes->str;
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
  {
    g_autoptr (GError) error = NULL;

    g_assert_null (gateway_offer_new_from_text (texts[i], strlen (texts[i]), &error));
    g_assert_error (error, GATEWAY_PROBLEM, BAD);
    offer_assert_contains (error->message, "expected 1 to");
  }
}

/* ---- anything at all ---- */

static void
try_anything (const char *text, gsize len)
{
  for (guint service = GATEWAY_WATCH; service <= GATEWAY_PUBLISH; service++)
  {
    g_autoptr (GError) error = NULL;
    g_autoptr (GatewayOffer) offer = gateway_offer_new_from_text (text, len, &error);
    g_autofree char *answered = NULL;

    g_assert_true ((offer == NULL) == (error != NULL));
    if (offer != NULL && offer_choose (offer, (GatewayService) service, "H264", NULL))
    {
      answered = offer_answer (offer, (GatewayService) service);
      offer_assert_mirrors (offer, answered);
    }
  }
}

static void
test_survives_offers_cut_short (void)
{
  g_autofree char *text = offer_read_file ("firefox-publish.sdp");

  for (gsize len = strlen (text); len > 0; len -= MIN (len, 7))
  {
    try_anything (text, len);
  }
}

static void
test_survives_altered_offers (void)
{
  g_autofree char *text = offer_read_file ("chromium-publish.sdp");
  const char *const spice = "\r\n :=*0a m=/;-";
  gsize len = strlen (text);

  for (guint round = 0; round < 1000; round++)
  {
    g_autofree char *altered = g_memdup2 (text, len + 1);

    for (guint i = 0; i < 8; i++)
    {
      altered[g_test_rand_int_range (0, (gint32) len)]
          = spice[g_test_rand_int_range (0, (gint32) strlen (spice))];
    }
    try_anything (altered, len);
  }
}

static void
add_rows (const char *path, const Refusal *rows, guint n_rows, GTestDataFunc function)
{
  for (guint i = 0; i < n_rows; i++)
  {
    g_autofree char *name
        = g_strdup_printf ("/gateway/description/%s/%s", path, rows[i].name);

    g_test_add_data_func (name, &rows[i], function);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_rows ("refuses", refusals, G_N_ELEMENTS (refusals), test_refuses);
  add_rows ("refuses-where-nothing-is-left", nothing_left, G_N_ELEMENTS (nothing_left),
            test_refuses_where_nothing_is_left);
  g_test_add_func ("/gateway/description/refuses-what-is-no-text",
                   test_refuses_what_is_no_text);
  g_test_add_func ("/gateway/description/refuses-more-than-it-counts",
                   test_refuses_more_than_it_counts);
  g_test_add_func ("/gateway/description/survives-offers-cut-short",
                   test_survives_offers_cut_short);
  g_test_add_func ("/gateway/description/survives-altered-offers",
                   test_survives_altered_offers);
  return g_test_run ();
}
