/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "association-watcher.h"

/* With it: that anything was told to anybody. */
static GMutex lock;
static GCond told;
static guint n_tellings;

G_DEFINE_TYPE (TestWatcher, test_watcher, GST_TYPE_ELEMENT)

static void
note (TestWatcher *self, guint *count, const char *word)
{
  g_mutex_lock (&lock);
  if (count != NULL)
  {
    *count += 1;
  }
  if (word != NULL)
  {
    g_string_append_printf (self->told, "%s%s", self->told->len > 0 ? " " : "", word);
  }
  n_tellings++;
  g_cond_broadcast (&told);
  g_mutex_unlock (&lock);
}

static void
watcher_outgoing (GstElement *element)
{
  note (TEST_WATCHER (element), &TEST_WATCHER (element)->n_outgoing, NULL);
}

static void
watcher_incoming (GstElement *element)
{
  note (TEST_WATCHER (element), &TEST_WATCHER (element)->n_incoming, NULL);
}

static void
watcher_changed (GstElement *element, TegataState state)
{
  TestWatcher *self = TEST_WATCHER (element);

  g_assert_cmpint (g_atomic_int_add (&self->is_busy, 1), ==, 0);
  note (self, NULL, tegata_state_to_string (state));
  if (self->react != NULL)
  {
    self->react (self, state);
  }
  g_assert_cmpint (g_atomic_int_add (&self->is_busy, -1), ==, 1);
}

static void
watcher_unverified (GstElement *element)
{
  TestWatcher *self = TEST_WATCHER (element);

  g_assert_cmpint (g_atomic_int_add (&self->is_busy, 1), ==, 0);
  note (self, NULL, "unverified");
  g_assert_cmpint (g_atomic_int_add (&self->is_busy, -1), ==, 1);
}

const GstTegataObserver test_observer
    = { watcher_outgoing, watcher_incoming, watcher_changed, watcher_unverified };

char *
test_watcher_dup_told (TestWatcher *self)
{
  char *text;

  g_mutex_lock (&lock);
  text = g_strdup (self->told->str);
  g_mutex_unlock (&lock);
  return text;
}

static void
test_watcher_finalize (GObject *object)
{
  g_string_free (TEST_WATCHER (object)->told, TRUE);
  G_OBJECT_CLASS (test_watcher_parent_class)->finalize (object);
}

static void
test_watcher_class_init (TestWatcherClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = test_watcher_finalize;
}

static void
test_watcher_init (TestWatcher *self)
{
  self->told = g_string_new (NULL);
}

guint
test_count_tellings (void)
{
  guint n;

  g_mutex_lock (&lock);
  n = n_tellings;
  g_mutex_unlock (&lock);
  return n;
}

void
test_wait_for_telling (guint n_known, gint64 end_us)
{
  g_mutex_lock (&lock);
  while (n_tellings == n_known)
  {
    g_assert_true (g_cond_wait_until (&told, &lock, end_us));
  }
  g_mutex_unlock (&lock);
}

void
test_watcher_assert_told (TestWatcher *self, const char *expected)
{
  g_autofree char *told_text = test_watcher_dup_told (self);

  g_assert_cmpstr (told_text, ==, expected);
}
