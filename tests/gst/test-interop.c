/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scenarios.h"

/*
 * Ours and GStreamer's own dtlssrtpenc and dtlssrtpdec, in one process, since the names
 * differ: media, data, a video, a good-bye, and strangers, each in both roles.
 */

#define SSRC 0x7e6a7a05U
#define N_FRAMES 30

#define NOBODY                                                                           \
  "sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"                             \
  "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"

static RigEnd *
get_ours (Rig *rig)
{
  return rig->client.kind == RIG_UPSTREAM ? &rig->server : &rig->client;
}

static RigEnd *
get_theirs (Rig *rig)
{
  return rig->client.kind == RIG_UPSTREAM ? &rig->client : &rig->server;
}

static gboolean
has_elements (const char *const *elements)
{
  for (gsize i = 0; elements[i] != NULL; i++)
  {
    g_autoptr (GstElementFactory) factory = gst_element_factory_find (elements[i]);

    if (factory == NULL)
    {
      g_autofree char *why = g_strdup_printf (
          "no element %s: install gstreamer1.0-plugins-good and -base", elements[i]);

      g_test_skip (why);
      return FALSE;
    }
  }
  return TRUE;
}

static GstHarness *
new_video_source (void)
{
  GstHarness *source = gst_harness_new_parse ("videotestsrc num-buffers=" G_STRINGIFY (
      N_FRAMES) " ! video/x-raw,width=320,height=240,framerate=30/1"
                " ! vp8enc deadline=1 target-bitrate=400000 ! rtpvp8pay mtu=1100");

  gst_harness_play (source);
  return source;
}

static GstHarness *
new_video_sink (void)
{
  GstHarness *sink = gst_harness_new_parse ("rtpvp8depay ! vp8dec");

  gst_harness_set_src_caps_str (
      sink, "application/x-rtp,media=video,encoding-name=VP8,clock-rate=90000");
  return sink;
}

/* Returns the number of packets, which went through @from and @to. */
static guint
send_video (RigEnd *from, RigEnd *to, GstHarness *source, GstHarness *sink)
{
  guint n_packets = 0;
  GstBuffer *packet;

  while (gst_harness_pull_until_eos (source, &packet) && packet != NULL)
  {
    g_assert_cmpint (rig_end_push (from, RIG_RTP, packet), ==, GST_FLOW_OK);
    g_assert_cmpint (gst_harness_push (sink, rig_end_pull (to, RIG_RTP)), ==,
                     GST_FLOW_OK);
    n_packets++;
  }
  return n_packets;
}

static void
assert_video_passes (RigEnd *from, RigEnd *to)
{
  GstHarness *source = new_video_source ();
  GstHarness *sink = new_video_sink ();
  guint n_packets = send_video (from, to, source, sink);

  g_test_message ("%u packets", n_packets);
  g_assert_cmpuint (n_packets, >=, N_FRAMES);
  g_assert_cmpuint (gst_harness_buffers_received (sink), ==, N_FRAMES);
  for (guint i = 0; i < N_FRAMES; i++)
  {
    g_autoptr (GstBuffer) frame = gst_harness_pull (sink);

    g_assert_cmpuint (gst_buffer_get_size (frame), ==, 320 * 240 * 3 / 2);
  }
  gst_harness_teardown (source);
  gst_harness_teardown (sink);
}

static void
video_is_decoded_on_the_other_side (gconstpointer rig_case)
{
  static const char *const elements[]
      = { "videotestsrc", "vp8enc", "vp8dec", "rtpvp8pay", "rtpvp8depay", NULL };
  Rig *rig;

  if (rig_is_missing (rig_case) || !has_elements (elements))
  {
    return;
  }
  rig = rig_new (rig_case);
  rig_connect (rig);
  assert_video_passes (&rig->client, &rig->server);
  assert_video_passes (&rig->server, &rig->client);
  rig_free (rig);
}

/* They would go on, but we do not: no media of ours leaves, and none of theirs is
 * heard. */
static void
strangers_are_refused (gconstpointer rig_case)
{
  Rig *rig;
  RigEnd *ours;
  RigEnd *theirs;
  g_autoptr (GError) error = NULL;
  g_autofree char *found = NULL;

  if (rig_is_missing (rig_case))
  {
    return;
  }
  rig = rig_new (rig_case);
  ours = get_ours (rig);
  theirs = get_theirs (rig);
  rig->expects_errors = TRUE;
  found = rig_end_dup_fingerprint (theirs);
  g_object_set (ours->receiver, "peer-fingerprint", NOBODY, NULL);
  rig_end_start (&rig->server);
  rig_end_start (&rig->client);
  error = rig_end_await_error (ours);
  g_assert_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_AUTHORIZED);
  g_assert_nonnull (strstr (error->message, found));
  g_assert_nonnull (strstr (error->message, NOBODY));
  rig_end_wait_state (ours, RIG_FAILED);
  for (guint16 i = 0; i < 20; i++)
  {
    rig_end_push (ours, RIG_RTP, rig_rtp (SSRC, 96, i));
  }
  g_assert_cmpuint (wire_get_counts (ours->wire).n_media, ==, 0);
  rig_end_assert_silent (ours);
  rig_free (rig);
}

static void
their_good_bye_is_heard (gconstpointer rig_case)
{
  Rig *rig;

  if (rig_is_missing (rig_case))
  {
    return;
  }
  rig = rig_new (rig_case);
  rig_connect (rig);
  rig_assert_data_passes (rig);
  rig_end_push_event (get_theirs (rig), RIG_DATA, gst_event_new_eos ());
  rig_end_wait_state (get_ours (rig), RIG_CLOSED);
  rig_end_wait_eos (get_ours (rig), RIG_DATA);
  rig_free (rig);
}

static void
our_good_bye_is_heard (gconstpointer rig_case)
{
  Rig *rig;

  if (rig_is_missing (rig_case))
  {
    return;
  }
  rig = rig_new (rig_case);
  rig_connect (rig);
  rig_assert_data_passes (rig);
  rig_end_push_event (get_ours (rig), RIG_DATA, gst_event_new_eos ());
  rig_end_wait_eos (get_theirs (rig), RIG_DATA);
  rig_end_wait_state (get_ours (rig), RIG_CLOSED);
  rig_free (rig);
}

/* Upstream's timer begins at a second: ours must not wait for theirs. */
static void
handshakes_survive_a_lost_flight (gconstpointer rig_case)
{
  Rig *rig;

  if (rig_is_missing (rig_case))
  {
    return;
  }
  rig = rig_new (rig_case);
  wire_set_predicate (get_ours (rig)->wire, rig_drop_first, NULL);
  rig_connect (rig);
  rig_assert_media_passes (rig, 5);
  rig_free (rig);
}

static void
add (const char *prefix, const RigCase *rig_case)
{
  static const Scenario scenarios[] = {
    { "video-is-decoded-on-the-other-side", video_is_decoded_on_the_other_side },
    { "strangers-are-refused", strangers_are_refused },
    { "their-good-bye-is-heard", their_good_bye_is_heard },
    { "our-good-bye-is-heard", our_good_bye_is_heard },
    { "handshakes-survive-a-lost-flight", handshakes_survive_a_lost_flight },
  };

  scenarios_add_interop (prefix, rig_case);
  scenarios_add (prefix, rig_case, scenarios, G_N_ELEMENTS (scenarios));
}

int
main (int argc, char **argv)
{
  static const RigCase cases[] = {
    { RIG_PAIR, RIG_UPSTREAM },
    { RIG_UPSTREAM, RIG_PAIR },
    { RIG_TRANSPORT, RIG_UPSTREAM },
    { RIG_UPSTREAM, RIG_TRANSPORT },
  };
  static const char *const prefixes[] = {
    "/gst/interop/pair-calls-upstream/",
    "/gst/interop/upstream-calls-pair/",
    "/gst/interop/transport-calls-upstream/",
    "/gst/interop/upstream-calls-transport/",
  };

  rig_init (&argc, &argv);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
  {
    add (prefixes[i], &cases[i]);
  }
  return rig_run ();
}
