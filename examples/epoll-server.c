/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * epoll-server: many peers on one UDP socket, with epoll(7) and no main loop. Sends each
 * one's RTP back. The arguments are a port and the fingerprints of those who may call:
 *
 *     $ build/examples/epoll-server 5000 "sha-256 AB:CD:..."
 *     own: a=fingerprint:sha-256 ...
 *     connected: a=fingerprint:sha-256 AB:CD:...
 *     closed: a=fingerprint:sha-256 AB:CD:...
 *
 * Without any it says who called, and hangs up.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <tegata/tegata.h>

typedef struct
{
  int udp;
  int timer;
  TegataListener *listener;
  GPtrArray *fingerprints; /* (nullable): who may call */
  GPtrArray *ended;        /* sessions to be removed */
} Server;

/* What does not fit the socket's buffer is lost, as on any network. */
static void
send_to (Server *self, const TegataAddress *peer, const guint8 *bytes, gsize len)
{
  struct sockaddr_in to = { 0 };

  memcpy (&to, peer->bytes, MIN (peer->len, sizeof to));
  sendto (self->udp, bytes, len, MSG_DONTWAIT, (struct sockaddr *) &to, sizeof to);
}

static void
echo (Server *self, TegataSession *session, guint8 *packet, gsize len, gsize size)
{
  TegataAddress peer;

  if (tegata_session_get_peer (session, &peer)
      && tegata_session_send_rtp (session, packet, len, packet, size, &len)
             == TEGATA_SRTP_OK)
  {
    send_to (self, &peer, packet, len);
  }
}

static void
print (const char *what, TegataCertificate *certificate)
{
  g_autoptr (TegataFingerprint) fingerprint
      = tegata_fingerprint_new_for_certificate (certificate, TEGATA_HASH_SHA256);
  g_autofree char *line = tegata_sdp_write_fingerprint (fingerprint);

  printf ("%s: %s\n", what, line);
}

static void
on_state (Server *self, TegataSession *session, TegataState state)
{
  TegataCertificate *peer = tegata_session_get_peer_certificate (session);

  if (state == TEGATA_STATE_FAILED)
  {
    printf ("failed: %s\n", tegata_session_get_error (session)->message);
  }
  else if (peer != NULL)
  {
    print (tegata_state_to_string (state), peer);
  }
  if (state == TEGATA_STATE_AWAITING_FINGERPRINT)
  {
    tegata_session_close (session); /* nobody may call */
  }
  else if (state >= TEGATA_STATE_CLOSED)
  {
    g_ptr_array_add (self->ended, session);
  }
}

static void
poll_outputs (Server *self)
{
  guint8 buffer[TEGATA_OUTPUT_SIZE];
  TegataOutput output = { .buffer = buffer, .size = sizeof buffer };
  TegataSession *session;

  while (tegata_listener_poll (self->listener, &output, &session) != TEGATA_OUTPUT_NONE)
  {
    switch (output.kind)
    {
    case TEGATA_OUTPUT_DATAGRAM:
      send_to (self, &output.peer, buffer, output.len);
      break;
    case TEGATA_OUTPUT_ACCEPTED:
      if (self->fingerprints != NULL)
      {
        tegata_session_set_peer_fingerprints (
            session, (TegataFingerprint *const *) self->fingerprints->pdata,
            self->fingerprints->len);
      }
      break;
    case TEGATA_OUTPUT_STATE:
      on_state (self, session, output.state);
      break;
    case TEGATA_OUTPUT_RTP: /* it came before our keys did */
      echo (self, session, buffer, output.len, sizeof buffer);
      break;
    default:
      break;
    }
  }
  /* not before: they may have had something to say */
  for (guint i = 0; i < self->ended->len; i++)
  {
    tegata_listener_remove (self->listener, self->ended->pdata[i]);
  }
  g_ptr_array_set_size (self->ended, 0);
}

static void
receive (Server *self)
{
  guint8 buffer[TEGATA_OUTPUT_SIZE];
  struct sockaddr_in from = { 0 };
  socklen_t from_len = sizeof from;
  gint64 now_us = g_get_monotonic_time ();
  ssize_t n;

  while ((n = recvfrom (self->udp, buffer, sizeof buffer, MSG_DONTWAIT,
                        (struct sockaddr *) &from, &from_len))
         >= 0)
  {
    gsize len = (gsize) n;
    TegataAddress peer;
    TegataSession *session;

    tegata_address_init (&peer, &from, sizeof from); /* its bytes are ours to choose */
    if (tegata_listener_handle_datagram (self->listener, &peer, buffer, &len, now_us,
                                         &session)
        == TEGATA_RECEIVED_RTP)
    {
      echo (self, session, buffer, len, sizeof buffer);
    }
    poll_outputs (self);
  }
  tegata_listener_handle_deadline (self->listener, now_us);
  poll_outputs (self);
}

/* One timer serves all sessions; a time of 0 disarms it. */
static void
set_timer (Server *self)
{
  gint64 deadline_us = MAX (tegata_listener_deadline_us (self->listener), 0);
  struct itimerspec when = { 0 };

  when.it_value.tv_sec = deadline_us / G_USEC_PER_SEC;
  when.it_value.tv_nsec = deadline_us % G_USEC_PER_SEC * 1000;
  timerfd_settime (self->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

static void
run (Server *self)
{
  int epoll = epoll_create1 (EPOLL_CLOEXEC);
  struct epoll_event event = { .events = EPOLLIN };

  epoll_ctl (epoll, EPOLL_CTL_ADD, self->udp, &event);
  epoll_ctl (epoll, EPOLL_CTL_ADD, self->timer, &event);
  for (;;)
  {
    set_timer (self);
    epoll_wait (epoll, &event, 1, -1);
    receive (self);
  }
}

static gboolean
set_up (Server *self, const char *port_text, char **fingerprints, GError **error)
{
  g_autoptr (TegataContext) context = tegata_context_new (NULL, error);
  struct sockaddr_in any = { .sin_family = AF_INET };
  guint64 port;

  if (context == NULL
      || !g_ascii_string_to_unsigned (port_text, 10, 1, G_MAXUINT16, &port, error))
  {
    return FALSE;
  }
  any.sin_port = htons ((guint16) port);
  if (bind (self->udp, (struct sockaddr *) &any, sizeof any) != 0)
  {
    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno), "port %s: %s",
                 port_text, g_strerror (errno));
    return FALSE;
  }
  print ("own", tegata_context_get_certificate (context));
  self->listener = tegata_listener_new (context, error);
  if (fingerprints[0] != NULL)
  {
    self->fingerprints = tegata_sdp_parse_fingerprints (
        (const char *const *) fingerprints, g_strv_length (fingerprints),
        TEGATA_FINGERPRINT_DEFAULT, error);
  }
  return *error == NULL;
}

int
main (int argc, char **argv)
{
  Server self = { .udp = socket (AF_INET, SOCK_DGRAM, 0),
                  .timer = timerfd_create (CLOCK_MONOTONIC, 0),
                  .ended = g_ptr_array_new () };
  GError *error = NULL;

  setvbuf (stdout, NULL, _IOLBF, 0);
  if (argc < 2 || !set_up (&self, argv[1], argv + 2, &error))
  {
    fprintf (stderr, "epoll-server: %s\n", error != NULL ? error->message : "no PORT");
    return 1;
  }
  run (&self);
}
