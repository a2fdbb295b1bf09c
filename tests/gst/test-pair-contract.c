/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What GStreamer's own pair promises to those who use it, kept by ours: how the two find
 * each other, what each change of state does, and in which order it is told. */

#include "side.h"

#include <string.h>

#define RTP_CAPS "application/x-rtp,media=audio,clock-rate=8000"
#define CONNECTED "connection-state connected"

static void
assert_states (Side *side, const char *sender, const char *receiver)
{
  g_autofree char *of_sender = side_dup_state (side->sender);
  g_autofree char *of_receiver = side_dup_state (side->receiver);

  g_assert_cmpstr (of_sender, ==, sender);
  g_assert_cmpstr (of_receiver, ==, receiver);
}

static void
assert_cannot (Side *side, GstState state, gint code, const char *word)
{
  g_assert_cmpint (gst_element_set_state (side->sender, state), ==,
                   GST_STATE_CHANGE_FAILURE);
  side_assert_error (side, code, word);
}

static void
assert_can (GstElement *element, GstState state)
{
  g_assert_cmpint (gst_element_set_state (element, state), ==, GST_STATE_CHANGE_SUCCESS);
}

static void
connect (Side *client, Side *server)
{
  g_object_set (client->sender, "is-client", TRUE, NULL);
  g_assert_true (side_set_state (server, GST_STATE_PLAYING));
  g_assert_true (side_set_state (client, GST_STATE_PLAYING));
  side_await (client, "sender: " CONNECTED);
  side_await (client, "receiver: " CONNECTED);
  side_await (server, "sender: " CONNECTED);
  side_await (server, "receiver: " CONNECTED);
}

static void
assert_media_passes (Side *to, GstPad *source, guint16 sequence)
{
  side_forget (to);
  g_assert_cmpint (gst_pad_push (source, side_rtp_packet (7, sequence)), ==, GST_FLOW_OK);
  side_await (to, "rtp_src: 17 bytes");
}

static void
test_no_id (void)
{
  g_autoptr (Side) side = side_new_pair (NULL);

  assert_cannot (side, GST_STATE_READY, GST_RESOURCE_ERROR_SETTINGS, "connection-id");
}

static void
test_no_decoder (void)
{
  g_autoptr (Side) side = side_new_pair (NULL);

  g_object_set (side->sender, "connection-id", "nobody's", NULL);
  assert_cannot (side, GST_STATE_READY, GST_RESOURCE_ERROR_SETTINGS, "nobody's");

  g_object_set (side->receiver, "connection-id", "nobody's", NULL);
  assert_can (side->sender, GST_STATE_READY);
}

static void
test_decoder_alone (void)
{
  g_autoptr (Side) side = side_new_pair (NULL);

  assert_can (side->receiver, GST_STATE_PLAYING);
  g_object_set (side->receiver, "connection-id", "late", NULL);
  g_object_set (side->sender, "connection-id", "late", NULL);
  assert_can (side->sender, GST_STATE_PLAYING);
  assert_states (side, "connecting", "connecting");
}

static void
test_two_decoders (void)
{
  g_autoptr (Side) first = side_new_pair ("one");
  g_autoptr (Side) second = side_new_pair (NULL);

  g_object_set (second->receiver, "connection-id", "one", NULL);
  side_assert_error (second, GST_RESOURCE_ERROR_BUSY, "another decoder");
  g_assert_cmpint (gst_element_set_state (second->receiver, GST_STATE_READY), ==,
                   GST_STATE_CHANGE_FAILURE);
  side_assert_error (second, GST_RESOURCE_ERROR_BUSY, "another decoder");

  side_lose_receiver (first);
  assert_can (second->receiver, GST_STATE_READY);
}

/* One that went back to NULL may be on its way out. If it is not, it is told. */
static void
test_resting_decoder (void)
{
  g_autoptr (Side) first = side_new_pair ("one");
  g_autoptr (Side) second = side_new_pair (NULL);

  assert_can (first->receiver, GST_STATE_PLAYING);
  g_object_set (second->receiver, "connection-id", "one", NULL);
  side_assert_error (second, GST_RESOURCE_ERROR_BUSY, "another decoder");

  assert_can (first->receiver, GST_STATE_NULL);
  assert_can (second->receiver, GST_STATE_PLAYING);
  g_assert_cmpint (gst_element_set_state (first->receiver, GST_STATE_READY), ==,
                   GST_STATE_CHANGE_FAILURE);
  side_assert_error (first, GST_RESOURCE_ERROR_BUSY, "another decoder");
}

static void
test_two_encoders (void)
{
  g_autoptr (Side) first = side_new_pair ("one");
  g_autoptr (Side) second = side_new_pair (NULL);

  g_object_set (second->sender, "connection-id", "one", NULL);
  assert_can (first->sender, GST_STATE_READY);
  assert_cannot (second, GST_STATE_READY, GST_RESOURCE_ERROR_SETTINGS, "an encoder");

  assert_can (first->sender, GST_STATE_NULL);
  assert_can (second->sender, GST_STATE_READY);
  assert_cannot (first, GST_STATE_READY, GST_RESOURCE_ERROR_SETTINGS, "an encoder");
}

static void
test_encoder_disposed (void)
{
  g_autoptr (Side) side = side_new_pair ("one");
  g_autoptr (Side) other = side_new_pair (NULL);

  g_object_set (other->sender, "connection-id", "one", NULL);
  assert_can (other->sender, GST_STATE_READY);
  assert_cannot (side, GST_STATE_READY, GST_RESOURCE_ERROR_SETTINGS, "an encoder");
  assert_can (other->sender, GST_STATE_NULL);
  g_clear_pointer (&other, side_free);
  assert_can (side->sender, GST_STATE_READY);
}

static void
test_changed_id (void)
{
  g_autoptr (Side) side = side_new_pair ("before");

  g_object_set (side->receiver, "connection-id", "after", NULL);
  assert_cannot (side, GST_STATE_READY, GST_RESOURCE_ERROR_SETTINGS, "before");
  g_object_set (side->sender, "connection-id", "after", NULL);
  assert_can (side->sender, GST_STATE_READY);
  assert_can (side->sender, GST_STATE_NULL);

  g_object_set (side->receiver, "connection-id", NULL, NULL);
  assert_cannot (side, GST_STATE_READY, GST_RESOURCE_ERROR_SETTINGS, "after");
}

static void
test_decoder_gone (void)
{
  g_autoptr (Side) side = side_new_pair ("one");

  g_assert_true (side_set_state (side, GST_STATE_PLAYING));
  side_lose_receiver (side);
  assert_can (side->sender, GST_STATE_READY);
  assert_cannot (side, GST_STATE_PAUSED, GST_RESOURCE_ERROR_SETTINGS, "gone");
  assert_can (side->sender, GST_STATE_NULL);
  assert_cannot (side, GST_STATE_READY, GST_RESOURCE_ERROR_SETTINGS, "no decoder");
}

static void
test_states (void)
{
  g_autoptr (Side) side = side_new_pair ("one");

  assert_states (side, "closed", "closed");
  assert_can (side->receiver, GST_STATE_READY);
  assert_can (side->sender, GST_STATE_READY);
  assert_states (side, "closed", "closed");
  assert_can (side->receiver, GST_STATE_PAUSED);
  assert_states (side, "new", "new");
  assert_can (side->sender, GST_STATE_PAUSED);
  assert_states (side, "connecting", "connecting");
  assert_can (side->sender, GST_STATE_PLAYING);
  assert_states (side, "connecting", "connecting");
  assert_can (side->sender, GST_STATE_PAUSED);
  assert_states (side, "connecting", "connecting");
  assert_can (side->sender, GST_STATE_READY);
  assert_states (side, "new", "new");
  assert_can (side->receiver, GST_STATE_READY);
  assert_states (side, "closed", "closed");
}

/* An encoder has no state of its own: it comes and goes with that of its decoder. */
static void
test_state_is_told (void)
{
  g_autoptr (Side) side = side_new_pair ("one");

  assert_can (side->receiver, GST_STATE_PAUSED);
  g_assert_true (side_was_told (side, "receiver: connection-state new"));
  assert_can (side->sender, GST_STATE_READY);
  g_assert_true (side_was_told (side, "sender: connection-state new"));
  assert_can (side->sender, GST_STATE_NULL);
  g_assert_true (side_was_told (side, "sender: connection-state closed"));
  assert_states (side, "closed", "new");
}

/* The other way round: the encoder has started before its decoder listens. */
static void
test_encoder_first (void)
{
  g_autoptr (Side) side = side_new_pair ("one");

  assert_can (side->sender, GST_STATE_PAUSED);
  assert_states (side, "connecting", "connecting");
  assert_can (side->receiver, GST_STATE_PAUSED);
  assert_states (side, "connecting", "connecting");
  assert_can (side->receiver, GST_STATE_READY);
  assert_states (side, "connecting", "connecting");
  assert_can (side->sender, GST_STATE_NULL);
  assert_states (side, "closed", "closed");
}

static void
test_notify_order (void)
{
  g_autoptr (Side) client = side_new_pair ("client");
  g_autoptr (Side) server = side_new_pair ("server");
  Side *sides[] = { client, server };

  side_link (client, server);
  connect (client, server);
  for (guint i = 0; i < G_N_ELEMENTS (sides); i++)
  {
    side_assert_order (sides[i], "sender: on-key-set", "sender: " CONNECTED);
    side_assert_order (sides[i], "receiver: peer-pem", "receiver: " CONNECTED);
    side_assert_order (sides[i], "receiver: srtp-profile", "receiver: " CONNECTED);
    side_assert_order (sides[i], "sender: dtls-version", "sender: " CONNECTED);
    side_assert_order (sides[i], "sender: connection-state connecting",
                       "sender: " CONNECTED);
  }
}

static void
on_connected (GstElement *decoder, GParamSpec *pspec, GPtrArray *pems)
{
  g_autofree char *state = side_dup_state (decoder);
  char *pem = NULL;

  (void) pspec;
  g_object_get (decoder, "peer-pem", &pem, NULL);
  if (g_str_equal (state, "connected"))
  {
    g_ptr_array_add (pems, pem);
  }
  else
  {
    g_free (pem);
  }
}

static void
test_peer_pem (void)
{
  g_autoptr (Side) client = side_new_pair ("client");
  g_autoptr (Side) server = side_new_pair ("server");
  g_autoptr (GPtrArray) pems = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *pem = NULL;
  gulong handler = g_signal_connect (server->receiver, "notify::connection-state",
                                     G_CALLBACK (on_connected), pems);

  side_link (client, server);
  connect (client, server);
  g_object_get (client->receiver, "pem", &pem, NULL);
  g_signal_handler_disconnect (server->receiver, handler);
  g_assert_cmpuint (pems->len, ==, 1);
  g_assert_cmpstr (g_ptr_array_index (pems, 0), ==, pem);
}

static void
test_is_client_notified (void)
{
  g_autoptr (Side) side = side_new_pair ("one");

  g_object_set (side->sender, "is-client", FALSE, NULL);
  g_assert_true (side_was_told (side, "sender: is-client"));
  side_forget (side);
  g_object_set (side->sender, "is-client", FALSE, NULL);
  g_assert_true (side_was_told (side, "sender: is-client"));
}

static void
test_data_only (void)
{
  g_autoptr (Side) client = side_new_pair ("client");
  g_autoptr (Side) server = side_new_pair ("server");

  g_object_set (client->receiver, "profiles", "", NULL);
  side_link (client, server);
  connect (client, server);
  g_assert_false (side_was_told (client, "sender: on-key-set"));
  g_assert_false (side_was_told (server, "sender: on-key-set"));
}

/* The decoder of the server is there, its encoder is not: the call is not lost. */
static void
test_early_call (void)
{
  g_autoptr (Side) client = side_new_pair ("client");
  g_autoptr (Side) server = side_new_pair ("server");
  GstStructure *stats = NULL;
  guint64 n_again = 1;

  side_link (client, server);
  g_object_set (client->receiver, "rtt", 20 * 1000 * 1000, NULL);
  g_object_set (client->sender, "is-client", TRUE, NULL);
  assert_can (server->receiver, GST_STATE_PLAYING);
  g_assert_true (side_set_state (client, GST_STATE_PLAYING));
  g_assert_cmpint (GST_STATE (server->sender), ==, GST_STATE_NULL);

  assert_can (server->sender, GST_STATE_PLAYING);
  side_await (client, "sender: " CONNECTED);
  g_object_get (client->receiver, "stats", &stats, NULL);
  g_assert_true (gst_structure_get_uint64 (stats, "retransmissions", &n_again));
  g_assert_cmpuint (n_again, ==, 0);
  gst_structure_free (stats);
}

static void
test_unverified_warning (void)
{
  g_autoptr (Side) client = side_new_pair ("client");
  g_autoptr (Side) server = side_new_pair ("server");
  g_autoptr (GError) warning = NULL;

  side_link (client, server);
  connect (client, server);
  warning = side_pop_message (client, GST_MESSAGE_WARNING);
  g_assert_error (warning, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_AUTHORIZED);
  g_assert_nonnull (strstr (warning->message, "peer-fingerprint"));
  g_assert_null (side_pop_message (client, GST_MESSAGE_WARNING));
}

static void
set_fingerprint_of (Side *self, Side *peer)
{
  g_autofree char *fingerprint = NULL;

  g_object_get (peer->receiver, "fingerprint", &fingerprint, NULL);
  g_object_set (self->receiver, "peer-fingerprint", fingerprint, NULL);
}

static void
test_no_warning (void)
{
  g_autoptr (Side) client = side_new_pair ("client");
  g_autoptr (Side) server = side_new_pair ("server");

  side_link (client, server);
  set_fingerprint_of (client, server);
  set_fingerprint_of (server, client);
  connect (client, server);
  g_assert_null (side_pop_message (client, GST_MESSAGE_WARNING));
  g_assert_null (side_pop_message (server, GST_MESSAGE_WARNING));
}

static void
test_wrong_fingerprint (void)
{
  g_autoptr (Side) client = side_new_pair ("client");
  g_autoptr (Side) server = side_new_pair ("server");
  g_autoptr (GError) of_server = NULL;

  side_link (client, server);
  set_fingerprint_of (client, client);
  g_object_set (client->sender, "is-client", TRUE, NULL);
  g_assert_true (side_set_state (server, GST_STATE_PLAYING));
  g_assert_true (side_set_state (client, GST_STATE_PLAYING));
  side_await (client, "receiver: connection-state failed");
  side_await (client, "sender: connection-state failed");
  side_set_state (client, GST_STATE_NULL);
  side_set_state (server, GST_STATE_NULL);
  side_assert_error (client, GST_RESOURCE_ERROR_NOT_AUTHORIZED, "not the one");
  /* which may have heard the alert, or not */
  of_server = side_pop_message (server, GST_MESSAGE_ERROR);
}

/* Both go down to @state, one after the other, and up again, with media before and after.
 */
static void
test_reconnect (gconstpointer state)
{
  g_autoptr (Side) client = side_new_pair ("client");
  g_autoptr (Side) server = side_new_pair ("server");
  g_autoptr (GstPad) source = NULL;

  side_link (client, server);
  side_watch_source (server, "rtp_src");
  for (guint round = 0; round < 3; round++)
  {
    connect (client, server);
    source = side_add_source (client, "rtp_sink_0", RTP_CAPS);
    assert_media_passes (server, source, 1);

    side_remove_source (client, &source);
    g_assert_true (side_set_state (client, GPOINTER_TO_INT (state)));
    g_assert_true (side_set_state (server, GPOINTER_TO_INT (state)));
    assert_states (client, "closed", "closed");
    side_forget (client);
    side_forget (server);
  }
}

/* The session is the encoder's: its decoder may leave and come back. */
static void
test_decoder_comes_back (void)
{
  g_autoptr (Side) client = side_new_pair ("client");
  g_autoptr (Side) server = side_new_pair ("server");
  GstPad *source;

  side_link (client, server);
  side_watch_source (server, "rtp_src");
  connect (client, server);
  source = side_add_source (client, "rtp_sink_0", RTP_CAPS);
  assert_media_passes (server, source, 1);

  assert_can (server->receiver, GST_STATE_NULL);
  assert_states (server, "connected", "connected");
  assert_can (server->receiver, GST_STATE_PLAYING);
  assert_media_passes (server, source, 2);
  side_remove_source (client, &source);
}

#define N_ROUNDS 200

static gpointer
go_up_and_down (gpointer element)
{
  for (guint round = 0; round < N_ROUNDS; round++)
  {
    assert_can (element, GST_STATE_PAUSED);
    assert_can (element, GST_STATE_READY);
  }
  return NULL;
}

/* Each on a thread of its own: whoever is up finds the association open, and nobody
 * leaves it behind. */
static void
test_two_threads (void)
{
  g_autoptr (Side) client = side_new_pair ("client");
  g_autoptr (Side) server = side_new_pair ("server");
  GThread *thread;

  side_link (client, server);
  thread = g_thread_new ("decoder", go_up_and_down, client->receiver);
  go_up_and_down (client->sender);
  g_thread_join (thread);
  assert_states (client, "closed", "closed");
  side_forget (client);
  connect (client, server);
}

/* A session that ended leaves no mark on the next. */
static void
test_reconnect_after_close (void)
{
  g_autoptr (Side) client = side_new_pair ("client");
  g_autoptr (Side) server = side_new_pair ("server");
  GstPad *data;

  side_link (client, server);
  connect (client, server);
  data = side_add_source (client, "data_sink", "application/octet-stream");
  g_assert_true (gst_pad_push_event (data, gst_event_new_eos ()));
  side_await (client, "sender: connection-state closed");
  side_await (server, "receiver: connection-state closed");
  side_remove_source (client, &data);

  /* of the server the encoder alone: its decoder listens all the time */
  g_assert_true (side_set_state (client, GST_STATE_READY));
  assert_can (server->sender, GST_STATE_READY);
  assert_states (server, "new", "new");
  side_forget (client);
  side_forget (server);
  connect (client, server);
}

static void
set_key (Side *side)
{
  static const guint8 key[30] = "thirty bytes of key and salt.";
  GstBuffer *buffer = gst_buffer_new_memdup (key, sizeof key);

  g_object_set (side->sender, "key", buffer, NULL);
  g_object_set (side->receiver, "key", buffer, NULL);
  gst_buffer_unref (buffer);
}

/* Without a connection-id, a handshake or a word on the state. */
static void
test_fixed_key (void)
{
  g_autoptr (Side) from = side_new_pair (NULL);
  g_autoptr (Side) to = side_new_pair (NULL);
  g_autoptr (GstPad) source = NULL;

  set_key (from);
  set_key (to);
  side_link (from, to);
  side_watch_source (to, "rtp_src");
  g_assert_true (side_set_state (from, GST_STATE_PLAYING));
  g_assert_true (side_set_state (to, GST_STATE_PLAYING));
  assert_states (from, "closed", "closed");
  source = side_add_source (from, "rtp_sink_0", RTP_CAPS);
  assert_media_passes (to, source, 1);
  g_assert_false (side_was_told (from, "sender: on-key-set"));
  side_remove_source (from, &source);
}

/* It is looked at when the element leaves READY. */
static void
test_fixed_key_and_back (void)
{
  g_autoptr (Side) client = side_new_pair ("client");
  g_autoptr (Side) server = side_new_pair ("server");

  side_link (client, server);
  g_assert_true (side_set_state (client, GST_STATE_READY));
  set_key (client);
  g_assert_true (side_set_state (client, GST_STATE_PLAYING));
  assert_states (client, "closed", "closed");

  g_assert_true (side_set_state (client, GST_STATE_NULL));
  g_object_set (client->sender, "key", NULL, NULL);
  g_object_set (client->receiver, "key", NULL, NULL);
  connect (client, server);
}

/* The encoder found its decoder before, and was not told of the key. */
static void
test_key_on_decoder_alone (void)
{
  g_autoptr (Side) side = side_new_pair ("one");

  assert_can (side->receiver, GST_STATE_READY);
  assert_can (side->sender, GST_STATE_READY);
  set_key (side);
  g_object_set (side->sender, "key", NULL, NULL);
  assert_can (side->receiver, GST_STATE_PAUSED);
  assert_cannot (side, GST_STATE_PAUSED, GST_RESOURCE_ERROR_SETTINGS, "set key on both");

  /* as it is told to do */
  set_key (side);
  assert_can (side->sender, GST_STATE_PAUSED);
}

static void
test_key_on_decoder_late (void)
{
  g_autoptr (Side) side = side_new_pair ("one");

  assert_can (side->receiver, GST_STATE_READY);
  assert_can (side->sender, GST_STATE_PAUSED);
  set_key (side);
  g_assert_cmpint (gst_element_set_state (side->receiver, GST_STATE_PAUSED), ==,
                   GST_STATE_CHANGE_FAILURE);
  side_assert_error (side, GST_RESOURCE_ERROR_SETTINGS, "set key on both");

  /* the handshake was not disturbed */
  g_object_set (side->receiver, "key", NULL, NULL);
  assert_can (side->receiver, GST_STATE_PAUSED);
  assert_states (side, "connecting", "connecting");
}

static void
test_request_pads (void)
{
  g_autoptr (Side) side = side_new_pair ("one");
  GstPad *named = gst_element_request_pad_simple (side->sender, "rtp_sink_7");
  GstPad *numbered = gst_element_request_pad_simple (side->sender, "rtp_sink_%d");
  GstPad *data = gst_element_request_pad_simple (side->sender, "data_sink");
  GstPad *data_src = gst_element_request_pad_simple (side->receiver, "data_src");

  g_assert_nonnull (data);
  g_assert_nonnull (data_src);
  g_assert_cmpstr (GST_PAD_NAME (named), ==, "rtp_sink_7");
  g_assert_cmpstr (GST_PAD_NAME (numbered), !=, "rtp_sink_7");

  gst_element_release_request_pad (side->sender, named);
  gst_object_unref (named);
  named = gst_element_request_pad_simple (side->sender, "rtp_sink_7");
  g_assert_nonnull (named);
  gst_element_release_request_pad (side->receiver, data_src);
  gst_object_unref (data_src);
  data_src = gst_element_request_pad_simple (side->receiver, "data_src");
  g_assert_nonnull (data_src);

  gst_object_unref (data_src);
  gst_object_unref (data);
  gst_object_unref (numbered);
  gst_object_unref (named);
}

static void
add (const char *name, void (*test) (void))
{
  g_autofree char *path = g_strconcat ("/gst/pair-contract/", name, NULL);

  g_test_add_func (path, test);
}

static void
add_cases (void)
{
  add ("an-encoder-without-an-id-does-not-become-ready", test_no_id);
  add ("an-encoder-without-a-decoder-does-not-become-ready", test_no_decoder);
  add ("a-decoder-may-get-its-id-in-any-state", test_decoder_alone);
  add ("two-decoders-cannot-have-one-id", test_two_decoders);
  add ("a-decoder-in-null-gives-its-id-to-another", test_resting_decoder);
  add ("two-encoders-cannot-have-one-decoder", test_two_encoders);
  add ("an-encoder-that-is-gone-leaves-its-place", test_encoder_disposed);
  add ("a-changed-id-is-found-and-the-old-one-is-not", test_changed_id);
  add ("a-decoder-that-is-gone-is-noticed", test_decoder_gone);
  add ("states-follow-those-of-the-elements", test_states);
  add ("a-state-that-comes-with-the-decoder-is-told", test_state_is_told);
  add ("an-encoder-may-start-before-its-decoder", test_encoder_first);
  add ("connected-is-told-last", test_notify_order);
  add ("the-peer-s-certificate-is-there-when-connected-is-told", test_peer_pem);
  add ("is-client-is-notified-each-time", test_is_client_notified);
  add ("no-key-is-told-where-only-data-passes", test_data_only);
  add ("a-call-is-held-until-the-encoder-starts", test_early_call);
  add ("an-unknown-peer-is-warned-of-once", test_unverified_warning);
  add ("a-known-peer-is-not-warned-of", test_no_warning);
  add ("a-wrong-fingerprint-is-an-error-of-the-decoder", test_wrong_fingerprint);
  add ("a-decoder-may-leave-and-come-back", test_decoder_comes_back);
  add ("the-two-may-change-on-two-threads", test_two_threads);
  add ("a-closed-session-leaves-no-mark", test_reconnect_after_close);
  add ("a-fixed-key-needs-no-handshake", test_fixed_key);
  add ("a-fixed-key-holds-from-ready-on", test_fixed_key_and_back);
  add ("a-key-on-the-decoder-alone-is-an-error", test_key_on_decoder_alone);
  add ("a-key-on-the-decoder-of-a-running-encoder-is-an-error", test_key_on_decoder_late);
  add ("request-pads-have-the-names-that-are-asked-for", test_request_pads);
  g_test_add_data_func ("/gst/pair-contract/reconnects-after-ready",
                        GINT_TO_POINTER (GST_STATE_READY), test_reconnect);
  g_test_add_data_func ("/gst/pair-contract/reconnects-after-null",
                        GINT_TO_POINTER (GST_STATE_NULL), test_reconnect);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  add_cases ();
  return g_test_run ();
}
