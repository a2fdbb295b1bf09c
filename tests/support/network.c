/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support/network.h"

#include "support/virtual-clock.h"

/* A node whose deadline stays in the past would stop the time. */
#define MAX_STEPS_AT_ONE_MOMENT 100000

typedef struct
{
  const NetworkNodeFuncs *funcs;
  gpointer self; /* NULL: removed */
  TegataAddress address;
  guint n_sent;
  guint n_delivered;
  GSequence *held; /* (element-type Transit): nothing or one */
} Node;

/* A datagram under way. */
typedef struct
{
  gint64 due_us;
  gint64 order; /* among those that are due at the same moment */
  TegataAddress from;
  TegataAddress to;
  GBytes *bytes;
} Transit;

struct _Network
{
  GRand *rand;
  NetworkConditions conditions;
  NetworkFateFunc fate_func;
  gpointer fate_data;
  NetworkObserveFunc observe_func;
  gpointer observe_data;
  GArray *nodes;    /* (element-type Node) */
  GSequence *queue; /* (element-type Transit), by due_us, then order */
  gint64 n_transits;
  guint n_addresses;
};

static void
transit_free (gpointer data)
{
  Transit *transit = data;

  g_bytes_unref (transit->bytes);
  g_free (transit);
}

static gint
transit_compare (gconstpointer a, gconstpointer b, gpointer user_data G_GNUC_UNUSED)
{
  const Transit *x = a;
  const Transit *y = b;

  if (x->due_us != y->due_us)
  {
    return x->due_us < y->due_us ? -1 : 1;
  }
  return x->order < y->order ? -1 : x->order > y->order;
}

static Node *
get_node (Network *self, guint node)
{
  g_assert_cmpuint (node, <, self->nodes->len);
  return &g_array_index (self->nodes, Node, node);
}

static void
node_clear (gpointer data)
{
  Node *node = data;

  g_sequence_free (node->held);
}

Network *
network_new (guint32 seed)
{
  Network *self = g_new0 (Network, 1);

  virtual_clock_start ();
  self->rand = g_rand_new_with_seed (seed);
  self->conditions.delay_us = G_TIME_SPAN_MILLISECOND;
  self->nodes = g_array_new (FALSE, TRUE, sizeof (Node));
  g_array_set_clear_func (self->nodes, node_clear);
  self->queue = g_sequence_new (transit_free);
  return self;
}

void
network_free (Network *self)
{
  g_rand_free (self->rand);
  g_array_unref (self->nodes);
  g_sequence_free (self->queue);
  g_free (self);
}

NetworkConditions *
network_conditions (Network *self)
{
  return &self->conditions;
}

void
network_set_fate_func (Network *self, NetworkFateFunc func, gpointer user_data)
{
  self->fate_func = func;
  self->fate_data = user_data;
}

void
network_set_observe_func (Network *self, NetworkObserveFunc func, gpointer user_data)
{
  self->observe_func = func;
  self->observe_data = user_data;
}

static void
make_address (Network *self, TegataAddress *address)
{
  guint8 bytes[6] = { 192, 0, 2, 1, 0, 0 };

  self->n_addresses++;
  bytes[4] = (guint8) (self->n_addresses >> 8);
  bytes[5] = (guint8) self->n_addresses;
  tegata_address_init (address, bytes, sizeof bytes);
}

guint
network_add_node (Network *self, const NetworkNodeFuncs *funcs, gpointer node)
{
  Node new_node = { .funcs = funcs, .self = node };

  make_address (self, &new_node.address);
  new_node.held = g_sequence_new (transit_free);
  g_array_append_val (self->nodes, new_node);
  return self->nodes->len - 1;
}

const TegataAddress *
network_node_address (Network *self, guint node)
{
  return &get_node (self, node)->address;
}

void
network_move_node (Network *self, guint node)
{
  make_address (self, &get_node (self, node)->address);
}

void
network_remove_node (Network *self, guint node)
{
  get_node (self, node)->self = NULL;
}

/* Each kind of chance is drawn for each datagram, whatever the conditions: so a seed
 * makes the same losses with and without jitter. */
static void
draw_fate (Network *self, gsize len, NetworkFate *fate)
{
  const NetworkConditions *conditions = &self->conditions;
  double loss = g_rand_double (self->rand);
  double duplication = g_rand_double (self->rand);
  double corruption = g_rand_double (self->rand);
  double jitter = g_rand_double (self->rand);
  double where = g_rand_double (self->rand);

  fate->n_copies = duplication < conditions->duplication ? 2 : 1;
  if (loss < conditions->loss)
  {
    fate->n_copies = 0;
  }
  fate->delay_us = conditions->delay_us + (gint64) (jitter * conditions->jitter_us);
  fate->is_held = FALSE;
  fate->flip_byte = corruption < conditions->corruption ? (gssize) (where * len) : -1;
}

static GBytes *
make_bytes (const guint8 *bytes, gsize len, gssize flip_byte)
{
  guint8 *copy = g_memdup2 (bytes, len);

  if (flip_byte >= 0)
  {
    g_assert_cmpint (flip_byte, <, (gssize) len);
    copy[flip_byte] ^= 0x55;
  }
  return g_bytes_new_take (copy, len);
}

static void
enqueue (Network *self, Transit *transit)
{
  transit->order = self->n_transits++;
  g_sequence_insert_sorted (self->queue, transit, transit_compare, NULL);
}

/* What was held goes now, right behind the datagram that is due at @due_us. */
static void
release_held (Network *self, guint from, gint64 due_us)
{
  GSequence *held = get_node (self, from)->held;

  while (!g_sequence_is_empty (held))
  {
    GSequenceIter *first = g_sequence_get_begin_iter (held);
    Transit *transit = g_sequence_get (first);

    g_sequence_move_range (g_sequence_get_end_iter (self->queue), first,
                           g_sequence_iter_next (first));
    transit->due_us = MAX (transit->due_us, due_us);
    transit->order = self->n_transits++;
    g_sequence_sort_changed (first, transit_compare, NULL);
  }
}

static void
apply_fate (Network *self,
            const NetworkDatagram *datagram,
            const TegataAddress *to,
            const NetworkFate *fate)
{
  Node *sender = get_node (self, datagram->from);
  gint64 due_us = network_now_us (self) + fate->delay_us;

  for (guint i = 0; i < fate->n_copies; i++)
  {
    Transit *transit = g_new0 (Transit, 1);
    transit->due_us = due_us;
    transit->from = sender->address;
    transit->to = *to;
    transit->bytes = make_bytes (datagram->bytes, datagram->len, fate->flip_byte);
    if (fate->is_held)
    {
      g_sequence_append (sender->held, transit);
    }
    else
    {
      enqueue (self, transit);
    }
  }
  if (!fate->is_held)
  {
    release_held (self, datagram->from, due_us);
  }
}

void
network_send (Network *self,
              guint from,
              const TegataAddress *to,
              const guint8 *bytes,
              gsize len)
{
  Node *sender = get_node (self, from);
  NetworkDatagram datagram = { from, sender->n_sent++, bytes, len };
  NetworkFate fate;

  g_assert_cmpuint (len, >, 0);
  if (self->conditions.mtu != 0)
  {
    g_assert_cmpuint (len, <=, self->conditions.mtu);
  }
  if (self->observe_func != NULL)
  {
    self->observe_func (&datagram, self->observe_data);
  }
  draw_fate (self, len, &fate);
  if (self->fate_func != NULL)
  {
    self->fate_func (&datagram, &fate, self->fate_data);
  }
  apply_fate (self, &datagram, to, &fate);
}

void
network_inject (Network *self,
                const TegataAddress *from,
                guint to,
                GBytes *datagram,
                gint64 delay_us)
{
  Transit *transit = g_new0 (Transit, 1);

  transit->due_us = network_now_us (self) + delay_us;
  transit->order = G_MININT64 + self->n_transits++;
  transit->from = *from;
  transit->to = get_node (self, to)->address;
  transit->bytes = g_bytes_ref (datagram);
  g_sequence_insert_sorted (self->queue, transit, transit_compare, NULL);
}

gint64
network_now_us (Network *self G_GNUC_UNUSED)
{
  return virtual_clock_now_us ();
}

static Node *
find_node (Network *self, const TegataAddress *address)
{
  for (guint i = 0; i < self->nodes->len; i++)
  {
    Node *node = get_node (self, i);
    if (node->self != NULL && tegata_address_equal (&node->address, address))
    {
      return node;
    }
  }
  return NULL;
}

static void
deliver (Network *self, GSequenceIter *first)
{
  Transit *transit = g_sequence_get (first);
  TegataAddress from = transit->from;
  g_autoptr (GBytes) bytes = g_bytes_ref (transit->bytes);
  Node *node = find_node (self, &transit->to);

  g_sequence_remove (first);
  if (node != NULL)
  {
    gsize len;
    const guint8 *data = g_bytes_get_data (bytes, &len);
    node->n_delivered++;
    node->funcs->receive (node->self, &from, data, len, network_now_us (self));
  }
}

/* The node whose deadline comes first; NULL where there is none. */
static Node *
find_next_deadline (Network *self, gint64 *deadline_us)
{
  Node *next = NULL;

  for (guint i = 0; i < self->nodes->len; i++)
  {
    Node *node = get_node (self, i);
    if (node->self == NULL)
    {
      continue;
    }
    gint64 its_us = node->funcs->deadline_us (node->self);
    if (its_us >= 0 && (next == NULL || its_us < *deadline_us))
    {
      next = node;
      *deadline_us = its_us;
    }
  }
  return next;
}

/* One delivery or one deadline, up to @end_us; FALSE where there is none. */
static gboolean
step (Network *self, gint64 end_us)
{
  GSequenceIter *first = g_sequence_get_begin_iter (self->queue);
  gint64 due_us = G_MAXINT64;
  gint64 deadline_us = G_MAXINT64;
  Node *node = find_next_deadline (self, &deadline_us);

  if (!g_sequence_iter_is_end (first))
  {
    due_us = ((Transit *) g_sequence_get (first))->due_us;
  }
  if (MIN (due_us, deadline_us) > end_us)
  {
    return FALSE;
  }

  virtual_clock_advance_to (MAX (network_now_us (self), MIN (due_us, deadline_us)));
  if (due_us <= deadline_us)
  {
    deliver (self, first);
  }
  else
  {
    node->funcs->handle_deadline (node->self, network_now_us (self));
  }
  return TRUE;
}

gboolean
network_run (Network *self, gint64 duration_us, NetworkDoneFunc done, gpointer user_data)
{
  gint64 end_us = network_now_us (self) + duration_us;
  gint64 last_us = -1;
  guint n_steps = 0;

  while (done == NULL || !done (user_data))
  {
    if (!step (self, end_us))
    {
      virtual_clock_advance_to (end_us);
      return done != NULL && done (user_data);
    }
    n_steps = network_now_us (self) == last_us ? n_steps + 1 : 0;
    last_us = network_now_us (self);
    g_assert_cmpuint (n_steps, <, MAX_STEPS_AT_ONE_MOMENT);
  }
  return TRUE;
}

guint
network_n_sent (Network *self, guint node)
{
  return get_node (self, node)->n_sent;
}

guint
network_n_delivered (Network *self, guint node)
{
  return get_node (self, node)->n_delivered;
}
