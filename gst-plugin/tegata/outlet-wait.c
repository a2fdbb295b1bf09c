/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "outlet-private.h"

/*
 * What comes before the association is connected is never sent. A live source cannot
 * wait: what it captured meanwhile would only come late. It loses its packets, and is
 * asked for a key frame when others can get through. A source that is not live waits, and
 * loses nothing.
 */

static gboolean
ask_whether_live (GstTegataSinkPad *self)
{
  g_autoptr (GstQuery) query = gst_query_new_latency ();
  gboolean is_live = FALSE;

  if (gst_pad_peer_query (GST_PAD (self), query))
  {
    gst_query_parse_latency (query, &is_live, NULL, NULL);
  }
  GST_DEBUG_OBJECT (self, "the source is %s", is_live ? "live" : "not live, and waits");
  return is_live;
}

static gboolean
is_live (GstTegataSinkPad *self)
{
  if (!self->knows_live)
  {
    self->is_live = ask_whether_live (self);
    self->knows_live = TRUE;
  }
  return self->is_live;
}

static void
count_dropped (GstTegataSinkPad *self)
{
  GstTegataAssociation *association = self->outlet->association;
  GstTegataFacts facts;

  gst_tegata_association_count_dropped (association,
                                        self->stream == GST_TEGATA_STREAM_DATA);
  if (self->stream != GST_TEGATA_STREAM_RTP)
  {
    return;
  }
  g_atomic_int_set (&self->has_dropped, TRUE);

  /* It may have been connected just now, and have asked those who had dropped by then. */
  gst_tegata_association_get_facts (association, &facts);
  if (facts.state == TEGATA_STATE_CONNECTED)
  {
    gst_tegata_outlet_connected (self->outlet);
  }
}

gboolean
gst_tegata_sink_pad_may_send (GstTegataSinkPad *self)
{
  GstTegataAssociation *association = self->outlet->association;
  GstTegataFacts facts;

  gst_tegata_association_get_facts (association, &facts);
  if (facts.state >= TEGATA_STATE_CONNECTED)
  {
    return facts.state == TEGATA_STATE_CONNECTED;
  }
  if (is_live (self))
  {
    count_dropped (self);
    return FALSE;
  }
  return gst_tegata_association_wait (association, &self->is_flushing);
}
