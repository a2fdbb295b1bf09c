/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support/openssl-node.h"

#include "dtls/datagram-bio.h"
#include "dtls/wire.h"
#include "identity/certificate-private.h"

#include <openssl/err.h>
#include <string.h>

#define MTU 1200

struct _OpensslNode
{
  Network *network;
  guint node;
  TegataAddress peer;
  SSL *ssl;
  TegataDatagramBio bio;
  gboolean is_started;
  gboolean has_failed;
  char *data;
};

static int
accept_anybody (X509_STORE_CTX *store, void *nothing G_GNUC_UNUSED)
{
  X509_STORE_CTX_set_error (store, X509_V_OK);
  return 1;
}

SSL_CTX *
openssl_node_context_new (TegataCertificate *certificate)
{
  static const unsigned char id[] = "node";
  SSL_CTX *context = SSL_CTX_new (DTLS_method ());
  const char *profiles
      = "SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_SHA1_80";

  SSL_CTX_use_certificate (context, tegata_certificate_get_x509 (certificate));
  SSL_CTX_use_PrivateKey (context, tegata_certificate_get_private_key (certificate));
  SSL_CTX_set_verify (context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
  SSL_CTX_set_cert_verify_callback (context, accept_anybody, NULL);
  SSL_CTX_set_options (context, SSL_OP_NO_QUERY_MTU);
  SSL_CTX_set_min_proto_version (context, DTLS1_2_VERSION);
  SSL_CTX_set_session_cache_mode (context, SSL_SESS_CACHE_BOTH);
  SSL_CTX_set_session_id_context (context, id, sizeof id - 1);
  g_assert_cmpint (SSL_CTX_set_tlsext_use_srtp (context, profiles), ==, 0);
  return context;
}

/* What libssl wrote, a record a datagram. */
static void
post (OpensslNode *self)
{
  TegataReader reader;
  TegataRecord record;

  tegata_reader_init (&reader, self->bio.out->data, self->bio.out->len);
  while (tegata_record_read (&reader, &record))
  {
    network_send (self->network, self->node, &self->peer, record.bytes, record.len);
  }
  g_byte_array_set_size (self->bio.out, 0);
}

static void
read_data (OpensslNode *self)
{
  char buffer[2048];
  int len = SSL_read (self->ssl, buffer, sizeof buffer);

  while (len > 0)
  {
    g_free (self->data);
    self->data = g_strndup (buffer, (gsize) len);
    len = SSL_read (self->ssl, buffer, sizeof buffer);
  }
}

static void
pump (OpensslNode *self)
{
  int result;

  ERR_clear_error ();
  result = SSL_do_handshake (self->ssl);
  if (result == 1)
  {
    read_data (self);
  }
  else if (SSL_get_error (self->ssl, result) != SSL_ERROR_WANT_READ)
  {
    self->has_failed = TRUE;
  }
  ERR_clear_error ();
  post (self);
}

static void
node_receive (gpointer node,
              const TegataAddress *from,
              const guint8 *bytes,
              gsize len,
              gint64 now_us G_GNUC_UNUSED)
{
  OpensslNode *self = node;
  TegataReader reader;
  TegataRecord record;

  self->peer = *from;
  tegata_reader_init (&reader, bytes, len);
  while (!self->has_failed && tegata_record_read (&reader, &record))
  {
    tegata_reader_init (&self->bio.in, record.bytes, record.len);
    pump (self);
    tegata_reader_init (&self->bio.in, NULL, 0);
  }
}

static gint64
node_deadline_us (gpointer node)
{
  OpensslNode *self = node;
  struct timeval left;

  if (!self->is_started || self->has_failed || !DTLSv1_get_timeout (self->ssl, &left))
  {
    return -1;
  }
  return network_now_us (self->network) + left.tv_sec * G_USEC_PER_SEC + left.tv_usec;
}

static void
node_handle_deadline (gpointer node, gint64 now_us G_GNUC_UNUSED)
{
  OpensslNode *self = node;

  if (DTLSv1_handle_timeout (self->ssl) < 0)
  {
    self->has_failed = TRUE;
  }
  ERR_clear_error ();
  post (self);
}

static const NetworkNodeFuncs node_funcs = {
  node_receive,
  node_deadline_us,
  node_handle_deadline,
};

OpensslNode *
openssl_node_new (Network *network,
                  SSL_CTX *context,
                  TegataRole role,
                  SSL_SESSION *session)
{
  OpensslNode *self = g_new0 (OpensslNode, 1);
  BIO *bio = tegata_datagram_bio_new (&self->bio);

  self->network = network;
  self->node = network_add_node (network, &node_funcs, self);
  self->bio.out = g_byte_array_new ();
  self->ssl = SSL_new (context);
  SSL_set_bio (self->ssl, bio, bio);
  SSL_set_mtu (self->ssl, MTU);
  if (role == TEGATA_ROLE_CLIENT)
  {
    SSL_set_connect_state (self->ssl);
  }
  else
  {
    SSL_set_accept_state (self->ssl);
  }
  if (session != NULL)
  {
    SSL_set_session (self->ssl, session);
  }
  return self;
}

void
openssl_node_free (OpensslNode *self)
{
  network_remove_node (self->network, self->node);
  /* Else its session would not be resumed. */
  SSL_set_shutdown (self->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  SSL_free (self->ssl);
  g_byte_array_unref (self->bio.out);
  g_free (self->data);
  g_free (self);
}

guint
openssl_node_get_node (OpensslNode *self)
{
  return self->node;
}

SSL *
openssl_node_get_ssl (OpensslNode *self)
{
  return self->ssl;
}

void
openssl_node_start (OpensslNode *self, const TegataAddress *peer)
{
  self->peer = *peer;
  self->is_started = TRUE;
  pump (self);
}

gboolean
openssl_node_is_connected (OpensslNode *self)
{
  return SSL_is_init_finished (self->ssl) == 1;
}

gboolean
openssl_node_has_failed (OpensslNode *self)
{
  return self->has_failed;
}

void
openssl_node_export (OpensslNode *self, guint8 *out, gsize len)
{
  const char *label = "EXTRACTOR-dtls_srtp";

  g_assert_cmpint (
      SSL_export_keying_material (self->ssl, out, len, label, strlen (label), NULL, 0, 0),
      ==, 1);
}

void
openssl_node_send (OpensslNode *self, const char *text)
{
  g_assert_cmpint (SSL_write (self->ssl, text, (int) strlen (text)), ==,
                   (int) strlen (text));
  post (self);
}

const char *
openssl_node_get_data (OpensslNode *self)
{
  return self->data != NULL ? self->data : "";
}
