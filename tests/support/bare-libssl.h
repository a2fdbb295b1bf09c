/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "support/forgeries.h"

G_BEGIN_DECLS

/*
 * A handshake of two libssl ends as they are usually driven: no gate before them,
 * libssl's own timer. It is what our engine is held against.
 */

/* Bytes of UDP payload: each flight but the first has several datagrams, and signatures
 * that are a few bytes shorter move no border. */
#define BARE_LIBSSL_MTU 320

typedef enum
{
  BARE_LIVES,  /* both are established, and data passes to the victim */
  BARE_STALLS, /* neither died, and 30 s were not enough */
  BARE_ENDS,
} BareOutcome;

/* How many datagrams the victim gets in a handshake that nobody disturbs. */
guint bare_libssl_count (TegataCertificate *certificate, TegataRole victim);

/* Runs one in which the victim gets a forged datagram before the one of that number; a
 * number beyond the last one means once it is established. */
BareOutcome bare_libssl_attack (TegataCertificate *certificate,
                                Forgery forgery,
                                TegataRole victim,
                                guint number);

G_END_DECLS
