/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Into sessions. Media goes up as it came, in the channel's own buffers and as many
 * packets at once as came at once, whatever noise came between. Outputs of what came
 * between are polled before later media goes up, so that order is kept, but not sooner:
 * the answers to a batch from many peers are a batch too.
 */

#include "session/outputs.h"
#include "session/session-private.h"
#include "transport/pump-private.h"

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

static gboolean
has_outputs (TegataPump *self)
{
  return self->listener != NULL ? tegata_listener_has_outputs (self->listener)
                                : tegata_session_has_outputs (self->session);
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
rest (TegataPump *self)
{
  for (guint i = 0; i < self->let_go->len; i++)
  {
    tegata_listener_remove (self->listener, self->let_go->pdata[i]);
  }
  g_ptr_array_set_size (self->let_go, 0);
  if (self->leaves_when_idle)
  {
    tegata_pump_leave (self);
  }
}

static void
end (TegataPump *self)
{
  self->depth--;
  if (self->depth == 0)
  {
    rest (self);
  }
  if (!tegata_pump_has_left (self))
  {
    tegata_timer_set (self->timer, deadline_us (self));
  }
  tegata_pump_unref (self);
}

/* The channel's functions. */

/* It takes in nothing more, but still says what it has to say. */
static gboolean
is_leaving (TegataPump *self)
{
  return self->leaves_when_idle || tegata_pump_has_left (self);
}

static void
catch_up (TegataPump *self, TegataMediaRun *run)
{
  tegata_media_run_flush (run);
  tegata_pump_poll (self);
}

static void
receive (TegataPump *self, TegataDatagram *datagram, gint64 now_us, TegataMediaRun *run)
{
  TegataSession *session = NULL;
  TegataReceived received = hand_in (self, datagram, now_us, &session);

  if (received != TEGATA_RECEIVED_NOTHING)
  {
    TegataPacket packet = { .bytes = datagram->bytes,
                            .len = datagram->len,
                            .size = datagram->size,
                            .is_rtcp = received == TEGATA_RECEIVED_RTCP };

    run->next = tegata_pump_transport_of (session);
    if (has_outputs (self))
    {
      catch_up (self, run);
    }
    tegata_media_run_add (run, &packet);
  }
}

static void
on_received (TegataDatagram *datagrams, guint n_datagrams, gpointer user_data)
{
  TegataPump *self = user_data;
  gint64 now_us = g_get_monotonic_time ();
  TegataMediaRun run;

  begin (self);
  tegata_pump_begin_run (self, &run);
  for (guint i = 0; i < n_datagrams && !is_leaving (self); i++)
  {
    receive (self, &datagrams[i], now_us, &run);
  }
  catch_up (self, &run);
  tegata_pump_end_run (self, &run);
  end (self);
}

static void
on_writable (gpointer user_data)
{
  TegataPump *self = user_data;
  gpointer owner
      = self->functions->writable != NULL ? g_weak_ref_get (&self->owner) : NULL;

  begin (self);
  if (owner != NULL)
  {
    self->functions->writable (owner);
  }
  tegata_pump_poll (self);
  end (self);
}

static void
on_network_error (const GError *error, gpointer user_data)
{
  TegataPump *self = user_data;
  gpointer owner = g_weak_ref_get (&self->owner);

  begin (self);
  if (owner != NULL)
  {
    self->functions->network_error (error, owner);
  }
  tegata_pump_poll (self);
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
    tegata_session_set_rtt_us (self->session,
                               tegata_datagram_channel_get_rtt_us (self->channel));
    tegata_session_handle_deadline (self->session, now_us);
  }
  tegata_pump_poll (self);
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
  self->let_go = g_ptr_array_new ();
  g_weak_ref_init (&self->owner, owner);
  if (!tegata_datagram_channel_attach (channel, self->loop, &receiver, self))
  {
    g_clear_pointer (&self->timer, tegata_timer_free); /* there is nothing to leave */
    g_clear_pointer (&self, tegata_pump_unref);
  }
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
  g_ptr_array_unref (self->let_go);
  g_object_unref (self->channel);
  tegata_loop_unref (self->loop);
  g_weak_ref_clear (&self->owner);
  g_free (self);
}

void
tegata_pump_leave (TegataPump *self)
{
  g_weak_ref_set (&self->owner, NULL);
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
    tegata_pump_poll (self);
    end (self);
  }
}

void
tegata_pump_run_and_leave (TegataPump *self)
{
  self->leaves_when_idle = TRUE;
  tegata_pump_run (self);
}

void
tegata_pump_let_go (TegataPump *self, TegataSession *session)
{
  /* one that was closed: who is only released says nothing to his peer */
  gboolean waits
      = self->depth > 0 && tegata_session_has_ended (session) && has_outputs (self);

  if (self->listener == NULL && waits)
  {
    self->leaves_when_idle = TRUE;
  }
  else if (self->listener == NULL)
  {
    tegata_pump_leave (self);
  }
  else if (waits)
  {
    g_ptr_array_add (self->let_go, session);
  }
  else
  {
    tegata_listener_remove (self->listener, session);
  }
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
go (gpointer data)
{
  (void) data;
  return G_SOURCE_REMOVE;
}

/* It is a notification of the source, so that it also comes where the main context ends
 * first; but the loop holds that, and the pump the loop, so that somebody has to run it.
 */
void
tegata_pump_call_at_home (TegataPump *self, GDestroyNotify func, gpointer data)
{
  g_autoptr (GMainContext) main_context
      = g_main_context_ref (tegata_loop_get_main_context (self->loop));
  g_autoptr (GSource) source = NULL;

  if (g_main_context_acquire (main_context))
  {
    func (data);
    g_main_context_release (main_context);
    return;
  }
  source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, go, data, func);
  g_source_attach (source, main_context);
}
