/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client-hello.h"
#include "dtls/cookie.h"

#define MINUTE_US (G_GINT64_CONSTANT (60) * G_USEC_PER_SEC)
/* Somewhere in a minute that is not the first. */
#define NOW_US (7 * MINUTE_US + 11 * G_USEC_PER_SEC)
/* Where the cookie stands in a HelloVerifyRequest: behind two headers, a version and its
 * own length. */
#define COOKIE_OFFSET (TEGATA_RECORD_HEADER_LEN + TEGATA_HANDSHAKE_HEADER_LEN + 3)

static TegataAddress
address (const char *text)
{
  TegataAddress self;

  tegata_address_init (&self, text, strlen (text));
  return self;
}

static TegataCookieVerdict
judge (TegataCookieJar *jar,
       const char *source,
       const ClientHello *hello,
       gint64 now_us,
       GByteArray *answer)
{
  g_autoptr (GByteArray) datagram = client_hello_datagram (hello);
  TegataAddress peer = address (source);

  return tegata_cookie_jar_judge (jar, &peer, datagram->data, datagram->len, now_us,
                                  answer);
}

/* Asks for a cookie and hands it out. */
static GByteArray *
get_cookie (TegataCookieJar *jar, const char *source, gint64 now_us)
{
  ClientHello hello = CLIENT_HELLO_INIT;
  g_autoptr (GByteArray) answer = g_byte_array_new ();
  GByteArray *cookie = g_byte_array_new ();

  g_assert_cmpint (judge (jar, source, &hello, now_us, answer), ==,
                   TEGATA_COOKIE_CHALLENGE);
  g_assert_cmpuint (answer->len, >, COOKIE_OFFSET);
  g_byte_array_append (cookie, answer->data + COOKIE_OFFSET, answer->len - COOKIE_OFFSET);
  return cookie;
}

static void
test_answer (void)
{
  g_autoptr (TegataCookieJar) jar = tegata_cookie_jar_new ();
  g_autoptr (GByteArray) answer = g_byte_array_new ();
  ClientHello hello = CLIENT_HELLO_INIT;
  TegataReader datagram;
  TegataRecord record;
  TegataHandshakeFragment fragment;
  TegataReader cookie;
  guint16 version;

  hello.sequence = 0x010203040506;
  tegata_write_u8 (answer, 0xee);
  g_assert_cmpint (judge (jar, "a", &hello, NOW_US, answer), ==, TEGATA_COOKIE_CHALLENGE);

  tegata_reader_init (&datagram, answer->data, answer->len);
  g_assert_true (tegata_record_read (&datagram, &record));
  g_assert_cmpuint (datagram.len, ==, 0);
  g_assert_cmpuint (record.type, ==, TEGATA_CONTENT_HANDSHAKE);
  g_assert_cmphex (record.version, ==, TEGATA_DTLS_1_0_WIRE);
  g_assert_cmpuint (record.epoch, ==, 0);
  g_assert_cmphex (record.sequence, ==, hello.sequence);
  g_assert_true (tegata_handshake_fragment_read (&record.body, &fragment));
  g_assert_cmpuint (record.body.len, ==, 0);
  g_assert_cmpuint (fragment.type, ==, TEGATA_HANDSHAKE_HELLO_VERIFY_REQUEST);
  g_assert_cmpuint (fragment.message_seq, ==, 0);
  g_assert_cmpuint (fragment.body.len, ==, fragment.length);
  g_assert_true (tegata_reader_u16 (&fragment.body, &version));
  g_assert_cmphex (version, ==, TEGATA_DTLS_1_0_WIRE);
  g_assert_true (tegata_reader_sub_u8 (&fragment.body, &cookie));
  g_assert_cmpuint (fragment.body.len, ==, 0);
  g_assert_cmpuint (cookie.len, >=, 16);
  g_assert_cmpuint (cookie.len, <=, 32);
}

static void
test_never_longer (void)
{
  g_autoptr (TegataCookieJar) jar = tegata_cookie_jar_new ();
  ClientHello hello = CLIENT_HELLO_INIT;
  g_autoptr (GByteArray) datagram = client_hello_datagram (&hello);
  TegataAddress peer = address ("a");
  /* version, random, and two empty fields */
  guint shortest = TEGATA_HANDSHAKE_HEADER_LEN + 2 + TEGATA_RANDOM_LEN + 2;
  guint8 *bytes = datagram->data;
  guint n_answers = 0;

  for (guint body_len = 0; body_len <= shortest; body_len++)
  {
    g_autoptr (GByteArray) answer = g_byte_array_new ();
    gsize len = TEGATA_RECORD_HEADER_LEN + body_len;

    bytes[12] = (guint8) body_len;
    bytes[24] = (guint8) MAX ((int) body_len - TEGATA_HANDSHAKE_HEADER_LEN, 0);
    if (tegata_cookie_jar_judge (jar, &peer, bytes, len, NOW_US, answer)
        == TEGATA_COOKIE_CHALLENGE)
    {
      n_answers++;
      g_assert_cmpuint (answer->len, <=, len);
    }
  }
  g_assert_cmpuint (n_answers, ==, 1);
}

typedef struct
{
  const char *name;
  const char *baked_for; /* the source that asked for the cookie */
  const char *shown_by;  /* the source that shows it */
  gint64 age_us;         /* how much later */
  guint8 random;         /* of the ClientHello that shows it; that which asked has 0x5a */
  guint16 message_seq;   /* likewise */
  int flipped;           /* which of its bytes is altered; -1 for none */
  int len;               /* how long it is when shown; -1 for all of it */
  TegataCookieVerdict verdict;
} Showing;

static const Showing showings[] = {
  { "good", "a", "a", 0, 0x5a, 1, -1, -1, TEGATA_COOKIE_PROVEN },
  { "good-at-the-end-of-its-minute", "a", "a", 48 * G_USEC_PER_SEC, 0x5a, 1, -1, -1,
    TEGATA_COOKIE_PROVEN },
  { "good-in-the-next-minute", "a", "a", 108 * G_USEC_PER_SEC, 0x5a, 1, -1, -1,
    TEGATA_COOKIE_PROVEN },
  { "expired", "a", "a", 109 * G_USEC_PER_SEC, 0x5a, 1, -1, -1, TEGATA_COOKIE_CHALLENGE },
  { "expired-by-256-minutes", "a", "a", 256 * MINUTE_US, 0x5a, 1, -1, -1,
    TEGATA_COOKIE_CHALLENGE },
  { "of-another-address", "a", "b", 0, 0x5a, 1, -1, -1, TEGATA_COOKIE_CHALLENGE },
  { "of-a-longer-address", "a", "aZ", 0, 0x5a, 1, -1, -1, TEGATA_COOKIE_CHALLENGE },
  { "good-with-another-random", "a", "a", 0, 0x5b, 1, -1, -1, TEGATA_COOKIE_PROVEN },
  { "altered-minute", "a", "a", 0, 0x5a, 1, 0, -1, TEGATA_COOKIE_CHALLENGE },
  { "altered-first-byte", "a", "a", 0, 0x5a, 1, 1, -1, TEGATA_COOKIE_CHALLENGE },
  { "altered-last-byte", "a", "a", 0, 0x5a, 1, 16, -1, TEGATA_COOKIE_CHALLENGE },
  { "cut-short", "a", "a", 0, 0x5a, 1, -1, 16, TEGATA_COOKIE_CHALLENGE },
  { "one-byte", "a", "a", 0, 0x5a, 1, -1, 1, TEGATA_COOKIE_CHALLENGE },
  { "none", "a", "a", 0, 0x5a, 1, -1, 0, TEGATA_COOKIE_CHALLENGE },
  { "in-a-first-hello", "a", "a", 0, 0x5a, 0, -1, -1, TEGATA_COOKIE_CHALLENGE },
  { "in-a-third-hello", "a", "a", 0, 0x5a, 2, -1, -1, TEGATA_COOKIE_DROP },
};

static void
test_showing (gconstpointer data)
{
  const Showing *showing = data;
  g_autoptr (TegataCookieJar) jar = tegata_cookie_jar_new ();
  g_autoptr (GByteArray) cookie = get_cookie (jar, showing->baked_for, NOW_US);
  g_autoptr (GByteArray) answer = g_byte_array_new ();
  ClientHello hello = CLIENT_HELLO_INIT;

  g_assert_cmpuint (cookie->len, ==, 17);
  if (showing->flipped >= 0)
  {
    cookie->data[showing->flipped] ^= 0x10;
  }
  if (showing->len >= 0)
  {
    g_byte_array_set_size (cookie, (guint) showing->len);
  }
  hello.cookie = cookie;
  hello.random = showing->random;
  hello.message_seq = showing->message_seq;

  g_assert_cmpint (
      judge (jar, showing->shown_by, &hello, NOW_US + showing->age_us, answer), ==,
      showing->verdict);
  g_assert_true ((answer->len > 0) == (showing->verdict == TEGATA_COOKIE_CHALLENGE));
}

static void
test_other_jar (void)
{
  g_autoptr (TegataCookieJar) jar = tegata_cookie_jar_new ();
  g_autoptr (TegataCookieJar) other = tegata_cookie_jar_new ();
  g_autoptr (GByteArray) cookie = get_cookie (jar, "a", NOW_US);
  g_autoptr (GByteArray) answer = g_byte_array_new ();
  ClientHello hello = CLIENT_HELLO_INIT;

  hello.cookie = cookie;
  hello.message_seq = 1;
  g_assert_cmpint (judge (other, "a", &hello, NOW_US, answer), ==,
                   TEGATA_COOKIE_CHALLENGE);
  g_assert_cmpint (judge (jar, "a", &hello, NOW_US, answer), ==, TEGATA_COOKIE_PROVEN);
}

static void
test_fragmented (void)
{
  g_autoptr (TegataCookieJar) jar = tegata_cookie_jar_new ();
  g_autoptr (GByteArray) cookie = get_cookie (jar, "a", NOW_US);
  g_autoptr (GByteArray) answer = g_byte_array_new ();
  ClientHello hello = CLIENT_HELLO_INIT;

  hello.cookie = cookie;
  hello.message_seq = 1;
  hello.missing = 1100;
  g_assert_cmpint (judge (jar, "a", &hello, NOW_US, answer), ==, TEGATA_COOKIE_PROVEN);
}

typedef struct
{
  const char *name;
  ClientHello hello;
} Dropped;

#define HELLO(...)                                                                       \
  {                                                                                      \
    .type = TEGATA_CONTENT_HANDSHAKE, .version = TEGATA_DTLS_1_0_WIRE,                   \
    .message = TEGATA_HANDSHAKE_CLIENT_HELLO, .hello_version = TEGATA_DTLS_1_2_WIRE,     \
    __VA_ARGS__                                                                          \
  }

static const Dropped dropped[] = {
  { "later-fragment", HELLO (.offset = 1) },
  { "epoch-1", HELLO (.epoch = 1) },
  { "message-number-2", HELLO (.message_seq = 2) },
  { "session-id-too-long", HELLO (.session_id_len = 33) },
};

/* One byte of a good datagram, altered. */
static const struct
{
  const char *name;
  guint at;
  guint8 value;
} damages[] = {
  { "alert", 0, TEGATA_CONTENT_ALERT },
  { "application-data", 0, TEGATA_CONTENT_APPLICATION_DATA },
  { "tls-version", 1, 0x03 },
  { "hello-version", 25, 0x03 },
  { "server-hello", 13, TEGATA_HANDSHAKE_SERVER_HELLO },
  { "verify-request", 13, TEGATA_HANDSHAKE_HELLO_VERIFY_REQUEST },
  { "finished", 13, TEGATA_HANDSHAKE_FINISHED },
};

static void
assert_dropped (const guint8 *bytes, gsize len)
{
  g_autoptr (TegataCookieJar) jar = tegata_cookie_jar_new ();
  g_autoptr (GByteArray) answer = g_byte_array_new ();
  TegataAddress peer = address ("a");

  g_assert_cmpint (tegata_cookie_jar_judge (jar, &peer, bytes, len, NOW_US, answer), ==,
                   TEGATA_COOKIE_DROP);
  g_assert_cmpuint (answer->len, ==, 0);
}

static void
test_dropped (gconstpointer data)
{
  const Dropped *self = data;
  g_autoptr (GByteArray) datagram = client_hello_datagram (&self->hello);

  assert_dropped (datagram->data, datagram->len);
}

static void
test_damaged (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (damages); i++)
  {
    ClientHello hello = CLIENT_HELLO_INIT;
    g_autoptr (GByteArray) datagram = client_hello_datagram (&hello);

    g_test_message ("%s", damages[i].name);
    datagram->data[damages[i].at] = damages[i].value;
    assert_dropped (datagram->data, datagram->len);
  }
}

static void
test_truncated (void)
{
  ClientHello hello = CLIENT_HELLO_INIT;
  g_autoptr (GByteArray) datagram = client_hello_datagram (&hello);

  for (gsize len = 0; len < datagram->len; len++)
  {
    g_autofree guint8 *copy = g_memdup2 (datagram->data, len);

    assert_dropped (copy, len);
  }
}

static void
test_random (void)
{
  g_autoptr (TegataCookieJar) jar = tegata_cookie_jar_new ();
  g_autoptr (GByteArray) cookie = get_cookie (jar, "a", NOW_US);
  ClientHello hello = CLIENT_HELLO_INIT;
  g_autoptr (GByteArray) good = NULL;
  TegataAddress peer = address ("a");

  hello.cookie = cookie;
  hello.message_seq = 1;
  good = client_hello_datagram (&hello);
  for (guint round = 0; round < 20000; round++)
  {
    gsize len = (gsize) g_test_rand_int_range (0, (gint32) good->len + 1);
    g_autofree guint8 *bytes = g_memdup2 (good->data, len);
    g_autoptr (GByteArray) answer = g_byte_array_new ();

    if (len > 0)
    {
      bytes[g_test_rand_int_range (0, (gint32) len)] = (guint8) g_test_rand_int ();
    }
    tegata_cookie_jar_judge (jar, &peer, bytes, len, NOW_US, answer);
    g_assert_cmpuint (answer->len, <=, len);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/cookie/answer/is-a-hello-verify-request", test_answer);
  g_test_add_func ("/cookie/answer/is-never-longer-than-the-question", test_never_longer);
  for (gsize i = 0; i < G_N_ELEMENTS (showings); i++)
  {
    g_autofree char *path = g_strdup_printf ("/cookie/shown/%s", showings[i].name);

    g_test_add_data_func (path, &showings[i], test_showing);
  }
  g_test_add_func ("/cookie/shown/to-another-jar", test_other_jar);
  g_test_add_func ("/cookie/shown/in-a-fragmented-hello", test_fragmented);
  for (gsize i = 0; i < G_N_ELEMENTS (dropped); i++)
  {
    g_autofree char *path = g_strdup_printf ("/cookie/dropped/%s", dropped[i].name);

    g_test_add_data_func (path, &dropped[i], test_dropped);
  }
  g_test_add_func ("/cookie/dropped/what-is-no-hello", test_damaged);
  g_test_add_func ("/cookie/dropped/at-every-truncation", test_truncated);
  g_test_add_func ("/cookie/random/never-amplifies", test_random);

  return g_test_run ();
}
