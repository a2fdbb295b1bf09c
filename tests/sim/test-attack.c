/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support/attacker.h"
#include "support/bare-libssl.h"
#include "support/virtual-clock.h"

#include <openssl/crypto.h>
#include <string.h>

/*
 * One forged datagram against a handshake, at each moment, in each role: against libssl
 * as it is usually driven, and against our engine on it. The table of what happens is
 * held against docs/libssl-limits.md, which this program can write anew
 * (TEGATA_UPDATE_DOCS=1).
 */

#define DOCUMENT "docs/libssl-limits.md"
#define TABLE_BEGIN "<!-- table: made by tests/sim/test-attack.c with OpenSSL "
#define TABLE_END "<!-- end of table -->\n"

typedef enum
{
  MOMENT_FIRST,  /* the victim has received nothing yet */
  MOMENT_MIDDLE, /* it has received one datagram */
  MOMENT_LAST,   /* it lacks only the peer's last datagram */
  MOMENT_ESTABLISHED,
} Moment;

#define N_MOMENTS (MOMENT_ESTABLISHED + 1)

typedef struct
{
  Attacker *attacker;
  ForgeryView view; /* what the victim has received */
  Forgery forgery;
  guint peer_node;
  guint number; /* of the peer's datagram that it comes before */
  gboolean has_struck;
} Strike;

static const char *const outcome_names[] = { "lives", "stalls", "ends" };

static guint
number_of (Moment moment, guint n_datagrams)
{
  switch (moment)
  {
  case MOMENT_FIRST:
    return 0;
  case MOMENT_MIDDLE:
    return 1;
  case MOMENT_LAST:
    return n_datagrams - 1;
  case MOMENT_ESTABLISHED:
  default:
    return G_MAXUINT;
  }
}

static Pair *
new_pair (void)
{
  g_autoptr (TegataContext) context = test_context_new (TEGATA_KEY_TYPE_ECDSA_P256);
  Pair *pair;

  tegata_context_set_mtu (context, BARE_LIBSSL_MTU);
  pair = pair_new_trusting (ENDPOINT_DTLS, context, context, 1);
  return pair;
}

static void
strike (Strike *self)
{
  g_autoptr (GBytes) forged = forgery_make (self->forgery, &self->view);

  self->has_struck = TRUE;
  attacker_inject (self->attacker, self->view.victim, forged, 0);
}

static void
strike_in_time (const NetworkDatagram *datagram,
                NetworkFate *fate G_GNUC_UNUSED,
                gpointer user_data)
{
  Strike *self = user_data;

  if (datagram->from != self->peer_node)
  {
    return;
  }
  if (!self->has_struck && datagram->serial == self->number)
  {
    strike (self);
  }
  forgery_view_observe (&self->view, datagram->bytes, datagram->len);
}

static guint
count_ours (TegataRole victim)
{
  g_autoptr (Pair) pair = new_pair ();

  pair_start (pair);
  g_assert_true (pair_run_until_connected (pair));
  return network_n_delivered (pair->network, victim == TEGATA_ROLE_CLIENT
                                                 ? pair->client->node
                                                 : pair->server->node);
}

static BareOutcome
attack_ours (Forgery forgery, TegataRole victim, guint number)
{
  g_autoptr (Pair) pair = new_pair ();
  g_autoptr (Attacker) attacker = attacker_new (pair, 7);
  g_autoptr (GRand) rand = g_rand_new_with_seed (7);
  gboolean to_client = victim == TEGATA_ROLE_CLIENT;
  Strike plan = {
    .attacker = attacker,
    .view = { .victim = victim, .rand = rand },
    .forgery = forgery,
    .peer_node = to_client ? pair->server->node : pair->client->node,
    .number = number,
  };

  network_set_fate_func (pair->network, strike_in_time, &plan);
  pair_start (pair);
  if (!pair_run_until_connected (pair))
  {
    const GError *error
        = endpoint_error (victim == TEGATA_ROLE_CLIENT ? pair->client : pair->server);

    g_assert_true (plan.has_struck);
    return g_error_matches (error, TEGATA_ERROR, TEGATA_ERROR_TIMEOUT) ? BARE_STALLS
                                                                       : BARE_ENDS;
  }
  if (!plan.has_struck)
  {
    strike (&plan);
    pair_run (pair, G_TIME_SPAN_SECOND);
  }
  pair_assert_works (pair);
  return BARE_LIVES;
}

/* "ends" alone where both do; "ends → lives" where our checks make the difference. */
static void
append_cell (GString *table, BareOutcome bare, BareOutcome ours)
{
  if (bare == ours)
  {
    g_string_append_printf (table, " %s |", outcome_names[bare]);
  }
  else
  {
    g_string_append_printf (table, " %s → **%s** |", outcome_names[bare],
                            outcome_names[ours]);
  }
}

static void
append_row (GString *table, Forgery forgery, const guint *n_bare, const guint *n_ours)
{
  TegataCertificate *certificate = test_certificate (TEGATA_KEY_TYPE_ECDSA_P256);

  g_string_append_printf (table, "| %s |", forgery_name (forgery));
  for (guint role = 0; role < 2; role++)
  {
    for (guint moment = 0; moment < N_MOMENTS; moment++)
    {
      BareOutcome bare = bare_libssl_attack (certificate, forgery, (TegataRole) role,
                                             number_of (moment, n_bare[role]));
      BareOutcome ours
          = attack_ours (forgery, (TegataRole) role, number_of (moment, n_ours[role]));

      g_assert_cmpint (ours, <=, bare); /* never worse */
      if (moment == MOMENT_ESTABLISHED)
      {
        g_assert_cmpint (ours, ==, BARE_LIVES);
      }
      append_cell (table, bare, ours);
    }
  }
  g_string_append (table, "\n");
}

static char *
make_table (void)
{
  TegataCertificate *certificate = test_certificate (TEGATA_KEY_TYPE_ECDSA_P256);
  guint n_bare[2], n_ours[2];
  GString *table = g_string_new (NULL);

  for (guint role = 0; role < 2; role++)
  {
    n_bare[role] = bare_libssl_count (certificate, (TegataRole) role);
    n_ours[role] = count_ours ((TegataRole) role);
  }
  g_string_append_printf (table, TABLE_BEGIN "%s -->\n",
                          OpenSSL_version (OPENSSL_VERSION_STRING));
  g_string_append (table,
                   "| datagram | client: first | client: middle | client: last | client: "
                   "established | server: first | server: middle | server: last | "
                   "server: established |\n|---|---|---|---|---|---|---|---|---|\n");
  for (guint forgery = 0; forgery < N_FORGERIES; forgery++)
  {
    append_row (table, (Forgery) forgery, n_bare, n_ours);
  }
  g_string_append (table, TABLE_END);
  return g_string_free (table, FALSE);
}

static void
update_document (const char *path, const char *document, const char *table)
{
  const char *begin = strstr (document, TABLE_BEGIN);
  const char *end = strstr (document, TABLE_END);
  g_autoptr (GString) text = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (begin);
  g_assert_nonnull (end);
  text = g_string_new_len (document, begin - document);
  g_string_append (text, table);
  g_string_append (text, end + strlen (TABLE_END));
  g_file_set_contents (path, text->str, (gssize) text->len, &error);
  g_assert_no_error (error);
}

/* What must hold with every OpenSSL is asserted as the table is made. */
static const char *
get_table (void)
{
  static char *table;

  if (table == NULL)
  {
    table = make_table ();
  }
  return table;
}

static void
test_never_worse (void)
{
  g_assert_nonnull (get_table ());
}

static void
test_document (void)
{
  g_autofree char *path = g_build_filename (g_getenv ("TEGATA_SRCDIR"), DOCUMENT, NULL);
  const char *table = get_table ();
  g_autofree char *document = NULL;
  g_autofree char *title = NULL;
  g_autoptr (GError) error = NULL;

  g_file_get_contents (path, &document, NULL, &error);
  g_assert_no_error (error);
  if (g_getenv ("TEGATA_UPDATE_DOCS") != NULL)
  {
    update_document (path, document, table);
    return;
  }
  if (strstr (document, table) != NULL)
  {
    return;
  }

  g_test_message ("%s", table);
  title = g_strdup_printf (TABLE_BEGIN "%s ", OpenSSL_version (OPENSSL_VERSION_STRING));
  if (strstr (document, title) == NULL)
  {
    g_test_skip ("the table in " DOCUMENT " is of another OpenSSL: made, not compared");
    return;
  }
  g_test_fail_printf ("the table in " DOCUMENT " is not what happens");
}

/* Of what somebody elsewhere sends nothing reaches libssl, at whatever moment. */
static void
assert_far_attacker_fails (Forgery forgery, TegataRole victim, guint serial)
{
  g_autoptr (TegataContext) context = test_context_new (TEGATA_KEY_TYPE_ECDSA_P256);
  g_autoptr (Pair) pair = pair_new_trusting (ENDPOINT_SESSION, context, context, 1);
  g_autoptr (Attacker) attacker = attacker_new (pair, 7);
  Endpoint *end = victim == TEGATA_ROLE_CLIENT ? pair->client : pair->server;
  TegataSessionStats stats;

  tegata_session_set_peer (end->session, &end->peer);
  pair_start (pair);
  if (serial == 0)
  {
    attacker_strike_from_afar (attacker, forgery, victim);
  }
  g_assert_true (pair_run_until_connected (pair));
  if (serial > 0)
  {
    attacker_strike_from_afar (attacker, forgery, victim);
  }
  pair_assert_works (pair);
  tegata_session_get_stats (end->session, &stats);
  g_assert_cmpuint (stats.refused[TEGATA_REFUSED_SOURCE], ==, 1);
}

static void
test_far_attacker (void)
{
  for (guint forgery = 0; forgery < N_FORGERIES; forgery++)
  {
    for (guint role = 0; role < 2; role++)
    {
      assert_far_attacker_fails ((Forgery) forgery, (TegataRole) role, 0);
      assert_far_attacker_fails ((Forgery) forgery, (TegataRole) role, 1);
    }
  }
}

/* The ClientHello race: whoever cannot read what is sent to the client has no cookie. */
static void
test_hello_race (void)
{
  g_autoptr (TegataContext) context = test_context_new (TEGATA_KEY_TYPE_ECDSA_P256);
  g_autoptr (Pair) pair = NULL;
  g_autoptr (Attacker) attacker = NULL;

  tegata_context_set_cookies (context, TEGATA_COOKIES_ALWAYS);
  pair = pair_new_trusting (ENDPOINT_DTLS, context, context, 1);
  attacker = attacker_new (pair, 7);
  pair_start (pair);
  attacker_strike (attacker, FORGERY_CLIENT_HELLO, TEGATA_ROLE_SERVER);
  g_assert_true (pair_run_until_connected (pair));
  pair_assert_works (pair);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  virtual_clock_start ();
  g_test_add_func ("/dtls/attack/never-ends-more-than-bare-libssl", test_never_worse);
  g_test_add_func ("/dtls/attack/ends-what-the-document-says", test_document);
  g_test_add_func ("/dtls/attack/from-another-address-reaches-nobody", test_far_attacker);
  g_test_add_func ("/dtls/attack/cannot-win-the-hello-race-without-a-cookie",
                   test_hello_race);
  return g_test_run ();
}
