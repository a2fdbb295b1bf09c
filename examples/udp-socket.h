/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <tegata/dtls.h>

/*
 * The few calls on UDP sockets that udp-hop needs. A TegataAddress holds a sockaddr here.
 */

/**
 * udp_resolve:
 * @text: HOST:PORT, [IPV6]:PORT, or PORT where there is a @default_host
 * @default_host: (nullable): the host of a bare port; %NULL where @text must name one
 * @address: (out caller-allocates): the first address that it resolves to
 *
 * Returns: whether it could be resolved
 */
gboolean udp_resolve (const char *text,
                      const char *default_host,
                      TegataAddress *address,
                      GError **error);

/**
 * udp_open:
 * @address: its family is the socket's
 * @bind_to_it: whether @address is where to receive, or only shows the family
 *
 * Returns: a socket that closes on exec, or -1
 */
int udp_open (const TegataAddress *address, gboolean bind_to_it, GError **error);

/**
 * udp_connect:
 * @to: the only peer of @fd from now on
 *
 * The kernel then drops what comes from elsewhere, and udp_receive() hears of ICMP
 * errors.
 *
 * Returns: whether there is a way to it
 */
gboolean udp_connect (int fd, const TegataAddress *to, GError **error);

/** udp_local_name: "HOST:PORT" of where @fd receives, to be freed */
char *udp_local_name (int fd);

/**
 * udp_receive:
 * @from: (out) (optional): who sent it
 *
 * Does not wait.
 *
 * Returns: the datagram's length, or -1 where there is none now, with errno: where @fd is
 * connected an ICMP error shows as ECONNREFUSED or the like, which anybody can forge
 */
gssize udp_receive (int fd, guint8 *buffer, gsize size, TegataAddress *from);

/**
 * udp_send:
 *
 * Does not wait, and does not fail: a datagram that the kernel refuses (nobody listens
 * yet, the queue is full) is lost, as it may be anywhere on its way.
 */
void udp_send (int fd, const guint8 *bytes, gsize len, const TegataAddress *to);
