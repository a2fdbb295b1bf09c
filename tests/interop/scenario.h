/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rig.h"

G_BEGIN_DECLS

/*
 * One handshake with another implementation, told by a row of a table, and all that must
 * hold of it: each side sees the other's certificate, both have the same SRTP keys, data
 * passes both ways, and each notices that the other has closed.
 */

typedef struct _Peer Peer;

typedef struct
{
  const Peer *peer;
  TegataSrtpProfile profile; /* NONE: no use_srtp at all */
  TegataVersion version;
  TegataKeyType key_type; /* of both certificates */
  gboolean has_cookie;    /* the server sends a HelloVerifyRequest */
  gboolean peer_closes;   /* else we do, first */
} Row;

/* Who the other program is: a certificate and its key in files that it can read. */
typedef struct
{
  TegataCertificate *certificate;
  char *directory;
  char *certificate_path;
  char *key_path;
} Identity;

struct _Peer
{
  const char *name;     /* in the names of tests */
  TegataRole our_role;  /* the other program has the other one */
  const char *program;  /* a path, or to be found in PATH; NULL where it was not built */
  const char *package;  /* Debian's, to be named where it is missing */
  gboolean always_asks; /* for a cookie, as a server; a row only says how */
  gboolean leaves_silently; /* its socket is gone before it could say so */
  const char *listens;      /* what a server says before its port, at the end of a line */
  const char *keys[2];      /* what it says before the keying material, in hex; or NULL */
  const char *finished;     /* what it says once it has our Finished */
  const char *was_told;     /* what it says once it was told that we close */
  const char *refused;      /* what it says when it has got a fatal alert */

  /* Adds its arguments. @port: where we are, or 0 for a server, which chooses */
  void (*add_arguments) (GPtrArray *argv,
                         const Row *row,
                         const Identity *identity,
                         guint16 port);
};

Identity *identity_new (TegataKeyType key_type);
void identity_free (Identity *self);

/* Returns: FALSE where the program is missing; the test is then skipped, loudly */
gboolean scenario_has_peer (const Peer *peer);

/* Returns: (transfer full): a context of ours that fits @row, not sealed */
TegataContext *scenario_new_context (const Row *row);

/* Starts the other program and makes our end, which is still to be started.
 * @expected: whose certificate we go on with
 * @extra_arguments: (nullable): a NULL-terminated list */
Rig *scenario_new (const Row *row,
                   TegataContext *context,
                   const Identity *identity,
                   TegataCertificate *expected,
                   const char *const *extra_arguments);

/* Waits until both are connected. */
void scenario_expect_connected (Rig *rig, const Row *row);
void scenario_expect_same_keys (Rig *rig, const Row *row);
void scenario_expect_data_both_ways (Rig *rig);

/* Adds the tests of one profile: with a cookie and without. */
void scenario_add_profile (const Peer *peer, TegataSrtpProfile profile);

/* Adds the tests of all else that every peer can do. */
void scenario_add_variants (const Peer *peer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Identity, identity_free)

G_END_DECLS
