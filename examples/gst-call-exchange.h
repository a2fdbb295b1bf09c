/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "gst-call-description.h"

/* Signalling in its simplest form: two files, or copy and paste. A file name of "-" is
 * standard output, and standard input. */

/* A file is complete as soon as it is there. */
gboolean
exchange_publish (const char *file, const Description *description, GError **error);

typedef struct _Exchange Exchange;

/* Whether it was the one that is waited for. @error: (nullable): why it never will come;
 * @description is NULL then */
typedef gboolean (*ExchangeFunc) (const Description *description,
                                  const GError *error,
                                  gpointer user_data);

/* Looks until @func has been content. */
Exchange *exchange_new (const char *file, ExchangeFunc func, gpointer user_data);
void exchange_free (Exchange *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Exchange, exchange_free)
