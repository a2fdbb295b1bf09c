/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ladder.h"

G_BEGIN_DECLS

/*
 * The drawing of a ladder in a file: each one takes the place of the one before.
 */

/* Finds at the start what would be in the way when a handshake is complete, and whether
 * something else would be lost. @path: (nullable): nothing is drawn */
gboolean ladder_file_check (const char *path, GError **error);

/* @local, @peer: addresses */
gboolean ladder_file_write (const char *path,
                            Ladder *ladder,
                            const char *local,
                            const char *peer,
                            GError **error);

G_END_DECLS
