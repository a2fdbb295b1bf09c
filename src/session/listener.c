/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "session/session-private.h"

#include "dtls/context-private.h"

#include <string.h>
#include <tegata/listener.h>

/*
 * Sessions by address for what comes in, by deadline for the clock, and in a list of
 * those that may have outputs for who polls: nothing here ever walks all sessions. A
 * session tells through its touched function that it moved, whoever called it.
 *
 * Of a source without a session nothing is kept but the answer to it, in a queue of fixed
 * size: a flood loses answers, which a true client asks for again, and never memory.
 */

#define MAX_ANSWERS 64
#define MAX_ANSWER_BYTES (MAX_ANSWERS * 64)

struct _TegataListener
{
  TegataContext *context;
  guint max_sessions;
  GHashTable *sessions;   /* TegataSession -> Entry, owned */
  GHashTable *by_address; /* TegataAddress (in the Entry) -> Entry */
  GSequence *deadlines;   /* of Entry with a deadline, earliest first */
  GQueue ready;           /* of Entry, by its own link */
  TegataHoldQueue answers;
  GByteArray *answer; /* room for the one that is being made */
  guint64 accepted;
  guint64 cookies_sent;
  guint64 refused[TEGATA_N_REFUSALS];
};

typedef struct
{
  TegataListener *listener;
  TegataSession *session; /* owned */
  TegataAddress address;
  gint64 deadline_us;      /* as it stands in the sequence */
  GSequenceIter *deadline; /* NULL: it has none */
  GList ready_link;
  gboolean is_ready;
  gboolean was_told; /* ACCEPTED was polled */
} Entry;

static void
entry_free (gpointer data)
{
  Entry *self = data;

  if (self->deadline != NULL)
  {
    g_sequence_remove (self->deadline);
  }
  if (self->is_ready)
  {
    g_queue_unlink (&self->listener->ready, &self->ready_link);
  }
  tegata_session_free (self->session);
  g_free (self);
}

TegataListener *
tegata_listener_new (TegataContext *context, GError **error)
{
  TegataListener *self;

  g_return_val_if_fail (context != NULL, NULL);

  if (!tegata_context_seal (context, error) || !tegata_context_can_serve (context, error))
  {
    return NULL;
  }

  self = g_new0 (TegataListener, 1);
  self->context = tegata_context_ref (context);
  self->max_sessions = TEGATA_LISTENER_DEFAULT_MAX_SESSIONS;
  self->sessions = g_hash_table_new_full (NULL, NULL, NULL, entry_free);
  self->by_address = g_hash_table_new (tegata_address_hash, tegata_address_equal);
  self->deadlines = g_sequence_new (NULL);
  self->answer = g_byte_array_new ();
  g_queue_init (&self->ready);
  tegata_hold_queue_init (&self->answers, MAX_ANSWERS, MAX_ANSWER_BYTES);
  return self;
}

void
tegata_listener_free (TegataListener *self)
{
  if (self == NULL)
  {
    return;
  }

  g_hash_table_unref (self->by_address);
  g_hash_table_unref (self->sessions);
  g_sequence_free (self->deadlines);
  g_byte_array_unref (self->answer);
  tegata_hold_queue_clear (&self->answers);
  tegata_context_unref (self->context);
  g_free (self);
}

void
tegata_listener_set_max_sessions (TegataListener *self, guint max_sessions)
{
  g_return_if_fail (self != NULL);

  self->max_sessions = max_sessions;
}

/* Ties are broken by address in memory: any order will do, but it must be one. */
static int
compare_deadlines (gconstpointer a, gconstpointer b, gpointer user_data)
{
  const Entry *first = a;
  const Entry *second = b;

  (void) user_data;
  if (first->deadline_us != second->deadline_us)
  {
    return first->deadline_us < second->deadline_us ? -1 : 1;
  }
  return (first > second) - (first < second);
}

static void
entry_sort (Entry *self)
{
  gint64 deadline_us = tegata_session_deadline_us (self->session);

  if (self->deadline != NULL && deadline_us == self->deadline_us)
  {
    return;
  }
  if (self->deadline != NULL)
  {
    g_sequence_remove (self->deadline);
    self->deadline = NULL;
  }
  self->deadline_us = deadline_us;
  if (deadline_us >= 0)
  {
    self->deadline = g_sequence_insert_sorted (self->listener->deadlines, self,
                                               compare_deadlines, NULL);
  }
}

static void
entry_touched (TegataSession *session, gpointer user_data)
{
  Entry *self = user_data;

  (void) session;
  if (!self->is_ready)
  {
    self->is_ready = TRUE;
    g_queue_push_tail_link (&self->listener->ready, &self->ready_link);
  }
  entry_sort (self);
}

static Entry *
entry_new (TegataListener *listener, TegataSession *session, const TegataAddress *peer)
{
  Entry *self = g_new0 (Entry, 1);

  self->listener = listener;
  self->session = session;
  self->address = *peer;
  self->ready_link.data = self;
  return self;
}

/* (transfer none) (nullable): a new session, started. */
static Entry *
accept_source (TegataListener *self, const TegataAddress *peer, gint64 now_us)
{
  TegataCookies cookies = tegata_context_get_settings (self->context)->cookies;
  TegataSession *session = tegata_session_new (self->context);
  Entry *entry;

  tegata_session_set_peer (session, peer);
  tegata_session_set_wants_cookie (session, cookies != TEGATA_COOKIES_NEVER);
  if (!tegata_session_start (session, TEGATA_ROLE_SERVER, now_us, NULL))
  {
    tegata_session_free (session);
    return NULL;
  }

  entry = entry_new (self, session, peer);
  g_hash_table_insert (self->sessions, session, entry);
  /* replace, not insert: the key must live in the entry that owns the address */
  g_hash_table_replace (self->by_address, &entry->address, entry);
  tegata_session_set_touched_func (session, entry_touched, entry);
  entry_touched (session, entry);
  self->accepted++;
  return entry;
}

static void
refuse (TegataListener *self, TegataRefusal refusal)
{
  self->refused[refusal]++;
}

static void
challenge (TegataListener *self, const TegataAddress *peer)
{
  gboolean queued = tegata_hold_queue_push (&self->answers, TEGATA_PACKET_DTLS, peer,
                                            self->answer->data, self->answer->len);

  refuse (self, queued ? TEGATA_REFUSED_COOKIE : TEGATA_REFUSED_OVERFLOW);
}

/* Where no cookies are wanted any ClientHello will do. */
static TegataCookieVerdict
judge (TegataListener *self,
       const TegataAddress *peer,
       const guint8 *bytes,
       gsize len,
       gint64 now_us)
{
  TegataCookies cookies = tegata_context_get_settings (self->context)->cookies;
  TegataCookieVerdict verdict
      = tegata_cookie_jar_judge (tegata_context_get_cookie_jar (self->context), peer,
                                 bytes, len, now_us, self->answer);

  if (verdict == TEGATA_COOKIE_CHALLENGE && cookies == TEGATA_COOKIES_NEVER)
  {
    return TEGATA_COOKIE_PROVEN;
  }
  return verdict;
}

/* (transfer none) (nullable): its new session, where it has earned one. */
static Entry *
receive_from_stranger (TegataListener *self,
                       const TegataAddress *peer,
                       const guint8 *bytes,
                       gsize len,
                       gint64 now_us)
{
  TegataPacketKind kind = tegata_packet_classify (bytes, len);
  Entry *entry;

  if (kind != TEGATA_PACKET_DTLS)
  {
    gboolean is_media = kind == TEGATA_PACKET_RTP || kind == TEGATA_PACKET_RTCP;

    refuse (self, is_media ? TEGATA_REFUSED_SOURCE : TEGATA_REFUSED_UNKNOWN);
    return NULL;
  }

  switch (judge (self, peer, bytes, len, now_us))
  {
  case TEGATA_COOKIE_CHALLENGE:
    challenge (self, peer);
    return NULL;
  case TEGATA_COOKIE_PROVEN:
    break;
  case TEGATA_COOKIE_DROP:
  default:
    refuse (self, TEGATA_REFUSED_HANDSHAKE);
    return NULL;
  }

  if (g_hash_table_size (self->sessions) >= self->max_sessions)
  {
    refuse (self, TEGATA_REFUSED_OVERFLOW);
    return NULL;
  }
  entry = accept_source (self, peer, now_us);
  if (entry == NULL)
  {
    refuse (self, TEGATA_REFUSED_HELLO);
  }
  return entry;
}

/* (nullable): a session that has ended owns its address no longer. */
static Entry *
look_up (TegataListener *self, const TegataAddress *peer)
{
  Entry *entry = g_hash_table_lookup (self->by_address, peer);

  if (entry != NULL && tegata_session_has_ended (entry->session))
  {
    g_hash_table_remove (self->by_address, peer);
    return NULL;
  }
  return entry;
}

TegataReceived
tegata_listener_handle_datagram (TegataListener *self,
                                 const TegataAddress *peer,
                                 guint8 *bytes,
                                 gsize *len,
                                 gint64 now_us,
                                 TegataSession **session)
{
  Entry *entry;

  g_return_val_if_fail (self != NULL && session != NULL, TEGATA_RECEIVED_NOTHING);
  g_return_val_if_fail (peer != NULL && peer->len <= TEGATA_ADDRESS_MAX_LEN,
                        TEGATA_RECEIVED_NOTHING);
  g_return_val_if_fail (len != NULL && (bytes != NULL || *len == 0),
                        TEGATA_RECEIVED_NOTHING);

  *session = NULL;
  entry = look_up (self, peer);
  if (entry == NULL)
  {
    entry = receive_from_stranger (self, peer, bytes, *len, now_us);
  }
  if (entry == NULL)
  {
    return TEGATA_RECEIVED_NOTHING;
  }

  *session = entry->session;
  return tegata_session_handle_datagram (entry->session, peer, bytes, len, now_us);
}

/* Those that are due are picked first: one that is due again at once has to wait for the
 * next call. */
void
tegata_listener_handle_deadline (TegataListener *self, gint64 now_us)
{
  g_autoptr (GPtrArray) due = g_ptr_array_new ();
  GSequenceIter *iter;

  g_return_if_fail (self != NULL);

  for (iter = g_sequence_get_begin_iter (self->deadlines); !g_sequence_iter_is_end (iter);
       iter = g_sequence_iter_next (iter))
  {
    Entry *entry = g_sequence_get (iter);

    if (entry->deadline_us > now_us)
    {
      break;
    }
    g_ptr_array_add (due, entry->session);
  }
  for (guint i = 0; i < due->len; i++)
  {
    tegata_session_handle_deadline (due->pdata[i], now_us);
  }
}

gint64
tegata_listener_deadline_us (TegataListener *self)
{
  GSequenceIter *first;

  g_return_val_if_fail (self != NULL, -1);

  first = g_sequence_get_begin_iter (self->deadlines);
  if (g_sequence_iter_is_end (first))
  {
    return -1;
  }
  return ((Entry *) g_sequence_get (first))->deadline_us;
}

static gboolean
poll_answer (TegataListener *self, TegataOutput *output)
{
  g_autofree TegataHeldDatagram *answer = tegata_hold_queue_pop (&self->answers);

  if (answer == NULL)
  {
    return FALSE;
  }

  memcpy (output->buffer, answer->bytes, answer->len);
  output->kind = TEGATA_OUTPUT_DATAGRAM;
  output->len = answer->len;
  output->peer = answer->peer;
  self->cookies_sent++;
  return TRUE;
}

static void
put_nothing (TegataOutput *output, TegataOutputKind kind)
{
  output->kind = kind;
  output->len = 0;
  tegata_address_init (&output->peer, NULL, 0);
}

static TegataOutputKind
entry_poll (Entry *self, TegataOutput *output)
{
  if (!self->was_told)
  {
    self->was_told = TRUE;
    put_nothing (output, TEGATA_OUTPUT_ACCEPTED);
    output->peer = self->address;
    return output->kind;
  }
  return tegata_session_poll (self->session, output);
}

TegataOutputKind
tegata_listener_poll (TegataListener *self, TegataOutput *output, TegataSession **session)
{
  GList *link;

  g_return_val_if_fail (self != NULL && session != NULL, TEGATA_OUTPUT_NONE);
  g_return_val_if_fail (output != NULL && output->buffer != NULL, TEGATA_OUTPUT_NONE);
  g_return_val_if_fail (output->size >= TEGATA_OUTPUT_SIZE, TEGATA_OUTPUT_NONE);

  *session = NULL;
  if (poll_answer (self, output))
  {
    return output->kind;
  }

  while ((link = g_queue_peek_head_link (&self->ready)) != NULL)
  {
    Entry *entry = link->data;

    if (entry_poll (entry, output) != TEGATA_OUTPUT_NONE)
    {
      *session = entry->session;
      return output->kind;
    }
    g_queue_unlink (&self->ready, link);
    entry->is_ready = FALSE;
    entry_sort (entry);
  }
  put_nothing (output, TEGATA_OUTPUT_NONE);
  return TEGATA_OUTPUT_NONE;
}

void
tegata_listener_remove (TegataListener *self, TegataSession *session)
{
  Entry *entry;

  g_return_if_fail (self != NULL);
  entry = g_hash_table_lookup (self->sessions, session);
  g_return_if_fail (entry != NULL);

  if (g_hash_table_lookup (self->by_address, &entry->address) == entry)
  {
    g_hash_table_remove (self->by_address, &entry->address);
  }
  g_hash_table_remove (self->sessions, session);
}

void
tegata_listener_get_stats (TegataListener *self, TegataListenerStats *stats)
{
  g_return_if_fail (self != NULL && stats != NULL);

  memset (stats, 0, sizeof *stats);
  stats->sessions = g_hash_table_size (self->sessions);
  stats->accepted = self->accepted;
  stats->cookies_sent = self->cookies_sent;
  memcpy (stats->refused, self->refused, sizeof stats->refused);
}
