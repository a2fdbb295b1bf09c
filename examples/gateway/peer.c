/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "peer.h"

#include "ice.h"
#include "problem.h"

#include <libsoup/soup.h>
#include <string.h>

/* A component that has failed may come back: by a check of the peer's, or an ICE restart.
 */
#define GRACE_S 5

/* Who has reported once reports each few seconds. ICE gives up later: after 50 s. */
#define SILENCE_CHECK_S 10
#define MAX_SILENT_CHECKS 3

/* RFC 9725 section 5 wants restarts limited: so many at once, then one in so long. */
#define MAX_RESTARTS 4
#define RESTART_INTERVAL_US ((gint64) 5 * G_USEC_PER_SEC)

struct _GatewayPeer
{
  GatewayShared *shared;
  GatewayService service;
  GatewayPeerState state;
  GatewayPeerCallbacks callbacks;
  gpointer user_data;

  GatewayOffer *offer; /* until it is answered */
  GatewayIceText remote;
  char *answer;
  char *fragment_head;
  GatewayFormat formats[GATEWAY_N_KINDS];
  guint n_sessions; /* of ICE: one, and the restarts */
  char *etag;
  gint64 restart_credit_us; /* when all restarts are to be had again */

  GatewayIce *ice;
  TegataTransport *transport;
  GatewayViewer *viewer;
  GatewayPublisher *publisher;

  guint deadline_source;
  guint grace_source;
  guint silence_source;
  guint64 n_received; /* when that was looked at last */
  gboolean has_spoken;
  guint n_silent_checks;
  char *reason;
  gboolean has_failed;
  gboolean has_timed_out;
};

/* ---- the end ---- */

static void
release_media (GatewayPeer *self)
{
  if (self->viewer != NULL)
  {
    gateway_feed_remove_viewer (self->shared->feed, g_steal_pointer (&self->viewer));
  }
  g_clear_pointer (&self->publisher, gateway_publisher_free);
}

/* The last thing that is done to it: who is told may free it. */
static void
leave (GatewayPeer *self, char *reason)
{
  self->state = GATEWAY_PEER_GONE;
  self->reason = reason;
  g_clear_handle_id (&self->deadline_source, g_source_remove);
  g_clear_handle_id (&self->grace_source, g_source_remove);
  g_clear_handle_id (&self->silence_source, g_source_remove);
  release_media (self);
  tegata_transport_close (self->transport);
  self->callbacks.changed (self, self->user_data);
}

void
gateway_peer_end (GatewayPeer *self, const char *why)
{
  if (self->state != GATEWAY_PEER_GONE)
  {
    leave (self, g_strdup (why));
  }
}

static void
fail (GatewayPeer *self, char *reason)
{
  self->has_failed = TRUE;
  leave (self, reason);
}

static const char *
name_missing (GatewayPeer *self)
{
  NiceComponentState state = gateway_ice_get_state (self->ice);

  if (state != NICE_COMPONENT_STATE_CONNECTED && state != NICE_COMPONENT_STATE_READY)
  {
    return "ICE found no way to it: see --ice-address, --stun and --turn";
  }
  return "ICE has a way, but DTLS is not complete";
}

static gboolean
on_deadline (gpointer user_data)
{
  GatewayPeer *self = user_data;

  self->deadline_source = 0;
  self->has_timed_out = TRUE;
  leave (self,
         g_strdup_printf ("not connected within %u s: %s",
                          self->shared->options->connect_timeout_s, name_missing (self)));
  return G_SOURCE_REMOVE;
}

/* ---- media ---- */

static void
on_media (TegataTransport *transport G_GNUC_UNUSED,
          TegataPacket *packets,
          guint n_packets,
          gpointer user_data)
{
  GatewayPeer *self = user_data;

  if (self->publisher != NULL)
  {
    gateway_publisher_handle_media (self->publisher, packets, n_packets);
  }
  for (guint i = 0; self->viewer != NULL && i < n_packets; i++)
  {
    if (packets[i].is_rtcp)
    {
      gateway_viewer_handle_rtcp (self->viewer, packets[i].bytes, packets[i].len);
    }
  }
}

static guint64
count_received (GatewayPeer *self)
{
  TegataSessionStats stats;

  tegata_session_get_stats (tegata_transport_get_session (self->transport), &stats);
  return stats.packets_received;
}

/* Who never says a word may be a player without RTCP. */
static gboolean
on_silence_check (gpointer user_data)
{
  GatewayPeer *self = user_data;
  guint64 n_received = count_received (self);

  if (n_received != self->n_received)
  {
    self->n_received = n_received;
    self->has_spoken = TRUE;
    self->n_silent_checks = 0;
  }
  else if (self->has_spoken && ++self->n_silent_checks >= MAX_SILENT_CHECKS)
  {
    self->silence_source = 0;
    fail (self, g_strdup_printf ("nothing has come from it for %d s",
                                 SILENCE_CHECK_S * MAX_SILENT_CHECKS));
    return G_SOURCE_REMOVE;
  }
  return G_SOURCE_CONTINUE;
}

static gboolean
begin_media (GatewayPeer *self, GError **error)
{
  if (self->service == GATEWAY_WATCH)
  {
    self->viewer
        = gateway_feed_add_viewer (self->shared->feed, self->transport, self->formats);
    return TRUE;
  }
  self->publisher = gateway_publisher_new (self->transport, self->formats,
                                           self->shared->options->outputs, error);
  return self->publisher != NULL;
}

static void
begin (GatewayPeer *self)
{
  g_autofree char *profile = NULL;
  g_autoptr (GError) error = NULL;

  g_clear_handle_id (&self->deadline_source, g_source_remove);
  g_object_get (self->transport, "srtp-profile", &profile, NULL);
  if (profile == NULL)
  {
    fail (self, g_strdup ("it has no SRTP profile in common with us, so no media"));
    return;
  }
  if (!begin_media (self, &error))
  {
    fail (self, g_strdup (error->message));
    return;
  }
  self->n_received = count_received (self);
  self->silence_source = g_timeout_add_seconds (SILENCE_CHECK_S, on_silence_check, self);
  self->state = GATEWAY_PEER_CONNECTED;
  self->callbacks.changed (self, self->user_data);
}

static void
on_transport_changed (TegataTransport *transport, TegataState state, gpointer user_data)
{
  GatewayPeer *self = user_data;

  if (self->state == GATEWAY_PEER_GONE)
  {
    return;
  }
  switch (state)
  {
  case TEGATA_STATE_CONNECTED:
    begin (self);
    break;
  case TEGATA_STATE_CLOSED:
    leave (self, g_strdup ("it said goodbye"));
    break;
  case TEGATA_STATE_FAILED:
    fail (self, g_strdup (tegata_transport_get_error (transport)->message));
    break;
  default:
    break;
  }
}

static const TegataTransportCallbacks transport_callbacks = {
  .state_changed = on_transport_changed,
  .media = on_media,
};

/* ---- ICE ---- */

static gboolean
on_grace_over (gpointer user_data)
{
  GatewayPeer *self = user_data;

  self->grace_source = 0;
  if (gateway_ice_get_state (self->ice) == NICE_COMPONENT_STATE_FAILED)
  {
    fail (self, g_strdup ("it does not answer ICE's checks any more"));
  }
  return G_SOURCE_REMOVE;
}

/* Before it is connected, only the deadline ends it: more candidates may trickle in, and
 * checks of the peer's come from where we know nothing of. */
static void
on_ice_changed (gpointer user_data)
{
  GatewayPeer *self = user_data;

  if (self->state == GATEWAY_PEER_CONNECTED && self->grace_source == 0
      && gateway_ice_get_state (self->ice) == NICE_COMPONENT_STATE_FAILED)
  {
    self->grace_source = g_timeout_add_seconds (GRACE_S, on_grace_over, self);
  }
}

static void
count_session (GatewayPeer *self)
{
  self->n_sessions++;
  g_free (self->etag);
  self->etag = g_strdup_printf ("\"ice-%u\"", self->n_sessions);
}

static void
on_gathered (gpointer user_data)
{
  GatewayPeer *self = user_data;
  g_auto (GatewayIceText) ours = { 0 };
  g_autoptr (TegataFingerprint) fingerprint = tegata_fingerprint_new_for_certificate (
      tegata_context_get_certificate (self->shared->context), TEGATA_HASH_SHA256);
  GatewayAnswerer own
      = { &ours, fingerprint, gateway_feed_get_cname (self->shared->feed) };

  if (self->state != GATEWAY_PEER_GATHERING)
  {
    return;
  }
  gateway_ice_text_init (&ours);
  gateway_ice_describe (self->ice, &ours);
  self->answer = gateway_offer_answer (self->offer, self->service, &own);
  self->fragment_head = gateway_offer_dup_fragment_head (self->offer);
  gateway_ice_set_remote (self->ice, &self->remote);
  g_clear_pointer (&self->offer, gateway_offer_free);
  self->state = GATEWAY_PEER_ANSWERED;
  self->callbacks.answered (self, self->user_data);
}

static const GatewayIceCallbacks ice_callbacks = { on_gathered, on_ice_changed };

/* ---- PATCH ---- */

static gboolean
may_restart (GatewayPeer *self)
{
  gint64 now_us = g_get_monotonic_time ();
  gint64 credit_us = MAX (self->restart_credit_us, now_us) + RESTART_INTERVAL_US;

  if (credit_us - now_us > MAX_RESTARTS * RESTART_INTERVAL_US)
  {
    return FALSE;
  }
  self->restart_credit_us = credit_us;
  return TRUE;
}

static void
remember_credentials (GatewayPeer *self, const GatewayIceText *remote)
{
  /* they were checked when they were read */
  gateway_ice_text_set_credentials (&self->remote, remote->ufrag, remote->password, NULL);
}

gboolean
gateway_peer_patch (GatewayPeer *self,
                    const GatewayIceText *remote,
                    char **fragment,
                    GError **error)
{
  g_auto (GatewayIceText) ours;
  GString *text;

  gateway_ice_text_init (&ours);
  *fragment = NULL;
  if (remote->ufrag == NULL
      || (g_str_equal (remote->ufrag, self->remote.ufrag)
          && g_str_equal (remote->password, self->remote.password)))
  {
    gateway_ice_set_remote (self->ice, remote);
    return TRUE;
  }
  if (!may_restart (self))
  {
    return gateway_problem_set (error, 429,
                                "too many ICE restarts: expected %d at once, and then "
                                "one in %d seconds",
                                MAX_RESTARTS,
                                (int) (RESTART_INTERVAL_US / G_USEC_PER_SEC));
  }
  gateway_ice_restart (self->ice);
  gateway_ice_set_remote (self->ice, remote);
  remember_credentials (self, remote);
  count_session (self);
  gateway_ice_describe (self->ice, &ours);
  text = g_string_new (self->fragment_head);
  gateway_ice_text_write (&ours, TRUE, text);
  *fragment = g_string_free (text, FALSE);
  return TRUE;
}

/* ---- beginning ---- */

static gboolean
start (GatewayPeer *self, GError **error)
{
  g_autoptr (GError) problem = NULL;
  TegataSetup setup;
  TegataRole role;

  if (!gateway_offer_get_role (self->offer, &setup, &role, error))
  {
    return FALSE;
  }
  tegata_transport_set_callbacks (self->transport, &transport_callbacks, self, NULL);
  tegata_transport_set_peer_fingerprints (
      self->transport, (TegataFingerprint *const *) self->offer->fingerprints->pdata,
      self->offer->fingerprints->len);
  if (!tegata_transport_start (self->transport, role, &problem)
      || !gateway_ice_gather (self->ice, &problem))
  {
    return gateway_problem_set (error, SOUP_STATUS_SERVICE_UNAVAILABLE, "%s",
                                problem->message);
  }
  return TRUE;
}

GatewayPeer *
gateway_peer_new (GatewayShared *shared,
                  GatewayService service,
                  GatewayOffer *offer,
                  const GatewayPeerCallbacks *callbacks,
                  gpointer user_data,
                  GError **error)
{
  g_autoptr (GatewayPeer) self = g_new0 (GatewayPeer, 1);

  self->shared = shared;
  self->service = service;
  self->callbacks = *callbacks;
  self->user_data = user_data;
  self->offer = offer;
  self->remote = offer->ice;
  gateway_ice_text_init (&offer->ice);
  gateway_offer_get_formats (offer, self->formats);
  count_session (self);
  self->ice = gateway_ice_new (shared->options, &shared->n_agents, &ice_callbacks, self);
  self->transport = tegata_transport_new (
      shared->context, gateway_ice_get_channel (self->ice), shared->loop);
  if (!start (self, error))
  {
    return NULL;
  }
  self->deadline_source
      = g_timeout_add_seconds (shared->options->connect_timeout_s, on_deadline, self);
  return g_steal_pointer (&self);
}

void
gateway_peer_free (GatewayPeer *self)
{
  g_clear_handle_id (&self->deadline_source, g_source_remove);
  g_clear_handle_id (&self->grace_source, g_source_remove);
  g_clear_handle_id (&self->silence_source, g_source_remove);
  release_media (self);
  tegata_transport_set_callbacks (self->transport, NULL, NULL, NULL);
  tegata_transport_close (self->transport);
  g_object_unref (self->transport);
  gateway_ice_close (self->ice);
  g_clear_pointer (&self->offer, gateway_offer_free);
  gateway_ice_text_clear (&self->remote);
  g_free (self->answer);
  g_free (self->fragment_head);
  g_free (self->etag);
  g_free (self->reason);
  g_free (self);
}

/* ---- what is asked ---- */

const char *
gateway_peer_get_answer (GatewayPeer *self)
{
  return self->answer;
}

const char *
gateway_peer_get_etag (GatewayPeer *self)
{
  return self->etag;
}

GatewayService
gateway_peer_get_service (GatewayPeer *self)
{
  return self->service;
}

GatewayPeerState
gateway_peer_get_state (GatewayPeer *self)
{
  return self->state;
}

const GatewayFormat *
gateway_peer_get_formats (GatewayPeer *self)
{
  return self->formats;
}

TegataTransport *
gateway_peer_get_transport (GatewayPeer *self)
{
  return self->transport;
}

GatewayViewer *
gateway_peer_get_viewer (GatewayPeer *self)
{
  return self->viewer;
}

GatewayPublisher *
gateway_peer_get_publisher (GatewayPeer *self)
{
  return self->publisher;
}

const char *
gateway_peer_get_reason (GatewayPeer *self)
{
  return self->reason;
}

gboolean
gateway_peer_has_failed (GatewayPeer *self)
{
  return self->has_failed;
}

gboolean
gateway_peer_has_timed_out (GatewayPeer *self)
{
  return self->has_timed_out;
}
