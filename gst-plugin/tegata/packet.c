/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "packet.h"

#include "common.h"

/* The one memory of a buffer, if its bytes may be written in place; NULL otherwise. It is
 * writable only if all that it is in, buffer and list, is. That nobody else holds it says
 * not yet that it may be written at all. */
static GstMemory *
peek_own_memory (GstBuffer *buffer)
{
  GstMemory *memory;

  if (gst_buffer_n_memory (buffer) != 1)
  {
    return NULL;
  }
  memory = gst_buffer_peek_memory (buffer, 0);
  return gst_memory_is_writable (memory) && !GST_MEMORY_IS_READONLY (memory) ? memory
                                                                             : NULL;
}

static gboolean
has_room_behind (GstMemory *memory)
{
  gsize offset;
  gsize max;
  gsize len = gst_memory_get_sizes (memory, &offset, &max);

  return max - offset - len >= TEGATA_SRTP_MAX_OVERHEAD;
}

/* @memory: (transfer full). All else that a buffer has is kept. */
static void
replace_bytes (GstBuffer **buffer, GstMemory *memory)
{
  GstBuffer *fresh = gst_buffer_new ();

  gst_buffer_append_memory (fresh, memory);
  gst_buffer_copy_into (fresh, *buffer, GST_BUFFER_COPY_METADATA, 0, (gsize) -1);
  gst_buffer_unref (*buffer);
  *buffer = fresh;
}

/* By the memory, not by the buffer: each call of the buffer's would ask anew whether it
 * and all it is in may be written, which costs a tenth of all that is done here. */
static TegataSrtpOutcome
protect_in_place (GstMemory *memory, GstTegataAssociation *association, gboolean is_rtcp)
{
  TegataSrtpOutcome outcome;
  gsize out_len;
  GstMapInfo map;

  if (!gst_memory_map (memory, &map, GST_MAP_READWRITE))
  {
    return TEGATA_SRTP_NO_SPACE;
  }
  outcome = gst_tegata_association_protect (association, is_rtcp, map.data, map.size,
                                            map.data, map.maxsize, &out_len);
  gst_memory_unmap (memory, &map);
  if (outcome == TEGATA_SRTP_OK)
  {
    gst_memory_resize (memory, 0, out_len);
  }
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
    if (gst_buffer_extract (buffer, 0, out->data, len) != len)
    {
      return TEGATA_SRTP_MALFORMED;
    }
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
  g_autoptr (GstMemory) memory = gst_allocator_alloc (NULL, len, NULL);
  TegataSrtpOutcome outcome;
  GstMapInfo out;

  if (!gst_memory_map (memory, &out, GST_MAP_READWRITE))
  {
    return TEGATA_SRTP_NO_SPACE;
  }
  outcome = protect_to (*buffer, association, is_rtcp, &out, &len);
  gst_memory_unmap (memory, &out);
  if (outcome == TEGATA_SRTP_OK)
  {
    gst_memory_resize (memory, 0, len);
    replace_bytes (buffer, g_steal_pointer (&memory));
  }
  return outcome;
}

TegataSrtpOutcome
gst_tegata_packet_protect (GstBuffer **buffer,
                           GstTegataAssociation *association,
                           gboolean is_rtcp)
{
  GstMemory *memory = peek_own_memory (*buffer);

  if (gst_buffer_get_size (*buffer) == 0)
  {
    return TEGATA_SRTP_MALFORMED;
  }
  if (memory != NULL && has_room_behind (memory))
  {
    return protect_in_place (memory, association, is_rtcp);
  }
  return protect_by_copy (buffer, association, is_rtcp);
}

/* (transfer none) (nullable): the memory of the copy; NULL where not all can be read */
static GstMemory *
copy_bytes (GstBuffer **buffer)
{
  gsize len = gst_buffer_get_size (*buffer);
  GstMemory *memory = gst_allocator_alloc (NULL, len, NULL);
  gsize n_copied = 0;
  GstMapInfo map;

  if (gst_memory_map (memory, &map, GST_MAP_WRITE))
  {
    n_copied = gst_buffer_extract (*buffer, 0, map.data, len);
    gst_memory_unmap (memory, &map);
  }
  if (n_copied != len)
  {
    gst_memory_unref (memory);
    return NULL;
  }
  replace_bytes (buffer, memory);
  return memory;
}

TegataReceived
gst_tegata_packet_receive (GstBuffer **buffer, GstTegataAssociation *association)
{
  GstMemory *memory = peek_own_memory (*buffer);
  TegataReceived received;
  GstMapInfo map;
  gsize len;

  if (gst_buffer_get_size (*buffer) == 0)
  {
    return TEGATA_RECEIVED_NOTHING;
  }
  if (memory == NULL)
  {
    memory = copy_bytes (buffer);
  }
  if (memory == NULL || !gst_memory_map (memory, &map, GST_MAP_READWRITE))
  {
    GST_WARNING ("a datagram's memory cannot be mapped");
    return TEGATA_RECEIVED_NOTHING;
  }
  len = map.size;
  received = gst_tegata_association_receive (association, map.data, &len);
  gst_memory_unmap (memory, &map);
  if (received != TEGATA_RECEIVED_NOTHING)
  {
    gst_memory_resize (memory, 0, len);
  }
  return received;
}
