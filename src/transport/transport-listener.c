/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The listener owns no transport: who took one from "incoming" does. Both hold the pump,
 * and with it the sessions, so either may be released first.
 */

#include "transport/transport-private.h"

#include <tegata/transport-listener.h>

struct _TegataTransportListener
{
  GObject parent_instance;

  TegataContext *context;
  TegataPump *pump;
};

enum
{
  SIGNAL_INCOMING,
  SIGNAL_NETWORK_ERROR,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (TegataTransportListener, tegata_transport_listener, G_TYPE_OBJECT)

/* Leaves their close_notify to be polled. */
static void
close_sessions (TegataPump *pump)
{
  g_autoptr (GPtrArray) sessions
      = tegata_listener_get_sessions (tegata_pump_get_listener (pump));

  for (guint i = 0; i < sessions->len; i++)
  {
    tegata_session_close (sessions->pdata[i]);
  }
}

/* The transports tell of their end, but with the channel gone nobody else hears of it. */
static void
settle_estate (gpointer data)
{
  TegataPump *pump = data;

  tegata_pump_leave (pump);
  close_sessions (pump);
  tegata_pump_run (pump);
  tegata_pump_unref (pump);
}

/* On whatever thread had the last reference. */
static void
tegata_transport_listener_finalize (GObject *object)
{
  TegataTransportListener *self = TEGATA_TRANSPORT_LISTENER (object);

  if (self->pump != NULL) /* made by the constructor of ours */
  {
    tegata_pump_call_at_home (self->pump, settle_estate, self->pump);
  }
  g_clear_pointer (&self->context, tegata_context_unref);
  G_OBJECT_CLASS (tegata_transport_listener_parent_class)->finalize (object);
}

static guint
install_signal (GObjectClass *object_class, const char *name, GType argument)
{
  return g_signal_new_class_handler (name, G_OBJECT_CLASS_TYPE (object_class),
                                     G_SIGNAL_RUN_LAST, NULL, NULL, NULL, NULL,
                                     G_TYPE_NONE, 1, argument);
}

static void
tegata_transport_listener_class_init (TegataTransportListenerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = tegata_transport_listener_finalize;
  signals[SIGNAL_INCOMING]
      = install_signal (object_class, "incoming", TEGATA_TYPE_TRANSPORT);
  signals[SIGNAL_NETWORK_ERROR]
      = install_signal (object_class, "network-error", G_TYPE_ERROR);
}

static void
tegata_transport_listener_init (TegataTransportListener *self)
{
  (void) self;
}

/* Where no handler keeps it, the session goes with it. */
static void
on_accepted (TegataSession *session, const TegataAddress *peer, gpointer owner)
{
  g_autoptr (TegataTransportListener) self = owner;
  g_autoptr (TegataTransport) transport
      = tegata_transport_new_for_session (self->context, self->pump, session, peer);

  g_signal_emit (self, signals[SIGNAL_INCOMING], 0, transport);
}

static void
on_network_error (const GError *error, gpointer owner)
{
  g_autoptr (GObject) self = owner;

  g_signal_emit (self, signals[SIGNAL_NETWORK_ERROR], 0, error);
}

static const TegataPumpOwner owner_functions
    = { .accepted = on_accepted, .network_error = on_network_error };

TegataTransportListener *
tegata_transport_listener_new (TegataContext *context,
                               TegataDatagramChannel *channel,
                               TegataLoop *loop,
                               GError **error)
{
  TegataListener *listener;
  TegataTransportListener *self;

  g_return_val_if_fail (context != NULL, NULL);
  g_return_val_if_fail (TEGATA_IS_DATAGRAM_CHANNEL (channel), NULL);

  listener = tegata_listener_new (context, error);
  if (listener == NULL)
  {
    return NULL;
  }
  self = g_object_new (TEGATA_TYPE_TRANSPORT_LISTENER, NULL);
  self->context = tegata_context_ref (context);
  self->pump = tegata_pump_new (channel, loop, NULL, listener, &owner_functions, self);
  if (self->pump == NULL)
  {
    g_clear_object (&self);
  }
  return self;
}

void
tegata_transport_listener_set_max_sessions (TegataTransportListener *self,
                                            guint max_sessions)
{
  g_return_if_fail (TEGATA_IS_TRANSPORT_LISTENER (self));

  tegata_listener_set_max_sessions (tegata_pump_get_listener (self->pump), max_sessions);
}

void
tegata_transport_listener_close (TegataTransportListener *self)
{
  g_return_if_fail (TEGATA_IS_TRANSPORT_LISTENER (self));

  if (!tegata_pump_has_left (self->pump))
  {
    close_sessions (self->pump);
    tegata_pump_run_and_leave (self->pump);
  }
}

void
tegata_transport_listener_get_stats (TegataTransportListener *self,
                                     TegataListenerStats *stats)
{
  g_return_if_fail (TEGATA_IS_TRANSPORT_LISTENER (self));
  g_return_if_fail (stats != NULL);

  tegata_listener_get_stats (tegata_pump_get_listener (self->pump), stats);
  stats->refused[TEGATA_REFUSED_SOURCE] += tegata_pump_get_unaddressed (self->pump);
}
