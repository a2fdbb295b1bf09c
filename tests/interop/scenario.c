/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scenario.h"

#include <glib/gstdio.h>
#include <string.h>

/* No first letter that s_client or s_server takes for a command. */
#define OUR_LINE "hello from tegata\n"
#define THEIR_LINE "hello from the peer\n"

static char *
write_file (const char *directory, const char *name, const char *text)
{
  g_autoptr (GError) error = NULL;
  char *path = g_build_filename (directory, name, NULL);

  g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, &error);
  g_assert_no_error (error);
  return path;
}

Identity *
identity_new (TegataKeyType key_type)
{
  g_autoptr (GError) error = NULL;
  Identity *self = g_new0 (Identity, 1);
  g_autofree char *certificate_pem = NULL;
  g_autofree char *key_pem = NULL;

  self->certificate = tegata_certificate_new (key_type, &error);
  g_assert_no_error (error);
  self->directory = g_dir_make_tmp ("tegata-interop-XXXXXX", &error);
  g_assert_no_error (error);

  certificate_pem = tegata_certificate_to_pem (self->certificate);
  key_pem = tegata_certificate_key_to_pem (self->certificate);
  self->certificate_path
      = write_file (self->directory, "certificate.pem", certificate_pem);
  self->key_path = write_file (self->directory, "key.pem", key_pem);
  return self;
}

void
identity_free (Identity *self)
{
  if (self == NULL)
  {
    return;
  }

  g_unlink (self->certificate_path);
  g_unlink (self->key_path);
  g_rmdir (self->directory);
  g_free (self->certificate_path);
  g_free (self->key_path);
  g_free (self->directory);
  tegata_certificate_unref (self->certificate);
  g_free (self);
}

gboolean
scenario_has_peer (const Peer *peer)
{
  g_autofree char *path = NULL;
  g_autofree char *message = NULL;

  if (peer->program != NULL)
  {
    path = g_find_program_in_path (peer->program);
  }
  if (path == NULL)
  {
    message = g_strdup_printf ("NOTHING WAS TRIED AGAINST %s: install the package %s",
                               peer->name, peer->package);
    g_test_skip (message);
  }
  return path != NULL;
}

TegataContext *
scenario_new_context (const Row *row)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TegataCertificate) certificate = NULL;
  TegataContext *context;

  certificate = tegata_certificate_new (row->key_type, &error);
  g_assert_no_error (error);
  context = tegata_context_new (certificate, &error);
  g_assert_no_error (error);
  tegata_context_set_versions (context, row->version, row->version, &error);
  g_assert_no_error (error);
  tegata_context_set_srtp_profiles (context, tegata_srtp_profile_to_string (row->profile),
                                    &error);
  g_assert_no_error (error);
  tegata_context_set_cookies (context, row->has_cookie ? TEGATA_COOKIES_ALWAYS
                                                       : TEGATA_COOKIES_NEVER);
  return context;
}

static Rig *
start_program (const Row *row,
               const Identity *identity,
               guint16 port,
               const char *const *extra_arguments)
{
  g_autoptr (GPtrArray) argv = g_ptr_array_new_with_free_func (g_free);

  g_ptr_array_add (argv, g_strdup (row->peer->program));
  row->peer->add_arguments (argv, row, identity, port);
  for (gsize i = 0; extra_arguments != NULL && extra_arguments[i] != NULL; i++)
  {
    g_ptr_array_add (argv, g_strdup (extra_arguments[i]));
  }
  g_ptr_array_add (argv, NULL);
  return rig_new ((const char *const *) argv->pdata);
}

static guint16
expect_port (Rig *rig, const Peer *peer)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = rig_expect_line (rig, peer->listens);
  guint64 port;

  g_ascii_string_to_unsigned (text, 10, 1, G_MAXUINT16, &port, &error);
  g_assert_no_error (error);
  return (guint16) port;
}

Rig *
scenario_new (const Row *row,
              TegataContext *context,
              const Identity *identity,
              TegataCertificate *expected,
              const char *const *extra_arguments)
{
  Rig *rig;

  if (row->peer->our_role == TEGATA_ROLE_CLIENT)
  {
    rig = start_program (row, identity, 0, extra_arguments);
    rig->us = udp_peer_new (context, TEGATA_ROLE_CLIENT, expect_port (rig, row->peer));
  }
  else
  {
    UdpPeer *us = udp_peer_new (context, TEGATA_ROLE_SERVER, 0);

    rig = start_program (row, identity, us->port, extra_arguments);
    rig->us = us;
  }
  udp_peer_expect (rig->us, expected);
  return rig;
}

void
scenario_expect_connected (Rig *rig, const Row *row)
{
  TegataDtls *dtls = rig->us->dtls;

  rig_expect_state (rig, TEGATA_STATE_CONNECTED);
  rig_expect_output (rig, row->peer->finished);
  for (gsize i = 0; i < G_N_ELEMENTS (row->peer->keys); i++)
  {
    if (row->peer->keys[i] != NULL)
    {
      rig_expect_output (rig, row->peer->keys[i]);
    }
  }

  g_assert_cmpint (tegata_dtls_get_version (dtls), ==, row->version);
  g_assert_cmpint (tegata_dtls_get_srtp_profile (dtls), ==, row->profile);
  g_assert_nonnull (tegata_dtls_get_cipher (dtls));
  g_assert_cmpint (rig->us->n_hello_verify_requests > 0, ==,
                   row->has_cookie || row->peer->always_asks);
  g_test_message ("%s, %s", tegata_version_to_string (row->version),
                  tegata_dtls_get_cipher (dtls));
}

static void
append_hex (GString *hex, const guint8 *bytes, gsize len)
{
  for (gsize i = 0; i < len; i++)
  {
    g_string_append_printf (hex, "%02x", bytes[i]);
  }
}

/* Back into the order of the exporter's output: client key, server key, client salt,
 * server salt (RFC 5764 section 4.2). */
static char *
keys_to_exporter_hex (const TegataSrtpKeys *keys)
{
  gsize salt_len = tegata_srtp_profile_get_salt_len (keys->profile);
  gsize key_len = keys->key_len - salt_len;
  GString *hex = g_string_new (NULL);

  append_hex (hex, keys->client, key_len);
  append_hex (hex, keys->server, key_len);
  append_hex (hex, keys->client + key_len, salt_len);
  append_hex (hex, keys->server + key_len, salt_len);
  return g_string_free (hex, FALSE);
}

void
scenario_expect_same_keys (Rig *rig, const Row *row)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *ours = NULL;
  TegataSrtpKeys keys;

  if (row->profile == TEGATA_SRTP_PROFILE_NONE)
  {
    g_assert_false (tegata_dtls_export_srtp_keys (rig->us->dtls, &keys, &error));
    g_assert_error (error, TEGATA_ERROR, TEGATA_ERROR_NO_PROFILE);
    return;
  }

  tegata_dtls_export_srtp_keys (rig->us->dtls, &keys, &error);
  g_assert_no_error (error);
  g_assert_cmpint (keys.profile, ==, row->profile);
  g_assert_cmpuint (keys.key_len, ==, tegata_srtp_profile_get_key_len (row->profile));
  ours = keys_to_exporter_hex (&keys);

  for (gsize i = 0; i < G_N_ELEMENTS (row->peer->keys) && row->peer->keys[i] != NULL; i++)
  {
    g_autofree char *theirs = rig_expect_line (rig, row->peer->keys[i]);
    g_autofree char *lower = g_ascii_strdown (theirs, -1);

    g_assert_cmpstr (lower, ==, ours);
  }
  tegata_srtp_keys_clear (&keys);
}

void
scenario_expect_data_both_ways (Rig *rig)
{
  udp_peer_send (rig->us, OUR_LINE);
  rig_expect_output (rig, OUR_LINE);
  child_write (rig->them, THEIR_LINE);
  rig_expect_data (rig, THEIR_LINE);
}

static void
run_handshake (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (TegataContext) context = NULL;
  g_autoptr (Identity) identity = NULL;
  g_autofree char *our_pem = NULL;
  g_autoptr (Rig) rig = NULL;

  if (!scenario_has_peer (row->peer))
  {
    return;
  }

  context = scenario_new_context (row);
  identity = identity_new (row->key_type);
  our_pem = tegata_certificate_to_pem (tegata_context_get_certificate (context));
  rig = scenario_new (row, context, identity, identity->certificate, NULL);
  udp_peer_start (rig->us);
  scenario_expect_connected (rig, row);
  rig_expect_output (rig, our_pem);
  scenario_expect_same_keys (rig, row);
  scenario_expect_data_both_ways (rig);

  if (row->peer_closes)
  {
    child_close_stdin (rig->them);
  }
  else
  {
    udp_peer_close (rig->us);
    rig_expect_output (rig, row->peer->was_told);
  }
  rig_expect_state (rig, TEGATA_STATE_CLOSED);
}

/* The certificate that signalling names is another one than the peer has. */
static void
run_wrong_fingerprint (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (TegataContext) context = NULL;
  g_autoptr (Identity) identity = NULL;
  g_autoptr (Identity) stranger = NULL;
  g_autoptr (Rig) rig = NULL;
  TegataSrtpKeys keys;

  if (!scenario_has_peer (row->peer))
  {
    return;
  }

  context = scenario_new_context (row);
  identity = identity_new (row->key_type);
  stranger = identity_new (row->key_type);
  rig = scenario_new (row, context, identity, stranger->certificate, NULL);
  udp_peer_start (rig->us);
  rig_expect_state (rig, TEGATA_STATE_FAILED);
  g_assert_error (tegata_dtls_get_error (rig->us->dtls), TEGATA_ERROR,
                  TEGATA_ERROR_FINGERPRINT);
  g_assert_false (tegata_dtls_export_srtp_keys (rig->us->dtls, &keys, NULL));

  rig_expect_output (rig, row->peer->refused);
  g_assert_null (strstr (rig->them->output->str, row->peer->finished));
}

static void
add (const Row *row, const char *name, GTestDataFunc run)
{
  g_autofree char *path = g_strdup_printf ("/interop/%s/%s", row->peer->name, name);

  g_test_add_data_func_full (path, g_memdup2 (row, sizeof *row), run, g_free);
}

void
scenario_add_profile (const Peer *peer, TegataSrtpProfile profile)
{
  const char *profile_name = tegata_srtp_profile_to_string (profile);
  Row row = { .peer = peer, .profile = profile, .version = TEGATA_VERSION_DTLS_1_2 };
  g_autofree char *without = g_strdup_printf ("agrees-on-%s", profile_name);
  g_autofree char *with = g_strdup_printf ("agrees-on-%s-after-a-cookie", profile_name);

  add (&row, without, run_handshake);
  row.has_cookie = TRUE;
  add (&row, with, run_handshake);
}

void
scenario_add_variants (const Peer *peer)
{
  const Row plain = { .peer = peer,
                      .profile = TEGATA_SRTP_AES128_CM_HMAC_SHA1_80,
                      .version = TEGATA_VERSION_DTLS_1_2 };
  Row row = plain;

  add (&row, "is-refused-by-its-fingerprint", run_wrong_fingerprint);
  row.key_type = TEGATA_KEY_TYPE_RSA_2048;
  add (&row, "takes-rsa-certificates", run_handshake);
  row = plain;
  row.peer_closes = TRUE;
  if (!peer->leaves_silently)
  {
    add (&row, "closes-first", run_handshake);
  }
  row = plain;
  row.profile = TEGATA_SRTP_PROFILE_NONE;
  add (&row, "carries-data-without-use_srtp", run_handshake);
  row = plain;
  row.version = TEGATA_VERSION_DTLS_1_0;
  add (&row, "speaks-dtls-1.0-by-name", run_handshake);
  row.has_cookie = TRUE;
  add (&row, "speaks-dtls-1.0-after-a-cookie", run_handshake);
}
