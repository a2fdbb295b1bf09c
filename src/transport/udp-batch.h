/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <tegata/datagram-channel.h>

G_BEGIN_DECLS

/*
 * Many datagrams a call, of a socket that does not block. A call tries once; it gives how
 * many went through, 0 where the kernel has none, or no room, now, and -1 with a
 * GIOErrorEnum. An error that came behind some datagrams is left for the next call, or
 * lost; no datagram is lost by it.
 *
 * The call of our choice, and what GSocket offers everywhere: slower, and always built so
 * that it stays tried.
 */

/*
 * @is_connected: then the peers of @datagrams are left empty
 * @slots: TEGATA_BATCH_MAX of TEGATA_BATCH_SLOT_SIZE bytes
 * @datagrams: (out): TEGATA_BATCH_MAX of them. Of one that did not fit, bytes is NULL
 */
gint tegata_udp_batch_receive (GSocket *socket,
                               gboolean is_connected,
                               guint8 *slots,
                               TegataDatagram *datagrams,
                               GError **error);
gint tegata_udp_batch_receive_portably (GSocket *socket,
                                        gboolean is_connected,
                                        guint8 *slots,
                                        TegataDatagram *datagrams,
                                        GError **error);

/*
 * @is_connected: then the peers of @datagrams are not looked at: a kernel would send to
 * them, whoever the socket is connected to
 * @n_datagrams: 1 or more; beyond TEGATA_BATCH_MAX they are left for another call
 */
gint tegata_udp_batch_send (GSocket *socket,
                            gboolean is_connected,
                            const TegataDatagram *datagrams,
                            guint n_datagrams,
                            GError **error);
gint tegata_udp_batch_send_portably (GSocket *socket,
                                     gboolean is_connected,
                                     const TegataDatagram *datagrams,
                                     guint n_datagrams,
                                     GError **error);

G_END_DECLS
