/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <tegata/dtls.h>

G_BEGIN_DECLS

/*
 * Errors of one sort, and how far people were told of them: once for each kind in a row,
 * and not more than once a second, whatever comes between. Forged sources, or peers out
 * of reach among others who are not, would fill somebody's log. What lasts is told when
 * it comes again.
 *
 * The user's lock guards all calls but those that say otherwise.
 */
typedef struct
{
  gint kind;      /* GIOErrorEnum of the row that we are in, or -1; atomic */
  gint64 told_us; /* when the last one was taken in to be told; negative for never */
  GError *untold; /* NULL for none */
} TegataErrorRow;

/* Nothing was ever told. To begin with, and to end. */
void tegata_error_row_clear (TegataErrorRow *self);

/* Whether @problem is only one more of the row. Any thread, without the lock. */
gboolean tegata_error_row_has (TegataErrorRow *self, const GError *problem);
/* Something went well. Any thread, without the lock. */
void tegata_error_row_end (TegataErrorRow *self);

/* @address: whom it concerns; of length 0 where that is not known.
 * Returns: whether @untold is to be told now */
gboolean tegata_error_row_add (TegataErrorRow *self,
                               const GError *problem,
                               const TegataAddress *address,
                               gint64 now_us);

G_END_DECLS
