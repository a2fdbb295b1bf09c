/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What an encoder and a decoder may do to the association of both. The elements cannot be
 * made to meet at these very moments, so their sides are played here. */

#include "pair.h"

static gboolean
is_open (GstTegataAssociation *association)
{
  GstTegataFacts facts;

  gst_tegata_association_get_facts (association, &facts);
  return facts.is_open;
}

static TegataState
state_of (GstTegataAssociation *association)
{
  GstTegataFacts facts;

  gst_tegata_association_get_facts (association, &facts);
  return facts.state;
}

static void
enter (GstTegataAssociation *association, GstTegataPairSide side)
{
  g_autoptr (GError) error = NULL;

  gst_tegata_pair_enter (association, side, &error);
  g_assert_no_error (error);
}

static void
begin (GstTegataAssociation *association)
{
  g_autoptr (GError) error = NULL;

  gst_tegata_pair_begin (association, TEGATA_ROLE_CLIENT, &error);
  g_assert_no_error (error);
}

static void
test_last_closes (void)
{
  g_autoptr (GstTegataAssociation) association = gst_tegata_association_new ();

  enter (association, GST_TEGATA_PAIR_DECODER);
  begin (association);
  gst_tegata_pair_leave (association, GST_TEGATA_PAIR_DECODER);
  g_assert_cmpint (state_of (association), ==, TEGATA_STATE_CONNECTING);
  gst_tegata_pair_leave (association, GST_TEGATA_PAIR_ENCODER);
  g_assert_false (is_open (association));
}

static void
test_opens_anew (void)
{
  g_autoptr (GstTegataAssociation) association = gst_tegata_association_new ();

  enter (association, GST_TEGATA_PAIR_DECODER);
  begin (association);
  gst_tegata_pair_leave (association, GST_TEGATA_PAIR_ENCODER);
  g_assert_true (is_open (association));
  g_assert_cmpint (state_of (association), ==, TEGATA_STATE_NEW);
  gst_tegata_pair_leave (association, GST_TEGATA_PAIR_DECODER);
  g_assert_false (is_open (association));
}

/* The encoder has started, and is not yet counted, when the decoder leaves. */
static void
test_started_is_kept (void)
{
  g_autoptr (GstTegataAssociation) association = gst_tegata_association_new ();
  g_autoptr (GError) error = NULL;

  enter (association, GST_TEGATA_PAIR_DECODER);
  gst_tegata_association_start (association, TEGATA_ROLE_CLIENT, &error);
  g_assert_no_error (error);
  gst_tegata_pair_leave (association, GST_TEGATA_PAIR_DECODER);
  g_assert_cmpint (state_of (association), ==, TEGATA_STATE_CONNECTING);
  gst_tegata_association_stop (association);
}

/* What pair_begin() opens again for. */
static void
test_closed_is_told (void)
{
  g_autoptr (GstTegataAssociation) association = gst_tegata_association_new ();
  g_autoptr (GError) error = NULL;

  g_assert_false (gst_tegata_association_start (association, TEGATA_ROLE_CLIENT, &error));
  g_assert_error (error, TEGATA_ERROR, TEGATA_ERROR_NOT_CONNECTED);
}

static void
test_one_encoder (void)
{
  g_autoptr (GstTegataAssociation) association = gst_tegata_association_new ();
  int first;
  int second;

  g_assert_true (gst_tegata_pair_claim (association, &first));
  g_assert_false (gst_tegata_pair_claim (association, &second));
  gst_tegata_pair_give_back (association, &second);
  g_assert_false (gst_tegata_pair_claim (association, &second));
  gst_tegata_pair_give_back (association, &first);
  g_assert_true (gst_tegata_pair_claim (association, &second));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);

  g_test_add_func ("/gst/pair-sides/the-last-to-leave-closes", test_last_closes);
  g_test_add_func ("/gst/pair-sides/it-opens-anew-for-a-decoder", test_opens_anew);
  g_test_add_func ("/gst/pair-sides/a-decoder-closes-nothing-that-was-started",
                   test_started_is_kept);
  g_test_add_func ("/gst/pair-sides/a-start-that-comes-too-late-is-told",
                   test_closed_is_told);
  g_test_add_func ("/gst/pair-sides/an-association-has-one-encoder", test_one_encoder);
  return g_test_run ();
}
