/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "dtls/datagram-bio.h"
#include "dtls/engine.h"
#include "dtls/openssl-gate.h"
#include "dtls/retransmit.h"

#include <openssl/ssl.h>
#include <string.h>

G_BEGIN_DECLS

/* The parts of the engine on libssl, which share its insides:
 *   openssl-context.c     what associations share: an SSL_CTX
 *   openssl-verify.c      the peer's certificate against its fingerprint
 *   openssl-resumption.c  sessions by id, by ticket and by the client's name for them
 *   openssl-gate.c        what libssl may see
 *   openssl-begin.c       how a handshake begins
 *   openssl-drive.c       feeding libssl, and how a handshake ends
 *   openssl-flight.c      what it writes: flights and their timer
 *   openssl-engine.c      the table of functions: lifecycle, outputs, information
 */

typedef struct _TegataResumptionCache TegataResumptionCache;

typedef struct
{
  SSL_CTX *ssl_context;
  TegataResumptionCache *cache; /* NULL where sessions are not resumed */
  TegataKeyLogFunc key_log;     /* nullable */
  gpointer key_log_data;
} TegataOpensslShared;

struct _TegataEngine
{
  TegataOpensslShared *shared; /* borrowed */
  TegataRole role;
  TegataVerifier *verifier; /* borrowed */
  TegataDtlsStats *stats;   /* borrowed */
  guint mtu;                /* bytes of UDP payload */

  SSL *ssl;
  TegataDatagramBio bio;
  TegataOpensslGate gate;
  TegataRetransmit machine;
  TegataEngineStatus status;
  GError *error; /* in FAILED; before, why the last ClientHello was refused; nullable */
  int alert;     /* fatal, the last one that libssl sent or received, or -1 */
  gboolean alert_received;
  char *resumption_name;      /* nullable */
  SSL_SESSION *fresh_session; /* to be kept once the peer is the right one; nullable */
  gboolean peer_has_extms;    /* RFC 7627; told by its Hello */
  gboolean awaits_ticket;     /* the server's Hello announced one */
  gboolean saw_cipher_spec;   /* libssl read one; whether it took it shows in its state */
  gboolean was_established;   /* whatever came after it */

  gint64 now_us;           /* of the call that is being served */
  gboolean flight_begun;   /* by libssl, in this pump */
  guint n_libssl_timeouts; /* of this flight; libssl dies of the 13th */
  guint n_late_answers;    /* libssl's, to a repeated Finished; likewise */
  GByteArray *flight;      /* the records of our last flight */
  guint flight_mtu;        /* bytes of UDP payload, smaller after the third timeout */
  guint64 next_sequence;   /* of our next record of epoch 0 */
  gboolean adopt_sequence; /* from the ClientHello that is expected behind a cookie */
  GQueue datagrams;        /* of GBytes, to be taken */
  GQueue data;             /* of GBytes, likewise */
  gsize data_cost;         /* see tegata_openssl_data_cost() */
};

TegataEngine *tegata_openssl_engine_of (const SSL *ssl);

gpointer tegata_openssl_shared_new (TegataContext *context, GError **error);
void tegata_openssl_shared_free (gpointer shared);
gboolean tegata_openssl_has_version (TegataVersion version);
gboolean tegata_openssl_has_groups (const char *groups);
gboolean tegata_openssl_can_serve (TegataContext *context, GError **error);
int tegata_openssl_version_number (TegataVersion version);

/* The verify call-back of the SSL_CTX; a mismatch that is known by now ends the
 * handshake. */
int tegata_openssl_verify (X509_STORE_CTX *store, void *nothing);
/* Whether the certificate of a session, full or resumed, reached the verifier. */
gboolean tegata_openssl_take_peer_certificate (TegataEngine *self);

/* @n_max: how many sessions are kept. */
TegataResumptionCache *tegata_resumption_cache_new (SSL_CTX *ssl_context, guint n_max);
void tegata_resumption_cache_free (TegataResumptionCache *self);
/* Offers the session of the engine's name, where there is one of the right peer. */
void tegata_resumption_offer (TegataEngine *self);
/* Keeps the association's own: the peer is the right one, */
void tegata_resumption_keep (TegataEngine *self);
/* or forgets it: the association came to a bad end (RFC 5246 section 7.2.2). */
void tegata_resumption_forget (TegataEngine *self);
/* For a fresh SSL: notes what the call-backs of the cache need to know. */
void tegata_resumption_watch (TegataEngine *self);

/* A fresh SSL on the engine's BIO. */
gboolean tegata_openssl_renew (TegataEngine *self, GError **error);
void tegata_openssl_begin (TegataEngine *self, gint64 now_us);
void tegata_openssl_expect_cookie (TegataEngine *self, gint64 now_us);
void tegata_openssl_handle_datagram (TegataEngine *self,
                                     const guint8 *bytes,
                                     gsize len,
                                     gint64 now_us);
/* libssl's call-back for each message, alert and ChangeCipherSpec. */
void tegata_openssl_note_message (int sent,
                                  int version,
                                  int type,
                                  const void *bytes,
                                  size_t len,
                                  SSL *ssl,
                                  void *engine);
/* Lets libssl read what is in the BIO, and takes what follows from it. */
void tegata_openssl_pump (TegataEngine *self);

/* What a message costs that waits to be taken: many small ones are dear too. */
gsize tegata_openssl_data_cost (gsize len);

/* After a use of libssl that SSL_alloc_buffers() came before. */
void tegata_openssl_rest (TegataEngine *self);

/* The call-back of libssl's timer. */
unsigned int tegata_openssl_set_timer (SSL *ssl, unsigned int waited_us);
/* Packs what libssl wrote into datagrams to be taken: no flight, */
void tegata_openssl_flush (TegataEngine *self);
/* the same, or an answer to a repeated Finished: as small as the flight had to be, */
void tegata_openssl_flush_late (TegataEngine *self);
/* a flight, new or again, that the peer is to answer, */
void tegata_openssl_flush_waiting (TegataEngine *self);
/* or the last one. */
void tegata_openssl_flush_last (TegataEngine *self);
/* The last one was the peer's. */
void tegata_openssl_forget_flight (TegataEngine *self);
/* Sends our flight again where the gate saw that the peer lacks it. */
void tegata_openssl_answer_repetition (TegataEngine *self);
void tegata_openssl_handle_deadline (TegataEngine *self, gint64 now_us);

G_END_DECLS
