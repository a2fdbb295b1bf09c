/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "openssl-peers.h"

#include <glib/gstdio.h>

/* What it takes to resume with s_client: our context, and where it keeps its session. */
typedef struct
{
  TegataContext *context;
  Identity *identity;
  char *session_path;
  const char *no_ticket; /* an option, or NULL */
} Resumption;

static void
connect_s_client (const Resumption *resumption, const char *option, gboolean is_resumed)
{
  const Row row = { .peer = &openssl_s_client,
                    .profile = TEGATA_SRTP_AEAD_AES_128_GCM,
                    .version = TEGATA_VERSION_DTLS_1_2 };
  const char *arguments[]
      = { option, resumption->session_path, resumption->no_ticket, NULL };
  g_autoptr (Rig) rig = scenario_new (&row, resumption->context, resumption->identity,
                                      resumption->identity->certificate, arguments);
  TegataDtlsStats stats;

  udp_peer_start (rig->us);
  scenario_expect_connected (rig, &row);
  rig_expect_output (rig, is_resumed ? "Reused, " : "New, ");
  tegata_dtls_get_stats (rig->us->dtls, &stats);
  g_assert_cmpint (stats.resumed, ==, is_resumed);
  scenario_expect_same_keys (rig, &row);
  scenario_expect_data_both_ways (rig);
  child_close_stdin (rig->them);
  rig_expect_state (rig, TEGATA_STATE_CLOSED);
  rig_expect_end (rig);
}

static void
test_s_client_resumes (gconstpointer no_ticket)
{
  const Row row = { .peer = &openssl_s_client,
                    .profile = TEGATA_SRTP_AEAD_AES_128_GCM,
                    .version = TEGATA_VERSION_DTLS_1_2 };
  g_autoptr (TegataContext) context = NULL;
  g_autoptr (Identity) identity = NULL;
  g_autofree char *session_path = NULL;

  if (!scenario_has_peer (&openssl_s_client))
  {
    return;
  }

  context = scenario_new_context (&row);
  tegata_context_set_resumption (context, TRUE);
  identity = identity_new (row.key_type);
  session_path = g_build_filename (identity->directory, "session.pem", NULL);

  Resumption resumption = { context, identity, session_path, no_ticket };
  connect_s_client (&resumption, "-sess_out", FALSE);
  connect_s_client (&resumption, "-sess_in", TRUE);
  connect_s_client (&resumption, "-sess_in", TRUE);
  g_unlink (session_path);
}

/* On to the same server, on a socket and with an association of their own. */
static void
reconnect (Rig *rig, TegataContext *context, const Identity *identity)
{
  TegataAddress to = rig->us->to;

  udp_peer_free (rig->us);
  g_string_truncate (rig->them->output, 0);
  rig->us = udp_peer_new (context, TEGATA_ROLE_CLIENT, 0);
  rig->us->to = to;
  udp_peer_expect (rig->us, identity->certificate);
}

static void
connect_to_s_server (Rig *rig, const Row *row, gboolean is_resumed)
{
  TegataDtlsStats stats;

  tegata_dtls_set_resumption_name (rig->us->dtls, "s_server");
  udp_peer_start (rig->us);
  scenario_expect_connected (rig, row);
  tegata_dtls_get_stats (rig->us->dtls, &stats);
  g_assert_cmpint (stats.resumed, ==, is_resumed);
  scenario_expect_same_keys (rig, row);
  scenario_expect_data_both_ways (rig);
  udp_peer_close (rig->us);
  rig_expect_output (rig, row->peer->was_told);
}

static void
test_s_server_resumes (gconstpointer no_ticket)
{
  const Row row = { .peer = &openssl_s_server,
                    .profile = TEGATA_SRTP_AEAD_AES_256_GCM,
                    .version = TEGATA_VERSION_DTLS_1_2 };
  const char *arguments[] = { no_ticket, NULL };
  g_autoptr (TegataContext) context = NULL;
  g_autoptr (Identity) identity = NULL;
  g_autoptr (Rig) rig = NULL;

  if (!scenario_has_peer (&openssl_s_server))
  {
    return;
  }

  context = scenario_new_context (&row);
  tegata_context_set_resumption (context, TRUE);
  identity = identity_new (row.key_type);
  rig = scenario_new (&row, context, identity, identity->certificate, arguments);
  connect_to_s_server (rig, &row, FALSE);
  reconnect (rig, context, identity);
  connect_to_s_server (rig, &row, TRUE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/interop/openssl-s_server/resumes-by-ticket", NULL,
                        test_s_server_resumes);
  g_test_add_data_func ("/interop/openssl-s_server/resumes-by-id", "-no_ticket",
                        test_s_server_resumes);
  g_test_add_data_func ("/interop/openssl-s_client/resumes-by-ticket", NULL,
                        test_s_client_resumes);
  g_test_add_data_func ("/interop/openssl-s_client/resumes-by-id", "-no_ticket",
                        test_s_client_resumes);
  return g_test_run ();
}
