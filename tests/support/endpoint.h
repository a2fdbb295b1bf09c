/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "support/network.h"

#include <tegata/session.h>

G_BEGIN_DECLS

/*
 * One end of a simulated association: a TegataDtls or a TegataSession as a node of a
 * network, with what it did recorded. What must hold always is asserted after each step:
 * no datagram above the MTU, no state that goes back, and no key, no data and no media
 * before TEGATA_STATE_CONNECTED.
 */

typedef enum
{
  ENDPOINT_DTLS,
  ENDPOINT_SESSION,
} EndpointKind;

typedef struct
{
  EndpointKind kind;
  TegataRole role;
  TegataContext *context;
  TegataDtls *dtls;       /* owned by the session, where there is one */
  TegataSession *session; /* NULL for ENDPOINT_DTLS */

  Network *network;
  guint node;
  TegataAddress peer;  /* where outputs without an address go */
  gboolean is_trusted; /* handle_datagram is given no address: as behind ICE */

  GArray *states;  /* (element-type TegataState): every one that was told */
  GPtrArray *data; /* (element-type GBytes): application data received */
  GPtrArray *rtp;  /* likewise, plain */
  GPtrArray *rtcp;
  gint64 started_us;
  gint64 connected_us; /* -1: not yet */
  gsize longest_datagram;
} Endpoint;

/* The certificate of that kind, made once a program: keys are dear. */
TegataCertificate *test_certificate (TegataKeyType key_type);
/* Another one than test_certificate() gives. */
TegataCertificate *test_other_certificate (void);
/* A context with test_certificate(). */
TegataContext *test_context_new (TegataKeyType key_type);
/* (transfer full) */
TegataFingerprint *test_fingerprint (TegataCertificate *certificate);

/* NULL with the library's error where the role cannot be played. */
Endpoint *endpoint_new (Network *network,
                        EndpointKind kind,
                        TegataContext *context,
                        TegataRole role,
                        GError **error);
void endpoint_free (Endpoint *self);

void endpoint_expect_certificate (Endpoint *self, TegataCertificate *certificate);
void endpoint_expect_fingerprints (Endpoint *self,
                                   TegataFingerprint *const *fingerprints,
                                   gsize n_fingerprints);
void endpoint_set_resumption_name (Endpoint *self, const char *name);
void endpoint_set_rtt_us (Endpoint *self, gint64 rtt_us);
void endpoint_start (Endpoint *self);
/* Hands over what the association has to say. Needed after calls that are not made
 * through here. */
void endpoint_poll (Endpoint *self);
gboolean endpoint_send_data (Endpoint *self, const char *text, GError **error);
void endpoint_close (Endpoint *self);

TegataState endpoint_state (Endpoint *self);
const GError *endpoint_error (Endpoint *self);
gboolean endpoint_is_final (Endpoint *self);
void endpoint_get_stats (Endpoint *self, TegataDtlsStats *stats);
/* Whether it was ever told that it is in that state. */
gboolean endpoint_was_in (Endpoint *self, TegataState state);
void endpoint_assert_state (Endpoint *self, TegataState state);
/* FAILED with that error, after an export and a send that are refused too. */
void endpoint_assert_failed (Endpoint *self, TegataError code);
/* How often it was given that text. */
guint endpoint_count_data (Endpoint *self, const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Endpoint, endpoint_free)

G_END_DECLS
