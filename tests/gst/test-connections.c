/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "connections.h"

static void
assert_found (const char *id, GstTegataAssociation *expected)
{
  g_autoptr (GstTegataAssociation) found = gst_tegata_connections_find (id);

  g_assert_true (found == expected);
}

static void
test_found (void)
{
  g_autoptr (GstTegataAssociation) a = gst_tegata_association_new ();
  g_autoptr (GstTegataAssociation) b = gst_tegata_association_new ();

  assert_found ("a", NULL);
  g_assert_true (gst_tegata_connections_add ("a", a));
  g_assert_true (gst_tegata_connections_add ("b", b));
  g_assert_true (gst_tegata_connections_add ("a", a)); /* it has it already */
  assert_found ("a", a);
  assert_found ("b", b);
  assert_found ("A", NULL);

  gst_tegata_connections_remove ("a", a);
  gst_tegata_connections_remove ("b", b);
  assert_found ("a", NULL);
  assert_found ("b", NULL);
}

static void
test_taken (void)
{
  g_autoptr (GstTegataAssociation) a = gst_tegata_association_new ();
  g_autoptr (GstTegataAssociation) b = gst_tegata_association_new ();

  g_assert_true (gst_tegata_connections_add ("id", a));
  g_assert_false (gst_tegata_connections_add ("id", b));
  assert_found ("id", a);

  /* what is another one's is not forgotten */
  gst_tegata_connections_remove ("id", b);
  assert_found ("id", a);

  gst_tegata_connections_remove ("id", a);
  g_assert_true (gst_tegata_connections_add ("id", b));
  assert_found ("id", b);
  gst_tegata_connections_remove ("id", b);
}

static void
test_dead (void)
{
  GstTegataAssociation *a = gst_tegata_association_new ();
  g_autoptr (GstTegataAssociation) b = gst_tegata_association_new ();

  g_assert_true (gst_tegata_connections_add ("id", a));
  g_assert_cmpint (GST_OBJECT_REFCOUNT_VALUE (a), ==, 1);
  gst_object_unref (a);
  assert_found ("id", NULL);
  g_assert_true (gst_tegata_connections_add ("id", b));
  assert_found ("id", b);
  gst_tegata_connections_remove ("id", b);
}

/* Each has a name of its own; all look for one that comes and goes. */
static gpointer
come_and_go (gpointer data)
{
  g_autofree char *id = g_strdup_printf ("own-%d", GPOINTER_TO_INT (data));

  for (guint i = 0; i < 2000; i++)
  {
    g_autoptr (GstTegataAssociation) own = gst_tegata_association_new ();
    g_autoptr (GstTegataAssociation) shared = gst_tegata_association_new ();
    g_autoptr (GstTegataAssociation) found = NULL;

    g_assert_true (gst_tegata_connections_add (id, own));
    assert_found (id, own);
    gst_tegata_connections_add ("shared", shared);
    found = gst_tegata_connections_find ("shared");
    g_assert_true (found == NULL || GST_IS_TEGATA_ASSOCIATION (found));
    if (i % 2 == 0)
    {
      gst_tegata_connections_remove ("shared", shared);
    }
  }
  return NULL;
}

static void
test_threads (void)
{
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
  {
    threads[i] = g_thread_new ("comes-and-goes", come_and_go, GINT_TO_POINTER (i));
  }
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
  {
    g_thread_join (threads[i]);
  }
  assert_found ("shared", NULL);
  assert_found ("own-0", NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);

  g_test_add_func ("/gst/connections/an-association-is-found-by-its-id", test_found);
  g_test_add_func ("/gst/connections/an-id-belongs-to-one", test_taken);
  g_test_add_func ("/gst/connections/an-entry-leaves-with-its-association", test_dead);
  g_test_add_func ("/gst/connections/many-threads-come-and-go", test_threads);
  return g_test_run ();
}
