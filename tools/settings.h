/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "options.h"

G_BEGIN_DECLS

/*
 * Returns: (transfer full): a context as the options have it; NULL with G_OPTION_ERROR
 * where an option is wrong, and with another error where a file is
 */
TegataContext *settings_make_context (const Options *options, GError **error);

/* Returns: (transfer full): our a=fingerprint line */
char *settings_write_fingerprint (TegataContext *context);

/* Returns: (transfer full): what a description of ours says: a=setup, a=tls-id and
 * a=fingerprint, in this order */
char **settings_write_sdp (const Options *options, TegataContext *context);

G_END_DECLS
