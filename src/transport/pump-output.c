/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Out of sessions. Outputs are polled into the stack: a thousand transports need no
 * buffer of their own. Datagrams that follow each other, a flight or the answers to many,
 * are sent at once. All else is told as soon as it is polled: nobody is called while an
 * output waits, so that who is called may let the network go on, and all that is told is
 * still told in order. Media was gathered too, once: but what is polled had to be held,
 * which is 128 packets at most, once an association.
 */

#include "transport/pump-private.h"

/* An output, and where it may still be protected. */
#define ROOM (TEGATA_OUTPUT_SIZE + TEGATA_SRTP_MAX_OVERHEAD)

/* Datagrams that are sent together. */
typedef struct
{
  guint8 bytes[2 * ROOM]; /* the last one needs room to be polled into, too */
  gsize used;
  TegataDatagram datagrams[TEGATA_BATCH_MAX];
  guint n_datagrams;
} Gathered;

void
tegata_pump_begin_run (TegataPump *self, TegataMediaRun *run)
{
  run->outer = self->runs;
  run->transport = NULL;
  run->next = NULL;
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

/* Calls nobody: a channel's `send` never does. */
static void
send_gathered (TegataPump *self, Gathered *gathered)
{
  if (gathered->n_datagrams > 0 && !tegata_pump_has_left (self))
  {
    tegata_datagram_channel_send (self->channel, gathered->datagrams,
                                  gathered->n_datagrams);
  }
  gathered->n_datagrams = 0;
  gathered->used = 0;
}

static void
gather (Gathered *self, const TegataOutput *output)
{
  TegataDatagram *datagram = &self->datagrams[self->n_datagrams++];

  datagram->bytes = output->buffer;
  datagram->len = output->len;
  datagram->size = output->size;
  datagram->peer = output->peer;
  self->used = (self->used + output->len + 7) & ~(gsize) 7;
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

static void
accept_session (TegataPump *self, TegataSession *session, const TegataAddress *peer)
{
  gpointer owner = self->leaves_when_idle ? NULL : g_weak_ref_get (&self->owner);

  if (owner != NULL)
  {
    self->functions->accepted (session, peer, owner);
  }
  else
  {
    tegata_listener_remove (self->listener, session);
  }
}

static void
tell (TegataSession *session, const TegataOutput *output)
{
  GWeakRef *weak = tegata_pump_transport_of (session);
  TegataTransport *transport = weak != NULL ? g_weak_ref_get (weak) : NULL;
  TegataPacket packet = { .bytes = output->buffer,
                          .len = output->len,
                          .size = output->size + TEGATA_SRTP_MAX_OVERHEAD,
                          .is_rtcp = output->kind == TEGATA_OUTPUT_RTCP };

  if (transport == NULL)
  {
    return;
  }
  switch (output->kind)
  {
  case TEGATA_OUTPUT_STATE:
    tegata_transport_tell_state (transport, output->state);
    break;
  case TEGATA_OUTPUT_DATA:
    tegata_transport_tell_data (transport, output->buffer, output->len);
    break;
  default:
    tegata_transport_tell_media (transport, &packet, 1);
  }
}

static void
deliver (TegataPump *self, TegataSession *session, const TegataOutput *output)
{
  if (output->kind == TEGATA_OUTPUT_ACCEPTED)
  {
    accept_session (self, session, &output->peer);
  }
  else if (output->kind != TEGATA_OUTPUT_NONE)
  {
    tell (session, output);
  }
}

/* Where the next output goes. */
static void
prepare (TegataPump *self, Gathered *gathered, TegataOutput *output)
{
  if (gathered->used + ROOM > sizeof gathered->bytes
      || gathered->n_datagrams == G_N_ELEMENTS (gathered->datagrams))
  {
    send_gathered (self, gathered);
  }
  output->buffer = gathered->bytes + gathered->used;
  output->size = sizeof gathered->bytes - gathered->used - TEGATA_SRTP_MAX_OVERHEAD;
}

/* Returns: whether there may be more */
static gboolean
poll_once (TegataPump *self, Gathered *gathered)
{
  TegataSession *session = NULL;
  TegataOutput output;

  prepare (self, gathered, &output);
  if (poll_output (self, &output, &session) == TEGATA_OUTPUT_DATAGRAM)
  {
    gather (gathered, &output);
    return TRUE;
  }
  send_gathered (self, gathered); /* it is ahead of what was polled now */
  deliver (self, session, &output);
  return output.kind != TEGATA_OUTPUT_NONE;
}

void
tegata_pump_poll (TegataPump *self)
{
  Gathered gathered; /* its bytes are left as they are: they are many */

  gathered.used = 0;
  gathered.n_datagrams = 0;
  while (poll_once (self, &gathered))
  {
  }
}
