/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support/udp-peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Record type and handshake type of a HelloVerifyRequest, and where they stand (RFC 6347
 * sections 4.1 and 4.2.2). */
#define RECORD_HANDSHAKE 22
#define HELLO_VERIFY_REQUEST 3
#define RECORD_HEADER_LEN 13

static struct sockaddr_in
loopback (guint16 port)
{
  struct sockaddr_in address = { 0 };

  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  address.sin_port = htons (port);
  return address;
}

UdpPeer *
udp_peer_new (TegataContext *context, TegataRole role, guint16 to_port)
{
  g_autoptr (GError) error = NULL;
  UdpPeer *self = g_new0 (UdpPeer, 1);
  struct sockaddr_in address = loopback (0);
  socklen_t len = sizeof address;

  self->fd = socket (AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  g_assert_cmpint (self->fd, >=, 0);
  g_assert_cmpint (bind (self->fd, (struct sockaddr *) &address, len), ==, 0);
  g_assert_cmpint (getsockname (self->fd, (struct sockaddr *) &address, &len), ==, 0);
  self->port = ntohs (address.sin_port);

  if (to_port != 0)
  {
    address = loopback (to_port);
    tegata_address_init (&self->to, &address, sizeof address);
  }

  self->data = g_string_new (NULL);
  self->dtls = tegata_dtls_new (context, role, &error);
  g_assert_no_error (error);
  return self;
}

void
udp_peer_free (UdpPeer *self)
{
  if (self == NULL)
  {
    return;
  }

  tegata_dtls_free (self->dtls);
  close (self->fd);
  g_string_free (self->data, TRUE);
  g_free (self);
}

void
udp_peer_expect (UdpPeer *self, TegataCertificate *certificate)
{
  g_autoptr (TegataFingerprint) fingerprint
      = tegata_fingerprint_new_for_certificate (certificate, TEGATA_HASH_SHA256);

  tegata_dtls_set_peer_fingerprints (self->dtls, &fingerprint, 1);
}

static void
look_at (UdpPeer *self, const guint8 *bytes, gsize len)
{
  if (len > RECORD_HEADER_LEN && bytes[0] == RECORD_HANDSHAKE
      && bytes[RECORD_HEADER_LEN] == HELLO_VERIFY_REQUEST)
  {
    self->n_hello_verify_requests++;
  }
}

static void
transmit (UdpPeer *self, const TegataOutput *output)
{
  const TegataAddress *to = output->peer.len > 0 ? &output->peer : &self->to;
  struct sockaddr_in address;

  g_assert_cmpuint (to->len, ==, sizeof address);
  memcpy (&address, to->bytes, sizeof address);
  look_at (self, output->buffer, output->len);

  /* What the kernel refuses is lost, as on any network: a peer that has gone gives
   * ECONNREFUSED. */
  (void) sendto (self->fd, output->buffer, output->len, 0, (struct sockaddr *) &address,
                 sizeof address);
}

static void
flush (UdpPeer *self)
{
  guint8 buffer[TEGATA_OUTPUT_SIZE];
  TegataOutput output = { .buffer = buffer, .size = sizeof buffer };

  while (tegata_dtls_poll (self->dtls, &output) != TEGATA_OUTPUT_NONE)
  {
    if (output.kind == TEGATA_OUTPUT_DATAGRAM)
    {
      transmit (self, &output);
    }
    else if (output.kind == TEGATA_OUTPUT_DATA)
    {
      g_assert_cmpint (tegata_dtls_get_state (self->dtls), >=, TEGATA_STATE_CONNECTED);
      g_string_append_len (self->data, (const char *) buffer, (gssize) output.len);
    }
  }
}

static void
receive (UdpPeer *self)
{
  guint8 buffer[G_MAXUINT16];

  for (;;)
  {
    struct sockaddr_in address = { 0 };
    socklen_t address_len = sizeof address;
    ssize_t len = recvfrom (self->fd, buffer, sizeof buffer, 0,
                            (struct sockaddr *) &address, &address_len);
    TegataAddress from;

    if (len < 0 && errno == ECONNREFUSED)
    {
      continue;
    }
    if (len < 0)
    {
      g_assert_cmpint (errno, ==, EAGAIN);
      return;
    }
    tegata_address_init (&from, &address, sizeof address);
    look_at (self, buffer, (gsize) len);
    tegata_dtls_handle_datagram (self->dtls, &from, buffer, (gsize) len,
                                 g_get_monotonic_time ());
    flush (self);
  }
}

void
udp_peer_start (UdpPeer *self)
{
  tegata_dtls_start (self->dtls, g_get_monotonic_time ());
  flush (self);
}

void
udp_peer_send (UdpPeer *self, const char *text)
{
  g_autoptr (GError) error = NULL;

  tegata_dtls_send_data (self->dtls, (const guint8 *) text, strlen (text), &error);
  g_assert_no_error (error);
  flush (self);
}

void
udp_peer_close (UdpPeer *self)
{
  tegata_dtls_close (self->dtls);
  flush (self);
}

void
udp_peer_step (UdpPeer *self)
{
  receive (self);
  tegata_dtls_handle_deadline (self->dtls, g_get_monotonic_time ());
  flush (self);
}

int
udp_peer_get_timeout_ms (UdpPeer *self)
{
  gint64 deadline_us = tegata_dtls_deadline_us (self->dtls);
  gint64 left_us;

  if (deadline_us < 0)
  {
    return -1;
  }
  left_us = MAX (deadline_us - g_get_monotonic_time (), 0);
  return (int) MIN ((left_us + 999) / 1000, G_MAXINT);
}
