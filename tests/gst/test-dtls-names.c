/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The plugin with GStreamer's own names, which stands in GST_PLUGIN_PATH here: dtlsenc
 * and dtlsdec between each other and with the SRTP pair, and the keys that they hand out.
 */
#include "dtls-call.h"

#include <string.h>

static const Kind plain = { "dtlsenc", "dtlsdec", "sink", "src" };
static const Kind media = { "tegatasrtpenc", "tegatasrtpdec", "data_sink", "data_src" };
static const Kind named = { "dtlssrtpenc", "dtlssrtpdec", "data_sink", "data_src" };

static void
assert_carries (End *from, End *to, const char *text)
{
  g_autoptr (GstBuffer) received = NULL;
  gsize len = strlen (text);

  g_assert_cmpint (gst_pad_push (from->data_in, gst_buffer_new_memdup (text, len)), ==,
                   GST_FLOW_OK);
  received = gst_harness_pull (to->harness);
  g_assert_nonnull (received);
  g_assert_cmpuint (gst_buffer_get_size (received), ==, len);
  g_assert_cmpint (gst_buffer_memcmp (received, 0, text, len), ==, 0);
}

static GstBuffer *
dup_key (GstElement *element, const char *name)
{
  GstBuffer *key = NULL;

  g_object_get (element, name, &key, NULL);
  return key;
}

/* That are there, and the same. */
static void
assert_same_keys (GstElement *encoder, GstElement *decoder, gsize len)
{
  g_autoptr (GstBuffer) outbound = dup_key (encoder, "encoder-key");
  g_autoptr (GstBuffer) inbound = dup_key (decoder, "decoder-key");
  GstMapInfo map;

  g_assert_nonnull (outbound);
  g_assert_nonnull (inbound);
  g_assert_cmpuint (gst_buffer_get_size (inbound), ==, len);
  g_assert_true (gst_buffer_map (outbound, &map, GST_MAP_READ));
  g_assert_cmpuint (map.size, ==, len);
  g_assert_cmpint (gst_buffer_memcmp (inbound, 0, map.data, len), ==, 0);
  gst_buffer_unmap (outbound, &map);
}

static void
assert_no_key (End *end)
{
  g_assert_null (dup_key (end->encoder, "encoder-key"));
  g_assert_null (dup_key (end->decoder, "decoder-key"));
}

static void
assert_profile (GstElement *element, guint cipher, guint auth)
{
  guint cipher_is = 99;
  guint auth_is = 99;

  g_object_get (element, "srtp-cipher", &cipher_is, "srtp-auth", &auth_is, NULL);
  g_assert_cmpuint (cipher_is, ==, cipher);
  g_assert_cmpuint (auth_is, ==, auth);
}

static void
test_all_are_ours (void)
{
  static const char *const names[]
      = { "dtlsenc", "dtlsdec", "dtlssrtpenc", "dtlssrtpdec", "dtlssrtpdemux" };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (names); i++)
  {
    g_autoptr (GstElement) element = gst_element_factory_make (names[i], NULL);
    g_autoptr (GstPlugin) plugin = NULL;

    g_assert_nonnull (element);
    gst_object_ref_sink (element);
    g_assert_true (g_str_has_prefix (G_OBJECT_TYPE_NAME (element), "GstTegata"));
    plugin = gst_plugin_feature_get_plugin (
        GST_PLUGIN_FEATURE (gst_element_get_factory (element)));
    g_assert_cmpstr (gst_plugin_get_name (plugin), ==, "dtls");
    g_assert_true (g_str_has_prefix (gst_plugin_get_filename (plugin),
                                     g_getenv ("TEGATA_BUILDDIR")));
  }
}

static void
test_data_passes (gconstpointer kinds)
{
  const Kind *const *pair = kinds;
  Call call = call_new (pair[0], pair[1]);

  call_connect (&call);
  assert_carries (call.client, call.server, "from the client");
  assert_carries (call.server, call.client, "from the server");
  assert_carries (call.client, call.server, "again");
  call_free (&call);
}

static void
test_keys_are_equal (void)
{
  Call call = call_new (&plain, &plain);

  assert_no_key (call.client);
  call_connect (&call);
  assert_same_keys (call.client->encoder, call.server->decoder, 30);
  assert_same_keys (call.server->encoder, call.client->decoder, 30);
  assert_profile (call.client->encoder, 1, 2);
  assert_profile (call.server->decoder, 1, 2);
  end_assert_told_in_order (call.client, "encoder key", "encoder state 4");
  end_assert_told_in_order (call.client, "decoder key", "decoder state 4");
  end_assert_told_in_order (call.server, "encoder key", "encoder state 4");
  end_assert_told_in_order (call.server, "decoder key", "decoder state 4");
  call_free (&call);
}

static char *
dup_hex (GstElement *element, const char *name)
{
  g_autoptr (GstBuffer) key = dup_key (element, name);
  g_autofree char *text = NULL;
  g_auto (GValue) value = G_VALUE_INIT;

  g_assert_nonnull (key);
  g_value_init (&value, GST_TYPE_BUFFER);
  gst_value_set_buffer (&value, key);
  text = gst_value_serialize (&value);
  g_assert_cmpuint (strlen (text), ==, 2 * gst_buffer_get_size (key));
  return g_steal_pointer (&text);
}

/* All that gst-launch-1.0 -v prints, in one text. */
static char *
dup_notified (GstBus *one, GstBus *other)
{
  GString *text = g_string_new (NULL);
  GstMessage *message;

  while ((message = gst_bus_pop (one)) != NULL || (message = gst_bus_pop (other)) != NULL)
  {
    const GstStructure *structure = gst_message_get_structure (message);

    if (structure != NULL)
    {
      g_autofree char *line = gst_structure_to_string (structure);

      g_string_append (text, line);
    }
    gst_message_unref (message);
  }
  return g_string_free (text, FALSE);
}

/* Logs and graphs of pipelines are sent around. */
static void
test_keys_are_not_printed (void)
{
  Call call = call_new (&plain, &plain);
  GstElement *elements[] = { call.client->encoder, call.client->decoder,
                             call.server->encoder, call.server->decoder };
  g_autoptr (GstElement) pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  g_autofree char *graph = NULL;
  g_autofree char *notified = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (elements); i++)
  {
    gst_element_add_property_notify_watch (elements[i], NULL, TRUE);
  }
  call_connect (&call);
  notified = dup_notified (call.client->bus, call.server->bus);
  /* not before: a bin takes links apart */
  for (guint i = 0; i < G_N_ELEMENTS (elements); i++)
  {
    g_assert_true (gst_bin_add (GST_BIN (pipeline), elements[i]));
  }
  graph = gst_debug_bin_to_dot_data (
      GST_BIN (pipeline), GST_DEBUG_GRAPH_SHOW_ALL | GST_DEBUG_GRAPH_SHOW_FULL_PARAMS);
  g_assert_nonnull (strstr (notified, "srtp-cipher"));
  g_assert_nonnull (strstr (graph, "srtp-cipher"));
  for (guint i = 0; i < G_N_ELEMENTS (elements); i++)
  {
    const char *name = i % 2 == 0 ? "encoder-key" : "decoder-key";
    g_autofree char *key = dup_hex (elements[i], name);

    g_assert_null (strstr (notified, name));
    g_assert_null (strstr (notified, key));
    g_assert_null (strstr (graph, name));
    g_assert_null (strstr (graph, key));
  }
  for (guint i = 0; i < G_N_ELEMENTS (elements); i++)
  {
    g_assert_true (gst_bin_remove (GST_BIN (pipeline), elements[i]));
  }
  /* whose bus may have got messages, which have references */
  gst_clear_object (&pipeline);
  call_free (&call);
}

static void
test_other_profiles (void)
{
  static const struct
  {
    const char *name;
    guint cipher;
    guint auth;
    gsize key_len;
  } rows[] = {
    { "AES128_CM_HMAC_SHA1_32", 1, 1, 30 },
    { "AEAD_AES_128_GCM", 3, 0, 28 },
    { "AEAD_AES_256_GCM", 4, 0, 44 },
  };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (rows); i++)
  {
    Call call = call_new (&plain, &plain);

    g_object_set (call.client->decoder, "profiles", rows[i].name, NULL);
    g_object_set (call.server->decoder, "profiles", rows[i].name, NULL);
    call_connect (&call);
    assert_same_keys (call.client->encoder, call.server->decoder, rows[i].key_len);
    assert_profile (call.server->encoder, rows[i].cipher, rows[i].auth);
    call_free (&call);
  }
}

static void
test_wrong_fingerprint (gconstpointer data)
{
  gboolean is_server = GPOINTER_TO_INT (data);
  Call call = call_new (&plain, &plain);
  End *victim = is_server ? call.server : call.client;
  End *other = is_server ? call.client : call.server;
  g_autofree char *wrong = NULL;
  g_autoptr (GstMessage) message = NULL;

  call_introduce (&call);
  g_object_get (victim->decoder, "peer-fingerprint", &wrong, NULL);
  wrong[strlen (wrong) - 1] = g_str_has_suffix (wrong, "0") ? '1' : '0';
  g_object_set (victim->decoder, "peer-fingerprint", wrong, NULL);
  end_start (call.server);
  end_start (call.client);
  end_await (victim, "encoder state 2");
  end_await (victim, "decoder state 2");
  message = gst_bus_pop_filtered (victim->bus, GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  g_clear_pointer (&message, gst_message_unref);
  assert_no_key (victim);
  assert_no_key (other);
  assert_profile (victim->decoder, 0, 0);
  g_assert_false (end_was_told (victim, "decoder key"));
  g_assert_false (end_was_told (other, "decoder key"));
  g_assert_false (end_was_told (other, "decoder state 4"));
  call_free (&call);
}

static void
test_alone (void)
{
  g_autoptr (GstElement) encoder = gst_element_factory_make ("dtlsenc", NULL);

  gst_object_ref_sink (encoder);
  g_object_set (encoder, "connection-id", "nobody", NULL);
  g_assert_cmpint (gst_element_set_state (encoder, GST_STATE_READY), ==,
                   GST_STATE_CHANGE_FAILURE);
  assert_profile (encoder, 0, 0);
  g_assert_null (dup_key (encoder, "encoder-key"));
  gst_element_set_state (encoder, GST_STATE_NULL);
}

static void
test_close (void)
{
  Call call = call_new (&plain, &media);
  gboolean has_ended = FALSE;

  call_connect (&call);
  assert_carries (call.client, call.server, "the last");
  g_assert_true (gst_pad_push_event (call.client->data_in, gst_event_new_eos ()));
  while (!has_ended)
  {
    g_autoptr (GstEvent) event = gst_harness_pull_event (call.server->harness);

    g_assert_nonnull (event);
    has_ended = GST_EVENT_TYPE (event) == GST_EVENT_EOS;
  }
  call_free (&call);
}

static void
test_again (void)
{
  Call call = call_new (&plain, &plain);
  g_autoptr (GstBuffer) first = NULL;
  g_autoptr (GstBuffer) second = NULL;
  GstMapInfo map;

  call_connect (&call);
  first = dup_key (call.client->encoder, "encoder-key");
  end_stop (call.client);
  end_stop (call.server);
  assert_no_key (call.client);
  end_forget (call.client);
  end_forget (call.server);
  call_connect (&call);
  second = dup_key (call.client->encoder, "encoder-key");
  g_assert_true (gst_buffer_map (first, &map, GST_MAP_READ));
  g_assert_cmpint (gst_buffer_memcmp (second, 0, map.data, map.size), !=, 0);
  gst_buffer_unmap (first, &map);
  assert_carries (call.client, call.server, "once more");
  call_free (&call);
}

/* (transfer full) (nullable): where GStreamer's plugin is not installed */
static GstElement *
make_srtpenc (void)
{
  g_autoptr (GstPlugin) plugin
      = gst_plugin_load_file (g_getenv ("TEGATA_TEST_GSTSRTP"), NULL);

  return plugin != NULL ? gst_object_ref_sink (gst_element_factory_make ("srtpenc", NULL))
                        : NULL;
}

/* What GStreamer's own SRTP makes of our key is understood on the other side. */
static void
test_key_is_good_for_srtpenc (void)
{
  static const guint8 packet[]
      = { 0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 'h', 'e', 'l', 'l', 'o' };
  Call call;
  GstHarness *protects;
  GstHarness *receives;
  g_autoptr (GstElement) srtpenc = make_srtpenc ();
  g_autoptr (GstBuffer) key = NULL;
  g_autoptr (GstBuffer) received = NULL;
  g_autoptr (GstPad) rtp_src = NULL;
  g_autoptr (GstPad) sink = NULL;

  if (srtpenc == NULL)
  {
    g_test_skip ("srtpenc is not here: install gstreamer1.0-plugins-bad");
    return;
  }
  call = call_new (&plain, &media);
  rtp_src = gst_element_get_static_pad (call.server->decoder, "rtp_src");
  sink = gst_element_get_static_pad (call.server->decoder, "sink");
  receives = gst_harness_new_empty ();
  gst_harness_add_element_src_pad (receives, rtp_src);
  call_connect (&call);

  key = dup_key (call.client->encoder, "encoder-key");
  g_object_set (srtpenc, "key", key, NULL);
  protects = gst_harness_new_with_element (srtpenc, "rtp_sink_0", "rtp_src_0");
  gst_harness_set_src_caps_str (protects, "application/x-rtp,ssrc=(uint)7");
  gst_harness_push (protects, gst_buffer_new_memdup (packet, sizeof packet));
  g_assert_cmpint (gst_pad_chain (sink, gst_harness_pull (protects)), ==, GST_FLOW_OK);
  received = gst_harness_pull (receives);
  g_assert_nonnull (received);
  g_assert_cmpuint (gst_buffer_get_size (received), ==, sizeof packet);
  g_assert_cmpint (gst_buffer_memcmp (received, 0, packet, sizeof packet), ==, 0);

  gst_harness_teardown (protects);
  gst_pad_unlink (rtp_src, receives->sinkpad);
  gst_harness_teardown (receives);
  g_clear_object (&rtp_src);
  g_clear_object (&sink);
  call_free (&call);
}

static void
test_caps (void)
{
  Call call = call_new (&plain, &plain);
  g_autoptr (GstPad) src = gst_element_get_static_pad (call.client->encoder, "src");
  g_autoptr (GstCaps) caps = NULL;

  call_connect (&call);
  caps = gst_pad_get_current_caps (src);
  g_assert_nonnull (caps);
  g_assert_true (
      gst_structure_has_name (gst_caps_get_structure (caps, 0), "application/x-dtls"));
  g_clear_object (&src);
  call_free (&call);
}

int
main (int argc, char *argv[])
{
  static const Kind *const pairs[][2] = {
    { &plain, &plain }, { &plain, &media }, { &media, &plain },
    { &plain, &named }, { &named, &media }, { &media, &named },
  };
  gsize i;

  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_func ("/gst/dtls/all-five-elements-are-ours", test_all_are_ours);
  for (i = 0; i < G_N_ELEMENTS (pairs); i++)
  {
    g_autofree char *path = g_strdup_printf ("/gst/dtls/data/%s-calls-%s",
                                             pairs[i][0]->encoder, pairs[i][1]->encoder);

    g_test_add_data_func (path, pairs[i], test_data_passes);
  }
  g_test_add_func ("/gst/dtls/keys/are-equal-on-both-sides", test_keys_are_equal);
  g_test_add_func ("/gst/dtls/keys/are-in-no-message-and-no-graph",
                   test_keys_are_not_printed);
  g_test_add_func ("/gst/dtls/keys/are-of-the-profile", test_other_profiles);
  g_test_add_func ("/gst/dtls/keys/are-good-for-srtpenc", test_key_is_good_for_srtpenc);
  g_test_add_data_func ("/gst/dtls/keys/a-stranger-gets-none-from-a-client",
                        GINT_TO_POINTER (FALSE), test_wrong_fingerprint);
  g_test_add_data_func ("/gst/dtls/keys/a-stranger-gets-none-from-a-server",
                        GINT_TO_POINTER (TRUE), test_wrong_fingerprint);
  g_test_add_func ("/gst/dtls/an-encoder-without-a-decoder-fails", test_alone);
  g_test_add_func ("/gst/dtls/the-end-of-data-closes", test_close);
  g_test_add_func ("/gst/dtls/connects-again-with-other-keys", test_again);
  g_test_add_func ("/gst/dtls/datagrams-have-caps", test_caps);
  return g_test_run ();
}
