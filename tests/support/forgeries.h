/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/bytes.h"

#include <tegata/dtls.h>

G_BEGIN_DECLS

/* The datagrams that anybody can make who knows no key. */
typedef enum
{
  FORGERY_ALERT_WARNING,
  FORGERY_ALERT_FATAL,
  FORGERY_ALERT_CLOSE_NOTIFY,
  FORGERY_ALERT_MALFORMED,
  FORGERY_MESSAGE_MALFORMED,
  FORGERY_MESSAGE_UNEXPECTED,
  FORGERY_MESSAGE_UNKNOWN,
  FORGERY_MESSAGE_HUGE,
  FORGERY_FRAGMENT_BEYOND,
  FORGERY_FRAGMENT_SMUGGLES, /* an alert, in the body of a record of another version */
  FORGERY_TICKET_HUGE,
  FORGERY_APPLICATION_DATA,
  FORGERY_RECORD_TYPE,
  FORGERY_RECORD_VERSION,
  FORGERY_RECORD_NUMBER,
  FORGERY_RECORD_TRUNCATED,
  FORGERY_RECORD_EMPTY,
  FORGERY_HEADER_TRUNCATED,
  FORGERY_NEXT_EPOCH,
  FORGERY_NEXT_EPOCH_FLOOD,
  FORGERY_CCS_EARLY,
  FORGERY_CCS_MALFORMED,
  FORGERY_CLIENT_HELLO,
  FORGERY_CLIENT_HELLO_NEXT,
  FORGERY_SERVER_HELLO,
  FORGERY_HELLO_REQUEST,
  FORGERY_HELLO_VERIFY_REQUEST,
  FORGERY_NOISE,
} Forgery;

#define N_FORGERIES (FORGERY_NOISE + 1)

/* What an attacker on the path has read by then. */
typedef struct
{
  TegataRole victim;
  guint64 record_seq;  /* that the victim has not seen yet, epoch 0 */
  guint16 message_seq; /* likewise */
  GRand *rand;
} ForgeryView;

/* A few words, for names of tests and the table in the documentation. */
const char *forgery_name (Forgery forgery);

/* (transfer full): one datagram. */
GBytes *forgery_make (Forgery forgery, const ForgeryView *view);

/* The attacker read a datagram that goes to the victim. */
void forgery_view_observe (ForgeryView *view, const guint8 *bytes, gsize len);

G_END_DECLS
