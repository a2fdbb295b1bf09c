/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Sessions taken up again with a plain libssl at the other end: by id, by ticket, and not
 * at all without extended master secret (RFC 7627 section 5.3). */

#include "support/endpoint.h"
#include "support/openssl-node.h"

#define MS G_TIME_SPAN_MILLISECOND
#define SECOND G_TIME_SPAN_SECOND
#define NAME "libssl"

typedef struct
{
  const char *name;
  guint64 options; /* of libssl's */
  gboolean resumes;
} Row;

static const Row rows[] = {
  { "by-ticket", 0, TRUE },
  { "by-id", SSL_OP_NO_TICKET, TRUE },
  { "by-ticket-without-extended-master-secret", SSL_OP_NO_EXTENDED_MASTER_SECRET, FALSE },
  { "by-id-without-extended-master-secret",
    SSL_OP_NO_TICKET | SSL_OP_NO_EXTENDED_MASTER_SECRET, FALSE },
};

typedef struct
{
  Network *network;
  Endpoint *ours;
  OpensslNode *theirs;
} Mixed;

static TegataContext *
new_context (void)
{
  TegataContext *context = test_context_new (TEGATA_KEY_TYPE_ECDSA_P256);

  tegata_context_set_resumption (context, TRUE);
  return context;
}

static void
mixed_init (Mixed *self,
            TegataContext *context,
            TegataRole our_role,
            SSL_CTX *their_context,
            SSL_SESSION *their_session)
{
  g_autoptr (GError) error = NULL;
  TegataRole their_role
      = our_role == TEGATA_ROLE_CLIENT ? TEGATA_ROLE_SERVER : TEGATA_ROLE_CLIENT;

  self->network = network_new (1);
  self->ours = endpoint_new (self->network, ENDPOINT_DTLS, context, our_role, &error);
  g_assert_no_error (error);
  self->theirs
      = openssl_node_new (self->network, their_context, their_role, their_session);
  self->ours->peer
      = *network_node_address (self->network, openssl_node_get_node (self->theirs));
  endpoint_set_resumption_name (self->ours, our_role == TEGATA_ROLE_CLIENT ? NAME : NULL);
}

static void
mixed_clear (Mixed *self)
{
  openssl_node_free (self->theirs);
  endpoint_free (self->ours);
  network_free (self->network);
}

static void
mixed_run (Mixed *self)
{
  endpoint_start (self->ours);
  openssl_node_start (self->theirs,
                      network_node_address (self->network, self->ours->node));
  network_run (self->network, 5 * SECOND, NULL, NULL);
}

static void
assert_same_keys (Mixed *self)
{
  g_autoptr (GError) error = NULL;
  TegataSrtpKeys keys;
  guint8 exported[2 * TEGATA_SRTP_MAX_KEY_LEN];

  tegata_dtls_export_srtp_keys (self->ours->dtls, &keys, &error);
  g_assert_no_error (error);
  gsize salt_len = tegata_srtp_profile_get_salt_len (keys.profile);
  gsize key_len = keys.key_len - salt_len;

  openssl_node_export (self->theirs, exported, 2 * keys.key_len);
  g_assert_cmpmem (keys.client, key_len, exported, key_len);
  g_assert_cmpmem (keys.server, key_len, exported + key_len, key_len);
  g_assert_cmpmem (keys.client + key_len, salt_len, exported + 2 * key_len, salt_len);
  g_assert_cmpmem (keys.server + key_len, salt_len, exported + 2 * key_len + salt_len,
                   salt_len);
}

/* Returns whether it was resumed. */
static gboolean
mixed_assert_works (Mixed *self)
{
  g_autoptr (GError) error = NULL;
  TegataDtlsStats stats;

  endpoint_assert_state (self->ours, TEGATA_STATE_CONNECTED);
  g_assert_true (openssl_node_is_connected (self->theirs));
  assert_same_keys (self);

  openssl_node_send (self->theirs, "from libssl");
  g_assert_true (endpoint_send_data (self->ours, "from us", &error));
  network_run (self->network, 10 * MS, NULL, NULL);
  g_assert_cmpuint (endpoint_count_data (self->ours, "from libssl"), ==, 1);
  g_assert_cmpstr (openssl_node_get_data (self->theirs), ==, "from us");

  endpoint_get_stats (self->ours, &stats);
  g_assert_cmpint (stats.resumed, ==,
                   SSL_session_reused (openssl_node_get_ssl (self->theirs)));
  return stats.resumed;
}

static TegataCertificate *
their_certificate (void)
{
  return test_certificate (TEGATA_KEY_TYPE_RSA_2048);
}

static SSL_CTX *
new_their_context (const Row *row)
{
  SSL_CTX *context = openssl_node_context_new (their_certificate ());

  SSL_CTX_set_options (context, row->options);
  return context;
}

/* A whole association; @session is what theirs offers, and what comes of it. */
static gboolean
connect_once (TegataContext *ours,
              TegataRole our_role,
              SSL_CTX *theirs,
              SSL_SESSION **session)
{
  Mixed mixed;

  mixed_init (&mixed, ours, our_role, theirs, *session);
  endpoint_expect_certificate (mixed.ours, their_certificate ());
  mixed_run (&mixed);
  gboolean resumed = mixed_assert_works (&mixed);
  g_clear_pointer (session, SSL_SESSION_free);
  *session = SSL_get1_session (openssl_node_get_ssl (mixed.theirs));
  endpoint_close (mixed.ours);
  network_run (mixed.network, 10 * MS, NULL, NULL);
  mixed_clear (&mixed);
  return resumed;
}

static void
test_our_server (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (TegataContext) ours = new_context ();
  g_autoptr (SSL_CTX) theirs = new_their_context (row);
  g_autoptr (SSL_SESSION) session = NULL;

  g_assert_false (connect_once (ours, TEGATA_ROLE_SERVER, theirs, &session));
  for (guint i = 0; i < 3; i++)
  {
    g_assert_cmpint (connect_once (ours, TEGATA_ROLE_SERVER, theirs, &session), ==,
                     row->resumes);
  }
}

static void
test_our_client (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (TegataContext) ours = new_context ();
  g_autoptr (SSL_CTX) theirs = new_their_context (row);

  for (guint i = 0; i < 4; i++)
  {
    g_autoptr (SSL_SESSION) session = NULL;
    g_assert_cmpint (connect_once (ours, TEGATA_ROLE_CLIENT, theirs, &session), ==,
                     i > 0 && row->resumes);
  }
}

/* The session is good, its owner is not whom signalling names now: a full handshake
 * shows who it is, and that is the end. */
static void
test_other_fingerprint (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (TegataContext) ours = new_context ();
  g_autoptr (SSL_CTX) theirs = new_their_context (row);
  g_autoptr (SSL_SESSION) session = NULL;
  Mixed mixed;

  g_assert_false (connect_once (ours, TEGATA_ROLE_SERVER, theirs, &session));
  mixed_init (&mixed, ours, TEGATA_ROLE_SERVER, theirs, session);
  endpoint_expect_certificate (mixed.ours, test_other_certificate ());
  mixed_run (&mixed);
  endpoint_assert_failed (mixed.ours, TEGATA_ERROR_FINGERPRINT);
  g_assert_false (endpoint_was_in (mixed.ours, TEGATA_STATE_CONNECTED));
  g_assert_false (openssl_node_is_connected (mixed.theirs));
  mixed_clear (&mixed);
}

/* Someone who has the session, but not the certificate that made it, as a thief of a
 * ticket would: where signalling names the thief's own certificate, a full handshake
 * proves that one. */
static void
test_stolen_session (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (TegataContext) ours = new_context ();
  g_autoptr (SSL_CTX) theirs = new_their_context (row);
  g_autoptr (SSL_CTX) thief = openssl_node_context_new (test_other_certificate ());
  g_autoptr (SSL_SESSION) session = NULL;
  Mixed mixed;

  SSL_CTX_set_options (thief, row->options);
  g_assert_false (connect_once (ours, TEGATA_ROLE_SERVER, theirs, &session));
  mixed_init (&mixed, ours, TEGATA_ROLE_SERVER, thief, session);
  endpoint_expect_certificate (mixed.ours, test_other_certificate ());
  mixed_run (&mixed);
  g_assert_false (mixed_assert_works (&mixed));
  mixed_clear (&mixed);
}

static void
add (const Row *row, const char *what, GTestDataFunc func)
{
  g_autofree char *path = g_strdup_printf ("/resumption/openssl/%s/%s", row->name, what);

  g_test_add_data_func (path, row, func);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
  {
    add (&rows[i], rows[i].resumes ? "our-server-resumes" : "our-server-does-not",
         test_our_server);
    add (&rows[i], rows[i].resumes ? "our-client-resumes" : "our-client-does-not",
         test_our_client);
  }
  for (gsize i = 0; i < 2; i++)
  {
    add (&rows[i], "never-connects-to-another-fingerprint", test_other_fingerprint);
    add (&rows[i], "is-of-no-use-to-a-thief", test_stolen_session);
  }
  return g_test_run ();
}
