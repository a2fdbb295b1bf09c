/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker.h"

/* A piece of work that counts, and can be held at a gate. */

#define PATIENCE_US (60 * G_TIME_SPAN_SECOND)

#define TYPE_JOB (job_get_type ())
G_DECLARE_FINAL_TYPE (Job, job, TEST, JOB, GstObject)

struct _Job
{
  GstObject parent_instance;
  GstTegataWorker worker;
  GMutex lock;
  GCond moved;
  guint n_begun;
  guint n_done;
  guint n_at_once; /* of this job, now */
  guint n_at_most;
  gboolean is_gated; /* work waits until it is not */
  gboolean stops_itself;
  gint *n_finalized; /* nullable */
};

G_DEFINE_TYPE (Job, job, GST_TYPE_OBJECT)

static void
do_work (gpointer owner)
{
  Job *self = owner;
  gboolean stops_itself;

  g_mutex_lock (&self->lock);
  self->n_begun++;
  self->n_at_once++;
  self->n_at_most = MAX (self->n_at_most, self->n_at_once);
  g_cond_broadcast (&self->moved);
  while (self->is_gated)
  {
    g_cond_wait (&self->moved, &self->lock);
  }
  stops_itself = self->stops_itself;
  g_mutex_unlock (&self->lock);

  if (stops_itself)
  {
    gst_tegata_worker_stop (&self->worker);
  }

  g_mutex_lock (&self->lock);
  self->n_at_once--;
  self->n_done++;
  g_cond_broadcast (&self->moved);
  g_mutex_unlock (&self->lock);
}

static void
job_finalize (GObject *object)
{
  Job *self = TEST_JOB (object);

  if (self->n_finalized != NULL)
  {
    g_atomic_int_inc (self->n_finalized);
  }
  gst_tegata_worker_clear (&self->worker);
  g_cond_clear (&self->moved);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (job_parent_class)->finalize (object);
}

static void
job_class_init (JobClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = job_finalize;
}

static void
job_init (Job *self)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->moved);
  gst_tegata_worker_init (&self->worker, self, do_work);
}

static Job *
job_new (void)
{
  Job *self = gst_object_ref_sink (g_object_new (TYPE_JOB, NULL));

  gst_tegata_worker_start (&self->worker);
  return self;
}

static void
wait_for (Job *self, const guint *count, guint n)
{
  gint64 end = g_get_monotonic_time () + PATIENCE_US;

  g_mutex_lock (&self->lock);
  while (*count < n)
  {
    g_assert_true (g_cond_wait_until (&self->moved, &self->lock, end));
  }
  g_mutex_unlock (&self->lock);
}

static void
set_gate (Job *self, gboolean is_gated)
{
  g_mutex_lock (&self->lock);
  self->is_gated = is_gated;
  g_cond_broadcast (&self->moved);
  g_mutex_unlock (&self->lock);
}

static void
test_asked (void)
{
  g_autoptr (Job) job = job_new ();

  for (guint i = 1; i <= 100; i++)
  {
    gst_tegata_worker_ask (&job->worker);
    wait_for (job, &job->n_done, i);
  }
  gst_tegata_worker_stop (&job->worker);
  g_assert_cmpuint (job->n_done, ==, 100);
}

static void
test_asked_meanwhile (void)
{
  g_autoptr (Job) job = job_new ();

  set_gate (job, TRUE);
  gst_tegata_worker_ask (&job->worker);
  wait_for (job, &job->n_begun, 1);
  for (guint i = 0; i < 50; i++)
  {
    gst_tegata_worker_ask (&job->worker);
  }
  set_gate (job, FALSE);

  wait_for (job, &job->n_done, 2);
  gst_tegata_worker_stop (&job->worker);
  g_assert_cmpuint (job->n_done, ==, 2);
}

static gpointer
ask_often (gpointer data)
{
  Job *job = data;

  for (guint i = 0; i < 2000; i++)
  {
    gst_tegata_worker_ask (&job->worker);
  }
  return NULL;
}

static void
test_one_at_a_time (void)
{
  g_autoptr (Job) job = job_new ();
  GThread *threads[4];
  guint n_done;

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
  {
    threads[i] = g_thread_new ("asks", ask_often, job);
  }
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
  {
    g_thread_join (threads[i]);
  }

  g_mutex_lock (&job->lock);
  n_done = job->n_done;
  g_mutex_unlock (&job->lock);
  gst_tegata_worker_ask (&job->worker);
  wait_for (job, &job->n_done, n_done + 1);
  gst_tegata_worker_stop (&job->worker);
  g_assert_cmpuint (job->n_at_most, ==, 1);
}

static gpointer
open_gate (gpointer data)
{
  Job *job = data;

  wait_for (job, &job->n_begun, 1);
  set_gate (job, FALSE);
  return NULL;
}

static void
test_stop_waits (void)
{
  for (guint i = 0; i < 200; i++)
  {
    g_autoptr (Job) job = job_new ();
    GThread *thread;

    set_gate (job, TRUE);
    gst_tegata_worker_ask (&job->worker);
    wait_for (job, &job->n_begun, 1);
    thread = g_thread_new ("opens", open_gate, job);
    gst_tegata_worker_stop (&job->worker);
    g_assert_cmpuint (job->n_done, ==, 1);
    g_thread_join (thread);
  }
}

static void
test_stopped (void)
{
  g_autoptr (Job) job = job_new ();

  gst_tegata_worker_stop (&job->worker);
  gst_tegata_worker_ask (&job->worker);
  gst_tegata_worker_stop (&job->worker);
  g_assert_cmpuint (job->n_begun, ==, 0);

  gst_tegata_worker_start (&job->worker);
  gst_tegata_worker_ask (&job->worker);
  wait_for (job, &job->n_done, 1);
  gst_tegata_worker_stop (&job->worker);
  g_assert_cmpuint (job->n_done, ==, 1);
}

static void
test_stops_itself (void)
{
  g_autoptr (Job) job = job_new ();

  job->stops_itself = TRUE;
  gst_tegata_worker_ask (&job->worker);
  wait_for (job, &job->n_done, 1);

  /* as if it had never been asked */
  gst_tegata_worker_ask (&job->worker);
  gst_tegata_worker_stop (&job->worker);
  g_assert_cmpuint (job->n_begun, ==, 1);
}

/* While it works nobody else need hold its owner. */
static void
test_keeps_its_owner (void)
{
  Job *job = job_new ();
  gint n_finalized = 0;
  gint64 end = g_get_monotonic_time () + PATIENCE_US;

  job->n_finalized = &n_finalized;
  set_gate (job, TRUE);
  gst_tegata_worker_ask (&job->worker);
  wait_for (job, &job->n_begun, 1);

  gst_object_ref (job);
  gst_object_unref (job);
  g_assert_cmpint (GST_OBJECT_REFCOUNT_VALUE (job), ==, 2);
  g_mutex_lock (&job->lock);
  job->is_gated = FALSE;
  g_cond_broadcast (&job->moved);
  g_mutex_unlock (&job->lock);
  gst_object_unref (job);

  while (g_atomic_int_get (&n_finalized) == 0)
  {
    g_assert_cmpint (g_get_monotonic_time (), <, end);
    g_thread_yield ();
  }
}

/* One that blocks on its pad keeps nobody from theirs. */
static void
test_blocked (void)
{
  Job *blocked[40];
  g_autoptr (Job) job = job_new ();

  for (guint i = 0; i < G_N_ELEMENTS (blocked); i++)
  {
    blocked[i] = job_new ();
    set_gate (blocked[i], TRUE);
    gst_tegata_worker_ask (&blocked[i]->worker);
  }
  gst_tegata_worker_ask (&job->worker);
  wait_for (job, &job->n_done, 1);

  for (guint i = 0; i < G_N_ELEMENTS (blocked); i++)
  {
    set_gate (blocked[i], FALSE);
    wait_for (blocked[i], &blocked[i]->n_done, 1);
    gst_tegata_worker_stop (&blocked[i]->worker);
    gst_object_unref (blocked[i]);
  }
  gst_tegata_worker_stop (&job->worker);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);

  g_test_add_func ("/gst/worker/works-whenever-it-was-asked", test_asked);
  g_test_add_func ("/gst/worker/works-once-more-when-asked-meanwhile",
                   test_asked_meanwhile);
  g_test_add_func ("/gst/worker/is-one-at-a-time", test_one_at_a_time);
  g_test_add_func ("/gst/worker/stop-waits-for-the-work", test_stop_waits);
  g_test_add_func ("/gst/worker/does-nothing-while-it-is-stopped", test_stopped);
  g_test_add_func ("/gst/worker/can-stop-itself", test_stops_itself);
  g_test_add_func ("/gst/worker/keeps-its-owner-alive", test_keeps_its_owner);
  g_test_add_func ("/gst/worker/is-not-held-up-by-others", test_blocked);
  return g_test_run ();
}
