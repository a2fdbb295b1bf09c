/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/srtp-profile-private.h"

G_BEGIN_DECLS

#define TEGATA_SRTP_AUTH_KEY_LEN 20 /* RFC 3711 section 5.2 */
#define TEGATA_SRTP_MAX_SALT_LEN 14

/* The session keys of RTP, or of RTCP. */
typedef struct
{
  guint8 cipher_key[32];
  gsize cipher_key_len;                      /* 16 or 32 */
  guint8 auth_key[TEGATA_SRTP_AUTH_KEY_LEN]; /* CM alone uses it */
  guint8 salt[TEGATA_SRTP_MAX_SALT_LEN];     /* GCM's has 12 bytes, then zeros */
} TegataSrtpSessionKeys;

/* From @master, key and salt as tegata_srtp_new() takes them (RFC 3711 section 4.3, with
 * a derivation rate of 0; RFC 7714 section 11). FALSE where libcrypto fails: then nothing
 * is in @keys. */
gboolean tegata_srtp_session_keys_derive (TegataSrtpSessionKeys *keys,
                                          const TegataSrtpProfileInfo *info,
                                          const guint8 *master,
                                          gboolean is_rtcp);
/* Wipes them. */
void tegata_srtp_session_keys_clear (TegataSrtpSessionKeys *keys);

G_END_DECLS
