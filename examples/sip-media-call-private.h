/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sip-media-call.h"

G_BEGIN_DECLS

/* What a call is, for the two files that it is made of: sip-media-call.c has its offers,
 * media and state, sip-media-exchange.c what follows from a description that came. */
struct _SipCall
{
  const SipCallOptions *options;
  SipPortShared shared;
  PlainSide *plain;
  SipCallCallbacks callbacks;
  gpointer user_data;

  /* what was agreed on; all NULL before the first exchange */
  SipPath *path;
  SipDescription *local;
  SipDescription *remote;
  TegataRole role;
  SipDirection wish; /* what we would like to do, if the peer lets us */

  /* what is offered and not answered; the path is NULL where it stays the same */
  SipDescription *offer;
  SipPath *offer_path;

  GBytes *answer;        /* the text of the last one that was taken */
  guint doubt_source;    /* while it is not clear who is to call */
  guint deadline_source; /* while the peer is to call */

  guint64 session_id;
  guint version;
  char *told_text; /* our newest description, for which @version is */
  TegataState told_state;
};

/* Tells the user. */
void sip_call_tell (SipCall *self, const char *key, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

/* Returns: (transfer full): our side of @path, but for what an offer or answer has to
 * add: direction, codecs, a=setup, and whether it multiplexes */
SipDescription *sip_call_describe (SipCall *self, SipPath *path);

/* Has it carried to the peer. It gets its version here. */
void sip_call_send (SipCall *self, const char *kind, SipDescription *local);

/* Media goes where, and as far as, the descriptions have it. */
void sip_call_route_media (SipCall *self);

/* If it is another one than what was told last. */
void sip_call_tell_state (SipCall *self);

G_END_DECLS
