/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <tegata/fingerprint.h>

G_BEGIN_DECLS

/*
 * Whom an association expects, and who came. TegataDtls tells it the fingerprints, the
 * engine the certificate; whoever is later learns the verdict.
 */

typedef enum
{
  TEGATA_VERDICT_UNKNOWN, /* one of the two is missing */
  TEGATA_VERDICT_MATCH,
  TEGATA_VERDICT_MISMATCH,
} TegataVerdict;

typedef struct
{
  GPtrArray *fingerprints; /* of TegataFingerprint; NULL until signalling named them */
  TegataCertificate *certificate; /* the peer's leaf; NULL until it came */
} TegataVerifier;

void tegata_verifier_clear (TegataVerifier *self);
void tegata_verifier_set_fingerprints (TegataVerifier *self,
                                       TegataFingerprint *const *fingerprints,
                                       gsize n_fingerprints);
void
tegata_verifier_set_certificate (TegataVerifier *self, TegataCertificate *certificate);

/* Of what is known so far. */
TegataVerdict tegata_verifier_judge (const TegataVerifier *self);

/* Of a certificate that is not the peer's yet: may a session of its be resumed? */
TegataVerdict tegata_verifier_judge_certificate (const TegataVerifier *self,
                                                 TegataCertificate *certificate);

/* For errors: what was expected, and what came. */
char *tegata_verifier_describe (const TegataVerifier *self);

G_END_DECLS
