/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <tegata/dtls.h>

G_BEGIN_DECLS

/*
 * Stateless cookies (RFC 6347 section 4.2.1), for any engine: a MAC over the peer's
 * address, under a secret that changes every minute. The secrets of the slots of time are
 * derived from one random secret, so that nothing is stored and nothing locks: any
 * thread.
 */

typedef struct _TegataCookieJar TegataCookieJar;

TegataCookieJar *tegata_cookie_jar_new (void);
void tegata_cookie_jar_free (TegataCookieJar *self);

typedef enum
{
  TEGATA_COOKIE_DROP,      /* not the start of a ClientHello: nothing can be said to it */
  TEGATA_COOKIE_CHALLENGE, /* a ClientHello without a valid cookie: the answer was written
                            */
  TEGATA_COOKIE_PROVEN,    /* its cookie is ours, for this address, of this or the last
                              minute */
} TegataCookieVerdict;

/* Judges a datagram of somebody unknown. A ClientHello may be fragmented: its first
 * fragment must hold the cookie, and be the first in the datagram. The answer is a whole
 * datagram, a HelloVerifyRequest that is never longer than what it answers, with the
 * record number of the ClientHello. */
TegataCookieVerdict tegata_cookie_jar_judge (TegataCookieJar *self,
                                             const TegataAddress *peer,
                                             const guint8 *bytes,
                                             gsize len,
                                             gint64 now_us,
                                             GByteArray *answer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TegataCookieJar, tegata_cookie_jar_free)

G_END_DECLS
