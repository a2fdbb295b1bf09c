/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "viewer.h"

#include "answer.h"
#include "offer.h"

#include <string.h>
#include <tegata-nice/tegata-nice.h>

struct _Viewer
{
  const ViewerSettings *settings;
  guint number;
  ViewerState state;
  char *trouble;

  NiceAgent *agent; /* NULL once gone, as what follows of the way */
  guint stream_id;
  TegataTransport *transport;
  WhepSession *session;
  GSource *agent_source; /* runs what the agent's signals ask for */
  gint has_gathered;     /* atomic, as the next ones */
  gint has_way;
  gint has_no_way;

  Track tracks[N_TRACKS]; /* as the answer has them */
  Reception *reception;   /* from when it is connected */
  char *fingerprint;      /* likewise */
  guint64 n_frames;
  guint width, height;

  gboolean has_begun; /* there was an answer */
  gint64 created_us;
  gint64 joined_us; /* when the offer was posted; 0: not yet, as the next ones */
  gint64 connected_us;
  gint64 first_frame_us;
  ViewerInfo last; /* what the transport said before it went */
};

static void
set_state (Viewer *self, ViewerState state)
{
  self->state = state;
  self->settings->changed (self, self->settings->user_data);
}

static void
read_transport (Viewer *self)
{
  TegataSession *session = tegata_transport_get_session (self->transport);
  TegataDtls *dtls = tegata_session_get_dtls (session);
  TegataSessionStats stats;

  tegata_session_get_stats (session, &stats);
  self->last.refused = 0;
  memcpy (self->last.refused_by, stats.refused, sizeof stats.refused);
  for (guint i = 0; i < TEGATA_N_REFUSALS; i++)
  {
    self->last.refused += stats.refused[i];
  }
  self->last.failed_authentication = stats.inbound.rtp[TEGATA_SRTP_AUTH_FAILED]
                                     + stats.inbound.rtcp[TEGATA_SRTP_AUTH_FAILED];
  for (guint i = TEGATA_SRTP_OK + 1; i < TEGATA_N_SRTP_OUTCOMES; i++)
  {
    self->last.refused += stats.inbound.rtp[i] + stats.inbound.rtcp[i];
  }
  if (dtls != NULL && self->last.version == NULL && stats.srtp_cipher != NULL)
  {
    self->last.version = tegata_version_to_string (tegata_dtls_get_version (dtls));
    self->last.cipher = g_intern_string (stats.dtls_cipher);
    self->last.profile = g_intern_string (stats.srtp_cipher);
  }
}

gboolean
viewer_leave (Viewer *self, const char *png, GError **error)
{
  gboolean is_saved = TRUE;

  if (self->state == VIEWER_GONE)
  {
    return TRUE;
  }
  if (self->reception != NULL)
  {
    is_saved = png == NULL || reception_save_png (self->reception, png, error);
    reception_end (self->reception);
  }
  tegata_transport_set_callbacks (self->transport, NULL, NULL, NULL);
  tegata_transport_close (self->transport);
  read_transport (self);
  g_clear_object (&self->transport);
  g_clear_pointer (&self->session, whep_session_free);
  g_signal_handlers_disconnect_by_data (self->agent, self);
  g_source_destroy (self->agent_source);
  g_clear_pointer (&self->agent_source, g_source_unref);
  nice_agent_remove_stream (self->agent, self->stream_id);
  g_clear_object (&self->agent);
  self->state = VIEWER_GONE;
  return is_saved;
}

/* @trouble: (nullable): NULL where the gateway ended it politely */
static void
give_up (Viewer *self, const char *trouble)
{
  if (self->state != VIEWER_GONE)
  {
    self->trouble = g_strdup (trouble);
    viewer_leave (self, NULL, NULL);
    set_state (self, VIEWER_GONE);
  }
}

/* ---- pictures ---- */

static void
on_frame (guint width, guint height, gpointer user_data)
{
  Viewer *self = user_data;

  self->n_frames++;
  self->width = width;
  self->height = height;
  if (self->state == VIEWER_CONNECTED)
  {
    self->first_frame_us = g_get_monotonic_time ();
    set_state (self, VIEWER_WATCHING);
  }
  if (self->n_frames != self->settings->n_frames)
  {
    return;
  }
  if (!self->settings->decodes_all)
  {
    reception_stop_decoding (self->reception);
  }
  self->settings->changed (self, self->settings->user_data);
}

static void
on_decoder_failed (const GError *error, gpointer user_data)
{
  g_autofree char *trouble = g_strconcat ("the decoder: ", error->message, NULL);

  give_up (user_data, trouble);
}

static const DecoderFuncs decoder_funcs = {
  .frame = on_frame,
  .failed = on_decoder_failed,
};

static void
on_media (TegataTransport *transport,
          TegataPacket *packets,
          guint n_packets,
          gpointer user_data)
{
  Viewer *self = user_data;

  (void) transport;
  if (self->reception != NULL)
  {
    reception_handle_media (self->reception, packets, n_packets);
  }
}

static const char *
explain_timeout (Viewer *self)
{
  switch (self->state)
  {
  case VIEWER_JOINING:
    return "the gateway did not answer in time";
  case VIEWER_CONNECTING:
    return self->has_way ? "the DTLS handshake was not complete in time"
                         : "ICE found no way to the gateway in time";
  default:
    return "no frame could be decoded in time";
  }
}

void
viewer_tick (Viewer *self, gint64 now_us)
{
  if (self->state < VIEWER_WATCHING
      && now_us > self->created_us + self->settings->timeout_us)
  {
    give_up (self, explain_timeout (self));
    return;
  }
  if (self->reception != NULL)
  {
    reception_tick (self->reception, now_us);
  }
}

/* ---- the transport ---- */

static void
on_connected (Viewer *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TegataFingerprint) fingerprint = tegata_fingerprint_new_for_certificate (
      tegata_transport_get_peer_certificate (self->transport), TEGATA_HASH_SHA256);

  self->connected_us = g_get_monotonic_time ();
  self->fingerprint = tegata_fingerprint_to_string (fingerprint);
  read_transport (self);
  self->reception
      = reception_new (self->tracks, self->transport, &decoder_funcs, self, &error);
  if (self->reception == NULL)
  {
    give_up (self, error->message);
    return;
  }
  set_state (self, VIEWER_CONNECTED);
}

static void
on_state (TegataTransport *transport, TegataState state, gpointer user_data)
{
  Viewer *self = user_data;

  switch (state)
  {
  case TEGATA_STATE_CONNECTED:
    on_connected (self);
    break;
  case TEGATA_STATE_CLOSED:
    give_up (self, NULL);
    break;
  case TEGATA_STATE_FAILED:
    give_up (self, tegata_transport_get_error (transport)->message);
    break;
  default:
    break;
  }
}

static gboolean
apply_answer (Viewer *self, const Answer *answer, GError **error)
{
  if (!nice_agent_set_remote_credentials (self->agent, self->stream_id, answer->ufrag,
                                          answer->password)
      || nice_agent_set_remote_candidates (self->agent, self->stream_id,
                                           NICE_COMPONENT_TYPE_RTP, answer->candidates)
             < 0)
  {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                 "libnice did not take the answer's candidates");
    return FALSE;
  }
  memcpy (self->tracks, answer->tracks, sizeof self->tracks);
  /* the one line that makes it secure */
  tegata_transport_set_peer_fingerprints (
      self->transport, (TegataFingerprint *const *) answer->fingerprints->pdata,
      answer->fingerprints->len);
  return tegata_transport_start (self->transport, answer->role, error);
}

static void
on_answer (const char *text, gsize len, const GError *problem, gpointer user_data)
{
  Viewer *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (Answer) answer = NULL;

  if (text == NULL)
  {
    give_up (self, problem->message);
    return;
  }
  answer = answer_new_from_text (text, len, self->agent, self->stream_id, &error);
  if (answer == NULL)
  {
    give_up (self, error->message);
    return;
  }
  self->has_begun = TRUE;
  set_state (self, VIEWER_CONNECTING);
  if (self->state != VIEWER_GONE && !apply_answer (self, answer, &error))
  {
    give_up (self, error->message);
  }
}

/* ---- ICE ---- */

/* A signal of an agent may come on any thread, and within any call of it: it only wakes
 * the main loop, which looks at what has changed. */
static void
on_gathered (NiceAgent *agent, guint stream_id, Viewer *self)
{
  (void) agent;
  (void) stream_id;
  g_atomic_int_set (&self->has_gathered, TRUE);
  g_source_set_ready_time (self->agent_source, 0);
}

static void
on_component_state (NiceAgent *agent,
                    guint stream_id,
                    guint component_id,
                    guint state,
                    Viewer *self)
{
  (void) agent;
  (void) stream_id;
  (void) component_id;
  if (state == NICE_COMPONENT_STATE_READY)
  {
    g_atomic_int_set (&self->has_way, TRUE);
  }
  if (state == NICE_COMPONENT_STATE_FAILED)
  {
    g_atomic_int_set (&self->has_no_way, TRUE);
    g_source_set_ready_time (self->agent_source, 0);
  }
}

static gboolean
on_agent (gpointer user_data)
{
  Viewer *self = user_data;

  if (g_atomic_int_get (&self->has_no_way))
  {
    give_up (self, self->has_way ? "ICE lost the way to the gateway"
                                 : "ICE found no way to the gateway");
    return G_SOURCE_REMOVE;
  }
  if (self->joined_us == 0 && g_atomic_int_get (&self->has_gathered))
  {
    g_autofree char *offer
        = offer_to_text (self->agent, self->stream_id,
                         tegata_context_get_certificate (self->settings->context));

    self->joined_us = g_get_monotonic_time ();
    self->session = whep_client_post (self->settings->client, offer, on_answer, self);
  }
  return G_SOURCE_CONTINUE;
}

static gboolean
dispatch_agent (GSource *source, GSourceFunc callback, gpointer user_data)
{
  g_source_set_ready_time (source, -1);
  return callback (user_data);
}

static GSourceFuncs agent_source_funcs = { .dispatch = dispatch_agent };

static void
make_agent (Viewer *self)
{
  GMainContext *main_context = tegata_loop_get_main_context (self->settings->loop);

  self->agent_source = g_source_new (&agent_source_funcs, sizeof (GSource));
  g_source_set_callback (self->agent_source, on_agent, self, NULL);
  g_source_attach (self->agent_source, main_context);
  self->agent = nice_agent_new (main_context, NICE_COMPATIBILITY_RFC5245);
  /* who offers is in control (RFC 8445 section 6.1.1). By its consent freshness libnice
   * 0.1.21 gives a way up that lost a check or two; and checks are sent as often as RFC
   * 5389 section 7.2.1 has it, instead of 3 times. */
  g_object_set (self->agent, "ice-tcp", FALSE, "upnp", FALSE, "controlling-mode", TRUE,
                "keepalive-conncheck", TRUE, "stun-max-retransmissions", 7, NULL);
  for (guint i = 0; i < self->settings->addresses->len; i++)
  {
    nice_agent_add_local_address (self->agent, self->settings->addresses->pdata[i]);
  }
  self->stream_id = nice_agent_add_stream (self->agent, 1);
  g_signal_connect (self->agent, "candidate-gathering-done", G_CALLBACK (on_gathered),
                    self);
  g_signal_connect (self->agent, "component-state-changed",
                    G_CALLBACK (on_component_state), self);
}

static const TegataTransportCallbacks callbacks = {
  .state_changed = on_state,
  .media = on_media,
};

Viewer *
viewer_new (const ViewerSettings *settings, guint number)
{
  Viewer *self = g_new0 (Viewer, 1);
  g_autoptr (TegataNiceChannel) channel = NULL;

  self->settings = settings;
  self->number = number;
  self->created_us = g_get_monotonic_time ();
  make_agent (self);
  channel
      = tegata_nice_channel_new (self->agent, self->stream_id, NICE_COMPONENT_TYPE_RTP);
  self->transport = tegata_transport_new (
      settings->context, TEGATA_DATAGRAM_CHANNEL (channel), settings->loop);
  tegata_transport_set_callbacks (self->transport, &callbacks, self, NULL);
  if (!nice_agent_gather_candidates (self->agent, self->stream_id))
  {
    g_atomic_int_set (&self->has_no_way, TRUE);
    g_source_set_ready_time (self->agent_source, 0);
  }
  return self;
}

void
viewer_free (Viewer *self)
{
  if (self == NULL)
  {
    return;
  }
  viewer_leave (self, NULL, NULL);
  g_clear_pointer (&self->reception, reception_free);
  g_free (self->fingerprint);
  g_free (self->trouble);
  g_free (self);
}

ViewerState
viewer_get_state (Viewer *self)
{
  return self->state;
}

gboolean
viewer_has_enough (Viewer *self)
{
  return self->n_frames >= self->settings->n_frames;
}

static gint64
since_joined (Viewer *self, gint64 then_us)
{
  return then_us == 0 ? -1 : then_us - self->joined_us;
}

void
viewer_get_info (Viewer *self, ViewerInfo *info)
{
  if (self->transport != NULL)
  {
    read_transport (self);
  }
  *info = self->last;
  info->number = self->number;
  info->trouble = self->trouble;
  info->has_begun = self->has_begun;
  info->fingerprint = self->fingerprint;
  info->codec = self->reception != NULL ? self->tracks[TRACK_VIDEO].codec->name : NULL;
  info->width = self->width;
  info->height = self->height;
  info->n_frames = self->n_frames;
  info->connected_us = since_joined (self, self->connected_us);
  info->first_frame_us = since_joined (self, self->first_frame_us);
  if (self->reception != NULL)
  {
    reception_get_stats (self->reception, &info->reception);
  }
}
