/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "support/network.h"

#include <openssl/ssl.h>

G_BEGIN_DECLS

/*
 * A peer that is not ours: libssl, as a plain program drives it, on a simulated network.
 * It sends a record a datagram and keeps libssl's own timer. For what two of our own
 * never say to each other: sessions by id alone, no extended master secret, and so on.
 */

typedef struct _OpensslNode OpensslNode;

/* What several of them share; it may be altered before the first. It accepts any
 * certificate, caches sessions, and speaks DTLS 1.2 with the first three SRTP profiles.
 * (transfer full) */
SSL_CTX *openssl_node_context_new (TegataCertificate *certificate);

/* @session: for a client to resume; nullable. */
OpensslNode *openssl_node_new (Network *network,
                               SSL_CTX *context,
                               TegataRole role,
                               SSL_SESSION *session);
void openssl_node_free (OpensslNode *self);

guint openssl_node_get_node (OpensslNode *self);
SSL *openssl_node_get_ssl (OpensslNode *self);
/* A server answers whoever spoke to it last. */
void openssl_node_start (OpensslNode *self, const TegataAddress *peer);
gboolean openssl_node_is_connected (OpensslNode *self);
/* libssl reported an error that no further datagram mends. */
gboolean openssl_node_has_failed (OpensslNode *self);
/* Exported as for SRTP. */
void openssl_node_export (OpensslNode *self, guint8 *out, gsize len);
void openssl_node_send (OpensslNode *self, const char *text);
/* The last application data that came; "" for none. */
const char *openssl_node_get_data (OpensslNode *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OpensslNode, openssl_node_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SSL_CTX, SSL_CTX_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SSL_SESSION, SSL_SESSION_free)

G_END_DECLS
