/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "feed.h"
#include "link.h"

#include <gst/gst.h>

/* What viewers get of a source, and what their requests do. */

#define VIDEO_PT 101
#define RTX_PT 102
#define AUDIO_PT 111

typedef struct
{
  GatewayFeed *feed;
  Link *link;
  GatewayViewer *viewer;
} Watch;

static Watch *
watch_new (GatewayFeed *feed)
{
  static const guint8 payload_types[] = { VIDEO_PT, AUDIO_PT };
  Watch *self = g_new0 (Watch, 1);
  GatewayFormat formats[GATEWAY_N_KINDS];

  for (guint i = 0; i < GATEWAY_N_KINDS; i++)
  {
    formats[i] = gateway_feed_get_format (feed, i);
    formats[i].payload_type = payload_types[i];
  }
  formats[GATEWAY_VIDEO].rtx_payload_type = RTX_PT;
  formats[GATEWAY_VIDEO].has_nack = TRUE;
  formats[GATEWAY_VIDEO].has_pli = TRUE;
  self->feed = feed;
  self->link = link_new ();
  self->viewer = gateway_feed_add_viewer (feed, self->link->gateway->transport, formats);
  return self;
}

static void
watch_free (Watch *self)
{
  gateway_feed_remove_viewer (self->feed, self->viewer);
  link_free (self->link);
  g_free (self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Watch, watch_free)

static guint
count_packets (Watch *self, guint8 payload_type)
{
  GPtrArray *packets = self->link->peer->packets;
  guint n = 0;

  for (guint i = 0; i < packets->len; i++)
  {
    const guint8 *bytes = g_bytes_get_data (packets->pdata[i], NULL);

    n += (bytes[1] & 0x7f) == payload_type;
  }
  return n;
}

static void
the_pattern_reaches_a_viewer (void)
{
  g_autoptr (GError) error = NULL;
  GatewayFeedSettings settings = { 0 };
  g_autoptr (GatewayFeed) feed = gateway_feed_new (&settings, &error);
  g_autoptr (Watch) watch = NULL;

  if (feed == NULL)
  {
    g_test_skip (error->message);
    return;
  }
  watch = watch_new (feed);
  wait_until (count_packets (watch, VIDEO_PT) > 90);
  wait_until (count_packets (watch, AUDIO_PT) > 50);
}

int
main (int argc, char **argv)
{
  gst_init (NULL, NULL);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/gateway/feed/the-pattern-reaches-a-viewer",
                   the_pattern_reaches_a_viewer);
  return g_test_run ();
}
