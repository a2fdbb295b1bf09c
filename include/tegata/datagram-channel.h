/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <tegata/dtls.h>
#include <tegata/loop.h>

G_BEGIN_DECLS

/**
 * TegataDatagram:
 * @bytes: (array length=len): one UDP payload
 * @len: its length in bytes
 * @size: room at @bytes, in bytes, at least @len: what is received may grow so far. Not
 * looked at where it is sent
 * @peer: where it came from, or goes to. A length of 0 is the channel's one peer, for
 * whom the channel vouches: a connected socket, a path that ICE validated
 */
typedef struct
{
  guint8 *bytes;
  gsize len;
  gsize size;
  TegataAddress peer;
} TegataDatagram;

/**
 * TegataDatagramReceiver:
 * @received: datagrams have come, in order. The bytes are the receiver's to write to
 * until it returns: media is unprotected in place. The array, too, is its own for that
 * time
 * @writable: the channel was not writable, and is now
 * @network_error: the network would not take or deliver something: nobody listens there
 * (an ICMP answer), no route, the interface is gone. Nothing ends by it: it is a hint for
 * people, since anybody can forge an ICMP message. Told once for each kind of error in a
 * row, not once a datagram
 *
 * Who listens to a channel. @writable and @network_error may be %NULL, @received may not.
 * Every member is called on the thread that runs the loop's main context, with no lock
 * held; it may detach the channel, or release it: a channel holds a reference to itself
 * for the time of each call. Of itself a channel calls none of them within another one.
 */
typedef struct
{
  void (*received) (TegataDatagram *datagrams, guint n_datagrams, gpointer user_data);
  void (*writable) (gpointer user_data);
  void (*network_error) (const GError *error, gpointer user_data);
} TegataDatagramReceiver;

#define TEGATA_TYPE_DATAGRAM_CHANNEL (tegata_datagram_channel_get_type ())
TEGATA_API
G_DECLARE_INTERFACE (TegataDatagramChannel,
                     tegata_datagram_channel,
                     TEGATA,
                     DATAGRAM_CHANNEL,
                     GObject)

/**
 * TegataDatagramChannelInterface:
 * @attach: begins to hand what comes to @receiver, on @loop. Never calls it from within.
 * A channel that is attached already says so (g_critical()), stays as it was, and returns
 * %FALSE
 * @detach: nothing is handed up any more once it returned. May be called from within the
 * receiver
 * @is_writable: whether datagrams have a way to go. Network thread
 * @send: sends without waiting, in order, and says how many it took; the rest, and what
 * the network loses, is lost, as on any network. Never calls the receiver from within.
 * @n_datagrams is at least 1. Any thread, several at once
 * @get_rtt_us: round-trip time in microseconds, where the channel knows it; -1. Asked at
 * the start of a handshake, and whenever it waited in vain. May be %NULL. Network thread
 *
 * Carries datagrams: the one thing that a #TegataTransport wants of a network. An
 * implementation does no queueing, and interprets nothing. It is written in C: buffers
 * are lent for the time of a call, which bindings cannot say.
 */
struct _TegataDatagramChannelInterface
{
  GTypeInterface parent_iface;

  gboolean (*attach) (TegataDatagramChannel *self,
                      TegataLoop *loop,
                      const TegataDatagramReceiver *receiver,
                      gpointer user_data);
  void (*detach) (TegataDatagramChannel *self);
  gboolean (*is_writable) (TegataDatagramChannel *self);
  guint (*send) (TegataDatagramChannel *self,
                 const TegataDatagram *datagrams,
                 guint n_datagrams);
  gint64 (*get_rtt_us) (TegataDatagramChannel *self);
};

/**
 * tegata_datagram_channel_attach: (skip)
 * @self: a channel that is attached to nobody; anything else is a programmer's error
 * @loop: (transfer none): where the receiver is called
 * @receiver: borrowed until it is detached
 * @user_data: for @receiver
 *
 * On the thread of @loop, as tegata_datagram_channel_detach() is. A #TegataTransport and
 * a #TegataTransportListener do this by themselves.
 *
 * Returns: whether it is attached to @receiver now. Who was told %FALSE does not detach
 * it
 */
TEGATA_API gboolean
tegata_datagram_channel_attach (TegataDatagramChannel *self,
                                TegataLoop *loop,
                                const TegataDatagramReceiver *receiver,
                                gpointer user_data);

/**
 * tegata_datagram_channel_detach: (skip)
 *
 * Does nothing where it is not attached.
 */
TEGATA_API void tegata_datagram_channel_detach (TegataDatagramChannel *self);

/**
 * tegata_datagram_channel_is_writable: (skip)
 *
 * Returns: whether datagrams have a way
 */
TEGATA_API gboolean tegata_datagram_channel_is_writable (TegataDatagramChannel *self);

/**
 * tegata_datagram_channel_send: (skip)
 * @self: a channel
 * @datagrams: (array length=n_datagrams): what to send; only read
 * @n_datagrams: how many
 *
 * Returns: how many were taken. Any thread
 */
TEGATA_API guint tegata_datagram_channel_send (TegataDatagramChannel *self,
                                               const TegataDatagram *datagrams,
                                               guint n_datagrams);

/**
 * tegata_datagram_channel_get_rtt_us: (skip)
 *
 * Returns: microseconds, or -1 for unknown
 */
TEGATA_API gint64 tegata_datagram_channel_get_rtt_us (TegataDatagramChannel *self);

G_END_DECLS
