/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report.h"

#include <json-glib/json-glib.h>
#include <math.h>
#include <stdio.h>

/* ---- JSON ---- */

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

static void
add_count (JsonBuilder *builder, const char *name, guint64 count)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, (gint64) count);
}

/* Milliseconds; null for what never was. To eighths, which have three decimals: json-glib
 * prints 17 digits, and .001 has no end in binary. */
static void
add_time (JsonBuilder *builder, const char *name, double us)
{
  json_builder_set_member_name (builder, name);
  if (us >= 0)
  {
    json_builder_add_double_value (builder, round (us / 125) / 8);
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

static guint64
count_missing (const CheckStats *stats)
{
  return stats->gaps - stats->late - stats->resent;
}

static void
add_track (JsonBuilder *builder, const char *name, const CheckStats *stats)
{
  json_builder_set_member_name (builder, name);
  json_builder_begin_object (builder);
  add_count (builder, "packets", stats->packets);
  add_count (builder, "bytes", stats->bytes);
  add_count (builder, "gaps", stats->gaps);
  add_count (builder, "late", stats->late);
  add_count (builder, "resent", stats->resent);
  add_count (builder, "missing", count_missing (stats));
  add_count (builder, "repeated", stats->repeated);
  add_count (builder, "wrong", stats->wrong);
  json_builder_end_object (builder);
}

/* What never happened is left out. */
static void
add_refusals (JsonBuilder *builder, const ViewerInfo *info)
{
  json_builder_set_member_name (builder, "refusedBy");
  json_builder_begin_object (builder);
  for (guint i = 0; i < TEGATA_N_REFUSALS; i++)
  {
    if (info->refused_by[i] > 0)
    {
      add_count (builder, tegata_refusal_to_string ((TegataRefusal) i),
                 info->refused_by[i]);
    }
  }
  json_builder_end_object (builder);
}

static void
add_viewer (JsonBuilder *builder, const ViewerInfo *info)
{
  add_count (builder, "viewer", info->number);
  add_text (builder, "trouble", info->trouble);
  add_text (builder, "version", info->version);
  add_text (builder, "cipher", info->cipher);
  add_text (builder, "profile", info->profile);
  add_text (builder, "fingerprint", info->fingerprint);
  add_text (builder, "codec", info->codec);
  add_count (builder, "width", info->width);
  add_count (builder, "height", info->height);
  add_count (builder, "frames", info->n_frames);
  add_time (builder, "connectedMs", (double) info->connected_us);
  add_time (builder, "firstFrameMs", (double) info->first_frame_us);
  add_track (builder, "video", &info->reception.tracks[TRACK_VIDEO]);
  add_track (builder, "audio", &info->reception.tracks[TRACK_AUDIO]);
  add_count (builder, "nacks", info->reception.nacks);
  add_count (builder, "plis", info->reception.plis);
  add_count (builder, "strange", info->reception.strange);
  add_count (builder, "refused", info->refused);
  add_refusals (builder, info);
  add_count (builder, "failedAuthentication", info->failed_authentication);
}

static void
print_viewer_event (const char *event, const ViewerInfo *info)
{
  JsonBuilder *builder = begin_event (event);

  add_viewer (builder, info);
  end_event (builder);
}

/* ---- what happens ---- */

void
report_connected (const Report *self, const ViewerInfo *info)
{
  if (self->is_json)
  {
    print_viewer_event ("connected", info);
    return;
  }
  printf ("viewer %u: connected, %s, %s, %s\n", info->number, info->version, info->cipher,
          info->profile);
  if (info->number == 1)
  {
    printf ("viewer 1: trusts %s, as the answer says\n", info->fingerprint);
  }
  fflush (stdout);
}

void
report_first_frame (const Report *self, const ViewerInfo *info)
{
  if (self->is_json)
  {
    print_viewer_event ("first-frame", info);
    return;
  }
  printf ("viewer %u: first frame, %s, %ux%u, %.0f ms after its offer\n", info->number,
          info->codec, info->width, info->height, (double) info->first_frame_us / 1000);
  fflush (stdout);
}

void
report_gone (const Report *self, const ViewerInfo *info)
{
  if (self->is_json)
  {
    print_viewer_event (info->has_begun ? "gone" : "could-not-begin", info);
    return;
  }
  printf ("viewer %u: %s: %s\n", info->number,
          info->has_begun ? "gone" : "could not begin",
          info->trouble != NULL ? info->trouble : "the gateway said goodbye");
  fflush (stdout);
}

void
report_all_watch (const Report *self, guint n_watching)
{
  if (self->is_json)
  {
    JsonBuilder *builder = begin_event ("all-watch");

    add_count (builder, "viewers", n_watching);
    end_event (builder);
    return;
  }
  printf ("all watch: %u\n", n_watching);
  fflush (stdout);
}

void
report_progress (const Report *self, const Totals *totals)
{
  double seconds
      = (double) (g_get_monotonic_time () - self->began_us) / (double) G_USEC_PER_SEC;

  if (self->is_json)
  {
    JsonBuilder *builder = begin_event ("progress");

    add_count (builder, "joined", totals->n_joined);
    add_count (builder, "here", totals->n_here);
    add_count (builder, "haveSeen", totals->n_have_seen);
    add_count (builder, "frames", totals->n_frames);
    add_count (builder, "packets", totals->packets);
    add_count (builder, "bytes", totals->bytes);
    add_count (builder, "missing", totals->missing);
    end_event (builder);
    return;
  }
  printf ("%4.0f s: %u of %u here, %u saw a frame; %" G_GUINT64_FORMAT
          " frames, %" G_GUINT64_FORMAT " packets, %" G_GUINT64_FORMAT " missing\n",
          seconds, totals->n_here, totals->n_joined, totals->n_have_seen,
          totals->n_frames, totals->packets, totals->missing);
  fflush (stdout);
}

void
report_saved (const Report *self, const char *png)
{
  if (!self->is_json)
  {
    printf ("saved: %s\n", png);
    fflush (stdout);
  }
}

/* ---- the end ---- */

static int
compare (gconstpointer a, gconstpointer b)
{
  gint64 first = *(const gint64 *) a, second = *(const gint64 *) b;

  return (first > second) - (first < second);
}

/* The smallest that so many are not above: of what was, and not between two. */
static double
percentile (const GArray *times, double fraction)
{
  guint rank = (guint) ceil (fraction * times->len);

  return times->len == 0 ? -1 : (double) g_array_index (times, gint64, MAX (rank, 1) - 1);
}

/* Sorted, of those who saw one. */
static GArray *
list_first_frames (const ViewerInfo *infos, guint n_infos)
{
  GArray *times = g_array_new (FALSE, FALSE, sizeof (gint64));

  for (guint i = 0; i < n_infos; i++)
  {
    if (infos[i].first_frame_us >= 0)
    {
      g_array_append_val (times, infos[i].first_frame_us);
    }
  }
  g_array_sort (times, compare);
  return times;
}

static void
add_up (ViewerInfo *sum, const ViewerInfo *info)
{
  for (guint i = 0; i < N_TRACKS; i++)
  {
    CheckStats *stats = &sum->reception.tracks[i];

    stats->packets += info->reception.tracks[i].packets;
    stats->bytes += info->reception.tracks[i].bytes;
    stats->gaps += info->reception.tracks[i].gaps;
    stats->late += info->reception.tracks[i].late;
    stats->resent += info->reception.tracks[i].resent;
    stats->repeated += info->reception.tracks[i].repeated;
    stats->wrong += info->reception.tracks[i].wrong;
  }
  sum->n_frames += info->n_frames;
  sum->reception.nacks += info->reception.nacks;
  sum->reception.plis += info->reception.plis;
  sum->reception.strange += info->reception.strange;
  sum->refused += info->refused;
  sum->failed_authentication += info->failed_authentication;
}

static void
print_summary_json (const ViewerInfo *infos,
                    guint n_infos,
                    const ViewerInfo *sum,
                    const GArray *times)
{
  JsonBuilder *builder = begin_event ("summary");

  add_count (builder, "viewers", n_infos);
  add_count (builder, "haveSeen", times->len);
  add_time (builder, "firstFrameMedianMs", percentile (times, 0.5));
  add_time (builder, "firstFrameP99Ms", percentile (times, 0.99));
  add_time (builder, "firstFrameMaxMs", percentile (times, 1));
  add_count (builder, "frames", sum->n_frames);
  add_track (builder, "video", &sum->reception.tracks[TRACK_VIDEO]);
  add_track (builder, "audio", &sum->reception.tracks[TRACK_AUDIO]);
  add_count (builder, "nacks", sum->reception.nacks);
  add_count (builder, "plis", sum->reception.plis);
  add_count (builder, "strange", sum->reception.strange);
  add_count (builder, "refused", sum->refused);
  add_count (builder, "failedAuthentication", sum->failed_authentication);
  json_builder_set_member_name (builder, "each");
  json_builder_begin_array (builder);
  for (guint i = 0; i < n_infos; i++)
  {
    json_builder_begin_object (builder);
    add_viewer (builder, &infos[i]);
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
  end_event (builder);
}

static void
print_track (const char *name, const CheckStats *stats)
{
  printf ("%s: %" G_GUINT64_FORMAT " packets; %" G_GUINT64_FORMAT
          " overtaken or lost, of which %" G_GUINT64_FORMAT
          " came late, %" G_GUINT64_FORMAT " were sent again, %" G_GUINT64_FORMAT
          " are missing; %" G_GUINT64_FORMAT " repeated, %" G_GUINT64_FORMAT " wrong\n",
          name, stats->packets, stats->gaps, stats->late, stats->resent,
          count_missing (stats), stats->repeated, stats->wrong);
}

static void
print_summary_text (guint n_infos, const ViewerInfo *sum, const GArray *times)
{
  print_track ("video", &sum->reception.tracks[TRACK_VIDEO]);
  print_track ("audio", &sum->reception.tracks[TRACK_AUDIO]);
  printf ("asked: %" G_GUINT64_FORMAT " packets by NACK, %" G_GUINT64_FORMAT
          " key frames by PLI\n",
          sum->reception.nacks, sum->reception.plis);
  printf ("refused: %" G_GUINT64_FORMAT " datagrams, of which %" G_GUINT64_FORMAT
          " failed authentication; %" G_GUINT64_FORMAT " packets of no track\n",
          sum->refused, sum->failed_authentication, sum->reception.strange);
  if (times->len > 0)
  {
    printf ("first frame: median %.0f ms, 99 %% %.0f ms, max %.0f ms after the offer\n",
            percentile (times, 0.5) / 1000, percentile (times, 0.99) / 1000,
            percentile (times, 1) / 1000);
  }
  printf ("decoded: %" G_GUINT64_FORMAT " frames by %u of %u viewers\n", sum->n_frames,
          times->len, n_infos);
  fflush (stdout);
}

static gboolean
has_any_begun (const ViewerInfo *infos, guint n_infos)
{
  for (guint i = 0; i < n_infos; i++)
  {
    if (infos[i].has_begun)
    {
      return TRUE;
    }
  }
  return FALSE;
}

void
report_summary (const Report *self, const ViewerInfo *infos, guint n_infos)
{
  g_autoptr (GArray) times = list_first_frames (infos, n_infos);
  ViewerInfo sum = { 0 };

  for (guint i = 0; i < n_infos; i++)
  {
    add_up (&sum, &infos[i]);
  }
  if (self->is_json)
  {
    print_summary_json (infos, n_infos, &sum, times);
  }
  else if (has_any_begun (infos, n_infos))
  {
    print_summary_text (n_infos, &sum, times);
  }
}
