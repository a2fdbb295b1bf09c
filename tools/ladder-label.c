/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The words of the drawings: what a message, a time, a name is called. */

#include "ladder-rows.h"

#include <string.h>

char *
ladder_message_join_details (const LadderMessage *message)
{
  const char *details[LADDER_MAX_DETAILS + 1] = { NULL };

  for (guint i = 0; i < LADDER_MAX_DETAILS; i++)
  {
    details[i] = message->details[i];
  }
  return g_strjoinv (", ", (char **) details);
}

static gboolean
is_fragment (const LadderMessage *message)
{
  return message->kind == LADDER_HANDSHAKE && message->len < message->total_len;
}

/* Bytes are counted from 0; the last one is named, too. */
static char *
label_of (const LadderMessage *message)
{
  GString *label = g_string_new (message->name);
  g_autofree char *details = ladder_message_join_details (message);

  if (is_fragment (message) && message->len > 0)
  {
    g_string_append_printf (label, " [%u-%u of %u]", message->offset,
                            message->offset + message->len - 1, message->total_len);
  }
  if (details[0] != '\0')
  {
    g_string_append_printf (label, " (%s)", details);
  }
  return g_string_free (label, FALSE);
}

/* Lines that are filled one after the other. All of it is ASCII. */
typedef struct
{
  GPtrArray *lines; /* (element-type utf8): those that are full */
  GString *line;
  gsize first_width;
  gsize width; /* of all others */
} Wrap;

static void
end_line (Wrap *wrap)
{
  g_ptr_array_add (wrap->lines, g_strdup (wrap->line->str));
  g_string_truncate (wrap->line, 0);
}

static void
make_room (Wrap *wrap, const char *piece)
{
  gsize width = wrap->lines->len == 0 ? wrap->first_width : wrap->width;

  if (wrap->line->len > 0 && wrap->line->len + 1 + strlen (piece) > width)
  {
    end_line (wrap);
  }
}

/* Breaks between messages, and between words only where one alone is too long. */
static void
append_label (Wrap *wrap, const char *label)
{
  g_auto (GStrv) words = g_strsplit (label, " ", -1);

  make_room (wrap, label);
  for (guint i = 0; words[i] != NULL; i++)
  {
    make_room (wrap, words[i]);
    g_string_append_printf (wrap->line, "%s%s", wrap->line->len > 0 ? " " : "", words[i]);
  }
}

char **
ladder_row_wrap (const LadderRow *row, gsize first_width, gsize width)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new ();
  g_autoptr (GString) line = g_string_new (NULL);
  Wrap wrap = { lines, line, first_width, width };

  for (guint i = 0; i < row->n_messages; i++)
  {
    const char *comma = i + 1 < row->n_messages ? "," : NULL;
    g_autofree char *label = label_of (&row->messages[i]);
    g_autofree char *piece = g_strconcat (label, comma, NULL);

    append_label (&wrap, piece);
  }
  end_line (&wrap);
  g_ptr_array_add (lines, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&lines), FALSE);
}

#define NO_TENTHS_MS 1000000

/* By hand: a comma, as some locales have it, is for no log and no SVG. The end of a long
 * call needs no tenths. */
char *
ladder_format_ms (gint64 time_us)
{
  gint64 ms = time_us / 1000;

  if (time_us < 0 || ms >= NO_TENTHS_MS)
  {
    return g_strdup_printf ("%" G_GINT64_FORMAT, ms);
  }
  return g_strdup_printf ("%" G_GINT64_FORMAT ".%d", ms, (int) (time_us / 100 % 10));
}

char *
ladder_clean_name (const char *name, gsize max_len)
{
  g_autofree char *valid = g_utf8_make_valid (name != NULL ? name : "", -1);
  gboolean is_too_long = g_utf8_strlen (valid, -1) > (glong) max_len;
  gsize n_kept = is_too_long ? max_len - 3 : max_len;
  GString *clean = g_string_new (NULL);

  for (const char *p = valid; *p != '\0' && n_kept > 0; p = g_utf8_next_char (p))
  {
    gunichar c = g_utf8_get_char (p);

    g_string_append_unichar (clean, g_unichar_isprint (c) ? c : '?');
    n_kept--;
  }
  if (is_too_long)
  {
    g_string_append (clean, "...");
  }
  return g_string_free (clean, FALSE);
}

static const char *
plural (guint64 n)
{
  return n == 1 ? "" : "s";
}

static char *
count_rows (const Ladder *self)
{
  guint n_again = 0;

  for (guint i = 0; i < self->rows->len; i++)
  {
    n_again += ((LadderRow *) g_ptr_array_index (self->rows, i))->is_retransmission;
  }
  if (n_again == 0)
  {
    return g_strdup_printf ("%u datagram%s", self->rows->len, plural (self->rows->len));
  }
  return g_strdup_printf ("%u datagrams, %u of them retransmissions", self->rows->len,
                          n_again);
}

char **
ladder_summarize (const Ladder *self)
{
  GPtrArray *lines = g_ptr_array_new ();
  guint64 n_data = self->n_data[LADDER_SENT] + self->n_data[LADDER_RECEIVED];

  g_ptr_array_add (lines, count_rows (self));
  if (n_data > 0)
  {
    g_ptr_array_add (lines, g_strdup_printf ("not listed: application data, "
                                             "%" G_GUINT64_FORMAT " sent, "
                                             "%" G_GUINT64_FORMAT " received",
                                             self->n_data[LADDER_SENT],
                                             self->n_data[LADDER_RECEIVED]));
  }
  if (self->n_noise > 0)
  {
    g_ptr_array_add (lines, g_strdup_printf ("and %" G_GUINT64_FORMAT
                                             " more datagram%s that came and belong%s "
                                             "to no flight",
                                             self->n_noise, plural (self->n_noise),
                                             self->n_noise == 1 ? "s" : ""));
  }
  if (self->n_left_out > 0)
  {
    g_ptr_array_add (
        lines, g_strdup_printf ("left out: %" G_GUINT64_FORMAT " further datagram%s",
                                self->n_left_out, plural (self->n_left_out)));
  }
  g_ptr_array_add (lines, NULL);
  return (char **) g_ptr_array_free (lines, FALSE);
}
