/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dtlssrtpdemux, of the plugin with GStreamer's own names. */
#include <gst/check/gstharness.h>
#include <string.h>

typedef struct
{
  GstElement *element;
  GstHarness *in;
  GstHarness *rtp;
  GstHarness *dtls;
  gint n_lists; /* that came out */
} Demux;

static GstPadProbeReturn
count_list (GstPad *pad, GstPadProbeInfo *info, gpointer demux)
{
  (void) pad;
  (void) info;
  ((Demux *) demux)->n_lists++;
  return GST_PAD_PROBE_OK;
}

static GstHarness *
harness_of (Demux *self, const char *name)
{
  GstHarness *harness = gst_harness_new_with_element (self->element, NULL, name);

  gst_pad_add_probe (harness->sinkpad, GST_PAD_PROBE_TYPE_BUFFER_LIST, count_list, self,
                     NULL);
  return harness;
}

static Demux *
demux_new (const char *caps)
{
  Demux *self = g_new0 (Demux, 1);

  self->element = gst_element_factory_make ("dtlssrtpdemux", NULL);
  g_assert_nonnull (self->element);
  gst_object_ref_sink (self->element);
  self->in = gst_harness_new_with_element (self->element, "sink", NULL);
  self->rtp = harness_of (self, "rtp_src");
  self->dtls = harness_of (self, "dtls_src");
  gst_harness_set_src_caps_str (self->in, caps);
  return self;
}

static void
demux_free (Demux *self)
{
  gst_harness_teardown (self->rtp);
  gst_harness_teardown (self->dtls);
  gst_harness_teardown (self->in);
  gst_object_unref (self->element);
  g_free (self);
}

static GstBuffer *
datagram (guint8 first, guint8 second, guint8 serial)
{
  const guint8 bytes[] = { first, second, serial };

  return gst_buffer_new_memdup (bytes, sizeof bytes);
}

/* @n: how many, with @first_serial and the following ones */
static void
assert_gives (GstHarness *harness, guint8 first_serial, guint n)
{
  guint i;

  g_assert_cmpuint (gst_harness_buffers_in_queue (harness), ==, n);
  for (i = 0; i < n; i++)
  {
    g_autoptr (GstBuffer) buffer = gst_harness_pull (harness);
    guint8 serial = (guint8) (first_serial + i);

    g_assert_cmpint (gst_buffer_memcmp (buffer, 2, &serial, 1), ==, 0);
    g_assert_true (gst_buffer_is_writable (buffer));
  }
}

typedef struct
{
  guint8 first;
  guint8 second;
  gboolean is_rtp;
  gboolean is_dtls;
} Row;

/* RFC 7983 section 7, at its borders */
static const Row rows[] = {
  { 0, 0, FALSE, FALSE },    { 3, 0, FALSE, FALSE },     { 19, 0, FALSE, FALSE },
  { 20, 254, FALSE, TRUE },  { 22, 254, FALSE, TRUE },   { 63, 0, FALSE, TRUE },
  { 64, 0, FALSE, FALSE },   { 127, 0, FALSE, FALSE },   { 128, 0, TRUE, FALSE },
  { 0x80, 96, TRUE, FALSE }, { 0x80, 200, TRUE, FALSE }, { 191, 0xff, TRUE, FALSE },
  { 192, 0, FALSE, FALSE },  { 255, 255, FALSE, FALSE },
};

static void
test_single (void)
{
  Demux *demux = demux_new ("application/x-rtp");
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (rows); i++)
  {
    guint8 serial = (guint8) i;
    GstBuffer *buffer = datagram (rows[i].first, rows[i].second, serial);

    g_assert_cmpint (gst_harness_push (demux->in, buffer), ==, GST_FLOW_OK);
    assert_gives (demux->rtp, serial, rows[i].is_rtp);
    assert_gives (demux->dtls, serial, rows[i].is_dtls);
  }
  g_assert_cmpint (demux->n_lists, ==, 0);
  demux_free (demux);
}

static void
test_short (void)
{
  static const guint8 bytes[] = { 0x80 };
  Demux *demux = demux_new ("application/x-rtp");

  gst_harness_push (demux->in, gst_buffer_new ());
  gst_harness_push (demux->in, gst_buffer_new_memdup (bytes, sizeof bytes));
  assert_gives (demux->rtp, 0, 0);
  assert_gives (demux->dtls, 0, 0);
  demux_free (demux);
}

static GstFlowReturn
push_list (Demux *demux, GstBufferList *list)
{
  return gst_pad_push_list (demux->in->srcpad, list);
}

static void
test_mixed_list (void)
{
  Demux *demux = demux_new ("application/x-rtp");
  GstBufferList *list = gst_buffer_list_new ();

  gst_buffer_list_add (list, datagram (0x80, 96, 0));
  gst_buffer_list_add (list, datagram (22, 254, 10));
  gst_buffer_list_add (list, datagram (0, 1, 99));
  gst_buffer_list_add (list, datagram (0x80, 200, 1));
  gst_buffer_list_add (list, datagram (22, 254, 11));
  gst_buffer_list_add (list, datagram (0x80, 96, 2));
  g_assert_cmpint (push_list (demux, list), ==, GST_FLOW_OK);
  g_assert_cmpint (demux->n_lists, ==, 2);
  assert_gives (demux->rtp, 0, 3);
  assert_gives (demux->dtls, 10, 2);
  demux_free (demux);
}

static void
test_shared_list (void)
{
  Demux *demux = demux_new ("application/x-rtp");
  GstBufferList *list = gst_buffer_list_new ();

  gst_buffer_list_add (list, datagram (0x80, 96, 0));
  gst_buffer_list_add (list, datagram (22, 254, 1));
  g_assert_cmpint (push_list (demux, gst_buffer_list_ref (list)), ==, GST_FLOW_OK);
  g_assert_cmpuint (gst_buffer_list_length (list), ==, 2);
  g_assert_cmpuint (gst_harness_buffers_in_queue (demux->rtp), ==, 1);
  g_assert_cmpuint (gst_harness_buffers_in_queue (demux->dtls), ==, 1);
  gst_buffer_list_unref (list);
  demux_free (demux);
}

static void
test_noise_list (void)
{
  Demux *demux = demux_new ("application/x-rtp");
  GstBufferList *list = gst_buffer_list_new ();

  gst_buffer_list_add (list, datagram (0, 1, 0));
  g_assert_cmpint (push_list (demux, list), ==, GST_FLOW_OK);
  g_assert_cmpint (demux->n_lists, ==, 0);
  demux_free (demux);
}

static void
assert_caps (GstHarness *harness, const char *name)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (harness->sinkpad);

  if (name == NULL)
  {
    g_assert_null (caps);
    return;
  }
  g_assert_nonnull (caps);
  g_assert_true (gst_structure_has_name (gst_caps_get_structure (caps, 0), name));
}

static void
test_caps (void)
{
  Demux *demux = demux_new ("application/x-rtp,media=audio");

  gst_harness_push (demux->in, datagram (0x80, 96, 0));
  gst_harness_push (demux->in, datagram (22, 254, 0));
  assert_caps (demux->rtp, "application/x-rtp");
  assert_caps (demux->dtls, "application/x-dtls");
  demux_free (demux);

  demux = demux_new ("application/octet-stream");
  gst_harness_push (demux->in, datagram (0x80, 96, 0));
  gst_harness_push (demux->in, datagram (22, 254, 0));
  assert_gives (demux->rtp, 0, 1);
  assert_caps (demux->rtp, NULL);
  assert_caps (demux->dtls, "application/x-dtls");
  demux_free (demux);
}

static void
assert_ends (GstHarness *harness)
{
  gboolean has_ended = FALSE;

  while (!has_ended)
  {
    g_autoptr (GstEvent) event = gst_harness_pull_event (harness);

    g_assert_nonnull (event);
    has_ended = GST_EVENT_TYPE (event) == GST_EVENT_EOS;
  }
}

static void
test_end (void)
{
  Demux *demux = demux_new ("application/x-rtp");

  gst_harness_push (demux->in, datagram (0x80, 96, 0));
  g_assert_true (gst_harness_push_event (demux->in, gst_event_new_eos ()));
  assert_ends (demux->rtp);
  assert_ends (demux->dtls);
  demux_free (demux);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_func ("/gst/dtls/demux/sorts-datagrams", test_single);
  g_test_add_func ("/gst/dtls/demux/drops-what-is-too-short", test_short);
  g_test_add_func ("/gst/dtls/demux/sorts-a-list-into-two", test_mixed_list);
  g_test_add_func ("/gst/dtls/demux/leaves-a-shared-list-alone", test_shared_list);
  g_test_add_func ("/gst/dtls/demux/pushes-no-empty-list", test_noise_list);
  g_test_add_func ("/gst/dtls/demux/says-what-goes-where", test_caps);
  g_test_add_func ("/gst/dtls/demux/ends-both", test_end);
  return g_test_run ();
}
