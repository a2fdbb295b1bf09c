/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The state of a pair lies on the association that both elements have. Of the two, each
 * may change its state on a thread of its own. A lock around open() and stop() would be
 * held while they tell the state; so each side tells first who is in, then acts, then
 * looks again whether it still fits.
 */

#include "pair.h"
#include "common.h"

typedef struct
{
  guint sides;      /* atomic: GstTegataPairSide, of those that are in PAUSED or above */
  gpointer encoder; /* atomic: who has it; only compared */
  gint is_orphaned; /* atomic */
  gint is_resting;  /* atomic */
} Pair;

/* Made by whoever comes first. */
static Pair *
get_pair (GstTegataAssociation *association)
{
  static const char key[] = "tegata-pair";
  Pair *pair = g_object_get_data (G_OBJECT (association), key);

  if (pair == NULL)
  {
    pair = g_new0 (Pair, 1);
    if (!g_object_replace_data (G_OBJECT (association), key, NULL, pair, g_free, NULL))
    {
      g_free (pair);
    }
    pair = g_object_get_data (G_OBJECT (association), key);
  }
  return pair;
}

gboolean
gst_tegata_pair_claim (GstTegataAssociation *association, gpointer encoder)
{
  Pair *pair = get_pair (association);

  return g_atomic_pointer_compare_and_exchange (&pair->encoder, NULL, encoder);
}

void
gst_tegata_pair_give_back (GstTegataAssociation *association, gpointer encoder)
{
  Pair *pair = get_pair (association);

  (void) g_atomic_pointer_compare_and_exchange (&pair->encoder, encoder, NULL);
}

void
gst_tegata_pair_orphan (GstTegataAssociation *association)
{
  g_atomic_int_set (&get_pair (association)->is_orphaned, TRUE);
}

gboolean
gst_tegata_pair_is_orphaned (GstTegataAssociation *association)
{
  return g_atomic_int_get (&get_pair (association)->is_orphaned);
}

void
gst_tegata_pair_set_resting (GstTegataAssociation *association, gboolean is_resting)
{
  g_atomic_int_set (&get_pair (association)->is_resting, is_resting);
}

gboolean
gst_tegata_pair_is_resting (GstTegataAssociation *association)
{
  return g_atomic_int_get (&get_pair (association)->is_resting);
}

/* With a fixed key each has an association of its own: where the two have come together
 * one of them was not told of the key. A decoder is told before it enters, and each looks
 * once it is in: at least one of two that enter at the same time sees the other. */
static gboolean
shares_fixed_key (GstTegataAssociation *association, Pair *pair, GstTegataPairSide side)
{
  gboolean has_other = side == GST_TEGATA_PAIR_ENCODER
                           ? g_atomic_pointer_get (&pair->encoder) != NULL
                           : (g_atomic_int_get (&pair->sides) & GST_TEGATA_PAIR_ENCODER);

  return has_other && gst_tegata_association_has_fixed_key (association);
}

gboolean
gst_tegata_pair_enter (GstTegataAssociation *association,
                       GstTegataPairSide side,
                       GError **error)
{
  Pair *pair = get_pair (association);

  (void) g_atomic_int_or (&pair->sides, side);
  if (!gst_tegata_association_open (association, error))
  {
    (void) g_atomic_int_and (&pair->sides, ~(guint) side);
    return FALSE;
  }
  if (shares_fixed_key (association, pair, side))
  {
    g_set_error_literal (error, TEGATA_ERROR, TEGATA_ERROR_INVALID,
                         "the decoder of this connection-id has a key, and its encoder "
                         "runs DTLS: set key on both while they are in NULL or READY, or "
                         "on neither");
    gst_tegata_pair_leave (association, side);
    return FALSE;
  }
  return TRUE;
}

static void
open_for_decoder (GstTegataAssociation *association, Pair *pair)
{
  g_autoptr (GError) error = NULL;

  /* a setting that was spoilt meanwhile: the next state change says so on the bus */
  if (!gst_tegata_association_open (association, &error))
  {
    GST_WARNING_OBJECT (association, "not opened again: %s", error->message);
  }
  else if (g_atomic_int_get (&pair->sides) == 0)
  {
    gst_tegata_association_stop_unless_started (association);
  }
}

void
gst_tegata_pair_leave (GstTegataAssociation *association, GstTegataPairSide side)
{
  Pair *pair = get_pair (association);
  guint left = g_atomic_int_and (&pair->sides, ~(guint) side) & ~(guint) side;

  if (side == GST_TEGATA_PAIR_DECODER && left != 0)
  {
    return;
  }
  if (side == GST_TEGATA_PAIR_DECODER)
  {
    /* an encoder may have come meanwhile: what it started is its own */
    gst_tegata_association_stop_unless_started (association);
  }
  else
  {
    gst_tegata_association_stop (association);
  }
  if (g_atomic_int_get (&pair->sides) != 0)
  {
    open_for_decoder (association, pair);
  }
}
