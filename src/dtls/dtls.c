/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dtls/dtls-private.h"

#include "base/error-private.h"

/*
 * One association, over an engine:
 *
 *   NEW -- start --> CONNECTING -- the engine is established --> AWAITING_FINGERPRINT
 *                        |                                            |
 *                        |     (at once, where the fingerprint        | the fingerprint
 *                        |      is known and matches)                 | matches
 *                        |                                            v
 *                        +-- timeout, engine's error, mismatch --> CONNECTED --> CLOSED
 *                                       v                             |
 *                                    FAILED <------- mismatch --------+
 *
 * The engine says what happened on the wire; only this file decides whom to trust: keys
 * and data are handed out in CONNECTED and nowhere else.
 */

TegataDtls *
tegata_dtls_new (TegataContext *context, TegataRole role, GError **error)
{
  g_autoptr (TegataDtls) self = NULL;

  g_return_val_if_fail (context != NULL, NULL);

  if (!tegata_context_seal (context, error)
      || (role == TEGATA_ROLE_SERVER && !tegata_context_can_serve (context, error)))
  {
    return NULL;
  }

  self = g_new0 (TegataDtls, 1);
  self->context = tegata_context_ref (context);
  self->engine_class = &tegata_openssl_engine;
  self->role = role;
  self->timeout_us = -1;
  self->stats.unauthenticated_alert = -1;
  self->challenge = g_byte_array_new ();
  self->wants_cookie
      = tegata_context_get_settings (context)->cookies == TEGATA_COOKIES_ALWAYS;

  TegataEngineParams params = { context, role, &self->verifier, &self->stats };
  self->engine = self->engine_class->new (tegata_context_get_engine_shared (context),
                                          &params, error);
  if (self->engine == NULL)
  {
    return NULL;
  }
  return g_steal_pointer (&self);
}

void
tegata_dtls_free (TegataDtls *self)
{
  if (self == NULL)
  {
    return;
  }

  if (self->engine != NULL)
  {
    self->engine_class->free (self->engine);
  }
  tegata_verifier_clear (&self->verifier);
  tegata_context_unref (self->context);
  g_byte_array_unref (self->challenge);
  g_clear_error (&self->error);
  g_free (self->resumption_name);
  g_free (self);
}

static gboolean
has_ended (TegataDtls *self)
{
  return self->state == TEGATA_STATE_CLOSED || self->state == TEGATA_STATE_FAILED;
}

/* Takes @error. */
static void
fail (TegataDtls *self, GError *error)
{
  self->error = error;
  self->state = TEGATA_STATE_FAILED;
}

/* Data that was meant for the right peer does not leave any more. */
static void
discard_datagrams (TegataDtls *self)
{
  GBytes *bytes;

  while ((bytes = self->engine_class->take_datagram (self->engine)) != NULL)
  {
    g_bytes_unref (bytes);
  }
}

static void
fail_for_fingerprint (TegataDtls *self)
{
  g_autofree char *found = tegata_verifier_describe (&self->verifier);

  if (self->state == TEGATA_STATE_CONNECTED)
  {
    discard_datagrams (self);
  }
  self->engine_class->close (self->engine);
  fail (self, tegata_error_new_end (TEGATA_ERROR_FINGERPRINT, TEGATA_FAULT_PEER, -1,
                                    "the peer's certificate is not the one that was "
                                    "signalled: %s",
                                    found));
}

static void
update_established (TegataDtls *self)
{
  switch (tegata_verifier_judge (&self->verifier))
  {
  case TEGATA_VERDICT_MATCH:
    if (!self->was_connected)
    {
      self->engine_class->keep_session (self->engine);
    }
    self->was_connected = TRUE;
    self->state = TEGATA_STATE_CONNECTED;
    break;
  case TEGATA_VERDICT_MISMATCH:
    fail_for_fingerprint (self);
    break;
  case TEGATA_VERDICT_UNKNOWN:
  default:
    self->state = TEGATA_STATE_AWAITING_FINGERPRINT;
    break;
  }
}

/* Follows the engine. */
static void
update (TegataDtls *self)
{
  if (has_ended (self))
  {
    return;
  }

  /* once: only other fingerprints can change the verdict */
  if (self->state == TEGATA_STATE_CONNECTING
      && self->engine_class->was_established (self->engine))
  {
    update_established (self);
  }
  if (has_ended (self))
  {
    return;
  }

  switch (self->engine_class->get_status (self->engine))
  {
  case TEGATA_ENGINE_CLOSED:
    self->state = TEGATA_STATE_CLOSED;
    break;
  case TEGATA_ENGINE_FAILED:
    fail (self, g_error_copy (self->engine_class->get_error (self->engine)));
    break;
  case TEGATA_ENGINE_HANDSHAKING:
  case TEGATA_ENGINE_ESTABLISHED:
  default:
    break;
  }
}

void
tegata_dtls_set_peer_fingerprints (TegataDtls *self,
                                   TegataFingerprint *const *fingerprints,
                                   gsize n_fingerprints)
{
  g_return_if_fail (self != NULL && fingerprints != NULL);
  g_return_if_fail (n_fingerprints > 0);

  if (has_ended (self))
  {
    return;
  }

  tegata_verifier_set_fingerprints (&self->verifier, fingerprints, n_fingerprints);
  if (self->state == TEGATA_STATE_AWAITING_FINGERPRINT
      || self->state == TEGATA_STATE_CONNECTED)
  {
    update_established (self);
  }
}

void
tegata_dtls_set_rtt_us (TegataDtls *self, gint64 rtt_us)
{
  g_return_if_fail (self != NULL);

  self->engine_class->set_rtt_us (self->engine, rtt_us);
}

void
tegata_dtls_set_resumption_name (TegataDtls *self, const char *name)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (self->state == TEGATA_STATE_NEW);

  g_free (self->resumption_name);
  self->resumption_name = g_strdup (name);
}

void
tegata_dtls_set_wants_cookie (TegataDtls *self, gboolean wants_cookie)
{
  g_return_if_fail (self->state == TEGATA_STATE_NEW);

  self->wants_cookie = wants_cookie;
}

gboolean
tegata_dtls_has_accepted_hello (TegataDtls *self)
{
  return self->engine_class->has_accepted_hello (self->engine);
}

void
tegata_dtls_start (TegataDtls *self, gint64 now_us)
{
  g_return_if_fail (self != NULL && now_us >= 0);
  g_return_if_fail (self->state == TEGATA_STATE_NEW);

  self->state = TEGATA_STATE_CONNECTING;
  self->timeout_us
      = now_us + tegata_context_get_settings (self->context)->handshake_timeout_us;
  self->engine_class->start (self->engine, self->resumption_name, now_us);
  update (self);
}

/* Whether the datagram may go on to the engine; else it was answered, or dropped. What
 * goes on without a cookie of its own is a later fragment of the ClientHello that had it.
 */
static gboolean
pass_cookie (TegataDtls *self,
             const TegataAddress *peer,
             const guint8 *bytes,
             gsize len,
             gint64 now_us)
{
  TegataCookieJar *jar = tegata_context_get_cookie_jar (self->context);

  switch (tegata_cookie_jar_judge (jar, peer, bytes, len, now_us, self->challenge))
  {
  case TEGATA_COOKIE_PROVEN:
    self->cookie_proven = TRUE;
    self->engine_class->expect_cookie (self->engine, now_us);
    return TRUE;
  case TEGATA_COOKIE_CHALLENGE:
    self->challenged = *peer;
    self->stats.refused[TEGATA_REFUSED_COOKIE]++;
    return FALSE;
  case TEGATA_COOKIE_DROP:
  default:
    if (self->cookie_proven && tegata_address_equal (peer, &self->peer))
    {
      return TRUE;
    }
    self->stats.refused[TEGATA_REFUSED_HANDSHAKE]++;
    return FALSE;
  }
}

/* A server that has answered nobody does not know its peer yet. */
static gboolean
admit (TegataDtls *self,
       const TegataAddress *peer,
       const guint8 *bytes,
       gsize len,
       gint64 now_us)
{
  if (self->role == TEGATA_ROLE_CLIENT || tegata_dtls_has_accepted_hello (self))
  {
    return TRUE;
  }
  if (self->wants_cookie && !pass_cookie (self, peer, bytes, len, now_us))
  {
    return FALSE;
  }
  self->peer = *peer;
  return TRUE;
}

void
tegata_dtls_handle_datagram (TegataDtls *self,
                             const TegataAddress *peer,
                             const guint8 *bytes,
                             gsize len,
                             gint64 now_us)
{
  const TegataAddress nobody = { 0 };

  g_return_if_fail (self != NULL && (bytes != NULL || len == 0));
  g_return_if_fail (self->state != TEGATA_STATE_NEW);

  self->stats.datagrams_received++;
  if (has_ended (self))
  {
    self->stats.refused[TEGATA_REFUSED_ENDED]++;
    return;
  }
  if (peer == NULL)
  {
    peer = &nobody;
  }
  if (!admit (self, peer, bytes, len, now_us))
  {
    return;
  }

  self->engine_class->handle_datagram (self->engine, bytes, len, now_us);
  update (self);
}

static gboolean
is_handshaking (TegataDtls *self)
{
  return self->state == TEGATA_STATE_CONNECTING;
}

static guint64
count_refused (TegataDtls *self)
{
  guint64 n = 0;

  for (guint i = 0; i < TEGATA_N_REFUSALS; i++)
  {
    n += self->stats.refused[i];
  }
  return n;
}

/* Why it took so long, as far as anybody can tell. */
static char *
describe_delay (TegataDtls *self)
{
  const GError *obstacle = self->engine_class->get_error (self->engine);
  int alert = self->stats.unauthenticated_alert;

  if (self->stats.datagrams_received == 0)
  {
    gboolean waits = self->role == TEGATA_ROLE_SERVER;

    return g_strdup_printf ("no datagram came from the peer: is it there, %s?",
                            waits ? "is it the client, and does it know the way here"
                                  : "and is this the way to it");
  }
  if (obstacle != NULL)
  {
    return g_strdup (obstacle->message);
  }
  if (alert >= 0)
  {
    return g_strdup_printf ("an alert that is not authenticated said %s (%d)",
                            tegata_alert_to_string (alert), alert);
  }
  return g_strdup_printf ("datagrams received: %" G_GUINT64_FORMAT
                          ", of which something was refused: %" G_GUINT64_FORMAT,
                          self->stats.datagrams_received, count_refused (self));
}

static void
fail_for_timeout (TegataDtls *self)
{
  gint64 timeout_us = tegata_context_get_settings (self->context)->handshake_timeout_us;
  gboolean silence = self->stats.datagrams_received == 0;
  g_autofree char *delay = describe_delay (self);

  fail (self, tegata_error_new_end (TEGATA_ERROR_TIMEOUT,
                                    silence ? TEGATA_FAULT_NETWORK : TEGATA_FAULT_PEER,
                                    self->stats.unauthenticated_alert,
                                    "the handshake was not complete within %.1f s: %s",
                                    (double) timeout_us / G_USEC_PER_SEC, delay));
}

void
tegata_dtls_handle_deadline (TegataDtls *self, gint64 now_us)
{
  g_return_if_fail (self != NULL);

  if (self->state == TEGATA_STATE_NEW || has_ended (self))
  {
    return;
  }
  if (is_handshaking (self) && now_us >= self->timeout_us)
  {
    fail_for_timeout (self);
    return;
  }

  self->engine_class->handle_deadline (self->engine, now_us);
  update (self);
}

gint64
tegata_dtls_deadline_us (TegataDtls *self)
{
  gint64 deadline_us;

  g_return_val_if_fail (self != NULL, -1);

  if (self->state == TEGATA_STATE_NEW || has_ended (self))
  {
    return -1;
  }

  deadline_us = self->engine_class->deadline_us (self->engine);
  if (is_handshaking (self) && (deadline_us < 0 || self->timeout_us < deadline_us))
  {
    return self->timeout_us;
  }
  return deadline_us;
}

void
tegata_dtls_close (TegataDtls *self)
{
  g_return_if_fail (self != NULL);

  if (has_ended (self))
  {
    return;
  }

  self->engine_class->close (self->engine);
  self->state = TEGATA_STATE_CLOSED;
}
