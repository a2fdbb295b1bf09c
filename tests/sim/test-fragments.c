/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A peer that cuts its messages otherwise than we do. A ClientHello of two datagrams, as
 * post-quantum key shares make it, is what breaks servers in the wild. */

#include "support/recutter.h"

#define MS G_TIME_SPAN_MILLISECOND
#define SECOND G_TIME_SPAN_SECOND
#define WHOLE 100000

typedef struct
{
  const char *name;
  gboolean with_cookie;
  gint64 max_us; /* until both are connected */
  RecutterPlan plan;
} Row;

#define CLIENT TEGATA_ROLE_CLIENT
#define SERVER TEGATA_ROLE_SERVER
#define NO_TIMER_US (20 * MS)
#define ONE_TIMER_US (130 * MS)

static const Row rows[] = {
  { "client/in-two", FALSE, NO_TIMER_US, { CLIENT, 80, WHOLE, 0, FALSE, 0, 0 } },
  { "client/in-two-reversed", FALSE, NO_TIMER_US, { CLIENT, 80, WHOLE, 0, TRUE, 0, 0 } },
  { "client/in-many", FALSE, NO_TIMER_US, { CLIENT, 30, 30, 0, FALSE, 0, 0 } },
  { "client/in-many-reversed", FALSE, NO_TIMER_US, { CLIENT, 30, 30, 0, TRUE, 0, 0 } },
  { "client/in-bytes", FALSE, NO_TIMER_US, { CLIENT, 1, 1, 0, FALSE, 0, 0 } },
  { "client/overlapping", FALSE, NO_TIMER_US, { CLIENT, 60, 30, 0, FALSE, 0, 20 } },
  { "client/overlapping-reversed",
    FALSE,
    NO_TIMER_US,
    { CLIENT, 60, 30, 0, TRUE, 0, 20 } },
  { "client/other-borders-after-the-first-was-lost",
    FALSE,
    ONE_TIMER_US,
    { CLIENT, 60, WHOLE, 37, FALSE, 1 << 0, 0 } },
  { "client/other-borders-after-the-second-was-lost",
    FALSE,
    ONE_TIMER_US,
    { CLIENT, 60, WHOLE, 37, FALSE, 1 << 1, 0 } },
  { "client/other-borders-reversed",
    FALSE,
    ONE_TIMER_US,
    { CLIENT, 60, WHOLE, 37, TRUE, 1 << 1, 0 } },
  { "client/other-borders-with-holes",
    FALSE,
    ONE_TIMER_US,
    { CLIENT, 20, 20, 13, FALSE, 0x2a, 0 } },
  { "client/in-two-with-a-cookie",
    TRUE,
    NO_TIMER_US,
    { CLIENT, 80, WHOLE, 0, FALSE, 0, 0 } },
  { "client/other-borders-with-a-cookie",
    TRUE,
    ONE_TIMER_US,
    { CLIENT, 80, WHOLE, 9, FALSE, 1 << 0, 0 } },
  { "server/in-two", FALSE, NO_TIMER_US, { SERVER, 30, WHOLE, 0, FALSE, 0, 0 } },
  { "server/in-two-reversed", FALSE, NO_TIMER_US, { SERVER, 30, WHOLE, 0, TRUE, 0, 0 } },
  { "server/in-many", FALSE, NO_TIMER_US, { SERVER, 25, 25, 0, FALSE, 0, 0 } },
  { "server/in-many-reversed", FALSE, NO_TIMER_US, { SERVER, 25, 25, 0, TRUE, 0, 0 } },
  { "server/overlapping", FALSE, NO_TIMER_US, { SERVER, 25, 25, 0, FALSE, 0, 10 } },
  { "server/other-borders-with-holes",
    FALSE,
    ONE_TIMER_US,
    { SERVER, 25, 25, 13, FALSE, 0x5555, 0 } },
};

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (TegataContext) context = test_context_new (TEGATA_KEY_TYPE_ECDSA_P256);

  tegata_context_set_cookies (context, row->with_cookie ? TEGATA_COOKIES_ALWAYS
                                                        : TEGATA_COOKIES_NEVER);
  g_autoptr (Pair) pair = pair_new_trusting (ENDPOINT_DTLS, context, context, 1);
  g_autoptr (Recutter) recutter = recutter_new (pair, &row->plan);

  pair_start (pair);
  pair_run_until_connected (pair);
  gint64 took_us = network_now_us (pair->network) - pair->client->started_us;
  g_test_message ("%u pieces, %d ms", recutter_n_pieces (recutter), (int) (took_us / MS));
  endpoint_assert_state (pair->client, TEGATA_STATE_CONNECTED);
  endpoint_assert_state (pair->server, TEGATA_STATE_CONNECTED);
  g_assert_cmpuint (recutter_n_pieces (recutter), >, 4);
  g_assert_cmpint (took_us, <=, row->max_us);
  pair_run (pair, 10 * MS);
  pair_assert_works (pair);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
  {
    g_autofree char *path = g_strdup_printf ("/fragments/%s", rows[i].name);
    g_test_add_data_func (path, &rows[i], test_row);
  }
  return g_test_run ();
}
