/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dtls/dtls-private.h"

#include <string.h>

/* What an association has to say: its outputs, in order, and data. */

/* Hands over @bytes, which it takes. */
static TegataOutputKind
put (TegataOutput *output, TegataOutputKind kind, GBytes *bytes)
{
  gsize len;
  const guint8 *data = g_bytes_get_data (bytes, &len);

  memcpy (output->buffer, data, len);
  output->len = len;
  output->kind = kind;
  g_bytes_unref (bytes);
  return kind;
}

static TegataOutputKind
put_challenge (TegataDtls *self, TegataOutput *output)
{
  memcpy (output->buffer, self->challenge->data, self->challenge->len);
  output->len = self->challenge->len;
  output->peer = self->challenged;
  output->kind = TEGATA_OUTPUT_DATAGRAM;
  g_byte_array_set_size (self->challenge, 0);
  self->stats.datagrams_sent++;
  return output->kind;
}

/* One datagram may connect and close it: both are told. */
static TegataState
state_to_tell (TegataDtls *self)
{
  gboolean skipped = self->was_connected && self->told_state < TEGATA_STATE_CONNECTED;

  return skipped ? TEGATA_STATE_CONNECTED : self->state;
}

static TegataOutputKind
put_state (TegataDtls *self, TegataOutput *output)
{
  self->told_state = state_to_tell (self);
  output->state = self->told_state;
  output->kind = TEGATA_OUTPUT_STATE;
  return output->kind;
}

/* What came before the fingerprint matched stays with the engine; what came just before
 * the peer's close_notify is still the application's. */
static gboolean
may_hand_out_data (TegataDtls *self)
{
  return self->was_connected && self->state != TEGATA_STATE_FAILED;
}

TegataOutputKind
tegata_dtls_poll (TegataDtls *self, TegataOutput *output)
{
  GBytes *bytes;

  g_return_val_if_fail (self != NULL && output != NULL, TEGATA_OUTPUT_NONE);
  g_return_val_if_fail (output->size >= TEGATA_OUTPUT_SIZE, TEGATA_OUTPUT_NONE);

  output->kind = TEGATA_OUTPUT_NONE;
  output->len = 0;
  output->peer = self->peer;

  if (self->challenge->len > 0)
  {
    return put_challenge (self, output);
  }
  bytes = self->engine_class->take_datagram (self->engine);
  if (bytes != NULL)
  {
    self->stats.datagrams_sent++;
    return put (output, TEGATA_OUTPUT_DATAGRAM, bytes);
  }
  if (self->told_state < state_to_tell (self)
      && state_to_tell (self) <= TEGATA_STATE_CONNECTED)
  {
    return put_state (self, output);
  }
  bytes = may_hand_out_data (self) ? self->engine_class->take_data (self->engine) : NULL;
  if (bytes != NULL)
  {
    return put (output, TEGATA_OUTPUT_DATA, bytes);
  }
  if (self->told_state != self->state)
  {
    return put_state (self, output);
  }
  return TEGATA_OUTPUT_NONE;
}

gboolean
tegata_dtls_send_data (TegataDtls *self, const guint8 *bytes, gsize len, GError **error)
{
  gsize max_len;

  g_return_val_if_fail (self != NULL && bytes != NULL && len > 0, FALSE);

  if (self->state != TEGATA_STATE_CONNECTED)
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_NOT_CONNECTED,
                 "data cannot be sent: the association is %s, expected connected",
                 tegata_state_to_string (self->state));
    return FALSE;
  }
  max_len = self->engine_class->get_max_data_len (self->engine);
  if (len > max_len)
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_TOO_BIG,
                 "%" G_GSIZE_FORMAT " bytes of data: at most %" G_GSIZE_FORMAT
                 " fit a datagram of the MTU",
                 len, max_len);
    return FALSE;
  }
  if (!self->engine_class->send_data (self->engine, bytes, len))
  {
    g_set_error_literal (error, TEGATA_ERROR, TEGATA_ERROR_FAILED,
                         "the engine could not protect the data");
    return FALSE;
  }
  return TRUE;
}

gsize
tegata_dtls_get_max_data_len (TegataDtls *self)
{
  g_return_val_if_fail (self != NULL, 0);

  if (self->state != TEGATA_STATE_CONNECTED)
  {
    return 0;
  }
  return self->engine_class->get_max_data_len (self->engine);
}
