/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "session/hold-queue.h"

#include <string.h>

static const guint8 zeros[1024];

static gboolean
push (TegataHoldQueue *queue, gsize len)
{
  return tegata_hold_queue_push (queue, TEGATA_PACKET_RTP, NULL, zeros, len);
}

static void
test_order (void)
{
  TegataHoldQueue queue;

  tegata_hold_queue_init (&queue, 8, 1000);
  g_assert_true (tegata_hold_queue_is_empty (&queue));
  g_assert_null (tegata_hold_queue_pop (&queue));
  for (guint8 i = 0; i < 8; i++)
  {
    g_assert_true (tegata_hold_queue_push (&queue, TEGATA_PACKET_RTP, NULL, &i, 1));
  }
  for (guint8 i = 0; i < 8; i++)
  {
    g_autofree TegataHeldDatagram *held = tegata_hold_queue_pop (&queue);

    g_assert_nonnull (held);
    g_assert_cmpuint (held->len, ==, 1);
    g_assert_cmpuint (held->bytes[0], ==, i);
  }
  g_assert_true (tegata_hold_queue_is_empty (&queue));
}

static void
test_items_bound (void)
{
  TegataHoldQueue queue;
  guint8 first = 1;

  tegata_hold_queue_init (&queue, 3, 1000);
  g_assert_true (tegata_hold_queue_push (&queue, TEGATA_PACKET_RTP, NULL, &first, 1));
  g_assert_true (push (&queue, 1));
  g_assert_true (push (&queue, 0));
  g_assert_false (push (&queue, 0));

  /* the oldest stays, and makes room only when it is taken */
  g_autofree TegataHeldDatagram *held = tegata_hold_queue_pop (&queue);
  g_assert_cmpuint (held->bytes[0], ==, 1);
  g_assert_true (push (&queue, 1));
  g_assert_false (push (&queue, 1));
  g_assert_cmpuint (tegata_hold_queue_clear (&queue), ==, 3);
}

static void
test_bytes_bound (void)
{
  TegataHoldQueue queue;

  tegata_hold_queue_init (&queue, 100, 1000);
  g_assert_false (push (&queue, 1001));
  g_assert_true (push (&queue, 600));
  g_assert_false (push (&queue, 401));
  g_assert_true (push (&queue, 400));
  g_assert_false (push (&queue, 1));
  g_free (tegata_hold_queue_pop (&queue));
  g_assert_true (push (&queue, 600));
  g_assert_false (push (&queue, 1));
  tegata_hold_queue_clear (&queue);
  g_assert_true (push (&queue, 1000));
  tegata_hold_queue_clear (&queue);
}

static void
test_keeps_what_it_was (void)
{
  TegataHoldQueue queue;
  TegataAddress peer;

  tegata_address_init (&peer, "somewhere", 9);
  tegata_hold_queue_init (&queue, 4, 100);
  tegata_hold_queue_push (&queue, TEGATA_PACKET_RTCP, &peer, zeros, 3);
  tegata_hold_queue_push (&queue, TEGATA_PACKET_RTP, NULL, zeros, 2);

  g_autofree TegataHeldDatagram *first = tegata_hold_queue_pop (&queue);
  g_autofree TegataHeldDatagram *second = tegata_hold_queue_pop (&queue);
  g_assert_cmpint (first->kind, ==, TEGATA_PACKET_RTCP);
  g_assert_true (first->has_peer);
  g_assert_true (tegata_address_equal (&first->peer, &peer));
  g_assert_cmpint (second->kind, ==, TEGATA_PACKET_RTP);
  g_assert_false (second->has_peer);
}

static void
test_clear (void)
{
  TegataHoldQueue queue;

  tegata_hold_queue_init (&queue, 4, 100);
  g_assert_cmpuint (tegata_hold_queue_clear (&queue), ==, 0);
  push (&queue, 1);
  push (&queue, 1);
  g_assert_cmpuint (tegata_hold_queue_clear (&queue), ==, 2);
  g_assert_true (tegata_hold_queue_is_empty (&queue));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/hold-queue/first-in-is-first-out", test_order);
  g_test_add_func ("/hold-queue/refuses-the-newest-beyond-its-items", test_items_bound);
  g_test_add_func ("/hold-queue/refuses-the-newest-beyond-its-bytes", test_bytes_bound);
  g_test_add_func ("/hold-queue/keeps-kind-and-source", test_keeps_what_it_was);
  g_test_add_func ("/hold-queue/clears-all", test_clear);

  return g_test_run ();
}
