/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The simulated network and the virtual clock themselves: a suite that stands on them
 * proves nothing where they do not do what they say. */

#include "support/network.h"
#include "support/virtual-clock.h"

#include <openssl/ssl.h>
#include <string.h>

#define MS G_TIME_SPAN_MILLISECOND

/* A node that writes down what it gets, and when. */
typedef struct
{
  Network *network;
  guint node;
  gint64 start_us;
  gint64 deadline_us;
  GString *log; /* "text@ms " each, "!@ms " for a deadline */
} Recorder;

static void
recorder_receive (gpointer node,
                  const TegataAddress *from G_GNUC_UNUSED,
                  const guint8 *bytes,
                  gsize len,
                  gint64 now_us)
{
  Recorder *self = node;

  g_string_append_printf (self->log, "%.*s@%d ", (int) len, (const char *) bytes,
                          (int) ((now_us - self->start_us) / MS));
}

static gint64
recorder_deadline_us (gpointer node)
{
  return ((Recorder *) node)->deadline_us;
}

static void
recorder_handle_deadline (gpointer node, gint64 now_us)
{
  Recorder *self = node;

  g_string_append_printf (self->log, "!@%d ", (int) ((now_us - self->start_us) / MS));
  self->deadline_us = -1;
}

static const NetworkNodeFuncs recorder_funcs = {
  recorder_receive,
  recorder_deadline_us,
  recorder_handle_deadline,
};

static void
recorder_init (Recorder *self, Network *network)
{
  self->network = network;
  self->node = network_add_node (network, &recorder_funcs, self);
  self->start_us = network_now_us (network);
  self->deadline_us = -1;
  self->log = g_string_new (NULL);
}

static void
recorder_clear (Recorder *self)
{
  g_string_free (self->log, TRUE);
}

static void
send_text (Recorder *from, Recorder *to, const char *text)
{
  network_send (from->network, from->node, network_node_address (to->network, to->node),
                (const guint8 *) text, strlen (text));
}

/* Sends a, b, c at once under @fate, and says what arrived. */
static char *
run_three (NetworkFateFunc fate, gpointer fate_data, guint32 seed, double loss)
{
  g_autoptr (Network) network = network_new (seed);
  Recorder from, to;

  recorder_init (&from, network);
  recorder_init (&to, network);
  network_conditions (network)->delay_us = 10 * MS;
  network_conditions (network)->loss = loss;
  network_set_fate_func (network, fate, fate_data);
  send_text (&from, &to, "a");
  send_text (&from, &to, "b");
  send_text (&from, &to, "c");
  network_run (network, 100 * MS, NULL, NULL);
  char *log = g_strdup (to.log->str);
  recorder_clear (&from);
  recorder_clear (&to);
  return log;
}

static void
lose_second (const NetworkDatagram *datagram,
             NetworkFate *fate,
             gpointer user_data G_GNUC_UNUSED)
{
  fate->n_copies = datagram->serial == 1 ? 0 : 1;
}

static void
double_first (const NetworkDatagram *datagram,
              NetworkFate *fate,
              gpointer user_data G_GNUC_UNUSED)
{
  fate->n_copies = datagram->serial == 0 ? 2 : 1;
}

static void
hold (const NetworkDatagram *datagram, NetworkFate *fate, gpointer serial)
{
  fate->is_held = datagram->serial == GPOINTER_TO_UINT (serial);
}

static void
delay_first (const NetworkDatagram *datagram,
             NetworkFate *fate,
             gpointer user_data G_GNUC_UNUSED)
{
  fate->delay_us += datagram->serial == 0 ? 5 * MS : 0;
}

static void
alter_first (const NetworkDatagram *datagram,
             NetworkFate *fate,
             gpointer user_data G_GNUC_UNUSED)
{
  fate->flip_byte = datagram->serial == 0 ? 0 : -1;
}

static void
test_fates (void)
{
  static const struct
  {
    NetworkFateFunc func;
    guint serial;
    const char *log;
  } cases[] = {
    { NULL, 0, "a@10 b@10 c@10 " },
    { lose_second, 0, "a@10 c@10 " },
    { double_first, 0, "a@10 a@10 b@10 c@10 " },
    { hold, 0, "b@10 a@10 c@10 " },
    { hold, 1, "a@10 c@10 b@10 " },
    { hold, 2, "a@10 b@10 " },
    { delay_first, 0, "b@10 c@10 a@15 " },
    { alter_first, 0, "4@10 b@10 c@10 " },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
  {
    g_autofree char *log
        = run_three (cases[i].func, GUINT_TO_POINTER (cases[i].serial), 1, 0);
    g_assert_cmpstr (log, ==, cases[i].log);
  }
}

static void
test_seed (void)
{
  gboolean differs = FALSE;

  for (guint32 seed = 1; seed < 20; seed++)
  {
    g_autofree char *once = run_three (NULL, NULL, seed, 0.5);
    g_autofree char *again = run_three (NULL, NULL, seed, 0.5);
    g_autofree char *other = run_three (NULL, NULL, seed + 1, 0.5);
    g_assert_cmpstr (once, ==, again);
    differs |= strcmp (once, other) != 0;
  }
  g_assert_true (differs);
}

static void
test_loss_rate (void)
{
  g_autoptr (Network) network = network_new (7);
  Recorder from, to;

  recorder_init (&from, network);
  recorder_init (&to, network);
  network_conditions (network)->loss = 0.2;
  for (guint i = 0; i < 10000; i++)
  {
    send_text (&from, &to, "x");
  }
  network_run (network, 100 * MS, NULL, NULL);
  g_assert_cmpuint (network_n_sent (network, from.node), ==, 10000);
  g_assert_cmpuint (network_n_delivered (network, to.node), >, 7800);
  g_assert_cmpuint (network_n_delivered (network, to.node), <, 8200);
  recorder_clear (&from);
  recorder_clear (&to);
}

static void
test_moments (void)
{
  g_autoptr (Network) network = network_new (1);
  g_autoptr (GBytes) forged = g_bytes_new_static ("evil", 4);
  Recorder from, to;

  recorder_init (&from, network);
  recorder_init (&to, network);
  network_conditions (network)->delay_us = 10 * MS;
  to.deadline_us = to.start_us + 10 * MS;
  send_text (&from, &to, "a");
  network_inject (network, network_node_address (network, from.node), to.node, forged,
                  10 * MS);

  network_run (network, 9 * MS, NULL, NULL);
  g_assert_cmpstr (to.log->str, ==, "");
  network_run (network, 1 * MS, NULL, NULL);
  g_assert_cmpstr (to.log->str, ==, "evil@10 a@10 !@10 ");

  network_move_node (network, to.node);
  send_text (&from, &to, "b");
  network_move_node (network, to.node);
  network_run (network, 50 * MS, NULL, NULL);
  g_assert_cmpstr (to.log->str, ==, "evil@10 a@10 !@10 ");
  g_assert_cmpint (network_now_us (network), ==, to.start_us + 60 * MS);
  recorder_clear (&from);
  recorder_clear (&to);
}

/* libssl's own calls must arrive at our symbols. */
static void
test_libssl_reads_the_virtual_clock (void)
{
  SSL_CTX *context = SSL_CTX_new (DTLS_client_method ());
  SSL *ssl = SSL_new (context);
  struct timeval left;

  virtual_clock_start ();
  SSL_set_bio (ssl, BIO_new (BIO_s_mem ()), BIO_new (BIO_s_mem ()));
  SSL_set_connect_state (ssl);
  guint64 n_reads = virtual_clock_n_reads ();
  g_assert_cmpint (SSL_do_handshake (ssl), ==, -1);
  g_assert_cmpuint (virtual_clock_n_reads (), >, n_reads);

  g_assert_true (DTLSv1_get_timeout (ssl, &left));
  g_assert_cmpint (left.tv_sec * G_USEC_PER_SEC + left.tv_usec, ==, 1000 * MS);
  virtual_clock_advance_to (virtual_clock_now_us () + 400 * MS);
  g_assert_true (DTLSv1_get_timeout (ssl, &left));
  g_assert_cmpint (left.tv_sec * G_USEC_PER_SEC + left.tv_usec, ==, 600 * MS);

  SSL_SESSION *before = SSL_SESSION_new ();
  virtual_clock_advance_to (virtual_clock_now_us () + 3600 * G_TIME_SPAN_SECOND);
  SSL_SESSION *after = SSL_SESSION_new ();
  g_assert_cmpint (SSL_SESSION_get_time (after) - SSL_SESSION_get_time (before), ==,
                   3600);

  SSL_SESSION_free (before);
  SSL_SESSION_free (after);
  SSL_free (ssl);
  SSL_CTX_free (context);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/support/network/gives-each-datagram-its-fate", test_fates);
  g_test_add_func ("/support/network/repeats-itself-with-the-same-seed", test_seed);
  g_test_add_func ("/support/network/loses-as-often-as-it-is-told", test_loss_rate);
  g_test_add_func ("/support/network/orders-what-happens-at-one-moment", test_moments);
  g_test_add_func ("/support/virtual-clock/is-the-clock-of-libssl",
                   test_libssl_reads_the_virtual_clock);

  return g_test_run ();
}
