/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rig.h"

G_BEGIN_DECLS

/*
 * What is tried with every two kinds of ends that can do it. @rig_case of each: a
 * RigCase. `add` gives them their names, below @prefix, which ends with a slash.
 */

/* For all kinds, GStreamer's own included. */
void scenarios_add_interop (const char *prefix, const RigCase *rig_case);
/* For two of ours. */
void scenarios_add_media (const char *prefix, const RigCase *rig_case);
void scenarios_add_trust (const char *prefix, const RigCase *rig_case);
void scenarios_add_early (const char *prefix, const RigCase *rig_case);
void scenarios_add_life (const char *prefix, const RigCase *rig_case);
void scenarios_add_stall (const char *prefix, const RigCase *rig_case);

typedef struct
{
  const char *name;
  GTestDataFunc func;
} Scenario;

void scenarios_add (const char *prefix,
                    const RigCase *rig_case,
                    const Scenario *scenarios,
                    gsize n_scenarios);

G_END_DECLS
