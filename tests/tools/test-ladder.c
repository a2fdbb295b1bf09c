/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The ladder of handshakes between two of our own, in virtual time. */

#include "tools/recorder.h"

#include <string.h>

#define MS G_TIME_SPAN_MILLISECOND
#define SECOND G_TIME_SPAN_SECOND

#define SERVER_FLIGHT                                                                    \
  "ServerHello(DTLS 1.2)+Certificate+ServerKeyExchange+CertificateRequest+"              \
  "ServerHelloDone"
#define CLIENT_FLIGHT                                                                    \
  "Certificate+ClientKeyExchange+CertificateVerify+ChangeCipherSpec+Finished"

static void
assert_ladder (Recorder *recorder, TegataRole role, const char *expected)
{
  g_autoptr (Ladder) ladder = recorder_make_ladder (recorder, role);
  g_autofree char *text = describe_ladder (ladder);

  g_assert_cmpstr (text, ==, expected);
}

static Recorder *
new_usual (void)
{
  g_autoptr (TegataContext) context = test_context_new (TEGATA_KEY_TYPE_ECDSA_P256);

  return recorder_new (context, context);
}

static void
connect (Recorder *recorder)
{
  pair_start (recorder->pair);
  g_assert_true (pair_run_until_connected (recorder->pair));
  /* what is still under way */
  pair_run (recorder->pair, 5 * MS);
}

static void
test_full (void)
{
  g_autoptr (Recorder) recorder = new_usual ();

  connect (recorder);
  assert_ladder (recorder, TEGATA_ROLE_CLIENT,
                 "1> ClientHello\n"
                 "2< " SERVER_FLIGHT "\n"
                 "3> " CLIENT_FLIGHT "\n"
                 "4< ChangeCipherSpec+Finished\n");
  assert_ladder (recorder, TEGATA_ROLE_SERVER,
                 "1< ClientHello\n"
                 "2> " SERVER_FLIGHT "\n"
                 "3< " CLIENT_FLIGHT "\n"
                 "4> ChangeCipherSpec+Finished\n");
}

static void
test_cookie (void)
{
  g_autoptr (TegataContext) client = test_context_new (TEGATA_KEY_TYPE_ECDSA_P256);
  g_autoptr (TegataContext) server = test_context_new (TEGATA_KEY_TYPE_ECDSA_P256);
  g_autoptr (Recorder) recorder = NULL;

  tegata_context_set_cookies (server, TEGATA_COOKIES_ALWAYS);
  recorder = recorder_new (client, server);
  connect (recorder);
  assert_ladder (recorder, TEGATA_ROLE_CLIENT,
                 "1> ClientHello\n"
                 "2< HelloVerifyRequest\n"
                 "3> ClientHello(cookie)\n"
                 "4< " SERVER_FLIGHT "\n"
                 "5> " CLIENT_FLIGHT "\n"
                 "6< ChangeCipherSpec+Finished\n");
}

static void
test_times_and_sizes (void)
{
  g_autoptr (Recorder) recorder = new_usual ();
  g_autoptr (Ladder) ladder = NULL;
  g_autoptr (JsonNode) node = NULL;
  g_autoptr (GPtrArray) datagrams = NULL;

  connect (recorder);
  ladder = recorder_make_ladder (recorder, TEGATA_ROLE_CLIENT);
  node = ladder_to_json (ladder);
  datagrams = recorder_get_datagrams (recorder);
  g_assert_cmpuint (datagrams->len, ==, 4);
  for (guint i = 0; i < datagrams->len; i++)
  {
    static const gint64 times_us[] = { 0, 2 * MS, 2 * MS, 4 * MS };
    JsonObject *row = json_array_get_object_element (json_node_get_array (node), i);

    g_assert_cmpint (json_object_get_int_member (row, "bytes"), ==,
                     g_bytes_get_size (g_ptr_array_index (datagrams, i)));
    g_assert_cmpint (json_object_get_int_member (row, "time_us"), ==, times_us[i]);
  }
}

static void
lose_first_of_server (const NetworkDatagram *datagram, NetworkFate *fate, gpointer data)
{
  (void) data;
  fate->n_copies = datagram->from == 1 && datagram->serial == 0 ? 0 : 1;
}

static guint
count_of (const char *text, const char *part)
{
  g_auto (GStrv) parts = g_strsplit (text, part, -1);

  return g_strv_length (parts) - 1;
}

/* Each retransmission has its colour and its word; one more is in the legend. */
static void
assert_drawn (Ladder *ladder, guint n_again)
{
  g_autofree char *text = ladder_to_text (ladder, "us", "them");
  g_autofree char *svg = ladder_to_svg (ladder, "us", "them");

  g_assert_cmpuint (count_of (text, " retransmission -"), ==, n_again);
  g_assert_cmpuint (count_of (svg, "<line class=\"again\""), ==, n_again + 1);
  g_assert_cmpuint (count_of (svg, ">retransmission<"), ==, n_again + 1);
}

/* The timers of both sides run out at nearly the same time: how often more it is sent
 * again in between is not the ladder's business. */
static void
assert_ladder_around (Recorder *recorder,
                      TegataRole role,
                      const char *prefix,
                      const char *suffix)
{
  g_autoptr (Ladder) ladder = recorder_make_ladder (recorder, role);
  g_autofree char *text = describe_ladder (ladder);

  g_test_message ("%s", text);
  g_assert_true (g_str_has_prefix (text, prefix));
  g_assert_true (g_str_has_suffix (text, suffix));
  assert_drawn (ladder, count_of (text, " again\n"));
}

static void
test_lost_flight (void)
{
  g_autoptr (Recorder) recorder = new_usual ();

  recorder->lose = lose_first_of_server;
  connect (recorder);
  /* Who did not see the first one cannot know that the second one is the second. */
  assert_ladder_around (recorder, TEGATA_ROLE_CLIENT,
                        "1> ClientHello\n"
                        "1> ClientHello again\n"
                        "2< " SERVER_FLIGHT "\n"
                        "3> " CLIENT_FLIGHT "\n",
                        "4< ChangeCipherSpec+Finished\n");
  assert_ladder_around (recorder, TEGATA_ROLE_SERVER,
                        "1< ClientHello\n"
                        "2> " SERVER_FLIGHT "\n"
                        "1< ClientHello again\n"
                        "2> " SERVER_FLIGHT " again\n",
                        "4> ChangeCipherSpec+Finished\n");
}

static void
lose_last_flight (const NetworkDatagram *datagram, NetworkFate *fate, gpointer data)
{
  (void) data;
  fate->n_copies = datagram->from == 1 && datagram->serial == 1 ? 0 : 1;
}

/* A Finished has a number of its own each time, and nobody can read it. */
static void
test_lost_last_flight (void)
{
  g_autoptr (Recorder) recorder = new_usual ();

  recorder->lose = lose_last_flight;
  connect (recorder);
  assert_ladder (recorder, TEGATA_ROLE_SERVER,
                 "1< ClientHello\n"
                 "2> " SERVER_FLIGHT "\n"
                 "3< " CLIENT_FLIGHT "\n"
                 "4> ChangeCipherSpec+Finished\n"
                 "3< " CLIENT_FLIGHT " again\n"
                 "4> ChangeCipherSpec+Finished again\n");
}

static Recorder *
new_with_mtu (guint mtu)
{
  g_autoptr (TegataContext) context = test_context_new (TEGATA_KEY_TYPE_ECDSA_P256);

  tegata_context_set_mtu (context, mtu);
  return recorder_new (context, context);
}

/* The bytes of @name that were new, of one direction. */
static gint64
sum_fragments (JsonArray *rows, const char *direction, const char *name, gint64 *total)
{
  gint64 sum = 0;

  for (guint i = 0; i < json_array_get_length (rows); i++)
  {
    JsonObject *row = json_array_get_object_element (rows, i);
    JsonArray *messages = json_object_get_array_member (row, "messages");

    for (guint j = 0; j < json_array_get_length (messages); j++)
    {
      JsonObject *message = json_array_get_object_element (messages, j);
      if (g_str_equal (json_object_get_string_member (row, "direction"), direction)
          && !json_object_get_boolean_member (row, "retransmission")
          && g_str_equal (json_object_get_string_member (message, "name"), name))
      {
        g_assert_cmpint (json_object_get_int_member (message, "offset"), ==, sum);
        sum += json_object_get_int_member (message, "len");
        *total = json_object_get_int_member (message, "total_len");
      }
    }
  }
  return sum;
}

static void
test_fragments (void)
{
  g_autoptr (Recorder) recorder = new_with_mtu (256);
  g_autoptr (Ladder) ladder = NULL;
  g_autoptr (JsonNode) node = NULL;
  g_autofree char *text = NULL;
  gint64 total = -1;

  connect (recorder);
  ladder = recorder_make_ladder (recorder, TEGATA_ROLE_CLIENT);
  node = ladder_to_json (ladder);
  text = describe_ladder (ladder);
  g_assert_cmpint (
      sum_fragments (json_node_get_array (node), "received", "Certificate", &total), ==,
      total);
  g_assert_cmpint (total, >, 0);
  g_assert_nonnull (strstr (text, "Certificate["));
  g_assert_null (strstr (text, "again"));
  g_assert_nonnull (strstr (text, "\n4< ChangeCipherSpec+Finished\n"));
}

/* From the third timeout on they are smaller, and yet the same bytes. */
static void
lose_server_for_long (const NetworkDatagram *datagram, NetworkFate *fate, gpointer data)
{
  Recorder *recorder = data;

  fate->n_copies = datagram->from == 1
                           && network_now_us (recorder->pair->network)
                                  < recorder->pair->client->started_us + SECOND
                       ? 0
                       : 1;
}

static void
test_smaller_fragments (void)
{
  g_autoptr (Recorder) recorder = new_with_mtu (400);
  g_autofree char *text = NULL;
  g_autoptr (Ladder) ladder = NULL;
  g_auto (GStrv) lines = NULL;
  guint n_again = 0;
  gboolean was_asked_again = FALSE;

  recorder->lose = lose_server_for_long;
  connect (recorder);
  ladder = recorder_make_ladder (recorder, TEGATA_ROLE_SERVER);
  text = describe_ladder (ladder);
  lines = g_strsplit (text, "\n", -1);
  g_test_message ("%s", text);
  for (guint i = 0; lines[i] != NULL; i++)
  {
    gboolean is_again = g_str_has_suffix (lines[i], " again");

    was_asked_again |= g_str_has_prefix (lines[i], "1<") && is_again;
    if (g_str_has_prefix (lines[i], "2>"))
    {
      g_assert_cmpint (is_again, ==, was_asked_again);
      n_again += is_again;
    }
  }
  /* with its borders of before, and with others */
  g_assert_nonnull (strstr (text, "2> Certificate["));
  g_assert_nonnull (strstr (text, "2> Certificate again\n"));
  g_assert_cmpuint (n_again, >, 4);
}

static TegataContext *
new_resuming_context (void)
{
  TegataContext *context = test_context_new (TEGATA_KEY_TYPE_ECDSA_P256);

  tegata_context_set_resumption (context, TRUE);
  return context;
}

static void
test_resumption (void)
{
  g_autoptr (TegataContext) client = new_resuming_context ();
  g_autoptr (TegataContext) server = new_resuming_context ();
  g_autoptr (Recorder) first = recorder_new (client, server);
  g_autoptr (Recorder) second = recorder_new (client, server);

  endpoint_set_resumption_name (first->pair->client, "them");
  endpoint_set_resumption_name (second->pair->client, "them");
  connect (first);
  assert_ladder (first, TEGATA_ROLE_CLIENT,
                 "1> ClientHello\n"
                 "2< " SERVER_FLIGHT "\n"
                 "3> " CLIENT_FLIGHT "\n"
                 "4< NewSessionTicket+ChangeCipherSpec+Finished\n");
  connect (second);
  assert_ladder (second, TEGATA_ROLE_CLIENT,
                 "1> ClientHello(offers a session)\n"
                 "2< ServerHello(DTLS 1.2, resumes it)+ChangeCipherSpec+Finished\n"
                 "3> ChangeCipherSpec+Finished\n");
}

static void
test_data_and_close (void)
{
  g_autoptr (Recorder) recorder = new_usual ();
  g_autoptr (Ladder) ladder = NULL;
  g_autofree char *text = NULL;
  g_autofree char *drawn = NULL;

  connect (recorder);
  for (guint i = 0; i < 3; i++)
  {
    g_assert_true (endpoint_send_data (recorder->pair->client, "hello", NULL));
  }
  g_assert_true (endpoint_send_data (recorder->pair->server, "hello", NULL));
  pair_run (recorder->pair, 5 * MS);
  endpoint_close (recorder->pair->client);
  pair_run (recorder->pair, 5 * MS);

  ladder = recorder_make_ladder (recorder, TEGATA_ROLE_CLIENT);
  text = describe_ladder (ladder);
  g_assert_nonnull (strstr (text, "\n4< ChangeCipherSpec+Finished\n"
                                  "0> Alert(encrypted, most likely close_notify)\n"));
  g_assert_null (strstr (text, "ApplicationData"));
  drawn = ladder_to_text (ladder, "client", "server");
  g_assert_nonnull (strstr (drawn, "not listed: application data, 3 sent, 1 received\n"));
}

/* A fingerprint that does not match: the alert comes when there are keys in one direction
 * at most. */
static void
test_alert (void)
{
  g_autoptr (TegataContext) context = test_context_new (TEGATA_KEY_TYPE_ECDSA_P256);
  g_autoptr (Recorder) recorder = recorder_new (context, context);
  g_autoptr (Ladder) ladder = NULL;
  g_autofree char *text = NULL;

  endpoint_expect_certificate (recorder->pair->client, test_other_certificate ());
  pair_start (recorder->pair);
  g_assert_false (pair_run_until_connected (recorder->pair));
  ladder = recorder_make_ladder (recorder, TEGATA_ROLE_CLIENT);
  text = describe_ladder (ladder);
  g_assert_nonnull (strstr (text, "\n0> Alert(fatal, bad_certificate)\n"));
}

/* Two handshakes of one address, as a listener sees them after a crash. */
static void
test_begins_anew (void)
{
  g_autoptr (Recorder) first = new_usual ();
  g_autoptr (Recorder) second = new_usual ();
  g_autoptr (Ladder) ladder = NULL;
  g_autoptr (GPtrArray) datagrams = NULL;
  g_autofree char *text = NULL;

  connect (first);
  connect (second);
  ladder = recorder_make_ladder (first, TEGATA_ROLE_SERVER);
  datagrams = recorder_get_datagrams (second);
  for (guint i = 0; i < 2; i++)
  {
    gsize len;
    const guint8 *bytes = g_bytes_get_data (g_ptr_array_index (datagrams, i), &len);
    ladder_add (ladder, i == 0 ? LADDER_RECEIVED : LADDER_SENT, bytes, len, SECOND);
  }
  text = describe_ladder (ladder);
  g_assert_true (g_str_has_suffix (text, "\n4> ChangeCipherSpec+Finished\n"
                                         "1< ClientHello(begins anew)\n"
                                         "2> " SERVER_FLIGHT "\n"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/ladder/a-full-handshake-has-four-flights", test_full);
  g_test_add_func ("/ladder/a-cookie-makes-it-six-flights", test_cookie);
  g_test_add_func ("/ladder/times-and-sizes-are-the-wires", test_times_and_sizes);
  g_test_add_func ("/ladder/a-flight-that-was-lost-is-marked", test_lost_flight);
  g_test_add_func ("/ladder/a-finished-sent-again-is-marked", test_lost_last_flight);
  g_test_add_func ("/ladder/fragments-add-up", test_fragments);
  g_test_add_func ("/ladder/smaller-fragments-are-still-the-same-bytes",
                   test_smaller_fragments);
  g_test_add_func ("/ladder/a-resumed-session-has-three-flights", test_resumption);
  g_test_add_func ("/ladder/data-is-counted-and-the-end-is-listed", test_data_and_close);
  g_test_add_func ("/ladder/an-alert-in-the-clear-has-its-name", test_alert);
  g_test_add_func ("/ladder/a-client-that-begins-anew-is-told-apart", test_begins_anew);

  return g_test_run ();
}
