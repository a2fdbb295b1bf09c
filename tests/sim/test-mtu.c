/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* That no datagram is longer than the MTU is asserted by every endpoint of every suite;
 * here it is driven to its borders. */

#include "support/pair.h"

#include <string.h>

#define MS G_TIME_SPAN_MILLISECOND

static const guint mtus[] = { 256, 257, 300, 511, 576, 577, 1199, 1200, 1401, 16384 };

static TegataContext *
new_context (TegataKeyType key_type, guint mtu)
{
  TegataContext *context = test_context_new (key_type);

  tegata_context_set_mtu (context, mtu);
  g_assert_cmpuint (tegata_context_get_mtu (context), ==, mtu);
  return context;
}

/* One flight's datagrams are filled: no more of them than the bytes need. */
static void
assert_well_packed (Pair *pair, guint mtu)
{
  /* RSA's greatest flight is below 2,500 bytes; four flights, with headers. */
  guint n_sent = network_n_sent (pair->network, pair->client->node)
                 + network_n_sent (pair->network, pair->server->node);

  g_assert_cmpuint (n_sent, <=, 4 + 2 * 6000 / mtu + 2);
}

static void
test_handshake (gconstpointer data)
{
  static const TegataKeyType key_types[] = {
    TEGATA_KEY_TYPE_ECDSA_P256,
    TEGATA_KEY_TYPE_RSA_2048,
  };
  guint mtu = GPOINTER_TO_UINT (data);

  for (gsize i = 0; i < G_N_ELEMENTS (key_types); i++)
  {
    g_autoptr (TegataContext) context = new_context (key_types[i], mtu);
    g_autoptr (Pair) pair = pair_new_trusting (ENDPOINT_SESSION, context, context, 1);

    network_conditions (pair->network)->mtu = mtu;
    pair_start (pair);
    g_assert_true (pair_run_until_connected (pair));
    assert_well_packed (pair, mtu);
    pair_assert_works (pair);
  }
}

static void
check_longest_data (Endpoint *from, Endpoint *to)
{
  gsize max_len = tegata_dtls_get_max_data_len (from->dtls);
  guint mtu = tegata_context_get_mtu (from->context);
  g_autofree char *text = g_strnfill (max_len, 'x');
  g_autofree char *longer = g_strnfill (max_len + 1, 'x');
  g_autoptr (GError) error = NULL;

  from->longest_datagram = 0;
  g_assert_true (endpoint_send_data (from, text, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (from->longest_datagram, <=, mtu);
  if (mtu < 16384)
  {
    /* With GCM every byte counts. */
    g_assert_cmpuint (from->longest_datagram, ==, mtu);
  }
  network_run (from->network, 10 * MS, NULL, NULL);
  g_assert_cmpuint (endpoint_count_data (to, text), ==, 1);

  g_assert_false (endpoint_send_data (from, longer, &error));
  g_assert_error (error, TEGATA_ERROR, TEGATA_ERROR_TOO_BIG);
}

static void
test_data (gconstpointer data)
{
  guint mtu = GPOINTER_TO_UINT (data);
  g_autoptr (TegataContext) context = new_context (TEGATA_KEY_TYPE_ECDSA_P256, mtu);
  g_autoptr (Pair) pair = pair_new_trusting (ENDPOINT_DTLS, context, context, 1);

  pair_connect (pair);
  check_longest_data (pair->client, pair->server);
  check_longest_data (pair->server, pair->client);
}

/* What a peer sends may be longer than what we send. */
static void
test_different (void)
{
  g_autoptr (TegataContext) small = new_context (TEGATA_KEY_TYPE_RSA_2048, 256);
  g_autoptr (TegataContext) big = new_context (TEGATA_KEY_TYPE_RSA_2048, 9000);
  g_autoptr (Pair) pair = pair_new_trusting (ENDPOINT_DTLS, small, big, 1);
  g_autoptr (Pair) reverse = pair_new_trusting (ENDPOINT_DTLS, big, small, 1);

  pair_connect (pair);
  check_longest_data (pair->client, pair->server);
  check_longest_data (pair->server, pair->client);
  pair_connect (reverse);
  check_longest_data (reverse->client, reverse->server);
  check_longest_data (reverse->server, reverse->client);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (mtus); i++)
  {
    g_autofree char *handshake = g_strdup_printf ("/mtu/%u/fits-the-handshake", mtus[i]);
    g_autofree char *data = g_strdup_printf ("/mtu/%u/is-filled-by-data", mtus[i]);

    g_test_add_data_func (handshake, GUINT_TO_POINTER (mtus[i]), test_handshake);
    g_test_add_data_func (data, GUINT_TO_POINTER (mtus[i]), test_data);
  }
  g_test_add_func ("/mtu/may-differ", test_different);

  return g_test_run ();
}
