/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a test asks of an endpoint; how the endpoint lives on its network is in
 * endpoint.c. */

#include "support/endpoint.h"

#include <string.h>

void
endpoint_expect_fingerprints (Endpoint *self,
                              TegataFingerprint *const *fingerprints,
                              gsize n_fingerprints)
{
  if (self->session != NULL)
  {
    tegata_session_set_peer_fingerprints (self->session, fingerprints, n_fingerprints);
  }
  else
  {
    tegata_dtls_set_peer_fingerprints (self->dtls, fingerprints, n_fingerprints);
  }
  endpoint_poll (self);
}

void
endpoint_expect_certificate (Endpoint *self, TegataCertificate *certificate)
{
  g_autoptr (TegataFingerprint) fingerprint = test_fingerprint (certificate);

  endpoint_expect_fingerprints (self, &fingerprint, 1);
}

void
endpoint_set_resumption_name (Endpoint *self, const char *name)
{
  if (self->session != NULL)
  {
    tegata_session_set_resumption_name (self->session, name);
  }
  else
  {
    tegata_dtls_set_resumption_name (self->dtls, name);
  }
}

void
endpoint_set_rtt_us (Endpoint *self, gint64 rtt_us)
{
  if (self->session != NULL)
  {
    tegata_session_set_rtt_us (self->session, rtt_us);
  }
  else
  {
    tegata_dtls_set_rtt_us (self->dtls, rtt_us);
  }
}

void
endpoint_start (Endpoint *self)
{
  g_autoptr (GError) error = NULL;

  self->started_us = network_now_us (self->network);
  if (self->session != NULL)
  {
    gboolean started
        = tegata_session_start (self->session, self->role, self->started_us, &error);
    g_assert_no_error (error);
    g_assert_true (started);
    self->dtls = tegata_session_get_dtls (self->session);
  }
  else
  {
    tegata_dtls_start (self->dtls, self->started_us);
  }
  endpoint_poll (self);
}

gboolean
endpoint_send_data (Endpoint *self, const char *text, GError **error)
{
  const guint8 *bytes = (const guint8 *) text;
  gsize len = strlen (text);
  gboolean sent = self->session != NULL
                      ? tegata_session_send_data (self->session, bytes, len, error)
                      : tegata_dtls_send_data (self->dtls, bytes, len, error);

  endpoint_poll (self);
  return sent;
}

void
endpoint_close (Endpoint *self)
{
  if (self->session != NULL)
  {
    tegata_session_close (self->session);
  }
  else
  {
    tegata_dtls_close (self->dtls);
  }
  endpoint_poll (self);
}

TegataState
endpoint_state (Endpoint *self)
{
  return self->session != NULL ? tegata_session_get_state (self->session)
                               : tegata_dtls_get_state (self->dtls);
}

const GError *
endpoint_error (Endpoint *self)
{
  return self->session != NULL ? tegata_session_get_error (self->session)
                               : tegata_dtls_get_error (self->dtls);
}

gboolean
endpoint_is_final (Endpoint *self)
{
  return endpoint_state (self) >= TEGATA_STATE_CLOSED;
}

void
endpoint_get_stats (Endpoint *self, TegataDtlsStats *stats)
{
  tegata_dtls_get_stats (self->dtls, stats);
}

gboolean
endpoint_was_in (Endpoint *self, TegataState state)
{
  for (guint i = 0; i < self->states->len; i++)
  {
    if (g_array_index (self->states, TegataState, i) == state)
    {
      return TRUE;
    }
  }
  return FALSE;
}

void
endpoint_assert_state (Endpoint *self, TegataState state)
{
  const GError *error = endpoint_error (self);

  if (error != NULL && state != TEGATA_STATE_FAILED)
  {
    g_test_message ("%s failed: %s",
                    self->role == TEGATA_ROLE_CLIENT ? "the client" : "the server",
                    error->message);
  }
  g_assert_cmpstr (tegata_state_to_string (endpoint_state (self)), ==,
                   tegata_state_to_string (state));
  if (state != TEGATA_STATE_NEW)
  {
    g_assert_true (endpoint_was_in (self, state));
  }
}

void
endpoint_assert_failed (Endpoint *self, TegataError code)
{
  g_autoptr (GError) error = NULL;
  TegataSrtpKeys keys;

  endpoint_assert_state (self, TEGATA_STATE_FAILED);
  g_assert_error (endpoint_error (self), TEGATA_ERROR, (int) code);
  g_assert_cmpstr (endpoint_error (self)->message, !=, "");

  g_assert_false (tegata_dtls_export_srtp_keys (self->dtls, &keys, &error));
  g_assert_error (error, TEGATA_ERROR, TEGATA_ERROR_NOT_CONNECTED);
  g_clear_error (&error);
  g_assert_false (endpoint_send_data (self, "too late", &error));
  g_assert_error (error, TEGATA_ERROR, TEGATA_ERROR_NOT_CONNECTED);
}

guint
endpoint_count_data (Endpoint *self, const char *text)
{
  guint n = 0;

  for (guint i = 0; i < self->data->len; i++)
  {
    gsize len;
    const char *bytes = g_bytes_get_data (g_ptr_array_index (self->data, i), &len);
    n += len == strlen (text) && memcmp (bytes, text, len) == 0;
  }
  return n;
}
