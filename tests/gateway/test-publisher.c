/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "link.h"
#include "publisher.h"
#include "rtcp.h"

#include <gst/gst.h>
#include <string.h>

/* A camera's media on its way to plain RTP: the peer of the link is the browser. */

#define VIDEO_PT 101
#define RTX_PT 102
#define AUDIO_PT 111
#define VIDEO_SSRC 0x11112222
#define RTX_SSRC 0x11112223
#define AUDIO_SSRC 0x33334444

typedef struct
{
  Link *link;
  GatewayPublisher *publisher;
  GSocket *rtp; /* the plain side's, for video */
  GSocket *rtcp;
  GSocket *audio;
  GPtrArray *plain; /* GBytes: what came at rtp */
} Rig;

/* The transport's media goes to the publisher. */
static void
hand_on (TegataTransport *transport,
         TegataPacket *packets,
         guint n_packets,
         gpointer user_data)
{
  Rig *self = user_data;

  (void) transport;
  gateway_publisher_handle_media (self->publisher, packets, n_packets);
}

static const TegataTransportCallbacks callbacks = { .media = hand_on };

static void
rig_init (Rig *self)
{
  GatewayFormat formats[GATEWAY_N_KINDS] = {
    { .codec = gateway_codec_find ("VP8"),
      .payload_type = VIDEO_PT,
      .rtx_payload_type = RTX_PT,
      .has_nack = TRUE,
      .has_pli = TRUE },
    { .codec = gateway_codec_find ("OPUS"), .payload_type = AUDIO_PT },
  };
  guint16 port = find_port_pair ();
  guint16 audio_port = find_port_pair ();
  g_autoptr (GSocketAddress) video = loopback_address (port);
  g_autoptr (GSocketAddress) audio = loopback_address (audio_port);
  GInetSocketAddress *outputs[GATEWAY_N_KINDS]
      = { G_INET_SOCKET_ADDRESS (video), G_INET_SOCKET_ADDRESS (audio) };
  g_autoptr (GError) error = NULL;

  self->rtp = loopback_socket (port);
  self->rtcp = loopback_socket (port + 1);
  self->audio = loopback_socket (audio_port);
  self->plain = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  self->link = link_new ();
  self->publisher
      = gateway_publisher_new (self->link->gateway->transport, formats, outputs, &error);
  g_assert_no_error (error);
  tegata_transport_set_callbacks (self->link->gateway->transport, &callbacks, self, NULL);
}

static void
rig_clear (Rig *self)
{
  tegata_transport_set_callbacks (self->link->gateway->transport, NULL, NULL, NULL);
  gateway_publisher_free (self->publisher);
  link_free (self->link);
  g_ptr_array_unref (self->plain);
  g_object_unref (self->rtp);
  g_object_unref (self->rtcp);
  g_object_unref (self->audio);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Rig, rig_clear)

/* The camera's. */
static void
rig_send (Rig *self, guint8 payload_type, guint32 ssrc, guint16 sequence)
{
  guint8 bytes[256];
  gsize len = write_rtp (bytes, payload_type, sequence, 3000u * sequence, ssrc, 100);

  g_assert_true (
      tegata_transport_send_rtp (self->link->peer->transport, bytes, len, NULL));
}

/* RFC 4588. */
static void
rig_send_again (Rig *self, guint16 rtx_sequence, guint16 sequence)
{
  guint8 plain[256];
  guint8 bytes[256];
  gsize len = write_rtp (plain, VIDEO_PT, sequence, 3000u * sequence, VIDEO_SSRC, 100);

  write_rtp (bytes, RTX_PT, rtx_sequence, 3000u * sequence, RTX_SSRC, 0);
  bytes[12] = (guint8) (sequence >> 8);
  bytes[13] = (guint8) sequence;
  memcpy (bytes + 14, plain + 12, len - 12);
  g_assert_true (
      tegata_transport_send_rtp (self->link->peer->transport, bytes, len + 2, NULL));
}

/* Returns: how many plain packets of video have come by now */
static guint
rig_count (Rig *self)
{
  guint8 bytes[2048];
  gsize len;

  while ((len = socket_receive (self->rtp, bytes, sizeof bytes, NULL)) > 0)
  {
    g_ptr_array_add (self->plain, g_bytes_new (bytes, len));
  }
  return self->plain->len;
}

/* Whether a plain packet of @ssrc and of @sequence or later is there. */
static gboolean
rig_has (Rig *self, guint32 ssrc, guint16 sequence)
{
  for (guint i = 0; i < rig_count (self); i++)
  {
    gsize len;
    TegataRtpHeader header;
    const guint8 *bytes = g_bytes_get_data (self->plain->pdata[i], &len);

    if (tegata_rtp_header_parse (&header, bytes, len) && header.ssrc == ssrc
        && header.sequence >= sequence)
    {
      return TRUE;
    }
  }
  return FALSE;
}

/* The last plain packet is the camera's @sequence, but for its payload type. */
static void
rig_assert_last (Rig *self, guint16 sequence)
{
  guint8 expected[256];
  gsize len = write_rtp (expected, GATEWAY_PLAIN_VIDEO_PAYLOAD_TYPE, sequence,
                         3000u * sequence, VIDEO_SSRC, 100);
  GBytes *last = self->plain->pdata[self->plain->len - 1];

  g_assert_cmpmem (g_bytes_get_data (last, NULL), g_bytes_get_size (last), expected, len);
}

/* What the camera was asked for, and told. */
typedef struct
{
  guint n_key_frames;
  GArray *missing; /* guint16 */
  GatewayReportBlock block;
  guint n_blocks;
} Asked;

static void
on_nack (guint32 media_ssrc, guint16 sequence, gpointer user_data)
{
  Asked *self = user_data;

  g_assert_cmphex (media_ssrc, ==, VIDEO_SSRC);
  g_array_append_val (self->missing, sequence);
}

static void
on_key_frame (guint32 media_ssrc, gpointer user_data)
{
  g_assert_cmphex (media_ssrc, ==, VIDEO_SSRC);
  ((Asked *) user_data)->n_key_frames++;
}

static void
on_block (const GatewayReportBlock *block, gpointer user_data)
{
  Asked *self = user_data;

  if (block->ssrc == VIDEO_SSRC)
  {
    self->block = *block;
    self->n_blocks++;
  }
}

static void
asked_clear (Asked *self)
{
  g_clear_pointer (&self->missing, g_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Asked, asked_clear)

/* @asked: (out): all since the beginning */
static void
rig_read (Rig *self, Asked *asked)
{
  static const GatewayRtcpReader reader
      = { .nack = on_nack, .key_frame = on_key_frame, .block = on_block };
  GPtrArray *packets = self->link->peer->packets;

  asked_clear (asked);
  *asked = (Asked){ .missing = g_array_new (FALSE, FALSE, sizeof (guint16)) };
  for (guint i = 0; i < packets->len; i++)
  {
    gsize len;
    const guint8 *bytes = g_bytes_get_data (packets->pdata[i], &len);

    g_assert_true (gateway_rtcp_read (bytes, len, &reader, asked));
  }
}

static guint
rig_count_missing (Rig *self)
{
  g_auto (Asked) asked = { 0 };

  rig_read (self, &asked);
  return asked.missing->len;
}

static guint
rig_count_key_frames (Rig *self)
{
  g_auto (Asked) asked = { 0 };

  rig_read (self, &asked);
  return asked.n_key_frames;
}

static GatewayPublisherStats
rig_stats (Rig *self)
{
  GatewayPublisherStats stats;

  gateway_publisher_get_stats (self->publisher, GATEWAY_VIDEO, &stats);
  return stats;
}

static void
a_camera_s_media_goes_on_with_fixed_payload_types (void)
{
  g_auto (Rig) rig = { 0 };
  guint8 bytes[2048];

  rig_init (&rig);
  rig_send (&rig, VIDEO_PT, VIDEO_SSRC, 65535);
  rig_send (&rig, 77, VIDEO_SSRC, 7); /* nobody has agreed to that one */
  rig_send (&rig, VIDEO_PT, VIDEO_SSRC, 0);
  rig_send (&rig, AUDIO_PT, AUDIO_SSRC, 9);
  wait_until (rig_count (&rig) == 2);
  rig_assert_last (&rig, 0);
  wait_until (socket_receive (rig.audio, bytes, sizeof bytes, NULL) == 112);
  g_assert_cmpuint (bytes[1], ==, GATEWAY_PLAIN_AUDIO_PAYLOAD_TYPE);
  g_assert_cmpuint (rig_stats (&rig).packets, ==, 2);
  g_assert_cmpuint (rig_stats (&rig).bytes, ==, 224);
}

static void
a_key_frame_is_asked_for_at_the_start (void)
{
  g_auto (Rig) rig = { 0 };

  rig_init (&rig);
  rig_send (&rig, VIDEO_PT, VIDEO_SSRC, 1);
  wait_until (rig_count_key_frames (&rig) == 1);
  g_assert_cmpuint (rig_stats (&rig).key_frames_asked, ==, 1);
}

static void
what_is_missing_is_asked_for_and_put_in_its_place (void)
{
  g_auto (Rig) rig = { 0 };
  g_auto (Asked) asked = { 0 };

  rig_init (&rig);
  rig_send (&rig, VIDEO_PT, VIDEO_SSRC, 1);
  for (guint16 i = 3; i < 7; i++)
  {
    rig_send (&rig, VIDEO_PT, VIDEO_SSRC, i);
  }
  wait_until (rig_count_missing (&rig) > 0);
  rig_read (&rig, &asked);
  g_assert_cmpuint (g_array_index (asked.missing, guint16, 0), ==, 2);
  wait_until (rig_count (&rig) == 5);
  rig_send_again (&rig, 500, 2);
  wait_until (rig_count (&rig) == 6);
  rig_assert_last (&rig, 2);

  /* and once only */
  rig_send_again (&rig, 501, 2);
  rig_send (&rig, VIDEO_PT, VIDEO_SSRC, 7);
  wait_until (rig_count (&rig) == 7);
  rig_assert_last (&rig, 7);
  g_assert_cmpuint (rig_stats (&rig).lost, ==, 0);
}

static void
what_stays_away_costs_a_key_frame (void)
{
  g_auto (Rig) rig = { 0 };

  rig_init (&rig);
  rig_send (&rig, VIDEO_PT, VIDEO_SSRC, 1);
  rig_send (&rig, VIDEO_PT, VIDEO_SSRC, 3);
  wait_until (rig_stats (&rig).lost == 1);
  wait_until (rig_count_key_frames (&rig) == 2);
  g_assert_cmpuint (rig_count_missing (&rig), >=, 1);
}

static void
reports_go_both_ways (void)
{
  g_auto (Rig) rig = { 0 };
  g_auto (Asked) asked = { 0 };
  GatewaySenderReport report = { .ssrc = VIDEO_SSRC,
                                 .ntp = G_GUINT64_CONSTANT (0x0123456789abcdef),
                                 .timestamp = 3000,
                                 .packets = 1,
                                 .octets = 100,
                                 .cname = "camera" };
  guint8 bytes[GATEWAY_RTCP_MAX];
  guint8 plain[2048];
  gsize len = gateway_rtcp_write_sender_report (bytes, &report);
  gsize plain_len = 0;

  rig_init (&rig);
  rig_send (&rig, VIDEO_PT, VIDEO_SSRC, 1);
  wait_until (rig_count (&rig) == 1);
  g_assert_true (
      tegata_transport_send_rtcp (rig.link->peer->transport, bytes, len, NULL));
  wait_until ((plain_len = socket_receive (rig.rtcp, plain, sizeof plain, NULL)) > 0);
  g_assert_cmpmem (plain, plain_len, bytes, len);
  wait_until ((rig_read (&rig, &asked), asked.block.last_sr == 0x456789ab));
  g_assert_cmpuint (asked.block.highest, ==, 1);
  g_assert_cmpint (asked.block.lost, ==, 0);
}

/* It answers where RTCP came from. */
static void
what_the_plain_side_asks_for_goes_to_the_camera (void)
{
  static const guint16 missing[] = { 5, 7 };
  g_auto (Rig) rig = { 0 };
  g_auto (Asked) asked = { 0 };
  GatewaySenderReport sender = { .ssrc = VIDEO_SSRC, .ntp = 1, .cname = "camera" };
  GatewayReceiverReport receiver = { .ssrc = 9,
                                     .cname = "plain",
                                     .media_ssrc = VIDEO_SSRC,
                                     .missing = missing,
                                     .n_missing = 2,
                                     .wants_key_frame = TRUE };
  g_autoptr (GSocketAddress) from = NULL;
  guint8 bytes[GATEWAY_RTCP_MAX];
  gsize len = gateway_rtcp_write_sender_report (bytes, &sender);

  rig_init (&rig);
  rig_send (&rig, VIDEO_PT, VIDEO_SSRC, 1);
  wait_until (rig_count_key_frames (&rig) == 1);
  g_assert_true (
      tegata_transport_send_rtcp (rig.link->peer->transport, bytes, len, NULL));
  wait_until (socket_receive (rig.rtcp, bytes, sizeof bytes, &from) > 0);
  len = gateway_rtcp_write_receiver_report (bytes, &receiver);
  socket_send (rig.rtcp, g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (from)),
               bytes, len);
  wait_until (rig_count_key_frames (&rig) == 2 && rig_count_missing (&rig) == 2);
  rig_read (&rig, &asked);
  g_assert_cmpmem (asked.missing->data, 4, missing, sizeof missing);
}

static void
noise_from_the_camera_breaks_nothing (void)
{
  g_auto (Rig) rig = { 0 };
  guint16 sequence = 1000;

  rig_init (&rig);
  rig_send (&rig, VIDEO_PT, VIDEO_SSRC, 1);
  for (guint i = 0; i < 3000; i++)
  {
    static const guint8 types[] = { VIDEO_PT, RTX_PT, AUDIO_PT, 77 };
    TegataPacket packet = { .size = 100 };
    g_autofree guint8 *bytes = NULL;

    packet.len = (gsize) g_test_rand_int_range (0, 40);
    packet.is_rtcp = i % 4 == 0;
    bytes = g_malloc (packet.len + 1);
    for (gsize j = 0; j < packet.len; j++)
    {
      bytes[j] = (guint8) g_test_rand_int ();
    }
    if (packet.len > 1)
    {
      bytes[0] = 0x80 | (bytes[0] & 0x3f);
      bytes[1] = packet.is_rtcp ? 200 + bytes[1] % 8 : types[bytes[1] % 4];
    }
    packet.bytes = bytes;
    gateway_publisher_handle_media (rig.publisher, &packet, 1);
  }
  /* the camera is heard again, at the latest once the noise was silent for a while */
  wait_until ((rig_send (&rig, VIDEO_PT, VIDEO_SSRC, sequence++),
               rig_has (&rig, VIDEO_SSRC, 1000)));
}

int
main (int argc, char **argv)
{
  gst_init (NULL, NULL);
  g_test_init (&argc, &argv, NULL);
#define ADD(name, test) g_test_add_func ("/gateway/publisher/" name, test)
  ADD ("a-camera-s-media-goes-on-with-fixed-payload-types",
       a_camera_s_media_goes_on_with_fixed_payload_types);
  ADD ("a-key-frame-is-asked-for-at-the-start", a_key_frame_is_asked_for_at_the_start);
  ADD ("what-is-missing-is-asked-for-and-put-in-its-place",
       what_is_missing_is_asked_for_and_put_in_its_place);
  ADD ("what-stays-away-costs-a-key-frame", what_stays_away_costs_a_key_frame);
  ADD ("reports-go-both-ways", reports_go_both_ways);
  ADD ("what-the-plain-side-asks-for-goes-to-the-camera",
       what_the_plain_side_asks_for_goes_to_the_camera);
  ADD ("noise-from-the-camera-breaks-nothing", noise_from_the_camera_breaks_nothing);
#undef ADD
  return g_test_run ();
}
