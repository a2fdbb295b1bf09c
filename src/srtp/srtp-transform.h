/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "srtp/srtp-keys.h"

G_BEGIN_DECLS

#define TEGATA_SRTP_MAX_TAG_LEN 16

/* A packet on its way through the cryptography; where tag and word stand on the wire is
 * not known here. @out is @in, or does not overlap it. */
typedef struct
{
  const guint8 *in;
  guint8 *out;
  gsize head_len; /* stays readable, is authenticated */
  gsize len;      /* head and payload, without tag and word */
  guint32 ssrc;
  guint64 index;  /* 48 bits, or 31 of SRTCP */
  guint8 word[4]; /* authenticated, in network order: CM's roll-over counter of RTP; of
                     SRTCP the E bit and the index */
  gboolean is_rtcp;
  gsize tag_len;
} TegataSrtpPacket;

/*
 * A transform: authenticated encryption under one set of session keys. FALSE from
 * protect() is libcrypto's failure, and @out is not to be used; from unprotect() it is a
 * wrong tag as well, and nothing that was decrypted is left in @out.
 */
typedef struct
{
  gpointer (*new_keyed) (const TegataSrtpSessionKeys *keys); /* (nullable) */
  void (*free_keyed) (gpointer keyed);                       /* wipes */
  gboolean (*protect) (gpointer keyed, const TegataSrtpPacket *packet, guint8 *tag);
  gboolean (*unprotect) (gpointer keyed,
                         const TegataSrtpPacket *packet,
                         const guint8 *tag);
} TegataSrtpTransform;

extern const TegataSrtpTransform tegata_srtp_cm;  /* RFC 3711 */
extern const TegataSrtpTransform tegata_srtp_gcm; /* RFC 7714 */

/* The two initialisation vectors are made alike: SSRC and index, each at its place, and
 * the salt over all. @ssrc_at is where the SSRC begins, the index's 48 bits follow it. */
static inline void
tegata_srtp_fill_iv (guint8 *iv,
                     gsize ssrc_at,
                     const guint8 *salt,
                     gsize salt_len,
                     const TegataSrtpPacket *packet)
{
  for (gsize i = 0; i < salt_len; i++)
  {
    iv[i] = salt[i];
  }
  for (gsize i = 0; i < 4; i++)
  {
    iv[ssrc_at + i] ^= (guint8) (packet->ssrc >> (24 - 8 * i));
  }
  for (gsize i = 0; i < 6; i++)
  {
    iv[ssrc_at + 4 + i] ^= (guint8) (packet->index >> (40 - 8 * i));
  }
}

G_END_DECLS
