/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transport/loop-private.h"

#include <string.h>

/* A loop, and who was called. */
typedef struct
{
  GMainContext *context;
  TegataLoop *loop;
  GArray *calls; /* of guint: numbers of probes */
} Fixture;

typedef struct _Probe Probe;

/* A timer with a number, and what to do when it is called. */
struct _Probe
{
  Fixture *fixture;
  guint number;
  gint64 deadline_us;
  TegataTimer *timer;
  void (*act) (Probe *self);
  Probe *other;
};

static void
set_up (Fixture *self, gconstpointer data)
{
  (void) data;
  self->context = g_main_context_new ();
  self->loop = tegata_loop_new (self->context);
  self->calls = g_array_new (FALSE, FALSE, sizeof (guint));
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  (void) data;
  g_clear_pointer (&self->loop, tegata_loop_unref);
  g_main_context_unref (self->context);
  g_array_unref (self->calls);
}

static void
on_due (gpointer user_data)
{
  Probe *self = user_data;

  g_assert_cmpint (g_get_monotonic_time (), >=, self->deadline_us);
  g_array_append_val (self->fixture->calls, self->number);
  if (self->act != NULL)
  {
    self->act (self);
  }
}

static void
probe_init (Probe *self, Fixture *fixture, guint number)
{
  memset (self, 0, sizeof *self);
  self->fixture = fixture;
  self->number = number;
  self->timer = tegata_timer_new (fixture->loop, on_due, self);
}

static void
probe_set (Probe *self, gint64 deadline_us)
{
  self->deadline_us = deadline_us;
  tegata_timer_set (self->timer, deadline_us);
}

static void
probe_free_timer (Probe *self)
{
  g_clear_pointer (&self->timer, tegata_timer_free);
}

static void
await_calls (Fixture *self, guint n)
{
  while (self->calls->len < n)
  {
    g_main_context_iteration (self->context, TRUE);
  }
}

static void
assert_nothing_is_due (Fixture *self)
{
  guint n = self->calls->len;

  while (g_main_context_iteration (self->context, FALSE))
  {
  }
  g_assert_cmpuint (self->calls->len, ==, n);
}

static void
assert_calls (Fixture *self, const guint *numbers, guint n)
{
  g_assert_cmpmem (self->calls->data, self->calls->len * sizeof (guint), numbers,
                   n * sizeof (guint));
}

static void
test_once (Fixture *self, gconstpointer data)
{
  Probe probe;

  (void) data;
  probe_init (&probe, self, 1);
  assert_nothing_is_due (self);
  probe_set (&probe, g_get_monotonic_time () + 1500);
  await_calls (self, 1);
  assert_nothing_is_due (self);
  probe_set (&probe, 0);
  await_calls (self, 2);
  probe_free_timer (&probe);
}

static void
test_order (Fixture *self, gconstpointer data)
{
  static const guint expected[] = { 3, 0, 2, 4, 1 };
  gint64 now_us = g_get_monotonic_time ();
  Probe probes[5];

  (void) data;
  for (guint i = 0; i < G_N_ELEMENTS (probes); i++)
  {
    probe_init (&probes[i], self, i);
  }
  probe_set (&probes[0], now_us);
  probe_set (&probes[1], now_us + 5000);
  probe_set (&probes[2], now_us);
  probe_set (&probes[3], now_us - 1);
  probe_set (&probes[4], now_us);
  await_calls (self, G_N_ELEMENTS (expected));
  assert_calls (self, expected, G_N_ELEMENTS (expected));
  g_array_set_size (self->calls, 0);
  for (guint i = 0; i < G_N_ELEMENTS (probes); i++)
  {
    probe_free_timer (&probes[i]);
  }
}

static void
test_moved (Fixture *self, gconstpointer data)
{
  static const guint expected[] = { 1, 0 };
  gint64 now_us = g_get_monotonic_time ();
  Probe early, late, unset;

  (void) data;
  probe_init (&early, self, 0);
  probe_init (&late, self, 1);
  probe_init (&unset, self, 2);
  probe_set (&early, now_us);
  probe_set (&late, now_us + (gint64) G_USEC_PER_SEC * 3600);
  probe_set (&unset, now_us);
  probe_set (&early, now_us + 2000);
  probe_set (&late, now_us);
  tegata_timer_set (unset.timer, -1);
  tegata_timer_set (unset.timer, -1);
  await_calls (self, G_N_ELEMENTS (expected));
  assert_calls (self, expected, G_N_ELEMENTS (expected));
  assert_nothing_is_due (self);
  probe_free_timer (&early);
  probe_free_timer (&late);
  probe_free_timer (&unset);
}

static void
free_both (Probe *self)
{
  probe_free_timer (self);
  probe_free_timer (self->other);
}

static void
test_freed_inside (Fixture *self, gconstpointer data)
{
  Probe first, second;

  (void) data;
  probe_init (&first, self, 1);
  probe_init (&second, self, 2);
  first.act = free_both;
  first.other = &second;
  probe_set (&first, 0);
  probe_set (&second, 1);
  await_calls (self, 1);
  assert_nothing_is_due (self);
  g_assert_null (second.timer);
}

static void
start_other (Probe *self)
{
  probe_init (self->other, self->fixture, 2);
  probe_set (self->other, 0);
}

static void
test_made_inside (Fixture *self, gconstpointer data)
{
  static const guint expected[] = { 1, 2 };
  Probe first, second = { 0 };

  (void) data;
  probe_init (&first, self, 1);
  first.act = start_other;
  first.other = &second;
  probe_set (&first, 0);
  await_calls (self, 2);
  assert_calls (self, expected, G_N_ELEMENTS (expected));
  assert_nothing_is_due (self);
  probe_free_timer (&first);
  probe_free_timer (&second);
}

static void
set_again (Probe *self)
{
  probe_set (self, 0);
}

static gboolean
note_turn (gpointer user_data)
{
  ++*(guint *) user_data;
  return G_SOURCE_CONTINUE;
}

/* What is always overdue is called once a turn: after the others that are due, and
 * together with other sources. */
static void
test_past (Fixture *self, gconstpointer data)
{
  g_autoptr (GSource) source = g_timeout_source_new (0);
  guint n_turns = 0;
  Probe eager, others[2];

  (void) data;
  g_source_set_callback (source, note_turn, &n_turns, NULL);
  g_source_attach (source, self->context);
  probe_init (&eager, self, 1);
  eager.act = set_again;
  probe_set (&eager, 0);
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
  {
    probe_init (&others[i], self, 2 + i);
    probe_set (&others[i], g_get_monotonic_time ());
  }
  g_main_context_iteration (self->context, TRUE);
  g_assert_cmpuint (self->calls->len, ==, 3);
  g_assert_cmpuint (g_array_index (self->calls, guint, 0), ==, 1);
  g_assert_cmpuint (g_array_index (self->calls, guint, 1), ==, 2);
  g_assert_cmpuint (g_array_index (self->calls, guint, 2), ==, 3);
  await_calls (self, 100);
  g_assert_cmpuint (n_turns, >=, 50);
  probe_free_timer (&eager);
  probe_free_timer (&others[0]);
  probe_free_timer (&others[1]);
  g_source_destroy (source);
}

static void
test_thousands (Fixture *self, gconstpointer data)
{
  enum
  {
    N = 5000
  };
  g_autofree Probe *probes = g_new0 (Probe, N);
  gint64 now_us = g_get_monotonic_time ();
  gint64 last_us = 0;

  (void) data;
  for (guint i = 0; i < N; i++)
  {
    probe_init (&probes[i], self, i);
    probe_set (&probes[i], now_us - g_test_rand_int_range (0, 1000));
    probe_set (&probes[i], now_us - g_test_rand_int_range (0, 1000));
  }
  g_main_context_iteration (self->context, TRUE);
  g_assert_cmpuint (self->calls->len, ==, N);
  for (guint i = 0; i < N; i++)
  {
    gint64 deadline_us = probes[g_array_index (self->calls, guint, i)].deadline_us;

    g_assert_cmpint (deadline_us, >=, last_us);
    last_us = deadline_us;
  }
  for (guint i = 0; i < N; i++)
  {
    probe_free_timer (&probes[i]);
  }
}

static void
release_all (Probe *self)
{
  g_clear_pointer (&self->fixture->loop, tegata_loop_unref);
  probe_free_timer (self->other);
  probe_free_timer (self);
}

static void
test_released_inside (Fixture *self, gconstpointer data)
{
  Probe first, second;

  (void) data;
  probe_init (&first, self, 1);
  probe_init (&second, self, 2);
  first.act = release_all;
  first.other = &second;
  probe_set (&first, 0);
  probe_set (&second, 0);
  await_calls (self, 1);
  assert_nothing_is_due (self);
}

static gpointer
release_loop (gpointer loop)
{
  tegata_loop_unref (loop);
  return NULL;
}

static void
test_released_elsewhere (Fixture *self, gconstpointer data)
{
  g_autoptr (TegataLoop) other = tegata_loop_new (self->context);
  Probe probe;
  GThread *thread;

  (void) data;
  probe_init (&probe, self, 1);
  probe_set (&probe, 0);
  thread = g_thread_new ("release", release_loop, g_steal_pointer (&other));
  await_calls (self, 1);
  g_thread_join (thread);
  assert_nothing_is_due (self);
  probe_free_timer (&probe);
}

static void
test_default_context (Fixture *self, gconstpointer data)
{
  g_autoptr (TegataLoop) loop = NULL;

  (void) data;
  g_assert_true (tegata_loop_get_main_context (self->loop) == self->context);
  g_main_context_push_thread_default (self->context);
  loop = tegata_loop_new (NULL);
  g_main_context_pop_thread_default (self->context);
  g_assert_true (tegata_loop_get_main_context (loop) == self->context);
}

static void
test_slots (Fixture *self, gconstpointer data)
{
  const gsize size = (gsize) TEGATA_BATCH_MAX * TEGATA_BATCH_SLOT_SIZE;
  guint8 *first = tegata_loop_take_slots (self->loop);
  guint8 *second = tegata_loop_take_slots (self->loop);

  (void) data;
  g_assert_true (first != second);
  memset (first, 1, size);
  memset (second, 2, size);
  g_assert_cmpuint (first[0], ==, 1);
  g_assert_cmpuint (first[size - 1], ==, 1);
  tegata_loop_give_slots (self->loop, second);
  tegata_loop_give_slots (self->loop, first);
  first = tegata_loop_take_slots (self->loop);
  g_assert_true (first == second);
  tegata_loop_give_slots (self->loop, first);
}

static void
add (const char *path, void (*func) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, NULL, set_up, func, tear_down);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  add ("/loop/timer/is-called-once-and-not-early", test_once);
  add ("/loop/timer/earliest-first-and-equals-in-the-order-set", test_order);
  add ("/loop/timer/may-be-moved-and-unset", test_moved);
  add ("/loop/timer/may-be-freed-in-a-call-back", test_freed_inside);
  add ("/loop/timer/may-be-made-in-a-call-back", test_made_inside);
  add ("/loop/timer/set-into-the-past-starves-nobody", test_past);
  add ("/loop/timer/thousands-are-called-in-order", test_thousands);
  add ("/loop/may-be-released-in-a-call-back", test_released_inside);
  add ("/loop/may-be-released-on-another-thread", test_released_elsewhere);
  add ("/loop/runs-where-the-thread-runs-by-default", test_default_context);
  add ("/loop/slots-taken-twice-are-different-ones", test_slots);
  return g_test_run ();
}
