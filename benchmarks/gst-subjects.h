/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "gst-rig.h"

G_BEGIN_DECLS

/*
 * Who is measured: elements that encode, each with one that decodes what they made.
 */

typedef enum
{
  SUBJECT_CM_80,
  SUBJECT_GCM_128,
  SUBJECT_N_PROFILES,
} SubjectProfile;

typedef struct
{
  const char *encoder; /* factories; the names in what is printed, too */
  const char *decoder;
  const char *encoder_reference; /* whom it is compared with; NULL for nobody */
  const char *decoder_reference;
  gboolean is_cm_only;
  gboolean is_fragile; /* the decoder: it cannot be given lists nor shared buffers */
  gboolean is_floor;   /* passes on what it gets: nothing is to be verified */
  /* Encoder and decoder under one key, ready for media. NULL where that failed, which
   * it has told. */
  Rig *(*make) (SubjectProfile profile);
} Subject;

extern const Subject subjects[];
extern const guint n_subjects;

/* As in "encode 1200 B CM_80". */
const char *subject_profile_name (SubjectProfile profile);
/* Bytes that protection adds to an RTP packet. */
gsize subject_profile_overhead (SubjectProfile profile);

G_END_DECLS
