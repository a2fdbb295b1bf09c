/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/bytes.h"

#include <openssl/bio.h>

G_BEGIN_DECLS

/*
 * How libssl reads and writes: one datagram in at a time, with its borders, and the
 * records that it writes as they are. A memory BIO would lose the borders; libssl's own
 * packing wastes datagrams and miscounts AEAD ciphers, so whoever owns this packs the
 * records itself.
 */
typedef struct
{
  gpointer owner;  /* for call-backs that get nothing but an SSL */
  TegataReader in; /* borrowed for the time of a call; empty: libssl is told to retry */
  GByteArray *out; /* whole records, in order */
} TegataDatagramBio;

/* The BIO borrows @self. NULL only where memory is out. */
BIO *tegata_datagram_bio_new (TegataDatagramBio *self);

/* Whose BIO this is. */
gpointer tegata_datagram_bio_get_owner (BIO *bio);

G_END_DECLS
