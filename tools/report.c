/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report.h"

#include <stdio.h>
#include <unistd.h>

#define TELL_STRANGERS_EVERY_US ((gint64) G_USEC_PER_SEC)

struct _Report
{
  gboolean json;
  gboolean is_terminal;
  gboolean has_live_line;  /* the cursor stands behind counts that may be overwritten */
  gint64 told_stranger_us; /* when the end of one was told; 0 for never */
  guint64 n_untold;        /* strangers whose end was not, since the count was told */
};

/* By JSON's event, and by the word that begins a line of text. */
static const struct
{
  const char *event;
  const char *word;
} notes[] = {
  [REPORT_WAITING] = { "waiting", "waiting" },
  [REPORT_NETWORK_ERROR] = { "network-error", "network" },
  [REPORT_WARNING] = { "warning", "warning" },
  [REPORT_NOTE] = { "note", "note" },
};
G_STATIC_ASSERT (G_N_ELEMENTS (notes) == N_REPORT_NOTES);

Report *
report_new (gboolean json)
{
  Report *self = g_new0 (Report, 1);

  self->json = json;
  self->is_terminal = isatty (STDOUT_FILENO) != 0;
  return self;
}

void
report_free (Report *self)
{
  g_free (self);
}

/* Leaves the live line as it was last. */
static void
end_live_line (Report *self)
{
  if (self->has_live_line)
  {
    putchar ('\n');
    self->has_live_line = FALSE;
  }
}

static void
print_line (Report *self, const char *word, const char *text)
{
  end_live_line (self);
  printf ("%s: %s\n", word, text);
  fflush (stdout);
}

static void
print_if_any (Report *self, const char *word, const char *text)
{
  if (text != NULL)
  {
    print_line (self, word, text);
  }
}

static void
add_text (JsonBuilder *builder, const char *name, const char *text)
{
  json_builder_set_member_name (builder, name);
  if (text != NULL)
  {
    json_builder_add_string_value (builder, text);
  }
  else
  {
    json_builder_add_null_value (builder);
  }
}

static JsonBuilder *
begin_event (const char *event)
{
  JsonBuilder *builder = json_builder_new ();

  json_builder_begin_object (builder);
  add_text (builder, "event", event);
  return builder;
}

/* @builder: (transfer full) */
static void
end_event (JsonBuilder *builder)
{
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;

  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  text = json_to_string (root, FALSE);
  puts (text);
  fflush (stdout);
  g_object_unref (builder);
}

static void
add_ladder (JsonBuilder *builder, Ladder *ladder)
{
  json_builder_set_member_name (builder, "ladder");
  if (ladder != NULL)
  {
    json_builder_add_value (builder, ladder_to_json (ladder));
  }
  else
  {
    json_builder_add_null_value (builder);
  }
}

static void
add_status (JsonBuilder *builder, int exit_status)
{
  json_builder_set_member_name (builder, "exit_status");
  json_builder_add_int_value (builder, exit_status);
}

static void
add_stats (JsonBuilder *builder, const Stats *stats)
{
  json_builder_set_member_name (builder, "stats");
  json_builder_begin_object (builder);
  stats_build_json (stats, builder);
  json_builder_end_object (builder);
}

static void
print_ladder (Report *self, Ladder *ladder, const char *local, const char *peer)
{
  g_autofree char *text = NULL;

  if (ladder != NULL)
  {
    text = ladder_to_text (ladder, local, peer);
    end_live_line (self);
    printf ("\n%s\n", text);
    fflush (stdout);
  }
}

static void
ready_as_json (const ReportReady *ready)
{
  JsonBuilder *builder = begin_event ("ready");

  json_builder_set_member_name (builder, "sdp");
  json_builder_begin_array (builder);
  for (const char *const *line = ready->sdp_lines; *line != NULL; line++)
  {
    json_builder_add_string_value (builder, *line);
  }
  json_builder_end_array (builder);
  add_text (builder, "listening", ready->listening);
  add_text (builder, "local", ready->local);
  add_text (builder, "peer", ready->peer);
  add_text (builder, "plain", ready->plain);
  add_text (builder, "plain_rtcp", ready->plain_rtcp);
  end_event (builder);
}

void
report_ready (Report *self, const ReportReady *ready)
{
  if (self->json)
  {
    ready_as_json (ready);
    return;
  }
  for (const char *const *line = ready->sdp_lines; *line != NULL; line++)
  {
    print_line (self, "own", *line);
  }
  print_if_any (self, "plain", ready->plain);
  print_if_any (self, "plain RTCP", ready->plain_rtcp);
  print_if_any (self, "listening", ready->listening);
  print_if_any (self, "calling", ready->peer);
}

void
report_note (Report *self, ReportNote note, const char *peer, const char *sentence)
{
  JsonBuilder *builder;

  if (!self->json)
  {
    print_line (self, notes[note].word, sentence);
    return;
  }
  builder = begin_event (notes[note].event);
  add_text (builder, "peer", peer);
  add_text (builder, "message", sentence);
  end_event (builder);
}

static void
tell_untold (Report *self)
{
  g_autofree char *sentence = NULL;

  if (self->n_untold == 0)
  {
    return;
  }
  sentence = g_strdup_printf ("and %" G_GUINT64_FORMAT " more %s failed", self->n_untold,
                              self->n_untold == 1 ? "caller" : "callers");
  self->n_untold = 0;
  report_note (self, REPORT_NOTE, NULL, sentence);
}

/* What was negotiated, as bindings see it. Strings are owned. */
typedef struct
{
  char *version;
  char *cipher;
  char *profile;
  char *fingerprint;
} Negotiated;

static void
negotiated_clear (Negotiated *self)
{
  g_free (self->version);
  g_free (self->cipher);
  g_free (self->profile);
  g_free (self->fingerprint);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Negotiated, negotiated_clear)

void
report_connected (Report *self,
                  TegataTransport *transport,
                  const char *local,
                  const char *peer,
                  Ladder *ladder)
{
  g_auto (Negotiated) found = { NULL, NULL, NULL, NULL };
  g_autofree char *line = NULL;
  JsonBuilder *builder;

  g_object_get (transport, "dtls-version", &found.version, "dtls-cipher", &found.cipher,
                "srtp-profile", &found.profile, "peer-fingerprint", &found.fingerprint,
                NULL);
  tell_untold (self);
  if (!self->json)
  {
    print_ladder (self, ladder, local, peer);
    line = g_strdup_printf ("%s, %s, %s", found.version, found.cipher,
                            found.profile != NULL ? found.profile : "no SRTP profile");
    print_line (self, "connected", line);
    print_line (self, "peer", found.fingerprint);
    print_line (self, "address", peer);
    return;
  }
  builder = begin_event ("connected");
  add_text (builder, "peer", peer);
  add_text (builder, "version", found.version);
  add_text (builder, "cipher", found.cipher);
  add_text (builder, "srtp_profile", found.profile);
  add_text (builder, "peer_fingerprint", found.fingerprint);
  add_ladder (builder, ladder);
  end_event (builder);
}

void
report_stats (Report *self, const char *peer, const Stats *stats)
{
  g_autofree char *text = NULL;
  JsonBuilder *builder;

  if (self->json)
  {
    builder = begin_event ("stats");
    add_text (builder, "peer", peer);
    add_stats (builder, stats);
    end_event (builder);
    return;
  }
  text = stats_to_text (stats);
  if (!self->is_terminal)
  {
    print_line (self, "stats", text);
    return;
  }
  printf ("\r\033[Kstats: %s", text);
  fflush (stdout);
  self->has_live_line = TRUE;
}

static void
add_fingerprints (JsonBuilder *builder, const ReportEnd *end)
{
  json_builder_set_member_name (builder, "expected");
  json_builder_begin_array (builder);
  for (guint i = 0; end->expected != NULL && i < end->expected->len; i++)
  {
    g_autofree char *text = tegata_fingerprint_to_string (end->expected->pdata[i]);

    json_builder_add_string_value (builder, text);
  }
  json_builder_end_array (builder);
  add_text (builder, "found", end->found);
}

static void
end_as_json (const ReportEnd *end)
{
  JsonBuilder *builder = begin_event (end->by != NULL ? "closed" : "failed");

  add_text (builder, "peer", end->peer);
  if (end->by != NULL)
  {
    add_text (builder, "by", end->by_peer ? "peer" : "us");
  }
  add_text (builder, "message", end->by != NULL ? end->by : end->sentence);
  add_status (builder, end->exit_status);
  if (end->found != NULL)
  {
    add_fingerprints (builder, end);
  }
  if (end->ladder != NULL)
  {
    add_ladder (builder, end->ladder);
  }
  add_stats (builder, end->stats);
  end_event (builder);
}

static void
end_as_text (Report *self, const ReportEnd *end)
{
  g_autofree char *total = stats_to_text (end->stats);
  g_autofree char *who = NULL;

  print_ladder (self, end->ladder, end->local, end->peer);
  print_line (self, "total", total);
  if (end->by != NULL)
  {
    who = end->peer != NULL ? g_strdup_printf ("%s (%s)", end->by, end->peer)
                            : g_strdup (end->by);
    print_line (self, "closed", who);
  }
}

/* Counts who is not to be told. */
static gboolean
is_to_be_told (Report *self, const ReportEnd *end)
{
  gint64 now_us = g_get_monotonic_time ();

  if (!end->is_stranger)
  {
    return TRUE;
  }
  if (self->told_stranger_us > 0
      && now_us - self->told_stranger_us < TELL_STRANGERS_EVERY_US)
  {
    self->n_untold++;
    return FALSE;
  }
  self->told_stranger_us = now_us;
  return TRUE;
}

void
report_end (Report *self, const ReportEnd *end)
{
  if (!is_to_be_told (self, end))
  {
    return;
  }
  tell_untold (self);
  if (self->json)
  {
    end_as_json (end);
  }
  else
  {
    end_as_text (self, end);
  }
  if (end->by == NULL)
  {
    report_error (self, end->sentence);
  }
}

void
report_error (Report *self, const char *sentence)
{
  end_live_line (self);
  fflush (stdout);
  fprintf (stderr, "tegata: %s\n", sentence);
}

void
report_failure (Report *self, const char *sentence, int exit_status)
{
  tell_untold (self);
  if (self->json)
  {
    JsonBuilder *builder = begin_event ("failed");

    add_text (builder, "peer", NULL);
    add_text (builder, "message", sentence);
    add_status (builder, exit_status);
    end_event (builder);
  }
  report_error (self, sentence);
}
