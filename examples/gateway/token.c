/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "token.h"

#include <string.h>

static void
hash_text (const char *text, guint8 *hash)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  gsize len = 32;

  g_checksum_update (checksum, (const guchar *) text, (gssize) strlen (text));
  g_checksum_get_digest (checksum, hash, &len);
}

void
gateway_token_init (GatewayToken *self, const char *text)
{
  self->is_wanted = text != NULL;
  hash_text (text != NULL ? text : "", self->hash);
}

gboolean
gateway_token_matches (const GatewayToken *self, const char *authorization)
{
  guint8 hash[sizeof self->hash];
  guint8 difference = 0;

  if (!self->is_wanted)
  {
    return TRUE;
  }
  if (authorization == NULL || g_ascii_strncasecmp (authorization, "Bearer ", 7) != 0)
  {
    return FALSE;
  }
  hash_text (authorization + 7 + strspn (authorization + 7, " "), hash);
  for (gsize i = 0; i < sizeof hash; i++)
  {
    difference |= hash[i] ^ self->hash[i];
  }
  return difference == 0;
}
