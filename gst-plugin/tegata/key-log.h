/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <tegata/context.h>

G_BEGIN_DECLS

/* Has the TLS secrets of @context appended to the file @path, for its owner alone to
 * read. */
gboolean
gst_tegata_key_log_open (TegataContext *context, const char *path, GError **error);

G_END_DECLS
