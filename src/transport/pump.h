/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <tegata/listener.h>
#include <tegata/transport.h>

G_BEGIN_DECLS

/*
 * What stands between a channel and a session, or all sessions of a listener: hands in
 * what comes, polls, sends, keeps the deadline, and tells the transports. A session's
 * user data is a weak reference to its transport; what a session without one says is
 * dropped.
 *
 * Reference-counted on the network thread: whatever goes on while it works, it stays.
 * Owner and transports are known weakly, since their last reference may be dropped on
 * another thread while they are told something: a reference is held for the time of each
 * call-back, and no longer, so that who has let go is not called again.
 */
typedef struct _TegataPump TegataPump;

/* Who made it, and is given last: (transfer full), so that who is told something and lets
 * go of it is told no more. All are called with no lock held. */
typedef struct
{
  /* A listener's new session: it gets its transport now, or is removed. NULL for one
   * session. */
  void (*accepted) (TegataSession *session, const TegataAddress *peer, gpointer owner);
  void (*writable) (gpointer owner); /* nullable */
  void (*network_error) (const GError *error, gpointer owner);
} TegataPumpOwner;

/* @session, @listener: (transfer full): one of both
 * @owner: a GObject
 * Attached to @channel from now on. Returns: NULL where the channel is somebody else's */
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

/* Makes @transport the one who is told what @session says. */
void tegata_pump_bind (TegataSession *session, TegataTransport *transport);
/* Nobody is told any more, not of what is under way either. */
void tegata_pump_forget (TegataPump *self, TegataSession *session);

/* Nobody wants @session any more: it is removed from the listener, or with the one that
 * there is the channel left; behind what it still has to send, where that waits. */
void tegata_pump_let_go (TegataPump *self, TegataSession *session);

/* After anything that may have left outputs. From within a call-back it does nothing: the
 * call that is at work goes on with them, so that call-backs do not nest and what is told
 * stays in order. */
void tegata_pump_run (TegataPump *self);
/* The same, and leaves the channel when all was sent. */
void tegata_pump_run_and_leave (TegataPump *self);

/* For as long as the pump lives, and on any thread. */
TegataDatagramChannel *tegata_pump_get_channel (TegataPump *self);
TegataListener *tegata_pump_get_listener (TegataPump *self);
/* Datagrams without a source, of which a listener can make nothing. */
guint64 tegata_pump_get_unaddressed (TegataPump *self);

/* Calls @func with @data where the network thread is: here, or, where another thread runs
 * the main context, there, and later: never, where that is not run again. */
void tegata_pump_call_at_home (TegataPump *self, GDestroyNotify func, gpointer data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TegataPump, tegata_pump_unref)

G_END_DECLS
