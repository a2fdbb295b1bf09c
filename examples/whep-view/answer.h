/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec.h"

#include <agent.h>
#include <tegata/tegata.h>

/* What was agreed for one kind of media. */
typedef struct
{
  const Codec *codec; /* NULL: turned down */
  gboolean has_rtx;
  guint32 ssrc;     /* the sender's; 0 where the answer does not name it */
  guint32 rtx_ssrc; /* likewise */
} Track;

/* What the answer says that a viewer needs. */
typedef struct
{
  Track tracks[N_TRACKS];
  GPtrArray *fingerprints; /* TegataFingerprint, one at least */
  TegataRole role;         /* ours */
  char *ufrag;
  char *password;
  GSList *candidates; /* NiceCandidate; those that are not understood are left out */
} Answer;

/* @agent: for the candidates of @stream_id. NULL with what was found and expected. */
Answer *answer_new_from_text (const char *text,
                              gsize len,
                              NiceAgent *agent,
                              guint stream_id,
                              GError **error);
void answer_free (Answer *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Answer, answer_free)
