/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "load.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/*
 * All clients, in one thread. Each has a socket of its own, for a listener tells peers
 * apart by their addresses. They are not measured, but must not be what is waited for:
 * the media is sent with one system call a packet, as a thousand phones would do it.
 */

/* Between two looks at the deadlines of those that handshake. */
#define TICK_US 10000
/* Between two bursts of media. */
#define BURST_US 1000
/* After which all that was sent has arrived, or is lost. */
#define ARRIVAL_US 500000

typedef struct
{
  TegataSession *session;
  int socket;
  int which;
  gint64 begun_us;
  gboolean handshakes;
  guint16 seq;
} Client;

typedef struct
{
  LoadRun *run;
  TegataContext *context;
  struct sockaddr_in server;
  int epoll;
  Client *clients;
  int n_begun;
  int n_ended;
} Clients;

static void
open_socket (Clients *self, Client *client)
{
  struct epoll_event event = { .events = EPOLLIN, .data.ptr = client };

  client->socket = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (client->socket < 0
      || connect (client->socket, (struct sockaddr *) &self->server, sizeof self->server)
             != 0
      || epoll_ctl (self->epoll, EPOLL_CTL_ADD, client->socket, &event) != 0)
  {
    load_fail ("no socket for a client", g_strerror (errno));
  }
}

static void
on_state (Clients *self, Client *client, TegataState state, gint64 now_us)
{
  if (state < TEGATA_STATE_CONNECTED || !client->handshakes)
  {
    return;
  }
  client->handshakes = FALSE;
  self->n_ended++;
  if (state == TEGATA_STATE_CONNECTED)
  {
    self->run->shared->handshake_us[client->which] = now_us - client->begun_us;
    return;
  }
  self->run->shared->handshake_us[client->which] = -1;
  self->run->shared->n_failed++;
}

static void
poll_outputs (Clients *self, Client *client)
{
  guint8 buffer[TEGATA_OUTPUT_SIZE];
  TegataOutput output = { .buffer = buffer, .size = sizeof buffer };

  while (tegata_session_poll (client->session, &output) != TEGATA_OUTPUT_NONE)
  {
    if (output.kind == TEGATA_OUTPUT_DATAGRAM)
    {
      send (client->socket, buffer, output.len, MSG_DONTWAIT);
    }
    else if (output.kind == TEGATA_OUTPUT_STATE)
    {
      on_state (self, client, output.state, g_get_monotonic_time ());
    }
  }
}

static void
begin_handshake (Clients *self, Client *client)
{
  g_autoptr (GError) error = NULL;
  gint64 now_us = g_get_monotonic_time ();

  open_socket (self, client);
  client->session = tegata_session_new (self->context);
  client->handshakes = TRUE;
  client->begun_us = now_us;
  load_trust (client->session, self->run->shared->server_fingerprint);
  if (!tegata_session_start (client->session, TEGATA_ROLE_CLIENT, now_us, &error))
  {
    load_fail ("a client", error->message);
  }
  poll_outputs (self, client);
}

static void
receive (Clients *self, Client *client)
{
  guint8 buffer[TEGATA_OUTPUT_SIZE];
  gssize n;

  while ((n = recv (client->socket, buffer, sizeof buffer, MSG_DONTWAIT)) >= 0)
  {
    gsize len = (gsize) n;

    tegata_session_handle_datagram (client->session, NULL, buffer, &len,
                                    g_get_monotonic_time ());
    poll_outputs (self, client);
  }
}

static void
handle_deadlines (Clients *self, gint64 now_us)
{
  for (int i = 0; i < self->n_begun; i++)
  {
    if (self->clients[i].handshakes)
    {
      tegata_session_handle_deadline (self->clients[i].session, now_us);
      poll_outputs (self, &self->clients[i]);
    }
  }
}

static void
show_progress (Clients *self)
{
  if (isatty (STDERR_FILENO))
  {
    fprintf (stderr, "\r%d of %d handshakes ", self->n_ended,
             self->run->shared->options.n_sessions);
  }
}

static void
run_handshakes (Clients *self)
{
  const LoadOptions *options = &self->run->shared->options;
  gint64 tick_us = 0;

  while (self->n_ended < options->n_sessions)
  {
    struct epoll_event events[64];
    gint64 now_us = g_get_monotonic_time ();
    int n;

    while (self->n_begun < options->n_sessions
           && self->n_begun - self->n_ended < options->concurrency)
    {
      begin_handshake (self, &self->clients[self->n_begun++]);
    }
    if (now_us >= tick_us)
    {
      handle_deadlines (self, now_us);
      show_progress (self);
      tick_us = now_us + TICK_US;
    }
    n = epoll_wait (self->epoll, events, G_N_ELEMENTS (events), TICK_US / 1000);
    for (int i = 0; i < n; i++)
    {
      receive (self, events[i].data.ptr);
    }
  }
}

static void
send_packet (Clients *self, Client *client, gsize len)
{
  guint8 packet[TEGATA_OUTPUT_SIZE] = { 0x80, 96 };

  client->seq++;
  packet[2] = (guint8) (client->seq >> 8);
  packet[3] = (guint8) client->seq;
  memcpy (packet + 8, &client->which, 4); /* its SSRC */
  if (tegata_session_send_rtp (client->session, packet, len, packet, sizeof packet, &len)
          == TEGATA_SRTP_OK
      && send (client->socket, packet, len, MSG_DONTWAIT) == (gssize) len)
  {
    self->run->shared->n_sent++;
  }
}

static void
wait_until (gint64 then_us)
{
  struct timespec then = { .tv_sec = then_us / G_USEC_PER_SEC,
                           .tv_nsec = then_us % G_USEC_PER_SEC * 1000 };

  while (clock_nanosleep (CLOCK_MONOTONIC, TIMER_ABSTIME, &then, NULL) == EINTR)
  {
  }
}

/* Each client in its turn, so that they are spread evenly over the time. */
static void
run_media (Clients *self)
{
  const LoadOptions *options = &self->run->shared->options;
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  gint64 start_us = g_get_monotonic_time ();
  gint64 length_us = (gint64) options->seconds * G_USEC_PER_SEC;
  gint64 per_s = (gint64) options->rate * options->n_sessions;
  gint64 n = 0;

  for (gint64 past_us = 0; past_us < length_us;
       past_us = g_get_monotonic_time () - start_us)
  {
    for (; n < past_us * per_s / G_USEC_PER_SEC; n++)
    {
      gint32 len = g_rand_int_range (random, options->min_len, options->max_len + 1);

      send_packet (self, &self->clients[n % options->n_sessions], (gsize) len);
    }
    wait_until (start_us + past_us + BURST_US);
  }
  wait_until (g_get_monotonic_time () + ARRIVAL_US);
}

static void
clients_clear (Clients *self)
{
  for (int i = 0; i < self->n_begun; i++)
  {
    tegata_session_free (self->clients[i].session);
    close (self->clients[i].socket);
  }
  g_free (self->clients);
  tegata_context_unref (self->context);
  close (self->epoll);
}

void
load_clients (LoadRun *run)
{
  LoadShared *shared = run->shared;
  Clients self = { .run = run, .epoll = epoll_create1 (EPOLL_CLOEXEC) };

  self.context = load_context_new (shared->client_fingerprint);
  self.clients = g_new0 (Client, (gsize) shared->options.n_sessions);
  for (int i = 0; i < shared->options.n_sessions; i++)
  {
    self.clients[i].which = i;
  }

  load_tell (run, LOAD_TURN_CLIENTS_READY);
  load_await (run, LOAD_TURN_SERVER_READY);
  self.server.sin_family = AF_INET;
  self.server.sin_port = htons (shared->port);
  self.server.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  run_handshakes (&self);

  load_tell (run, LOAD_TURN_CONNECTED);
  load_await (run, LOAD_TURN_MEDIA);
  run_media (&self);
  load_tell (run, LOAD_TURN_END);
  clients_clear (&self);
}
