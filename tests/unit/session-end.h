/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <tegata/session.h>

G_BEGIN_DECLS

/*
 * One session in memory, with what it sent and what it told. Time is whatever number the
 * test gives; nothing is lost unless the test drops it.
 */

typedef struct
{
  TegataOutputKind kind;
  TegataState state;  /* of a state */
  GBytes *bytes;      /* of all else */
  TegataAddress peer; /* where a datagram goes */
} Event;

typedef struct
{
  TegataContext *context;
  TegataSession *session; /* owned, unless it is a listener's */
  gboolean owns_session;
  TegataAddress address;
  GQueue datagrams; /* of Event: what it sent and nobody has taken yet */
  GPtrArray *told;  /* of Event: everything else, in order */
} End;

/* @profiles: (nullable): as for tegata_context_set_srtp_profiles(); NULL leaves the
 * default
 */
void end_init (End *self, const char *address, const char *profiles);
void end_clear (End *self);

/* Another session, of a context that always wants cookies. */
void end_renew_with_cookies (End *self);
void end_expect (End *self, TegataCertificate *certificate);
void end_start (End *self, TegataRole role);

void event_free (gpointer event);

/* Polls until there is nothing more. */
void end_poll (End *self);

/* Hands it a datagram; does not poll. (out) (nullable): the plain packet */
TegataReceived
end_receive (End *self, const TegataAddress *from, GBytes *datagram, GBytes **packet);

/* Polls both and hands over what they sent, until both are silent. */
void ends_shuttle (End *a, End *b);

/* Both start, with each other's fingerprint, and connect. */
void ends_connect (End *client, End *server);

/* (transfer full): small packets with @number in them */
GBytes *make_rtp (guint16 number);
GBytes *make_rtcp (guint32 number);

/* Protects with @from. (transfer full) */
GBytes *end_protect (End *from, GBytes *packet);

/* Whether its outbound media has no keys. */
gboolean end_is_mute (End *self);

/* The states it told, one after the other, and each packet and each data: "connecting
 * connected rtp:1 data:abc". (transfer full) */
char *end_describe (End *self);
void end_assert_told (End *self, const char *expected);
void end_assert_state (End *self, TegataState state);
guint64 end_n_refused (End *self, TegataRefusal refusal);

void end_send_rtp (End *from, End *to, guint16 number, TegataReceived expected);
void end_send_data (End *from, const char *text);

typedef struct
{
  End client;
  End server;
} Ends;

void ends_init (Ends *self, const char *profiles);
void ends_clear (Ends *self);

/* The server is connected; its last flight waits in its queue, so the client is not. */
void ends_connect_server_first (Ends *self);

/* Hands the client the server's last flight, without polling the client. */
void ends_finish_client (Ends *self);

G_END_DECLS
