/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The same ladder as a picture. It brings its own background, so that it can be read in a
 * page of any colour, and tells a retransmission by colour, dashes and the word. All
 * coordinates are whole pixels. */

#include "ladder-rows.h"

#define WIDTH 920
#define FLIGHT_X 28
#define TIME_X 164 /* right end */
#define LOCAL_X 190
#define PEER_X 800
#define BYTES_X 888 /* right end */
#define LABEL_GAP 16
#define LABEL_CHARS 76 /* that surely fit between the rails */
#define AGAIN_CHARS 18 /* that the word needs beside them */
#define MAX_NAME_LEN 40

#define HEAD_HEIGHT 92
#define LINE_HEIGHT 17
#define ROW_PADDING 17
#define FLIGHT_PADDING 6
#define LEGEND_HEIGHT 34

typedef struct
{
  const char *class_name;
  const char *meaning;
} Style;

static const Style styles[] = {
  [LADDER_SENT] = { "sent", "sent" },
  [LADDER_RECEIVED] = { "received", "received" },
  { "again", "retransmission" },
};

#define AGAIN (&styles[2])

static const char sheet[]
    = "<style>\n"
      "text{font:13px 'DejaVu Sans',Verdana,sans-serif;fill:#1c2126}\n"
      ".title{font-size:17px;font-weight:bold}\n"
      ".name{font-weight:bold}\n"
      ".dim{fill:#59636e}\n"
      ".end{text-anchor:end}\n"
      ".rail{stroke:#8b96a1;stroke-width:2}\n"
      ".sent{stroke:#1d5fa8;fill:#1d5fa8;stroke-width:1.6}\n"
      ".received{stroke:#23713b;fill:#23713b;stroke-width:1.6}\n"
      ".again{stroke:#b83205;fill:#b83205;stroke-width:1.6}\n"
      "line.again{stroke-dasharray:7 4}\n"
      "text.again{stroke:none;font-weight:bold}\n"
      "</style>\n";

/* Escapes @text, which is clean already. */
static void
append_text (GString *svg, const char *classes, int x, int y, const char *text)
{
  g_autofree char *escaped = g_markup_escape_text (text, -1);

  g_string_append_printf (svg, "<text class=\"%s\" x=\"%d\" y=\"%d\">%s</text>\n",
                          classes, x, y, escaped);
}

static const Style *
style_of (const LadderRow *row)
{
  return row->is_retransmission ? AGAIN : &styles[row->direction];
}

static char **
lines_of (const LadderRow *row)
{
  gsize taken = row->is_retransmission ? AGAIN_CHARS : 0;

  return ladder_row_wrap (row, LABEL_CHARS - taken, LABEL_CHARS);
}

static int
height_of (const LadderRow *row)
{
  g_auto (GStrv) lines = lines_of (row);

  return (int) g_strv_length (lines) * LINE_HEIGHT + ROW_PADDING;
}

static void
append_arrow (GString *svg, const Style *arrow_style, int from_x, int to_x, int y)
{
  int back = to_x > from_x ? -1 : 1;
  int tip_x = to_x + 2 * back;

  g_string_append_printf (
      svg, "<line class=\"%s\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>\n",
      arrow_style->class_name, from_x, y, tip_x + 8 * back, y);
  g_string_append_printf (svg, "<path class=\"%s\" d=\"M%d %dL%d %dL%d %dZ\"/>\n",
                          arrow_style->class_name, tip_x, y, tip_x + 9 * back, y - 4,
                          tip_x + 9 * back, y + 4);
}

/* The messages stand at the end where they come from, the word at the other. */
static void
append_labels (GString *svg, const LadderRow *row, int y)
{
  gboolean is_sent = row->direction == LADDER_SENT;
  int near_x = is_sent ? LOCAL_X + LABEL_GAP : PEER_X - LABEL_GAP;
  int far_x = is_sent ? PEER_X - LABEL_GAP : LOCAL_X + LABEL_GAP;
  g_auto (GStrv) lines = lines_of (row);

  for (guint i = 0; lines[i] != NULL; i++)
  {
    append_text (svg, is_sent ? "" : "end", near_x, y + (int) i * LINE_HEIGHT, lines[i]);
  }
  if (row->is_retransmission)
  {
    append_text (svg, is_sent ? "again end" : "again", far_x, y, AGAIN->meaning);
  }
}

static void
append_row (GString *svg, const LadderRow *row, int y)
{
  gboolean is_sent = row->direction == LADDER_SENT;
  int arrow_y = y + height_of (row) - 9;
  g_autofree char *ms = ladder_format_ms (row->time_us);
  g_autofree char *bytes = g_strdup_printf ("%" G_GSIZE_FORMAT, row->len);

  append_text (svg, "end dim", TIME_X, arrow_y + 4, ms);
  append_labels (svg, row, y + LINE_HEIGHT - 2);
  append_arrow (svg, style_of (row), is_sent ? LOCAL_X : PEER_X,
                is_sent ? PEER_X : LOCAL_X, arrow_y);
  append_text (svg, "end dim", BYTES_X, arrow_y + 4, bytes);
}

/* From @begin on: the rows of one flight. Returns: the first one behind them. */
static guint
end_of_flight (const Ladder *self, guint begin)
{
  const LadderRow *first = g_ptr_array_index (self->rows, begin);
  guint end = begin + 1;

  while (end < self->rows->len
         && ((LadderRow *) g_ptr_array_index (self->rows, end))->flight == first->flight)
  {
    end++;
  }
  return end;
}

static int
append_flight (GString *svg, const Ladder *self, guint begin, guint end, int y)
{
  const LadderRow *first = g_ptr_array_index (self->rows, begin);
  g_autofree char *label = g_strdup_printf ("flight %u", first->flight);
  int height = 2 * FLIGHT_PADDING;

  for (guint i = begin; i < end; i++)
  {
    height += height_of (g_ptr_array_index (self->rows, i));
  }
  g_string_append_printf (
      svg, "<rect x=\"14\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"5\" fill=\"%s\"/>\n",
      y, WIDTH - 28, height - 4, "#f0f3f6");
  if (first->flight > 0)
  {
    append_text (svg, "name", FLIGHT_X, y + FLIGHT_PADDING + LINE_HEIGHT - 2, label);
  }
  return y + height;
}

static int
append_flights (GString *svg, const Ladder *self, int y)
{
  for (guint begin = 0, end; begin < self->rows->len; begin = end)
  {
    end = end_of_flight (self, begin);
    y = append_flight (svg, self, begin, end, y);
  }
  return y;
}

static void
append_rows (GString *svg, const Ladder *self, int y)
{
  for (guint begin = 0, end; begin < self->rows->len; begin = end)
  {
    end = end_of_flight (self, begin);
    y += FLIGHT_PADDING;
    for (guint i = begin; i < end; i++)
    {
      const LadderRow *row = g_ptr_array_index (self->rows, i);

      append_row (svg, row, y);
      y += height_of (row);
    }
    y += FLIGHT_PADDING;
  }
}

static void
append_rail (GString *svg, int x, int bottom)
{
  g_string_append_printf (
      svg, "<line class=\"rail\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>\n", x,
      HEAD_HEIGHT - 6, x, bottom);
}

static void
append_head (GString *svg, const char *local, const char *peer)
{
  append_text (svg, "title", FLIGHT_X, 36, "DTLS handshake");
  append_text (svg, "end dim", TIME_X, HEAD_HEIGHT - 14, "ms");
  append_text (svg, "name", LOCAL_X, HEAD_HEIGHT - 14, local);
  append_text (svg, "name end", PEER_X, HEAD_HEIGHT - 14, peer);
  append_text (svg, "end dim", BYTES_X, HEAD_HEIGHT - 14, "bytes");
}

static void
append_foot (GString *svg, char *const *summary, int y)
{
  static const int xs[G_N_ELEMENTS (styles)] = { LOCAL_X, LOCAL_X + 130, LOCAL_X + 290 };

  for (guint i = 0; i < G_N_ELEMENTS (styles); i++)
  {
    append_arrow (svg, &styles[i], xs[i] + (i == LADDER_RECEIVED ? 46 : 0),
                  xs[i] + (i == LADDER_RECEIVED ? 0 : 46), y + 12);
    append_text (svg, "", xs[i] + 54, y + 16, styles[i].meaning);
  }
  for (guint i = 0; summary[i] != NULL; i++)
  {
    append_text (svg, "dim", LOCAL_X, y + LEGEND_HEIGHT + 6 + (int) i * LINE_HEIGHT,
                 summary[i]);
  }
}

char *
ladder_to_svg (Ladder *self, const char *local_name, const char *peer_name)
{
  GString *svg = g_string_new (NULL);
  g_autoptr (GString) flights = g_string_new (NULL);
  g_auto (GStrv) summary = ladder_summarize (self);
  g_autofree char *local = ladder_clean_name (local_name, MAX_NAME_LEN);
  g_autofree char *peer = ladder_clean_name (peer_name, MAX_NAME_LEN);
  g_autofree char *title = g_markup_printf_escaped (
      "<title>DTLS handshake of %s with %s</title>\n", local, peer);
  int bottom = append_flights (flights, self, HEAD_HEIGHT);
  int height = bottom + LEGEND_HEIGHT + (int) g_strv_length (summary) * LINE_HEIGHT + 24;

  g_string_append_printf (svg,
                          "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                          "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
                          "height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\">\n%s%s",
                          WIDTH, height, WIDTH, height, title, sheet);
  g_string_append_printf (svg,
                          "<rect x=\"1\" y=\"1\" width=\"%d\" height=\"%d\" rx=\"8\" "
                          "fill=\"#ffffff\" stroke=\"#c5ccd3\"/>\n",
                          WIDTH - 2, height - 2);
  append_head (svg, local, peer);
  g_string_append (svg, flights->str);
  append_rail (svg, LOCAL_X, bottom);
  append_rail (svg, PEER_X, bottom);
  append_rows (svg, self, HEAD_HEIGHT);
  append_foot (svg, summary, bottom + 10);
  g_string_append (svg, "</svg>\n");
  return g_string_free (svg, FALSE);
}
