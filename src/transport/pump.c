/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * In and out of sessions. Media goes up as it came, in the channel's own buffers and as
 * many packets at once as came at once. Outputs of what came between are polled before
 * later media goes up, so that order is kept, but not sooner: the answers to a batch from
 * many peers are a batch too.
 *
 * Outputs are polled into the stack: a thousand transports need no buffer of their own,
 * and a call-back that runs the main context itself, which comes back here, has another
 * one. Datagrams that follow each other, a flight, are sent at once.
 */

#include "transport/loop-private.h"
#include "transport/transport-private.h"

typedef struct _MediaRun MediaRun;

struct _TegataPump
{
  guint ref_count;
  TegataDatagramChannel *channel;
  TegataLoop *loop;
  TegataTimer *timer;       /* NULL once it has left the channel */
  TegataSession *session;   /* NULL where there is a listener */
  TegataListener *listener; /* NULL where there is a session */
  const TegataPumpOwner *functions;
  gpointer owner;
  MediaRun *runs; /* all that are under way, the innermost first */
  guint depth;    /* how many calls are at work: more than one where a call-back runs the
                   * main context */
  gboolean leaves_when_idle;
  guint64 unaddressed;
};

/* Packets of one transport that go up in one call. No reference is held to it: who drops
 * his last one from within a call-back is called no more, so it is forgotten at once. */
struct _MediaRun
{
  MediaRun *outer;
  TegataTransport *transport; /* NULL where there are none */
  TegataTransport *next;      /* who is to be told something, after this run */
  gboolean has_outputs;       /* something came behind it that may have left some */
  TegataPacket packets[TEGATA_BATCH_MAX];
  guint n_packets;
};

/* Outputs that go on together: datagrams or packets, never both. */
typedef struct
{
  guint8 bytes[2 * TEGATA_OUTPUT_SIZE + 64]; /* the last one needs room to grow, too */
  gsize used;
  TegataDatagram datagrams[TEGATA_BATCH_MAX];
  guint n_datagrams;
  MediaRun media;
} Gathered;

static void
begin_run (TegataPump *self, MediaRun *run)
{
  run->outer = self->runs;
  run->transport = NULL;
  run->next = NULL;
  run->has_outputs = FALSE;
  run->n_packets = 0;
  self->runs = run;
}

static void
end_run (TegataPump *self, MediaRun *run)
{
  self->runs = run->outer;
}

static void
flush_media (MediaRun *self)
{
  TegataTransport *transport = g_steal_pointer (&self->transport);
  guint n_packets = self->n_packets;

  self->n_packets = 0;
  if (transport != NULL)
  {
    tegata_transport_tell_media (transport, self->packets, n_packets);
  }
}

/* For the transport that is next. */
static void
add_media (MediaRun *self, const TegataPacket *packet)
{
  if (self->transport != self->next || self->n_packets == G_N_ELEMENTS (self->packets))
  {
    flush_media (self);
  }
  if (self->next != NULL)
  {
    self->transport = self->next;
    self->packets[self->n_packets++] = *packet;
  }
}

void
tegata_pump_forget (TegataPump *self, TegataTransport *transport)
{
  for (MediaRun *run = self->runs; run != NULL; run = run->outer)
  {
    run->transport = run->transport != transport ? run->transport : NULL;
    run->next = run->next != transport ? run->next : NULL;
  }
}

/* (nullable) */
static TegataTransport *
transport_of (TegataSession *session)
{
  return session != NULL ? tegata_session_get_user_data (session) : NULL;
}

static TegataReceived
hand_in (TegataPump *self,
         TegataDatagram *datagram,
         gint64 now_us,
         TegataSession **session)
{
  const TegataAddress *peer = datagram->peer.len > 0 ? &datagram->peer : NULL;

  if (self->session != NULL)
  {
    *session = self->session;
    return tegata_session_handle_datagram (self->session, peer, datagram->bytes,
                                           &datagram->len, now_us);
  }
  if (peer == NULL)
  {
    self->unaddressed++;
    return TEGATA_RECEIVED_NOTHING;
  }
  return tegata_listener_handle_datagram (self->listener, peer, datagram->bytes,
                                          &datagram->len, now_us, session);
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
  flush_media (&gathered->media);
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

  add_media (&self->media, &packet);
}

static void
accept_session (TegataPump *self, TegataSession *session, const TegataAddress *peer)
{
  if (self->owner != NULL && !self->leaves_when_idle)
  {
    self->functions->accepted (session, peer, self->owner);
  }
  else
  {
    tegata_listener_remove (self->listener, session);
  }
}

static void
tell (TegataTransport *transport, const TegataOutput *output)
{
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
    if (gathered->media.next != NULL)
    {
      tell (gathered->media.next, output);
    }
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
  gathered->media.next = transport_of (session);
  make_way (self, gathered, output.kind);
  dispatch (self, gathered, session, &output);
  if (has_gathered (gathered))
  {
    gsize end = (gsize) (output.buffer - gathered->bytes) + output.len;

    gathered->used = (end + TEGATA_SRTP_MAX_OVERHEAD + 7) & ~(gsize) 7;
  }
  return TRUE;
}

static void
poll_all (TegataPump *self)
{
  Gathered gathered; /* its bytes are left as they are: they are many */

  gathered.used = 0;
  gathered.n_datagrams = 0;
  begin_run (self, &gathered.media);
  while (poll_once (self, &gathered))
  {
  }
  end_run (self, &gathered.media);
}

static void
begin (TegataPump *self)
{
  tegata_pump_ref (self);
  self->depth++;
}

static gint64
deadline_us (TegataPump *self)
{
  return self->listener != NULL ? tegata_listener_deadline_us (self->listener)
                                : tegata_session_deadline_us (self->session);
}

static void
end (TegataPump *self)
{
  self->depth--;
  if (self->depth == 0 && self->leaves_when_idle)
  {
    tegata_pump_leave (self);
  }
  if (!tegata_pump_has_left (self))
  {
    tegata_timer_set (self->timer, deadline_us (self));
  }
  tegata_pump_unref (self);
}

/* The channel's functions. */

static void
catch_up (TegataPump *self, MediaRun *run)
{
  flush_media (run);
  if (run->has_outputs)
  {
    run->has_outputs = FALSE;
    poll_all (self);
  }
}

static void
receive (TegataPump *self, TegataDatagram *datagram, gint64 now_us, MediaRun *run)
{
  gsize size = datagram->len;
  TegataSession *session = NULL;
  TegataReceived received = hand_in (self, datagram, now_us, &session);

  if (received == TEGATA_RECEIVED_NOTHING)
  {
    run->has_outputs = TRUE;
  }
  else
  {
    TegataPacket packet = { .bytes = datagram->bytes,
                            .len = datagram->len,
                            .size = size,
                            .is_rtcp = received == TEGATA_RECEIVED_RTCP };

    run->next = transport_of (session);
    if (run->has_outputs)
    {
      catch_up (self, run);
    }
    add_media (run, &packet);
  }
}

static void
on_received (TegataDatagram *datagrams, guint n_datagrams, gpointer user_data)
{
  TegataPump *self = user_data;
  gint64 now_us = g_get_monotonic_time ();
  MediaRun run;

  begin (self);
  begin_run (self, &run);
  for (guint i = 0; i < n_datagrams && !tegata_pump_has_left (self); i++)
  {
    receive (self, &datagrams[i], now_us, &run);
  }
  run.has_outputs = TRUE; /* a call-back may have left some */
  catch_up (self, &run);
  end_run (self, &run);
  end (self);
}

static void
on_writable (gpointer user_data)
{
  TegataPump *self = user_data;

  begin (self);
  if (self->owner != NULL && self->functions->writable != NULL)
  {
    self->functions->writable (self->owner);
  }
  poll_all (self);
  end (self);
}

static void
on_network_error (const GError *error, gpointer user_data)
{
  TegataPump *self = user_data;

  begin (self);
  if (self->owner != NULL)
  {
    self->functions->network_error (error, self->owner);
  }
  poll_all (self);
  end (self);
}

static const TegataDatagramReceiver receiver = { .received = on_received,
                                                 .writable = on_writable,
                                                 .network_error = on_network_error };

static void
on_deadline (gpointer user_data)
{
  TegataPump *self = user_data;
  gint64 now_us = g_get_monotonic_time ();

  begin (self);
  if (self->listener != NULL)
  {
    tegata_listener_handle_deadline (self->listener, now_us);
  }
  else
  {
    tegata_session_handle_deadline (self->session, now_us);
  }
  poll_all (self);
  end (self);
}

TegataPump *
tegata_pump_new (TegataDatagramChannel *channel,
                 TegataLoop *loop,
                 TegataSession *session,
                 TegataListener *listener,
                 const TegataPumpOwner *functions,
                 gpointer owner)
{
  TegataPump *self = g_new0 (TegataPump, 1);

  self->ref_count = 1;
  self->channel = g_object_ref (channel);
  self->loop = loop != NULL ? tegata_loop_ref (loop) : tegata_loop_new (NULL);
  self->timer = tegata_timer_new (self->loop, on_deadline, self);
  self->session = session;
  self->listener = listener;
  self->functions = functions;
  self->owner = owner;
  tegata_datagram_channel_attach (channel, self->loop, &receiver, self);
  return self;
}

TegataPump *
tegata_pump_ref (TegataPump *self)
{
  self->ref_count++;
  return self;
}

void
tegata_pump_unref (TegataPump *self)
{
  if (--self->ref_count > 0)
  {
    return;
  }
  tegata_pump_leave (self);
  tegata_session_free (self->session);
  tegata_listener_free (self->listener);
  g_object_unref (self->channel);
  tegata_loop_unref (self->loop);
  g_free (self);
}

void
tegata_pump_leave (TegataPump *self)
{
  self->owner = NULL;
  if (self->timer != NULL)
  {
    g_clear_pointer (&self->timer, tegata_timer_free);
    tegata_datagram_channel_detach (self->channel);
  }
}

gboolean
tegata_pump_has_left (TegataPump *self)
{
  return self->timer == NULL;
}

void
tegata_pump_run (TegataPump *self)
{
  if (self->depth == 0)
  {
    begin (self);
    poll_all (self);
    end (self);
  }
  else if (!tegata_pump_has_left (self))
  {
    tegata_timer_set (self->timer, 0); /* if the call-back runs the main context itself */
  }
}

void
tegata_pump_run_and_leave (TegataPump *self)
{
  self->leaves_when_idle = TRUE;
  tegata_pump_run (self);
}

TegataDatagramChannel *
tegata_pump_get_channel (TegataPump *self)
{
  return self->channel;
}

TegataListener *
tegata_pump_get_listener (TegataPump *self)
{
  return self->listener;
}

guint64
tegata_pump_get_unaddressed (TegataPump *self)
{
  return self->unaddressed;
}

static gboolean
drop_reference (gpointer object)
{
  (void) object;
  return G_SOURCE_REMOVE;
}

gboolean
tegata_pump_send_home (TegataPump *self, GObject *object)
{
  GMainContext *main_context = tegata_loop_get_main_context (self->loop);
  g_autoptr (GSource) source = NULL;

  if (g_main_context_acquire (main_context))
  {
    g_main_context_release (main_context);
    return FALSE;
  }
  source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, drop_reference, g_object_ref (object), g_object_unref);
  g_source_attach (source, main_context);
  return TRUE;
}
