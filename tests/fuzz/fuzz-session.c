/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"

#include <string.h>
#include <tegata/session.h>

/*
 * Input: a byte of settings, and steps of somebody on the path, who sees and injects, but
 * has no key. The handshake of a true pair goes on as far as the steps let it; nothing
 * that was injected may ever come out as media or data.
 */

enum
{
  SETTING_SERVER = 1 << 0,  /* the victim is the server */
  SETTING_TRUST = 1 << 1,   /* it knows the fingerprint from the start */
  SETTING_ROUNDS_SHIFT = 2, /* how many datagrams each way come before the steps */
};

typedef enum
{
  STEP_INJECT,  /* a length of two bytes, and a datagram */
  STEP_ALTER,   /* an offset of two bytes, a length of one, and what stands there instead
                   in a copy of the peer's next datagram */
  STEP_DELIVER, /* the next datagram each way */
  STEP_WAIT,    /* for the next deadline */
  N_STEPS,
} Step;

typedef struct
{
  TegataSession *session;
  GQueue sent; /* of GBytes */
} End;

static gint64 now_us;

static TegataContext *
get_context (gsize which)
{
  static TegataContext *contexts[2];

  if (contexts[which] == NULL)
  {
    contexts[which] = tegata_context_new (NULL, NULL);
    g_assert_nonnull (contexts[which]);
  }
  return contexts[which];
}

static void
poll_outputs (End *self)
{
  guint8 buffer[TEGATA_OUTPUT_SIZE];
  TegataOutput output = { .buffer = buffer, .size = sizeof buffer };

  while (tegata_session_poll (self->session, &output) != TEGATA_OUTPUT_NONE)
  {
    /* the true pair sends neither */
    g_assert_cmpint (output.kind, !=, TEGATA_OUTPUT_DATA);
    g_assert_cmpint (output.kind, !=, TEGATA_OUTPUT_RTP);
    g_assert_cmpint (output.kind, !=, TEGATA_OUTPUT_RTCP);
    if (output.kind == TEGATA_OUTPUT_DATAGRAM)
    {
      g_queue_push_tail (&self->sent, g_bytes_new (buffer, output.len));
    }
  }
}

static void
hand_in (End *self, const guint8 *bytes, gsize len)
{
  g_autofree guint8 *copy = g_memdup2 (bytes, len);

  g_assert_cmpint (
      tegata_session_handle_datagram (self->session, NULL, copy, &len, now_us), ==,
      TEGATA_RECEIVED_NOTHING);
  poll_outputs (self);
}

static void
deliver (End *from, End *to)
{
  g_autoptr (GBytes) datagram = g_queue_pop_head (&from->sent);

  if (datagram != NULL)
  {
    gsize len;
    const guint8 *bytes = g_bytes_get_data (datagram, &len);

    hand_in (to, bytes, len);
  }
}

/* For what is due first. */
static void
await (End *victim, End *peer)
{
  gint64 first_us = tegata_session_deadline_us (victim->session);
  gint64 second_us = tegata_session_deadline_us (peer->session);
  gint64 due_us = MIN (first_us, second_us) >= 0 ? MIN (first_us, second_us)
                                                 : MAX (first_us, second_us);

  now_us = MAX (now_us, due_us);
  tegata_session_handle_deadline (victim->session, now_us);
  tegata_session_handle_deadline (peer->session, now_us);
  poll_outputs (victim);
  poll_outputs (peer);
}

static void
alter (End *victim, End *peer, TegataReader *steps)
{
  GBytes *datagram = g_queue_peek_head (&peer->sent);
  guint16 offset;
  TegataReader bytes;

  if (tegata_reader_u16 (steps, &offset) && tegata_reader_sub_u8 (steps, &bytes)
      && datagram != NULL && offset + bytes.len <= g_bytes_get_size (datagram))
  {
    gsize len;
    const guint8 *original = g_bytes_get_data (datagram, &len);
    g_autofree guint8 *copy = g_memdup2 (original, len);

    memcpy (copy + offset, bytes.bytes, bytes.len);
    hand_in (victim, copy, len);
  }
}

static void
take_step (End *victim, End *peer, Step step, TegataReader *steps)
{
  TegataReader datagram;

  switch (step)
  {
  case STEP_INJECT:
    if (tegata_reader_sub_u16 (steps, &datagram))
    {
      hand_in (victim, datagram.bytes, datagram.len);
    }
    break;
  case STEP_ALTER:
    alter (victim, peer, steps);
    break;
  case STEP_DELIVER:
    deliver (peer, victim);
    deliver (victim, peer);
    break;
  case STEP_WAIT:
    await (victim, peer);
    break;
  case N_STEPS:
  default:
    g_assert_not_reached ();
  }
}

static void
end_start (End *self, gsize which, TegataRole role, gboolean trust)
{
  g_autoptr (TegataFingerprint) fingerprint = tegata_fingerprint_new_for_certificate (
      tegata_context_get_certificate (get_context (1 - which)), TEGATA_HASH_SHA256);

  self->session = tegata_session_new (get_context (which));
  g_queue_init (&self->sent);
  if (trust)
  {
    tegata_session_set_peer_fingerprints (self->session, &fingerprint, 1);
  }
  g_assert_true (tegata_session_start (self->session, role, now_us, NULL));
  poll_outputs (self);
}

static void
end_clear (End *self)
{
  tegata_session_free (self->session);
  g_queue_clear_full (&self->sent, (GDestroyNotify) g_bytes_unref);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  TegataReader steps;
  guint8 settings, step;
  End victim, peer;

  tegata_reader_init (&steps, data, size);
  if (!tegata_reader_u8 (&steps, &settings))
  {
    return 0;
  }
  now_us = 0;
  end_start (&victim, 0,
             settings & SETTING_SERVER ? TEGATA_ROLE_SERVER : TEGATA_ROLE_CLIENT,
             (settings & SETTING_TRUST) != 0);
  end_start (&peer, 1,
             settings & SETTING_SERVER ? TEGATA_ROLE_CLIENT : TEGATA_ROLE_SERVER, TRUE);
  for (guint i = 0; i < (guint) settings >> SETTING_ROUNDS_SHIFT; i++)
  {
    deliver (&peer, &victim);
    deliver (&victim, &peer);
  }
  while (tegata_reader_u8 (&steps, &step))
  {
    take_step (&victim, &peer, (Step) (step % N_STEPS), &steps);
  }
  end_clear (&victim);
  end_clear (&peer);
  return 0;
}
