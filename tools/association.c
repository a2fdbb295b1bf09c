/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "association.h"

#include "addresses.h"
#include "ladder-file.h"

#include <string.h>

/* Whoever sends media, or RTCP reports, is not that long silent: RFC 3550 section 6.2. */
#define SILENCE_S 10
/* RFC 5246 section 7.2 */
#define ALERT_BAD_CERTIFICATE 42
#define ALERT_PROTOCOL_VERSION 70

struct _Association
{
  AssociationShared *shared;
  TegataTransport *transport;
  const AssociationCallbacks *callbacks;
  gpointer user_data;
  char *local;
  char *peer;
  gint64 started_us;
  gboolean was_connected;
  gboolean told_alert;
  gboolean told_obstacle;
  gboolean was_refused;   /* that was the last that the network said, while connecting */
  guint silence_source;   /* waits for the end of a silence of the peer */
  guint64 n_received;     /* what it had sent when that began */
  const char *closed_by;  /* a constant; NULL while we have not closed it */
  gboolean lacks_profile; /* so we had to close it */
};

static void
collect_stats (Association *self, Stats *stats)
{
  stats_collect (stats, self->transport, self->shared->channel, self->shared->listener,
                 self->shared->plain);
}

void
association_report_stats (Association *self)
{
  Stats stats;

  collect_stats (self, &stats);
  report_stats (self->shared->report, self->peer, &stats);
}

static void
write_svg (Association *self, Ladder *ladder)
{
  const char *path = self->shared->options->ladder_file;
  g_autoptr (GError) error = NULL;

  if (path != NULL && ladder != NULL
      && !ladder_file_write (path, ladder, self->local, self->peer, &error))
  {
    report_note (self->shared->report, REPORT_WARNING, self->peer, error->message);
  }
}

/* The expected and the found one stand below each other: a difference shows itself so.
 * The library's message has both, since after a handshake that it refused there is no
 * certificate of the peer to be asked for. */
static const char *
find_found_fingerprint (const GError *error)
{
  const char *found = strstr (error->message, ", found ");

  return found != NULL ? found + strlen (", found ") : error->message;
}

static char *
describe_wrong_fingerprint (Association *self, const GError *error)
{
  GPtrArray *expected = self->callbacks->get_fingerprints (self->user_data);
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "wrong fingerprint: %s is not the peer that was named.",
                          self->peer);
  for (guint i = 0; expected != NULL && i < expected->len; i++)
  {
    g_autofree char *line = tegata_fingerprint_to_string (expected->pdata[i]);

    g_string_append_printf (text, "\n  expected  %s", line);
  }
  g_string_append_printf (text, "\n  found     %s", find_found_fingerprint (error));
  g_string_append (text,
                   "\nCompare the found one with what the peer prints as \"own:\". Where "
                   "they are the same, the wrong one was given here; where not, somebody "
                   "is in between.");
  return g_string_free (text, FALSE);
}

static ExitStatus
status_of (const GError *error)
{
  if (g_error_matches (error, TEGATA_ERROR, TEGATA_ERROR_FINGERPRINT))
  {
    return EXIT_STATUS_FINGERPRINT;
  }
  if (g_error_matches (error, TEGATA_ERROR, TEGATA_ERROR_TIMEOUT))
  {
    return EXIT_STATUS_TIMEOUT;
  }
  return EXIT_STATUS_FAILED;
}

/* A peer that leaves before it was verified has not been served; and --once that was
 * ended before has served nobody. */
static ExitStatus
judge_end (Association *self, const GError *error)
{
  if (error != NULL)
  {
    return status_of (error);
  }
  if (self->lacks_profile)
  {
    return EXIT_STATUS_NO_PROFILE;
  }
  if (self->was_connected || (self->closed_by != NULL && !self->shared->options->once))
  {
    return EXIT_STATUS_CLOSED;
  }
  return EXIT_STATUS_FAILED;
}

static guint64
count_received (Association *self)
{
  TegataSessionStats stats;

  tegata_session_get_stats (tegata_transport_get_session (self->transport), &stats);
  return stats.packets_received;
}

/* An answer that nothing listens is not authenticated, so it is tried on for all of the
 * time; at the end it is what there is to say. */
static char *
describe_timeout (Association *self, const GError *error)
{
  g_autofree char *times = NULL;
  TegataUdpChannelStats channel;

  if (!self->was_refused || count_received (self) > 0)
  {
    return g_strdup_printf ("%s: %s", self->peer, error->message);
  }
  tegata_udp_channel_get_stats (self->shared->channel, &channel);
  times = channel.errors == 1
              ? g_strdup ("once")
              : g_strdup_printf ("%" G_GUINT64_FORMAT " times", channel.errors);
  return g_strdup_printf ("%s: the handshake was not complete within %.1f s: nothing "
                          "listens on that port there (the machine answered so %s)",
                          self->peer, self->shared->options->timeout_s, times);
}

static char *
describe_lack_of_profile (Association *self)
{
  const char *ours = self->shared->options->profiles;

  return g_strdup_printf ("%s: %sthere is no SRTP profile in common. Ours: %s. Look at "
                          "--profiles on both sides",
                          self->peer,
                          self->shared->plain != NULL ? "media was asked for, and " : "",
                          ours != NULL ? ours : OPTIONS_DEFAULT_PROFILES);
}

/* Returns: (transfer full): why it failed, and what to do */
static char *
describe_failure (Association *self, ExitStatus status, const GError *error)
{
  switch (status)
  {
  case EXIT_STATUS_FINGERPRINT:
    return describe_wrong_fingerprint (self, error);
  case EXIT_STATUS_NO_PROFILE:
    return describe_lack_of_profile (self);
  case EXIT_STATUS_TIMEOUT:
    return describe_timeout (self, error);
  default:
    return g_strdup_printf ("%s: %s", self->peer,
                            error != NULL
                                ? error->message
                                : "the peer closed before it was verified: give "
                                  "its fingerprint sooner");
  }
}

static const char *
find_who_closed (Association *self)
{
  if (self->closed_by != NULL)
  {
    return self->closed_by;
  }
  return self->callbacks->has_successor (self, self->user_data)
             ? "by a new handshake of the peer"
             : "by the peer";
}

/* Anybody can call and fail, as often as he likes. The one who ends --once by that is
 * told of in any case. */
static gboolean
is_stranger (Association *self)
{
  return self->shared->listener != NULL && !self->was_connected && self->closed_by == NULL
         && (self->shared->had_peer || !self->shared->options->once);
}

/* The drawing of a peer is not lost to a stranger who calls later. */
static void
on_end (Association *self, const GError *error)
{
  g_autoptr (Ladder) ladder = ladders_steal (self->shared->ladders, self);
  ExitStatus status = judge_end (self, error);
  gboolean was_closed
      = error == NULL && (status == EXIT_STATUS_CLOSED || self->closed_by != NULL);
  g_autofree char *sentence = was_closed ? NULL : describe_failure (self, status, error);
  ReportEnd end = { .local = self->local,
                    .peer = self->peer,
                    .by = was_closed ? find_who_closed (self) : NULL,
                    .by_peer = self->closed_by == NULL,
                    .sentence = sentence,
                    .exit_status = (int) status,
                    .is_stranger = is_stranger (self),
                    .ladder = ladder };
  Stats stats;

  collect_stats (self, &stats);
  end.stats = &stats;
  if (status == EXIT_STATUS_FINGERPRINT)
  {
    end.expected = self->callbacks->get_fingerprints (self->user_data);
    end.found = find_found_fingerprint (error);
  }
  if (!self->shared->had_peer)
  {
    write_svg (self, ladder);
  }
  report_end (self->shared->report, &end);
  self->callbacks->ended (self, status, self->user_data);
}

/* Without a word about media it is still a DTLS-SRTP peer, unless it was told to be none.
 */
static gboolean
lacks_wanted_profile (Association *self)
{
  TegataSession *session = tegata_transport_get_session (self->transport);

  return g_strcmp0 (self->shared->options->profiles, "") != 0
         && tegata_dtls_get_srtp_profile (tegata_session_get_dtls (session))
                == TEGATA_SRTP_PROFILE_NONE;
}

static void
on_connected (Association *self)
{
  g_autoptr (Ladder) ladder = ladders_steal (self->shared->ladders, self);

  self->was_connected = TRUE;
  self->shared->had_peer = TRUE;
  write_svg (self, ladder);
  report_connected (self->shared->report, self->transport, self->local, self->peer,
                    ladder);
  if (lacks_wanted_profile (self))
  {
    self->lacks_profile = TRUE;
    tegata_transport_close (self->transport);
    return;
  }
  self->callbacks->connected (self, self->user_data);
}

static void
on_state_changed (TegataTransport *transport, TegataState state, gpointer user_data)
{
  Association *self = user_data;

  switch (state)
  {
  case TEGATA_STATE_AWAITING_FINGERPRINT:
    report_note (self->shared->report, REPORT_WAITING, self->peer,
                 "for the peer's fingerprint; the handshake is complete");
    break;
  case TEGATA_STATE_CONNECTED:
    on_connected (self);
    break;
  case TEGATA_STATE_CLOSED:
  case TEGATA_STATE_FAILED:
    on_end (self, tegata_transport_get_error (transport));
    break;
  default:
    break;
  }
}

static void
on_media (TegataTransport *transport,
          TegataPacket *packets,
          guint n_packets,
          gpointer user_data)
{
  Association *self = user_data;

  (void) transport;
  if (self->shared->plain != NULL)
  {
    plain_side_deliver (self->shared->plain, packets, n_packets);
  }
}

/* (transfer full): how long it will go on, as a part of a sentence */
static char *
describe_time_left (Association *self)
{
  gint64 passed_us = g_get_monotonic_time () - self->started_us;
  double left_s
      = self->shared->options->timeout_s - (double) passed_us / (double) G_USEC_PER_SEC;

  return g_strdup_printf (left_s < 2 ? "%.1f s" : "%.0f s", MAX (left_s, 0));
}

static gboolean
on_silence (gpointer user_data)
{
  Association *self = user_data;

  self->silence_source = 0;
  if (count_received (self) == self->n_received)
  {
    report_note (self->shared->report, REPORT_WARNING, self->peer,
                 "nothing has come since nobody listened there: the peer may have "
                 "restarted: end this and call again");
  }
  return G_SOURCE_REMOVE;
}

/* Who was away for a moment and hears nothing of us since may have lost its keys. */
static void
watch_silence (Association *self)
{
  if (self->silence_source == 0 && self->shared->listener == NULL)
  {
    self->n_received = count_received (self);
    self->silence_source = g_timeout_add_seconds (SILENCE_S, on_silence, self);
  }
}

static void
on_network_error (TegataTransport *transport, const GError *error, gpointer user_data)
{
  Association *self = user_data;
  gboolean connects = tegata_transport_get_state (transport) <= TEGATA_STATE_CONNECTING;
  gboolean refused = g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
  g_autofree char *left = describe_time_left (self);
  g_autofree char *sentence = NULL;

  if (connects)
  {
    self->was_refused = refused;
    sentence = g_strdup_printf ("%s%s; trying for %s more", error->message,
                                refused ? " yet" : "", left);
  }
  else
  {
    sentence = g_strdup_printf ("%s%s; sending on", error->message,
                                refused ? " any more" : "");
  }
  report_note (self->shared->report, REPORT_NETWORK_ERROR, self->peer, sentence);
  if (refused && !connects)
  {
    watch_silence (self);
  }
}

static const TegataTransportCallbacks transport_callbacks = {
  .state_changed = on_state_changed,
  .media = on_media,
  .network_error = on_network_error,
};

/* A channel with one peer gives it no address. */
static void
name_peer (Association *self)
{
  g_autoptr (GSocketAddress) peer = tegata_transport_dup_peer_address (self->transport);

  self->peer = peer != NULL ? address_to_string (peer) : g_strdup (self->shared->peer);
}

/* By the peer as the channel names it. Reported once: when the peer is connected, or when
 * it fails before. What comes later in its name is not what it says of itself. */
static void
claim_ladder (Association *self)
{
  g_autoptr (GSocketAddress) peer = tegata_transport_dup_peer_address (self->transport);
  TegataAddress key = { .len = 0 };

  if (peer != NULL && self->shared->listener != NULL)
  {
    tegata_address_from_socket_address (&key, peer);
  }
  ladders_claim (self->shared->ladders, &key, self);
}

Association *
association_new (AssociationShared *shared,
                 TegataTransport *transport,
                 const AssociationCallbacks *callbacks,
                 gpointer user_data)
{
  Association *self = g_new0 (Association, 1);

  self->shared = shared;
  self->transport = g_object_ref (transport);
  self->callbacks = callbacks;
  self->user_data = user_data;
  self->started_us = g_get_monotonic_time ();
  self->local
      = address_to_string (tegata_udp_channel_get_local_address (shared->channel));
  name_peer (self);
  claim_ladder (self);
  tegata_transport_set_callbacks (transport, &transport_callbacks, self, NULL);
  return self;
}

void
association_free (Association *self)
{
  if (self == NULL)
  {
    return;
  }
  tegata_transport_set_callbacks (self->transport, NULL, NULL, NULL);
  if (self->silence_source > 0)
  {
    g_source_remove (self->silence_source);
  }
  g_object_unref (self->transport);
  g_free (self->local);
  g_free (self->peer);
  g_free (self);
}

void
association_close (Association *self, const char *by)
{
  self->closed_by = by;
  tegata_transport_close (self->transport);
}

void
association_trust (Association *self, GPtrArray *fingerprints)
{
  tegata_transport_set_peer_fingerprints (
      self->transport, (TegataFingerprint *const *) fingerprints->pdata,
      fingerprints->len);
}

/* What most likely is behind an alert, where a user can mend it. */
static const char *
explain_alert (int alert)
{
  switch (alert)
  {
  case ALERT_BAD_CERTIFICATE:
    return ": it most likely was given another fingerprint than \"own:\" above";
  case ALERT_PROTOCOL_VERSION:
    return ": look at --min-version and --max-version on both sides";
  default:
    return "";
  }
}

static void
tell_alert (Association *self, int alert)
{
  g_autofree char *left = describe_time_left (self);
  g_autofree char *sentence = NULL;

  self->told_alert = TRUE;
  sentence = g_strdup_printf ("somebody who may be the peer refuses: %s (%d)%s. Anybody "
                              "can say so; trying for %s more",
                              tegata_alert_to_string (alert), alert,
                              explain_alert (alert), left);
  report_note (self->shared->report, REPORT_WARNING, self->peer, sentence);
}

static void
tell_obstacle (Association *self, const char *obstacle)
{
  const gboolean is_version = strstr (obstacle, "DTLS version") != NULL;
  g_autofree char *left = describe_time_left (self);
  g_autofree char *sentence = NULL;

  self->told_obstacle = TRUE;
  sentence = g_strdup_printf (
      "%s: %s%s. Trying for %s more", self->peer, obstacle,
      is_version ? ": look at --min-version and --max-version on both sides" : "", left);
  report_note (self->shared->report, REPORT_WARNING, self->peer, sentence);
}

void
association_tell_obstacles (Association *self)
{
  TegataSession *session = tegata_transport_get_session (self->transport);
  const char *obstacle;
  TegataSessionStats stats;

  if (tegata_transport_get_state (self->transport) != TEGATA_STATE_CONNECTING)
  {
    return;
  }
  obstacle = tegata_dtls_get_obstacle (tegata_session_get_dtls (session));
  if (obstacle != NULL && !self->told_obstacle)
  {
    tell_obstacle (self, obstacle);
  }
  tegata_session_get_stats (session, &stats);
  if (stats.dtls.unauthenticated_alert >= 0 && !self->told_alert)
  {
    tell_alert (self, stats.dtls.unauthenticated_alert);
  }
}

TegataTransport *
association_get_transport (Association *self)
{
  return self->transport;
}

const char *
association_get_peer (Association *self)
{
  return self->peer;
}

gboolean
association_was_connected (Association *self)
{
  return self->was_connected;
}
