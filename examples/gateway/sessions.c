/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sessions.h"

#include "problem.h"

#include <errno.h>
#include <libsoup/soup.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <string.h>
#include <unistd.h>

#define ID_LEN 16

/* How long the end waits for TURN servers. */
#define FAREWELL_US G_USEC_PER_SEC

/* How long after the last session its memory goes back to the system. */
#define TRIM_S 2

#define N_SERVICES (GATEWAY_PUBLISH + 1)

struct _GatewaySessions
{
  GatewayShared shared;
  GHashTable *by_id; /* (borrowed) id -> Entry */
  GPtrArray *all;    /* the oldest first */
  guint numbers[N_SERVICES];
  GatewaySessionsStats stats;
  GatewaySession *publisher; /* NULL: nobody publishes */
  guint trim_source;         /* 0: none */
};

typedef struct
{
  GatewaySession session; /* first: it is one */
  GatewaySessions *owner;
  GatewayAnswered answered; /* NULL: called */
  gpointer user_data;
} Entry;

/* ---- what is printed ---- */

static void G_GNUC_PRINTF (2, 3) tell (const Entry *entry, const char *format, ...)
{
  g_autofree char *sentence = NULL;
  va_list arguments;

  va_start (arguments, format);
  sentence = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_print ("%s %u: %s\n",
           gateway_peer_get_service (entry->session.peer) == GATEWAY_WATCH ? "viewer"
                                                                           : "publisher",
           entry->session.number, sentence);
}

static void
tell_connected (const Entry *entry)
{
  g_autofree char *version = NULL, *cipher = NULL, *profile = NULL;

  g_object_get (gateway_peer_get_transport (entry->session.peer), "dtls-version",
                &version, "dtls-cipher", &cipher, "srtp-profile", &profile, NULL);
  tell (entry, "connected, %s, %s, %s", version, cipher, profile);
}

/* A stranger's words may be in it: one line it stays. */
static void
tell_gone (const Entry *entry)
{
  g_autofree char *reason
      = g_strescape (gateway_peer_get_reason (entry->session.peer), "\"\\");

  tell (entry, "gone: %s", reason);
}

/* ---- coming and going ---- */

static void
free_entry (gpointer data)
{
  Entry *entry = data;

  g_clear_pointer (&entry->session.peer, gateway_peer_free);
  g_free (entry->session.id);
  g_free (entry);
}

static void
call_answered (Entry *entry, GatewaySession *session)
{
  GatewayAnswered answered = entry->answered;

  entry->answered = NULL;
  if (answered != NULL)
  {
    answered (session, entry->user_data);
  }
}

/* glibc keeps what is freed for the next ones; after a full house that is a lot. */
static gboolean
on_trim_time (gpointer user_data)
{
  GatewaySessions *self = user_data;

#ifdef __GLIBC__
  if (self->all->len == 0)
  {
    malloc_trim (0);
  }
#endif
  self->trim_source = 0;
  return G_SOURCE_REMOVE;
}

static void
forget (Entry *entry)
{
  GatewaySessions *self = entry->owner;

  self->stats.now--;
  self->stats.failed += gateway_peer_has_failed (entry->session.peer);
  self->stats.timed_out += gateway_peer_has_timed_out (entry->session.peer);
  if (self->publisher == &entry->session)
  {
    self->publisher = NULL;
  }
  g_hash_table_remove (self->by_id, entry->session.id);
  call_answered (entry, NULL);
  g_ptr_array_remove (self->all, entry);
  if (self->all->len == 0 && self->trim_source == 0)
  {
    self->trim_source = g_timeout_add_seconds (TRIM_S, on_trim_time, self);
  }
}

static void
on_answered (GatewayPeer *peer G_GNUC_UNUSED, gpointer user_data)
{
  Entry *entry = user_data;

  call_answered (entry, &entry->session);
}

static void
on_changed (GatewayPeer *peer, gpointer user_data)
{
  Entry *entry = user_data;

  if (gateway_peer_get_state (peer) == GATEWAY_PEER_CONNECTED)
  {
    tell_connected (entry);
    return;
  }
  tell_gone (entry);
  forget (entry);
}

static const GatewayPeerCallbacks peer_callbacks = { on_answered, on_changed };

/* NULL where the kernel has none, which is the end of all secrets. */
static char *
make_id (GError **error)
{
  guint8 bytes[ID_LEN];
  GString *text;

  if (getentropy (bytes, sizeof bytes) != 0)
  {
    gateway_problem_set (error, SOUP_STATUS_INTERNAL_SERVER_ERROR,
                         "the kernel gives no random bytes: %s", g_strerror (errno));
    return NULL;
  }
  text = g_string_sized_new (2 * ID_LEN + 1);
  for (gsize i = 0; i < sizeof bytes; i++)
  {
    g_string_append_printf (text, "%02x", bytes[i]);
  }
  return g_string_free (text, FALSE);
}

gboolean
gateway_sessions_take_cameras (GatewaySessions *self)
{
  const GatewayOptions *options = self->shared.options;

  return options->outputs[GATEWAY_VIDEO] != NULL
         || options->outputs[GATEWAY_AUDIO] != NULL;
}

gboolean
gateway_sessions_may_add (GatewaySessions *self, GatewayService service, GError **error)
{
  const GatewayOptions *options = self->shared.options;

  if (service == GATEWAY_PUBLISH && !gateway_sessions_take_cameras (self))
  {
    return gateway_problem_set (error, SOUP_STATUS_FORBIDDEN,
                                "this gateway takes no camera: start it with --video-out "
                                "or --audio-out");
  }
  if (service == GATEWAY_PUBLISH && self->publisher != NULL)
  {
    return gateway_problem_set (error, SOUP_STATUS_CONFLICT,
                                "somebody publishes already: wait until they have gone");
  }
  if (self->stats.now >= options->max_sessions)
  {
    return gateway_problem_set (error, SOUP_STATUS_SERVICE_UNAVAILABLE,
                                "there are %u sessions, which is all there may be "
                                "(--max-sessions): try again later",
                                self->stats.now);
  }
  return TRUE;
}

gboolean
gateway_sessions_add (GatewaySessions *self,
                      GatewayService service,
                      GatewayOffer *offer,
                      GatewayAnswered answered,
                      gpointer user_data,
                      GError **error)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->owner = self;
  entry->session.id = make_id (error);
  if (entry->session.id == NULL)
  {
    gateway_offer_free (offer);
    free_entry (entry);
    return FALSE;
  }
  entry->session.peer
      = gateway_peer_new (&self->shared, service, offer, &peer_callbacks, entry, error);
  if (entry->session.peer == NULL)
  {
    free_entry (entry);
    return FALSE;
  }
  entry->answered = answered;
  entry->user_data = user_data;
  entry->session.number = ++self->numbers[service];
  self->publisher = service == GATEWAY_PUBLISH ? &entry->session : self->publisher;
  self->stats.now++;
  self->stats.ever++;
  g_hash_table_insert (self->by_id, entry->session.id, entry);
  g_ptr_array_add (self->all, entry);
  return TRUE;
}

/* ---- all of them ---- */

GatewaySessions *
gateway_sessions_new (const GatewayOptions *options, GatewayFeed *feed, GError **error)
{
  TegataContext *context = tegata_context_new (NULL, error);
  GatewaySessions *self;

  if (context == NULL)
  {
    return NULL;
  }
  self = g_new0 (GatewaySessions, 1);
  self->shared = (GatewayShared){ options, context, tegata_loop_new (NULL), feed, 0 };
  self->by_id = g_hash_table_new (g_str_hash, g_str_equal);
  self->all = g_ptr_array_new_with_free_func (free_entry);
  return self;
}

static gboolean
on_farewell_over (gpointer is_over)
{
  *(gboolean *) is_over = TRUE;
  return G_SOURCE_REMOVE;
}

static void
await_agents (GatewaySessions *self)
{
  gboolean is_over = FALSE;
  guint source = g_timeout_add (FAREWELL_US / 1000, on_farewell_over, &is_over);

  while (self->shared.n_agents > 0 && !is_over)
  {
    g_main_context_iteration (NULL, TRUE);
  }
  if (!is_over)
  {
    g_source_remove (source);
  }
}

void
gateway_sessions_free (GatewaySessions *self)
{
  while (self->all->len > 0)
  {
    Entry *entry = g_ptr_array_index (self->all, self->all->len - 1);

    gateway_peer_end (entry->session.peer, "the gateway ends");
  }
  await_agents (self);
  g_clear_handle_id (&self->trim_source, g_source_remove);
  g_ptr_array_unref (self->all);
  g_hash_table_unref (self->by_id);
  tegata_loop_unref (self->shared.loop);
  tegata_context_unref (self->shared.context);
  g_free (self);
}

GatewaySession *
gateway_sessions_find (GatewaySessions *self, GatewayService service, const char *id)
{
  Entry *entry = g_hash_table_lookup (self->by_id, id);

  return entry != NULL && entry->answered == NULL
                 && gateway_peer_get_service (entry->session.peer) == service
             ? &entry->session
             : NULL;
}

void
gateway_sessions_foreach (GatewaySessions *self, GFunc function, gpointer user_data)
{
  g_ptr_array_foreach (self->all, function, user_data);
}

GatewayFeed *
gateway_sessions_get_feed (GatewaySessions *self)
{
  return self->shared.feed;
}

void
gateway_sessions_get_stats (GatewaySessions *self, GatewaySessionsStats *stats)
{
  *stats = self->stats;
}
