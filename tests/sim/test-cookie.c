/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Cookies of RFC 6347 section 4.2.1, judged from outside: what a server says to a
 * ClientHello that was altered, kept too long, or sent from elsewhere. */

#include "support/pair.h"

#include "dtls/wire.h"

#include <string.h>

#define MS G_TIME_SPAN_MILLISECOND
#define SECOND G_TIME_SPAN_SECOND

static TegataContext *
new_context (TegataCookies cookies)
{
  TegataContext *context = test_context_new (TEGATA_KEY_TYPE_ECDSA_P256);

  tegata_context_set_cookies (context, cookies);
  return context;
}

/* Whether the first message of a datagram is of @type. */
static gboolean
starts_with (const guint8 *bytes, gsize len, guint8 type)
{
  TegataReader reader;
  TegataRecord record;
  TegataHandshakeFragment fragment;

  tegata_reader_init (&reader, bytes, len);
  return tegata_record_read (&reader, &record) && record.epoch == 0
         && record.type == TEGATA_CONTENT_HANDSHAKE
         && tegata_handshake_fragment_read (&record.body, &fragment)
         && fragment.type == type;
}

/* What the server said, and the ClientHellos that it was meant to get. */
typedef struct
{
  guint n_challenges;
  guint n_server_hellos;
  gsize longest_challenge;
  GPtrArray *hellos;  /* of GBytes */
  gboolean intercept; /* the second ClientHello does not arrive */
} Watch;

static void
watch (const NetworkDatagram *datagram, NetworkFate *fate, gpointer user_data)
{
  Watch *self = user_data;

  if (starts_with (datagram->bytes, datagram->len, TEGATA_HANDSHAKE_HELLO_VERIFY_REQUEST))
  {
    self->n_challenges++;
    self->longest_challenge = MAX (self->longest_challenge, datagram->len);
  }
  if (starts_with (datagram->bytes, datagram->len, TEGATA_HANDSHAKE_SERVER_HELLO))
  {
    self->n_server_hellos++;
  }
  if (starts_with (datagram->bytes, datagram->len, TEGATA_HANDSHAKE_CLIENT_HELLO))
  {
    g_ptr_array_add (self->hellos, g_bytes_new (datagram->bytes, datagram->len));
    if (self->intercept && self->hellos->len > 1)
    {
      fate->n_copies = 0;
    }
  }
}

static void
watch_init (Watch *self, Pair *pair, gboolean intercept)
{
  *self = (Watch){ .intercept = intercept };
  self->hellos = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  network_set_fate_func (pair->network, watch, self);
}

static void
watch_clear (Watch *self)
{
  g_ptr_array_unref (self->hellos);
}

static void
check_policy (EndpointKind kind, TegataCookies cookies, guint n_challenges)
{
  g_autoptr (TegataContext) context = new_context (cookies);
  g_autoptr (Pair) pair = pair_new_trusting (kind, context, context, 1);
  TegataDtlsStats stats;
  Watch seen;

  watch_init (&seen, pair, FALSE);
  pair_start (pair);
  g_assert_true (pair_run_until_connected (pair));
  g_assert_cmpuint (seen.n_challenges, ==, n_challenges);
  g_assert_cmpuint (seen.hellos->len, ==, 1 + n_challenges);
  g_assert_cmpint (pair->client->connected_us - pair->client->started_us, ==,
                   (4 + 2 * n_challenges) * MS);
  endpoint_get_stats (pair->server, &stats);
  g_assert_cmpuint (stats.refused[TEGATA_REFUSED_COOKIE], ==, n_challenges);
  /* Never an amplifier. */
  g_assert_cmpuint (seen.longest_challenge, <=,
                    g_bytes_get_size (g_ptr_array_index (seen.hellos, 0)));
  pair_assert_works (pair);
  watch_clear (&seen);
}

static void
test_policy (void)
{
  check_policy (ENDPOINT_DTLS, TEGATA_COOKIES_ALWAYS, 1);
  check_policy (ENDPOINT_DTLS, TEGATA_COOKIES_NEVER, 0);
  check_policy (ENDPOINT_DTLS, TEGATA_COOKIES_AUTO, 0);
  check_policy (ENDPOINT_SESSION, TEGATA_COOKIES_ALWAYS, 1);
  check_policy (ENDPOINT_SESSION, TEGATA_COOKIES_NEVER, 0);
  check_policy (ENDPOINT_SESSION, TEGATA_COOKIES_AUTO, 0);
}

/* A client's ClientHello with a good cookie, kept away from the server so far. */
typedef struct
{
  TegataContext *context;
  Pair *pair;
  Watch seen;
  GBytes *hello;
} Kept;

static void
kept_init (Kept *self)
{
  self->context = new_context (TEGATA_COOKIES_ALWAYS);
  tegata_context_set_handshake_timeout_us (self->context, 3600 * SECOND);
  self->pair = pair_new_trusting (ENDPOINT_DTLS, self->context, self->context, 1);
  watch_init (&self->seen, self->pair, TRUE);
  pair_start (self->pair);
  pair_run (self->pair, 10 * MS);
  g_assert_cmpuint (self->seen.n_challenges, ==, 1);
  g_assert_cmpuint (self->seen.n_server_hellos, ==, 0);
  g_assert_cmpuint (self->seen.hellos->len, ==, 2);
  self->hello = g_bytes_ref (g_ptr_array_index (self->seen.hellos, 1));
}

static void
kept_clear (Kept *self)
{
  g_bytes_unref (self->hello);
  pair_free (self->pair);
  watch_clear (&self->seen);
  tegata_context_unref (self->context);
}

/* Says @hello to the server as if from @from, and returns whether it was believed; if
 * not, it was answered by a challenge or by nothing, and nothing is kept of it. */
static gboolean
is_believed (Kept *self, const TegataAddress *from, GBytes *hello)
{
  guint n_before = self->seen.n_server_hellos;
  TegataDtlsStats before, after;

  endpoint_get_stats (self->pair->server, &before);
  network_inject (self->pair->network, from, 1, hello, 0);
  network_run (self->pair->network, 2 * MS, NULL, NULL);
  endpoint_get_stats (self->pair->server, &after);
  if (self->seen.n_server_hellos > n_before)
  {
    return TRUE;
  }
  g_assert_cmpuint (after.flights_sent, ==, 0);
  g_assert_cmpuint (
      after.refused[TEGATA_REFUSED_COOKIE] + after.refused[TEGATA_REFUSED_HANDSHAKE]
          + after.refused[TEGATA_REFUSED_RECORD],
      >,
      before.refused[TEGATA_REFUSED_COOKIE] + before.refused[TEGATA_REFUSED_HANDSHAKE]
          + before.refused[TEGATA_REFUSED_RECORD]);
  return FALSE;
}

static const TegataAddress *
client_address (Kept *self)
{
  return network_node_address (self->pair->network, 0);
}

static void
test_genuine (void)
{
  Kept kept;

  kept_init (&kept);
  g_assert_true (is_believed (&kept, client_address (&kept), kept.hello));
  kept.seen.intercept = FALSE;
  pair_run_until_connected (kept.pair);
  pair_assert_works (kept.pair);
  kept_clear (&kept);
}

static gsize
find_cookie (GBytes *hello)
{
  gsize len;
  const guint8 *bytes = g_bytes_get_data (hello, &len);
  TegataReader reader;
  TegataRecord record;
  TegataHandshakeFragment fragment;
  TegataClientHelloStart start;

  tegata_reader_init (&reader, bytes, len);
  g_assert_true (tegata_record_read (&reader, &record));
  g_assert_true (tegata_handshake_fragment_read (&record.body, &fragment));
  g_assert_true (tegata_client_hello_read_start (fragment.body, &start));
  g_assert_cmpuint (start.cookie.len, >, 0);
  return (gsize) (start.cookie.bytes - bytes);
}

static GBytes *
alter (GBytes *original, gsize position)
{
  gsize len;
  const guint8 *bytes = g_bytes_get_data (original, &len);
  guint8 *copy = g_memdup2 (bytes, len);

  copy[position] ^= 1;
  return g_bytes_new_take (copy, len);
}

static void
test_forged (void)
{
  Kept kept;

  kept_init (&kept);
  gsize cookie = find_cookie (kept.hello);
  for (gsize i = 0; i < 17; i++)
  {
    g_autoptr (GBytes) altered = alter (kept.hello, cookie + i);
    g_assert_false (is_believed (&kept, client_address (&kept), altered));
  }
  /* Its length. */
  g_autoptr (GBytes) shorter = alter (kept.hello, cookie - 1);
  g_assert_false (is_believed (&kept, client_address (&kept), shorter));

  g_assert_true (is_believed (&kept, client_address (&kept), kept.hello));
  kept_clear (&kept);
}

static void
test_expired (void)
{
  Kept kept;

  kept_init (&kept);
  pair_run (kept.pair, 121 * SECOND);
  g_assert_false (is_believed (&kept, client_address (&kept), kept.hello));
  kept_clear (&kept);

  kept_init (&kept);
  pair_run (kept.pair, 3500 * SECOND);
  g_assert_false (is_believed (&kept, client_address (&kept), kept.hello));
  kept_clear (&kept);

  /* A minute is always granted. */
  kept_init (&kept);
  pair_run (kept.pair, 59 * SECOND);
  g_assert_true (is_believed (&kept, client_address (&kept), kept.hello));
  kept_clear (&kept);
}

static void
test_other_address (void)
{
  TegataAddress other;
  Kept kept;

  kept_init (&kept);
  other = *client_address (&kept);
  other.bytes[other.len - 1] ^= 1;
  g_assert_false (is_believed (&kept, &other, kept.hello));
  other = *client_address (&kept);
  other.len--;
  g_assert_false (is_believed (&kept, &other, kept.hello));
  g_assert_true (is_believed (&kept, client_address (&kept), kept.hello));
  kept_clear (&kept);
}

/* Two processes share no secret. */
static void
test_other_server (void)
{
  Kept kept, other;

  kept_init (&kept);
  kept_init (&other);
  g_assert_false (is_believed (&other, client_address (&kept), kept.hello));
  kept_clear (&other);
  kept_clear (&kept);
}

/* One who proved its address, and then says what nobody can take, has not proved it for
 * another. */
static void
test_wasted_proof (void)
{
  TegataAddress other;
  Kept kept;

  kept_init (&kept);
  other = *client_address (&kept);
  other.bytes[0] ^= 1;
  gsize cookie = find_cookie (kept.hello);
  g_autoptr (GBytes) forged = alter (kept.hello, cookie + 5);
  /* An odd length of its cipher suites. */
  g_autoptr (GBytes) unusable = alter (kept.hello, cookie + 17 + 1);
  TegataDtlsStats stats;

  network_inject (kept.pair->network, client_address (&kept), 1, unusable, 0);
  pair_run (kept.pair, 2 * MS);
  endpoint_get_stats (kept.pair->server, &stats);
  g_assert_cmpuint (stats.refused[TEGATA_REFUSED_HELLO], ==, 1);
  g_assert_false (is_believed (&kept, &other, forged));
  g_assert_false (is_believed (&kept, &other, kept.hello));
  g_assert_true (is_believed (&kept, client_address (&kept), kept.hello));
  kept_clear (&kept);
}

/* The exchange of cookies leaves nothing behind, so a lost challenge or a lost answer
 * costs a timeout of the client's, and the address may change before it. */
static void
test_moved_client (void)
{
  g_autoptr (TegataContext) context = new_context (TEGATA_COOKIES_ALWAYS);
  g_autoptr (Pair) pair = pair_new_trusting (ENDPOINT_DTLS, context, context, 1);
  TegataDtlsStats stats;

  pair_start (pair);
  network_move_node (pair->network, pair->client->node);
  pair_run_until_connected (pair);
  pair_assert_works (pair);
  endpoint_get_stats (pair->server, &stats);
  g_assert_cmpuint (stats.refused[TEGATA_REFUSED_COOKIE], ==, 2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/cookie/is-asked-for-as-the-policy-says", test_policy);
  g_test_add_func ("/cookie/is-believed-where-it-is-genuine", test_genuine);
  g_test_add_func ("/cookie/is-refused-where-it-is-forged", test_forged);
  g_test_add_func ("/cookie/expires", test_expired);
  g_test_add_func ("/cookie/belongs-to-an-address", test_other_address);
  g_test_add_func ("/cookie/belongs-to-a-context", test_other_server);
  g_test_add_func ("/cookie/proves-nothing-for-another", test_wasted_proof);
  g_test_add_func ("/cookie/leaves-nothing-behind-before-it-is-proven",
                   test_moved_client);

  return g_test_run ();
}
