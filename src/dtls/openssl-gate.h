/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "dtls/wire.h"

#include <tegata/dtls.h>

G_BEGIN_DECLS

/*
 * What libssl may see before the peer is authenticated. It dies of a plaintext alert, of
 * a message that is out of place, of a malformed ChangeCipherSpec; a record number near
 * 2^48 stalls it. So each record is read here first: what cannot be the peer's is counted
 * and dropped, every fragment goes on as a record of its own under a number of ours, and
 * what comes before its time is held.
 */
typedef struct
{
  TegataRole role;
  TegataDtlsStats *stats;
  gboolean tickets;        /* whether the peer may send a NewSessionTicket */
  guint16 version;         /* on the wire, once libssl read the peer's Hello; 0 before */
  gsize min_protected_len; /* bytes of a protected record's body, at least */
  guint64 next_sequence;   /* for the next record of epoch 0 that goes on */
  guint16 read_epoch;      /* libssl's: 1 once it took the ChangeCipherSpec */
  guint16 hello_seq;      /* message_seq of the peer's Hello: 1 behind a cookie, else 0 */
  guint16 next_message;   /* the peer's message that libssl reads next */
  guint16 flight_message; /* the first one of the peer's flight that is awaited */
  gboolean has_cipher_spec; /* a ChangeCipherSpec is held */
  guint n_verify_requests;  /* HelloVerifyRequests that libssl read */
  gboolean has_same_role;   /* a Hello came that only our own side sends */
  gboolean repeated; /* the peer sent an earlier flight again; for the owner to clear */
  GQueue ready;      /* of GBytes: records for libssl */
  GQueue held;       /* of GBytes: records of the next epoch */
} TegataOpensslGate;

void tegata_openssl_gate_init (TegataOpensslGate *self,
                               TegataRole role,
                               TegataDtlsStats *stats);
void tegata_openssl_gate_clear (TegataOpensslGate *self);

/* Reads the next record of @datagram. FALSE, which ends the datagram, where there is none
 * or it is cut short. One that cannot be DTLS, or is of another version than was
 * negotiated, is counted and passed over: libssl would drop it by its header, and read
 * its body as further records, which nobody here has looked at. */
gboolean tegata_openssl_gate_read (TegataOpensslGate *self,
                                   TegataReader *datagram,
                                   TegataRecord *record);

/* libssl read the peer's Hello. OpenSSL 3.0.20 ends even an established association
 * over a protected record that is shorter than its nonce and tag; so none goes on. */
void tegata_openssl_gate_note_hello (TegataOpensslGate *self,
                                     guint16 version,
                                     gboolean has_explicit_nonce);

/* A record during the handshake ends up in ready, held, or the statistics. */
void tegata_openssl_gate_push (TegataOpensslGate *self, const TegataRecord *record);

/* A record of epoch 0 after the handshake; may say that a flight was repeated. */
void tegata_openssl_gate_judge_late (TegataOpensslGate *self, const TegataRecord *record);

/* The next record for libssl, or NULL (transfer full). @cipher_spec_due: whether libssl
 * would take a ChangeCipherSpec now. */
GBytes *tegata_openssl_gate_pop (TegataOpensslGate *self, gboolean cipher_spec_due);

/* libssl read a whole message, its header included. */
void tegata_openssl_gate_note_message (TegataOpensslGate *self,
                                       const guint8 *bytes,
                                       gsize len);

G_END_DECLS
