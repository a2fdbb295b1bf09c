/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "load.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* The server as an epoll program writes it: TegataListener, recvmmsg, a timerfd. */

#define BATCH 64
/* Media and handshakes are shorter; what is longer is not ours. */
#define DATAGRAM_SIZE 2048
#define RECEIVE_BUFFER_SIZE (4 << 20)

typedef struct
{
  LoadRun *run;
  TegataListener *listener;
  int udp;
  int timer;
  int epoll;
  struct mmsghdr messages[BATCH];
  struct iovec vectors[BATCH];
  struct sockaddr_in sources[BATCH];
  guint8 datagrams[BATCH][DATAGRAM_SIZE];
  guint8 output[TEGATA_OUTPUT_SIZE];
} Server;

static void
send_to (Server *self, const TegataOutput *output)
{
  struct sockaddr_in to = { 0 };

  memcpy (&to, output->peer.bytes, MIN (output->peer.len, sizeof to));
  sendto (self->udp, output->buffer, output->len, MSG_DONTWAIT, (struct sockaddr *) &to,
          sizeof to);
}

static void
poll_outputs (Server *self)
{
  TegataOutput output = { .buffer = self->output, .size = sizeof self->output };
  TegataSession *session;

  while (tegata_listener_poll (self->listener, &output, &session) != TEGATA_OUTPUT_NONE)
  {
    switch (output.kind)
    {
    case TEGATA_OUTPUT_DATAGRAM:
      send_to (self, &output);
      break;
    case TEGATA_OUTPUT_ACCEPTED:
      load_trust (session, self->run->shared->client_fingerprint);
      break;
    case TEGATA_OUTPUT_STATE:
      self->run->shared->n_connected += output.state == TEGATA_STATE_CONNECTED ? 1 : 0;
      break;
    case TEGATA_OUTPUT_RTP:
      self->run->shared->n_received++;
      break;
    default:
      break;
    }
  }
}

static void
handle (Server *self, int i, gint64 now_us)
{
  gsize len = self->messages[i].msg_len;
  TegataAddress peer;
  TegataSession *session;

  tegata_address_init (&peer, &self->sources[i], sizeof self->sources[i]);
  if (tegata_listener_handle_datagram (self->listener, &peer, self->datagrams[i], &len,
                                       now_us, &session)
      == TEGATA_RECEIVED_RTP)
  {
    self->run->shared->n_received++;
  }
}

static void
receive (Server *self)
{
  int n;

  do
  {
    gint64 now_us = g_get_monotonic_time ();

    n = recvmmsg (self->udp, self->messages, BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < n; i++)
    {
      handle (self, i, now_us);
    }
    self->run->shared->n_batches += n > 0 ? 1 : 0;
    poll_outputs (self);
  }
  while (n == BATCH);
}

static void
handle_deadline (Server *self)
{
  guint64 n_expired;

  if (read (self->timer, &n_expired, sizeof n_expired) == sizeof n_expired)
  {
    tegata_listener_handle_deadline (self->listener, g_get_monotonic_time ());
    poll_outputs (self);
  }
}

static void
set_timer (Server *self, gint64 *set_us)
{
  gint64 deadline_us = MAX (tegata_listener_deadline_us (self->listener), 0);
  struct itimerspec when = { 0 };

  if (deadline_us == *set_us)
  {
    return;
  }
  when.it_value.tv_sec = deadline_us / G_USEC_PER_SEC;
  when.it_value.tv_nsec = deadline_us % G_USEC_PER_SEC * 1000;
  timerfd_settime (self->timer, TFD_TIMER_ABSTIME, &when, NULL);
  *set_us = deadline_us;
}

static void
watch (Server *self, int fd)
{
  struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

  if (epoll_ctl (self->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
  {
    load_fail ("epoll", g_strerror (errno));
  }
}

static void
open_socket (Server *self)
{
  struct sockaddr_in address
      = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t len = sizeof address;
  int size = RECEIVE_BUFFER_SIZE;

  self->udp = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (self->udp < 0 || bind (self->udp, (struct sockaddr *) &address, len) != 0
      || getsockname (self->udp, (struct sockaddr *) &address, &len) != 0)
  {
    load_fail ("no socket", g_strerror (errno));
  }
  /* as much of it as the system allows */
  setsockopt (self->udp, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  self->run->shared->port = ntohs (address.sin_port);
}

static void
set_up (Server *self)
{
  LoadShared *shared = self->run->shared;
  g_autoptr (GError) error = NULL;
  g_autoptr (TegataContext) context = load_context_new (shared->server_fingerprint);

  self->listener = tegata_listener_new (context, &error);
  if (self->listener == NULL)
  {
    load_fail ("no listener", error->message);
  }
  open_socket (self);
  self->timer = timerfd_create (CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  self->epoll = epoll_create1 (EPOLL_CLOEXEC);
  watch (self, self->udp);
  watch (self, self->timer);
  watch (self, self->run->control);
  for (int i = 0; i < BATCH; i++)
  {
    self->vectors[i].iov_base = self->datagrams[i];
    self->vectors[i].iov_len = DATAGRAM_SIZE;
    self->messages[i].msg_hdr.msg_iov = &self->vectors[i];
    self->messages[i].msg_hdr.msg_iovlen = 1;
    self->messages[i].msg_hdr.msg_name = &self->sources[i];
    self->messages[i].msg_hdr.msg_namelen = sizeof self->sources[i];
  }
}

void
load_serve_by_epoll (LoadRun *run)
{
  g_autofree Server *self = g_new0 (Server, 1);
  gboolean goes_on = TRUE;
  gint64 timer_us = 0;

  self->run = run;
  set_up (self);
  load_await (run, LOAD_TURN_CLIENTS_READY);
  load_mark (run, LOAD_MARK_LISTENING);
  load_tell (run, LOAD_TURN_SERVER_READY);
  while (goes_on)
  {
    struct epoll_event events[3];
    int n = epoll_wait (self->epoll, events, G_N_ELEMENTS (events), -1);

    receive (self);
    handle_deadline (self);
    for (int i = 0; i < n; i++)
    {
      goes_on = goes_on && (events[i].data.fd != run->control || load_server_next (run));
    }
    set_timer (self, &timer_us);
  }
  tegata_listener_free (self->listener);
  close (self->udp);
  close (self->timer);
  close (self->epoll);
}
