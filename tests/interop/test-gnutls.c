/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scenario.h"

/* libgnutls 3.7 knows no GCM for SRTP. */
static const TegataSrtpProfile profiles[] = {
  TEGATA_SRTP_AES128_CM_HMAC_SHA1_80,
  TEGATA_SRTP_AES128_CM_HMAC_SHA1_32,
};

static const char *
get_priority (TegataVersion version)
{
  return version == TEGATA_VERSION_DTLS_1_0 ? "NORMAL:-VERS-ALL:+VERS-DTLS1.0"
                                            : "NORMAL:-VERS-ALL:+VERS-DTLS1.2";
}

static void
add_gnutls_cli (GPtrArray *argv, const Row *row, const Identity *identity, guint16 port)
{
  gsize keys_len = MAX (2 * tegata_srtp_profile_get_key_len (row->profile), 1);

  g_ptr_array_add (argv, g_strdup ("--udp"));
  g_ptr_array_add (argv, g_strdup ("--insecure"));
  g_ptr_array_add (argv, g_strdup ("--print-cert"));
  g_ptr_array_add (argv, g_strdup ("--keymatexport=EXTRACTOR-dtls_srtp"));
  g_ptr_array_add (argv,
                   g_strdup_printf ("--keymatexportsize=%" G_GSIZE_FORMAT, keys_len));
  g_ptr_array_add (argv, g_strdup_printf ("--priority=%s", get_priority (row->version)));
  g_ptr_array_add (argv,
                   g_strdup_printf ("--x509certfile=%s", identity->certificate_path));
  g_ptr_array_add (argv, g_strdup_printf ("--x509keyfile=%s", identity->key_path));
  g_ptr_array_add (argv, g_strdup_printf ("--port=%u", port));
  if (row->profile != TEGATA_SRTP_PROFILE_NONE)
  {
    g_ptr_array_add (argv,
                     g_strdup_printf ("--srtp-profiles=%s",
                                      tegata_srtp_profile_to_string (row->profile)));
  }
  g_ptr_array_add (argv, g_strdup ("127.0.0.1"));
}

static void
add_gnutls_server (GPtrArray *argv,
                   const Row *row,
                   const Identity *identity,
                   G_GNUC_UNUSED guint16 port)
{
  const char *profile = tegata_srtp_profile_to_string (row->profile);

  g_ptr_array_add (argv, g_strdup (identity->certificate_path));
  g_ptr_array_add (argv, g_strdup (identity->key_path));
  g_ptr_array_add (argv, g_strdup (get_priority (row->version)));
  g_ptr_array_add (argv, g_strdup (profile != NULL ? profile : ""));
  g_ptr_array_add (argv, g_strdup (row->has_cookie ? "cookie" : "no-cookie"));
}

static const Peer gnutls_cli = {
  .name = "gnutls-cli",
  .our_role = TEGATA_ROLE_SERVER,
  .program = "gnutls-cli",
  .package = "gnutls-bin",
  .keys = { "Key material: " },
  .finished = "Handshake was completed",
  .was_told = "Peer has closed the GnuTLS connection",
  .refused = "Received alert [42]",
  .add_arguments = add_gnutls_cli,
};

static const Peer gnutls_server = {
  .name = "gnutls-server",
  .our_role = TEGATA_ROLE_CLIENT,
#ifdef GNUTLS_SERVER
  .program = GNUTLS_SERVER,
#endif
  .package = "libgnutls28-dev",
  .listens = "listens on port ",
  .keys = { "SRTP keys: ", "Exported: " },
  .finished = "the handshake is complete",
  .was_told = "the client has closed",
  .refused = "was refused by alert 42",
  .add_arguments = add_gnutls_server,
};

int
main (int argc, char **argv)
{
  const Peer *peers[] = { &gnutls_server, &gnutls_cli };

  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (peers); i++)
  {
    for (gsize j = 0; j < G_N_ELEMENTS (profiles); j++)
    {
      scenario_add_profile (peers[i], profiles[j]);
    }
    scenario_add_variants (peers[i]);
  }
  return g_test_run ();
}
