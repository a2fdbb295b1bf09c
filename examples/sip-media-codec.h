/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Codecs are names here: sip-media carries RTP as it is. What it agrees on has to be what
 * the application on the plain side encodes and decodes. Beside each codec go events, for
 * the digits that somebody dials within a call (RFC 4733): a format as well.
 */

/*
 * @payload_type: 0 to 127, what the RTP header carries
 * @rtpmap: "PCMU/8000"
 */
typedef struct
{
  guint payload_type;
  const char *rtpmap;
} SipFormat;

/* What --codec may name. */
#define SIP_CODEC_NAMES "pcmu, pcma, opus"

/*
 * @names: "pcmu,opus", the preferred one first
 *
 * Returns: (transfer full) (element-type SipFormat): at least one codec, and behind them
 * events at each of their clock rates; NULL with
 * G_OPTION_ERROR_BAD_VALUE
 */
GArray *sip_formats_from_names (const char *names, GError **error);

/*
 * @payload_type: the text of it in an m= line
 * @rtpmap: (nullable): what a=rtpmap says of it; without it, the payload types that need
 * none are known (RFC 3551 section 6)
 * @format: (out): untouched on failure
 *
 * Returns: FALSE for what sip-media has no name for
 */
gboolean
sip_format_parse (const char *payload_type, const char *rtpmap, SipFormat *format);

/* Returns: whether it has digits, and no sound */
gboolean sip_format_is_events (const SipFormat *format);

/*
 * Returns: (transfer full) (element-type SipFormat): the codecs of @theirs that are in
 * @ours, with their payload types, in their order, and behind them the events of @theirs
 * that suit these; nothing where there is no codec
 */
GArray *sip_formats_in_common (const GArray *theirs, const GArray *ours);

G_END_DECLS
