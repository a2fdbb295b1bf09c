/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/*
 * What the DTLS datagrams of one association were, as a ladder diagram: two columns, and
 * an arrow for each datagram. It is told of datagrams and decrypts nothing; anything may
 * be given to it, since anybody can send anything. One thread at a time.
 *
 * Its memory is bounded: the first LADDER_MAX_ROWS datagrams are kept and further ones
 * counted. Application data is only counted, too. So is what came and belongs to no
 * flight, but for the first LADDER_MAX_NOISE of it: alerts in the clear are to be seen,
 * but anybody can forge them, and they must not push the handshake out. Nothing is kept
 * beyond LADDER_MAX_SIZE bytes either: a datagram can have many messages.
 */
typedef struct _Ladder Ladder;

#define LADDER_MAX_ROWS 512
#define LADDER_MAX_NOISE 32
#define LADDER_MAX_SIZE ((gsize) 192 * 1024)

typedef enum
{
  LADDER_SENT,
  LADDER_RECEIVED,
} LadderDirection;

Ladder *ladder_new (void);
void ladder_free (Ladder *self);

/* Whether all that it is told of may come from anybody (not so, unless this was called):
 * then it keeps LADDER_STRANGER_ROWS rows, and none from before a client began anew. They
 * are enough for what leads to a cookie. */
#define LADDER_STRANGER_ROWS 8
void ladder_set_is_strangers (Ladder *self, gboolean is_strangers);

/* Bytes of memory that it takes, about. */
gsize ladder_get_size (const Ladder *self);

/* @datagram: one UDP payload, encrypted as on the wire; not kept
 * @now_us: the time, monotonic, from any zero: the ladder's begins with its first
 * datagram */
void ladder_add (Ladder *self,
                 LadderDirection direction,
                 const guint8 *datagram,
                 gsize len,
                 gint64 now_us);

/* For a terminal of 80 columns, in ASCII but for the names: lines, each with its end.
 * @local_name: the column on the left, and @peer_name: that on the right. Names that are
 * too long are cut. (transfer full) */
char *ladder_to_text (Ladder *self, const char *local_name, const char *peer_name);

/* A whole SVG file, with nothing in it that is fetched or run. (transfer full) */
char *ladder_to_svg (Ladder *self, const char *local_name, const char *peer_name);

/* An array of datagrams, in order (transfer full):
 *   time_us          since the first one
 *   direction        "sent" or "received"
 *   flight           from 1; 0 for what is in none, as an alert
 *   bytes            of UDP payload
 *   retransmission   whether a message in it was there before
 *   messages         an array of
 *     name           as RFC 5246 has it; "encrypted record" (DTLS 1.3), "unreadable"
 *     detail         what is worth knowing ("cookie"), or null
 *     epoch          of its record; the lowest two bits of it in DTLS 1.3
 *     len            bytes of it in this datagram, without headers
 *     message_seq    null, as the next two, where it is not a readable handshake message
 *     offset         of this fragment
 *     total_len      of the whole message
 * and where there were more than are kept, a last object:
 *   left_out         how many
 *   in_no_flight     how many of them came and belong to no flight */
JsonNode *ladder_to_json (Ladder *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Ladder, ladder_free)

G_END_DECLS
