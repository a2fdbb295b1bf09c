/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dtls/openssl-private.h"

#include "identity/certificate-private.h"

#include <openssl/tls1.h>
#include <string.h>

/*
 * Sessions that may be resumed. A server finds them by their id, or in the ticket that
 * the client brings; a client by the name that its user gave. The peer's certificate
 * belongs to a session: it is offered, or accepted, only where its fingerprint is not
 * known to be another than the expected one; otherwise a full handshake follows, which
 * judges who really is there. libssl's own cache has no such veto, so this is one of
 * ours. Sessions without extended master secret stay out (RFC 7627 section 5.3).
 */

#define WITH_EXTENDED_MASTER_SECRET "1"

struct _TegataResumptionCache
{
  GMutex lock;
  GHashTable *sessions; /* of GBytes to SSL_SESSION */
  GQueue order;         /* of the same GBytes, the oldest first */
  guint n_max;
};

static void
free_key (gpointer key)
{
  g_bytes_unref (key);
}

static void
free_session (gpointer session)
{
  SSL_SESSION_free (session);
}

/* Ids and names must not meet. */
static GBytes *
make_key (char kind, const void *bytes, gsize len)
{
  GByteArray *key = g_byte_array_new ();

  tegata_write_u8 (key, (guint8) kind);
  g_byte_array_append (key, bytes, (guint) len);
  return g_byte_array_free_to_bytes (key);
}

static GBytes *
make_id_key (const unsigned char *id, gsize len)
{
  return make_key ('i', id, len);
}

static GBytes *
make_name_key (const char *name)
{
  return make_key ('n', name, strlen (name));
}

static void
remove_locked (TegataResumptionCache *self, GBytes *key)
{
  GList *link = g_queue_find_custom (&self->order, key, g_bytes_compare);

  if (link != NULL)
  {
    GBytes *owned = link->data;

    g_queue_delete_link (&self->order, link);
    g_hash_table_remove (self->sessions, owned);
  }
}

/* Takes @key and a reference of @session. */
static void
store (TegataResumptionCache *self, GBytes *key, SSL_SESSION *session)
{
  g_mutex_lock (&self->lock);
  remove_locked (self, key);
  if (g_queue_get_length (&self->order) >= self->n_max)
  {
    g_hash_table_remove (self->sessions, g_queue_pop_head (&self->order));
  }
  SSL_SESSION_up_ref (session);
  g_hash_table_insert (self->sessions, key, session);
  g_queue_push_tail (&self->order, key);
  g_mutex_unlock (&self->lock);
}

/* A copy, since libssl writes into the sessions of its associations, which may be on
 * other threads. (transfer full) (nullable); takes @key. */
static SSL_SESSION *
look_up (TegataResumptionCache *self, GBytes *key)
{
  SSL_SESSION *session;

  g_mutex_lock (&self->lock);
  session = g_hash_table_lookup (self->sessions, key);
  if (session != NULL)
  {
    session = SSL_SESSION_dup (session);
  }
  g_mutex_unlock (&self->lock);
  g_bytes_unref (key);
  return session;
}

static gboolean
is_of_right_peer (TegataEngine *engine, SSL_SESSION *session)
{
  X509 *leaf = SSL_SESSION_get0_peer (session);
  g_autoptr (TegataCertificate) certificate = NULL;

  certificate = leaf != NULL ? tegata_certificate_new_from_x509 (leaf) : NULL;
  return certificate != NULL
         && tegata_verifier_judge_certificate (engine->verifier, certificate)
                != TEGATA_VERDICT_MISMATCH;
}

/* SSL_get_extms_support() knows nothing before the end of a handshake, which is too late
 * for the call-backs below. */
static void
note_extension (G_GNUC_UNUSED SSL *ssl,
                G_GNUC_UNUSED int sent,
                int type,
                G_GNUC_UNUSED const unsigned char *bytes,
                G_GNUC_UNUSED int len,
                void *engine)
{
  TegataEngine *self = engine;

  self->peer_has_extms |= type == TLSEXT_TYPE_extended_master_secret;
  self->awaits_ticket
      |= type == TLSEXT_TYPE_session_ticket && self->role == TEGATA_ROLE_CLIENT;
}

void
tegata_resumption_watch (TegataEngine *self)
{
  self->peer_has_extms = FALSE;
  self->awaits_ticket = FALSE;
  SSL_set_tlsext_debug_callback (self->ssl, note_extension);
  SSL_set_tlsext_debug_arg (self->ssl, self);
}

/* The key of an association's session, where it may be kept at all. (nullable) */
static GBytes *
make_session_key (TegataEngine *self, const SSL_SESSION *session)
{
  unsigned int len;
  const unsigned char *id;

  if (self->role == TEGATA_ROLE_CLIENT)
  {
    return self->resumption_name != NULL ? make_name_key (self->resumption_name) : NULL;
  }
  id = SSL_SESSION_get_id (session, &len);
  return len > 0 ? make_id_key (id, len) : NULL;
}

/* libssl has a new session; whose it is is not judged yet. The answer 1 keeps the
 * reference. */
static int
take_session (SSL *ssl, SSL_SESSION *session)
{
  TegataEngine *engine = tegata_openssl_engine_of (ssl);

  if (!engine->peer_has_extms)
  {
    return 0;
  }
  SSL_SESSION_free (engine->fresh_session);
  engine->fresh_session = session;
  return 1;
}

void
tegata_resumption_keep (TegataEngine *self)
{
  SSL_SESSION *copy;
  GBytes *key;

  if (self->fresh_session == NULL)
  {
    return;
  }

  copy = SSL_SESSION_dup (self->fresh_session);
  key = make_session_key (self, self->fresh_session);
  if (copy != NULL && key != NULL)
  {
    store (self->shared->cache, g_bytes_ref (key), copy);
  }
  g_clear_pointer (&key, g_bytes_unref);
  SSL_SESSION_free (copy);
  g_clear_pointer (&self->fresh_session, SSL_SESSION_free);
}

void
tegata_resumption_forget (TegataEngine *self)
{
  TegataResumptionCache *cache = self->shared->cache;
  SSL_SESSION *session = SSL_get_session (self->ssl);
  g_autoptr (GBytes) key = NULL;

  if (cache != NULL && session != NULL)
  {
    key = make_session_key (self, session);
  }
  if (key != NULL)
  {
    g_mutex_lock (&cache->lock);
    remove_locked (cache, key);
    g_mutex_unlock (&cache->lock);
  }
}

static SSL_SESSION *
find_session (SSL *ssl, const unsigned char *id, int len, int *keep_reference)
{
  TegataEngine *engine = tegata_openssl_engine_of (ssl);
  SSL_SESSION *session = look_up (engine->shared->cache, make_id_key (id, (gsize) len));

  *keep_reference = 0; /* libssl takes the copy over */
  if (session != NULL && !is_of_right_peer (engine, session))
  {
    SSL_SESSION_free (session);
    return NULL;
  }
  return session;
}

static int
seal_ticket (SSL *ssl, G_GNUC_UNUSED void *nothing)
{
  TegataEngine *engine = tegata_openssl_engine_of (ssl);
  const char *mark = engine->peer_has_extms ? WITH_EXTENDED_MASTER_SECRET : "";

  return SSL_SESSION_set1_ticket_appdata (SSL_get_session (ssl), mark, strlen (mark));
}

static SSL_TICKET_RETURN
open_ticket (SSL *ssl,
             SSL_SESSION *session,
             G_GNUC_UNUSED const unsigned char *key_name,
             G_GNUC_UNUSED size_t key_name_len,
             SSL_TICKET_STATUS status,
             G_GNUC_UNUSED void *nothing)
{
  void *mark = NULL;
  size_t mark_len = 0;

  switch (status)
  {
  case SSL_TICKET_SUCCESS:
  case SSL_TICKET_SUCCESS_RENEW:
    break;
  case SSL_TICKET_EMPTY:
  case SSL_TICKET_NO_DECRYPT:
    return SSL_TICKET_RETURN_IGNORE_RENEW;
  default:
    return SSL_TICKET_RETURN_ABORT;
  }
  if (SSL_SESSION_get0_ticket_appdata (session, &mark, &mark_len) != 1
      || mark_len != strlen (WITH_EXTENDED_MASTER_SECRET)
      || !is_of_right_peer (tegata_openssl_engine_of (ssl), session))
  {
    return SSL_TICKET_RETURN_IGNORE_RENEW;
  }
  return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE
                                      : SSL_TICKET_RETURN_USE_RENEW;
}

TegataResumptionCache *
tegata_resumption_cache_new (SSL_CTX *ssl_context, guint n_max)
{
  TegataResumptionCache *self = g_new0 (TegataResumptionCache, 1);

  g_mutex_init (&self->lock);
  g_queue_init (&self->order);
  self->sessions
      = g_hash_table_new_full (g_bytes_hash, g_bytes_equal, free_key, free_session);
  self->n_max = n_max;

  SSL_CTX_set_session_cache_mode (ssl_context,
                                  SSL_SESS_CACHE_BOTH | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb (ssl_context, take_session);
  SSL_CTX_sess_set_get_cb (ssl_context, find_session);
  SSL_CTX_set_session_ticket_cb (ssl_context, seal_ticket, open_ticket, NULL);
  return self;
}

void
tegata_resumption_cache_free (TegataResumptionCache *self)
{
  g_queue_clear (&self->order);
  g_hash_table_unref (self->sessions);
  g_mutex_clear (&self->lock);
  g_free (self);
}

void
tegata_resumption_offer (TegataEngine *self)
{
  TegataResumptionCache *cache = self->shared->cache;
  SSL_SESSION *session = NULL;

  if (cache == NULL || self->resumption_name == NULL)
  {
    return;
  }

  session = look_up (cache, make_name_key (self->resumption_name));
  if (session != NULL && is_of_right_peer (self, session))
  {
    SSL_set_session (self->ssl, session);
  }
  SSL_SESSION_free (session);
}
