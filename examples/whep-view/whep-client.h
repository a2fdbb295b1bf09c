/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/*
 * The signalling of draft-ietf-wish-whep, as a player speaks it: an offer is posted, the
 * answer names where the session is, and that is deleted at the end.
 */
typedef struct _WhepClient WhepClient;
typedef struct _WhepSession WhepSession;

/* @token: (nullable): the bearer's
 * @tls_ca: (nullable): a PEM file of who may sign, in place of the system's
 * NULL where @url is none, or @tls_ca holds no certificate. */
WhepClient *
whep_client_new (const char *url, const char *token, const char *tls_ca, GError **error);
void whep_client_free (WhepClient *self);

/* Requests on their way: sessions that are freed are deleted behind that. */
guint whep_client_get_n_pending (WhepClient *self);

/* @answer: NULL with an error. From the main loop, never from within whep_client_post(),
 * and once at most: not after whep_session_free(). */
typedef void (*WhepAnswerFunc) (const char *answer,
                                gsize len,
                                const GError *error,
                                gpointer user_data);

WhepSession *whep_client_post (WhepClient *self,
                               const char *offer,
                               WhepAnswerFunc func,
                               gpointer user_data);

/* Ends it at the gateway, too: at once, or when the answer that is under way has said
 * where it is. Before the client. */
void whep_session_free (WhepSession *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (WhepClient, whep_client_free)
