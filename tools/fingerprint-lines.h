/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <tegata/tegata.h>

G_BEGIN_DECLS

/*
 * Lines with fingerprints, as files and people have them. A file that is named by mistake
 * may be a private key: of a line that does not begin as a fingerprint does no message
 * has a word.
 */

/*
 * @line: changed: blanks around it go
 *
 * Returns: (transfer none) (nullable): the fingerprint in a line that people paste, in
 * front of which our own "own: " may stand; NULL for other lines of SDP, and empty ones
 */
const char *fingerprint_line_find (char *line);

/* Returns: whether it is at least meant as one: only then may a message quote it */
gboolean fingerprint_line_has_shape (const char *line);

/* A hash that is not known here is no mistake: such a line may stand beside others. */
gboolean fingerprint_line_check (const char *line, GError **error);

/* Returns: (transfer full) (nullable): the fingerprints' lines of a text, one at least */
GPtrArray *fingerprint_lines_read (const char *text, GError **error);

/*
 * Reads a file that may be written only now.
 *
 * @text: (out) (transfer full) (nullable): what it has; NULL where there is none
 *
 * Returns: FALSE where it will never be one of fingerprints, whatever is added to it:
 * @error names it
 */
gboolean fingerprint_file_read (const char *path, char **text, GError **error);

/*
 * Writes a file of one line, in place of none or of one that had nothing but
 * fingerprints, too.
 */
gboolean fingerprint_file_write (const char *path, const char *line, GError **error);

/* Removes the file, if it still has that line alone. */
void fingerprint_file_remove (const char *path, const char *line);

G_END_DECLS
