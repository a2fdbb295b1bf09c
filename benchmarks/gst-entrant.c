/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gst-entrant.h"

#include "measure.h"

#include <stdio.h>
#include <string.h>

/* Between two looks at the clock: few enough to stay in the second cache. */
#define BATCH_PACKETS 128
#define VERIFIED_PACKETS 8
#define SINGLY ", singly"

struct _Entrant
{
  const Subject *subject;
  const Case *what;
  Rig *rig;
  char *name;
  gsize list_len;
  guint next; /* number of the packet */
};

void
entrant_free (Entrant *self)
{
  g_clear_pointer (&self->rig, rig_free);
  g_free (self->name);
  g_free (self);
}

static GPtrArray *
new_packets (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
}

/* (transfer full): the next @n_packets, plain. */
static GPtrArray *
next_plain (Entrant *self, guint n_packets, gsize payload_len)
{
  GPtrArray *packets = new_packets ();

  for (guint i = 0; i < n_packets; i++)
  {
    g_ptr_array_add (packets, packets_new_plain (self->next, payload_len));
    self->next++;
  }
  return packets;
}

/* (transfer full): what the encoder makes of @plain. It is given as @shape. */
static GPtrArray *
encode (Entrant *self, GPtrArray *plain, PacketsShape shape, gsize list_len)
{
  RigSink *wire = &self->rig->wire;
  PacketsBatch batch;

  packets_batch_init (&batch, plain, shape, list_len);
  rig_sink_set_mode (wire, RIG_KEEP);
  packets_batch_push (&batch, self->rig->head);
  rig_sink_set_mode (wire, RIG_COUNT);
  rig_sink_take_count (wire);
  packets_batch_clear (&batch);
  return rig_sink_take_kept (wire);
}

static GPtrArray *
decode (Entrant *self, GPtrArray *packets, PacketsShape shape, gsize list_len)
{
  RigSink *tail = &self->rig->tail;
  PacketsBatch batch;

  packets_batch_init (&batch, packets, shape, list_len);
  rig_sink_set_mode (tail, RIG_KEEP);
  packets_batch_push (&batch, self->rig->wire_in);
  rig_sink_set_mode (tail, RIG_COUNT);
  rig_sink_take_count (tail);
  packets_batch_clear (&batch);
  return rig_sink_take_kept (tail);
}

/* Longer by the tag, the same header, another payload. */
static gboolean
is_protected (GBytes *packet, GBytes *plain, gsize overhead)
{
  gsize packet_len, plain_len;
  const guint8 *bytes = g_bytes_get_data (packet, &packet_len);
  const guint8 *plain_bytes = g_bytes_get_data (plain, &plain_len);

  return packet_len == plain_len + overhead
         && memcmp (bytes, plain_bytes, PACKETS_HEADER_LEN) == 0
         && memcmp (bytes + PACKETS_HEADER_LEN, plain_bytes + PACKETS_HEADER_LEN,
                    plain_len - PACKETS_HEADER_LEN)
                != 0;
}

/* Whether the decoder refuses a packet of which one bit is wrong. */
static gboolean
refuses_forgery (Entrant *self)
{
  const Case *what = self->what;
  g_autoptr (GPtrArray) plain = next_plain (self, 1, what->payload_len);
  g_autoptr (GPtrArray) encoded = encode (self, plain, PACKETS_WRITABLE, 0);
  g_autoptr (GPtrArray) forged = new_packets ();
  g_autoptr (GPtrArray) decoded = NULL;
  gsize len;
  guint8 *bytes;

  if (encoded->len != 1)
  {
    return FALSE;
  }
  bytes = g_bytes_unref_to_data (g_ptr_array_steal_index (encoded, 0), &len);
  bytes[PACKETS_HEADER_LEN] ^= 1;
  g_ptr_array_add (forged, g_bytes_new_take (bytes, len));
  decoded = decode (self, forged, what->decodes ? what->shape : PACKETS_WRITABLE, 0);
  return decoded->len == 0;
}

/* NULL, or what it does wrong. In the way that is measured then. */
static const char *
find_fault (Entrant *self)
{
  const Case *what = self->what;
  gsize overhead = subject_profile_overhead (what->profile);
  PacketsShape shape = what->decodes ? PACKETS_WRITABLE : what->shape;
  g_autoptr (GPtrArray) plain = next_plain (self, VERIFIED_PACKETS, what->payload_len);
  g_autoptr (GPtrArray) encoded
      = encode (self, plain, shape, what->decodes ? 0 : self->list_len);
  g_autoptr (GPtrArray) decoded
      = decode (self, encoded, what->decodes ? what->shape : PACKETS_WRITABLE,
                what->decodes ? self->list_len : 0);

  if (encoded->len != plain->len || decoded->len != plain->len)
  {
    return "packets are missing";
  }
  for (guint i = 0; i < plain->len; i++)
  {
    if (!self->subject->is_floor
        && !is_protected (encoded->pdata[i], plain->pdata[i], overhead))
    {
      return "what left the encoder is not SRTP";
    }
    if (!g_bytes_equal (decoded->pdata[i], plain->pdata[i]))
    {
      return "the decoder does not give the plain packet back";
    }
  }
  if (!self->subject->is_floor && !refuses_forgery (self))
  {
    return "the decoder takes a packet that was changed";
  }
  return NULL;
}

/* CPU time of what is to be measured of @n_packets; -1 where some did not arrive. */
static gint64
time_batch (Entrant *self, guint n_packets)
{
  const Case *what = self->what;
  RigSink *sink = what->decodes ? &self->rig->tail : &self->rig->wire;
  g_autoptr (GPtrArray) packets = next_plain (self, n_packets, what->payload_len);
  PacketsBatch batch;
  gint64 begin, end;

  if (what->decodes)
  {
    g_autoptr (GPtrArray) plain = g_steal_pointer (&packets);

    packets = encode (self, plain, PACKETS_WRITABLE, 0);
  }
  packets_batch_init (&batch, packets, what->shape, self->list_len);
  begin = measure_cpu_ns ();
  packets_batch_push (&batch, what->decodes ? self->rig->wire_in : self->rig->head);
  end = measure_cpu_ns ();
  packets_batch_clear (&batch);
  return rig_sink_take_count (sink) == n_packets ? end - begin : -1;
}

gboolean
entrant_run_round (Entrant *self, int n_packets, double *ns)
{
  gint64 sum = 0;

  for (int done = 0; done < n_packets; done += BATCH_PACKETS)
  {
    gint64 time = time_batch (self, (guint) MIN (BATCH_PACKETS, n_packets - done));

    if (time < 0)
    {
      fprintf (stderr, "%s: packets got lost\n", self->name);
      return FALSE;
    }
    sum += time;
  }
  *ns = (double) sum / n_packets;
  return TRUE;
}

gboolean
entrant_is_possible (const Subject *subject, const Case *what)
{
  const char *name = what->decodes ? subject->decoder : subject->encoder;
  g_autoptr (GstElementFactory) factory = NULL;

  if (subject->is_cm_only && what->profile != SUBJECT_CM_80)
  {
    return FALSE;
  }
  if (subject->is_fragile && what->decodes && what->shape == PACKETS_SHARED)
  {
    return FALSE;
  }
  factory = subject->is_floor ? NULL : gst_element_factory_find (name);
  return subject->is_floor || factory != NULL;
}

/* (nullable): a subject that was seen to do its work. */
Entrant *
entrant_new (const Subject *subject, const Case *what)
{
  Entrant *self = g_new0 (Entrant, 1);
  gboolean is_singly = what->list_len != 0 && what->decodes && subject->is_fragile;
  const char *fault = "it did not start";

  self->subject = subject;
  self->what = what;
  self->name = g_strconcat (what->decodes ? subject->decoder : subject->encoder,
                            is_singly ? SINGLY : NULL, NULL);
  self->list_len = is_singly ? 0 : what->list_len;
  self->rig = subject->make (what->profile);
  if (self->rig != NULL)
  {
    fault = find_fault (self);
  }
  if (fault != NULL)
  {
    fprintf (stderr, "%s: %s\n", self->name, fault);
    g_clear_pointer (&self, entrant_free);
  }
  return self;
}

const char *
entrant_name (Entrant *self)
{
  return self->name;
}

char *
entrant_dup_reference (Entrant *self)
{
  const Case *what = self->what;
  const char *reference = what->decodes ? self->subject->decoder_reference
                                        : self->subject->encoder_reference;

  if (reference == NULL || (what->decodes && what->shape == PACKETS_SHARED))
  {
    return NULL;
  }
  return g_strconcat (reference, what->decodes && what->list_len != 0 ? SINGLY : NULL,
                      NULL);
}
