/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "openssl-peers.h"

const OpensslProfile openssl_profiles[OPENSSL_N_PROFILES] = {
  { TEGATA_SRTP_AES128_CM_HMAC_SHA1_80, "SRTP_AES128_CM_SHA1_80" },
  { TEGATA_SRTP_AES128_CM_HMAC_SHA1_32, "SRTP_AES128_CM_SHA1_32" },
  { TEGATA_SRTP_AEAD_AES_128_GCM, "SRTP_AEAD_AES_128_GCM" },
  { TEGATA_SRTP_AEAD_AES_256_GCM, "SRTP_AEAD_AES_256_GCM" },
};

static void
add (GPtrArray *argv, const char *option, const char *value)
{
  g_ptr_array_add (argv, g_strdup (option));
  if (value != NULL)
  {
    g_ptr_array_add (argv, g_strdup (value));
  }
}

static void
add_handshake (GPtrArray *argv, TegataVersion version)
{
  add (argv, "-state", NULL);
  if (version == TEGATA_VERSION_DTLS_1_0)
  {
    add (argv, "-dtls1", NULL);
    add (argv, "-cipher", "ALL:@SECLEVEL=0");
    return;
  }
  add (argv, "-dtls1_2", NULL);
}

/* Keying material is asked for without use_srtp too: it says when s_client or s_server is
 * done printing. It does not say that the handshake was completed: s_client has some
 * to print also when it was refused. */
static void
add_srtp (GPtrArray *argv, TegataSrtpProfile profile)
{
  gsize len = MAX (2 * tegata_srtp_profile_get_key_len (profile), 1);
  g_autofree char *text = g_strdup_printf ("%" G_GSIZE_FORMAT, len);

  for (gsize i = 0; i < G_N_ELEMENTS (openssl_profiles); i++)
  {
    if (openssl_profiles[i].profile == profile)
    {
      add (argv, "-use_srtp", openssl_profiles[i].name);
    }
  }
  add (argv, "-keymatexport", "EXTRACTOR-dtls_srtp");
  add (argv, "-keymatexportlen", text);
}

static void
add_s_server (GPtrArray *argv,
              const Row *row,
              const Identity *identity,
              G_GNUC_UNUSED guint16 port)
{
  add (argv, "s_server", NULL);
  add (argv, "-accept", "127.0.0.1:0");
  add (argv, "-Verify", "1");
  add (argv, "-cert", identity->certificate_path);
  add (argv, "-key", identity->key_path);
  add_handshake (argv, row->version);
  add_srtp (argv, row->profile);
  /* s_server always asks for a cookie; with -listen it keeps nothing before it has one */
  if (row->has_cookie)
  {
    add (argv, "-listen", NULL);
  }
}

static void
add_s_client (GPtrArray *argv, const Row *row, const Identity *identity, guint16 port)
{
  g_autofree char *address = g_strdup_printf ("127.0.0.1:%u", port);

  add (argv, "s_client", NULL);
  add (argv, "-connect", address);
  add (argv, "-cert", identity->certificate_path);
  add (argv, "-key", identity->key_path);
  add_handshake (argv, row->version);
  add_srtp (argv, row->profile);
}

const Peer openssl_s_server = {
  .name = "openssl-s_server",
  .our_role = TEGATA_ROLE_CLIENT,
  .program = "openssl",
  .package = "openssl",
  .always_asks = TRUE,
  .leaves_silently = TRUE,
  .listens = "ACCEPT 127.0.0.1:",
  .keys = { "Keying material: " },
  .finished = "SSLv3/TLS read finished",
  .was_told = "alert read:warning:close notify",
  .refused = "SSL alert number 42",
  .add_arguments = add_s_server,
};

const Peer openssl_s_client = {
  .name = "openssl-s_client",
  .our_role = TEGATA_ROLE_SERVER,
  .program = "openssl",
  .package = "openssl",
  .keys = { "Keying material: " },
  .finished = "SSLv3/TLS read finished",
  .was_told = "alert read:warning:close notify",
  .refused = "SSL alert number 42",
  .add_arguments = add_s_client,
};
