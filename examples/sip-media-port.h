/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <tegata/tegata.h>

G_BEGIN_DECLS

/*
 * One UDP port of ours, and the one association that a call has on it. What is sent
 * leaves by the port where things are received (symmetric RTP, RFC 4961).
 *
 * It listens, as the DTLS server, or it dials, as the client. Who listens may be called
 * by anybody: each caller has to return a cookie, and the first one who proves to own a
 * certificate that the description names is the call's peer. The others are dropped.
 *
 *   listen ---- caller ----> CONNECTING, AWAITING_FINGERPRINT
 *      |                        |
 *      | dial                   | expect: the description names its certificate
 *      v                        v
 *   CONNECTING -----------> CONNECTED --> CLOSED, FAILED
 */
typedef struct _SipPort SipPort;

/*
 * @changed: sip_port_get_state() has another answer
 * @media: of the peer alone
 * @notice: something that people want to know, and that ends nothing
 *
 * None may free the port.
 */
typedef struct
{
  void (*changed) (SipPort *port, gpointer user_data);
  void (*media) (TegataPacket *packets, guint n_packets, gpointer user_data);
  void (*notice) (const char *sentence, gpointer user_data);
} SipPortCallbacks;

/* What the ports of a program share. Borrowed. */
typedef struct
{
  TegataContext *context;
  TegataLoop *loop;
  const SipPortCallbacks *callbacks;
  gpointer user_data;
} SipPortShared;

/* Returns: (transfer full) (nullable): an open port that does nothing yet; NULL with what
 * tegata_udp_channel_new() says */
SipPort *
sip_port_new (const SipPortShared *shared, GSocketAddress *local, GError **error);

/* Says goodbye to the peer. */
void sip_port_free (SipPort *self);

guint16 sip_port_get_number (SipPort *self);

/* Does nothing where it listens already. */
gboolean sip_port_listen (SipPort *self, GError **error);

/*
 * @fingerprints: (element-type TegataFingerprint) (nullable): whom to expect from now on;
 * NULL while that is not known: who calls has to wait
 */
void sip_port_expect (SipPort *self, GPtrArray *fingerprints);

/* Returns: whether somebody has called by now */
gboolean sip_port_was_called (SipPort *self);

/* Ends to listen, drops whoever called, and calls @peer. */
gboolean sip_port_dial (SipPort *self,
                        GSocketAddress *peer,
                        GPtrArray *fingerprints,
                        GError **error);

/* The peer has moved, and keeps its association. Who was called has to be told; where the
 * peer called, its association is bound to where it called from: FALSE */
gboolean sip_port_move (SipPort *self, GSocketAddress *peer);

/* Nobody called in time, or nobody who was the peer: where it still waits for one, its
 * state is TEGATA_STATE_FAILED from here on, and nobody can call. */
void sip_port_give_up (SipPort *self, guint timeout_s);

/* It cannot begin: its state is TEGATA_STATE_FAILED from here on, because of @error. */
void sip_port_fail (SipPort *self, const GError *error);

/* Ends the association; the port is as it was before there was one. Whoever waits to be
 * expected goes on waiting. */
void sip_port_hang_up (SipPort *self);

TegataState sip_port_get_state (SipPort *self);

/* Returns: (transfer none) (nullable): the association, while it is connected */
TegataTransport *sip_port_get_transport (SipPort *self);

/* Returns: (transfer none) (nullable): why its state is TEGATA_STATE_FAILED */
const GError *sip_port_get_error (SipPort *self);

G_END_DECLS
