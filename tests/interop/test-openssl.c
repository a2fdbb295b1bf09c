/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "openssl-peers.h"

int
main (int argc, char **argv)
{
  const Peer *peers[] = { &openssl_s_server, &openssl_s_client };

  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (peers); i++)
  {
    for (gsize j = 0; j < G_N_ELEMENTS (openssl_profiles); j++)
    {
      scenario_add_profile (peers[i], openssl_profiles[j].profile);
    }
    scenario_add_variants (peers[i]);
  }
  return g_test_run ();
}
