/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scenarios.h"

/* tegatatransport to tegatatransport. */

int
main (int argc, char **argv)
{
  static const RigCase transports = { RIG_TRANSPORT, RIG_TRANSPORT };
  static const char prefix[] = "/gst/transport/";

  rig_init (&argc, &argv);
  scenarios_add_interop (prefix, &transports);
  scenarios_add_media (prefix, &transports);
  scenarios_add_trust (prefix, &transports);
  scenarios_add_early (prefix, &transports);
  scenarios_add_life (prefix, &transports);
  scenarios_add_stall (prefix, &transports);
  return rig_run ();
}
