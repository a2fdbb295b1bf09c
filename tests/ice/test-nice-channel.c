/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "ice/nice-node.h"

/* What a channel promises, but for errors and threads. */

static void
await_payloads (NiceNode *a, guint n_a, NiceNode *b, guint n_b)
{
  while (a->payloads->len < n_a || b->payloads->len < n_b)
  {
    nice_node_turn (a, b);
  }
}

static void
check_both_ways (const char *host)
{
  g_autoptr (NiceNode) a = nice_node_new (host, TRUE);
  g_autoptr (NiceNode) b = nice_node_new (host, FALSE);

  nice_node_connect (a, b);
  g_assert_true (nice_node_send (a, "to b"));
  g_assert_true (nice_node_send (b, "to a"));
  await_payloads (a, 1, b, 1);
  nice_node_assert_payload (a, 0, "to a");
  nice_node_assert_payload (b, 0, "to b");
  g_assert_true (a->thread == g_thread_self ());
  g_assert_cmpuint (a->errors->len + b->errors->len, ==, 0);
}

static void
test_ipv4 (void)
{
  check_both_ways ("127.0.0.1");
}

static void
test_ipv6 (void)
{
  if (!nice_node_skip_without_ipv6 ())
  {
    check_both_ways ("::1");
  }
}

static void
test_stats (void)
{
  g_autoptr (NiceNode) a = nice_node_new ("127.0.0.1", TRUE);
  g_autoptr (NiceNode) b = nice_node_new ("127.0.0.1", FALSE);
  TegataNiceChannelStats sent;
  TegataNiceChannelStats received;

  nice_node_connect (a, b);
  for (guint i = 0; i < 3; i++)
  {
    g_assert_true (nice_node_send (a, "one of three"));
  }
  await_payloads (a, 0, b, 3);
  tegata_nice_channel_get_stats (a->channel, &sent);
  g_assert_cmpuint (sent.datagrams_sent, ==, 3);
  g_assert_cmpuint (sent.batches_sent, ==, 3);
  g_assert_cmpuint (sent.datagrams_received, ==, 0);
  g_assert_cmpuint (sent.dropped + sent.errors, ==, 0);
  tegata_nice_channel_get_stats (b->channel, &received);
  g_assert_cmpuint (received.datagrams_received, ==, 3);
  g_assert_cmpuint (received.datagrams_sent + received.batches_sent, ==, 0);
}

static void
test_rtt (void)
{
  g_autoptr (NiceNode) a = nice_node_new ("127.0.0.1", TRUE);
  g_autoptr (NiceNode) b = nice_node_new ("127.0.0.1", FALSE);

  nice_node_connect (a, b);
  g_assert_cmpint (
      tegata_datagram_channel_get_rtt_us (TEGATA_DATAGRAM_CHANNEL (a->channel)), ==, -1);
}

/* Being writable. */

static void
test_writable_once (void)
{
  g_autoptr (NiceNode) a = nice_node_new ("127.0.0.1", TRUE);
  g_autoptr (NiceNode) b = nice_node_new ("127.0.0.1", FALSE);

  g_assert_false (nice_node_is_writable (a));
  nice_node_connect (a, b);
  g_assert_true (nice_node_is_writable (a));
  g_assert_true (nice_node_is_writable (b));
  nice_node_finish (a, b);
  g_assert_cmpuint (a->n_writable, ==, 1);
  g_assert_cmpuint (b->n_writable, ==, 1);
}

/* libnice selects within its own call, and whatever it signals there: nobody is told
 * before the loop has its turn. */
static void
test_writable_not_within (void)
{
  g_autoptr (NiceNode) a = nice_node_new ("127.0.0.1", TRUE);
  g_autoptr (NiceNode) b = nice_node_new ("127.0.0.1", FALSE);
  GSList *candidates;

  nice_node_attach (a);
  nice_node_gather (a);
  nice_node_gather (b);
  candidates = nice_agent_get_local_candidates (b->agent, b->stream_id, 1);
  g_assert_true (nice_agent_set_selected_remote_candidate (a->agent, a->stream_id, 1,
                                                           candidates->data));
  g_slist_free_full (candidates, (GDestroyNotify) nice_candidate_free);
  g_assert_true (nice_node_is_writable (a));
  g_assert_cmpuint (a->n_writable, ==, 0);
  while (a->n_writable == 0)
  {
    nice_node_turn (a, b);
  }
}

static void
test_writable_from_the_start (void)
{
  g_autoptr (NiceNode) a = nice_node_new ("127.0.0.1", TRUE);
  g_autoptr (NiceNode) b = nice_node_new ("127.0.0.1", FALSE);

  nice_node_connect (a, b);
  nice_node_finish (a, b);
  nice_node_detach (a);
  g_assert_true (nice_node_is_writable (a));
  nice_node_attach (a);
  nice_node_finish (a, b);
  g_assert_cmpuint (a->n_writable, ==, 1);
  g_assert_true (nice_node_send (b, "again"));
  await_payloads (a, 1, b, 0);
}

static void
test_no_way_yet (void)
{
  g_autoptr (NiceNode) a = nice_node_new ("127.0.0.1", TRUE);
  g_autoptr (NiceNode) b = nice_node_new ("127.0.0.1", FALSE);
  TegataDatagram datagrams[100] = { 0 };
  guint8 byte = 'x';
  TegataNiceChannelStats stats;

  for (guint i = 0; i < G_N_ELEMENTS (datagrams); i++)
  {
    datagrams[i] = (TegataDatagram){ .bytes = &byte, .len = 1, .size = 1 };
  }
  g_assert_false (nice_node_send (a, "before anybody listens"));
  nice_node_attach (a);
  g_assert_cmpuint (tegata_datagram_channel_send (TEGATA_DATAGRAM_CHANNEL (a->channel),
                                                  datagrams, G_N_ELEMENTS (datagrams)),
                    ==, 0);
  nice_node_finish (a, b);
  tegata_nice_channel_get_stats (a->channel, &stats);
  g_assert_cmpuint (stats.dropped, ==, 1 + G_N_ELEMENTS (datagrams));
  g_assert_cmpuint (stats.errors + stats.datagrams_sent + stats.batches_sent, ==, 0);
  g_assert_cmpuint (a->errors->len, ==, 0);
}

/* Who is heard. */

/* @b learns nothing of @a: so it answers checks, and has no pair of its own. */
static void
test_before_our_selection (void)
{
  g_autoptr (NiceNode) a = nice_node_new ("127.0.0.1", TRUE);
  g_autoptr (NiceNode) b = nice_node_new ("127.0.0.1", FALSE);

  nice_node_attach (a);
  nice_node_attach (b);
  nice_node_gather (a);
  nice_node_gather (b);
  nice_node_meet (a, b);
  while (a->n_writable == 0)
  {
    nice_node_turn (a, b);
  }
  g_assert_true (nice_node_send (a, "early"));
  await_payloads (a, 0, b, 1);
  nice_node_assert_payload (b, 0, "early");
  g_assert_false (nice_node_is_writable (b));
  g_assert_cmpuint (b->n_writable, ==, 0);

  nice_node_meet (b, a);
  while (b->n_writable == 0)
  {
    nice_node_turn (a, b);
  }
  g_assert_true (nice_node_send (b, "late"));
  await_payloads (a, 1, b, 1);
}

/* Nobody reads @b's socket before it is attached: its checks wait there. */
static void
test_late_attach (void)
{
  g_autoptr (NiceNode) a = nice_node_new ("127.0.0.1", TRUE);
  g_autoptr (NiceNode) b = nice_node_new ("127.0.0.1", FALSE);

  nice_node_attach (a);
  nice_node_gather (a);
  nice_node_gather (b);
  nice_node_meet (a, b);
  nice_node_meet (b, a);
  nice_node_finish (a, b);
  g_assert_cmpuint (a->n_writable, ==, 0);
  nice_node_attach (b);
  while (a->n_writable == 0 || b->n_writable == 0)
  {
    nice_node_turn (a, b);
  }
}

static void
send_from (GSocket *socket, GSocketAddress *to, const char *text)
{
  g_autoptr (GError) error = NULL;
  gsize len = strlen (text);

  g_assert_cmpint (g_socket_send_to (socket, to, text, len, NULL, &error), ==,
                   (gssize) len);
  g_assert_no_error (error);
}

/* What @a sends comes behind what the stranger sent: had it been handed up, then first.
 */
static void
test_stranger (void)
{
  /* what DTLS, RTP and STUN begin with, and a text */
  static const char *const payloads[] = { "\x16\xfe\xfd", "\x80\x60", "\x01\x01", "?" };
  g_autoptr (NiceNode) a = nice_node_new ("127.0.0.1", TRUE);
  g_autoptr (NiceNode) b = nice_node_new ("127.0.0.1", FALSE);
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM,
                                             G_SOCKET_PROTOCOL_UDP, &error);
  TegataNiceChannelStats stats;

  g_assert_no_error (error);
  nice_node_attach (a);
  nice_node_attach (b);
  nice_node_gather (a);
  nice_node_gather (b);
  address = nice_node_dup_local_address (b);
  for (guint i = 0; i < G_N_ELEMENTS (payloads); i++)
  {
    send_from (socket, address, payloads[i]);
  }
  nice_node_meet (a, b);
  nice_node_meet (b, a);
  while (a->n_writable == 0 || b->n_writable == 0)
  {
    nice_node_turn (a, b);
  }
  for (guint i = 0; i < G_N_ELEMENTS (payloads); i++)
  {
    send_from (socket, address, payloads[i]);
  }
  g_assert_true (nice_node_send (a, "known"));
  await_payloads (a, 0, b, 1);
  nice_node_finish (a, b);
  nice_node_assert_payload (b, 0, "known");
  tegata_nice_channel_get_stats (b->channel, &stats);
  g_assert_cmpuint (stats.datagrams_received, ==, 1);
}

/* Batches. */

static void
check_batch (NiceNode *a, NiceNode *b, guint n)
{
  g_autofree TegataDatagram *datagrams = g_new0 (TegataDatagram, n);
  g_autofree guint16 *numbers = g_new (guint16, n);
  guint n_before = b->payloads->len;
  TegataNiceChannelStats before;
  TegataNiceChannelStats after;

  for (guint i = 0; i < n; i++)
  {
    numbers[i] = (guint16) i;
    datagrams[i].bytes = (guint8 *) &numbers[i];
    datagrams[i].len = sizeof numbers[i];
  }
  tegata_nice_channel_get_stats (a->channel, &before);
  g_assert_cmpuint (
      tegata_datagram_channel_send (TEGATA_DATAGRAM_CHANNEL (a->channel), datagrams, n),
      ==, n);
  tegata_nice_channel_get_stats (a->channel, &after);
  g_assert_cmpuint (after.datagrams_sent - before.datagrams_sent, ==, n);
  g_assert_cmpuint (after.batches_sent - before.batches_sent, ==, (n + 63) / 64);
  await_payloads (a, 0, b, n_before + n);
  for (guint i = 0; i < n; i++)
  {
    gsize len;
    const guint16 *number
        = g_bytes_get_data (g_ptr_array_index (b->payloads, n_before + i), &len);

    g_assert_cmpuint (len, ==, sizeof *number);
    g_assert_cmpuint (*number, ==, i);
  }
}

static void
test_batches (void)
{
  static const guint sizes[] = { 1, 2, 5, 63, 64, 65, 128, 200 };
  g_autoptr (NiceNode) a = nice_node_new ("127.0.0.1", TRUE);
  g_autoptr (NiceNode) b = nice_node_new ("127.0.0.1", FALSE);

  nice_node_connect (a, b);
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
  {
    check_batch (a, b, sizes[i]);
  }
}

/* An ICE restart. */

static void
test_restart (void)
{
  g_autoptr (NiceNode) a = nice_node_new ("127.0.0.1", TRUE);
  g_autoptr (NiceNode) b = nice_node_new ("127.0.0.1", FALSE);

  nice_node_connect (a, b);
  nice_node_await_ready (a, b);
  g_assert_true (nice_agent_restart (a->agent));
  g_assert_true (nice_agent_restart (b->agent));
  g_assert_true (nice_node_is_writable (a));
  g_assert_true (nice_node_is_writable (b));
  /* Neither knows anything of the other one's new session yet. */
  g_assert_true (nice_node_send (a, "meanwhile to b"));
  g_assert_true (nice_node_send (b, "meanwhile to a"));
  await_payloads (a, 1, b, 1);
  nice_node_meet (a, b);
  nice_node_meet (b, a);
  nice_node_await_ready (a, b);
  g_assert_true (nice_node_send (a, "after to b"));
  g_assert_true (nice_node_send (b, "after to a"));
  await_payloads (a, 2, b, 2);
  nice_node_assert_payload (a, 1, "after to a");
  nice_node_assert_payload (b, 1, "after to b");
  g_assert_cmpuint (a->n_writable, ==, 1);
  g_assert_cmpuint (b->n_writable, ==, 1);
  g_assert_cmpuint (a->errors->len + b->errors->len, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add_func ("/nice/channel/" name, func)
  ADD ("carries-datagrams-both-ways", test_ipv4);
  ADD ("carries-datagrams-over-ipv6", test_ipv6);
  ADD ("counts-what-it-carries", test_stats);
  ADD ("does-not-know-the-round-trip-time", test_rtt);
  ADD ("writable-is-told-once", test_writable_once);
  ADD ("writable-is-not-told-from-within", test_writable_not_within);
  ADD ("what-is-writable-already-is-not-told", test_writable_from_the_start);
  ADD ("what-has-no-way-yet-is-dropped-and-counted", test_no_way_yet);
  ADD ("data-before-our-own-selection-is-handed-up", test_before_our_selection);
  ADD ("checks-wait-for-who-attaches-late", test_late_attach);
  ADD ("a-stranger-is-not-handed-up", test_stranger);
  ADD ("batches-of-any-size-arrive-in-order", test_batches);
  ADD ("a-restart-keeps-it-writable", test_restart);
#undef ADD
  return g_test_run ();
}
