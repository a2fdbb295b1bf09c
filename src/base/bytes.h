/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Reading and writing wire bytes in network order. Every read is checked against what is
 * left and advances only on success; a length-prefixed field yields a reader of its own,
 * which must be empty at its end. Nothing outside does arithmetic on wire bytes.
 */

typedef struct
{
  const guint8 *bytes; /* borrowed: what is left */
  gsize len;
} TegataReader;

void tegata_reader_init (TegataReader *self, const guint8 *bytes, gsize len);
gboolean tegata_reader_u8 (TegataReader *self, guint8 *value);
gboolean tegata_reader_u16 (TegataReader *self, guint16 *value);
gboolean tegata_reader_u24 (TegataReader *self, guint32 *value);
gboolean tegata_reader_u32 (TegataReader *self, guint32 *value);
gboolean tegata_reader_u48 (TegataReader *self, guint64 *value);
gboolean tegata_reader_bytes (TegataReader *self, gsize len, const guint8 **bytes);
gboolean tegata_reader_sub (TegataReader *self, gsize len, TegataReader *sub);
/* A field with a length of one or two bytes before it. */
gboolean tegata_reader_sub_u8 (TegataReader *self, TegataReader *sub);
gboolean tegata_reader_sub_u16 (TegataReader *self, TegataReader *sub);

/* Appends to @array. */
void tegata_write_u8 (GByteArray *array, guint8 value);
void tegata_write_u16 (GByteArray *array, guint16 value);
void tegata_write_u24 (GByteArray *array, guint32 value);
void tegata_write_u48 (GByteArray *array, guint64 value);

G_END_DECLS
