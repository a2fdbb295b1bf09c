/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common.h"
#include "packet.h"

#include <string.h>

/*
 * With an association that notes where it was told to read and to write: how often a
 * packet was copied follows from that.
 */

GST_DEBUG_CATEGORY (gst_tegata_debug);

#define TAG_LEN 16
#define MASK 0x5a

static struct
{
  guint n_calls;
  const guint8 *in;
  const guint8 *out;
  gboolean is_rtcp;
  TegataSrtpOutcome outcome;
  gsize n_unreadable; /* bytes that an extraction comes short by */
} seen;

static const GstTegataAssociation *const association = (gpointer) &seen;

/* In the place of the core's, which may come short: of memory that cannot be mapped. */
gsize
gst_buffer_extract (GstBuffer *buffer, gsize offset, gpointer dest, gsize size)
{
  gsize n_copied = 0;

  g_assert_cmpuint (offset, ==, 0);
  for (guint i = 0; i < gst_buffer_n_memory (buffer); i++)
  {
    GstMemory *memory = gst_buffer_peek_memory (buffer, i);
    GstMapInfo map;

    g_assert_true (gst_memory_map (memory, &map, GST_MAP_READ));
    g_assert_cmpuint (n_copied + map.size, <=, size);
    memcpy ((guint8 *) dest + n_copied, map.data, map.size);
    n_copied += map.size;
    gst_memory_unmap (memory, &map);
  }
  return n_copied - seen.n_unreadable;
}

TegataSrtpOutcome
gst_tegata_association_protect (GstTegataAssociation *self,
                                gboolean is_rtcp,
                                const guint8 *in,
                                gsize in_len,
                                guint8 *out,
                                gsize out_size,
                                gsize *out_len)
{
  g_assert_true (self == association);
  g_assert_cmpuint (out_size, >=, in_len + TEGATA_SRTP_MAX_OVERHEAD);
  seen.n_calls++;
  seen.in = in;
  seen.out = out;
  seen.is_rtcp = is_rtcp;
  if (seen.outcome != TEGATA_SRTP_OK)
  {
    return seen.outcome;
  }
  for (gsize i = 0; i < in_len; i++)
  {
    out[i] = in[i] ^ MASK;
  }
  memset (out + in_len, 't', TAG_LEN);
  *out_len = in_len + TAG_LEN;
  return TEGATA_SRTP_OK;
}

TegataReceived
gst_tegata_association_receive (GstTegataAssociation *self, guint8 *bytes, gsize *len)
{
  g_assert_true (self == association);
  seen.n_calls++;
  seen.out = bytes;
  for (gsize i = 0; i < *len; i++)
  {
    bytes[i] ^= MASK;
  }
  if (seen.outcome != TEGATA_SRTP_OK)
  {
    return TEGATA_RECEIVED_NOTHING;
  }
  *len -= TAG_LEN;
  return seen.is_rtcp ? TEGATA_RECEIVED_RTCP : TEGATA_RECEIVED_RTP;
}

static void
begin (void)
{
  memset (&seen, 0, sizeof seen);
}

static TegataSrtpOutcome
protect (GstBuffer **buffer, gboolean is_rtcp)
{
  return gst_tegata_packet_protect (buffer, (GstTegataAssociation *) association,
                                    is_rtcp);
}

static TegataReceived
receive (GstBuffer **buffer)
{
  return gst_tegata_packet_receive (buffer, (GstTegataAssociation *) association);
}

#define PACKET_LEN 100

static guint8
byte_at (gsize i)
{
  return (guint8) (i * 7 + 3);
}

/* A memory with bytes @from to @to of the packet, and exactly @room behind them. */
static GstMemory *
new_memory (gsize from, gsize to, gsize room)
{
  guint8 *bytes = g_malloc0 (to - from + room);

  for (gsize i = from; i < to; i++)
  {
    bytes[i - from] = byte_at (i);
  }
  return gst_memory_new_wrapped (0, bytes, to - from + room, 0, to - from, bytes, g_free);
}

/* With everything that must survive. */
static GstBuffer *
new_buffer (gsize room)
{
  GstBuffer *buffer = gst_buffer_new ();
  g_autoptr (GstCaps) reference = gst_caps_new_empty_simple ("timestamp/x-test");

  gst_buffer_append_memory (buffer, new_memory (0, PACKET_LEN, room));
  GST_BUFFER_PTS (buffer) = 5 * GST_SECOND;
  GST_BUFFER_DTS (buffer) = 4 * GST_SECOND;
  GST_BUFFER_DURATION (buffer) = GST_MSECOND;
  GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_MARKER);
  gst_buffer_add_reference_timestamp_meta (buffer, reference, 17, 18);
  return buffer;
}

static void
assert_metadata (GstBuffer *buffer)
{
  GstReferenceTimestampMeta *meta
      = gst_buffer_get_reference_timestamp_meta (buffer, NULL);

  g_assert_true (gst_buffer_is_writable (buffer));
  g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, 5 * GST_SECOND);
  g_assert_cmpuint (GST_BUFFER_DTS (buffer), ==, 4 * GST_SECOND);
  g_assert_cmpuint (GST_BUFFER_DURATION (buffer), ==, GST_MSECOND);
  g_assert_true (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_MARKER));
  g_assert_nonnull (meta);
  g_assert_cmpuint (meta->timestamp, ==, 17);
}

/* Where its one memory begins. */
static const guint8 *
data_of (GstBuffer *buffer)
{
  GstMapInfo map;

  g_assert_cmpuint (gst_buffer_n_memory (buffer), ==, 1);
  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
  gst_buffer_unmap (buffer, &map);
  return map.data;
}

static void
assert_bytes (GstBuffer *buffer, guint8 mask, gsize len)
{
  GstMapInfo map;

  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
  g_assert_cmpuint (map.size, ==, len);
  for (gsize i = 0; i < PACKET_LEN && i < len; i++)
  {
    g_assert_cmphex (map.data[i], ==, byte_at (i) ^ mask);
  }
  gst_buffer_unmap (buffer, &map);
}

static void
assert_protected (GstBuffer *buffer)
{
  g_assert_cmpuint (seen.n_calls, ==, 1);
  g_assert_true (seen.out == data_of (buffer));
  assert_bytes (buffer, MASK, PACKET_LEN + TAG_LEN);
  assert_metadata (buffer);
}

static void
test_room_behind_takes_the_tag (void)
{
  g_autoptr (GstBuffer) buffer = new_buffer (TEGATA_SRTP_MAX_OVERHEAD);
  GstBuffer *before = buffer;
  const guint8 *data = data_of (buffer);

  begin ();
  g_assert_cmpint (protect (&buffer, TRUE), ==, TEGATA_SRTP_OK);
  assert_protected (buffer);
  g_assert_true (buffer == before);
  g_assert_true (seen.in == data && seen.out == data);
  g_assert_true (seen.is_rtcp);
}

/* From the plain packet, where it lies, straight into the fresh buffer. */
static void
assert_copied_once (GstBuffer *buffer, const guint8 *data)
{
  assert_protected (buffer);
  g_assert_true (seen.in == data);
  g_assert_true (seen.out != data);
}

static void
test_without_room_it_is_written_to_a_fresh_buffer (void)
{
  /* one byte less than is asked for */
  g_autoptr (GstBuffer) buffer = new_buffer (TEGATA_SRTP_MAX_OVERHEAD - 1);
  const guint8 *data = data_of (buffer);

  begin ();
  g_assert_cmpint (protect (&buffer, FALSE), ==, TEGATA_SRTP_OK);
  assert_copied_once (buffer, data);
  g_assert_false (seen.is_rtcp);
}

static void
test_a_shared_buffer_is_left_alone (void)
{
  g_autoptr (GstBuffer) buffer = new_buffer (64);
  g_autoptr (GstBuffer) other = gst_buffer_ref (buffer);
  const guint8 *data = data_of (buffer);

  begin ();
  g_assert_cmpint (protect (&buffer, FALSE), ==, TEGATA_SRTP_OK);
  assert_copied_once (buffer, data);
  assert_bytes (other, 0, PACKET_LEN);
}

static void
test_a_shared_memory_is_left_alone (void)
{
  g_autoptr (GstBuffer) buffer = new_buffer (64);
  g_autoptr (GstBuffer) other = gst_buffer_copy (buffer);
  const guint8 *data = data_of (buffer);

  /* the buffer is ours, its memory is not */
  g_assert_true (gst_buffer_is_writable (buffer));
  begin ();
  g_assert_cmpint (protect (&buffer, FALSE), ==, TEGATA_SRTP_OK);
  assert_copied_once (buffer, data);
  assert_bytes (other, 0, PACKET_LEN);
}

/* Which the core calls writable, since nobody else holds it. */
static GstBuffer *
new_read_only_buffer (guint8 *bytes, gsize len)
{
  for (gsize i = 0; i < PACKET_LEN; i++)
  {
    bytes[i] = byte_at (i);
  }
  return gst_buffer_new_wrapped_full (GST_MEMORY_FLAG_READONLY, bytes, len, 0, PACKET_LEN,
                                      NULL, NULL);
}

static void
test_a_read_only_memory_is_left_alone (void)
{
  guint8 bytes[PACKET_LEN + 64] = { 0 };
  g_autoptr (GstBuffer) buffer = new_read_only_buffer (bytes, sizeof bytes);

  begin ();
  g_assert_cmpint (protect (&buffer, FALSE), ==, TEGATA_SRTP_OK);
  g_assert_true (seen.in == bytes);
  g_assert_true (seen.out == data_of (buffer));
  g_assert_true (seen.out != bytes);
  g_assert_cmphex (bytes[0], ==, byte_at (0));
  g_assert_cmphex (bytes[PACKET_LEN], ==, 0);
}

/* In two memories, as payloaders make them. */
static GstBuffer *
new_split_buffer (void)
{
  GstBuffer *buffer = new_buffer (0);

  gst_buffer_remove_all_memory (buffer);
  gst_buffer_append_memory (buffer, new_memory (0, 12, 64));
  gst_buffer_append_memory (buffer, new_memory (12, PACKET_LEN, 64));
  return buffer;
}

static void
test_several_memories_are_gathered_once (void)
{
  g_autoptr (GstBuffer) buffer = new_split_buffer ();

  begin ();
  g_assert_cmpint (protect (&buffer, FALSE), ==, TEGATA_SRTP_OK);
  assert_protected (buffer);
  g_assert_true (seen.in == seen.out);
}

static void
assert_untouched (GstBuffer *buffer, GstBuffer *before)
{
  g_assert_true (buffer == before);
  assert_bytes (buffer, 0, PACKET_LEN);
  assert_metadata (buffer);
}

static void
test_what_cannot_be_sent_yet_stays_as_it_was (void)
{
  g_autoptr (GstBuffer) roomy = new_buffer (64);
  g_autoptr (GstBuffer) tight = new_buffer (0);
  g_autoptr (GstBuffer) split = new_split_buffer ();
  GstBuffer *before[] = { roomy, tight, split };

  begin ();
  seen.outcome = TEGATA_SRTP_NO_KEYS;
  g_assert_cmpint (protect (&roomy, FALSE), ==, TEGATA_SRTP_NO_KEYS);
  g_assert_cmpint (protect (&tight, FALSE), ==, TEGATA_SRTP_NO_KEYS);
  g_assert_cmpint (protect (&split, FALSE), ==, TEGATA_SRTP_NO_KEYS);
  g_assert_cmpuint (seen.n_calls, ==, 3);
  assert_untouched (roomy, before[0]);
  assert_untouched (tight, before[1]);
  g_assert_cmpuint (gst_buffer_n_memory (split), ==, 2);
  assert_untouched (split, before[2]);
}

static void
test_an_empty_buffer_is_no_packet (void)
{
  g_autoptr (GstBuffer) buffer = gst_buffer_new ();

  begin ();
  g_assert_cmpint (protect (&buffer, FALSE), ==, TEGATA_SRTP_MALFORMED);
  g_assert_cmpint (receive (&buffer), ==, TEGATA_RECEIVED_NOTHING);
  g_assert_cmpuint (seen.n_calls, ==, 0);
}

static void
assert_received (GstBuffer *buffer)
{
  g_assert_cmpuint (seen.n_calls, ==, 1);
  g_assert_true (seen.out == data_of (buffer));
  assert_bytes (buffer, MASK, PACKET_LEN - TAG_LEN);
  assert_metadata (buffer);
}

static void
test_a_datagram_is_read_in_place (void)
{
  g_autoptr (GstBuffer) buffer = new_buffer (0);
  GstBuffer *before = buffer;
  const guint8 *data = data_of (buffer);

  begin ();
  seen.is_rtcp = TRUE;
  g_assert_cmpint (receive (&buffer), ==, TEGATA_RECEIVED_RTCP);
  assert_received (buffer);
  g_assert_true (buffer == before && seen.out == data);
}

static void
test_a_shared_datagram_is_copied_once (void)
{
  g_autoptr (GstBuffer) buffer = new_buffer (0);
  g_autoptr (GstBuffer) other = gst_buffer_ref (buffer);

  begin ();
  g_assert_cmpint (receive (&buffer), ==, TEGATA_RECEIVED_RTP);
  assert_received (buffer);
  assert_bytes (other, 0, PACKET_LEN);
}

static void
test_a_datagram_in_shared_memory_is_copied_once (void)
{
  g_autoptr (GstBuffer) buffer = new_buffer (0);
  g_autoptr (GstBuffer) other = gst_buffer_copy (buffer);

  begin ();
  g_assert_cmpint (receive (&buffer), ==, TEGATA_RECEIVED_RTP);
  assert_received (buffer);
  assert_bytes (other, 0, PACKET_LEN);
}

static void
test_a_datagram_in_read_only_memory_is_copied_once (void)
{
  guint8 bytes[PACKET_LEN];
  g_autoptr (GstBuffer) buffer = new_read_only_buffer (bytes, sizeof bytes);

  begin ();
  g_assert_cmpint (receive (&buffer), ==, TEGATA_RECEIVED_RTP);
  g_assert_true (seen.out == data_of (buffer));
  assert_bytes (buffer, MASK, PACKET_LEN - TAG_LEN);
  g_assert_cmphex (bytes[0], ==, byte_at (0));
}

static void
test_a_datagram_in_pieces_is_gathered_once (void)
{
  g_autoptr (GstBuffer) buffer = new_split_buffer ();

  begin ();
  g_assert_cmpint (receive (&buffer), ==, TEGATA_RECEIVED_RTP);
  assert_received (buffer);
}

static void
test_what_cannot_be_read_is_no_packet (void)
{
  g_autoptr (GstBuffer) outbound = new_split_buffer ();
  g_autoptr (GstBuffer) inbound = new_split_buffer ();

  begin ();
  seen.n_unreadable = 1;
  g_assert_cmpint (protect (&outbound, FALSE), ==, TEGATA_SRTP_MALFORMED);
  g_assert_cmpint (receive (&inbound), ==, TEGATA_RECEIVED_NOTHING);
  g_assert_cmpuint (seen.n_calls, ==, 0);
  g_assert_cmpuint (gst_buffer_n_memory (inbound), ==, 2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  GST_DEBUG_CATEGORY_INIT (gst_tegata_debug, "tegata", 0, "test");

  g_test_add_func ("/gst/packet/room-behind-takes-the-tag",
                   test_room_behind_takes_the_tag);
  g_test_add_func ("/gst/packet/without-room-it-is-written-to-a-fresh-buffer",
                   test_without_room_it_is_written_to_a_fresh_buffer);
  g_test_add_func ("/gst/packet/a-shared-buffer-is-left-alone",
                   test_a_shared_buffer_is_left_alone);
  g_test_add_func ("/gst/packet/a-shared-memory-is-left-alone",
                   test_a_shared_memory_is_left_alone);
  g_test_add_func ("/gst/packet/a-read-only-memory-is-left-alone",
                   test_a_read_only_memory_is_left_alone);
  g_test_add_func ("/gst/packet/several-memories-are-gathered-once",
                   test_several_memories_are_gathered_once);
  g_test_add_func ("/gst/packet/what-cannot-be-sent-yet-stays-as-it-was",
                   test_what_cannot_be_sent_yet_stays_as_it_was);
  g_test_add_func ("/gst/packet/an-empty-buffer-is-no-packet",
                   test_an_empty_buffer_is_no_packet);
  g_test_add_func ("/gst/packet/what-cannot-be-read-is-no-packet",
                   test_what_cannot_be_read_is_no_packet);
  g_test_add_func ("/gst/packet/a-datagram-is-read-in-place",
                   test_a_datagram_is_read_in_place);
  g_test_add_func ("/gst/packet/a-shared-datagram-is-copied-once",
                   test_a_shared_datagram_is_copied_once);
  g_test_add_func ("/gst/packet/a-datagram-in-shared-memory-is-copied-once",
                   test_a_datagram_in_shared_memory_is_copied_once);
  g_test_add_func ("/gst/packet/a-datagram-in-read-only-memory-is-copied-once",
                   test_a_datagram_in_read_only_memory_is_copied_once);
  g_test_add_func ("/gst/packet/a-datagram-in-pieces-is-gathered-once",
                   test_a_datagram_in_pieces_is_gathered_once);
  return g_test_run ();
}
