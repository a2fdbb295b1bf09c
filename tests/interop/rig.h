/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "support/child.h"
#include "support/udp-peer.h"

G_BEGIN_DECLS

/*
 * Our end and another program side by side, moved by one poll(2). Each wait names what it
 * waits for, ends as soon as it holds, and fails the test loudly, with all that the other
 * program said, at the deadline of the whole rig.
 */
typedef struct
{
  UdpPeer *us; /* NULL until a listening program has told its port */
  Child *them;
  gint64 deadline_us;
} Rig;

/* @argv: the other program; it is started at once */
Rig *rig_new (const char *const *argv);
void rig_free (Rig *self);

void rig_expect_state (Rig *self, TegataState state);

/* The other program says @text. */
void rig_expect_output (Rig *self, const char *text);

/* Our end receives @text as application data. */
void rig_expect_data (Rig *self, const char *text);

/* The other program says @mark.
 * Returns: (transfer full): the rest of that line */
char *rig_expect_line (Rig *self, const char *mark);

/* The other program ends. */
void rig_expect_end (Rig *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Rig, rig_free)

G_END_DECLS
