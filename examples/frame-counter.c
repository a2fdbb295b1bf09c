/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * frame-counter: receives VP8 over RTP on a free UDP port of 127.0.0.1, decodes it,
 * prints how many frames there were each second, and saves one of them as PNG: the proof
 * of tests that a video arrived.
 *
 * frame-counter PNG-FILE [FRAMES]: ends with status 0 after so many frames, else goes on.
 */

#include <gst/app/gstappsink.h>
#include <gst/gst.h>
#include <gst/video/video.h>
#include <stdio.h>
#include <stdlib.h>

#define PIPELINE                                                                         \
  "udpsrc name=source address=127.0.0.1 port=0 caps=\"application/x-rtp,media=video,"    \
  "clock-rate=90000,encoding-name=VP8,payload=96\" ! rtpjitterbuffer latency=100 "       \
  "! rtpvp8depay ! vp8dec ! videoconvert ! appsink name=sink sync=false"

/* The first frames may come before the moving picture has moved. */
#define SAVED_FRAME 30

static gboolean
save_png (GstSample *sample, const char *path, GError **error)
{
  g_autoptr (GstCaps) caps = gst_caps_new_empty_simple ("image/png");
  g_autoptr (GstSample) png
      = gst_video_convert_sample (sample, caps, 5 * GST_SECOND, error);
  GstMapInfo map;
  gboolean saved;

  if (png == NULL || !gst_buffer_map (gst_sample_get_buffer (png), &map, GST_MAP_READ))
  {
    return FALSE;
  }
  saved = g_file_set_contents (path, (const char *) map.data, (gssize) map.size, error);
  gst_buffer_unmap (gst_sample_get_buffer (png), &map);
  return saved;
}

static void
print_port (GstElement *pipeline)
{
  g_autoptr (GstElement) source = gst_bin_get_by_name (GST_BIN (pipeline), "source");
  int port = 0;

  g_object_get (source, "port", &port, NULL);
  printf ("port: %d\n", port);
}

/* The bus is looked at between frames: there is no main loop here. */
static gboolean
pipeline_failed (GstElement *pipeline)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  g_autoptr (GError) error = NULL;

  if (message == NULL)
  {
    return FALSE;
  }
  gst_message_parse_error (message, &error, NULL);
  fprintf (stderr, "frame-counter: %s\n", error->message);
  return TRUE;
}

static gboolean
count_frames (GstElement *pipeline, const char *png_path, guint64 wanted, GError **error)
{
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  gint64 next_print_us = g_get_monotonic_time () + G_USEC_PER_SEC;
  guint64 n_frames = 0;

  while ((wanted == 0 || n_frames < wanted) && !pipeline_failed (pipeline))
  {
    g_autoptr (GstSample) sample
        = gst_app_sink_try_pull_sample (GST_APP_SINK (sink), 100 * GST_MSECOND);

    if (sample != NULL && ++n_frames == SAVED_FRAME)
    {
      if (!save_png (sample, png_path, error))
      {
        return FALSE;
      }
      printf ("saved: %s\n", png_path);
    }
    if (g_get_monotonic_time () >= next_print_us || (wanted > 0 && n_frames == wanted))
    {
      printf ("frames: %" G_GUINT64_FORMAT "\n", n_frames);
      next_print_us += G_USEC_PER_SEC;
    }
  }
  return wanted > 0 && n_frames >= wanted;
}

int
main (int argc, char **argv)
{
  g_autoptr (GstElement) pipeline = NULL;
  g_autoptr (GError) error = NULL;
  guint64 wanted = argc > 2 ? g_ascii_strtoull (argv[2], NULL, 10) : 0;
  gboolean done = FALSE;

  if (argc < 2 || argc > 3 || (wanted > 0 && wanted < SAVED_FRAME))
  {
    fprintf (stderr, "usage: frame-counter PNG-FILE [FRAMES, at least %d]\n",
             SAVED_FRAME);
    return EXIT_FAILURE;
  }
  setvbuf (stdout, NULL, _IOLBF, 0);
  gst_init (NULL, NULL);
  pipeline = gst_parse_launch (PIPELINE, &error);
  if (error == NULL)
  {
    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    print_port (pipeline);
    done = count_frames (pipeline, argv[1], wanted, &error);
  }
  if (error != NULL)
  {
    fprintf (stderr, "frame-counter: %s\n", error->message);
  }
  if (pipeline != NULL)
  {
    gst_element_set_state (pipeline, GST_STATE_NULL);
  }
  return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
