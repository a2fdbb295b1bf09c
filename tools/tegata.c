/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* tegata: a DTLS-SRTP peer for the command line. Finds the subcommand. */

#include "cert.h"
#include "endpoint.h"

#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <unistd.h>

static const char help[]
    = "Usage:\n"
      "  tegata COMMAND [OPTION…]\n"
      "\n"
      "Secures RTP and RTCP over UDP by DTLS-SRTP (RFC 5763, RFC 5764), and shows how.\n"
      "\n"
      "Commands:\n"
      "  cert       makes a certificate, or shows one and its fingerprints\n"
      "  listen     is a DTLS server on a UDP port, for who comes\n"
      "  connect    calls a peer over UDP\n"
      "  help       tells more, as in: tegata help connect\n"
      "\n"
      "Options:\n"
      "  -h, --help     This text; after a command, that command's\n"
      "  --version      The version\n"
      "\n"
      "Examples:\n"
      "  tegata listen 127.0.0.1:5000 --fingerprint-out a.txt --peer-fingerprint @b.txt "
      "&\n"
      "  tegata connect 127.0.0.1:5000 --fingerprint-out b.txt --peer-fingerprint "
      "@a.txt\n"
      "      each writes its own fingerprint, and waits for the other one's file\n"
      "\n" EXIT_STATUS_TABLE "\n";

static int
fail (const char *sentence)
{
  fprintf (stderr, "tegata: %s\n", sentence);
  return EXIT_STATUS_OPTIONS;
}

static int
run_peer (char **argv)
{
  g_auto (Options) options = { 0 };
  g_autoptr (GError) error = NULL;

  if (!options_parse (&options, argv, &error))
  {
    g_autofree char *sentence
        = g_strdup_printf ("%s. See tegata help %s", error->message, argv[0]);

    return fail (sentence);
  }
  if (options.help != NULL)
  {
    fputs (options.help, stdout);
    return EXIT_STATUS_CLOSED;
  }
  return (int) endpoint_run (&options);
}

static int run (char **argv);

/* `tegata help COMMAND` is `tegata COMMAND --help`. */
static int
run_help (char **argv)
{
  char *instead[] = { argv[0], (char *) "--help", NULL };

  if (argv[0] == NULL || g_str_equal (argv[0], "help"))
  {
    fputs (help, stdout);
    return EXIT_STATUS_CLOSED;
  }
  return run (instead);
}

/* @argv: the subcommand first. What GOption prints of the usage begins with the
 * program's name, which is to have the subcommand in it. */
static int
run (char **argv)
{
  const char *command = argv[0];
  g_autofree char *name = g_strdup_printf ("tegata %s", command != NULL ? command : "");
  g_autofree char *sentence = NULL;

  g_set_prgname (name);
  if (command == NULL)
  {
    return fail ("what shall it do? Expected cert, listen, connect or help. See tegata "
                 "--help");
  }
  if (g_str_equal (command, "cert"))
  {
    return cert_run (argv);
  }
  if (g_str_equal (command, "listen") || g_str_equal (command, "connect"))
  {
    return run_peer (argv);
  }
  if (g_str_equal (command, "help") || g_str_equal (command, "--help")
      || g_str_equal (command, "-h"))
  {
    return run_help (argv + 1);
  }
  if (g_str_equal (command, "--version"))
  {
    puts ("tegata " TEGATA_VERSION_STRING);
    return EXIT_STATUS_CLOSED;
  }
  sentence = g_strdup_printf ("“%s” is no command: expected cert, listen, connect or "
                              "help. See tegata --help",
                              command);
  return fail (sentence);
}

/* A socket that took the number of a closed one would be printed to, and so would its
 * peer. */
static void
keep_standard_streams (void)
{
  int fd = open ("/dev/null", O_RDWR);

  while (fd >= 0 && fd <= STDERR_FILENO)
  {
    fd = open ("/dev/null", O_RDWR);
  }
  if (fd >= 0)
  {
    close (fd);
  }
}

int
main (int argc, char **argv)
{
  (void) argc;
  keep_standard_streams ();
  /* names may have any letters; messages stay as they are */
  setlocale (LC_CTYPE, "");
  setvbuf (stdout, NULL, _IOLBF, BUFSIZ);
  return run (argv + 1);
}
