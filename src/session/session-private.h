/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "session/hold-queue.h"

#include <tegata/session.h>

G_BEGIN_DECLS

/* Told after every call of the network thread that may have left outputs or moved the
 * deadline. Called last, with nothing locked. It is the listener's: a session that has
 * one is owned by a listener. */
typedef void (*TegataSessionTouchedFunc) (TegataSession *self, gpointer user_data);

/* A session that was closed before it had an association to say so. */
typedef enum
{
  TEGATA_EARLY_CLOSE_NONE,
  TEGATA_EARLY_CLOSE_UNTOLD,
  TEGATA_EARLY_CLOSE_TOLD,
} TegataEarlyClose;

/* Counts of media that found no keys, which no SRTP object could count. */
typedef struct
{
  guint64 rtp;
  guint64 rtcp;
} TegataNoKeys;

struct _TegataSession
{
  TegataContext *context;
  TegataDtls *dtls; /* NULL before the start */
  TegataEarlyClose early_close;
  gboolean is_touched; /* there may be outputs, until a poll finds none */
  gboolean is_silent;  /* what it would still send is dropped */
  GError *error;       /* why SRTP could not be made; whatever else failed, DTLS knows */
  TegataSessionTouchedFunc touched; /* nullable */
  gpointer touched_data;
  gpointer user_data;               /* the application's */
  GDestroyNotify destroy_user_data; /* nullable */

  /* Settings that wait for the start. */
  GPtrArray *fingerprints; /* of TegataFingerprint; NULL where there are none */
  char *resumption_name;   /* nullable */
  gint64 rtt_us;           /* -1: unknown */
  gboolean wants_cookie;

  gboolean has_peer;
  TegataAddress peer;

  TegataHoldQueue early_dtls;  /* until the start */
  TegataHoldQueue early_media; /* until CONNECTED, and until it was polled */

  gboolean has_joined;  /* what CONNECTED brings to media was done */
  TegataSrtp *inbound;  /* the network thread's; NULL before CONNECTED */
  TegataSrtp *outbound; /* atomic: set once, the media thread's from then on */
  gint media_stopped;   /* atomic: set once, at the end */

  /* Counts of the network thread; the media thread's are atomic. */
  guint64 packets_received;
  guint64 bytes_received;
  guint64 dtls_packets_sent;
  guint64 dtls_bytes_sent;
  guint64 refused[TEGATA_N_REFUSALS];
  guint64 held_media;
  guint64 held_hellos;
  TegataNoKeys unreadable; /* came, and will never be readable */
  gsize unsent_rtp;        /* atomic */
  gsize unsent_rtcp;       /* atomic */
};

/* Seals it, and makes SRTP ready where it will be wanted: what that takes, it would take
 * in the middle of the first handshake. */
gboolean tegata_session_prepare_context (TegataContext *context, GError **error);

void tegata_session_set_touched_func (TegataSession *self,
                                      TegataSessionTouchedFunc touched,
                                      gpointer user_data);

/* Before the start: a server that takes ClientHellos with a valid cookie only, even where
 * the context's policy asks a session on its own for none. */
void tegata_session_set_wants_cookie (TegataSession *self, gboolean wants_cookie);

/* At the end of every call that may have moved the association. */
void tegata_session_settle (TegataSession *self);

gboolean tegata_session_has_ended (TegataSession *self);

/* Closes a live session and sends nothing more, close_notify included: another
 * association has its peer's address, and the peer no longer knows its keys. */
void tegata_session_end_silently (TegataSession *self);

/* Of a server: whether it knows whom it talks to. */
gboolean tegata_session_has_accepted_hello (TegataSession *self);
void tegata_session_refuse (TegataSession *self, TegataRefusal refusal);

/* Whether a datagram may come from @peer. */
gboolean tegata_session_is_from_peer (TegataSession *self, const TegataAddress *peer);

/* Hands over to the new association what was set before the start; frees it. */
void tegata_session_apply_settings (TegataSession *self);
void tegata_session_drop_settings (TegataSession *self);

/* Media, in session-media.c. */

/* After anything that may have moved the association's state: makes SRTP when it
 * connected, stops media when it ended. */
void tegata_session_follow (TegataSession *self);
TegataReceived tegata_session_receive_media (TegataSession *self,
                                             TegataPacketKind kind,
                                             const TegataAddress *peer,
                                             guint8 *bytes,
                                             gsize *len);
/* Any thread: a packet that was not given to the session, for want of keys as well. */
void tegata_session_count_unsent (TegataSession *self, gboolean is_rtcp);
TegataOutputKind tegata_session_poll_media (TegataSession *self, TegataOutput *output);

G_END_DECLS
