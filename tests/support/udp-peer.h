/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <tegata/dtls.h>

G_BEGIN_DECLS

/*
 * A TegataDtls on a real UDP socket of 127.0.0.1 and the real clock, for tests against
 * other programs: here, and not in the library, are the socket and the time. Nothing in
 * it waits: the caller polls @fd for no longer than udp_peer_get_timeout_ms() says.
 */
typedef struct
{
  TegataDtls *dtls;
  int fd;           /* bound, not connected, never blocks */
  guint16 port;     /* where it is bound */
  TegataAddress to; /* where outputs without an address go; a sockaddr_in */

  GString *data;                 /* application data received, one after the other */
  guint n_hello_verify_requests; /* seen on the wire, in either direction */
} UdpPeer;

/* @to_port: the peer's port on 127.0.0.1; 0 for a server, which answers who asks */
UdpPeer *udp_peer_new (TegataContext *context, TegataRole role, guint16 to_port);
void udp_peer_free (UdpPeer *self);

/* Names the certificate that the peer must have. */
void udp_peer_expect (UdpPeer *self, TegataCertificate *certificate);

void udp_peer_start (UdpPeer *self);
void udp_peer_send (UdpPeer *self, const char *text);
void udp_peer_close (UdpPeer *self);

/* Takes in what has arrived, minds the deadline, sends what there is to send. */
void udp_peer_step (UdpPeer *self);

/* Returns: milliseconds to the next deadline, rounded up; -1 for none */
int udp_peer_get_timeout_ms (UdpPeer *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpPeer, udp_peer_free)

G_END_DECLS
