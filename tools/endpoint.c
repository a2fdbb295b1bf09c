/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "endpoint.h"

#include "addresses.h"
#include "fingerprint-lines.h"
#include "ladder-file.h"
#include "settings.h"

#include <glib-unix.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <unistd.h>

#define RECORD_TYPE_ALERT 21
#define RECORD_TYPE_HANDSHAKE 22

/* The first reason to end is the one. */
static void
end (Endpoint *self, ExitStatus status)
{
  if (!self->is_ending)
  {
    self->is_ending = TRUE;
    self->status = status;
    g_main_loop_quit (self->main_loop);
  }
}

static void
set_current (Endpoint *self, Association *association)
{
  TegataTransport *transport
      = association != NULL ? association_get_transport (association) : NULL;

  self->current = association;
  if (self->shared.plain != NULL)
  {
    plain_side_set_transports (self->shared.plain, transport, transport);
  }
}

static void
on_connected (Association *association, gpointer user_data)
{
  Endpoint *self = user_data;
  const Options *options = self->shared.options;

  if (options->once && self->current != NULL)
  {
    association_close (association, "by us: there is a peer already, and --once is one");
    return;
  }
  set_current (self, association);
  if (options->once && !options->is_listener)
  {
    association_close (association, "by us");
  }
}

/* Whose connection was told: a successor of the one that ends tells its own later. */
static Association *
find_newest_connected (Endpoint *self)
{
  for (guint i = self->associations->len; i > 0; i--)
  {
    Association *each = self->associations->pdata[i - 1];

    if (association_was_connected (each)
        && tegata_transport_get_state (association_get_transport (each))
               == TEGATA_STATE_CONNECTED)
    {
      return each;
    }
  }
  return NULL;
}

/* Whoever had the media has left: who else is there gets it. */
static void
fall_back (Endpoint *self)
{
  Association *next = self->is_ending ? NULL : find_newest_connected (self);
  g_autofree char *sentence = NULL;

  set_current (self, next);
  if (next != NULL && self->shared.plain != NULL)
  {
    sentence = g_strdup_printf ("media now goes to %s", association_get_peer (next));
    report_note (self->shared.report, REPORT_NOTE, association_get_peer (next), sentence);
  }
}

/* A stranger who fails beside the one peer of --once ends nothing. */
static void
on_ended (Association *association, ExitStatus status, gpointer user_data)
{
  Endpoint *self = user_data;
  const Options *options = self->shared.options;
  gboolean is_current = association == self->current;
  gboolean is_alone = self->current == NULL || is_current;

  g_ptr_array_remove (self->associations, association);
  if (is_current)
  {
    fall_back (self);
  }
  association_free (association);
  if (!options->is_listener || (options->once && is_alone))
  {
    end (self, status);
  }
}

static gboolean
has_successor (Association *association, gpointer user_data)
{
  Endpoint *self = user_data;

  for (guint i = 0; i < self->associations->len; i++)
  {
    Association *other = self->associations->pdata[i];

    if (other != association
        && g_str_equal (association_get_peer (other), association_get_peer (association)))
    {
      return TRUE;
    }
  }
  return FALSE;
}

static GPtrArray *
get_fingerprints (gpointer user_data)
{
  return peer_fingerprints_get (((Endpoint *) user_data)->fingerprints);
}

static const AssociationCallbacks association_callbacks = {
  .connected = on_connected,
  .ended = on_ended,
  .has_successor = has_successor,
  .get_fingerprints = get_fingerprints,
};

void
endpoint_add (Endpoint *self, TegataTransport *transport)
{
  Association *association
      = association_new (&self->shared, transport, &association_callbacks, self);
  GPtrArray *fingerprints;

  peer_fingerprints_look (self->fingerprints);
  fingerprints = get_fingerprints (self);
  g_ptr_array_add (self->associations, association);
  if (fingerprints != NULL)
  {
    association_trust (association, fingerprints);
  }
}

/* Ends may come from within a call for each of them, so a copy is walked. */
static void
on_fingerprints (gpointer user_data)
{
  Endpoint *self = user_data;
  g_autoptr (GPtrArray) associations = g_ptr_array_copy (self->associations, NULL, NULL);

  for (guint i = 0; i < associations->len; i++)
  {
    if (g_ptr_array_find (self->associations, associations->pdata[i], NULL))
    {
      association_trust (associations->pdata[i], get_fingerprints (self));
    }
  }
}

static void
on_no_fingerprints (const GError *error, gpointer user_data)
{
  Endpoint *self = user_data;

  report_failure (self->shared.report, error->message, EXIT_STATUS_SET_UP);
  end (self, EXIT_STATUS_SET_UP);
}

static void
on_waiting (const char *sentence, gpointer user_data)
{
  report_note (((Endpoint *) user_data)->shared.report, REPORT_WAITING, NULL, sentence);
}

static const PeerFingerprintsCallbacks fingerprints_callbacks = {
  .complete = on_fingerprints,
  .failed = on_no_fingerprints,
  .note = on_waiting,
};

static void
on_plain_notice (const char *sentence, gpointer user_data)
{
  report_note (((Endpoint *) user_data)->shared.report, REPORT_WARNING, NULL, sentence);
}

static gboolean
look_for_obstacles (gpointer user_data)
{
  Endpoint *self = user_data;

  self->obstacle_source = 0;
  for (guint i = 0; i < self->associations->len; i++)
  {
    association_tell_obstacles (self->associations->pdata[i]);
  }
  return G_SOURCE_REMOVE;
}

/* An alert, or a hello, is looked for once the association has judged it. */
static void
on_tapped (LadderDirection direction,
           const TegataDatagram *datagram,
           gint64 now_us,
           gpointer user_data)
{
  Endpoint *self = user_data;

  ladders_add (direction, datagram, now_us, self->shared.ladders);
  if (direction == LADDER_RECEIVED
      && (datagram->bytes[0] == RECORD_TYPE_ALERT
          || datagram->bytes[0] == RECORD_TYPE_HANDSHAKE)
      && self->obstacle_source == 0)
  {
    self->obstacle_source = g_idle_add (look_for_obstacles, self);
  }
}

gboolean
endpoint_take_channel (Endpoint *self, TegataUdpChannel *channel)
{
  self->shared.channel = channel;
  if (channel != NULL)
  {
    self->tap = tap_channel_new (TEGATA_DATAGRAM_CHANNEL (channel), on_tapped, self);
  }
  return channel != NULL;
}

/* Whoever waits for nobody is told how much came all the same. */
static void
report_nobody (Endpoint *self)
{
  Stats stats;

  stats_collect (&stats, NULL, self->shared.channel, self->shared.listener,
                 self->shared.plain);
  report_end (self->shared.report, &(ReportEnd){ .by = self->ended_by,
                                                 .exit_status = (int) self->status,
                                                 .stats = &stats });
}

/* Whoever waits by --once for a peer has not got one. */
static void
end_by (Endpoint *self, const char *by)
{
  gboolean lacks_peer = self->shared.options->once && self->current == NULL;

  if (self->is_ending)
  {
    return;
  }
  self->ended_by = by;
  end (self, lacks_peer ? EXIT_STATUS_FAILED : EXIT_STATUS_CLOSED);
  if (self->associations->len == 0)
  {
    report_nobody (self);
  }
}

static gboolean
on_interrupt (gpointer user_data)
{
  end_by (user_data, "by Ctrl-C");
  return G_SOURCE_REMOVE;
}

static gboolean
on_terminate (gpointer user_data)
{
  end_by (user_data, "by SIGTERM");
  return G_SOURCE_REMOVE;
}

static gboolean
on_hang_up (gpointer user_data)
{
  end_by (user_data, "by SIGHUP");
  return G_SOURCE_REMOVE;
}

/* As by Ctrl-C, and not by a signal in the middle of what we do: the peer is told, and
 * our fingerprint goes away. */
static gboolean
on_deaf (gint fd, GIOCondition condition, gpointer user_data)
{
  Endpoint *self = user_data;

  (void) fd;
  (void) condition;
  self->deaf_source = 0;
  end_by (self, "by us: nobody reads what is printed");
  return G_SOURCE_REMOVE;
}

/* The first one ends us politely. A second one meets the system's own handler and ends us
 * at once, even where the main loop is stuck, as in writing to a pipe that nobody reads.
 */
static void
catch_signal (Endpoint *self, int signal_number, GSourceFunc on_signal)
{
  struct sigaction action;

  g_unix_signal_add (signal_number, on_signal, self);
  if (sigaction (signal_number, NULL, &action) == 0)
  {
    action.sa_flags |= (int) SA_RESETHAND;
    sigaction (signal_number, &action, NULL);
  }
}

static gboolean
on_stats (gpointer user_data)
{
  Endpoint *self = user_data;
  Association *shown = self->current;
  Stats stats;

  if (shown == NULL && self->associations->len > 0)
  {
    shown = self->associations->pdata[self->associations->len - 1];
  }
  if (shown != NULL)
  {
    association_report_stats (shown);
    return G_SOURCE_CONTINUE;
  }
  stats_collect (&stats, NULL, self->shared.channel, self->shared.listener,
                 self->shared.plain);
  report_stats (self->shared.report, NULL, &stats);
  return G_SOURCE_CONTINUE;
}

static gboolean
open_plain_side (Endpoint *self, GError **error)
{
  const Options *options = self->shared.options;
  const PlainSideOptions plain_options = {
    .in = options->plain_in,
    .out = options->plain_out,
    .rtcp_in = options->plain_rtcp_in,
    .rtcp_out = options->plain_rtcp_out,
    .mtu = (guint) options->mtu,
  };

  if (!options_have_media (options))
  {
    return TRUE;
  }
  self->shared.plain = plain_side_new (self->loop, &plain_options, error);
  if (self->shared.plain == NULL)
  {
    return FALSE;
  }
  plain_side_set_notice_func (self->shared.plain, on_plain_notice, self);
  return TRUE;
}

static char *
name_plain_port (Endpoint *self, gboolean rtcp)
{
  GSocketAddress *address = self->shared.plain != NULL
                                ? plain_side_get_local_address (self->shared.plain, rtcp)
                                : NULL;

  return address != NULL ? address_to_string (address) : NULL;
}

static void
tell_ready (Endpoint *self)
{
  const Options *options = self->shared.options;
  g_auto (GStrv) lines = settings_write_sdp (options, self->context);
  g_autofree char *local
      = address_to_string (tegata_udp_channel_get_local_address (self->shared.channel));
  g_autofree char *plain = name_plain_port (self, FALSE);
  g_autofree char *plain_rtcp = name_plain_port (self, TRUE);

  report_ready (self->shared.report,
                &(ReportReady){
                    .sdp_lines = (const char *const *) lines,
                    .listening = options->is_listener ? local : NULL,
                    .local = options->is_listener ? NULL : local,
                    .peer = self->shared.peer,
                    .plain = plain,
                    .plain_rtcp = g_strcmp0 (plain, plain_rtcp) != 0 ? plain_rtcp : NULL,
                });
  if (options->key_log_file != NULL)
  {
    fprintf (stderr, "tegata: writing keys to %s: whoever has it can read the traffic\n",
             options->key_log_file);
  }
}

/* Who finds our fingerprint may call: it is published when all the rest is open. A signal
 * is obeyed by the main loop from here on; before, names are looked up, which it would
 * not interrupt. */
static gboolean
begin (Endpoint *self, GError **error)
{
  const char *path = self->shared.options->fingerprint_out;
  g_autofree char *line = settings_write_fingerprint (self->context);

  signal (SIGPIPE, SIG_IGN); /* on_deaf() */
  catch_signal (self, SIGINT, on_interrupt);
  catch_signal (self, SIGTERM, on_terminate);
  catch_signal (self, SIGHUP, on_hang_up);
  if (path != NULL && !fingerprint_file_write (path, line, error))
  {
    return FALSE;
  }
  self->published = path != NULL ? g_steal_pointer (&line) : NULL;
  tell_ready (self);
  return TRUE;
}

static gboolean
set_up (Endpoint *self, GError **error)
{
  const Options *options = self->shared.options;

  self->fingerprints
      = peer_fingerprints_new ((const char *const *) options->peer_fingerprints,
                               &fingerprints_callbacks, self, error);
  if (self->fingerprints == NULL || !ladder_file_check (options->ladder_file, error))
  {
    return FALSE;
  }
  self->context = settings_make_context (options, error);
  return self->context != NULL && open_plain_side (self, error)
         && self->kind->open (self, error) && begin (self, error);
}

/* Each tells of its end, and is gone by that. */
static void
close_all (Endpoint *self)
{
  g_autoptr (GPtrArray) associations = g_ptr_array_copy (self->associations, NULL, NULL);

  self->is_ending = TRUE;
  for (guint i = 0; i < associations->len; i++)
  {
    if (g_ptr_array_find (self->associations, associations->pdata[i], NULL))
    {
      association_close (associations->pdata[i],
                         self->ended_by != NULL ? self->ended_by : "by us");
    }
  }
}

static void
run (Endpoint *self)
{
  const Options *options = self->shared.options;
  guint stats = 0;

  self->deaf_source = g_unix_fd_add (STDOUT_FILENO, G_IO_ERR, on_deaf, self);
  if (options->stats_s > 0)
  {
    stats = g_timeout_add ((guint) (options->stats_s * 1000), on_stats, self);
  }
  g_main_loop_run (self->main_loop);
  if (stats > 0)
  {
    g_source_remove (stats);
  }
}

static gboolean
run_set_up (Endpoint *self, GError **error)
{
  if (!self->kind->start (self, error))
  {
    return FALSE;
  }
  peer_fingerprints_start (self->fingerprints);
  if (!self->is_ending)
  {
    run (self);
  }
  close_all (self);
  if (self->ended_by != NULL && self->status != EXIT_STATUS_CLOSED)
  {
    report_error (self->shared.report, "ended before a peer was connected");
  }
  return TRUE;
}

static void
remove_source (guint source)
{
  if (source > 0)
  {
    g_source_remove (source);
  }
}

static void
tear_down (Endpoint *self)
{
  if (self->published != NULL)
  {
    fingerprint_file_remove (self->shared.options->fingerprint_out, self->published);
    g_free (self->published);
  }
  peer_fingerprints_free (self->fingerprints);
  g_ptr_array_unref (self->associations);
  if (self->kind->finish != NULL)
  {
    self->kind->finish (self);
  }
  plain_side_free (self->shared.plain);
  g_clear_object (&self->tap);
  g_clear_object (&self->shared.channel);
  g_free (self->shared.peer);
  remove_source (self->obstacle_source);
  remove_source (self->deaf_source);
  g_clear_pointer (&self->context, tegata_context_unref);
  ladders_free (self->shared.ladders);
  report_free (self->shared.report);
  tegata_loop_unref (self->loop);
  g_main_loop_unref (self->main_loop);
}

ExitStatus
endpoint_run (const Options *options)
{
  Endpoint self = {
    .kind = options->is_listener ? &endpoint_listen : &endpoint_connect,
    .shared = { .options = options,
                .report = report_new (options->json),
                .ladders = ladders_new () },
    .loop = tegata_loop_new (NULL),
    .associations = g_ptr_array_new (),
    .main_loop = g_main_loop_new (NULL, FALSE),
  };
  g_autoptr (GError) error = NULL;

  if (!set_up (&self, &error) || !run_set_up (&self, &error))
  {
    self.status
        = error->domain == G_OPTION_ERROR ? EXIT_STATUS_OPTIONS : EXIT_STATUS_SET_UP;
    report_failure (self.shared.report, error->message, (int) self.status);
  }
  tear_down (&self);
  return self.status;
}
