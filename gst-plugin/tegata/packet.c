/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "packet.h"

#include "common.h"

/* Whether the bytes may be written: writable says that nobody else holds the memory, but
 * not that it may be written at all. */
static gboolean
has_own_bytes (GstBuffer *buffer)
{
  GstMemory *memory;

  if (gst_buffer_n_memory (buffer) != 1 || !gst_buffer_is_writable (buffer))
  {
    return FALSE;
  }
  memory = gst_buffer_peek_memory (buffer, 0);
  return gst_memory_is_writable (memory) && !GST_MEMORY_IS_READONLY (memory);
}

static gboolean
has_room_behind (GstBuffer *buffer)
{
  gsize offset;
  gsize max;
  gsize len = gst_buffer_get_sizes (buffer, &offset, &max);

  return max - offset - len >= TEGATA_SRTP_MAX_OVERHEAD;
}

static void
replace (GstBuffer **buffer, GstBuffer *fresh)
{
  gst_buffer_copy_into (fresh, *buffer, GST_BUFFER_COPY_METADATA, 0, (gsize) -1);
  gst_buffer_unref (*buffer);
  *buffer = fresh;
}

static TegataSrtpOutcome
protect_in_place (GstBuffer *buffer, GstTegataAssociation *association, gboolean is_rtcp)
{
  gsize len = gst_buffer_get_size (buffer);
  gsize out_len = len;
  TegataSrtpOutcome outcome = TEGATA_SRTP_NO_SPACE;
  GstMapInfo map;

  gst_buffer_set_size (buffer, (gssize) (len + TEGATA_SRTP_MAX_OVERHEAD));
  if (gst_buffer_map (buffer, &map, GST_MAP_READWRITE))
  {
    outcome = gst_tegata_association_protect (association, is_rtcp, map.data, len,
                                              map.data, map.size, &out_len);
    gst_buffer_unmap (buffer, &map);
  }
  gst_buffer_set_size (buffer, (gssize) out_len);
  return outcome;
}

/* Reads one memory where it lies; several are gathered first, which is the one copy. */
static TegataSrtpOutcome
protect_to (GstBuffer *buffer,
            GstTegataAssociation *association,
            gboolean is_rtcp,
            const GstMapInfo *out,
            gsize *out_len)
{
  gsize len = gst_buffer_get_size (buffer);
  TegataSrtpOutcome outcome;
  GstMapInfo in;

  if (gst_buffer_n_memory (buffer) != 1)
  {
    gst_buffer_extract (buffer, 0, out->data, len);
    return gst_tegata_association_protect (association, is_rtcp, out->data, len,
                                           out->data, out->size, out_len);
  }
  if (!gst_buffer_map (buffer, &in, GST_MAP_READ))
  {
    return TEGATA_SRTP_MALFORMED;
  }
  outcome = gst_tegata_association_protect (association, is_rtcp, in.data, in.size,
                                            out->data, out->size, out_len);
  gst_buffer_unmap (buffer, &in);
  return outcome;
}

static TegataSrtpOutcome
protect_by_copy (GstBuffer **buffer, GstTegataAssociation *association, gboolean is_rtcp)
{
  gsize len = gst_buffer_get_size (*buffer) + TEGATA_SRTP_MAX_OVERHEAD;
  g_autoptr (GstBuffer) fresh = gst_buffer_new_allocate (NULL, len, NULL);
  TegataSrtpOutcome outcome;
  GstMapInfo out;

  if (!gst_buffer_map (fresh, &out, GST_MAP_READWRITE))
  {
    return TEGATA_SRTP_NO_SPACE;
  }
  outcome = protect_to (*buffer, association, is_rtcp, &out, &len);
  gst_buffer_unmap (fresh, &out);
  if (outcome == TEGATA_SRTP_OK)
  {
    gst_buffer_set_size (fresh, (gssize) len);
    replace (buffer, g_steal_pointer (&fresh));
  }
  return outcome;
}

TegataSrtpOutcome
gst_tegata_packet_protect (GstBuffer **buffer,
                           GstTegataAssociation *association,
                           gboolean is_rtcp)
{
  if (gst_buffer_get_size (*buffer) == 0)
  {
    return TEGATA_SRTP_MALFORMED;
  }
  if (has_own_bytes (*buffer) && has_room_behind (*buffer))
  {
    return protect_in_place (*buffer, association, is_rtcp);
  }
  return protect_by_copy (buffer, association, is_rtcp);
}

static void
copy_bytes (GstBuffer **buffer)
{
  gsize len = gst_buffer_get_size (*buffer);
  GstBuffer *fresh = gst_buffer_new_allocate (NULL, len, NULL);
  GstMapInfo map;

  if (gst_buffer_map (fresh, &map, GST_MAP_WRITE))
  {
    gst_buffer_extract (*buffer, 0, map.data, map.size);
    gst_buffer_unmap (fresh, &map);
  }
  replace (buffer, fresh);
}

TegataReceived
gst_tegata_packet_receive (GstBuffer **buffer, GstTegataAssociation *association)
{
  TegataReceived received;
  GstMapInfo map;
  gsize len;

  if (gst_buffer_get_size (*buffer) == 0)
  {
    return TEGATA_RECEIVED_NOTHING;
  }
  if (!has_own_bytes (*buffer))
  {
    copy_bytes (buffer);
  }
  if (!gst_buffer_map (*buffer, &map, GST_MAP_READWRITE))
  {
    GST_WARNING ("a datagram's memory cannot be mapped");
    return TEGATA_RECEIVED_NOTHING;
  }
  len = map.size;
  received = gst_tegata_association_receive (association, map.data, &len);
  gst_buffer_unmap (*buffer, &map);
  if (received != TEGATA_RECEIVED_NOTHING)
  {
    gst_buffer_set_size (*buffer, (gssize) len);
  }
  return received;
}
