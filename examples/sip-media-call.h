/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "plain-side.h"
#include "sip-media-path.h"

G_BEGIN_DECLS

/*
 * A call: descriptions are offered and answered (RFC 3264), and from what both sides said
 * follows who is the DTLS client, whether there is to be a new association, and which way
 * media may go. How descriptions get to the peer is not known here.
 *
 *   (no offer) ---- sip_call_offer ----> (offer outstanding)
 *       ^                                    |         |
 *       +----------- an answer comes --------+         |
 *       +----------- sip_call_cancel ------------------+
 *
 * Without an outstanding offer a description that comes is an offer, and is answered at
 * once.
 */
typedef struct _SipCall SipCall;

/*
 * @place: where to receive
 * @formats: (element-type SipFormat): codecs, the preferred one first
 * @setup: what to offer, and to answer to actpass: TEGATA_SETUP_PASSIVE; anything else is
 * answered by active, as RFC 5763 section 5 recommends
 * @has_feedback: offer SAVPF
 * @multiplexes: offer and accept a=rtcp-mux
 * @timeout_s: how long to wait for the peer to call, once both descriptions are there
 *
 * Borrowed, as long as the call lives.
 */
typedef struct
{
  SipPathPlace place;
  GArray *formats;
  TegataSetup setup;
  gboolean has_feedback;
  gboolean multiplexes;
  guint timeout_s;
} SipCallOptions;

/*
 * @event: something has happened: "state" is "connected"
 * @description: to be carried to the peer; @kind is "offer" or "answer"
 *
 * None may free the call.
 */
typedef struct
{
  void (*event) (const char *key, const char *value, gpointer user_data);
  void (*description) (const char *kind, const char *text, gpointer user_data);
} SipCallCallbacks;

typedef enum
{
  SIP_OFFER_AS_IT_IS, /* the first one, or what there is once more */
  SIP_OFFER_HOLD,
  SIP_OFFER_RESUME,
  SIP_OFFER_TRANSFER, /* to whom this offer is carried */
} SipOfferKind;

/* @plain: (transfer none): where media comes from and goes to */
SipCall *sip_call_new (const SipCallOptions *options,
                       TegataContext *context,
                       TegataLoop *loop,
                       PlainSide *plain,
                       const SipCallCallbacks *callbacks,
                       gpointer user_data);

/* Says goodbye to the peer. */
void sip_call_free (SipCall *self);

/* Makes an offer, which is told by @description. FALSE where none can be made now; the
 * call goes on as it was. */
gboolean sip_call_offer (SipCall *self, SipOfferKind kind, GError **error);

/* The offer was refused, or nobody answers it: the call goes on as it was before, and
 * that is told. */
gboolean sip_call_cancel (SipCall *self, GError **error);

/*
 * Takes what signalling carried: the answer to the outstanding offer, or an offer. FALSE
 * for one that cannot be used; the call goes on as it was. G_IO_ERROR_PENDING is an offer
 * of the peer's that crossed ours. The last answer once more changes nothing.
 */
gboolean sip_call_take (SipCall *self, const char *text, gsize len, GError **error);

/* Returns: whether an offer of ours has no answer yet */
gboolean sip_call_is_offering (SipCall *self);

/* Returns: TEGATA_STATE_NEW before the first exchange of descriptions */
TegataState sip_call_get_state (SipCall *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SipCall, sip_call_free)

G_END_DECLS
