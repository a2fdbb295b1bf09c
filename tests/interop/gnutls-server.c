/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A DTLS server on libgnutls for one client, which must show a certificate. It says what
 * gnutls-serv does not: the SRTP keys, from both of libgnutls' functions for them.
 *
 *   gnutls-server CERTIFICATE KEY PRIORITY PROFILES COOKIE
 *
 * PROFILES is a list with colons, or empty; COOKIE is "cookie" or "no-cookie". Lines of
 * its standard input go to the client, what the client sends goes to standard output.
 */
#include <arpa/inet.h>
#include <gnutls/dtls.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MTU 1200
#define MAX_KEYS_LEN 128
#define EXPORTER_LABEL "EXTRACTOR-dtls_srtp"

static void
check (int result, const char *what)
{
  if (result < 0)
  {
    printf ("gnutls-server: %s: %s\n", what, gnutls_strerror (result));
    exit (1);
  }
}

static void
check_system (int result, const char *what)
{
  if (result < 0)
  {
    perror (what);
    exit (1);
  }
}

static int
open_socket (void)
{
  struct sockaddr_in address = { 0 };
  socklen_t len = sizeof address;
  int fd = socket (AF_INET, SOCK_DGRAM, 0);

  check_system (fd, "socket");
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  check_system (bind (fd, (struct sockaddr *) &address, len), "bind");
  check_system (getsockname (fd, (struct sockaddr *) &address, &len), "getsockname");
  printf ("listens on port %u\n", ntohs (address.sin_port));
  return fd;
}

static ssize_t
push (gnutls_transport_ptr_t transport, const void *bytes, size_t len)
{
  return send (*(const int *) transport, bytes, len, 0);
}

/* The first datagram tells who the client is, and stays in the socket. */
static struct sockaddr_in
connect_to_client (int fd)
{
  struct sockaddr_in address = { 0 };
  socklen_t len = sizeof address;
  char byte;

  check_system (
      (int) recvfrom (fd, &byte, 1, MSG_PEEK, (struct sockaddr *) &address, &len),
      "recvfrom");
  check_system (connect (fd, (struct sockaddr *) &address, len), "connect");
  return address;
}

/* Answers ClientHellos with a HelloVerifyRequest until one brings the cookie; that one
 * stays in the socket, for the handshake. */
static void
verify_cookie (int fd, struct sockaddr_in *address, gnutls_dtls_prestate_st *prestate)
{
  gnutls_datum_t key;
  char hello[MTU * 2];

  check (gnutls_key_generate (&key, GNUTLS_COOKIE_KEY_SIZE), "cookie key");
  for (;;)
  {
    ssize_t len = recv (fd, hello, sizeof hello, MSG_PEEK);

    check_system ((int) len, "recv");
    if (gnutls_dtls_cookie_verify (&key, address, sizeof *address, hello, (size_t) len,
                                   prestate)
        >= 0)
    {
      break;
    }
    check (gnutls_dtls_cookie_send (&key, address, sizeof *address, prestate, &fd, push),
           "HelloVerifyRequest");
    check_system ((int) recv (fd, hello, sizeof hello, 0), "recv");
  }
  gnutls_free (key.data);
}

static gnutls_session_t
new_session (int fd, gnutls_certificate_credentials_t credentials, char **argv)
{
  gnutls_session_t session;

  check (gnutls_init (&session, GNUTLS_SERVER | GNUTLS_DATAGRAM), "session");
  check (gnutls_priority_set_direct (session, argv[3], NULL), "priority");
  check (gnutls_credentials_set (session, GNUTLS_CRD_CERTIFICATE, credentials),
         "credentials");
  gnutls_certificate_server_set_request (session, GNUTLS_CERT_REQUIRE);
  if (argv[4][0] != '\0')
  {
    check (gnutls_srtp_set_profile_direct (session, argv[4], NULL), "SRTP profile");
  }
  gnutls_dtls_set_mtu (session, MTU);
  gnutls_transport_set_int (session, fd);
  return session;
}

static void
shake_hands (gnutls_session_t session)
{
  int result;

  do
  {
    result = gnutls_handshake (session);
    if (result == GNUTLS_E_FATAL_ALERT_RECEIVED)
    {
      printf ("was refused by alert %d\n", gnutls_alert_get (session));
    }
  }
  while (result < 0 && !gnutls_error_is_fatal (result));
  check (result, "handshake");
  printf ("the handshake is complete\n");
}

static void
print_peer_certificate (gnutls_session_t session)
{
  unsigned int n_certificates;
  const gnutls_datum_t *chain = gnutls_certificate_get_peers (session, &n_certificates);
  gnutls_datum_t pem;

  check (chain != NULL ? 0 : GNUTLS_E_NO_CERTIFICATE_FOUND, "client certificate");
  check (gnutls_pem_base64_encode2 ("CERTIFICATE", &chain[0], &pem), "PEM");
  printf ("%.*s", (int) pem.size, (const char *) pem.data);
  gnutls_free (pem.data);
}

static void
print_hex (const void *bytes, size_t len)
{
  const unsigned char *byte = bytes;

  for (size_t i = 0; i < len; i++)
  {
    printf ("%02x", byte[i]);
  }
}

static void
print_keys (gnutls_session_t session)
{
  char material[MAX_KEYS_LEN];
  gnutls_datum_t keys[4]; /* client key, client salt, server key, server salt */
  gnutls_srtp_profile_t profile;

  if (gnutls_srtp_get_selected_profile (session, &profile) < 0)
  {
    printf ("SRTP keys: none\nExported: none\n");
    return;
  }

  check (gnutls_srtp_get_keys (session, material, sizeof material, &keys[0], &keys[1],
                               &keys[2], &keys[3]),
         "SRTP keys");
  printf ("SRTP profile: %s\nSRTP keys: ", gnutls_srtp_get_profile_name (profile));
  print_hex (keys[0].data, keys[0].size);
  print_hex (keys[2].data, keys[2].size);
  print_hex (keys[1].data, keys[1].size);
  print_hex (keys[3].data, keys[3].size);

  size_t len = 2 * (size_t) (keys[0].size + keys[1].size);
  check (gnutls_prf_rfc5705 (session, strlen (EXPORTER_LABEL), EXPORTER_LABEL, 0, NULL,
                             len, material),
         "exporter");
  printf ("\nExported: ");
  print_hex (material, len);
  printf ("\n");
}

/* Returns: 0 once there is nothing more to pass on */
static int
pass_on_input (gnutls_session_t session)
{
  char buffer[MTU / 2];
  ssize_t len = read (STDIN_FILENO, buffer, sizeof buffer);

  if (len <= 0)
  {
    return 0;
  }
  check ((int) gnutls_record_send (session, buffer, (size_t) len), "send");
  return 1;
}

static int
print_received (gnutls_session_t session)
{
  char buffer[MTU * 2];
  ssize_t len = gnutls_record_recv (session, buffer, sizeof buffer);

  if (len == GNUTLS_E_AGAIN || len == GNUTLS_E_INTERRUPTED)
  {
    return 1;
  }
  check ((int) len, "receive");
  if (len == 0)
  {
    printf ("the client has closed\n");
    return 0;
  }
  printf ("%.*s", (int) len, buffer);
  return 1;
}

static void
relay (gnutls_session_t session, int fd)
{
  int goes_on = 1;

  while (goes_on)
  {
    struct pollfd fds[] = {
      { .fd = fd, .events = POLLIN },
      { .fd = STDIN_FILENO, .events = POLLIN },
    };

    check_system (poll (fds, 2, -1), "poll");
    if (fds[0].revents != 0)
    {
      goes_on = print_received (session);
    }
    if (goes_on && fds[1].revents != 0)
    {
      goes_on = pass_on_input (session);
    }
  }
}

int
main (int argc, char **argv)
{
  gnutls_certificate_credentials_t credentials;
  gnutls_dtls_prestate_st prestate = { 0 };
  gnutls_session_t session;
  struct sockaddr_in client;

  if (argc != 6)
  {
    fprintf (stderr, "usage: %s CERTIFICATE KEY PRIORITY PROFILES COOKIE\n", argv[0]);
    return 2;
  }
  setvbuf (stdout, NULL, _IOLBF, 0);

  check (gnutls_certificate_allocate_credentials (&credentials), "credentials");
  check (gnutls_certificate_set_x509_key_file (credentials, argv[1], argv[2],
                                               GNUTLS_X509_FMT_PEM),
         "certificate");
  int fd = open_socket ();
  client = connect_to_client (fd);
  session = new_session (fd, credentials, argv);
  if (strcmp (argv[5], "cookie") == 0)
  {
    verify_cookie (fd, &client, &prestate);
    gnutls_dtls_prestate_set (session, &prestate);
  }

  shake_hands (session);
  print_peer_certificate (session);
  print_keys (session);
  relay (session, fd);
  gnutls_bye (session, GNUTLS_SHUT_WR);

  gnutls_deinit (session);
  gnutls_certificate_free_credentials (credentials);
  close (fd);
  return 0;
}
