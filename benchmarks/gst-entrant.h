/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "gst-subjects.h"

G_BEGIN_DECLS

/* What is done in a case, to encoders or to decoders. */
typedef struct
{
  gboolean decodes;
  SubjectProfile profile;
  PacketsShape shape;
  gsize payload_len;
  gsize list_len; /* 0: one by one */
} Case;

/* A subject in a case: it was seen to do its work there, and its time is taken. */
typedef struct _Entrant Entrant;

gboolean entrant_is_possible (const Subject *subject, const Case *what);

/* (nullable): NULL where it does not do its work, which it has told. @what must outlive
 * it. */
Entrant *entrant_new (const Subject *subject, const Case *what);
void entrant_free (Entrant *self);

/* "srtpdec", or "srtpdec, singly" where it cannot take what the others get. */
const char *entrant_name (Entrant *self);

/* With whom it is compared; (transfer full) (nullable). */
char *entrant_dup_reference (Entrant *self);

/* Passes @n_packets and tells the CPU time of one in nanoseconds. FALSE where some did
 * not arrive, which it has told. */
gboolean entrant_run_round (Entrant *self, int n_packets, double *ns);

G_END_DECLS
