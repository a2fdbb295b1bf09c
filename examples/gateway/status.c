/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "status.h"

#include <json-glib/json-glib.h>

static const char *const kind_names[] = { "video", "audio" };

static void
add_count (JsonBuilder *json, const char *name, guint64 count)
{
  json_builder_set_member_name (json, name);
  json_builder_add_int_value (json, (gint64) count);
}

static void
add_text (JsonBuilder *json, const char *name, const char *text)
{
  json_builder_set_member_name (json, name);
  json_builder_add_string_value (json, text);
}

static void
add_number (JsonBuilder *json, const char *name, double number)
{
  json_builder_set_member_name (json, name);
  json_builder_add_double_value (json, number);
}

static const char *
name_state (GatewayPeer *peer)
{
  switch (gateway_peer_get_state (peer))
  {
  case GATEWAY_PEER_GATHERING:
    return "gathering";
  case GATEWAY_PEER_ANSWERED:
    return "connecting";
  case GATEWAY_PEER_CONNECTED:
    return "connected";
  default:
    return "gone";
  }
}

static void
add_transport (JsonBuilder *json, TegataTransport *transport)
{
  g_autoptr (GVariant) stats
      = g_variant_ref_sink (tegata_transport_dup_stats (transport));

  json_builder_set_member_name (json, "transport");
  json_builder_add_value (json, json_gvariant_serialize (stats));
}

/* ---- who watches ---- */

static void
add_viewer_media (JsonBuilder *json, GatewayViewer *viewer)
{
  GatewayViewerStats stats;

  gateway_viewer_get_stats (viewer, &stats);
  json_builder_set_member_name (json, "media");
  json_builder_begin_object (json);
  add_count (json, "packets", stats.packets);
  add_count (json, "bytes", stats.bytes);
  add_count (json, "retransmitted", stats.retransmitted);
  add_count (json, "nacks", stats.nacks);
  add_count (json, "nacksIgnored", stats.nacks_ignored);
  add_count (json, "rtcpDropped", stats.rtcp_dropped);
  add_count (json, "keyFramesAsked", stats.key_frames_asked);
  json_builder_set_member_name (json, "roundTripTime");
  if (stats.rtt_us < 0)
  {
    json_builder_add_null_value (json);
  }
  else
  {
    json_builder_add_double_value (json, (double) stats.rtt_us / G_USEC_PER_SEC);
  }
  add_number (json, "fractionLost", stats.fraction_lost);
  json_builder_end_object (json);
}

static void
add_format (JsonBuilder *json, const GatewayFormat *format)
{
  add_text (json, "codec", format->codec->name);
  add_count (json, "payloadType", format->payload_type);
  json_builder_set_member_name (json, "retransmission");
  json_builder_add_boolean_value (json, format->rtx_payload_type != 0);
}

static void
begin_peer (JsonBuilder *json, const GatewaySession *session)
{
  json_builder_begin_object (json);
  add_count (json, "number", session->number);
  add_text (json, "state", name_state (session->peer));
  add_transport (json, gateway_peer_get_transport (session->peer));
}

static void
add_viewer (gpointer data, gpointer user_data)
{
  const GatewaySession *session = data;
  const GatewayFormat *formats = gateway_peer_get_formats (session->peer);
  JsonBuilder *json = user_data;

  if (gateway_peer_get_service (session->peer) != GATEWAY_WATCH)
  {
    return;
  }
  begin_peer (json, session);
  for (guint kind = 0; kind < GATEWAY_N_KINDS; kind++)
  {
    if (formats[kind].codec != NULL)
    {
      json_builder_set_member_name (json, kind_names[kind]);
      json_builder_begin_object (json);
      add_format (json, &formats[kind]);
      json_builder_end_object (json);
    }
  }
  if (gateway_peer_get_viewer (session->peer) != NULL)
  {
    add_viewer_media (json, gateway_peer_get_viewer (session->peer));
  }
  json_builder_end_object (json);
}

/* ---- who publishes ---- */

static void
add_publisher_kind (JsonBuilder *json, GatewayPeer *peer, GatewayKind kind)
{
  const GatewayFormat *format = &gateway_peer_get_formats (peer)[kind];
  GatewayPublisherStats stats = { 0 };

  if (gateway_peer_get_publisher (peer) != NULL)
  {
    gateway_publisher_get_stats (gateway_peer_get_publisher (peer), kind, &stats);
  }
  json_builder_set_member_name (json, kind_names[kind]);
  json_builder_begin_object (json);
  add_format (json, format);
  add_count (json, "packets", stats.packets);
  add_count (json, "bytes", stats.bytes);
  add_count (json, "lost", stats.lost);
  add_count (json, "nacks", stats.nacks);
  add_count (json, "keyFramesAsked", stats.key_frames_asked);
  add_number (json, "jitter", stats.jitter_ms / 1000);
  json_builder_end_object (json);
}

static void
add_publisher (gpointer data, gpointer user_data)
{
  const GatewaySession *session = data;
  JsonBuilder *json = user_data;

  if (gateway_peer_get_service (session->peer) != GATEWAY_PUBLISH)
  {
    return;
  }
  json_builder_set_member_name (json, "publisher");
  begin_peer (json, session);
  for (guint kind = 0; kind < GATEWAY_N_KINDS; kind++)
  {
    if (gateway_peer_get_formats (session->peer)[kind].codec != NULL)
    {
      add_publisher_kind (json, session->peer, (GatewayKind) kind);
    }
  }
  json_builder_end_object (json);
}

static void
find_publisher (gpointer session, gpointer has_publisher)
{
  GatewayPeer *peer = ((const GatewaySession *) session)->peer;

  *(gboolean *) has_publisher |= gateway_peer_get_service (peer) == GATEWAY_PUBLISH;
}

/* ---- all ---- */

static void
add_tracks (JsonBuilder *json, GatewayFeed *feed)
{
  json_builder_set_member_name (json, "tracks");
  json_builder_begin_object (json);
  for (guint kind = 0; kind < GATEWAY_N_KINDS; kind++)
  {
    GatewayFormat format = gateway_feed_get_format (feed, (GatewayKind) kind);
    GatewayTrackStats stats;

    if (format.codec == NULL)
    {
      continue;
    }
    gateway_feed_get_stats (feed, (GatewayKind) kind, &stats);
    json_builder_set_member_name (json, kind_names[kind]);
    json_builder_begin_object (json);
    add_text (json, "codec", format.codec->name);
    add_count (json, "packets", stats.packets);
    add_count (json, "bytes", stats.bytes);
    add_count (json, "refused", stats.refused);
    add_count (json, "keyFramesAsked", stats.key_frames_asked);
    json_builder_end_object (json);
  }
  json_builder_end_object (json);
}

static void
add_sessions (JsonBuilder *json, GatewaySessions *sessions)
{
  GatewaySessionsStats stats;

  gateway_sessions_get_stats (sessions, &stats);
  json_builder_set_member_name (json, "sessions");
  json_builder_begin_object (json);
  add_count (json, "now", stats.now);
  add_count (json, "ever", stats.ever);
  add_count (json, "failed", stats.failed);
  add_count (json, "timedOut", stats.timed_out);
  json_builder_end_object (json);
}

char *
gateway_status_to_json (GatewaySessions *sessions)
{
  g_autoptr (JsonBuilder) json = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  gboolean has_publisher = FALSE;

  json_builder_begin_object (json);
  add_text (json, "version", TEGATA_VERSION_STRING);
  json_builder_set_member_name (json, "publishing");
  json_builder_add_boolean_value (json, gateway_sessions_take_cameras (sessions));
  json_builder_set_member_name (json, "viewers");
  json_builder_begin_array (json);
  gateway_sessions_foreach (sessions, add_viewer, json);
  json_builder_end_array (json);
  gateway_sessions_foreach (sessions, find_publisher, &has_publisher);
  gateway_sessions_foreach (sessions, add_publisher, json);
  if (!has_publisher)
  {
    json_builder_set_member_name (json, "publisher");
    json_builder_add_null_value (json);
  }
  add_tracks (json, gateway_sessions_get_feed (sessions));
  add_sessions (json, sessions);
  json_builder_end_object (json);
  root = json_builder_get_root (json);
  return json_to_string (root, FALSE);
}
