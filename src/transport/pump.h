/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <tegata/listener.h>
#include <tegata/transport.h>

G_BEGIN_DECLS

/*
 * What stands between a channel and a session, or all sessions of a listener: hands in
 * what comes, polls, sends, keeps the deadline, and tells the transports. A session's
 * transport is its user data; what a session without one says is dropped.
 *
 * Reference-counted on the network thread: whatever goes on while it works, it stays.
 */
typedef struct _TegataPump TegataPump;

/* Who made it. All are called with no lock held. */
typedef struct
{
  /* A listener's new session: it gets its transport now, or is removed. NULL for one
   * session. */
  void (*accepted) (TegataSession *session, const TegataAddress *peer, gpointer owner);
  void (*writable) (gpointer owner); /* nullable */
  void (*network_error) (const GError *error, gpointer owner);
} TegataPumpOwner;

/* @session, @listener: (transfer full): one of both. Attached to @channel from now on. */
TegataPump *tegata_pump_new (TegataDatagramChannel *channel,
                             TegataLoop *loop,
                             TegataSession *session,
                             TegataListener *listener,
                             const TegataPumpOwner *functions,
                             gpointer owner);
TegataPump *tegata_pump_ref (TegataPump *self);
void tegata_pump_unref (TegataPump *self);

/* Leaves the channel and calls its owner no more. Sends nothing from now on, but still
 * tells transports. */
void tegata_pump_leave (TegataPump *self);
gboolean tegata_pump_has_left (TegataPump *self);

/* It is told nothing any more, of all that is under way: @transport is disposed of. */
void tegata_pump_forget (TegataPump *self, TegataTransport *transport);

/* After anything that may have left outputs. From within a call-back it does nothing: the
 * call that is at work goes on with them, so that what is told stays in order. */
void tegata_pump_run (TegataPump *self);
/* The same, and leaves the channel when all was sent. */
void tegata_pump_run_and_leave (TegataPump *self);

/* For as long as the pump lives, and on any thread. */
TegataDatagramChannel *tegata_pump_get_channel (TegataPump *self);
TegataListener *tegata_pump_get_listener (TegataPump *self);
/* Datagrams without a source, of which a listener can make nothing. */
guint64 tegata_pump_get_unaddressed (TegataPump *self);

/* To be asked first of all when @object is disposed of. %TRUE where its last reference
 * was dropped on another thread than that which runs the main context of the loop: it
 * lives on, and is disposed of there. */
gboolean tegata_pump_send_home (TegataPump *self, GObject *object);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TegataPump, tegata_pump_unref)

G_END_DECLS
