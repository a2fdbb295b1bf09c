/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transport/party.h"

#include <string.h>

#define WAIT_US (60 * (gint64) G_USEC_PER_SEC)
#define TURN_MS 100

TegataLoop *
party_get_loop (void)
{
  static TegataLoop *loop;

  if (loop == NULL)
  {
    loop = tegata_loop_new (NULL);
  }
  return loop;
}

static void
then (Party *self, TegataOutputKind kind)
{
  if (self->then != NULL)
  {
    self->then (self, kind);
  }
}

static void
on_state_changed (TegataTransport *transport, TegataState state, gpointer user_data)
{
  Party *self = user_data;

  g_assert_true (transport == self->transport);
  g_array_append_val (self->states, state);
  then (self, TEGATA_OUTPUT_STATE);
}

static void
on_media (TegataTransport *transport,
          TegataPacket *packets,
          guint n_packets,
          gpointer user_data)
{
  Party *self = user_data;

  g_assert_true (transport == self->transport);
  g_array_append_val (self->media_calls, n_packets);
  for (guint i = 0; i < n_packets; i++)
  {
    TegataPacketKind kind = packets[i].is_rtcp ? TEGATA_PACKET_RTCP : TEGATA_PACKET_RTP;

    g_assert_cmpint (tegata_packet_classify (packets[i].bytes, packets[i].len), ==, kind);
    g_assert_cmpuint (packets[i].size, >=, packets[i].len);
    g_ptr_array_add (self->packets, g_bytes_new (packets[i].bytes, packets[i].len));
    memset (packets[i].bytes, 0xaa, packets[i].size); /* it is ours */
  }
  then (self, TEGATA_OUTPUT_RTP);
}

static void
on_data (TegataTransport *transport, const guint8 *bytes, gsize len, gpointer user_data)
{
  Party *self = user_data;

  g_assert_true (transport == self->transport);
  g_ptr_array_add (self->data, g_bytes_new (bytes, len));
  then (self, TEGATA_OUTPUT_DATA);
}

static void
on_network_error (TegataTransport *transport, const GError *error, gpointer user_data)
{
  Party *self = user_data;

  g_assert_true (transport == self->transport);
  g_ptr_array_add (self->network_errors, g_error_copy (error));
}

static const TegataTransportCallbacks callbacks = { .state_changed = on_state_changed,
                                                    .media = on_media,
                                                    .data = on_data,
                                                    .network_error = on_network_error };

Party *
party_new_for_transport (TegataTransport *transport)
{
  Party *self = g_new0 (Party, 1);

  self->transport = transport;
  self->states = g_array_new (FALSE, FALSE, sizeof (TegataState));
  self->packets = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  self->media_calls = g_array_new (FALSE, FALSE, sizeof (guint));
  self->data = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  self->network_errors = g_ptr_array_new_with_free_func ((GDestroyNotify) g_error_free);
  tegata_transport_set_callbacks (transport, &callbacks, self, NULL);
  return self;
}

Party *
party_new (TegataContext *context, TegataDatagramChannel *channel)
{
  g_autoptr (GError) error = NULL;
  Party *self;

  if (context == NULL)
  {
    context = tegata_context_new (NULL, &error);
    g_assert_no_error (error);
  }
  self = party_new_for_transport (
      tegata_transport_new (context, channel, party_get_loop ()));
  self->context = context;
  return self;
}

void
party_release (Party *self)
{
  g_clear_object (&self->transport);
}

/* Somebody else may keep the transport. */
void
party_free (Party *self)
{
  if (self->transport != NULL)
  {
    tegata_transport_set_callbacks (self->transport, NULL, NULL, NULL);
  }
  party_release (self);
  g_clear_pointer (&self->context, tegata_context_unref);
  g_array_unref (self->states);
  g_ptr_array_unref (self->packets);
  g_array_unref (self->media_calls);
  g_ptr_array_unref (self->data);
  g_ptr_array_unref (self->network_errors);
  g_free (self);
}

void
party_expect (Party *self, Party *peer)
{
  g_autofree char *fingerprint = NULL;
  g_autoptr (GError) error = NULL;

  g_object_get (peer->transport, "fingerprint", &fingerprint, NULL);
  tegata_transport_set_peer_fingerprint (self->transport, fingerprint, &error);
  g_assert_no_error (error);
}

void
party_start (Party *self, TegataRole role)
{
  g_autoptr (GError) error = NULL;
  gboolean started = tegata_transport_start (self->transport, role, &error);

  g_assert_no_error (error);
  g_assert_true (started);
}

TegataState
party_get_state (Party *self)
{
  return tegata_transport_get_state (self->transport);
}

guint
party_count_state (Party *self, TegataState state)
{
  guint n = 0;

  for (guint i = 0; i < self->states->len; i++)
  {
    n += g_array_index (self->states, TegataState, i) == state ? 1 : 0;
  }
  return n;
}

void
party_assert_states (Party *self, const char *expected)
{
  g_autoptr (GString) told = g_string_new (NULL);

  for (guint i = 0; i < self->states->len; i++)
  {
    g_string_append_printf (
        told, "%s%s", i > 0 ? " " : "",
        tegata_state_to_string (g_array_index (self->states, TegataState, i)));
  }
  g_assert_cmpstr (told->str, ==, expected);
}

void
party_assert_sends (Party *self, guint16 number)
{
  g_autoptr (GBytes) packet = make_rtp (number);
  g_autoptr (GError) error = NULL;
  gsize len;
  const guint8 *bytes = g_bytes_get_data (packet, &len);

  tegata_transport_send_rtp (self->transport, bytes, len, &error);
  g_assert_no_error (error);
}

void
party_assert_packet (Party *self, guint index, GBytes *expected)
{
  g_assert_cmpuint (index, <, self->packets->len);
  g_assert_true (g_bytes_equal (self->packets->pdata[index], expected));
}

void
couple_init (Couple *self)
{
  channel_pair_new (&self->client_channel, &self->server_channel);
  self->client = party_new (NULL, TEGATA_DATAGRAM_CHANNEL (self->client_channel));
  self->server = party_new (NULL, TEGATA_DATAGRAM_CHANNEL (self->server_channel));
}

void
couple_shuttle (Couple *self)
{
  channel_pair_shuttle (self->client_channel, self->server_channel);
}

void
couple_connect (Couple *self)
{
  party_expect (self->client, self->server);
  party_expect (self->server, self->client);
  party_start (self->server, TEGATA_ROLE_SERVER);
  party_start (self->client, TEGATA_ROLE_CLIENT);
  couple_shuttle (self);
}

void
couple_clear (Couple *self)
{
  g_clear_pointer (&self->client, party_free);
  g_clear_pointer (&self->server, party_free);
  g_clear_object (&self->client_channel);
  g_clear_object (&self->server_channel);
}

GBytes *
make_rtp (guint16 number)
{
  guint8 packet[12 + 40] = { 0x80, 96, (guint8) (number >> 8), (guint8) number };

  packet[11] = 7; /* SSRC */
  memset (packet + 12, number & 0xff, 40);
  return g_bytes_new (packet, sizeof packet);
}

GBytes *
make_rtcp (guint32 number)
{
  guint8 packet[8] = { 0x80, 201, 0, 1 };
  guint32 ssrc = GUINT32_TO_BE (number);

  memcpy (packet + 4, &ssrc, sizeof ssrc);
  return g_bytes_new (packet, sizeof packet);
}

gint64
wait_begin (void)
{
  return g_get_monotonic_time () + WAIT_US;
}

static gboolean
wake (gpointer user_data)
{
  (void) user_data;
  return G_SOURCE_REMOVE;
}

void
wait_turn (gint64 wait_end_us, const char *condition)
{
  guint waker = 0;

  if (g_get_monotonic_time () > wait_end_us)
  {
    g_error ("waited in vain for: %s", condition);
  }
  if (g_main_context_iteration (NULL, FALSE))
  {
    return;
  }
  waker = g_timeout_add (TURN_MS, wake, NULL);
  g_main_context_iteration (NULL, TRUE);
  if (g_main_context_find_source_by_id (NULL, waker) != NULL)
  {
    g_source_remove (waker);
  }
}
