/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <tegata/sdp.h>

G_BEGIN_DECLS

/* Where the value of @line starts: after "a=@name:", or at the first byte that is not
 * blank where @line is a value already. NULL with TEGATA_ERROR_PARSE where it is a line
 * of another attribute. (transfer none) */
const char *
tegata_sdp_line_get_value (const char *line, const char *name, GError **error);

/* Likewise, without the blanks and the line end after it. (transfer full) */
char *tegata_sdp_line_dup_value (const char *line, const char *name, GError **error);

G_END_DECLS
