/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "traffic.h"

#include <string.h>

#define TICK_MS 4
#define RTCP_EVERY 8 /* ticks; data likewise */
#define RTP_HEADER_LEN 12
#define RTCP_LEN 32 /* a receiver report with one block */
#define MAX_PAYLOAD_LEN 1000
#define LAST_WORD "the last word"

typedef enum
{
  KIND_RTP,
  KIND_RTCP,
  KIND_DATA,
} Kind;

#define N_KINDS (KIND_DATA + 1)

/* What goes one way. */
typedef struct
{
  Party *from; /* borrowed */
  Party *to;   /* borrowed */
  guint8 id;
  guint n_sent[N_KINDS];
  GByteArray *seen[N_KINDS]; /* one byte for each that was sent: whether it came */
  guint n_received[N_KINDS];
  guint n_late; /* RTP */
  guint n_last_words;
  gint64 newest; /* RTP's number */
} Way;

/* Numbers to be received, by way and kind. */
typedef struct
{
  guint n[2][N_KINDS];
} Goals;

struct _Traffic
{
  Way ways[2];
  guint n_ticks;
  guint timer; /* 0 for none */
};

/* What number @number looks like. */

static void
fill (const Way *way, Kind kind, guint32 number, guint8 *bytes, gsize len)
{
  guint32 start = number * 7 + way->id * 101u + (guint) kind * 31;

  for (gsize i = 0; i < len; i++)
  {
    bytes[i] = (guint8) (start + i * 13);
  }
}

static void
put_u32 (guint8 *bytes, guint32 value)
{
  guint32 wire = GUINT32_TO_BE (value);

  memcpy (bytes, &wire, sizeof wire);
}

static guint32
get_u32 (const guint8 *bytes)
{
  guint32 wire;

  memcpy (&wire, bytes, sizeof wire);
  return GUINT32_FROM_BE (wire);
}

/* Its timestamp is its whole number. */
static GBytes *
make_media (const Way *way, guint32 number)
{
  gsize len = RTP_HEADER_LEN + 40 + number * 37 % MAX_PAYLOAD_LEN;
  guint8 *packet = g_malloc (len);

  fill (way, KIND_RTP, number, packet, len);
  put_u32 (packet, 0x80600000 | (number & 0xffff)); /* payload type 96 */
  put_u32 (packet + 4, number);
  put_u32 (packet + 8, way->id);
  return g_bytes_new_take (packet, len);
}

/* A report's round-trip fields are the number. */
static GBytes *
make_report (const Way *way, guint32 number)
{
  guint8 *packet = g_malloc (RTCP_LEN);

  fill (way, KIND_RTCP, number, packet, RTCP_LEN);
  put_u32 (packet, 0x81c90000 | (RTCP_LEN / 4 - 1));
  put_u32 (packet + 4, way->id);
  put_u32 (packet + RTCP_LEN - 4, number);
  return g_bytes_new_take (packet, RTCP_LEN);
}

static GBytes *
make_data (const Way *way, guint32 number)
{
  gsize len = 4 + number * 61 % MAX_PAYLOAD_LEN;
  guint8 *bytes = g_malloc (len);

  fill (way, KIND_DATA, number, bytes, len);
  put_u32 (bytes, number);
  return g_bytes_new_take (bytes, len);
}

static GBytes *
make (const Way *way, Kind kind, guint32 number)
{
  switch (kind)
  {
  case KIND_RTP:
    return make_media (way, number);
  case KIND_RTCP:
    return make_report (way, number);
  case KIND_DATA:
  default:
    return make_data (way, number);
  }
}

/* Sending. */

static void
send_one (Way *way, Kind kind)
{
  guint32 number = way->n_sent[kind]++;
  g_autoptr (GBytes) bytes = make (way, kind, number);
  g_autoptr (GError) error = NULL;
  gsize len;
  const guint8 *data = g_bytes_get_data (bytes, &len);

  g_byte_array_append (way->seen[kind], (const guint8 *) "", 1);
  switch (kind)
  {
  case KIND_RTP:
    tegata_transport_send_rtp (way->from->transport, data, len, &error);
    break;
  case KIND_RTCP:
    tegata_transport_send_rtcp (way->from->transport, data, len, &error);
    break;
  case KIND_DATA:
  default:
    tegata_transport_send_data (way->from->transport, data, len, &error);
    break;
  }
  g_assert_no_error (error);
}

static gboolean
on_tick (gpointer user_data)
{
  Traffic *self = user_data;

  for (guint i = 0; i < G_N_ELEMENTS (self->ways); i++)
  {
    send_one (&self->ways[i], KIND_RTP);
    if (self->n_ticks % RTCP_EVERY == 0)
    {
      send_one (&self->ways[i], KIND_RTCP);
      send_one (&self->ways[i], KIND_DATA);
    }
  }
  self->n_ticks++;
  return G_SOURCE_CONTINUE;
}

/* Receiving. */

static void
note (Way *way, Kind kind, guint32 number, GBytes *bytes)
{
  g_autoptr (GBytes) expected = NULL;

  g_assert_cmpuint (number, <, way->n_sent[kind]);
  expected = make (way, kind, number);
  g_assert_true (g_bytes_equal (bytes, expected));
  g_assert_cmpuint (way->seen[kind]->data[number], ==, 0); /* once */
  way->seen[kind]->data[number] = 1;
  way->n_received[kind]++;
  if (kind != KIND_RTP)
  {
    return;
  }
  if (number < way->newest)
  {
    way->n_late++;
  }
  way->newest = MAX (way->newest, number);
}

static void
note_packet (Way *way, GBytes *packet)
{
  gsize len;
  const guint8 *bytes = g_bytes_get_data (packet, &len);

  if (tegata_packet_classify (bytes, len) == TEGATA_PACKET_RTP)
  {
    g_assert_cmpuint (len, >=, RTP_HEADER_LEN);
    note (way, KIND_RTP, get_u32 (bytes + 4), packet);
  }
  else
  {
    g_assert_cmpuint (len, ==, RTCP_LEN);
    note (way, KIND_RTCP, get_u32 (bytes + RTCP_LEN - 4), packet);
  }
}

static void
note_data (Way *way, GBytes *data)
{
  gsize len;
  const guint8 *bytes = g_bytes_get_data (data, &len);

  if (len == strlen (LAST_WORD) && memcmp (bytes, LAST_WORD, len) == 0)
  {
    way->n_last_words++;
    return;
  }
  g_assert_cmpuint (len, >=, 4);
  note (way, KIND_DATA, get_u32 (bytes), data);
}

static void
take_in (Way *way)
{
  for (guint i = 0; i < way->to->packets->len; i++)
  {
    note_packet (way, g_ptr_array_index (way->to->packets, i));
  }
  g_ptr_array_set_size (way->to->packets, 0);
  for (guint i = 0; i < way->to->data->len; i++)
  {
    note_data (way, g_ptr_array_index (way->to->data, i));
  }
  g_ptr_array_set_size (way->to->data, 0);
}

static void
take_in_all (Traffic *self)
{
  take_in (&self->ways[0]);
  take_in (&self->ways[1]);
}

static gboolean
has_reached (Traffic *self, const Goals *goals)
{
  take_in_all (self);
  for (guint i = 0; i < G_N_ELEMENTS (self->ways); i++)
  {
    for (guint kind = 0; kind < N_KINDS; kind++)
    {
      if (self->ways[i].n_received[kind] < goals->n[i][kind])
      {
        return FALSE;
      }
    }
  }
  return TRUE;
}

void
traffic_await (Traffic *self, guint n_packets)
{
  Goals goals;

  take_in_all (self);
  for (guint i = 0; i < G_N_ELEMENTS (self->ways); i++)
  {
    goals.n[i][KIND_RTP] = self->ways[i].n_received[KIND_RTP] + n_packets;
    goals.n[i][KIND_RTCP] = self->ways[i].n_received[KIND_RTCP] + 2;
    goals.n[i][KIND_DATA] = self->ways[i].n_received[KIND_DATA] + 2;
  }
  wait_until (has_reached (self, &goals));
}

/* The end. */

static void
stop (Traffic *self)
{
  g_clear_handle_id (&self->timer, g_source_remove);
}

void
traffic_finish (Traffic *self)
{
  Goals goals;

  stop (self);
  memcpy (goals.n[0], self->ways[0].n_sent, sizeof goals.n[0]);
  memcpy (goals.n[1], self->ways[1].n_sent, sizeof goals.n[1]);
  wait_until (has_reached (self, &goals));
}

static gboolean
say_last_word (gpointer user_data)
{
  Traffic *self = user_data;

  for (guint i = 0; i < G_N_ELEMENTS (self->ways); i++)
  {
    tegata_transport_send_data (self->ways[i].from->transport, (const guint8 *) LAST_WORD,
                                strlen (LAST_WORD), NULL);
  }
  return G_SOURCE_CONTINUE;
}

static gboolean
has_heard_last_words (Traffic *self)
{
  take_in_all (self);
  return self->ways[0].n_last_words > 0 && self->ways[1].n_last_words > 0;
}

void
traffic_finish_lossy (Traffic *self)
{
  stop (self);
  self->timer = g_timeout_add (TICK_MS, say_last_word, self);
  wait_until (has_heard_last_words (self));
  stop (self);
}

guint
traffic_n_sent (Traffic *self)
{
  return self->ways[0].n_sent[KIND_RTP] + self->ways[1].n_sent[KIND_RTP];
}

guint
traffic_n_received (Traffic *self)
{
  return self->ways[0].n_received[KIND_RTP] + self->ways[1].n_received[KIND_RTP];
}

guint
traffic_n_late (Traffic *self)
{
  return self->ways[0].n_late + self->ways[1].n_late;
}

static void
way_init (Way *self, Party *from, Party *to, guint8 id)
{
  self->from = from;
  self->to = to;
  self->id = id;
  self->newest = -1;
  for (guint kind = 0; kind < N_KINDS; kind++)
  {
    self->seen[kind] = g_byte_array_new ();
  }
}

Traffic *
traffic_new (Party *a, Party *b)
{
  Traffic *self = g_new0 (Traffic, 1);

  way_init (&self->ways[0], a, b, 1);
  way_init (&self->ways[1], b, a, 2);
  self->timer = g_timeout_add (TICK_MS, on_tick, self);
  return self;
}

void
traffic_free (Traffic *self)
{
  stop (self);
  for (guint i = 0; i < G_N_ELEMENTS (self->ways); i++)
  {
    for (guint kind = 0; kind < N_KINDS; kind++)
    {
      g_byte_array_unref (self->ways[i].seen[kind]);
    }
  }
  g_free (self);
}
