/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Reading a certificate and its key from PEM text. Block by block, and not by
 * PEM_read_bio_PrivateKey() and the like: each of them skips over what the other looks
 * for, and they ask on the terminal for a pass phrase.
 */
#include "identity/certificate-private.h"
#include "identity/openssl-private.h"
#include "identity/text-private.h"

#include <openssl/pem.h>
#include <string.h>
#include <tegata/error.h>

#define MIN_RSA_BITS 2048
#define MIN_SECURITY_BITS 112 /* of the other kinds: what RSA of 2048 bits has */

/* What is gathered from the blocks of a PEM text. */
typedef struct
{
  X509 *leaf;
  EVP_PKEY *private_key;
} PemContents;

static void
pem_contents_clear (PemContents *self)
{
  X509_free (self->leaf);
  EVP_PKEY_free (self->private_key);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (PemContents, pem_contents_clear)

/* One block: "-----BEGIN name-----", header lines, base64 of @bytes. */
typedef struct
{
  char *name;
  char *header;
  guint8 *bytes;
  long len;
} PemBlock;

/* The block may have held a key: all of it is wiped. */
static void
pem_block_clear (PemBlock *self)
{
  OPENSSL_free (self->name);
  OPENSSL_free (self->header);
  OPENSSL_clear_free (self->bytes, (size_t) self->len);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (PemBlock, pem_block_clear)

/* Also PEM's older name; not OpenSSL's TRUSTED CERTIFICATE, which has more in it. */
static gboolean
pem_block_is_certificate (const PemBlock *self)
{
  return strcmp (self->name, PEM_STRING_X509) == 0
         || strcmp (self->name, PEM_STRING_X509_OLD) == 0;
}

/* PKCS #8 (RFC 7468 sections 10 and 11), or an older form named by the kind of key. */
static gboolean
pem_block_is_private_key (const PemBlock *self)
{
  return g_str_has_suffix (self->name, PEM_STRING_PKCS8INF);
}

static gboolean
pem_block_is_encrypted (const PemBlock *self)
{
  return strcmp (self->name, PEM_STRING_PKCS8) == 0
         || strstr (self->header, "ENCRYPTED") != NULL; /* RFC 1421 section 4.6.1.1 */
}

static gboolean
pem_contents_take_certificate (PemContents *self, const PemBlock *block, GError **error)
{
  if (self->leaf != NULL)
  {
    return TRUE; /* the rest of a chain says nothing of who we are */
  }

  self->leaf = tegata_x509_read (block->bytes, (gsize) block->len, error);
  if (self->leaf == NULL)
  {
    g_prefix_error (error, "in a \"%s\" block of the PEM text: ", block->name);
    return FALSE;
  }
  return TRUE;
}

static gboolean
pem_contents_take_private_key (PemContents *self, const PemBlock *block, GError **error)
{
  g_autofree char *name = tegata_text_quote (block->name, strlen (block->name));
  const guint8 *end = block->bytes;

  if (pem_block_is_encrypted (block))
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_PARSE,
                 "the private key in a %s block is encrypted: expected one that is not",
                 name);
    return FALSE;
  }
  if (self->private_key != NULL)
  {
    g_set_error_literal (error, TEGATA_ERROR, TEGATA_ERROR_PARSE,
                         "found a second private key: expected one at most");
    return FALSE;
  }

  self->private_key = d2i_AutoPrivateKey (NULL, &end, block->len);
  if (self->private_key == NULL || end != block->bytes + block->len)
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_PARSE,
                 "cannot read the private key in a %s block (%s)", name,
                 tegata_openssl_take_reason ());
    return FALSE;
  }
  return TRUE;
}

static gboolean
pem_contents_take_block (PemContents *self, const PemBlock *block, GError **error)
{
  if (pem_block_is_certificate (block))
  {
    return pem_contents_take_certificate (self, block, error);
  }
  if (pem_block_is_private_key (block))
  {
    return pem_contents_take_private_key (self, block, error);
  }
  return TRUE; /* such as EC PARAMETERS, which openssl ecparam -genkey writes first */
}

static gboolean
pem_contents_read (PemContents *self, BIO *bio, GError **error)
{
  for (;;)
  {
    g_auto (PemBlock) block = { NULL, NULL, NULL, 0 };

    if (!PEM_read_bio (bio, &block.name, &block.header, &block.bytes, &block.len))
    {
      break;
    }
    if (!pem_contents_take_block (self, &block, error))
    {
      return FALSE;
    }
  }

  if (ERR_GET_REASON (ERR_peek_last_error ()) != PEM_R_NO_START_LINE)
  {
    g_set_error (
        error, TEGATA_ERROR, TEGATA_ERROR_PARSE,
        "malformed PEM block (%s): expected a \"-----BEGIN\" line, lines of base64 "
        "and an \"-----END\" line of the same name; is the text cut off?",
        tegata_openssl_take_reason ());
    return FALSE;
  }
  ERR_clear_error ();
  return TRUE;
}

static gboolean
check_strength (EVP_PKEY *public_key, GError **error)
{
  int bits = EVP_PKEY_get_bits (public_key);
  const char *kind = EVP_PKEY_get0_type_name (public_key);
  gboolean is_rsa = kind != NULL && g_str_has_prefix (kind, "RSA"); /* RSA-PSS too */

  if (is_rsa && bits < MIN_RSA_BITS)
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_INVALID,
                 "the key is too weak: found %s of %d bits, expected %d at least", kind,
                 bits, MIN_RSA_BITS);
    return FALSE;
  }
  if (!is_rsa && EVP_PKEY_get_security_bits (public_key) < MIN_SECURITY_BITS)
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_INVALID,
                 "the key is too weak: found %s with a strength of %d bits, expected %d "
                 "at least",
                 kind != NULL ? kind : "a key", EVP_PKEY_get_security_bits (public_key),
                 MIN_SECURITY_BITS);
    return FALSE;
  }
  return TRUE;
}

static gboolean
pem_contents_check (const PemContents *self, GError **error)
{
  EVP_PKEY *public_key;

  if (self->leaf == NULL)
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_PARSE,
                 "found %s: expected a \"-----BEGIN CERTIFICATE-----\" block%s",
                 self->private_key != NULL ? "a private key without a certificate"
                                           : "no certificate in the PEM text",
                 self->private_key != NULL ? " beside it (certificate and key in one "
                                             "text: concatenate the two files)"
                                           : "");
    return FALSE;
  }

  public_key = X509_get0_pubkey (self->leaf);
  if (public_key == NULL)
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_PARSE,
                 "cannot read the public key of the certificate (%s)",
                 tegata_openssl_take_reason ());
    return FALSE;
  }
  if (self->private_key != NULL
      && !X509_check_private_key (self->leaf, self->private_key))
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_INVALID,
                 "the private key does not belong to the first certificate of the text "
                 "(%s): expected our own first, before the rest of its chain",
                 tegata_openssl_take_reason ());
    return FALSE;
  }
  return check_strength (public_key, error);
}

TegataCertificate *
tegata_certificate_new_from_pem (const char *pem, gssize len, GError **error)
{
  g_auto (PemContents) contents = { NULL, NULL };
  g_autoptr (BIO) bio = NULL;
  TegataCertificate *self;

  g_return_val_if_fail (pem != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (len < 0)
  {
    len = (gssize) strlen (pem);
  }
  if (len > G_MAXINT)
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_PARSE,
                 "found %" G_GSSIZE_FORMAT " bytes of PEM text: expected %d at most", len,
                 G_MAXINT);
    return NULL;
  }

  ERR_clear_error ();
  bio = BIO_new_mem_buf (pem, (int) len);
  if (bio == NULL || !pem_contents_read (&contents, bio, error)
      || !pem_contents_check (&contents, error))
  {
    ERR_clear_error ();
    return NULL;
  }

  self = tegata_certificate_new_from_x509_and_key (contents.leaf, contents.private_key);
  if (self == NULL)
  {
    g_set_error_literal (error, TEGATA_ERROR, TEGATA_ERROR_PARSE,
                         "cannot encode the certificate");
  }
  return self;
}
