/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gst-packets.h"

#include <string.h>

#define PAYLOAD_TYPE 96
#define SSRC 0x7e9a7a01u
/* Behind what can be worked on in place: as much as SRTP ever adds, and some more. */
#define ROOM 32
/* Of the clock of video, at 50 packets a second. */
#define TICKS_A_PACKET 1800

GBytes *
packets_new_plain (guint number, gsize payload_len)
{
  guint8 *bytes = g_malloc (PACKETS_HEADER_LEN + payload_len);

  bytes[0] = 0x80;
  bytes[1] = PAYLOAD_TYPE;
  GST_WRITE_UINT16_BE (bytes + 2, (guint16) number);
  GST_WRITE_UINT32_BE (bytes + 4, number * TICKS_A_PACKET);
  GST_WRITE_UINT32_BE (bytes + 8, SSRC);
  for (gsize i = 0; i < payload_len; i++)
  {
    bytes[PACKETS_HEADER_LEN + i] = (guint8) (31 * (gsize) number + 7 * i);
  }
  return g_bytes_new_take (bytes, PACKETS_HEADER_LEN + payload_len);
}

static GstMemory *
new_memory (const guint8 *bytes, gsize len)
{
  GstMemory *memory = gst_allocator_alloc (NULL, len, NULL);
  GstMapInfo map;

  gst_memory_map (memory, &map, GST_MAP_WRITE);
  memcpy (map.data, bytes, len);
  gst_memory_unmap (memory, &map);
  return memory;
}

GstBuffer *
packets_new_buffer (GBytes *bytes, PacketsShape shape, GPtrArray *shared)
{
  gsize len;
  const guint8 *data = g_bytes_get_data (bytes, &len);
  GstBuffer *buffer;

  if (shape == PACKETS_PAYLOADER)
  {
    buffer = gst_buffer_new ();
    gst_buffer_append_memory (buffer, new_memory (data, PACKETS_HEADER_LEN));
    gst_buffer_append_memory (
        buffer, new_memory (data + PACKETS_HEADER_LEN, len - PACKETS_HEADER_LEN));
    return buffer;
  }
  buffer = gst_buffer_new_allocate (NULL, len + ROOM, NULL);
  gst_buffer_fill (buffer, 0, data, len);
  gst_buffer_resize (buffer, 0, (gssize) len);
  if (shape == PACKETS_SHARED)
  {
    g_ptr_array_add (shared, gst_buffer_ref (buffer));
  }
  return buffer;
}

void
packets_batch_init (PacketsBatch *self,
                    GPtrArray *packets,
                    PacketsShape shape,
                    gsize list_len)
{
  GstBufferList *list = NULL;

  self->objects = g_ptr_array_new ();
  self->shared = g_ptr_array_new_with_free_func ((GDestroyNotify) gst_buffer_unref);
  for (guint i = 0; i < packets->len; i++)
  {
    GstBuffer *buffer = packets_new_buffer (packets->pdata[i], shape, self->shared);

    if (list_len == 0)
    {
      g_ptr_array_add (self->objects, buffer);
      continue;
    }
    if (i % list_len == 0)
    {
      list = gst_buffer_list_new_sized ((guint) list_len);
      g_ptr_array_add (self->objects, list);
    }
    gst_buffer_list_add (list, buffer);
  }
}

void
packets_batch_clear (PacketsBatch *self)
{
  g_ptr_array_unref (self->objects);
  g_ptr_array_unref (self->shared);
}

GstFlowReturn
packets_batch_push (PacketsBatch *self, GstPad *src)
{
  GstFlowReturn flow = GST_FLOW_OK;

  for (guint i = 0; i < self->objects->len; i++)
  {
    GstMiniObject *object = self->objects->pdata[i];

    if (flow != GST_FLOW_OK)
    {
      gst_mini_object_unref (object);
    }
    else if (GST_IS_BUFFER_LIST (object))
    {
      flow = gst_pad_push_list (src, GST_BUFFER_LIST_CAST (object));
    }
    else
    {
      flow = gst_pad_push (src, GST_BUFFER_CAST (object));
    }
  }
  g_ptr_array_set_size (self->objects, 0);
  return flow;
}
