/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client-hello.h"

#include <string.h>

/* How far a datagram of one ClientHello gets. */
typedef enum
{
  STEP_NONE,
  STEP_RECORD,
  STEP_FRAGMENT,
  STEP_HELLO,
} Step;

static Step
read_hello (const guint8 *bytes, gsize len, TegataClientHelloStart *hello)
{
  TegataReader datagram;
  TegataRecord record;
  TegataHandshakeFragment fragment;

  tegata_reader_init (&datagram, bytes, len);
  if (!tegata_record_read (&datagram, &record))
  {
    return STEP_NONE;
  }
  if (!tegata_handshake_fragment_read (&record.body, &fragment))
  {
    return STEP_RECORD;
  }
  return tegata_client_hello_read_start (fragment.body, hello) ? STEP_HELLO
                                                               : STEP_FRAGMENT;
}

static void
test_hello_fields (void)
{
  static const guint8 cookie_bytes[] = { 1, 2, 3 };
  g_autoptr (GByteArray) cookie = g_byte_array_new ();
  ClientHello settings = CLIENT_HELLO_INIT;
  g_autoptr (GByteArray) datagram = NULL;
  TegataClientHelloStart hello;

  g_byte_array_append (cookie, cookie_bytes, sizeof cookie_bytes);
  settings.cookie = cookie;
  settings.session_id_len = 32;
  datagram = client_hello_datagram (&settings);

  g_assert_cmpint (read_hello (datagram->data, datagram->len, &hello), ==, STEP_HELLO);
  g_assert_cmphex (hello.version, ==, TEGATA_DTLS_1_2_WIRE);
  g_assert_cmphex (hello.random[0], ==, 0x5a);
  g_assert_cmphex (hello.random[TEGATA_RANDOM_LEN - 1], ==, 0x5a);
  g_assert_cmpuint (hello.session_id.len, ==, 32);
  g_assert_cmphex (hello.session_id.bytes[31], ==, 0x1d);
  g_assert_cmpmem (hello.cookie.bytes, hello.cookie.len, cookie_bytes,
                   sizeof cookie_bytes);
}

static void
test_hello_start_only (void)
{
  ClientHello settings = CLIENT_HELLO_INIT;
  g_autoptr (GByteArray) body = client_hello_body (&settings);
  TegataClientHelloStart hello;
  TegataReader reader;

  /* version, random, no session id, no cookie; cipher suites come in the next fragment */
  tegata_reader_init (&reader, body->data, 2 + TEGATA_RANDOM_LEN + 2);
  g_assert_true (tegata_client_hello_read_start (reader, &hello));
  reader.len--;
  g_assert_false (tegata_client_hello_read_start (reader, &hello));
}

static void
test_hello_truncated (void)
{
  ClientHello settings = CLIENT_HELLO_INIT;
  g_autoptr (GByteArray) datagram = client_hello_datagram (&settings);

  for (gsize len = 0; len < datagram->len; len++)
  {
    /* on the heap, at its exact size, so that a sanitizer sees a read beyond */
    g_autofree guint8 *copy = g_memdup2 (datagram->data, len);
    TegataClientHelloStart hello;

    g_assert_cmpint (read_hello (copy, len, &hello), ==, STEP_NONE);
  }
}

typedef struct
{
  const char *name;
  guint at;     /* which byte of the datagram */
  guint8 value; /* what it becomes */
  Step step;    /* how far it then gets */
} Damage;

static const Damage damages[] = {
  { "record-longer-than-datagram", 12, 0xff, STEP_NONE },
  { "record-shorter-than-fragment", 12, 40, STEP_RECORD },
  { "record-shorter-than-fragment-header", 12, 11, STEP_RECORD },
  { "record-empty", 12, 0, STEP_RECORD },
  { "message-shorter-than-fragment", 16, 41, STEP_RECORD },
  { "message-empty", 16, 0, STEP_RECORD },
  { "message-longer-than-fragment", 16, 43, STEP_HELLO },
  { "fragment-beyond-message", 21, 1, STEP_RECORD },
  { "fragment-far-beyond-message", 19, 0xff, STEP_RECORD },
  { "fragment-longer-than-record", 24, 43, STEP_RECORD },
  { "fragment-length-huge", 22, 0xff, STEP_RECORD },
  { "fragment-without-random", 24, 33, STEP_FRAGMENT },
  { "fragment-empty", 24, 0, STEP_FRAGMENT },
  { "session-id-longer-than-fragment", 59, 33, STEP_FRAGMENT },
  { "cookie-longer-than-fragment", 60, 7, STEP_FRAGMENT },
  { "cookie-to-the-end", 60, 6, STEP_HELLO },
};

static void
test_hello_damaged (gconstpointer data)
{
  const Damage *damage = data;
  ClientHello settings = CLIENT_HELLO_INIT;
  g_autoptr (GByteArray) datagram = client_hello_datagram (&settings);
  TegataClientHelloStart hello;

  g_assert_cmpuint (datagram->len, ==, 67);
  g_assert_cmpint (datagram->data[damage->at], !=, damage->value);
  datagram->data[damage->at] = damage->value;
  g_assert_cmpint (read_hello (datagram->data, datagram->len, &hello), ==, damage->step);
}

static void
test_session_id_too_long (void)
{
  ClientHello settings = CLIENT_HELLO_INIT;
  g_autoptr (GByteArray) datagram = NULL;
  TegataClientHelloStart hello;

  settings.session_id_len = 33;
  datagram = client_hello_datagram (&settings);
  g_assert_cmpint (read_hello (datagram->data, datagram->len, &hello), ==, STEP_FRAGMENT);
}

static void
test_record_fields (void)
{
  static const guint8 bytes[]
      = { 23,   0xfe, 0xfd, 0x01, 0x02, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0, 2, 0xaa,
          0xbb, 21,   0xfe, 0xff, 0,    0,    0,    0,    0,    0,    0,    7, 0, 0 };
  TegataReader datagram;
  TegataRecord record;

  tegata_reader_init (&datagram, bytes, sizeof bytes);
  g_assert_true (tegata_record_read (&datagram, &record));
  g_assert_cmpuint (record.type, ==, TEGATA_CONTENT_APPLICATION_DATA);
  g_assert_cmphex (record.version, ==, TEGATA_DTLS_1_2_WIRE);
  g_assert_cmphex (record.epoch, ==, 0x0102);
  g_assert_cmphex (record.sequence, ==, 0x111213141516);
  g_assert_true (record.bytes == bytes);
  g_assert_cmpuint (record.len, ==, 15);
  g_assert_cmpuint (record.body.len, ==, 2);
  g_assert_cmphex (record.body.bytes[0], ==, 0xaa);

  g_assert_true (tegata_record_read (&datagram, &record));
  g_assert_cmpuint (record.type, ==, TEGATA_CONTENT_ALERT);
  g_assert_cmpuint (record.len, ==, TEGATA_RECORD_HEADER_LEN);
  g_assert_cmpuint (record.body.len, ==, 0);
  g_assert_cmpuint (datagram.len, ==, 0);
  g_assert_false (tegata_record_read (&datagram, &record));
}

static void
test_failure_reads_nothing (void)
{
  static const guint8 bytes[] = { 22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 9, 1 };
  TegataReader datagram;
  TegataRecord record;
  TegataHandshakeFragment fragment;

  memset (&record, 0x77, sizeof record);
  memset (&fragment, 0x77, sizeof fragment);
  tegata_reader_init (&datagram, bytes, sizeof bytes);
  g_assert_false (tegata_record_read (&datagram, &record));
  g_assert_false (tegata_handshake_fragment_read (&datagram, &fragment));
  g_assert_true (datagram.bytes == bytes);
  g_assert_cmpuint (datagram.len, ==, sizeof bytes);
  g_assert_cmphex (record.type, ==, 0x77);
  g_assert_cmphex (fragment.type, ==, 0x77);
}

static void
test_fragments_in_one_record (void)
{
  static const guint8 bytes[] = { 14, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 16, 0,
                                  0,  4, 0, 6, 0, 0, 1, 0, 0, 3, 7, 8, 9 };
  TegataReader body;
  TegataHandshakeFragment fragment;

  tegata_reader_init (&body, bytes, sizeof bytes);
  g_assert_true (tegata_handshake_fragment_read (&body, &fragment));
  g_assert_cmpuint (fragment.type, ==, TEGATA_HANDSHAKE_SERVER_HELLO_DONE);
  g_assert_cmpuint (fragment.message_seq, ==, 5);
  g_assert_cmpuint (fragment.body.len, ==, 0);

  g_assert_true (tegata_handshake_fragment_read (&body, &fragment));
  g_assert_cmpuint (fragment.type, ==, TEGATA_HANDSHAKE_CLIENT_KEY_EXCHANGE);
  g_assert_cmpuint (fragment.length, ==, 4);
  g_assert_cmpuint (fragment.message_seq, ==, 6);
  g_assert_cmpuint (fragment.offset, ==, 1);
  g_assert_cmpuint (fragment.body.len, ==, 3);
  g_assert_cmpuint (fragment.body.bytes[0], ==, 7);
  g_assert_cmpuint (body.len, ==, 0);
}

/* Whatever a datagram is, what is read lies within it and every byte is read once. */
static void
test_random_datagrams (void)
{
  ClientHello settings = CLIENT_HELLO_INIT;
  g_autoptr (GByteArray) hello = client_hello_datagram (&settings);

  for (guint round = 0; round < 100000; round++)
  {
    gsize len = (gsize) g_test_rand_int_range (0, (gint32) hello->len + 1);
    g_autofree guint8 *bytes = g_memdup2 (hello->data, len);
    gsize n_read = 0;
    TegataReader datagram;
    TegataRecord record;

    for (guint i = 0; len > 0 && i < 4; i++)
    {
      bytes[g_test_rand_int_range (0, (gint32) len)] = (guint8) g_test_rand_int ();
    }
    tegata_reader_init (&datagram, bytes, len);
    while (tegata_record_read (&datagram, &record))
    {
      TegataHandshakeFragment fragment;
      TegataClientHelloStart start;

      g_assert_true (record.bytes == bytes + n_read);
      n_read += record.len;
      g_assert_cmpuint (n_read + datagram.len, ==, len);
      while (tegata_handshake_fragment_read (&record.body, &fragment))
      {
        g_assert_cmpuint (fragment.offset + fragment.body.len, <=, fragment.length);
        if (tegata_client_hello_read_start (fragment.body, &start))
        {
          g_assert_cmpuint (start.session_id.len, <=, 32);
          g_assert_true (start.cookie.bytes + start.cookie.len
                         <= fragment.body.bytes + fragment.body.len);
        }
      }
    }
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/wire/record/reads-its-fields", test_record_fields);
  g_test_add_func ("/wire/record/failure-reads-nothing", test_failure_reads_nothing);
  g_test_add_func ("/wire/fragment/several-in-one-record", test_fragments_in_one_record);
  g_test_add_func ("/wire/hello/reads-its-fields", test_hello_fields);
  g_test_add_func ("/wire/hello/needs-no-more-than-its-start", test_hello_start_only);
  g_test_add_func ("/wire/hello/refused-at-every-truncation", test_hello_truncated);
  g_test_add_func ("/wire/hello/session-id-is-bounded", test_session_id_too_long);
  for (gsize i = 0; i < G_N_ELEMENTS (damages); i++)
  {
    g_autofree char *path = g_strdup_printf ("/wire/damaged/%s", damages[i].name);

    g_test_add_data_func (path, &damages[i], test_hello_damaged);
  }
  g_test_add_func ("/wire/random/stays-within-the-datagram", test_random_datagrams);

  return g_test_run ();
}
