/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The first seed of a scenario: TEGATA_TEST_SEED, else 1; a run that fails tells its own,
 * which can then be given. */
guint32 test_first_seed (void);

/* How many seeds a scenario runs with: TEGATA_TEST_SEEDS, else @by_default. */
guint test_n_seeds (guint by_default);

G_END_DECLS
