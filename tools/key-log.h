/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <tegata/tegata.h>

G_BEGIN_DECLS

/*
 * Appends the secrets of each handshake of @context to a file, in the format of NSS key
 * logs, which Wireshark reads. The file is made for its owner's eyes alone; one that was
 * there is made so. Several may append to one file: a line is one write.
 *
 * @context: not sealed yet
 *
 * Returns: FALSE with a GFileError
 */
gboolean key_log_open (TegataContext *context, const char *path, GError **error);

G_END_DECLS
