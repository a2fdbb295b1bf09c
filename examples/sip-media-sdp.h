/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sip-media-codec.h"

#include <tegata/tegata.h>

G_BEGIN_DECLS

/* Bytes of a description at most: ten times what a telephone sends. */
#define SIP_SDP_MAX_LEN 65536

/* Whether the side that says so sends, and receives: what a=sendrecv and its like mean.
 */
typedef enum
{
  SIP_INACTIVE = 0,
  SIP_SENDS = 1 << 0,
  SIP_RECEIVES = 1 << 1,
  SIP_SENDRECV = SIP_SENDS | SIP_RECEIVES,
} SipDirection;

/*
 * @kind, @proto, @formats: what the m= line had
 *
 * A media section that sip-media does not take: it is answered with port 0, and stays in
 * its place for as long as the call lives (RFC 3264 section 8).
 */
typedef struct
{
  char *kind;
  char *proto;
  char *formats;
} SipRefusedMedia;

/*
 * @session_id, @version: of the o= line; of our own descriptions only
 * @host, @port: where this side receives RTP
 * @rtcp_host, @rtcp_port: where RTCP, unless @rtcp_mux is agreed on (RFC 3605); of our
 * own descriptions, port 0 for no port but that of RTP
 * @is_unreachable: a hold of the old style: it has the address 0.0.0.0, and nothing is to
 * be sent there. @host and its like are NULL then, until somebody fills in the old ones
 * @has_feedback: SAVPF and not SAVP
 * @has_ice: it has lines of ICE, which nobody here reads
 * @direction: of the side that describes itself
 * @setup, @tls_id, @fingerprints: as tegata/sdp.h has them
 * @formats: what sip-media has a name for, maybe nothing
 * @refused: the media sections beside the one that is described
 * @n_before: how many of those stand before it
 *
 * One side's description of a call's audio, secured by DTLS-SRTP (RFC 5763).
 */
typedef struct
{
  guint64 session_id;
  guint version;
  char *host;
  guint16 port;
  char *rtcp_host;
  guint16 rtcp_port;
  gboolean rtcp_mux;
  gboolean is_unreachable;
  gboolean has_feedback;
  gboolean has_ice;
  SipDirection direction;
  TegataSetup setup;
  char *tls_id;
  GPtrArray *fingerprints;
  GArray *formats;
  GPtrArray *refused;
  guint n_before;
} SipDescription;

SipDescription *sip_description_new (void);
void sip_description_free (SipDescription *self);

/*
 * @text: what signalling carried; need not end with a NUL
 *
 * Returns: (transfer full) (nullable): a description that can be used; NULL with
 * TEGATA_ERROR_PARSE (it is none, or has something malformed in it),
 * TEGATA_ERROR_TOO_BIG, or TEGATA_ERROR_UNSUPPORTED (it is one, and does not secure its
 * audio as RFC 5763 has it). The message says what is missing
 */
SipDescription *
sip_description_new_from_text (const char *text, gsize len, GError **error);

/* Returns: (transfer full): SDP, with the line ends that it has on the wire */
char *sip_description_to_text (const SipDescription *self);

/* One more media section to turn down, behind those that there are. */
void sip_description_add_refused (SipDescription *self,
                                  const char *kind,
                                  const char *proto,
                                  const char *formats);

/* Takes over which media sections @other refuses, and where they stand. */
void sip_description_copy_refused (SipDescription *self, const SipDescription *other);

/* Returns: (transfer none): "sendrecv" and its like */
const char *sip_direction_to_string (SipDirection direction);

/* Returns: what the other side may do of what @self says */
SipDirection sip_description_mirror (const SipDescription *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SipDescription, sip_description_free)

G_END_DECLS
