/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Out of sessions. Outputs are polled into the stack: a thousand transports need no
 * buffer of their own, and a call-back that runs the main context itself, which comes
 * back here, has another one. Datagrams that follow each other, a flight or the answers
 * to many, are sent at once.
 */

#include "transport/pump-private.h"

/* Outputs that go on together: datagrams or packets, never both. */
typedef struct
{
  guint8 bytes[2 * TEGATA_OUTPUT_SIZE + 64]; /* the last one needs room to grow, too */
  gsize used;
  TegataDatagram datagrams[TEGATA_BATCH_MAX];
  guint n_datagrams;
  TegataMediaRun media;
} Gathered;

void
tegata_pump_begin_run (TegataPump *self, TegataMediaRun *run)
{
  run->outer = self->runs;
  run->transport = NULL;
  run->next = NULL;
  run->has_outputs = FALSE;
  run->n_packets = 0;
  self->runs = run;
}

void
tegata_pump_end_run (TegataPump *self, TegataMediaRun *run)
{
  self->runs = run->outer;
}

void
tegata_media_run_flush (TegataMediaRun *self)
{
  GWeakRef *weak = g_steal_pointer (&self->transport);
  TegataTransport *transport = weak != NULL ? g_weak_ref_get (weak) : NULL;
  guint n_packets = self->n_packets;

  self->n_packets = 0;
  if (transport != NULL)
  {
    tegata_transport_tell_media (transport, self->packets, n_packets);
  }
}

void
tegata_media_run_add (TegataMediaRun *self, const TegataPacket *packet)
{
  if (self->transport != self->next || self->n_packets == G_N_ELEMENTS (self->packets))
  {
    tegata_media_run_flush (self);
  }
  if (self->next != NULL)
  {
    self->transport = self->next;
    self->packets[self->n_packets++] = *packet;
  }
}

static void
free_weak_ref (gpointer data)
{
  GWeakRef *self = data;

  g_weak_ref_clear (self);
  g_free (self);
}

void
tegata_pump_bind (TegataSession *session, TegataTransport *transport)
{
  GWeakRef *weak = g_new (GWeakRef, 1);

  g_weak_ref_init (weak, transport);
  tegata_session_set_user_data (session, weak, free_weak_ref);
}

void
tegata_pump_forget (TegataPump *self, TegataSession *session)
{
  GWeakRef *transport = tegata_pump_transport_of (session);

  for (TegataMediaRun *run = self->runs; run != NULL; run = run->outer)
  {
    run->transport = run->transport != transport ? run->transport : NULL;
    run->next = run->next != transport ? run->next : NULL;
  }
  tegata_session_set_user_data (session, NULL, NULL);
}

GWeakRef *
tegata_pump_transport_of (TegataSession *session)
{
  return session != NULL ? tegata_session_get_user_data (session) : NULL;
}

static void
send_datagrams (TegataPump *self, const TegataDatagram *datagrams, guint n_datagrams)
{
  if (n_datagrams > 0 && !tegata_pump_has_left (self))
  {
    tegata_datagram_channel_send (self->channel, datagrams, n_datagrams);
  }
}

static gboolean
has_gathered (const Gathered *self)
{
  return self->n_datagrams > 0 || self->media.n_packets > 0;
}

static void
flush (TegataPump *self, Gathered *gathered)
{
  guint n_datagrams = gathered->n_datagrams;

  gathered->n_datagrams = 0;
  send_datagrams (self, gathered->datagrams, n_datagrams);
  tegata_media_run_flush (&gathered->media);
  gathered->used = 0;
}

static TegataOutputKind
poll_output (TegataPump *self, TegataOutput *output, TegataSession **session)
{
  if (self->listener != NULL)
  {
    return tegata_listener_poll (self->listener, output, session);
  }
  *session = self->session;
  return tegata_session_poll (self->session, output);
}

/* What was gathered is ahead of everything else; so is media of a datagram, and the other
 * way round. */
static void
make_way (TegataPump *self, Gathered *gathered, TegataOutputKind kind)
{
  gboolean is_datagram = kind == TEGATA_OUTPUT_DATAGRAM;
  gboolean is_media = kind == TEGATA_OUTPUT_RTP || kind == TEGATA_OUTPUT_RTCP;

  if ((gathered->n_datagrams > 0 && !is_datagram)
      || (gathered->media.n_packets > 0 && !is_media))
  {
    flush (self, gathered);
  }
}

static void
gather_datagram (Gathered *self, const TegataOutput *output)
{
  TegataDatagram *datagram = &self->datagrams[self->n_datagrams++];

  datagram->bytes = output->buffer;
  datagram->len = output->len;
  datagram->peer = output->peer;
}

static void
gather_packet (Gathered *self, const TegataOutput *output)
{
  TegataPacket packet = { .bytes = output->buffer,
                          .len = output->len,
                          .size = output->len + TEGATA_SRTP_MAX_OVERHEAD,
                          .is_rtcp = output->kind == TEGATA_OUTPUT_RTCP };

  tegata_media_run_add (&self->media, &packet);
}

static void
accept_session (TegataPump *self, TegataSession *session, const TegataAddress *peer)
{
  g_autoptr (GObject) owner = g_weak_ref_get (&self->owner);

  if (owner != NULL && !self->leaves_when_idle)
  {
    self->functions->accepted (session, peer, owner);
  }
  else
  {
    tegata_listener_remove (self->listener, session);
  }
}

static void
tell (GWeakRef *weak, const TegataOutput *output)
{
  TegataTransport *transport = weak != NULL ? g_weak_ref_get (weak) : NULL;

  if (transport == NULL)
  {
    return;
  }
  if (output->kind == TEGATA_OUTPUT_STATE)
  {
    tegata_transport_tell_state (transport, output->state);
  }
  else
  {
    tegata_transport_tell_data (transport, output->buffer, output->len);
  }
}

static void
dispatch (TegataPump *self,
          Gathered *gathered,
          TegataSession *session,
          const TegataOutput *output)
{
  switch (output->kind)
  {
  case TEGATA_OUTPUT_DATAGRAM:
    gather_datagram (gathered, output);
    break;
  case TEGATA_OUTPUT_RTP:
  case TEGATA_OUTPUT_RTCP:
    gather_packet (gathered, output);
    break;
  case TEGATA_OUTPUT_ACCEPTED:
    accept_session (self, session, &output->peer);
    break;
  case TEGATA_OUTPUT_STATE:
  case TEGATA_OUTPUT_DATA:
    tell (gathered->media.next, output);
    break;
  case TEGATA_OUTPUT_NONE:
  default:
    break;
  }
}

/* Where the next output goes; what it leaves stays for those that go on together. */
static void
prepare (TegataPump *self, Gathered *gathered, TegataOutput *output)
{
  if (gathered->used + TEGATA_OUTPUT_SIZE + 64 > sizeof gathered->bytes
      || gathered->n_datagrams == G_N_ELEMENTS (gathered->datagrams))
  {
    flush (self, gathered);
  }
  output->buffer = gathered->bytes + gathered->used;
  output->size = sizeof gathered->bytes - gathered->used;
}

/* Returns: whether there may be more. A call-back may leave new outputs, so it is asked
 * once more after the last one. */
static gboolean
poll_once (TegataPump *self, Gathered *gathered)
{
  TegataSession *session = NULL;
  TegataOutput output;

  prepare (self, gathered, &output);
  poll_output (self, &output, &session);
  if (output.kind == TEGATA_OUTPUT_NONE && !has_gathered (gathered))
  {
    return FALSE;
  }
  gathered->media.next = tegata_pump_transport_of (session);
  make_way (self, gathered, output.kind);
  dispatch (self, gathered, session, &output);
  if (has_gathered (gathered))
  {
    gsize end = (gsize) (output.buffer - gathered->bytes) + output.len;

    gathered->used = (end + TEGATA_SRTP_MAX_OVERHEAD + 7) & ~(gsize) 7;
  }
  return TRUE;
}

void
tegata_pump_poll (TegataPump *self)
{
  Gathered gathered; /* its bytes are left as they are: they are many */

  gathered.used = 0;
  gathered.n_datagrams = 0;
  tegata_pump_begin_run (self, &gathered.media);
  while (poll_once (self, &gathered))
  {
  }
  tegata_pump_end_run (self, &gathered.media);
}
