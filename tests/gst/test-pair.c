/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scenarios.h"

/* tegatasrtpenc and tegatasrtpdec to the same, and either of them and tegatatransport. */

int
main (int argc, char **argv)
{
  static const RigCase pairs = { RIG_PAIR, RIG_PAIR };
  static const RigCase pair_calls = { RIG_PAIR, RIG_TRANSPORT };
  static const RigCase pair_is_called = { RIG_TRANSPORT, RIG_PAIR };
  static const char prefix[] = "/gst/pair/";
  static const char calls_prefix[] = "/gst/pair-calls-transport/";
  static const char called_prefix[] = "/gst/transport-calls-pair/";

  rig_init (&argc, &argv);
  scenarios_add_interop (prefix, &pairs);
  scenarios_add_media (prefix, &pairs);
  scenarios_add_trust (prefix, &pairs);
  scenarios_add_early (prefix, &pairs);
  scenarios_add_life (prefix, &pairs);
  scenarios_add_stall (prefix, &pairs);

  scenarios_add_interop (calls_prefix, &pair_calls);
  scenarios_add_trust (calls_prefix, &pair_calls);
  scenarios_add_early (calls_prefix, &pair_calls);
  scenarios_add_interop (called_prefix, &pair_is_called);
  scenarios_add_trust (called_prefix, &pair_is_called);
  scenarios_add_early (called_prefix, &pair_is_called);
  return rig_run ();
}
