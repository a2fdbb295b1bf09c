/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <tegata/dtls.h>

#include <string.h>

void
tegata_address_init (TegataAddress *self, gconstpointer bytes, gsize len)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (len <= TEGATA_ADDRESS_MAX_LEN);
  g_return_if_fail (bytes != NULL || len == 0);

  memset (self, 0, sizeof *self);
  self->len = (guint8) len;
  if (len > 0)
  {
    memcpy (self->bytes, bytes, len);
  }
}

gboolean
tegata_address_equal (gconstpointer a, gconstpointer b)
{
  const TegataAddress *first = a;
  const TegataAddress *second = b;

  g_return_val_if_fail (first != NULL && first->len <= TEGATA_ADDRESS_MAX_LEN, FALSE);
  g_return_val_if_fail (second != NULL && second->len <= TEGATA_ADDRESS_MAX_LEN, FALSE);

  return first->len == second->len
         && memcmp (first->bytes, second->bytes, first->len) == 0;
}

/* FNV-1a, 32 bits. Who can choose many addresses could make them collide, but a listener
 * looks up one chain of at most its own bounded number of proven sources. */
guint
tegata_address_hash (gconstpointer address)
{
  const TegataAddress *self = address;
  guint32 hash = 2166136261u;

  g_return_val_if_fail (self != NULL && self->len <= TEGATA_ADDRESS_MAX_LEN, 0);

  for (guint i = 0; i < self->len; i++)
  {
    hash = (hash ^ self->bytes[i]) * 16777619u;
  }
  return hash;
}
