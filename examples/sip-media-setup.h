/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sip-media-options.h"

G_BEGIN_DECLS

/*
 * What has to be there before the first call, and would else be missed within one.
 */

/* Returns: FALSE with a GFileError where descriptions could not be written to --local, or
 * read from --remote */
gboolean setup_check_files (const Options *options, GError **error);

/* Returns: (transfer full) (nullable): how to secure calls, and who we are in them; NULL
 * with an error that names the file */
TegataContext *setup_new_context (const Options *options, GError **error);

G_END_DECLS
