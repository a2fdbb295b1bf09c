/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transport/udp-node.h"

#include <string.h>

static void
on_received (TegataDatagram *datagrams, guint n_datagrams, gpointer user_data)
{
  UdpNode *self = user_data;

  self->n_batches++;
  self->thread = g_thread_self ();
  for (guint i = 0; i < n_datagrams; i++)
  {
    g_ptr_array_add (self->payloads, g_bytes_new (datagrams[i].bytes, datagrams[i].len));
    g_array_append_val (self->sources, datagrams[i].peer);
    /* They are the receiver's to write to. */
    memset (datagrams[i].bytes, 0xee, datagrams[i].len);
  }
  if (self->on_batch != NULL)
  {
    self->on_batch (self);
  }
}

static void
on_network_error (const GError *error, gpointer user_data)
{
  UdpNode *self = user_data;

  self->thread = g_thread_self ();
  g_ptr_array_add (self->errors, g_error_copy (error));
}

static const TegataDatagramReceiver receiver
    = { .received = on_received, .network_error = on_network_error };

GSocketAddress *
udp_address (const char *host, guint16 port)
{
  GSocketAddress *self = g_inet_socket_address_new_from_string (host, port);

  g_assert_nonnull (self);
  return self;
}

void
udp_node_attach (UdpNode *self, TegataLoop *loop)
{
  tegata_datagram_channel_attach (TEGATA_DATAGRAM_CHANNEL (self->channel), loop,
                                  &receiver, self);
}

UdpNode *
udp_node_new (const char *local, GSocketAddress *peer)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketAddress) address = local != NULL ? udp_address (local, 0) : NULL;
  UdpNode *self = g_new0 (UdpNode, 1);

  self->context = g_main_context_new ();
  self->loop = tegata_loop_new (self->context);
  self->payloads = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  self->sources = g_array_new (FALSE, FALSE, sizeof (TegataAddress));
  self->errors = g_ptr_array_new_with_free_func ((GDestroyNotify) g_error_free);
  self->channel = tegata_udp_channel_new (address, peer, &error);
  g_assert_no_error (error);
  udp_node_attach (self, self->loop);
  return self;
}

void
udp_node_free (UdpNode *self)
{
  if (self->channel != NULL)
  {
    tegata_datagram_channel_detach (TEGATA_DATAGRAM_CHANNEL (self->channel));
    g_assert_finalize_object (self->channel);
  }
  tegata_loop_unref (self->loop);
  g_main_context_unref (self->context);
  g_ptr_array_unref (self->payloads);
  g_ptr_array_unref (self->errors);
  g_array_unref (self->sources);
  g_free (self);
}

GSocketAddress *
udp_node_address (UdpNode *self)
{
  return tegata_udp_channel_get_local_address (self->channel);
}

gboolean
udp_node_send (UdpNode *self, GSocketAddress *to, gconstpointer bytes, gsize len)
{
  TegataDatagram datagram = { .bytes = (guint8 *) bytes, .len = len };

  if (to != NULL)
  {
    g_assert_true (tegata_address_from_socket_address (&datagram.peer, to));
  }
  return tegata_datagram_channel_send (TEGATA_DATAGRAM_CHANNEL (self->channel), &datagram,
                                       1)
         == 1;
}

void
udp_node_await (UdpNode *self, guint n_payloads, guint n_errors)
{
  while (self->payloads->len < n_payloads || self->errors->len < n_errors)
  {
    g_main_context_iteration (self->context, TRUE);
  }
}

guint
udp_node_drain (UdpNode *self)
{
  guint n_turns = 0;

  while (g_main_context_iteration (self->context, FALSE))
  {
    g_assert_cmpuint (++n_turns, <, 10000);
  }
  return n_turns;
}

void
udp_node_assert_payload (UdpNode *self, guint i, gconstpointer bytes, gsize len)
{
  gconstpointer got;
  gsize got_len;

  g_assert_cmpuint (self->payloads->len, >, i);
  got = g_bytes_get_data (g_ptr_array_index (self->payloads, i), &got_len);
  g_assert_cmpmem (got, got_len, bytes, len);
}

void
udp_node_assert_source (UdpNode *self, guint i, GSocketAddress *source)
{
  TegataAddress expected = { 0 };

  g_assert_cmpuint (self->sources->len, >, i);
  if (source != NULL)
  {
    g_assert_true (tegata_address_from_socket_address (&expected, source));
  }
  g_assert_true (
      tegata_address_equal (&g_array_index (self->sources, TegataAddress, i), &expected));
}

void
udp_node_assert_error (UdpNode *self, guint i, GIOErrorEnum code, GSocketAddress *address)
{
  const GError *error;

  g_assert_cmpuint (self->errors->len, >, i);
  error = g_ptr_array_index (self->errors, i);
  g_test_message ("network: %s", error->message);
  g_assert_error (error, G_IO_ERROR, (gint) code);
  if (address != NULL)
  {
    g_autofree char *text
        = g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (address));

    g_assert_nonnull (strstr (error->message, text));
  }
}

gboolean
udp_node_skip_without_ipv6 (void)
{
  g_autoptr (GSocketAddress) address = udp_address ("::1", 0);
  g_autoptr (TegataUdpChannel) channel = tegata_udp_channel_new (address, NULL, NULL);

  if (channel == NULL)
  {
    g_test_skip ("this machine has no IPv6 loopback address");
  }
  return channel == NULL;
}
