/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "session/first-look.h"
#include "session/outputs.h"
#include "session/peer-table.h"
#include "session/session-private.h"

#include "dtls/context-private.h"

#include <string.h>
#include <tegata/listener.h>

/*
 * Of a source without a session nothing is kept but the answer to it, in a queue of fixed
 * size: a flood loses answers, which a true client asks for again, and never memory.
 *
 * Who has a session and sends the ClientHello of another association is treated as a
 * stranger, but for what was his: RFC 6347 section 4.2.8. A ClientHello is another one if
 * its random is.
 */

#define MAX_ANSWERS 64
#define MAX_ANSWER_BYTES ((gsize) MAX_ANSWERS * 64)

struct _TegataListener
{
  TegataContext *context;
  guint max_sessions;
  TegataPeerTable peers;
  TegataHoldQueue answers;
  GByteArray *answer; /* room for the one that is being made */
  guint64 accepted;
  guint64 cookies_sent;
  guint64 refused[TEGATA_N_REFUSALS];
};

TegataListener *
tegata_listener_new (TegataContext *context, GError **error)
{
  TegataListener *self;

  g_return_val_if_fail (context != NULL, NULL);

  if (!tegata_session_prepare_context (context, error)
      || !tegata_context_can_serve (context, error))
  {
    return NULL;
  }

  self = g_new0 (TegataListener, 1);
  self->context = tegata_context_ref (context);
  self->max_sessions = TEGATA_LISTENER_DEFAULT_MAX_SESSIONS;
  tegata_peer_table_init (&self->peers);
  self->answer = g_byte_array_new ();
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

  tegata_peer_table_clear (&self->peers);
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

/* (transfer none) (nullable): a new session, started. */
static TegataPeer *
accept_source (TegataListener *self,
               const TegataAddress *peer,
               TegataPeer *predecessor,
               gint64 now_us)
{
  TegataCookies cookies = tegata_context_get_settings (self->context)->cookies;
  TegataSession *session = tegata_session_new (self->context);

  tegata_session_set_peer (session, peer);
  tegata_session_set_wants_cookie (session, cookies != TEGATA_COOKIES_NEVER);
  if (!tegata_session_start (session, TEGATA_ROLE_SERVER, now_us, NULL))
  {
    tegata_session_free (session);
    return NULL;
  }

  self->accepted++;
  return tegata_peer_table_add (&self->peers, session, peer, predecessor);
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

static TegataPeer *
admit (TegataListener *self,
       const TegataAddress *peer,
       TegataPeer *predecessor,
       gint64 now_us)
{
  gboolean has_successor = predecessor != NULL && predecessor->successor != NULL;
  TegataPeer *admitted;

  if (has_successor || tegata_peer_table_get_size (&self->peers) >= self->max_sessions)
  {
    refuse (self, TEGATA_REFUSED_OVERFLOW);
    return NULL;
  }
  admitted = accept_source (self, peer, predecessor, now_us);
  if (admitted == NULL)
  {
    refuse (self, TEGATA_REFUSED_HELLO);
  }
  return admitted;
}

/* (transfer none) (nullable): its new session, where it has earned one. @predecessor is
 * the session that it had before (nullable). */
static TegataPeer *
receive_from_stranger (TegataListener *self,
                       const TegataAddress *peer,
                       TegataPeer *predecessor,
                       const guint8 *bytes,
                       gsize len,
                       gint64 now_us)
{
  TegataPacketKind kind = tegata_packet_classify (bytes, len);

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
    return admit (self, peer, predecessor, now_us);
  case TEGATA_COOKIE_DROP:
  default:
    refuse (self, TEGATA_REFUSED_HANDSHAKE);
    return NULL;
  }
}

/* Whether a ClientHello is for @self, or for nobody yet. One that has taken none takes
 * any, and one that handshakes cannot be succeeded: it proved nothing. */
static gboolean
takes_hello (TegataPeer *self, const guint8 random[TEGATA_RANDOM_LEN])
{
  return !tegata_session_has_accepted_hello (self->session)
         || memcmp (self->random, random, TEGATA_RANDOM_LEN) == 0;
}

/* (nullable): whose it is, of those at the address of @owner. */
static TegataPeer *
receive_hello (TegataListener *self,
               TegataPeer *owner,
               const guint8 random[TEGATA_RANDOM_LEN],
               const guint8 *bytes,
               gsize len,
               gint64 now_us)
{
  TegataCookies cookies = tegata_context_get_settings (self->context)->cookies;

  /* without cookies anybody could send it */
  if (cookies == TEGATA_COOKIES_NEVER || takes_hello (owner, random)
      || tegata_session_get_state (owner->session) == TEGATA_STATE_CONNECTING)
  {
    return owner;
  }
  if (owner->successor != NULL && takes_hello (owner->successor, random))
  {
    return owner->successor;
  }
  return receive_from_stranger (self, &owner->address, owner, bytes, len, now_us);
}

/* (nullable): who is to have it, of those at the address of @owner. Records with keys may
 * be of either association, and drop out where they are not; those in the clear are the
 * successor's, for an established association needs none. */
static TegataPeer *
receive_from_known (TegataListener *self,
                    TegataPeer *owner,
                    guint8 *bytes,
                    gsize len,
                    gint64 now_us)
{
  guint8 random[TEGATA_RANDOM_LEN];
  gsize start, protected_len;

  if (tegata_packet_classify (bytes, len) != TEGATA_PACKET_DTLS)
  {
    return owner;
  }
  if (tegata_first_look_hello (bytes, len, random))
  {
    return receive_hello (self, owner, random, bytes, len, now_us);
  }
  if (owner->successor == NULL)
  {
    return owner;
  }

  start = tegata_first_look_protected (bytes, len);
  protected_len = len - start;
  if (tegata_packet_classify (bytes + start, protected_len) == TEGATA_PACKET_DTLS)
  {
    tegata_session_handle_datagram (owner->session, &owner->address, bytes + start,
                                    &protected_len, now_us);
  }
  return owner->successor;
}

static TegataReceived
hand_over (TegataPeer *self, guint8 *bytes, gsize *len, gint64 now_us)
{
  if (!tegata_session_has_accepted_hello (self->session))
  {
    tegata_first_look_hello (bytes, *len, self->random);
  }
  return tegata_session_handle_datagram (self->session, &self->address, bytes, len,
                                         now_us);
}

TegataReceived
tegata_listener_handle_datagram (TegataListener *self,
                                 const TegataAddress *peer,
                                 guint8 *bytes,
                                 gsize *len,
                                 gint64 now_us,
                                 TegataSession **session)
{
  TegataPeer *known;

  g_return_val_if_fail (self != NULL && session != NULL, TEGATA_RECEIVED_NOTHING);
  g_return_val_if_fail (peer != NULL && peer->len > 0
                            && peer->len <= TEGATA_ADDRESS_MAX_LEN,
                        TEGATA_RECEIVED_NOTHING);
  g_return_val_if_fail (len != NULL && (bytes != NULL || *len == 0),
                        TEGATA_RECEIVED_NOTHING);

  *session = NULL;
  known = tegata_peer_table_look_up (&self->peers, peer);
  known = known == NULL ? receive_from_stranger (self, peer, NULL, bytes, *len, now_us)
                        : receive_from_known (self, known, bytes, *len, now_us);
  if (known == NULL)
  {
    return TEGATA_RECEIVED_NOTHING;
  }

  *session = known->session;
  return hand_over (known, bytes, len, now_us);
}

/* Those that are due are picked first: one that is due again at once has to wait for the
 * next call. */
void
tegata_listener_handle_deadline (TegataListener *self, gint64 now_us)
{
  g_autoptr (GPtrArray) due = NULL;

  g_return_if_fail (self != NULL);

  due = tegata_peer_table_get_due (&self->peers, now_us);
  for (guint i = 0; i < due->len; i++)
  {
    tegata_session_handle_deadline (due->pdata[i], now_us);
  }
}

gint64
tegata_listener_deadline_us (TegataListener *self)
{
  g_return_val_if_fail (self != NULL, -1);

  return tegata_peer_table_deadline_us (&self->peers);
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
poll_peer (TegataPeer *self, TegataOutput *output)
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
  TegataPeer *peer;

  g_return_val_if_fail (self != NULL && session != NULL, TEGATA_OUTPUT_NONE);
  g_return_val_if_fail (output != NULL && output->buffer != NULL, TEGATA_OUTPUT_NONE);
  g_return_val_if_fail (output->size >= TEGATA_OUTPUT_SIZE, TEGATA_OUTPUT_NONE);

  *session = NULL;
  if (poll_answer (self, output))
  {
    return output->kind;
  }

  while ((peer = tegata_peer_table_peek_ready (&self->peers)) != NULL)
  {
    if (poll_peer (peer, output) != TEGATA_OUTPUT_NONE)
    {
      *session = peer->session;
      return output->kind;
    }
    tegata_peer_set_idle (peer);
  }
  put_nothing (output, TEGATA_OUTPUT_NONE);
  return TEGATA_OUTPUT_NONE;
}

gboolean
tegata_listener_has_outputs (TegataListener *self)
{
  return !tegata_hold_queue_is_empty (&self->answers)
         || tegata_peer_table_peek_ready (&self->peers) != NULL;
}

TegataSession *
tegata_listener_lookup (TegataListener *self, const TegataAddress *address)
{
  TegataPeer *peer;

  g_return_val_if_fail (self != NULL && address != NULL, NULL);

  peer = tegata_peer_table_look_up (&self->peers, address);
  return peer != NULL ? peer->session : NULL;
}

GPtrArray *
tegata_listener_get_sessions (TegataListener *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return tegata_peer_table_get_sessions (&self->peers);
}

void
tegata_listener_remove (TegataListener *self, TegataSession *session)
{
  gboolean was_ours;

  g_return_if_fail (self != NULL);

  was_ours = tegata_peer_table_remove (&self->peers, session);
  g_return_if_fail (was_ours);
}

void
tegata_listener_get_stats (TegataListener *self, TegataListenerStats *stats)
{
  g_return_if_fail (self != NULL && stats != NULL);

  memset (stats, 0, sizeof *stats);
  stats->sessions = tegata_peer_table_get_size (&self->peers);
  stats->accepted = self->accepted;
  stats->cookies_sent = self->cookies_sent;
  memcpy (stats->refused, self->refused, sizeof stats->refused);
}
