/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What anybody can send, and names that somebody else chose: the ladder takes all of it,
 * in bounded memory, and its drawings stay well-formed. */

#include "support/seeds.h"
#include "tools/recorder.h"

#include <string.h>

#define COLUMNS 80

static void
add (Ladder *ladder, LadderDirection direction, const guint8 *bytes, gsize len)
{
  ladder_add (ladder, direction, bytes, len, 0);
}

static void
assert_svg_is_well_formed (const char *svg)
{
  static const GMarkupParser parser = { .text = NULL };
  g_autoptr (GMarkupParseContext) context
      = g_markup_parse_context_new (&parser, G_MARKUP_DEFAULT_FLAGS, NULL, NULL);
  g_autoptr (GError) error = NULL;

  g_markup_parse_context_parse (context, svg, -1, &error);
  g_assert_no_error (error);
  g_markup_parse_context_end_parse (context, &error);
  g_assert_no_error (error);
}

static void
assert_text_is_aligned (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  g_assert_true (g_str_has_suffix (text, "\n"));
  g_assert_true (g_utf8_validate (text, -1, NULL));
  for (guint i = 0; lines[i] != NULL; i++)
  {
    g_assert_cmpint (g_utf8_strlen (lines[i], -1), <=, COLUMNS);
    if (strchr (lines[i], '|') != NULL)
    {
      g_assert_cmpint (lines[i][17], ==, '|');
      g_assert_cmpint (lines[i][73], ==, '|');
    }
  }
}

static void
assert_drawings (Ladder *ladder)
{
  g_autofree char *text = ladder_to_text (ladder, "us", "them");
  g_autofree char *svg = ladder_to_svg (ladder, "us", "them");
  g_autoptr (JsonNode) node = ladder_to_json (ladder);

  g_assert_true (g_str_is_ascii (text));
  assert_text_is_aligned (text);
  assert_svg_is_well_formed (svg);
  g_assert_true (JSON_NODE_HOLDS_ARRAY (node));
}

static GPtrArray *
record_datagrams (guint mtu)
{
  g_autoptr (TegataContext) context = test_context_new (TEGATA_KEY_TYPE_ECDSA_P256);
  g_autoptr (Recorder) recorder = NULL;
  g_autoptr (GPtrArray) borrowed = NULL;
  GPtrArray *datagrams = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);

  tegata_context_set_mtu (context, mtu);
  tegata_context_set_cookies (context, TEGATA_COOKIES_ALWAYS);
  recorder = recorder_new (context, context);
  pair_start (recorder->pair);
  g_assert_true (pair_run_until_connected (recorder->pair));
  borrowed = recorder_get_datagrams (recorder);
  for (guint i = 0; i < borrowed->len; i++)
  {
    g_ptr_array_add (datagrams, g_bytes_ref (g_ptr_array_index (borrowed, i)));
  }
  return datagrams;
}

/* A copy of its own length each, so that a sanitizer sees whoever reads beyond. */
static void
add_truncated (Ladder *ladder, GBytes *datagram, gsize len)
{
  g_autofree guint8 *copy = g_memdup2 (g_bytes_get_data (datagram, NULL), len);

  add (ladder, LADDER_RECEIVED, copy, len);
}

static void
test_truncated (void)
{
  static const guint mtus[] = { 1200, 300 };

  for (guint i = 0; i < G_N_ELEMENTS (mtus); i++)
  {
    g_autoptr (GPtrArray) datagrams = record_datagrams (mtus[i]);

    for (guint j = 0; j < datagrams->len; j++)
    {
      g_autoptr (Ladder) ladder = ladder_new ();
      g_autofree char *text = NULL;
      GBytes *datagram = g_ptr_array_index (datagrams, j);
      for (gsize len = 0; len < g_bytes_get_size (datagram); len++)
      {
        add_truncated (ladder, datagram, len);
      }
      assert_drawings (ladder);
      text = describe_ladder (ladder);
      g_assert_true (g_str_has_prefix (text, "0< unreadable\n0< unreadable\n"));
    }
  }
}

/* In the headers, mostly. (transfer full) */
static GByteArray *
corrupt (GBytes *datagram, GRand *rand)
{
  gsize len;
  const guint8 *real = g_bytes_get_data (datagram, &len);
  GByteArray *bytes = g_byte_array_append (g_byte_array_new (), real, (guint) len);

  for (gint n = g_rand_int_range (rand, 0, 8); n >= 0; n--)
  {
    gsize reach = n < 6 ? MIN (len, 60) : len;
    bytes->data[g_rand_int_range (rand, 0, (gint32) reach)] = (guint8) g_rand_int (rand);
  }
  return bytes;
}

static void
test_noise (void)
{
  guint32 seed = test_first_seed ();
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  g_autoptr (GPtrArray) datagrams = record_datagrams (1200);

  for (guint round = 0; round < 100; round++)
  {
    g_autoptr (Ladder) ladder = ladder_new ();

    for (guint i = 0; i < 300; i++)
    {
      gint32 which = g_rand_int_range (rand, 0, (gint32) datagrams->len);
      g_autoptr (GByteArray) bytes = corrupt (g_ptr_array_index (datagrams, which), rand);

      add (ladder, i % 2 ? LADDER_SENT : LADDER_RECEIVED, bytes->data, bytes->len);
    }
    assert_drawings (ladder);
  }
}

static void
test_random_bytes (void)
{
  guint32 seed = test_first_seed ();
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  g_autoptr (Ladder) ladder = ladder_new ();

  for (guint i = 0; i < 20000; i++)
  {
    gsize len = (gsize) g_rand_int_range (rand, 1, 80);
    g_autofree guint8 *bytes = g_malloc (len);

    for (gsize at = 0; at < len; at++)
    {
      bytes[at] = (guint8) g_rand_int (rand);
    }
    /* as a tap lets it pass */
    bytes[0] = (guint8) g_rand_int_range (rand, 20, 64);
    add (ladder, i % 2 ? LADDER_SENT : LADDER_RECEIVED, bytes, len);
  }
  assert_drawings (ladder);
}

static const guint8 clear_alert[]
    = { 21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 2, 40 };

static JsonArray *
get_rows (JsonNode *node)
{
  return json_node_get_array (node);
}

/* They are few, and the handshake behind them is there. */
static void
test_noise_is_summed_up (void)
{
  g_autoptr (GPtrArray) datagrams = record_datagrams (1200);
  g_autoptr (Ladder) ladder = ladder_new ();
  g_autoptr (JsonNode) node = NULL;
  g_autofree char *text = NULL;
  g_autofree char *described = NULL;
  JsonObject *last;

  for (guint i = 0; i < 2000; i++)
  {
    guint8 garbage[] = { 22, 1, 2, 3 };

    add (ladder, LADDER_RECEIVED, clear_alert, sizeof clear_alert);
    add (ladder, LADDER_RECEIVED, garbage, sizeof garbage);
  }
  for (guint i = 0; i < datagrams->len; i++)
  {
    gsize len;
    const guint8 *bytes = g_bytes_get_data (g_ptr_array_index (datagrams, i), &len);

    add (ladder, i % 2 ? LADDER_SENT : LADDER_RECEIVED, bytes, len);
  }
  add (ladder, LADDER_SENT, clear_alert, sizeof clear_alert);

  node = ladder_to_json (ladder);
  g_assert_cmpuint (json_array_get_length (get_rows (node)), ==,
                    LADDER_MAX_NOISE + datagrams->len + 2);
  last = json_array_get_object_element (get_rows (node),
                                        json_array_get_length (get_rows (node)) - 1);
  g_assert_cmpint (json_object_get_int_member (last, "left_out"), ==, 3968);
  g_assert_cmpint (json_object_get_int_member (last, "in_no_flight"), ==, 3968);
  text = ladder_to_text (ladder, "us", "them");
  g_assert_nonnull (strstr (text, "ChangeCipherSpec, Finished"));
  g_assert_nonnull (strstr (text, "-- Alert (fatal, handshake_failure) ---"));
  g_assert_nonnull (
      strstr (text, " and 3968 more datagrams that came and belong to no flight\n"));
  described = describe_ladder (ladder);
  g_assert_true (g_str_has_suffix (described, "left out: 3968\n"));
}

static void
test_bounded (void)
{
  static const guint8 hello[] = { 22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 1, 0, 12,
                                  1,  0,    0,    0, 0, 0, 0, 0, 0, 0, 0, 0 };
  g_autoptr (Ladder) ladder = ladder_new ();
  g_autoptr (JsonNode) node = NULL;
  g_autofree char *text = NULL;
  g_autofree char *svg = NULL;

  for (guint i = 0; i < 2000; i++)
  {
    add (ladder, LADDER_RECEIVED, hello, sizeof hello);
  }
  node = ladder_to_json (ladder);
  g_assert_cmpuint (json_array_get_length (get_rows (node)), ==, LADDER_MAX_ROWS + 1);
  text = ladder_to_text (ladder, "us", "them");
  svg = ladder_to_svg (ladder, "us", "them");
  g_assert_nonnull (strstr (text, "512 datagrams, 511 of them"));
  g_assert_nonnull (strstr (text, "left out: 1488 further datagrams\n"));
  g_assert_nonnull (strstr (svg, "left out: 1488 further datagrams<"));
  g_assert_nonnull (strstr (text, "<- ClientHello ---"));
}

/* As many messages as a datagram can hold: fragments without a byte. */
static void
test_crowded (void)
{
  g_autoptr (Ladder) ladder = ladder_new ();
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (JsonNode) node = NULL;
  JsonObject *row;

  for (guint16 i = 0; i < 2600; i++)
  {
    guint8 record[] = { 22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 1, 0, 12,
                        14, 0,    0,    0, 0, 0, 0, 0, 0, 0, 0, 0 };

    record[17] = (guint8) (i >> 8);
    record[18] = (guint8) i;
    g_byte_array_append (bytes, record, sizeof record);
  }
  add (ladder, LADDER_RECEIVED, bytes->data, bytes->len);
  node = ladder_to_json (ladder);
  row = json_array_get_object_element (json_node_get_array (node), 0);
  g_assert_cmpuint (
      json_array_get_length (json_object_get_array_member (row, "messages")), <, 40);
  assert_drawings (ladder);
}

static void
assert_names (const char *local, const char *peer, const char *head)
{
  g_autoptr (Ladder) ladder = ladder_new ();
  g_autofree char *text = ladder_to_text (ladder, local, peer);
  g_autofree char *svg = ladder_to_svg (ladder, local, peer);

  assert_text_is_aligned (text);
  assert_svg_is_well_formed (svg);
  g_assert_null (strchr (text, '\033'));
  if (!g_str_has_prefix (text, head))
  {
    g_assert_cmpstr (text, ==, head);
  }
}

/* Twice in the picture: at its column and in the title. */
static void
assert_markup (const char *name)
{
  g_autoptr (Ladder) ladder = ladder_new ();
  g_autofree char *svg = ladder_to_svg (ladder, name, name);
  g_autofree char *escaped = g_markup_escape_text (name, -1);
  g_auto (GStrv) parts = g_strsplit (svg, escaped, -1);

  g_assert_cmpuint (g_strv_length (parts), ==, 5);
}

static void
test_names (void)
{
  g_autofree char *endless = g_strnfill (5000, 'x');

  assert_names ("a<b>&\"c'", "]]>",
                "flight        ms a<b>&\"c'                                              "
                "]]> bytes\n");
  assert_names ("\033[31mred\n", "\xff\xfe", "flight        ms ?[31mred?");
  assert_markup ("a<b>&");
  assert_names (endless, endless, "flight        ms xxxxxxxxxxxxxxxxxxxxxxx...     x");
  assert_names (endless, "b", "flight        ms xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
  assert_names ("\xc3\xa4\xe2\x82\xac", "b", "flight        ms \xc3\xa4\xe2\x82\xac ");
  assert_names (NULL, NULL, "flight        ms ");
}

typedef struct
{
  const char *name; /* of the test */
  gsize len;
  guint8 bytes[80];
  const char *expected;
} Case;

/* RFC 9147 section 4, RFC 8446 section 4.1.3, and others that no engine of ours sends. */
static const Case cases[] = {
  { "a-13-handshake-record",
    9,
    { 0x2e, 0, 1, 0, 4, 1, 2, 3, 4 },
    "1< encrypted record\n" },
  { "a-13-record-without-length", 6, { 0x22, 1, 1, 2, 3, 4 }, "1< encrypted record\n" },
  { "two-13-records",
    12,
    { 0x2e, 0, 1, 0, 1, 9, 0x2e, 0, 2, 0, 1, 9 },
    "1< encrypted record+encrypted record\n" },
  { "a-13-record-that-is-cut", 8, { 0x2e, 0, 1, 0, 9, 1, 2, 3 }, "0< unreadable\n" },
  { "a-13-record-with-a-connection-id",
    5,
    { 0x32, 1, 2, 3, 4 },
    "1< encrypted record\n" },
  { "13-data-is-counted", 9, { 0x2f, 0, 1, 0, 4, 1, 2, 3, 4 }, "" },
  { "an-ack", 15, { 26, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 0, 0 }, "0< ACK\n" },
  { "an-alert-that-is-too-long",
    16,
    { 21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 1, 0, 3, 2, 40, 0 },
    "0< unreadable\n" },
  { "another-protocol",
    13,
    { 22, 3, 3, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0 },
    "0< unreadable\n" },
  { "an-empty-record",
    13,
    { 22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0 },
    "0< unreadable\n" },
  { "a-message-nobody-knows",
    26,
    { 22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 1, 0, 13,
      99, 0,    0,    1, 0, 7, 0, 0, 0, 0, 0, 1, 5 },
    "1< unknown message\n" },
  { "a-12-server-hello",
    63,
    { 22, 254, 253, 0,  0,   0,   0, 0, 0, 0, 0, 0, 50, 2, 0, 0, 38, 0, 0,  0, 0,
      0,  0,   0,   38, 254, 253, 1, 1, 1, 1, 1, 1, 1,  1, 1, 1, 1,  1, 1,  1, 1,
      1,  1,   1,   1,  1,   1,   1, 1, 1, 1, 1, 1, 1,  1, 1, 1, 1,  0, 19, 1, 0 },
    "1< ServerHello(DTLS 1.2)\n" },
  { "a-13-server-hello",
    77,
    { 22, 254, 253, 0, 0,  0,   0,   0, 0, 0, 0, 0, 64, 2, 0, 0,   52, 0, 0, 0,
      0,  0,   0,   0, 52, 254, 253, 1, 1, 1, 1, 1, 1,  1, 1, 1,   1,  1, 1, 1,
      1,  1,   1,   1, 1,  1,   1,   1, 1, 1, 1, 1, 1,  1, 1, 1,   1,  1, 1, 0,
      19, 1,   0,   0, 12, 0,   51,  0, 2, 9, 9, 0, 43, 0, 2, 254, 252 },
    "1< ServerHello(DTLS 1.3)\n" },
  { "a-13-hello-retry-request",
    71,
    { 22,   254,  253,  0,    0,    0,    0,    0,    0,    0,    0,    0,
      58,   2,    0,    0,    46,   0,    0,    0,    0,    0,    0,    0,
      46,   254,  253,  0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe,
      0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a,
      0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c, 0,
      19,   1,    0,    0,    6,    0,    43,   0,    2,    254,  252 },
    "1< HelloRetryRequest(DTLS 1.3)\n" },
  { "a-server-hello-with-broken-extensions",
    69,
    { 22, 254, 253, 0,   0, 0, 0, 0, 0, 0, 0, 0, 56, 2, 0,  0, 44, 0, 0, 0, 0,  0, 0,
      0,  44,  254, 253, 1, 1, 1, 1, 1, 1, 1, 1, 1,  1, 1,  1, 1,  1, 1, 1, 1,  1, 1,
      1,  1,   1,   1,   1, 1, 1, 1, 1, 1, 1, 1, 1,  0, 19, 1, 0,  0, 9, 0, 43, 0, 2 },
    "1< ServerHello(DTLS 1.2)\n" },
  { "clear-and-noise",
    17,
    { 20, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 1, 22, 0xfe, 0xfd },
    "1< ChangeCipherSpec+unreadable\n" },
};

static void
test_case (gconstpointer data)
{
  const Case *row = data;
  g_autoptr (Ladder) ladder = ladder_new ();
  g_autofree guint8 *copy = g_memdup2 (row->bytes, row->len);
  g_autofree char *text = NULL;

  add (ladder, LADDER_RECEIVED, copy, row->len);
  text = describe_ladder (ladder);
  g_assert_cmpstr (text, ==, row->expected);
  assert_drawings (ladder);
}

/* The one whole drawing that is written down. */
static void
test_drawing (void)
{
  g_autoptr (Ladder) ladder = ladder_new ();
  g_autofree char *text = NULL;

  ladder_add (ladder, LADDER_SENT, cases[0].bytes, cases[0].len, 5000);
  ladder_add (ladder, LADDER_RECEIVED, clear_alert, sizeof clear_alert, 6250);
  text = ladder_to_text (ladder, "127.0.0.1:4000", "127.0.0.1:5000");
  g_assert_cmpstr (
      text, ==,
      "flight        ms 127.0.0.1:4000                             127.0.0.1:5000 "
      "bytes\n"
      "                 |                                                       |\n"
      "     1       0.0 |-- encrypted record ---------------------------------->|     "
      "9\n"
      "                 |                                                       |\n"
      "             1.2 |<- Alert (fatal, handshake_failure) -------------------|    "
      "15\n"
      "                 |                                                       |\n"
      "                 2 datagrams\n");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
  {
    g_autofree char *path = g_strconcat ("/ladder/reads/", cases[i].name, NULL);
    g_test_add_data_func (path, &cases[i], test_case);
  }
  g_test_add_func ("/ladder/draws-what-is-written-here", test_drawing);
  g_test_add_func ("/ladder/takes-datagrams-cut-anywhere", test_truncated);
  g_test_add_func ("/ladder/takes-datagrams-with-wrong-bytes", test_noise);
  g_test_add_func ("/ladder/takes-random-bytes", test_random_bytes);
  g_test_add_func ("/ladder/keeps-the-first-rows-only", test_bounded);
  g_test_add_func ("/ladder/sums-noise-up-in-a-line", test_noise_is_summed_up);
  g_test_add_func ("/ladder/keeps-few-messages-of-a-datagram", test_crowded);
  g_test_add_func ("/ladder/takes-any-name", test_names);

  return g_test_run ();
}
