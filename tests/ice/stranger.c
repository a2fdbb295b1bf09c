/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "stranger.h"

#include <string.h>

/* A handshake has fewer datagrams each way than that. */
#define N_NUMBERS 10

struct _Stranger
{
  GSocket *socket;
  GRand *rand;
  guint n_turns;
  guint n_sent;
};

Stranger *
stranger_new (void)
{
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GError) error = NULL;
  Stranger *self = g_new0 (Stranger, 1);

  self->socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM,
                               G_SOCKET_PROTOCOL_UDP, &error);
  g_assert_no_error (error);
  g_socket_bind (self->socket, any, FALSE, &error);
  g_assert_no_error (error);
  self->rand = g_rand_new_with_seed ((guint32) g_test_rand_int ());
  return self;
}

void
stranger_free (Stranger *self)
{
  g_object_unref (self->socket);
  g_rand_free (self->rand);
  g_free (self);
}

GBytes *
stranger_forge (Stranger *self, Forgery forgery, TegataRole victim_role, guint turn)
{
  const ForgeryView view = {
    .victim = victim_role,
    .record_seq = turn % N_NUMBERS,
    .message_seq = (guint16) (turn % N_NUMBERS),
    .rand = self->rand,
  };

  return forgery_make (forgery, &view);
}

/* Where a line of SDP says it is: RFC 8839 section 5.1. */
static GSocketAddress *
address_of (const char *candidate)
{
  g_auto (GStrv) words = g_strsplit (candidate, " ", -1);

  g_assert_cmpuint (g_strv_length (words), >, 5);
  return g_inet_socket_address_new_from_string (
      words[4], (guint) g_ascii_strtoull (words[5], NULL, 10));
}

static void
strike_at (Stranger *self, GSocketAddress *address, TegataRole victim_role)
{
  for (guint forgery = 0; forgery < N_FORGERIES; forgery++)
  {
    g_autoptr (GBytes) bytes
        = stranger_forge (self, (Forgery) forgery, victim_role, self->n_turns);
    g_autoptr (GError) error = NULL;
    gsize len;
    const char *data = g_bytes_get_data (bytes, &len);

    g_socket_send_to (self->socket, address, data, len, NULL, &error);
    g_assert_no_error (error);
    self->n_sent++;
  }
}

void
stranger_strike (Stranger *self, IcePeer *victim, TegataRole victim_role)
{
  for (guint i = 0; i < victim->candidates->len; i++)
  {
    g_autoptr (GSocketAddress) address
        = address_of (g_ptr_array_index (victim->candidates, i));

    strike_at (self, address, victim_role);
  }
  self->n_turns++;
}

void
stranger_check (Stranger *self, IcePeer *to)
{
  static const char request[] /* RFC 8489 section 5: a binding, without attributes */
      = { 0,   1,   0,   0,   0x21, 0x12, (char) 0xa4, 0x42, 's', 't',
          'r', 'a', 'n', 'g', 'e',  'r',  's',         'a',  'y', 's' };
  g_autoptr (GSocketAddress) address = address_of (g_ptr_array_index (to->candidates, 0));
  g_autoptr (GError) error = NULL;

  g_socket_send_to (self->socket, address, request, sizeof request, NULL, &error);
  g_assert_no_error (error);
}

gboolean
stranger_has_answer (Stranger *self)
{
  return g_socket_condition_check (self->socket, G_IO_IN) != 0;
}

gboolean
ice_peer_has_read_all (IcePeer *peer)
{
  g_autoptr (GPtrArray) sockets
      = nice_agent_get_sockets (peer->agent, peer->stream_id, 1);

  for (guint i = 0; i < sockets->len; i++)
  {
    if (g_socket_condition_check (g_ptr_array_index (sockets, i), G_IO_IN) != 0)
    {
      return FALSE;
    }
  }
  return TRUE;
}

guint
stranger_n_sent (Stranger *self)
{
  return self->n_sent;
}
