/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "association-pair.h"

#include <string.h>

#define RTP_LEN 172
#define RTCP_LEN 28
#define SSRC 0x12345678

void
test_end_init (TestEnd *self)
{
  memset (self, 0, sizeof *self);
  self->association = gst_tegata_association_new ();
  self->watcher = gst_object_ref_sink (g_object_new (TEST_TYPE_WATCHER, NULL));
  self->watcher->association = self->association;
  gst_tegata_association_observe (self->association, GST_ELEMENT (self->watcher),
                                  &test_observer);
  self->rtp = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  self->rtcp = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  self->data = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
}

void
test_end_clear (TestEnd *self)
{
  gst_object_unref (self->association);
  gst_object_unref (self->watcher);
  g_ptr_array_unref (self->rtp);
  g_ptr_array_unref (self->rtcp);
  g_ptr_array_unref (self->data);
}

void
test_pair_init (TestPair *self)
{
  memset (self, 0, sizeof *self);
  test_end_init (&self->client);
  test_end_init (&self->server);
}

void
test_pair_clear (TestPair *self)
{
  test_end_clear (&self->client);
  test_end_clear (&self->server);
}

static void
trust (TestEnd *self, TestEnd *other)
{
  g_autofree char *fingerprint
      = gst_tegata_association_dup_fingerprint (other->association);
  g_autoptr (GError) error = NULL;

  gst_tegata_association_set_peer_fingerprint (self->association, fingerprint, &error);
  g_assert_no_error (error);
}

void
test_pair_trust (TestPair *self)
{
  trust (&self->client, &self->server);
  trust (&self->server, &self->client);
}

void
test_pair_open (TestPair *self)
{
  g_autoptr (GError) error = NULL;

  gst_tegata_association_open (self->client.association, &error);
  g_assert_no_error (error);
  gst_tegata_association_open (self->server.association, &error);
  g_assert_no_error (error);
}

void
test_pair_start (TestPair *self)
{
  g_autoptr (GError) error = NULL;

  gst_tegata_association_start (self->server.association, TEGATA_ROLE_SERVER, &error);
  g_assert_no_error (error);
  gst_tegata_association_start (self->client.association, TEGATA_ROLE_CLIENT, &error);
  g_assert_no_error (error);
}

void
test_pair_connect (TestPair *self)
{
  test_pair_trust (self);
  test_pair_open (self);
  test_pair_start (self);
  test_pair_run (self, TEGATA_STATE_CONNECTED, TEGATA_STATE_CONNECTED);
}

static GBytes *
take_bytes (GstBuffer *buffer)
{
  gpointer copy = NULL;
  gsize len = 0;

  gst_buffer_extract_dup (buffer, 0, G_MAXSIZE, &copy, &len);
  gst_buffer_unref (buffer);
  return g_bytes_new_take (copy, len);
}

void
test_end_take_incoming (TestEnd *self)
{
  GstTegataIncoming kind;
  GstBuffer *buffer = NULL;

  while ((kind = gst_tegata_association_pop_incoming (self->association, &buffer))
         != GST_TEGATA_INCOMING_NONE)
  {
    g_assert_true ((kind == GST_TEGATA_INCOMING_CLOSED) == (buffer == NULL));
    switch (kind)
    {
    case GST_TEGATA_INCOMING_RTP:
      g_ptr_array_add (self->rtp, take_bytes (buffer));
      break;
    case GST_TEGATA_INCOMING_RTCP:
      g_ptr_array_add (self->rtcp, take_bytes (buffer));
      break;
    case GST_TEGATA_INCOMING_DATA:
      g_ptr_array_add (self->data, take_bytes (buffer));
      break;
    case GST_TEGATA_INCOMING_CLOSED:
    case GST_TEGATA_INCOMING_NONE:
    default:
      self->n_closed++;
      break;
    }
  }
  g_assert_null (buffer);
}

void
test_deliver (TestEnd *to, GBytes *datagram)
{
  gsize len = g_bytes_get_size (datagram);
  g_autofree guint8 *bytes = g_memdup2 (g_bytes_get_data (datagram, NULL), len);
  TegataReceived received = gst_tegata_association_receive (to->association, bytes, &len);

  if (received == TEGATA_RECEIVED_NOTHING)
  {
    test_end_take_incoming (to);
    return;
  }
  g_ptr_array_add (received == TEGATA_RECEIVED_RTP ? to->rtp : to->rtcp,
                   g_bytes_new (bytes, len));
}

/* Whether there was one. */
static gboolean
carry (TestPair *self, TestEnd *from, TestEnd *to)
{
  GstMiniObject *object = gst_tegata_association_pop_outgoing (from->association);
  g_autoptr (GBytes) datagram = NULL;

  if (object == NULL)
  {
    return FALSE;
  }
  g_assert_true (GST_IS_BUFFER (object));
  from->n_datagrams++;
  datagram = take_bytes (GST_BUFFER (object));
  from->longest = MAX (from->longest, g_bytes_get_size (datagram));
  if (self->keep == NULL || self->keep (self, from, from->n_datagrams))
  {
    test_deliver (to, datagram);
  }
  return TRUE;
}

void
test_pair_pump (TestPair *self)
{
  gboolean has_moved;

  do
  {
    has_moved = carry (self, &self->client, &self->server);
    has_moved |= carry (self, &self->server, &self->client);
  }
  while (has_moved);
}

TegataState
test_end_get_state (TestEnd *self)
{
  GstTegataFacts facts;

  gst_tegata_association_get_facts (self->association, &facts);
  return facts.state;
}

void
test_pair_run (TestPair *self, TegataState client_state, TegataState server_state)
{
  gint64 end_us = g_get_monotonic_time () + TEST_PATIENCE_US;

  for (;;)
  {
    guint n_known = test_count_tellings ();

    test_pair_pump (self);
    if (test_end_get_state (&self->client) == client_state
        && test_end_get_state (&self->server) == server_state)
    {
      return;
    }
    test_wait_for_telling (n_known, end_us);
  }
}

static void
write_rtp (guint8 packet[RTP_LEN], guint16 seq)
{
  memset (packet, (int) (seq & 0xff), RTP_LEN);
  packet[0] = 0x80;
  packet[1] = 96;
  GST_WRITE_UINT16_BE (packet + 2, seq);
  GST_WRITE_UINT32_BE (packet + 4, 160U * seq);
  GST_WRITE_UINT32_BE (packet + 8, SSRC);
}

static void
write_rtcp (guint8 packet[RTCP_LEN])
{
  memset (packet, 0x5a, RTCP_LEN);
  packet[0] = 0x80;
  packet[1] = 200;
  GST_WRITE_UINT16_BE (packet + 2, RTCP_LEN / 4 - 1);
  GST_WRITE_UINT32_BE (packet + 4, SSRC);
}

static TegataSrtpOutcome
protect (TestEnd *from, gboolean is_rtcp, guint16 seq, GBytes **datagram)
{
  guint8 packet[RTP_LEN];
  guint8 out[RTP_LEN + TEGATA_SRTP_MAX_OVERHEAD];
  gsize out_len = 0;
  TegataSrtpOutcome outcome;

  if (is_rtcp)
  {
    write_rtcp (packet);
  }
  else
  {
    write_rtp (packet, seq);
  }
  outcome = gst_tegata_association_protect (from->association, is_rtcp, packet,
                                            is_rtcp ? RTCP_LEN : RTP_LEN, out, sizeof out,
                                            &out_len);
  *datagram = outcome == TEGATA_SRTP_OK ? g_bytes_new (out, out_len) : NULL;
  return outcome;
}

GBytes *
test_protect (TestEnd *from, gboolean is_rtcp, guint16 seq)
{
  GBytes *datagram;

  protect (from, is_rtcp, seq, &datagram);
  return datagram;
}

static TegataSrtpOutcome
protect_and_deliver (TestEnd *from, TestEnd *to, gboolean is_rtcp, guint16 seq)
{
  g_autoptr (GBytes) datagram = NULL;
  TegataSrtpOutcome outcome = protect (from, is_rtcp, seq, &datagram);

  if (datagram != NULL)
  {
    test_deliver (to, datagram);
  }
  return outcome;
}

TegataSrtpOutcome
test_send_rtp (TestEnd *from, TestEnd *to, guint16 seq)
{
  return protect_and_deliver (from, to, FALSE, seq);
}

TegataSrtpOutcome
test_send_rtcp (TestEnd *from, TestEnd *to)
{
  return protect_and_deliver (from, to, TRUE, 0);
}

void
test_assert_rtp (TestEnd *self, guint i, guint16 seq)
{
  guint8 expected[RTP_LEN];
  gsize len;
  const guint8 *bytes;

  g_assert_cmpuint (i, <, self->rtp->len);
  bytes = g_bytes_get_data (g_ptr_array_index (self->rtp, i), &len);
  write_rtp (expected, seq);
  g_assert_cmpmem (bytes, len, expected, RTP_LEN);
}

void
test_assert_data (TestEnd *self, guint i, const char *text)
{
  gsize len;
  const guint8 *bytes;

  g_assert_cmpuint (i, <, self->data->len);
  bytes = g_bytes_get_data (g_ptr_array_index (self->data, i), &len);
  g_assert_cmpmem (bytes, len, text, strlen (text));
}

void
test_assert_media_both_ways (TestPair *self)
{
  for (guint16 seq = 1; seq <= 3; seq++)
  {
    g_assert_cmpint (test_send_rtp (&self->client, &self->server, seq), ==,
                     TEGATA_SRTP_OK);
    g_assert_cmpint (test_send_rtp (&self->server, &self->client, seq), ==,
                     TEGATA_SRTP_OK);
    test_assert_rtp (&self->client, seq - 1, seq);
    test_assert_rtp (&self->server, seq - 1, seq);
  }
  g_assert_cmpint (test_send_rtcp (&self->client, &self->server), ==, TEGATA_SRTP_OK);
  g_assert_cmpint (test_send_rtcp (&self->server, &self->client), ==, TEGATA_SRTP_OK);
  g_assert_cmpuint (self->client.rtcp->len, ==, 1);
  g_assert_cmpuint (self->server.rtcp->len, ==, 1);
}

void
test_assert_no_media (TestPair *self)
{
  g_assert_cmpint (test_send_rtp (&self->client, &self->server, 1), ==,
                   TEGATA_SRTP_NO_KEYS);
  g_assert_cmpint (test_send_rtp (&self->server, &self->client, 1), ==,
                   TEGATA_SRTP_NO_KEYS);
  g_assert_cmpuint (self->client.rtp->len + self->server.rtp->len, ==, 0);
  g_assert_null (gst_tegata_association_dup_srtp_key (self->client.association, TRUE));
  g_assert_null (gst_tegata_association_dup_srtp_key (self->server.association, FALSE));
}
