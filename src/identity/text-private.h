/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <string.h>

G_BEGIN_DECLS

#define TEGATA_BLANKS " \t\r\n"

/* Longest piece of a peer's text that goes into an error's message. */
#define TEGATA_QUOTE_MAX_LEN 40

/* The first @len bytes of @text (or fewer), fit for a message: what a peer wrote may be
 * long, have line ends that would forge a log, or not be UTF-8. (transfer full) */
static inline char *
tegata_text_quote (const char *text, gsize len)
{
  gboolean cut = len > TEGATA_QUOTE_MAX_LEN;
  g_autofree char *start = g_strndup (text, cut ? TEGATA_QUOTE_MAX_LEN : len);
  g_autofree char *escaped = g_strescape (start, NULL);

  return g_strdup_printf ("\"%s%s\"", escaped, cut ? "..." : "");
}

static inline const char *
tegata_text_skip_blanks (const char *text)
{
  return text + strspn (text, TEGATA_BLANKS);
}

G_END_DECLS
