/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "srtp/srtp-private.h"

G_BEGIN_DECLS

/* A sender and a receiver under one key, and packets to give them. */

typedef struct
{
  TegataSrtp *sender;
  TegataSrtp *receiver;
} SrtpPair;

extern const TegataSrtpProfile srtp_pair_profiles[4];
extern const guint8 srtp_pair_key[TEGATA_SRTP_MAX_KEY_LEN];

SrtpPair *srtp_pair_new (TegataSrtpProfile profile);
void srtp_pair_free (SrtpPair *pair);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SrtpPair, srtp_pair_free)

/* One half, under the pair's key. */
TegataSrtp *srtp_pair_new_half (TegataSrtpProfile profile, TegataSrtpDirection direction);

/* A test for each backend and profile: "/srtp/<backend>/<name>/<profile>". */
typedef void (*SrtpPairTest) (TegataSrtpProfile profile);
void srtp_pair_add_test (const char *name, SrtpPairTest test);

/* In such a test: on which backend it runs. */
const TegataSrtpBackend *srtp_pair_get_backend (void);

/* (transfer full): plain packets; the payload depends on the sequence number. */
GByteArray *srtp_pair_rtp (guint32 ssrc, guint16 sequence, gsize payload_len);
/* A sender report and, of @n_words, a source description that is nonsense but sound. */
GByteArray *srtp_pair_rtcp (guint32 ssrc, guint n_words);

/* (transfer full): asserts that they are OK. */
GByteArray *srtp_pair_protect_rtp (TegataSrtp *sender, const GByteArray *plain);
GByteArray *srtp_pair_protect_rtcp (TegataSrtp *sender, const GByteArray *plain);
GByteArray *srtp_pair_send_rtp (SrtpPair *pair, guint32 ssrc, guint16 sequence);

/* What becomes of it; @packet is left alone. */
TegataSrtpOutcome srtp_pair_receive_rtp (TegataSrtp *receiver, const GByteArray *packet);
TegataSrtpOutcome srtp_pair_receive_rtcp (TegataSrtp *receiver, const GByteArray *packet);

#define srtp_assert_outcome(outcome, expected)                                           \
  g_assert_cmpstr (tegata_srtp_outcome_to_string (outcome), ==,                          \
                   tegata_srtp_outcome_to_string (expected))

G_END_DECLS
