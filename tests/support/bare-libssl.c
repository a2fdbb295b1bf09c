/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support/bare-libssl.h"

#include "dtls/datagram-bio.h"
#include "dtls/wire.h"
#include "identity/certificate-private.h"
#include "support/virtual-clock.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#define MTU BARE_LIBSSL_MTU
#define STEP_US (100 * G_TIME_SPAN_MILLISECOND)
#define MAX_STEPS 300
#define RECORDS_PER_PUMP 20

typedef struct
{
  SSL *ssl;
  TegataDatagramBio bio;
  GQueue inbox; /* of GBytes */
  guint n_received;
  gboolean has_died;
} BareEnd;

typedef struct
{
  SSL_CTX *context;
  BareEnd ends[2]; /* by TegataRole */
  TegataRole victim;
  ForgeryView view;
  Forgery forgery;
  guint strike_at; /* G_MAXUINT: never */
  gboolean has_struck;
} Bare;

static int
accept_anybody (X509_STORE_CTX *store, void *nothing G_GNUC_UNUSED)
{
  X509_STORE_CTX_set_error (store, X509_V_OK);
  return 1;
}

static void
end_init (Bare *self, TegataRole role)
{
  BareEnd *end = &self->ends[role];
  BIO *bio;

  end->bio.out = g_byte_array_new ();
  g_queue_init (&end->inbox);
  end->ssl = SSL_new (self->context);
  bio = tegata_datagram_bio_new (&end->bio);
  SSL_set_bio (end->ssl, bio, bio);
  SSL_set_mtu (end->ssl, MTU);
  if (role == TEGATA_ROLE_CLIENT)
  {
    SSL_set_connect_state (end->ssl);
  }
  else
  {
    SSL_set_accept_state (end->ssl);
  }
}

static Bare *
bare_new (TegataCertificate *certificate, TegataRole victim)
{
  Bare *self = g_new0 (Bare, 1);

  virtual_clock_start ();
  self->victim = victim;
  self->view.victim = victim;
  self->view.rand = g_rand_new_with_seed (7);
  self->strike_at = G_MAXUINT;
  self->context = SSL_CTX_new (DTLS_method ());
  SSL_CTX_use_certificate (self->context, tegata_certificate_get_x509 (certificate));
  SSL_CTX_use_PrivateKey (self->context,
                          tegata_certificate_get_private_key (certificate));
  SSL_CTX_set_verify (self->context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                      NULL);
  SSL_CTX_set_cert_verify_callback (self->context, accept_anybody, NULL);
  SSL_CTX_set_options (self->context, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET);
  end_init (self, TEGATA_ROLE_CLIENT);
  end_init (self, TEGATA_ROLE_SERVER);
  return self;
}

static void
unref_bytes (gpointer bytes)
{
  g_bytes_unref (bytes);
}

static void
bare_free (Bare *self)
{
  for (guint role = 0; role < G_N_ELEMENTS (self->ends); role++)
  {
    SSL_free (self->ends[role].ssl);
    g_byte_array_unref (self->ends[role].bio.out);
    g_queue_clear_full (&self->ends[role].inbox, unref_bytes);
  }
  SSL_CTX_free (self->context);
  g_rand_free (self->view.rand);
  g_free (self);
}

/* What @role wrote goes to the other, in datagrams that are filled as ours are. */
static void
post (Bare *self, TegataRole role)
{
  BareEnd *from = &self->ends[role];
  TegataRole other = role == TEGATA_ROLE_CLIENT ? TEGATA_ROLE_SERVER : TEGATA_ROLE_CLIENT;
  GQueue *inbox = &self->ends[other].inbox;
  g_autoptr (GByteArray) datagram = g_byte_array_new ();
  TegataReader reader;
  TegataRecord record;

  tegata_reader_init (&reader, from->bio.out->data, from->bio.out->len);
  while (tegata_record_read (&reader, &record))
  {
    if (datagram->len > 0 && datagram->len + record.len > MTU)
    {
      g_queue_push_tail (inbox, g_bytes_new (datagram->data, datagram->len));
      g_byte_array_set_size (datagram, 0);
    }
    g_byte_array_append (datagram, record.bytes, (guint) record.len);
  }
  if (datagram->len > 0)
  {
    g_queue_push_tail (inbox, g_bytes_new (datagram->data, datagram->len));
  }
  g_byte_array_set_size (from->bio.out, 0);
}

static void
give (Bare *self, TegataRole role, GBytes *datagram)
{
  BareEnd *end = &self->ends[role];
  guint8 buffer[2048];
  int result;

  if (end->has_died)
  {
    return;
  }
  if (datagram != NULL)
  {
    tegata_reader_init (&end->bio.in, g_bytes_get_data (datagram, NULL),
                        g_bytes_get_size (datagram));
  }
  ERR_clear_error ();
  result = SSL_is_init_finished (end->ssl) ? SSL_read (end->ssl, buffer, sizeof buffer)
                                           : SSL_do_handshake (end->ssl);
  if (result <= 0 && SSL_get_error (end->ssl, result) != SSL_ERROR_WANT_READ)
  {
    end->has_died = TRUE;
  }
  ERR_clear_error ();
  tegata_reader_init (&end->bio.in, NULL, 0);
  post (self, role);
}

static void
strike (Bare *self)
{
  g_autoptr (GBytes) forged = forgery_make (self->forgery, &self->view);

  self->has_struck = TRUE;
  give (self, self->victim, forged);
}

static gboolean
deliver_one (Bare *self, TegataRole role)
{
  BareEnd *end = &self->ends[role];
  g_autoptr (GBytes) datagram = g_queue_pop_head (&end->inbox);

  if (datagram == NULL)
  {
    return FALSE;
  }
  if (role == self->victim && !self->has_struck && end->n_received == self->strike_at)
  {
    strike (self);
  }
  end->n_received++;
  if (role == self->victim)
  {
    forgery_view_observe (&self->view, g_bytes_get_data (datagram, NULL),
                          g_bytes_get_size (datagram));
  }
  give (self, role, datagram);
  return TRUE;
}

static gboolean
is_established (Bare *self)
{
  return SSL_is_init_finished (self->ends[0].ssl)
         && SSL_is_init_finished (self->ends[1].ssl);
}

static gboolean
has_died (Bare *self)
{
  return self->ends[0].has_died || self->ends[1].has_died;
}

static void
settle (Bare *self)
{
  for (guint n = 0; n < RECORDS_PER_PUMP; n++)
  {
    gboolean to_server = deliver_one (self, TEGATA_ROLE_SERVER);
    gboolean to_client = deliver_one (self, TEGATA_ROLE_CLIENT);

    if (!to_server && !to_client)
    {
      break;
    }
  }
}

static void
run (Bare *self)
{
  give (self, TEGATA_ROLE_CLIENT, NULL);
  for (guint step = 0; step < MAX_STEPS && !is_established (self) && !has_died (self);
       step++)
  {
    settle (self);
    virtual_clock_advance_to (virtual_clock_now_us () + STEP_US);
    for (guint role = 0; role < G_N_ELEMENTS (self->ends); role++)
    {
      DTLSv1_handle_timeout (self->ends[role].ssl);
      post (self, (TegataRole) role);
    }
  }
  settle (self);
}

/* Once more, data: an association that is established must also work. */
static gboolean
gets_data (Bare *self)
{
  TegataRole other
      = self->victim == TEGATA_ROLE_CLIENT ? TEGATA_ROLE_SERVER : TEGATA_ROLE_CLIENT;
  BareEnd *victim = &self->ends[self->victim];
  char buffer[16];
  g_autoptr (GBytes) datagram = NULL;

  SSL_write (self->ends[other].ssl, "data", 4);
  post (self, other);
  datagram = g_queue_pop_tail (&victim->inbox);
  if (datagram == NULL)
  {
    return FALSE;
  }
  tegata_reader_init (&victim->bio.in, g_bytes_get_data (datagram, NULL),
                      g_bytes_get_size (datagram));
  return SSL_read (victim->ssl, buffer, sizeof buffer) == 4;
}

guint
bare_libssl_count (TegataCertificate *certificate, TegataRole victim)
{
  Bare *self = bare_new (certificate, victim);
  guint n_received;

  run (self);
  g_assert_true (is_established (self));
  g_assert_true (gets_data (self));
  n_received = self->ends[victim].n_received;
  bare_free (self);
  return n_received;
}

BareOutcome
bare_libssl_attack (TegataCertificate *certificate,
                    Forgery forgery,
                    TegataRole victim,
                    guint number)
{
  Bare *self = bare_new (certificate, victim);
  BareOutcome outcome = BARE_STALLS;

  self->forgery = forgery;
  self->strike_at = number;
  run (self);
  if (is_established (self) && !self->has_struck)
  {
    strike (self);
    settle (self);
  }
  if (has_died (self))
  {
    outcome = BARE_ENDS;
  }
  else if (is_established (self))
  {
    outcome = gets_data (self) ? BARE_LIVES : BARE_ENDS;
  }
  bare_free (self);
  return outcome;
}
