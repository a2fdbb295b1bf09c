/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/bytes.h"

static const guint8 bytes[] = { 1, 2, 3, 4, 5, 6, 7, 8 };

static void
reads_in_network_order (void)
{
  TegataReader reader;
  guint8 u8;
  guint16 u16;
  guint32 u24, u32;
  guint64 u48;

  tegata_reader_init (&reader, bytes, sizeof bytes);
  g_assert_true (tegata_reader_u8 (&reader, &u8));
  g_assert_cmphex (u8, ==, 0x01);
  g_assert_true (tegata_reader_u16 (&reader, &u16));
  g_assert_cmphex (u16, ==, 0x0203);
  g_assert_true (tegata_reader_u32 (&reader, &u32));
  g_assert_cmphex (u32, ==, 0x04050607);
  g_assert_cmpuint (reader.len, ==, 1);

  tegata_reader_init (&reader, bytes, sizeof bytes);
  g_assert_true (tegata_reader_u24 (&reader, &u24));
  g_assert_cmphex (u24, ==, 0x010203);

  tegata_reader_init (&reader, bytes, sizeof bytes);
  g_assert_true (tegata_reader_u48 (&reader, &u48));
  g_assert_cmphex (u48, ==, G_GUINT64_CONSTANT (0x010203040506));
  g_assert_cmpuint (reader.len, ==, 2);
}

static void
keeps_the_highest_bit (void)
{
  static const guint8 ones[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
  TegataReader reader;
  guint32 u32;
  guint64 u48;

  tegata_reader_init (&reader, ones, sizeof ones);
  g_assert_true (tegata_reader_u32 (&reader, &u32));
  g_assert_cmphex (u32, ==, G_MAXUINT32);

  tegata_reader_init (&reader, ones, sizeof ones);
  g_assert_true (tegata_reader_u48 (&reader, &u48));
  g_assert_cmphex (u48, ==, G_GUINT64_CONSTANT (0xffffffffffff));
}

/* Every kind of read, from a buffer that is a byte too short for it. */
static gboolean
read_field (TegataReader *reader, guint n_bytes)
{
  guint8 u8 = 0xaa;
  guint16 u16 = 0xaaaa;
  guint32 u32 = 0xaaaaaaaa;
  guint64 u48 = 0xaaaaaaaa;
  gboolean done = FALSE;

  switch (n_bytes)
  {
  case 1:
    done = tegata_reader_u8 (reader, &u8);
    break;
  case 2:
    done = tegata_reader_u16 (reader, &u16);
    break;
  case 3:
    done = tegata_reader_u24 (reader, &u32);
    break;
  case 4:
    done = tegata_reader_u32 (reader, &u32);
    break;
  case 6:
    done = tegata_reader_u48 (reader, &u48);
    break;
  default:
    g_assert_not_reached ();
  }
  if (!done)
  {
    g_assert_cmphex (u8, ==, 0xaa);
    g_assert_cmphex (u16, ==, 0xaaaa);
    g_assert_cmphex (u32, ==, 0xaaaaaaaa);
    g_assert_cmphex (u48, ==, 0xaaaaaaaa);
  }
  return done;
}

static void
reads_nothing_where_a_number_is_cut_short (void)
{
  static const guint sizes[] = { 1, 2, 3, 4, 6 };

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
  {
    for (gsize len = 0; len < sizes[i]; len++)
    {
      TegataReader reader;

      tegata_reader_init (&reader, bytes, len);
      g_assert_false (read_field (&reader, sizes[i]));
      g_assert_true (reader.bytes == bytes);
      g_assert_cmpuint (reader.len, ==, len);
    }
  }
}

static void
lends_bytes_without_a_copy (void)
{
  TegataReader reader, sub;
  const guint8 *lent = NULL;

  tegata_reader_init (&reader, bytes, sizeof bytes);
  g_assert_true (tegata_reader_bytes (&reader, 3, &lent));
  g_assert_true (lent == bytes);
  g_assert_true (tegata_reader_sub (&reader, 4, &sub));
  g_assert_true (sub.bytes == bytes + 3);
  g_assert_cmpuint (sub.len, ==, 4);
  g_assert_cmpuint (reader.len, ==, 1);

  g_assert_true (tegata_reader_bytes (&reader, 0, &lent));
  g_assert_false (tegata_reader_bytes (&reader, 2, &lent));
  g_assert_false (tegata_reader_bytes (&reader, G_MAXSIZE, &lent));
  g_assert_false (tegata_reader_sub (&reader, 2, &sub));
  g_assert_cmpuint (reader.len, ==, 1);
  g_assert_cmpuint (sub.len, ==, 4);
}

static void
yields_a_reader_for_a_field_with_a_length (void)
{
  static const guint8 fields[] = { 2, 'a', 'b', 0, 1, 'c', 0 };
  TegataReader reader, sub;
  guint8 byte;

  tegata_reader_init (&reader, fields, sizeof fields);
  g_assert_true (tegata_reader_sub_u8 (&reader, &sub));
  g_assert_cmpmem (sub.bytes, sub.len, "ab", 2);
  g_assert_true (tegata_reader_u8 (&sub, &byte));
  g_assert_true (tegata_reader_u8 (&sub, &byte));
  g_assert_false (tegata_reader_u8 (&sub, &byte)); /* not into the field after it */

  g_assert_true (tegata_reader_sub_u16 (&reader, &sub));
  g_assert_cmpmem (sub.bytes, sub.len, "c", 1);
  g_assert_true (tegata_reader_sub_u8 (&reader, &sub));
  g_assert_cmpuint (sub.len, ==, 0);
  g_assert_cmpuint (reader.len, ==, 0);
}

static void
refuses_a_field_that_is_longer_than_what_is_left (void)
{
  static const struct
  {
    guint8 bytes[4];
    gsize len;
    gboolean two_bytes_of_length;
  } rows[] = {
    { { 0 }, 0, FALSE },
    { { 1 }, 1, FALSE },
    { { 3, 'a', 'b' }, 3, FALSE },
    { { 255, 'a' }, 2, FALSE },
    { { 0 }, 0, TRUE },
    { { 0 }, 1, TRUE },
    { { 0, 1 }, 2, TRUE },
    { { 255, 255, 'a', 'b' }, 4, TRUE },
    { { 1, 0, 'a' }, 3, TRUE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
  {
    TegataReader reader, sub;

    tegata_reader_init (&reader, rows[i].bytes, rows[i].len);
    if (rows[i].two_bytes_of_length)
    {
      g_assert_false (tegata_reader_sub_u16 (&reader, &sub));
    }
    else
    {
      g_assert_false (tegata_reader_sub_u8 (&reader, &sub));
    }
    g_assert_true (reader.bytes == rows[i].bytes);
    g_assert_cmpuint (reader.len, ==, rows[i].len);
  }
}

static void
writes_what_the_reader_reads (void)
{
  static const guint8 expected[]
      = { 0xfe, 0x01, 0x02, 0xff, 0x00, 0x01, 0x80, 0x00, 0x00, 0x00, 0x00, 0x2a };
  g_autoptr (GByteArray) array = g_byte_array_new ();
  TegataReader reader;
  guint8 u8;
  guint16 u16;
  guint32 u24;
  guint64 u48;

  tegata_write_u8 (array, 0xfe);
  tegata_write_u16 (array, 0x0102);
  tegata_write_u24 (array, 0xff0001);
  tegata_write_u48 (array, G_GUINT64_CONSTANT (0x80000000002a));
  g_assert_cmpmem (array->data, array->len, expected, sizeof expected);

  tegata_reader_init (&reader, array->data, array->len);
  g_assert_true (tegata_reader_u8 (&reader, &u8));
  g_assert_true (tegata_reader_u16 (&reader, &u16));
  g_assert_true (tegata_reader_u24 (&reader, &u24));
  g_assert_true (tegata_reader_u48 (&reader, &u48));
  g_assert_cmphex (u8, ==, 0xfe);
  g_assert_cmphex (u16, ==, 0x0102);
  g_assert_cmphex (u24, ==, 0xff0001);
  g_assert_cmphex (u48, ==, G_GUINT64_CONSTANT (0x80000000002a));
  g_assert_cmpuint (reader.len, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/base/bytes/reads-in-network-order", reads_in_network_order);
  g_test_add_func ("/base/bytes/keeps-the-highest-bit", keeps_the_highest_bit);
  g_test_add_func ("/base/bytes/reads-nothing-where-a-number-is-cut-short",
                   reads_nothing_where_a_number_is_cut_short);
  g_test_add_func ("/base/bytes/lends-bytes-without-a-copy", lends_bytes_without_a_copy);
  g_test_add_func ("/base/bytes/yields-a-reader-for-a-field-with-a-length",
                   yields_a_reader_for_a_field_with_a_length);
  g_test_add_func ("/base/bytes/refuses-a-field-that-is-longer-than-what-is-left",
                   refuses_a_field_that_is_longer_than_what_is_left);
  g_test_add_func ("/base/bytes/writes-what-the-reader-reads",
                   writes_what_the_reader_reads);
  return g_test_run ();
}
