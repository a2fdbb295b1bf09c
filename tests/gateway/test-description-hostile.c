/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Offers as nobody should write them. */
#include "offer.h"

#include <string.h>
#include <time.h>

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

/* ---- what takes long ---- */

/* Of this thread, so nobody else's work counts. Ours takes a hundredth of it at most;
 * what looks at each attribute for each format takes a minute. */
#define BOUND_S 1.0

/* What is let in of each: the limits are description.c's. */
#define N_SECTIONS 9
#define N_FORMATS 128
#define N_ATTRIBUTES 500

static double
get_thread_seconds (void)
{
  struct timespec now;

  g_assert_cmpint (clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now), ==, 0);
  return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

static void
append_transport (GString *text)
{
  g_string_append (text, "a=ice-ufrag:abcd\na=ice-pwd:" PASSWORD
                         "\na=fingerprint:" FINGERPRINT "\n");
}

static GString *
begin_offer (guint n_sections)
{
  GString *text = g_string_new ("v=0\no=- 1 1 IN IP4 0.0.0.0\ns=-\nt=0 0\n"
                                "a=group:BUNDLE");

  for (guint i = 0; i < n_sections; i++)
  {
    g_string_append_printf (text, " %u", i);
  }
  g_string_append_c (text, '\n');
  return text;
}

static void
begin_section (GString *text, guint number, gboolean is_same_format)
{
  g_string_append (text, "m=video 9 UDP/TLS/RTP/SAVPF");
  for (guint i = 0; i < N_FORMATS; i++)
  {
    g_string_append_printf (text, " %u", is_same_format ? 96 : i);
  }
  g_string_append_printf (text, "\na=mid:%u\na=rtcp-mux\na=sendrecv\n", number);
}

/* H.264 that nobody takes, behind what has to be walked over first. */
static char *
make_formats_of_no_use (void)
{
  GString *text = begin_offer (N_SECTIONS);

  for (guint section = 0; section < N_SECTIONS; section++)
  {
    begin_section (text, section, FALSE);
    append_transport (text);
    for (guint i = N_FORMATS + 6; i < N_ATTRIBUTES; i++)
    {
      g_string_append (text, "a=rtpmap\n");
    }
    for (guint i = 0; i < N_FORMATS; i++)
    {
      g_string_append_printf (text, "a=rtpmap:%u H264/90000\n", i);
    }
  }
  return g_string_free (text, FALSE);
}

/* One format, named again and again, whose parameters have no end. */
static char *
make_endless_parameters (void)
{
  GString *text = begin_offer (1);

  begin_section (text, 0, TRUE);
  append_transport (text);
  g_string_append (text, "a=rtpmap:96 H264/90000\na=fmtp:96 ");
  for (guint i = 0; i < 30000; i++)
  {
    g_string_append (text, "a;");
  }
  g_string_append_c (text, '\n');
  return g_string_free (text, FALSE);
}

static char *
make_lines (const char *line)
{
  GString *text = begin_offer (1);

  begin_section (text, 0, FALSE);
  append_transport (text);
  for (guint i = 6; i < N_ATTRIBUTES; i++)
  {
    g_string_append_printf (text, "%s\n", line);
  }
  return g_string_free (text, FALSE);
}

/* All viewers wait for the thread that reads an offer. */
static void
test_takes_no_time (void)
{
  char *texts[] = {
    make_formats_of_no_use (),
    make_endless_parameters (),
    make_lines ("a=candidate:1 1 udp 1 nobody.local 9 typ host"),
    make_lines ("a=fingerprint:" FINGERPRINT),
    make_lines ("a=group:LS 0"),
    make_lines ("a=rtcp-fb:* nack"),
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
  {
    for (guint service = GATEWAY_WATCH; service <= GATEWAY_PUBLISH; service++)
    {
      g_autoptr (GatewayOffer) offer = NULL;
      double before_s = get_thread_seconds ();
      double took_s;

      g_assert_cmpuint (strlen (texts[i]), <=, GATEWAY_MAX_DESCRIPTION_LEN);
      offer = offer_read (texts[i]);
      g_assert_false (offer_choose (offer, (GatewayService) service, "H264", NULL));
      took_s = get_thread_seconds () - before_s;
      g_test_message ("offer %u: %.4f s", i, took_s);
      g_assert_cmpfloat (took_s, <, BOUND_S);
    }
  }
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
  {
    g_free (texts[i]);
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
  g_test_add_func ("/gateway/description/takes-no-time", test_takes_no_time);
  g_test_add_func ("/gateway/description/survives-offers-cut-short",
                   test_survives_offers_cut_short);
  g_test_add_func ("/gateway/description/survives-altered-offers",
                   test_survives_altered_offers);
  return g_test_run ();
}
