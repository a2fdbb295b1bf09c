/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "dtls/wire.h"

G_BEGIN_DECLS

/*
 * What a listener reads of a DTLS datagram to know whose it is, where two sessions share
 * an address. Nothing of it is authenticated: it says where a datagram goes, never what
 * becomes of it.
 */

/* Whether it begins with the first fragment of a ClientHello in the clear. @random is
 * written if so. */
gboolean tegata_first_look_hello (const guint8 *bytes,
                                  gsize len,
                                  guint8 random[TEGATA_RANDOM_LEN]);

/* Where the first record stands that has keys (of epoch 1 and up): what is behind it has
 * them too. @len: there is none. */
gsize tegata_first_look_protected (const guint8 *bytes, gsize len);

G_END_DECLS
