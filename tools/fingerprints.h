/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <tegata/tegata.h>

G_BEGIN_DECLS

/*
 * Whom to trust: the fingerprints of the peer, as the command line names them, from files
 * that may come later, or from standard input; gathered on the main loop, while a
 * handshake may be under way already.
 */
typedef struct _PeerFingerprints PeerFingerprints;

/* @complete: all are there: peer_fingerprints_get()
 * @failed: they will not come
 * @note: a sentence for the user: what is awaited, or what was passed over
 *
 * None may free the object. */
typedef struct
{
  void (*complete) (gpointer user_data);
  void (*failed) (const GError *error, gpointer user_data);
  void (*note) (const char *sentence, gpointer user_data);
} PeerFingerprintsCallbacks;

/*
 * @texts: (nullable): "sha-256 AB:..", an a=fingerprint line, or @FILE each; NULL for the
 * lines of standard input, which an empty line or its end ends
 *
 * Returns: (transfer full): NULL with G_OPTION_ERROR where one of @texts is none, with
 * another error where a file is there that will never have any
 */
PeerFingerprints *peer_fingerprints_new (const char *const *texts,
                                         const PeerFingerprintsCallbacks *callbacks,
                                         gpointer user_data,
                                         GError **error);
void peer_fingerprints_free (PeerFingerprints *self);

/* Begins to gather. Calls back from within where all is there already. */
void peer_fingerprints_start (PeerFingerprints *self);

/* Looks at awaited files now: their peer is here. May call back from within. */
void peer_fingerprints_look (PeerFingerprints *self);

/* Returns: (transfer none) (nullable): all of them, once complete */
GPtrArray *peer_fingerprints_get (PeerFingerprints *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PeerFingerprints, peer_fingerprints_free)

G_END_DECLS
