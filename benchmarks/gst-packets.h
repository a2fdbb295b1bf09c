/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/*
 * RTP packets in buffers, as the neighbours of an element would bring them.
 */

typedef enum
{
  PACKETS_WRITABLE,  /* one memory, with room behind it: work can be done in place */
  PACKETS_SHARED,    /* somebody else, a tee say, holds the buffer too: one copy */
  PACKETS_PAYLOADER, /* header and payload in a memory each, as payloaders make them */
} PacketsShape;

#define PACKETS_HEADER_LEN 12

/* What goes through an element in one go: between two looks at the clock. */
typedef struct
{
  GPtrArray *objects; /* buffers, or lists of them: emptied by who pushes them */
  GPtrArray *shared;  /* buffers that are held while they pass */
} PacketsBatch;

/* (transfer full): the packet with that number: the same bytes at every call. */
GBytes *packets_new_plain (guint number, gsize payload_len);

/* (transfer full): a buffer with these bytes. Others' copies of it go to @shared. */
GstBuffer *packets_new_buffer (GBytes *bytes, PacketsShape shape, GPtrArray *shared);

/* Takes GBytes, makes buffers of them, and lists of @list_len buffers unless it is 0. */
void packets_batch_init (PacketsBatch *self,
                         GPtrArray *packets,
                         PacketsShape shape,
                         gsize list_len);
void packets_batch_clear (PacketsBatch *self);

/* Pushes all of it. The first bad flow is returned, and what is left is dropped. */
GstFlowReturn packets_batch_push (PacketsBatch *self, GstPad *src);

G_END_DECLS
