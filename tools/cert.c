/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The private key goes where the user said and nowhere else: it is written by write(2),
 * for a stream would keep a copy in its buffer, and wiped from memory.
 */

#include "cert.h"

#include "exit-status.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <tegata/tegata.h>
#include <unistd.h>

typedef struct
{
  char *key_name;
  char *common_name;
  char *out_file;
  char *read_file;
  char **hash_names;
  char *help;
} CertOptions;

#define DAY_S ((gint64) 24 * 60 * 60)
#define VALIDITY_S (365 * DAY_S)

static const struct
{
  const char *option;
  const char *name;
  TegataKeyType type;
} key_types[] = {
  { "ecdsa-p256", "ECDSA P-256", TEGATA_KEY_TYPE_ECDSA_P256 },
  { "rsa-2048", "RSA, 2048 bits", TEGATA_KEY_TYPE_RSA_2048 },
  { "ed25519", "Ed25519", TEGATA_KEY_TYPE_ED25519 },
};

static const char summary[]
    = "Makes a certificate with its key, or shows one that there is. Peers know it by\n"
      "its fingerprint, so nobody has to sign it. RSA is for old SIP gateways; Ed25519\n"
      "serves clients only.";

static const char description[]
    = "Examples:\n"
      "  tegata cert --out own.pem\n"
      "      makes a certificate with its key, and prints its a=fingerprint line\n"
      "  tegata cert --read own.pem --hash sha-256 --hash sha-512\n"
      "      shows both fingerprints of it, its key and its "
      "validity\n\n" EXIT_STATUS_TABLE;

static gboolean
write_whole (int fd, const char *text, GError **error)
{
  gsize left = strlen (text);

  while (left > 0)
  {
    gssize n = write (fd, text, left);

    if (n < 0 && errno != EINTR)
    {
      g_set_error_literal (error, G_FILE_ERROR, (gint) g_file_error_from_errno (errno),
                           g_strerror (errno));
      return FALSE;
    }
    text += MAX (n, 0);
    left -= (gsize) MAX (n, 0);
  }
  return TRUE;
}

/* A file that is there may be somebody's only key. */
static int
open_new_file (const char *path, GError **error)
{
  int fd = open (path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);

  if (fd < 0 && g_file_test (path, G_FILE_TEST_IS_DIR))
  {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_ISDIR,
                 "%s is a directory: name a file", path);
  }
  else if (fd < 0)
  {
    g_set_error (error, G_FILE_ERROR, (gint) g_file_error_from_errno (errno), "%s: %s%s",
                 path, g_strerror (errno),
                 errno == EEXIST ? ". It may be a key that is in use: remove it, or take "
                                   "another name"
                                 : "");
  }
  return fd;
}

static gboolean
write_pem (TegataCertificate *certificate, const char *path, GError **error)
{
  char *key = tegata_certificate_key_to_pem (certificate);
  g_autofree char *pem = tegata_certificate_to_pem (certificate);
  int fd = path != NULL ? open_new_file (path, error) : STDOUT_FILENO;
  gboolean written
      = fd >= 0 && write_whole (fd, key, error) && write_whole (fd, pem, error);

  if (fd >= 0 && path != NULL)
  {
    close (fd);
  }
  OPENSSL_cleanse (key, strlen (key));
  g_free (key);
  return written;
}

static gboolean
find_hash (const char *name, TegataHash *hash, GError **error)
{
  for (TegataHash i = TEGATA_HASH_SHA256; i <= TEGATA_HASH_SHA512; i++)
  {
    if (g_ascii_strcasecmp (name, tegata_hash_to_string (i)) == 0)
    {
      *hash = i;
      return TRUE;
    }
  }
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               "--hash: “%s” is none that fingerprints are made with: expected sha-256, "
               "sha-384 or sha-512",
               name);
  return FALSE;
}

static gboolean
print_fingerprints (TegataCertificate *certificate,
                    const CertOptions *options,
                    FILE *stream,
                    GError **error)
{
  const char *const by_default[] = { "sha-256", NULL };
  const char *const *names = options->hash_names != NULL
                                 ? (const char *const *) options->hash_names
                                 : by_default;

  for (; *names != NULL; names++)
  {
    g_autoptr (TegataFingerprint) fingerprint = NULL;
    g_autofree char *line = NULL;
    TegataHash hash;

    if (!find_hash (*names, &hash, error))
    {
      return FALSE;
    }
    fingerprint = tegata_fingerprint_new_for_certificate (certificate, hash);
    line = tegata_sdp_write_fingerprint (fingerprint);
    fprintf (stream, "%s\n", line);
  }
  return TRUE;
}

static void
print_key_type (TegataCertificate *certificate)
{
  TegataKeyType type = tegata_certificate_get_key_type (certificate);
  const char *name = "another kind";

  for (gsize i = 0; i < G_N_ELEMENTS (key_types); i++)
  {
    if (key_types[i].type == type)
    {
      name = key_types[i].name;
    }
  }
  printf ("key: %s, %s\n", name,
          tegata_certificate_has_private_key (certificate)
              ? "the private one is in the file"
              : "the private one is not in the file");
}

/* The library has no use for names and dates in a certificate; people do. */
static void
print_subject_and_validity (TegataCertificate *certificate)
{
  gsize len;
  const guint8 *der = tegata_certificate_get_der (certificate, &len);
  X509 *x509 = d2i_X509 (NULL, &der, (long) len);
  BIO *out = BIO_new_fp (stdout, BIO_NOCLOSE);

  if (x509 != NULL && out != NULL)
  {
    BIO_puts (out, "subject: ");
    X509_NAME_print_ex (out, X509_get_subject_name (x509), 0,
                        XN_FLAG_RFC2253 & ~(unsigned long) ASN1_STRFLGS_ESC_MSB);
    BIO_puts (out, "\nvalid: from ");
    ASN1_TIME_print (out, X509_get0_notBefore (x509));
    BIO_puts (out, " to ");
    ASN1_TIME_print (out, X509_get0_notAfter (x509));
    BIO_puts (out, "\n");
  }
  BIO_free (out);
  X509_free (x509);
}

static gboolean
show (const CertOptions *options, GError **error)
{
  g_autoptr (TegataCertificate) certificate = NULL;
  char *pem = NULL;
  gsize len;

  if (!g_file_get_contents (options->read_file, &pem, &len, error))
  {
    return FALSE;
  }
  certificate = tegata_certificate_new_from_pem (pem, (gssize) len, error);
  OPENSSL_cleanse (pem, len);
  g_free (pem);
  if (certificate == NULL)
  {
    g_prefix_error (error, "%s: ", options->read_file);
    return FALSE;
  }
  if (!print_fingerprints (certificate, options, stdout, error))
  {
    return FALSE;
  }
  print_key_type (certificate);
  print_subject_and_validity (certificate);
  return TRUE;
}

static gboolean
find_key_type (const char *name, TegataKeyType *type, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (key_types); i++)
  {
    if (name == NULL || g_str_equal (name, key_types[i].option))
    {
      *type = key_types[i].type;
      return TRUE;
    }
  }
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               "--key: “%s” is none that can be made: expected ecdsa-p256, rsa-2048 or "
               "ed25519",
               name);
  return FALSE;
}

static gboolean
check_name (const char *name, GError **error)
{
  if (name == NULL || (name[0] != '\0' && strlen (name) <= 64))
  {
    return TRUE;
  }
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               "--name: expected 1 to 64 bytes, found %" G_GSIZE_FORMAT, strlen (name));
  return FALSE;
}

static gboolean
make (const CertOptions *options, GError **error)
{
  gint64 now_s = g_get_real_time () / G_USEC_PER_SEC;
  g_autoptr (TegataCertificate) certificate = NULL;
  TegataKeyType type = TEGATA_KEY_TYPE_ECDSA_P256;

  if (!find_key_type (options->key_name, &type, error)
      || !check_name (options->common_name, error))
  {
    return FALSE;
  }
  certificate = tegata_certificate_new_full (type, options->common_name, now_s - DAY_S,
                                             now_s + VALIDITY_S, error);
  return certificate != NULL && write_pem (certificate, options->out_file, error)
         && print_fingerprints (certificate, options,
                                options->out_file != NULL ? stdout : stderr, error);
}

static gboolean
check_hashes (const CertOptions *self, GError **error)
{
  for (char **name = self->hash_names; name != NULL && *name != NULL; name++)
  {
    TegataHash hash;

    if (!find_hash (*name, &hash, error))
    {
      return FALSE;
    }
  }
  return TRUE;
}

/* What is wrong with the options is found before a file is made, or a line printed. */
static gboolean
check (const CertOptions *self, const char *rest, GError **error)
{
  gboolean makes
      = self->key_name != NULL || self->common_name != NULL || self->out_file != NULL;

  if (rest != NULL)
  {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 "“%s” is too much: expected options only", rest);
    return FALSE;
  }
  if (self->read_file != NULL && makes)
  {
    g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                         "--read shows what there is: it goes with --hash alone");
    return FALSE;
  }
  if (self->out_file != NULL && self->out_file[0] == '\0')
  {
    g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                         "--out: expected the name of a file");
    return FALSE;
  }
  return check_hashes (self, error);
}

static gboolean
parse (CertOptions *self, char **argv, GError **error)
{
  gboolean wants_help = FALSE;
  const GOptionEntry entries[] = {
    { "key", 'k', 0, G_OPTION_ARG_STRING, &self->key_name,
      "ecdsa-p256 (the default), rsa-2048 or ed25519", "TYPE" },
    { "name", 'n', 0, G_OPTION_ARG_STRING, &self->common_name,
      "Its subject; a random one by default", "CN" },
    { "out", 'o', 0, G_OPTION_ARG_FILENAME, &self->out_file,
      "Write it there with its key; else to standard output", "FILE" },
    { "read", 'r', 0, G_OPTION_ARG_FILENAME, &self->read_file,
      "Show the certificate of this file instead", "FILE" },
    { "hash", 0, 0, G_OPTION_ARG_STRING_ARRAY, &self->hash_names,
      "sha-256 (the default), sha-384 or sha-512; repeatable", "NAME" },
    { "help", 'h', 0, G_OPTION_ARG_NONE, &wants_help, "This text", NULL },
    { NULL, 0, 0, 0, NULL, NULL, NULL },
  };
  g_autoptr (GOptionContext) parser = g_option_context_new (NULL);
  g_auto (GStrv) rest = g_strdupv (argv);

  g_option_context_set_help_enabled (parser, FALSE);
  g_option_context_set_summary (parser, summary);
  g_option_context_set_description (parser, description);
  g_option_context_add_main_entries (parser, entries, NULL);
  if (!g_option_context_parse_strv (parser, &rest, error))
  {
    return FALSE;
  }
  if (wants_help)
  {
    self->help = g_option_context_get_help (parser, TRUE, NULL);
    return TRUE;
  }
  return check (self, rest[1], error);
}

static gboolean
obey (const CertOptions *options, GError **error)
{
  if (options->help != NULL)
  {
    fputs (options->help, stdout);
    return TRUE;
  }
  return options->read_file != NULL ? show (options, error) : make (options, error);
}

int
cert_run (char **argv)
{
  CertOptions options = { 0 };
  g_autoptr (GError) error = NULL;
  int status = EXIT_STATUS_CLOSED;

  if (!parse (&options, argv, &error) || !obey (&options, &error))
  {
    status = error->domain == G_OPTION_ERROR ? EXIT_STATUS_OPTIONS : EXIT_STATUS_SET_UP;
    fprintf (stderr, "tegata: %s\n", error->message);
  }
  g_free (options.key_name);
  g_free (options.common_name);
  g_free (options.out_file);
  g_free (options.read_file);
  g_strfreev (options.hash_names);
  g_free (options.help);
  return status;
}
