/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The tap stands between a receiver and a channel that this file plays itself. */

#include "tap-channel.h"

#include <string.h>

/* A channel that keeps what is sent on it, and hands up what the test says. */
#define FAKE_TYPE_CHANNEL (fake_channel_get_type ())
G_DECLARE_FINAL_TYPE (FakeChannel, fake_channel, FAKE, CHANNEL, GObject)

struct _FakeChannel
{
  GObject parent_instance;

  const TegataDatagramReceiver *receiver;
  gpointer receiver_data;
  TegataLoop *loop;
  gboolean is_writable;
  GString *sent; /* first bytes, as characters */
};

static void fake_channel_init_interface (TegataDatagramChannelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (FakeChannel,
                               fake_channel,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (TEGATA_TYPE_DATAGRAM_CHANNEL,
                                                      fake_channel_init_interface))

static gboolean
fake_channel_attach (TegataDatagramChannel *channel,
                     TegataLoop *loop,
                     const TegataDatagramReceiver *receiver,
                     gpointer user_data)
{
  FakeChannel *self = FAKE_CHANNEL (channel);

  g_assert_null (self->receiver);
  self->loop = loop;
  self->receiver = receiver;
  self->receiver_data = user_data;
  return TRUE;
}

static void
fake_channel_detach (TegataDatagramChannel *channel)
{
  FAKE_CHANNEL (channel)->receiver = NULL;
}

static gboolean
fake_channel_is_writable (TegataDatagramChannel *channel)
{
  return FAKE_CHANNEL (channel)->is_writable;
}

/* Takes all but the last. */
static guint
fake_channel_send (TegataDatagramChannel *channel,
                   const TegataDatagram *datagrams,
                   guint n_datagrams)
{
  for (guint i = 0; i < n_datagrams; i++)
  {
    g_string_append_printf (FAKE_CHANNEL (channel)->sent, "%d ", datagrams[i].bytes[0]);
  }
  return n_datagrams - 1;
}

static gint64
fake_channel_get_rtt_us (TegataDatagramChannel *channel)
{
  (void) channel;
  return 1234;
}

static void
fake_channel_init_interface (TegataDatagramChannelInterface *iface)
{
  iface->attach = fake_channel_attach;
  iface->detach = fake_channel_detach;
  iface->is_writable = fake_channel_is_writable;
  iface->send = fake_channel_send;
  iface->get_rtt_us = fake_channel_get_rtt_us;
}

static void
fake_channel_finalize (GObject *object)
{
  g_string_free (FAKE_CHANNEL (object)->sent, TRUE);
  G_OBJECT_CLASS (fake_channel_parent_class)->finalize (object);
}

static void
fake_channel_class_init (FakeChannelClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = fake_channel_finalize;
}

static void
fake_channel_init (FakeChannel *self)
{
  self->sent = g_string_new (NULL);
}

typedef struct
{
  FakeChannel *fake;
  TegataDatagramChannel *tap;
  TegataLoop *loop;
  GString *log; /* what the function and the receiver were told, in order */
  gint64 last_us;
  gboolean detaches;
  gboolean releases;
} Fixture;

static void
hear (LadderDirection direction,
      const TegataDatagram *datagram,
      gint64 now_us,
      gpointer user_data)
{
  Fixture *fixture = user_data;

  g_assert_cmpint (now_us, >=, fixture->last_us);
  fixture->last_us = now_us;
  g_string_append_printf (fixture->log, "%s %d of %d bytes, peer %d; ",
                          direction == LADDER_SENT ? "sends" : "hears",
                          datagram->bytes[0], (int) datagram->len,
                          datagram->peer.bytes[0]);
}

/* Writes over them, as unprotecting does. */
static void
receive (TegataDatagram *datagrams, guint n_datagrams, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_string_append_printf (fixture->log, "receives %u; ", n_datagrams);
  for (guint i = 0; i < n_datagrams; i++)
  {
    memset (datagrams[i].bytes, 0xff, datagrams[i].len);
  }
  if (fixture->detaches)
  {
    tegata_datagram_channel_detach (fixture->tap);
  }
  if (fixture->releases)
  {
    g_clear_object (&fixture->tap);
  }
}

static void
become_writable (gpointer user_data)
{
  g_string_append (((Fixture *) user_data)->log, "writable; ");
}

static void
fail (const GError *error, gpointer user_data)
{
  g_string_append_printf (((Fixture *) user_data)->log, "%s; ", error->message);
}

static const TegataDatagramReceiver receiver = {
  .received = receive,
  .writable = become_writable,
  .network_error = fail,
};

static void
set_up (Fixture *fixture, gconstpointer data)
{
  (void) data;
  fixture->fake = g_object_new (FAKE_TYPE_CHANNEL, NULL);
  fixture->loop = tegata_loop_new (NULL);
  fixture->log = g_string_new (NULL);
  fixture->tap = tap_channel_new (TEGATA_DATAGRAM_CHANNEL (fixture->fake), hear, fixture);
  tegata_datagram_channel_attach (fixture->tap, fixture->loop, &receiver, fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  (void) data;
  if (fixture->tap != NULL)
  {
    tegata_datagram_channel_detach (fixture->tap);
    g_clear_object (&fixture->tap);
  }
  g_assert_finalize_object (fixture->fake);
  tegata_loop_unref (fixture->loop);
  g_string_free (fixture->log, TRUE);
}

#define N_DATAGRAMS 6

/* STUN, both ends of DTLS's range, RTP, and nothing at all. */
static const guint8 firsts[N_DATAGRAMS] = { 0, 20, 63, 64, 128, 22 };

static void
make_datagrams (TegataDatagram *datagrams, guint8 (*bytes)[4])
{
  for (guint8 i = 0; i < N_DATAGRAMS; i++)
  {
    bytes[i][0] = firsts[i];
    datagrams[i].bytes = bytes[i];
    datagrams[i].len = i == N_DATAGRAMS - 1 ? 0 : 4;
    datagrams[i].size = 4;
    datagrams[i].peer.len = 1;
    datagrams[i].peer.bytes[0] = i;
  }
}

static void
hand_up (Fixture *fixture)
{
  guint8 bytes[N_DATAGRAMS][4] = { { 0 } };
  TegataDatagram datagrams[N_DATAGRAMS] = { { NULL, 0, 0, { 0, { 0 } } } };

  make_datagrams (datagrams, bytes);
  fixture->fake->receiver->received (datagrams, N_DATAGRAMS,
                                     fixture->fake->receiver_data);
}

static void
test_received (Fixture *fixture, gconstpointer data)
{
  (void) data;
  g_assert_true (fixture->fake->loop == fixture->loop);
  hand_up (fixture);
  g_assert_cmpstr (
      fixture->log->str, ==,
      "hears 20 of 4 bytes, peer 1; hears 63 of 4 bytes, peer 2; receives 6; ");
}

static void
test_sent (Fixture *fixture, gconstpointer data)
{
  guint8 bytes[N_DATAGRAMS][4] = { { 0 } };
  TegataDatagram datagrams[N_DATAGRAMS] = { { NULL, 0, 0, { 0, { 0 } } } };

  (void) data;
  make_datagrams (datagrams, bytes);
  g_assert_cmpuint (tegata_datagram_channel_send (fixture->tap, datagrams, N_DATAGRAMS),
                    ==, N_DATAGRAMS - 1);
  g_assert_cmpstr (fixture->log->str, ==,
                   "sends 20 of 4 bytes, peer 1; sends 63 of 4 bytes, peer 2; ");
  g_assert_cmpstr (fixture->fake->sent->str, ==, "0 20 63 64 128 22 ");
}

static void
test_forwards (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = g_error_new (G_IO_ERROR, G_IO_ERROR_FAILED, "no route");

  (void) data;
  g_assert_false (tegata_datagram_channel_is_writable (fixture->tap));
  fixture->fake->is_writable = TRUE;
  g_assert_true (tegata_datagram_channel_is_writable (fixture->tap));
  g_assert_cmpint (tegata_datagram_channel_get_rtt_us (fixture->tap), ==, 1234);
  fixture->fake->receiver->writable (fixture->fake->receiver_data);
  fixture->fake->receiver->network_error (error, fixture->fake->receiver_data);
  g_assert_cmpstr (fixture->log->str, ==, "writable; no route; ");
}

static void
test_optional_members (Fixture *fixture, gconstpointer data)
{
  static const TegataDatagramReceiver terse = { .received = receive };
  g_autoptr (GError) error = g_error_new (G_IO_ERROR, G_IO_ERROR_FAILED, "no route");

  (void) data;
  tegata_datagram_channel_detach (fixture->tap);
  g_assert_null (fixture->fake->receiver);
  tegata_datagram_channel_attach (fixture->tap, fixture->loop, &terse, fixture);
  fixture->fake->receiver->writable (fixture->fake->receiver_data);
  fixture->fake->receiver->network_error (error, fixture->fake->receiver_data);
  g_assert_cmpstr (fixture->log->str, ==, "");
}

/* By its receiver. */
static void
test_detached_from_within (Fixture *fixture, gconstpointer data)
{
  (void) data;
  fixture->detaches = TRUE;
  hand_up (fixture);
  g_assert_null (fixture->fake->receiver);
  g_assert_nonnull (strstr (fixture->log->str, "receives"));
}

static void
test_released_from_within (Fixture *fixture, gconstpointer data)
{
  (void) data;
  fixture->releases = TRUE;
  hand_up (fixture);
  g_assert_null (fixture->fake->receiver);
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *path;
    void (*test) (Fixture *fixture, gconstpointer data);
  } tests[] = {
    { "/tap-channel/tells-before-the-receiver-writes", test_received },
    { "/tap-channel/tells-of-what-is-sent-and-sends-all", test_sent },
    { "/tap-channel/hands-on-everything-else", test_forwards },
    { "/tap-channel/a-receiver-need-not-have-every-member", test_optional_members },
    { "/tap-channel/may-be-detached-by-its-receiver", test_detached_from_within },
    { "/tap-channel/may-be-released-by-its-receiver", test_released_from_within },
  };

  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
  {
    g_test_add (tests[i].path, Fixture, NULL, set_up, tests[i].test, tear_down);
  }
  return g_test_run ();
}
