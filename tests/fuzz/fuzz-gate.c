/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dtls/openssl-gate.h"
#include "fuzz.h"

/*
 * Input: a byte of settings, and steps: a byte of what libssl has done, a length of two
 * bytes, and a datagram. Whatever comes, libssl sees whole records only, of two types in
 * the clear, numbered without a gap, and none too short to be protected.
 */

enum
{
  SETTING_SERVER = 1 << 0,
  SETTING_TICKETS = 1 << 1,

  STEP_CIPHER_SPEC_DUE = 1 << 0, /* libssl would take a ChangeCipherSpec */
  STEP_NOTE_HELLO = 1 << 1,      /* it knows the version, and the suite */
  STEP_NEXT_EPOCH = 1 << 2,      /* it took the ChangeCipherSpec */
  STEP_LATE = 1 << 3,            /* the handshake is complete */
};

typedef struct
{
  TegataOpensslGate gate;
  TegataDtlsStats stats;
  guint64 n_shown; /* records of epoch 0 */
} Gate;

/* libssl tells of each message that it has read whole. */
static void
note_message (Gate *self, TegataReader body)
{
  const guint8 *bytes = body.bytes;
  gsize len = body.len;
  TegataHandshakeFragment fragment;

  if (tegata_handshake_fragment_read (&body, &fragment)
      && fragment.body.len == fragment.length)
  {
    tegata_openssl_gate_note_message (&self->gate, bytes, len);
  }
}

static void
show (Gate *self, GBytes *bytes)
{
  TegataReader reader;
  TegataRecord record;

  tegata_reader_init (&reader, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  g_assert_true (tegata_record_read (&reader, &record));
  g_assert_cmpuint (reader.len, ==, 0);
  g_assert_cmpuint (record.epoch, <=, 1);
  if (record.epoch == 0)
  {
    g_assert_cmpuint (record.sequence, ==, self->n_shown++);
    g_assert_true (record.type == TEGATA_CONTENT_HANDSHAKE
                   || record.type == TEGATA_CONTENT_CHANGE_CIPHER_SPEC);
    note_message (self, record.body);
  }
  else
  {
    g_assert_cmpuint (record.body.len, >=, self->gate.min_protected_len);
  }
}

static void
hand_in (Gate *self, TegataReader datagram, guint8 step)
{
  TegataRecord record;

  while (tegata_openssl_gate_read (&self->gate, &datagram, &record))
  {
    if ((step & STEP_LATE) == 0)
    {
      tegata_openssl_gate_push (&self->gate, &record);
    }
    else if (record.epoch == 0)
    {
      tegata_openssl_gate_judge_late (&self->gate, &record);
      self->n_shown = self->gate.next_sequence; /* what it would have shown is gone */
    }
  }
}

static void
take_step (Gate *self, TegataReader datagram, guint8 step)
{
  GBytes *bytes;

  if ((step & STEP_NOTE_HELLO) != 0)
  {
    tegata_openssl_gate_note_hello (&self->gate, TEGATA_DTLS_1_2_WIRE, TRUE);
  }
  if ((step & STEP_NEXT_EPOCH) != 0)
  {
    self->gate.read_epoch = 1;
  }
  hand_in (self, datagram, step);
  while (
      (bytes = tegata_openssl_gate_pop (&self->gate, (step & STEP_CIPHER_SPEC_DUE) != 0))
      != NULL)
  {
    show (self, bytes);
    g_bytes_unref (bytes);
  }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  Gate self = { 0 };
  TegataReader steps, datagram;
  guint8 settings, step;

  tegata_reader_init (&steps, data, size);
  if (!tegata_reader_u8 (&steps, &settings))
  {
    return 0;
  }
  tegata_openssl_gate_init (
      &self.gate, settings & SETTING_SERVER ? TEGATA_ROLE_SERVER : TEGATA_ROLE_CLIENT,
      &self.stats);
  self.gate.tickets = (settings & SETTING_TICKETS) != 0;
  while (tegata_reader_u8 (&steps, &step) && tegata_reader_sub_u16 (&steps, &datagram))
  {
    take_step (&self, datagram, step);
  }
  tegata_openssl_gate_clear (&self.gate);
  return 0;
}
