/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "link.h"
#include "track.h"

#include <string.h>

/* One stream for all viewers, whatever the source does. Video: 90 ticks a millisecond. */

#define SSRC 0x01020304
#define SOURCE 0x55555555
#define PT 96
#define MS G_TIME_SPAN_MILLISECOND

typedef struct
{
  GatewayTrack *track;
  gint64 now_us;
  const GatewayTrackPacket *packet; /* the last one that was taken */
} Fixture;

static void
fixture_init (Fixture *self)
{
  *self = (Fixture){ .track = gateway_track_new (90000, SSRC, 1000), .now_us = 5000000 };
}

static void
fixture_clear (Fixture *self)
{
  gateway_track_free (self->track);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Fixture, fixture_clear)

static GatewayTrackOutcome
take_from (Fixture *self, guint32 ssrc, guint16 sequence, guint32 timestamp)
{
  guint8 bytes[64];
  gsize len = write_rtp (bytes, PT, sequence, timestamp, ssrc, 20);

  return gateway_track_take (self->track, bytes, len, self->now_us, &self->packet);
}

static GatewayTrackOutcome
take (Fixture *self, guint16 sequence, guint32 timestamp)
{
  return take_from (self, SOURCE, sequence, timestamp);
}

/* In order, a frame each: 30 a second. */
static void
take_frames (Fixture *self, guint32 ssrc, guint16 sequence, guint32 timestamp, guint n)
{
  for (guint i = 0; i < n; i++)
  {
    take_from (self, ssrc, (guint16) (sequence + i), timestamp + 3000 * i);
    self->now_us += 33333;
  }
}

static void
numbers_are_unbroken_where_the_source_s_wrap (void)
{
  g_auto (Fixture) fixture = { 0 };

  fixture_init (&fixture);
  g_assert_cmpint (take (&fixture, 65534, 0xfffff000), ==, GATEWAY_TRACK_BEGUN);
  g_assert_cmpuint (fixture.packet->number, ==, 0);
  g_assert_cmpuint (fixture.packet->timestamp, ==, 1000);
  for (guint i = 1; i < 5; i++)
  {
    g_assert_cmpint (take (&fixture, (guint16) (65534 + i), 0xfffff000 + 3000 * i), ==,
                     GATEWAY_TRACK_TAKEN);
    g_assert_cmpuint (fixture.packet->number, ==, i);
    g_assert_cmpuint (fixture.packet->timestamp, ==, 1000 + 3000 * i);
  }
}

static void
what_viewers_have_not_agreed_to_is_taken_off (void)
{
  static const guint8 bytes[] = {
    0xb2, 0x80 | PT, 0,    7,    0,    0,    0, 9,
    0x55, 0x55,      0x55, 0x55,                   /* P, X, two CSRCs, M */
    1,    1,         1,    1,    2,    2,    2, 2, /* CSRCs */
    0xbe, 0xde,      0,    1,    0x10, 0xaa, 0, 0, /* an extension */
    'h',  'e',       'l',  'l',  'o',  0,    0, 3, /* padding */
  };
  static const guint8 expected[]
      = { 0x80, 0x80, 0, 0, 0, 0, 3, 0xe8, 1, 2, 3, 4, 'h', 'e', 'l', 'l', 'o' };
  g_auto (Fixture) fixture = { 0 };

  fixture_init (&fixture);
  g_assert_cmpint (gateway_track_take (fixture.track, bytes, sizeof bytes, fixture.now_us,
                                       &fixture.packet),
                   ==, GATEWAY_TRACK_BEGUN);
  g_assert_cmpmem (fixture.packet->bytes, fixture.packet->len, expected, sizeof expected);
}

static void
what_is_no_rtp_or_too_long_is_refused (void)
{
  g_auto (Fixture) fixture = { 0 };
  guint8 bytes[GATEWAY_PACKET_MAX + 1];
  gsize len = write_rtp (bytes, PT, 1, 1, SOURCE, GATEWAY_PACKET_MAX - 12);

  fixture_init (&fixture);
  g_assert_cmpint (gateway_track_take (fixture.track, bytes, len + 1, 0, &fixture.packet),
                   ==, GATEWAY_TRACK_REFUSED);
  g_assert_cmpint (gateway_track_take (fixture.track, bytes, 11, 0, &fixture.packet), ==,
                   GATEWAY_TRACK_REFUSED);
  g_assert_cmpint (gateway_track_take (fixture.track, bytes, 0, 0, &fixture.packet), ==,
                   GATEWAY_TRACK_REFUSED);
  bytes[1] = 200;
  g_assert_cmpint (gateway_track_take (fixture.track, bytes, len, 0, &fixture.packet), ==,
                   GATEWAY_TRACK_REFUSED);
  g_assert_null (fixture.packet);
  bytes[1] = PT;
  g_assert_cmpint (gateway_track_take (fixture.track, bytes, len, 0, &fixture.packet), ==,
                   GATEWAY_TRACK_BEGUN);
  g_assert_cmpuint (fixture.packet->len, ==, GATEWAY_PACKET_MAX);
}

static void
noise_breaks_nothing (void)
{
  g_auto (Fixture) fixture = { 0 };
  guint n_taken = 0;

  fixture_init (&fixture);
  for (guint i = 0; i < 200000; i++)
  {
    guint8 bytes[64];
    gsize len = (gsize) g_test_rand_int_range (0, sizeof bytes);

    for (gsize j = 0; j < sizeof bytes; j++)
    {
      bytes[j] = (guint8) g_test_rand_int ();
    }
    bytes[0] = i % 2 == 0 ? 0x80 | (bytes[0] & 0x3f) : bytes[0];
    memset (bytes + 8, bytes[8] & 1, 4);
    fixture.now_us += g_test_rand_int_range (0, 300) * MS;
    fixture.packet = NULL;
    gateway_track_take (fixture.track, bytes, len, fixture.now_us, &fixture.packet);
    if (fixture.packet != NULL)
    {
      n_taken++;
      g_assert_true (gateway_track_find (fixture.track, fixture.packet->number)
                     == fixture.packet);
      g_assert_cmpuint (fixture.packet->len, >=, GATEWAY_RTP_HEADER_LEN);
    }
  }
  g_assert_cmpuint (n_taken, >, 1000);
}

static void
a_second_sender_is_refused_while_the_first_is_heard (void)
{
  g_auto (Fixture) fixture = { 0 };

  fixture_init (&fixture);
  take_frames (&fixture, SOURCE, 10, 0, 3);
  g_assert_cmpint (take_from (&fixture, SOURCE + 1, 500, 77), ==, GATEWAY_TRACK_REFUSED);
  g_assert_cmpint (take (&fixture, 13, 9000), ==, GATEWAY_TRACK_TAKEN);
  g_assert_cmpuint (fixture.packet->number, ==, 3);
}

static void
a_source_that_begins_anew_goes_on_where_the_last_one_was (void)
{
  g_auto (Fixture) fixture = { 0 };
  guint32 timestamp;

  fixture_init (&fixture);
  take_frames (&fixture, SOURCE, 10, 0, 3);
  timestamp = fixture.packet->timestamp;
  fixture.now_us += 2000 * MS - 33333;
  g_assert_cmpint (take_from (&fixture, SOURCE + 1, 50000, 123456789), ==,
                   GATEWAY_TRACK_BEGUN);
  g_assert_cmpuint (fixture.packet->number, ==, 3);
  g_assert_cmpint ((gint32) (fixture.packet->timestamp - timestamp), >=, 179990);
  g_assert_cmpint ((gint32) (fixture.packet->timestamp - timestamp), <=, 180010);
  timestamp = fixture.packet->timestamp;
  g_assert_cmpint (take_from (&fixture, SOURCE + 1, 50001, 123456789 + 3000), ==,
                   GATEWAY_TRACK_TAKEN);
  g_assert_cmpuint (fixture.packet->timestamp, ==, timestamp + 3000);
}

static void
numbers_that_jump_are_followed_by_the_second (void)
{
  g_auto (Fixture) fixture = { 0 };

  fixture_init (&fixture);
  take_frames (&fixture, SOURCE, 10, 0, 3);
  g_assert_cmpint (take (&fixture, 30000, 9000), ==, GATEWAY_TRACK_REFUSED);
  g_assert_cmpint (take (&fixture, 13, 9000), ==, GATEWAY_TRACK_TAKEN); /* it was noise */
  g_assert_cmpint (take (&fixture, 30001, 9000), ==, GATEWAY_TRACK_REFUSED);
  g_assert_cmpint (take (&fixture, 30002, 9000), ==, GATEWAY_TRACK_BEGUN);
  g_assert_cmpuint (fixture.packet->number, ==, 4);
}

static void
a_clock_that_jumps_is_put_right (void)
{
  g_auto (Fixture) fixture = { 0 };
  guint32 timestamp;

  fixture_init (&fixture);
  take_frames (&fixture, SOURCE, 10, 0, 3);
  timestamp = fixture.packet->timestamp;
  g_assert_cmpint (take (&fixture, 13, 0x70000000), ==, GATEWAY_TRACK_TAKEN);
  g_assert_cmpint ((gint32) (fixture.packet->timestamp - timestamp), >, 0);
  g_assert_cmpint ((gint32) (fixture.packet->timestamp - timestamp), <=, 3010);
  timestamp = fixture.packet->timestamp;
  take (&fixture, 14, 0x70000000 + 3000);
  g_assert_cmpuint (fixture.packet->timestamp, ==, timestamp + 3000);
}

static void
late_ones_are_taken_once_and_gaps_stay (void)
{
  g_auto (Fixture) fixture = { 0 };

  fixture_init (&fixture);
  take (&fixture, 10, 0);
  g_assert_cmpint (take (&fixture, 9, 0), ==, GATEWAY_TRACK_REPEATED);
  g_assert_cmpint (take (&fixture, 14, 0), ==, GATEWAY_TRACK_TAKEN);
  g_assert_cmpuint (fixture.packet->number, ==, 4);
  g_assert_null (gateway_track_find (fixture.track, 2));
  g_assert_cmpint (take (&fixture, 12, 0), ==, GATEWAY_TRACK_TAKEN);
  g_assert_cmpuint (fixture.packet->number, ==, 2);
  g_assert_true (gateway_track_find (fixture.track, 2) == fixture.packet);
  g_assert_cmpint (take (&fixture, 12, 0), ==, GATEWAY_TRACK_REPEATED);
  g_assert_cmpint (take (&fixture, 14, 0), ==, GATEWAY_TRACK_REPEATED);
  g_assert_cmpint (take (&fixture, 15, 0), ==, GATEWAY_TRACK_TAKEN);
  g_assert_cmpuint (fixture.packet->number, ==, 5);
}

static void
the_last_ones_are_kept (void)
{
  g_auto (Fixture) fixture = { 0 };

  fixture_init (&fixture);
  take_frames (&fixture, SOURCE, 0, 0, GATEWAY_TRACK_LENGTH + 10);
  for (guint i = 0; i < GATEWAY_TRACK_LENGTH + 20; i++)
  {
    const GatewayTrackPacket *packet = gateway_track_find (fixture.track, i);

    g_assert_true ((packet != NULL) == (i >= 10 && i < GATEWAY_TRACK_LENGTH + 10));
    g_assert_true (packet == NULL || packet->bytes[12] == (guint8) i);
  }
}

static void
a_report_tells_the_source_s_time (void)
{
  g_auto (Fixture) fixture = { 0 };
  guint64 ntp = G_GUINT64_CONSTANT (0xe000000080000000);
  guint64 later;

  fixture_init (&fixture);
  take (&fixture, 0, 5000);
  g_assert_false (gateway_track_get_source_ntp (fixture.track, fixture.now_us, &later));
  gateway_track_note_report (fixture.track, SOURCE + 1, ntp, 5000);
  g_assert_false (gateway_track_get_source_ntp (fixture.track, fixture.now_us, &later));
  gateway_track_note_report (fixture.track, SOURCE, ntp, 5000);
  g_assert_true (
      gateway_track_get_source_ntp (fixture.track, fixture.now_us + 1500 * MS, &later));
  g_assert_cmphex (later, ==, ntp + G_GUINT64_CONSTANT (0x180000000));
  g_assert_cmpuint (
      gateway_track_get_timestamp (fixture.track, fixture.now_us + 1500 * MS), ==,
      1000 + 135000);

  /* another source has not told its time yet */
  fixture.now_us += 2000 * MS;
  take_from (&fixture, SOURCE + 1, 0, 0);
  g_assert_false (gateway_track_get_source_ntp (fixture.track, fixture.now_us, &later));
}

/* What was held up on the network says little about when it was captured. */
static void
one_late_packet_hardly_moves_the_clock (void)
{
  g_auto (Fixture) fixture = { 0 };
  guint32 before;
  guint32 after;

  fixture_init (&fixture);
  take_frames (&fixture, SOURCE, 0, 0, 30);
  before = gateway_track_get_timestamp (fixture.track, fixture.now_us);
  fixture.now_us += 200 * MS;
  take (&fixture, 30, 30 * 3000);
  after = gateway_track_get_timestamp (fixture.track, fixture.now_us);
  g_assert_cmpint ((gint32) (after - before), >, 18000 - 90);
  g_assert_cmpint ((gint32) (after - before), <=, 18000);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, test) g_test_add_func ("/gateway/track/" name, test)
  ADD ("numbers-are-unbroken-where-the-source-s-wrap",
       numbers_are_unbroken_where_the_source_s_wrap);
  ADD ("what-viewers-have-not-agreed-to-is-taken-off",
       what_viewers_have_not_agreed_to_is_taken_off);
  ADD ("what-is-no-rtp-or-too-long-is-refused", what_is_no_rtp_or_too_long_is_refused);
  ADD ("noise-breaks-nothing", noise_breaks_nothing);
  ADD ("a-second-sender-is-refused-while-the-first-is-heard",
       a_second_sender_is_refused_while_the_first_is_heard);
  ADD ("a-source-that-begins-anew-goes-on-where-the-last-one-was",
       a_source_that_begins_anew_goes_on_where_the_last_one_was);
  ADD ("numbers-that-jump-are-followed-by-the-second",
       numbers_that_jump_are_followed_by_the_second);
  ADD ("a-clock-that-jumps-is-put-right", a_clock_that_jumps_is_put_right);
  ADD ("late-ones-are-taken-once-and-gaps-stay", late_ones_are_taken_once_and_gaps_stay);
  ADD ("the-last-ones-are-kept", the_last_ones_are_kept);
  ADD ("a-report-tells-the-source-s-time", a_report_tells_the_source_s_time);
  ADD ("one-late-packet-hardly-moves-the-clock", one_late_packet_hardly_moves_the_clock);
#undef ADD
  return g_test_run ();
}
