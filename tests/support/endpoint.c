/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support/endpoint.h"

TegataCertificate *
test_certificate (TegataKeyType key_type)
{
  static TegataCertificate *certificates[TEGATA_KEY_TYPE_OTHER];

  if (certificates[key_type] == NULL)
  {
    g_autoptr (GError) error = NULL;
    certificates[key_type] = tegata_certificate_new (key_type, &error);
    g_assert_no_error (error);
  }
  return certificates[key_type];
}

TegataCertificate *
test_other_certificate (void)
{
  static TegataCertificate *certificate;

  if (certificate == NULL)
  {
    g_autoptr (GError) error = NULL;
    certificate = tegata_certificate_new (TEGATA_KEY_TYPE_ECDSA_P256, &error);
    g_assert_no_error (error);
  }
  return certificate;
}

TegataContext *
test_context_new (TegataKeyType key_type)
{
  g_autoptr (GError) error = NULL;
  TegataContext *context = tegata_context_new (test_certificate (key_type), &error);

  g_assert_no_error (error);
  return context;
}

TegataFingerprint *
test_fingerprint (TegataCertificate *certificate)
{
  return tegata_fingerprint_new_for_certificate (certificate, TEGATA_HASH_SHA256);
}

/* What must not be had before CONNECTED, and no more after it. */
static void
assert_closed_to_the_application (Endpoint *self)
{
  static const guint8 byte[1] = { 'x' };
  g_autoptr (GError) error = NULL;
  TegataSrtpKeys keys;

  if (self->dtls != NULL)
  {
    g_assert_false (tegata_dtls_export_srtp_keys (self->dtls, &keys, &error));
    g_assert_error (error, TEGATA_ERROR, TEGATA_ERROR_NOT_CONNECTED);
    g_clear_error (&error);
    g_assert_cmpuint (tegata_dtls_get_max_data_len (self->dtls), ==, 0);
  }
  if (self->session != NULL)
  {
    g_assert_false (tegata_session_send_data (self->session, byte, sizeof byte, &error));
    g_assert_null (tegata_session_get_srtp (self->session, TEGATA_SRTP_OUTBOUND));
    g_assert_null (tegata_session_get_srtp (self->session, TEGATA_SRTP_INBOUND));
  }
  else
  {
    g_assert_false (tegata_dtls_send_data (self->dtls, byte, sizeof byte, &error));
  }
  g_assert_error (error, TEGATA_ERROR, TEGATA_ERROR_NOT_CONNECTED);
}

static void
assert_invariants (Endpoint *self)
{
  if (endpoint_was_in (self, TEGATA_STATE_CONNECTED))
  {
    return;
  }
  assert_closed_to_the_application (self);
  g_assert_cmpuint (self->data->len, ==, 0);
  g_assert_cmpuint (self->rtp->len, ==, 0);
  g_assert_cmpuint (self->rtcp->len, ==, 0);
}

static void
note_state (Endpoint *self, TegataState state)
{
  for (guint i = 0; i < self->states->len; i++)
  {
    g_assert_cmpint (g_array_index (self->states, TegataState, i), <, state);
  }
  g_assert_false (endpoint_was_in (self, TEGATA_STATE_CLOSED));
  g_array_append_val (self->states, state);
  if (state == TEGATA_STATE_CONNECTED)
  {
    self->connected_us = network_now_us (self->network);
  }
}

static void
note_bytes (GPtrArray *array, const guint8 *bytes, gsize len)
{
  g_ptr_array_add (array, g_bytes_new (bytes, len));
}

static void
send_datagram (Endpoint *self, const TegataOutput *output)
{
  const TegataAddress *to = output->peer.len > 0 ? &output->peer : &self->peer;

  g_assert_cmpuint (output->len, <=, tegata_context_get_mtu (self->context));
  self->longest_datagram = MAX (self->longest_datagram, output->len);
  network_send (self->network, self->node, to, output->buffer, output->len);
}

static void
handle_output (Endpoint *self, const TegataOutput *output)
{
  switch (output->kind)
  {
  case TEGATA_OUTPUT_DATAGRAM:
    send_datagram (self, output);
    break;
  case TEGATA_OUTPUT_DATA:
    note_bytes (self->data, output->buffer, output->len);
    break;
  case TEGATA_OUTPUT_RTP:
    note_bytes (self->rtp, output->buffer, output->len);
    break;
  case TEGATA_OUTPUT_RTCP:
    note_bytes (self->rtcp, output->buffer, output->len);
    break;
  case TEGATA_OUTPUT_STATE:
    note_state (self, output->state);
    break;
  case TEGATA_OUTPUT_NONE:
  case TEGATA_OUTPUT_ACCEPTED:
  default:
    g_assert_not_reached ();
  }
}

void
endpoint_poll (Endpoint *self)
{
  static guint8 buffer[TEGATA_OUTPUT_SIZE];
  TegataOutput output = { .buffer = buffer, .size = sizeof buffer };

  for (;;)
  {
    TegataOutputKind kind = self->session != NULL
                                ? tegata_session_poll (self->session, &output)
                                : tegata_dtls_poll (self->dtls, &output);
    g_assert_cmpint (kind, ==, output.kind);
    if (kind == TEGATA_OUTPUT_NONE)
    {
      break;
    }
    handle_output (self, &output);
  }
  assert_invariants (self);
}

static void
receive_media (Endpoint *self, TegataReceived received, const guint8 *bytes, gsize len)
{
  if (received == TEGATA_RECEIVED_RTP)
  {
    note_bytes (self->rtp, bytes, len);
  }
  if (received == TEGATA_RECEIVED_RTCP)
  {
    note_bytes (self->rtcp, bytes, len);
  }
}

static void
node_receive (gpointer node,
              const TegataAddress *from,
              const guint8 *bytes,
              gsize len,
              gint64 now_us)
{
  Endpoint *self = node;
  const TegataAddress *peer = self->is_trusted ? NULL : from;
  /* Of its exact size, so that a sanitizer sees a read beyond it. */
  g_autofree guint8 *copy = g_memdup2 (bytes, len);

  if (self->session != NULL)
  {
    TegataReceived received
        = tegata_session_handle_datagram (self->session, peer, copy, &len, now_us);
    receive_media (self, received, copy, len);
  }
  else
  {
    tegata_dtls_handle_datagram (self->dtls, peer, copy, len, now_us);
  }
  endpoint_poll (self);
}

static gint64
node_deadline_us (gpointer node)
{
  Endpoint *self = node;

  return self->session != NULL ? tegata_session_deadline_us (self->session)
                               : tegata_dtls_deadline_us (self->dtls);
}

static void
node_handle_deadline (gpointer node, gint64 now_us)
{
  Endpoint *self = node;

  if (self->session != NULL)
  {
    tegata_session_handle_deadline (self->session, now_us);
  }
  else
  {
    tegata_dtls_handle_deadline (self->dtls, now_us);
  }
  endpoint_poll (self);
}

static const NetworkNodeFuncs node_funcs = {
  node_receive,
  node_deadline_us,
  node_handle_deadline,
};

Endpoint *
endpoint_new (Network *network,
              EndpointKind kind,
              TegataContext *context,
              TegataRole role,
              GError **error)
{
  TegataDtls *dtls = NULL;
  TegataSession *session = NULL;

  if (kind == ENDPOINT_SESSION)
  {
    session = tegata_session_new (context);
  }
  else
  {
    dtls = tegata_dtls_new (context, role, error);
    if (dtls == NULL)
    {
      return NULL;
    }
  }

  Endpoint *self = g_new0 (Endpoint, 1);
  self->kind = kind;
  self->role = role;
  self->context = tegata_context_ref (context);
  self->dtls = dtls;
  self->session = session;
  self->network = network;
  self->node = network_add_node (network, &node_funcs, self);
  self->states = g_array_new (FALSE, FALSE, sizeof (TegataState));
  self->data = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  self->rtp = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  self->rtcp = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  self->connected_us = -1;
  return self;
}

void
endpoint_free (Endpoint *self)
{
  network_remove_node (self->network, self->node);
  if (self->session != NULL)
  {
    tegata_session_free (self->session);
  }
  else
  {
    tegata_dtls_free (self->dtls);
  }
  tegata_context_unref (self->context);
  g_array_unref (self->states);
  g_ptr_array_unref (self->data);
  g_ptr_array_unref (self->rtp);
  g_ptr_array_unref (self->rtcp);
  g_free (self);
}
