/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define TEGATA_SRTP_SHA1_LEN 20

/* HMAC-SHA1 (RFC 2104) under one key, whose two first blocks are hashed once. */
typedef struct _TegataSrtpHmac TegataSrtpHmac;

/* (nullable): NULL where libcrypto fails. @key_len: 64 bytes at most */
TegataSrtpHmac *tegata_srtp_hmac_new (const guint8 *key, gsize key_len);
void tegata_srtp_hmac_free (TegataSrtpHmac *self); /* wipes */

/* Of @bytes, and then of @word. */
gboolean tegata_srtp_hmac_compute (TegataSrtpHmac *self,
                                   const guint8 *bytes,
                                   gsize len,
                                   const guint8 word[4],
                                   guint8 mac[TEGATA_SRTP_SHA1_LEN]);

G_END_DECLS
