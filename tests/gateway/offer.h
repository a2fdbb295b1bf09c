/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "description.h"
#include "problem.h"

#include <libsoup/soup.h>

/* Offers to begin from, and what is asked of answers. */

#define PASSWORD "0123456789abcdefghijkl"
#define FINGERPRINT                                                                      \
  "sha-256 FC:28:68:DA:DE:D8:03:21:27:71:58:3F:24:3C:4C:27:04:DC:73:73:6F:9A:35:CF:3B:"  \
  "D6:B9:D9:4C:02:86:B0"

#define AUDIO                                                                            \
  "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"                                                  \
  "c=IN IP4 0.0.0.0\r\n"                                                                 \
  "a=mid:1\r\na=recvonly\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\n"

/* The smallest one that may watch both. */
extern const char base_offer[];

/* Returns: (transfer full): of tests/gateway/offers */
char *offer_read_file (const char *name);
/* Returns: (transfer full): with the first @from, which has to be there, as @to */
char *offer_replace (const char *text, const char *from, const char *to);

/* Of what has to be in order. */
GatewayOffer *offer_read (const char *text);
/* There is a video of that codec, and sound. */
gboolean offer_choose (GatewayOffer *offer,
                       GatewayService service,
                       const char *video,
                       GError **error);
/* NULL with why. */
GatewayOffer *
offer_read_and_choose (const char *text, GatewayService service, GError **error);
/* Returns: (transfer full) */
char *offer_answer (GatewayOffer *offer, GatewayService service);

void offer_assert_contains (const char *text, const char *part);
void offer_assert_lacks (const char *text, const char *part);
/* Whatever the offer: the sections in their order, none more and none less. */
void offer_assert_mirrors (GatewayOffer *offer, const char *text);
