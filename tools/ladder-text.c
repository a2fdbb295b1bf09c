/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A datagram is a line, or several where it has many messages:
 *
 * flight        ms  client                                         server  bytes
 *                   |                                                   |
 *      1       0.0  |-- ClientHello ----------------------------------->|    166
 *                   |                                                   |
 *      2       1.2  |<- HelloVerifyRequest -----------------------------|     60
 */

#include "ladder-rows.h"

#include <string.h>

#define FLIGHT_WIDTH 6
#define TIME_WIDTH 9
#define BETWEEN_RAILS 55
#define BYTES_WIDTH 6

#define ARROW_WIDTH 3 /* "-- " and "<- " */
#define AGAIN " retransmission -"
#define NAMES_WIDTH (BETWEEN_RAILS - 2)

static void
append_repeated (GString *text, char c, gssize n)
{
  for (; n > 0; n--)
  {
    g_string_append_c (text, c);
  }
}

static void
append_left (GString *text, const char *flight, const char *ms)
{
  g_string_append_printf (text, "%*s %*s ", FLIGHT_WIDTH, flight, TIME_WIDTH, ms);
}

/* Both names share one line: each may have half of it, and what the other does not need.
 */
static char *
fit_name (const char *name, glong other_len)
{
  return ladder_clean_name (name, (gsize) MAX (NAMES_WIDTH / 2, NAMES_WIDTH - other_len));
}

static void
append_head (GString *text, const char *local_name, const char *peer_name)
{
  g_autofree char *local_all = ladder_clean_name (local_name, NAMES_WIDTH);
  g_autofree char *peer_all = ladder_clean_name (peer_name, NAMES_WIDTH);
  g_autofree char *local = fit_name (local_all, g_utf8_strlen (peer_all, -1));
  g_autofree char *peer = fit_name (peer_all, g_utf8_strlen (local_all, -1));
  glong used = g_utf8_strlen (local, -1) + g_utf8_strlen (peer, -1);

  append_left (text, "flight", "ms");
  g_string_append (text, local);
  append_repeated (text, ' ', BETWEEN_RAILS + 2 - used);
  g_string_append_printf (text, "%s%*s\n", peer, BYTES_WIDTH, "bytes");
}

static void
append_rails (GString *text)
{
  append_left (text, "", "");
  g_string_append_printf (text, "|%*s|\n", BETWEEN_RAILS, "");
}

static void
append_arrow (GString *text, const LadderRow *row, const char *label)
{
  gboolean is_sent = row->direction == LADDER_SENT;
  const char *again = row->is_retransmission ? AGAIN : "";
  gsize used = ARROW_WIDTH + strlen (label) + 1 + strlen (again) + 1;

  g_string_append_printf (text, "|%s%s ", is_sent ? "-- " : "<- ", label);
  append_repeated (text, '-', BETWEEN_RAILS - (gssize) used);
  g_string_append_printf (text, "%s%s|%*" G_GSIZE_FORMAT "\n", again, is_sent ? ">" : "-",
                          BYTES_WIDTH, row->len);
}

static void
append_row (GString *text, const LadderRow *row, gboolean with_flight)
{
  gsize width = BETWEEN_RAILS - ARROW_WIDTH - 3;
  gsize first_width = width - (row->is_retransmission ? strlen (AGAIN) : 0);
  g_auto (GStrv) lines = ladder_row_wrap (row, first_width, width);
  g_autofree char *flight = g_strdup_printf ("%u", row->flight);
  g_autofree char *ms = ladder_format_ms (row->time_us);

  append_left (text, with_flight && row->flight > 0 ? flight : "", ms);
  append_arrow (text, row, lines[0]);
  for (guint i = 1; lines[i] != NULL; i++)
  {
    append_left (text, "", "");
    g_string_append_printf (text, "|%*s%-*s|\n", ARROW_WIDTH, "",
                            BETWEEN_RAILS - ARROW_WIDTH, lines[i]);
  }
}

char *
ladder_to_text (Ladder *self, const char *local_name, const char *peer_name)
{
  GString *text = g_string_new (NULL);
  g_auto (GStrv) summary = ladder_summarize (self);
  const LadderRow *previous = NULL;

  append_head (text, local_name, peer_name);
  for (guint i = 0; i < self->rows->len; i++)
  {
    const LadderRow *row = g_ptr_array_index (self->rows, i);
    gboolean is_next = previous == NULL || row->flight != previous->flight;

    if (is_next)
    {
      append_rails (text);
    }
    append_row (text, row, is_next);
    previous = row;
  }
  append_rails (text);
  for (guint i = 0; summary[i] != NULL; i++)
  {
    append_left (text, "", "");
    g_string_append_printf (text, "%s\n", summary[i]);
  }
  return g_string_free (text, FALSE);
}
