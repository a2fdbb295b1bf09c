/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <tegata/srtp.h>

G_BEGIN_DECLS

/*
 * SRTP as RFC 3711 and RFC 7714 write it down, for one packet at a time: no streams, no
 * windows, the index is an argument. It shares no code with the library, is itself held
 * against the vectors of the RFCs, and then judges the library's packets.
 */

typedef struct
{
  gboolean is_gcm;
  guint8 cipher_key[32];
  gsize cipher_key_len;
  guint8 salt[14];
  guint8 auth_key[20]; /* CM only */
  gsize tag_len;
} SrtpReferenceKeys;

/* RFC 3711 section 4.3.1, with the label added to them for SRTCP */
#define SRTP_REFERENCE_RTP_LABELS 0
#define SRTP_REFERENCE_RTCP_LABELS 3

/* AES in counter mode over zeros. */
void srtp_reference_key_stream (const guint8 *key,
                                gsize key_len,
                                const guint8 iv[16],
                                guint8 *out,
                                gsize out_len);

void srtp_reference_derive (const guint8 *master_key,
                            gsize master_key_len,
                            const guint8 *master_salt,
                            gsize master_salt_len,
                            guint8 label,
                            guint8 *out,
                            gsize out_len);

/* From a master key and salt, as tegata_srtp_new() takes them. */
void srtp_reference_keys_init (SrtpReferenceKeys *keys,
                               TegataSrtpProfile profile,
                               gboolean is_rtcp,
                               const guint8 *master);

/* (transfer full) */
GByteArray *srtp_reference_protect_rtp (const SrtpReferenceKeys *keys,
                                        const guint8 *packet,
                                        gsize len,
                                        gsize header_len,
                                        guint32 roc);
GByteArray *srtp_reference_protect_rtcp (const SrtpReferenceKeys *keys,
                                         const guint8 *packet,
                                         gsize len,
                                         guint32 index);

G_END_DECLS
