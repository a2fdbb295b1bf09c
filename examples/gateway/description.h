/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "format.h"
#include "fragment.h"

#include <gst/sdp/gstsdpmessage.h>
#include <tegata/tegata.h>

/*
 * What a browser offers, and what we answer (RFC 8866, RFC 9429, RFC 9143). Everything in
 * an offer is a stranger's: lengths and counts are bounded here.
 */

/* Bytes of an offer or fragment; those of browsers have 4 to 12 KB. */
#define GATEWAY_MAX_DESCRIPTION_LEN 65536

typedef enum
{
  GATEWAY_WATCH,   /* WHEP: the peer receives */
  GATEWAY_PUBLISH, /* WHIP: the peer sends */
} GatewayService;

/* One m= section. */
typedef struct
{
  const GstSDPMedia *media; /* the offer's */
  const char *mid;          /* NULL: it has none */
  gboolean is_offered;      /* it has a port, or shares one (bundle-only) */
  gboolean is_bundled;
  GatewayKind kind;     /* where format.codec is not NULL */
  GatewayFormat format; /* codec NULL: not taken */
  char *fmtp;           /* what we answer; NULL for nothing */
  gboolean has_fir;
} GatewaySection;

typedef struct
{
  GstSDPMessage *message;
  GatewaySection *sections;
  guint n_sections;
  gboolean has_bundle;
  guint tagged; /* the section whose ICE and DTLS hold for all: RFC 9143 section 7.2 */
  GatewayIceText ice;
  GPtrArray *fingerprints; /* TegataFingerprint */
  TegataSetup setup;
  gboolean has_tls_id;
} GatewayOffer;

/* NULL with a GATEWAY_PROBLEM: what is malformed, or missing. */
GatewayOffer *gateway_offer_new_from_text (const char *text, gsize len, GError **error);
void gateway_offer_free (GatewayOffer *self);

/*
 * @formats: GATEWAY_N_KINDS of them: what there is to watch; not looked at to publish,
 * where all that passes through is taken, as the peer likes it best
 *
 * Chooses what is taken of each section. FALSE with a GATEWAY_PROBLEM where nothing can
 * be or, to publish, where anything cannot (RFC 9725: no partially successful answers).
 */
gboolean gateway_offer_choose (GatewayOffer *self,
                               GatewayService service,
                               const GatewayFormat *formats,
                               GError **error);

/* Of what was chosen, GATEWAY_N_KINDS of them. */
void gateway_offer_get_formats (GatewayOffer *self, GatewayFormat *formats);

/* What a=setup we answer, and so what we are. FALSE with a GATEWAY_PROBLEM. */
gboolean gateway_offer_get_role (GatewayOffer *self,
                                 TegataSetup *setup,
                                 TegataRole *role,
                                 GError **error);

/* What we say of ourselves. */
typedef struct
{
  const GatewayIceText *ice; /* all candidates gathered */
  TegataFingerprint *fingerprint;
  const char *cname; /* of what we send */
} GatewayAnswerer;

/* Returns: (transfer full): the answer, of what was chosen */
char *gateway_offer_answer (GatewayOffer *self,
                            GatewayService service,
                            const GatewayAnswerer *own);

/* Returns: (transfer full): what stands before our ICE attributes in the fragment that
 * answers an ICE restart */
char *gateway_offer_dup_fragment_head (GatewayOffer *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GatewayOffer, gateway_offer_free)
