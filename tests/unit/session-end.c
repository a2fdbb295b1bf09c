/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "session-end.h"

#include "base/bytes.h"
#include "support/virtual-clock.h"

#include <string.h>
#include <tegata/demux.h>

#define NOW_US (G_GINT64_CONSTANT (1000) * G_USEC_PER_SEC)

void
end_init (End *self, const char *address, const char *profiles)
{
  g_autoptr (GError) error = NULL;

  virtual_clock_start (); /* or a slow machine is a late peer to libssl */
  memset (self, 0, sizeof *self);
  self->context = tegata_context_new (NULL, &error);
  g_assert_no_error (error);
  if (profiles != NULL)
  {
    g_assert_true (tegata_context_set_srtp_profiles (self->context, profiles, &error));
    g_assert_no_error (error);
  }
  tegata_address_init (&self->address, address, strlen (address));
  g_queue_init (&self->datagrams);
  self->told = g_ptr_array_new_with_free_func (event_free);
  self->session = tegata_session_new (self->context);
  self->owns_session = TRUE;
}

void
end_renew_with_cookies (End *self)
{
  tegata_session_free (self->session);
  tegata_context_unref (self->context);
  self->context = tegata_context_new (NULL, NULL);
  tegata_context_set_cookies (self->context, TEGATA_COOKIES_ALWAYS);
  self->session = tegata_session_new (self->context);
}

void
end_clear (End *self)
{
  if (self->owns_session)
  {
    tegata_session_free (self->session);
  }
  tegata_context_unref (self->context);
  g_queue_clear_full (&self->datagrams, event_free);
  g_ptr_array_unref (self->told);
}

void
end_expect (End *self, TegataCertificate *certificate)
{
  g_autoptr (TegataFingerprint) fingerprint
      = tegata_fingerprint_new_for_certificate (certificate, TEGATA_HASH_SHA256);

  tegata_session_set_peer_fingerprints (self->session, &fingerprint, 1);
}

void
end_start (End *self, TegataRole role)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (tegata_session_start (self->session, role, NOW_US, &error));
  g_assert_no_error (error);
}

void
event_free (gpointer event)
{
  Event *self = event;

  g_bytes_unref (self->bytes);
  g_free (self);
}

void
end_poll (End *self)
{
  g_autofree guint8 *buffer = g_malloc (TEGATA_OUTPUT_SIZE);
  TegataOutput output = { .buffer = buffer, .size = TEGATA_OUTPUT_SIZE };

  while (tegata_session_poll (self->session, &output) != TEGATA_OUTPUT_NONE)
  {
    Event *event = g_new0 (Event, 1);

    event->kind = output.kind;
    event->state = output.state;
    event->peer = output.peer;
    event->bytes = g_bytes_new (buffer, output.len);
    if (event->kind == TEGATA_OUTPUT_DATAGRAM)
    {
      g_queue_push_tail (&self->datagrams, event);
    }
    else
    {
      g_assert_cmpuint (event->peer.len, ==, 0);
      g_ptr_array_add (self->told, event);
    }
  }
}

TegataReceived
end_receive (End *self, const TegataAddress *from, GBytes *datagram, GBytes **packet)
{
  gsize len;
  gconstpointer bytes = g_bytes_get_data (datagram, &len);
  g_autofree guint8 *copy = g_memdup2 (bytes, len);
  TegataReceived received
      = tegata_session_handle_datagram (self->session, from, copy, &len, NOW_US);

  if (packet != NULL)
  {
    *packet = received != TEGATA_RECEIVED_NOTHING ? g_bytes_new (copy, len) : NULL;
  }
  return received;
}

static gboolean
hand_over (End *from, End *to)
{
  gboolean any = FALSE;
  Event *event;

  end_poll (from);
  while ((event = g_queue_pop_head (&from->datagrams)) != NULL)
  {
    any = TRUE;
    end_receive (to, &from->address, event->bytes, NULL);
    event_free (event);
  }
  return any;
}

void
ends_shuttle (End *a, End *b)
{
  gboolean any = TRUE;

  for (guint round = 0; any; round++)
  {
    g_assert_cmpuint (round, <, 100);
    any = hand_over (a, b);
    any = hand_over (b, a) || any;
  }
}

void
ends_connect (End *client, End *server)
{
  end_expect (client, tegata_context_get_certificate (server->context));
  end_expect (server, tegata_context_get_certificate (client->context));
  end_start (server, TEGATA_ROLE_SERVER);
  end_start (client, TEGATA_ROLE_CLIENT);
  ends_shuttle (client, server);
  g_assert_cmpint (tegata_session_get_state (client->session), ==,
                   TEGATA_STATE_CONNECTED);
  g_assert_cmpint (tegata_session_get_state (server->session), ==,
                   TEGATA_STATE_CONNECTED);
}

/* RFC 3550 section 5.1; the sequence number is also the payload. */
GBytes *
make_rtp (guint16 number)
{
  GByteArray *packet = g_byte_array_new ();

  tegata_write_u8 (packet, 0x80);
  tegata_write_u8 (packet, 96);
  tegata_write_u16 (packet, number);
  tegata_write_u24 (packet, 0);
  tegata_write_u8 (packet, 1);
  tegata_write_u24 (packet, 0x123456);
  tegata_write_u8 (packet, 0x78);
  tegata_write_u16 (packet, number);
  return g_byte_array_free_to_bytes (packet);
}

/* An empty receiver report: RFC 3550 section 6.4.2. */
GBytes *
make_rtcp (guint32 number)
{
  GByteArray *packet = g_byte_array_new ();

  tegata_write_u8 (packet, 0x80);
  tegata_write_u8 (packet, 201);
  tegata_write_u16 (packet, 1);
  tegata_write_u16 (packet, (guint16) (number >> 16));
  tegata_write_u16 (packet, (guint16) number);
  return g_byte_array_free_to_bytes (packet);
}

static TegataSrtpOutcome
protect (End *self, GBytes *packet, guint8 *out, gsize out_size, gsize *out_len)
{
  gsize len;
  const guint8 *bytes = g_bytes_get_data (packet, &len);

  if (tegata_packet_classify (bytes, len) == TEGATA_PACKET_RTCP)
  {
    return tegata_session_send_rtcp (self->session, bytes, len, out, out_size, out_len);
  }
  return tegata_session_send_rtp (self->session, bytes, len, out, out_size, out_len);
}

GBytes *
end_protect (End *from, GBytes *packet)
{
  gsize size = g_bytes_get_size (packet) + TEGATA_SRTP_MAX_OVERHEAD;
  g_autofree guint8 *out = g_malloc (size);
  gsize len;

  g_assert_cmpint (protect (from, packet, out, size, &len), ==, TEGATA_SRTP_OK);
  g_assert_cmpuint (len, >, g_bytes_get_size (packet));
  return g_bytes_new (out, len);
}

gboolean
end_is_mute (End *self)
{
  g_autoptr (GBytes) rtp = make_rtp (1);
  g_autoptr (GBytes) rtcp = make_rtcp (1);
  guint8 out[64];
  gsize len = 77;
  gboolean is_mute = protect (self, rtp, out, sizeof out, &len) == TEGATA_SRTP_NO_KEYS;

  g_assert_true (is_mute
                 == (protect (self, rtcp, out, sizeof out, &len) == TEGATA_SRTP_NO_KEYS));
  g_assert_true (!is_mute || len == 77);
  return is_mute;
}

static void
describe_event (GString *text, const Event *event)
{
  gsize len;
  const guint8 *bytes = g_bytes_get_data (event->bytes, &len);

  switch (event->kind)
  {
  case TEGATA_OUTPUT_STATE:
    g_string_append (text, tegata_state_to_string (event->state));
    break;
  case TEGATA_OUTPUT_RTP:
    g_string_append_printf (text, "rtp:%d", bytes[2] << 8 | bytes[3]);
    break;
  case TEGATA_OUTPUT_RTCP:
    g_string_append_printf (text, "rtcp:%d", bytes[7]);
    break;
  case TEGATA_OUTPUT_DATA:
    g_string_append_printf (text, "data:%.*s", (int) len, (const char *) bytes);
    break;
  case TEGATA_OUTPUT_NONE:
  case TEGATA_OUTPUT_DATAGRAM:
  case TEGATA_OUTPUT_ACCEPTED:
  default:
    g_assert_not_reached ();
  }
}

char *
end_describe (End *self)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < self->told->len; i++)
  {
    if (i > 0)
    {
      g_string_append_c (text, ' ');
    }
    describe_event (text, self->told->pdata[i]);
  }
  return g_string_free (text, FALSE);
}

void
ends_init (Ends *self, const char *profiles)
{
  end_init (&self->client, "client", profiles);
  end_init (&self->server, "server", profiles);
}

void
ends_clear (Ends *self)
{
  end_clear (&self->client);
  end_clear (&self->server);
}

void
end_assert_state (End *end, TegataState state)
{
  g_assert_cmpstr (tegata_state_to_string (tegata_session_get_state (end->session)), ==,
                   tegata_state_to_string (state));
}

void
end_assert_told (End *end, const char *expected)
{
  g_autofree char *told = end_describe (end);

  g_assert_cmpstr (told, ==, expected);
}

guint64
end_n_refused (End *end, TegataRefusal refusal)
{
  TegataSessionStats stats;

  tegata_session_get_stats (end->session, &stats);
  return stats.refused[refusal];
}

void
end_send_rtp (End *from, End *to, guint16 number, TegataReceived expected)
{
  g_autoptr (GBytes) packet = make_rtp (number);
  g_autoptr (GBytes) protected = end_protect (from, packet);

  g_assert_cmpint (end_receive (to, &from->address, protected, NULL), ==, expected);
}

void
end_send_data (End *from, const char *text)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (tegata_session_send_data (from->session, (const guint8 *) text,
                                           strlen (text), &error));
  g_assert_no_error (error);
}

void
ends_connect_server_first (Ends *pair)
{
  end_expect (&pair->client, tegata_context_get_certificate (pair->server.context));
  end_expect (&pair->server, tegata_context_get_certificate (pair->client.context));
  end_start (&pair->server, TEGATA_ROLE_SERVER);
  end_start (&pair->client, TEGATA_ROLE_CLIENT);
  for (guint round = 0;
       tegata_session_get_state (pair->server.session) != TEGATA_STATE_CONNECTED; round++)
  {
    Event *event;

    g_assert_cmpuint (round, <, 10);
    while ((event = g_queue_pop_head (&pair->server.datagrams)) != NULL)
    {
      end_receive (&pair->client, &pair->server.address, event->bytes, NULL);
      event_free (event);
    }
    end_poll (&pair->client);
    while ((event = g_queue_pop_head (&pair->client.datagrams)) != NULL)
    {
      end_receive (&pair->server, &pair->client.address, event->bytes, NULL);
      event_free (event);
    }
    end_poll (&pair->server);
  }
  end_assert_state (&pair->client, TEGATA_STATE_CONNECTING);
}

void
ends_finish_client (Ends *pair)
{
  Event *event;

  end_poll (&pair->server);
  while ((event = g_queue_pop_head (&pair->server.datagrams)) != NULL)
  {
    end_receive (&pair->client, &pair->server.address, event->bytes, NULL);
    event_free (event);
  }
  end_assert_state (&pair->client, TEGATA_STATE_CONNECTED);
}
