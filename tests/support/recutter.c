/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support/recutter.h"

#include "dtls/wire.h"

/* Where an end sends to: its datagrams come out at the other one. */
typedef struct
{
  Recutter *recutter;
  TegataRole end;
} Side;

struct _Recutter
{
  Pair *pair;
  Side sides[2]; /* by the TegataRole of the end */
  RecutterPlan plan;
  guint nodes[2]; /* their nodes: what each end takes for its peer */
  guint n_cut;    /* datagrams so far */
  guint n_pieces;
  guint64 next_sequence; /* of epoch 0 */
};

static GBytes *
make_record (Recutter *self, const TegataRecord *record, const void *body, gsize len)
{
  GByteArray *array = g_byte_array_new ();

  tegata_write_u8 (array, record->type);
  tegata_write_u16 (array, record->version);
  tegata_write_u16 (array, 0);
  tegata_write_u48 (array, self->next_sequence++);
  tegata_write_u16 (array, (guint16) len);
  g_byte_array_append (array, body, (guint) len);
  return g_byte_array_free_to_bytes (array);
}

static GBytes *
make_piece (Recutter *self,
            const TegataRecord *record,
            const TegataHandshakeFragment *fragment,
            gsize start,
            gsize end)
{
  g_autoptr (GByteArray) body = g_byte_array_new ();

  tegata_write_u8 (body, fragment->type);
  tegata_write_u24 (body, fragment->length);
  tegata_write_u16 (body, fragment->message_seq);
  tegata_write_u24 (body, fragment->offset + (guint32) start);
  tegata_write_u24 (body, (guint32) (end - start));
  g_byte_array_append (body, fragment->body.bytes + start, (guint) (end - start));
  return make_record (self, record, body->data, body->len);
}

static void
cut_fragment (Recutter *self,
              const TegataRecord *record,
              const TegataHandshakeFragment *fragment,
              GPtrArray *pieces)
{
  gsize len = fragment->body.len;
  gsize end = MIN (len, self->plan.first_cut + self->n_cut * self->plan.shift);
  gsize start = 0;

  g_ptr_array_add (pieces, make_piece (self, record, fragment, start, end));
  while (end < len)
  {
    start = end - MIN (end, self->plan.overlap);
    end = MIN (len, end + self->plan.cut);
    g_ptr_array_add (pieces, make_piece (self, record, fragment, start, end));
  }
}

static void
cut_record (Recutter *self, const TegataRecord *record, GPtrArray *pieces)
{
  TegataReader body = record->body;
  TegataHandshakeFragment fragment;

  if (record->epoch > 0)
  {
    g_ptr_array_add (pieces, g_bytes_new (record->bytes, record->len));
    return;
  }
  if (record->type != TEGATA_CONTENT_HANDSHAKE)
  {
    g_ptr_array_add (pieces, make_record (self, record, body.bytes, body.len));
    return;
  }
  while (tegata_handshake_fragment_read (&body, &fragment))
  {
    cut_fragment (self, record, &fragment, pieces);
  }
}

static void
forward (Recutter *self, TegataRole author, const guint8 *bytes, gsize len)
{
  TegataRole other
      = author == TEGATA_ROLE_CLIENT ? TEGATA_ROLE_SERVER : TEGATA_ROLE_CLIENT;
  Endpoint *to = other == TEGATA_ROLE_CLIENT ? self->pair->client : self->pair->server;

  network_send (self->pair->network, self->nodes[other],
                network_node_address (self->pair->network, to->node), bytes, len);
}

static void
send_pieces (Recutter *self, GPtrArray *pieces)
{
  for (guint i = 0; i < pieces->len; i++)
  {
    guint index = self->plan.reversed ? pieces->len - 1 - i : i;
    gboolean is_lost
        = self->n_cut == 0 && index < 32 && (self->plan.lost_pieces >> index & 1) != 0;
    gsize len;
    const guint8 *bytes = g_bytes_get_data (g_ptr_array_index (pieces, index), &len);

    if (!is_lost)
    {
      self->n_pieces++;
      forward (self, self->plan.author, bytes, len);
    }
  }
}

static void
side_receive (gpointer node,
              const TegataAddress *from G_GNUC_UNUSED,
              const guint8 *bytes,
              gsize len,
              gint64 now_us G_GNUC_UNUSED)
{
  Side *side = node;
  Recutter *self = side->recutter;
  g_autoptr (GPtrArray) pieces
      = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  TegataReader reader;
  TegataRecord record;

  if (side->end != self->plan.author)
  {
    forward (self, side->end, bytes, len);
    return;
  }
  tegata_reader_init (&reader, bytes, len);
  while (tegata_record_read (&reader, &record))
  {
    cut_record (self, &record, pieces);
  }
  send_pieces (self, pieces);
  self->n_cut++;
}

static gint64
side_deadline_us (gpointer node G_GNUC_UNUSED)
{
  return -1;
}

static void
side_handle_deadline (gpointer node G_GNUC_UNUSED, gint64 now_us G_GNUC_UNUSED)
{
  g_assert_not_reached ();
}

static const NetworkNodeFuncs side_funcs = {
  side_receive,
  side_deadline_us,
  side_handle_deadline,
};

static void
add_side (Recutter *self, Endpoint *endpoint)
{
  Side *side = &self->sides[endpoint->role];

  side->recutter = self;
  side->end = endpoint->role;
  self->nodes[endpoint->role] = network_add_node (self->pair->network, &side_funcs, side);
  endpoint->peer
      = *network_node_address (self->pair->network, self->nodes[endpoint->role]);
}

Recutter *
recutter_new (Pair *pair, const RecutterPlan *plan)
{
  Recutter *self = g_new0 (Recutter, 1);

  self->pair = pair;
  self->plan = *plan;
  add_side (self, pair->client);
  add_side (self, pair->server);
  return self;
}

void
recutter_free (Recutter *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->nodes); i++)
  {
    network_remove_node (self->pair->network, self->nodes[i]);
  }
  g_free (self);
}

guint
recutter_n_pieces (Recutter *self)
{
  return self->n_pieces;
}
