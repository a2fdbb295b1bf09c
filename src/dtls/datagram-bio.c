/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dtls/datagram-bio.h"

#include <string.h>

#define IP_UDP_OVERHEAD                                                                  \
  28 /* libssl takes it off the smallest MTU that it believes in                         \
      */

static int
datagram_bio_write (BIO *bio, const char *bytes, int len)
{
  TegataDatagramBio *self = BIO_get_data (bio);

  BIO_clear_retry_flags (bio);
  g_byte_array_append (self->out, (const guint8 *) bytes, (guint) len);
  return len;
}

static int
datagram_bio_read (BIO *bio, char *buffer, int size)
{
  TegataDatagramBio *self = BIO_get_data (bio);
  gsize len = MIN (self->in.len, (gsize) size);

  BIO_clear_retry_flags (bio);
  if (len == 0)
  {
    BIO_set_retry_read (bio);
    return -1;
  }

  memcpy (buffer, self->in.bytes, len);
  tegata_reader_init (&self->in, NULL, 0); /* what did not fit is lost, as on a socket */
  return (int) len;
}

static long
datagram_bio_ctrl (G_GNUC_UNUSED BIO *bio,
                   int command,
                   G_GNUC_UNUSED long number,
                   G_GNUC_UNUSED void *pointer)
{
  switch (command)
  {
  case BIO_CTRL_FLUSH:
    return 1;
  case BIO_CTRL_DGRAM_GET_MTU_OVERHEAD:
    return IP_UDP_OVERHEAD;
  default:
    return 0;
  }
}

static gpointer
make_method (G_GNUC_UNUSED gpointer nothing)
{
  int type = BIO_get_new_index () | BIO_TYPE_SOURCE_SINK;
  BIO_METHOD *method = BIO_meth_new (type, "tegata datagram");

  if (method != NULL)
  {
    BIO_meth_set_write (method, datagram_bio_write);
    BIO_meth_set_read (method, datagram_bio_read);
    BIO_meth_set_ctrl (method, datagram_bio_ctrl);
  }
  return method;
}

BIO *
tegata_datagram_bio_new (TegataDatagramBio *self)
{
  static GOnce once = G_ONCE_INIT;
  const BIO_METHOD *method = g_once (&once, make_method, NULL);
  BIO *bio = method != NULL ? BIO_new (method) : NULL;

  if (bio != NULL)
  {
    BIO_set_data (bio, self);
    BIO_set_init (bio, 1);
  }
  return bio;
}

gpointer
tegata_datagram_bio_get_owner (BIO *bio)
{
  TegataDatagramBio *self = BIO_get_data (bio);

  return self->owner;
}
