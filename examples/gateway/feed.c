/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The media thread, and what it is asked for. It alone touches tracks, sources that run
 * and the list of viewers. Others post: the main thread viewers that come and go and what
 * they say, the pattern's threads what they made.
 *
 * A viewer's transport was made on the main thread, and is released there: the media
 * thread hands it back by a queue.
 */

#include "feed.h"

#include "pattern.h"
#include "rtcp.h"
#include "udp-source.h"
#include "viewer.h"

#include <gst/gst.h>
#include <stdatomic.h>

/* Key frames are large: whoever asks within this time gets the same one. */
#define KEY_FRAME_INTERVAL_US (250 * G_TIME_SPAN_MILLISECOND)

/* How exactly what is due is done. */
#define TICK_MS 50

typedef struct
{
  GatewayFormat format; /* codec NULL: nothing of this kind */
  GatewayTrack *track;
  GatewayUdpSource *source;
  const GatewayTrackPacket *taken[GATEWAY_BATCH_MAX]; /* and not yet sent */
  guint n_taken;
  atomic_uint_fast64_t packets;
  atomic_uint_fast64_t bytes;
  atomic_uint_fast64_t refused;
  atomic_uint_fast64_t key_frames_asked;
} Kind;

struct _GatewayFeed
{
  GMainContext *context;
  GMainLoop *loop;
  TegataLoop *tegata_loop;
  GThread *thread;
  GSource *tick;
  Kind kinds[GATEWAY_N_KINDS];
  GatewayPattern *pattern;
  GatewayBatch batch;
  GatewayViewerShared shared;
  GPtrArray *viewers;  /* GatewayViewer */
  gint64 key_frame_us; /* when the last one was asked for */
  gboolean wants_key_frame;

  GAsyncQueue *left; /* TegataTransport: back on the main thread */
  GSource *left_source;
};

/* What the main thread asks the media thread for. */
typedef struct
{
  GatewayFeed *feed;
  GatewayViewer *viewer;
} Request;

static void
count (atomic_uint_fast64_t *counter, guint64 n)
{
  atomic_fetch_add_explicit (counter, n, memory_order_relaxed);
}

static guint64
look_at (atomic_uint_fast64_t *counter)
{
  return atomic_load_explicit (counter, memory_order_relaxed);
}

/* Key frames. */

static void
send_key_frame_request (GatewayFeed *self, gint64 now_us)
{
  Kind *video = &self->kinds[GATEWAY_VIDEO];
  guint32 ssrc;

  self->wants_key_frame = FALSE;
  if (self->pattern != NULL)
  {
    gateway_pattern_ask_key_frame (self->pattern);
  }
  else if (video->source != NULL && gateway_track_get_source (video->track, &ssrc))
  {
    gateway_udp_source_ask_key_frame (video->source, ssrc, self->shared.cname);
  }
  else
  {
    return; /* a source that comes is asked at its beginning */
  }
  self->key_frame_us = now_us;
  count (&video->key_frames_asked, 1);
}

/* One that is asked for too early waits, and is not forgotten. */
static void
serve_key_frame (GatewayFeed *self, gint64 now_us)
{
  if (self->wants_key_frame && now_us - self->key_frame_us >= KEY_FRAME_INTERVAL_US)
  {
    send_key_frame_request (self, now_us);
  }
}

static void
ask_key_frame (gpointer user_data)
{
  GatewayFeed *self = user_data;

  self->wants_key_frame = TRUE;
  serve_key_frame (self, g_get_monotonic_time ());
}

/* What comes from a source. */

static void
fan_out (GatewayFeed *self, GatewayKind kind)
{
  Kind *own = &self->kinds[kind];
  gint64 now_us = g_get_monotonic_time ();

  for (guint i = 0; own->n_taken > 0 && i < self->viewers->len; i++)
  {
    gateway_viewer_send (self->viewers->pdata[i], kind, own->taken, own->n_taken, now_us);
  }
  own->n_taken = 0;
}

static void
keep (GatewayFeed *self, GatewayKind kind, const GatewayTrackPacket *packet)
{
  Kind *own = &self->kinds[kind];

  count (&own->packets, 1);
  count (&own->bytes, packet->len);
  own->taken[own->n_taken++] = packet;
  if (own->n_taken == GATEWAY_BATCH_MAX)
  {
    fan_out (self, kind);
  }
}

static gboolean
on_packet (GatewayKind kind,
           const guint8 *bytes,
           gsize len,
           gint64 now_us,
           gpointer user_data)
{
  GatewayFeed *self = user_data;
  Kind *own = &self->kinds[kind];
  const GatewayTrackPacket *packet = NULL;

  switch (gateway_track_take (own->track, bytes, len, now_us, &packet))
  {
  case GATEWAY_TRACK_REFUSED:
    count (&own->refused, 1);
    return FALSE;
  case GATEWAY_TRACK_REPEATED:
    return FALSE;
  case GATEWAY_TRACK_BEGUN:
    self->wants_key_frame |= kind == GATEWAY_VIDEO;
    break;
  case GATEWAY_TRACK_TAKEN:
  default:
    break;
  }
  keep (self, kind, packet);
  return TRUE;
}

static void
on_flush (GatewayKind kind, gpointer user_data)
{
  fan_out (user_data, kind);
  serve_key_frame (user_data, g_get_monotonic_time ());
}

/* Viewers see one clock: the sources' where all of them tell it, else ours. */
static void
on_sender_report (GatewayKind kind,
                  guint32 ssrc,
                  guint64 ntp,
                  guint32 timestamp,
                  gpointer user_data)
{
  GatewayFeed *self = user_data;

  gateway_track_note_report (self->kinds[kind].track, ssrc, ntp, timestamp);
}

static const GatewaySourceCallbacks source_callbacks = {
  .packet = on_packet,
  .flush = on_flush,
  .sender_report = on_sender_report,
};

static gboolean
on_tick (gpointer user_data)
{
  GatewayFeed *self = user_data;
  gint64 now_us = g_get_monotonic_time ();
  gint64 unix_us = g_get_real_time ();
  guint64 ntp;

  self->shared.has_source_clock = TRUE;
  for (guint i = 0; i < GATEWAY_N_KINDS; i++)
  {
    GatewayTrack *track = self->kinds[i].track;

    if (track != NULL && !gateway_track_get_source_ntp (track, now_us, &ntp))
    {
      self->shared.has_source_clock = FALSE;
    }
  }
  for (guint i = 0; i < self->viewers->len; i++)
  {
    gateway_viewer_tick (self->viewers->pdata[i], now_us, unix_us);
  }
  serve_key_frame (self, now_us);
  return G_SOURCE_CONTINUE;
}

/* Viewers. */

static void
let_go (GatewayFeed *self, GatewayViewer *viewer)
{
  TegataTransport *transport = gateway_viewer_take_transport (viewer);

  if (transport != NULL)
  {
    g_async_queue_push (self->left, transport);
    g_source_set_ready_time (self->left_source, 0);
  }
}

static gboolean
on_added (gpointer user_data)
{
  Request *request = user_data;

  g_ptr_array_add (request->feed->viewers, gateway_viewer_ref (request->viewer));
  ask_key_frame (request->feed);
  return G_SOURCE_REMOVE;
}

static gboolean
on_removed (gpointer user_data)
{
  Request *request = user_data;

  let_go (request->feed, request->viewer);
  g_ptr_array_remove_fast (request->feed->viewers, request->viewer);
  return G_SOURCE_REMOVE;
}

static void
free_request (gpointer data)
{
  Request *self = data;

  gateway_viewer_unref (self->viewer);
  g_free (self);
}

static void
post (GatewayFeed *self, GatewayViewer *viewer, GSourceFunc func)
{
  Request *request = g_new0 (Request, 1);

  request->feed = self;
  request->viewer = gateway_viewer_ref (viewer);
  g_main_context_invoke_full (self->context, G_PRIORITY_DEFAULT, func, request,
                              free_request);
  // cppcheck-suppress memleak ; the source that is attached frees it
}

GatewayViewer *
gateway_feed_add_viewer (GatewayFeed *self,
                         TegataTransport *transport,
                         const GatewayFormat *formats)
{
  GatewayViewer *viewer = gateway_viewer_new (&self->shared, transport, formats);

  post (self, viewer, on_added);
  return viewer;
}

void
gateway_feed_remove_viewer (GatewayFeed *self, GatewayViewer *viewer)
{
  post (self, viewer, on_removed);
  gateway_viewer_unref (viewer);
}

static void
release_left (GatewayFeed *self)
{
  gpointer transport;

  while ((transport = g_async_queue_try_pop (self->left)) != NULL)
  {
    g_object_unref (transport);
  }
}

static gboolean
on_left (gpointer user_data)
{
  release_left (user_data);
  return G_SOURCE_CONTINUE;
}

static gboolean
dispatch_left (GSource *source, GSourceFunc callback, gpointer user_data)
{
  g_source_set_ready_time (source, -1);
  return callback (user_data);
}

static GSourceFuncs left_source_funcs = { .dispatch = dispatch_left };

/* Beginning and end. */

static gpointer
run (gpointer user_data)
{
  GatewayFeed *self = user_data;

  g_main_context_push_thread_default (self->context);
  for (guint i = 0; i < GATEWAY_N_KINDS; i++)
  {
    if (self->kinds[i].source != NULL)
    {
      gateway_udp_source_start (self->kinds[i].source, self->tegata_loop);
    }
  }
  g_main_loop_run (self->loop);
  for (guint i = 0; i < GATEWAY_N_KINDS; i++)
  {
    if (self->kinds[i].source != NULL)
    {
      gateway_udp_source_stop (self->kinds[i].source);
    }
  }
  for (guint i = 0; i < self->viewers->len; i++)
  {
    let_go (self, self->viewers->pdata[i]);
  }
  g_ptr_array_set_size (self->viewers, 0);
  g_main_context_pop_thread_default (self->context);
  return NULL;
}

static gboolean
on_quit (gpointer user_data)
{
  g_main_loop_quit (user_data);
  return G_SOURCE_REMOVE;
}

static void
set_up_kind (GatewayFeed *self, GatewayKind kind, const GatewayCodec *codec, guint32 base)
{
  Kind *own = &self->kinds[kind];

  own->format.codec = codec;
  own->format.ssrc = base + 2 * kind;
  own->format.rtx_ssrc = base + 2 * kind + 1;
  own->track = gateway_track_new (codec->clock_rate, own->format.ssrc, g_random_int ());
  self->shared.tracks[kind] = own->track;
}

static gboolean
make_sources (GatewayFeed *self, const GatewayFeedSettings *settings, GError **error)
{
  GInetSocketAddress *const addresses[] = { settings->video_in, settings->audio_in };
  const GatewayCodec *const codecs[] = { settings->video_codec, settings->audio_codec };
  const char *const usual[] = { "VP8", "OPUS" };
  gboolean is_pattern = settings->video_in == NULL && settings->audio_in == NULL;
  guint32 base = g_random_int () >> 1 | 1; /* no SSRC is 0, nor are two the same */

  if (!gateway_udp_source_check (addresses, error))
  {
    return FALSE;
  }
  for (guint i = 0; i < GATEWAY_N_KINDS; i++)
  {
    gboolean is_usual = is_pattern || codecs[i] == NULL;

    if (is_pattern || addresses[i] != NULL)
    {
      set_up_kind (self, i, is_usual ? gateway_codec_find (usual[i]) : codecs[i], base);
    }
    if (addresses[i] != NULL)
    {
      self->kinds[i].source
          = gateway_udp_source_new (i, addresses[i], &source_callbacks, self, error);
    }
    if (addresses[i] != NULL && self->kinds[i].source == NULL)
    {
      return FALSE;
    }
  }
  if (is_pattern)
  {
    self->pattern = gateway_pattern_new (self->context, &source_callbacks, self, error);
  }
  return !is_pattern || self->pattern != NULL;
}

static void
set_up (GatewayFeed *self)
{
  g_autoptr (GMainContext) main_context = g_main_context_ref_thread_default ();

  self->context = g_main_context_new ();
  self->loop = g_main_loop_new (self->context, FALSE);
  self->tegata_loop = tegata_loop_new (self->context);
  self->viewers = g_ptr_array_new_with_free_func ((GDestroyNotify) gateway_viewer_unref);
  self->key_frame_us = -KEY_FRAME_INTERVAL_US;
  self->shared.context = self->context;
  self->shared.batch = &self->batch;
  self->shared.cname = g_strdup_printf ("%08x%08x", g_random_int (), g_random_int ());
  self->shared.ask_key_frame = ask_key_frame;
  self->shared.user_data = self;

  self->tick = g_timeout_source_new (TICK_MS);
  g_source_set_callback (self->tick, on_tick, self, NULL);
  g_source_attach (self->tick, self->context);

  self->left = g_async_queue_new ();
  self->left_source = g_source_new (&left_source_funcs, sizeof (GSource));
  g_source_set_callback (self->left_source, on_left, self, NULL);
  g_source_attach (self->left_source, main_context);
}

GatewayFeed *
gateway_feed_new (const GatewayFeedSettings *settings, GError **error)
{
  g_autoptr (GatewayFeed) self = NULL;

  if (!gst_init_check (NULL, NULL, error))
  {
    return NULL;
  }
  self = g_new0 (GatewayFeed, 1);
  set_up (self);
  if (!make_sources (self, settings, error))
  {
    return NULL;
  }
  self->thread = g_thread_new ("media", run, self);
  return g_steal_pointer (&self);
}

static void
end_thread (GatewayFeed *self)
{
  g_main_context_invoke_full (self->context, G_PRIORITY_DEFAULT, on_quit, self->loop,
                              NULL);
  g_thread_join (self->thread);
}

void
gateway_feed_free (GatewayFeed *self)
{
  if (self->pattern != NULL)
  {
    gateway_pattern_stop (self->pattern);
  }
  if (self->thread != NULL)
  {
    end_thread (self);
  }
  /* What was posted too late goes to nobody. */
  g_source_destroy (self->tick);
  while (g_main_context_iteration (self->context, FALSE))
  {
  }
  release_left (self);
  g_source_destroy (self->left_source);
  g_source_unref (self->left_source);
  g_source_unref (self->tick);
  g_async_queue_unref (self->left);
  g_clear_pointer (&self->pattern, gateway_pattern_free);
  for (guint i = 0; i < GATEWAY_N_KINDS; i++)
  {
    g_clear_pointer (&self->kinds[i].source, gateway_udp_source_free);
    g_clear_pointer (&self->kinds[i].track, gateway_track_free);
  }
  g_ptr_array_unref (self->viewers);
  g_free (self->shared.cname);
  tegata_loop_unref (self->tegata_loop);
  g_main_loop_unref (self->loop);
  g_main_context_unref (self->context);
  g_free (self);
}

GatewayFormat
gateway_feed_get_format (GatewayFeed *self, GatewayKind kind)
{
  return self->kinds[kind].format;
}

const char *
gateway_feed_get_cname (GatewayFeed *self)
{
  return self->shared.cname;
}

void
gateway_feed_get_stats (GatewayFeed *self, GatewayKind kind, GatewayTrackStats *stats)
{
  Kind *own = &self->kinds[kind];

  stats->packets = look_at (&own->packets);
  stats->bytes = look_at (&own->bytes);
  stats->refused = look_at (&own->refused);
  stats->key_frames_asked = look_at (&own->key_frames_asked);
}
