/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support/attacker.h"

struct _Attacker
{
  Pair *pair;
  GRand *rand;
  ForgeryView views[2]; /* by the victim's TegataRole */
  guint n_seen;
};

static void
observe (const NetworkDatagram *datagram, gpointer user_data)
{
  Attacker *self = user_data;
  gboolean to_server = datagram->from == self->pair->client->node;
  TegataRole victim = to_server ? TEGATA_ROLE_SERVER : TEGATA_ROLE_CLIENT;

  self->n_seen++;
  forgery_view_observe (&self->views[victim], datagram->bytes, datagram->len);
}

Attacker *
attacker_new (Pair *pair, guint32 seed)
{
  Attacker *self = g_new0 (Attacker, 1);

  self->pair = pair;
  self->rand = g_rand_new_with_seed (seed);
  for (guint role = 0; role < G_N_ELEMENTS (self->views); role++)
  {
    self->views[role].victim = (TegataRole) role;
    self->views[role].rand = self->rand;
  }
  network_set_observe_func (pair->network, observe, self);
  return self;
}

void
attacker_free (Attacker *self)
{
  network_set_observe_func (self->pair->network, NULL, NULL);
  g_rand_free (self->rand);
  g_free (self);
}

GBytes *
attacker_forge (Attacker *self, Forgery forgery, TegataRole victim)
{
  return forgery_make (forgery, &self->views[victim]);
}

void
attacker_inject (Attacker *self, TegataRole victim, GBytes *datagram, gint64 delay_us)
{
  Pair *pair = self->pair;
  Endpoint *to = victim == TEGATA_ROLE_CLIENT ? pair->client : pair->server;
  Endpoint *from = victim == TEGATA_ROLE_CLIENT ? pair->server : pair->client;

  network_inject (pair->network, network_node_address (pair->network, from->node),
                  to->node, datagram, delay_us);
}

void
attacker_strike (Attacker *self, Forgery forgery, TegataRole victim)
{
  g_autoptr (GBytes) datagram = attacker_forge (self, forgery, victim);

  attacker_inject (self, victim, datagram, 0);
}

void
attacker_strike_from_afar (Attacker *self, Forgery forgery, TegataRole victim)
{
  static const guint8 bytes[] = { 203, 0, 113, 66, 6, 6 };
  g_autoptr (GBytes) datagram = attacker_forge (self, forgery, victim);
  Endpoint *to = victim == TEGATA_ROLE_CLIENT ? self->pair->client : self->pair->server;
  TegataAddress from;

  tegata_address_init (&from, bytes, sizeof bytes);
  network_inject (self->pair->network, &from, to->node, datagram, 0);
}

guint
attacker_n_seen (Attacker *self)
{
  return self->n_seen;
}
