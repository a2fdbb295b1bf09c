/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/srtp-profile-private.h"

#include <tegata/demux.h>

G_BEGIN_DECLS

/*
 * What does the cryptography of one direction under one master key: streams, windows,
 * counters. TegataSrtp has already looked at the packet: its header is well-formed, it is
 * long enough for what protection added (or will), @out has room, and the key's lifetime
 * is not over. @out is @in, or does not overlap it. @out_len is set on OK only.
 */

typedef TegataSrtpOutcome (*TegataSrtpRtpFunc) (gpointer session,
                                                const TegataRtpHeader *header,
                                                const guint8 *in,
                                                gsize in_len,
                                                guint8 *out,
                                                gsize *out_len);
typedef TegataSrtpOutcome (*TegataSrtpRtcpFunc) (gpointer session,
                                                 const TegataRtcpHeader *header,
                                                 const guint8 *in,
                                                 gsize in_len,
                                                 guint8 *out,
                                                 gsize *out_len);

typedef struct
{
  const char *name;
  /* What takes long and is done once in a process: on NSS it took 12 to 25 ms. */
  void (*prepare) (void);
  /* @key is as long as @info says: copied. */
  gpointer (*new_session) (const TegataSrtpProfileInfo *info,
                           TegataSrtpDirection direction,
                           const guint8 *key,
                           GError **error);
  void (*free_session) (gpointer session); /* wipes the key */
  TegataSrtpRtpFunc protect_rtp;
  TegataSrtpRtcpFunc protect_rtcp;
  TegataSrtpRtpFunc unprotect_rtp;
  TegataSrtpRtcpFunc unprotect_rtcp;
  gboolean (*get_roc) (gpointer session, guint32 ssrc, guint32 *roc);
  gboolean (*set_roc) (gpointer session, guint32 ssrc, guint32 roc);
} TegataSrtpBackend;

extern const TegataSrtpBackend tegata_srtp_libsrtp2;
extern const TegataSrtpBackend tegata_srtp_native;

/* The profiles of RFC 7714 are those with its tag (section 13). */
static inline gboolean
tegata_srtp_is_gcm (const TegataSrtpProfileInfo *info)
{
  return info->rtp_tag_len == 16;
}

G_END_DECLS
