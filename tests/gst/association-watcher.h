/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "association.h"

G_BEGIN_DECLS

/* An element that observes an association, and writes down what it is told. */

#define TEST_TYPE_WATCHER (test_watcher_get_type ())
G_DECLARE_FINAL_TYPE (TestWatcher, test_watcher, TEST, WATCHER, GstElement)

struct _TestWatcher
{
  GstElement parent_instance;

  /* under a lock that all share */
  GString *told; /* "new connecting ... unverified .." */
  guint n_outgoing;
  guint n_incoming;
  gint is_busy; /* atomic: in changed() or unverified() */

  /* Set before anything can be told; called in the middle of changed(). */
  void (*react) (TestWatcher *self, TegataState state);
  GstTegataAssociation *association; /* not referenced */
  gpointer reaction;
};

extern const GstTegataObserver test_observer;

/* (transfer full) */
char *test_watcher_dup_told (TestWatcher *self);
void test_watcher_assert_told (TestWatcher *self, const char *expected);

/* A minute: what takes longer will not come. */
#define TEST_PATIENCE_US (60 * G_TIME_SPAN_SECOND)

/* How often anything was told to any watcher. */
guint test_count_tellings (void);
/* Returns when that is no longer @n_known; fails at @end_us. */
void test_wait_for_telling (guint n_known, gint64 end_us);

G_END_DECLS
