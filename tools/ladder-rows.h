/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/bytes.h"
#include "ladder.h"

G_BEGIN_DECLS

/* What the files of the ladder share: the model that three of them draw. */

typedef enum
{
  LADDER_HANDSHAKE,           /* a fragment in the clear */
  LADDER_ENCRYPTED_HANDSHAKE, /* a record of DTLS 1.2 and before: the Finished */
  LADDER_CHANGE_CIPHER_SPEC,
  LADDER_ENCRYPTED_RECORD, /* of DTLS 1.3's handshake: RFC 9147 section 4 */
  LADDER_ALERT,
  LADDER_ACK,
  LADDER_DATA,
  LADDER_UNREADABLE,
} LadderKind;

#define LADDER_MAX_DETAILS 3

typedef struct
{
  LadderKind kind;
  guint8 type;                             /* of a LADDER_HANDSHAKE */
  const char *name;                        /* static */
  const char *details[LADDER_MAX_DETAILS]; /* static; the first NULL ends them */
  guint16 epoch;
  guint32 len;      /* in this datagram, without headers */
  gint message_seq; /* -1, and no meaning in the next two, but for LADDER_HANDSHAKE */
  guint32 offset;
  guint32 total_len;
  /* Borrowed from the datagram, and empty once it is gone: the hello's own, where this is
   * the start of one. */
  TegataReader random;
  TegataReader session_id;
} LadderMessage;

/* Records beyond that, in one datagram, are nobody's handshake. */
#define LADDER_MAX_MESSAGES 32

typedef struct
{
  gint64 time_us; /* since the first datagram */
  LadderDirection direction;
  guint flight; /* from 1; 0: in none */
  gsize len;    /* of the datagram */
  gboolean is_retransmission;
  LadderMessage *messages; /* of exactly that size */
  guint n_messages;        /* at least one */
} LadderRow;

/* ladder-history.c */
typedef struct _LadderHistory LadderHistory;

struct _Ladder
{
  gboolean is_strangers;
  GPtrArray *rows; /* (element-type LadderRow) */
  gint64 began_us; /* -1: nothing yet */
  gsize rows_size; /* bytes */
  guint64 n_left_out;
  guint n_noise_rows; /* that came and are in no flight */
  guint64 n_noise;    /* further ones, left out */
  guint64 n_data[2];  /* datagrams with nothing but application data, by direction */

  /* of the handshake that runs now */
  LadderHistory *history[2];
  guint flight;
  LadderDirection flight_direction;
  GByteArray *client_random[2]; /* by direction; empty before a first ClientHello there */
  GByteArray *client_session_id[2];
};

/* ladder-datagram.c: what one datagram has in it, to the end of @messages. It knows of no
 * other datagram. */
void ladder_datagram_read (const guint8 *datagram, gsize len, GArray *messages);
/* Says one more thing about it, where there is room. */
void ladder_message_add_detail (LadderMessage *message, const char *detail);

/* ladder-history.c: which messages one side has sent. */
LadderHistory *ladder_history_new (void);
void ladder_history_free (LadderHistory *self);
/* @flight: (inout): the one that runs; the one in which the message was first seen
 * Returns: whether all of it was there before */
gboolean
ladder_history_add (LadderHistory *self, const LadderMessage *message, guint *flight);
gboolean ladder_history_has_finished (LadderHistory *self);
gsize ladder_history_get_size (const LadderHistory *self);

/* ladder-label.c: words that the drawings share; all (transfer full). */
/* The messages of @row, in lines of at most so many characters: the first one, and the
 * others. At least one line. */
char **ladder_row_wrap (const LadderRow *row, gsize first_width, gsize width);
char *ladder_message_join_details (const LadderMessage *message);
char *ladder_format_ms (gint64 time_us);
/* What an XML file and a terminal may have in them, of at most @max_len characters. */
char *ladder_clean_name (const char *name, gsize max_len);
/* What there was beside the rows: one line or more. */
char **ladder_summarize (const Ladder *self);

G_END_DECLS
