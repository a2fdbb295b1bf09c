/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * gst-call: a secured call on GStreamer. A test video (VP8) and sound (Opus) go both ways
 * through tegatatransport, over UDP or over ICE. Signalling is two files, which each side
 * finds where the other one left them; or copy and paste, where none are named.
 *
 * In two terminals:
 *
 *     $ gst-call --listen 127.0.0.1:5000 --offer offer.txt --answer answer.txt
 *     $ gst-call --connect 127.0.0.1:5000 --offer offer.txt --answer answer.txt
 *
 * The same by ICE, which finds its way by itself:
 *
 *     $ gst-call --ice offer --offer offer.txt --answer answer.txt
 *     $ gst-call --ice answer --offer offer.txt --answer answer.txt
 *
 * examples/python/gst_call.py does the same, and calls this one.
 */
#include "gst-call-exchange.h"
#include "gst-call-media.h"
#include "gst-call-options.h"
#include "gst-call-path.h"
#include "gst-call-report.h"

#include <glib-unix.h>
#include <locale.h>
#include <stdio.h>

/* how long a polite end may take, in seconds */
#define PATIENCE 2

typedef struct
{
  const Options *options;
  Media media;
  GMainLoop *main_loop;
  GstElement *pipeline;
  GstElement *transport;
  Path *path;
  Description *local;
  Exchange *exchange;
  gboolean is_published;
  gboolean is_ending; /* by us */
  gboolean is_closed;
  gboolean has_ended; /* all streams */
  gint n_told;        /* frames, a second ago */
  char *setup;        /* ours, once both have a description */
  char *peer;         /* the fingerprint that the peer has to have */
  guint signals[2];   /* SIGINT, SIGTERM */
  guint timer;
  guint deadline;
  int status;
} Call;

/* ---- its end ---- */

static void
give_up (Call *self, const char *why)
{
  fprintf (stderr, "gst-call: %s\n", why);
  self->status = 1;
  g_main_loop_quit (self->main_loop);
}

static gboolean
on_patience_lost (gpointer user_data)
{
  Call *self = user_data;

  self->deadline = 0;
  g_main_loop_quit (self->main_loop);
  return G_SOURCE_REMOVE;
}

/* The two come in any order. Where the peer closed there is nothing to wait for. */
static void
quit_if_over (Call *self)
{
  if (self->is_closed && (self->has_ended || !self->is_ending))
  {
    g_main_loop_quit (self->main_loop);
  }
}

/* close_notify tells the peer; then all that is on its way may end. */
static void
hang_up (Call *self)
{
  if (self->is_ending || GST_STATE (self->pipeline) < GST_STATE_PAUSED)
  {
    g_main_loop_quit (self->main_loop);
    return;
  }
  self->is_ending = TRUE;
  g_signal_emit_by_name (self->transport, "close");
  gst_element_send_event (self->pipeline, gst_event_new_eos ());
  self->deadline = g_timeout_add_seconds (PATIENCE, on_patience_lost, self);
}

/* The second one does not wait. */
static gboolean
on_signal (gpointer user_data)
{
  hang_up (user_data);
  return G_SOURCE_CONTINUE;
}

/* ---- descriptions ---- */

/* RFC 5763: who offers lets the other one choose, who would rather call. */
static void
begin_description (Call *self)
{
  g_autofree char *fingerprint = NULL;

  g_object_get (self->transport, "fingerprint", &fingerprint, NULL);
  report ("fingerprint", "%s", fingerprint);
  self->local->call = g_strdup_printf ("%08x%08x", g_random_int (), g_random_int ());
  self->local->setup = g_strdup (self->options->is_offerer ? "actpass" : "active");
  g_string_append_printf (self->local->fingerprints, "a=fingerprint:%s\n", fingerprint);
  path_describe (self->path, self->local);
}

static gboolean
publish (Call *self)
{
  g_autoptr (GError) error = NULL;
  const char *file
      = self->options->is_offerer ? self->options->offer : self->options->answer;

  if (!exchange_publish (file, self->local, &error))
  {
    give_up (self, error->message);
    return FALSE;
  }
  self->is_published = !g_str_equal (file, "-");
  return TRUE;
}

static void
withdraw (Call *self)
{
  if (self->is_published)
  {
    remove (self->options->is_offerer ? self->options->offer : self->options->answer);
  }
}

/* An active side on an ICE path calls when there is a way: "actpass" is undecided. */
static void
take_role (Call *self)
{
  if (self->setup != NULL)
  {
    gst_util_set_object_arg (G_OBJECT (self->transport), "setup", self->setup);
  }
}

static void
begin_call (Call *self, const Description *remote)
{
  g_autofree char *peer = g_strchomp (g_strdup (remote->fingerprints->str));

  /* the one line that makes it secure */
  g_object_set (self->transport, "peer-fingerprint", peer, NULL);
  self->peer = g_steal_pointer (&peer);
  self->setup = g_strdup (g_str_equal (remote->setup, "active") ? "passive" : "active");
  if (path_is_immediate (self->path))
  {
    take_role (self);
  }
  else
  {
    gst_util_set_object_arg (G_OBJECT (self->transport), "setup", "actpass");
  }
  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
}

static gboolean
on_description (const Description *remote, const GError *error, gpointer user_data)
{
  Call *self = user_data;
  g_autoptr (GError) failure = NULL;

  if (remote == NULL)
  {
    give_up (self, error->message);
    return TRUE;
  }
  if (self->options->is_offerer && g_strcmp0 (remote->call, self->local->call) != 0)
  {
    return FALSE; /* the answer to another offer, an earlier one's perhaps */
  }
  if (!path_set_remote (self->path, remote, &failure))
  {
    give_up (self, failure->message);
    return TRUE;
  }
  if (!self->options->is_offerer)
  {
    g_free (self->local->call);
    self->local->call = g_strdup (remote->call);
    if (!publish (self))
    {
      return TRUE;
    }
  }
  begin_call (self, remote);
  return TRUE;
}

static void
on_path_ready (Call *self)
{
  const Options *options = self->options;
  const char *file = options->is_offerer ? options->answer : options->offer;

  begin_description (self);
  if (options->is_offerer && !publish (self))
  {
    return;
  }
  report ("waiting", "for the peer's description, %s",
          g_str_equal (file, "-") ? "which is to be pasted here" : file);
  self->exchange = exchange_new (file, on_description, self);
}

/* ---- what happens ---- */

static void
on_state (Call *self, const GValue *value)
{
  const GEnumValue *state = g_enum_get_value (g_type_class_peek (G_VALUE_TYPE (value)),
                                              g_value_get_enum (value));

  report ("state", "%s", state->value_nick);
  if (g_str_equal (state->value_nick, "connected"))
  {
    report_connection (self->transport);
    report ("peer", "%s", self->peer);
  }
  else if (g_str_equal (state->value_nick, "closed"))
  {
    self->is_closed = TRUE;
    if (!self->is_ending)
    {
      report ("end", "the peer closed");
    }
    quit_if_over (self);
  }
}

static void
on_application (Call *self, GstMessage *message)
{
  if (gst_message_has_name (message, "path-ready"))
  {
    on_path_ready (self);
  }
  else if (gst_message_has_name (message, "path-usable"))
  {
    take_role (self);
  }
  else if (gst_message_has_name (message, "path-failed"))
  {
    give_up (self, "ICE found no way to the peer: a firewall, or a NAT, which takes a "
                   "STUN or TURN server?");
  }
  else if (gst_message_has_name (message, "enough-frames"))
  {
    hang_up (self);
  }
}

static gboolean
on_message (GstBus *bus, GstMessage *message, gpointer user_data)
{
  Call *self = user_data;
  const GValue *value = NULL;

  (void) bus;
  switch (GST_MESSAGE_TYPE (message))
  {
  case GST_MESSAGE_APPLICATION:
    on_application (self, message);
    break;
  case GST_MESSAGE_PROPERTY_NOTIFY:
    gst_message_parse_property_notify (message, NULL, NULL, &value);
    on_state (self, value);
    break;
  case GST_MESSAGE_WARNING:
    report_problem (message, FALSE);
    break;
  case GST_MESSAGE_ERROR:
    report_problem (message, TRUE);
    self->status = 1;
    g_main_loop_quit (self->main_loop);
    break;
  case GST_MESSAGE_EOS:
    self->has_ended = TRUE;
    quit_if_over (self);
    break;
  default:
    break;
  }
  return G_SOURCE_CONTINUE;
}

static gboolean
on_second (gpointer user_data)
{
  Call *self = user_data;
  gint n_frames = g_atomic_int_get (&self->media.n_frames);

  if (n_frames != self->n_told)
  {
    report ("frames", "%d a second, %d in all", n_frames - self->n_told, n_frames);
  }
  self->n_told = n_frames;
  return G_SOURCE_CONTINUE;
}

/* ---- its life ---- */

static gboolean
prepare (Call *self, GError **error)
{
  const Options *options = self->options;

  if (options->ice != NULL)
  {
    self->path = path_new_ice (options->is_offerer, options->host, error);
  }
  else
  {
    self->path = path_new_udp (options->is_offerer ? options->listen : options->connect,
                               options->is_offerer, error);
  }
  if (self->path == NULL)
  {
    return FALSE;
  }
  self->pipeline
      = media_make_pipeline (&self->media, path_get_elements (self->path), error);
  if (self->pipeline == NULL)
  {
    return FALSE;
  }
  self->transport = gst_bin_get_by_name (GST_BIN (self->pipeline), "transport");
  /* on whichever thread it changes, the bus brings it to this one */
  gst_element_add_property_notify_watch (self->transport, "connection-state", TRUE);
  return path_prepare (self->path, GST_BIN (self->pipeline), error);
}

static void
run (Call *self)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (self->pipeline);

  gst_bus_add_watch (bus, on_message, self);
  self->signals[0] = g_unix_signal_add (SIGINT, on_signal, self);
  self->signals[1] = g_unix_signal_add (SIGTERM, on_signal, self);
  self->timer = g_timeout_add_seconds (1, on_second, self);
  g_main_loop_run (self->main_loop);
  gst_bus_remove_watch (bus);

  report_stats (self->transport);
  report ("decoded", "%d frames", g_atomic_int_get (&self->media.n_frames));
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  withdraw (self);
  if (self->status == 0
      && g_atomic_int_get (&self->media.n_frames) < self->media.n_wanted)
  {
    fprintf (stderr, "gst-call: it ended before %d frames were decoded\n",
             self->media.n_wanted);
    self->status = 1;
  }
}

static void
call_clear (Call *self)
{
  g_clear_handle_id (&self->signals[0], g_source_remove);
  g_clear_handle_id (&self->signals[1], g_source_remove);
  g_clear_handle_id (&self->timer, g_source_remove);
  g_clear_handle_id (&self->deadline, g_source_remove);
  g_clear_pointer (&self->exchange, exchange_free);
  gst_clear_object (&self->transport);
  gst_clear_object (&self->pipeline);
  g_clear_pointer (&self->path, path_free);
  g_clear_pointer (&self->local, description_free);
  g_clear_pointer (&self->main_loop, g_main_loop_unref);
  g_free (self->setup);
  g_free (self->peer);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Call, call_clear)

/* Exit status: 0 hung up by either side, 1 the call failed, 2 it could not begin. */
int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_auto (Options) options = { .listen = NULL };
  g_auto (Call) call = { .options = &options };

  setlocale (LC_ALL, "");
  if (!options_parse (&options, &call.media, &argc, &argv, &error))
  {
    fprintf (stderr, "gst-call: %s\n", error->message);
    return 2;
  }
  if (!report_missing_elements ())
  {
    return 2;
  }
  call.main_loop = g_main_loop_new (NULL, FALSE);
  call.local = description_new ();
  if (!prepare (&call, &error))
  {
    fprintf (stderr, "gst-call: %s\n", error->message);
    return 2;
  }
  run (&call);
  return call.status;
}
