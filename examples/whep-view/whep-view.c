/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * whep-view: watches a gateway without a browser. Each viewer posts an offer by WHEP, is
 * connected by ICE and DTLS to whom the answer's fingerprint names, and decodes what it
 * is shown. One may stand in for a person, and two hundred for a crowd:
 *
 *     $ whep-view http://127.0.0.1:8080/whep --frames 60 --png frame.png
 *     $ whep-view http://127.0.0.1:8080/whep --viewers 200 --seconds 30
 */
#include "options.h"
#include "report.h"

#include <glib-unix.h>
#include <gst/gst.h>
#include <interfaces.h>
#include <locale.h>
#include <stdio.h>

/* Milliseconds: how often somebody looks at what is missing, and who waits. */
#define TICK 20
/* Seconds that the gateway has to hear of the end. */
#define PATIENCE 3

typedef struct
{
  const Options *options;
  Report report;
  ViewerSettings settings;
  GMainLoop *main_loop;
  GPtrArray *viewers; /* Viewer */
  GArray *told;       /* ViewerState that was told of each */
  guint join_timer;
  guint tick_timer;
  guint progress_timer;
  guint end_timer;
  guint signals[2]; /* SIGINT, SIGTERM */
  gboolean do_all_watch;
  gboolean is_ending;
  gboolean has_begun; /* one of them, at least */
  gboolean has_failed;
  gboolean could_not_begin; /* nor has anybody been told to stop */
  gint64 end_us;            /* when nobody is waited for any more */
} Audience;

/* ---- its end ---- */

/* The requests that end sessions are on their way yet, and are waited for. */
static gboolean
on_end_tick (gpointer user_data)
{
  Audience *self = user_data;

  if (whep_client_get_n_pending (self->settings.client) > 0
      && g_get_monotonic_time () < self->end_us)
  {
    return G_SOURCE_CONTINUE;
  }
  self->end_timer = 0;
  g_main_loop_quit (self->main_loop);
  return G_SOURCE_REMOVE;
}

static void
leave (Audience *self, Viewer *viewer)
{
  const char *png = self->options->png;
  g_autoptr (GError) error = NULL;

  self->has_failed = self->has_failed || !viewer_has_enough (viewer);
  if (viewer_get_state (viewer) == VIEWER_GONE)
  {
    return;
  }
  if (!viewer_leave (viewer, png, &error))
  {
    fprintf (stderr, "whep-view: %s\n", error->message);
    self->has_failed = TRUE;
  }
  else if (png != NULL)
  {
    report_saved (&self->report, png);
  }
}

static void
end (Audience *self)
{
  if (self->is_ending)
  {
    return;
  }
  self->is_ending = TRUE;
  g_clear_handle_id (&self->join_timer, g_source_remove);
  g_clear_handle_id (&self->end_timer, g_source_remove);
  self->has_failed
      = self->has_failed || self->viewers->len < (guint) self->options->n_viewers;
  for (guint i = 0; i < self->viewers->len; i++)
  {
    leave (self, g_ptr_array_index (self->viewers, i));
  }
  self->end_us = g_get_monotonic_time () + PATIENCE * (gint64) G_USEC_PER_SEC;
  self->end_timer = g_timeout_add (TICK, on_end_tick, self);
}

static gboolean
on_time_over (gpointer user_data)
{
  Audience *self = user_data;

  self->end_timer = 0;
  end (self);
  return G_SOURCE_REMOVE;
}

static gboolean
on_signal (gpointer user_data)
{
  Audience *self = user_data;

  end (self);
  return G_SOURCE_CONTINUE;
}

/* ---- what happens ---- */

static void
begin_to_watch (Audience *self, guint n_here)
{
  self->do_all_watch = TRUE;
  report_all_watch (&self->report, n_here);
  if (self->options->seconds > 0)
  {
    self->end_timer
        = g_timeout_add_seconds ((guint) self->options->seconds, on_time_over, self);
  }
  else if (self->options->n_frames > 0)
  {
    end (self);
  }
}

/* Those who are gone are waited for no more. */
static void
look_around (Audience *self)
{
  guint n_here = 0, n_ready = 0;

  for (guint i = 0; i < self->viewers->len; i++)
  {
    Viewer *viewer = g_ptr_array_index (self->viewers, i);
    gboolean is_here = viewer_get_state (viewer) != VIEWER_GONE;

    n_here += is_here;
    n_ready += is_here && viewer_has_enough (viewer);
  }
  if (self->is_ending || self->viewers->len < (guint) self->options->n_viewers)
  {
    return;
  }
  if (n_here == 0)
  {
    self->could_not_begin = !self->has_begun;
    self->has_failed = self->has_failed || self->options->seconds > 0;
    end (self);
  }
  else if (n_ready == n_here && !self->do_all_watch)
  {
    begin_to_watch (self, n_here);
  }
}

static void
tell (Audience *self, const ViewerInfo *info, ViewerState state)
{
  ViewerState *told = &g_array_index (self->told, ViewerState, info->number - 1);

  if (*told == state)
  {
    return;
  }
  *told = state;
  self->has_begun = self->has_begun || info->has_begun;
  if (state == VIEWER_CONNECTED)
  {
    report_connected (&self->report, info);
  }
  else if (state == VIEWER_WATCHING)
  {
    report_first_frame (&self->report, info);
  }
  else if (state == VIEWER_GONE)
  {
    self->has_failed = self->has_failed || info->trouble != NULL;
    report_gone (&self->report, info);
  }
}

static void
on_changed (Viewer *viewer, gpointer user_data)
{
  Audience *self = user_data;
  ViewerInfo info;

  viewer_get_info (viewer, &info);
  tell (self, &info, viewer_get_state (viewer));
  look_around (self);
}

static gboolean
on_join (gpointer user_data)
{
  Audience *self = user_data;
  ViewerState state = VIEWER_JOINING;

  g_array_append_val (self->told, state);
  g_ptr_array_add (self->viewers, viewer_new (&self->settings, self->viewers->len + 1));
  if (self->viewers->len < (guint) self->options->n_viewers)
  {
    return G_SOURCE_CONTINUE;
  }
  self->join_timer = 0;
  return G_SOURCE_REMOVE;
}

static gboolean
on_tick (gpointer user_data)
{
  Audience *self = user_data;
  gint64 now_us = g_get_monotonic_time ();

  for (guint i = 0; i < self->viewers->len; i++)
  {
    viewer_tick (g_ptr_array_index (self->viewers, i), now_us);
  }
  return G_SOURCE_CONTINUE;
}

static gboolean
on_progress (gpointer user_data)
{
  Audience *self = user_data;
  Totals totals = { .n_joined = self->viewers->len };

  for (guint i = 0; i < self->viewers->len; i++)
  {
    Viewer *viewer = g_ptr_array_index (self->viewers, i);
    ViewerInfo info;

    viewer_get_info (viewer, &info);
    totals.n_here += viewer_get_state (viewer) != VIEWER_GONE;
    totals.n_have_seen += info.n_frames > 0;
    totals.n_frames += info.n_frames;
    for (guint j = 0; j < N_TRACKS; j++)
    {
      const CheckStats *stats = &info.reception.tracks[j];

      totals.packets += stats->packets;
      totals.bytes += stats->bytes;
      totals.missing += stats->gaps - stats->late - stats->resent;
    }
  }
  report_progress (&self->report, &totals);
  return G_SOURCE_CONTINUE;
}

/* ---- its life ---- */

static void
add_address (Audience *self, const char *text)
{
  NiceAddress *address = nice_address_new ();

  if (nice_address_set_from_string (address, text))
  {
    g_ptr_array_add (self->settings.addresses, address);
  }
  else
  {
    nice_address_free (address);
  }
}

static gboolean
is_loopback (const char *host)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (host);

  return g_str_equal (host, "localhost")
         || (address != NULL && g_inet_address_get_is_loopback (address));
}

/* Who calls a gateway by loopback may have to meet it there: libnice leaves that out. */
static void
find_addresses (Audience *self)
{
  g_autoptr (GUri) uri = g_uri_parse (self->options->url, G_URI_FLAGS_NONE, NULL);
  GList *found = NULL;

  self->settings.addresses
      = g_ptr_array_new_with_free_func ((GDestroyNotify) nice_address_free);
  if (self->options->ice_address != NULL)
  {
    add_address (self, self->options->ice_address);
    return;
  }
  found = nice_interfaces_get_local_ips (is_loopback (g_uri_get_host (uri)));
  for (GList *item = found; item != NULL; item = item->next)
  {
    add_address (self, item->data);
  }
  g_list_free_full (found, g_free);
}

static gboolean
prepare (Audience *self, GError **error)
{
  const Options *options = self->options;
  ViewerSettings *settings = &self->settings;

  settings->client
      = whep_client_new (options->url, options->token, options->tls_ca, error);
  if (settings->client == NULL)
  {
    return FALSE;
  }
  settings->context = tegata_context_new (NULL, error);
  if (settings->context == NULL)
  {
    return FALSE;
  }
  /* ICE has validated the path */
  tegata_context_set_cookies (settings->context, TEGATA_COOKIES_NEVER);
  settings->loop = tegata_loop_new (NULL);
  find_addresses (self);
  settings->n_frames = options->n_frames > 0 ? (guint64) options->n_frames : 1;
  settings->decodes_all = options->n_viewers == 1;
  settings->timeout_us = options->timeout_s * (gint64) G_USEC_PER_SEC;
  settings->changed = on_changed;
  settings->user_data = self;
  return TRUE;
}

static void
run (Audience *self)
{
  g_autoptr (GArray) infos = g_array_new (FALSE, FALSE, sizeof (ViewerInfo));

  self->report.is_json = self->options->json;
  self->report.began_us = g_get_monotonic_time ();
  self->signals[0] = g_unix_signal_add (SIGINT, on_signal, self);
  self->signals[1] = g_unix_signal_add (SIGTERM, on_signal, self);
  self->tick_timer = g_timeout_add (TICK, on_tick, self);
  self->progress_timer = g_timeout_add_seconds (1, on_progress, self);
  self->join_timer
      = g_timeout_add ((guint) MAX (1000 / self->options->rate, 1), on_join, self);
  g_main_loop_run (self->main_loop);
  for (guint i = 0; i < self->viewers->len; i++)
  {
    ViewerInfo info;

    viewer_get_info (g_ptr_array_index (self->viewers, i), &info);
    g_array_append_val (infos, info);
  }
  report_summary (&self->report, (const ViewerInfo *) (gpointer) infos->data, infos->len);
}

static void
audience_clear (Audience *self)
{
  g_clear_handle_id (&self->signals[0], g_source_remove);
  g_clear_handle_id (&self->signals[1], g_source_remove);
  g_clear_handle_id (&self->join_timer, g_source_remove);
  g_clear_handle_id (&self->tick_timer, g_source_remove);
  g_clear_handle_id (&self->progress_timer, g_source_remove);
  g_clear_handle_id (&self->end_timer, g_source_remove);
  g_clear_pointer (&self->viewers, g_ptr_array_unref);
  g_clear_pointer (&self->told, g_array_unref);
  g_clear_pointer (&self->settings.client, whep_client_free);
  g_clear_pointer (&self->settings.context, tegata_context_unref);
  g_clear_pointer (&self->settings.loop, tegata_loop_unref);
  g_clear_pointer (&self->settings.addresses, g_ptr_array_unref);
  g_clear_pointer (&self->main_loop, g_main_loop_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Audience, audience_clear)

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_auto (Options) options = { .url = NULL };
  g_auto (Audience) audience = { .options = &options };

  setlocale (LC_ALL, "");
  if (!options_parse (&options, &argc, &argv, &error) || !prepare (&audience, &error))
  {
    fprintf (stderr, "whep-view: %s\n", error->message);
    return 2;
  }
  audience.viewers = g_ptr_array_new_with_free_func ((GDestroyNotify) viewer_free);
  audience.told = g_array_new (FALSE, FALSE, sizeof (ViewerState));
  audience.main_loop = g_main_loop_new (NULL, FALSE);
  run (&audience);
  return audience.could_not_begin ? 2 : audience.has_failed ? 1 : 0;
}
