/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/bytes.h"

void
tegata_reader_init (TegataReader *self, const guint8 *bytes, gsize len)
{
  self->bytes = bytes;
  self->len = len;
}

gboolean
tegata_reader_bytes (TegataReader *self, gsize len, const guint8 **bytes)
{
  if (self->len < len)
  {
    return FALSE;
  }

  *bytes = self->bytes;
  self->bytes += len;
  self->len -= len;
  return TRUE;
}

/* A number of @n_bytes bytes, at most eight. */
static gboolean
read_number (TegataReader *self, gsize n_bytes, guint64 *value)
{
  const guint8 *bytes;
  guint64 number = 0;

  if (!tegata_reader_bytes (self, n_bytes, &bytes))
  {
    return FALSE;
  }

  for (gsize i = 0; i < n_bytes; i++)
  {
    number = number << 8 | bytes[i];
  }
  *value = number;
  return TRUE;
}

gboolean
tegata_reader_u8 (TegataReader *self, guint8 *value)
{
  guint64 number;

  if (!read_number (self, 1, &number))
  {
    return FALSE;
  }
  *value = (guint8) number;
  return TRUE;
}

gboolean
tegata_reader_u16 (TegataReader *self, guint16 *value)
{
  guint64 number;

  if (!read_number (self, 2, &number))
  {
    return FALSE;
  }
  *value = (guint16) number;
  return TRUE;
}

gboolean
tegata_reader_u24 (TegataReader *self, guint32 *value)
{
  guint64 number;

  if (!read_number (self, 3, &number))
  {
    return FALSE;
  }
  *value = (guint32) number;
  return TRUE;
}

gboolean
tegata_reader_u32 (TegataReader *self, guint32 *value)
{
  guint64 number;

  if (!read_number (self, 4, &number))
  {
    return FALSE;
  }
  *value = (guint32) number;
  return TRUE;
}

gboolean
tegata_reader_u48 (TegataReader *self, guint64 *value)
{
  return read_number (self, 6, value);
}

gboolean
tegata_reader_sub (TegataReader *self, gsize len, TegataReader *sub)
{
  const guint8 *bytes;

  if (!tegata_reader_bytes (self, len, &bytes))
  {
    return FALSE;
  }
  tegata_reader_init (sub, bytes, len);
  return TRUE;
}

gboolean
tegata_reader_sub_u8 (TegataReader *self, TegataReader *sub)
{
  TegataReader rest = *self;
  guint8 len;

  if (!tegata_reader_u8 (&rest, &len) || !tegata_reader_sub (&rest, len, sub))
  {
    return FALSE;
  }
  *self = rest;
  return TRUE;
}

gboolean
tegata_reader_sub_u16 (TegataReader *self, TegataReader *sub)
{
  TegataReader rest = *self;
  guint16 len;

  if (!tegata_reader_u16 (&rest, &len) || !tegata_reader_sub (&rest, len, sub))
  {
    return FALSE;
  }
  *self = rest;
  return TRUE;
}

static void
write_number (GByteArray *array, gsize n_bytes, guint64 value)
{
  for (gsize i = n_bytes; i > 0; i--)
  {
    guint8 byte = (guint8) (value >> (8 * (i - 1)));

    g_byte_array_append (array, &byte, 1);
  }
}

void
tegata_write_u8 (GByteArray *array, guint8 value)
{
  write_number (array, 1, value);
}

void
tegata_write_u16 (GByteArray *array, guint16 value)
{
  write_number (array, 2, value);
}

void
tegata_write_u24 (GByteArray *array, guint32 value)
{
  write_number (array, 3, value);
}

void
tegata_write_u48 (GByteArray *array, guint64 value)
{
  write_number (array, 6, value);
}
