/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dtls/openssl-private.h"

#include <openssl/err.h>

/* The table of functions of the engine on libssl: lifecycle, outputs, information. */

static void
free_bytes (gpointer bytes)
{
  g_bytes_unref (bytes);
}

static void
engine_free (TegataEngine *self)
{
  if (self->ssl != NULL)
  {
    /* An association that just ends spoils no session: RFC 5246 section 7.2.1. */
    SSL_set_shutdown (self->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  }
  SSL_free (self->ssl);
  SSL_SESSION_free (self->fresh_session);
  tegata_openssl_gate_clear (&self->gate);
  g_queue_clear_full (&self->datagrams, free_bytes);
  g_queue_clear_full (&self->data, free_bytes);
  g_clear_pointer (&self->bio.out, g_byte_array_unref);
  g_clear_pointer (&self->flight, g_byte_array_unref);
  g_clear_error (&self->error);
  g_free (self->resumption_name);
  g_free (self);
}

static TegataEngine *
engine_new (gpointer shared, const TegataEngineParams *params, GError **error)
{
  TegataEngine *self = g_new0 (TegataEngine, 1);

  self->shared = shared;
  self->role = params->role;
  self->verifier = params->verifier;
  self->stats = params->stats;
  self->mtu = tegata_context_get_mtu (params->context);
  self->flight_mtu = self->mtu;
  self->alert = -1;
  self->machine.rtt_us = -1;
  self->bio.owner = self;
  self->bio.out = g_byte_array_new ();
  self->flight = g_byte_array_new ();
  g_queue_init (&self->datagrams);
  g_queue_init (&self->data);
  tegata_openssl_gate_init (&self->gate, self->role, self->stats);
  if (!tegata_openssl_renew (self, error))
  {
    engine_free (self);
    return NULL;
  }
  return self;
}

static void
engine_set_rtt_us (TegataEngine *self, gint64 rtt_us)
{
  tegata_retransmit_set_rtt_us (&self->machine, rtt_us);
}

static void
engine_start (TegataEngine *self, const char *resumption_name, gint64 now_us)
{
  self->resumption_name = g_strdup (resumption_name);
  tegata_openssl_begin (self, now_us);
}

static gint64
engine_deadline_us (TegataEngine *self)
{
  if (self->status != TEGATA_ENGINE_HANDSHAKING)
  {
    return -1;
  }
  return tegata_retransmit_deadline_us (&self->machine);
}

static GBytes *
engine_take_datagram (TegataEngine *self)
{
  return g_queue_pop_head (&self->datagrams);
}

static GBytes *
engine_take_data (TegataEngine *self)
{
  GBytes *data = g_queue_pop_head (&self->data);

  if (data != NULL)
  {
    self->data_cost -= tegata_openssl_data_cost (g_bytes_get_size (data));
  }
  return data;
}

static TegataEngineStatus
engine_get_status (TegataEngine *self)
{
  return self->status;
}

static gboolean
engine_was_established (TegataEngine *self)
{
  return self->was_established;
}

static const GError *
engine_get_error (TegataEngine *self)
{
  return self->error;
}

static gboolean
engine_has_accepted_hello (TegataEngine *self)
{
  return self->role == TEGATA_ROLE_SERVER && self->stats->flights_sent > 0;
}

static TegataVersion
get_version (TegataEngine *self)
{
  int number = SSL_version (self->ssl);

  for (TegataVersion version = TEGATA_VERSION_DTLS_1_0;
       version <= TEGATA_VERSION_DTLS_1_3; version++)
  {
    if (number == tegata_openssl_version_number (version))
    {
      return version;
    }
  }
  return TEGATA_VERSION_NONE;
}

static void
engine_get_info (TegataEngine *self, TegataEngineInfo *info)
{
  const SSL_CIPHER *cipher = SSL_get_current_cipher (self->ssl);
  const SRTP_PROTECTION_PROFILE *profile = SSL_get_selected_srtp_profile (self->ssl);

  if (self->status == TEGATA_ENGINE_HANDSHAKING || cipher == NULL)
  {
    return;
  }

  info->version = get_version (self);
  info->cipher = SSL_CIPHER_standard_name (cipher);
  info->profile
      = profile != NULL ? (TegataSrtpProfile) profile->id : TEGATA_SRTP_PROFILE_NONE;
  info->resumed = SSL_session_reused (self->ssl) == 1;
  info->extended_master_secret = SSL_get_extms_support (self->ssl) == 1;
}

static gboolean
engine_send_data (TegataEngine *self, const guint8 *bytes, gsize len)
{
  gboolean sent;

  ERR_clear_error ();
  SSL_alloc_buffers (self->ssl);
  sent = SSL_write (self->ssl, bytes, (int) len) == (int) len;
  tegata_openssl_flush (self);
  tegata_openssl_rest (self);
  return sent;
}

static gsize
engine_get_max_data_len (TegataEngine *self)
{
  return DTLS_get_data_mtu (self->ssl);
}

static gboolean
engine_export_keys (TegataEngine *self, const char *label, guint8 *out, gsize len)
{
  gboolean exported = SSL_export_keying_material (self->ssl, out, len, label,
                                                  strlen (label), NULL, 0, 0)
                      == 1;

  ERR_clear_error ();
  return exported;
}

static void
engine_close (TegataEngine *self)
{
  if (self->status == TEGATA_ENGINE_ESTABLISHED)
  {
    SSL_alloc_buffers (self->ssl);
    SSL_shutdown (self->ssl);
    tegata_openssl_flush (self);
    tegata_openssl_rest (self);
  }
  self->status = TEGATA_ENGINE_CLOSED;
}

const TegataEngineClass tegata_openssl_engine = {
  .shared_new = tegata_openssl_shared_new,
  .shared_free = tegata_openssl_shared_free,
  .has_version = tegata_openssl_has_version,
  .has_groups = tegata_openssl_has_groups,
  .can_serve = tegata_openssl_can_serve,
  .new = engine_new,
  .free = engine_free,
  .set_rtt_us = engine_set_rtt_us,
  .start = engine_start,
  .expect_cookie = tegata_openssl_expect_cookie,
  .handle_datagram = tegata_openssl_handle_datagram,
  .handle_deadline = tegata_openssl_handle_deadline,
  .deadline_us = engine_deadline_us,
  .take_datagram = engine_take_datagram,
  .take_data = engine_take_data,
  .get_status = engine_get_status,
  .was_established = engine_was_established,
  .get_error = engine_get_error,
  .has_accepted_hello = engine_has_accepted_hello,
  .get_info = engine_get_info,
  .send_data = engine_send_data,
  .get_max_data_len = engine_get_max_data_len,
  .export_keys = engine_export_keys,
  .keep_session = tegata_resumption_keep,
  .close = engine_close,
};
