/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <tegata/demux.h>
#include <tegata/dtls.h>

G_BEGIN_DECLS

/*
 * A bounded queue of datagrams that came too early to be used, first in, first out. When
 * it is full the newest is refused: the first packets of a key frame are worth more than
 * its last ones, and a flood cannot push out what came before it.
 */

/* Early SRTP: a key frame of 1080p video and some audio, in packets of 1200 bytes and
 * more. It comes within one round trip before the keys are there. */
#define TEGATA_HOLD_MEDIA_ITEMS 128
#define TEGATA_HOLD_MEDIA_BYTES ((gsize) 192 * 1024)

/* Early DTLS: a ClientHello of up to four datagrams (a post-quantum key share makes two),
 * before the role is known. */
#define TEGATA_HOLD_DTLS_ITEMS 4
#define TEGATA_HOLD_DTLS_BYTES ((gsize) 8 * 1024)

typedef struct
{
  TegataPacketKind kind; /* as it was classified when it came */
  gboolean has_peer;     /* FALSE: the caller vouched for its path */
  TegataAddress peer;    /* where it came from */
  gsize len;
  guint8 bytes[];
} TegataHeldDatagram;

typedef struct
{
  GQueue items; /* of TegataHeldDatagram, owned */
  gsize n_bytes;
  guint max_items; /* inclusive */
  gsize max_bytes; /* inclusive; of payload */
} TegataHoldQueue;

void tegata_hold_queue_init (TegataHoldQueue *self, guint max_items, gsize max_bytes);

/* Drops all. Returns: how many that were */
guint tegata_hold_queue_clear (TegataHoldQueue *self);

/* Copies @bytes. Returns: FALSE, and nothing kept, where it is full; the caller counts */
gboolean tegata_hold_queue_push (TegataHoldQueue *self,
                                 TegataPacketKind kind,
                                 const TegataAddress *peer,
                                 const guint8 *bytes,
                                 gsize len);

/* Returns: (transfer full) (nullable): the oldest, to be freed with g_free() */
TegataHeldDatagram *tegata_hold_queue_pop (TegataHoldQueue *self);

gboolean tegata_hold_queue_is_empty (const TegataHoldQueue *self);

G_END_DECLS
