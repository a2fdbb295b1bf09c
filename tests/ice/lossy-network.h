/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * A network namespace that has a loopback interface only, which loses UDP datagrams as
 * they arrive, both ways: at the sender's side they would be refused, and not lost.
 */

/* Runs this program again in a namespace of its own, where it may: does not return then.
 * Returns: (nullable): inside, NULL; else why there is none, for a test to be skipped */
const char *lossy_network_enter (char **argv);

/* From now on. @percent: 0 to 100 */
void lossy_network_set_loss (guint percent);
/* Nothing goes to or from @host any more, and all else arrives. */
void lossy_network_cut_off (const char *host);
/* What was lost and what came, since it was set. */
void lossy_network_count (guint64 *n_lost, guint64 *n_arrived);

G_END_DECLS
